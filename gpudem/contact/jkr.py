"""JKR adhesion on the host: its coefficients in a scene, and what the device needs of them."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Annotated, Literal

from pydantic import Field

from gpudem.contact.hertz_mindlin import NO_REBOUND, HertzLaw
from gpudem.contact.law import PAIRS, PAIRS_MEANING, Between, Contact
from gpudem.contact.materials import Material, effective_modulus
from gpudem.units import Accept

_NO_ADHESION = '; surfaces that do not stick are those of model = "hertz-mindlin"'


class JKR(HertzLaw):
    """Coefficients of one kind of contact."""

    restitution: Annotated[float, Accept("number", 0.01, 1.0, example="0.15", why=NO_REBOUND)] = (
        Field(
            description="coefficient of restitution (rebound over impact speed) of impacts so fast "
            "that adhesion does not count"
        )
    )
    work_of_adhesion: Annotated[float, Accept("energy_per_area", 1e-6, 1e3, why=_NO_ADHESION)] = (
        Field(description="work to part the surfaces, w; twice the surface energy of like ones")
    )

    def kernels(self) -> ModuleType:
        """The law's device half. It loads Taichi."""
        from gpudem.kernels.laws import jkr

        return jkr

    def parameters(self, a: Material, b: Material) -> dict[str, float]:
        """The device half's PARAMETERS, by name, for two materials."""
        adhesion = math.pi * self.work_of_adhesion
        return {
            **super().parameters(a, b),
            "adhesion": adhesion,
            "adhesion_root": (adhesion / effective_modulus(a, b)) ** (1.0 / 3.0),
        }

    def reach(self, a: Material, b: Material, radius: float) -> float:
        """Distance of the surfaces [m] at which a contact that is pulled breaks.

        3/4 (pi^2 w^2 R* / E*^2)^(1/3); R* is the radius at a wall, and less in a pair.
        """
        length = math.pi * self.work_of_adhesion / effective_modulus(a, b)
        return 0.75 * (length**2 * radius) ** (1.0 / 3.0)


class JKRPair(Between, JKR):
    """Coefficients of one pair of kinds of beads."""


class JKRContact(Contact):
    """Contact laws. Keys not given for the wall are those between beads."""

    model: Literal["jkr"] = Field(description="contact law")
    bead_bead: JKR = Field(description="contacts between beads")
    bead_wall: JKR = Field(description="contacts with the wall; default those of beads")
    pairs: Annotated[tuple[JKRPair, ...], PAIRS] = Field(default=(), description=PAIRS_MEANING)
