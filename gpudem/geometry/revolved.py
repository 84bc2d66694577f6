"""Surfaces of revolution: the line that turns about an axis, a segment or an arc.

Points of the line are (distance from the axis, height along it) [m]. `gpudem.kernels.shapes.wall`
finds the nearest point of the surface; bounds, insides, packings and pictures come from the same
line (`gpudem.geometry.vessel`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]

#: Corners of an arc where it is drawn or filled.
_CORNERS = 25


@dataclass(frozen=True)
class Segment:
    """A straight line: its surface is a disc, a ring, a cylinder or a cone.

    Attributes:
        start: one end.
        end: the other.
    """

    start: Point
    end: Point

    def points(self) -> np.ndarray:
        """Corners of the line from start to end, shape (corners, 2)."""
        return np.array([self.start, self.end])


@dataclass(frozen=True)
class Arc:
    """A circular line: its surface is a cap, a part of a sphere or of a torus (a fillet).

    Attributes:
        centre: of the circle.
        radius: of the circle [m].
        begin: angle of one end [rad], from outwards towards up.
        end: angle of the other [rad], less than a full turn away.
    """

    centre: Point
    radius: float
    begin: float
    end: float

    def points(self) -> np.ndarray:
        """Corners along the arc from begin to end, shape (corners, 2)."""
        angle = np.linspace(self.begin, self.end, _CORNERS)
        around = np.column_stack([np.cos(angle), np.sin(angle)])
        out = np.asarray(self.centre) + self.radius * around
        # What ends on the axis ends there exactly.
        out[np.abs(out) < 1e-12 * self.radius] = 0.0
        return out


Line = Segment | Arc


def disc(radius: float) -> Segment:
    """A flat disc at height 0."""
    return Segment((0.0, 0.0), (radius, 0.0))


def shell(radius: float, length: float) -> Segment:
    """The side of a cylinder, its middle at height 0."""
    return Segment((radius, -0.5 * length), (radius, 0.5 * length))
