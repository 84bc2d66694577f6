"""Shaken vessels: a frequency, and a motion that repeats itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from gpudem.mills.drive import Drive
from gpudem.mills.mill import Control, Mill
from gpudem.mills.pose import CyclicPose, Pose
from gpudem.mills.profile import Profile
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.quantities import CHANNELS, Quantity
from gpudem.units import Accept, AcceptKnots, AcceptVector, format_quantity

#: Highest frequency that is accepted [rad/s].
FASTEST = 2.0 * math.pi * 200.0
#: Acceleration over gravity above which no laboratory mill shakes a vessel: mixer mills reach 30 to
#: 50, micro-mills 20.
HARDEST = 100.0
_STANDARD_GRAVITY = 9.81


@dataclass(frozen=True)
class ShakerDrive(Drive):
    """Gravity less the acceleration of the vessel's centre.

    Attributes:
        shaken: how the vessel moves.
        crank: speed of what shakes it [rad/s], 2 pi times the frequency.
    """

    CHANNELS: ClassVar[tuple[Quantity, ...]] = (
        *CHANNELS,
        *(
            Quantity(f"place_{a}", "m", f"place of the vessel's centre from its first one, {a}")
            for a in "xyz"
        ),
        *(
            Quantity(f"turn_{a}", "rad", f"rotation vector of the vessel from its first pose, {a}")
            for a in "xyz"
        ),
    )

    shaken: Pose | None = None
    crank: Profile | None = None

    def body_acceleration(self, time: np.ndarray) -> np.ndarray:
        """Acceleration that every bead feels [m/s2], shape (len(time), 3)."""
        time = np.atleast_1d(np.asarray(time, dtype=float))
        out = super().body_acceleration(time)
        return out if self.shaken is None else out - self.shaken.acceleration(time)

    @property
    def peak_acceleration(self) -> float:
        """Bound for the size of the acceleration [m/s2]."""
        shaken = 0.0 if self.shaken is None else self.shaken.peak_acceleration
        return super().peak_acceleration + shaken

    def speed(self, time: float) -> float:
        """2 pi times the frequency [rad/s]."""
        return 0.0 if self.crank is None else float(self.crank.rate(np.array([time]))[0])

    def channels(self, time: float) -> dict[str, float]:
        """The values of CHANNELS at a time [s], by name."""
        now = np.array([time])
        place, turn = np.zeros(3), np.zeros(3)
        if self.shaken is not None:
            place, turn = self.shaken.place(now)[0], self.shaken.turn(now)[0]
        return {
            **super().channels(time),
            **{f"place_{a}": float(value) for a, value in zip("xyz", place, strict=True)},
            **{f"turn_{a}": float(value) for a, value in zip("xyz", turn, strict=True)},
        }

    def parameters(self) -> dict[str, float]:
        """What run files keep of it, SI units."""
        known = {**super().parameters(), "shaken": 1.0}
        return known if self.crank is None else {**known, "speed": float(self.crank.rates[-1])}

    def turn(self, time: float) -> np.ndarray:
        """See Drive."""
        if self.shaken is None:
            return super().turn(time)
        return self.shaken.turn(np.array([time]))[0]


class ShakenMill(Mill):
    """A mill that shakes its vessel; the base of all that do so at a frequency."""

    control: ClassVar[Control | None] = Control(
        "vessel", "Hz", 2.0 * math.pi, 1.0, 60.0, FASTEST / (2.0 * math.pi), "frequency"
    )
    driven_at: ClassVar[str] = "shaken at"
    profile_key: ClassVar[str] = "frequency_profile"

    frequency: Annotated[float, Accept("frequency", 0.0, FASTEST)] = Field(
        description="cycles of the motion per time"
    )
    frequency_profile: Annotated[
        tuple[tuple[float, float], ...] | None,
        AcceptKnots("frequency", 0.0, FASTEST, default="none: mill.frequency throughout"),
    ] = Field(default=None, description="frequency over time, linear in between, constant outside")
    gravity: Annotated[tuple[float, float, float], AcceptVector("acceleration", -100.0, 100.0)] = (
        Field(
            default=(0.0, -9.81, 0.0),
            description="acceleration of gravity; z is the vessel's axis at rest",
        )
    )

    @property
    def drive_speed(self) -> float:
        """See Mill."""
        return self.frequency

    @property
    def knots(self) -> tuple[tuple[float, float], ...] | None:
        """See Mill."""
        return self.frequency_profile

    def motion(self, profile: Profile) -> CyclicPose:
        """How the vessel moves, at speeds of the crank over time."""
        raise NotImplementedError

    def pose(self, profile: Profile) -> Pose:
        """See Mill."""
        return self.motion(profile)

    def drive(self, profile: Profile) -> ShakerDrive:
        """Gravity less the acceleration of the vessel's centre."""
        return ShakerDrive(self.gravity, self.motion(profile), profile)

    @property
    def vessel_motion(self) -> VesselMotion:
        """It neither turns the vessel round nor carries it around."""
        return VesselMotion()

    def peak_speed(self, radius: float, height: float = 0.0) -> float:
        """See Mill."""
        found = self.motion(Profile.constant(self.fastest))
        return found.peak_speed + found.peak_spin * math.hypot(radius, 0.5 * height)

    @classmethod
    def speed_text(cls, speed: float, digits: int = 6) -> str:
        """See Mill."""
        return format_quantity(speed, "frequency", digits)

    @property
    def acceleration(self) -> float:
        """Highest acceleration of the vessel's centre over that of gravity [1]."""
        found = self.motion(Profile.constant(self.fastest))
        return found.peak_acceleration / _STANDARD_GRAVITY

    def describe(self, vessel_diameter: float, duration: float) -> dict[str, str]:
        """See Mill."""
        found = self.motion(Profile.constant(self.frequency))
        cycles = self.profile().travel(np.array([duration]))[0] / (2.0 * math.pi)
        told = {
            "vessel": f"up to {found.peak_speed:.3g} m/s and {self.acceleration:.3g} g, "
            f"{cycles:.6g} cycles"
        }
        if found.peak_spin:
            swing = math.degrees(float(np.linalg.norm(found.rocking(_TURN)[0], axis=1).max()))
            told["vessel"] += f"; turned by up to {swing:.3g} degrees"
        return told

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What typing errors make: an amplitude or a frequency that no mill has."""
        if self.acceleration > HARDEST:
            return [
                f"mill.frequency = {self.speed_text(self.fastest, 4)} shakes the vessel with "
                f"{self.acceleration:.3g} g, more than laboratory mills do: is the frequency per "
                "minute, or the amplitude a whole stroke?"
            ]
        return []


_TURN = np.linspace(0.0, 2.0 * math.pi, 721)
