"""Schedules: who takes the steps on the device, how slots grow, and checks of what was done."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import NamedTuple

import numpy as np

from gpudem.device import start as devices
from gpudem.device.taichi_internals import Relaunch
from gpudem.engine.arrays import PARALLEL_SLOTS, SERIAL_SLOTS, DeviceState
from gpudem.engine.collected import Collection
from gpudem.errors import DeviceError
from gpudem.kernels import layout as at


class Done(NamedTuple):
    """What a call of the device did.

    Attributes:
        steps: done; fewer than asked for only where a bead is lost.
        lost: the first bead without a finite position, or -1.
        renewals: of the neighbour lists, of all cases together.
    """

    steps: int
    lost: int
    renewals: int


#: Contact slots of a bead and bead slots of a cell beyond which something is badly wrong.
_MOST_SLOTS = 512


#: Slots beyond those needed that are made at once, with so few beads that they cost little memory.
_SPARE, _FEW = 4, 100_000

#: Threads of a block at most: of more, registers would be spilled (docs/performance.md, "GPU").
MOST_LANES = {"double": 128, "mixed": 256}


def check_renewals(status: np.ndarray) -> None:
    """Compares what the renewals of the lists did with the number of beads.

    Raises:
        DeviceError: a renewal missed beads.
    """
    if status[:, at.STATUS_LOST].any():
        raise DeviceError(
            "the device renewed the lists of fewer beads than there are: its driver drops work "
            "without an error, so no result can be trusted"
        )


def lacks_room(state: DeviceState, status: np.ndarray) -> bool:
    """Whether the device reported to need more slots or records than there are."""
    return bool(
        (status[:, at.STATUS_SLOTS] > state.slots).any()
        or (status[:, at.STATUS_RECORDS] > state.records).any()
        or (status[:, at.STATUS_CELL_SLOTS] > state.cell_slots).any()
    )


def make_room(state: DeviceState, step: int, status: np.ndarray) -> None:
    """Grows slots and records to what the device reported to need.

    Raises:
        DeviceError: more than any packing of beads could need.
    """
    slots = int(status[:, at.STATUS_SLOTS].max())
    records = int(status[:, at.STATUS_RECORDS].max())
    cell_slots = int(status[:, at.STATUS_CELL_SLOTS].max())
    if max(slots, cell_slots) > _MOST_SLOTS:
        raise DeviceError(
            f"a bead needs {slots} contact slots or a cell {cell_slots} bead slots near step "
            f"{step}; more than {_MOST_SLOTS} means that beads have collapsed"
        )
    spare = _SPARE if state.beads <= _FEW else 1
    grown = state.slots if slots <= state.slots else slots + spare
    grown_cells = state.cell_slots if cell_slots <= state.cell_slots else cell_slots + 2
    state.grow(grown, grown_cells, records)


class TeamChoice:
    """Whether a team of threads or one alone takes the next steps: whichever has been faster.

    Both give the same bits. A team whose cores others need breaks up, and is then slow.
    """

    #: Calls of each way that are remembered; calls until the slower one is tried again.
    _REMEMBERED, _SHORTEST, _LONGEST = 3, 4, 64

    def __init__(self) -> None:
        self._seconds: dict[bool, deque[float]] = {
            way: deque(maxlen=self._REMEMBERED) for way in (True, False)
        }
        self._faster = True
        self._pause = self._left = self._SHORTEST

    def next(self) -> bool:
        """Whether a team takes the next call."""
        team, alone = self._seconds[True], self._seconds[False]
        if len(alone) < self._REMEMBERED:
            return len(team) <= len(alone)
        # The best of several: whatever else runs can only make a call slower.
        faster = min(team) <= min(alone)
        if faster != self._faster:
            self._faster, self._pause = faster, self._SHORTEST
            self._left = self._pause
        self._left -= 1
        if self._left > 0:
            return faster
        # A core that was taken may be free again: ask soon, then less and less often.
        self._pause = min(2 * self._pause, self._LONGEST)
        self._left = self._pause
        return not faster

    def note(self, team: bool, seconds: float) -> None:
        """Notes the time [s] a step took."""
        self._seconds[team].append(seconds)


class SerialSchedule:
    """A core for each case, or several at a large one (kernels/schedules/serial.py).

    Args:
        members: threads that may share a case.
    """

    #: Whether `advance` also collects.
    collects_within = True
    #: Whether both beads of a pair list it, and the contact slots of a bead to begin with.
    full_lists, slots = False, SERIAL_SLOTS

    def __init__(self, members: int = 1) -> None:
        from gpudem.kernels.schedules import serial

        self._kernels = serial
        self._members = members
        self._choice = TeamChoice()
        self._compiled = False

    def collect(self, state: DeviceState, collection: Collection) -> None:
        """Takes the sums since the last time and a sample of the moment off the device."""
        self._kernels.collect(state.pack(), state.flip, *collection.arrays)

    def compile(self, state: DeviceState, step: int) -> None:
        """Compiles what `advance` calls; the drive holds at least one row."""
        members, none = self._members, Collection(state, 0).arrays
        self._kernels.advance(state.pack(), step, 0, 1, members, members > 1, 0, *none)
        self._compiled = True

    def advance(
        self, state: DeviceState, first: int, count: int, every: int, collection: Collection
    ) -> Done:
        """Advances all cases by ``count`` steps; the drive holds a row more.

        Args:
            state: the cases' arrays.
            first: number of the first step.
            count: steps.
            every: collects after steps whose number it divides, if not 0.
            collection: has room for that.
        """
        if not self._compiled:
            self.compile(state, first)
        shared = self._members > 1
        team = shared and self._choice.next()
        began, again = time.perf_counter(), 0
        while True:
            # A team's kernel serves one thread alone as well, and saves compiling another.
            members = self._members if team else 1
            self._kernels.advance(
                state.pack(), first, count, again, members, shared, every, *collection.arrays
            )
            status = state.read("status", at.STATUS)
            done = status[:, at.STATUS_STEPS]
            if shared and not again:
                whole = (done == count).all() or lacks_room(state, status)
                seconds = (time.perf_counter() - began) / max(1, done.min())
                self._choice.note(team, seconds if whole else math.inf)
            lost = int(status[:, at.STATUS_LOST_BEAD].max())
            if lost >= 0 or (done == count).all():
                break
            if lacks_room(state, status):
                make_room(state, first, status)
            team, again = False, 1
        expected = np.diff(state.begin).astype(np.int64) * done % 2**31
        if (status[:, at.STATUS_BEADS].astype(np.int64) % 2**31 != expected).any():
            raise DeviceError("the device reported fewer bead-steps than it was asked for")
        return Done(int(done.min()), lost, int(status[:, at.STATUS_REBUILDS].sum()))

    def refresh(self, state: DeviceState, step: int) -> None:
        """Makes the neighbour lists where there are none; the drive holds at least one row."""
        while True:
            status = state.read("status", at.STATUS)
            if (status[:, at.STATUS_STALE] == 0).all():
                return
            if lacks_room(state, status):
                make_room(state, step, status)
            none = Collection(state, 0).arrays
            self._kernels.advance(state.pack(), step, 0, 0, 1, self._members > 1, 0, *none)


class ParallelSchedule:
    """A thread for each bead (kernels/schedules/parallel.py)."""

    collects_within = False
    full_lists, slots = True, PARALLEL_SLOTS

    #: Threads that a step's loop is compiled for are a power of two of at least so many.
    _FEWEST_THREADS = 1024

    def __init__(self, device: devices.Device) -> None:
        from gpudem.kernels.schedules import parallel

        self._kind = device.kind
        self._unroll = parallel.UNROLL
        self._advance, self._renew_cells, self._renew_lists, self._count_events = map(
            Relaunch,
            (parallel.advance, parallel.renew_cells, parallel.renew_lists, parallel.count_events),
        )
        self._collect = parallel.collect
        # Calls of `advance` between two looks at the status; follows the lists' lifetime.
        self._calls = 4
        #: Parallel loops started on the device so far.
        self.launches = 0

    def collect(self, state: DeviceState, collection: Collection) -> None:
        """Takes the sums since the last time and a sample of the moment off the device."""
        self._collect(state.pack(), state.flip, *collection.arrays)

    def compile(self, state: DeviceState, step: int) -> None:
        """Compiles what `advance` calls; the drive holds at least one row."""
        self.advance(state, step, 0)
        # With the goal reached it does nothing.
        self._advance(state.step_pack(), state.flip, 0, 0, compiled_in=self._threads(state))

    def _threads(self, state: DeviceState) -> tuple[int]:
        """Threads of a step's loop, where that is compiled for a number of them, or 0."""
        if self._kind == "cpu":
            return (0,)
        return (max(self._FEWEST_THREADS, 1 << (state.beads - 1).bit_length()),)

    def advance(self, state: DeviceState, first: int, count: int, *without: object) -> Done:
        """Advances all cases by ``count`` steps; the drive holds a row more. Never collects."""
        unroll = self._unroll
        state.clear_status()
        done = 0
        while True:
            self._renew_cells(state.pack(), state.flip, count, state.cells)
            self._renew_lists(state.pack(), state.flip, count)
            calls = min(self._calls, -(-(count - done) // unroll))
            for _ in range(calls):
                self._advance(
                    state.step_pack(), state.flip, first, count, compiled_in=self._threads(state)
                )
            self._count_events(state.pack())
            # New cells and lists are six loops, entering events three, the clock one a call.
            self.launches += 9 + calls * (unroll + 1)
            status = state.read("status", at.STATUS)
            check_renewals(status)
            steps = status[:, at.STATUS_STEPS]
            if (steps == count).all():
                break
            if lacks_room(state, status):
                make_room(state, first, status)
            gained = int(steps.min()) - done
            done = int(steps.min())
            wanted = -(-gained // unroll)
            self._calls = min(64, max(1, wanted + (wanted >= calls)))
        return self._finished(state, count, status)

    @staticmethod
    def _finished(state: DeviceState, count: int, status: np.ndarray) -> Done:
        """Compares what the device did with what was asked for, and turns to the new copies.

        Raises:
            DeviceError: a bead was left out.
        """
        worked = state.read("tally", at.TALLY)[:, at.TALLY_WORKED]
        if (worked != count).any():
            place = int(np.argmax(worked != count))
            bead, did = state.number[place], int(worked[place])
            raise DeviceError(
                f"the device did {did} steps of bead {bead} where {count} were "
                f"asked for: its driver drops work without an error, so no result can be trusted"
            )
        state.flip = (state.flip + count) % 2
        finite = np.isfinite(state.read("position", 4)).all(axis=1)
        lost = -1 if finite.all() else int(np.argmin(finite))
        return Done(count, lost, int(status[:, at.STATUS_REBUILDS].sum()))

    def refresh(self, state: DeviceState, step: int) -> None:
        """Makes the neighbour lists where there are none; the drive holds at least one row."""
        state.clear_status()
        while True:
            self._renew_cells(state.pack(), state.flip, 1, state.cells)
            self._renew_lists(state.pack(), state.flip, 1)
            status = state.read("status", at.STATUS)
            check_renewals(status)
            if (status[:, at.STATUS_STALE] == 0).all():
                return
            make_room(state, step, status)


class BlockSchedule(ParallelSchedule):
    """A thread block for each case (kernels/schedules/block.py); lists and logs as for parallel.

    Args:
        device: that it runs on.
    """

    #: Time that a launch shall take [s]: displays stop what takes seconds; the first launches
    #: measure how many steps that is.
    _SECONDS, _FIRST, _GROWTH = 0.15, 32, 4
    #: Mesa's software Vulkan ends all loops of a thread after 65,535 rounds without a word.
    _SOFTWARE_LOOPS = 50_000

    def __init__(self, device: devices.Device) -> None:
        super().__init__(device)
        from gpudem.kernels.schedules import block

        self._kernel = block.advance
        software = device.kind == "vulkan" and devices.is_software(device.name)
        self._budget = self._SOFTWARE_LOOPS if software else at.NEVER
        self._precision = device.precision
        self._turns, self._compiled = self._FIRST, False

    def lanes(self, state: DeviceState) -> int:
        """Threads of a block: as many as the beads of the largest case keep busy."""
        if self._kind == "cpu":
            return 1
        beads = int(np.diff(state.begin).max())
        return min(MOST_LANES[self._precision], max(32, 1 << (beads - 1).bit_length()))

    def compile(self, state: DeviceState, step: int) -> None:
        """Compiles what `advance` calls; the drive holds at least one row."""
        state.clear_status()
        self._launch(state, step, 0, 1)
        # Drivers compile when they launch, and what is measured afterwards shall not hold that.
        state.read("status", at.STATUS)
        self._compiled = True

    def advance(self, state: DeviceState, first: int, count: int, *without: object) -> Done:
        """Advances all cases by ``count`` steps; the drive holds a row more. Never collects."""
        if not self._compiled:
            self.compile(state, first)
        state.clear_status()
        before = np.zeros(len(state.cases), int)
        while True:
            began = time.perf_counter()
            self._launch(state, first, count, self._turns)
            status = state.read("status", at.STATUS)
            seconds = time.perf_counter() - began
            check_renewals(status)
            steps = status[:, at.STATUS_STEPS].astype(int)
            if (steps == count).all():
                return self._finished(state, count, status)
            if lacks_room(state, status):
                make_room(state, first, status)
            else:
                renewed = bool(status[:, at.STATUS_REBUILDS].any())
                self._note(int((steps - before).max()), seconds, renewed)
            before = steps

    def _note(self, steps: int, seconds: float, renewed: bool) -> None:
        """Fits the steps of a launch to the time [s] that the last one took."""
        if steps == 0:
            if renewed:  # which can use up what software renderers may do at once
                return
            raise DeviceError(
                "the device took no step in a launch: its driver drops work without an error, so "
                "no result can be trusted"
            )
        wanted = int(self._SECONDS * steps / max(seconds, 1e-9))
        self._turns = max(1, min(wanted, self._GROWTH * self._turns, at.NEVER // 8))

    def _launch(self, state: DeviceState, first: int, goal: int, turns: int) -> None:
        lanes, numbers = self.lanes(state), (state.flip, first, goal, turns, self._budget)
        cases = len(state.cases) if self._kind in ("vulkan", "metal") else 0
        self._kernel(state.pack(), *numbers, lanes, cases)
        self.launches += 1


def make_schedule(
    name: str, members: int, device: devices.Device
) -> SerialSchedule | ParallelSchedule:
    """The schedule of that name on a device, for so many threads that may share a case."""
    if name == "serial":
        return SerialSchedule(members)
    return BlockSchedule(device) if name == "block" else ParallelSchedule(device)
