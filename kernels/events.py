"""The collision log on the device: contacts that end, histograms, and what goes to the host."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.contact_kinematics import radii_of_pair, separation, species_of
from gpudem.kernels.energy import all_tallied, halves_of, joules, no_energy
from gpudem.kernels.gap import overlap_before
from gpudem.kernels.law import law
from gpudem.kernels.position import position_of, radius_of
from gpudem.kernels.precision import kernel
from gpudem.kernels.records import (
    energy_in,
    history_of_record,
    keep_energy,
    keep_entry_speed,
    keep_history,
    number_in,
    pair_parameters,
    record_of,
    slot_of,
    spin_of,
    velocity_of,
)
from gpudem.kernels.shapes.wall import poses_of
from gpudem.kernels.state import State
from gpudem.quantities import (
    HISTOGRAM_CLASSES,
    HISTOGRAM_LOWEST_EXPONENT,
    HISTOGRAM_STEPS_PER_OCTAVE,
)

_MANTISSA_SHIFT = 23 - (HISTOGRAM_STEPS_PER_OCTAVE.bit_length() - 1)
_LOWEST = (127 + HISTOGRAM_LOWEST_EXPONENT) * HISTOGRAM_STEPS_PER_OCTAVE


@ti.func
def histogram_class(value):
    """Histogram class of a value: read from the bits of the 32-bit float, so exact anywhere."""
    bits = ti.bit_cast(ti.cast(ti.max(value, 0.0), ti.f32), ti.i32)
    return ti.max(0, ti.min(HISTOGRAM_CLASSES - 1, (bits >> _MANTISSA_SHIFT) - _LOWEST))


@ti.func
def kind_of(s: ti.template(), partner):
    """The kind of a partner: a bead's species, or walls."""
    out = s.kinds - 1
    if partner >= 0:
        out = s.species[partner]
    return out


@ti.func
def log_of(s: ti.template(), bead, kind):
    """Where a bead's log of its contacts with a kind of partner begins."""
    return (bead * s.kinds + kind) * at.LOG_VALUES


@ti.func
def count_onset(s: ti.template(), bead, partner, loaded, half: ti.template()):
    """Counts a contact that began: once for each bead of it."""
    first = log_of(s, bead, kind_of(s, partner))
    count = ti.cast(loaded, ti.i32)
    s.log[first + at.LOG_CONTACTS] = s.log[first + at.LOG_CONTACTS] + 1
    s.log[first + at.LOG_LOADED] = s.log[first + at.LOG_LOADED] + count
    if ti.static(half):
        if partner >= 0:
            other = log_of(s, partner, kind_of(s, bead))
            s.log[other + at.LOG_CONTACTS] = s.log[other + at.LOG_CONTACTS] + 1
            s.log[other + at.LOG_LOADED] = s.log[other + at.LOG_LOADED] + count


@ti.func
def record_step(s: ti.template(), case, record, step, history, energy, speed, friction):
    """Enters a step of a touching contact into its record.

    ``history`` as the record holds it (`history_in`); ``energy`` [J] of the step in the order of
    the log; ``speed`` [m/s] along the normal.
    """
    state = s.contact_state[record]
    keep_history(s, record, history)
    term = all_tallied(s, case, energy)
    if state == at.APART:
        s.onset[record] = step
        keep_entry_speed(s, record, -speed)
        keep_energy(s, record, term)
        s.booked[record] = no_energy(8)
    else:
        keep_energy(s, record, energy_in(s, record) + term)
    s.contact_state[record] = friction | (state & at.CARRIED)


@ti.func
def book(s: ti.template(), record, first, halves):
    """Adds half or both halves of a contact's energies since the last booking to a bead's log.

    ``first`` is where the log's values begin.
    """
    since = halves_of(energy_in(s, record) - s.booked[record], halves)
    for q in ti.static(range(at.LOG_ENERGIES)):
        s.log[first + q] = s.log[first + q] + since[q]


@ti.func
def book_share(s: ti.template(), record, bead, partner, half: ti.template()):
    """Books a contact in the log of its bead: half of it, or at a wall all.

    With ``half``, where a pair stands once, the other half in the log of its partner.
    """
    book(s, record, log_of(s, bead, kind_of(s, partner)), ti.select(partner < 0, 2, 1))
    if ti.static(half):
        if partner >= 0:
            book(s, record, log_of(s, partner, kind_of(s, bead)), 1)


@ti.func
def reduced_mass(s: ti.template(), bead, partner):
    """Reduced mass [kg] of a bead and its partner."""
    # Both copies of a bead's motion hold its mass.
    inverse = s.motion[bead][at.INVERSE_MASS]
    if partner >= 0:
        inverse += s.motion[partner][at.INVERSE_MASS]
    return 1.0 / inverse


