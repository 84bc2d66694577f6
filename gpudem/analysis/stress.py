"""Stress energy SE and stress frequency SF of a run, from its collision log.

Two conventions of counting are kept apart everywhere and always labelled:

- `bead`: energies and counts are booked on beads. A bead-bead contact gives half of its
  energy, and one count, to each of its beads; a bead-wall contact gives all to its bead. This
  is Eq. 9 of Frankenberg et al. 2025 (doi 10.1002/smll.202507279) taken literally.
- `event`: whole energies over whole collisions, N = N_bb + N_bw.

SE = sum W / sum c over all bead-intervals of the window, those without a new contact too, so
SE * SF is the power in both conventions, exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpudem.errors import RunFileError
from gpudem.numbers import quotient
from gpudem.quantities import COLLISION_LOG, DISSIPATION_CHANNELS, PAIR_KINDS, histogram_edges

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

#: The energies that a stress can be measured by, the headline one first.
ALPHAS = ("dissipation", "normal", "shear")
CONVENTIONS = ("bead", "event")


@dataclass(frozen=True)
class Window:
    """The evaluated part of a run.

    Attributes:
        first: its first interval.
        intervals: number of intervals.
        start: time it opens [s].
        end: time it closes [s].
    """

    first: int
    intervals: int
    start: float
    end: float

    @property
    def duration(self) -> float:
        """Length [s]."""
        return self.end - self.start


def window(run: Run) -> Window:
    """Return the log window of a run, as far as it was committed.

    Raises:
        RunFileError: the run has not reached its log window.
    """
    if not run.logged_intervals:
        raise RunFileError(
            f"{run.path}: the run holds {run.intervals} intervals and its log window begins "
            f"after {run.first_logged}; there is nothing to evaluate yet"
        )
    time = run.series["time"]
    first = run.first_logged
    if first:
        start = float(time[first - 1])
    else:
        step = run.parameters.get("log_interval")
        known = isinstance(step, (int, float)) and math.isfinite(step)
        if not known and len(time) > 1:
            step = float(time[-1] - time[0]) / (len(time) - 1)
        elif not known:
            step = float(time[0])
        start = float(time[0]) - float(step)  # type: ignore[arg-type]
        # Time begins at zero; whatever is left of it here is rounding.
        start = 0.0 if abs(start) < 1e-9 * float(time[-1]) else start
    return Window(first, run.logged_intervals, start, float(time[-1]))


@dataclass(frozen=True)
class Collisions:
    """Energies and counts of the window, summed over the bowl.

    Attributes:
        window: the window they are of.
        beads: number of beads.
        energy: energy by name ("dissipation" and the energies of COLLISION_LOG) and pair
            kind [J].
        count: contacts begun by pair kind, counted once for each bead of a pair.
        count_loaded: those that began with a normal force above zero, counted alike.
    """

    window: Window
    beads: int
    energy: dict[str, dict[str, float]]
    count: dict[str, float]
    count_loaded: dict[str, float]

    def total(self, name: str, wall_share: float = 1.0) -> float:
        """Energy of both pair kinds [J].

        Args:
            name: an energy.
            wall_share: share of a bead-wall contact's energy that is booked on the bead.
        """
        parts = self.energy[name]
        return parts["bead_bead"] + wall_share * parts["bead_wall"]

    def power(self, name: str, kind: str | None = None) -> float:
        """Power [W] of an energy, of one pair kind or (None) of both."""
        energy = self.total(name) if kind is None else self.energy[name][kind]
        return energy / self.window.duration

    def stresses(self, convention: str) -> float:
        """Count the stresses in the window, c_bb + c_bw (bead) or c_bb / 2 + c_bw (event)."""
        pairs = {"bead": 1.0, "event": 0.5}[convention]
        return pairs * self.count["bead_bead"] + self.count["bead_wall"]

    def stress_frequency(self, convention: str) -> float:
        """SF [1/s] of the whole bowl."""
        return self.stresses(convention) / self.window.duration

    def stress_energy(self, alpha: str, convention: str, kind: str | None = None) -> float:
        """SE = sum W / sum c [J]; NaN without a contact.

        Args:
            alpha: one of ALPHAS.
            convention: one of CONVENTIONS.
            kind: one pair kind, or None for both.
        """
        if kind is None:
            return quotient(self.total(alpha), self.stresses(convention))
        pairs = 0.5 if (convention, kind) == ("event", "bead_bead") else 1.0
        return quotient(self.energy[alpha][kind], pairs * self.count[kind])

    @property
    def mixed_share(self) -> float:
        """N / (2 N_bb + N_bw): SE of one convention times SF of the other, over the power.

        SE_bead * SF_event is this share of the power; nothing physical, but a result that is
        obtained easily by taking SE from one table and SF from another.
        """
        return quotient(self.stresses("event"), self.stresses("bead"))


def collisions(run: Run) -> Collisions:
    """Sum up energies and counts over the log window of a run.

    Raises:
        RunFileError: the run has not reached its log window, or the file is damaged.
    """
    span = window(run)
    series = run.series

    def total(kind: str, name: str) -> float:
        return float(series[f"{kind}_{name}"][span.first :].sum())

    names = [q.name for q in COLLISION_LOG if q.unit == "J"]
    energy = {name: {kind: total(kind, name) for kind in PAIR_KINDS} for name in names}
    energy["dissipation"] = {
        kind: sum(energy[name][kind] for name in DISSIPATION_CHANNELS) for kind in PAIR_KINDS
    }
    return Collisions(
        window=span,
        beads=run.beads,
        energy=energy,
        count={kind: total(kind, "contacts") for kind in PAIR_KINDS},
        count_loaded={kind: total(kind, "contacts_loaded") for kind in PAIR_KINDS},
    )


@dataclass(frozen=True)
class Distribution:
    """Stress frequency in classes of stress energy.

    Attributes:
        edges: edges of the classes [J], shape (classes + 1,).
        frequency: stresses per second in each class [1/s], shape (classes,).
        below: stresses per second below the first edge, at zero energy and below it too [1/s].
    """

    edges: np.ndarray
    frequency: np.ndarray
    below: float = 0.0

    @classmethod
    def of_classes(cls, frequency: np.ndarray) -> Distribution:
        """Make one of frequencies [1/s] in the histogram classes of the run file.

        Two classes in each octave are kept, of those that hold anything.
        """
        edges = np.array(histogram_edges())
        used, below = np.array(frequency, float), float(frequency[0])
        used[0] = 0.0
        merged = used.reshape(-1, 4).sum(axis=1)
        held = np.flatnonzero(merged)
        if not len(held):
            return cls(np.zeros(0), np.zeros(0), below)
        low, high = held[0], held[-1] + 1
        return cls(edges[::4][low : high + 1], merged[low:high], below)

    @property
    def density(self) -> np.ndarray:
        """Density d SF / d log10 SE [1/s per decade], shape (classes,)."""
        return self.frequency / np.diff(np.log10(self.edges))

    @property
    def cumulative(self) -> np.ndarray:
        """SF(> E) at each edge [1/s], shape (classes + 1,)."""
        return np.append(np.cumsum(self.frequency[::-1])[::-1], 0.0)[: len(self.edges)]


@dataclass(frozen=True)
class BeadIntervals:
    """What the log of single beads tells beyond the sums.

    Attributes:
        share_without_contact: share of the bead-intervals in which no contact began.
        share_lasting: share of the bead-intervals in which none began, but a lasting one
            dissipated.
        energy_share_without_contact: their share of the dissipated energy.
        mean_ratio: unweighted mean of W/c over the bead-intervals with c > 0 [J], by alpha; a
            possible reading of Eq. 9, in which a bead-interval with one stress weighs as much
            as one with many.
        distribution: c per second over W/c (dissipation) of the bead-intervals with c > 0.
    """

    share_without_contact: float
    share_lasting: float
    energy_share_without_contact: float
    mean_ratio: dict[str, float]
    distribution: Distribution


def bead_intervals(run: Run) -> BeadIntervals | None:
    """Go through the collision log of each bead; None for a run with sums only (log = "bowl").

    Raises:
        RunFileError: the run has not reached its log window, or the file is damaged.
    """
    span = window(run)
    if not run.has_bead_log:
        return None
    edges = np.array(histogram_edges())
    counts = np.zeros(len(edges) - 1)
    sums = dict.fromkeys(ALPHAS, 0.0)
    with_contact = lasting = 0
    energy = lasting_energy = 0.0
    for block in run.log_blocks((*ALPHAS, "contacts"), values=1_000_000):
        number = block["contacts"].sum(axis=0, dtype=np.int64)
        begun = number > 0
        with_contact += int(begun.sum())
        for alpha in ALPHAS:
            work = block[alpha].sum(axis=0, dtype=np.float64)
            ratio = work[begun] / number[begun]
            sums[alpha] += float(ratio.sum())
            if alpha == "dissipation":
                energy += float(work.sum())
                lasting += int(((work != 0.0) & ~begun).sum())
                lasting_energy += float(work[~begun].sum())
                place = np.searchsorted(edges, ratio, side="right") - 1
                place = np.clip(place, 0, len(counts) - 1)
                counts += np.bincount(place, weights=number[begun], minlength=len(counts))
    return BeadIntervals(
        share_without_contact=1.0 - with_contact / (span.intervals * run.beads),
        share_lasting=lasting / (span.intervals * run.beads),
        energy_share_without_contact=quotient(lasting_energy, energy),
        mean_ratio={alpha: quotient(sums[alpha], with_contact) for alpha in ALPHAS},
        distribution=Distribution.of_classes(counts / span.duration),
    )


def specific_energy(power: float, milling_time: float, mass: float) -> float:
    """E_m = SE SF t / m = P t / m [J/kg] (Eq. 1 of Frankenberg et al. 2025).

    Args:
        power: P [W].
        milling_time: t [s].
        mass: mass of the product in the bowl [kg].
    """
    return quotient(power * milling_time, mass)


def milling_time_for(energy: float, power: float, mass: float) -> float:
    """Milling time [s] that gives the product a wanted energy; inverse of `specific_energy`.

    Args:
        energy: wanted E_m [J/kg].
        power: P [W].
        mass: mass of the product in the bowl [kg].
    """
    return quotient(energy * mass, power)
