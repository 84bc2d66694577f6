"""The hysteretic linear spring on the host: its coefficients, and what the device needs of them."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gpudem.contact.friction import FrictionalLaw
from gpudem.contact.law import PAIRS, PAIRS_MEANING, Between, Contact
from gpudem.contact.materials import Material
from gpudem.units import Accept

#: ``run.rayleigh_fraction`` at which a step is a tenth of the time to unload.
_TENTH = 0.2


def series_modulus(a: Material, b: Material) -> float:
    """1 / (1/E_a + 1/E_b) [Pa]."""
    return 1.0 / (1.0 / a.youngs_modulus + 1.0 / b.youngs_modulus)


class LinearHysteretic(FrictionalLaw):
    """Coefficients of one kind of contact."""

    DURATION_EXPONENT: ClassVar[float] = 0.5

    rolling_model: Literal["elastic-plastic"] = Field(
        default="elastic-plastic", description="law of the rolling resistance"
    )
    stick_speed: Annotated[float, Accept("speed", 0.0, 10.0)] = Field(
        default=1e-3, description="tangential speed below which a contact sticks"
    )

    def kernels(self) -> ModuleType:
        """The law's device half. It loads Taichi."""
        from gpudem.kernels.laws import linear_hysteretic

        return linear_hysteretic

    def parameters(self, a: Material, b: Material) -> dict[str, float]:
        """The device half's PARAMETERS, by name, for two materials."""
        return {
            "stiffness": 4.0 * series_modulus(a, b),
            "steepness": 1.0 / self.restitution**2,
            "static_friction": self.static_friction,
            "dynamic_friction": self.dynamic_friction,
            "rolling_friction": self.rolling_friction,
            "stick_speed": self.stick_speed,
            "rolling_by_bead": float(self.rolling_radius == "bead"),
        }

    def longest_step(
        self, fraction: float, material: Material, radius: float, density: float
    ) -> float:
        """A tenth of the time in which a pair of such beads unloads, at a ``fraction`` of 0.2 [s].

        e (pi/2) sqrt(m* / K1), a quarter of a period of the steeper spring.
        """
        mass = 0.5 * density * 4.0 / 3.0 * math.pi * radius**3
        spring = material.youngs_modulus * radius
        unloading = self.restitution * 0.5 * math.pi * math.sqrt(mass / spring)
        return fraction / _TENTH * 0.1 * unloading

    def impact_time(
        self, a: Material, b: Material, mass: float, radius: float, speed: float
    ) -> float:
        """Time [s] of an impact: a quarter of a period of each spring; for any speed the same."""
        spring = 4.0 * series_modulus(a, b) * radius
        return 0.5 * math.pi * math.sqrt(mass / spring) * (1.0 + self.restitution)


class LinearHystereticPair(Between, LinearHysteretic):
    """Coefficients of one pair of kinds of beads."""


class LinearHystereticContact(Contact):
    """Contact laws. Keys not given for the wall are those between beads."""

    model: Literal["linear-hysteretic"] = Field(description="contact law")
    bead_bead: LinearHysteretic = Field(description="contacts between beads")
    bead_wall: LinearHysteretic = Field(
        description="contacts with the wall; default those of beads"
    )
    pairs: Annotated[tuple[LinearHystereticPair, ...], PAIRS] = Field(
        default=(), description=PAIRS_MEANING
    )
