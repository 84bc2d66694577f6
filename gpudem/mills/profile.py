"""Speeds over time.

They are functions of time alone, evaluated on the host in double precision, so a simulation gives
the same result however its steps are cut into calls.
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

    def then(self, time: float, rate: float, duration: float) -> Profile:
        """The profile with a linear change appended.

        Knots that were there stay as they are: whatever was computed from them keeps its bits. So a
        change waits for the end of the one before.

        Args:
            time: earliest begin of the change [s].
            rate: to reach [rad/s or m/s].
            duration: time that it takes [s].
        """
        times, rates = list(self.times), list(self.rates)
        if time > times[-1]:
            times.append(float(time))
            rates.append(rates[-1])
        return Profile((*times, times[-1] + duration), (*rates, float(rate)))

    def times_rate(self, factor: float) -> Profile:
        """The same profile with all rates multiplied."""
        return Profile(self.times, tuple(factor * rate for rate in self.rates))
