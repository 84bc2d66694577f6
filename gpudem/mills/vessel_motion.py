"""How a mill moves its vessel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VesselMotion:
    """A vessel that turns about its axis, and whose axis is carried around another, parallel one.

    Rates are shares of the speed of the drive, so that they hold while it changes.

    Attributes:
        circle_radius: distance of the two axes [m]; 0 where the vessel's axis rests.
        carrier: rate at which the vessel's axis is carried, over the speed of the drive [1].
        wall: rate of the vessel in the frame that does not turn, over the speed of the drive [1];
            None if unknown.
    """

    circle_radius: float = 0.0
    carrier: float = 0.0
    wall: float | None = None

    @property
    def carried(self) -> bool:
        """Whether the vessel's axis moves."""
        return self.circle_radius > 0.0 and self.carrier != 0.0

    @property
    def wall_on_carrier(self) -> float | None:
        """Rate of the vessel as seen from what carries it, over the speed of the drive [1]."""
        return None if self.wall is None else self.wall - self.carrier
