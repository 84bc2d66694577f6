"""A bench: a vessel at rest that is tilted slowly, or whose side is lifted off its plate.

What calibration experiments need (docs/howto/calibrate.md): a pile that spreads, a bead that swings
in a bowl lying on its side, beads that slide down an incline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.mills.drive import Drive
from gpudem.mills.lift import Lift
from gpudem.mills.mill import Control, Mill
from gpudem.mills.profile import Profile
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.quantities import CHANNELS, Quantity
from gpudem.units import Accept, AcceptVector, TableFault

Vector = tuple[float, float, float]

#: Fastest tilt [rad/s]: beyond it the frame's own accelerations count, which are left out.
FASTEST_TILT = math.radians(60.0)


@dataclass(frozen=True)
class BenchDrive(Drive):
    """Gravity as a tilted vessel sees it.

    In the vessel's frame gravity turns against the tilt. The frame's centrifugal, Coriolis and
    Euler accelerations are left out: at 10 deg/s and 0.1 m the first is 3e-4 of gravity.

    Attributes:
        tilt: rate of the tilt [rad/s] over time.
        tilt_from: tilt at time 0 [rad].
        tilt_axis: about which the vessel is tilted; a unit vector.
    """

    CHANNELS: ClassVar[tuple[Quantity, ...]] = (
        *CHANNELS,
        Quantity("tilt", "rad", "tilt of the vessel"),
    )

    tilt: Profile = field(default_factory=lambda: Profile.constant(0.0))
    tilt_from: float = 0.0
    tilt_axis: Vector = (0.0, 1.0, 0.0)

    def angle(self, time: np.ndarray) -> np.ndarray:
        """Tilt at each time [rad]."""
        return self.tilt_from + self.tilt.travel(np.atleast_1d(np.asarray(time, dtype=float)))

    def body_acceleration(self, time: np.ndarray) -> np.ndarray:
        """Acceleration that every bead feels [m/s2], shape (len(time), 3)."""
        angle = -self.angle(time)[:, None]
        axis, gravity = np.asarray(self.tilt_axis), np.asarray(self.gravity, dtype=float)
        # Rodrigues' rotation.
        return (
            np.cos(angle) * gravity
            + np.sin(angle) * np.cross(axis, gravity)
            + (1.0 - np.cos(angle)) * axis.dot(gravity) * axis
        )

    def at_rest(self) -> Drive:
        """See Drive: beads settle under the first tilt."""
        return BenchDrive(self.gravity, tilt_from=self.tilt_from, tilt_axis=self.tilt_axis)

    def channels(self, time: float) -> dict[str, float]:
        """The values of CHANNELS at a time [s], by name."""
        return {**super().channels(time), "tilt": float(self.angle(np.array([time]))[0])}


class Bench(Mill):
    """A vessel at rest; it may be tilted, or its side lifted."""

    control: ClassVar[Control | None] = None
    vessel_word: ClassVar[str] = "vessel"

    kind: Literal["bench"] = Field(description="kind of mill")
    gravity: Annotated[Vector, AcceptVector("acceleration", -100.0, 100.0)] = Field(
        default=(0.0, 0.0, -9.81),
        description="acceleration of gravity before any tilt; z is the vessel's axis",
    )
    tilt: Annotated[float, Accept("angle", -math.pi, math.pi, example="30 deg")] = Field(
        default=0.0, description="tilt of the vessel at the start, about tilt_axis"
    )
    tilt_speed: Annotated[float, Accept("angular_speed", 0.0, FASTEST_TILT, example="5 deg/s")] = (
        Field(default=0.0, description="speed at which the tilt grows; slowly, up to 60 deg/s")
    )
    tilt_axis: Annotated[Vector, AcceptVector("number", -1e3, 1e3, example="1")] = Field(
        default=(0.0, 1.0, 0.0),
        description="axis of the tilt; its length does not count. About y the side towards x sinks",
    )
    lift_speed: Annotated[float, Accept("speed", 0.0, 10.0, example="20 mm/s")] = Field(
        default=0.0, description="speed at which the side of an open cylinder is lifted"
    )
    plate_diameter: Annotated[
        float | None, Accept("length", 1e-3, 10.0, example="80 mm", default="without an edge")
    ] = Field(
        default=None,
        description="diameter of the plate below a lifted cylinder; what falls over its ledge is "
        "caught a bowl's height lower",
    )
    plate_lip: Annotated[float, Accept("length", 0.0, 1.0, example="2.5 mm")] = Field(
        default=0.0, description="height of the lip around the plate, which holds the lowest beads"
    )

    @model_validator(mode="after")
    def _check(self) -> Bench:
        if not np.any(self.tilt_axis):
            raise TableFault((("tilt_axis",), ": a direction needs a part that is not 0"))
        if self.plate_diameter is not None and self.lift_speed == 0.0:
            raise TableFault((("plate_diameter",), ": only with a lift_speed"))
        if self.plate_lip and self.plate_diameter is None:
            raise TableFault((("plate_lip",), ": needs plate_diameter"))
        return self

    @property
    def drive_speed(self) -> float:
        """None: nothing turns."""
        return 0.0

    @property
    def lift(self) -> Lift | None:
        """See Mill."""
        if self.lift_speed == 0.0:
            return None
        radius = None if self.plate_diameter is None else 0.5 * self.plate_diameter
        return Lift(Profile.constant(self.lift_speed), radius, self.plate_lip)

    def drive(self, profile: Profile) -> BenchDrive:
        """Gravity, turned by the tilt."""
        axis = np.asarray(self.tilt_axis) / np.linalg.norm(self.tilt_axis)
        x, y, z = map(float, axis)
        return BenchDrive(self.gravity, Profile.constant(self.tilt_speed), self.tilt, (x, y, z))

    @property
    def vessel_motion(self) -> VesselMotion:
        """The vessel rests."""
        return VesselMotion()

    def peak_speed(self, radius: float, height: float = 0.0) -> float:
        """Speed of the lift [m/s]; all else rests."""
        return self.lift_speed

    def parameters(self) -> dict[str, Any]:
        """What run files keep of it, SI units."""
        lift = self.lift
        if lift is None:
            return super().parameters()
        known = {**super().parameters(), "lift_speed": self.lift_speed}
        if lift.plate_radius is None:
            return known
        return {**known, "plate_radius": lift.plate_radius, "plate_lip": lift.lip}

    def describe(self, vessel_diameter: float, duration: float) -> dict[str, str]:
        """See Mill."""
        found = {}
        if self.tilt or self.tilt_speed:
            first, last = (
                math.degrees(angle) for angle in (self.tilt, self.tilt + duration * self.tilt_speed)
            )
            found["tilt"] = f"{first:.3g}" + (f" to {last:.3g}" if last != first else "") + " deg"
        if self.lift_speed:
            found["lift"] = f"the side rises by {1e3 * self.lift_speed * duration:.3g} mm"
        return found
