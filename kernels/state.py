"""The arrays that all kernels work on, as one package of arguments.

Entries are of 1, 2, 4 or 8 numbers: processors load those whole, where they are aligned.
"""

import taichi as ti

from gpudem.kernels.precision import ByPrecision

#: Arrays of numbers and the length of one entry (1: a flat array).
REAL_ARRAYS = {
    "motion": 8,
    "half": 8,
    "motion_rest": 8,
    "place_rest": 4,
    "load": 8,
    "crowd": 2,
    "event_sums": 1,
    "history": 8,
    "wall": 1,
    "pair": 1,
    "drive": 1,
    "case_real": 1,
    "active_gap": 4,
    "travel": 1,
    "effect": 8,
    "partner_effect": 4,
    "message": 1,
}

#: Arrays of places (kernels/position.py), and of sums of energy (kernels/energy.py), likewise.
PLACE_ARRAYS = {"place": 4, "anchor": 4, "sorted": 4}
SUM_ARRAYS = {"work": 4, "log": 1, "energy": 8, "booked": 8}

#: Arrays of 32-bit integers, likewise.
INT_ARRAYS = {
    "partner": 1,
    "partner_next": 1,
    "contact_state": 1,
    "onset": 1,
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
    "incident": 1,
    "incident_end": 1,
    "gathered": 1,
    "share": 1,
    "barrier": 1,
    "cell_used": 1,
    "cell_bead": 1,
}

#: Lengths of entries by name, and what an entry holds in double and in mixed precision.
WIDTHS = {**REAL_ARRAYS, **PLACE_ARRAYS, **SUM_ARRAYS, **INT_ARRAYS}
NUMBERS = {
    **dict.fromkeys(REAL_ARRAYS, (ti.f64, ti.f32)),
    **dict.fromkeys(PLACE_ARRAYS, (ti.f64, ti.i32)),
    **dict.fromkeys(SUM_ARRAYS, (ti.f64, ti.i64)),
    **dict.fromkeys(INT_ARRAYS, (ti.i32, ti.i32)),
}


def entry_type(name: str, mixed: bool):
    """Taichi's type of one entry of a named array."""
    kind, width = NUMBERS[name][mixed], WIDTHS[name]
    return kind if width == 1 else ti.types.vector(width, kind)


#: Those that a step of the bead-parallel schedule uses: each array makes a launch longer.
STEP_ARRAYS = (
    "place motion half motion_rest place_rest anchor work worked species case_of slots_used active "
    "crowd partner contact_state onset history energy booked log event_sums pending "
    "pending_count status wall pair drive case_real case_int".split()
)


def _arguments(mixed: bool, names):
    return ti.types.argpack(
        **{name: ti.types.ndarray(dtype=entry_type(name, mixed), ndim=1) for name in names},
        cases=ti.i32,
        beads=ti.i32,
        slots=ti.i32,
        cell_slots=ti.i32,
    )


State = ByPrecision(_arguments(False, WIDTHS), _arguments(True, WIDTHS))
StepState = ByPrecision(_arguments(False, STEP_ARRAYS), _arguments(True, STEP_ARRAYS))
