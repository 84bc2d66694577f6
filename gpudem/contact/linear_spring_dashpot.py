"""Linear spring and dashpot on the host: coefficients, and what the device needs of them."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gpudem.contact.friction import DampedLaw
from gpudem.contact.hertz_mindlin import NO_REBOUND
from gpudem.contact.law import PAIRS, PAIRS_MEANING, Between, Contact
from gpudem.contact.linear_hysteretic import series_modulus
from gpudem.contact.materials import Material
from gpudem.contact.restitution import force_time, linear_damping_ratio
from gpudem.units import Accept

#: ``run.rayleigh_fraction`` at which a step is `SHARE` of the time of an elastic impact.
_USUAL, SHARE = 0.2, 0.04
_RESTITUTION = Accept("number", 0.01, 1.0, example="0.15", why=NO_REBOUND)


class LinearSpringDashpot(DampedLaw):
    """Coefficients of one kind of contact."""

    DURATION_EXPONENT: ClassVar[float] = 0.5

    restitution: Annotated[float, _RESTITUTION] = Field(
        description="coefficient of restitution (rebound over impact speed)"
    )
    stiffness: Annotated[
        float | None,
        Accept("stiffness", 1.0, 1e12, default="from Young's moduli and radii"),
    ] = Field(default=None, description="normal spring of each contact, never softened")
    tangential_ratio: Annotated[float, Accept("number", 0.01, 1.0, example="0.286")] = Field(
        default=2.0 / 7.0, description="tangential spring over the normal one"
    )

    def kernels(self) -> ModuleType:
        """The law's device half. It loads Taichi."""
        from gpudem.kernels.laws import linear_spring_dashpot

        return linear_spring_dashpot

    def parameters(self, a: Material, b: Material) -> dict[str, float]:
        """The device half's PARAMETERS, by name, for two materials."""
        damping = 2.0 * linear_damping_ratio(self.restitution)
        beside = damping * math.sqrt(self.tangential_ratio)
        return {
            "stiffness": 0.0 if self.stiffness else 4.0 * series_modulus(a, b),
            "spring": self.stiffness or 0.0,
            "tangential": self.tangential_ratio,
            "tangential_compliance": 1.0 / self.tangential_ratio,
            "damping": damping,
            "shear_damping": beside if self.shear_damping else 0.0,
            **self.friction_parameters(),
        }

    def longest_step(
        self, fraction: float, material: Material, radius: float, density: float
    ) -> float:
        """A twenty-fifth of an elastic impact of two such beads, at a ``fraction`` of 0.2 [s].

        The impact takes pi sqrt(m* / K).
        """
        mass = 0.5 * density * 4.0 / 3.0 * math.pi * radius**3
        spring = self.stiffness or material.youngs_modulus * radius
        return fraction / _USUAL * SHARE * math.pi * math.sqrt(mass / spring)

    def impact_time(
        self, a: Material, b: Material, mass: float, radius: float, speed: float
    ) -> float:
        """Time [s] of an impact until the force vanishes; for any speed the same."""
        spring = self.stiffness or 4.0 * series_modulus(a, b) * radius
        return force_time(linear_damping_ratio(self.restitution)) * math.sqrt(mass / spring)


class LinearSpringDashpotPair(Between, LinearSpringDashpot):
    """Coefficients of one pair of kinds of beads."""


class LinearSpringDashpotContact(Contact):
    """Contact laws. Keys not given for the wall are those between beads."""

    model: Literal["linear-spring-dashpot"] = Field(description="contact law")
    bead_bead: LinearSpringDashpot = Field(description="contacts between beads")
    bead_wall: LinearSpringDashpot = Field(
        description="contacts with the wall; default those of beads"
    )
    pairs: Annotated[tuple[LinearSpringDashpotPair, ...], PAIRS] = Field(
        default=(), description=PAIRS_MEANING
    )
