"""Where beads are, and how far apart two things lie.

In double precision an entry of ``place`` holds metres. In mixed precision it holds integers of a
small unit: differences are exact, so that an overlap of a thousandth of the radius keeps all its
digits, which single-precision positions would not give it.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.precision import mixed, real, vector3


@ti.func
def length_unit(s: ti.template(), case):
    """Metres that one unit of ``place`` stands for."""
    out = 1.0
    if ti.static(mixed()):
        out = s.case_real[case * at.CASE_REAL + at.CASE_LENGTH]
    return out


@ti.func
def in_metres(unit, vector):
    """Three integers of a unit [m], or those of an entry of ``place``, in metres."""
    return vector3(unit * real(vector[0]), unit * real(vector[1]), unit * real(vector[2]))


@ti.func
def units_of(s: ti.template(), case, length):
    """A length [m] of at most `FURTHEST` units as an integer."""
    per_length = s.case_real[case * at.CASE_REAL + at.CASE_PER_LENGTH]
    return ti.cast(ti.floor(ti.min(length * per_length, real(at.FURTHEST)) + 0.5), ti.i32)


@ti.func
def position_of(s: ti.template(), case, place):
    """Position [m] in an entry of ``place``."""
    if ti.static(mixed()):
        return in_metres(length_unit(s, case), place)
    else:
        return place.xyz


@ti.func
def radius_of(s: ti.template(), case, place):
    """Radius [m] in an entry of ``place``."""
    if ti.static(mixed()):
        return length_unit(s, case) * real(place[at.RADIUS])
    else:
        return place[at.RADIUS]


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
def between(s: ti.template(), case, here, there):
    """What lies between two beads, from their entries of ``place``.

    Returns:
        The vector [m] to the first bead's centre from the second's, the *closeness* that
        `touches` and the contact law take, and the sum of the radii [m].
    """
    apart = here.xyz - there.xyz
    reach = here[at.RADIUS] + there[at.RADIUS]
    if ti.static(mixed()):
        unit = length_unit(s, case)
        square = square_of(apart[0]) + square_of(apart[1]) + square_of(apart[2])
        closeness = unit * unit * real(square_of(reach) - square)
        return in_metres(unit, apart), closeness, unit * real(reach)
    else:
        return apart, reach, reach


@ti.func
def touches(square, closeness):
    """Whether two things overlap, the ``square`` [m2] of whose distance is given.

    The *closeness* is the reach [m] in double precision; in mixed precision, where single
    precision would not tell them apart, the square of the reach less that of the distance [m2].
    """
    if ti.static(mixed()):
        return closeness > 0.0
    else:
        return square < closeness * closeness


@ti.func
def is_near(apart, closeness, reach, skin):
    """Whether less than ``skin`` [m] lies between two things."""
    if ti.static(mixed()):
        return closeness > -skin * (2.0 * reach + skin)
    else:
        return apart.norm_sqr() < (reach + skin) * (reach + skin)


@ti.func
def overlap_before(apart, closeness, reach, way):
    """Overlap [m] of two things before one moved by ``way`` [m] against the other."""
    before = apart - way
    if ti.static(mixed()):
        return (closeness + way.dot(apart + before)) / (reach + before.norm())
    else:
        return reach - before.norm()


@ti.func
def way_square(s: ti.template(), case, place, anchor):
    """Square of the distance [m2] between two places of one bead."""
    way = place.xyz - anchor.xyz
    if ti.static(mixed()):
        return in_metres(length_unit(s, case), way).norm_sqr()
    else:
        return way.norm_sqr()


@ti.func
def is_lost(place):
    """Whether a bead has no position any more that could be used."""
    if ti.static(mixed()):
        return place[0] == at.LOST
    else:
        size = ti.abs(place[0]) + ti.abs(place[1]) + ti.abs(place[2])
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
