"""One bead's step: its contacts, its forces, its motion. The same for every schedule."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.events import book, count_event, count_onset
from gpudem.kernels.law import hertz_mindlin
from gpudem.kernels.meeting import meet
from gpudem.kernels.records import (
    begin_contact,
    pack_history,
    pair_parameters,
    release,
    spin_of,
    unpack_history,
    velocity_of,
)

vec2 = ti.types.vector(2, ti.f64)
vec3 = ti.types.vector(3, ti.f64)
vec4 = ti.types.vector(4, ti.f64)


@ti.dataclass
class Load:
    """What a contact does to its two bodies in one step.

    ``force`` [N] and ``torque`` [N m] act on the bead, minus ``force`` and ``other_torque`` on
    its partner; ``work_wall`` [J] is the work of a moving wall.
    """

    force: vec3
    torque: vec3
    other_torque: vec3
    work_wall: ti.f64


@ti.func
def touch(
    s: ti.template(),
    now,
    case,
    bead,
    slot,
    here,
    apart,
    reach,
    step,
    row,
    dt,
    half: ti.template(),
):
    """One step of a touching contact: the law, the contact's record and its onset's count.

    With ``half`` each pair stands in one bead's list only.
    """
    partner = s.partner[slot]
    state = s.contact_state[slot]
    m = meet(s, now, case, bead, partner, here, apart, reach, row)
    p = pair_parameters(s, case, s.species[bead], m.species)
    began = state == at.APART
    if began:
        begin_contact(s, slot, -m.approach.velocity.dot(m.approach.normal), step)
    packed = s.history[slot]
    out = hertz_mindlin(p, m.approach, unpack_history(packed, state), dt)
    s.history[slot] = pack_history(out.history, packed[at.ONSET])
    s.energy[slot] = s.energy[slot] + out.energy
    peak = s.peak[slot]
    if out.push > peak[at.PEAK_FORCE]:
        s.peak[slot] = vec2(out.push, peak[at.ENTRY_SPEED])
    s.contact_state[slot] = out.history.state + state // at.CARRIED * at.CARRIED
    if began:
        count_onset(s, bead, partner, out.push > 0.0, half)
    load = Load()
    turning = m.approach.normal.cross(out.force)
    load.force = out.force
    load.torque = out.moment - m.arm * turning
    load.other_torque = -(out.moment + m.other_arm * turning)
    if partner < 0:
        load.work_wall = (out.force.dot(m.surface_velocity) + out.moment.dot(m.surface_spin)) * dt
    return load


@ti.func
def move(
    s: ti.template(),
    after,
    bead,
    here,
    push,
    torque,
    body,
    dt,
):
    """Velocity-Verlet in leapfrog form, for translation and rotation.

    ``push`` [N] and ``torque`` [N m] are the sums of the bead's contacts, ``body`` [m/s2] is the
    acceleration that every bead feels. The damper of the next step sees velocities
    extrapolated from the half step to the full one, of second order. The works use the mean
    of the two half-step velocities, which makes their sum the change of kinetic energy.
    Returns the square of the speed [m2/s2] with which the bead went this step, and the works
    [J] of the body forces and of the contacts on it.
    """
    half = s.half[bead]
    half_velocity = velocity_of(half)
    half_spin = spin_of(half)
    mass = s.motion[after + bead][at.MASS]
    moment = s.motion[after + bead][at.MOMENT]
    gain = dt * (push * half[at.INVERSE_MASS] + body)
    gain_spin = dt * half[at.INVERSE_MOMENT] * torque
    middle_velocity = half_velocity + 0.5 * gain
    middle_spin = half_spin + 0.5 * gain_spin
    half_velocity += gain
    half_spin += gain_spin
    ahead_velocity = half_velocity + 0.5 * gain
    ahead_spin = half_spin + 0.5 * gain_spin
    for axis in ti.static(range(3)):
        s.half[bead][at.VELOCITY + axis] = half_velocity[axis]
        s.half[bead][at.SPIN + axis] = half_spin[axis]
        s.motion[after + bead][at.VELOCITY + axis] = ahead_velocity[axis]
        s.motion[after + bead][at.SPIN + axis] = ahead_spin[axis]
    there = here.xyz + dt * half_velocity
    s.place[after + bead] = vec4(there[0], there[1], there[2], here[at.RADIUS])
    return vec3(
        half_velocity.norm_sqr(),
        mass * body.dot(middle_velocity) * dt,
        dt * push.dot(middle_velocity) + moment * gain_spin.dot(middle_spin),
    )


@ti.func
def end_contact(s: ti.template(), case, bead, partner, slot, step, dt, half: ti.template()):
    """Closes a contact: books what is left, counts the event, frees the slot."""
    radius = s.place[bead][at.RADIUS]
    reduced_radius = radius
    smaller = radius
    other_species = 0
    if partner >= 0:
        other_radius = s.place[partner][at.RADIUS]
        reduced_radius = radius * other_radius / (radius + other_radius)
        smaller = ti.min(radius, other_radius)
        other_species = s.species[partner]
    else:
        other_species = ti.cast(s.wall[(-1 - partner) * at.WALL + at.WALL_SPECIES], ti.i32)
    p = pair_parameters(s, case, s.species[bead], other_species)
    release(s, slot, p, ti.select(p.rolling_by_bead > 0.5, smaller, reduced_radius))
    kind = ti.select(partner >= 0, 0, 1)
    book(s, slot, bead * at.LOG + kind * at.LOG_VALUES, ti.select(kind == 0, 0.5, 1.0))
    if ti.static(half):
        if kind == 0:
            book(s, slot, partner * at.LOG, 0.5)
    if partner < 0 or bead < partner:
        onset = s.history[slot][at.ONSET]
        carried = s.contact_state[slot] >= at.CARRIED
        life = (ti.cast(step, ti.f64) - onset) * dt
        count_event(s, case, bead, kind, slot, carried, life, half)
    s.contact_state[slot] = at.APART
