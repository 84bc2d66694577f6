"""Collections: what the beads did in the meantime, from the device's arrays to SI units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from gpudem.engine.arrays import DeviceState
from gpudem.engine.case import Case
from gpudem.errors import DeviceError
from gpudem.kernels import layout as at
from gpudem.ledger import Ledger
from gpudem.pair_classes import by_class


@dataclass(frozen=True)
class Collected:
    """What the beads did since the last collection, and a sample of the moment.

    Attributes:
        step: number of the step after which this was.
        time: simulated time then [s] (of the first case).
        log: sums of COLLISION_LOG by pair kind, shape (beads, 2, 10) [J or 1].
        events: sums of EVENT_SUMS by pair kind, shape (beads, 2, 11).
        class_log: of several species, sums of COLLISION_LOG of all beads by pair class
            (`gpudem.pair_classes`), shape (classes, 10); a bead-bead contact counts for both. Where
            several cases advance together, shape (cases, classes, 10).
        class_events: sums of EVENT_SUMS likewise, shape (classes, 11), each contact once.
        work: of body forces, contacts and moving walls, shape (beads, 3) [J].
        sample: at the moment, shape (beads, layout.SAMPLE).
    """

    step: int
    time: float
    log: np.ndarray
    events: np.ndarray
    work: np.ndarray
    sample: np.ndarray
    class_log: np.ndarray | None = None
    class_events: np.ndarray | None = None

    def of_case(self, case: int, own: slice) -> Collected:
        """What the beads of one of several cases did.

        Args:
            case: its number.
            own: its beads.
        """
        return replace(
            self,
            log=self.log[own],
            events=self.events[own],
            work=self.work[own],
            sample=self.sample[own],
            class_log=None if self.class_log is None else self.class_log[case],
            class_events=None if self.class_events is None else self.class_events[case],
        )


class Collection:
    """Arrays into which kernels collect the beads' sums and samples, at one or more moments.

    Attributes:
        arrays: log, event sums, works, and the sample; rows of beads, moment after moment.

    Args:
        state: the beads.
        moments: 0 or more.
    """

    def __init__(self, state: DeviceState, moments: int = 1) -> None:
        self._state = state
        sums = np.int64 if state.mixed else np.float64
        rows = moments * state.beads
        logged, summed = state.kinds * at.LOG_VALUES, state.kinds * at.EVENT_VALUES
        self._widths = (logged, summed, at.WORK, at.SAMPLE)
        numbers = (sums, state.real, sums)
        self.arrays = [
            np.zeros(max(1, rows * width), number)
            for width, number in zip(self._widths, numbers, strict=False)
        ]
        # So that a bead which the device leaves out is seen.
        self.arrays.append(np.full(max(1, rows * at.SAMPLE), np.nan, state.real))

    def taken(self, moment: int, step: int) -> Collected:
        """What was collected at a moment, counted from 0, after the step of that number.

        Raises:
            DeviceError: fewer beads than there are, or a sum near the end of its range.
        """
        state = self._state
        own = slice(moment * state.beads, (moment + 1) * state.beads)
        log, events, work, sample = (
            values.reshape(-1, width)[own]
            for values, width in zip(self.arrays, self._widths, strict=True)
        )
        if np.isnan(sample[:, at.SAMPLE_TOUCHING_BEAD]).any():
            raise DeviceError("the device collected the sums of fewer beads than there are")
        kinds = state.kinds
        log = log.reshape(-1, kinds, at.LOG_VALUES)
        events = events.reshape(-1, kinds, at.EVENT_VALUES)
        if state.mixed:
            log, work = self._in_joules(log, work)
            events, sample = events.astype(float), sample.astype(float)
        time = step * state.cases[0].time_step
        log, events, work, sample = map(state.by_number, (log, events, work, sample))
        if kinds == 2:
            return Collected(step, time, log, events, work, sample)
        species = np.concatenate([case.species for case in state.cases])
        cases = [slice(a, b) for a, b in pairwise(state.begin)]
        classes = [
            np.array([_sums_by_class(values[own], species[own]) for own in cases])
            for values in (log, events)
        ]
        if len(cases) == 1:
            classes = [values[0] for values in classes]
        log, events = (_by_pair_kind(values) for values in (log, events))
        return Collected(step, time, log, events, work, sample, *classes)

    def _in_joules(self, log: np.ndarray, work: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums of mixed precision as energies [J] and counts."""
        if max(np.abs(log).max(), np.abs(work).max()) >= 2**60:
            raise DeviceError(
                "mixed precision: the energy of a bead in one interval is beyond its sums' range; "
                "shorter intervals or --precision double can hold it"
            )
        unit = self._state.bead_units("energy")
        log = log.astype(float)
        log[:, :, : at.LOG_ENERGIES] *= 0.5 * unit[:, :, None]
        return log, work * unit


