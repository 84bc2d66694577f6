"""Drop test: a bead falls on a layer of powder on a plate, and its rebound gives the restitution.

No powder is simulated: the restitution that goes into a simulation comes out of it (verified in
tests/calibration), so the test needs no simulation. How it depends on the layer's thickness and
on the speed of the impact is a regression on the measurements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from gpudem.calibration.bench_test import BenchTest, Simulated
from gpudem.calibration.measured import Measured, measured
from gpudem.units import Accept, AcceptList, TableFault, format_quantity

#: Standard deviation of a restitution that was measured once or twice.
USUAL = 0.02
#: Speeds that differ by at least this factor may tell how the restitution depends on them.
_WIDE = 1.5
_SPEEDS = AcceptList("speed", 0.0, 100.0, above=True, example="1.4 m/s")
_REBOUNDS = AcceptList("speed", 0.0, 100.0, example="0.21 m/s")
_HEIGHTS = AcceptList("length", 0.0, 10.0, above=True, example="100 mm")
_BACK = AcceptList("length", 0.0, 10.0, example="2.3 mm")


@dataclass(frozen=True)
class Line:
    """A straight line through measurements.

    Attributes:
        level: value where the variable is `at`.
        level_error: its standard error.
        slope: change with the variable.
        slope_error: its standard error.
        at: mean of the variable.
    """

    level: float
    level_error: float
    slope: float
    slope_error: float
    at: float

    @property
    def is_sloped(self) -> bool:
        """Whether the slope is told from 0 (twice its error)."""
        return abs(self.slope) > 2.0 * self.slope_error

    def of(self, variable: float) -> float:
        """The value at a variable."""
        return self.level + self.slope * (variable - self.at)


class DropTest(BenchTest):
    """Speeds before and after the impact, or heights of fall and rebound."""

    NAME: ClassVar[str] = "drop"
    TITLE: ClassVar[str] = "drop test"
    SIMULATED: ClassVar[bool] = False
    RESPONDS: ClassVar[tuple[str, ...]] = ("restitution",)

    before: Annotated[tuple[float, ...] | None, _SPEEDS] = Field(
        default=None, description="speeds at which the bead hits the layer; or give fall"
    )
    after: Annotated[tuple[float, ...] | None, _REBOUNDS] = Field(
        default=None, description="speeds with which it rebounds"
    )
    fall: Annotated[tuple[float, ...] | None, _HEIGHTS] = Field(
        default=None, description="heights that it falls from rest, from surface to surface"
    )
    rebound: Annotated[tuple[float, ...] | None, _BACK] = Field(
        default=None, description="heights that it rebounds to"
    )
    layer: Annotated[tuple[float, ...] | None, AcceptList("length", 0.0, 1.0, example="1 mm")] = (
        Field(default=None, description="thickness of the powder's layer in each measurement")
    )
    at_layer: Annotated[float | None, Accept("length", 0.0, 1.0, example="1 mm")] = Field(
        default=None, description="thickness of the layer for which the restitution is wanted"
    )
    error: Annotated[float | None, Accept("number", 0.0, 1.0, above=True, example="0.02")] = Field(
        default=None, description="standard deviation of one measured restitution, if known"
    )

    @model_validator(mode="after")
    def _check(self) -> DropTest:
        speeds, heights = (self.before, self.after), (self.fall, self.rebound)
        given = [pair for pair in (speeds, heights) if any(one is not None for one in pair)]
        if len(given) != 1 or None in given[0]:
            text = ": give before and after (speeds), or fall and rebound (heights)"
            raise TableFault(((), text))
        first, second = given[0][0] or (), given[0][1] or ()
        names = ("before", "after") if given[0] is speeds else ("fall", "rebound")
        faults: list[tuple[tuple[str | int, ...], str]] = []
        if len(first) != len(second):
            text = f": {len(second)} values for {len(first)} of {names[0]}"
            faults.append(((names[1],), text))
        elif any(b > a for a, b in zip(first, second, strict=True)):
            faults.append(((names[1],), f": must not be above {names[0]}: no bead gains energy"))
        if self.layer is not None and len(self.layer) != len(first):
            faults.append((("layer",), f": {len(self.layer)} values for {len(first)} drops"))
        if self.at_layer is not None and not faults:
            layers = self.layer or (0.0,)
            if self.by_layer is None or len(layers) < 4:
                text = ": needs four drops, on layers of three thicknesses or more"
                faults.append((("at_layer",), text))
            elif not min(layers) <= self.at_layer <= max(layers):
                ends = [format_quantity(value, "length", 3) for value in (min(layers), max(layers))]
                text = f": outside the measured layers of {ends[0]} to {ends[1]}"
                faults.append((("at_layer",), text))
        if faults:
            raise TableFault(*faults)
        return self

    @property
    def restitutions(self) -> np.ndarray:
        """Of each drop, shape (drops,)."""
        if self.before is not None:
            return np.divide(np.array(self.after), np.array(self.before))
        return np.sqrt(np.divide(np.array(self.rebound), np.array(self.fall)))

    @property
    def speeds(self) -> np.ndarray:
        """Speed of each impact [m/s], shape (drops,)."""
        if self.before is not None:
            return np.array(self.before)
        return np.sqrt(2.0 * 9.81 * np.array(self.fall))

    @property
    def by_layer(self) -> Line | None:
        """Restitution over the layer's thickness [1/m]; None without three thicknesses."""
        if self.layer is None or len(set(self.layer)) < 3:
            return None
        return _line(np.array(self.layer), self.restitutions)

    @property
    def by_speed(self) -> Line | None:
        """Logarithm of the restitution over that of the speed; None where speeds are alike."""
        speeds, found = self.speeds, self.restitutions
        if len(speeds) < 4 or speeds.max() < _WIDE * speeds.min() or not (found > 0.0).all():
            return None
        return _line(np.log(speeds), np.log(found))

    @property
    def quantities(self) -> list[Measured]:
        """The restitution: of the layer that is wanted, or the mean of all drops."""
        found = measured("restitution", self.restitutions, self.error, USUAL, "number")
        line = self.by_layer
        if line is not None and self.at_layer is not None:
            away = line.slope_error * (self.at_layer - line.at)
            error = math.hypot(line.level_error, away)
            fitted = line.of(self.at_layer), max(error, 1e-6), len(found.values) - 2.0
            found = replace(found, fitted=fitted)
        return [found]

    def simulations(self) -> list[Simulated]:
        """None."""
        return []

    def predict(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """The restitution itself."""
        return np.asarray(values["restitution"])[:, None]


def _line(variable: np.ndarray, values: np.ndarray) -> Line:
    from scipy.stats import linregress

    at = float(variable.mean())
    found = linregress(variable - at, values)
    return Line(
        float(found.intercept),
        float(found.intercept_stderr),
        float(found.slope),
        float(found.stderr),
        at,
    )
