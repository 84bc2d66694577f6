"""A touching pair for one step: its kinematics, then the parts of the contact law.

Pure functions that touch no array, for numbers and for packs of numbers, one for each of several
contacts.

A *body* is one side of a pair: ``curvature`` [1/m] and ``inverse_mass`` [1/kg], both 0 for a
wall; ``velocity`` [m/s] of a bead's centre, or of a wall's surface where they touch; ``spin``
[rad/s].
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.contact_kinematics import SLIDING_MOBILITY
from gpudem.kernels.gap import overlap_of, touches
from gpudem.kernels.law import law
from gpudem.kernels.precision import mixed
from gpudem.kernels.vec3 import across, cross, dot, larger, minus, plus, times


@ti.func
def kinematics(own, other, radius, gap, crowd):
    """How the two bodies of a touching pair lie and move, seen from the first, a bead.

    ``radius`` [m] is the bead's; ``gap`` as in kernels/gap.py;
    ``crowd`` the sum of both beads' entries of the array of that name.

    Returns:
        The kinematics that a contact law takes: ``overlap`` [m]; ``reduced_radius`` [m] and its
        inverse ``curvature``; ``smaller_radius`` [m], the smaller bead's (at a wall the bead's),
        and its inverse ``smaller_curvature``; ``reduced_mass`` [kg] and its inverse ``mobility``;
        ``rolling_mobility`` [1/(kg m2)], the sum of the inverse moments; the unit vector
        ``normal`` towards the bead; the relative motion at the contact point, extrapolated from
        the half step before: ``speed`` along the normal (< 0 while approaching), ``slip`` across
        it, relative ``spin`` across it; ``twist``, the pair's mean spin along it; ``crowding``
        [1/s], the dampers of both beads' contacts over their masses, and ``stiffening`` [1/s2],
        their springs likewise, both in the last step.
        And the arms [m] from both centres to the contact point.
    """
    square = dot(gap.vector, gap.vector)
    distance = ti.sqrt(square)
    overlap, reach = overlap_of(gap, square, distance)
    curvature = own.curvature + other.curvature
    inverse_mass = own.inverse_mass + other.inverse_mass
    # One division serves the normal, R* and m*.
    inverse = 1.0 / (distance * curvature * inverse_mass)
    inverse_distance = curvature * inverse_mass * inverse
    reduced_radius = distance * inverse_mass * inverse
    normal = times(inverse_distance, gap.vector)
    at_wall = other.curvature == 0.0
    own_radius, other_radius = radius, reach - radius
    if ti.static(mixed()):
        # The reach is rounded here, and both sides of a pair must see the same radii.
        own_radius = 1.0 / own.curvature
        other_radius = ti.select(at_wall, 0.0, 1.0 / other.curvature)
    # The plane of the circle in which the two spheres cut each other.
    # Both beads must see the same arms to the last bit.
    middle = 0.5 * distance
    beyond = 0.5 * (own_radius - other_radius) * reach * inverse_distance
    arm = ti.select(at_wall, distance, middle + beyond)
    other_arm = ti.select(at_wall, 0.0, middle - beyond)
    arms = plus(times(arm, own.spin), times(other_arm, other.spin))
    velocity = minus(minus(own.velocity, other.velocity), cross(arms, normal))
    spin = minus(own.spin, other.spin)
    is_smaller = at_wall | (own_radius < other_radius)
    if ti.static(not law.reaches):
        # Two squares may differ where their roots no longer do: an overlap is never quite 0.
        overlap = larger(overlap, 1e-16 * reach)
    k = ti.Struct(
        overlap=overlap,
        reduced_radius=reduced_radius,
        curvature=curvature,
        smaller_radius=ti.select(is_smaller, own_radius, other_radius),
        smaller_curvature=ti.select(is_smaller, own.curvature, other.curvature),
        reduced_mass=distance * curvature * inverse,
        mobility=inverse_mass,
        rolling_mobility=2.5
        * (
            own.curvature * own.curvature * own.inverse_mass
            + other.curvature * other.curvature * other.inverse_mass
        ),
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
def collide(own, other, radius, gap, crowd, p, h, dt):
    """One step of a touching pair.

    Returns:
        whether it ``touches``, 1 or 0 (what follows holds only where it does); ``normal_force``
        [N], its signed work ``transferred`` [J], ``speed`` [m/s] along the normal; ``force`` [N]
        and ``torque`` [N m] on the bead (the partner feels minus the force, and ``other_torque``);
        the strongest ``damper`` [kg/s] and the tangential ``spring`` [N/m] at work; ``work_wall``
        [J] of a moving wall; the ``history`` and the friction's ``state`` after the step; and the
        energies [J] of the collision log: ``normal``, ``shear`` and ``rolling`` put in, the others
        lost.
    """
    k, arm, other_arm = kinematics(own, other, radius, gap, crowd)
    b = law.last_step(p, k, h, dt)
    n = law.normal_force(p, k, b, h, dt)
    t = law.tangential_force(p, k, n, b, h, dt)
    r = law.rolling_moment(p, k, n, b, h, dt)
    force = plus(times(n.force, k.normal), t.force)
    turning = cross(k.normal, t.force)
    touching = ti.select(touches(gap), 1.0, 0.0)
    if ti.static(law.reaches):
        within = k.overlap + law.reach(p, k.reduced_radius) > 0.0
        touching = larger(touching, ti.select((h.state > 0.5) & within, 1.0, 0.0))
    return ti.Struct(
        touches=touching,
        normal_force=n.force,
        transferred=(0.0 - dt) * n.force * k.speed,
        speed=k.speed,
        force=force,
        torque=minus(r.moment, times(arm, turning)),
        other_torque=times(-1.0, plus(r.moment, times(other_arm, turning))),
        damper=larger(n.damper, SLIDING_MOBILITY * t.damper),
        spring=t.spring,
        work_wall=(dot(force, other.velocity) + dot(r.moment, other.spin)) * dt,
        history=law.remembered(k, b, n, t, r),
        state=t.state,
        normal=n.work,
        shear=t.work,
        rolling=r.work,
        normal_damping=n.damping,
        shear_damping=t.damping,
        sliding=t.sliding,
        rolling_loss=r.loss,
        relaxation=t.relaxation,
    )


@ti.func
def peaks_of(done, before):
    """What the engine remembers of a contact (kernels/law.py, OWN), after a step of it.

    Args:
        done: the step, as `collide` returns it.
        before: the same up to now: the largest normal force [N], the work of the normal force [J],
            and the largest that has been [J].
    """
    work = before[1] + done.transferred
    return [larger(done.normal_force, before[0]), work, larger(work, before[2])]
