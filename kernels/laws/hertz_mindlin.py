"""Hertz-Mindlin with stored forces, friction states and rolling resistance.

The parts of a law as kernels/law.py lists them; the kinematics ``k`` that they take are those of
`gpudem.kernels.collision.kinematics`. Stored forces live at half steps: the force applied is the
mean of the stored one before and after the step, so that the work put into a spring is what it
holds, to rounding. Equations, sources and the reasons for each choice stand in
docs/theory/contact.md.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.contact_kinematics import SLIDING_MOBILITY
from gpudem.kernels.precision import mixed
from gpudem.kernels.vec3 import cross, dot, larger, minus, plus, smaller, times, vec3

PARAMETERS = (
    "normal",  # 2 E* [Pa]: normal stiffness over the radius of the contact circle
    "tangential",  # 8 G* [Pa]: tangential stiffness likewise
    "damping",  # 2 beta
    "shear_damping",  # 2 beta sqrt(8 G* / 2 E*), or 0 without tangential damping
    "static_friction",
    "dynamic_friction",
    "rolling_friction",
    "stick_speed",  # v_c [m/s]
    "rolling_elastic",  # 1: a spring with a cap carries the moment, 0: constant torque
    "rolling_by_bead",  # 1: the smaller bead's radius in the moment, 0: the pair's reduced one
    "tangential_compliance",  # 1 / tangential
)
HISTORY = {
    "force": 3,  # stored tangential force [N]
    "moment": 3,  # stored rolling moment [N m]
    "inverse_radius": 1,  # of the contact circle in the last step [1/m]
    "velocity": 3,  # relative velocity at the contact in the last step [m/s]
}

# Squares of stored forces and moments below this turn without the correction of their length; one
# for each precision, whose inverse is still a number.
TINY, TINY_SINGLE = 1e-60, 1e-36
# Stiffness [N m/rad] that carries any rolling moment over its cap within a step.
RIGID = 1e12
# Dampers that take less than this share of a speed in a step need no others' help to be stable.
SLACK = 0.5


@ti.func
def turned(vector, inverse_square, normal, angle):
    """A stored vector turned into the plane across ``normal``.

    ``inverse_square`` is 1 over its square, ``angle`` [rad] the small rotation about the normal
    since the last step (Luding 2008). The length is kept to fourth order in the turn of one step.
    """
    along = dot(vector, normal)
    lost = along * along * inverse_square
    plane = plus(minus(vector, times(along, normal)), times(angle, cross(normal, vector)))
    return times(1.0 + 0.5 * (lost - angle * angle), plane)


@ti.func
def inverse_length(square):
    """1 over the length of a vector of this square; bounded where there is none."""
    return 1.0 / ti.sqrt(larger(square, ti.static(TINY_SINGLE if mixed() else TINY)))


@ti.func
def friction_state(state, trial_square, normal_force, speed_square, p):
    """Next state of the friction: sticking or sliding.

    Sticking turns to sliding where the spring's force before any cut exceeds mu_s F_n and the
    surfaces slide faster than v_c; back where it is within mu_d F_n or they slide slower.
    """
    slid = state == float(at.SLIDING_STATE)
    limit = normal_force * ti.select(slid, p.dynamic_friction, p.static_friction)
    sticks = (trial_square <= limit * limit) | (speed_square <= p.stick_speed * p.stick_speed)
    return ti.select(sticks, float(at.STICKING), float(at.SLIDING_STATE))


@ti.func
def last_step(p, k, h, dt):
    """The contact circle and what it makes of springs and dampers, then `since_last`.

    Normal forces go with the cube of the contact's radius, springs with the radius, dampers with
    its root, here 2 a / (a + a_0), good to 1 % from the second step on.
    """
    radius = ti.sqrt(k.reduced_radius * k.overlap)
    lasts = h.inverse_radius > 0.0
    inverse_last = ti.select(lasts, h.inverse_radius, 1.0)
    ratio = radius * inverse_last
    # One division for the two inverses.
    inverse_product = 1.0 / (ratio * (ratio + 1.0))
    inverse_ratio = (ratio + 1.0) * inverse_product
    before = ti.select(lasts, inverse_ratio, 0.0)
    stiffness = p.normal * radius
    elastic = 2.0 / 3.0 * stiffness * k.overlap
    root = ti.sqrt(k.reduced_mass * stiffness)
    c = ti.Struct(
        radius=radius,
        inverse_radius=inverse_ratio * inverse_last,
        growth=ti.select(lasts, ratio, 1.0),
        before=before,
        damped=ti.select(lasts, 2.0 * ratio * inverse_product, 0.0),
        elastic=elastic,
        elastic_before=elastic * before * before * before,
        damper=p.damping * root,
        shear_damper=p.shear_damping * root,
        least=0.0,
        least_before=0.0,
        pull=0.0,
        own=p.damping,
    )
    return since_last(p, k, h, dt, c)


@ti.func
def since_last(p, k, h, dt, c):
    """What a contact did in the step before, from what its springs hold since.

    For every law whose tangential spring is ``p.tangential`` times a ``c.radius``, also one that
    is no radius. Other fields of ``c``: its ``inverse_radius`` and its ``growth`` since the step
    before (1 at the onset); ``before``, the inverse of that (0 at the onset), and ``damped``, the
    like for the dampers; the ``elastic`` normal force [N] now and in the step before,
    ``elastic_before``; ``damper`` and ``shear_damper`` [kg/s] now; the ``least`` normal force that
    dampers leave [N], now and ``least_before``; ``pull`` [N], what friction feels beside the
    normal force; what a law wants of its ``own`` in `remembered`.

    Returns:
        fields of ``c``, and of the step before the forces ``normal_force`` and
        ``tangential_force`` [N], ``speed`` and ``slip`` [m/s]; ``held`` [N], the stored force
        turned, ``square`` and ``inverse`` of its length; ``others`` [1], half of what the dampers
        of the beads' other contacts take of a speed in a step; ``springs`` [1], the tangential
        springs of both beads over that of this contact.
    """
    square = dot(h.force, h.force)
    inverse = inverse_length(square)
    held = turned(h.force, inverse * inverse, k.normal, k.twist * dt)
    speed = dot(h.velocity, k.normal)
    slip = minus(h.velocity, times(speed, k.normal))
    pressing = larger(c.elastic_before - c.damper * c.damped * speed, c.least_before)
    slid = h.state == float(at.SLIDING_STATE)
    grip = pressing + c.pull
    cap = grip * ti.select(slid, p.dynamic_friction, p.static_friction)
    rate = 0.5 * dt * p.tangential * c.radius * c.before - c.shear_damper * c.damped
    uncut = plus(held, times(rate, slip))
    # A force cut to its cap points the way the spring does, or nearly so.
    was_cut = dot(uncut, uncut) >= (1.0 - 1e-6) * cap * cap
    part = cap * inverse
    force = vec3(
        ti.select(was_cut, part * held.x, uncut.x),
        ti.select(was_cut, part * held.y, uncut.y),
        ti.select(was_cut, part * held.z, uncut.z),
    )
    strongest = larger(c.damper, ti.select(slid, 0.0, SLIDING_MOBILITY * c.shear_damper))
    others = 0.5 * dt * (k.crowding - k.mobility * strongest * c.damped)
    return ti.Struct(
        radius=c.radius,
        inverse_radius=c.inverse_radius,
        growth=c.growth,
        before=c.before,
        elastic=c.elastic,
        damper=c.damper,
        shear_damper=c.shear_damper,
        least=c.least,
        pull=c.pull,
        normal_force=pressing,
        tangential_force=force,
        speed=ti.select(c.before > 0.0, speed, k.speed),
        slip=slip,
        held=held,
        square=square,
        inverse=inverse,
        others=larger(others - 0.5 * SLACK, 0.0),
        springs=k.stiffening * k.reduced_mass * p.tangential_compliance * c.inverse_radius,
        own=c.own,
    )


@ti.func
def onset_share(k, h, dt):
    """Share of a force that begins with a jump in a contact's first step; 1 in all others.

    The impulse of that step must be that of the time since the touch, as long ago as the overlap
    tells, and of the half step that follows. Forces that grow from 0 need none.
    """
    approach = 0.0 - k.speed
    since = k.overlap / (dt * larger(approach, 1e-20))
    first = ti.select(approach > 0.0, smaller(0.5 + since, 1.5), 1.0)
    return ti.select(h.state > 0.5, 1.0, first)


@ti.func
def normal_force(p, k, b, h, dt):
    """The elastic force with a damper, which leaves a least force: with Hertz it never pulls.

    The damper acts on the speed in the middle of the step, which its own force helps to make:
    the extrapolated one, corrected by what the contact's force changed since the step before
    (``b``, of `last_step`), and solved for. The dampers of the beads' other contacts are taken to
    change as this one does, so that many together do not overshoot.

    Returns:
        ``force`` [N] and ``grip`` [N], that with the pull of the surfaces, which caps friction; its
        ``damper`` [kg/s], the ``speed`` [m/s], ``work`` put in and ``damping`` lost [J]; for the
        slip its ``response`` to a force in half a step [m/s/N], the share
        ``lasting`` [1] of the last one, and the ``inverse`` [1] of what resists it.
    """
    response = 0.5 * dt * k.mobility
    resisted = 1.0 + response * b.damper + b.others
    # Slip is solved for alike, below; one division serves both.
    slip_response = SLIDING_MOBILITY * response
    yielding = 0.5 * slip_response * dt * p.tangential * b.radius
    others = ti.select((b.shear_damper > 0.0) & (b.before > 0.0), b.others, 0.0)
    # Springs of one bead's contacts pull together, those of opposite ones at its spin alone.
    rotating = (SLIDING_MOBILITY - 1.0) / SLIDING_MOBILITY
    springs = larger(rotating * b.springs - 1.0, 0.0) * yielding
    slip_resisted = 1.0 + slip_response * b.shear_damper + yielding + others + springs
    inverse = 1.0 / (resisted * slip_resisted)
    driven = k.speed + response * (b.elastic - b.normal_force) + b.others * b.speed
    speed = driven * slip_resisted * inverse
    wanted = b.elastic - b.damper * speed
    force = larger(wanted, b.least)
    # The speed with the clipped force, whose work is booked.
    seen = speed + response * (force - wanted)
    return ti.Struct(
        force=force,
        grip=force + b.pull,
        damper=b.damper,
        speed=speed,
        response=slip_response,
        lasting=others - springs * b.before,
        inverse=resisted * inverse,
        work=larger(0.0 - seen, 0.0) * force * dt,
        damping=(b.elastic - force) * seen * dt,
    )


@ti.func
def tangential_force(p, k, n, b, h, dt):
    """Mindlin's spring, stored as a force, with friction states and a damper beside it.

    Turn, rescale, cut back to the cap, stretch, cut back again. A shrinking contact sheds force
    in proportion to its radius, a growing one keeps it (Thornton 2013). The slip is that in the
    middle of the step, solved for as the speed of `normal_force`.

    Returns:
        ``force`` [N], what the spring has ``stored`` [N], the ``state``, the ``slip`` [m/s], the
        ``damper`` [kg/s] of a contact that sticks and the ``spring`` [N/m] of one that is not cut,
        the ``work`` [J] put in and what is lost [J] by ``damping``, ``sliding`` and ``relaxation``.
    """
    growth = b.growth
    shrink = smaller(growth, 1.0)
    compliance = 0.5 * p.tangential_compliance * b.inverse_radius
    held, square_0, inverse_0 = b.held, b.square, b.inverse
    damping = b.shear_damper
    driven = plus(k.slip, times(n.response, minus(held, b.tangential_force)))
    slip = times(n.inverse, plus(driven, times(n.lasting, b.slip)))
    stretch = times((0.0 - dt) * (p.tangential * b.radius), slip)
    uncut = plus(times(shrink, held), stretch)
    state = friction_state(h.state, dot(uncut, uncut), n.grip, dot(k.slip, k.slip), p)
    sticks = state == float(at.STICKING)
    cap = n.grip * ti.select(sticks, p.static_friction, p.dynamic_friction)
    cap_square = cap * cap
    keep = smaller(cap * inverse_0, shrink)
    force_1 = times(keep, held)
    square_1 = square_0 * keep * keep
    trial = plus(force_1, stretch)
    trial_square = dot(trial, trial)
    slides = trial_square > cap_square
    square_2 = smaller(trial_square, cap_square)
    # Sliding surfaces feel the cap itself, which the mean would lag behind, and no damper.
    whole = minus(plus(force_1, times(0.5, stretch)), times(damping, slip))
    square = ti.select(slides, trial_square, dot(whole, whole))
    cut = square > cap_square
    part = ti.select(cut, cap * inverse_length(square), 1.0)
    force_2 = times(ti.select(slides, part, 1.0), trial)
    resisting = times(part, whole)
    force = vec3(
        ti.select(slides, force_2.x, resisting.x),
        ti.select(slides, force_2.y, resisting.y),
        ti.select(slides, force_2.z, resisting.z),
    )
    stored_0 = square_0 * (compliance * growth)
    rescaled = square_0 * shrink * shrink * compliance
    work = (0.0 - dt) * dot(force, slip)
    # Cut, the force slows the slip less than the damper would have: by what it changed itself.
    seen = plus(k.slip, times(n.response, minus(force, b.tangential_force)))
    work = ti.select(cut, larger(work, (0.0 - dt) * dot(force, seen)), work)
    # Cut, the whole loss is that of sliding; else it is the damper's, and what the spring shed.
    return ti.Struct(
        force=force,
        stored=force_2,
        state=state,
        slip=slip,
        damper=ti.select(sticks, damping, 0.0),
        spring=ti.select(cut, 0.0, p.tangential * b.radius),
        work=work,
        damping=ti.select(cut, 0.0, damping * dot(slip, slip) * dt),
        sliding=ti.select(
            cut, work - (square_2 * compliance - stored_0), rescaled - square_1 * compliance
        ),
        relaxation=ti.select(cut, 0.0, stored_0 - rescaled),
    )


@ti.func
def rolling_moment(p, k, n, b, h, dt):
    """Rolling resistance: the like of the tangential spring for the moment, without a damper.

    A spring that any rotation carries over its cap makes the constant torque; it stores nothing.

    Returns:
        ``moment`` [N m], what the spring has ``stored`` [N m], ``work`` put in and ``loss`` [J].
    """
    growth = b.growth
    shrink = smaller(growth, 1.0)
    compliance = 0.5 * p.tangential_compliance * b.inverse_radius
    elastic = p.rolling_elastic > 0.5
    by_bead = p.rolling_by_bead > 0.5
    rolling_radius = ti.select(by_bead, k.smaller_radius, k.reduced_radius)
    rolling_curvature = ti.select(by_bead, k.smaller_curvature, k.curvature)
    cap = p.rolling_friction * rolling_radius * n.grip
    cap_square = cap * cap
    spring = p.tangential * b.radius * rolling_radius * rolling_radius
    stiffness = ti.select(elastic, spring, RIGID)
    square_0 = dot(h.moment, h.moment)
    inverse_0 = inverse_length(square_0)
    held = turned(h.moment, inverse_0 * inverse_0, k.normal, k.twist * dt)
    moment_1 = times(smaller(cap * inverse_0, shrink), held)
    stretch = times(0.0 - stiffness * dt, k.spin)
    trial = plus(moment_1, stretch)
    trial_square = dot(trial, trial)
    rolls = trial_square > cap_square
    moment_2 = times(ti.select(rolls, cap * inverse_length(trial_square), 1.0), trial)
    square_2 = smaller(trial_square, cap_square)
    share = ti.select(rolls, 0.0, 0.5)
    mean = plus(times(share, moment_1), times(1.0 - share, moment_2))
    # Extrapolated spins lag so that the spring alone would wind itself up; this lead offsets it,
    # three times its own, as the tangential springs turn the beads too.
    lead = 0.75 * spring * dt * dt * k.rolling_mobility * larger(1.0, b.springs)
    kept = ti.select(elastic, 1.0, 0.0)
    moment = plus(mean, times(ti.select(rolls, 0.0, lead * kept), stretch))
    change = (square_2 - square_0 * growth) * compliance
    work = (0.0 - dt) * dot(mean, k.spin)
    return ti.Struct(
        moment=moment,
        stored=times(kept, moment_2),
        work=work,
        loss=work - kept * change * (rolling_curvature * rolling_curvature),
    )


@ti.func
def remembered(k, b, n, t, r):
    """What is kept of a contact for its next step."""
    return ti.Struct(
        force=t.stored,
        moment=r.stored,
        inverse_radius=b.inverse_radius,
        velocity=plus(times(n.speed, k.normal), t.slip),
    )


@ti.func
def release(p, h, reduced_radius, smaller_radius):
    """What the springs of an ending contact still hold [J]."""
    rolling_radius = ti.select(p.rolling_by_bead > 0.5, smaller_radius, reduced_radius)
    compliance = 0.5 * p.tangential_compliance * h.inverse_radius
    rolling = dot(h.moment, h.moment) / (rolling_radius * rolling_radius)
    return ti.Struct(
        normal_damping=0.0,
        relaxation=compliance * dot(h.force, h.force),
        rolling_loss=compliance * rolling,
    )


@ti.func
def stored_energy(p, h, overlap, reduced_radius, smaller_radius):
    """Elastic energy [J] held by a contact: normal, tangential and rolling together."""
    depth = larger(overlap, 0.0)
    normal = 4.0 / 15.0 * p.normal * ti.sqrt(reduced_radius * depth) * depth * depth
    rolling_radius = ti.select(p.rolling_by_bead > 0.5, smaller_radius, reduced_radius)
    compliance = 0.5 * p.tangential_compliance * h.inverse_radius
    rolling = dot(h.moment, h.moment) / (rolling_radius * rolling_radius)
    return normal + compliance * (dot(h.force, h.force) + rolling)
