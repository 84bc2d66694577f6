"""Snapshots of a run file as seen from the mill's disc, where the bowl's centre and gravity rest.

The frame's origin is the bowl's axis on its floor, z the axis. Its x axis points away from the
disc's axis (*outward*), and it turns with the disc: angles count from the outward disc radius in
the sense of the disc's rotation. A rotating drum has no disc radius;
there x points to where gravity pulls across the axis, and the frame does not turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gpudem.analysis.stress import Window, window
from gpudem.errors import RunFileError
from gpudem.runfile.metadata import gravity_of, is_steady, motion_of, number_of, round_vessel_of

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

_NEEDED = ("bowl_diameter", "bowl_height", "sun_wheel_radius", "ratio")


@dataclass(frozen=True)
class Beads:
    """All beads at one moment, in the disc's frame.

    Attributes:
        time: simulated time [s].
        position: [m], shape (beads, 3).
        velocity: relative to the disc [m/s], shape (beads, 3).
        sliding: velocity of the surface of each bead over the side wall, at the point of the
            bead nearest to it [m/s], shape (beads, 2): along the circumference in the sense of
            the disc's rotation, and along the axis.
        radius: [m], shape (beads,).
        touching: contacts, shape (beads,).
        power: dissipated, mean since the last snapshot [W], shape (beads,).
    """

    time: float
    position: np.ndarray
    velocity: np.ndarray
    sliding: np.ndarray
    radius: np.ndarray
    touching: np.ndarray
    power: np.ndarray

    @cached_property
    def distance(self) -> np.ndarray:
        """Distance from the bowl's axis [m], shape (beads,)."""
        return np.hypot(self.position[:, 0], self.position[:, 1])

    @cached_property
    def angle(self) -> np.ndarray:
        """Angle from the outward disc radius, in (-pi, pi] [rad], shape (beads,)."""
        return np.arctan2(self.position[:, 1], self.position[:, 0])

    @cached_property
    def swirl(self) -> np.ndarray:
        """(r x u)_z, distance times tangential velocity [m2/s], shape (beads,)."""
        x, y = self.position[:, 0], self.position[:, 1]
        return x * self.velocity[:, 1] - y * self.velocity[:, 0]


