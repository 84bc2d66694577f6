"""The contact parameters that bench tests calibrate, and what is known of them before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Parameter:
    """A contact parameter between bounds: before any measurement each value is as likely.

    Attributes:
        name: last part of its key.
        low: lower bound.
        high: upper bound.
        below: name of the parameter that it must not exceed; empty where there is none.
    """

    name: str
    low: float
    high: float
    below: str = ""

    @property
    def key(self) -> str:
        """Its key in scene files."""
        return f"contact.bead_bead.{self.name}"


#: All of them, with the bounds that hold where a file of measurements gives no others.
PARAMETERS = {
    one.name: one
    for one in (
        Parameter("restitution", 0.05, 0.95),
        Parameter("static_friction", 0.1, 1.0),
        Parameter("dynamic_friction", 0.1, 1.0, below="static_friction"),
        Parameter("rolling_friction", 0.005, 0.2),
    )
}


@dataclass(frozen=True)
class Prior:
    """Which parameters are sought, and the values of the others.

    Attributes:
        free: the parameters sought, in the order of PARAMETERS.
        known: values of parameters that are not sought, by name.
    """

    free: tuple[Parameter, ...]
    known: dict[str, float]

    @classmethod
    def of(cls, names: set[str], given: dict[str, tuple[float, float] | float]) -> Prior:
        """The prior of some parameters.

        Args:
            names: of the parameters that the measurements respond to.
            given: bounds, or a known value, of some of them.
        """
        free: dict[str, Parameter] = {}
        known: dict[str, float] = {}
        for name, parameter in PARAMETERS.items():
            told = given.get(name)
            if isinstance(told, float):
                known[name] = told
            elif name in names:
                low, high = told or (parameter.low, parameter.high)
                free[name] = replace(parameter, low=low, high=high)
        # What must not exceed another is bounded by it, and bounds that from below.
        for name, parameter in PARAMETERS.items():
            above = parameter.below
            if not above:
                continue
            if name in free:
                top = known.get(above, free[above].high if above in free else parameter.high)
                free[name] = replace(free[name], high=min(free[name].high, top))
            if above in free:
                bottom = known.get(name, free[name].low if name in free else free[above].low)
                free[above] = replace(free[above], low=max(free[above].low, bottom))
        return cls(tuple(free.values()), known)

    def faults(self) -> list[tuple[str, str]]:
        """Parameters whose bounds leave nothing, and what is wrong with each."""
        found = []
        for one in self.free:
            if one.low >= one.high:
                other = one.below or next(
                    p.name for p in PARAMETERS.values() if p.below == one.name
                )
                text = (
                    f": nothing is left between {one.low:g} and {one.high:g}, beside the bounds of "
                    f"{other}: static friction is not below the dynamic one"
                )
                found.append((one.name, text))
        for name, parameter in PARAMETERS.items():
            if parameter.below in self.known and name in self.known:
                if self.known[name] > self.known[parameter.below]:
                    text = (
                        f": must not be above {parameter.below} = {self.known[parameter.below]:g}"
                    )
                    found.append((name, text))
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters sought."""
        return tuple(one.name for one in self.free)

    def upper(self, one: Parameter, values: np.ndarray) -> np.ndarray:
        """Upper bound of a parameter at points, shape (points,); values (points, parameters)."""
        high = np.full(len(values), one.high)
        if one.below in self.names:
            high = np.minimum(high, values[:, self.names.index(one.below)])
        return high

    def of_unit(self, cube: np.ndarray) -> np.ndarray:
        """Values of the parameters from points of a unit cube, shape (points, parameters).

        A parameter that must not exceed another is spread between its lower bound and that one.
        """
        values = np.empty_like(cube)
        for k, one in enumerate(self.free):
            values[:, k] = one.low + cube[:, k] * (self.upper(one, values) - one.low)
        return values

    def spread(self, points: int, seed: int = 0) -> np.ndarray:
        """Points spread over the prior, shape (points, parameters): a scrambled Sobol sequence.

        The first points of a longer one are those of a shorter one, so a design can grow.
        """
        from scipy.stats import qmc

        engine = qmc.Sobol(len(self.free), scramble=True, seed=seed)
        return self.of_unit(engine.random_base2(int(np.ceil(np.log2(max(2, points)))))[:points])

    def allows(self, values: np.ndarray) -> np.ndarray:
        """Which points lie within all bounds, shape (points,); values (points, parameters)."""
        inside = np.ones(len(values), bool)
        for k, one in enumerate(self.free):
            inside &= (values[:, k] >= one.low) & (values[:, k] <= self.upper(one, values))
        return inside

    @cached_property
    def deviations(self) -> np.ndarray:
        """Standard deviation of each parameter before any measurement, shape (parameters,)."""
        return self.spread(4096).std(axis=0)
