"""Which device and schedule take the steps of a case fastest: tried on the user's machine, once.

A GPU that rests between launches can lose to a core of the CPU, and which schedule fills it
depends on how many bowls of how many beads advance together. So each way is given a short while,
and its speed is kept beside the compiled kernels.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpudem import __version__
from gpudem.device import start as devices
from gpudem.engine.case import Case
from gpudem.engine.engine import Engine
from gpudem.errors import DeviceError, GpudemError
from gpudem.files import write_whole
from gpudem.stopping import StopSignals

#: Time that each way gets, after its kernels are compiled [s].
SECONDS = 0.3
#: Beads of a case from which on a single block is not tried: it would not fill a GPU.
MOST_BEADS_IN_A_BLOCK = 20_000
_FILE = "gpudem-trials.json"


@dataclass(frozen=True)
class Way:
    """A device and a schedule.

    Attributes:
        device: as `gpudem.device.start.choose` describes it; not started.
        schedule: by its name.
    """

    device: devices.Device
    schedule: str

    def describe(self) -> str:
        """In a few words."""
        device = self.device
        threads = f", {device.threads} threads" if device.threads > 1 else ""
        return f"{self.schedule} on {device.kind} ({device.name}{threads}, {device.precision})"

    def start(self) -> None:
        """Starts the device.

        Raises:
            DeviceError: it is missing, or cannot compute in the precision.
        """
        device = self.device
        devices.start(
            device.kind, index=device.index, threads=device.threads, precision=device.precision
        )


@dataclass(frozen=True)
class Choice:
    """The way to take.

    Attributes:
        way: the fastest.
        reason: why, in words.
    """

    way: Way
    reason: str


def ways(cases: Sequence[Case], wanted: dict[str, Any], schedule: str = "auto") -> list[Way]:
    """The ways to be tried.

    Args:
        cases: that advance together.
        wanted: arguments of `gpudem.device.start.choose`.
        schedule: auto, or the only one.

    Raises:
        DeviceError: the device that is asked for is missing.
    """
    found = [devices.choose(**wanted)]
    if wanted.get("device", "auto") == "auto" and found[0].kind != "cpu":
        found.append(devices.choose(**{**wanted, "device": "cpu", "index": 0}))
    out = []
    largest = max(len(case.position) for case in cases)
    for device in found:
        names = [schedule]
        if schedule == "auto":
            names = ["serial"] if device.kind == "cpu" else ["parallel"]
            if device.kind == "vulkan" and devices.is_software(device.name):
                names = ["block"]
            # Metal binds fewer arrays than a block needs (docs/design/block.md).
            elif device.kind not in ("cpu", "metal") and largest <= MOST_BEADS_IN_A_BLOCK:
                names = ["block", "parallel"]
        elif schedule == "serial" and device.kind != "cpu":
            continue
        out += [Way(device, name) for name in names]
    if not out:
        raise DeviceError(
            f"--schedule serial: takes steps on the CPU only; {found[0].kind} has block and "
            "parallel"
        )
    return out


def choose(
    cases: Sequence[Case],
    candidates: Sequence[Way],
    tell: Callable[[str], None] = lambda line: None,
    *,
    measure: Callable[[Sequence[Case], Way], float] | None = None,
    folder: Path | None = None,
) -> Choice:
    """The fastest way for some cases, tried where its speed is not known yet.

    Args:
        cases: that advance together.
        candidates: the ways; the first of equals is taken.
        tell: hears what is tried.
        measure: gives the speed of a way [bead-steps/s]; by default by running it.
        folder: where speeds are kept; by default beside the compiled kernels.

    Raises:
        DeviceError: none of them works.
    """
    if len(candidates) == 1:
        return Choice(candidates[0], candidates[0].device.reason)
    known, failed = _Speeds(measure or measured_speed, tell, folder), []
    speeds = {}
    for way in candidates:
        try:
            speeds[way] = known.of(cases, way)
        except DeviceError as error:
            failed.append(str(error))
    if not speeds:
        raise DeviceError("; ".join(failed))
    best = max(speeds, key=lambda way: speeds[way])
    others = [
        f"{way.describe()} {1e-6 * speed:.3g}" for way, speed in speeds.items() if way != best
    ]
    reason = f"{1e-6 * speeds[best]:.3g} million bead-steps/s in a short trial here"
    if others:
        reason += f"; {', '.join(others)}"
    return Choice(best, reason)


def mix(
    cases: Sequence[Case],
    device: devices.Device,
    tell: Callable[[str], None] = lambda line: None,
    *,
    measure: Callable[[Sequence[Case], Way], float] | None = None,
    folder: Path | None = None,
) -> list[Share]:
    """How cases of different sizes are best split between the schedules of a GPU.

    The smaller ones go to the block schedule and the larger ones to the bead-parallel one, one
    batch after the other; all may go to one of them.

    Args:
        cases: to be simulated for equally long.
        device: the GPU.
        tell, measure, folder: as for `choose`.

    Returns:
        At most two shares, none of them empty.

    Raises:
        DeviceError: neither schedule works.
    """
    speeds = _Speeds(measure or measured_speed, tell, folder)
    order = sorted(range(len(cases)), key=lambda n: len(cases[n].position))
    sizes = [len(cases[n].position) for n in order]
    block, parallel = Way(device, "block"), Way(device, "parallel")
    found: list[tuple[float, list[Share]]] = []
    failed = []
    # Only between different sizes, and no case that would leave most of the GPU idle in a block.
    cuts = [0] + [k for k in range(1, len(order) + 1) if sizes[k - 1 : k] != sizes[k : k + 1]]
    for cut in cuts:
        if cut and sizes[cut - 1] > MOST_BEADS_IN_A_BLOCK:
            break
        shares = [Share(block, tuple(order[:cut])), Share(parallel, tuple(order[cut:]))]
        shares = [share for share in shares if share.cases]
        try:
            seconds = sum(share.seconds(cases, speeds) for share in shares)
        except DeviceError as error:
            failed.append(str(error))
            continue
        found.append((seconds, shares))
    if not found:
        raise DeviceError("; ".join(failed))
    return min(found, key=lambda one: one[0])[1]


@dataclass(frozen=True)
class Share:
    """Cases that advance together in one way.

    Attributes:
        way: device and schedule.
        cases: their numbers.
    """

    way: Way
    cases: tuple[int, ...]

    def seconds(self, cases: Sequence[Case], speeds: _Speeds) -> float:
        """Time for one simulated second of all [s]."""
        own = [cases[n] for n in self.cases]
        work = sum(len(case.position) / case.time_step for case in own)
        return work / speeds.of(own, self.way)


class _Speeds:
    """Speeds of ways, measured where they are not known, and kept."""

    def __init__(
        self,
        measure: Callable[[Sequence[Case], Way], float],
        tell: Callable[[str], None],
        folder: Path | None,
    ) -> None:
        self._folder = folder
        self._measure, self._tell = measure, tell
        self._known = read_speeds(folder)

    def of(self, cases: Sequence[Case], way: Way) -> float:
        """Speed of a way [bead-steps/s].

        Raises:
            DeviceError: it does not work.
        """
        key = key_of(cases, way, cases[0].law().__name__)
        if key not in self._known:
            StopSignals.check("while devices and schedules were tried")
            self._tell(f"trying {way.describe()} once on this machine")
            self._known[key] = self._measure(cases, way)
            write_speeds(self._known, self._folder)
        return self._known[key]


def measured_speed(cases: Sequence[Case], way: Way) -> float:
    """Speed of a way [bead-steps/s], by running it; leaves its device started.

    Raises:
        DeviceError: it does not work.
    """
    way.start()
    engine = Engine(deepcopy(list(cases)), schedule=way.schedule)
    engine.compile()
    steps, seconds = 4, 0.0
    while True:
        began = time.perf_counter()
        engine.step(steps)
        seconds = time.perf_counter() - began
        if seconds > SECONDS:
            return engine.beads * steps / seconds
        steps = min(8 * steps, max(steps + 1, int(1.2 * SECONDS * steps / seconds)))


def key_of(cases: Sequence[Case], way: Way, law: str) -> str:
    """Under what a speed is kept: sizes within a factor of two share it.

    Args:
        cases: that advance together.
        way: device and schedule.
        law: name of their contact law.
    """
    device = way.device
    beads = sum(len(case.position) for case in cases)
    parts = (
        __version__,
        device.kind,
        device.name,
        device.precision,
        device.threads,
        way.schedule,
        law,
        len(cases),
        f"2^{beads.bit_length()} beads",
        f"{max(len(case.walls) for case in cases)} walls",
        *sorted({type(wall.line).__name__ for case in cases for wall in case.walls}),
    )
    return " | ".join(map(str, parts))


def read_speeds(folder: Path | None = None) -> dict[str, float]:
    """All that is kept, by its key; the folder is by default that of the compiled kernels."""
    file = (folder or devices.cache_folder()) / _FILE
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(file.read_text())
        if isinstance(found, dict):
            return {k: float(v) for k, v in found.items() if isinstance(v, (int, float))}
    return {}


def write_speeds(known: dict[str, float], folder: Path | None = None) -> None:
    """Keeps speeds instead of those that are kept now."""
    file = (folder or devices.cache_folder()) / _FILE
    # A speed that cannot be kept is measured again.
    with contextlib.suppress(GpudemError):
        write_whole(file, json.dumps(known, indent=1, sort_keys=True) + "\n")
