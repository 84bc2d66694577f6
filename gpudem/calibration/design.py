"""The simulations of a calibration: bench tests at points spread over the parameters, as studies.

Each simulation of a test is a study in a folder of its own, so it resumes, runs on clusters and is
never done twice, as any other (docs/howto/study.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpudem.calibration.bench_test import BenchTest, Simulated
from gpudem.calibration.parameters import Prior
from gpudem.calibration.surrogate import Surrogate
from gpudem.errors import GpudemError
from gpudem.runfile.reader import open_run
from gpudem.study.axis import value_text
from gpudem.study.study import Study, study_from_text, value_at
from gpudem.study.study_folder import StudyFolder

#: Points of the design for each parameter that a test responds to.
POINTS = {1: 8, 2: 20, 3: 40}
#: Fewest runs that a surrogate is made of.
_FEWEST = 6
_DIGITS = 5
#: How much wider than the draws of a posterior its points are spread.
_WIDER = 1.5


@dataclass(frozen=True)
class Design:
    """A simulation of a test at all points.

    Attributes:
        test: the test.
        number: of the simulation among those of the test.
        simulated: what it is.
        study: its cases.
        folder: where they run.
        names: parameters that vary, in the order of columns.
        near: whether its points lie around what the measurements point to.
    """

    test: BenchTest
    number: int
    simulated: Simulated
    study: Study
    folder: Path
    names: tuple[str, ...]
    near: bool = False

    def prepare(self) -> StudyFolder:
        """Its folder, with a folder for each case."""
        return StudyFolder.prepare(self.folder, self.study, self.study.cases())

    def results(self) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """What the runs gave.

        Returns:
            Values of the parameters, shape (runs, parameters); predictions, shape (runs,
            quantities); and what went wrong with others, a line each.

        """
        points, values, faults = [], [], []
        for case in StudyFolder(self.folder).cases:
            if not case.done:
                failed = case.failure
                faults.append(f"{case.path}: {failed['message'] if failed else 'did not run'}")
                continue
            scene = case.scene
            try:
                with open_run(case.run_file) as run:
                    values.append(self.test.observe(run, self.number))
            except ValueError as error:
                faults.append(f"{case.path}: {error}")
                continue
            points.append([value_at(scene, f"contact.bead_bead.{name}") for name in self.names])
        return np.array(points, float), np.array(values, float), faults


def designs(
    tests: list[BenchTest],
    prior: Prior,
    folder: Path,
    points: int | None = None,
    near: np.ndarray | None = None,
) -> list[Design]:
    """The simulations that tests need.

    Args:
        tests: what was measured.
        prior: parameters that are sought.
        folder: of the calibration.
        points: of each design; by default by the number of parameters.
        near: draws from a posterior, shape (draws, parameters), around which half as many points
            are spread, instead of over the prior.
    """
    found = []
    entries: dict[str, int] = {}
    for test in tests:
        entry = entries[test.NAME] = entries.get(test.NAME, 0) + 1
        for number, simulated in enumerate(test.simulations()):
            free = tuple(one for one in prior.free if one.name in test.RESPONDS)
            if not free:
                text = "[prior] gives all that it responds to; leave the table out"
                raise GpudemError(f"[{test.NAME}]: {text}")
            own = Prior(free, prior.known)
            wanted = points or POINTS[len(free)]
            name = f"{test.NAME}-{entry}" + (f"-{number + 1}" if number else "")
            if near is None:
                spread = own.spread(wanted)
            else:
                columns = [prior.names.index(one.name) for one in free]
                spread = _around(own, near[:, columns], max(_FEWEST, wanted // 2))
                name += "-near"
            study = _study(test, simulated, own, spread)
            around = near is not None
            found.append(Design(test, number, simulated, study, folder / name, own.names, around))
    return found


def _around(prior: Prior, draws: np.ndarray, points: int) -> np.ndarray:
    """Points spread a little wider than draws, within the prior."""
    chosen = draws[np.linspace(0, len(draws) - 1, points).astype(int)]
    wider = draws.mean(axis=0) + _WIDER * (chosen - draws.mean(axis=0))
    inside = prior.allows(wider)
    return np.where(inside[:, None], wider, chosen)


def _study(test: BenchTest, simulated: Simulated, prior: Prior, spread: np.ndarray) -> Study:
    settings = dict(simulated.settings)
    for name, value in prior.known.items():
        settings[f"contact.bead_bead.{name}"] = value_text(value)
    lines = [
        f"title = {value_text(f'Calibration: {test.TITLE}')}",
        f"scene = {value_text(simulated.scene)}",
        'design = "zip"',
        f"seeds = {simulated.seeds}",
        "",
        "[set]",
        *(f"{key} = {value}" for key, value in settings.items()),
        "",
        "[vary]",
    ]
    for one, column in zip(prior.free, spread.T, strict=True):
        # Rounded down, so that what must not exceed another still does not.
        values = [math.floor(value * 10.0**_DIGITS) / 10.0**_DIGITS for value in column]
        lines.append(f"{one.key} = {value_text(values)}")
    return study_from_text("\n".join([*lines, ""]), f"{test.NAME}.toml")


class Predictor:
    """What all tests would measure, over the parameters.

    Args:
        tests: what was measured.
        prior: parameters that are sought.
        results: of each design: the design, values of its parameters and predictions.

    Attributes:
        surrogates: of each simulated quantity: number of the quantity, and its surrogate.
    """

    def __init__(
        self,
        tests: list[BenchTest],
        prior: Prior,
        results: list[tuple[Design, np.ndarray, np.ndarray]],
    ) -> None:
        self._tests, self._prior = tests, prior
        self.quantities = [one for test in tests for one in test.quantities]
        self.test_of = [test.TITLE for test in tests for _ in test.quantities]
        first, begin = {}, 0
        for test in tests:
            first[id(test)] = begin
            begin += len(test.quantities)
        self._first = first
        bounds = {one.name: (one.low, one.high) for one in prior.free}
        self.surrogates: list[tuple[int, tuple[int, ...], Surrogate]] = []
        # Designs of the same simulation are one surrogate.
        parts: dict[tuple[int, int], list[tuple[Design, np.ndarray, np.ndarray]]] = {}
        for design, points, values in results:
            parts.setdefault((first[id(design.test)], design.number), []).append(
                (design, points, values)
            )
        for (begin, _), several in parts.items():
            design = several[0][0]
            points = np.vstack([part[1] for part in several if len(part[1])] or [np.empty((0, 1))])
            if len(points) < _FEWEST:
                raise GpudemError(f"{design.folder}: only {len(points)} runs are of use")
            values = np.vstack([part[2] for part in several if len(part[2])])
            near = np.concatenate([np.full(len(part[1]), part[0].near) for part in several])
            low, high = np.array([bounds[name] for name in design.names]).T
            columns = tuple(prior.names.index(name) for name in design.names)
            for k, quantity in enumerate(design.simulated.quantities):
                made = Surrogate(points, values[:, k], low, high, near)
                self.surrogates.append((begin + quantity, columns, made))

    def __call__(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Predictions and their variances, each shape (points, quantities)."""
        shape = len(points), len(self.quantities)
        mean, variance = np.full(shape, np.nan), np.zeros(shape)
        values = {name: points[:, k] for k, name in enumerate(self._prior.names)}
        values |= {k: np.full(len(points), v) for k, v in self._prior.known.items()}
        for test in self._tests:
            found = test.predict(values)
            if found is not None:
                begin = self._first[id(test)]
                mean[:, begin : begin + found.shape[1]] = found
        for number, columns, surrogate in self.surrogates:
            mean[:, number], variance[:, number] = surrogate(points[:, columns])
            variance[:, number] += surrogate.error**2
        return mean, variance


def run_designs(
    found: list[Design], run: Callable[[StudyFolder], None], tell: Callable[[str], None]
) -> list[tuple[Design, np.ndarray, np.ndarray]]:
    """Run what is not done yet of all designs, and read what came of them.

    Args:
        found: the designs.
        run: runs the cases of a study's folder.
        tell: is told what went wrong with single runs.
    """
    results = []
    for design in found:
        folder = design.prepare()
        if not all(case.done for case in folder.cases):
            run(folder)
        points, values, faults = design.results()
        for fault in faults:
            tell(f"left out: {fault}")
        results.append((design, points, values))
    return results