@ti.func
def table_of(s: ti.template(), case, bead, kind):
    """Where the histograms of a bead's species and a kind of partner begin."""
    species = case * (s.kinds - 1) + s.species[bead]
    return (species * s.kinds + kind) * at.HISTOGRAMS * HISTOGRAM_CLASSES


@ti.func
def count_event(s: ti.template(), case, bead, partner, record, carried, life, half: ti.template()):
    """Enters a contact that has just ended into its bead's event sums and the histograms.

    Beads in parallel only note the classes, for `enter_pending`: several atomic operations in
    the long step kernel make Mesa's software Vulkan drop threads without a word.
    """
    energy = joules(s, case, energy_in(s, record))
    normal = energy[at.NORMAL]
    shear = energy[at.SHEAR]
    dissipation = (
        energy[at.NORMAL_DAMPING]
        + energy[at.SHEAR_DAMPING]
        + energy[at.SLIDING]
        + energy[at.ROLLING_LOSS]
        + energy[at.RELAXATION]
    )
    kind = kind_of(s, partner)
    first = (bead * s.kinds + kind) * at.EVENT_VALUES
    if carried:
        first += at.EVENT_CARRIED
        s.event_sums[first] = s.event_sums[first] + 1.0
        s.event_sums[first + 1] = s.event_sums[first + 1] + dissipation
        s.event_sums[first + 2] = s.event_sums[first + 2] + normal
        s.event_sums[first + 3] = s.event_sums[first + 3] + shear
    else:
        s.event_sums[first] = s.event_sums[first] + 1.0
        s.event_sums[first + 1] = s.event_sums[first + 1] + dissipation
        s.event_sums[first + 2] = s.event_sums[first + 2] + normal
        s.event_sums[first + 3] = s.event_sums[first + 3] + shear
        s.event_sums[first + 4] = s.event_sums[first + 4] + dissipation * dissipation
        s.event_sums[first + 5] = s.event_sums[first + 5] + normal * normal
        s.event_sums[first + 6] = s.event_sums[first + 6] + shear * shear
        impact = number_in(s, record, at.PEAK_TRANSFERRED)
        speed = number_in(s, record, at.ENTRY_SPEED)
        onset = 0.5 * reduced_mass(s, bead, partner) * speed * speed
        first += at.EVENT_IMPACT
        s.event_sums[first] = s.event_sums[first] + impact
        s.event_sums[first + 1] = s.event_sums[first + 1] + onset
        table = table_of(s, case, bead, kind)
        force = number_in(s, record, at.PEAK_FORCE)
        values = ti.Vector([dissipation, normal, shear, force, speed, life, impact, onset])
        if ti.static(half):
            for q in ti.static(range(at.HISTOGRAMS)):
                entry = table + q * HISTOGRAM_CLASSES + histogram_class(values[q])
                s.histogram[entry] = s.histogram[entry] + 1
        else:
            count = s.tally[bead * at.TALLY + at.TALLY_PENDING]
            packed = (bead * at.PENDING + count) * at.PACKED
            for part in ti.static(range(at.PACKED)):
                classes = 0
                for back in ti.static(range(at.HISTOGRAMS_IN_ONE)):
                    q = ti.static(at.HISTOGRAMS_IN_ONE * (part + 1) - 1 - back)
                    classes *= HISTOGRAM_CLASSES
                    if ti.static(q < at.HISTOGRAMS):
                        classes += histogram_class(values[q])
                s.pending[packed + part] = classes * s.kinds + kind
            s.tally[bead * at.TALLY + at.TALLY_PENDING] = count + 1


