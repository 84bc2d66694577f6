"""Cases of a study that advance together, to fill a GPU that one small bowl would leave idle."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from gpudem.errors import GpudemError, Interrupted, SimulationError
from gpudem.study.case_folder import CaseFolder
from gpudem.study.run_case import LoggedProgress, open_log, result_of, run_case, suits_device

#: Beads of a batch at most: more fill no GPU better, and a fault costs more.
MOST_BEADS = 500_000


def batches(cases: Sequence[CaseFolder], most_beads: int = MOST_BEADS) -> list[list[Path]]:
    """Cases that can advance together, in batches.

    The same cases give the same batches, so that a batch which was stopped goes on.

    Args:
        cases: their folders.
        most_beads: of a batch.
    """
    from gpudem.running.simulation import batch_key

    found: list[list[Path]] = []
    open_batches: dict[str, tuple[list[Path], int]] = {}
    for case in sorted(cases, key=lambda one: one.path.name):
        scene = case.scene
        key = batch_key(scene)
        if scene.places_beads:
            found.append([case.path])
            continue
        batch, beads = open_batches.get(key, ([], most_beads))
        if beads + scene.bead_count > most_beads:
            batch, beads = [], 0
            found.append(batch)
        batch.append(case.path)
        open_batches[key] = batch, beads + scene.bead_count
    return found


def run_batch_of_cases(
    cases: Sequence[CaseFolder],
    told: Callable[[float], None] = lambda share: None,
    schedule: str = "auto",
) -> dict[Path, str]:
    """Run cases together on the device that is started, to their results.

    Where one of them ends the batch by a fault, each is run alone.

    Args:
        cases: of one of `batches`.
        told: hears which share of the run is done.
        schedule: that of the device; auto tries what is fastest on a GPU.

    Returns:
        What failed, by folder, with its message.

    Raises:
        CaseTaken: another process works on one of them.
        Interrupted: a signal stopped them; they go on from there when they are run again.
    """
    with contextlib.ExitStack() as held:
        for case in cases:
            held.enter_context(case.taken())
        left = [case for case in cases if not case.done]
        logs = [held.enter_context(open_log(case)) for case in left]

        def log(line: str) -> None:
            for one in logs:
                one(line)

        if len(left) > 1 and not all(_complete(case) for case in left):
            try:
                _simulate(left, log, told, schedule)
            except Interrupted as stopped:
                log(str(stopped))
                raise
            except SimulationError as error:
                log(f"a case of this batch of {len(left)} failed, each runs alone now: {error}")
        for case in left:
            if _complete(case):
                case.finish(result_of(case))
    failed: dict[Path, str] = {}
    for case in left:
        if not case.done:
            try:
                run_case(case, told)
            except Interrupted:
                raise
            except GpudemError as error:
                failed[case.path] = str(error)
    return failed


def _complete(case: CaseFolder) -> bool:
    from gpudem.errors import RunFileError
    from gpudem.runfile.reader import open_run

    with contextlib.suppress(RunFileError), open_run(case.run_file) as run:
        return bool(run.complete)
    return False


def _simulate(
    cases: Sequence[CaseFolder],
    log: Callable[[str], None],
    told: Callable[[float], None],
    schedule: str,
) -> None:
    from gpudem.device import start as devices
    from gpudem.errors import RunFileError
    from gpudem.running import trial
    from gpudem.running.interruption import interrupted_run
    from gpudem.running.simulation import Simulation, resume_batch, run_batch
    from gpudem.scene.build import build_case

    scenes, paths = [case.scene for case in cases], [case.run_file for case in cases]
    progress = LoggedProgress(log, told)
    log(f"device: {devices.current().describe()}, together with {len(cases) - 1} other cases")
    checkpoint = found = None
    if all(path.exists() for path in paths):
        with contextlib.suppress(RunFileError):
            found = interrupted_run(paths[0])
            checkpoint = found.checkpoint
    if found is not None and checkpoint is not None:
        meta = checkpoint.meta
        members = [member["scene"] for member in meta.get("members", [])]
        if suits_device(checkpoint) and members == [scene.as_json for scene in scenes]:
            log(f"goes on from step {checkpoint.step} of {scenes[0].steps}")
            simulation = Simulation(scenes, schedule=meta["schedule"], settle=False)
            resume_batch(simulation, found, paths, progress=progress)
            return
        log("begins again: it was begun in another batch, or on a device of another kind")
    device = devices.current()
    if schedule == "auto" and device.kind != "cpu":
        wanted = {"device": device.kind, "index": device.index, "precision": device.precision}
        built = [build_case(scene) for scene in scenes]
        choice = trial.choose(built, trial.ways(built, wanted), log)
        choice.way.start()
        schedule = choice.way.schedule
        log(f"{choice.way.describe()}: {choice.reason}")
    simulation = Simulation(scenes, schedule=schedule)
    run_batch(simulation, paths, overwrite=True, progress=progress)
