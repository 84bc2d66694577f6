r"""The contact law: Hertz-Mindlin with stored forces, friction states and rolling resistance.

Pure functions: kinematics and history in; force, moment, new history and energies out. They
touch no array, so every schedule and every test calls the same ones. Equations, sources and
the reasons for each choice stand in docs/theory/contact.md.
"""

import taichi as ti

from gpudem.kernels import layout as at

TINY = 1e-300
vec3 = ti.types.vector(3, ti.f64)
energies8 = ti.types.vector(at.LOG_ENERGIES, ti.f64)


@ti.dataclass
class Parameters:
    """Contact parameters of a pair of materials; the values of ``layout.PAIR``."""

    normal: ti.f64
    tangential: ti.f64
    tangential_compliance: ti.f64
    damping: ti.f64
    shear_damping: ti.f64
    static_friction: ti.f64
    dynamic_friction: ti.f64
    rolling_friction: ti.f64
    stick_speed: ti.f64
    rolling_model: ti.f64
    rolling_by_bead: ti.f64


@ti.dataclass
class Approach:
    """Kinematics of a contact, seen from bead i.

    ``curvature`` [1/m] is 1/``reduced_radius``, ``bead_radius`` [m] that of the smaller bead.
    ``normal`` is the unit vector towards bead i, ``velocity`` [m/s] that of i relative to its
    partner at the contact point, ``spin`` [rad/s] the relative and ``twist`` [rad/s] the mean
    angular velocity, the latter along the normal only.
    """

    overlap: ti.f64
    reduced_radius: ti.f64
    curvature: ti.f64
    reduced_mass: ti.f64
    bead_radius: ti.f64
    normal: vec3
    velocity: vec3
    spin: vec3
    twist: ti.f64


@ti.dataclass
class History:
    """What a contact remembers: stored force [N] and moment [N m], inverse radius [1/m], state."""

    force: vec3
    moment: vec3
    inverse_radius: ti.f64
    state: ti.i32


@ti.dataclass
class Contact:
    """What a contact does in one step: forces on bead i, new history, works and losses.

    ``push`` is the normal force's magnitude [N], ``force`` [N] the whole force on bead i at
    the contact point, ``moment`` [N m] the rolling moment on it; ``energy`` [J] holds the
    first eight values of the collision log.
    """

    push: ti.f64
    force: vec3
    moment: vec3
    history: History
    energy: energies8


@ti.func
def turned(vector, square, normal, angle):
    """A stored vector of the square ``square`` turned into the plane across ``normal``.

    ``angle`` [rad] is the small rotation about the normal since the last step (Luding 2008).
    The length is kept to fourth order in the turn of one step.
    """
    along = vector.dot(normal)
    lost = along * along / ti.max(square, TINY)
    plane = vector - along * normal + angle * normal.cross(vector)
    return plane * (1.0 + 0.5 * (lost - angle * angle))


@ti.func
def friction_state(state, trial_square, push, speed_square, p):
    """Next state of the friction: sticking or sliding.

    Sticking turns to sliding where the spring's force before any cut exceeds mu_s F_n and the
    surfaces slide faster than v_c; back where it is within mu_d F_n or they slide slower.
    """
    static_cap = p.static_friction * push
    dynamic_cap = p.dynamic_friction * push
    slow = speed_square <= p.stick_speed * p.stick_speed
    sticks = trial_square <= static_cap * static_cap or slow
    if state == at.SLIDING_STATE:
        sticks = trial_square <= dynamic_cap * dynamic_cap or slow
    return ti.select(sticks, at.STICKING, at.SLIDING_STATE)


