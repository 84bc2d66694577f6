"""The bowl of a scene: its shape, chosen by ``bowl.shape``, its nominal volume and its material."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import (
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationInfo,
    computed_field,
    model_validator,
)

from gpudem.contact.material_library import AcceptMaterial, material
from gpudem.errors import MeshError
from gpudem.geometry.box import Box
from gpudem.geometry.mesh import SMOOTH_ANGLE, MeshVessel
from gpudem.geometry.vessel import Vessel, roundest_tip
from gpudem.table import DERIVED, Choice, Table
from gpudem.units import Accept, TableFault, format_quantity

_LENGTH = Accept("length", 1e-3, 1.0, example="51.0 mm")
_FILLET = Accept("length", 0.0, 0.5, example="5 mm")
_DEPTH = Accept("length", 1e-4, 0.5, example="10 mm", default="none; required if dished or conical")
_TIP = Accept("length", 0.0, 0.5, example="2 mm", default="0 mm")
_OWN_MODULUS = Accept("modulus", 1e5, 2e12, default="the beads'")
_OWN_POISSON = Accept("number", 0.0, 0.49, example="0.3", default="the beads'")
_VOLUME = Accept("volume", 1e-9, 1.0, default="from the shape inside")
_NOMINAL = (
    "nominal volume, within 1 % of that of the shape inside; `beads.filling` is a share of it"
)

#: Faults of keys of the table: name of the key, text.
Faults = list[tuple[str, str]]


class Bowl(Table):
    """What bowls of all shapes have. Without material keys the wall is of the beads' material."""

    #: Whether it can be used at rest only.
    stands_still: ClassVar[bool] = False

    shape: Any = Field(description="shape of the bowl")
    volume: Annotated[float, _VOLUME] = Field(default=DERIVED, description=_NOMINAL)
    closed: bool = Field(default=True, strict=True, description="closed by a lid")
    material: Annotated[str | None, AcceptMaterial(default="the beads'")] = Field(
        default=None, description="material of the wall, of `gpudem materials`"
    )
    youngs_modulus: Annotated[float, _OWN_MODULUS] = Field(
        default=DERIVED, description="Young's modulus of the wall"
    )
    poisson_ratio: Annotated[float, _OWN_POISSON] = Field(
        default=DERIVED, description="Poisson's ratio of the wall"
    )

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Bowl:
        self._read(Path((info.context or {}).get("folder", "")))
        if self.material is not None:
            known = material(self.material)
            for name in ("youngs_modulus", "poisson_ratio"):
                if getattr(self, name) is None:
                    self._settle(**{name: getattr(known, name)})
        faults = self.faults()
        if faults:
            raise TableFault(*(((key,), text) for key, text in faults))
        inside = self.vessel.volume
        if self.volume is None:
            self._settle(volume=inside)
        elif abs(self.volume / inside - 1.0) > 0.01 and (info.context or {}).get("volume_follows"):
            self._settle(volume=inside)
        elif abs(self.volume / inside - 1.0) > 0.01:
            shown = format_quantity(inside, "volume", 4)
            text = (
                f": {self.sizes} give {shown}; they must agree within 1 %; delete volume "
                f'or write "{shown}": beads.filling is a share of it'
            )
            raise TableFault((("volume",), text))
        return self

    def _read(self, folder: Path) -> None:
        """Read the files that it names, from a folder."""

    @property
    def vessel(self) -> Vessel | Box | MeshVessel:
        """Its shape inside."""
        raise NotImplementedError

    @property
    def narrowest(self) -> float:
        """Diameter of the largest bead that it may hold [m]."""
        raise NotImplementedError

    @property
    def sizes(self) -> str:
        """The keys that its volume follows from, in words."""
        raise NotImplementedError

    @property
    def is_open_cylinder(self) -> bool:
        """Whether it is a plain cylinder without a lid."""
        vessel = self.vessel
        return isinstance(vessel, Vessel) and vessel.is_cylinder and not vessel.closed

    def faults(self) -> Faults:
        """Say which keys do not go together."""
        return []

    def parameters(self) -> dict[str, Any]:
        """What run files keep of its shape, SI units."""
        raise NotImplementedError


