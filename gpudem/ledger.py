"""The energy ledger: two balances that must close, whatever the mill does."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from gpudem.numbers import NAN, quotient

#: What the work-energy balance may miss, relative to the input, by precision, as single-precision
#: energies and speeds cannot balance better: beyond this a report says so ...
REPORT_WORK_ENERGY = {"double": 1e-9, "mixed": 1e-6}
#: ... and beyond this a run stops: forces or works were lost.
STOP_WORK_ENERGY = {"double": 1e-6, "mixed": 1e-4}
#: What the channels may miss, relative to the true loss, beyond which a report says so; a run stops
#: at ``run.ledger_limit``.
REPORT_CHANNELS = 0.02
#: Losses below this are those of beads at rest [J]; a bead of 0.1 mm loses more when it is dropped.
NOTHING = 1e-12


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

    def __add__(self, later: Ledger) -> Ledger:
        """The ledger of both, where the other one follows on this."""
        return Ledger(*(a + b for a, b in zip(astuple(self), astuple(later), strict=True)))

    @property
    def from_nowhere(self) -> float:
        """d(E_kin + E_spin) - (work_body + work_contact) [J]."""
        return self.motion_change - (self.work_body + self.work_contact)

    @property
    def work_energy(self) -> float:
        """Size of `from_nowhere` over the input [1]."""
        return quotient(abs(self.from_nowhere), self.input)

    @property
    def loss(self) -> float:
        """True loss: work_wall + work_body - d(E_kin + E_spin) - dE_stored [J]."""
        return self.work_wall + self.work_body - self.motion_change - self.stored_change

    @property
    def missed(self) -> float:
        """Dissipation - true loss [J]: what the channels miss."""
        return self.dissipation - self.loss

    @property
    def excess(self) -> float:
        """(dissipation - true loss) / true loss [1]: by how much the channels are too high.

        NaN where nothing was lost but rounding.
        """
        if max(abs(self.loss), abs(self.dissipation)) < NOTHING:
            return NAN
        return quotient(self.missed, abs(self.loss))


#: Of no time at all.
EMPTY = Ledger(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
