"""The arrays that all kernels work on (kernels/fields.py), as one package of arguments."""

import functools

import taichi as ti

from gpudem.kernels.fields import FIELDS, STEP_FIELDS, step_fields
from gpudem.kernels.precision import ByPrecision

#: Numbers of each kind of array in double and in mixed precision.
NUMBERS = {
    "real": (ti.f64, ti.f32),
    "position": (ti.f64, ti.i32),
    "sum": (ti.f64, ti.i64),
    "whole": (ti.i64, ti.i64),
    "int": (ti.i32, ti.i32),
}


def entry_type(name: str, mixed: bool):
    """Taichi's type of one entry of a named array."""
    field = FIELDS[name]
    kind = NUMBERS[field.kind][mixed]
    return kind if field.width == 1 else ti.types.vector(field.width, kind)


@functools.cache
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


State = ByPrecision(_arguments(False, tuple(FIELDS)), _arguments(True, tuple(FIELDS)))


class _ByFields(ByPrecision):
    """The type of a step's arrays: more of them where there are sums by wall or triangle."""

    def __init__(self) -> None:
        super().__init__(*(_arguments(mixed, tuple(STEP_FIELDS)) for mixed in (False, True)))

    def of(self, is_mixed, shapes):
        """The type for a precision, with or without those sums."""
        return _arguments(is_mixed, step_fields(shapes.summed_walls > 0, shapes.facets))


StepState = _ByFields()
