"""How long cases take: from their bead-steps, and from the speed of those that are done."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from statistics import median
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

#: Speed of a core before anything is known [bead-steps/s].
FIRST_GUESS = 1.5e7


class CostModel:
    """Time of cases in one process, learnt from cases that are done."""

    def __init__(self) -> None:
        self._known: dict[int, list[float]] = {}

    def learn(self, beads: int, bead_steps: float, seconds: float) -> None:
        """Take in a case that was run.

        Args:
            beads: number of beads.
            bead_steps: beads times steps.
            seconds: that it took.
        """
        if bead_steps > 0.0 and seconds > 0.0:
            self._known.setdefault(_size(beads), []).append(bead_steps / seconds)

    @property
    def known(self) -> bool:
        """Whether any case was learnt from."""
        return bool(self._known)

    def speed(self, beads: int) -> float:
        """Expected speed [bead-steps/s]: the median of the known cases nearest in size."""
        if not self._known:
            return FIRST_GUESS
        nearest = min(self._known, key=lambda size: abs(size - _size(beads)))
        return median(self._known[nearest])

    def seconds(self, beads: int, bead_steps: float) -> float:
        """Expected time of a case [s]."""
        return bead_steps / self.speed(beads)


def longest_first(seconds: Iterable[float], at_once: int) -> float:
    """Time for all when each process takes the longest case that waits, as they come [s].

    Args:
        seconds: of each case.
        at_once: processes.
    """
    busy = [0.0] * max(1, at_once)
    for one in sorted(seconds, reverse=True):
        first = min(range(len(busy)), key=busy.__getitem__)
        busy[first] += one
    return max(busy)


def packed(seconds: Mapping[Key, float], wanted: float, most: int) -> list[list[Key]]:
    """Cases in parts of about equal time, the longest first, as are the cases in each.

    Args:
        seconds: of each case.
        wanted: time of a part [s], which a case alone may exceed.
        most: number of parts at most.
    """
    long = sum(time >= wanted for time in seconds.values())
    short = sum(time for time in seconds.values() if time < wanted)
    count = min(most, len(seconds), long + math.ceil(short / wanted))
    parts: list[list[Key]] = [[] for _ in range(count)]
    times = [0.0] * count
    # The long ones come first, each into a part that is empty yet.
    for case in sorted(seconds, key=seconds.__getitem__, reverse=True):
        least = min(range(count), key=times.__getitem__)
        parts[least].append(case)
        times[least] += seconds[case]
    return sorted(parts, key=lambda part: -sum(seconds[case] for case in part))


def _size(beads: int) -> int:
    """Cases within a factor of two are alike."""
    return round(math.log2(max(1, beads)))
