"""Surfaces of revolution: the line that turns about an axis, a segment or an arc.

Points of the line are (distance from the axis, height along it) [m]. `gpudem.kernels.shapes.wall`
finds the nearest point of the surface; bounds, insides, packings and pictures come from the same
line (`gpudem.geometry.vessel`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Point = tuple[float, float]

#: Corners of an arc where it is drawn.
_CORNERS = 25
#: Lines meet smoothly where their directions differ by less than this angle [rad].
_SMOOTH = 1e-6


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

    @property
    def back(self) -> Segment:
        """The same line from its end to its start."""
        return Segment(self.end, self.start)

    def moved(self, height: float, *, turned_over: bool = False) -> Segment:
        """The line higher by a height [m]; first turned upside down, if asked."""
        up = -1.0 if turned_over else 1.0
        ends = [(r, up * z + height) for r, z in (self.start, self.end)]
        return Segment(*ends)

    @property
    def directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors along the line at its start and at its end."""
        along = np.subtract(self.end, self.start)
        along = along / np.linalg.norm(along)
        return along, along

    @property
    def turn(self) -> float:
        """Angle by which the line's direction turns from start to end [rad]."""
        return 0.0

    @property
    def volume(self) -> float:
        """Volume between the surface and the axis [m3], counted upwards from start to end."""
        (r0, z0), (r1, z1) = self.start, self.end
        return math.pi / 3.0 * (r0**2 + r0 * r1 + r1**2) * (z1 - z0)

    def radius_at(self, height: np.ndarray) -> np.ndarray:
        """Distance from the axis [m] at heights [m]; beyond the line, that of its nearer end."""
        (r0, z0), (r1, z1) = sorted((self.start, self.end), key=lambda point: point[1])
        return np.interp(height, [z0, z1], [r0, r1])


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

    @property
    def back(self) -> Arc:
        """The same line from its end to its start."""
        return Arc(self.centre, self.radius, self.end, self.begin)

    def moved(self, height: float, *, turned_over: bool = False) -> Arc:
        """The line higher by a height [m]; first turned upside down, if asked."""
        up = -1.0 if turned_over else 1.0
        centre = self.centre[0], up * self.centre[1] + height
        return Arc(centre, self.radius, up * self.begin, up * self.end)

    @property
    def directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors along the line at its begin and at its end."""
        way = math.copysign(1.0, self.turn)
        first, last = (
            way * np.array([-math.sin(angle), math.cos(angle)]) for angle in (self.begin, self.end)
        )
        return first, last

    @property
    def turn(self) -> float:
        """Angle by which the line's direction turns from begin to end [rad]."""
        return self.end - self.begin

    @property
    def volume(self) -> float:
        """Volume between the surface and the axis [m3], counted upwards from begin to end."""
        middle, radius = self.centre[0], self.radius

        def upto(angle: float) -> float:
            sine, twice = math.sin(angle), math.sin(2.0 * angle)
            return (
                middle**2 * sine
                + middle * radius * (angle + 0.5 * twice)
                + radius**2 * (sine - sine**3 / 3.0)
            )

        return math.pi * radius * (upto(self.end) - upto(self.begin))

    def radius_at(self, height: np.ndarray) -> np.ndarray:
        """Distance from the axis [m] at heights [m], on the outer side of the circle."""
        off = np.asarray(height) - self.centre[1]
        return self.centre[0] + np.sqrt(np.maximum(0.0, self.radius**2 - off**2))


@dataclass(frozen=True)
class Smooth:
    """Lines laid end to end without a corner: one wall, which a bead touches at one point.

    That is the nearest point of all lines. A bead must be smaller than their arcs where it lies
    within these; a larger one touches at several points, which take several walls.

    Attributes:
        lines: from one end to the other.
        above: only beads of at least this radius touch it [m].
        below: and only those of a smaller one than this [m].
        opposite: a bead touches it beyond the axis, where it is nearest of all points there: a
            wall of its own in a cone, which a bead at the tip touches on both sides.

    Raises:
        ValueError: two lines are apart, or meet in a corner.
    """

    lines: tuple[Segment | Arc, ...]
    above: float = 0.0
    below: float = math.inf
    opposite: bool = False

    def __post_init__(self) -> None:
        if not all(follows(a, b) for a, b in pairwise(self.lines)):
            raise ValueError("lines of a smooth wall must join end to end without a corner")

    def points(self) -> np.ndarray:
        """Corners of the lines from start to end, shape (corners, 2)."""
        return np.vstack([line.points() for line in self.lines])


def follows(line: Segment | Arc, other: Segment | Arc) -> bool:
    """Whether a line's end is the start of another one that goes on in the same direction."""
    apart = np.abs(line.points()[-1] - other.points()[0]).max()
    size = max(np.ptp(line.points(), axis=0).max(), np.ptp(other.points(), axis=0).max())
    bend = np.linalg.norm(line.directions[1] - other.directions[0])
    return bool(apart < _SMOOTH * size and bend < _SMOOTH)


def through(start: Point, end: Point, turn: float) -> Segment | Arc:
    """The line between two points whose direction turns by an angle [rad] on the way."""
    if turn == 0.0:
        return Segment(start, end)
    along = np.subtract(end, start)
    across = np.array([-along[1], along[0]])
    centre = 0.5 * np.add(start, end) + 0.5 / math.tan(0.5 * turn) * across
    out = np.subtract(start, centre)
    begin = math.atan2(out[1], out[0])
    # On the axis exactly.
    centre[np.abs(centre) < 1e-12 * np.abs(along).max()] = 0.0
    return Arc(tuple(centre.tolist()), float(np.linalg.norm(out)), begin, begin + turn)


Line = Segment | Arc | Smooth


def disc(radius: float) -> Segment:
    """A flat disc at height 0."""
    return Segment((0.0, 0.0), (radius, 0.0))


def shell(radius: float, length: float) -> Segment:
    """The side of a cylinder, its middle at height 0."""
    return Segment((radius, -0.5 * length), (radius, 0.5 * length))
