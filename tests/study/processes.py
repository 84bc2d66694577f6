"""Processes of this machine, as tests of interruptions need them (Linux)."""

import os
import time
from pathlib import Path


def _numbers():
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def children(process):
    """Processes that a process has started, and those that these have, by their numbers."""
    parents = {}
    for number in _numbers():
        try:
            parent = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        parents.setdefault(int(parent), []).append(number)
    found, left = [], [process]
    while left:
        more = parents.get(left.pop(), [])
        found += more
        left += more
    return found


def holder(path):
    """The process that has a file open, or None."""
    for number in _numbers():
        try:
            if any(os.readlink(one) == str(path) for one in Path(f"/proc/{number}/fd").iterdir()):
                return number
        except OSError:
            continue
    return None


def wait_for(condition, seconds=120.0):
    """Waits until something is so, and returns what it is."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    return found


def busy(folder):
    """A case that is on its way, with its first milliseconds saved; else None."""
    for case in folder.cases:
        if (case.path / "run.vtkhdf.checkpoint-1").exists() and not case.done:
            return case
    return None