@ti.func
def enter_pending(s: ti.template(), case, bead, event, quantity):
    """Enters a pending event of a bead into the histogram of a quantity, if it has so many.

    To be called by all threads of a block equally often: software renderers end threads that pass
    more atomic operations than others (docs/design/block.md).
    """
    if event < s.tally[bead * at.TALLY + at.TALLY_PENDING]:
        part = quantity // at.HISTOGRAMS_IN_ONE
        packed = s.pending[(bead * at.PENDING + event) * at.PACKED + part]
        table = table_of(s, case, bead, packed % s.kinds) + quantity * HISTOGRAM_CLASSES
        place = quantity % at.HISTOGRAMS_IN_ONE
        below = ti.select(place == 2, HISTOGRAM_CLASSES, 1)
        below *= ti.select(place == 0, 1, HISTOGRAM_CLASSES)
        ti.atomic_add(s.histogram[table + packed // s.kinds // below % HISTOGRAM_CLASSES], 1)


@ti.func
def collect_bead(
    s: ti.template(), sample: ti.template(), now, case, bead, out, row, half: ti.template()
):
    """Books a bead's contacts under way and samples their state.

    ``out`` is the first bead's row in the sample, ``row`` where the moment begins in the drive.
    With ``half`` the partners' shares are added to them, so the beads of a case must then be
    taken one after the other, their samples cleared before.
    """
    here = s.position[now + bead]
    radius = radius_of(s, case, here)
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    mine = (out + bead) * at.SAMPLE
    poses = poses_of(s, case, row)
    for k in range(s.slots_used[bead]):
        slot = slot_of(s, bead, k)
        record = record_of(s, bead, k, half)
        if s.contact_state[record] != at.APART:
            partner = s.partner[slot]
            radii = radii_of_pair(s, case, here, partner)
            share = 1.0
            touching = at.SAMPLE_TOUCHING_WALL
            velocity = velocity_of(s.half[bead])
            if partner >= 0:
                share = 0.5
                touching = at.SAMPLE_TOUCHING_BEAD
                velocity = velocity - velocity_of(s.half[partner])
            book_share(s, record, bead, partner, half)
            gap = separation(s, now, case, here, partner, poses)
            travel = 0.5 * dt * velocity
            if partner < 0:
                travel = travel.dot(gap.vector) / gap.vector.norm_sqr() * gap.vector
            # Stored forces belong to the half step, so the overlap is taken there too.
            overlap = overlap_before(gap, travel)
            s.booked[record] = energy_in(s, record)
            p = pair_parameters(s, case, s.species[bead], species_of(s, partner))
            h = history_of_record(s, record)
            stored = law.stored_energy(p, h, overlap, radii.reduced, radii.smaller)
            sample[mine + at.SAMPLE_STORED] = sample[mine + at.SAMPLE_STORED] + share * stored
            sample[mine + touching] = sample[mine + touching] + 1.0
            sample[mine + at.SAMPLE_OVERLAP] = ti.max(
                sample[mine + at.SAMPLE_OVERLAP], overlap / radius
            )
            if ti.static(half):
                if partner >= 0:
                    other = (out + partner) * at.SAMPLE
                    sample[other + at.SAMPLE_STORED] = (
                        sample[other + at.SAMPLE_STORED] + share * stored
                    )
                    sample[other + touching] = sample[other + touching] + 1.0
                    sample[other + at.SAMPLE_OVERLAP] = ti.max(
                        sample[other + at.SAMPLE_OVERLAP],
                        overlap / radii.other,
                    )


@ti.func
def hand_over(
    s: ti.template(), bead, out, log: ti.template(), sums: ti.template(), work: ti.template()
):
    """Moves a bead's sums of the interval out, where the first bead's row is ``out``."""
    mine = out + bead
    logged, summed = s.kinds * at.LOG_VALUES, s.kinds * at.EVENT_VALUES
    for q in range(logged):
        log[mine * logged + q] = s.log[bead * logged + q]
        s.log[bead * logged + q] = 0
    for q in range(summed):
        sums[mine * summed + q] = s.event_sums[bead * summed + q]
        s.event_sums[bead * summed + q] = 0.0
    for q in ti.static(range(at.WORK)):
        work[mine * at.WORK + q] = s.work[bead][q]
    s.work[bead] = no_energy(4)


@ti.func
def sample_motion(s: ti.template(), sample: ti.template(), now, case, bead, out):
    """Samples a bead's energies, speed and position; the first bead's row is ``out``."""
    mine = (out + bead) * at.SAMPLE
    velocity = velocity_of(s.half[bead])
    spin = spin_of(s.half[bead])
    here = s.position[now + bead]
    radius = radius_of(s, case, here)
    position = position_of(s, case, here)
    mass = 1.0 / s.motion[now + bead][at.INVERSE_MASS]
    sample[mine + at.SAMPLE_KINETIC] = 0.5 * mass * velocity.norm_sqr()
    sample[mine + at.SAMPLE_SPIN] = 0.2 * mass * radius * radius * spin.norm_sqr()
    sample[mine + at.SAMPLE_SPEED] = velocity.norm()
    for axis in ti.static(range(3)):
        sample[mine + at.SAMPLE_POSITION + axis] = position[axis]


@ti.func
def carry(s: ti.template(), record):
    """Flags a contact under way as carried into the log window and forgets its past."""
    if s.contact_state[record] != at.APART:
        s.contact_state[record] = s.contact_state[record] | at.CARRIED
        keep_energy(s, record, no_energy(8))
        s.booked[record] = no_energy(8)


@kernel
def open_window(s: State):
    """Opens the log window: events alive are carried, sums and histograms start at zero."""
    for record in range(1 + s.beads * s.records):
        carry(s, record)
    for bead in range(s.beads):
        for q in range(s.kinds * at.EVENT_VALUES):
            s.event_sums[bead * s.kinds * at.EVENT_VALUES + q] = 0.0
    for k in range(s.cases * (s.kinds - 1) * s.kinds * at.HISTOGRAMS * HISTOGRAM_CLASSES):
        s.histogram[k] = 0
