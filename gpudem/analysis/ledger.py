"""The energy ledger of a run: two balances that must close, whatever the mill does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.numbers import NAN, quotient
from gpudem.quantities import DISSIPATION_CHANNELS, PAIR_KINDS

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

#: What the work-energy balance may miss, relative to the input; by precision, as single-precision
#: energies and speeds cannot balance better.
WORK_ENERGY_LIMIT, WORK_ENERGY_LIMIT_MIXED = 1e-9, 1e-6
#: What the channels may miss, relative to the true loss.
CHANNELS_LIMIT = 0.02
#: Losses below this are those of beads at rest [J]; a bead of 0.1 mm loses more when it is dropped.
NOTHING = 1e-12
#: Steps above this share of the Rayleigh time are named as a cause, restitutions below this too.
_LARGE_STEP, _LOW_RESTITUTION = 0.2 * (1.0 + 1e-9), 0.05


@dataclass(frozen=True)
class Ledger:
    """Energies [J] of successive intervals, from the end of the one before to that of the last.

    Attributes:
        work_body: work of gravity and of the frame's acceleration.
        work_wall: work of the moving walls.
        work_contact: work of all contacts on the beads.
        motion_change: change of translational and rotational kinetic energy.
        stored_change: change of the elastic energy in the contacts.
        dissipation: sum of the channels.
        input: sum over the intervals of |work_body| + |work_wall|.
    """

    work_body: float
    work_wall: float
    work_contact: float
    motion_change: float
    stored_change: float
    dissipation: float
    input: float

    @property
    def work_energy(self) -> float:
        """|d(E_kin + E_spin) - (work_body + work_contact)| over the input [1]."""
        missing = self.motion_change - (self.work_body + self.work_contact)
        return quotient(abs(missing), self.input)

    @property
    def loss(self) -> float:
        """True loss: work_wall + work_body - d(E_kin + E_spin) - dE_stored [J]."""
        return self.work_wall + self.work_body - self.motion_change - self.stored_change

    @property
    def excess(self) -> float:
        """(dissipation - true loss) / true loss [1]: by how much the channels are too high.

        NaN where nothing was lost but rounding.
        """
        if max(abs(self.loss), abs(self.dissipation)) < NOTHING:
            return NAN
        return quotient(self.dissipation - self.loss, abs(self.loss))


def ledger(run: Run, first: int = 0) -> Ledger:
    """Draw up the energy ledger from an interval to the end of the run.

    The energy at the very start is not in the file, so the run's first interval is left out.

    Args:
        run: the run.
        first: the first interval.

    Raises:
        RunFileError: the file is damaged.
    """
    first = max(first, 1)
    if run.intervals <= first:
        return Ledger(NAN, NAN, NAN, NAN, NAN, NAN, NAN)
    summary = run.summary

    def work(name: str) -> float:
        return float(summary[name].values[first:].sum())

    def change(name: str) -> float:
        values = summary[name].values
        return float(values[-1] - values[first - 1])

    effort = sum(np.abs(summary[name].values[first:]).sum() for name in ("work_body", "work_wall"))
    return Ledger(
        work_body=work("work_body"),
        work_wall=work("work_wall"),
        work_contact=work("work_contact"),
        motion_change=change("kinetic_energy") + change("spin_energy"),
        stored_change=change("stored_energy"),
        dissipation=sum(work(f"{k}_{name}") for k in PAIR_KINDS for name in DISSIPATION_CHANNELS),
        input=float(effort),
    )


def work_energy_limit(run: Run) -> float:
    """What the work-energy balance may miss in the precision of a run [1]."""
    # Whatever a file holds there, it is compared as text.
    mixed = str(run.parameters.get("precision")) == "mixed"
    return WORK_ENERGY_LIMIT_MIXED if mixed else WORK_ENERGY_LIMIT


def cause(found: Ledger, run: Run) -> str:
    """Say in words what most likely keeps the channels from closing.

    Args:
        found: a ledger of the run whose channels miss too much.
        run: the run.
    """
    step, rayleigh = (_positive(run.parameters.get(n)) for n in ("time_step", "rayleigh_time"))
    if 0.0 < abs(found.loss) < 0.01 * found.input:
        return "of the energy that went in and out hardly any was lost, so small errors count"
    if step and rayleigh and step > _LARGE_STEP * rayleigh:
        return (
            f"the time step is {100.0 * step / rayleigh:.3g} % of the Rayleigh time: lower "
            f"run.rayleigh_fraction"
        )
    lowest = _lowest_restitution(run.resolved)
    if lowest is not None and lowest < _LOW_RESTITUTION:
        return (
            f"a restitution of {lowest:g} needs a damper that this time step does not resolve: "
            f"lower run.rayleigh_fraction"
        )
    return "the time step does not resolve these contacts: lower run.rayleigh_fraction"


def _positive(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and math.isfinite(value) and value > 0.0
    return float(value) if good else None


def _lowest_restitution(scene: Any) -> float | None:
    contact = scene.get("contact") if isinstance(scene, Mapping) else None
    pairs = contact.values() if isinstance(contact, Mapping) else ()
    found = [_positive(pair.get("restitution")) for pair in pairs if isinstance(pair, Mapping)]
    return min((e for e in found if e is not None), default=None)
