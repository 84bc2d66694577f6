"""Planetary mills: a disc carries the bowl, which turns on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.mills.cycle import Cycle
from gpudem.mills.drive import Drive
from gpudem.mills.mill import FASTEST, Control, TurningMill
from gpudem.mills.profile import Profile
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.units import Accept, AcceptVector, TableFault, format_quantity

#: Radius of the bowls' circle over a bowl's diameter, above which it is worth a question: makers'
#: mills have 0.6 to 2.4 (the Pulverisette 7 with its 20 mL bowl).
WIDEST_SUN_WHEEL = 2.5


@dataclass(frozen=True)
class PlanetaryDrive(Drive):
    """The body acceleration in a bowl that a disc carries.

    In the frame that translates with the bowl's centre and does not rotate, every bead feels
    minus the acceleration of that centre: W^2 R (cos phi, sin phi, 0) less dW/dt R along the
    tangent, with the disc's speed W, its angle phi and the sun wheel's radius R. No Coriolis
    term appears, since the frame does not turn.

    Attributes:
        disc: speed of the disc that carries the bowl [rad/s], or None.
        sun_wheel_radius: axis of the disc to axis of the bowl [m].
    """

    disc: Profile | None = None
    sun_wheel_radius: float = 0.0

    def body_acceleration(self, time: np.ndarray) -> np.ndarray:
        """Acceleration that every bead feels [m/s2], shape (len(time), 3)."""
        time = np.atleast_1d(np.asarray(time, dtype=float))
        out = super().body_acceleration(time)
        if self.disc is not None:
            angle = self.disc.travel(time)
            speed, slope = self.disc.rate(time), self.disc.slope(time)
            cosine, sine = np.cos(angle), np.sin(angle)
            out[:, 0] += self.sun_wheel_radius * (speed**2 * cosine + slope * sine)
            out[:, 1] += self.sun_wheel_radius * (speed**2 * sine - slope * cosine)
        return out

    @property
    def peak_acceleration(self) -> float:
        """Bound for the size of the acceleration at steady speeds [m/s2]."""
        if self.disc is None:
            return super().peak_acceleration
        fastest = float(np.abs(self.disc.rates).max())
        return super().peak_acceleration + fastest**2 * self.sun_wheel_radius

    def speed(self, time: float) -> float:
        """Angular speed of the disc [rad/s]."""
        return 0.0 if self.disc is None else float(self.disc.rate(np.array([time]))[0])

    def parameters(self) -> dict[str, float]:
        """What run files keep of it, SI units."""
        known = {**super().parameters(), "sun_wheel_radius": self.sun_wheel_radius}
        return known if self.disc is None else {**known, "speed": float(self.disc.rates[-1])}

    def upward(self, time: float) -> float:
        """Angle of the disc's outward radius [rad]; without a disc's radius, against gravity."""
        if not self.sun_wheel_radius:
            return super().upward(time)
        return 0.0 if self.disc is None else float(self.disc.travel(np.array([time]))[0])


class PlanetaryMill(TurningMill):
    """The mill's motion: a disc that carries the bowl, and the bowl's own turning on it."""

    control: ClassVar[Control | None] = Control("disc")

    kind: Literal["planetary"] = Field(default="planetary", description="kind of mill")
    speed: Annotated[float, Accept("angular_speed", 0.0, FASTEST)] = Field(
        description="angular speed of the disc"
    )
    ratio: Annotated[float, Accept("number", -10.0, 10.0, example="-2")] = Field(
        description="bowl's speed relative to the disc, over the disc's speed; the bowl's wall "
        "turns at (1 + ratio) * speed in the lab frame"
    )
    sun_wheel_radius: Annotated[float, Accept("length", 0.0, 2.0, example="70 mm")] = Field(
        description="distance of the disc's axis from the bowl's axis"
    )
    cycle: Cycle | None = Field(default=None, description="runs and pauses")
    gravity: Annotated[tuple[float, float, float], AcceptVector("acceleration", -100.0, 100.0)] = (
        Field(
            default=(0.0, 0.0, -9.81), description="acceleration of gravity; z is the bowl's axis"
        )
    )

    @model_validator(mode="after")
    def _check(self) -> PlanetaryMill:
        cycle = self.cycle
        if cycle is not None and self.speed_profile:
            raise TableFault((("cycle",), ": not together with mill.speed_profile"))
        if cycle is not None and cycle.ramp > 0.5 * cycle.run:
            most = format_quantity(0.5 * cycle.run, "time")
            text = f": at most {most}, half of cycle.run; slowing down takes as long"
            raise TableFault((("cycle", "ramp"), text))
        return self

    @property
    def knots(self) -> tuple[tuple[float, float], ...] | None:
        """See Mill."""
        return self.speed_profile if self.cycle is None else self.cycle.knots(self.speed)

    @property
    def given_over_time(self) -> str:
        """See Mill."""
        return super().given_over_time if self.cycle is None else "mill.cycle"

    def drive(self, profile: Profile) -> PlanetaryDrive:
        """What drives the beads besides the walls, at speeds of the disc over time."""
        return PlanetaryDrive(
            gravity=self.gravity, disc=profile, sun_wheel_radius=self.sun_wheel_radius
        )

    @property
    def vessel_motion(self) -> VesselMotion:
        """The disc carries the bowl's axis; without a disc's radius that rests."""
        radius = self.sun_wheel_radius
        return VesselMotion(radius, 1.0 if radius else 0.0, 1.0 + self.ratio)

    def parameters(self) -> dict[str, float]:
        """What run files keep of it beside the scene, SI units."""
        return {**super().parameters(), "ratio": self.ratio}

    def describe(self, vessel_diameter: float, duration: float) -> dict[str, str]:
        """See Mill."""
        return {} if self.cycle is None else {"cycle": self.cycle.text(duration)}

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What is accepted but no planetary mill has, which typing errors make."""
        found: list[str] = []
        radius, diameter = self.sun_wheel_radius, vessel_diameter
        if radius == 0.0:
            return found
        shown = format_quantity(radius, "length")
        if radius > WIDEST_SUN_WHEEL * diameter:
            found.append(
                f"mill.sun_wheel_radius = {shown} is large for a bowl of "
                f"{format_quantity(diameter, 'length')}: is it the diameter of the bowls' circle?"
            )
        elif radius < 0.25 * diameter:
            found.append(
                f"mill.sun_wheel_radius = {shown} is less than half the bowl's radius: the disc's "
                "axis would pass through the middle of the bowl"
            )
        if self.ratio > 0.0:
            found.append(
                f"mill.ratio = {self.ratio:g}: bowls of planetary mills turn against the disc; "
                f"write {-self.ratio:g} unless yours turns with it"
            )
        elif self.ratio < -4.0:
            found.append(f"mill.ratio = {self.ratio:g}: planetary mills have -1 to -3")
        return found