def _by_pair_kind(values: np.ndarray) -> np.ndarray:
    """Sums over all species of partners, shape (beads, 2, quantities)."""
    return np.stack([values[:, :-1].sum(axis=1), values[:, -1]], axis=1)


def _sums_by_class(values: np.ndarray, species: np.ndarray) -> np.ndarray:
    """Sums over all beads by pair class, from values of shape (beads, kinds, quantities)."""
    every = range(values.shape[1] - 1)
    return by_class(np.array([values[species == one].sum(axis=0) for one in every]))


def ledger_of(before: np.ndarray, collected: Collected) -> Ledger:
    """The energy ledger of the time since a sample was taken.

    Args:
        before: that sample, shape (beads, layout.SAMPLE).
        collected: what the beads did since.
    """
    change = (collected.sample - before).sum(axis=0)
    work = collected.work.sum(axis=0)
    body, wall = float(work[at.WORK_BODY]), float(work[at.WORK_WALL])
    return Ledger(
        work_body=body,
        work_wall=wall,
        work_contact=float(work[at.WORK_CONTACT]),
        motion_change=float(change[at.SAMPLE_KINETIC] + change[at.SAMPLE_SPIN]),
        stored_change=float(change[at.SAMPLE_STORED]),
        dissipation=float(collected.log[:, :, at.NORMAL_DAMPING : at.LOG_ENERGIES].sum()),
        input=abs(body) + abs(wall),
    )


def summarise(case: Case, collected: Collected) -> dict[str, float]:
    """A case's values of one interval, by the names of quantities.SUMMARY and of its channels."""
    sample, work = collected.sample, collected.work.sum(axis=0)
    mass = case.mass
    centre = (mass[:, None] * sample[:, at.SAMPLE_POSITION : at.SAMPLE_POSITION + 3]).sum(axis=0)
    centre /= mass.sum()
    when = np.array([collected.time])
    body = case.drive.body_acceleration(when)[0]
    return {
        "time": collected.time,
        "work_body": float(work[at.WORK_BODY]),
        "work_contact": float(work[at.WORK_CONTACT]),
        "work_wall": float(work[at.WORK_WALL]),
        "kinetic_energy": float(sample[:, at.SAMPLE_KINETIC].sum()),
        "spin_energy": float(sample[:, at.SAMPLE_SPIN].sum()),
        "stored_energy": float(sample[:, at.SAMPLE_STORED].sum()),
        "mean_speed": float(sample[:, at.SAMPLE_SPEED].mean()),
        "touching_bead_bead": float(sample[:, at.SAMPLE_TOUCHING_BEAD].sum() / 2.0),
        "touching_bead_wall": float(sample[:, at.SAMPLE_TOUCHING_WALL].sum()),
        "largest_overlap": float(sample[:, at.SAMPLE_OVERLAP].max()),
        "centre_x": float(centre[0]),
        "centre_y": float(centre[1]),
        "centre_z": float(centre[2]),
        "acceleration_x": float(body[0]),
        "acceleration_y": float(body[1]),
        "acceleration_z": float(body[2]),
        **case.drive.channels(collected.time),
    }


def collisions_begun(log: np.ndarray) -> float:
    """Contacts begun of a collection: one between two beads stands in the log of both."""
    beads, walls = log[:, :, at.LOG_CONTACTS].sum(axis=0)
    return float(0.5 * beads + walls)


def dissipation_and_count(log: np.ndarray) -> np.ndarray:
    """Dissipated energy [J] and contacts begun of each bead, shape (beads, 2)."""
    return np.stack(
        [
            log[:, :, at.NORMAL_DAMPING : at.LOG_ENERGIES].sum(axis=(1, 2)),
            log[:, :, at.LOG_CONTACTS].sum(axis=1),
        ],
        axis=1,
    )
