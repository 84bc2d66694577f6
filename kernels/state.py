"""The arrays that all kernels work on, as one package of arguments."""

import taichi as ti

#: Arrays of 64-bit floats and the length of one entry (1: a flat array of numbers).
REAL_ARRAYS = {
    "place": 4,
    "motion": 8,
    "half": 8,
    "load": 8,
    "anchor": 3,
    "work": 3,
    "log": 1,
    "event_sums": 1,
    "history": 8,
    "energy": 8,
    "booked": 8,
    "peak": 2,
    "wall": 1,
    "pair": 1,
    "drive": 1,
    "case_real": 1,
    "apart": 4,
    "travel": 1,
}

#: Arrays of 32-bit integers.
INT_ARRAYS = (
    "partner",
    "partner_next",
    "contact_state",
    "slots_used",
    "slots_next",
    "species",
    "case_of",
    "case_int",
    "status",
    "histogram",
    "pending",
    "pending_count",
    "worked",
    "near_slot",
    "near_bead",
    "close",
    "active",
    "cell_used",
    "cell_bead",
)


def entry_type(name: str):
    """Taichi's type of one entry of a named array."""
    if name in INT_ARRAYS:
        return ti.i32
    width = REAL_ARRAYS[name]
    return ti.f64 if width == 1 else ti.types.vector(width, ti.f64)


State = ti.types.argpack(
    **{
        name: ti.types.ndarray(dtype=entry_type(name), ndim=1)
        for name in (*REAL_ARRAYS, *INT_ARRAYS)
    },
    cases=ti.i32,
    beads=ti.i32,
    slots=ti.i32,
    cell_slots=ti.i32,
)
