"""What drives a mill: speeds over time, and the frame's acceleration.

Everything here is a function of time alone, evaluated on the host in double precision, so a
simulation gives the same result however its steps are cut into calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Profile:
    """A rate that changes piecewise linearly with time.

    Before the first and after the last knot the rate is constant; the travel (the rate's
    integral) is 0 at time 0.

    Attributes:
        times: knots [s], rising.
        rates: values there [rad/s] or [m/s].
    """

    times: tuple[float, ...]
    rates: tuple[float, ...]

    @classmethod
    def constant(cls, rate: float) -> Profile:
        """The same rate [rad/s or m/s] at all times."""
        return cls((0.0,), (float(rate),))

    @classmethod
    def ramp(cls, rate: float, duration: float) -> Profile:
        """From 0 at time 0 linearly to ``rate`` after ``duration`` [s]."""
        return cls((0.0, float(duration)), (0.0, float(rate)))

    def rate(self, time: np.ndarray) -> np.ndarray:
        """The rate at each time [s]."""
        return np.interp(time, self.times, self.rates)

    def slope(self, time: np.ndarray) -> np.ndarray:
        """The rate's time derivative at each time [s], from the right at a knot."""
        knots, rates = np.asarray(self.times), np.asarray(self.rates)
        if len(knots) == 1:
            return np.zeros_like(time)
        slopes = np.concatenate([[0.0], np.diff(rates) / np.diff(knots), [0.0]])
        return slopes[np.searchsorted(knots, time, side="right")]

    def travel(self, time: np.ndarray) -> np.ndarray:
        """The rate's integral from time 0 to each time [s]."""
        return self._integral(np.asarray(time)) - self._integral(np.zeros(1))[0]

    def _integral(self, time: np.ndarray) -> np.ndarray:
        knots, rates = np.asarray(self.times), np.asarray(self.rates)
        areas = np.concatenate([[0.0], np.cumsum(np.diff(knots) * 0.5 * (rates[1:] + rates[:-1]))])
        k = np.clip(np.searchsorted(knots, time, side="right") - 1, 0, len(knots) - 1)
        since = time - knots[k]
        return areas[k] + since * 0.5 * (rates[k] + self.rate(time))


@dataclass(frozen=True)
class Drive:
    """The body acceleration of a case and the motion channels of its walls.

    In the frame that translates with the bowl's centre and does not rotate, every bead feels
    minus the acceleration of that centre: W^2 R (cos phi, sin phi, 0) less dW/dt R along the
    tangent, with the disc's speed W, its angle phi and the sun wheel's radius R. No Coriolis
    term appears, since the frame does not turn.

    Attributes:
        gravity: [m/s2], shape (3,).
        disc: speed of the disc that carries the bowl [rad/s], or None.
        sun_wheel_radius: axis of the disc to axis of the bowl [m].
    """

    gravity: tuple[float, float, float] = (0.0, 0.0, -9.81)
    disc: Profile | None = None
    sun_wheel_radius: float = 0.0

    def body_acceleration(self, time: np.ndarray) -> np.ndarray:
        """Acceleration that every bead feels [m/s2], shape (len(time), 3)."""
        time = np.atleast_1d(np.asarray(time, dtype=float))
        out = np.tile(np.asarray(self.gravity, dtype=float), (len(time), 1))
        if self.disc is not None:
            angle = self.disc.travel(time)
            speed, slope = self.disc.rate(time), self.disc.slope(time)
            cosine, sine = np.cos(angle), np.sin(angle)
            out[:, 0] += self.sun_wheel_radius * (speed**2 * cosine + slope * sine)
            out[:, 1] += self.sun_wheel_radius * (speed**2 * sine - slope * cosine)
        return out
