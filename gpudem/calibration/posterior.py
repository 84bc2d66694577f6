"""What measurements leave of the parameters: the posterior, sampled, and what they cannot tell.

The most likely values come from lmfit (least squares within bounds), the posterior from emcee
(Goodman & Weare 2010: an affine-invariant ensemble), started around them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gpudem.calibration.design import Predictor
from gpudem.calibration.measured import log_likelihood
from gpudem.calibration.parameters import Prior

#: Walkers per parameter, steps of each, and those at the beginning that are forgotten. Many walkers
#: and few steps: a step of many costs little more than one of few.
WALKERS, STEPS, FORGOTTEN = 48, 600, 200
#: Logarithm of the ratio of probabilities below which a walker is lost.
LOST = 15.0
#: Draws that are kept.
DRAWS = 400
#: A direction is decided by the prior where its deviation is more than this share of the prior's,
#: and resolved by the data below the other.
UNRESOLVED, RESOLVED = 0.7, 0.3


@dataclass(frozen=True)
class Posterior:
    """The parameters after the measurements.

    Attributes:
        prior: the parameters before.
        draws: shape (draws, parameters).
        likely: most likely values, shape (parameters,).
        sensitivity: change of each quantity, in standard errors of its measurement, over the
            prior's standard deviation of each parameter; at the most likely values, shape
            (quantities, parameters).
        residual: (measured - predicted) over the error of both, at the most likely values, as a
            normal deviate of the same probability, shape (quantities,).
        misfit: probability of residuals as large as these if the model holds [1].
        mixing: samples per independent one (autocorrelation time) of the slowest parameter.
    """

    prior: Prior
    draws: np.ndarray
    likely: np.ndarray
    sensitivity: np.ndarray
    residual: np.ndarray
    misfit: float
    mixing: float

    def column(self, name: str) -> np.ndarray:
        """Draws of a parameter."""
        return self.draws[:, self.prior.names.index(name)]

    def interval(self, name: str, share: float) -> tuple[float, float]:
        """Central interval that holds a share of the draws."""
        low, high = np.quantile(self.column(name), [0.5 - share / 2.0, 0.5 + share / 2.0])
        return float(low), float(high)

    def is_told(self, name: str) -> bool:
        """Whether the measurements respond to a parameter and narrow it."""
        responds = np.abs(self.sensitivity[:, self.prior.names.index(name)]).max() >= 1.0
        return bool(responds and self.narrowing[name] < UNRESOLVED)

    @property
    def correlation(self) -> np.ndarray:
        """Of the draws, shape (parameters, parameters)."""
        return np.atleast_2d(np.corrcoef(self.draws.T))

    @property
    def narrowing(self) -> dict[str, float]:
        """Standard deviation of each parameter after the measurements over that before."""
        ratio = self.draws.std(axis=0) / self.prior.deviations
        return dict(zip(self.prior.names, map(float, ratio), strict=True))

    def directions(self) -> list[tuple[np.ndarray, float]]:
        """Directions in the space of parameters, each scaled by its prior, best known first.

        Returns:
            Components of each direction, of length 1, shape (parameters,), and its standard
            deviation over the prior's in the same direction.
        """
        before = self.prior.spread(4096)
        scale = before.std(axis=0)
        prior, after = (np.atleast_2d(np.cov((x / scale).T)) for x in (before, self.draws))
        from scipy.linalg import eigh

        ratios, vectors = eigh(after, prior)
        # The eigenvectors are measured quantities; along these directions parameters may move.
        vectors = prior @ vectors
        vectors = vectors / np.linalg.norm(vectors, axis=0)
        return [
            (vector * math.copysign(1.0, vector[np.argmax(np.abs(vector))]), math.sqrt(max(r, 0.0)))
            for r, vector in zip(ratios, vectors.T, strict=True)
        ]


def posterior_of(
    predictor: Predictor, prior: Prior, *, seed: int = 0, steps: int = STEPS
) -> Posterior:
    """The posterior of the parameters.

    Args:
        predictor: of the measured quantities.
        prior: of the parameters.
        seed: of the random numbers.
        steps: of each walker, those that are forgotten included.
    """
    import emcee

    quantities = predictor.quantities

    def likelihood(points: np.ndarray) -> np.ndarray:
        out = np.full(len(points), -np.inf)
        allowed = prior.allows(points)
        if allowed.any():
            out[allowed] = log_likelihood(quantities, *predictor(points[allowed]))
        return out

    def logarithm(points: np.ndarray) -> np.ndarray:
        # Uniform within bounds that move with another parameter: their width is part of it.
        return likelihood(points) + _density(prior, points)

    likely = _most_likely(predictor, prior, likelihood)
    size = len(prior.free)
    walkers = WALKERS * size
    generator = np.random.default_rng(seed)
    start = _starts(prior, likely, walkers, likelihood, generator)
    state = np.random.RandomState(seed)
    sampler = emcee.EnsembleSampler(walkers, size, logarithm, vectorize=True)
    sampler.random_state = state.get_state()
    forgotten = min(FORGOTTEN, steps // 3)
    found = sampler.run_mcmc(start, forgotten, skip_initial_state_check=True)
    gathered = _gathered(found.coords, found.log_prob, prior, generator)
    sampler.reset()
    sampler.run_mcmc(gathered, steps - forgotten, skip_initial_state_check=True)
    mixing = float(np.max(sampler.get_autocorr_time(quiet=True, tol=0)))
    chain = sampler.get_chain(flat=True)
    draws = chain[generator.choice(len(chain), min(DRAWS * 10, len(chain)), replace=False)]
    mean, variance = predictor(likely[None, :])
    errors = np.sqrt([one.error**2 for one in quantities] + variance[0])
    measured = np.array([one.mean for one in quantities])
    freedom = np.array([one.freedom for one in quantities])
    residual = _as_normal((measured - mean[0]) / errors, freedom)
    sensitivity = _sensitivity(predictor, prior, likely, errors)
    resolved = int((draws.std(axis=0) < UNRESOLVED * prior.deviations).sum())
    misfit = _misfit(residual, resolved)
    return Posterior(prior, draws, likely, sensitivity, residual, misfit, mixing)


def _density(prior: Prior, points: np.ndarray) -> np.ndarray:
    """Logarithm of the prior's density where bounds depend on another parameter."""
    out = np.zeros(len(points))
    for one in prior.free:
        if one.below in prior.names:
            out -= np.log(np.maximum(prior.upper(one, points) - one.low, 1e-9))
    return out


