"""Rolling pendulum: a bead swings in a still bowl lying on its side.

Its turning points come down with each swing, by rolling friction above all. Pure rolling needs a
friction of 2/7 tan(angle) only, so that swings below some 60 degrees say little about sliding
(docs/howto/calibrate.md).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from gpudem.calibration.bench_test import BenchTest, Simulated, scene_of, settings_in
from gpudem.calibration.measured import Measured, measured
from gpudem.runfile.reader import Run
from gpudem.scene.bowl import RoundBowl
from gpudem.scene.tables import Scene
from gpudem.study.axis import value_text
from gpudem.units import Accept, AcceptList, QuantityError, TableFault

#: Standard deviation [rad] of a turning point that was read once or twice.
USUAL = math.radians(1.0)
#: Most turning points that are compared: later ones are lost in the errors of the first.
MOST = 12
_ANGLES = AcceptList("angle", 0.0, math.pi / 2.0, example="38 deg")
_HEIGHTS = AcceptList("length", 0.0, 1.0, example="6.1 mm")
#: Fewest moments of a tracked swing.
_FEWEST = 8


def _several(accept: AcceptList) -> Any:
    """Reads a list of lists; a single list stands for one release."""

    def read(given: Any) -> Any:
        if not isinstance(given, (list, tuple)) or not given:
            raise QuantityError(given, f": a list is needed, for example {accept.sample}")
        one = not all(isinstance(item, (list, tuple)) for item in given)
        return tuple(accept.read(release) for release in ([given] if one else given))

    return BeforeValidator(read)


class RollingTest(BenchTest):
    """Turning points of the swings after each release."""

    NAME: ClassVar[str] = "rolling"
    TITLE: ClassVar[str] = "rolling pendulum"
    RESPONDS: ClassVar[tuple[str, ...]] = (
        "static_friction",
        "dynamic_friction",
        "rolling_friction",
    )

    release: Annotated[float | None, Accept("angle", 0.01, 1.58, example="45 deg")] = Field(
        default=None, description="angle from the lowest line at which the bead is let go at rest"
    )
    swings: Annotated[tuple[tuple[float, ...], ...] | None, _several(_ANGLES)] = Field(
        default=None,
        description="angles of the turning points that follow, to both sides; a list for each "
        "release",
    )
    heights: Annotated[tuple[tuple[float, ...], ...] | None, _several(_HEIGHTS)] = Field(
        default=None, description="or their heights above the lowest place of the bead"
    )
    track: str | None = Field(
        default=None,
        description="or a CSV file of the bead's place over time, from a video: columns time, x, y "
        "[s, m], y upwards; it lies beside this file",
    )
    error: Annotated[float | None, Accept("angle", 0.0, 0.5, above=True, example="1 deg")] = Field(
        default=None, description="standard deviation of one turning point, if known"
    )

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> RollingTest:
        given = [key for key in ("swings", "heights", "track") if getattr(self, key) is not None]
        if len(given) != 1:
            raise TableFault(((), ": give one of swings (angles), heights and track (a CSV file)"))
        if self.heights is not None:
            highest = max(max(release) for release in self.heights)
            if highest > self.circle:
                shown = f"{1e3 * self.circle:.3g} mm"
                text = f": a bead on a circle of {shown} is no pendulum above that height"
                raise TableFault((("heights",), text))
            angles = (
                tuple(math.acos(1.0 - height / self.circle) for height in release)
                for release in self.heights
            )
            self._settle(swings=tuple(angles))
        if self.track is not None:
            folder = (info.context or {}).get("folder", Path())
            release, swings = read_track(Path(folder) / self.track)
            self._settle(swings=(swings,))
            if self.release is None:
                self._settle(release=release)
        if self.release is None:
            raise TableFault(((), ': release is missing; write for example release = "45 deg"'))
        for number, swings in enumerate(self.swings or ()):
            if max(swings) > self.release:
                text = (
                    f": a turning point above the release of {math.degrees(self.release):.3g} deg"
                )
                raise TableFault(((given[0], number), text))
        return self

    @property
    def circle(self) -> float:
        """Radius of the circle that the bead's centre moves on [m]."""
        return 0.5 * (self._bowl.diameter - self._with_settings.beads[0].diameter)

    @property
    def _with_settings(self) -> Scene:
        return scene_of(self.scene, settings_in(self.set))

    @property
    def _bowl(self) -> RoundBowl:
        bowl = self._with_settings.bowl
        if not isinstance(bowl, RoundBowl):
            raise TableFault((("set",), ": a bead swings in a round bowl only"))
        return bowl

    @property
    def quantities(self) -> list[Measured]:
        """Each turning point, by its number."""
        found, releases = [], self.swings or ()
        longest = min(MOST, max(map(len, releases)))
        for k in range(longest):
            values = [swings[k] for swings in releases if len(swings) > k]
            found.append(measured(f"swing {k + 1}", values, self.error, USUAL, "angle"))
        return found

    def simulations(self) -> list[Simulated]:
        """One release."""
        release = self.release or 0.0
        across, down = self.circle * math.sin(release), -self.circle * math.cos(release)
        middle = 0.5 * self._bowl.height
        # Half a period of a rolling sphere's small swings, and by how much large ones take longer.
        half = math.pi * math.sqrt(1.4 * self.circle / 9.81) * (1.0 + release**2 / 14.0)
        count = len(self.quantities)
        interval = self._with_settings.run.log_interval
        duration = interval * math.ceil((count + 1.0) * half / interval)
        place = [f"{1e3 * value:.9g} mm" for value in (across, down, middle)]
        settings = {
            **settings_in(self.set),
            "beads.position": value_text(place),
            "run.duration": value_text(f"{duration:.9g} s"),
        }
        return [Simulated(self.scene, settings, 1, tuple(range(count)))]

    def observe(self, run: Run, number: int) -> np.ndarray:
        """Turning points; of a bead that has come to rest, where it lies."""
        places = run.positions[:, 0]
        swings = turning_points(run.snapshot_times, np.arctan2(places[:, 0], -places[:, 1]))
        count = len(self.quantities)
        return np.array([*swings, *[swings[-1] if swings else 0.0] * count][:count])


