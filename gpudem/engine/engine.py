"""The engine: advance the beads of one or more cases, look at them, collect what they did."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from gpudem.device import start as devices
from gpudem.engine import SCHEDULES, bead_order
from gpudem.engine.arrays import DeviceState
from gpudem.engine.case import Case
from gpudem.engine.collected import Collected, Collection
from gpudem.engine.schedules import make_schedule
from gpudem.errors import DeviceError, GpudemError, SimulationError
from gpudem.kernels import layout as at
from gpudem.pair_classes import by_class
from gpudem.quantities import EVENT_HISTOGRAMS, HISTOGRAM_CLASSES
from gpudem.runfile.checkpoint import Checkpoint
from gpudem.stopping import StopSignals

#: Steps per call of the device: at most on a GPU and a CPU, at least, and bead-steps of a core
#: (some 0.3 s); bounds the drive's memory and the time until a signal is answered. The cores of a
#: batch wait for the slowest at the end of a call only.
_MOST_STEPS, _MOST_STEPS_CPU, _FEWEST_STEPS, _BEAD_STEPS = 4096, 32_768, 32, 8_000_000

#: Rows of the drive in one call on a GPU, of all cases.
_DRIVE_ROWS = 500_000

#: Collections in one call: bounds the memory that they take.
_MOST_COLLECTIONS = 64

#: Beads of a case up to which a block is taken for faster than a thread for each bead.
_MOST_BEADS_IN_A_BLOCK = 2048

#: Beads for each of several threads from which on one thread more is faster.
_BEADS_PER_MEMBER = 512


def default_schedule(device: devices.Device, cases: Sequence[Case]) -> str:
    """The schedule that "auto" stands for: serial on a CPU; on a GPU block for bowls of few beads.

    `gpudem.running.trial` finds out what is faster.
    """
    if device.kind == "cpu":
        return "serial"
    if device.kind == "metal":
        return "parallel"  # it binds fewer arrays than a block needs (docs/design/block.md)
    largest = max(len(case.position) for case in cases)
    software = devices.is_software(device.name)
    return "block" if software or largest <= _MOST_BEADS_IN_A_BLOCK else "parallel"


def default_members(cases: Sequence[Case], threads: int) -> int:
    """Threads that share a case: several where they have only one, of many beads."""
    beads = len(cases[0].position)
    if len(cases) > 1 or beads < bead_order.FEWEST_BEADS:
        return 1
    return min(threads, max(2, beads // _BEADS_PER_MEMBER))


def _read_only(array: np.ndarray) -> np.ndarray:
    """The same values; writing to a copy of the device's would change nothing there."""
    array.setflags(write=False)
    return array


