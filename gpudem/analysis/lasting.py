"""Whether a mill's beads hit each other at all, or lie, slide and roll on each other.

SE and SF describe collisions: energy per contact, contacts per time. Where most of the energy is
dissipated in contacts that last, both depend on how long the window happens to be, and only powers
mean anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpudem.analysis.events import EventStatistics
from gpudem.analysis.stress import BeadIntervals, Collisions
from gpudem.numbers import NAN, quotient

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

#: Share of the dissipation in contacts that did not begin and end in the window, above which the
#: mean over those that did says little of the rest.
MOST_UNFINISHED = 0.2
#: The same for bead-intervals in which no contact began. At 200 rpm in the paper's bowl, cascading,
#: it is 0.01.
MOST_WITHOUT_ONSET = 0.3


@dataclass(frozen=True)
class LastingContacts:
    """How much of a window's dissipation lies in contacts that last.

    Attributes:
        unfinished: share of the dissipation in contacts that did not both begin and end in it.
        without_onset: share of the dissipation in bead-intervals in which no contact began; NaN
            without a log of single beads.
        touching: contacts at a time, mean over the window.
        power_per_contact: dissipation per time and touching contact [W].
    """

    unfinished: float
    without_onset: float
    touching: float
    power_per_contact: float

    @property
    def dominate(self) -> bool:
        """Whether SE and SF are not meaningful."""
        return self.unfinished > MOST_UNFINISHED or self.without_onset > MOST_WITHOUT_ONSET


def lasting_contacts(
    run: Run, sums: Collisions, events: EventStatistics, inner: BeadIntervals | None
) -> LastingContacts:
    """Work out how much of the window's dissipation lies in lasting contacts.

    Args:
        run: an open run.
        sums: its sums over the window.
        events: the statistics of its events.
        inner: what its log of single beads tells, if it has one.
    """
    series = run.series
    touching = sum(
        float(series[f"touching_{kind}"][sums.window.first :].mean())
        for kind in ("bead_bead", "bead_wall")
    )
    dissipated = sums.total("dissipation")
    finished = quotient(events.energy["dissipation"], dissipated)
    return LastingContacts(
        # Of tiny sums rounding may be left.
        unfinished=max(0.0, 1.0 - finished) if dissipated > 0.0 else NAN,
        without_onset=NAN if inner is None else inner.energy_share_without_contact,
        touching=touching,
        power_per_contact=quotient(sums.power("dissipation"), touching),
    )
