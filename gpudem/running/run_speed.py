"""How fast runs were on this machine: kept for the next estimate."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpudem.engine.case import Case
from gpudem.running import trial

#: Shortest run whose speed says something of the next one [s].
SHORTEST = 1.0


@dataclass(frozen=True)
class RunSpeed:
    """What a run of about as many beads took.

    Attributes:
        start: from the command to the first step, and from the last one to the end [s].
        bead_step: for each bead and step in between [s].
    """

    start: float
    bead_step: float

    def seconds(self, beads: int, steps: int) -> float:
        """What a run takes if it is as fast [s]."""
        return self.start + beads * steps * self.bead_step


def keep(case: Case, way: trial.Way, *, whole: float, stepping: float, steps: int) -> None:
    """Keeps how long a run took to start and, if it was long enough to tell, how fast it was.

    Args:
        case: that was run.
        way: device and schedule.
        whole: time that the command took [s].
        stepping: time that the steps took [s].
        steps: their number.
    """
    known = trial.read_speeds(_folder())
    start, step = _keys(case, way)
    known[start] = max(0.0, whole - stepping)
    if stepping >= SHORTEST and steps > 0:
        known[step] = stepping / (steps * len(case.position))
    with contextlib.suppress(OSError):
        _folder().mkdir(parents=True, exist_ok=True)
        trial.write_speeds(known, _folder())


def kept(case: Case, wanted: dict[str, Any], schedule: str = "auto") -> RunSpeed | None:
    """The speed of the last run of such a case, the best of all ways; None if there was none.

    Args:
        case: to be run.
        wanted: arguments of `gpudem.device.start.choose`.
        schedule: auto, or the only one.

    Raises:
        DeviceError: the device that is asked for is missing.
    """
    known = trial.read_speeds(_folder())
    found = []
    for way in trial.ways([case], wanted, schedule):
        start, step = _keys(case, way)
        if start in known and step in known:
            found.append(RunSpeed(known[start], known[step]))
    return min(found, key=lambda one: one.bead_step, default=None)


def started_before(case: Case, wanted: dict[str, Any], schedule: str = "auto") -> bool:
    """Whether such a case was run here, so that its kernels wait compiled; as for `kept`."""
    known = trial.read_speeds(_folder())
    return any(_keys(case, way)[0] in known for way in trial.ways([case], wanted, schedule))


def _folder() -> Path:
    """Where it is kept: found without Taichi, which takes a second to import."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(base or os.path.expanduser("~/.cache")) / "gpudem"


def _keys(case: Case, way: trial.Way) -> tuple[str, str]:
    # Not by the law's name: to find that, kernels are imported, and Taichi with them.
    law = ", ".join(sorted({type(one).__name__ for one in case.contacts.values()}))
    key = trial.key_of([case], way, law)
    return f"start of a run [s] | {key}", f"bead-step of a run [s] | {key}"
