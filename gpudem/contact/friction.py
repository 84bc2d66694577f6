"""Coefficients of restitution and friction, which the laws of dry beads share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from gpudem.contact.law import ContactLaw
from gpudem.units import Accept, TableFault

_FRICTION = Accept("number", 0.0, 1e4)


class FrictionalLaw(ContactLaw):
    """Base of laws with a restitution, static, sliding and rolling friction."""

    restitution: Annotated[Any, Accept("number", 0.01, 1.0, example="0.15")] = Field(
        description="coefficient of restitution (rebound over impact speed)"
    )
    static_friction: Annotated[float, _FRICTION] = Field(
        description="coefficient of static friction, not below dynamic_friction"
    )
    dynamic_friction: Annotated[float, _FRICTION] = Field(
        description="coefficient of sliding friction"
    )
    rolling_friction: Annotated[float, Accept("number", 0.0, 100.0, example="0.045")] = Field(
        description="coefficient of rolling resistance (moment over normal force and radius)"
    )
    rolling_model: Literal["elastic-plastic", "constant-torque"] = Field(
        default="elastic-plastic", description="law of the rolling resistance"
    )
    rolling_radius: Literal["reduced", "bead"] = Field(
        default="reduced", description="radius in the rolling resistance"
    )

    @model_validator(mode="after")
    def _check(self) -> FrictionalLaw:
        if self.static_friction < self.dynamic_friction:
            raise TableFault(
                (
                    ("static_friction",),
                    f": must not be below dynamic_friction = {self.dynamic_friction:g} "
                    f"(it is {self.static_friction:g})",
                )
            )
        return self


class DampedLaw(FrictionalLaw):
    """Base of laws with a damper beside each spring."""

    shear_damping: bool = Field(
        default=True, strict=True, description="damper beside the tangential spring"
    )
    stick_speed: Annotated[float, Accept("speed", 0.0, 10.0)] = Field(
        default=1e-3, description="tangential speed below which a contact sticks"
    )

    def friction_parameters(self) -> dict[str, float]:
        """PARAMETERS of friction and rolling resistance, by name."""
        return {
            "static_friction": self.static_friction,
            "dynamic_friction": self.dynamic_friction,
            "rolling_friction": self.rolling_friction,
            "stick_speed": self.stick_speed,
            "rolling_elastic": float(self.rolling_model == "elastic-plastic"),
            "rolling_by_bead": float(self.rolling_radius == "bead"),
        }
