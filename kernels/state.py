"""The arrays that all kernels work on, as one package of arguments.

Entries are of 1, 2, 4 or 8 numbers: processors load those whole, where they are aligned.
"""

import taichi as ti

#: Arrays of 64-bit floats and the length of one entry (1: a flat array of numbers).
REAL_ARRAYS = {
    "place": 4,
    "motion": 8,
    "half": 8,
    "load": 8,
    "anchor": 4,
    "work": 4,
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
    "effect": 8,
    "partner_effect": 4,
    "told": 1,
}

#: Arrays of 32-bit integers, likewise.
INT_ARRAYS = {
    "partner": 1,
    "partner_next": 1,
    "contact_state": 1,
    "slots_used": 1,
    "slots_next": 1,
    "species": 1,
    "case_of": 1,
    "case_int": 1,
    "status": 1,
    "histogram": 1,
    "pending": 1,
    "pending_count": 1,
    "worked": 1,
    "near": 4,
    "close": 4,
    "alive": 1,
    "active": 1,
    "changed": 1,
    "changes": 1,
    "incident": 1,
    "incident_end": 1,
    "gate": 1,
    "cell_used": 1,
    "cell_bead": 1,
}


def entry_type(name: str):
    """Taichi's type of one entry of a named array."""
    kind = ti.i32 if name in INT_ARRAYS else ti.f64
    width = width_of(name)
    return kind if width == 1 else ti.types.vector(width, kind)


def width_of(name: str) -> int:
    """Numbers in one entry of a named array."""
    return INT_ARRAYS[name] if name in INT_ARRAYS else REAL_ARRAYS[name]


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
