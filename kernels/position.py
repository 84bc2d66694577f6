"""Where beads are.

In double precision an entry of ``position`` holds metres. In mixed precision it holds integers of a
small unit: differences are exact, so that an overlap of a thousandth of the radius keeps all its
digits, which single-precision positions would not give it.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.precision import mixed, real, vector3


@ti.func
def length_unit(s: ti.template(), case):
    """Metres that one unit of ``position`` stands for."""
    out = 1.0
    if ti.static(mixed()):
        out = s.case_real[case * at.CASE_REAL + at.CASE_LENGTH]
    return out


@ti.func
def in_metres(unit, vector):
    """Three integers of a unit [m], or those of an entry of ``position``, in metres."""
    return vector3(unit * real(vector[0]), unit * real(vector[1]), unit * real(vector[2]))


@ti.func
def units_of(s: ti.template(), case, length):
    """A length [m] of at most `FURTHEST` units as an integer."""
    per_length = s.case_real[case * at.CASE_REAL + at.CASE_PER_LENGTH]
    return ti.cast(ti.floor(ti.min(length * per_length, real(at.FURTHEST)) + 0.5), ti.i32)


@ti.func
def position_of(s: ti.template(), case, entry):
    """Position [m] in an entry of ``position``."""
    if ti.static(mixed()):
        return in_metres(length_unit(s, case), entry)
    else:
        return entry.xyz


@ti.func
def radius_of(s: ti.template(), case, entry):
    """Radius [m] in an entry of ``position``."""
    if ti.static(mixed()):
        return length_unit(s, case) * real(entry[at.RADIUS])
    else:
        return entry[at.RADIUS]


@ti.func
def square_of(number):
    """Square of an integer in 64 bits; of one beyond `FURTHEST`, the square of that."""
    wide = ti.cast(ti.max(-at.FURTHEST, ti.min(at.FURTHEST, number)), ti.i64)
    return wide * wide


@ti.func
def root_of(square):
    """The integer nearest to the root of a 64-bit one."""
    guess = ti.cast(ti.sqrt(real(square)), ti.i64)
    rest = real(square - guess * guess)
    step = ti.floor(0.5 * rest / ti.max(real(guess), 1.0) + 0.5)
    return ti.cast(guess, ti.i32) + ti.cast(step, ti.i32)


@ti.func
def travel_square(s: ti.template(), case, entry, anchor):
    """Square of the distance [m2] between two places of one bead."""
    travel = entry.xyz - anchor.xyz
    if ti.static(mixed()):
        return in_metres(length_unit(s, case), travel).norm_sqr()
    else:
        return travel.norm_sqr()


@ti.func
def is_lost(entry):
    """Whether a bead has no position any more that could be used."""
    if ti.static(mixed()):
        return entry[0] == at.LOST
    else:
        size = ti.abs(entry[0]) + ti.abs(entry[1]) + ti.abs(entry[2])
        return not size < 1e300


@ti.func
def add_units(number, whole):
    """A coordinate with a whole number of units added; `LOST` where that is out of range."""
    out = at.LOST
    # The comparison is false for what is no number, and the sum cannot overflow.
    if number != at.LOST and ti.abs(whole) < real(at.FURTHEST):
        out = number + ti.cast(whole, ti.i32)
        if out >= at.FURTHEST or out <= -at.FURTHEST:
            out = at.LOST
    return out
