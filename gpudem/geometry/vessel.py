"""Vessels: upright surfaces of revolution that hold beads, from the axis at the bottom upwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from gpudem.geometry.revolved import Arc, Line, Segment, Smooth, disc, follows, shell, through
from gpudem.geometry.surface import Surface
from gpudem.geometry.wall import Wall

#: Ends of lines closer than this share of the vessel's size are one corner.
_CLOSE = 1e-9


@dataclass(frozen=True)
class Vessel:
    """The inside of a vessel that stands on the plane z = 0, its axis along z.

    Attributes:
        lines: what turned about the axis makes it, end to end from the axis at the bottom; ending
            on the axis where it is closed.
    """

    lines: tuple[Segment | Arc, ...]

    @classmethod
    def cylinder(cls, diameter: float, height: float, *, closed: bool = True) -> Vessel:
        """A cylinder of inside diameter and height [m], with a lid where it is closed."""
        return cls.bowl(diameter, height, closed=closed)

    @classmethod
    def bowl(
        cls,
        diameter: float,
        height: float,
        *,
        bottom_depth: float = 0.0,
        bottom_radius: float = 0.0,
        top_radius: float = 0.0,
        tip_radius: float | None = None,
        closed: bool = True,
    ) -> Vessel:
        """A cylinder with round edges, and a flat, a dished or a conical bottom.

        A dished bottom is a spherical cap; with a fillet to the side it is torispherical (a
        knuckle).

        Args:
            diameter: inside [m].
            height: inside, from the lowest point [m].
            bottom_depth: from the lower end of the side to the lowest point [m]; 0 is flat, half
                the diameter a hemisphere.
            bottom_radius: of the fillet between side and bottom [m].
            top_radius: of the fillet between side and lid [m].
            tip_radius: of a conical bottom [m]: of the sphere that rounds its tip, 0 for a sharp
                one; None for another bottom. With the fillet it must leave some of the cone
                (`roundest_tip`).
            closed: with a lid.
        """
        radius, k = 0.5 * diameter, bottom_radius
        lines: list[Segment | Arc] = []
        if tip_radius is not None:
            low, begin = bottom_depth, cone_slope(radius, low=bottom_depth, tip=tip_radius, edge=k)
            foot = np.array([math.sin(begin), -math.cos(begin)])
            end = tip_radius * foot + [0.0, tip_radius]
            if tip_radius > 0.0:
                lines.append(Arc((0.0, tip_radius), tip_radius, -0.5 * np.pi, begin - 0.5 * np.pi))
            top = k * foot + [radius - k, low]
            lines.append(Segment(tuple(end.tolist()), tuple(top.tolist())))
            begin -= 0.5 * np.pi
        elif bottom_depth > 0.0:
            low = bottom_depth
            if k < low:
                sphere = roundest_tip(radius, low, k)
                seam = math.atan2(radius - k, sphere - low)
                lines.append(Arc((0.0, sphere), sphere, -0.5 * np.pi, seam - 0.5 * np.pi))
                begin = seam - 0.5 * np.pi
            else:
                begin = -0.5 * np.pi
        else:
            low, begin = k, -0.5 * np.pi
            if k < radius:
                lines.append(Segment((0.0, 0.0), (radius - k, 0.0)))
        if k > 0.0 and begin < 0.0:
            lines.append(Arc((radius - k, low), k, begin, 0.0))
        high = height - top_radius
        if high - low > _CLOSE * height:
            lines.append(Segment((radius, low), (radius, high)))
        if closed:
            if top_radius > 0.0:
                lines.append(Arc((radius - top_radius, high), top_radius, 0.0, 0.5 * np.pi))
            if top_radius < radius:
                lines.append(Segment((radius - top_radius, height), (0.0, height)))
        return cls(tuple(lines))

    @classmethod
    def of_outline(cls, rows: np.ndarray) -> Vessel:
        """The vessel of an `outline`, or of its corners alone where all lines are straight."""
        corners = [(float(row[0]), float(row[1])) for row in rows]
        turns = [float(row[2]) if len(row) > 2 else 0.0 for row in rows]
        return cls(tuple(map(through, corners[:-1], corners[1:], turns[1:])))

    @classmethod
    def of_walls(cls, walls: Iterable[Wall]) -> Vessel | None:
        """The vessel that walls make: all of one vertical axis through the origin, each once.

        Returns:
            None where they make no such vessel.
        """
        lines: list[Segment | Arc] = []
        for wall in walls:
            axis, centre = np.asarray(wall.axis, float), wall.centre
            if (
                isinstance(wall.line, Surface)
                or wall.is_plane
                or np.any(axis[:2] != 0.0)
                or centre[0] != 0.0
                or centre[1] != 0.0
            ):
                return None
            if isinstance(wall.line, Smooth) and wall.line.opposite:
                # It is the wall of the same cone once more.
                continue
            own = wall.line.lines if isinstance(wall.line, Smooth) else (wall.line,)
            lines += [line.moved(centre[2], turned_over=bool(axis[2] < 0.0)) for line in own]
        if not lines:
            return None
        size = max(float(np.abs(line.points()).max()) for line in lines)
        found = _chained(lines, _CLOSE * size)
        if found is None or len(found) < 2:
            return None
        lowest = min(float(line.points()[:, 1].min()) for line in found)
        return cls(tuple(found)) if abs(lowest) <= _CLOSE * size else None

    @cached_property
    def corners(self) -> np.ndarray:
        """The lines as they are drawn, shape (corners, 2)."""
        first = self.lines[0].points()[:1]
        return np.vstack([first, *(line.points()[1:] for line in self.lines)])

    @property
    def outline(self) -> np.ndarray:
        """Ends of the lines [m], and the angle [rad] by which each turns on the way there.

        Shape (lines + 1, 3): distance from the axis, height, angle; 0 is straight.
        """
        ends = [self.lines[0].points()[0], *(line.points()[-1] for line in self.lines)]
        return np.column_stack([ends, [0.0, *(line.turn for line in self.lines)]])

    @property
    def radius(self) -> float:
        """Largest radius inside [m]."""
        return float(self.corners[:, 0].max())

    @property
    def height(self) -> float:
        """Height inside [m]."""
        return float(self.corners[:, 1].max())

    @property
    def size(self) -> str:
        """Its size in words."""
        return f"{2e3 * self.radius:g} mm x {1e3 * self.height:g} mm"

    @property
    def closed(self) -> bool:
        """Whether it is closed at the top."""
        return float(self.corners[-1, 0]) == 0.0

    @property
    def is_cylinder(self) -> bool:
        """Whether it is a plain cylinder, with or without a lid."""
        plain = Vessel.cylinder(2.0 * self.radius, self.height, closed=self.closed)
        return self.lines == plain.lines

    @property
    def volume(self) -> float:
        """Volume inside [m3], up to the rim of an open vessel."""
        return float(sum(line.volume for line in self.lines))

    @property
    def edges(self) -> tuple[float, float]:
        """Heights [m] of the lower and the upper end of the side: of all that is straight in it.

        Where some of it is upright, of that alone: a cone below it is its bottom. The equator of a
        vessel that is round throughout.
        """
        straight = [
            line
            for line in self.lines
            if isinstance(line, Segment) and line.start[1] != line.end[1]
        ]
        upright = [line for line in straight if line.start[0] == line.end[0]]
        ends = [point[1] for line in upright or straight for point in (line.start, line.end)]
        equator = float(self.corners[np.argmax(self.corners[:, 0]), 1])
        return (min(ends), max(ends)) if ends else (equator, equator)

    def radius_at(self, height: np.ndarray) -> np.ndarray:
        """Radius inside [m] at heights [m], which are taken into the vessel."""
        height = np.clip(height, self.corners[:, 1].min(), self.height)
        found = np.full(np.shape(height), -np.inf)
        for line in self.lines:
            ends = line.points()[[0, -1], 1]
            if ends[0] != ends[1]:
                close = _CLOSE * self.height
                here = (height >= ends.min() - close) & (height <= ends.max() + close)
                found = np.where(here, np.maximum(found, line.radius_at(height)), found)
        return found

    def beside(self, position: np.ndarray) -> np.ndarray:
        """Which centres lie outside the side, shape (beads,)."""
        return np.hypot(position[:, 0], position[:, 1]) > self.radius_at(position[:, 2])

    def depth_at(self, distance: np.ndarray) -> np.ndarray:
        """Height of the room inside [m] at distances from the axis [m]; 0 outside.

        To the corners as they are drawn.
        """
        r, z = self.corners.T
        widest = int(np.argmax(r))
        last = len(r) - 1 - int(np.argmax(r[::-1]))
        bottom = np.interp(distance, r[: widest + 1], z[: widest + 1])
        top = np.interp(distance, r[last:][::-1], z[last:][::-1])
        return np.where(np.asarray(distance) < self.radius, top - bottom, 0.0)

    def faces(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Its straight lines: a point of each [m] and the unit normal out of the vessel."""
        found = []
        for line in self.lines:
            if isinstance(line, Segment):
                along = line.directions[0]
                # The vessel lies to the left of a line that goes round it from the bottom.
                found.append((np.array(line.start), np.array([along[1], -along[0]]) + 0.0))
        return found

    def arcs(self) -> list[Arc]:
        """Its round lines."""
        return [line for line in self.lines if isinstance(line, Arc)]

    def walls(self, smallest: float, largest: float = 0.0, **motion) -> list[Wall]:
        """The walls of the vessel for beads of some radii.

        Lines that meet without a corner are one wall (`gpudem.geometry.revolved.Smooth`). Arcs
        that are tighter than a bead are left out for it: it does not reach into them, and touches
        the lines on both sides of them. So beads that fit into an arc and beads that do not have
        walls of their own. A cone that beads touch on both sides of the axis at once, as in a tip
        that is sharp or narrower than they are, has a second wall for the side beyond the axis.

        Args:
            smallest: radius of the smallest bead [m].
            largest: radius of the largest bead [m]; that of the smallest by default.
            motion: motion, rate, direction, species of all walls.
        """
        largest = max(smallest, largest)
        limits = sorted({arc.radius for arc in self.arcs() if smallest < arc.radius <= largest})
        found: list[tuple[Line, Sequence[Segment | Arc], str]] = []
        for above, below in pairwise([0.0, *limits, math.inf]):
            for run in self._runs(max(above, smallest)):
                alone = len(run) == 1 and not limits
                whole = run[0] if alone else Smooth(tuple(run), above, below)
                found.append((whole, run, ""))
            for cone in self._narrow_cones(min(below, largest)):
                beyond = Smooth((cone,), above, below, opposite=True)
                found.append((beyond, [cone], " beyond the axis"))
        return [Wall(x, name=self._name(run) + more, **motion) for x, run, more in found]

    def _narrow_cones(self, largest: float) -> list[Segment]:
        """Cones that a bead of a radius [m] on the axis touches all around."""
        cones = [
            line
            for line in self.lines
            if isinstance(line, Segment)
            and line.start[0] != line.end[0]
            and line.start[1] != line.end[1]
        ]
        # Not those that end where the sphere of the very same radius begins.
        reach = largest * (1.0 - _CLOSE)
        return [
            cone
            for cone in cones
            if min(cone.start[0], cone.end[0]) < reach * abs(float(cone.directions[0][1]))
        ]

    def _runs(self, smallest: float) -> list[list[Segment | Arc]]:
        """Lines without a corner together, but the arcs that are tighter than a bead [m]."""
        runs: list[list[Segment | Arc]] = []
        before = None
        for line in self.lines:
            tight = isinstance(line, Arc) and line.radius <= smallest
            if not tight:
                smooth = before is not None and follows(before, line)
                runs = [*runs[:-1], [*runs[-1], line]] if smooth else [*runs, [line]]
            before = None if tight else line
        return runs

    def _name(self, lines: Sequence[Segment | Arc]) -> str:
        """What lines are of the vessel: bottom, side and lid, or some of them."""
        low, high = self.edges
        parts = []
        for line in lines:
            middle = float(line.points()[:, 1].mean())
            parts.append("bottom" if middle < low else "lid" if middle > high else "side")
        flat = [isinstance(line, Segment) and np.ptp(line.points()[:, 1]) == 0.0 for line in lines]
        for number, line in enumerate(lines):
            if flat[number]:
                parts[number] = "bottom" if line is self.lines[0] else "lid"
        return " and ".join(dict.fromkeys(parts))


