"""A measured quantity: values of repeated measurements, their mean and its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """One quantity that a test measures and a simulation predicts.

    Attributes:
        name: in tables, such as "swing 3".
        values: of repeated measurements [SI].
        deviation: standard deviation of a single measurement [SI], where it is known; it is needed
            of a quantity measured once.
        kind: kind of quantity, as in `gpudem.units.KINDS`.
        fitted: mean, its standard error and degrees of freedom, where they come from a regression
            over the values instead.
        weight: in the likelihood; below 1 where it errs together with others.
    """

    name: str
    values: tuple[float, ...]
    deviation: float | None
    kind: str
    fitted: tuple[float, float, float] | None = None
    weight: float = 1.0

    @property
    def mean(self) -> float:
        """Mean of the measurements [SI]."""
        if self.fitted is not None:
            return self.fitted[0]
        return float(np.mean(self.values))

    @property
    def error(self) -> float:
        """Standard error of the mean [SI].

        From the known deviation of a measurement, or from the scatter of several.
        """
        count = len(self.values)
        if self.fitted is not None:
            return self.fitted[1]
        if self.deviation is not None:
            return self.deviation / math.sqrt(count)
        return float(np.std(self.values, ddof=1)) / math.sqrt(count)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the error; infinite where it is known."""
        if self.fitted is not None:
            return self.fitted[2]
        return math.inf if self.deviation is not None else len(self.values) - 1.0


def measured(
    name: str,
    values: Sequence[float] | np.ndarray,
    deviation: float | None,
    usual: float,
    kind: str,
) -> Measured:
    """A quantity with the deviation that it takes.

    Args:
        name: in tables.
        values: of repeated measurements [SI].
        deviation: of a single one, where the user gave it [SI].
        usual: what is assumed of fewer than three measurements, whose own scatter tells nothing
            [SI].
        kind: kind of quantity.
    """
    own = float(np.std(values, ddof=1)) if len(values) > 2 else 0.0
    # The same reading over and over tells how finely it was read, not how well it is known.
    if deviation is None and own <= 1e-9 * float(np.max(np.abs(values))):
        deviation = usual
    return Measured(name, tuple(float(value) for value in values), deviation, kind)


def log_likelihood(
    quantities: Sequence[Measured], predicted: np.ndarray, variance: np.ndarray
) -> np.ndarray:
    """Logarithm of the likelihood of measurements, but for a constant.

    Student's t distribution of each mean, whose scale holds the scatter of the measurements and the
    prediction's own variance; a normal distribution where the scatter is known.

    Args:
        quantities: that were measured.
        predicted: for each point, shape (points, quantities).
        variance: of the prediction, likewise.

    Returns:
        Shape (points,).
    """
    total = np.zeros(len(predicted))
    for k, one in enumerate(quantities):
        scale = one.error**2 + variance[:, k]
        square = (predicted[:, k] - one.mean) ** 2 / scale
        if math.isinf(one.freedom):
            unlikely = 0.5 * square
        else:
            unlikely = 0.5 * (one.freedom + 1.0) * np.log1p(square / one.freedom)
        total -= one.weight * (unlikely + 0.5 * np.log(scale))
    return total
