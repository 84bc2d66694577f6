"""What turns inside a still vessel: rods, which are shafts, discs and pins with round edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Rod:
    """A solid cylinder with rounded edges; with edges of its radius its ends are hemispheres.

    Edges are round so that a bead touches one surface at a time, as it does on real ones.

    Attributes:
        centre: of the rod [m].
        axis: along it; a unit vector.
        radius: [m].
        length: from end to end [m].
        edge: radius of its edges [m], at most the radius and half of the length.
    """

    centre: Vector
    axis: Vector
    radius: float
    length: float
    edge: float

    def distance(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance of points from its surface, and the way from it.

        Args:
            points: [m], shape (points, 3).

        Returns:
            The distance [m], negative inside, shape (points,); and the unit vectors in which it
            grows, shape (points, 3).
        """
        axis = np.asarray(self.axis)
        from_centre = points - np.asarray(self.centre)
        along = from_centre @ axis
        across = from_centre - along[:, None] * axis
        beside = np.linalg.norm(across, axis=1)
        outward = across / np.maximum(beside, 1e-12)[:, None]
        beyond = np.stack(
            [beside - (self.radius - self.edge), np.abs(along) - (0.5 * self.length - self.edge)]
        )
        outside = np.maximum(beyond, 0.0)
        reach = np.hypot(*outside)
        inside = np.minimum(beyond.max(axis=0), 0.0)
        # Inside the rounded core the nearer face counts.
        nearer = np.where(beyond[0] >= beyond[1], [[1.0], [0.0]], [[0.0], [1.0]])
        part = np.where(reach > 0.0, outside / np.maximum(reach, 1e-300), nearer)
        way = part[0][:, None] * outward + (part[1] * np.sign(along))[:, None] * axis
        return reach + inside - self.edge, way


@dataclass(frozen=True)
class Stirrer:
    """Rods that turn together about the vessel's axis (z) with the mill's drive.

    Attributes:
        rods: at time 0.
    """

    rods: tuple[Rod, ...]

    @classmethod
    def of_table(cls, table: np.ndarray) -> Stirrer:
        """The stirrer of what `table` gave."""
        rows = [[float(value) for value in row] for row in table]
        return cls(
            tuple(
                Rod((r[0], r[1], r[2]), (r[3], r[4], r[5]), radius=r[6], length=r[7], edge=r[8])
                for r in rows
            )
        )

    @property
    def table(self) -> np.ndarray:
        """A row for each rod: centre, axis, radius, length, edge; shape (rods, 9)."""
        return np.array([[*r.centre, *r.axis, r.radius, r.length, r.edge] for r in self.rods])

    @property
    def volume(self) -> float:
        """Sum of the rods' volumes as if their edges were sharp, overlaps counted twice [m3]."""
        return float(sum(np.pi * rod.radius**2 * rod.length for rod in self.rods))

    @property
    def reach(self) -> float:
        """Largest distance of a rod's surface from the axis [m]."""
        return max(map(_reach, self.rods))


def _reach(rod: Rod) -> float:
    if abs(rod.axis[2]) == 1.0:
        return float(np.hypot(*rod.centre[:2])) + rod.radius
    ends = np.asarray(rod.centre) + np.array([[-0.5], [0.5]]) * rod.length * np.asarray(rod.axis)
    return float(np.hypot(ends[:, 0], ends[:, 1]).max())
