"""Coefficients of restitution that depend on the speed of the impact, and how a scene gives them.

Beads covered with powder, and metals that flow, do not rebound at one coefficient. Two forms:
a power law e = e1 (v / v1)^-p (p = 1/4 where the material yields; Johnson, Contact Mechanics,
1985, 11.5), and a table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from gpudem.contact.restitution import damping_ratio, restitution_of
from gpudem.units import Accept, QuantityError

#: Range of a coefficient that a damper can make.
LOWEST, HIGHEST = 0.01, 1.0
#: Speeds [m/s] outside of which the coefficient stays what it is there.
SLOWEST, FASTEST = 1e-5, 1e4
#: Most pairs in a table.
MOST_PAIRS = 16


@dataclass(frozen=True)
class PowerLaw:
    """e = value (v / at)^-exponent, kept within `LOWEST` and `HIGHEST`.

    Attributes:
        value: coefficient at the speed ``at`` [1].
        at: speed of an impact [m/s].
        exponent: p [1]; below 0 the coefficient rises with the speed.
    """

    value: float
    at: float
    exponent: float

    def of_speed(self, speed: float) -> float:
        """Coefficient of restitution at an approach speed [m/s], above 0."""
        wanted = self.value * (min(max(speed, SLOWEST), FASTEST) / self.at) ** -self.exponent
        return min(max(wanted, LOWEST), HIGHEST)

    def corners(self) -> list[float]:
        """Speeds [m/s] where it begins, bends or ends, rising."""
        out = {SLOWEST, FASTEST}
        for bound in (LOWEST, HIGHEST):
            if self.exponent:
                # In logarithms, as a small exponent reaches far.
                place = math.log(self.at) + math.log(self.value / bound) / self.exponent
                if math.log(SLOWEST) < place < math.log(FASTEST):
                    out.add(math.exp(place))
        return sorted(out)


@dataclass(frozen=True)
class SpeedTable:
    """Coefficients at some speeds, linear over the logarithm of the speed, constant outside.

    Attributes:
        pairs: of a speed [m/s] and a coefficient [1], by rising speed.
    """

    pairs: tuple[tuple[float, float], ...]

    def of_speed(self, speed: float) -> float:
        """Coefficient of restitution at an approach speed [m/s], above 0."""
        places = [math.log(v) for v, _ in self.pairs]
        return float(np.interp(math.log(speed), places, [e for _, e in self.pairs]))

    def corners(self) -> list[float]:
        """Speeds [m/s] where it bends, rising."""
        return [speed for speed, _ in self.pairs]


def damping_over_speed(law: PowerLaw | SpeedTable, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Damping ratio of a Hertz contact over the speed, as straight lines over its logarithm.

    Args:
        law: the coefficient of restitution by speed.
        count: of the corners, more than `MOST_PAIRS`.

    Returns:
        logarithms of the speeds [m/s], rising, and damping ratios beta, shape (count,) each.
    """

    def wanted(place: float) -> float:
        return law.of_speed(math.exp(place))

    def damping(place: float) -> float:
        return damping_ratio(wanted(place))

    places = [math.log(speed) for speed in law.corners()]
    if len(places) == 1:
        places.append(places[0] + 1.0)
    values = [damping(place) for place in places]
    while len(places) < count:
        # Halve where a straight line misses most of the restitution.
        missed = [
            abs(math.log(restitution_of(0.5 * (values[q] + values[q + 1])) / wanted(0.5 * (a + b))))
            for q, (a, b) in enumerate(pairwise(places))
        ]
        worst = int(np.argmax(missed))
        middle = 0.5 * (places[worst] + places[worst + 1])
        places.insert(worst + 1, middle)
        values.insert(worst + 1, damping(middle))
    return np.array(places), np.array(values)


@dataclass(frozen=True)
class AcceptRestitution(Accept):
    """Reads a coefficient of restitution: a number, a power law or a table of speeds."""

    listed = "a number, { value, at, exponent } or a list of [speed, value]: "

    _FORMS = (
        'a number, { value = 0.6, at = "1 m/s", exponent = 0.25 } or a list of speeds and '
        'numbers, [["0.1 m/s", 0.8], ["1 m/s", 0.6]]'
    )

    def read(self, value: Any) -> Any:
        """Read it: a number, a `PowerLaw` or a `SpeedTable`.

        Raises:
            QuantityError: none of these, or a coefficient, speed or exponent out of range.
        """
        if isinstance(value, (PowerLaw, SpeedTable)):
            return value
        if isinstance(value, Mapping):
            return self._power_law(value)
        if isinstance(value, (list, tuple)):
            return self._table(value)
        return super().read(value)

    def _power_law(self, value: Mapping[str, Any]) -> PowerLaw:
        if set(value) != {"value", "at", "exponent"}:
            raise QuantityError(dict(value), f": needs {self._FORMS}")
        return PowerLaw(
            super().read(value["value"]),
            _SPEED.read(value["at"]),
            _EXPONENT.read(value["exponent"]),
        )

    def _table(self, value: Any) -> SpeedTable:
        pairs = all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in value)
        if not value or not pairs:
            raise QuantityError(value, f": needs {self._FORMS}")
        if len(value) > MOST_PAIRS:
            raise QuantityError(value, f": at most {MOST_PAIRS} pairs are accepted")
        read = super().read
        out = tuple((_SPEED.read(speed), read(number)) for speed, number in value)
        if any(later[0] <= sooner[0] for sooner, later in pairwise(out)):
            raise QuantityError(value, ": speeds must rise")
        return SpeedTable(out)


_SPEED = Accept("speed", SLOWEST, FASTEST, example="1 m/s")
_EXPONENT = Accept("number", -2.0, 2.0, example="0.25")
