"""Walls: where they are at a step, their nearest point to a bead, and how they move there.

A wall is a finite cylinder shell or a disc (a plane is a disc of infinite radius), thin, and
touched from either side. A bead touches it at the wall's nearest point, so rims count as edges.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.position import (
    length_unit,
    position_of,
    radius_of,
    root_of,
    square_of,
    units_of,
)
from gpudem.kernels.precision import mixed, real, vector3, zeros


@ti.func
def vector_at(array: ti.template(), first):
    """Three neighbouring values of a flat array as a vector."""
    return vector3(array[first], array[first + 1], array[first + 2])


@ti.func
def row_of(s: ti.template(), case, step):
    """Where the values of a step, counted from the drive's first, begin in ``s.drive``."""
    base = case * at.CASE_INT
    return s.case_int[base + at.CASE_DRIVE_BEGIN] + step * s.case_int[base + at.CASE_DRIVE_LENGTH]


@ti.func
def poses_of(s: ti.template(), case, row):
    """What `pose_of` needs to find a case's walls, for the step whose row begins at ``row``."""
    base = case * at.CASE_INT
    begin = s.case_int[base + at.CASE_POSE_BEGIN] + s.case_int[base + at.CASE_POSE_BY_STEP] * row
    return begin - s.case_int[base + at.CASE_WALL_BEGIN] * at.WALL_POSE


@ti.func
def pose_of(poses, wall):
    """Where the pose of a wall begins in ``s.drive``."""
    return poses + wall * at.WALL_POSE


@ti.func
def some_direction_across(axis):
    """A unit vector across an axis, always the same one."""
    side = vector3(1.0, 0.0, 0.0)
    if ti.abs(axis[0]) > 0.9:
        side = vector3(0.0, 1.0, 0.0)
    side = side - side.dot(axis) * axis
    return side / side.norm()


@ti.func
def from_nearest_point(s: ti.template(), wall, pose, point):
    """Vector [m] from a wall's nearest point to a point; the pose begins at ``s.drive[pose]``."""
    base = wall * at.WALL
    radius = s.wall[base + at.WALL_RADIUS]
    axis = vector_at(s.drive, pose + at.POSE_AXIS)
    from_centre = point - vector_at(s.drive, pose + at.POSE_CENTRE)
    along = from_centre.dot(axis)
    across = from_centre - along * axis
    distance = ti.sqrt(across.norm_sqr())
    out = zeros(3)
    if ti.cast(s.wall[base + at.WALL_SHAPE], ti.i32) == at.SHELL:
        half = s.wall[base + at.WALL_HALF_LENGTH]
        beyond = along - ti.max(-half, ti.min(half, along))
        factor = 0.0
        if distance > 0.0:
            factor = 1.0 - radius / distance
        out = beyond * axis + factor * across
        if distance == 0.0:
            # On the axis every direction is as near: keep the distance, choose a direction.
            out = out - radius * some_direction_across(axis)
    else:
        factor = 0.0
        if distance > radius:
            factor = 1.0 - radius / distance
        out = along * axis + factor * across
    return out


@ti.func
def gap_to_wall(s: ti.template(), case, wall, pose, here):
    """The gap between a bead and a wall's nearest point."""
    radius = radius_of(s, case, here)
    if ti.static(mixed()):
        apart, square = from_nearest_unit(s, case, wall, pose, here)
        unit = length_unit(s, case)
        measure = unit * unit * real(square_of(here[at.RADIUS]) - square)
        return ti.Struct(vector=apart, measure=measure, reach=radius)
    else:
        apart = from_nearest_point(s, wall, pose, position_of(s, case, here))
        return ti.Struct(vector=apart, measure=radius, reach=radius)


# A unit vector's components as integers of this many bits; the half that rounds.
_AXIS_BITS = 30
_AXIS_ONE, _AXIS_HALF = 1 << _AXIS_BITS, 1 << (_AXIS_BITS - 1)


@ti.func
def from_nearest_unit(s: ti.template(), case, wall, pose, here):
    """`from_nearest_point` in integers, for mixed precision; and the square of its length.

    The vector [m] has the digits of a single-precision number, the square [units2] all of them.
    """
    base = wall * at.WALL
    axis = vector_at(s.drive, pose + at.POSE_AXIS)
    direction = [ti.cast(ti.floor(_AXIS_ONE * axis[q] + 0.5), ti.i64) for q in ti.static(range(3))]
    centre = vector_at(s.drive, pose + at.POSE_CENTRE)
    rest = vector_at(s.drive, pose + at.POSE_CENTRE_REST)
    point = [
        here[q] - units_of(s, case, centre[q]) - units_of(s, case, rest[q])
        for q in ti.static(range(3))
    ]
    wide = ti.cast(_AXIS_HALF, ti.i64)
    for q in ti.static(range(3)):
        wide += direction[q] * point[q]
    along = ti.cast(wide >> _AXIS_BITS, ti.i32)
    across = [
        point[q] - ti.cast((along * direction[q] + _AXIS_HALF) >> _AXIS_BITS, ti.i32)
        for q in ti.static(range(3))
    ]
    distance = root_of(square_of(across[0]) + square_of(across[1]) + square_of(across[2]))
    radius = units_of(s, case, s.wall[base + at.WALL_RADIUS])
    beyond = along
    outside = ti.max(distance - radius, 0)
    if ti.cast(s.wall[base + at.WALL_SHAPE], ti.i32) == at.SHELL:
        half = units_of(s, case, s.wall[base + at.WALL_HALF_LENGTH])
        beyond = along - ti.max(-half, ti.min(half, along))
        outside = distance - radius
    unit = length_unit(s, case)
    out = unit * real(beyond) * axis
    if distance > 0:
        factor = unit * real(outside) / real(distance)
        out = out + factor * vector3(real(across[0]), real(across[1]), real(across[2]))
    elif outside != 0:
        # On the axis every direction is as near: keep the distance, choose a direction.
        out = out + unit * real(outside) * some_direction_across(axis)
    return out, square_of(beyond) + square_of(outside)
