"""Where a vessel is and how it is turned over time, of mills that shake it.

The engine's frame moves along with the vessel's centre and does not turn: in it every bead feels
minus the acceleration of that centre, and the walls turn about it. Places and turns count from
those at time 0, when the vessel's axis is the z axis. All are functions of time alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpudem.mills.profile import Profile

#: Moments of a cycle at which highest speeds are sought.
_MOMENTS = 1440


class Pose:
    """How a vessel moves; the base of all such motions."""

    def place(self, time: np.ndarray) -> np.ndarray:
        """Place of the vessel's centre, from that at time 0 [m], shape (len(time), 3)."""
        raise NotImplementedError

    def acceleration(self, time: np.ndarray) -> np.ndarray:
        """Acceleration of the vessel's centre [m/s2], shape (len(time), 3)."""
        raise NotImplementedError

    def turn(self, time: np.ndarray) -> np.ndarray:
        """How the vessel is turned from its pose at time 0: rotation vectors [rad], (times, 3)."""
        raise NotImplementedError

    def spin(self, time: np.ndarray) -> np.ndarray:
        """Angular velocity of the vessel [rad/s], shape (len(time), 3)."""
        raise NotImplementedError

    @property
    def peak_speed(self) -> float:
        """Highest speed of the vessel's centre [m/s]."""
        raise NotImplementedError

    @property
    def peak_acceleration(self) -> float:
        """Highest acceleration of the vessel's centre [m/s2]."""
        raise NotImplementedError

    @property
    def peak_spin(self) -> float:
        """Highest angular speed of the vessel [rad/s]."""
        raise NotImplementedError


@dataclass(frozen=True)
class CyclicPose(Pose):
    """A motion that repeats itself: place and turn are functions of the phase of a crank.

    Attributes:
        phase: angular speed of the crank [rad/s] over time, 2 pi times the frequency.
    """

    phase: Profile

    def path(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place of the centre [m] and its first two derivatives by the phase, each (phases, 3).

        The place need not be 0 at phase 0.
        """
        return (np.zeros((len(phase), 3)),) * 3

    def rocking(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rotation vector [rad], 0 at phase 0, and its derivative by the phase; (phases, 3)."""
        return (np.zeros((len(phase), 3)),) * 2

    def place(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        return self.path(self.phase.travel(time))[0] - self.path(np.zeros(1))[0]

    def acceleration(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        _, first, second = self.path(self.phase.travel(time))
        rate, slope = self.phase.rate(time)[:, None], self.phase.slope(time)[:, None]
        return second * rate**2 + first * slope

    def turn(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        return self.rocking(self.phase.travel(time))[0]

    def spin(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        turn, first = self.rocking(self.phase.travel(time))
        return spin_of(turn, first * self.phase.rate(time)[:, None])

    @property
    def _fastest(self) -> float:
        return float(np.abs(self.phase.rates).max())

    @property
    def peak_speed(self) -> float:
        """See Pose."""
        return _longest(self.path(_cycle())[1]) * self._fastest

    @property
    def peak_acceleration(self) -> float:
        """See Pose."""
        _, first, second = self.path(_cycle())
        knots, rates = np.asarray(self.phase.times), np.asarray(self.phase.rates)
        steepest = float(np.abs(np.diff(rates) / np.diff(knots)).max(initial=0.0))
        return _longest(second) * self._fastest**2 + _longest(first) * steepest

    @property
    def peak_spin(self) -> float:
        """See Pose."""
        return _longest(spin_of(*self.rocking(_cycle()))) * self._fastest


def _cycle() -> np.ndarray:
    return np.linspace(0.0, 2.0 * math.pi, _MOMENTS, endpoint=False)


def _longest(vectors: np.ndarray) -> float:
    return float(np.linalg.norm(vectors, axis=1).max())


def turned(rotations: Any, vectors: np.ndarray) -> np.ndarray:
    """Vectors turned by rotations, each by its own, shape (moments, 3).

    Unlike the library's own product its last bits do not depend on how many there are.

    Args:
        rotations: `scipy.spatial.transform.Rotation` of the moments.
        vectors: shape (moments, 3).
    """
    matrix = rotations.as_matrix()
    return sum(matrix[:, :, k] * vectors[:, k, None] for k in range(3))


def spin_of(turn: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Angular velocity [rad/s] of what is turned by a changing rotation vector.

    With the vector t and a = |t|: t' + (1 - cos a)/a2 t x t' + (a - sin a)/a3 t x (t x t'), the
    left Jacobian of the rotation group (Chirikjian, Stochastic Models, Information Theory, and Lie
    Groups 2, 2012, section 10.8).

    Args:
        turn: rotation vectors [rad], shape (moments, 3).
        rate: their time derivatives [rad/s], shape (moments, 3).
    """
    square = (turn**2).sum(axis=1)[:, None]
    angle = np.sqrt(square)
    small = angle < 1e-3
    safe = np.where(small, 1.0, angle)
    # Of small angles the first terms of the series.
    second = np.where(small, 0.5 - square / 24.0, (1.0 - np.cos(safe)) / safe**2)
    third = np.where(small, 1.0 / 6.0 - square / 120.0, (safe - np.sin(safe)) / safe**3)
    across = np.cross(turn, rate)
    return rate + second * across + third * np.cross(turn, across)


def in_vessel(position: np.ndarray, turn: np.ndarray, height: float) -> np.ndarray:
    """Places [m] as one sees them who is shaken with the vessel.

    Args:
        position: in the frame of the vessel's centre that does not turn, shape (beads, 3).
        turn: of the vessel, a rotation vector [rad].
        height: of the vessel [m].
    """
    if not np.any(turn):
        return position
    from scipy.spatial.transform import Rotation

    middle = np.array([0.0, 0.0, 0.5 * height])
    return middle + Rotation.from_rotvec(turn).inv().apply(np.asarray(position) - middle)


def turned_back(vectors: np.ndarray, angle: float) -> np.ndarray:
    """Vectors as one sees them who has turned about the z axis by an angle [rad].

    Args:
        vectors: shape (beads, 3).
        angle: from the x axis towards the y axis [rad].
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(vectors) @ turn
