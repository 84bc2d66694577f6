"""What every mill says of itself: the base of all kinds.

A kind of mill is one file in this room: a table of a scene file with the keys of that kind, which
also answers what the rest asks of a mill. `gpudem.mills.kinds` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.table import Table
from gpudem.units import RPM, Accept, AcceptKnots

#: Highest speed that is accepted [rad/s].
FASTEST = 3000 * RPM


@dataclass(frozen=True)
class Control:
    """What a slider may change while the mill runs: the speed of its drive.

    Attributes:
        driven: what turns at that speed, in a word.
        unit: in which it is shown.
        scale: one unit [rad/s].
        step: of the slider, in units.
        top: end of the slider, in units.
        highest: that is accepted, in units.
    """

    driven: str
    unit: str = "rpm"
    scale: float = RPM
    step: float = 10.0
    top: float = 1200.0
    highest: float = FASTEST / RPM


class Mill(Table):
    """A mill whose vessel turns about the z axis, driven at one speed that may change with time."""

    #: What may be changed while it runs.
    control: ClassVar[Control]

    kind: Any = Field(description="kind of mill")
    speed: Annotated[float, Accept("angular_speed", 0.0, FASTEST)] = Field(
        description="angular speed"
    )
    speed_profile: Annotated[
        tuple[tuple[float, float], ...] | None,
        AcceptKnots("angular_speed", 0.0, FASTEST, default="none: mill.speed throughout"),
    ] = Field(default=None, description="speed over time, linear in between, constant outside")

    @property
    def fastest(self) -> float:
        """Highest speed of the drive [rad/s]."""
        return max((rate for _, rate in self.speed_profile or ()), default=self.speed)

    def profile(self, ramp: float | None = None) -> Profile:
        """Speed of the drive [rad/s] over time.

        Args:
            ramp: time in which it rises from 0 [s], where there is no `speed_profile`.
        """
        if self.speed_profile:
            times, rates = zip(*self.speed_profile, strict=True)
            return Profile(times, rates)
        return Profile.constant(self.speed) if ramp is None else Profile.ramp(self.speed, ramp)

    def drive(self, profile: Profile) -> Drive:
        """What drives the beads besides the walls, at speeds over time."""
        raise NotImplementedError

    @property
    def vessel_motion(self) -> VesselMotion:
        """How it moves the vessel."""
        raise NotImplementedError

    @property
    def wall_ratio(self) -> float:
        """Rate of the vessel in the frame that does not turn, over the speed of the drive."""
        return self.vessel_motion.wall or 0.0

    def peak_speed(self, radius: float) -> float:
        """Highest speed of the wall of a vessel of a radius [m] in the frame at rest [m/s]."""
        motion = self.vessel_motion
        wall = abs(self.wall_ratio * self.fastest) * radius
        return wall + abs(motion.carrier * self.fastest) * motion.circle_radius

    def parameters(self) -> dict[str, float]:
        """What run files keep of it beside the scene, SI units."""
        return self.drive(Profile.constant(self.speed)).parameters()

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What is accepted but no such mill has, which typing errors make; a sentence each."""
        return []
