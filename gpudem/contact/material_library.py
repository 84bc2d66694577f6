"""Materials of beads and bowls by name, with where their values come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpudem.plain_text import in_columns
from gpudem.units import AcceptName, QuantityError, format_quantity


@dataclass(frozen=True)
class NamedMaterial:
    """A material of the library.

    Attributes:
        name: as scene files name it.
        meaning: what it is.
        density: [kg/m3].
        youngs_modulus: [Pa].
        poisson_ratio: [1].
        source: of the values; what no source states is marked ASSUMED.
    """

    name: str
    meaning: str
    density: float
    youngs_modulus: float
    poisson_ratio: float
    source: str


_CALLISTER = (
    "Callister & Rethwisch, Materials Science and Engineering, 8th ed. 2010, appendix B, {grade}"
)
_MAKERS = "density: makers' lists of grinding balls"

#: All of them, in the order in which they are listed.
MATERIALS = (
    NamedMaterial(
        "zirconia",
        "zirconium oxide, yttria-stabilised",
        6100.0,
        210e9,
        0.30,
        "Frankenberg et al., Small 2025, doi 10.1002/smll.202507279; Poisson's ratio ASSUMED "
        "(Callister & Rethwisch: 205 GPa, 0.31)",
    ),
    NamedMaterial(
        "steel", "hardened steel", 7850.0, 207e9, 0.30, _CALLISTER.format(grade="steel alloy 1040")
    ),
    NamedMaterial(
        "stainless steel",
        "hardened stainless steel",
        7800.0,
        200e9,
        0.30,
        _CALLISTER.format(grade="stainless alloy 440A"),
    ),
    NamedMaterial(
        "tungsten carbide",
        "tungsten carbide with 6 % cobalt",
        14950.0,
        630e9,
        0.22,
        f"{_MAKERS}; modulus and Poisson's ratio ASSUMED (hard metals: 550 to 650 GPa, 0.21 to "
        "0.24, the less cobalt the stiffer)",
    ),
    NamedMaterial(
        "alumina",
        "aluminium oxide, sintered, 99.9 %",
        3980.0,
        380e9,
        0.22,
        _CALLISTER.format(grade="aluminum oxide 99.9 % pure"),
    ),
    NamedMaterial(
        "silicon nitride",
        "silicon nitride, sintered",
        3300.0,
        304e9,
        0.28,
        _CALLISTER.format(grade="silicon nitride, sintered"),
    ),
    NamedMaterial(
        "agate",
        "agate, a dense aggregate of fine quartz",
        2600.0,
        94.5e9,
        0.074,
        "density: 2.58 to 2.64 g/cm3 (mineral data); elasticity ASSUMED to be that of an isotropic "
        "aggregate of quartz, K 37 and G 44 GPa (Mavko et al., The Rock Physics Handbook, 2009)",
    ),
    NamedMaterial(
        "glass", "soda-lime glass", 2500.0, 69e9, 0.23, _CALLISTER.format(grade="soda-lime glass")
    ),
    NamedMaterial(
        "PTFE",
        "polytetrafluoroethylene",
        2170.0,
        0.475e9,
        0.46,
        _CALLISTER.format(grade="PTFE, middle of 0.40 to 0.55 GPa"),
    ),
    NamedMaterial(
        "polyamide",
        "polyamide 6,6",
        1140.0,
        2.69e9,
        0.39,
        _CALLISTER.format(grade="nylon 6,6, middle of 1.59 to 3.79 GPa"),
    ),
)

_BY_NAME = {one.name.lower(): one for one in MATERIALS}


def material(name: str) -> NamedMaterial:
    """The material of a name.

    Args:
        name: capital letters do not count; "-" and "_" are taken for spaces.

    Raises:
        KeyError: there is none of that name.
    """
    return _BY_NAME[" ".join(name.lower().replace("-", " ").replace("_", " ").split())]


def materials_text() -> str:
    """The library as a table for people, with its sources."""
    rows = [("name", "density", "modulus", "Poisson", "what it is")]
    rows += [
        (
            one.name,
            format_quantity(one.density, "density", 4),
            format_quantity(one.youngs_modulus, "modulus", 4),
            f"{one.poisson_ratio:g}",
            one.meaning,
        )
        for one in MATERIALS
    ]
    sources = [f"{one.name}: {one.source}" for one in MATERIALS]
    return "\n".join([*in_columns(rows), "", *sources])


@dataclass(frozen=True)
class AcceptMaterial(AcceptName):
    """Reads the name of a material of the library."""

    default: str = "none"

    @property
    def sample(self) -> str:
        """An accepted value as it would stand in the file."""
        return '"zirconia"'

    def range_text(self) -> str:
        """Say in words what is accepted."""
        return "of `gpudem materials`"

    def read(self, value: Any) -> Any:
        """Read the name.

        Raises:
            QuantityError: there is no such material.
        """
        try:
            return material(value).name
        except (KeyError, AttributeError):
            names = ", ".join(one.name for one in MATERIALS)
            raise QuantityError(value, f": no material of this name; accepted: {names}") from None
