r"""The response of a mill to its settings: polynomials in logarithms, with intervals of prediction.

ln y is fitted over ln x by least squares, each case with the same weight. The forms are the power
law, the one with squares, the one with products too, and the first two over the drive's speed with
coefficients of their own at each setting of all else. They are chosen between by their
leave-one-out error: each case is predicted from a fit without it, r_i = e_i / (1 - h_i) with the
residual e_i and the leverage h_i = x_i (X'X)^-1 x_i' (Allen's PRESS; Draper & Smith, Applied
Regression Analysis, 1998, sections 8.3 and 11.4). Where there are cases enough, only those count
that lie between others of their setting, as nothing is extrapolated. The simplest form that misses
by no more than `PLAIN` times the smallest error is taken; that of the smallest error itself would
have intervals that are too short.

A case at x has the variance s^2 (1 + h(x)): that of the fit, and the scatter of cases about it. s^2
is the mean of (1 - h_i) r_i^2, or the residual variance where that is larger, for which the choice
between forms costs a degree of freedom; the interval is that of Student's t.

Where the x are those of a case that was run with three seeds or more, its own mean is taken if that
is known better than the fit; its standard error is that of its seeds, or the median of all such
cases where that is larger.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gpudem.errors import GpudemError

#: Share that intervals cover.
COVERED = 0.95
#: Values that differ by no more than this share are the same setting.
SAME = 1e-3
#: Leave-one-out error, over the smallest of all forms, up to which a simpler form is preferred.
PLAIN = 1.1
#: Cases by which forms are chosen, at least, where not all count.
FEWEST_SCORED = 3
#: Variables up to which the hull of the cases is found; beyond, only their ranges count.
MOST_IN_HULL = 5
#: Seeds from which a case's own mean counts.
FEWEST_SEEDS = 3


class TooFewCases(GpudemError):
    """A fit needs more cases."""


@dataclass(frozen=True)
class Estimate:
    """A predicted value with its 95 % interval.

    Attributes:
        value: in the unit of what was fitted.
        reach: half the interval of its logarithm.
    """

    value: float
    reach: float

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.value * math.exp(-self.reach)

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.value * math.exp(self.reach)

    @property
    def half(self) -> float:
        """Half the interval's length over the value."""
        return math.sinh(self.reach)

    def over(self, top: float, share: float = 0.0) -> Estimate:
        """What ``top`` over this is.

        Args:
            top: known but for `share`.
            share: half of its 95 % interval over its value.
        """
        return Estimate(top / self.value, math.hypot(self.reach, share))


@dataclass(frozen=True)
class Form:
    """Which terms are fitted.

    Attributes:
        name: for reports.
        powers: of each ln x in each term, shape (terms, variables).
        apart: numbers of the variables whose values have coefficients of their own.
        levels: those values (logarithms), a tuple for each.
    """

    name: str
    powers: tuple[tuple[int, ...], ...]
    apart: tuple[int, ...] = ()
    levels: tuple[tuple[float, ...], ...] = ()

    def design(self, logs: np.ndarray) -> np.ndarray:
        """Rows of the least-squares problem; NaN where there are no coefficients.

        Args:
            logs: shape (points, variables).
        """
        terms = np.stack([np.prod(logs ** np.array(one), axis=1) for one in self.powers], axis=1)
        if not self.levels:
            return terms
        here = logs[:, list(self.apart)]
        own = [np.all(np.abs(here - np.array(one)) < SAME, axis=1) for one in self.levels]
        out = np.concatenate([np.where(mine[:, None], terms, 0.0) for mine in own], axis=1)
        out[~np.any(own, axis=0)] = math.nan
        return out


