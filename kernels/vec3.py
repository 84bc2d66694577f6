"""Three components in space, each a number or a pack of numbers, one for each of several contacts.

Packs of unknown kind have no unary minus, and `-=` is one: write a difference instead.
"""

import taichi as ti


@ti.func
def vec3(x, y, z):
    """Three components as one value."""
    return ti.Struct(x=x, y=y, z=z)


@ti.func
def vec3_of(vector):
    """One of Taichi's vectors as three components."""
    return vec3(vector[0], vector[1], vector[2])


@ti.func
def plus(a, b):
    """Sum of two vectors."""
    return vec3(a.x + b.x, a.y + b.y, a.z + b.z)


@ti.func
def minus(a, b):
    """Difference of two vectors."""
    return vec3(a.x - b.x, a.y - b.y, a.z - b.z)


@ti.func
def times(factor, a):
    """A vector times a number."""
    return vec3(factor * a.x, factor * a.y, factor * a.z)


@ti.func
def dot(a, b):
    """Scalar product."""
    return a.x * b.x + a.y * b.y + a.z * b.z


@ti.func
def cross(a, b):
    """Vector product."""
    return vec3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)


@ti.func
def across(a, normal):
    """The part of a across a unit vector."""
    return minus(a, times(dot(a, normal), normal))


@ti.func
def larger(a, b):
    """The larger of two numbers; of two bits alike on every device, unlike a maximum with NaN."""
    return ti.select(a > b, a, b)


@ti.func
def smaller(a, b):
    """The smaller of two numbers."""
    return ti.select(a < b, a, b)
