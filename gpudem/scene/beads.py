"""The beads of a scene: what the user wrote, and the charge that follows, bead by bead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from gpudem.contact.materials import Material
from gpudem.table import Table
from gpudem.units import Accept, TableFault

LARGEST_BEAD_COUNT = 1_000_000
_MODULUS = Accept("modulus", 1e5, 2e12)
_POISSON = Accept("number", 0.0, 0.49, example="0.3")


@dataclass(frozen=True)
class Charge:
    """All beads of a mill, one value each; whoever builds, packs or weighs them asks here.

    Attributes:
        radius: [m], shape (beads,).
        density: [kg/m3], shape (beads,).
        species: number of the material, shape (beads,).
        materials: by species.
    """

    radius: np.ndarray
    density: np.ndarray
    species: np.ndarray
    materials: tuple[Material, ...]


class Beads(Table):
    """The beads (all alike) and how many there are."""

    diameter: Annotated[float, Accept("length", 1e-5, 0.1)] = Field(description="bead diameter")
    density: Annotated[float, Accept("density", 100.0, 25000.0)] = Field(
        description="density of a bead"
    )
    youngs_modulus: Annotated[float, _MODULUS] = Field(description="Young's modulus")
    poisson_ratio: Annotated[float, _POISSON] = Field(description="Poisson's ratio")
    filling: Annotated[
        float | None, Accept("number", 0.0, 1.25, above=True, default="or give count")
    ] = Field(default=None, description="bulk volume of the beads over the bowl's volume")
    count: Annotated[
        int | None, Accept("count", 1, LARGEST_BEAD_COUNT, example="367", default="or give filling")
    ] = Field(default=None, description="number of beads")
    porosity: Annotated[float, Accept("number", 0.26, 0.9, example="0.40")] = Field(
        default=0.4, description="void share of the beads' bulk volume, used with filling"
    )

    @model_validator(mode="after")
    def _check(self) -> Beads:
        if self.filling is None and self.count is None:
            raise TableFault(((), ": filling or count is missing; write for example filling = 0.5"))
        if self.filling is not None and self.count is not None:
            raise TableFault((("count",), ": give filling or count, not both"))
        return self

    @property
    def volume(self) -> float:
        """Volume of a bead [m3]."""
        return math.pi / 6.0 * self.diameter**3

    @property
    def mass(self) -> float:
        """Mass of a bead, pi/6 d^3 rho [kg]."""
        return self.volume * self.density

    def count_in(self, volume: float) -> int:
        """Number of beads in a vessel of a volume [m3]: the given one, or that of the filling."""
        if self.count is not None:
            return self.count
        solid = (self.filling or 0.0) * (1.0 - self.porosity) * volume
        return round(solid / self.volume)

    def solid_share(self, volume: float) -> float:
        """Share of a vessel's volume [m3] that the beads' own takes [1]."""
        return self.count_in(volume) * self.volume / volume

    def material(self, softening: float = 1.0) -> Material:
        """Their material, its modulus divided by a softening."""
        return Material(self.youngs_modulus / softening, self.poisson_ratio)

    def charge(self, volume: float, softening: float = 1.0) -> Charge:
        """All beads of a vessel of a volume [m3], their moduli divided by a softening."""
        count = self.count_in(volume)
        return Charge(
            radius=np.full(count, 0.5 * self.diameter),
            density=np.full(count, self.density),
            species=np.zeros(count, np.int32),
            materials=(self.material(softening),),
        )
