"""Walls: where they are at a step, and their nearest point to a bead.

A wall is a segment or an arc turned about an axis, thin, and touched from either side: a disc, a
cylinder's side, a cone, a cap; a plane is a disc of infinite radius. A bead touches it at the
wall's nearest point, so rims count as edges. Several lines that meet without a corner are one
wall, with one nearest point. Surfaces of triangles (kernels/shapes/mesh.py) are walls too.
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
from gpudem.kernels.shapes.in_use import shapes
from gpudem.kernels.shapes.mesh import cosine_of, from_nearest_triangle, turned


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
def lines_of(s: ti.template(), wall):
    """Entries of a wall's lines: the first, and one past the last."""
    first, last = wall, wall + 1
    base = wall * at.WALL
    if ti.cast(s.constants[base + at.WALL_KIND], ti.i32) == at.SMOOTH:
        first = ti.cast(s.constants[base + at.WALL_MIDDLE], ti.i32)
        last = ti.cast(s.constants[base + at.WALL_MIDDLE + 1], ti.i32)
    return first, last


@ti.func
def moves_through_space(s: ti.template(), wall):
    """Whether a wall's place changes with time, so that beads at rest can come near it."""
    return s.constants[wall * at.WALL + at.WALL_MOVES] == 1.0


@ti.func
def meets(s: ti.template(), case, wall, here):
    """Whether a wall is one for beads of this size."""
    base = wall * at.WALL
    out = True
    if ti.cast(s.constants[base + at.WALL_KIND], ti.i32) == at.SMOOTH:
        radius = radius_of(s, case, here)
        above = s.constants[base + at.WALL_DIRECTION]
        out = radius >= above and radius < s.constants[base + at.WALL_DIRECTION + 1]
    return out


@ti.func
def side_of(s: ti.template(), wall):
    """Which side of the axis a bead touches a wall on: 1 its own, -1 the one beyond the axis."""
    out = 1.0
    base = wall * at.WALL
    if ti.cast(s.constants[base + at.WALL_KIND], ti.i32) == at.SMOOTH:
        out = s.constants[base + at.WALL_EXTENT]
    return out


@ti.func
def nearest_on_wall(s: ti.template(), wall, distance, along):
    """Nearest point of all lines of a wall; see `nearest_on_line`."""
    if ti.static(shapes().smooth):
        first, last = lines_of(s, wall)
        out_r, out_z = nearest_on_line(s, first, distance, along)
        least = square_apart(out_r - distance, out_z - along)
        for line in range(first + 1, last):
            near_r, near_z = nearest_on_line(s, line, distance, along)
            square = square_apart(near_r - distance, near_z - along)
            if square < least:
                least, out_r, out_z = square, near_r, near_z
        return out_r, out_z
    else:
        return nearest_on_line(s, wall, distance, along)


@ti.func
def square_apart(across, along):
    """Square of a distance, from its parts."""
    return across * across + along * along


@ti.func
def nearest_on_line(s: ti.template(), wall, distance, along):
    """The point of a wall's line nearest to one at a distance from the axis and a height [m]."""
    base = wall * at.WALL
    middle_r, middle_z = s.constants[base + at.WALL_MIDDLE], s.constants[base + at.WALL_MIDDLE + 1]
    towards_r, towards_z = (
        s.constants[base + at.WALL_DIRECTION],
        s.constants[base + at.WALL_DIRECTION + 1],
    )
    extent = s.constants[base + at.WALL_EXTENT]
    from_r, from_z = distance - middle_r, along - middle_z
    ahead = from_r * towards_r + from_z * towards_z
    out_r, out_z = 0.0, 0.0
    if ti.cast(s.constants[base + at.WALL_KIND], ti.i32) != at.ARC:
        ahead = ti.max(-extent, ti.min(extent, ahead))
        out_r, out_z = middle_r + ahead * towards_r, middle_z + ahead * towards_z
    else:
        radius = s.constants[base + at.WALL_ARC_RADIUS]
        apart = ti.sqrt(from_r * from_r + from_z * from_z)
        if ahead >= apart * extent:
            # In the centre every direction is as near.
            unit_r, unit_z = towards_r, towards_z
            if apart > 0.0:
                unit_r, unit_z = from_r / apart, from_z / apart
            out_r, out_z = middle_r + radius * unit_r, middle_z + radius * unit_z
        else:
            side = radius * ti.sqrt(1.0 - extent * extent)
            if from_z * towards_r < from_r * towards_z:
                side = -side
            out_r = middle_r + radius * extent * towards_r - side * towards_z
            out_z = middle_z + radius * extent * towards_z + side * towards_r
    return out_r, out_z


