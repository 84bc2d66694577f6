"""Hertz-Mindlin on the host: its coefficients in a scene, and what the device needs of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import ModuleType
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from gpudem.contact.friction import DampedLaw
from gpudem.contact.law import PAIRS, PAIRS_MEANING, Between, Contact, ContactLaw
from gpudem.contact.materials import Material, effective_modulus, effective_shear_modulus
from gpudem.contact.restitution import damping_ratio
from gpudem.contact.restitution_by_speed import (
    AcceptRestitution,
    PowerLaw,
    SpeedTable,
    damping_over_speed,
)

#: Why a coefficient of 0 is refused.
NO_REBOUND = "; 0 needs an infinite damper, take 0.1 for a bead that hardly rebounds"
_RESTITUTION = AcceptRestitution("number", 0.01, 1.0, example="0.15", why=NO_REBOUND)
#: Damping ratio times step over Rayleigh time above which strong dampers are not resolved: the
#: channels of the ledger then miss more than about 1 % (docs/design/damping.md).
DAMPING_LIMIT = 0.4
#: Speed [m/s] of the fastest impacts in a mill, for warnings.
FAST = 10.0


class HertzLaw(DampedLaw):
    """Base of laws on Hertz' contact circle: its springs, dampers and times."""

    def damping_ratio(self) -> float:
        """Damping ratio beta of the normal spring [1]."""
        return damping_ratio(self.restitution)

    def lowest_restitution(self) -> float:
        """Lowest coefficient of restitution that impacts in a mill may have [1]."""
        return self.restitution

    def shear_damping_ratio(self, a: Material, b: Material) -> float:
        """The tangential spring's damper over the normal one's, sqrt(8 G* / 2 E*), or 0 [1]."""
        springs = 8.0 * effective_shear_modulus(a, b) / (2.0 * effective_modulus(a, b))
        return math.sqrt(springs) if self.shear_damping else 0.0

    def spring_parameters(self, a: Material, b: Material) -> dict[str, float]:
        """PARAMETERS of the springs and of friction, by name, for two materials."""
        tangential = 8.0 * effective_shear_modulus(a, b)
        return {
            "normal": 2.0 * effective_modulus(a, b),
            "tangential": tangential,
            "tangential_compliance": 1.0 / tangential,
            **self.friction_parameters(),
        }

    def parameters(self, a: Material, b: Material) -> dict[str, float]:
        """The device half's PARAMETERS, by name, for two materials."""
        damping = 2.0 * self.damping_ratio()
        return {
            **self.spring_parameters(a, b),
            "damping": damping,
            "shear_damping": damping * self.shear_damping_ratio(a, b),
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
        lowest = self.lowest_restitution()
        if lowest > 0.12:
            return []
        ratio = damping_ratio(lowest)
        if ratio * fraction <= DAMPING_LIMIT:
            return []
        return [
            f"{key}.restitution = {lowest:g}: so strong a damper needs a "
            f"smaller step; set run.rayleigh_fraction = {0.8 * DAMPING_LIMIT / ratio:.2g}"
        ]


class HertzMindlin(HertzLaw):
    """Coefficients of one kind of contact."""

    restitution: Annotated[float | PowerLaw | SpeedTable, _RESTITUTION] = Field(
        description="coefficient of restitution (rebound over impact speed)"
    )

    def kernels(self) -> ModuleType:
        """The law's device half. It loads Taichi."""
        from gpudem.kernels.laws import hertz_mindlin, hertz_mindlin_by_speed

        return hertz_mindlin if isinstance(self.restitution, float) else hertz_mindlin_by_speed

    def beside(self, others: Iterable[ContactLaw]) -> HertzMindlin:
        """The same contact; with its restitution as a table where another's depends on speed."""
        restitution = self.restitution
        by_speed = any(
            isinstance(other, HertzMindlin) and not isinstance(other.restitution, float)
            for other in others
        )
        if by_speed and isinstance(restitution, float):
            return self.model_copy(update={"restitution": SpeedTable(((1.0, restitution),))})
        return self

    def parameters(self, a: Material, b: Material) -> dict[str, float]:
        """The device half's PARAMETERS, by name, for two materials."""
        if isinstance(self.restitution, float):
            return super().parameters(a, b)
        from gpudem.kernels.laws.hertz_mindlin_by_speed import KNOTS

        places, ratios = damping_over_speed(self.restitution, KNOTS)
        slopes = np.diff(2.0 * ratios) / np.diff(places)
        bends = np.diff([0.0, *slopes, 0.0])
        return {
            **self.spring_parameters(a, b),
            "shear_damping_ratio": self.shear_damping_ratio(a, b),
            "damping_at_rest": 2.0 * ratios[0],
            **{f"knot_{q}": float(places[q]) for q in range(KNOTS)},
            **{f"bend_{q}": float(bends[q]) for q in range(KNOTS)},
        }

    def lowest_restitution(self) -> float:
        """Lowest coefficient of restitution up to `FAST` impacts [1]."""
        if isinstance(self.restitution, float):
            return self.restitution
        speeds = [*self.restitution.corners(), FAST]
        return min(self.restitution.of_speed(speed) for speed in speeds if speed <= FAST)


class HertzMindlinPair(Between, HertzMindlin):
    """Coefficients of one pair of kinds of beads."""


class HertzMindlinContact(Contact):
    """Contact laws. Keys not given for the wall are those between beads."""

    model: Literal["hertz-mindlin"] = Field(default="hertz-mindlin", description="contact law")
    bead_bead: HertzMindlin = Field(description="contacts between beads")
    bead_wall: HertzMindlin = Field(description="contacts with the wall; default those of beads")
    pairs: Annotated[tuple[HertzMindlinPair, ...], PAIRS] = Field(
        default=(), description=PAIRS_MEANING
    )
