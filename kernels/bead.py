"""One bead's step: its contacts, its forces, its motion. The same for every schedule."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.collision import collide
from gpudem.kernels.events import book, count_event, record
from gpudem.kernels.meeting import body_of, motion_of_partner, species_of
from gpudem.kernels.records import (
    energies_of,
    history_of,
    pack_history,
    pair_parameters,
    release,
    spin_of,
    velocity_of,
)
from gpudem.kernels.triple import triple_of

vec3 = ti.types.vector(3, ti.f64)
vec4 = ti.types.vector(4, ti.f64)
vec8 = ti.types.vector(8, ti.f64)


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
):
    """One step of a touching contact: the law, the contact's record and its onset's count."""
    partner = s.partner[slot]
    state = s.contact_state[slot]
    own = body_of(s.motion[now + bead])
    other = body_of(motion_of_partner(s, now, case, here, apart, partner, row))
    p = pair_parameters(s, case, s.species[bead], species_of(s, partner))
    h = history_of(s, slot)
    done = collide(own, other, here[at.RADIUS], triple_of(apart), reach, p, h, dt)
    onset = ti.select(state == at.APART, ti.cast(step, ti.f64), s.history[slot][at.ONSET])
    record(
        s,
        bead,
        partner,
        slot,
        pack_history(done.history, onset),
        energies_of(done),
        done.push,
        done.speed,
        ti.cast(done.history.state, ti.i32),
        False,
    )
    return done


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
    mass = 1.0 / s.motion[after + bead][at.INVERSE_MASS]
    turns = ti.select(half[at.INVERSE_MOMENT] > 0.0, dt, 0.0)
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
        dt * push.dot(middle_velocity) + turns * torque.dot(middle_spin),
    )


@ti.func
def end_contact(s: ti.template(), case, bead, partner, slot, step, dt, half: ti.template()):
    """Closes a contact: books what is left, counts the event, frees the slot."""
    radius = s.place[bead][at.RADIUS]
    reduced_radius = radius
    smaller = radius
    if partner >= 0:
        other_radius = s.place[partner][at.RADIUS]
        reduced_radius = radius * other_radius / (radius + other_radius)
        smaller = ti.min(radius, other_radius)
    p = pair_parameters(s, case, s.species[bead], species_of(s, partner))
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
    s.history[slot] = vec8(0.0)
