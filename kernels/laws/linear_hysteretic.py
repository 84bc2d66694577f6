"""Hysteretic linear spring (Walton & Braun 1986): stiffer on the way out, and so dissipative.

The parts of a law as kernels/law.py lists them. There are no dampers: a contact loads along one
slope and unloads along a steeper one, friction and rolling resistance are springs with a cap.
Equations, sources and the choices behind them stand in docs/theory/linear-hysteretic.md.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.laws.hertz_mindlin import friction_state, inverse_length, turned
from gpudem.kernels.vec3 import dot, larger, plus, smaller, times

PARAMETERS = (
    "stiffness",  # 4 / (1/E_1 + 1/E_2) [Pa]: loading stiffness times the sum of the curvatures
    "steepness",  # K2 / K1 = 1 / e^2
    "static_friction",
    "dynamic_friction",
    "rolling_friction",
    "stick_speed",  # v_c [m/s]
    "rolling_by_bead",  # 1: the smaller bead's radius in the moment, 0: the pair's reduced one
)
HISTORY = {
    "force": 3,  # tangential force of the spring [N]
    "moment": 3,  # rolling moment of the spring [N m]
    "overlap": 1,  # in the last step [m]
    "normal": 1,  # normal force in the last step [N]
}

#: Least force on the way out, over that of loading.
FLOOR = 1e-3


@ti.func
def loading_stiffness(p, curvature, smaller_curvature):
    """K1 [N/m] of two bodies E d in series; a wall is as thick as the bead."""
    at_wall = curvature <= smaller_curvature
    return p.stiffness / ti.select(at_wall, 2.0 * smaller_curvature, curvature)


@ti.func
def force_at(p, spring, h, overlap):
    """Normal force [N] at an overlap, from that of the last step."""
    change = overlap - h.overlap
    along = h.normal + p.steepness * spring * change
    loading = smaller(spring * overlap, along)
    return ti.select(change >= 0.0, loading, larger(along, FLOOR * spring * overlap))


@ti.func
def last_step(p, k, h, dt):
    """The loading stiffness ``spring`` [N/m]; ``held`` [N], the tangential force turned into the
    plane of contact, ``square`` and ``inverse`` of its length.
    """
    square = dot(h.force, h.force)
    inverse = inverse_length(square)
    return ti.Struct(
        spring=loading_stiffness(p, k.curvature, k.smaller_curvature),
        held=turned(h.force, inverse * inverse, k.normal, k.twist * dt),
        square=square,
        inverse=inverse,
    )


@ti.func
def normal_force(p, k, b, h, dt):
    """Along K1 while loading, along K2 while unloading and loading anew; never pulls.

    Work and loss are those of the way from the last overlap to this one, the force taken as
    linear in between; what K2 holds, F^2 / (2 K2), is stored.
    """
    force = force_at(p, b.spring, h, k.overlap)
    mean = 0.5 * (force + h.normal)
    stored = 0.5 * (force * force - h.normal * h.normal) / (p.steepness * b.spring)
    change = k.overlap - h.overlap
    return ti.Struct(
        force=force,
        damper=0.0 * force,
        work=larger(change, 0.0) * mean,
        damping=mean * change - stored,
    )


@ti.func
def capped(held, square, inverse, stretch, cap):
    """A spring that is cut to its cap, stretched, and cut again.

    Returns:
        the ``mean`` of the spring's force on the way, its force ``after`` it, whether it ``slides``
        at the end, and squares of the force when ``cut`` first and at the ``end``.
    """
    keep = smaller(cap * inverse, 1.0)
    first = times(keep, held)
    trial = plus(first, stretch)
    trial_square = dot(trial, trial)
    slides = trial_square > cap * cap
    after = times(ti.select(slides, cap * inverse_length(trial_square), 1.0), trial)
    share = ti.select(slides, 0.0, 0.5)
    return ti.Struct(
        mean=plus(times(share, first), times(1.0 - share, after)),
        after=after,
        slides=slides,
        cut=square * keep * keep,
        end=smaller(trial_square, cap * cap),
    )


@ti.func
def tangential_force(p, k, n, b, h, dt):
    """A spring of stiffness K1 across the normal, cut to the cap of friction."""
    stretch = times(0.0 - b.spring * dt, k.slip)
    uncut = plus(b.held, stretch)
    state = friction_state(h.state, dot(uncut, uncut), n.force, dot(k.slip, k.slip), p)
    sticks = state == float(at.STICKING)
    cap = n.force * ti.select(sticks, p.static_friction, p.dynamic_friction)
    t = capped(b.held, b.square, b.inverse, stretch, cap)
    work = (0.0 - dt) * dot(t.mean, k.slip)
    compliance = 0.5 / b.spring
    return ti.Struct(
        force=t.mean,
        stored=t.after,
        state=state,
        damper=0.0 * work,
        spring=ti.select(t.slides, 0.0, b.spring),
        work=work,
        damping=0.0 * work,
        sliding=work - (t.end - b.square) * compliance,
        relaxation=0.0 * work,
    )


@ti.func
def rolling_moment(p, k, n, b, h, dt):
    """The like of it for the moment: a spring K1 R_r^2 with the cap mu_r R_r F."""
    radius = ti.select(p.rolling_by_bead > 0.5, k.smaller_radius, k.reduced_radius)
    square = dot(h.moment, h.moment)
    inverse = inverse_length(square)
    held = turned(h.moment, inverse * inverse, k.normal, k.twist * dt)
    spring = b.spring * radius * radius
    stretch = times(0.0 - spring * dt, k.spin)
    r = capped(held, square, inverse, stretch, p.rolling_friction * radius * n.force)
    work = (0.0 - dt) * dot(r.mean, k.spin)
    loss = work - 0.5 * (r.end - square) / spring
    return ti.Struct(moment=r.mean, stored=r.after, work=work, loss=loss)


@ti.func
def remembered(k, b, n, t, r):
    """What is kept of a contact for its next step."""
    return ti.Struct(force=t.stored, moment=r.stored, overlap=k.overlap, normal=n.force)


@ti.func
def springs_hold(p, h, spring, reduced_radius, smaller_radius):
    """Energy [J] of the tangential and of the rolling spring."""
    radius = ti.select(p.rolling_by_bead > 0.5, smaller_radius, reduced_radius)
    rolling = dot(h.moment, h.moment) / (radius * radius)
    return ti.Struct(
        tangential=0.5 * dot(h.force, h.force) / spring, rolling=0.5 * rolling / spring
    )


@ti.func
def stored_energy(p, h, overlap, reduced_radius, smaller_radius):
    """Elastic energy [J] held by a contact: normal, tangential and rolling together."""
    spring = loading_stiffness(p, 1.0 / reduced_radius, 1.0 / smaller_radius)
    force = force_at(p, spring, h, larger(overlap, 0.0))
    held = springs_hold(p, h, spring, reduced_radius, smaller_radius)
    return 0.5 * force * force / (p.steepness * spring) + held.tangential + held.rolling


@ti.func
def release(p, h, reduced_radius, smaller_radius):
    """What the springs of an ending contact still hold [J]."""
    spring = loading_stiffness(p, 1.0 / reduced_radius, 1.0 / smaller_radius)
    held = springs_hold(p, h, spring, reduced_radius, smaller_radius)
    return ti.Struct(
        normal_damping=0.5 * h.normal * h.normal / (p.steepness * spring),
        relaxation=held.tangential,
        rolling_loss=held.rolling,
    )
