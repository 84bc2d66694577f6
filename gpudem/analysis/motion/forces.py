r"""The forces on a bead as the mill's disc sees them, and the condition of leaving the wall.

In the frame of the disc, which turns at W, a bead of mass m at distance r from the bowl's axis, at
the angle theta from the outward disc radius, with the velocity u relative to the disc, feels

- the *disc's centrifugal force* m W^2 (R e_x + r e_r): radial m W^2 (R cos theta + r), tangential
  -m W^2 R sin theta;
- the *Coriolis force* -2 m W e_z x u: radial 2 m W u_t, tangential -2 m W u_r;
- the *bowl's centrifugal force* m u_t^2 / r, radial, of its own way about the bowl's axis;
- gravity, as far as it acts across the bowl's axis (in a drum).

Their radial sum presses the bead onto the wall: dr'/dt = F_r / m for a free bead (r' = dr/dt), and
likewise d(r u_t)/dt = r F_t / m. For a bead that rides on the wall, u_t = k W r, the sum is
F_r = m W^2 [(1 + k)^2 r + R cos theta]: the force balance of docs/theory/mill.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpudem.analysis.motion.disc_frame import DiscFrame
from gpudem.errors import RunFileError
from gpudem.numbers import NAN
from gpudem.runfile.reader import Run


@dataclass(frozen=True)
class Forces:
    """Forces on beads in the disc's frame; any shape (...).

    The last axis of each part holds the radial component (outward from the bowl's axis) and
    the tangential one (in the sense of the disc's rotation).

    Attributes:
        disc_centrifugal: [N], shape (..., 2).
        bowl_centrifugal: [N], shape (..., 2); no tangential component.
        coriolis: [N], shape (..., 2).
        gravity: across the bowl's axis [N], shape (..., 2).
    """

    disc_centrifugal: np.ndarray
    bowl_centrifugal: np.ndarray
    coriolis: np.ndarray
    gravity: np.ndarray

    @property
    def _total(self) -> np.ndarray:
        return self.disc_centrifugal + self.bowl_centrifugal + self.coriolis + self.gravity

    @property
    def radial(self) -> np.ndarray:
        """Sum of the radial components [N], shape (...); below 0 the bead leaves the wall."""
        return self._total[..., 0]

    @property
    def tangential(self) -> np.ndarray:
        """Sum of the tangential components [N], shape (...)."""
        return self._total[..., 1]

    @property
    def leaves(self) -> np.ndarray:
        """Whether the wall would have to pull to hold the bead, shape (...)."""
        return self.radial < 0.0


@dataclass(frozen=True)
class Path:
    """What chosen beads go through, snapshot by snapshot.

    Attributes:
        time: [s], shape (snapshots,).
        distance: from the bowl's axis [m], shape (snapshots, beads).
        angle: from the outward disc radius in the sense of the disc's rotation, in (-pi, pi]
            [rad], shape (snapshots, beads).
        velocity: relative to the disc, radial and tangential [m/s], shape (snapshots, beads, 2).
        forces: shape (snapshots, beads).
    """

    time: np.ndarray
    distance: np.ndarray
    angle: np.ndarray
    velocity: np.ndarray
    forces: Forces


def forces(
    position: np.ndarray,
    velocity: np.ndarray,
    mass: float | np.ndarray,
    *,
    speed: float,
    sun_wheel_radius: float,
    gravity: Sequence[float] | np.ndarray = (0.0, 0.0),
) -> Forces:
    """Forces on beads in the disc's frame.

    Args:
        position: across the bowl's axis in the disc's frame, x outward [m], shape (..., 2).
        velocity: relative to the disc [m/s], shape (..., 2).
        mass: of each bead [kg], a number or shape (...).
        speed: of the disc, W [rad/s]; 0 for a drum.
        sun_wheel_radius: R [m].
        gravity: x and y part in the disc's frame [m/s2], shape (2,) or (..., 2).
    """
    position, velocity = np.asarray(position, float), np.asarray(velocity, float)
    mass = np.asarray(mass, float)[..., None]
    distance = np.linalg.norm(position, axis=-1)
    outward = position / np.where(distance > 0.0, distance, 1.0)[..., None]
    polar = polar_components(velocity, outward)
    disc = speed**2 * polar_components(position + np.array([sun_wheel_radius, 0.0]), outward)
    coriolis = 2.0 * speed * np.stack([polar[..., 1], -polar[..., 0]], axis=-1)
    bowl = np.zeros_like(polar)
    bowl[..., 0] = polar[..., 1] ** 2 / np.where(distance > 0.0, distance, np.inf)
    pull = polar_components(np.broadcast_to(np.asarray(gravity, float), position.shape), outward)
    return Forces(mass * disc, mass * bowl, mass * coriolis, mass * pull)


def polar_components(vector: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Radial and tangential component of plane vectors, shape (..., 2).

    Args:
        vector: shape (..., 2).
        outward: unit vector away from the bowl's axis, shape (..., 2).
    """
    radial = (vector * outward).sum(axis=-1)
    tangential = outward[..., 0] * vector[..., 1] - outward[..., 1] * vector[..., 0]
    return np.stack([radial, tangential], axis=-1)


def leaving_angle(ratio: float, distance: float, sun_wheel_radius: float) -> float:
    """Angle from the outward disc radius at which a bead that rides on the wall leaves it [rad].

    cos theta = -(1 + k)^2 r / R, the zero of the radial force. Real beads slip before (friction
    would have to exceed F_t / F_r), so it is a bound.

    Args:
        ratio: k, the bowl's speed relative to the disc over the disc's speed.
        distance: r of the bead's centre from the bowl's axis [m].
        sun_wheel_radius: R [m].

    Returns:
        The angle [rad]; NaN where the bead never leaves, (1 + k)^2 r >= R.
    """
    cosine = -((1.0 + ratio) ** 2) * distance
    if sun_wheel_radius <= 0.0 or -cosine >= sun_wheel_radius:
        return NAN
    return math.acos(cosine / sun_wheel_radius)


def path_forces(run: Run, beads: Sequence[int]) -> Path:
    """Forces on chosen beads at every snapshot of the log window.

    Args:
        run: an open run.
        beads: their indices.

    Raises:
        RunFileError: the run has no such bead or no mass of its beads, or as for `DiscFrame`.
    """
    chosen = np.asarray(beads, int).reshape(-1)
    if not len(chosen) or chosen.min() < 0 or chosen.max() >= run.beads:
        raise RunFileError(f"{run.path}: beads {list(beads)}: name some of 0 to {run.beads - 1}")
    if run.mass is None:
        raise RunFileError(
            f"{run.path}: does not say the mass of its beads, so there are no forces"
        )
    mass = run.mass[chosen]
    frame = DiscFrame(run)
    shots = list(frame)
    position = np.array([shot.position[chosen, :2] for shot in shots])
    velocity = np.array([shot.velocity[chosen, :2] for shot in shots])
    time = np.array([shot.time for shot in shots])
    pull = np.array([frame.gravity_across(shot.time) for shot in shots])[:, None, :]
    distance = np.linalg.norm(position, axis=-1)
    outward = position / np.maximum(distance, 1e-300)[..., None]
    return Path(
        time=time,
        distance=distance,
        angle=np.arctan2(position[..., 1], position[..., 0]),
        velocity=polar_components(velocity, outward),
        forces=forces(
            position,
            velocity,
            mass,
            speed=frame.rotation,
            sun_wheel_radius=frame.motion.circle_radius,
            gravity=pull,
        ),
    )
