"""Bead-parallel schedule: one thread a bead, for GPUs and for cases of many beads.

Each bead holds its whole list, so each pair is computed by both beads and nobody adds to
another's sums: no floating-point atomics, the same bits on every run. Beads of all cases lie
flat. Place, velocity and spin are held twice, for even and odd steps. A bead that has moved
half the skin, or has noted as many ended events as it can, stops its case before the next step;
stopped cases idle until their lists are renewed.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.bead import end_contact, in_contact, move, touch, works_of
from gpudem.kernels.contact_kinematics import separation
from gpudem.kernels.energy import tallied
from gpudem.kernels.events import collect_bead, enter_pending, hand_over, sample_motion
from gpudem.kernels.gap import touches
from gpudem.kernels.neighbours import adopt_list, enter_cell, list_neighbours
from gpudem.kernels.position import travel_square
from gpudem.kernels.precision import Sums, Values, kernel, zeros
from gpudem.kernels.records import slot_of
from gpudem.kernels.shapes.wall import poses_of, row_of, vector_at
from gpudem.kernels.state import State, StepState

#: Steps in one call of `advance`; each is a launch on a GPU, and a copy of the code.
UNROLL = 4


@ti.func
def stale(s: ti.template(), case, goal):
    """Whether a case has stopped for new lists before its goal."""
    clock = s.status[case * at.STATUS + at.STATUS_STEPS]
    return clock < goal and s.status[case * at.STATUS + at.STATUS_STALE] == 1


@ti.func
def forget_needs(s: ti.template(), case):
    """Begins a renewal of a case's lists: nothing is known of what it needs."""
    for count in ti.static(
        [at.STATUS_SLOTS, at.STATUS_CELL_SLOTS, at.STATUS_LISTED, at.STATUS_ADOPTED]
    ):
        s.status[case * at.STATUS + count] = 0


@ti.func
def slots_suffice(s: ti.template(), case):
    """Whether a case's next lists fit its slots."""
    entry = case * at.STATUS
    return (
        s.status[entry + at.STATUS_SLOTS] <= s.slots
        and s.status[entry + at.STATUS_CELL_SLOTS] <= s.cell_slots
    )


@ti.func
def note_renewal(s: ti.template(), case):
    """Ends a renewal of a case's lists: it goes on; checks that no bead was missed."""
    entry = case * at.STATUS
    s.status[entry + at.STATUS_STALE] = 0
    s.status[entry + at.STATUS_STOP] = at.NEVER
    s.status[entry + at.STATUS_REBUILDS] = s.status[entry + at.STATUS_REBUILDS] + 1
    whole = (
        s.case_int[case * at.CASE_INT + at.CASE_BEAD_END]
        - s.case_int[case * at.CASE_INT + at.CASE_BEAD_BEGIN]
    )
    listed = s.status[entry + at.STATUS_LISTED]
    if listed != whole or s.status[entry + at.STATUS_ADOPTED] != whole:
        s.status[entry + at.STATUS_LOST] = s.status[entry + at.STATUS_LOST] + 1


@ti.func
def buffer_of(s: ti.template(), flip, step):
    """Where the copy of position, velocity and spin at a step begins."""
    return (flip + step) % 2 * s.beads


@kernel
def renew_cells(s: State, flip: ti.i32, goal: ti.i32, cells: ti.i32):
    """First part of new lists for stopped cases: beads into cells, then the next lists."""
    for cell in range(cells):
        s.cell_bead[cell * (1 + s.cell_slots)] = 0
    for case in range(s.cases):
        forget_needs(s, case)
    for bead in range(s.beads):
        case = s.case_of[bead]
        if stale(s, case, goal):
            now = buffer_of(s, flip, s.status[case * at.STATUS + at.STATUS_STEPS])
            needed = enter_cell(s, now, case, bead)
            ti.atomic_max(s.status[case * at.STATUS + at.STATUS_CELL_SLOTS], needed)
    for bead in range(s.beads):
        case = s.case_of[bead]
        if stale(s, case, goal):
            step = s.status[case * at.STATUS + at.STATUS_STEPS]
            now = buffer_of(s, flip, step)
            used = list_neighbours(s, s.active, now, case, bead, row_of(s, case, step))
            s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS] = used
            ti.atomic_max(s.status[case * at.STATUS + at.STATUS_SLOTS], used)
            ti.atomic_add(s.status[case * at.STATUS + at.STATUS_LISTED], 1)


@kernel
def count_events(s: State):
    """Enters all noted events into the histograms."""
    for bead in range(s.beads):
        # Of all cases together, in the status of the first.
        ti.atomic_max(s.status[at.STATUS_EVENTS], s.tally[bead * at.TALLY + at.TALLY_PENDING])
    for k in range(s.beads * at.HISTOGRAMS * s.status[at.STATUS_EVENTS]):
        bead, event = k // at.HISTOGRAMS % s.beads, k // at.HISTOGRAMS // s.beads
        enter_pending(s, s.case_of[bead], bead, event, k % at.HISTOGRAMS)
    for bead in range(s.beads):
        s.tally[bead * at.TALLY + at.TALLY_PENDING] = 0
        if bead == 0:
            s.status[at.STATUS_EVENTS] = 0


