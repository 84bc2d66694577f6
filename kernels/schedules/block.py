"""Block schedule: a thread block for each case, which takes thousands of steps in one launch.

The threads of a block share the beads of a case and wait for each other where one needs what
another wrote: between the parts of a step, and of a renewal of the lists. What beads and contacts
do is that of the bead-parallel schedule (kernels/schedules/parallel.py), on the same arrays, with
the same bits. Lists are renewed and events entered without the host.

A step has three parts. Each bead finds its contacts; all contacts of the case are shared out
evenly, since half of the beads have none and few have many; each bead adds up its own and moves.

With one lane a block is a single thread that does the work of all lanes in turn, which needs no
barriers: so it runs on a CPU.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.bead import end_contact, evaluate, in_contact
from gpudem.kernels.contact_kinematics import separation
from gpudem.kernels.events import count_onset, enter_pending
from gpudem.kernels.gap import touches
from gpudem.kernels.neighbours import adopt_list, enter_cell, list_neighbours
from gpudem.kernels.precision import kernel, zeros
from gpudem.kernels.records import number_in, slot_of
from gpudem.kernels.schedules.parallel import (
    buffer_of,
    finish_step,
    forget_needs,
    note_renewal,
    slots_suffice,
)
from gpudem.kernels.shapes.wall import poses_of, row_of
from gpudem.kernels.state import State

#: Loops of a turn that software renderers enter once even where no lane has anything to do.
LOOPS_OF_TURN = 64


def orders_storage() -> bool:
    """Whether the device's barrier of a block orders writes to arrays; for ``ti.static``."""
    return ti.lang.impl.current_cfg().arch == ti.cuda


@ti.func
def wait(s: ti.template(), case, lane, lanes: ti.template()):
    """Waits until all threads of the block are here and see what the others wrote."""
    if ti.static(lanes > 1 and orders_storage()):
        ti.simt.block.sync()
    elif ti.static(lanes > 1):
        # Elsewhere Taichi's barriers order the memory that a block shares, and no arrays. Its
        # atomic operations come with a fence that does: one before the barrier and one behind it.
        first = s.case_int[case * at.CASE_INT + at.CASE_BEAD_BEGIN]
        count = s.case_int[case * at.CASE_INT + at.CASE_BEAD_END] - first
        fence = (first + lane % count) * at.TALLY + at.TALLY_FENCE
        ti.atomic_add(s.tally[fence], 0)
        ti.simt.block.sync()
        ti.atomic_add(s.tally[fence], 0)


@ti.func
def rounds_of(count, lanes: ti.template()):
    """How often each lane has something to do where they share so many things."""
    return (count + lanes - 1) // lanes


@ti.func
def rounds_in(s: ti.template(), case, lanes: ti.template()):
    """How often each lane has a bead of a case to work on."""
    base = case * at.CASE_INT
    beads = s.case_int[base + at.CASE_BEAD_END] - s.case_int[base + at.CASE_BEAD_BEGIN]
    return rounds_of(beads, lanes)


@ti.func
def enter_events(s: ti.template(), case, begin, end, lane, lanes: ti.template()):
    """Enters the noted events of all beads of a case into the histograms."""
    for k in range(rounds_of(end - begin, lanes)):
        bead = begin + k * lanes + lane
        if bead < end:
            pending = s.tally[bead * at.TALLY + at.TALLY_PENDING]
            ti.atomic_max(s.status[case * at.STATUS + at.STATUS_EVENTS], pending)
    wait(s, case, lane, lanes)
    most = s.status[case * at.STATUS + at.STATUS_EVENTS]
    for k in range(rounds_of(end - begin, lanes)):
        bead = begin + k * lanes + lane
        # Lanes without a bead go through the loop with the others.
        for event in range(most):
            for quantity in ti.static(range(at.HISTOGRAMS)):
                if bead < end:
                    enter_pending(s, case, bead, event, quantity)
        if bead < end:
            s.tally[bead * at.TALLY + at.TALLY_PENDING] = 0
    wait(s, case, lane, lanes)
    if lane == 0:
        s.status[case * at.STATUS + at.STATUS_EVENTS] = 0