@dataclass(frozen=True)
class Response:
    """A fitted quantity over settings of a mill.

    Attributes:
        variables: names of the x.
        form: the terms.
        coefficients: of the terms.
        centre: mean ln x of the cases, shape (variables,).
        inverse: (X'X)^-1.
        scatter: s, of cases about the fit (logarithm).
        missed: rms leave-one-out error (logarithm), of cases between others where there are enough.
        freedom: cases less coefficients.
        cases: ln x of the cases less `centre`, shape (cases, variables).
        known: ln y of each case.
        reaches: half the 95 % interval of its own mean, infinite where it does not count.
    """

    variables: tuple[str, ...]
    form: Form
    coefficients: np.ndarray
    centre: np.ndarray
    inverse: np.ndarray
    scatter: float
    missed: float
    freedom: int
    cases: np.ndarray
    known: np.ndarray
    reaches: np.ndarray

    def predict(self, points: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Logarithms of the values at points, and half their 95 % intervals.

        Args:
            points: x by name, shape (points,).

        Returns:
            Both of shape (points,); NaN outside the cases.
        """
        value, reach = self.fitted(points)
        logs = self._logs(points)
        for log, known, own in zip(self.cases, self.known, self.reaches, strict=True):
            here = np.all(np.abs(logs - log) < SAME, axis=1) & (own < reach)
            value, reach = np.where(here, known, value), np.where(here, own, reach)
        return value, reach

    def fitted(self, points: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """As `predict`, by the fit alone."""
        logs = self._logs(points)
        rows = self.form.design(logs)
        value = rows @ self.coefficients
        spread = self.scatter * np.sqrt(1.0 + np.einsum("ij,jk,ik->i", rows, self.inverse, rows))
        reach = _student(self.freedom) * spread
        outside = ~self._covers(logs)
        value[outside], reach[outside] = math.nan, math.nan
        return value, reach

    def at(self, **values: float) -> Estimate:
        """The value at one point; NaN outside the cases."""
        value, reach = self.predict({name: np.array([x]) for name, x in values.items()})
        return Estimate(math.exp(value[0]), float(reach[0]))

    def _logs(self, points: Mapping[str, np.ndarray]) -> np.ndarray:
        values = np.stack([np.asarray(points[x], float) for x in self.variables], axis=1)
        # What is not above 0 lies outside the cases.
        return np.log(np.where(values > 0.0, values, math.nan)) - self.centre

    def _covers(self, logs: np.ndarray) -> np.ndarray:
        """Whether points lie among the cases: within their ranges and their convex hull."""
        low, high = self.cases.min(axis=0) - SAME, self.cases.max(axis=0) + SAME
        inside = np.all((logs >= low) & (logs <= high), axis=1)
        for face in self._faces:
            inside &= logs @ face[:-1] + face[-1] <= SAME
        return inside

    @cached_property
    def _faces(self) -> np.ndarray:
        """Faces of the cases' convex hull: outward normals and offsets; none in one dimension."""
        from scipy.spatial import ConvexHull

        dimensions = self.cases.shape[1]
        if not 1 < dimensions <= MOST_IN_HULL:
            return np.empty((0, dimensions + 1))
        return ConvexHull(self.cases).equations


def fit_response(
    points: Mapping[str, Sequence[float]],
    values: Sequence[float],
    *,
    errors: Sequence[float] | None = None,
    seeds: Sequence[int] | None = None,
    drive: str | None = None,
) -> Response:
    """Fit a response; the form is the one with the smallest leave-one-out error.

    Args:
        points: x of each case, by name; each takes two values or more.
        values: y of each case; NaN where there is none.
        errors: standard error of each y, from its seeds.
        seeds: their number.
        drive: the variable over which settings of all others may have coefficients of their own;
            such a fit tells nothing of other settings. None allows no such fit.

    Raises:
        GpudemError: too few cases, or a value that is not above 0.
    """
    names = tuple(points)
    y = np.asarray(values, float)
    kept = np.isfinite(y)
    x = np.stack([np.asarray(points[name], float)[kept] for name in names], axis=1)
    y = y[kept]
    if not (np.all(x > 0.0) and np.all(y > 0.0)):
        raise GpudemError("a fit in logarithms needs numbers above 0")
    logs, known = np.log(x), np.log(y)
    reaches = np.full(len(y), math.inf)
    if errors is not None and seeds is not None:
        reaches = _reaches(y, np.asarray(errors, float)[kept], np.asarray(seeds, int)[kept])
    centre = logs.mean(axis=0) if len(logs) else np.zeros(len(names))
    logs = logs - centre
    scored = _between(names, logs, drive)
    found = []
    for form in _forms(names, logs, drive):
        design = form.design(logs)
        freedom = len(y) - design.shape[1]
        if freedom < 2 or np.linalg.matrix_rank(design) < design.shape[1]:
            continue
        inverse = np.linalg.inv(design.T @ design)
        left = 1.0 - np.einsum("ij,jk,ik->i", design, inverse, design)
        if left.min() < 1e-6:
            continue  # a case that nothing else foretells
        coefficients = inverse @ design.T @ known
        rest = known - design @ coefficients
        # The choice between forms costs a degree of freedom too.
        variance = max(float(rest @ rest) / (freedom - 1), float(np.mean(rest**2 / left)))
        found.append(
            Response(
                variables=names,
                form=form,
                coefficients=coefficients,
                centre=centre,
                inverse=inverse,
                scatter=math.sqrt(variance),
                missed=float(np.sqrt(np.mean((rest / left)[scored] ** 2))),
                freedom=freedom,
                cases=logs,
                known=known,
                reaches=reaches,
            )
        )
    if not found:
        raise TooFewCases(
            f"{len(y)} different settings are too few for a fit over {' and '.join(names)}: at "
            f"least {len(names) + 3} are needed, with several values of each"
        )
    least = min(one.missed for one in found)
    # Simple ones come first. Below a billionth all is rounding.
    return next(one for one in found if one.missed <= max(PLAIN * least, 1e-9))


def _forms(names: Sequence[str], logs: np.ndarray, drive: str | None) -> list[Form]:
    """The forms to choose from, simple ones first."""
    count = len(names)
    unit = [tuple(int(k == n) for k in range(count)) for n in range(count)]
    constant = (0,) * count
    values = [len(np.unique(np.round(column / SAME))) for column in logs.T]
    square = [
        tuple(2 * power for power in one) for one, n in zip(unit, values, strict=True) if n > 2
    ]
    product = [
        tuple(a + b for a, b in zip(one, other, strict=True))
        for one, other in itertools.combinations(unit, 2)
    ]
    forms = [Form("power law", (constant, *unit))]
    if square:
        forms.append(Form("squares in logarithms", (constant, *unit, *square)))
    if product:
        forms.append(Form("products in logarithms", (constant, *unit, *product)))
    if square and product:
        forms.append(Form("quadratic in logarithms", (constant, *unit, *square, *product)))
    if drive in names and count > 1:
        n = names.index(drive)
        apart = tuple(k for k in range(count) if k != n)
        rounded = np.round(logs[:, list(apart)] / SAME).astype(int)
        first = np.unique(rounded, axis=0, return_index=True)[1]
        levels = tuple(tuple(map(float, logs[k, list(apart)])) for k in sorted(first))
        linear = (constant, unit[n])
        curved = (*linear, tuple(2 * power for power in unit[n]))
        forms.append(Form(f"power law in {drive} at each setting", linear, apart, levels))
        forms.append(Form(f"quadratic in {drive} at each setting", curved, apart, levels))
    return forms


def _between(names: Sequence[str], logs: np.ndarray, drive: str | None) -> np.ndarray:
    """Which cases lie, in the drive, between others of their setting; all where these are few."""
    everything = np.ones(len(logs), dtype=bool)
    if drive not in names:
        return everything
    n = names.index(drive)
    others = np.round(np.delete(logs, n, axis=1) / SAME).astype(int)
    same = np.all(others[:, None] == others[None], axis=2)
    slower = logs[None, :, n] < logs[:, None, n] - SAME
    faster = logs[None, :, n] > logs[:, None, n] + SAME
    found = (same & slower).any(axis=1) & (same & faster).any(axis=1)
    return found if found.sum() >= FEWEST_SCORED else everything


@functools.cache
def _student(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 * (1.0 + COVERED), freedom))


def _reaches(y: np.ndarray, errors: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Half the 95 % interval of each case's own mean; infinite where it does not count."""
    counted = np.isfinite(errors) & (errors > 0.0) & (seeds >= FEWEST_SEEDS)
    if not counted.any():
        return np.full(len(y), math.inf)
    # Three seeds may lie close together by chance, which then is so of few cases only.
    share = np.maximum(errors / y, np.median((errors / y)[counted]))
    return np.array(
        [
            _student(int(n) - 1) * one if use else math.inf
            for one, n, use in zip(share, seeds, counted, strict=True)
        ]
    )