class Engine:
    """Beads of one or more cases, advanced step by step on the current device.

    Args:
        cases: advance together.
        schedule: serial (one core per case, or several at a large one), parallel (one bead
            per thread) or block (one block of threads per case); auto takes serial on a CPU, and
            on a GPU block for cases of few beads.
        slots: contact slots of a bead to begin with; they grow when needed. By default 8, or
            16 for the other schedules, where each pair takes two.
        members: threads that may share one case in the serial schedule; by default those of the
            device, where there is a single case of many beads. Never changes a result.

    Raises:
        DeviceError: the arrays do not fit the device.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        *,
        schedule: str = "auto",
        slots: int | None = None,
        members: int | None = None,
    ) -> None:
        if schedule not in SCHEDULES:
            raise GpudemError(f"schedule {schedule!r}: accepted are {', '.join(SCHEDULES)}")
        for case in cases:
            case.check_places()
        self.device = devices.current()
        if schedule == "auto":
            schedule = default_schedule(self.device, cases)
        self.schedule = schedule
        if members is None:
            members = default_members(cases, self.device.threads)
        # Members without a thread of their own would be waited for for ever.
        if not 1 <= members <= self.device.threads:
            raise GpudemError(
                f"members {members}: accepted are 1 to {self.device.threads}, a thread for each"
            )
        # What a team keeps is for a single case.
        self.members = members if schedule == "serial" and len(cases) == 1 else 1
        self._schedule = make_schedule(schedule, self.members, self.device)
        self.state = DeviceState(
            cases,
            slots=slots or self._schedule.slots,
            full_lists=self._schedule.full_lists,
            members=self.members,
            blocks=schedule == "block",
        )
        bead_order.renumber(self.state)
        self.cases = self.state.cases
        self.step_number = 0
        self.rebuilds = 0

    @property
    def beads(self) -> int:
        """Number of beads of all cases together."""
        return self.state.beads

    @property
    def time(self) -> float:
        """Simulated time [s] (of the first case)."""
        return self.step_number * self.cases[0].time_step

    @property
    def species_names(self) -> list[str]:
        """Names of the species of beads (of the first case); none where there is only one."""
        several = self.state.kinds - 1
        named = self.cases[0].species_names
        every = range(several if several > 1 else 0)
        return [named[n] if n < len(named) else f"species {n}" for n in every]

    @property
    def position(self) -> np.ndarray:
        """Bead centres [m], shape (beads, 3), read-only."""
        return _read_only(self.state.by_number(self.state.read("position", 4))[:, :3])

    @property
    def radius(self) -> np.ndarray:
        """Bead radii [m], shape (beads,), read-only."""
        return _read_only(self.state.by_number(self.state.read("position", 4))[:, at.RADIUS])

    @property
    def velocity(self) -> np.ndarray:
        """Velocities in the bowl's translating frame [m/s], shape (beads, 3), read-only."""
        motion = self.state.by_number(self.state.read("motion", 8))
        return _read_only(motion[:, at.VELOCITY : at.VELOCITY + 3])

    @property
    def angular_velocity(self) -> np.ndarray:
        """Angular velocities [rad/s], shape (beads, 3), read-only."""
        motion = self.state.by_number(self.state.read("motion", 8))
        return _read_only(motion[:, at.SPIN : at.SPIN + 3])

    @property
    def chunk(self) -> int:
        """Steps that one call of the device does at most; never changes a result."""
        if self.device.kind != "cpu":
            # A log interval of a small bowl at once, where the drive's rows have room.
            room = _DRIVE_ROWS // len(self.cases)
            quick = self.schedule == "block" and not devices.is_software(self.device.name)
            return max(_MOST_STEPS, min(_MOST_STEPS_CPU, room)) if quick else _MOST_STEPS
        cores = min(len(self.cases), self.device.threads)
        return max(_FEWEST_STEPS, min(_MOST_STEPS_CPU, _BEAD_STEPS * cores // self.beads))

    def step(self, count: int = 1) -> None:
        """Advances by ``count`` time steps.

        Raises:
            SimulationError: a bead has no finite position any more.
        """
        if count != int(count) or count < 0:
            raise GpudemError(f"step: {count} steps; whole numbers from 0 on are accepted")
        count = int(count)
        goal = self.step_number + count
        while self.step_number < goal:
            _, lost = self._advance(goal)
            self._refuse(lost)

    def step_collecting(self, count: int, every: int) -> Iterator[Collected]:
        """Advances by ``count`` steps and collects after each whose number ``every`` divides.

        The simulation may be ahead of what is yielded: one call of the device can collect often.

        Raises:
            SimulationError: a bead has no finite position any more; all before has been yielded.
        """
        goal = self.step_number + count
        while self.step_number < goal:
            if self._schedule.collects_within:
                collected, lost = self._advance(goal, every)
                yield from collected
                self._refuse(lost)
            else:
                self.step(min(goal, (self.step_number // every + 1) * every) - self.step_number)
                if self.step_number % every == 0:
                    yield self.collect()

    def compile(self) -> None:
        """Compiles all kernels of the schedule now, without advancing."""
        self._set_drive(1)
        self._schedule.refresh(self.state, self.step_number)
        self._schedule.compile(self.state, self.step_number)

    def advance_to(self, time: float) -> None:
        """Advances to the step nearest to the simulated time [s]."""
        if not math.isfinite(time):
            raise GpudemError(f"time {time} s is no moment of a simulation")
        goal = round(time / self.cases[0].time_step)
        if goal < self.step_number:
            raise GpudemError(f"time {time} s is past: the simulation is at {self.time} s")
        self.step(goal - self.step_number)

    def settle(self, duration: float) -> None:
        """Lets the beads come to rest in the still mill for so long [s]; the time stays 0."""
        if self.step_number:
            raise GpudemError("beads can settle only before the first step")
        drives = [(case.drive, case.walls) for case in self.cases]
        for case in self.cases:
            case.stand_still()
        goal = round(duration / self.cases[0].time_step)
        while self.step_number < goal:
            StopSignals.check("while the beads settled; nothing had been logged yet")
            self.step(min(self.chunk, goal - self.step_number))
        self.collect()
        for case, (drive, walls) in zip(self.cases, drives, strict=True):
            case.drive, case.walls = drive, walls
        self.step_number = 0
        self.state.restart_clock()

    def checkpoint(self) -> Checkpoint:
        """The whole state of this moment, which `restore` takes up bit for bit."""
        meta = {
            "step": self.step_number,
            "rebuilds": self.rebuilds,
            "schedule": self.schedule,
            "device": self.device.kind,
            "precision": self.device.precision,
            "slots": self.state.slots,
            "records": self.state.records,
            "cell_slots": self.state.cell_slots,
            "flip": self.state.flip,
        }
        return Checkpoint(meta, self.state.dump())

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes on from a checkpoint of the same scene (or cases) and schedule.

        Raises:
            GpudemError: it is of another schedule, precision or scene.
        """
        meta = checkpoint.meta
        for name, own in (("schedule", self.schedule), ("precision", self.device.precision)):
            if meta[name] != own:
                raise GpudemError(f"the checkpoint is of {name} {meta[name]}, not {own}")
        try:
            self.state.restore(
                checkpoint.arrays,
                slots=meta["slots"],
                records=meta["records"],
                cell_slots=meta["cell_slots"],
                flip=meta["flip"],
            )
        except ValueError as error:
            raise GpudemError(f"the checkpoint is of another scene: {error}") from None
        self.step_number, self.rebuilds = meta["step"], meta["rebuilds"]

    def collect(self) -> Collected:
        """Takes the sums since the last call off the device and samples the moment."""
        self._set_drive(1)
        collection = Collection(self.state)
        self._schedule.collect(self.state, collection)
        return collection.taken(0, self.step_number)

    def open_window(self) -> None:
        """Opens the log window: contacts under way count as carried, histograms start at 0."""
        from gpudem.kernels import events

        events.open_window(self.state.pack())
        for name in ("wall_sums", "visit", "facet_sums"):
            self.state.write(name, np.zeros(self.state.sizes.numbers(name)))

    def wall_sums(self, case: int = 0) -> np.ndarray | None:
        """What the beads of a case did to each of its walls since the log window opened.

        Returns:
            Shape (walls, layout.WALL_SUMS): impulse [N s] and that of the torque about the wall's
            centre [N m s], three values each, the work of the wall's motion on the beads, what is
            lost by sliding friction and in the normal damper [J], the impulse of the normal force
            without its direction [N s], and its work while loading [J]. None where the case asks
            for no sums.
        """
        state = self.state
        if not state.cases[case].sums_by_wall:
            return None
        values = state.read("wall_sums", 1).reshape(state.beads, -1, at.WALL_SUMS)
        own = slice(state.begin[case], state.begin[case + 1])
        sums = values[own, : len(state.cases[case].walls)].astype(float)
        # By number, so that the sum does not depend on the order in memory.
        return sums[np.argsort(state.number[own])].sum(axis=0) * state.units[case].energy

    def facet_sums(self, case: int = 0) -> dict[int, np.ndarray]:
        """What the beads of a case did to each triangle of its meshes since the window opened.

        Returns:
            By number of the wall, in the order of its triangles, shape (triangles,
            layout.FACET_SUMS): impulse of the normal force [N s], its work while loading, and what
            is lost by sliding friction and in the normal damper [J]. Empty where the case asks for
            no sums or has no meshes, and on devices other than CPUs and CUDA.

        Raises:
            DeviceError: a sum is near the end of its range.
        """
        state = self.state
        if not (state.shapes.facets and state.cases[case].sums_by_wall):
            return {}
        whole = state.read("facet_sums", at.FACET_SUMS).copy()
        if np.abs(whole).max() >= 2**62:
            raise DeviceError("the work on a triangle is beyond the range of its sum")
        # Visits under way, as the device would hand them over.
        unit = state.units[case].facet
        visits = state.read("visit", at.VISIT)
        visits = visits[visits[:, at.VISIT_TRIANGLE] > 0.0]
        facet = visits[:, at.VISIT_TRIANGLE].astype(int) - 1
        done = np.floor(visits[:, : at.FACET_SUMS] / unit + 0.5).astype(np.int64)
        np.add.at(whole, facet, done)
        return {wall: whole[own] * unit for wall, own in state.facets_of(case).items()}

    def take_histograms(self) -> np.ndarray:
        """Histogram counts since the last call by pair class (`gpudem.pair_classes`).

        Returns:
            Shape (cases, pair classes, histograms, HISTOGRAM_CLASSES), as int32.
        """
        kinds = self.state.kinds
        shape = (len(self.cases), kinds - 1, kinds, len(EVENT_HISTOGRAMS), HISTOGRAM_CLASSES)
        counts = self.state.read("histogram", 1).reshape(shape)
        counts = np.array([by_class(of_case) for of_case in counts])
        self.state.write("histogram", np.zeros(math.prod(shape), dtype=np.int32))
        totals = counts.sum(axis=-1, dtype=np.int64)
        if (totals != totals[:, :, :1]).any():
            raise DeviceError("the device entered events into some histograms and not into others")
        return counts.astype(np.int32)

    def contacts(self) -> dict[str, np.ndarray]:
        """All contacts of this moment, with the forces that the next step would apply.

        Returns:
            Arrays of one entry a contact: ``bead``, ``partner`` (another bead, or -1 - wall),
            ``overlap`` [m] (below 0 where the law holds them beyond the touch), ``normal``
            (towards the bead), ``point`` [m], ``force`` [N] and ``moment`` [N m] on the bead
            (``moment`` is the rolling resistance alone), ``sliding`` (bool).
        """
        from gpudem.kernels.probe import PROBE, probe

        self._set_drive(1)
        self._schedule.refresh(self.state, self.step_number)
        # Only now, as fresh lists may have needed more of them.
        slots = self.state.slots
        values = np.zeros(self.beads * slots * PROBE, self.state.real)
        probe(self.state.pack(), self.state.flip, values, not self.state.full_lists)
        values = values.reshape(-1, PROBE).astype(float)
        partner = self.state.read("partner", 1)[:, 0]
        bead = self.state.bead_of_slot()
        used = np.arange(slots)[:, None] < self.state.read("slots_used", 1)[:, 0]
        there = used.ravel() & (values[:, 0] != 0.0) & ((partner < 0) | (bead < partner))
        values, bead, partner = values[there], bead[there], partner[there].astype(int)
        bead = self.state.number[bead]
        partner = bead_order.with_numbers(partner, self.state.number)
        # A contact is told as the bead of the lower number feels it.
        bead, partner, turned, by = bead_order.in_list_order(bead, partner, turn=True)
        values = values[by]
        values[turned, 1:4] *= -1.0
        values[turned, 7:13] *= -1.0
        return {
            "bead": bead,
            "partner": partner,
            "overlap": values[:, 0],
            "normal": values[:, 1:4],
            "point": values[:, 4:7],
            "force": values[:, 7:10],
            "moment": values[:, 10:13],
            "sliding": values[:, 13] == at.SLIDING_STATE,
        }

    def contact_force(self) -> np.ndarray:
        """Sum of the magnitudes of the forces of each bead's contacts [N], shape (beads,)."""
        found = self.contacts()
        size = np.linalg.norm(found["force"], axis=1)
        pairs = found["partner"] >= 0
        out = np.bincount(found["bead"], size, self.beads)
        return out + np.bincount(found["partner"][pairs], size[pairs], self.beads)

    def snapshot(self, touching: np.ndarray, rate: np.ndarray) -> dict[str, np.ndarray]:
        """The fields of SNAPSHOT_FIELDS at this moment, by name.

        Args:
            touching: contacts of each bead, shape (beads,).
            rate: dissipated power [W] and contacts begun [1/s], shape (beads, 2).
        """
        velocity = self.velocity
        return {
            "velocity": velocity,
            "angular_velocity": self.angular_velocity,
            "speed": np.linalg.norm(velocity, axis=1),
            "collision_power": rate[:, 0],
            "collision_rate": rate[:, 1],
            "touching": touching,
            "contact_force": self.contact_force(),
        }

    def beads_of(self, case: int) -> slice:
        """The beads of a case among those of all."""
        return slice(int(self.state.begin[case]), int(self.state.begin[case + 1]))

    def collected_of(self, collected: Collected, case: int) -> Collected:
        """What the beads of a case did, of what all of them did."""
        if len(self.cases) == 1:
            return collected
        return collected.of_case(case, self.beads_of(case))

    def alive_events(self, case: int = 0) -> dict[str, dict[str, float]]:
        """Contacts of a case under way: how many, and their energies [J] in the log window."""
        state = self.state.read("contact_state", 1)[:, 0]
        partner = self.state.read("partner", 1)[:, 0]
        bead = self.state.bead_of_slot()
        own = self.beads_of(case)
        here = (bead >= own.start) & (bead < own.stop)
        alive = np.flatnonzero(here & (state != at.APART) & ((partner < 0) | (bead < partner)))
        # Which slot holds a contact depends on who else is listed; its sums must not.
        _, partner, _, by = bead_order.in_list_order(bead[alive], partner[alive], turn=False)
        energy = self.state.read("energy", at.LOG_ENERGIES)[alive][by]
        out = {}
        for kind, chosen in (("bead_bead", partner >= 0), ("bead_wall", partner < 0)):
            sums = energy[chosen].sum(axis=0)
            out[kind] = {
                "alive_events": float(chosen.sum()),
                "alive_dissipation": float(sums[at.NORMAL_DAMPING :].sum()),
                "alive_normal": float(sums[at.NORMAL]),
                "alive_shear": float(sums[at.SHEAR]),
            }
        return out

    def _set_drive(self, rows: int) -> None:
        steps = self.step_number + np.arange(rows)
        self.state.set_drive([steps * case.time_step for case in self.cases])

    def _advance(self, goal: int, every: int = 0) -> tuple[list[Collected], int]:
        """Advances by one call of the device, at most to step ``goal``.

        Returns:
            What was collected after steps whose number ``every`` divides (if not 0), up to the
            first with a lost bead; and such a bead, or -1.
        """
        first = self.step_number
        count = min(goal - first, self.chunk, bead_order.steps_left(self.state, first))
        if every:
            count = min(count, _MOST_COLLECTIONS * every)
        due = range(first + every - first % every, first + count + 1, every) if every else ()
        collection = Collection(self.state, len(due))
        self._set_drive(count + 1)
        try:
            done, lost, renewals = self._schedule.advance(
                self.state, first, count, every, collection
            )
        except RuntimeError as error:  # Taichi's way to report a failure of the device
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise DeviceError(
                f"the device failed after step {first} (t = {self.time:.6g} s): {reason}"
            ) from error
        self.step_number += done
        self.rebuilds += renewals
        fine = self.step_number - (lost >= 0)
        collected = [collection.taken(n, step) for n, step in enumerate(due) if step <= fine]
        if lost < 0 and self.step_number % bead_order.STEPS == 0:
            bead_order.renumber(self.state)
        return collected, lost

    def _refuse(self, lost: int) -> None:
        if lost >= 0:
            bead = self.state.number[lost]
            raise SimulationError(
                f"bead {bead} has no finite position after step {self.step_number} "
                f"(t = {self.time:.6g} s): the time step is too large for these contacts"
            )
