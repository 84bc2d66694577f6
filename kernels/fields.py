"""The device arrays, each declared once: what an entry holds, and for what there is one.

Their sizes, their memory, and what a checkpoint keeps follow from here; where single values stand
in an entry says kernels/layout.py. No Taichi in this file, so that the host may read it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gpudem.kernels import layout as at
from gpudem.quantities import HISTOGRAM_CLASSES


class Field(NamedTuple):
    """An array of the device.

    Attributes:
        kind: "real" numbers, a "position" (kernels/position.py), a "sum" of energy
            (kernels/energy.py), "whole", 64-bit integers, or "int", 32-bit integers.
        width: numbers of an entry: 1, 2, 4 or 8, which processors load whole where aligned.
        per: for what it has entries, one of those of `Sizes.count`.
        each: how many entries for each.
        kept: whether a checkpoint holds it; what follows from others, or is filled before it is
            read, is made anew.
    """

    kind: str
    width: int
    per: str
    each: int = 1
    kept: bool = True


FIELDS = {
    "motion": Field("real", 8, "moment's bead"),
    "half": Field("real", 8, "bead"),
    "motion_rest": Field("real", 8, "mixed bead"),
    "position_rest": Field("real", 4, "mixed bead"),
    "load": Field("real", 8, "bead"),
    "crowd": Field("real", 2, "moment's bead"),
    "event_sums": Field("real", 1, "kind of a bead", at.EVENT_VALUES),
    "history": Field("real", 8, "history row"),
    "constants": Field("real", 1, "constant", kept=False),
    "drive": Field("real", 1, "drive value", kept=False),
    "case_real": Field("real", 1, "case", at.CASE_REAL),
    "active_gap": Field("real", 4, "serial record", kept=False),
    "travel": Field("real", 1, "case", at.TRAVEL),
    "effect": Field("real", 8, "shared record", kept=False),
    "partner_effect": Field("real", 4, "team record", kept=False),
    "message": Field("real", 1, "member", at.MESSAGE, kept=False),
    "position": Field("position", 4, "moment's bead"),
    "anchor": Field("position", 4, "parallel bead"),
    "sorted": Field("position", 4, "serial bead", kept=False),
    "work": Field("sum", 4, "bead"),
    "wall_sums": Field("sum", 1, "bead's wall", at.WALL_SUMS),
    "visit": Field("real", 1, "bead's mesh", at.VISIT),
    "facet_sums": Field("whole", 1, "facet", at.FACET_SUMS),
    "log": Field("sum", 1, "kind of a bead", at.LOG_VALUES),
    "energy": Field("sum", 8, "mixed record"),
    "booked": Field("sum", 8, "record"),
    "partner": Field("int", 1, "slot"),
    "partner_next": Field("int", 1, "serial slot", kept=False),
    "first_record": Field("int", 1, "serial bead", kept=False),
    "contact_state": Field("int", 1, "record"),
    "onset": Field("int", 1, "record"),
    "slots_used": Field("int", 1, "bead"),
    "tally": Field("int", 1, "bead", at.TALLY, kept=False),
    "species": Field("int", 1, "bead", kept=False),
    "case_of": Field("int", 1, "bead", kept=False),
    "case_int": Field("int", 1, "case", at.CASE_INT, kept=False),
    "status": Field("int", 1, "case", at.STATUS),
    "histogram": Field("int", 1, "kind of a species", at.HISTOGRAMS * HISTOGRAM_CLASSES),
    "pending": Field("int", 1, "parallel bead", at.PENDING * at.PACKED, kept=False),
    "near": Field("int", 4, "serial record", kept=False),
    "close": Field("int", 4, "serial record", kept=False),
    "alive": Field("int", 1, "serial record", kept=False),
    "active": Field("int", 1, "record", kept=False),
    "incident": Field("int", 1, "team record", 2, kept=False),
    "incident_end": Field("int", 1, "team bead", kept=False),
    "gathered": Field("int", 1, "team bead", kept=False),
    "share": Field("int", 1, "share", at.SHARE, kept=False),
    "barrier": Field("int", 1, "case", at.BARRIER, kept=False),
    "cell_used": Field("int", 1, "serial cell", kept=False),
    "cell_bead": Field("int", 1, "place in a cell", kept=False),
}

#: Those that a step of the bead-parallel schedule uses: each array makes a launch longer.
STEP_FIELDS = (
    "position motion half motion_rest position_rest anchor work tally species case_of slots_used "
    "active crowd partner contact_state onset history energy booked log event_sums pending "
    "status constants drive case_real case_int".split()
)


def step_fields(sums: bool, facets: bool) -> tuple[str, ...]:
    """STEP_FIELDS, and more where there are sums by wall, and by triangle."""
    more = ("wall_sums",) * sums + ("visit", "facet_sums") * facets
    return (*STEP_FIELDS, *more)


#: What follows from the slots and records of beads and the slots of cells.
PER_SLOT = frozenset(
    (
        "slot",
        "history row",
        "serial slot",
        "record",
        "mixed record",
        "serial record",
        "team record",
        "shared record",
        "place in a cell",
    )
)

#: Bytes of a number in double and in mixed precision.
BYTES = {"real": (8, 4), "position": (8, 4), "sum": (8, 8), "whole": (8, 8), "int": (4, 4)}


@dataclass(frozen=True)
class Sizes:
    """How much of everything the arrays are for.

    Attributes:
        beads: of all cases together.
        slots: contact slots of a bead.
        records: of contacts, for each bead; in the parallel schedules one for each slot.
        cells: of all grids together.
        cell_slots: bead slots of a cell (parallel schedule).
        full_lists: each pair stands in both beads' lists (parallel schedule).
        members: threads that may share a case (serial schedule).
        blocks: the threads of a block share the contacts of a case (block schedule).
        mixed: mixed precision.
        cases: number of cases.
        walls: entries in the table of walls, of all cases together.
        parameters: numbers in all tables of pairs.
        levels: of the cell grids of all cases.
        mesh: numbers of the surfaces of all meshes.
        summed_walls: walls for which each bead has sums.
        facets: triangles of meshes that have sums.
        drive: numbers in the drive.
        rows: of 8 numbers that the contact law remembers; 2 for Hertz-Mindlin.
        kinds: of partners that a bead can have: the species of beads, and walls.
    """

    beads: int
    slots: int
    records: int
    cells: int = 0
    cell_slots: int = 8
    full_lists: bool = False
    members: int = 1
    blocks: bool = False
    mixed: bool = False
    cases: int = 1
    walls: int = 0
    parameters: int = 0
    levels: int = 1
    mesh: int = 0
    summed_walls: int = 0
    facets: int = 0
    drive: int = 0
    rows: int = 2
    kinds: int = 2

    @property
    def rows_per_record(self) -> int:
        """Rows of ``history`` for each record: in double precision its energy is the last one."""
        return self.rows + (not self.mixed)

    def count(self, per: str) -> int:
        """Entries for what a field has some of: at least 1, as no array may be empty."""
        beads, slots, serial = self.beads, self.beads * self.slots, not self.full_lists
        # One more, which serial schedules leave empty (kernels/layout.py).
        records, team = 1 + self.beads * self.records, serial and self.members > 1
        counts = {
            "bead": beads,
            "kind of a bead": beads * self.kinds,
            "kind of a species": self.cases * (self.kinds - 1) * self.kinds,
            # Even and odd steps of the parallel schedule.
            "moment's bead": beads * (2 if self.full_lists else 1),
            "mixed bead": beads * self.mixed,
            "serial bead": beads * serial,
            "parallel bead": beads * self.full_lists,
            "team bead": beads * team,
            "bead's wall": beads * self.summed_walls,
            "bead's mesh": beads * self.summed_walls * (self.facets > 0),
            "facet": self.facets,
            "slot": slots,
            "history row": records * self.rows_per_record,
            "serial slot": slots * serial,
            "record": records,
            "mixed record": records * self.mixed,
            "serial record": records * serial,
            "team record": records * team,
            "shared record": 2 * slots if self.blocks else records * team,
            "serial cell": self.cells * serial,
            "place in a cell": self.cells * (1 + self.cell_slots) if self.full_lists else beads,
            "case": self.cases,
            "member": self.members,
            "share": self.cases * self.members,
            "constant": self.walls * at.WALL + self.parameters + self.levels * at.LEVEL + self.mesh,
            "drive value": self.drive,
        }
        return max(1, counts[per])

    def numbers(self, name: str) -> int:
        """Numbers in a named array."""
        field = FIELDS[name]
        return field.width * field.each * self.count(field.per)

    @property
    def bytes(self) -> int:
        """Memory of all arrays [bytes]."""
        return sum(BYTES[field.kind][self.mixed] * self.numbers(n) for n, field in FIELDS.items())
