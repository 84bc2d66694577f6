"""Walls on the host: shells and discs, each with its own motion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gpudem.kernels import layout as at
from gpudem.mills.profile import Profile

Vector = tuple[float, float, float]

_SHAPES = {"shell": at.SHELL, "disc": at.DISC}

#: Radius [m] of a disc that stands for a plane: far beyond any bead.
PLANE_RADIUS = 1e6


@dataclass(frozen=True)
class Wall:
    """A thin wall, touched from either side.

    A ``rotation`` turns the wall's surface about an axis that maps the wall onto itself (its
    place does not change, only its surface speed); a ``tilt`` turns the wall itself; a
    ``lift`` moves it along a straight line. The bowl of a planetary mill is a rotation at
    (1 + ratio) times the disc's speed, seen in the frame that translates with the bowl. A
    rotation's pivot must lie on the wall's own axis of symmetry.

    Attributes:
        shape: "shell" (a cylinder's side, open ended) or "disc".
        centre: [m].
        axis: the shell's axis or the disc's normal; need not be of length 1.
        radius: [m].
        length: of a shell [m].
        species: number of the wall's material in its case.
        motion: see above.
        rate: angular speed [rad/s] or speed [m/s] of the motion over time.
        direction: axis of the rotation or direction of the lift.
        pivot: a point on the axis of rotation [m]; the wall's centre by default.
    """

    shape: Literal["shell", "disc"]
    centre: Vector = (0.0, 0.0, 0.0)
    axis: Vector = (0.0, 0.0, 1.0)
    radius: float = PLANE_RADIUS
    length: float = 0.0
    species: int = 1
    motion: Literal["still", "rotation", "lift", "tilt"] = "still"
    rate: Profile = field(default_factory=lambda: Profile.constant(0.0))
    direction: Vector = (0.0, 0.0, 1.0)
    pivot: Vector | None = None

    def row(self) -> np.ndarray:
        """The wall's entry in the device's table, shape (layout.WALL,)."""
        out = np.zeros(at.WALL)
        out[at.WALL_SHAPE] = _SHAPES[self.shape]
        out[at.WALL_RADIUS] = self.radius
        out[at.WALL_HALF_LENGTH] = 0.5 * self.length
        out[at.WALL_SPECIES] = self.species
        return out

    def poses(self, time: np.ndarray) -> np.ndarray:
        """Where the wall is and how it moves at each time [s], shape (times, WALL_POSE)."""
        out = np.zeros((len(time), at.WALL_POSE))
        centre = np.asarray(self.centre, float)
        axis = np.asarray(self.axis, float) / np.linalg.norm(self.axis)
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
        if self.motion == "tilt":
            from scipy.spatial.transform import Rotation

            turn = Rotation.from_rotvec(self.rate.travel(time)[:, None] * direction)
            arm = turn.apply(arm)
            out[:, 3:6] = turn.apply(out[:, 3:6])
        out[:, :3] = pivot + arm
        if self.motion in ("rotation", "tilt"):
            out[:, 9:12] = rate * direction
            out[:, 6:9] = np.cross(out[:, 9:12], arm)
        return out

    @property
    def is_steady(self) -> bool:
        """Whether the wall's pose, velocity and spin are the same at all times."""
        return self.motion == "still" or (self.motion == "rotation" and len(self.rate.times) == 1)

    @property
    def moves_through_space(self) -> bool:
        """Whether the wall's place changes with time."""
        return self.motion in ("lift", "tilt")


def plane(point: Vector, normal: Vector, **motion) -> Wall:
    """An infinite plane through ``point`` [m] with the given normal."""
    return Wall("disc", centre=point, axis=normal, **motion)


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
    walls = [
        Wall("shell", centre=(0.0, 0.0, 0.5 * height), radius=radius, length=height, **motion),
        Wall("disc", centre=(0.0, 0.0, 0.0), radius=radius, **motion),
    ]
    if closed:
        walls.append(Wall("disc", centre=(0.0, 0.0, height), radius=radius, **motion))
    return walls
