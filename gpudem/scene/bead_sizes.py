"""Distributions of bead sizes, and the diameters that so many beads of one have."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.table import DERIVED, Table
from gpudem.units import Accept, AcceptList, TableFault, format_quantity

#: Smallest and largest diameter of a bead that is accepted [m].
DIAMETERS = (1e-5, 0.1)
_LENGTH = Accept("length", *DIAMETERS)
#: Shares of a distribution without cut-offs below and above which it is cut off.
_TAIL = 0.005
#: Points at which a distribution is tabulated between its cut-offs.
_POINTS = 4001

#: Keys that each kind needs.
_NEEDS = {
    "normal": ("mean", "deviation"),
    "log-normal": ("median", "spread"),
    "rosin-rammler": ("scale", "exponent"),
    "list": ("diameters", "shares"),
}


class BeadSizes(Table):
    """Diameters of beads of one material, by a distribution or a list."""

    kind: Literal["normal", "log-normal", "rosin-rammler", "list"] = Field(
        description="kind of distribution"
    )
    mean: Annotated[float | None, _LENGTH] = Field(
        default=None, description='mean diameter, of kind = "normal"'
    )
    deviation: Annotated[float | None, Accept("length", 0.0, 0.1, above=True)] = Field(
        default=None, description='standard deviation, of kind = "normal"'
    )
    median: Annotated[float | None, _LENGTH] = Field(
        default=None, description='median diameter, of kind = "log-normal"'
    )
    spread: Annotated[float | None, Accept("number", 1.0, 10.0, above=True, example="1.2")] = Field(
        default=None, description='geometric standard deviation, of kind = "log-normal"'
    )
    scale: Annotated[float | None, _LENGTH] = Field(
        default=None,
        description='diameter that 36.8 % of the beads are larger than, of kind = "rosin-rammler"',
    )
    exponent: Annotated[float | None, Accept("number", 0.5, 100.0, example="5")] = Field(
        default=None, description='exponent, of kind = "rosin-rammler"; the larger the narrower'
    )
    diameters: Annotated[tuple[float, ...] | None, AcceptList("length", *DIAMETERS)] = Field(
        default=None, description='diameters, of kind = "list"'
    )
    shares: Annotated[
        tuple[float, ...] | None, AcceptList("number", 0.0, 1e9, above=True, example="0.5")
    ] = Field(default=None, description="their shares, which need not add up to 1")
    by: Literal["mass", "count"] = Field(
        default="mass", description="whether shares are of the mass, as in sieving, or of the count"
    )
    smallest: Annotated[float, Accept("length", *DIAMETERS, default="where 0.5 % are smaller")] = (
        Field(default=DERIVED, description="lower cut-off of a distribution")
    )
    largest: Annotated[float, Accept("length", *DIAMETERS, default="where 0.5 % are larger")] = (
        Field(default=DERIVED, description="upper cut-off of a distribution")
    )

    @model_validator(mode="after")
    def _check(self) -> BeadSizes:
        needed = _NEEDS[self.kind]
        faults: list[tuple[tuple[str, ...], str]] = []
        for name in needed:
            if getattr(self, name) is None:
                faults.append(((), f': {name} is missing; kind = "{self.kind}" needs it'))
        for kind, names in _NEEDS.items():
            for name in names:
                if name not in needed and getattr(self, name) is not None:
                    faults.append(((name,), f': is of kind = "{kind}", not "{self.kind}"'))
        if faults:
            raise TableFault(*faults)
        if self.kind == "list":
            self._check_list()
        else:
            self._cut_off()
        return self

    def _check_list(self) -> None:
        for name in ("smallest", "largest"):
            if getattr(self, name) is not None:
                raise TableFault(((name,), ": a list has no cut-offs; leave it out"))
        assert self.diameters is not None and self.shares is not None
        if len(self.shares) != len(self.diameters):
            text = f": {len(self.shares)} shares for {len(self.diameters)} diameters"
            raise TableFault((("shares",), text))
        self._settle(smallest=min(self.diameters), largest=max(self.diameters))

    def _cut_off(self) -> None:
        for name, share in (("smallest", _TAIL), ("largest", 1.0 - _TAIL)):
            if getattr(self, name) is None:
                at = self._quantile(share)
                if not DIAMETERS[0] <= at <= DIAMETERS[1]:
                    shown = format_quantity(at, "length", 3)
                    raise TableFault(((name,), f": would be {shown}; give a cut-off"))
                self._settle(**{name: at})
        if self.smallest >= self.largest:
            shown = format_quantity(self.largest, "length")
            raise TableFault((("smallest",), f": must be below largest = {shown}"))

    def _quantile(self, share: float) -> float:
        """Diameter [m] that a share of the beads is smaller than, without cut-offs."""
        return float(self._distribution.ppf(share))

    def _cumulative(self, diameter: np.ndarray) -> np.ndarray:
        """Share of the beads that is smaller than diameters [m], without cut-offs."""
        return self._distribution.cdf(diameter)

    @cached_property
    def _distribution(self) -> Any:
        from scipy import stats

        if self.kind == "normal":
            return stats.norm(self.mean, self.deviation)
        if self.kind == "log-normal":
            return stats.lognorm(math.log(self.spread or math.e), scale=self.median)
        return stats.weibull_min(self.exponent, scale=self.scale)

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        """Diameters [m] and the share of the count of each, ascending."""
        if self.kind == "list":
            order = np.argsort(np.array(self.diameters), kind="stable")
            size, share = np.array(self.diameters)[order], np.array(self.shares)[order]
        else:
            edges = np.linspace(self.smallest, self.largest, _POINTS)
            size, share = 0.5 * (edges[1:] + edges[:-1]), np.diff(self._cumulative(edges))
        if self.by == "mass":
            share = share / size**3
        return size, share / share.sum()

    @property
    def mean_volume(self) -> float:
        """Mean volume of a bead [m3]."""
        size, share = self._table
        return float(np.pi / 6.0 * (share * size**3).sum())

    def of_count(self, count: int) -> np.ndarray:
        """Diameters of so many beads [m], ascending, shape (count,).

        They are the middles of `count` equal parts of the distribution: no chance is in them, and
        a few beads keep to it as well as many.
        """
        size, share = self._table
        total = np.cumsum(share)
        wanted = (np.arange(count) + 0.5) / count
        at = np.minimum(np.searchsorted(total, wanted), len(size) - 1)
        if self.kind == "list":
            return size[at]
        below = np.concatenate([[0.0], total])[at]
        width = (self.largest - self.smallest) / (_POINTS - 1)
        return size[at] + width * ((wanted - below) / share[at] - 0.5)