def _most_likely(predictor: Predictor, prior: Prior, likelihood) -> np.ndarray:
    """By least squares within bounds, from the best of many points."""
    import lmfit

    measured = np.array([one.mean for one in predictor.quantities])
    errors = np.array([one.error for one in predictor.quantities])
    points = prior.spread(512)
    best = points[np.argmax(likelihood(points))]
    parameters = lmfit.Parameters()
    for one, value in zip(prior.free, best, strict=True):
        margin = 1e-6 * (one.high - one.low)
        inside = min(max(value, one.low + margin), one.high - margin)
        parameters.add(one.name, value=inside, min=one.low, max=one.high)

    def residuals(given: lmfit.Parameters) -> np.ndarray:
        point = np.array([[given[name].value for name in prior.names]])
        mean, variance = predictor(point)
        beyond = [
            max(0.0, given[one.name].value - given[one.below].value) / (one.high - one.low)
            for one in prior.free
            if one.below in prior.names
        ]
        wrong = (measured - mean[0]) / np.sqrt(errors**2 + variance[0])
        return np.concatenate([wrong, 1e3 * np.array(beyond)])

    if len(predictor.quantities) >= len(prior.free):
        found = lmfit.minimize(residuals, parameters, method="least_squares")
        point = np.array([found.params[name].value for name in prior.names])
        for k, one in enumerate(prior.free):
            if one.below in prior.names:
                point[k] = min(point[k], point[prior.names.index(one.below)])
        if likelihood(point[None, :])[0] >= likelihood(best[None, :])[0]:
            return point
    return best


def _starts(prior: Prior, likely: np.ndarray, walkers: int, likelihood, generator) -> np.ndarray:
    """Walkers drawn from the prior by their likelihood: none far from where it is."""
    points = prior.spread(4096)
    weight = likelihood(points)
    order = np.argsort(-weight)[:walkers]
    width = 0.02 * prior.deviations
    start = points[order] + generator.normal(size=(walkers, len(likely))) * 0.1 * width
    start[: walkers // 2] = likely + generator.normal(size=(walkers // 2, len(likely))) * width
    bad = ~prior.allows(start)
    start[bad] = points[order][bad]
    return start


def _gathered(places, logarithm, prior: Prior, generator) -> np.ndarray:
    """Walkers after they were let go, those that are lost far away put beside others.

    A walker where the posterior is exp(LOST) times lower than at the best one would stay there for
    longer than any run: it stands for nothing.
    """
    lost = logarithm < logarithm.max() - LOST
    kept = places[~lost]
    beside = kept[generator.integers(len(kept), size=int(lost.sum()))]
    moved = beside + 0.1 * kept.std(axis=0) * generator.normal(size=beside.shape)
    out = places.copy()
    out[lost] = np.where(prior.allows(moved)[:, None], moved, beside)
    return out


def _sensitivity(predictor, prior: Prior, likely: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Change of each quantity over a prior's deviation of each parameter, in errors."""
    out = np.zeros((len(errors), len(likely)))
    for k, (one, deviation) in enumerate(zip(prior.free, prior.deviations, strict=True)):
        step = 0.1 * deviation
        ends = np.tile(likely, (2, 1))
        ends[:, k] = np.clip([likely[k] - step, likely[k] + step], one.low, one.high)
        mean, _ = predictor(ends)
        out[:, k] = (mean[1] - mean[0]) / max(ends[1, k] - ends[0, k], 1e-12) * deviation / errors
    return out


def _as_normal(residual: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Residuals over errors of few measurements, as normal deviates of the same probability."""
    from scipy.stats import norm, t

    tail = np.maximum(t.sf(np.abs(residual), freedom), 1e-300)
    return np.sign(residual) * norm.isf(tail)


def _misfit(residual: np.ndarray, resolved: int) -> float:
    """Probability of a sum of squares as large as this (chi square).

    Args:
        residual: normal deviates, shape (quantities,).
        resolved: number of parameters that were fitted to them.
    """
    from scipy.stats import chi2

    return float(chi2.sf(float((residual**2).sum()), max(1, len(residual) - resolved)))
