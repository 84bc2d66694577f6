"""Three components in space, each a number or a pack of numbers, one for each of several contacts.

Packs of unknown kind have no unary minus, and `-=` is one: write a difference instead.
"""

import taichi as ti


@ti.func
def triple(x, y, z):
    """Three components as one value."""
    return ti.Struct(x=x, y=y, z=z)


@ti.func
def triple_of(vector):
    """A vector of three numbers as a triple."""
    return triple(vector[0], vector[1], vector[2])


@ti.func
def plus(a, b):
    """Sum of two triples."""
    return triple(a.x + b.x, a.y + b.y, a.z + b.z)


@ti.func
def minus(a, b):
    """Difference of two triples."""
    return triple(a.x - b.x, a.y - b.y, a.z - b.z)


@ti.func
def times(factor, a):
    """A triple times a number."""
    return triple(factor * a.x, factor * a.y, factor * a.z)


@ti.func
def dot(a, b):
    """Scalar product."""
    return a.x * b.x + a.y * b.y + a.z * b.z


@ti.func
def cross(a, b):
    """Vector product."""
    return triple(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)


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
