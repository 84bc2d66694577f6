"""Walls on the host: surfaces of revolution and meshes, each with its own motion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gpudem.geometry.revolved import Line, disc
from gpudem.geometry.surface import Surface
from gpudem.mills.pose import Pose, turned
from gpudem.mills.profile import Profile

Vector = tuple[float, float, float]

#: Radius [m] of a disc that stands for a plane: far beyond any bead.
PLANE_RADIUS = 1e6
#: Width of what a lifted wall held, once it lies, over the wall's own.
SPREAD = 4.0
_PLANE = disc(PLANE_RADIUS)


@dataclass(frozen=True)
class Wall:
    """A thin wall, touched from either side.

    A ``rotation`` turns the wall's surface about an axis that maps the wall onto itself (its
    place does not change, only its surface speed); a ``tilt`` turns the wall itself; a
    ``lift`` moves it along a straight line; a ``pose`` turns it about the pivot as a shaken vessel
    is turned, seen from its centre. The bowl of a planetary mill is a rotation at
    (1 + ratio) times the speed of the mill's disc, seen in the frame that translates with the
    bowl. A rotation's pivot must lie on the wall's own axis of symmetry.

    Attributes:
        line: what turned about the axis makes the wall; heights count from `centre`. Or a surface
            of triangles, its corners counted from there; it has no axis, and turns as a whole.
        centre: on the axis [m].
        axis: of symmetry; need not be of length 1.
        species: number of the wall's material in its case.
        motion: see above.
        rate: angular speed [rad/s] or speed [m/s] of the motion over time.
        direction: axis of the rotation or direction of the lift.
        pivot: a point on the axis of rotation [m]; the wall's centre by default.
        pose: how a shaken vessel is turned.
        name: in run files and reports.
    """

    line: Line | Surface = _PLANE
    centre: Vector = (0.0, 0.0, 0.0)
    axis: Vector = (0.0, 0.0, 1.0)
    species: int = 1
    motion: Literal["still", "rotation", "lift", "tilt", "pose"] = "still"
    rate: Profile = field(default_factory=lambda: Profile.constant(0.0))
    direction: Vector = (0.0, 0.0, 1.0)
    pivot: Vector | None = None
    pose: Pose | None = None
    name: str = ""

    def poses(self, time: np.ndarray) -> np.ndarray:
        """Where the wall is and how it moves at each time [s].

        Returns:
            Centre [m], axis (a unit vector; of a mesh the vector part of the quaternion that turns
            it, its scalar part not negative), velocity of the centre [m/s] and spin [rad/s], three
            values each, shape (times, 12).
        """
        out = np.zeros((len(time), 12))
        centre = np.asarray(self.centre, float)
        axis = np.asarray(self.axis, float) / np.linalg.norm(self.axis)
        if isinstance(self.line, Surface):
            # Not turned yet.
            axis = np.zeros(3)
        direction = np.asarray(self.direction, float) / np.linalg.norm(self.direction)
        pivot = centre if self.pivot is None else np.asarray(self.pivot, float)
        rate = self.rate.rate(time)[:, None]
        if self.motion == "lift":
            out[:, :3] = centre + self.rate.travel(time)[:, None] * direction
            out[:, 3:6] = axis
            out[:, 6:9] = rate * direction
            return out
        arm = np.tile(centre - pivot, (len(time), 1))
        out[:, 3:6] = axis
        is_mesh = isinstance(self.line, Surface)
        if self.motion in ("tilt", "pose") or (is_mesh and self.motion == "rotation"):
            from scipy.spatial.transform import Rotation

            turn = Rotation.from_rotvec(
                self.rate.travel(time)[:, None] * direction
                if self.pose is None
                else self.pose.turn(time)
            )
            if self.motion != "rotation":
                arm = turned(turn, arm)
            # Of a mesh the vector part of a quaternion stands for the axis.
            out[:, 3:6] = (
                turn.as_quat(canonical=True)[:, :3] if is_mesh else turned(turn, out[:, 3:6])
            )
        out[:, :3] = pivot + arm
        if self.motion != "still":
            out[:, 9:12] = rate * direction if self.pose is None else self.pose.spin(time)
            out[:, 6:9] = np.cross(out[:, 9:12], arm)
        return out

    def peak_speed(self, reach: float) -> float:
        """Highest speed of the wall [m/s] at points within a reach [m] of what it turns about."""
        rate = float(np.abs(self.rate.rates).max()) if self.pose is None else self.pose.peak_spin
        return rate if self.motion == "lift" else rate * reach

    @property
    def is_plane(self) -> bool:
        """Whether the wall stands for an infinite plane."""
        if isinstance(self.line, Surface):
            return False
        return bool(self.line.points().max() >= 1.0)

    @property
    def rises(self) -> bool:
        """Whether the wall extends along its axis: it is not flat."""
        if isinstance(self.line, Surface):
            return True
        return bool(np.ptp(self.line.points()[:, 1]) > 0.0)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest corner [m] of a box around the wall, each shape (3,).

        Of one that turns itself, wherever it may get; of one that is lifted, before that, but as
        wide as what it held spreads.
        """
        if isinstance(self.line, Surface):
            corners = self.line.points + np.asarray(self.centre)
            return corners.min(axis=0), corners.max(axis=0)
        points = self.line.points()
        reach, low, high = points[:, 0].max(), points[:, 1].min(), points[:, 1].max()
        axis = np.asarray(self.axis, float) / np.linalg.norm(self.axis)
        # A disc of radius R across a unit vector a extends by R sqrt(1 - a_i^2) along i.
        across = reach * np.sqrt(np.maximum(0.0, 1.0 - axis**2))
        ends = np.asarray(self.centre) + np.array([[low], [high]]) * axis
        if self.motion in ("tilt", "pose"):
            pivot = np.asarray(self.centre if self.pivot is None else self.pivot, float)
            furthest = float(np.linalg.norm(ends - pivot, axis=1).max()) + reach
            return pivot - furthest, pivot + furthest
        if self.motion == "lift":
            across = SPREAD * across
        return ends.min(axis=0) - across, ends.max(axis=0) + across

    @property
    def is_steady(self) -> bool:
        """Whether the wall's pose, velocity and spin are the same at all times."""
        steady = self.motion == "rotation" and len(self.rate.times) == 1
        return self.motion == "still" or (steady and not self.moves_through_space)

    @property
    def moves_through_space(self) -> bool:
        """Whether the wall's place changes with time."""
        turns = isinstance(self.line, Surface) and self.motion == "rotation"
        return self.motion in ("lift", "tilt", "pose") or turns


def plane(point: Vector, normal: Vector, **motion) -> Wall:
    """An infinite plane through ``point`` [m] with the given normal."""
    return Wall(centre=point, axis=normal, **motion)
