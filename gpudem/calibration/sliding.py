"""Sliding triple: three beads glued together, which cannot roll, on an inclined plate.

They begin to slide where the slope is above the static friction, and how fast they slide then
tells the dynamic friction: a = g (sin(tilt) - mu_d cos(tilt)).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from gpudem.calibration.bench_test import BenchTest, Simulated, as_several
from gpudem.calibration.measured import Measured, measured
from gpudem.runfile.reader import Run
from gpudem.table import Table
from gpudem.units import Accept, AcceptList, TableFault

#: Standard deviation of a tilt [rad], and of a time over itself, measured once or twice.
USUAL_TILT, USUAL_TIME = math.radians(1.0), 0.05
#: Way after which the beads are seen to slide [m].
SEEN = 5e-4
#: Time that stands for a slide that does not begin [s].
NEVER = 60.0
_TILT = Accept("angle", 0.02, 1.5, example="35 deg")


class Slide(Table):
    """A slide from rest at one tilt."""

    tilt: Annotated[float, _TILT] = Field(description="tilt of the plate")
    distance: Annotated[float, Accept("length", 1e-3, 10.0, example="100 mm")] = Field(
        description="way from rest"
    )
    time: Annotated[tuple[float, ...], AcceptList("time", 1e-3, 60.0, example="0.3 s")] = Field(
        description="times that it took"
    )

    @model_validator(mode="after")
    def _check(self) -> Slide:
        shortest = math.sqrt(2.0 * self.distance / (9.81 * math.sin(self.tilt)))
        if min(self.time) < 0.98 * shortest:
            text = f": without any friction it takes {shortest:.3g} s"
            raise TableFault((("time",), text))
        return self


class SlidingTest(BenchTest):
    """Tilts at which glued beads begin to slide, and times of slides."""

    NAME: ClassVar[str] = "sliding"
    TITLE: ClassVar[str] = "sliding triple"
    SIMULATED: ClassVar[bool] = False
    RESPONDS: ClassVar[tuple[str, ...]] = ("static_friction", "dynamic_friction")

    slip_angle: Annotated[
        tuple[float, ...] | None, AcceptList("angle", 0.02, 1.5, example="29 deg")
    ] = Field(default=None, description="tilts at which the beads begin to slide")
    slides: Annotated[tuple[Slide, ...], BeforeValidator(as_several)] = Field(
        default=(), description="slides from rest"
    )
    tilt_error: Annotated[float | None, Accept("angle", 0.0, 0.5, above=True)] = Field(
        default=None, description="standard deviation of one slip angle, if known"
    )
    time_error: Annotated[float | None, Accept("time", 0.0, 10.0, above=True)] = Field(
        default=None, description="standard deviation of one time, if known"
    )

    @model_validator(mode="after")
    def _check(self) -> SlidingTest:
        if self.slip_angle is None and not self.slides:
            raise TableFault(((), ": give slip_angle or slides"))
        return self

    @property
    def quantities(self) -> list[Measured]:
        """The slip angle, and the time of each slide."""
        found = []
        if self.slip_angle is not None:
            found.append(
                measured("slip angle", self.slip_angle, self.tilt_error, USUAL_TILT, "angle")
            )
        for slide in self.slides:
            name = f"{1e3 * slide.distance:g} mm at {math.degrees(slide.tilt):.3g} deg"
            usual = USUAL_TIME * float(np.mean(slide.time))
            found.append(measured(name, slide.time, self.time_error, usual, "time"))
        return found

    def simulations(self) -> list[Simulated]:
        """None: a law says what the triple does (verified in tests/calibration)."""
        return []

    def predict(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """Slip angle and times of a body that cannot roll.

        It moves by SEEN before it is seen to slide; the tilt grows meanwhile, which is left out.
        """
        static, dynamic = values["static_friction"], values["dynamic_friction"]
        found = [] if self.slip_angle is None else [np.arctan(static)]
        for slide in self.slides:
            pull = 9.81 * (np.sin(slide.tilt) - dynamic * np.cos(slide.tilt))
            slips = (np.tan(slide.tilt) > static) & (pull > 0.0)
            time = np.sqrt(2.0 * slide.distance / np.where(slips, pull, 1.0))
            # What does not slide takes longer than any measurement lasts.
            found.append(np.where(slips, np.minimum(time, NEVER), NEVER))
        return np.column_stack(found)


def slip_angle(run: Run) -> float:
    """Tilt [rad] at which the beads of a run have moved by SEEN.

    Raises:
        ValueError: they did not.
    """
    places, tilt = run.positions, run.series
    moved = np.linalg.norm(places - places[0], axis=2).mean(axis=1)
    if moved.max() > SEEN:
        time = np.interp(SEEN, moved, run.snapshot_times)
        return float(np.interp(time, tilt["time"], tilt["tilt"]))
    raise ValueError("the beads did not slide; tilt them further (run.duration)")
