"""Statistics of the events of a run: whole contacts, from first overlap to the end.

They need no convention of counting beads: an event is one contact with its whole energy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpudem.analysis.stress import ALPHAS, Collisions, Distribution
from gpudem.analysis.uncertainty import FEWEST_SAMPLES, Mean, jackknife_error
from gpudem.numbers import NAN, quotient
from gpudem.quantities import HISTOGRAM_CLASSES, PAIR_KINDS

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

#: Groups of histograms are so many autocorrelation times long, as blocks of means are.
_GROUP = 2.0
#: Fewer of them tell no error.
_FEWEST_GROUPS = 8

#: Shares of the energy for SE_q and SF_q, in per cent.
PERCENTAGES = (90, 99)


@dataclass(frozen=True)
class HardestEvents:
    """The smallest set of events that carries the share q of the events' energy.

    Attributes:
        share: q.
        number: events in the set.
        energy: their energy [J].
        threshold: energy of the weakest event in the set [J].
    """

    share: float
    number: float
    energy: float
    threshold: float

    @property
    def mean(self) -> float:
        """SE_q, their mean energy [J]."""
        return quotient(self.energy, self.number)


def hardest_events(
    edges: Sequence[float] | np.ndarray, number: np.ndarray, energy: np.ndarray, share: float
) -> HardestEvents:
    """Find the smallest set of events that carries a share of the energy, from a histogram.

    Classes are taken from the highest down. Inside the last one the events are taken as
    spread evenly over [lower edge, upper edge): above x lie n (hi - x)/(hi - lo) of them, with
    E (hi^2 - x^2)/(hi^2 - lo^2) of the class's energy.

    Args:
        edges: edges of the classes [J], shape (classes + 1,).
        number: events in each class, shape (classes,).
        energy: their energy in each class [J], shape (classes,).
        share: q, above 0 and at most 1.
    """
    total = float(energy.sum())
    if not total > 0.0:
        return HardestEvents(share, NAN, NAN, NAN)
    wanted = share * total
    above = np.append(np.cumsum(energy[::-1])[::-1], 0.0)
    held = np.flatnonzero(energy)
    # Of the cumulated sums the first may miss q = 1 by rounding: the lowest class is then it.
    reached = held[above[held] >= wanted]
    k = int(reached[-1]) if len(reached) else int(held[0])
    low, high = float(edges[k]), float(edges[k + 1])
    part = min(1.0, (wanted - above[k + 1]) / float(energy[k]))
    threshold = np.sqrt(max(0.0, high**2 - part * (high**2 - low**2)))
    count = float(number[k + 1 :].sum()) + float(number[k]) * (high - threshold) / (high - low)
    return HardestEvents(share, count, wanted, float(threshold))


@dataclass(frozen=True)
class EventStatistics:
    """Events of the log window.

    Attributes:
        number: events that began in the window and ended, by pair kind.
        energy: their energies [J], by alpha.
        impact: impact energies [J] of the events, summed, by the other definitions in use:
            "transferred", the largest work of the normal force since the onset, and "onset",
            m* v_n^2 / 2 as they began; NaN in files of version 0.1.0.
        weighted: SE_W = sum W^2 / sum W [J], by alpha; the energy of the event in which a
            joule, drawn at random, is spent.
        hardest: SE_q and SF_q for each percentage, by dissipation.
        frequency: events per second [1/s].
        carried_number: events that touched when the window opened and ended in it.
        carried_share: their share of the window's dissipation.
        alive_number: events alive at the end; NaN while unknown (run not complete).
        alive_share: their share of the window's dissipation; NaN while unknown.
        covered: share of the events that the histograms hold (they end at the last snapshot).
        class_correction: exact energy of the events over that of their class centres.
        distribution: events per second over their dissipation, scaled to all events.
        by_kind: the same of each pair kind.
        duration: length of the window [s].
    """

    number: dict[str, float]
    energy: dict[str, float]
    impact: dict[str, float]
    weighted: dict[str, float]
    hardest: dict[str, HardestEvents]
    frequency: float
    carried_number: float
    carried_share: float
    alive_number: float
    alive_share: float
    covered: float
    class_correction: float
    distribution: Distribution
    by_kind: dict[str, Distribution]
    duration: float

    def stress_frequency_q(self, percentage: int) -> float:
        """SF_q, events per second in the set that carries q of the energy [1/s]."""
        return self.hardest[str(percentage)].number / self.duration


def event_statistics(run: Run, collisions: Collisions) -> EventStatistics:
    """Work out the statistics of the events in the log window of a run.

    Args:
        run: an open run.
        collisions: its sums over the window.

    Raises:
        RunFileError: the file is damaged.
    """
    sums = {name: values.sum(axis=1) for name, values in run.event_series.items()}
    number = {kind: float(n) for kind, n in zip(PAIR_KINDS, sums["events"], strict=True)}
    energy = {alpha: float(sums[alpha].sum()) for alpha in ALPHAS}
    dissipated = collisions.total("dissipation")
    alive = run.remainder

    def remaining(name: str) -> float:
        if len(alive) < len(PAIR_KINDS):
            return NAN
        return float(sum(alive[kind].get(name, NAN) for kind in PAIR_KINDS))

    edges, histogram = run.histogram("dissipation")
    counts, energies = class_energies(edges, histogram, sums["events"], sums["dissipation"])
    return EventStatistics(
        number=number,
        energy=energy,
        impact={
            "transferred": float(sums["impact"].sum()),
            "onset": float(sums["onset"].sum()),
        },
        weighted={
            alpha: quotient(float(sums[f"{alpha}_squared"].sum()), energy[alpha])
            for alpha in ALPHAS
        },
        hardest={
            str(percent): hardest_events(edges, counts, energies, percent / 100.0)
            for percent in PERCENTAGES
        },
        frequency=sum(number.values()) / collisions.window.duration,
        carried_number=float(sums["carried_events"].sum()),
        carried_share=quotient(float(sums["carried_dissipation"].sum()), dissipated),
        alive_number=remaining("alive_events"),
        alive_share=quotient(remaining("alive_dissipation"), dissipated),
        covered=quotient(float(histogram.sum()), float(sums["events"].sum())),
        class_correction=quotient(float(energies.sum()), float((counts * _centres(edges)).sum())),
        distribution=Distribution.of_classes(counts / collisions.window.duration),
        by_kind={
            kind: Distribution.of_classes(
                row * quotient(number[kind], float(row.sum())) / collisions.window.duration
                if row.any()
                else row
            )
            for kind, row in zip(PAIR_KINDS, histogram, strict=True)
        },
        duration=collisions.window.duration,
    )


def energy_distributions(run: Run, duration: float) -> dict[str, Distribution]:
    """Collisions per second over each kind of energy, in the order of ALPHAS.

    Scaled to all that ended in the window, as the histograms hold those up to the last snapshot.

    Args:
        run: an open run.
        duration: length of its window [s].

    Raises:
        RunFileError: the file is damaged.
    """
    number = run.event_series["events"].sum(axis=1)
    found = {}
    for alpha in ALPHAS:
        histogram = run.histogram(alpha)[1]
        scale = [
            quotient(float(n), float(row.sum())) for n, row in zip(number, histogram, strict=True)
        ]
        counts = np.sum(
            [row * s for row, s in zip(histogram, scale, strict=True) if row.any()], axis=0
        )
        if np.ndim(counts):
            found[alpha] = Distribution.of_classes(counts / duration)
    return found


def hardest_statistics(run: Run, found: EventStatistics, power: Mean) -> dict[str, dict[str, Mean]]:
    """SE_q and SF_q with their standard errors, from the histograms of successive snapshots.

    The error is that of a jackknife: groups of successive histograms, each two autocorrelation
    times of the power long, are left out in turn. NaN where the mean power has none.

    Args:
        run: an open run.
        found: the statistics of its events.
        power: its mean power.
    """
    blocks = run.histogram_blocks("dissipation")
    # Those before the window hold nothing.
    blocks = blocks[:, blocks.any(axis=(0, 2))]
    groups = _groups(blocks.shape[1], found, power)
    errors = {key: (NAN, NAN) for key in found.hardest}
    if groups:
        length = blocks.shape[1] // groups
        cut = blocks[:, blocks.shape[1] - groups * length :]
        parts = cut.reshape(len(PAIR_KINDS), groups, length, -1).sum(axis=2)
        left = [parts.sum(axis=1) - parts[:, k] for k in range(groups)]
        errors = {
            key: _hardest_errors(run, left, found.duration, one.share)
            for key, one in found.hardest.items()
        }

    def means(values: dict[str, float], which: int) -> dict[str, Mean]:
        known = power.autocorrelation_time, power.effective_samples
        return {key: Mean(value, errors[key][which], *known) for key, value in values.items()}

    return {
        "stress_energy_q": means({key: one.mean for key, one in found.hardest.items()}, 0),
        "stress_frequency_q": means(
            {key: one.number / found.duration for key, one in found.hardest.items()}, 1
        ),
    }


def _groups(blocks: int, found: EventStatistics, power: Mean) -> int:
    """How many groups of histograms are independent and enough for an error; 0 if too few."""
    if not (blocks and power.effective_samples >= FEWEST_SAMPLES):
        return 0
    step = found.duration * found.covered / blocks
    groups = blocks // max(1, math.ceil(_GROUP * power.autocorrelation_time / step - 1e-6))
    return groups if groups >= _FEWEST_GROUPS else 0


def _hardest_errors(
    run: Run, histograms: Sequence[np.ndarray], duration: float, share: float
) -> tuple[float, float]:
    """Errors of SE_q and SF_q from the histograms that are left without each group."""
    series, edges = run.event_series, run.histogram("dissipation")[0]
    events, energy = (series[name].sum(axis=1) for name in ("events", "dissipation"))
    centres, left_out = _centres(edges), len(histograms)
    whole = np.sum(histograms, axis=0) / left_out
    found = []
    for histogram in histograms:
        # As many events and as much energy as the window would have if all of it were like this
        # part, each class with the energy that it has in the whole window.
        count = histogram.sum(axis=1) / np.maximum(whole.sum(axis=1), 1e-300)
        weight = histogram @ centres / np.maximum(whole @ centres, 1e-300)
        scaled = class_energies(edges, histogram, events * count, energy * weight)
        found.append(hardest_events(edges, *scaled, share))
    return (
        jackknife_error([one.mean for one in found]),
        jackknife_error([one.number / duration for one in found]),
    )


def _centres(edges: np.ndarray) -> np.ndarray:
    centres = 0.5 * (edges[1:] + edges[:-1])
    centres[0] = 0.0  # holds zero and negative energies
    return centres


def class_energies(
    edges: np.ndarray,
    histogram: np.ndarray,
    events: Sequence[float] | np.ndarray,
    dissipation: Sequence[float] | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Events and energies [J] of each histogram class, scaled to exact sums.

    The scaling makes up for events after the last snapshot and for the classes' width.

    Args:
        edges: edges of the classes [J], shape (classes + 1,).
        histogram: counts of one or more kinds of contacts, shape (kinds, classes).
        events: exact number of events of each kind.
        dissipation: their exact energy [J].
    """
    centres = _centres(edges)
    counts = np.zeros(HISTOGRAM_CLASSES)
    energies = np.zeros(HISTOGRAM_CLASSES)
    for row, wanted, exact in zip(histogram, events, dissipation, strict=True):
        held = float(row.sum())
        if not held:
            continue
        scaled = row * (float(wanted) / held)
        raw = scaled * centres
        counts += scaled
        if raw.sum() > 0.0 and exact > 0.0:
            energies += raw * (float(exact) / raw.sum())
    return counts, energies
