"""Who a bead meets, another bead or a wall: how far away it is, and how it moves there."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.gap import between
from gpudem.kernels.position import position_of, radius_of
from gpudem.kernels.precision import zeros
from gpudem.kernels.shapes.wall import gap_to_wall, pose_of, vector_at
from gpudem.kernels.vec3 import vec3

# What a force at the surface of a sphere does to the speed there, over what it does to the centre:
# 1 + m r2 / I.
SLIDING_MOBILITY = 3.5


@ti.func
def separation(s: ti.template(), now, case, here, partner, poses):
    """The gap between a bead and its partner (kernels/gap.py); walls stand at ``poses``."""
    out = ti.Struct(vector=zeros(3), measure=0.0, reach=0.0)
    if partner >= 0:
        out = between(s, case, here, s.position[now + partner])
    else:
        wall = -1 - partner
        out = gap_to_wall(s, case, wall, pose_of(poses, wall), here)
    return out


@ti.func
def radii_of_pair(s: ti.template(), case, here, partner):
    """Radii [m] of a bead and its partner: the ``reduced`` one, the ``smaller``, the ``other``.

    At a wall all are the bead's.
    """
    radius = radius_of(s, case, here)
    out = ti.Struct(reduced=radius, smaller=radius, other=radius)
    if partner >= 0:
        # Both copies of a bead's position hold its radius.
        other = radius_of(s, case, s.position[partner])
        out.reduced = radius * other / (radius + other)
        out.smaller = ti.min(radius, other)
        out.other = other
    return out


@ti.func
def body_of(motion):
    """A bead as one side of a pair, from its entry of ``motion``."""
    return ti.Struct(
        curvature=motion[at.CURVATURE],
        inverse_mass=motion[at.INVERSE_MASS],
        velocity=vec3(motion[0], motion[1], motion[2]),
        spin=vec3(motion[4], motion[5], motion[6]),
    )


@ti.func
def motion_of_partner(s: ti.template(), now, case, here, apart, partner, poses):
    """The partner's entry of ``motion``; a wall's surface moves as its point does there."""
    out = zeros(8)
    if partner >= 0:
        out = s.motion[now + partner]
    else:
        pose = pose_of(poses, -1 - partner)
        from_centre = position_of(s, case, here) - apart - vector_at(s.drive, pose + at.POSE_CENTRE)
        spin = vector_at(s.drive, pose + at.POSE_SPIN)
        velocity = vector_at(s.drive, pose + at.POSE_VELOCITY) + spin.cross(from_centre)
        for axis in ti.static(range(3)):
            out[at.VELOCITY + axis] = velocity[axis]
            out[at.SPIN + axis] = spin[axis]
    return out


@ti.func
def crowd_of(s: ti.template(), now, bead, partner):
    """Sum of the entries of ``crowd`` of a bead and of its partner; a wall has none."""
    out = s.crowd[now + bead]
    if partner >= 0:
        out += s.crowd[now + partner]
    return out


@ti.func
def species_of(s: ti.template(), partner):
    """Species of a bead or of a wall."""
    out = 0
    if partner >= 0:
        out = s.species[partner]
    else:
        out = ti.cast(s.constants[(-1 - partner) * at.WALL + at.WALL_SPECIES], ti.i32)
    return out