class RoundBowl(Bowl):
    """A cylinder with round edges or ends."""

    shape: Literal["round"] = Field(default="round", description="shape of the bowl")
    diameter: Annotated[float, _LENGTH] = Field(description="inside diameter")
    height: Annotated[float, _LENGTH] = Field(description="inside height, from the lowest point")
    bottom: Literal["flat", "dished", "conical"] = Field(
        default="flat", description="shape of the bottom; a dished one is a spherical cap"
    )
    bottom_depth: Annotated[float, _DEPTH] = Field(
        default=DERIVED,
        description="how far a dished or conical bottom reaches below the side; half the diameter "
        "makes a dished one a hemisphere",
    )
    tip_radius: Annotated[float, _TIP] = Field(
        default=DERIVED,
        description='with bottom = "conical": radius of the sphere that rounds the cone\'s tip; 0 '
        "mm is a sharp tip",
    )
    bottom_radius: Annotated[float, _FILLET] = Field(
        default=0.0,
        description="radius of the round edge (fillet) between side and bottom; half the diameter "
        "makes a flat bottom a hemisphere",
    )
    top_radius: Annotated[float, _FILLET] = Field(
        default=0.0, description="radius of the round edge between side and lid"
    )

    @property
    def vessel(self) -> Vessel:
        """Its shape inside."""
        return Vessel.bowl(
            self.diameter,
            self.height,
            bottom_depth=self.bottom_depth or 0.0,
            bottom_radius=self.bottom_radius,
            top_radius=self.top_radius,
            tip_radius=(self.tip_radius or 0.0) if self.bottom == "conical" else None,
            closed=self.closed,
        )

    @property
    def narrowest(self) -> float:
        """Diameter of the largest bead that it may hold [m]."""
        return min(self.diameter, self.height)

    @property
    def sizes(self) -> str:
        """The keys that its volume follows from, in words."""
        given = [
            key
            for key in ("bottom_depth", "tip_radius", "bottom_radius", "top_radius")
            if getattr(self, key)
        ]
        *first, last = ["diameter", "height", *given]
        return f"{', '.join(first)} and {last}"

    def faults(self) -> Faults:
        """Say which keys do not go together."""
        radius = 0.5 * self.diameter
        half = format_quantity(radius, "length")
        dished, conical = self.bottom == "dished", self.bottom == "conical"
        deep = dished or conical
        most_deep = self.height if conical else radius
        found: Faults = []
        if deep and self.bottom_depth is None:
            most = "the height" if conical else "half the diameter"
            shown = format_quantity(most_deep, "length")
            text = f': "{self.bottom}" needs bottom_depth, up to {most} = {shown}'
            found.append(("bottom", text))
        elif not deep and self.bottom_depth is not None:
            found.append(("bottom_depth", ': only with bottom = "dished" or "conical"'))
        if self.tip_radius is not None and not conical:
            found.append(("tip_radius", ': only with bottom = "conical"'))
        for key in ("bottom_radius", "top_radius", *(["bottom_depth"] if not conical else [])):
            if (getattr(self, key) or 0.0) > radius:
                found.append((key, f": at most half the diameter = {half} is accepted"))
        if self.top_radius and not self.closed:
            found.append(("top_radius", ": an open bowl has no edge at its top; leave it out"))
        if deep and not found and self.bottom_radius >= self.bottom_depth:
            most = format_quantity(self.bottom_depth, "length")
            found.append(
                ("bottom_radius", f": with a {self.bottom} bottom below its bottom_depth = {most}")
            )
        if conical and not found:
            limit = roundest_tip(radius, self.bottom_depth, self.bottom_radius)
            if (self.tip_radius or 0.0) > 0.999 * limit:
                shown = format_quantity(0.999 * limit, "length", 4)
                text = f': at most {shown} leaves a cone; take bottom = "dished" for a cap alone'
                found.append(("tip_radius", text))
        round_part = max(self.bottom_depth or 0.0, self.bottom_radius) + self.top_radius
        if not found and round_part > self.height * (1.0 + 1e-9):
            shown = format_quantity(round_part, "length")
            found.append(("height", f": the round bottom and top alone are {shown} high"))
        return found

    def parameters(self) -> dict[str, Any]:
        """What run files keep of its shape, SI units."""
        known: dict[str, Any] = {"bowl_diameter": self.diameter, "bowl_height": self.height}
        if not self.vessel.is_cylinder:
            known["vessel_outline"] = self.vessel.outline
        return known


