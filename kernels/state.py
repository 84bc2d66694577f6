"""The arrays that all kernels work on (kernels/fields.py), as one package of arguments."""

import functools

import taichi as ti

from gpudem.kernels.fields import FIELDS, state_fields, step_fields
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


class _ByFields(ByPrecision):
    """The type of a pack of arrays: more of them where there are sums by wall or triangle.

    Args:
        fields: names of the arrays, for a precision, with and without those sums.
    """

    def __init__(self, fields) -> None:
        self._fields = fields

    def of(self, is_mixed, shapes):
        """The type for a precision, with or without those sums."""
        return _arguments(is_mixed, self.names(is_mixed, shapes))

    def names(self, is_mixed, shapes):
        """Names of the arrays."""
        return self._fields(is_mixed, shapes.summed_walls > 0, shapes.facets)


State = _ByFields(state_fields)
StepState = _ByFields(lambda mixed, sums, facets: step_fields(sums, facets))
