"""One bead's step: its contacts, its forces, its motion. The same for every schedule."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.collision import collide, peaks_of
from gpudem.kernels.contact_kinematics import (
    body_of,
    crowd_of,
    motion_of_partner,
    radii_of_pair,
    species_of,
)
from gpudem.kernels.events import book_share, count_event, count_onset, record_step
from gpudem.kernels.gap import overlap_before, touches
from gpudem.kernels.law import OWN, law
from gpudem.kernels.position import add_units, radius_of
from gpudem.kernels.precision import mixed, real, vector3, zeros
from gpudem.kernels.records import (
    energies_of,
    forget_history,
    history_of_record,
    load_of,
    number_in,
    pair_parameters,
    release,
)
from gpudem.kernels.shapes.in_use import shapes
from gpudem.kernels.wall_sums import add_to_wall


@ti.func
def evaluate(s: ti.template(), now, case, bead, slot, here, gap, step, poses, dt):
    """One step of a touching contact: the law, and the contact's record."""
    partner = s.partner[slot]
    own = body_of(s.motion[now + bead])
    other = body_of(motion_of_partner(s, now, case, here, gap.vector, partner, poses))
    p = pair_parameters(s, case, s.species[bead], species_of(s, partner))
    h = history_of_record(s, slot)
    before = [number_in(s, slot, offset) for offset in ti.static(OWN)]
    radius = radius_of(s, case, here)
    crowd = crowd_of(s, now, bead, partner)
    done = collide(own, other, radius, gap, crowd, p, h, dt)
    peaks = peaks_of(done, before)
    if ti.static(shapes().summed_walls > 0):
        if partner < 0:
            f, t = done.force, done.torque
            add_to_wall(
                s,
                case,
                bead,
                partner,
                here,
                gap.vector,
                vector3(f.x, f.y, f.z),
                vector3(t.x, t.y, t.z),
                done.work_wall,
                done.normal,
                done.sliding,
                done.normal_damping,
                poses,
                dt,
            )
    record_step(
        s,
        case,
        slot,
        step,
        ti.static(law.numbers(done.history, peaks)),
        energies_of(done),
        done.speed,
        ti.cast(done.state, ti.i32),
    )
    return done


@ti.func
def touch(s: ti.template(), now, case, bead, slot, here, gap, step, poses, dt):
    """As `evaluate`, and counts the onset of a contact that begins."""
    state = s.contact_state[slot]
    done = evaluate(s, now, case, bead, slot, here, gap, step, poses, dt)
    if state == at.APART:
        count_onset(s, bead, s.partner[slot], done.normal_force > 0.0, False)
    return done


@ti.func
def in_contact(s: ti.template(), case, bead, partner, record, here, gap):
    """Whether a contact goes on or begins: it touches, or its law holds it beyond that."""
    out = touches(gap)
    if ti.static(law.reaches):
        if not out and s.contact_state[record] != at.APART:
            radius = radii_of_pair(s, case, here, partner).reduced
            p = pair_parameters(s, case, s.species[bead], species_of(s, partner))
            out = overlap_before(gap, zeros(3)) + law.reach(p, radius) > 0.0
    return out


@ti.func
def each_of(translation, rotation):
    """A value for velocities and one for spins, placed as in an entry of ``half``."""
    t, r = translation, rotation
    return ti.Vector([t, t, t, 0.0, r, r, r, 0.0])


@ti.func
def whole_steps(s: ti.template(), case, bead, gain):
    """What of a change of velocity and spin fits their units; the rest is kept for the next step.

    Single-precision velocities alone would lose up to a tenth of gravity, always to one side.
    """
    first = case * at.CASE_REAL
    unit = each_of(s.case_real[first + at.CASE_SPEED], s.case_real[first + at.CASE_SPIN])
    per_unit = each_of(
        s.case_real[first + at.CASE_PER_SPEED], s.case_real[first + at.CASE_PER_SPIN]
    )
    wanted = s.motion_rest[bead] + gain * per_unit
    whole = ti.floor(wanted + 0.5)
    s.motion_rest[bead] = wanted - whole
    return whole * unit