@ti.func
def hertz_mindlin(p: Parameters, k: Approach, h: History, dt: ti.f64) -> Contact:
    """One step of a touching contact.

    Stored forces live at half steps: the force applied is the mean of the stored one before
    and after the step, so that the work put into the springs is what they hold, to rounding.
    Written with few branches and short chains of roots, which is what its cost depends on.
    """
    out = Contact()
    radius = ti.sqrt(k.reduced_radius * k.overlap)
    stiffness_n = p.normal * radius
    stiffness_t = p.tangential * radius
    speed_n = k.velocity.dot(k.normal)
    root = ti.sqrt(k.reduced_mass * stiffness_n)
    elastic = 2.0 / 3.0 * stiffness_n * k.overlap
    push = ti.max(0.0, elastic - p.damping * root * speed_n)

    slip_velocity = k.velocity - speed_n * k.normal
    slip_square = slip_velocity.norm_sqr()
    spin = k.spin - k.spin.dot(k.normal) * k.normal
    angle = k.twist * dt
    rolling_radius = k.reduced_radius
    inverse_rolling_radius = k.curvature
    if p.rolling_by_bead > 0.5:
        rolling_radius = k.bead_radius
        inverse_rolling_radius = 1.0 / k.bead_radius

    # What the springs held after the last step, and how much of it this radius can hold:
    # a shrinking contact sheds force in proportion, a growing one keeps it (Thornton 2013).
    inverse_radius = 1.0 / radius
    growth = ti.select(h.inverse_radius > 0.0, radius * h.inverse_radius, 1.0)
    shrink = ti.min(1.0, growth)
    compliance = 0.5 * p.tangential_compliance * inverse_radius
    compliance_0 = compliance * growth
    force_0_square = h.force.norm_sqr()
    moment_0_square = h.moment.norm_sqr()

    # Tangential spring: turn, rescale, cut back to the cap, stretch, cut back again.
    force_1 = shrink * turned(h.force, force_0_square, k.normal, angle)
    force_1_square = force_0_square * shrink * shrink
    stretch = -stiffness_t * dt * slip_velocity
    uncut_square = (force_1 + stretch).norm_sqr()
    state = friction_state(h.state, uncut_square, push, slip_square, p)
    cap = push * ti.select(state == at.STICKING, p.static_friction, p.dynamic_friction)
    cap_square = cap * cap
    if force_1_square > cap_square:
        force_1 *= cap / ti.sqrt(force_1_square)
        force_1_square = cap_square
    trial = force_1 + stretch
    trial_square = trial.norm_sqr()
    force_2 = trial
    force_2_square = trial_square
    damper = p.shear_damping * root * slip_velocity
    cut = trial_square > cap_square
    if cut:
        force_2 *= cap / ti.sqrt(trial_square)
        force_2_square = cap_square
    # Sliding surfaces feel the cap itself, which the mean would lag behind.
    tangential = ti.select(cut, force_2, 0.5 * (force_1 + force_2)) - damper
    whole_square = tangential.norm_sqr()
    if whole_square > cap_square:
        cut = True
        tangential *= cap / ti.sqrt(whole_square)
    stored_1 = force_1_square * compliance
    stored_2 = force_2_square * compliance

    # Rolling: the same spring for the moment, without a damper.
    moment = vec3(0.0)
    moment_2 = vec3(0.0)
    held = 0.0
    cap_rolling = p.rolling_friction * rolling_radius * push
    cap_rolling_square = cap_rolling * cap_rolling
    if p.rolling_model == float(at.ROLLING_ELASTIC_PLASTIC):
        moment_1 = shrink * turned(h.moment, moment_0_square, k.normal, angle)
        moment_1_square = moment_0_square * shrink * shrink
        if moment_1_square > cap_rolling_square:
            moment_1 *= cap_rolling / ti.sqrt(moment_1_square)
        moment_2 = moment_1 - stiffness_t * rolling_radius * rolling_radius * dt * spin
        moment_2_square = moment_2.norm_sqr()
        moment = 0.5 * (moment_1 + moment_2)
        if moment_2_square > cap_rolling_square:
            moment_2 *= cap_rolling / ti.sqrt(moment_2_square)
            moment_2_square = cap_rolling_square
            moment = moment_2
        held = (moment_2_square * compliance - moment_0_square * compliance_0) * (
            inverse_rolling_radius * inverse_rolling_radius
        )
    elif p.rolling_model == float(at.ROLLING_CONSTANT):
        rate_square = spin.norm_sqr()
        if rate_square > 0.0:
            moment = -cap_rolling / ti.sqrt(rate_square) * spin

    shear = -tangential.dot(slip_velocity) * dt
    rolling = -moment.dot(spin) * dt
    # While nothing is cut, the whole loss is the damper's; then it is that of sliding.
    out.energy[at.NORMAL] = ti.max(0.0, -speed_n) * push * dt
    out.energy[at.SHEAR] = shear
    out.energy[at.ROLLING] = rolling
    out.energy[at.NORMAL_DAMPING] = (elastic - push) * speed_n * dt
    out.energy[at.SHEAR_DAMPING] = ti.select(cut, 0.0, damper.dot(slip_velocity) * dt)
    out.energy[at.SLIDING] = ti.select(cut, shear - (stored_2 - stored_1), 0.0)
    out.energy[at.ROLLING_LOSS] = rolling - held
    out.energy[at.RELAXATION] = force_0_square * compliance_0 - stored_1
    out.push = push
    out.force = push * k.normal + tangential
    out.moment = moment
    out.history.force = force_2
    out.history.moment = moment_2
    out.history.inverse_radius = inverse_radius
    out.history.state = state
    return out


@ti.func
def stored_energy(p: Parameters, h: History, overlap, reduced_radius, bead_radius):
    """Elastic energy [J] held by a contact: normal, tangential and rolling together."""
    energy = 0.0
    if overlap > 0.0:
        radius = ti.sqrt(reduced_radius * overlap)
        energy += 4.0 / 15.0 * p.normal * radius * overlap * overlap
    rolling_radius = ti.select(p.rolling_by_bead > 0.5, bead_radius, reduced_radius)
    compliance = 0.5 * p.tangential_compliance * h.inverse_radius
    energy += compliance * h.force.norm_sqr()
    energy += compliance * h.moment.norm_sqr() / (rolling_radius * rolling_radius)
    return energy
