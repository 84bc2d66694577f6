"""What drives the beads of a case besides its walls: gravity, and the acceleration of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gpudem.quantities import CHANNELS, Quantity


@dataclass(frozen=True)
class Drive:
    """Gravity alone, in a frame at rest; mills whose vessel is carried about have their own.

    Attributes:
        gravity: [m/s2], shape (3,).
    """

    #: What is recorded of it at the end of each log interval.
    CHANNELS: ClassVar[tuple[Quantity, ...]] = CHANNELS

    gravity: tuple[float, float, float] = (0.0, 0.0, -9.81)

    def body_acceleration(self, time: np.ndarray) -> np.ndarray:
        """Acceleration that every bead feels [m/s2], shape (len(time), 3)."""
        time = np.atleast_1d(np.asarray(time, dtype=float))
        return np.tile(np.asarray(self.gravity, dtype=float), (len(time), 1))

    def at_rest(self) -> Drive:
        """What drives the beads while the mill stands still."""
        return Drive(self.gravity)

    @property
    def peak_acceleration(self) -> float:
        """Bound for the size of `body_acceleration` at all times [m/s2]."""
        return float(np.linalg.norm(self.gravity))

    def speed(self, time: float) -> float:
        """Angular speed of what drives the vessel [rad/s]; 0 if nothing does."""
        return 0.0

    def channels(self, time: float) -> dict[str, float]:
        """The values of CHANNELS at a time [s], by name."""
        return {"disc_speed": self.speed(time)}

    def parameters(self) -> dict[str, float]:
        """What run files keep of it, SI units."""
        gravity = zip("xyz", self.gravity, strict=True)
        return {"sun_wheel_radius": 0.0, **{f"gravity_{axis}": float(g) for axis, g in gravity}}

    def turn(self, time: float) -> np.ndarray:
        """How a shaken vessel is turned from its first pose: a rotation vector [rad], (3,)."""
        return np.zeros(3)

    def stirred(self, time: float) -> float:
        """Angle of a stirrer's shaft from its first place [rad]."""
        return 0.0

    def upward(self, time: float) -> float:
        """Direction that pictures show upwards, from the x axis towards y [rad]."""
        return against_gravity(*self.gravity[:2])


def against_gravity(x: float, y: float) -> float:
    """Direction against gravity across the vessel's axis [rad]; 0 where there is none [m/s2]."""
    return float(np.arctan2(-y, -x)) if x or y else 0.0
