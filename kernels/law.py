r"""The contact law: Hertz-Mindlin with stored forces, friction states and rolling resistance.

Pure functions: kinematics and history in; force, moment, new history and energies out. They
touch no array, so every schedule and every test calls the same ones, with numbers or with packs
of numbers for several contacts at once; so they have no branch, and come in three parts. Stored
forces live at half steps: the force applied is the mean of the stored one before and after the
step, so that the work put into a spring is what it holds, to rounding. Equations, sources and
the reasons for each choice stand in docs/theory/contact.md.

The parts take and return these values, all in SI units:

- *parameters* ``p``: the values of ``layout.PAIR`` by name (`parameters_of`).
- *approach* ``k``: kinematics seen from bead i: ``overlap``, ``reduced_radius``,
  ``reduced_mass``, ``rolling_radius`` and its inverse ``rolling_curvature``, the unit vector
  ``normal`` towards bead i; the relative motion at the contact point: ``speed`` along the
  normal (< 0 while approaching), ``slip`` across it, relative ``spin`` across it; ``twist``,
  the pair's mean spin along it.
- *history* ``h``: stored ``force`` and ``moment``, ``inverse_radius`` of the contact circle
  after the last step (0 at the onset), friction ``state``.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.precision import mixed
from gpudem.kernels.triple import cross, dot, larger, minus, plus, smaller, times

# Squares of stored forces and moments below this turn without the correction of their length; one
# for each precision, whose inverse is still a number.
TINY, TINY_SINGLE = 1e-60, 1e-36
# Stiffness [N m/rad] that carries any rolling moment over its cap within a step.
RIGID = 1e12


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
def growth_of(h, n):
    """Radius of the contact circle over that of the step before; 1 at the onset."""
    return ti.select(h.inverse_radius > 0.0, n.radius * h.inverse_radius, 1.0)


@ti.func
def friction_state(state, trial_square, push, speed_square, p):
    """Next state of the friction: sticking or sliding.

    Sticking turns to sliding where the spring's force before any cut exceeds mu_s F_n and the
    surfaces slide faster than v_c; back where it is within mu_d F_n or they slide slower.
    """
    slid = state == float(at.SLIDING_STATE)
    limit = push * ti.select(slid, p.dynamic_friction, p.static_friction)
    sticks = (trial_square <= limit * limit) | (speed_square <= p.stick_speed * p.stick_speed)
    return ti.select(sticks, float(at.STICKING), float(at.SLIDING_STATE))


@ti.func
def normal_force(p, k, dt):
    """Hertz' force with Tsuji's damper; it never pulls.

    Returns:
        ``push`` [N], the ``radius`` [m] of the contact circle and its inverse, the ``root``
        [kg/s] that dampers are proportional to, ``work`` put in and ``damping`` lost [J].
    """
    radius = ti.sqrt(k.reduced_radius * k.overlap)
    stiffness = p.normal * radius
    root = ti.sqrt(k.reduced_mass * stiffness)
    elastic = 2.0 / 3.0 * stiffness * k.overlap
    push = larger(elastic - p.damping * root * k.speed, 0.0)
    return ti.Struct(
        push=push,
        radius=radius,
        inverse_radius=1.0 / radius,
        root=root,
        work=larger(0.0 - k.speed, 0.0) * push * dt,
        damping=(elastic - push) * k.speed * dt,
    )


@ti.func
def tangential_force(p, k, n, h, dt):
    """Mindlin's spring, stored as a force, with friction states and a damper beside it.

    Turn, rescale, cut back to the cap, stretch, cut back again. A shrinking contact sheds force
    in proportion to its radius, a growing one keeps it (Thornton 2013).

    Returns:
        ``force`` [N], what the spring has ``stored`` [N], the ``state``, the ``work`` [J] put in
        and what is lost [J] by ``damping``, ``sliding`` and ``relaxation``.
    """
    growth = growth_of(h, n)
    shrink = smaller(growth, 1.0)
    compliance = 0.5 * p.tangential_compliance * n.inverse_radius
    square_0 = dot(h.force, h.force)
    inverse_0 = inverse_length(square_0)
    held = turned(h.force, inverse_0 * inverse_0, k.normal, k.twist * dt)
    stretch = times((0.0 - dt) * (p.tangential * n.radius), k.slip)
    uncut = plus(times(shrink, held), stretch)
    slip_square = dot(k.slip, k.slip)
    state = friction_state(h.state, dot(uncut, uncut), n.push, slip_square, p)
    sticks = state == float(at.STICKING)
    cap = n.push * ti.select(sticks, p.static_friction, p.dynamic_friction)
    cap_square = cap * cap
    keep = smaller(cap * inverse_0, shrink)
    force_1 = times(keep, held)
    square_1 = square_0 * keep * keep
    trial = plus(force_1, stretch)
    trial_square = dot(trial, trial)
    slides = trial_square > cap_square
    force_2 = times(ti.select(slides, cap * inverse_length(trial_square), 1.0), trial)
    square_2 = smaller(trial_square, cap_square)
    # Sliding surfaces feel the cap itself, which the mean would lag behind.
    share = ti.select(slides, 0.0, 0.5)
    damping = p.shear_damping * n.root
    sum_of_both = plus(times(share, force_1), times(1.0 - share, force_2))
    whole = minus(sum_of_both, times(damping, k.slip))
    square = dot(whole, whole)
    over = square > cap_square
    force = times(ti.select(over, cap * inverse_length(square), 1.0), whole)
    cut = slides | over
    stored_1 = square_1 * compliance
    work = (0.0 - dt) * dot(force, k.slip)
    # While nothing is cut, the whole loss is the damper's; then it is that of sliding.
    return ti.Struct(
        force=force,
        stored=force_2,
        state=state,
        work=work,
        damping=ti.select(cut, 0.0, damping * slip_square * dt),
        sliding=ti.select(cut, work - (square_2 * compliance - stored_1), 0.0),
        relaxation=square_0 * (compliance * growth) - stored_1,
    )


@ti.func
def rolling_moment(p, k, n, h, dt):
    """Rolling resistance: the like of the tangential spring for the moment, without a damper.

    A spring that any rotation carries over its cap makes the constant torque; it stores nothing.

    Returns:
        ``moment`` [N m], what the spring has ``stored`` [N m], ``work`` put in and ``loss`` [J].
    """
    growth = growth_of(h, n)
    shrink = smaller(growth, 1.0)
    compliance = 0.5 * p.tangential_compliance * n.inverse_radius
    elastic = p.rolling_model < 1.5
    cap = p.rolling_friction * k.rolling_radius * n.push
    cap_square = cap * cap
    spring = p.tangential * n.radius * k.rolling_radius * k.rolling_radius
    stiffness = ti.select(elastic, spring, RIGID)
    square_0 = dot(h.moment, h.moment)
    inverse_0 = inverse_length(square_0)
    held = turned(h.moment, inverse_0 * inverse_0, k.normal, k.twist * dt)
    moment_1 = times(smaller(cap * inverse_0, shrink), held)
    trial = minus(moment_1, times(stiffness * dt, k.spin))
    trial_square = dot(trial, trial)
    rolls = trial_square > cap_square
    moment_2 = times(ti.select(rolls, cap * inverse_length(trial_square), 1.0), trial)
    square_2 = smaller(trial_square, cap_square)
    share = ti.select(rolls, 0.0, 0.5)
    moment = plus(times(share, moment_1), times(1.0 - share, moment_2))
    kept = ti.select(elastic, 1.0, 0.0)
    change = (square_2 - square_0 * growth) * compliance
    work = (0.0 - dt) * dot(moment, k.spin)
    return ti.Struct(
        moment=moment,
        stored=times(kept, moment_2),
        work=work,
        loss=work - kept * change * (k.rolling_curvature * k.rolling_curvature),
    )


@ti.func
def stored_energy(p, h, overlap, reduced_radius, bead_radius):
    """Elastic energy [J] held by a contact: normal, tangential and rolling together."""
    depth = larger(overlap, 0.0)
    normal = 4.0 / 15.0 * p.normal * ti.sqrt(reduced_radius * depth) * depth * depth
    rolling_radius = ti.select(p.rolling_by_bead > 0.5, bead_radius, reduced_radius)
    compliance = 0.5 * p.tangential_compliance * h.inverse_radius
    rolling = dot(h.moment, h.moment) / (rolling_radius * rolling_radius)
    return normal + compliance * (dot(h.force, h.force) + rolling)
