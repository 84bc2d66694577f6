"""A calibration: measurements, what simulations say of them, and the parameters that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpudem.calibration.bench_test import BenchTest
from gpudem.calibration.design import Design, Predictor, designs, run_designs
from gpudem.calibration.measurements import Measurements
from gpudem.calibration.parameters import Prior
from gpudem.calibration.posterior import DRAWS, Posterior, posterior_of
from gpudem.errors import GpudemError
from gpudem.files import file_errors, write_whole
from gpudem.study.study_folder import StudyFolder
from gpudem.study.uncertain import uncertain_text

#: Names of the files in a calibration's folder.
RESULT, MEASUREMENTS = "calibration.toml", "measurements.toml"
#: Draws that the result keeps, enough for any study.
_KEPT = 200


@dataclass(frozen=True)
class Calibration:
    """What came of measurements.

    Attributes:
        measurements: what was measured.
        predictor: of what the tests would give.
        posterior: of the parameters.
        source: file of the measurements.
    """

    measurements: Measurements
    predictor: Predictor
    posterior: Posterior
    source: str

    @property
    def values(self) -> dict[str, float]:
        """Median of each parameter, by key."""
        prior = self.posterior.prior
        return {one.key: float(np.median(self.posterior.column(one.name))) for one in prior.free}

    @property
    def errors(self) -> dict[str, float]:
        """Standard deviation of each parameter, by key."""
        prior = self.posterior.prior
        return {one.key: float(self.posterior.column(one.name).std()) for one in prior.free}

    @property
    def block(self) -> str:
        """The lines of a scene file with the values."""
        known = self.posterior.prior.known
        lines = ["[contact.bead_bead]"]
        told: dict[str, float] = {}
        for one in self.posterior.prior.free:
            value, error = self.values[one.key], self.errors[one.key]
            if not self.posterior.is_told(one.name):
                lines.append(f"# {one.name} = ...  # these measurements cannot tell")
                continue
            # To the digit behind the first one of the error.
            digits = max(2, int(np.ceil(-np.log10(error))) + 1) if error > 0.0 else 4
            told[one.name] = min(round(value, digits), told.get(one.below, np.inf))
            lines.append(f"{one.name} = {told[one.name]:.{digits}f}  # +- {error:.1g}")
        lines += [f"{name} = {value:g}  # given" for name, value in known.items()]
        return "\n".join(lines)

    @property
    def text(self) -> str:
        """The file of the result, for people and for `gpudem study --uncertain`."""
        drawn = self.posterior.draws[: min(DRAWS, _KEPT)]
        draws = {
            one.key: [float(value) for value in drawn[:, k]]
            for k, one in enumerate(self.posterior.prior.free)
        }
        tests = ", ".join(dict.fromkeys(self.predictor.test_of))
        comment = (
            f"Contact parameters from {Path(self.source).name}: {tests}.\n"
            "Medians and standard deviations of what the measurements leave; draws keep what goes\n"
            f"together. gpudem study STUDY --uncertain {RESULT}\n\n{self.block}"
        )
        return uncertain_text(self.values, self.errors, draws, comment)


def calibrate(
    measurements: Measurements,
    source: str,
    folder: Path,
    run: Callable[[StudyFolder], None],
    tell: Callable[[str], None],
    *,
    points: int | None = None,
    seed: int = 0,
) -> Calibration:
    """Calibrate: run what simulations are missing, and sample the posterior.

    Args:
        measurements: what was measured.
        source: file that they come from.
        folder: where simulations run and the result is written.
        run: runs the cases of a study's folder that are not done.
        tell: is told what happens.
        points: of each design; by default by the number of parameters.
        seed: of the posterior's random numbers.

    Raises:
        GpudemError: there is nothing to calibrate, or simulations failed.
    """
    prior, tests = measurements.known_before, measurements.tests
    if not prior.free:
        raise GpudemError(f"{source}: [prior] gives a value to each parameter; nothing is sought")
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    found = designs(tests, prior, folder, points)
    results = run_designs(found, run, tell)
    tell(f"samples the posterior of {', '.join(prior.names)}")
    predictor, posterior = sampled(tests, prior, results, seed)
    if found:
        # Once more where the measurements point to: a surrogate of all that is possible is coarse.
        results += run_designs(designs(tests, prior, folder, points, posterior.draws), run, tell)
        predictor, posterior = sampled(tests, prior, results, seed)
    made = Calibration(measurements, predictor, posterior, source)
    write_whole(folder / RESULT, made.text)
    return made


def sampled(
    tests: list[BenchTest],
    prior: Prior,
    results: list[tuple[Design, np.ndarray, np.ndarray]],
    seed: int = 0,
) -> tuple[Predictor, Posterior]:
    """What tests and their simulations say of the parameters.

    Args:
        tests: what was measured.
        prior: of the parameters.
        results: of each design: the design, values of its parameters and predictions.
        seed: of the posterior's random numbers.
    """
    from threadpoolctl import threadpool_limits

    # Small matrices: several threads take three to five times as long as one.
    with threadpool_limits(limits=1):
        predictor = Predictor(tests, prior, results)
        return predictor, posterior_of(predictor, prior, seed=seed)
