"""A run file as a viewer takes it: its moments, what the plots show, and what is new in it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gpudem.analysis.ledger import dissipated
from gpudem.analysis.stress import Distribution
from gpudem.errors import RunFileError
from gpudem.pictures.colouring import Colouring
from gpudem.pictures.source import Footage, Shot
from gpudem.pictures.vessel import Bowl
from gpudem.runfile.reader import Run, open_run


@dataclass(frozen=True)
class Course:
    """What the plots beside the beads show.

    Attributes:
        time: ends of the log intervals [s], shape (intervals,).
        power: dissipated in each [W], shape (intervals,).
        collisions: contacts begun in each, per second, shape (intervals,).
        disc_speed: at their ends [rad/s], shape (intervals,).
        window: beginning of the log window [s], or None before it.
        stresses: stress frequency in classes of stress energy, whole contacts, up to the last
            snapshot; without classes before the log window.
    """

    time: np.ndarray
    power: np.ndarray
    collisions: np.ndarray
    disc_speed: np.ndarray
    window: float | None
    stresses: Distribution


class Source(Protocol):
    """What a viewer shows: a run file, or a run that is going on.

    Attributes:
        bowl: the bowl.
        beads: their number.
        facts: what captions say.
        described: the run, or what has its parameters, series and times as a run has them.
        times: of the moments that can be shown [s], shape (moments,).
        growing: whether more may come.
        refresh_interval: how often to look for more [s of the clock].
        course: what the plots show.
    """

    bowl: Bowl
    beads: int

    @property
    def described(self) -> Any:
        """What `gpudem.runfile.metadata` is asked about."""

    @property
    def facts(self) -> dict[str, str]:
        """What captions say."""

    times: np.ndarray
    growing: bool
    refresh_interval: float
    course: Course

    def refresh(self) -> bool:
        """Take up what is new; tells whether there was anything."""

    def shot(self, number: int, colouring: Colouring) -> Shot:
        """The beads at one moment."""


class Replay(AbstractContextManager["Replay"]):
    """A run file that may still be written; a context manager.

    Args:
        path: the run file.

    Raises:
        RunFileError: the file cannot be read, or holds no snapshot or no cylindrical bowl.
    """

    refresh_interval = 0.5

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._stamp = _stamp(self.path)
        self._take(open_run(self.path))

    def _take(self, run: Run) -> None:
        try:
            footage = Footage(run)
            self.course = course_of(run)
        except BaseException:
            run.close()
            raise
        self.run, self._footage = run, footage
        self.bowl, self.facts, self.times = footage.bowl, footage.facts, footage.times
        self.beads, self.growing = run.beads, not run.complete

    @property
    def described(self) -> Run:
        """What `gpudem.runfile.metadata` is asked about."""
        return self.run

    def refresh(self) -> bool:
        """Open the file again if its run is not over; tells whether more is in it."""
        if not self.growing:
            return False
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return False
        # HDF5 shows a file that is open already as it was when it was opened first.
        self.run.close()
        self._take(open_run(self.path))
        self._stamp = stamp
        return True

    def shot(self, number: int, colouring: Colouring) -> Shot:
        """The beads of one snapshot."""
        return self._footage.shot(number, colouring)

    def close(self) -> None:
        """Close the file."""
        self.run.close()

    def __exit__(self, *_: object) -> None:
        self.close()


def _stamp(path: Path) -> tuple[int, int]:
    """What changes whenever the file does."""
    try:
        found = path.stat()
    except OSError as error:
        reason = error.strerror
        if isinstance(error, FileNotFoundError):
            reason = "no such file; a run file (.vtkhdf) or a scene is accepted"
        raise RunFileError(f"{path}: {reason}") from None
    return found.st_mtime_ns, found.st_size


def course_of(run: Run) -> Course:
    """What the plots show of a run, as far as it was committed."""
    series = run.series
    time = series["time"]
    first = run.first_logged
    begun = len(time) > first
    opened = (float(time[first - 1]) if first else 0.0) if begun else None
    if opened is not None and run.snapshots and run.snapshot_times[-1] > opened:
        counts = run.histogram("dissipation")[1].sum(axis=0)
        stresses = Distribution.of_classes(counts / (run.snapshot_times[-1] - opened))
    else:
        stresses = Distribution(np.zeros(0), np.zeros(0))
    step = np.diff(time, prepend=0.0)
    begun_contacts = 0.5 * series["bead_bead_contacts"] + series["bead_wall_contacts"]
    return Course(
        time=time,
        power=dissipated(series) / step,
        collisions=begun_contacts / step,
        disc_speed=series["disc_speed"],
        window=opened,
        stresses=stresses,
    )