@ti.func
def renew(s: ti.template(), now, case, step, lane, lanes: ti.template()):
    """Makes new lists for a case; returns whether its slots suffice, else it keeps the old ones.

    ``now`` is where its copy of positions at the ``step`` begins.
    """
    base = case * at.CASE_INT
    begin, end = s.case_int[base + at.CASE_BEAD_BEGIN], s.case_int[base + at.CASE_BEAD_END]
    rounds = rounds_of(end - begin, lanes)
    cells = s.case_int[base + at.CASE_CELLS]
    for k in range(rounds_of(cells, lanes)):
        cell = s.case_int[base + at.CASE_CELL_BEGIN] + k * lanes + lane
        if k * lanes + lane < cells:
            s.cell_bead[cell * (1 + s.cell_slots)] = 0
    if lane == 0:
        forget_needs(s, case)
    enter_events(s, case, begin, end, lane, lanes)
    wait(s, case, lane, lanes)
    for k in range(rounds):
        bead = begin + k * lanes + lane
        if bead < end:
            needed = enter_cell(s, now, case, bead)
            ti.atomic_max(s.status[case * at.STATUS + at.STATUS_CELL_SLOTS], needed)
    wait(s, case, lane, lanes)
    for k in range(rounds):
        bead = begin + k * lanes + lane
        if bead < end:
            used = list_neighbours(s, s.active, now, case, bead, row_of(s, case, step))
            s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS] = used
            ti.atomic_max(s.status[case * at.STATUS + at.STATUS_SLOTS], used)
            ti.atomic_add(s.status[case * at.STATUS + at.STATUS_LISTED], 1)
    wait(s, case, lane, lanes)
    suffice = slots_suffice(s, case)
    if suffice:
        for k in range(rounds):
            bead = begin + k * lanes + lane
            if bead < end:
                used = s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS]
                adopt_list(s, s.active, now, bead, used)
                ti.atomic_add(s.status[case * at.STATUS + at.STATUS_ADOPTED], 1)
        wait(s, case, lane, lanes)
        if lane == 0:
            note_renewal(s, case)
        wait(s, case, lane, lanes)
    return suffice


@ti.func
def loops_of_renewal(s: ti.template(), case, lanes: ti.template()):
    """Loops that a lane goes through in `renew`, at most."""
    near = s.case_int[case * at.CASE_INT + at.CASE_CELLS_NEAR]
    search = near * (1 + s.cell_slots) + s.slots * s.slots
    adoption = s.slots * (2 * s.slots + 3)
    a_bead = 4 + search + adoption + at.PENDING
    cells = s.case_int[case * at.CASE_INT + at.CASE_CELLS]
    return rounds_of(cells, lanes) + rounds_in(s, case, lanes) * a_bead


@ti.func
def entry_of(s: ti.template(), case, number):
    """Where a contact stands in ``active``, by its number: in a place of the case's own slots.

    Other blocks may be making lists in theirs.
    """
    first = s.case_int[case * at.CASE_INT + at.CASE_BEAD_BEGIN]
    beads = s.case_int[case * at.CASE_INT + at.CASE_BEAD_END] - first
    k = 0
    # Mostly there are fewer contacts than beads.
    if number >= beads:
        k = number // beads
    return slot_of(s, first + number - k * beads, k)


@ti.func
def find_contacts(s: ti.template(), case, bead, now, poses):
    """First part of a bead's step: which of its slots touch, begin and end, and a list of them."""
    here = s.position[now + bead]
    count, touching, beginning, ending = 0, 0, 0, 0
    for k in range(s.slots_used[bead]):
        slot = slot_of(s, bead, k)
        state = s.contact_state[slot]
        partner = s.partner[slot]
        gap = separation(s, now, case, here, partner, poses)
        if touches(gap) or state != at.APART:
            if in_contact(s, case, bead, partner, slot, here, gap):
                count += 1
                touching |= 1 << k
                if state == at.APART:
                    beginning |= 1 << k
            else:
                ending |= 1 << k
    # In which order the threads come here changes who computes a contact, and nothing else.
    number = ti.atomic_add(s.status[case * at.STATUS + at.STATUS_TOUCHING], count)
    for k in range(s.slots_used[bead]):
        if (touching >> k) & 1:
            s.active[entry_of(s, case, number)] = slot_of(s, bead, k)
            number += 1
    entry = bead * at.TALLY
    s.tally[entry + at.TALLY_TOUCHING] = touching
    s.tally[entry + at.TALLY_BEGINNING] = beginning
    s.tally[entry + at.TALLY_ENDING] = ending


@ti.func
def compute_contact(s: ti.template(), case, slot, now, number, poses):
    """Second part: a step of one contact, whose effect on its bead waits in its slot."""
    bead = slot % s.beads
    here = s.position[now + bead]
    partner = s.partner[slot]
    gap = separation(s, now, case, here, partner, poses)
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    done = evaluate(s, now, case, bead, slot, here, gap, number, poses, dt)
    f, t = done.force, done.torque
    s.effect[2 * slot] = ti.Vector([f.x, f.y, f.z, done.damper, t.x, t.y, t.z, done.spring])
    if partner < 0:
        s.effect[2 * slot + 1][0] = done.work_wall


