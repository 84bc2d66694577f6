"""Running one case of a study in its folder: from the beginning, or from where it was stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gpudem.errors import GpudemError, Interrupted, RunFileError, RunFileGone
from gpudem.study.case_folder import LOG, CaseFolder

if TYPE_CHECKING:
    from gpudem.runfile.checkpoint import Checkpoint

#: Shortest time between two lines of progress in a case's log [s].
_LINE_EVERY = 30.0


class LoggedProgress:
    """Tells how far a run is, in the case's log and to whoever runs the study."""

    def __init__(self, log: Callable[[str], None], told: Callable[[float], None]) -> None:
        self._log, self._told = log, told
        self._intervals, self._last = 1, 0.0

    def begin(self, intervals: int, beads: int, duration: float, done: int = 0) -> None:
        """See `gpudem.running.progress.Progress`."""
        self._intervals, self._beads, self._last = intervals, beads, time.monotonic()
        self._log(f"simulating {duration:g} s with {beads} beads, {done} of {intervals} intervals")

    def interval(
        self, done: int, simulated: float, steps_per_second: float, safe: float | None
    ) -> None:
        """See `gpudem.running.progress.Progress`."""
        self._told(done / self._intervals)
        if time.monotonic() - self._last > _LINE_EVERY:
            self._last = time.monotonic()
            rate = 1e-6 * steps_per_second * self._beads
            self._log(f"{simulated:.4f} s, {rate:.1f} million bead-steps/s")

    def end(self) -> None:
        """See `gpudem.running.progress.Progress`."""


def run_case(folder: CaseFolder, told: Callable[[float], None] = lambda share: None) -> None:
    """Run a case on the device that is started, to its results; nothing where they are there.

    Args:
        folder: of the case.
        told: hears which share of the run is done.

    Raises:
        CaseTaken: another process works on it.
        Interrupted: a signal stopped it; it goes on from there when it is run again.
        GpudemError: it failed; the folder says so too.
    """
    with folder.taken(), open_log(folder) as log:
        if folder.done:
            return
        try:
            _simulate(folder, log, told)
            folder.finish(result_of(folder))
            log("done")
        except Interrupted as stopped:
            log(str(stopped))
            raise
        except GpudemError as error:
            log(f"failed: {error}")
            folder.fail(str(error))
            raise


def suits_device(checkpoint: Checkpoint) -> bool:
    """Whether a run can go on from a checkpoint on the device that is started."""
    from gpudem.device import start as devices

    device, meta = devices.current(), checkpoint.meta
    return (meta["device"], meta["precision"]) == (device.kind, device.precision)


def result_of(folder: CaseFolder) -> dict[str, Any]:
    """All numbers of the report on a case whose run file is complete."""
    from gpudem.report.report import analyse
    from gpudem.runfile.reader import open_run

    with open_run(folder.run_file) as run:
        found = analyse(run)
        # A run file can lie anywhere; its case is known by the folder.
        found["file"] = folder.run_file.name
    return found


@contextlib.contextmanager
def open_log(folder: CaseFolder) -> Iterator[Callable[[str], None]]:
    """While entered, lines can be written to the log of a case."""
    with open(folder.path / LOG, "a", encoding="utf-8", buffering=1) as file:

        def log(line: str) -> None:
            now = datetime.now().astimezone().isoformat(timespec="seconds")
            # A disk that is full must not end the run.
            with contextlib.suppress(OSError):
                print(f"{now} {line}", file=file)

        yield log


def _simulate(
    folder: CaseFolder, log: Callable[[str], None], told: Callable[[float], None]
) -> None:
    """Run the scene to its end, from where it is."""
    from gpudem.device import start as devices
    from gpudem.runfile.reader import open_run
    from gpudem.running.interruption import finish_complete_run, interrupted_run
    from gpudem.running.simulation import Simulation, resume_run, run_simulation
    from gpudem.scene.checks import warnings

    path, scene = folder.run_file, folder.scene
    log(f"device: {devices.current().describe()}")
    for line in warnings(scene):
        log(f"warning: {line}")
    progress = LoggedProgress(log, told)
    found = None
    if path.exists():
        try:
            with open_run(path) as run:
                complete = run.complete
            if complete:
                finish_complete_run(path)
                return
            found = interrupted_run(path)
        except RunFileGone:
            raise
        except RunFileError as error:
            # What cannot be read is of no use to anyone: the case begins again.
            log(f"begins again: {error}")
    checkpoint = None if found is None else found.checkpoint
    if checkpoint is not None and "members" in checkpoint.meta:
        log("begins again: it was run together with other cases, and now runs alone")
        checkpoint = None
    if checkpoint is not None and not suits_device(checkpoint):
        log("begins again: it was begun on a device of another kind or precision")
        checkpoint = None
    if found is None or checkpoint is None:
        simulation = Simulation(scene)
        run_simulation(simulation, path, overwrite=True, progress=progress)
        return
    meta = checkpoint.meta
    log(f"goes on from step {checkpoint.step} of {scene.steps}")
    simulation = Simulation(scene, schedule=meta["schedule"], settle=False)
    resume_run(simulation, found, progress=progress)
