"""What every mill says of itself: the base of all kinds.

A kind of mill is one file in this room: a table of a scene file with the keys of that kind, which
also answers what the rest asks of a mill. `gpudem.mills.kinds` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from gpudem.mills.drive import Drive
from gpudem.mills.lift import Lift
from gpudem.mills.pose import Pose
from gpudem.mills.profile import Profile
from gpudem.mills.stirrer import Stirrer
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.table import Table
from gpudem.units import RPM, Accept, AcceptKnots, format_quantity

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
        name: of what is changed.
    """

    driven: str
    unit: str = "rpm"
    scale: float = RPM
    step: float = 10.0
    top: float = 1200.0
    highest: float = FASTEST / RPM
    name: str = "speed"


class Mill(Table):
    """A mill whose drive has one speed that may change with time.

    The vessel's axis is the z axis, at time 0 at least.
    """

    #: What may be changed while it runs; None if nothing.
    control: ClassVar[Control | None] = None
    #: What reports call the vessel, and what they say before the speed of the drive.
    vessel_word: ClassVar[str] = "bowl"
    driven_at: ClassVar[str] = "disc at"
    #: The key that holds speeds over time.
    profile_key: ClassVar[str] = "speed_profile"

    kind: Any = Field(description="kind of mill")

    @property
    def drive_speed(self) -> float:
        """Angular speed of the drive [rad/s]; 2 pi times the frequency of a shaker."""
        raise NotImplementedError

    @property
    def knots(self) -> tuple[tuple[float, float], ...] | None:
        """Moments [s] and speeds of the drive [rad/s], where the scene gives some."""
        return None

    @property
    def given_over_time(self) -> str:
        """The key that says how it moves over time; empty for a mill of one speed."""
        return f"mill.{self.profile_key}" if self.knots else ""

    @property
    def fastest(self) -> float:
        """Highest speed of the drive [rad/s]."""
        return max((abs(rate) for _, rate in self.knots or ()), default=self.drive_speed)

    def profile(self, ramp: float | None = None) -> Profile:
        """Speed of the drive [rad/s] over time.

        Args:
            ramp: time in which it rises from 0 [s], where the scene gives no speeds over time.
        """
        if self.knots:
            times, rates = zip(*self.knots, strict=True)
            return Profile(times, rates)
        speed = self.drive_speed
        return Profile.constant(speed) if ramp is None else Profile.ramp(speed, ramp)

    def drive(self, profile: Profile) -> Drive:
        """What drives the beads besides the walls, at speeds over time."""
        raise NotImplementedError

    @property
    def vessel_motion(self) -> VesselMotion:
        """How it turns the vessel, and carries its axis."""
        raise NotImplementedError

    def pose(self, profile: Profile) -> Pose | None:
        """How it shakes the vessel, at speeds over time; None if it does not."""
        return None

    def stirrer(self, height: float) -> Stirrer | None:
        """What turns inside a vessel of a height [m]; None if nothing does."""
        return None

    @property
    def lift(self) -> Lift | None:
        """How the side of the vessel is lifted off its bottom; None if it is not."""
        return None

    @property
    def wall_ratio(self) -> float:
        """Rate of the vessel in the frame that does not turn, over the speed of the drive."""
        return self.vessel_motion.wall or 0.0

    def peak_speed(self, radius: float, height: float = 0.0) -> float:
        """Highest speed of a wall in the frame at rest [m/s].

        Args:
            radius: of the vessel [m].
            height: of the vessel [m].
        """
        motion = self.vessel_motion
        wall = abs(self.wall_ratio * self.fastest) * radius
        return wall + abs(motion.carrier * self.fastest) * motion.circle_radius

    def parameters(self) -> dict[str, float]:
        """What run files keep of it beside the scene, SI units."""
        return self.drive(Profile.constant(self.drive_speed)).parameters()

    @classmethod
    def speed_text(cls, speed: float, digits: int = 6) -> str:
        """A speed of the drive [rad/s] in the unit that its users have for it."""
        return format_quantity(speed, "angular_speed", digits)

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What is accepted but no such mill has, which typing errors make; a sentence each."""
        return []

    def describe(self, vessel_diameter: float, duration: float) -> dict[str, str]:
        """What `gpudem check` says of its motion, besides the speed; by what it is.

        Args:
            vessel_diameter: [m].
            duration: of the run [s].
        """
        return {}

    def lasts(self) -> float | None:
        """Time for which its motion is known [s]; None if for ever."""
        return None


class TurningMill(Mill):
    """A mill with something that turns at a speed."""

    speed: Annotated[float, Accept("angular_speed", 0.0, FASTEST)] = Field(
        description="angular speed"
    )
    speed_profile: Annotated[
        tuple[tuple[float, float], ...] | None,
        AcceptKnots("angular_speed", 0.0, FASTEST, default="none: mill.speed throughout"),
    ] = Field(default=None, description="speed over time, linear in between, constant outside")

    @property
    def drive_speed(self) -> float:
        """See Mill."""
        return self.speed

    @property
    def knots(self) -> tuple[tuple[float, float], ...] | None:
        """See Mill."""
        return self.speed_profile
