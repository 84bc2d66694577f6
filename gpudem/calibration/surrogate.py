"""A surrogate of simulations: what they give between the points at which they were run.

A Gaussian process (scikit-learn; Rasmussen & Williams 2006) with a Matern 5/2 kernel and a length
of its own for each parameter. Its noise is the scatter between random packings, so it smooths
where simulations scatter, and says how well it knows the mean in between.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

#: Parts of the design that are left out in turn to test the surrogate.
_FOLDS = 6


class Surrogate:
    """The mean of one predicted quantity over the parameters.

    Args:
        points: values of the parameters, shape (runs, parameters).
        values: what the runs gave, shape (runs,).
        low, high: bounds of the parameters, shape (parameters,).
        near: which runs are near what the measurements point to, shape (runs,); its error is that
            found there. By default all.

    Attributes:
        noise: standard deviation between runs of the same parameters, as estimated.
        error: root mean square of the differences between left-out runs and what the others
            predict, less the noise: the surrogate's own error.
    """

    def __init__(
        self,
        points: np.ndarray,
        values: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        near: np.ndarray | None = None,
    ) -> None:
        self._low, self._width = low, np.maximum(high - low, 1e-12)
        self._middle = float(values.mean())
        self._scale = float(values.std()) or 1.0
        cube = self._cube(points)
        targets = (values - self._middle) / self._scale
        self._process = _fitted(cube, targets)
        self._white = float(self._process.kernel_.k2.noise_level)
        self.noise = math.sqrt(self._white) * self._scale
        wrong = self._left_out(cube, targets)
        if near is not None and near.any():
            wrong = wrong[near]
        self.error = self._scale * math.sqrt(max(0.0, float((wrong**2).mean()) - self._white))

    def _cube(self, points: np.ndarray) -> np.ndarray:
        return (points - self._low) / self._width

    def _left_out(self, cube: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Errors of cross-validation with the kernel as it was fitted, shape (runs,).

        Whole points are left out, with all their packings.
        """
        from sklearn.base import clone

        _, point = np.unique(cube.round(9), axis=0, return_inverse=True)
        point = point.ravel()
        wrong = np.zeros(len(targets))
        for fold in range(_FOLDS):
            out = point % _FOLDS == fold
            if not out.any() or out.all():
                continue
            process = clone(self._process).set_params(kernel=self._process.kernel_, optimizer=None)
            process.fit(cube[~out], targets[~out])
            wrong[out] = process.predict(cube[out]) - targets[out]
        return wrong

    def __call__(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the quantity, each shape (points,); points (points, parameters)."""
        from scipy.linalg import solve_triangular

        # As its `predict`, which checks its input for longer than it computes. Without the noise,
        # it is the variance of the mean, not of a single run.
        process, kernel, cube = self._process, self._process.kernel_.k1, self._cube(points)
        across = kernel(cube, process.X_train_)
        known = solve_triangular(process.L_, across.T, lower=True, check_finite=False)
        variance = np.maximum(kernel.diag(cube) - (known**2).sum(axis=0), 0.0)
        mean = self._middle + self._scale * (across @ process.alpha_)
        return mean, self._scale**2 * variance


def _fitted(cube: np.ndarray, targets: np.ndarray) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    lengths = np.full(cube.shape[1], 0.5)
    kernel = ConstantKernel(1.0, (0.05, 50.0)) * Matern(lengths, (0.1, 20.0), nu=2.5)
    kernel = kernel + WhiteKernel(1e-2, (1e-7, 1.0))
    process = GaussianProcessRegressor(kernel, n_restarts_optimizer=2, random_state=0)
    with warnings.catch_warnings():
        # A length at its bound means that the quantity does not respond to that parameter.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(cube, targets)
    return process
