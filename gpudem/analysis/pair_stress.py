"""Stress energy and frequency by pair class: which beads spend how much on which.

Beads of several species hit each other and the wall with different energies; the mean over all of
them tells little. Counted are whole contacts (convention `event`): SE times SF is the power of a
class, and the powers of all classes add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpudem.analysis.events import PERCENTAGES, HardestEvents, class_energies, hardest_events
from gpudem.analysis.stress import Distribution, Window
from gpudem.analysis.uncertainty import Mean, least_time, mean_of, ratio_of
from gpudem.numbers import quotient
from gpudem.quantities import DISSIPATION_CHANNELS

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run


@dataclass(frozen=True)
class PairStress:
    """What the contacts of one class do in the log window.

    Attributes:
        name: of the class, such as "5 mm steel - wall".
        with_wall: whether the partner is the wall.
        power: dissipation [W].
        share: of the whole dissipation.
        normal: work of the normal force while loading per time [W].
        shear: work against the tangential force per time [W].
        stress_energy: dissipation over contacts begun [J].
        stress_frequency: contacts begun per time [1/s].
        weighted: sum of squares of the events' dissipation over their sum [J].
        hardest: SE_q and SF_q for each percentage.
        distribution: events per second over their dissipation.
        duration: length of the window [s].
    """

    name: str
    with_wall: bool
    power: Mean
    share: float
    normal: float
    shear: float
    stress_energy: Mean
    stress_frequency: Mean
    weighted: float
    hardest: dict[str, HardestEvents]
    distribution: Distribution
    duration: float


def pair_stresses(run: Run, window: Window) -> list[PairStress]:
    """Work out each pair class of a run; none where all beads are of one species.

    Args:
        run: an open run.
        window: its log window.

    Raises:
        RunFileError: the file is damaged.
    """
    if not run.pair_classes:
        return []
    step, least = window.duration / window.intervals, least_time(run)
    log, events = run.class_log, run.class_events
    logged = {name: log[name].values[:, window.first :] for name in log.data_vars}
    lost = np.sum([logged[name] for name in DISSIPATION_CHANNELS], axis=0)
    edges, histogram = run.class_histogram("dissipation")
    found = []
    for k, pair in enumerate(run.pair_classes):
        contacts = (1.0 if pair.second is None else 0.5) * logged["contacts"][k]
        sums = {name: float(events[name].values[k].sum()) for name in events.data_vars}
        counts, energies = class_energies(
            edges, histogram[k : k + 1], [sums["events"]], [sums["dissipation"]]
        )
        found.append(
            PairStress(
                name=pair.label(run.species_names),
                with_wall=pair.second is None,
                power=mean_of(lost[k] / step, step, least),
                share=quotient(float(lost[k].sum()), float(lost.sum())),
                normal=float(logged["normal"][k].sum()) / window.duration,
                shear=float(logged["shear"][k].sum()) / window.duration,
                stress_energy=ratio_of(lost[k], contacts, step, least),
                stress_frequency=mean_of(contacts / step, step, least),
                weighted=quotient(sums["dissipation_squared"], sums["dissipation"]),
                hardest={
                    str(percent): hardest_events(edges, counts, energies, percent / 100.0)
                    for percent in PERCENTAGES
                },
                distribution=Distribution.of_classes(counts / window.duration),
                duration=window.duration,
            )
        )
    return found
