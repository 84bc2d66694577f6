r"""Power laws y = C x1^a x2^b, fitted, with intervals and tests whether they hold.

The logarithm of y is fitted by least squares, each case with the same weight. Two intervals are
told for each exponent, for they answer different questions:

- *chance*: what other seeds would give. Each case is drawn anew from its seeds, with replacement,
  and fitted again (percentile bootstrap); needs two seeds or more.
- *law*: by how much cases lie off the law, whether by chance or because it is none (Student's t
  with the scatter about the line).

Whether a power law holds is tested in two ways: the F test for lack of fit, which compares the
scatter about the line with that between seeds (Draper & Smith, Applied Regression Analysis, 1998,
section 2.1), and the *bend*: by how much the local exponent changes from the smallest to the
largest value, by a fit with a quadratic term in that variable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gpudem.errors import GpudemError
from gpudem.numbers import NAN
from gpudem.plain_text import plural

#: Draws of the bootstrap.
DRAWS = 2000
#: Share that intervals cover.
COVERED = 0.95
#: Probability below which a power law is rejected.
REJECTED_BELOW = 0.01
#: A law through fewer points is indicative only.
FEWEST_POINTS = 5


def why_indicative(points: int, steady: bool) -> str:
    """Why a power law is indicative only; "" where it is not.

    Args:
        points: different settings that it was fitted to.
        steady: whether all cases are shown to be steady.
    """
    reasons = [plural(points, "point")] if points < FEWEST_POINTS else []
    reasons += [] if steady else ["not steady"]
    return ", ".join(reasons)


@dataclass(frozen=True)
class Exponent:
    """An exponent of a power law.

    Attributes:
        value: by least squares.
        chance: 95 % interval over seeds; NaN without several seeds.
        law: 95 % interval by the scatter about the law; NaN where there are too few cases.
        bend: local exponent at the largest value less that at the smallest; NaN with fewer than
            three values.
        bend_error: its standard error.
    """

    value: float
    chance: tuple[float, float]
    law: tuple[float, float]
    bend: float
    bend_error: float

    @property
    def bends(self) -> bool:
        """Whether the exponent surely changes over the range."""
        return abs(self.bend) > 3.0 * self.bend_error and abs(self.bend) > 0.1


@dataclass(frozen=True)
class PowerLaw:
    """A fitted power law y = C x1^a x2^b ...

    Attributes:
        variables: names of the x.
        exponents: by name.
        logarithm: ln C, with the x and y in the units in which they were given.
        centre: mean of ln x of the cases, by name.
        scatter: rms of the cases' relative departures from the law.
        largest: their largest relative departure, signed.
        lack_of_fit: probability of a scatter about the law as large as this if it held; NaN
            without several seeds or with as many parameters as cases.
        cases: number of cases, seeds taken together.
        seeds: least number of seeds of a case.
        covariance: of (ln C at the centre, exponents ...), by the scatter about the law.
        limits: smallest and largest value of each x.
    """

    variables: tuple[str, ...]
    exponents: Mapping[str, Exponent]
    logarithm: float
    centre: Mapping[str, float]
    scatter: float
    largest: float
    lack_of_fit: float
    cases: int
    seeds: int
    covariance: np.ndarray
    limits: Mapping[str, tuple[float, float]]

    @property
    def rejected(self) -> bool:
        """Whether cases lie farther off than chance explains."""
        return self.lack_of_fit < REJECTED_BELOW

    def at(self, **values: float) -> float:
        """The law's y."""
        powers = sum(self.exponents[x].value * math.log(values[x]) for x in self.variables)
        return math.exp(self.logarithm + powers)

    def relative_error(self, **values: float) -> float:
        """Standard error of a case that is predicted at these values, as a share of it.

        That of the law itself and the scatter of cases about it.
        """
        row = np.array([1.0, *(math.log(values[x]) - self.centre[x] for x in self.variables)])
        freedom = self.cases - len(row)
        if freedom < 1:
            return NAN
        scatter = self.scatter**2 * self.cases / freedom
        return math.sqrt(float(row @ self.covariance @ row) + scatter)

    def covers(self, **values: float) -> bool:
        """Whether values lie within those of the cases, a thousandth beyond allowed."""
        return all(
            low * 0.999 <= values[x] <= high * 1.001 for x, (low, high) in self.limits.items()
        )


