"""Walls: where they are at a step, their nearest point to a bead, and how they move there.

A wall is a finite cylinder shell or a disc (a plane is a disc of infinite radius), thin, and
touched from either side. A bead touches it at the wall's nearest point, so rims count as edges.
"""

import taichi as ti

from gpudem.kernels import layout as at

vec3 = ti.types.vector(3, ti.f64)


@ti.func
def vector_at(array: ti.template(), first):
    """Three neighbouring values of a flat array as a vector."""
    return vec3(array[first], array[first + 1], array[first + 2])


@ti.func
def pose_of(s: ti.template(), case, wall, row):
    """Where the pose of a wall begins in ``s.drive``, for the step whose row begins at ``row``."""
    number = wall - s.case_int[case * at.CASE_INT + at.CASE_WALL_BEGIN]
    return row + at.DRIVE_BODY + number * at.WALL_POSE


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
    out = vec3(0.0)
    if ti.cast(s.wall[base + at.WALL_SHAPE], ti.i32) == at.SHELL:
        half = s.wall[base + at.WALL_HALF_LENGTH]
        beyond = along - ti.max(-half, ti.min(half, along))
        factor = 0.0
        if distance > 0.0:
            factor = 1.0 - radius / distance
        out = beyond * axis + factor * across
        if distance == 0.0:
            # On the axis every direction is as near: keep the distance, choose a direction.
            side = vec3(1.0, 0.0, 0.0)
            if ti.abs(axis[0]) > 0.9:
                side = vec3(0.0, 1.0, 0.0)
            side = side - side.dot(axis) * axis
            out = out - radius * side / side.norm()
    else:
        factor = 0.0
        if distance > radius:
            factor = 1.0 - radius / distance
        out = along * axis + factor * across
    return out