@kernel
def renew_lists(s: State, flip: ti.i32, goal: ti.i32):
    """Second part: adopts the next lists of cases whose slots suffice and lets them go on."""
    for bead in range(s.beads):
        case = s.case_of[bead]
        if stale(s, case, goal) and slots_suffice(s, case):
            now = buffer_of(s, flip, s.status[case * at.STATUS + at.STATUS_STEPS])
            used = s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS]
            adopt_list(s, s.active, now, bead, used)
            ti.atomic_add(s.status[case * at.STATUS + at.STATUS_ADOPTED], 1)
    for case in range(s.cases):
        if stale(s, case, goal) and slots_suffice(s, case):
            note_renewal(s, case)


@ti.func
def finish_step(s: ti.template(), case, bead, flip, step, load, work_wall):
    """Moves a bead by what its contacts add up to, and notes its works.

    A bead that has gone too far for its list, or can note no more events, stops its case after it:
    by an integer minimum, so the order of the threads does not matter.
    """
    now, after = buffer_of(s, flip, step), buffer_of(s, flip, step + 1)
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    body = vector_at(s.drive, row_of(s, case, step))
    moved = move(s, after, case, bead, s.position[now + bead], load, body, dt)
    works = works_of(moved.momentum, moved.power, body, dt)
    # New names: a variable keeps its type, and these are integers in mixed precision.
    by_body, by_contacts = tallied(s, case, works[0]), tallied(s, case, works[1])
    by_walls = tallied(s, case, work_wall)
    s.work[bead] = s.work[bead] + ti.Vector([by_body, by_contacts, by_walls, 0])
    skin = s.case_real[case * at.CASE_REAL + at.CASE_SKIN]
    travel = travel_square(s, case, s.position[after + bead], s.anchor[bead])
    full = s.tally[bead * at.TALLY + at.TALLY_PENDING] > at.PENDING - s.slots
    if full or travel > 0.25 * skin * skin:
        ti.atomic_min(s.status[case * at.STATUS + at.STATUS_STOP], step + 1)
    done = bead * at.TALLY + at.TALLY_WORKED
    s.tally[done] = s.tally[done] + 1


@ti.func
def step_bead(s: ti.template(), case, bead, flip, first_step, step):
    """One step of one bead, from ``step``, counted like the drive's rows."""
    now = buffer_of(s, flip, step)
    poses = poses_of(s, case, row_of(s, case, step))
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    here = s.position[now + bead]
    load = zeros(8)
    work_wall = 0.0
    # Those that touch are found first: threads that step together then do the law together.
    touching = 0
    for k in range(s.slots_used[bead]):
        slot = slot_of(s, bead, k)
        partner = s.partner[slot]
        gap = separation(s, now, case, here, partner, poses)
        if touches(gap) or s.contact_state[slot] != at.APART:
            s.active[slot_of(s, bead, touching)] = slot
            touching += 1
    for k in range(touching):
        slot = s.active[slot_of(s, bead, k)]
        partner = s.partner[slot]
        gap = separation(s, now, case, here, partner, poses)
        if in_contact(s, case, bead, partner, slot, here, gap):
            number = first_step + step
            done = touch(s, now, case, bead, slot, here, gap, number, poses, dt)
            f, t = done.force, done.torque
            load += ti.Vector([f.x, f.y, f.z, done.damper, t.x, t.y, t.z, done.spring])
            work_wall += ti.select(partner < 0, done.work_wall, 0.0)
        else:
            end_contact(s, case, bead, partner, slot, first_step + step, dt, False)
    finish_step(s, case, bead, flip, step, load, work_wall)


@kernel
def advance(s: StepState, flip: ti.i32, first_step: ti.i32, goal: ti.i32, threads: ti.template()):
    """Advances every case by UNROLL steps, or to where it must stop.

    Steps are counted from the host's last clearing of the status; the drive's first row is
    step 0, which is step ``first_step`` of the simulation. ``threads``, compiled in, are at least
    as many as there are beads: where Taichi finds the end of a loop at its launch, it launches a
    kernel more to do so. 0 has it find it.
    """
    for ahead in ti.static(range(UNROLL)):
        for bead in range(threads if ti.static(threads > 0) else s.beads):
            if bead < s.beads:
                case = s.case_of[bead]
                step = s.status[case * at.STATUS + at.STATUS_STEPS] + ahead
                if step < ti.min(s.status[case * at.STATUS + at.STATUS_STOP], goal):
                    step_bead(s, case, bead, flip, first_step, step)
    for case in range(threads if ti.static(threads > 0) else s.cases):
        if case < s.cases:
            entry = case * at.STATUS
            stop = s.status[entry + at.STATUS_STOP]
            step = ti.min(s.status[entry + at.STATUS_STEPS] + UNROLL, ti.min(stop, goal))
            s.status[entry + at.STATUS_STEPS] = step
            if step == stop:
                s.status[entry + at.STATUS_STALE] = 1


@kernel
def collect(
    s: State,
    flip: ti.i32,
    log: Sums,
    event_sums: Values,
    work: Sums,
    sample: Values,
):
    """Hands the sums since the last call and a sample of the moment to the host."""
    for bead in range(s.beads):
        now = flip * s.beads
        case = s.case_of[bead]
        for q in range(at.SAMPLE):
            sample[bead * at.SAMPLE + q] = 0.0
        collect_bead(s, sample, now, case, bead, 0, row_of(s, case, 0), False)
        hand_over(s, bead, 0, log, event_sums, work)
        sample_motion(s, sample, now, case, bead, 0)