@ti.func
def displaced(s: ti.template(), case, bead, here, dt, moved):
    """The position after a step in mixed precision; what is less than a unit is kept."""
    scale = dt * s.case_real[case * at.CASE_REAL + at.CASE_PER_LENGTH]
    travel = scale * ti.Vector([moved[0], moved[1], moved[2], 0.0])
    wanted = s.position_rest[bead] + travel
    whole = ti.floor(wanted + 0.5)
    s.position_rest[bead] = wanted - whole
    out = here
    for axis in ti.static(range(3)):
        out[axis] = add_units(here[axis], whole[axis])
    if out[1] == at.LOST or out[2] == at.LOST:
        out[0] = at.LOST
    return out


@ti.func
def move(s: ti.template(), after, case, bead, here, load, body, dt):
    """Velocity-Verlet in leapfrog form, for translation and rotation.

    ``load`` holds the sums of the bead's contacts, as in the array of that name; ``body`` [m/s2]
    is the acceleration that every bead feels. The damper of the next step sees velocities
    extrapolated from the half step to the full one, of second order. The works use the mean
    of the two half-step velocities, which makes their sum the change of kinetic energy.

    Returns:
        the ``speed_square`` [m2/s2] with which the bead went this step, and what `works_of` takes:
        its mean ``momentum`` [kg m/s] and the ``power`` [W] of its contacts, placed as in `half`.
    """
    # Eight values at once, as the arrays hold them; what stands between the vectors keeps its
    # value, as its load and acceleration are 0.
    half = s.half[bead]
    inverse_mass, inverse_moment = half[at.INVERSE_MASS], half[at.INVERSE_MOMENT]
    inertia = each_of(inverse_mass, inverse_moment)
    gain = dt * (load * inertia + load_of(body, zeros(3), 0.0, 0.0))
    change = gain
    if ti.static(mixed()):
        change = whole_steps(s, case, bead, gain)
    middle = half + 0.5 * change
    moved = half + change
    s.half[bead] = moved
    motion = s.motion[after + bead]
    ahead = moved + 0.5 * gain
    ahead[at.INVERSE_MASS] = motion[at.INVERSE_MASS]
    ahead[at.CURVATURE] = motion[at.CURVATURE]
    s.motion[after + bead] = ahead
    crowd = ti.Vector([load[at.DAMPER], load[at.SPRING]])
    s.crowd[after + bead] = motion[at.INVERSE_MASS] * crowd
    if ti.static(mixed()):
        s.position[after + bead] = displaced(s, case, bead, here, dt, moved)
    else:
        s.position[after + bead] = here + dt * ti.Vector([moved[0], moved[1], moved[2], 0.0])
    mass = 1.0 / motion[at.INVERSE_MASS]
    return ti.Struct(
        speed_square=moved[0] * moved[0] + moved[1] * moved[1] + moved[2] * moved[2],
        momentum=mass * middle,
        power=load * middle * each_of(1.0, ti.select(inverse_moment > 0.0, 1.0, 0.0)),
    )


@ti.func
def works_of(momentum, power, body, dt):
    """Works [J] of the body forces and of the contacts in a step, on one bead or on several.

    ``momentum`` and ``power`` as `move` returns them, or sums of those.
    """
    by_body = body[0] * momentum[0] + body[1] * momentum[1] + body[2] * momentum[2]
    by_contacts = (power[0] + power[1] + power[2]) + (power[4] + power[5] + power[6])
    return dt * by_body, dt * by_contacts


@ti.func
def end_contact(s: ti.template(), case, bead, partner, record, step, dt, half: ti.template()):
    """Closes a contact: books what is left, counts the event, frees the record."""
    radii = radii_of_pair(s, case, s.position[bead], partner)
    p = pair_parameters(s, case, s.species[bead], species_of(s, partner))
    release(s, case, record, p, radii.reduced, radii.smaller)
    book_share(s, record, bead, partner, half)
    if partner < 0 or bead < partner:
        carried = s.contact_state[record] >= at.CARRIED
        life = real(step - s.onset[record]) * dt
        count_event(s, case, bead, partner, record, carried, life, half)
    s.contact_state[record] = at.APART
    forget_history(s, record)
