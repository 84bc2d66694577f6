"""Rolling pendulum: a bead swings in a still bowl lying on its side.

Its turning points come down with each swing, by rolling friction above all. Pure rolling needs a
friction of 2/7 tan(angle) only, so that swings below some 60 degrees say little about sliding
(docs/howto/calibrate.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
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
_RELEASE = Accept("angle", 0.01, 1.58, example="45 deg")
_ANGLES = AcceptList("angle", 0.0, math.pi / 2.0, example="38 deg")
_HEIGHTS = AcceptList("length", 0.0, 1.0, example="6.1 mm")
#: Softer beads, where the test does not set it, swing as stiff ones do within 0.002 degrees
#: (docs/howto/calibrate.md).
SOFTENING = "100"
#: Time over which a swing is smoothed [s].
SMOOTHED = 0.03
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


def _one_or_each(accept: Accept) -> Any:
    """Reads a quantity, or a list with one for each release."""

    def read(given: Any) -> Any:
        several = isinstance(given, (list, tuple))
        return tuple(accept.read(value) for value in (given if several else [given]))

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

    release: Annotated[tuple[float, ...] | None, _one_or_each(_RELEASE)] = Field(
        default=None,
        description="angle from the lowest line at which the bead is let go at rest; a list of one "
        "for each release where they differ",
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
        for key in ("run.duration", "beads.position"):
            if key in settings_in(self.set):
                raise TableFault((("set",), f": {key} follows from release and swings"))
        if self.track is not None:
            folder = (info.context or {}).get("folder", Path())
            release, swings = read_track(Path(folder) / self.track)
            self._settle(swings=(swings,))
            if self.release is None:
                self._settle(release=(release,))
        if self.release is None:
            raise TableFault(((), ': release is missing; write for example release = "45 deg"'))
        count = len(self.swings or ())
        if len(self.release) not in (1, count):
            text = f": {len(self.release)} angles for {count} releases; give one, or one for each"
            raise TableFault((("release",), text))
        slack = 3.0 * (self.error or USUAL)
        for number, (release, swings) in enumerate(self._releases):
            for before, here in pairwise((release, *swings)):
                if here > before + slack:
                    higher, lower = (f"{math.degrees(angle):.3g} deg" for angle in (here, before))
                    text = f": {higher} after {lower}: no swing gets higher than the one before"
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
    def _releases(self) -> list[tuple[float, tuple[float, ...]]]:
        """The angle of each release [rad] and its turning points."""
        swings, angles = self.swings or (), self.release or ()
        return list(zip(angles * (len(swings) if len(angles) == 1 else 1), swings, strict=True))

    @property
    def _by_angle(self) -> dict[float, list[tuple[float, ...]]]:
        """The turning points of all releases from each angle [rad]."""
        found: dict[float, list[tuple[float, ...]]] = {}
        for angle, swings in self._releases:
            found.setdefault(angle, []).append(swings)
        return found

    @property
    def quantities(self) -> list[Measured]:
        """Each turning point, by the angle of its release and its number."""
        found = []
        for angle, releases in self._by_angle.items():
            whence = f" from {math.degrees(angle):.3g} deg" if len(self._by_angle) > 1 else ""
            weight = 1.0 / together(releases)
            for k in range(_compared(releases)):
                values = [swings[k] for swings in releases if len(swings) > k]
                one = measured(f"swing {k + 1}{whence}", values, self.error, USUAL, "angle")
                found.append(replace(one, weight=weight))
        return found

    def simulations(self) -> list[Simulated]:
        """One release from each angle."""
        found, first = [], 0
        for angle, releases in self._by_angle.items():
            count = _compared(releases)
            settings = self._settings(angle, count)
            found.append(Simulated(self.scene, settings, 1, tuple(range(first, first + count))))
            first += count
        return found

    def _settings(self, release: float, count: int) -> dict[str, str]:
        """Of a release from an angle [rad] that shows so many turning points."""
        across, down = self.circle * math.sin(release), -self.circle * math.cos(release)
        middle = 0.5 * self._bowl.height
        # Half a period of a rolling sphere's small swings, and by how much large ones take longer.
        half = math.pi * math.sqrt(1.4 * self.circle / 9.81) * (1.0 + release**2 / 14.0)
        interval = self._with_settings.run.log_interval
        duration = interval * math.ceil((count + 1.0) * half / interval)
        place = [f"{1e3 * value:.9g} mm" for value in (across, down, middle)]
        return {
            "contact.softening": SOFTENING,
            **settings_in(self.set),
            "beads.position": value_text(place),
            "run.duration": value_text(f"{duration:.9g} s"),
        }

    def observe(self, run: Run, number: int) -> np.ndarray:
        """Turning points; of a bead that has come to rest, where it lies."""
        places = run.positions[:, 0]
        swings = turning_points(run.snapshot_times, np.arctan2(places[:, 0], -places[:, 1]))
        count = _compared(list(self._by_angle.values())[number])
        return np.array([*swings, *[swings[-1] if swings else 0.0] * count][:count])


def _compared(releases: Sequence[Sequence[float]]) -> int:
    """How many turning points of releases from one angle are compared."""
    return min(MOST, max(map(len, releases)))


def together(releases: Sequence[Sequence[float]]) -> float:
    """By how much the swings of one release err together.

    An error of the release shifts all its swings, which then are worth fewer than their number:
    the scatter of their sums over that of independent swings, 1 where they err on their own.

    Args:
        releases: turning points of each; fewer than three releases tell nothing, and count as 1.
    """
    count = min(map(len, releases))
    if len(releases) < 3 or count < 2:
        return 1.0
    apart = np.array([release[:count] for release in releases])
    apart = apart - apart.mean(axis=0)
    single = float((apart**2).sum())
    return max(1.0, float((apart.sum(axis=1) ** 2).sum()) / single) if single else 1.0


def turning_points(time: np.ndarray, angle: np.ndarray) -> list[float]:
    """Angles [rad] of the turning points of a swing that begins at rest, without their signs.

    Noise is smoothed (Savitzky-Golay over a tenth of a swing), and what stands out by less than six
    times the noise is no turning point.

    Args:
        time: moments [s], rising.
        angle: at each of them [rad].
    """
    from scipy.signal import find_peaks, savgol_filter

    step = float(np.median(np.diff(time)))
    even = np.arange(time[0], time[-1], step)
    swing = np.interp(even, time, angle)
    window = max(5, 2 * round(0.5 * SMOOTHED / step) + 1)
    if len(even) <= window:
        return []
    smooth = savgol_filter(swing, window, 2)
    noise = 1.5 * float(np.std(swing - smooth))
    found = []
    for sign in (1.0, -1.0):
        places, _ = find_peaks(sign * smooth, prominence=max(6.0 * noise, 1e-3))
        found += [(int(place), abs(_top(smooth, int(place)))) for place in places]
    return [top for _, top in sorted(found)]


def _top(values: np.ndarray, place: int) -> float:
    """Top of the parabola through an extremum and its two neighbours."""
    before, here, after = values[place - 1 : place + 2]
    bend = before - 2.0 * here + after
    return float(here - (after - before) ** 2 / (8.0 * bend)) if bend else float(here)


def read_track(path: Path) -> tuple[float, tuple[float, ...]]:
    """Release and turning points [rad] of a bead that was tracked in a video.

    The centre of its circle is fitted to the places; moments before the release are left out.

    Args:
        path: CSV file with columns time (or t), x, y [s, m], y upwards.

    Raises:
        TableFault: it cannot be read, or shows no swings.
    """
    from scipy.optimize import least_squares

    def fault(text: str) -> TableFault:
        return TableFault((("track",), f": {path.name} {text}"))

    try:
        rows = np.genfromtxt(path, delimiter=",", names=True, encoding="utf-8-sig", ndmin=1)
    except (OSError, ValueError, IndexError) as error:
        raise fault(f"cannot be read: {error}") from None
    names = {name.lower(): name for name in rows.dtype.names or ()}
    moment = names.get("time", names.get("t"))
    if moment is None or not {"x", "y"} <= set(names):
        there = ", ".join(rows.dtype.names or ("nothing",))
        raise fault(f"needs the columns time, x, y, in seconds and metres; it has {there}")
    time, x, y = (rows[name].astype(float) for name in (moment, names["x"], names["y"]))
    if len(time) < _FEWEST or not np.isfinite([time, x, y]).all() or (np.diff(time) <= 0.0).any():
        raise fault(f"needs {_FEWEST} moments or more, in the order of time, all numbers")
    size = max(np.ptp(x), np.ptp(y), 1e-9)
    fits = [
        least_squares(lambda c: np.hypot(x - c[0], y - c[1]) - c[2], [x.mean(), height, size])
        for height in (y.max(), y.min())
    ]
    middle_x, middle_y, _ = min(fits, key=lambda fit: float(fit.cost)).x
    if middle_y < y.mean():
        raise fault("has y downwards; it must point upwards, against gravity")
    angle = np.arctan2(x - middle_x, middle_y - y)
    start = float(np.median(angle[:3]))
    # Noise of the angle, from how moments differ from their neighbours.
    noise = float(np.std(np.diff(angle, 2))) / math.sqrt(6.0)
    near = np.abs(angle - start) < max(4.0 * noise, 0.01 * abs(start))
    moving = int(np.argmin(near)) if not near.all() else 0
    swings = turning_points(time[moving:], angle[moving:])
    if not swings:
        raise fault("shows no turning point")
    return abs(start), tuple(swings)