def roundest_tip(radius: float, low: float, edge: float) -> float:
    """Radius [m] of the spherical cap that makes a bottom of some depth alone: a dished one.

    Args:
        radius: of the vessel [m].
        low: depth of the bottom below the side [m].
        edge: radius of the fillet between them [m], below the depth.
    """
    return (low**2 + radius**2 - 2.0 * radius * edge) / (2.0 * (low - edge))


def cone_slope(radius: float, *, low: float, tip: float, edge: float) -> float:
    """Angle [rad] of a conical bottom from the horizontal.

    Its line touches the circles of the tip, on the axis, and of the fillet from below.

    Args:
        radius: of the vessel [m].
        low: depth of the bottom below the side [m].
        tip: radius of the sphere that rounds the tip [m].
        edge: radius of the fillet [m].
    """
    across, up = radius - edge, low - tip
    return math.atan2(up, across) + math.asin((tip - edge) / math.hypot(across, up))


def _chained(lines: list[Segment | Arc], close: float) -> list[Segment | Arc] | None:
    """Lines laid end to end, from the lowest end on the axis; None if they are apart."""
    both = [way for line in lines for way in (line, line.back)]
    begin = [way for way in both if way.points()[0][0] <= close]
    if not begin:
        return None
    place = min((way.points()[0] for way in begin), key=lambda end: end[1])
    chain: list[Segment | Arc] = []
    left = list(lines)
    while left:
        for number, line in enumerate(left):
            for way in (line, line.back):
                if np.abs(way.points()[0] - place).max() <= close:
                    chain.append(way)
                    place = way.points()[-1]
                    break
            else:
                continue
            del left[number]
            break
        else:
            return None
    return chain


def turned(lines: Sequence[tuple[Line, float]], **motion) -> list[Wall]:
    """Walls about the z axis, each a line and the height [m] from which its heights count.

    Args:
        lines: the lines.
        motion: motion, rate, direction, species of all walls.
    """
    return [Wall(line, centre=(0.0, 0.0, height), **motion) for line, height in lines]


def cylinder(diameter: float, height: float, *, closed: bool = True, **motion) -> list[Wall]:
    """A cylindrical vessel standing on the plane z = 0, its axis along z.

    Args:
        diameter: inside [m].
        height: inside [m].
        closed: with a lid.
        motion: motion, rate, direction, species of all its walls.

    Returns:
        Shell and bottom, and the lid where closed.
    """
    radius = 0.5 * diameter
    lines = [(shell(radius, height), 0.5 * height), (disc(radius), 0.0), (disc(radius), height)]
    walls = turned(lines[: 3 if closed else 2], **motion)
    names = ("side", "bottom", "lid")
    return [replace(wall, name=name) for wall, name in zip(walls, names, strict=False)]
