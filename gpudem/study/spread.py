"""What uncertain parameters make of a study's answers: spread over draws, intervals, shares.

Each draw is run with seeds of its own, so the variance over draws is that of the parameters and
that of chance, which the standard errors within runs tell:

    spread^2 = variance over draws - mean of squared standard errors of the draws

The 90 % interval is about the central value, log-normal, since all that it is told of is above 0;
its relative variance is that of the spread and of the central value's standard error, with
Student's t for as many draws. Where what the draws do is no straight line, their mean lies off the
central value, which `Spread.off` tells.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.numbers import NAN
from gpudem.study.dataset import DRAW, DRAWN, drawn_names
from gpudem.study.laws import cases_of
from gpudem.study.seeds import mean_over_seeds, parts_of
from gpudem.study.uncertain import FEWEST_DRAWS

if TYPE_CHECKING:
    import pandas
    import xarray

#: Quantities that are told of: name in the data set to words and kind of `Value`.
PROPAGATED: dict[str, tuple[str, str]] = {
    "milling_time": ("time", "time"),
    "specific_energy": ("E_m", "specific_energy"),
    "power": ("P", "power"),
    "stress_energy_90": ("SE_90", "energy"),
    "stress_frequency_90": ("SF_90", "rate"),
    "stress_energy": ("SE", "energy"),
    "stress_frequency": ("SF", "rate"),
}
#: Probability of intervals.
_INSIDE = 0.90


@dataclass(frozen=True)
class Influence:
    """How a quantity goes with one uncertain parameter, by a straight line over all of them.

    Attributes:
        name: of the parameter.
        coefficient: standardised: standard deviations of the quantity for one of the parameter.
        effect: change of the quantity for one standard deviation of the parameter, over its mean.
        share: of the variance over draws, from 0 to 1; what parameters that are drawn together
            do together is parted between them (relative weights, Johnson 2000).
    """

    name: str
    coefficient: float
    effect: float
    share: float


@dataclass(frozen=True)
class Spread:
    """A quantity at one point of a study, and what is not known of it.

    Attributes:
        quantity: name in the data set.
        point: values of the coordinates.
        value: for the central values of the parameters [SI].
        error: its standard error, by chance alone; NaN where it is not known.
        chance: standard error of a draw by chance alone; NaN where it is not known.
        spread: standard deviation by the parameters alone; by chance too, where that is not known.
        low, high: 90 % interval, of parameters and chance.
        mean: over the draws.
        off: how far the mean lies off the value, in standard errors of the difference.
        draws: that are done.
        influences: of each parameter; none with too few draws.
    """

    quantity: str
    point: Mapping[str, Any]
    value: float
    error: float
    chance: float
    spread: float
    low: float
    high: float
    mean: float
    off: float
    draws: int
    influences: tuple[Influence, ...]

    @property
    def most(self) -> Influence | None:
        """The parameter with the largest share."""
        return max(self.influences, key=lambda one: one.share, default=None)


def spreads_of(
    dataset: xarray.Dataset, quantities: Sequence[str] = tuple(PROPAGATED)
) -> list[Spread]:
    """What uncertain parameters make of quantities, at each point that has enough draws.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned, of a study with such parameters.
        quantities: names in it.

    Returns:
        For each quantity that is known each point; where the central case or draws are not done
        yet, none.
    """
    found = []
    parameters = drawn_names(dataset)
    for point, central, drawn in _points(dataset):
        x = drawn[[DRAWN + one for one in parameters]].to_numpy(float)
        for name in quantities:
            value = float(central[name])
            y = drawn[name].to_numpy(float)
            if math.isfinite(value) and np.isfinite(y).all():
                error = float(central.get(f"{name}_error", NAN))
                errors = drawn.get(f"{name}_error", np.full_like(y, NAN))
                influences = influences_in(parameters, x, y)
                found.append(_spread(name, point, value, error, y, np.asarray(errors), influences))
    return sorted(found, key=lambda one: quantities.index(one.quantity))


def _points(
    dataset: xarray.Dataset,
) -> list[tuple[dict[str, Any], pandas.Series, pandas.DataFrame]]:
    """Each point with its central case and its draws, means over seeds."""
    if DRAW not in dataset.coords:
        return []
    names = [str(name) for name in dataset.coords]
    frame = mean_over_seeds(cases_of(dataset), names)
    if frame.empty:
        return []
    others = [name for name in names if name in frame and name not in (DRAW, "seed", "case")]
    found = []
    for key, part in parts_of(frame, others):
        central, drawn = part[part[DRAW] == 0], part[part[DRAW] > 0]
        if len(central) and len(drawn) >= FEWEST_DRAWS:
            found.append((dict(zip(others, key, strict=True)), central.iloc[0], drawn))
    return found


def _spread(
    quantity: str,
    point: Mapping[str, Any],
    value: float,
    error: float,
    drawn: np.ndarray,
    errors: np.ndarray,
    influences: tuple[Influence, ...],
) -> Spread:
    count, mean, total = len(drawn), float(drawn.mean()), float(drawn.var(ddof=1))
    known = errors[np.isfinite(errors)]
    chance = math.sqrt(float((known**2).mean())) if len(known) else NAN
    spread = math.sqrt(max(0.0, total - (chance**2 if len(known) else 0.0)))
    within = 0.0 if math.isnan(error) else error
    low, high = _interval(value, math.hypot(spread, within), count)
    scatter = math.sqrt(total / count + within**2)
    off = (mean - value) / scatter if scatter else 0.0
    return Spread(
        quantity, point, value, error, chance, spread, low, high, mean, off, count, influences
    )


def _interval(value: float, deviation: float, draws: int) -> tuple[float, float]:
    """Ends of the log-normal interval about a value above 0 with a standard deviation."""
    from scipy.stats import t

    if value <= 0.0:
        return NAN, NAN
    width = float(t.ppf(0.5 + 0.5 * _INSIDE, draws - 1))
    width *= math.sqrt(math.log1p((deviation / value) ** 2))
    return value * math.exp(-width), value * math.exp(width)


def influences_in(names: Sequence[str], x: np.ndarray, y: np.ndarray) -> tuple[Influence, ...]:
    """How a quantity goes with parameters: a linear regression of standardised values.

    Args:
        names: of the parameters.
        x: their drawn values, shape (draws, parameters).
        y: of the quantity, shape (draws,).

    Returns:
        One for each parameter; none where the draws are too few to tell, or y does not differ.
    """
    draws, count = x.shape
    # One more than the straight line needs, of which something is left to see.
    if draws < count + 2 or not y.std() or not x.std(axis=0).all():
        return ()
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    told = (y - y.mean()) / y.std()
    among, with_y = scaled.T @ scaled / draws, scaled.T @ told / draws
    # The nearest parameters that do not go together: their root is that of the correlations.
    sizes, turned = np.linalg.eigh(among)
    root = turned @ np.diag(np.sqrt(np.maximum(sizes, 0.0))) @ turned.T
    apart = np.linalg.pinv(root, rcond=1e-6) @ with_y
    coefficients = np.linalg.pinv(root, rcond=1e-6) @ apart
    shares = root**2 @ apart**2
    size = float(y.std(ddof=1) / abs(y.mean()))
    return tuple(
        Influence(name, float(coefficient), float(coefficient) * size, float(share))
        for name, coefficient, share in zip(names, coefficients, shares, strict=True)
    )


def draws_over_points(dataset: xarray.Dataset, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """What draws give over all points of a study together, so that chance averages out.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.
        quantity: name in it.

    Returns:
        Values of the parameters, shape (draws, parameters), and of the quantity over its mean over
        draws, the mean over points, shape (draws,); of draws that are done at all points.
    """
    columns = [DRAWN + name for name in drawn_names(dataset)]
    points = [drawn.set_index(DRAW) for _, _, drawn in _points(dataset)]
    if not points:
        return np.empty((0, len(columns))), np.empty(0)
    together = sum(one[quantity] / one[quantity].mean() for one in points) / len(points)
    together = together.dropna()
    return points[0].loc[together.index, columns].to_numpy(float), together.to_numpy(float)


def influences_over_points(dataset: xarray.Dataset, quantity: str) -> tuple[Influence, ...]:
    """How a quantity goes with parameters over all points of a study together."""
    return influences_in(drawn_names(dataset), *draws_over_points(dataset, quantity))
