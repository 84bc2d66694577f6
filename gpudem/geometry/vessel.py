"""Vessels: upright surfaces of revolution that hold beads, from the axis at the bottom upwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gpudem.geometry.revolved import Line, disc, shell
from gpudem.geometry.wall import Wall

#: Ends of lines closer than this share of the vessel's size are one corner.
_CLOSE = 1e-9


@dataclass(frozen=True)
class Vessel:
    """The outline of a vessel that stands on the plane z = 0, its axis along z.

    Attributes:
        outline: its corners (distance from the axis, height) [m], beginning on the axis at the
            bottom; ending on the axis where it is closed.
    """

    outline: tuple[tuple[float, float], ...]

    @classmethod
    def cylinder(cls, diameter: float, height: float, *, closed: bool = True) -> Vessel:
        """A cylinder of inside diameter and height [m], with a lid where it is closed."""
        radius = 0.5 * diameter
        corners = [(0.0, 0.0), (radius, 0.0), (radius, height), (0.0, height)]
        return cls(tuple(corners[: 4 if closed else 3]))

    @classmethod
    def of_walls(cls, walls: Iterable[Wall]) -> Vessel | None:
        """The vessel that walls make: all of one vertical axis through the origin, each once.

        Returns:
            None where they make no such vessel.
        """
        lines: list[np.ndarray] = []
        for wall in walls:
            axis, centre = np.asarray(wall.axis, float), wall.centre
            if wall.is_plane or np.any(axis[:2] != 0.0) or centre[0] != 0.0 or centre[1] != 0.0:
                return None
            lines.append(wall.line.points() * (1.0, np.sign(axis[2])) + (0.0, centre[2]))
        if not lines:
            return None
        size = max(float(np.abs(line).max()) for line in lines)
        outline = _chained(lines, _CLOSE * size)
        if outline is None or abs(outline[:, 1].min()) > _CLOSE * size or len(outline) < 3:
            return None
        return cls(tuple((float(r), float(z)) for r, z in outline))

    @cached_property
    def corners(self) -> np.ndarray:
        """The outline as an array, shape (corners, 2)."""
        return np.array(self.outline)

    @property
    def radius(self) -> float:
        """Largest radius inside [m]."""
        return float(self.corners[:, 0].max())

    @property
    def height(self) -> float:
        """Height inside [m]."""
        return float(self.corners[:, 1].max())

    @property
    def closed(self) -> bool:
        """Whether it is closed at the top."""
        return self.outline[-1][0] == 0.0

    @property
    def is_cylinder(self) -> bool:
        """Whether it is a plain cylinder, with or without a lid."""
        plain = Vessel.cylinder(2.0 * self.radius, self.height, closed=self.closed)
        return self.outline == plain.outline

    @property
    def volume(self) -> float:
        """Volume inside [m3], up to the rim of an open vessel."""
        r, z = self.corners.T
        rising, step = r[:-1] ** 2 + r[:-1] * r[1:] + r[1:] ** 2, np.diff(z)
        return float(np.pi / 3.0 * (rising * step).sum())

    def radius_at(self, height: np.ndarray) -> np.ndarray:
        """Radius inside [m] at heights [m], which are taken into the vessel."""
        r, z = self.corners.T
        rises = np.diff(z) > 0.0
        at_side = np.concatenate([rises, [False]]) | np.concatenate([[False], rises])
        return np.interp(height, z[at_side], r[at_side])

    def faces(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Flat pieces of the outline: a point of each [m] and the unit normal out of the vessel."""
        found = []
        for start, end in zip(self.corners[:-1], self.corners[1:], strict=True):
            along = (end - start) / np.linalg.norm(end - start)
            # The vessel lies to the left of a line that goes round it from the bottom.
            found.append((start, np.array([along[1], -along[0]]) + 0.0))
        return found


def _chained(lines: list[np.ndarray], close: float) -> np.ndarray | None:
    """Corners of lines laid end to end, from the lowest end on the axis; None if they are apart."""
    ends = [line[k] for line in lines for k in (0, -1) if line[k][0] <= close]
    if not ends:
        return None
    chain, left = [min(ends, key=lambda end: end[1])[None, :]], list(lines)
    while left:
        for number, line in enumerate(left):
            for way in (line, line[::-1]):
                if np.abs(way[0] - chain[-1][-1]).max() <= close:
                    chain.append(way[1:])
                    break
            else:
                continue
            del left[number]
            break
        else:
            return None
    return np.vstack(chain)


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
    return turned(lines[: 3 if closed else 2], **motion)
