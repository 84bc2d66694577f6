"""Angle of repose: the slope of what a pile, a bed or a drum shows.

It depends on static and rolling friction together (docs/theory/repose.md).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from gpudem.analysis.pile import slope_of_bed, slope_of_pile
from gpudem.calibration.bench_test import BenchTest, Simulated, settings_in
from gpudem.calibration.measured import Measured, measured
from gpudem.runfile.metadata import gravity_of
from gpudem.runfile.reader import Run
from gpudem.units import Accept, AcceptList

#: Standard deviation [rad] of an angle that was measured once or twice.
USUAL = math.radians(1.5)
#: A bed flows once this share of its beads has moved by a bead's diameter.
FLOWING = 0.1
#: Random packings that each point is simulated with.
SEEDS = 2
#: Beads are softened by this, where the test does not set it: it changes the angle by less than the
#: scatter between packings (docs/theory/repose.md), and time steps are thirty times longer.
SOFTENING = "1000"
_ANGLES = AcceptList("angle", 0.0, math.pi / 2.0, example="25 deg")


class ReposeTest(BenchTest):
    """Angles of the slope against the horizontal."""

    NAME: ClassVar[str] = "repose"
    TITLE: ClassVar[str] = "angle of repose"
    RESPONDS: ClassVar[tuple[str, ...]] = (
        "static_friction",
        "dynamic_friction",
        "rolling_friction",
    )

    method: Literal["cylinder", "ledge", "tilting-box", "drum"] = Field(
        default="cylinder",
        description="pile below a lifted cylinder, the same on a plate with a ledge, tilt at which "
        "a bed begins to flow, or slope of the bed in a slow drum",
    )
    angle: Annotated[tuple[float, ...], _ANGLES] = Field(description="measured angles")
    error: Annotated[float | None, Accept("angle", 0.0, 0.5, above=True, example="1 deg")] = Field(
        default=None, description="standard deviation of one measured angle, if known"
    )

    @property
    def scene(self) -> str:
        """See BenchTest."""
        return f"calibration/{'repose' if self.method == 'cylinder' else self.method}"

    @property
    def quantities(self) -> list[Measured]:
        """The angle."""
        name = f"angle ({self.method})"
        return [measured(name, self.angle, self.error, USUAL, "angle")]

    def simulations(self) -> list[Simulated]:
        """One, with several packings."""
        settings = {"contact.softening": SOFTENING, **settings_in(self.set)}
        return [Simulated(self.scene, settings, SEEDS, (0,))]

    def observe(self, run: Run, number: int) -> np.ndarray:
        """The slope, or the tilt, that the simulation gave."""
        return np.array([_OBSERVED[self.method](run)])


def _pile(run: Run) -> float:
    last = run.fields(-1)["position"]
    return slope_of_pile(last, run.radius).angle


def _tilt(run: Run) -> float:
    places, tilt = run.positions, run.series
    for number in range(run.snapshots):
        moved = np.linalg.norm(places[number] - places[0], axis=1)
        if (moved > 2.0 * run.radius).mean() > FLOWING:
            time = run.snapshot_times[number]
            return float(np.interp(time, tilt["time"], tilt["tilt"]))
    raise ValueError("the bed did not flow; tilt it further (run.duration)")


def _drum(run: Run) -> float:
    down, axis = gravity_of(run), np.array([0.0, 0.0, 1.0])
    window = run.positions[run.snapshot_times >= run.parameters["log_from"]]
    angles = [slope_of_bed(places, run.radius, down, axis).angle for places in window]
    return float(np.mean(angles))


_OBSERVED = {"cylinder": _pile, "ledge": _pile, "tilting-box": _tilt, "drum": _drum}