def turning_points(time: np.ndarray, angle: np.ndarray) -> list[float]:
    """Angles [rad] of the turning points of a swing that begins at rest, without their signs.

    Each is the top of the parabola through the highest moment and its two neighbours.

    Args:
        time: moments [s], rising.
        angle: at each of them [rad].
    """
    found = []
    for k in range(1, len(angle) - 1):
        before, here, after = angle[k - 1 : k + 2]
        if (here - before) * (after - here) < 0.0 or (here != before and here == after):
            curve = np.polyfit(time[k - 1 : k + 2] - time[k], angle[k - 1 : k + 2], 2)
            top = curve[2] - curve[1] ** 2 / (4.0 * curve[0]) if curve[0] else here
            found.append(abs(float(top)))
    return found


def read_track(path: Path) -> tuple[float, tuple[float, ...]]:
    """Release and turning points [rad] of a bead that was tracked in a video.

    The centre of its circle is fitted to the places.

    Args:
        path: CSV file with columns time, x, y [s, m], y upwards.

    Raises:
        TableFault: it cannot be read, or shows no swings.
    """
    from scipy.optimize import least_squares

    try:
        rows = np.genfromtxt(path, delimiter=",", names=True, encoding="utf-8-sig")
        time, x, y = (np.atleast_1d(rows[name]).astype(float) for name in ("time", "x", "y"))
    except (OSError, ValueError, IndexError) as error:
        raise TableFault((("track",), f": {path.name} cannot be read: {error}")) from None
    if len(time) < _FEWEST or not np.isfinite([time, x, y]).all() or (np.diff(time) <= 0.0).any():
        text = f": {path.name} needs {_FEWEST} moments or more, in the order of time, all numbers"
        raise TableFault((("track",), text))
    guess = [x.mean(), y.max(), max(np.ptp(x), np.ptp(y), 1e-9)]
    circle = least_squares(lambda c: np.hypot(x - c[0], y - c[1]) - c[2], guess).x
    angle = np.arctan2(x - circle[0], circle[1] - y)
    swings = turning_points(time, angle)
    if not swings:
        raise TableFault((("track",), f": {path.name} shows no turning point"))
    first = abs(float(angle[0]))
    # What was filmed before the release is no swing.
    return max(first, swings[0]), tuple(swings[1:] if swings[0] >= first else swings)
