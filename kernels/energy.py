"""Sums of energy as the device holds them.

In double precision they are in joules. In mixed precision they are 64-bit integers of a small
unit, each owned by one bead: a single-precision sum would lose a small term beside a large one,
and compensated sums do not survive the compilers.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.precision import mixed, real


@ti.func
def whole(number):
    """A number as a 64-bit integer, to the nearest one."""
    return ti.cast(ti.floor(number + 0.5), ti.i64)


@ti.func
def tallied(s: ti.template(), case, energy):
    """An energy [J] as a term of a sum."""
    if ti.static(mixed()):
        per_energy = s.case_real[case * at.CASE_REAL + at.CASE_PER_ENERGY]
        return whole(energy * per_energy)
    else:
        return energy


@ti.func
def all_tallied(s: ti.template(), case, energies):
    """Eight energies [J] as terms of sums."""
    if ti.static(mixed()):
        return ti.Vector([tallied(s, case, energies[q]) for q in ti.static(range(at.LOG_ENERGIES))])
    else:
        return energies


@ti.func
def joules(s: ti.template(), case, sums):
    """Eight sums in joules."""
    if ti.static(mixed()):
        unit = s.case_real[case * at.CASE_REAL + at.CASE_ENERGY]
        return ti.Vector([unit * real(sums[q]) for q in ti.static(range(at.LOG_ENERGIES))])
    else:
        return sums


@ti.func
def no_energy(count: ti.template()):
    """So many empty sums."""
    if ti.static(mixed()):
        return ti.Vector([ti.cast(0, ti.i64) for _ in ti.static(range(count))])
    else:
        return ti.Vector([0.0 for _ in ti.static(range(count))])


@ti.func
def halves_of(sums, halves):
    """One or two halves of a term of the log; the log is in half units in mixed precision."""
    if ti.static(mixed()):
        return ti.cast(halves, ti.i64) * sums
    else:
        return 0.5 * real(halves) * sums
