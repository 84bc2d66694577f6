"""Mixer mills: a jar at the end of an arm that swings to and fro about a pivot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.mills.pose import CyclicPose
from gpudem.mills.profile import Profile
from gpudem.mills.shaking import ShakenMill
from gpudem.units import Accept, TableFault, format_quantity

#: Largest swing of the arm to either side that is accepted [rad].
_WIDEST = 1.5


@dataclass(frozen=True)
class ArcPose(CyclicPose):
    """The arm's angle is its amplitude times the sine of the phase; the jar is fixed to the arm.

    The arm lies along the x axis at phase 0 and turns about the y axis, the jar's axis (z) lies
    along the arc.

    Attributes:
        angle: largest angle of the arm to either side [rad].
        radius: from the pivot to the jar's centre [m].
    """

    angle: float = 0.0
    radius: float = 0.0

    def path(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """See CyclicPose."""
        angle = self.angle * np.sin(phase)
        first, second = self.angle * np.cos(phase)[:, None], -angle[:, None]
        none = np.zeros_like(angle)
        outward = self.radius * np.stack([np.cos(angle), none, -np.sin(angle)], axis=1)
        along = self.radius * np.stack([-np.sin(angle), none, -np.cos(angle)], axis=1)
        return outward, along * first, along * second - outward * first**2

    def rocking(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See CyclicPose."""
        about = self.angle * np.array([0.0, 1.0, 0.0])
        return np.sin(phase)[:, None] * about, np.cos(phase)[:, None] * about


class MixerMill(ShakenMill):
    """A jar that lies across gravity, its axis along the arc on which an arm swings it."""

    vessel_word: ClassVar[str] = "jar"

    kind: Literal["mixer"] = Field(description="kind of mill")
    amplitude: Annotated[float, Accept("length", 0.0, 0.5, above=True, example="9 mm")] = Field(
        description="half of the stroke of the jar's centre, along its arc"
    )
    pivot_radius: Annotated[float, Accept("length", 0.0, 2.0, above=True, example="90 mm")] = Field(
        description="distance of the jar's centre from the axis about which its arm swings"
    )

    @model_validator(mode="after")
    def _check(self) -> MixerMill:
        if self.amplitude > _WIDEST * self.pivot_radius:
            most = format_quantity(_WIDEST * self.pivot_radius, "length", 3)
            text = f": at most {most} for an arm of mill.pivot_radius; half of the stroke is wanted"
            raise TableFault((("amplitude",), text))
        return self

    def motion(self, profile: Profile) -> ArcPose:
        """See ShakenMill."""
        return ArcPose(profile, self.amplitude / self.pivot_radius, self.pivot_radius)

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What is accepted but no mixer mill has, which typing errors make."""
        found = super().warnings(vessel_diameter)
        if self.pivot_radius < 0.5 * vessel_diameter:
            found.append(
                f"mill.pivot_radius = {format_quantity(self.pivot_radius, 'length')}: the arm's "
                "axis would pass through the jar"
            )
        if self.gravity[2] != 0.0:
            found.append("mill.gravity: the jar of a mixer mill lies; its axis is z")
        return found