class DiscFrame:
    """The view on a run from the mill's disc, over the run's log window.

    Attributes:
        run: the open run.
        window: its log window.
        bowl: its bowl.
        motion: how the bowl moves.
        speed: of the disc, or of the drum [rad/s].
        gravity: in the frame that does not turn [m/s2], shape (3,).
        rotation: rate at which this frame turns [rad/s]: that of the disc, and 0 for a drum.
        lab_rate: rate of the side wall in the frame that does not turn [rad/s].
        wall_rate: rate of the side wall in this frame [rad/s].
        numbers: the snapshots inside the window.

    Args:
        run: an open run.

    Raises:
        RunFileError: the run has no cylindrical bowl that turns at a steady speed, or no snapshot
            inside its log window.
    """

    def __init__(self, run: Run):
        self.run = run
        missing = [name for name in _NEEDED if number_of(run, name) is None]
        motion = motion_of(run)
        if missing or motion is None or motion.wall is None:
            raise RunFileError(
                f"{run.path}: does not name {', '.join(missing)}; motion is analysed in "
                "cylindrical bowls of planetary mills and in drums"
            )
        self.bowl, self.motion = round_vessel_of(run), motion
        sizes = (self.bowl.radius, self.bowl.height, float(run.radius.min()))
        if min(sizes) <= 0.0 or motion.circle_radius < 0.0:
            raise RunFileError(
                f"{run.path}: a bowl or a bead has no size, or the disc a negative one"
            )
        self.gravity = gravity_of(run)
        self.window: Window = window(run)
        self.speed = self._steady_speed()
        if not motion.carried and not np.any(self.gravity[:2]):
            raise RunFileError(
                f"{run.path}: a drum (sun_wheel_radius = 0) in which nothing pulls the beads "
                "across its axis; mill.gravity needs an x or y part"
            )
        self.rotation = motion.carrier * self.speed
        self.lab_rate = motion.wall * self.speed
        self.wall_rate = self.lab_rate - self.rotation
        if self.wall_rate == 0.0:
            raise RunFileError(f"{run.path}: the bowl does not turn; there is no motion to analyse")
        inside = run.snapshot_times > self.window.start * (1.0 + 1e-9)
        inside &= run.snapshot_times <= self.window.end * (1.0 + 1e-9)
        self.numbers: list[int] = np.flatnonzero(inside).tolist()
        if not self.numbers:
            raise RunFileError(
                f"{run.path}: has no snapshot inside its log window ({self.window.start:g} to "
                f"{self.window.end:g} s); a shorter run.snapshot_interval is needed"
            )

    def _steady_speed(self) -> float:
        speeds = self._part["disc_speed"]
        low, high = float(speeds.min()), float(speeds.max())
        if not is_steady(low, high):
            raise RunFileError(
                f"{self.run.path}: the disc's speed changes from {low:g} to {high:g} rad/s inside "
                "the log window; set run.log_from to where it is steady"
            )
        return high

    @cached_property
    def _part(self) -> dict[str, np.ndarray]:
        names = ("time", "disc_speed", "acceleration_x", "acceleration_y")
        series = self.run.series
        return {name: series[name][self.window.first :] for name in names}

    @property
    def times(self) -> np.ndarray:
        """Ends of the window's log intervals [s], shape (intervals,)."""
        return self._part["time"]

    def angle(self, time: float) -> float:
        """Angle of the outward disc radius in the frame that does not turn [rad].

        Args:
            time: simulated time [s].
        """
        if self.rotation == 0.0:
            return math.atan2(self.gravity[1], self.gravity[0])
        k = int(np.argmin(np.abs(self._part["time"] - time)))
        # At steady speed the frame's acceleration, felt by the beads, points outward.
        y = self._part["acceleration_y"][k] - self.gravity[1]
        x = self._part["acceleration_x"][k] - self.gravity[0]
        return math.atan2(y, x) + self.rotation * (time - float(self._part["time"][k]))

    def gravity_across(self, time: float) -> np.ndarray:
        """Gravity across the bowl's axis, as seen in this frame [m/s2], shape (2,).

        Args:
            time: simulated time [s].
        """
        angle = self.angle(time)
        x, y = self.gravity[:2]
        cosine, sine = math.cos(angle), math.sin(angle)
        return np.array([cosine * x + sine * y, cosine * y - sine * x])

    def beads(self, number: int) -> Beads:
        """The beads of one snapshot.

        Args:
            number: of the snapshot in the run file.

        Raises:
            RunFileError: the file is damaged.
        """
        shot = self.run.fields(number)
        time = float(self.run.snapshot_times[number])
        angle = self.angle(time)
        cosine, sine = math.cos(angle), math.sin(angle)
        turn = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        position = shot["position"] @ turn.T
        velocity = shot["velocity"].astype(float) @ turn.T
        spin = shot["angular_velocity"].astype(float) @ turn.T
        radius = shot["radius"]
        distance = np.hypot(position[:, 0], position[:, 1])
        outward = position[:, :2] / np.maximum(distance, 1e-300)[:, None]
        along = velocity[:, 1] * outward[:, 0] - velocity[:, 0] * outward[:, 1]
        around = spin[:, 1] * outward[:, 0] - spin[:, 0] * outward[:, 1]
        wall = self.lab_rate * self.bowl.radius
        sliding = np.stack(
            [along + radius * spin[:, 2] - wall, velocity[:, 2] - radius * around], axis=1
        )
        velocity[:, 0] += self.rotation * position[:, 1]
        velocity[:, 1] -= self.rotation * position[:, 0]
        return Beads(
            time=time,
            position=position,
            velocity=velocity,
            sliding=sliding,
            radius=radius,
            touching=shot["touching"],
            power=shot["collision_power"].astype(float),
        )

    def __iter__(self) -> Iterator[Beads]:
        """Go through the snapshots of the window."""
        for number in self.numbers:
            yield self.beads(number)