@ti.func
def from_nearest_point(s: ti.template(), wall, pose, point):
    """Vector [m] from a wall's nearest point to a point; the pose begins at ``s.drive[pose]``."""
    if ti.static(shapes().mesh):
        out = zeros(3)
        base = wall * at.WALL
        if ti.cast(s.constants[base + at.WALL_KIND], ti.i32) == at.MESH:
            mesh = ti.cast(s.constants[base + at.WALL_MIDDLE], ti.i32)
            out = from_mesh(s, mesh, pose, point)
        else:
            out = from_revolved(s, wall, pose, point)
        return out
    else:
        return from_revolved(s, wall, pose, point)


@ti.func
def from_mesh(s: ti.template(), mesh, pose, point):
    """`from_nearest_point` for a mesh."""
    apart, _ = from_nearest_triangle(s, mesh, in_frame_of_mesh(s, pose, point))
    turn = vector_at(s.drive, pose + at.POSE_AXIS)
    return turned(apart, turn, cosine_of(turn))


@ti.func
def in_frame_of_mesh(s: ti.template(), pose, point):
    """A point as the mesh at a pose sees it."""
    turn = vector_at(s.drive, pose + at.POSE_AXIS)
    from_centre = point - vector_at(s.drive, pose + at.POSE_CENTRE)
    return turned(from_centre, -1.0 * turn, cosine_of(turn))


@ti.func
def facet_of_wall(s: ti.template(), wall, pose, point):
    """Number of the triangle nearest to a point, as for ``facet_sums``; -1 for no mesh."""
    out = -1
    base = wall * at.WALL
    if ti.cast(s.constants[base + at.WALL_KIND], ti.i32) == at.MESH:
        mesh = ti.cast(s.constants[base + at.WALL_MIDDLE], ti.i32)
        _, triangle = from_nearest_triangle(s, mesh, in_frame_of_mesh(s, pose, point))
        if triangle >= 0:
            number = (triangle - mesh - at.MESH_HEAD) // at.MESH_TRIANGLE
            out = number + ti.cast(s.constants[mesh + at.MESH_FACET], ti.i32)
    return out


@ti.func
def from_revolved(s: ti.template(), wall, pose, point):
    """`from_nearest_point` for a surface of revolution."""
    axis = vector_at(s.drive, pose + at.POSE_AXIS)
    from_centre = point - vector_at(s.drive, pose + at.POSE_CENTRE)
    along = from_centre.dot(axis)
    across = from_centre - along * axis
    distance = ti.sqrt(across.norm_sqr())
    out = zeros(3)
    if ti.cast(s.constants[wall * at.WALL + at.WALL_KIND], ti.i32) == at.DISC:
        # As below, but sooner: most beads lie on a flat end.
        factor, radius = 0.0, s.constants[wall * at.WALL + at.WALL_EXTENT]
        if distance > radius:
            factor = 1.0 - radius / distance
        out = (along - s.constants[wall * at.WALL + at.WALL_MIDDLE + 1]) * axis + factor * across
    else:
        near_r, near_z = 0.0, 0.0
        if ti.static(shapes().opposite):
            # Beyond the axis the bead lies at a negative distance from it.
            side = side_of(s, wall)
            near_r, near_z = nearest_on_wall(s, wall, side * distance, along)
            near_r *= side
        else:
            near_r, near_z = nearest_on_wall(s, wall, distance, along)
        factor = 0.0
        if distance > 0.0:
            factor = 1.0 - near_r / distance
        out = (along - near_z) * axis + factor * across
        if distance == 0.0:
            # On the axis every direction is as near: keep the distance, choose a direction.
            out = out - near_r * some_direction_across(axis)
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
def scaled(number, fraction):
    """An integer times a fraction of `_AXIS_ONE`, to the nearest integer."""
    return ti.cast((number * fraction + _AXIS_HALF) >> _AXIS_BITS, ti.i32)


@ti.func
def from_wall_unit(s: ti.template(), case, wall, distance, along):
    """From the nearest point of all lines of a wall; see `from_line_unit`."""
    if ti.static(shapes().smooth):
        first, last = lines_of(s, wall)
        out_r, out_z, least = from_line_unit(s, case, first, distance, along)
        for line in range(first + 1, last):
            rest_r, rest_z, square = from_line_unit(s, case, line, distance, along)
            if square < least:
                out_r, out_z, least = rest_r, rest_z, square
        return out_r, out_z, least
    else:
        return from_line_unit(s, case, wall, distance, along)


