"""Runs that have not come to their end: where they can go on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gpudem.errors import RunFileError
from gpudem.runfile.checkpoint import (
    Checkpoint,
    checkpoint_paths,
    newest_checkpoint,
    remove_checkpoints,
)
from gpudem.runfile.reader import open_run
from gpudem.running.guards import LEDGER


@dataclass(frozen=True)
class Interruption:
    """A run that has not come to its end.

    Attributes:
        path: its run file.
        checkpoint: where it can go on, or None: only from the beginning.
        number: which of the two checkpoint files that is.
        intervals: log intervals that the run file holds.
    """

    path: Path
    checkpoint: Checkpoint | None
    number: int
    intervals: int


def interrupted_run(path: str | Path) -> Interruption:
    """Finds where a run that was stopped or killed can go on.

    Raises:
        RunFileError: no such run file, it is damaged or complete, or all its checkpoints are.
    """
    with open_run(path) as run:
        if run.complete:
            raise RunFileError(
                f"{path}: is complete, there is nothing to resume; see gpudem report {path}"
            )
        identity = str(run.timings.get("run", ""))
        intervals = run.intervals
    found = newest_checkpoint(Path(path), identity)
    if found is None:
        return Interruption(Path(path), None, 0, intervals)
    checkpoint, number = found
    _check_meta(checkpoint, checkpoint_paths(Path(path))[number])
    return Interruption(Path(path), checkpoint, number, intervals)


def finish_complete_run(path: str | Path) -> bool:
    """Removes the checkpoints of a run that was killed after its last step, before it had done so.

    Returns:
        Whether it was: its file is complete, and checkpoints lay beside it.

    Raises:
        RunFileError: no such run file, it is damaged, or a checkpoint cannot be removed.
    """
    with open_run(path) as run:
        complete = run.complete
    return complete and remove_checkpoints(Path(path))


def _check_meta(checkpoint: Checkpoint, path: Path) -> None:
    """Refuses a checkpoint whose numbers cannot be, before anything is changed by them."""
    meta = checkpoint.meta
    whole = "step rebuilds slots records cell_slots flip intervals snapshots blocks".split()
    fine = (
        all(type(meta.get(name)) is int and 0 <= meta[name] < 2**53 for name in whole)
        and all(isinstance(meta.get(name), float) for name in ("elapsed", "compiling"))
        and all(isinstance(meta.get(name), str) for name in ("scene", "schedule", "device"))
        and isinstance(meta.get("guards"), dict)
        and set(meta["guards"]) == set(LEDGER)
        and all(isinstance(value, float) for value in meta["guards"].values())
        and meta["flip"] in (0, 1)
        and min(meta["slots"], meta["records"], meta["cell_slots"]) >= 1
        and "since" in checkpoint.arrays
    )
    if not fine:
        raise RunFileError(f"{path}: is no intact checkpoint (numbers that cannot be)")
