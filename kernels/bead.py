"""One bead's step: its contacts, its forces, its motion. The same for every schedule."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.collision import collide
from gpudem.kernels.events import book, count_event, count_onset, record
from gpudem.kernels.meeting import body_of, motion_of_partner, species_of
from gpudem.kernels.records import (
    energies_of,
    history_of,
    pack_history,
    pair_parameters,
    release,
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
        slot,
        pack_history(done.history, onset),
        energies_of(done),
        done.push,
        done.speed,
        ti.cast(done.history.state, ti.i32),
    )
    if state == at.APART:
        count_onset(s, bead, partner, done.push > 0.0, False)
    return done


@ti.func
def move(s: ti.template(), after, bead, here, load, body, dt):
    """Velocity-Verlet in leapfrog form, for translation and rotation.

    ``load`` holds the sums of the bead's contacts, as in the array of that name; ``body`` [m/s2]
    is the acceleration that every bead feels. The damper of the next step sees velocities
    extrapolated from the half step to the full one, of second order. The works use the mean
    of the two half-step velocities, which makes their sum the change of kinetic energy.
    Returns the square of the speed [m2/s2] with which the bead went this step, and the works
    [J] of the body forces and of the contacts on it.
    """
    # Eight values at once, as the arrays hold them; what stands between the vectors keeps its
    # value, as its load and acceleration are 0.
    half = s.half[bead]
    inverse_mass, inverse_moment = half[at.INVERSE_MASS], half[at.INVERSE_MOMENT]
    inertia = vec8(
        inverse_mass,
        inverse_mass,
        inverse_mass,
        0.0,
        inverse_moment,
        inverse_moment,
        inverse_moment,
        0.0,
    )
    gain = dt * (load * inertia + vec8(body[0], body[1], body[2], 0.0, 0.0, 0.0, 0.0, 0.0))
    middle = half + 0.5 * gain
    moved = half + gain
    s.half[bead] = moved
    motion = s.motion[after + bead]
    ahead = moved + 0.5 * gain
    ahead[at.INVERSE_MASS] = motion[at.INVERSE_MASS]
    ahead[at.CURVATURE] = motion[at.CURVATURE]
    s.motion[after + bead] = ahead
    s.place[after + bead] = here + dt * vec4(moved[0], moved[1], moved[2], 0.0)
    mass = 1.0 / motion[at.INVERSE_MASS]
    work = load * middle
    turns = ti.select(inverse_moment > 0.0, dt, 0.0)
    return vec3(
        moved[0] * moved[0] + moved[1] * moved[1] + moved[2] * moved[2],
        mass * (body[0] * middle[0] + body[1] * middle[1] + body[2] * middle[2]) * dt,
        dt * (work[0] + work[1] + work[2]) + turns * (work[4] + work[5] + work[6]),
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
