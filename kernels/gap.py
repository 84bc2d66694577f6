"""What lies between a bead and its partner, and whether they touch.

A *gap* has a ``vector`` [m], to the bead's centre from the partner's centre or from a wall's
nearest point; the ``reach`` [m], the sum of the radii (of a wall's partner, its radius), where it
comes from positions; and a ``measure``: the reach [m] in double precision; in mixed precision,
where single precision would not tell reach and distance apart, the square of the reach less that
of the distance [m2]. Functions without ``s`` also take packs of numbers.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.position import in_metres, length_unit, square_of
from gpudem.kernels.precision import mixed, real
from gpudem.kernels.vec3 import dot


@ti.func
def between(s: ti.template(), case, here, there):
    """The gap between two beads, from their entries of ``position``."""
    apart = here.xyz - there.xyz
    reach = here[at.RADIUS] + there[at.RADIUS]
    if ti.static(mixed()):
        unit = length_unit(s, case)
        square = square_of(apart[0]) + square_of(apart[1]) + square_of(apart[2])
        measure = unit * unit * real(square_of(reach) - square)
        return ti.Struct(vector=in_metres(unit, apart), measure=measure, reach=unit * real(reach))
    else:
        return ti.Struct(vector=apart, measure=reach, reach=reach)


@ti.func
def gap_entry(gap):
    """A gap's vector and measure as an entry of the array ``active_gap``."""
    return ti.Vector([gap.vector[0], gap.vector[1], gap.vector[2], gap.measure])


@ti.func
def touches(gap):
    """Whether two things overlap."""
    if ti.static(mixed()):
        return gap.measure > 0.0
    else:
        return dot(gap.vector, gap.vector) < gap.measure * gap.measure


@ti.func
def is_near(gap, skin):
    """Whether less than ``skin`` [m] lies between two things."""
    if ti.static(mixed()):
        return gap.measure > -skin * (2.0 * gap.reach + skin)
    else:
        return dot(gap.vector, gap.vector) < (gap.reach + skin) * (gap.reach + skin)


@ti.func
def overlap_of(gap, square, distance):
    """Overlap [m] and reach [m], from the distance [m] and its square too."""
    if ti.static(mixed()):
        reach = ti.sqrt(square + gap.measure)
        return gap.measure / (reach + distance), reach
    else:
        return gap.measure - distance, gap.measure


@ti.func
def overlap_before(gap, travel):
    """Overlap [m] of two things before one moved by ``travel`` [m] against the other."""
    before = gap.vector - travel
    if ti.static(mixed()):
        return (gap.measure + travel.dot(gap.vector + before)) / (gap.reach + before.norm())
    else:
        return gap.reach - before.norm()
