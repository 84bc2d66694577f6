"""The device arrays of one or more cases: made, filled, grown and read on the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from gpudem.device import start as devices
from gpudem.device.large_pages import use_large_pages
from gpudem.device.taichi_internals import number_type
from gpudem.engine.case import Case
from gpudem.engine.cell_grids import cells_near, cells_of, grid_rows
from gpudem.engine.drive_table import DriveTable
from gpudem.engine.fixed_point import Units, to_integers, to_lengths, to_multiples
from gpudem.engine.mesh_table import surface_table
from gpudem.engine.wall_row import wall_table
from gpudem.errors import DeviceError
from gpudem.geometry.revolved import Smooth
from gpudem.geometry.surface import Surface
from gpudem.geometry.wall import Wall
from gpudem.kernels import layout as at
from gpudem.kernels.fields import FIELDS, PER_SLOT, Sizes
from gpudem.kernels.law import Law, law_of
from gpudem.kernels.shapes.in_use import Shapes
from gpudem.pair_classes import MOST_SPECIES

#: Thinner skin over skin; measured to cost least.
_CLOSE_SHARE = 0.2
_LARGEST_ARRAY = 2**31 - 1
#: Contact slots of a bead to begin with: half lists, and full lists where each pair takes two.
SERIAL_SLOTS, PARALLEL_SLOTS = 8, 16
#: Records of contacts for each bead to begin with, where pairs stand once.
RECORDS = 4
#: What is remembered of a contact under way.
_RECORD_ARRAYS = "contact_state onset history energy booked".split()
#: Beads that share their records, in groups at most, and beads for each group: the beads of large
#: pools differ less, and small ones share out the beads of small cases evenly among threads.
_MOST_GROUPS, _BEADS_PER_GROUP = 16, 4096


class DeviceState:
    """All device arrays of a batch of cases.

    Attributes:
        cases: the cases.
        law: their contact law.
        shapes: that their walls have.
        kinds: of partners that a bead can have: the species of beads, then walls.
        beads: number of beads of all cases together.
        begin: first bead of each case, and one past the last bead, shape (cases + 1,).
        slots: contact slots of a bead.
        records: of contacts, for each bead (kernels/layout.py).
        pool: beads that share theirs (serial schedule).
        cell_slots: bead slots of a cell.
        full_lists: each pair stands in both beads' lists (parallel schedule).
        members: threads that may share a case (serial schedule).
        blocks: the threads of a block share the contacts of a case (block schedule).
        number: of the bead at each place of the device's arrays, shape (beads,).
        flip: which of the two copies of position and motion holds the present.
        mixed: whether the arrays are those of mixed precision.
        real: numpy's type of their numbers.
        units: of each case.
        arrays: the Taichi arrays by name.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        *,
        slots: int = PARALLEL_SLOTS,
        cell_slots: int = 8,
        drive_rows: int = 1,
        full_lists: bool = False,
        members: int = 1,
        blocks: bool = False,
    ) -> None:
        self.cases = list(cases)
        self.law = self._one_law()
        self.kinds = 1 + self._species()
        self.begin = np.concatenate([[0], np.cumsum([len(c.position) for c in self.cases])])
        self.beads = int(self.begin[-1])
        self.slots = slots
        self.records = slots if full_lists else min(slots, RECORDS)
        self.pool = at.GROUP * min(_MOST_GROUPS, 1 + self.beads // _BEADS_PER_GROUP)
        self.cell_slots = cell_slots
        self.full_lists = full_lists
        self.members = members
        self.blocks = blocks
        self.flip = 0
        self.number = np.arange(self.beads)
        self.mixed = devices.current().precision == "mixed"
        self.shapes = self._shapes()
        self.real = np.float32 if self.mixed else np.float64
        self.units = [self._units(case) for case in self.cases]
        self.arrays = SimpleNamespace()
        self._host = self._fill()
        self._drive = DriveTable(self.cases, drive_rows)
        self._check_size()
        self._upload()

    def _units(self, case: Case) -> Units:
        if self.mixed:
            return Units.of(case)
        # In double precision only sums by triangle are of whole numbers.
        return Units.in_double(case) if self.shapes.facets else Units()

    @property
    def sizes(self) -> Sizes:
        """How much of everything the arrays are for."""
        return Sizes(
            beads=self.beads,
            slots=self.slots,
            records=self.records,
            cells=self.cells,
            cell_slots=self.cell_slots,
            full_lists=self.full_lists,
            members=self.members,
            blocks=self.blocks,
            mixed=self.mixed,
            cases=len(self.cases),
            walls=len(self._host["wall"]),
            parameters=len(self._host["pair"]),
            levels=len(self._host["level"]),
            mesh=len(self._host["mesh"]),
            summed_walls=self.shapes.summed_walls,
            facets=self._facets,
            drive=self._drive.size,
            rows=self.law.rows,
            kinds=self.kinds,
        )

    @property
    def bytes(self) -> int:
        """Device memory of this state [bytes]."""
        return self.sizes.bytes

    def pack(self) -> Any:
        """The arrays as one argument for the kernels."""
        return self._pack

    def step_pack(self) -> Any:
        """Those that a step of the bead-parallel schedule uses, likewise."""
        return self._step_pack

    def read(self, name: str, width: int) -> np.ndarray:
        """A device array as numpy array of shape (entries, width), in SI units.

        Its beads are in the device's order; what is remembered of contacts has a row a slot.
        """
        if name in _RECORD_ARRAYS:
            values = self._rows_of_records(name)[self.record_of_slot()][:, :width]
            scale = self.bead_units("energy") if name in ("energy", "booked") else None
            return values if scale is None else values * np.tile(scale, (self.slots, 1))
        values = getattr(self.arrays, name).to_numpy().reshape(-1, width)
        if name in ("position", "motion"):
            values = values[self.flip * self.beads :][: self.beads]
        if name == "position":
            return to_lengths(values, self.bead_units("length")) if self.mixed else values
        return values

    def by_number(self, values: np.ndarray) -> np.ndarray:
        """One value or row for each bead, in the order of their numbers instead of the device's."""
        out = np.empty_like(values)
        out[self.number] = values
        return out

    def bead_units(self, name: str) -> np.ndarray:
        """A unit for each bead, by its name in `Units`, shape (beads, 1)."""
        units = np.array([getattr(units, name) for units in self.units])
        return np.repeat(units, np.diff(self.begin))[:, None]

    def write(self, name: str, values: np.ndarray) -> None:
        """Overwrites a device array."""
        array = getattr(self.arrays, name)
        old = array.to_numpy()
        array.from_numpy(np.ascontiguousarray(values, dtype=old.dtype).reshape(old.shape))

    def set_drive(self, times: Sequence[np.ndarray]) -> None:
        """Fills the drive with one row per time and case.

        Args:
            times: for each case the times [s] of the rows, all of one length.
        """
        if self._drive.make_room(len(times[0])):
            self._upload_drive()
            self._repack()
        self.arrays.drive.from_numpy(self._drive.values(times).astype(self.real, copy=False))

    @property
    def cells(self) -> int:
        """Number of cells of all cases together."""
        return int(self._host["cells"])

    def clear_status(self) -> None:
        """Sets the counts of steps, bead-steps and rebuilds to 0."""
        status = self.read("status", at.STATUS)
        stale = status[:, at.STATUS_STALE] == 1
        status[:, at.STATUS_STOP] = np.where(stale, 0, at.NEVER)
        status[:, [at.STATUS_STEPS, at.STATUS_BEADS, at.STATUS_REBUILDS]] = 0
        self.write("status", status)
        tally = self.read("tally", at.TALLY)
        tally[:, at.TALLY_WORKED] = 0
        self.write("tally", tally)

    def restart_clock(self) -> None:
        """Makes the next step the first: half-step velocities and onsets as at time 0."""
        half = self.read("half", 8).astype(float)
        half[:, :3] = self.read("motion", 8)[:, :3]
        for number, case in enumerate(self.cases):
            own = slice(self.begin[number], self.begin[number + 1])
            body = case.drive.body_acceleration(np.zeros(1))[0]
            half[own, :3] -= 0.5 * case.time_step * body
        half, rest = self._split(half)
        self.write("half", half)
        if self.mixed:
            self.write("motion_rest", rest)
        self.write("onset", np.zeros(self.sizes.numbers("onset")))

    def _split(self, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Velocities and spins as mixed precision holds them, and what that leaves of them."""
        rest = np.zeros_like(half)
        if self.mixed:
            for name, first in (("speed", 0), ("spin", 4)):
                own = slice(first, first + 3)
                half[:, own], rest[:, own] = to_multiples(half[:, own], self.bead_units(name))
        return half, rest

    def dump(self) -> dict[str, np.ndarray]:
        """All arrays that `restore` needs, as numpy arrays of one dimension."""
        arrays = vars(self.arrays).items()
        kept = {name: np.ravel(a.to_numpy()) for name, a in arrays if FIELDS[name].kept}
        return {"number": self.number, **kept}

    def restore(
        self,
        arrays: Mapping[str, np.ndarray],
        *,
        slots: int,
        records: int,
        cell_slots: int,
        flip: int,
    ) -> None:
        """Takes up the state that `dump` gave; every bit is as it was.

        Raises:
            ValueError: the arrays are not of these cases.
        """
        self.slots, self.records, self.cell_slots, self.flip = slots, records, cell_slots, flip
        self._check_size()
        self._make_slots()
        # The kernels take these as indices.
        walls = sum(len(case.walls) for case in self.cases)
        limits = {
            "partner": (-walls, self.beads - 1),
            "slots_used": (0, slots),
            "contact_state": (0, at.CARRIED + at.SLIDING_STATE),
        }
        for name, array in vars(self.arrays).items():
            if not FIELDS[name].kept:
                continue
            own = np.ravel(array.to_numpy())
            saved = arrays.get(name)
            if saved is None or saved.shape != own.shape or saved.dtype != own.dtype:
                raise ValueError(f"{name}: {own.size} values of {own.dtype} were expected")
            low, high = limits.get(name, (None, None))
            if low is not None and (saved.min() < low or saved.max() > high):
                raise ValueError(f"{name}: values from {low} to {high} were expected")
            self._make(name, saved)
        if not self.full_lists:
            if self.records_needed(self.arrays.slots_used.to_numpy()) > records:
                raise ValueError(f"slots_used: {records} records a bead were expected to suffice")
            self._deal_out_records()
        self.number = _checked_numbers(arrays.get("number"), self.begin)
        # A case whose drive has changed on the way keeps the units that its arrays are in.
        table = self.arrays.case_real.to_numpy().reshape(-1, at.CASE_REAL).astype(float)
        self._host["case_real"] = table
        places = [at.CASE_LENGTH, at.CASE_SPEED, at.CASE_SPIN, at.CASE_ENERGY, at.CASE_FACET]
        self.units = [Units(*row) for row in table[:, places].tolist()]
        if not self.full_lists:
            self.forget_lists()
        self._repack()

    def grow(self, slots: int = 0, cell_slots: int = 0, records: int = 0) -> None:
        """Makes room for more contacts a bead and more beads a cell; nothing is lost."""
        slot, kept = self.contacts_under_way()
        partner = self.arrays.partner.to_numpy()
        self.slots = max(self.slots, slots)
        self.records = self.slots if self.full_lists else max(self.records, records)
        self.cell_slots = max(self.cell_slots, cell_slots)
        self._check_size()
        self._make_slots()
        more = np.zeros(self.beads * self.slots - len(partner), partner.dtype)
        self.write("partner", np.concatenate([partner, more]))
        self.place_contacts(slot, kept)
        if not self.full_lists:
            self.forget_lists()
        self._repack()

    def bead_of_slot(self) -> np.ndarray:
        """Whose each slot is, by its number (kernels/records.py, `slot_of`)."""
        return np.tile(np.arange(self.beads), self.slots)

    def record_of_slot(self) -> np.ndarray:
        """The record of each slot, by its number (kernels/records.py, `record_of`); 0 for none."""
        if self.full_lists:
            return np.arange(self.beads * self.slots)
        k = np.arange(self.slots)[:, None]
        record = self.arrays.first_record.to_numpy() + k
        return np.where(k < self.arrays.slots_used.to_numpy(), record, 0).ravel()

    def contacts_under_way(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The slots of the contacts under way, and what is remembered of them, a row for each."""
        record = self.record_of_slot()
        slot = np.flatnonzero(self.arrays.contact_state.to_numpy()[record] != at.APART)
        return slot, {
            name: self._rows_of_records(name)[record[slot]] for name in self._record_arrays()
        }

    def place_contacts(self, slot: np.ndarray, rows: Mapping[str, np.ndarray]) -> None:
        """Overwrites all records by those of contacts, whose beads' used slots are counted already.

        Args:
            slot: of each contact.
            rows: as `contacts_under_way` gives them.
        """
        self._deal_out_records()
        record = self.record_of_slot()[slot]
        for name, values in rows.items():
            placed = np.zeros_like(self._rows_of_records(name))
            placed[record] = values
            self.write(name, placed)

    def records_needed(self, used: np.ndarray) -> int:
        """Records for each bead that the pools need where beads use so many slots."""
        first = self._first_of_pool()
        needed = np.bincount(first, used, self.beads).astype(int)
        room = np.bincount(first, minlength=self.beads)
        return int(np.max(-(-needed // np.maximum(room, 1))))

    def _deal_out_records(self) -> None:
        """Gives the used slots the records of their pools, in the order of the beads."""
        if not self.full_lists:
            used = self.arrays.slots_used.to_numpy()
            before, first = np.cumsum(used) - used, self._first_of_pool()
            self.write("first_record", 1 + first * self.records + before - before[first])

    def _first_of_pool(self) -> np.ndarray:
        """The first bead of each bead's pool."""
        begin = np.repeat(self.begin[:-1], np.diff(self.begin))
        return begin + (np.arange(self.beads) - begin) // self.pool * self.pool

    def _record_arrays(self) -> list[str]:
        # In double precision energies stand behind the history, in the same rows.
        return [name for name in _RECORD_ARRAYS if self.mixed or name != "energy"]

    def _rows_of_records(self, name: str) -> np.ndarray:
        """What is remembered of contacts, a row a record; shows the array where it can."""
        if name == "energy" and not self.mixed:
            return self._rows_of_records("history")[:, 8 * self.law.rows :]
        values = getattr(self.arrays, name).to_numpy()
        return values.reshape(1 + self.beads * self.records, -1)

    def forget_lists(self) -> None:
        """Has all lists of neighbours made anew before the next step."""
        status = self.read("status", at.STATUS)
        status[:, at.STATUS_STALE] = 1
        self.write("status", status)

    def _fill(self) -> dict[str, Any]:
        host: dict[str, Any] = {}
        cases = self.cases
        count = self.beads
        position = np.zeros((count, 4))
        motion = np.zeros((count, 8))
        half = np.zeros((count, 8))
        species = np.zeros(count, dtype=np.int32)
        case_of = np.zeros(count, dtype=np.int32)
        case_real = np.zeros((len(cases), at.CASE_REAL))
        case_int = np.zeros((len(cases), at.CASE_INT), dtype=np.int32)
        walls: list[Wall] = []
        pairs: list[np.ndarray] = []
        levels: list[np.ndarray] = []
        pair_begin = cell_begin = 0
        for number, case in enumerate(cases):
            own = slice(self.begin[number], self.begin[number + 1])
            position[own, :3] = case.position
            position[own, at.RADIUS] = case.radius
            motion[own, :3] = case.velocity
            motion[own, at.SPIN : at.SPIN + 3] = case.spin
            motion[own, at.INVERSE_MASS] = 1.0 / case.mass
            motion[own, at.CURVATURE] = 1.0 / case.radius
            half[own, :3] = case.velocity
            half[own, at.SPIN : at.SPIN + 3] = case.spin
            # The integrator's velocities stand half a step before the start.
            body = case.drive.body_acceleration(np.zeros(1))[0]
            half[own, :3] -= 0.5 * case.time_step * body
            half[own, at.INVERSE_MASS] = 1.0 / case.mass
            half[own, at.INVERSE_MOMENT] = 0.0 if case.spin_locked else 1.0 / case.moment
            species[own] = np.asarray(case.species)
            case_of[own] = number
            table = case.pair_table(self.law.names)
            self._check_reach(case)
            case_int[number, at.CASE_BEAD_BEGIN] = own.start
            case_int[number, at.CASE_BEAD_END] = own.stop
            case_int[number, at.CASE_WALL_BEGIN] = len(walls)
            walls += case.walls
            case_int[number, at.CASE_WALL_END] = len(walls)
            case_int[number, at.CASE_POOL] = self.pool
            case_int[number, at.CASE_PAIR_BEGIN] = pair_begin
            case_int[number, at.CASE_SPECIES] = len(table)
            pairs.append(table.ravel())
            pair_begin += table.size
            low, rows = grid_rows(case)
            # One entry before the first cell serves the serial schedule's sort.
            case_int[number, at.CASE_CELL_BEGIN] = cell_begin + 1
            case_int[number, at.CASE_CELLS] = cells = cells_of(rows)
            case_int[number, at.CASE_LEVEL_BEGIN] = at.LEVEL * len(levels)
            case_int[number, at.CASE_LEVELS] = len(rows)
            case_int[number, at.CASE_CELLS_NEAR] = cells_near(case, rows)
            levels += list(rows)
            cell_begin += 1 + cells
            case_real[number, at.CASE_STEP] = case.time_step
            case_real[number, at.CASE_SKIN] = float(case.skin or 0.0)
            case_real[number, at.CASE_CLOSE_SKIN] = _CLOSE_SHARE * float(case.skin or 0.0)
            case_real[number, at.CASE_ORIGIN : at.CASE_ORIGIN + 3] = low
            units = self.units[number]
            for entry, unit in (
                (at.CASE_LENGTH, units.length),
                (at.CASE_SPEED, units.speed),
                (at.CASE_SPIN, units.spin),
                (at.CASE_ENERGY, units.energy),
                (at.CASE_FACET, units.facet),
            ):
                case_real[number, entry : entry + 2] = unit, 1.0 / unit
        table_of_walls, pair, level = wall_table(walls), np.concatenate(pairs), np.array(levels)
        case_int[:, at.CASE_PAIR_BEGIN] += table_of_walls.size
        case_int[:, at.CASE_LEVEL_BEGIN] += table_of_walls.size + pair.size
        host.update(position=position, motion=motion, half=half, species=species)
        host.update(case_of=case_of, case_real=case_real, case_int=case_int)
        mesh = self._mesh_tables(table_of_walls, table_of_walls.size + pair.size + level.size)
        host.update(wall=table_of_walls, pair=pair, level=level, mesh=mesh, cells=cell_begin)
        return host

    def _one_law(self) -> Law:
        laws = {case.law() for case in self.cases}
        if len(laws) > 1:
            raise ValueError("all cases of a batch must be of one contact law")
        return law_of(laws.pop())

    def _species(self) -> int:
        species = 1 + max(int(np.max(np.asarray(case.species), initial=0)) for case in self.cases)
        if species > MOST_SPECIES:
            raise ValueError(f"{species} species of beads; at most {MOST_SPECIES} are possible")
        return species

    def _shapes(self) -> Shapes:
        lines = [wall.line for case in self.cases for wall in case.walls]
        mesh = any(isinstance(line, Surface) for line in lines)
        if mesh and self.mixed:
            raise DeviceError(
                "walls of meshes need double precision: --precision double, on a CPU or a GPU "
                "that has it"
            )
        summed = max(len(case.walls) * case.sums_by_wall for case in self.cases)
        return Shapes(
            smooth=any(isinstance(line, Smooth) for line in lines),
            opposite=any(isinstance(line, Smooth) and line.opposite for line in lines),
            mesh=mesh,
            summed_walls=summed,
            # They take atomic operations on 64-bit integers within a step (docs/design/block.md).
            facets=mesh and summed > 0 and devices.current().kind in ("cpu", "cuda"),
        )

    def facets_of(self, case: int) -> dict[int, slice]:
        """Where the triangles of a case's meshes stand in ``facet_sums``, by number of the wall."""
        found: dict[int, slice] = {}
        begin = 0
        for number, one in enumerate(self.cases[: case + 1]):
            for wall, each in enumerate(one.walls):
                if isinstance(each.line, Surface):
                    end = begin + len(each.line.triangles)
                    if number == case:
                        found[wall] = slice(begin, end)
                    begin = end
        return found

    @property
    def _facets(self) -> int:
        """Triangles of all meshes that have sums."""
        lines = [wall.line for case in self.cases for wall in case.walls]
        meshes = [line for line in lines if isinstance(line, Surface)]
        return sum(len(mesh.triangles) for mesh in meshes) * self.shapes.facets

    def _mesh_tables(self, walls: np.ndarray, begin: int) -> np.ndarray:
        """Surfaces of meshes behind the other constants, their places entered with the walls."""
        tables: list[np.ndarray] = []
        number = facet = 0
        for case in self.cases:
            reach = float(case.radius.max()) + 1.05 * float(case.skin or 0.0)
            for wall in case.walls:
                if isinstance(wall.line, Surface):
                    walls[number, at.WALL_MIDDLE] = begin
                    tables.append(surface_table(wall.line, reach, begin))
                    tables[-1][at.MESH_FACET] = facet
                    facet += len(wall.line.triangles)
                    begin += len(tables[-1])
                number += 1
        return np.concatenate(tables) if tables else np.zeros(0)

    @staticmethod
    def _check_reach(case: Case) -> None:
        skin = float(case.skin or 0.0)
        if case.reach >= skin:
            raise ValueError(
                f"contacts that reach {case.reach:.3g} m need a skin above that; it is {skin:.3g} m"
            )

    def _check_size(self) -> None:
        available = devices.current().memory()
        if available is not None and self.bytes > available:
            raise DeviceError(
                f"{self.beads} beads with {self.slots} contact slots each need "
                f"{self.bytes / 1e9:.3g} GB of memory, {available / 1e9:.3g} GB are free"
            )
        if self.full_lists and self.slots > at.PENDING // 2:
            raise DeviceError(
                f"a bead needs {self.slots} contact slots; the parallel schedule has at most "
                f"{at.PENDING // 2}; take the serial one for beads of very different sizes"
            )
        longest = self.sizes.numbers("history")
        if longest > _LARGEST_ARRAY:
            raise DeviceError(
                f"{self.beads} beads with {self.slots} contact slots each need an array of "
                f"{longest} values; at most {_LARGEST_ARRAY} are possible"
            )

    def _upload(self) -> None:
        position, (half, rest) = self._host["position"], self._split(self._host["half"])
        if self.mixed:
            position = to_integers(position, self.bead_units("length"))
        copies = 2 if self.full_lists else 1
        status = np.zeros((len(self.cases), at.STATUS))
        status[:, at.STATUS_STALE] = 1
        given = {
            "position": np.concatenate([position] * copies),
            "motion": np.concatenate([self._host["motion"]] * copies),
            "half": half,
            "status": status,
            **{name: self._host[name] for name in ("species", "case_of", "case_real")},
            "constants": np.concatenate(
                [np.ravel(self._host[name]) for name in ("wall", "pair", "level", "mesh")]
            ),
        }
        if self.mixed:
            given["motion_rest"] = rest
        for name in FIELDS:
            self._make(name, given.get(name))
        self._upload_drive()
        self._repack()

    def _upload_drive(self) -> None:
        self._drive.place(self._host["case_int"])
        self._make("case_int", self._host["case_int"])
        self._make("drive")

    def _make_slots(self) -> None:
        """Makes all arrays anew whose sizes follow from the slots of beads and cells."""
        for name, field in FIELDS.items():
            if field.per in PER_SLOT:
                self._make(name)

    def _make(self, name: str, values: np.ndarray | None = None) -> None:
        """Makes an array of the given values, or of zeros."""
        from gpudem.kernels.state import NUMBERS, entry_type

        width = FIELDS[name].width
        kind = number_type(NUMBERS[FIELDS[name].kind][self.mixed])
        flat = np.zeros(self.sizes.numbers(name), kind)
        if values is not None:
            flat = np.ascontiguousarray(np.ravel(values), dtype=kind)
        array = devices.make_array(entry_type(name, self.mixed), flat.size // width)
        array.from_numpy(flat if width == 1 else flat.reshape(-1, width))
        setattr(self.arrays, name, array)

    def _repack(self) -> None:
        from gpudem.kernels.state import State, StepState

        arrays = vars(self.arrays)
        if devices.current().kind == "cpu":
            use_large_pages(arrays.values())
        names = ("beads", "slots", "records", "cell_slots")
        counts = {name: getattr(self, name) for name in names}
        counts.update(cases=len(self.cases), kinds=self.kinds)

        def packed(kind: Any) -> Any:
            used = {name: arrays[name] for name in kind.names(self.mixed, self.shapes)}
            pack = kind.of(self.mixed, self.shapes)(**used, **counts)
            pack.law, pack.shapes = self.law, self.shapes
            return pack

        self._pack = packed(State)
        if self.full_lists:
            self._step_pack = packed(StepState)


def _checked_numbers(number: np.ndarray | None, begin: np.ndarray) -> np.ndarray:
    """The numbers of beads in the device's order, as read from a file.

    Args:
        number: what was read.
        begin: first bead of each case, and one past the last.

    Raises:
        ValueError: a case does not have each of its beads once.
    """
    if number is None or number.shape != (begin[-1],) or number.dtype != begin.dtype:
        raise ValueError(f"number: {begin[-1]} values of {begin.dtype} were expected")
    if any((np.sort(number[a:b]) != np.arange(a, b)).any() for a, b in pairwise(begin)):
        raise ValueError("number: each bead once was expected")
    return number