class BoxBowl(Bowl):
    """A box that stands still: for impact tests and shear tests."""

    stands_still: ClassVar[bool] = True

    shape: Literal["box"] = Field(description="shape of the bowl")
    width: Annotated[float, _LENGTH] = Field(description="inside, along x")
    depth: Annotated[float, _LENGTH] = Field(description="inside, along y")
    height: Annotated[float, _LENGTH] = Field(description="inside, along z")

    @property
    def vessel(self) -> Box:
        """Its shape inside."""
        return Box(self.width, self.depth, self.height, closed=self.closed)

    @property
    def narrowest(self) -> float:
        """Diameter of the largest bead that it may hold [m]."""
        return min(self.width, self.depth, self.height)

    @property
    def sizes(self) -> str:
        """The keys that its volume follows from, in words."""
        return "width, depth and height"

    def parameters(self) -> dict[str, Any]:
        """What run files keep of its shape, SI units."""
        return {"box_size": np.array([self.width, self.depth, self.height])}


class MeshBowl(Bowl):
    """A bowl of any shape: a closed surface of triangles, its inside, from a file."""

    shape: Literal["mesh"] = Field(description="shape of the bowl")
    file: str = Field(
        description="closed surface of the inside, an STL, OBJ or PLY file, beside the scene; the "
        "z axis is the bowl's, the lowest point is put on z = 0"
    )
    unit: Literal["mm", "cm", "m", "in"] = Field(description="unit of lengths in that file")
    smooth_angle: Annotated[float, Accept("angle", 0.0, math.radians(80.0), example="20 deg")] = (
        Field(
            default=SMOOTH_ANGLE,
            description="facets that meet at a smaller angle belong to one round surface, which a "
            "bead touches once",
        )
    )

    _vessel: MeshVessel = PrivateAttr()

    def _read(self, folder: Path) -> None:
        try:
            self._vessel = MeshVessel.of_file(folder / self.file, self.unit, self.smooth_angle)
        except MeshError as error:
            raise TableFault((("file",), f": {error}")) from None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def surface(self) -> str:
        """What the file held, in short."""
        return repr(self._vessel.surface)

    @property
    def vessel(self) -> MeshVessel:
        """Its shape inside."""
        return self._vessel

    @property
    def narrowest(self) -> float:
        """Diameter of the largest bead that it may hold [m]."""
        return float(self._vessel.mesh.extents.min())

    @property
    def sizes(self) -> str:
        """The keys that its volume follows from, in words."""
        return "file and unit"

    def faults(self) -> Faults:
        """Say which keys do not go together."""
        return [] if self.closed else [("closed", ": a mesh is closed; leave it out")]

    def parameters(self) -> dict[str, Any]:
        """What run files keep of its shape, SI units."""
        return {"vessel_triangles": self._vessel.triangles}


CHOICE = Choice("shape", "round")

AnyBowl = Annotated[
    Annotated[RoundBowl, Tag("round")]
    | Annotated[BoxBowl, Tag("box")]
    | Annotated[MeshBowl, Tag("mesh")],
    Discriminator(CHOICE.of),
    CHOICE,
]