@ti.func
def from_line_unit(s: ti.template(), case, wall, distance, along):
    """Across and along the axis from the nearest point of a wall's line, in units as numbers.

    And the square of that in units, an integer.
    """
    base = wall * at.WALL
    from_r = distance - units_of(s, case, s.constants[base + at.WALL_MIDDLE])
    from_z = along - units_of(s, case, s.constants[base + at.WALL_MIDDLE + 1])
    towards_r = fraction_of(s.constants[base + at.WALL_DIRECTION])
    towards_z = fraction_of(s.constants[base + at.WALL_DIRECTION + 1])
    ahead = ti.cast((from_r * towards_r + from_z * towards_z + _AXIS_HALF) >> _AXIS_BITS, ti.i32)
    out_r, out_z, square = 0.0, 0.0, ti.cast(0, ti.i64)
    extent = s.constants[base + at.WALL_EXTENT]
    if ti.cast(s.constants[base + at.WALL_KIND], ti.i32) != at.ARC:
        half = units_of(s, case, extent)
        ahead = ti.max(-half, ti.min(half, ahead))
        rest_r, rest_z = from_r - scaled(ahead, towards_r), from_z - scaled(ahead, towards_z)
        out_r, out_z, square = real(rest_r), real(rest_z), square_of(rest_r) + square_of(rest_z)
    else:
        radius = units_of(s, case, s.constants[base + at.WALL_ARC_RADIUS])
        apart = root_of(square_of(from_r) + square_of(from_z))
        if real(ahead) >= real(apart) * extent:
            if apart > 0:
                factor = real(apart - radius) / real(apart)
                out_r, out_z = factor * real(from_r), factor * real(from_z)
            else:
                # In the centre every direction is as near.
                out_r = -real(radius) * s.constants[base + at.WALL_DIRECTION]
                out_z = -real(radius) * s.constants[base + at.WALL_DIRECTION + 1]
            square = square_of(apart - radius)
        else:
            cosine = units_of(s, case, s.constants[base + at.WALL_ARC_RADIUS] * extent)
            side = units_of(
                s, case, s.constants[base + at.WALL_ARC_RADIUS] * ti.sqrt(1.0 - extent * extent)
            )
            if from_z * towards_r < from_r * towards_z:
                side = -side
            rest_r = from_r - scaled(cosine, towards_r) + scaled(side, towards_z)
            rest_z = from_z - scaled(cosine, towards_z) - scaled(side, towards_r)
            out_r, out_z = real(rest_r), real(rest_z)
            square = square_of(rest_r) + square_of(rest_z)
    return out_r, out_z, square


@ti.func
def fraction_of(number):
    """A number of at most 1 in units of 1 / `_AXIS_ONE`, as a 64-bit integer."""
    return ti.cast(ti.floor(_AXIS_ONE * number + 0.5), ti.i64)


@ti.func
def from_nearest_unit(s: ti.template(), case, wall, pose, here):
    """`from_nearest_point` in integers, for mixed precision; and the square of its length.

    The vector [m] has the digits of a single-precision number, the square [units2] all of them.
    """
    axis = vector_at(s.drive, pose + at.POSE_AXIS)
    direction = [fraction_of(axis[q]) for q in ti.static(range(3))]
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
    across = [point[q] - scaled(along, direction[q]) for q in ti.static(range(3))]
    distance = root_of(square_of(across[0]) + square_of(across[1]) + square_of(across[2]))
    outside, beyond, square = 0.0, 0.0, ti.cast(0, ti.i64)
    if ti.static(shapes().opposite):
        side = side_of(s, wall)
        signed = ti.select(side > 0.0, distance, -distance)
        outside, beyond, square = from_wall_unit(s, case, wall, signed, along)
        outside *= side
    else:
        outside, beyond, square = from_wall_unit(s, case, wall, distance, along)
    unit = length_unit(s, case)
    out = unit * beyond * axis
    if distance > 0:
        factor = unit * outside / real(distance)
        out = out + factor * vector3(real(across[0]), real(across[1]), real(across[2]))
    elif outside != 0.0:
        # On the axis every direction is as near: keep the distance, choose a direction.
        out = out + unit * outside * some_direction_across(axis)
    return out, square
