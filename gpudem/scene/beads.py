"""The beads of a scene: what the user wrote, and the charge that follows, bead by bead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.contact.material_library import AcceptMaterial, material
from gpudem.contact.materials import Material
from gpudem.scene.bead_sizes import DIAMETERS, BeadSizes
from gpudem.table import DERIVED, Table
from gpudem.units import Accept, AcceptVector, TableFault, format_quantity

LARGEST_BEAD_COUNT = 2_000_000
#: Diameter of the largest bead over that of the smallest one that is accepted.
WIDEST_RATIO = 20.0
_POROSITY = Accept("number", 0.26, 0.9, example="0.40")
_COUNT = Accept("count", 1, LARGEST_BEAD_COUNT, example="367", default="or give filling")
_FILLING = Accept("number", 0.0, 1.25, above=True, default="or give count")
_OF_MATERIAL = "of the material"
_POSITION = AcceptVector("length", -10.0, 10.0, example="150 mm", default="packed at random")
_VELOCITY = AcceptVector("speed", -1e3, 1e3, default="at rest")

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Charge:
    """All beads of a mill, one value each; whoever builds, packs or weighs them asks here.

    Attributes:
        radius: [m], shape (beads,).
        density: [kg/m3], shape (beads,).
        species: number of the entry of `Scene.beads`, shape (beads,).
        position: at the start [m], nan for beads that are packed, shape (beads, 3).
        velocity: at the start [m/s], shape (beads, 3).
        materials: by species.
    """

    radius: np.ndarray
    density: np.ndarray
    species: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    materials: tuple[Material, ...]

    @property
    def placed(self) -> np.ndarray:
        """Which beads start at a position of their own, shape (beads,)."""
        return np.isfinite(self.position[:, 0])


class Beads(Table):
    """Beads of one material and size, or of a distribution of sizes, and how many there are."""

    name: str = Field(
        default="", description="name in reports and pictures; by default of size and material"
    )
    material: Annotated[str | None, AcceptMaterial()] = Field(
        default=None, description="material of `gpudem materials`"
    )
    diameter: Annotated[float, Accept("length", *DIAMETERS, default="or give sizes")] = Field(
        default=DERIVED, description="bead diameter"
    )
    sizes: BeadSizes | None = Field(default=None, description="distribution of diameters")
    density: Annotated[float, Accept("density", 100.0, 25000.0, default=_OF_MATERIAL)] = Field(
        default=DERIVED, description="density of a bead"
    )
    youngs_modulus: Annotated[float, Accept("modulus", 1e5, 2e12, default=_OF_MATERIAL)] = Field(
        default=DERIVED, description="Young's modulus"
    )
    poisson_ratio: Annotated[
        float, Accept("number", 0.0, 0.49, example="0.3", default=_OF_MATERIAL)
    ] = Field(default=DERIVED, description="Poisson's ratio")
    filling: Annotated[float | None, _FILLING] = Field(
        default=None, description="bulk volume of the beads over the bowl's volume"
    )
    count: Annotated[int | None, _COUNT] = Field(default=None, description="number of beads")
    share: Annotated[
        float | None, Accept("number", 0.0, 1e9, above=True, example="0.5", default="none")
    ] = Field(
        default=None, description="share of what [charge] says, in place of filling and count"
    )
    porosity: Annotated[float, _POROSITY] = Field(
        default=0.4, description="void share of the beads' bulk volume, used with filling"
    )
    position: Annotated[Vector | None, _POSITION] = Field(
        default=None,
        description="centre of a single bead at the start, once the others have settled",
    )
    velocity: Annotated[Vector | None, _VELOCITY] = Field(
        default=None, description="velocity of a bead with a position at the start"
    )

    @model_validator(mode="after")
    def _check(self) -> Beads:
        faults: list[tuple[tuple[str, ...], str]] = []
        if self.diameter is None and self.sizes is None:
            text = ': diameter is missing; write for example diameter = "5 mm"'
            faults.append(((), text))
        elif self.diameter is not None and self.sizes is not None:
            faults.append((("sizes",), ": give diameter or sizes, not both"))
        if self.material is not None:
            known = material(self.material)
            self._settle(
                **{
                    name: getattr(known, name)
                    for name in ("density", "youngs_modulus", "poisson_ratio")
                    if getattr(self, name) is None
                }
            )
        for name, example in (
            ("density", '"6.1 g/cm3"'),
            ("youngs_modulus", '"210 GPa"'),
            ("poisson_ratio", "0.3"),
        ):
            if getattr(self, name) is None:
                text = f": {name} is missing; write for example {name} = {example}"
                faults.append(((), f'{text}, or a material such as "zirconia"'))
        amounts = [n for n in ("filling", "count", "share") if getattr(self, n) is not None]
        if not amounts:
            faults.append(((), ": filling or count is missing; write for example filling = 0.5"))
        elif amounts == ["filling", "count"]:
            faults.append((("count",), ": give filling or count, not both"))
        elif len(amounts) > 1:
            faults.append((("share",), f": give {amounts[0]} or share, not both"))
        if self.position is not None and self.count != 1:
            faults.append((("position",), ": is that of a single bead; it needs count = 1"))
        if self.velocity is not None and self.position is None:
            faults.append((("velocity",), ": is that of a single bead; it needs its position"))
        if faults:
            raise TableFault(*faults)
        return self

    @property
    def label(self) -> str:
        """Its name, by default such as "5 mm zirconia"."""
        if self.name:
            return self.name
        sizes = [format_quantity(size, "length", 3) for size in (self.smallest, self.largest)]
        size = sizes[0] if sizes[0] == sizes[1] else f"{sizes[0].split()[0]} to {sizes[1]}"
        return f"{size} {self.material}" if self.material else size

    @property
    def names(self) -> tuple[str, ...]:
        """What pairs of contacts may call it."""
        return (self.label, self.material) if self.material else (self.label,)

    @property
    def smallest(self) -> float:
        """Diameter of the smallest bead [m]."""
        return self.diameter if self.sizes is None else self.sizes.smallest

    @property
    def largest(self) -> float:
        """Diameter of the largest bead [m]."""
        return self.diameter if self.sizes is None else self.sizes.largest

    @property
    def volume(self) -> float:
        """Mean volume of a bead [m3]."""
        if self.sizes is not None:
            return self.sizes.mean_volume
        return math.pi / 6.0 * self.diameter**3

    @property
    def mass(self) -> float:
        """Mean mass of a bead [kg]; pi/6 d^3 rho where they are all alike."""
        return self.volume * self.density

    def diameters(self, count: int) -> np.ndarray:
        """Diameters of so many beads [m], shape (count,)."""
        return np.full(count, self.diameter) if self.sizes is None else self.sizes.of_count(count)

    def elastic(self, softening: float = 1.0) -> Material:
        """Their elasticity, the modulus divided by a softening."""
        return Material(self.youngs_modulus / softening, self.poisson_ratio)


class ChargeAmount(Table):
    """How much there is of all beads together, where each `[[beads]]` table has a share of it."""

    filling: Annotated[float | None, Accept("number", 0.0, 1.25, above=True, default="none")] = (
        Field(default=None, description="bulk volume of all beads over the bowl's volume")
    )
    count: Annotated[int | None, Accept("count", 1, LARGEST_BEAD_COUNT, default="none")] = Field(
        default=None, description="number of all beads"
    )
    mass: Annotated[float | None, Accept("mass", 0.0, 1e5, above=True, default="none")] = Field(
        default=None, description="mass of all beads"
    )
    share_by: Literal["mass", "volume", "count"] = Field(
        default="mass", description="what `beads.share` is a share of"
    )
    porosity: Annotated[float, _POROSITY] = Field(
        default=0.4, description="void share of the bulk volume of all beads, used with filling"
    )

    @model_validator(mode="after")
    def _check(self) -> ChargeAmount:
        given = [n for n in ("filling", "count", "mass") if getattr(self, n) is not None]
        if len(given) > 1:
            raise TableFault(((given[1],), f": give {given[0]} or {given[1]}, not both"))
        return self

    @property
    def given(self) -> bool:
        """Whether it says how much there is."""
        return not self.filling is self.count is self.mass is None


def counts_of(beads: Sequence[Beads], charge: ChargeAmount, volume: float) -> list[int]:
    """How many beads there are of each entry.

    Args:
        beads: the entries, each with a filling or count of its own or all with a share.
        charge: the whole, of which these are shares.
        volume: of the vessel [m3].
    """
    if beads[0].share is None:
        return [
            one.count
            if one.count is not None
            else round((one.filling or 0.0) * (1.0 - one.porosity) * volume / one.volume)
            for one in beads
        ]
    # What one bead more of an entry adds to what the shares are of, and to what the charge is.
    per_bead = {
        "count": [1.0] * len(beads),
        "volume": [one.volume for one in beads],
        "mass": [one.mass for one in beads],
    }
    share = [one.share or 0.0 for one in beads]
    ratio = [s / per for s, per in zip(share, per_bead[charge.share_by], strict=True)]
    if charge.count is not None:
        total, of = float(charge.count), "count"
    elif charge.mass is not None:
        total, of = charge.mass, "mass"
    else:
        total, of = (charge.filling or 0.0) * (1.0 - charge.porosity) * volume, "volume"
    whole = sum(r * per for r, per in zip(ratio, per_bead[of], strict=True))
    return [round(total * r / whole) for r in ratio]


def charge_of(beads: Sequence[Beads], counts: Sequence[int], softening: float = 1.0) -> Charge:
    """All beads of a vessel, one by one, entry after entry, their moduli divided by a softening."""
    diameters = [one.diameters(count) for one, count in zip(beads, counts, strict=True)]
    packed, rest = (math.nan,) * 3, (0.0,) * 3
    return Charge(
        radius=0.5 * np.concatenate(diameters),
        density=np.repeat([one.density for one in beads], counts),
        species=np.repeat(np.arange(len(beads), dtype=np.int32), counts),
        position=np.repeat([one.position or packed for one in beads], counts, axis=0),
        velocity=np.repeat([one.velocity or rest for one in beads], counts, axis=0),
        materials=tuple(one.elastic(softening) for one in beads),
    )
