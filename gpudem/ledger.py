"""The energy ledger of a run: two balances that must close, whatever the mill does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpudem.quantities import DISSIPATION_CHANNELS, PAIR_KINDS
from gpudem.stress import NAN, quotient

if TYPE_CHECKING:
    from gpudem.runfile import Run

#: A balance that misses by more than this is called open in reports (relative to the input); the
#: first by precision, as single-precision energies and speeds cannot balance better.
WORK_ENERGY_LIMIT, WORK_ENERGY_LIMIT_MIXED = 1e-9, 1e-6
CHANNELS_LIMIT = 0.05


@dataclass(frozen=True)
class Ledger:
    """Energies from the end of the run's first interval to its last [J].

    The energy at the very start is not in the file, so the first interval is left out.

    Attributes:
        work_body: work of gravity and of the frame's acceleration.
        work_wall: work of the moving walls.
        work_contact: work of all contacts on the beads.
        motion_change: change of translational and rotational kinetic energy.
        stored_change: change of the elastic energy in the contacts.
        dissipation: sum of the channels.
        input: sum over the intervals of |work_body| + |work_wall|.
        work_energy_limit: what `work_energy` may miss in the run's precision [1].
    """

    work_body: float
    work_wall: float
    work_contact: float
    motion_change: float
    stored_change: float
    dissipation: float
    input: float
    work_energy_limit: float = WORK_ENERGY_LIMIT

    @property
    def work_energy(self) -> float:
        """|d(E_kin + E_spin) - (work_body + work_contact)| over the input."""
        missing = self.motion_change - (self.work_body + self.work_contact)
        return quotient(abs(missing), self.input)

    @property
    def channels(self) -> float:
        """|dissipation - (work_wall + work_body - dE_motion - dE_stored)| over the input."""
        spent = self.work_wall + self.work_body - self.motion_change - self.stored_change
        return quotient(abs(self.dissipation - spent), self.input)

    @property
    def closes(self) -> bool:
        """Whether both balances are within their limits."""
        return self.work_energy <= self.work_energy_limit and self.channels <= CHANNELS_LIMIT


def ledger(run: Run) -> Ledger:
    """Draw up the energy ledger over the whole run.

    Raises:
        RunFileError: the file is damaged.
    """
    if run.intervals < 2:
        return Ledger(NAN, NAN, NAN, NAN, NAN, NAN, NAN)
    summary = run.summary

    def work(name: str) -> float:
        return float(summary[name].values[1:].sum())

    def change(name: str) -> float:
        values = summary[name].values
        return float(values[-1] - values[0])

    # Whatever a file holds there, it is compared as text.
    mixed = str(run.parameters.get("precision")) == "mixed"
    effort = sum(np.abs(summary[name].values[1:]).sum() for name in ("work_body", "work_wall"))
    return Ledger(
        work_body=work("work_body"),
        work_wall=work("work_wall"),
        work_contact=work("work_contact"),
        motion_change=change("kinetic_energy") + change("spin_energy"),
        stored_change=change("stored_energy"),
        dissipation=sum(work(f"{k}_{name}") for k in PAIR_KINDS for name in DISSIPATION_CHANNELS),
        input=float(effort),
        work_energy_limit=WORK_ENERGY_LIMIT_MIXED if mixed else WORK_ENERGY_LIMIT,
    )
