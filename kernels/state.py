"""The arrays that all kernels work on (kernels/fields.py), as one package of arguments."""

import taichi as ti

from gpudem.kernels.fields import FIELDS, STEP_FIELDS, SUMMING_FIELDS
from gpudem.kernels.precision import ByPrecision

#: Numbers of each kind of array in double and in mixed precision.
NUMBERS = {
    "real": (ti.f64, ti.f32),
    "position": (ti.f64, ti.i32),
    "sum": (ti.f64, ti.i64),
    "int": (ti.i32, ti.i32),
}


def entry_type(name: str, mixed: bool):
    """Taichi's type of one entry of a named array."""
    field = FIELDS[name]
    kind = NUMBERS[field.kind][mixed]
    return kind if field.width == 1 else ti.types.vector(field.width, kind)


def _arguments(mixed: bool, names):
    return ti.types.argpack(
        **{name: ti.types.ndarray(dtype=entry_type(name, mixed), ndim=1) for name in names},
        cases=ti.i32,
        beads=ti.i32,
        slots=ti.i32,
        records=ti.i32,
        cell_slots=ti.i32,
        kinds=ti.i32,
    )


State = ByPrecision(_arguments(False, FIELDS), _arguments(True, FIELDS))


class _ByFields(ByPrecision):
    """The type of a step's arrays: one more where there are sums by wall."""

    def __init__(self) -> None:
        super().__init__(*(_arguments(mixed, STEP_FIELDS) for mixed in (False, True)))
        self.summing = tuple(_arguments(mixed, SUMMING_FIELDS) for mixed in (False, True))

    def of(self, is_mixed, shapes):
        """The type for a precision, with or without those sums."""
        return (self.summing if shapes.summed_walls else self.types)[is_mixed]


StepState = _ByFields()
