"""Rotating drums: a vessel that turns about its own axis, which lies across gravity."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from gpudem.mills.drive import Drive
from gpudem.mills.mill import FASTEST, Control, TurningMill
from gpudem.mills.profile import Profile
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.units import Accept, AcceptVector


@dataclass(frozen=True)
class DrumDrive(Drive):
    """Gravity, and the speed of the drum.

    The frame does not turn with the drum, so that gravity keeps its direction in it.

    Attributes:
        drum: its angular speed [rad/s] over time.
    """

    drum: Profile = field(default_factory=lambda: Profile.constant(0.0))

    def speed(self, time: float) -> float:
        """Angular speed of the drum [rad/s]."""
        return float(self.drum.rate(np.array([time]))[0])

    def parameters(self) -> dict[str, float]:
        """What run files keep of it, SI units.

        As of a planetary mill without a disc's radius, which analyses take for a drum.
        """
        return {**super().parameters(), "ratio": 0.0, "speed": float(self.drum.rates[-1])}


class Drum(TurningMill):
    """A drum that turns about its own axis."""

    control: ClassVar[Control | None] = Control("drum")
    vessel_word: ClassVar[str] = "drum"
    driven_at: ClassVar[str] = "turning at"

    kind: Literal["drum"] = Field(description="kind of mill")
    speed: Annotated[float, Accept("angular_speed", 0.0, FASTEST)] = Field(
        description="angular speed of the drum"
    )
    gravity: Annotated[tuple[float, float, float], AcceptVector("acceleration", -100.0, 100.0)] = (
        Field(
            default=(0.0, -9.81, 0.0), description="acceleration of gravity; z is the drum's axis"
        )
    )

    def drive(self, profile: Profile) -> DrumDrive:
        """Gravity; the drum's wall does the rest."""
        return DrumDrive(self.gravity, profile)

    @property
    def vessel_motion(self) -> VesselMotion:
        """The drum is what is driven; its axis rests."""
        return VesselMotion(wall=1.0)

    def warnings(self, vessel_diameter: float) -> list[str]:
        """Say where nothing pulls the beads across the axis, or they all stick to the wall."""
        across = math.hypot(*self.gravity[:2])
        if across == 0.0:
            return ["mill.gravity: nothing pulls the beads across the drum's axis (z)"]
        froude = self.fastest**2 * 0.5 * vessel_diameter / across
        if froude > 2.0:
            return [
                f"mill.speed: {froude:.3g} times gravity at the wall; the beads will stick to it"
            ]
        return []