@ti.func
def add_up(s: ti.template(), case, bead, flip, first_step, step):
    """Third part: a bead adds up its contacts in the order of its list, ends some, and moves."""
    entry = bead * at.TALLY
    touching = s.tally[entry + at.TALLY_TOUCHING]
    beginning = s.tally[entry + at.TALLY_BEGINNING]
    ending = s.tally[entry + at.TALLY_ENDING]
    load = zeros(8)
    work_wall = 0.0
    for k in range(s.slots_used[bead]):
        slot = slot_of(s, bead, k)
        if (touching >> k) & 1:
            load += s.effect[2 * slot]
            if s.partner[slot] < 0:
                work_wall += s.effect[2 * slot + 1][0]
            if (beginning >> k) & 1:
                loaded = number_in(s, slot, at.PEAK_FORCE) > 0.0
                count_onset(s, bead, s.partner[slot], loaded, False)
        elif (ending >> k) & 1:
            dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
            end_contact(s, case, bead, s.partner[slot], slot, first_step + step, dt, False)
    finish_step(s, case, bead, flip, step, load, work_wall)


@ti.func
def step_case(s: ti.template(), case, flip, first_step, step, lane, lanes: ti.template()):
    """A step of a case; returns how many loops a lane went through, at most."""
    base, entry = case * at.CASE_INT, case * at.STATUS
    now = buffer_of(s, flip, step)
    poses = poses_of(s, case, row_of(s, case, step))
    for k in range(rounds_in(s, case, lanes)):
        bead = s.case_int[base + at.CASE_BEAD_BEGIN] + k * lanes + lane
        if bead < s.case_int[base + at.CASE_BEAD_END]:
            find_contacts(s, case, bead, now, poses)
    wait(s, case, lane, lanes)
    contacts = s.status[entry + at.STATUS_TOUCHING]
    for k in range(rounds_of(contacts, lanes)):
        n = k * lanes + lane
        if n < contacts:
            slot = s.active[entry_of(s, case, n)]
            compute_contact(s, case, slot, now, first_step + step, poses)
    wait(s, case, lane, lanes)
    if lane == 0:
        s.status[entry + at.STATUS_TOUCHING] = 0
    for k in range(rounds_in(s, case, lanes)):
        bead = s.case_int[base + at.CASE_BEAD_BEGIN] + k * lanes + lane
        if bead < s.case_int[base + at.CASE_BEAD_END]:
            add_up(s, case, bead, flip, first_step, step)
    wait(s, case, lane, lanes)
    loops = rounds_of(contacts, lanes) + rounds_in(s, case, lanes) * (2 + 3 * s.slots)
    return LOOPS_OF_TURN + loops


@ti.func
def take_turns(
    s: ti.template(), thread, flip, first_step, goal, turns, budget, lanes: ti.template()
):
    """What a thread of all blocks does in a launch; see `advance`."""
    case, lane = thread // lanes, thread % lanes
    entry = case * at.STATUS
    step, spent, suffice = s.status[entry + at.STATUS_STEPS], 0, True
    for _ in range(turns):
        if step >= goal or spent >= budget:
            break
        # All lanes find the same: what they read here nobody writes before the next barrier, but
        # for a stop after this very step.
        if s.status[entry + at.STATUS_STOP] == step:
            suffice = renew(s, buffer_of(s, flip, step), case, step, lane, lanes)
            spent += loops_of_renewal(s, case, lanes)
        if not suffice:
            break
        loops = step_case(s, case, flip, first_step, step, lane, lanes)
        spent = ti.min(spent + loops, at.NEVER)
        step += 1
    base = case * at.CASE_INT
    begin, end = s.case_int[base + at.CASE_BEAD_BEGIN], s.case_int[base + at.CASE_BEAD_END]
    enter_events(s, case, begin, end, lane, lanes)
    if lane == 0:
        s.status[entry + at.STATUS_STEPS] = step
        s.status[entry + at.STATUS_STALE] = s.status[entry + at.STATUS_STOP] == step


@kernel
def advance(
    s: State,
    flip: ti.i32,
    first_step: ti.i32,
    goal: ti.i32,
    turns: ti.i32,
    budget: ti.i32,
    lanes: ti.template(),
    cases: ti.template(),
):
    """Advances every case by ``turns`` steps, to its goal, or to where it lacks slots.

    A block rests when its lanes have gone through ``budget`` loops or somewhat more. Steps are
    counted as in `gpudem.kernels.schedules.parallel.advance`. ``cases`` is their number, compiled
    in: for a number that it finds at the launch, Taichi starts a thousand blocks on Vulkan and
    Metal. 0 has it find it.
    """
    ti.loop_config(block_dim=lanes)
    for thread in range(cases * lanes if ti.static(cases > 0) else s.cases * lanes):
        take_turns(s, thread, flip, first_step, goal, turns, budget, lanes)
