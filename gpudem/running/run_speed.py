"""How fast runs were on this machine: kept beside the compiled kernels, for the next estimate."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Keeps how fast a run was, if it was long enough to tell.

    Args:
        case: that was run.
        way: device and schedule.
        whole: time that the command took [s].
        stepping: time that the steps took [s].
        steps: their number.
    """
    if stepping < SHORTEST or steps < 1:
        return
    known = trial.read_speeds()
    start, step = _keys(case, way)
    known[start] = max(0.0, whole - stepping)
    known[step] = stepping / (steps * len(case.position))
    trial.write_speeds(known)


def kept(case: Case, wanted: dict[str, Any], schedule: str = "auto") -> RunSpeed | None:
    """The speed of the last run of such a case, the best of all ways; None if there was none.

    Args:
        case: to be run.
        wanted: arguments of `gpudem.device.start.choose`.
        schedule: auto, or the only one.

    Raises:
        DeviceError: the device that is asked for is missing.
    """
    known = trial.read_speeds()
    found = []
    for way in trial.ways([case], wanted, schedule):
        start, step = _keys(case, way)
        if start in known and step in known:
            found.append(RunSpeed(known[start], known[step]))
    return min(found, key=lambda one: one.bead_step, default=None)


def _keys(case: Case, way: trial.Way) -> tuple[str, str]:
    key = trial.key_of([case], way)
    return f"start of a run [s] | {key}", f"bead-step of a run [s] | {key}"
