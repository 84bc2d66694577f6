"""A touching pair for one step: how it meets, then the three parts of the contact law.

Pure functions that touch no array, for numbers and for packs of numbers as in
kernels/laws/hertz_mindlin.py.

A *body* is one side of a pair: ``curvature`` [1/m] and ``inverse_mass`` [1/kg], both 0 for a
wall; ``velocity`` [m/s] of a bead's centre, or of a wall's surface where they touch; ``spin``
[rad/s].
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.laws.hertz_mindlin import (
    SLIDING_MOBILITY,
    last_step,
    normal_force,
    rolling_moment,
    tangential_force,
)
from gpudem.kernels.position import touches
from gpudem.kernels.precision import mixed
from gpudem.kernels.vec3 import across, cross, dot, larger, minus, plus, times


@ti.func
def meet(own, other, radius, apart, closeness, crowd, p):
    """Kinematics of a touching pair, and the arms [m] from both centres to the contact point.

    ``radius`` [m] is the bead's, ``apart`` [m] leads to its centre from the partner's centre or
    nearest point; for the ``closeness`` see `gpudem.kernels.position.touches`. ``crowd`` is the sum
    of both beads' entries of the array of that name.
    """
    square = dot(apart, apart)
    distance = ti.sqrt(square)
    reach, overlap = closeness, closeness - distance
    if ti.static(mixed()):
        reach = ti.sqrt(square + closeness)
        overlap = closeness / (reach + distance)
    curvature = own.curvature + other.curvature
    inverse_mass = own.inverse_mass + other.inverse_mass
    # One division serves the normal, R* and m*.
    inverse = 1.0 / (distance * curvature * inverse_mass)
    inverse_distance = curvature * inverse_mass * inverse
    reduced_radius = distance * inverse_mass * inverse
    normal = times(inverse_distance, apart)
    at_wall = other.curvature == 0.0
    own_radius, other_radius = radius, reach - radius
    if ti.static(mixed()):
        # The reach is rounded here, and both sides of a pair must see the same radii.
        own_radius = 1.0 / own.curvature
        other_radius = ti.select(at_wall, 0.0, 1.0 / other.curvature)
    # The plane of the circle in which the two spheres cut each other.
    middle = 0.5 * (distance + (own_radius - other_radius) * reach * inverse_distance)
    arm = ti.select(at_wall, distance, middle)
    other_arm = distance - arm
    arms = plus(times(arm, own.spin), times(other_arm, other.spin))
    velocity = minus(minus(own.velocity, other.velocity), cross(arms, normal))
    spin = minus(own.spin, other.spin)
    is_smaller = at_wall | (own_radius < other_radius)
    by_bead = p.rolling_by_bead > 0.5
    smaller_radius = ti.select(is_smaller, own_radius, other_radius)
    smaller_curvature = ti.select(is_smaller, own.curvature, other.curvature)
    k = ti.Struct(
        # Two squares may differ where their roots no longer do: an overlap is never quite 0.
        overlap=larger(overlap, 1e-16 * reach),
        reduced_radius=reduced_radius,
        reduced_mass=distance * curvature * inverse,
        mobility=inverse_mass,
        rolling_mobility=2.5
        * (
            own.curvature * own.curvature * own.inverse_mass
            + other.curvature * other.curvature * other.inverse_mass
        ),
        rolling_radius=ti.select(by_bead, smaller_radius, reduced_radius),
        rolling_curvature=ti.select(by_bead, smaller_curvature, curvature),
        normal=normal,
        speed=dot(velocity, normal),
        slip=across(velocity, normal),
        spin=across(spin, normal),
        twist=0.5 * dot(plus(own.spin, other.spin), normal),
        crowding=crowd[at.CROWDING],
        stiffening=crowd[at.STIFFENING],
    )
    return k, arm, other_arm


@ti.func
def collide(own, other, radius, apart, closeness, crowd, p, h, dt):
    """One step of a touching pair.

    Returns:
        whether it ``touches``, 1 or 0 (what follows holds only where it does); ``push`` [N],
        ``speed`` [m/s] along the normal; ``force`` [N] and ``torque`` [N m] on the
        bead (the partner feels minus the force, and ``other_torque``); the strongest ``damper``
        [kg/s] and the tangential ``spring`` [N/m] at work; ``work_wall`` [J] of a moving wall;
        the new ``history``; and the energies [J] of the collision log: ``normal``, ``shear`` and
        ``rolling`` put in, the others lost.
    """
    k, arm, other_arm = meet(own, other, radius, apart, closeness, crowd, p)
    b = last_step(p, k, h, dt)
    n = normal_force(p, k, b, dt)
    t = tangential_force(p, k, n, b, h, dt)
    r = rolling_moment(p, k, n, b, h, dt)
    force = plus(times(n.push, k.normal), t.force)
    turning = cross(k.normal, t.force)
    return ti.Struct(
        touches=ti.select(touches(dot(apart, apart), closeness), 1.0, 0.0),
        push=n.push,
        speed=k.speed,
        force=force,
        torque=minus(r.moment, times(arm, turning)),
        other_torque=times(-1.0, plus(r.moment, times(other_arm, turning))),
        damper=larger(b.damper, SLIDING_MOBILITY * t.damper),
        spring=t.spring,
        work_wall=(dot(force, other.velocity) + dot(r.moment, other.spin)) * dt,
        history=ti.Struct(
            force=t.stored,
            moment=r.stored,
            velocity=plus(times(n.speed, k.normal), t.slip),
            inverse_radius=b.inverse_radius,
            state=t.state,
        ),
        normal=n.work,
        shear=t.work,
        rolling=r.work,
        normal_damping=n.damping,
        shear_damping=t.damping,
        sliding=t.sliding,
        rolling_loss=r.loss,
        relaxation=t.relaxation,
    )
