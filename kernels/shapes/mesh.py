"""Meshes: the nearest point of a surface of triangles, in the surface's own frame.

A grid of cells lists for each cell the triangles among which the nearest one is, wherever in the
cell a point lies (`gpudem.engine.mesh_table`); cells far from the surface list none.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.precision import vector3


@ti.func
def corner_at(s: ti.template(), first):
    """Three neighbouring constants as a vector."""
    return vector3(s.constants[first], s.constants[first + 1], s.constants[first + 2])


@ti.func
def cell_of_mesh(s: ti.template(), mesh, point):
    """Number of the grid's cell that a point lies in, or -1 outside the grid."""
    steps = (point - corner_at(s, mesh + at.MESH_ORIGIN)) * s.constants[mesh + at.MESH_PER_EDGE]
    cell = 0
    inside = 1
    for axis in ti.static(range(3)):
        cells = s.constants[mesh + at.MESH_CELLS + axis]
        if steps[axis] < 0.0 or steps[axis] >= cells:
            inside = 0
        within = ti.max(0.0, ti.min(steps[axis], cells - 1.0))
        cell = cell * ti.cast(cells, ti.i32) + ti.cast(ti.floor(within), ti.i32)
    return ti.select(inside == 1, cell, -1)


@ti.func
def from_nearest_triangle(s: ti.template(), mesh, point):
    """Vector [m] to a point from the nearest point of a mesh; a long one where it is far away.

    ``mesh`` is where the surface begins in ``s.constants``.

    Returns:
        that vector, and where the nearest triangle stands in ``s.constants``, or -1.
    """
    nearest = -1
    out = vector3(s.constants[mesh + at.MESH_FAR], 0.0, 0.0)
    least = out.norm_sqr()
    cell = cell_of_mesh(s, mesh, point)
    if cell >= 0:
        lists = ti.cast(s.constants[mesh + at.MESH_LISTS], ti.i32) + cell
        first, last = ti.cast(s.constants[lists], ti.i32), ti.cast(s.constants[lists + 1], ti.i32)
        for entry in range(first, last):
            triangle = ti.cast(s.constants[entry], ti.i32)
            apart = from_triangle(
                point - corner_at(s, triangle),
                corner_at(s, triangle + 3),
                corner_at(s, triangle + 6),
            )
            square = apart.norm_sqr()
            if square < least:
                least, out, nearest = square, apart, triangle
    return out, nearest


@ti.func
def from_triangle(point, side, other):
    """Vector to a point from the nearest point of a triangle, all from its first corner.

    By the regions of Ericson, Real-Time Collision Detection (2005), section 5.1.5.

    Args:
        point: the point.
        side: to the second corner.
        other: to the third corner.
    """
    d1, d2 = side.dot(point), other.dot(point)
    d3, d4 = side.dot(point - side), other.dot(point - side)
    d5, d6 = side.dot(point - other), other.dot(point - other)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    along, across = 0.0, 0.0
    if d1 <= 0.0 and d2 <= 0.0:
        along = 0.0
    elif d3 >= 0.0 and d4 <= d3:
        along = 1.0
    elif d6 >= 0.0 and d5 <= d6:
        across = 1.0
    elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        along = d1 / (d1 - d3)
    elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        across = d2 / (d2 - d6)
    elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        across = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        along = 1.0 - across
    else:
        share = 1.0 / (va + vb + vc)
        along, across = vb * share, vc * share
    return point - along * side - across * other


@ti.func
def turned(vector, turn, cosine):
    """A vector turned by a rotation: the vector part of its quaternion, and the scalar part."""
    twice = 2.0 * turn.cross(vector)
    return vector + cosine * twice + turn.cross(twice)


@ti.func
def cosine_of(turn):
    """The scalar part of a unit quaternion, which is not negative, from the vector part."""
    return ti.sqrt(ti.max(0.0, 1.0 - turn.norm_sqr()))
