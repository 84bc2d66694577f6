"""Running a study: what is not yet done, longest first, through failures and interruptions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gpudem.errors import GpudemError
from gpudem.plain_text import plural
from gpudem.stopping import StopSignals
from gpudem.study.case_folder import CaseFolder
from gpudem.study.cost import CostModel
from gpudem.study.executors.executor import Executor
from gpudem.study.overview import Outcome, Overview, learn
from gpudem.study.study_folder import StudyFolder


def run_study(
    folder: StudyFolder,
    executor: Executor,
    *,
    only: Sequence[str] = (),
    quiet: bool = False,
) -> Outcome:
    """Run those cases of a study that are not done.

    Args:
        folder: of the study.
        executor: runs them.
        only: names of some cases; all by default.
        quiet: show no progress.

    Returns:
        What became of them.

    Raises:
        Interrupted: a signal stopped it; what ran is saved.
    """
    cases = folder.cases
    if only:
        known = {case.path.name: case for case in cases}
        for name in only:
            if Path(name).name not in known:
                raise GpudemError(f"--only {name}: {folder.path} has no such case")
        cases = [known[Path(name).name] for name in only]
    about = {case.path: case.about for case in cases}
    costs, outcome = CostModel(), Outcome()
    left = []
    for case in cases:
        if case.done:
            outcome.done += 1
            learn(costs, case, about[case.path])
        else:
            case.forget_failure()
            left.append(case.path)
    left.sort(key=lambda path: -about[path]["bead_steps"])
    with StopSignals("what was committed is safe; the same command goes on") as stop:
        overview = Overview(about, left, outcome, costs, executor, quiet)
        with overview:
            executor.run(left, overview.take, lambda: stop.received is not None)
        for path, message in outcome.failed.items():
            # Of what died, nobody has written it down yet.
            if CaseFolder(path).failure is None:
                CaseFolder(path).fail(message)
        if stop.received is not None:
            undone = len(cases) - outcome.done - len(outcome.failed)
            again = f"gpudem study {folder.path}"
            kept = f"all is saved, continue with: {again}"
            if outcome.queued:
                kept = f"its jobs go on, look after them with: {again} --executor slurm"
            stop.check(f"with {plural(undone, 'case')} to go; {kept}")
    return outcome
