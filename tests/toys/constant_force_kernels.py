"""Device half of a law that pushes with one force, and holds with another beyond the touch."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.vec3 import larger, times

PARAMETERS = ("push", "pull", "range")
HISTORY = {"overlap": 1}


@ti.func
def reach(p, reduced_radius):
    return p.range + 0.0 * reduced_radius


@ti.func
def last_step(p, k, h, dt):
    return h


@ti.func
def normal_force(p, k, b, h, dt):
    force = ti.select(k.overlap > 0.0, p.push, 0.0 - p.pull)
    zero = 0.0 * force
    return ti.Struct(
        force=force, damper=zero, work=larger(0.0 - k.speed * force * dt, 0.0), damping=zero
    )


@ti.func
def tangential_force(p, k, n, b, h, dt):
    zero = 0.0 * n.force
    return ti.Struct(
        force=times(zero, k.normal),
        state=zero + float(at.STICKING),
        damper=zero,
        spring=zero,
        work=zero,
        damping=zero,
        sliding=zero,
        relaxation=zero,
    )


@ti.func
def rolling_moment(p, k, n, b, h, dt):
    zero = 0.0 * n.force
    return ti.Struct(moment=times(zero, k.normal), work=zero, loss=zero)


@ti.func
def remembered(k, b, n, t, r):
    return ti.Struct(overlap=k.overlap)


@ti.func
def stored_energy(p, h, overlap, reduced_radius, smaller_radius):
    return p.push * larger(overlap, 0.0) + p.pull * larger(0.0 - overlap, 0.0)


@ti.func
def release(p, h, reduced_radius, smaller_radius):
    held = p.pull * larger(0.0 - h.overlap, 0.0)
    return ti.Struct(normal_damping=held, relaxation=0.0, rolling_loss=0.0)
