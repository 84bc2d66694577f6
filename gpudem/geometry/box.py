"""Boxes: upright vessels of flat walls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gpudem.geometry.wall import Wall, plane


@dataclass(frozen=True)
class Box:
    """The inside of a box that stands on the plane z = 0, the z axis in its middle.

    Its sides go on above the rim where it is open: no bead leaves it there.

    Attributes:
        width: along x [m].
        depth: along y [m].
        height: along z [m].
        closed: with a lid.
    """

    width: float
    depth: float
    height: float
    closed: bool = True

    @property
    def radius(self) -> float:
        """Distance of its corners from the axis [m]."""
        return 0.5 * math.hypot(self.width, self.depth)

    @property
    def volume(self) -> float:
        """Volume inside [m3]."""
        return self.width * self.depth * self.height

    @property
    def size(self) -> str:
        """Its size in words."""
        return " x ".join(f"{1e3 * size:g} mm" for size in (self.width, self.depth, self.height))

    def faces(self, *, lid: bool) -> list[tuple[np.ndarray, np.ndarray]]:
        """A point of each face [m] and the unit normal out of the box, shapes (3,).

        Args:
            lid: with the upper one.
        """
        x, y = 0.5 * self.width, 0.5 * self.depth
        places = [(x, 0, 0), (-x, 0, 0), (0, y, 0), (0, -y, 0), (0, 0, 0), (0, 0, self.height)]
        normals = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, -1), (0, 0, 1)]
        faces = [
            (np.array(p, float), np.array(n, float)) for p, n in zip(places, normals, strict=True)
        ]
        return faces if lid else faces[:-1]

    def walls(self, smallest: float, **motion) -> list[Wall]:
        """A wall for each face, touched at corners one by one.

        Args:
            smallest: radius of the smallest bead [m]; of no influence.
            motion: motion, rate, direction, species of all walls.
        """
        names = ("right", "left", "back", "front", "bottom", "lid")
        return [
            plane(tuple(point.tolist()), tuple(normal.tolist()), name=name, **motion)
            for (point, normal), name in zip(self.faces(lid=self.closed), names, strict=False)
        ]

    def beside(self, position: np.ndarray) -> np.ndarray:
        """Which centres lie outside the sides, shape (beads,)."""
        return (np.abs(position[:, :2]) > 0.5 * np.array([self.width, self.depth])).any(axis=1)
