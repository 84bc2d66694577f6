"""Hertz-Mindlin on the host: its coefficients in a scene, and what the device needs of them."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Annotated, Literal

from pydantic import Field

from gpudem.contact.friction import FrictionalLaw
from gpudem.contact.law import Contact
from gpudem.contact.materials import Material, effective_modulus, effective_shear_modulus
from gpudem.contact.restitution import damping_ratio, thornton_damping_ratio
from gpudem.units import Accept

_NO_REBOUND = "; 0 needs an infinite damper, take 0.1 for a bead that hardly rebounds"
_RESTITUTION = Accept("number", 0.01, 1.0, example="0.15", why=_NO_REBOUND)
#: Damping ratio times step over Rayleigh time above which strong dampers are not resolved: the
#: channels of the ledger then miss more than about 1 % (docs/design/damping.md).
DAMPING_LIMIT = 0.4


class HertzMindlin(FrictionalLaw):
    """Coefficients of one kind of contact."""

    restitution: Annotated[float, _RESTITUTION] = Field(
        description="coefficient of restitution (rebound over impact speed)"
    )
    shear_damping: bool = Field(
        default=True, strict=True, description="damper beside the tangential spring"
    )
    stick_speed: Annotated[float, Accept("speed", 0.0, 10.0)] = Field(
        default=1e-3, description="tangential speed below which a contact sticks"
    )

    def kernels(self) -> ModuleType:
        """The law's device half. It loads Taichi."""
        from gpudem.kernels.laws import hertz_mindlin

        return hertz_mindlin

    def parameters(self, a: Material, b: Material) -> dict[str, float]:
        """The device half's PARAMETERS, by name, for two materials."""
        normal = 2.0 * effective_modulus(a, b)
        tangential = 8.0 * effective_shear_modulus(a, b)
        damping = 2.0 * damping_ratio(self.restitution)
        beside = damping * math.sqrt(tangential / normal) if self.shear_damping else 0.0
        return {
            "normal": normal,
            "tangential": tangential,
            "tangential_compliance": 1.0 / tangential,
            "damping": damping,
            "shear_damping": beside,
            "static_friction": self.static_friction,
            "dynamic_friction": self.dynamic_friction,
            "rolling_friction": self.rolling_friction,
            "stick_speed": self.stick_speed,
            "rolling_elastic": float(self.rolling_model == "elastic-plastic"),
            "rolling_by_bead": float(self.rolling_radius == "bead"),
        }

    def impact_time(
        self, a: Material, b: Material, mass: float, radius: float, speed: float
    ) -> float:
        """Time [s] of an elastic impact.

        t_H = 2.87 (m*^2 / (R* E*^2 v))^0.2 (Hertz; Johnson, Contact Mechanics, 1985, 11.24).
        """
        stiffness = effective_modulus(a, b)
        return 2.87 * (mass**2 / (radius * stiffness**2 * speed)) ** 0.2

    def step_warnings(self, key: str, fraction: float) -> list[str]:
        """Whether the restitution asks for a smaller ``run.rayleigh_fraction``; a sentence."""
        if self.restitution > 0.12:
            return []
        ratio = thornton_damping_ratio(max(self.restitution, 0.02))
        if ratio * fraction <= DAMPING_LIMIT:
            return []
        return [
            f"{key}.restitution = {self.restitution:g}: so strong a damper needs a "
            f"smaller step; set run.rayleigh_fraction = {0.8 * DAMPING_LIMIT / ratio:.2g}"
        ]


class HertzMindlinContact(Contact):
    """Contact laws. Keys not given for the wall are those between beads."""

    model: Literal["hertz-mindlin"] = Field(default="hertz-mindlin", description="contact law")
    bead_bead: HertzMindlin = Field(description="contacts between beads")
    bead_wall: HertzMindlin = Field(description="contacts with the wall; default those of beads")