def fit_power_law(
    variables: Mapping[str, Sequence[float]],
    values: Sequence[Sequence[float]],
    *,
    seed: int = 1,
) -> PowerLaw:
    """Fit a power law.

    Args:
        variables: x of each case, by name; each takes two values or more.
        values: y of each case, one a seed; NaN where there is none.
        seed: of the bootstrap.

    Raises:
        GpudemError: fewer cases than parameters, or a value that is not above 0.
    """
    names = tuple(variables)
    rows = [np.asarray(row, float)[np.isfinite(row)] for row in values]
    kept = [n for n, row in enumerate(rows) if len(row)]
    rows = [rows[n] for n in kept]
    x = {name: np.asarray(variables[name], float)[kept] for name in names}
    for name, array in [*x.items(), ("values", np.concatenate(rows) if rows else np.ones(1))]:
        if not np.all(array > 0.0):
            raise GpudemError(f"a power law needs numbers above 0; {name} has others")
    logs = {name: np.log(array) for name, array in x.items()}
    centre = {name: float(array.mean()) for name, array in logs.items()}
    design = np.column_stack([np.ones(len(rows)), *(logs[name] - centre[name] for name in names)])
    if len(rows) < design.shape[1] or np.linalg.matrix_rank(design) < design.shape[1]:
        raise GpudemError(
            f"{len(rows)} cases are too few for a power law over {' and '.join(names)}: each needs "
            "two values or more that vary apart from each other"
        )
    seeds_logs = [np.log(row) for row in rows]
    mean = np.array([row.mean() for row in seeds_logs])
    solve = np.linalg.pinv(design)
    fitted = solve @ mean
    rest = mean - design @ fitted
    freedom = len(rows) - design.shape[1]
    variance = float(rest @ rest) / freedom if freedom else NAN
    covariance = variance * np.linalg.inv(design.T @ design)
    chance = _bootstrap(solve, seeds_logs, seed)
    law = _law_intervals(fitted, covariance, freedom)
    bends = _bends(design, mean, [logs[name] for name in names])
    exponents = {
        name: Exponent(float(fitted[n]), chance[n], law[n], *bends[n - 1])
        for n, name in enumerate(names, start=1)
    }
    relative = np.expm1(rest)
    return PowerLaw(
        variables=names,
        exponents=exponents,
        logarithm=float(fitted[0])
        - sum(float(fitted[n + 1]) * centre[x] for n, x in enumerate(names)),
        centre=centre,
        scatter=float(np.sqrt(np.mean(rest**2))),
        largest=float(relative[np.argmax(np.abs(rest))]),
        lack_of_fit=_lack_of_fit(rest, seeds_logs, freedom),
        cases=len(rows),
        seeds=min(map(len, rows)),
        covariance=covariance,
        limits={name: (float(array.min()), float(array.max())) for name, array in x.items()},
    )


def _bootstrap(
    solve: np.ndarray, seeds: Sequence[np.ndarray], seed: int
) -> list[tuple[float, float]]:
    """Intervals of all parameters over seeds drawn anew."""
    if min(map(len, seeds)) < 2:
        return [(NAN, NAN)] * len(solve)
    random = np.random.default_rng(seed)
    means = np.column_stack(
        [
            # A mean of k draws scatters less than one of k seeds does, by sqrt((k - 1) / k).
            row.mean()
            + (row[random.integers(len(row), size=(DRAWS, len(row)))].mean(axis=1) - row.mean())
            * math.sqrt(len(row) / (len(row) - 1))
            for row in seeds
        ]
    )
    found = means @ solve.T
    edges = 50.0 * (1.0 - COVERED), 50.0 * (1.0 + COVERED)
    low, high = np.percentile(found, edges, axis=0)
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def _law_intervals(
    fitted: np.ndarray, covariance: np.ndarray, freedom: int
) -> list[tuple[float, float]]:
    from scipy.stats import t

    if freedom < 1:
        return [(NAN, NAN)] * len(fitted)
    reach = float(t.ppf(0.5 * (1.0 + COVERED), freedom)) * np.sqrt(np.diag(covariance))
    return [(float(a - b), float(a + b)) for a, b in zip(fitted, reach, strict=True)]


def _bends(
    design: np.ndarray, mean: np.ndarray, logs: Sequence[np.ndarray]
) -> list[tuple[float, float]]:
    """Change of each local exponent over its range, and the standard error of that."""
    found = []
    for log in logs:
        away = log - log.mean()
        freedom = len(mean) - design.shape[1] - 1
        if len(set(log.tolist())) < 3 or freedom < 1:
            found.append((NAN, NAN))
            continue
        wider = np.column_stack([design, away**2])
        fitted = np.linalg.pinv(wider) @ mean
        rest = mean - wider @ fitted
        error = math.sqrt(float(rest @ rest) / freedom * np.linalg.inv(wider.T @ wider)[-1, -1])
        span = 2.0 * float(np.ptp(log))
        found.append((float(fitted[-1]) * span, error * span))
    return found


def _lack_of_fit(rest: np.ndarray, seeds: Sequence[np.ndarray], freedom: int) -> float:
    """Probability of such a scatter of the cases' means about the law, by that between seeds."""
    from scipy.stats import f

    pure = sum(float(((row - row.mean()) ** 2).sum()) for row in seeds)
    pure_freedom = sum(len(row) - 1 for row in seeds)
    if freedom < 1 or pure_freedom < 1 or pure <= 0.0:
        return NAN
    lack = sum(len(row) * float(r) ** 2 for row, r in zip(seeds, rest, strict=True)) / freedom
    return float(f.sf(lack / (pure / pure_freedom), freedom, pure_freedom))
