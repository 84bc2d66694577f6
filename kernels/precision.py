"""Kernels of both precisions from one source.

*Double* computes with 64-bit floats throughout. *Mixed* needs none: lengths are integers of a
small unit (kernels/position.py), sums of energy 64-bit integers (kernels/energy.py), all else is
in 32-bit floats. Which of the two a function is compiled for follows from Taichi's default
number, which the host sets when it starts a device.
"""

import functools
import types

import taichi as ti

from gpudem.kernels.law import law_in_use, using
from gpudem.kernels.shapes.in_use import shapes, with_shapes


def mixed() -> bool:
    """Whether functions are now compiled for mixed precision; for ``ti.static``."""
    return ti.lang.impl.get_runtime().default_fp == ti.f32


class ByPrecision:
    """The type of a kernel's argument where it depends on the precision."""

    def __init__(self, double, mixed) -> None:
        self.types = (double, mixed)

    def of(self, is_mixed: bool, _shapes):
        """The type for a precision, and for what kernels are compiled for (`shapes`)."""
        return self.types[is_mixed]


#: A number; flat arrays of numbers; of sums of energy and counts.
Real = ByPrecision(ti.f64, ti.f32)
Values = ByPrecision(*(ti.types.ndarray(dtype=kind, ndim=1) for kind in (ti.f64, ti.f32)))
Sums = ByPrecision(*(ti.types.ndarray(dtype=kind, ndim=1) for kind in (ti.f64, ti.i64)))


def kernel(function):
    """A Taichi kernel for each precision, contact law and set of shapes.

    Its arguments' types may depend on the precision (`ByPrecision`). The first one is a pack of
    arrays that says its law and shapes (`gpudem.kernels.state.State`), or else those in use are
    taken.
    """

    @functools.cache
    def version(is_mixed, _law, wanted):
        copy = types.FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        copy.__qualname__, copy.__doc__ = function.__qualname__, function.__doc__
        copy.__annotations__ = {
            name: kind.of(is_mixed, wanted) if isinstance(kind, ByPrecision) else kind
            for name, kind in function.__annotations__.items()
        }
        return ti.kernel(copy)

    def in_use():
        return version(mixed(), law_in_use(), shapes())

    def call(*arguments):
        pack = arguments[0]
        with using(getattr(pack, "law", None)), with_shapes(getattr(pack, "shapes", None)):
            return in_use()(*arguments)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    call.in_use = in_use
    return call


@ti.func
def real(value):
    """An integer as a number of the precision in use."""
    return ti.cast(value, float)


@ti.func
def zeros(count: ti.template()):
    """So many numbers 0 as a vector."""
    return ti.Vector([0.0 for _ in ti.static(range(count))])


@ti.func
def vector3(x, y, z):
    """Three numbers as a vector."""
    return ti.Vector([x, y, z])
