"""Block schedule: a thread block for each case, which takes thousands of steps in one launch.

The threads of a block share the beads of a case and wait for each other where one needs what
another wrote: after each step, and between the parts of a renewal of the lists. What a bead does
is that of the bead-parallel schedule (kernels/schedules/parallel.py), on the same arrays, with the
same bits. Lists are renewed and events entered without the host.

With one lane a block is a single thread that does the work of all lanes in turn, which needs no
barriers: so it runs on a CPU.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.events import enter_pending
from gpudem.kernels.neighbours import adopt_list, cell_count, enter_cell, list_neighbours
from gpudem.kernels.precision import kernel
from gpudem.kernels.schedules.parallel import (
    buffer_of,
    forget_needs,
    note_renewal,
    slots_suffice,
    step_bead,
)
from gpudem.kernels.shapes.wall import row_of
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
    cells = cell_count(s, case)
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
            used = list_neighbours(s, now, case, bead, row_of(s, case, step))
            s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS] = used
            ti.atomic_max(s.status[case * at.STATUS + at.STATUS_SLOTS], used)
            ti.atomic_add(s.status[case * at.STATUS + at.STATUS_LISTED], 1)
    wait(s, case, lane, lanes)
    suffice = slots_suffice(s, case)
    if suffice:
        for k in range(rounds):
            bead = begin + k * lanes + lane
            if bead < end:
                adopt_list(s, now, bead, s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS])
                ti.atomic_add(s.status[case * at.STATUS + at.STATUS_ADOPTED], 1)
        wait(s, case, lane, lanes)
        if lane == 0:
            note_renewal(s, case)
        wait(s, case, lane, lanes)
    return suffice


@ti.func
def loops_of_renewal(s: ti.template(), case, lanes: ti.template()):
    """Loops that a lane goes through in `renew`, at most."""
    search = 27 * (1 + s.cell_slots) + s.slots * s.slots
    adoption = s.slots * (2 * s.slots + 3)
    a_bead = 4 + search + adoption + at.PENDING
    return rounds_of(cell_count(s, case), lanes) + rounds_in(s, case, lanes) * a_bead


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
        for k in range(rounds_in(s, case, lanes)):
            bead = s.case_int[case * at.CASE_INT + at.CASE_BEAD_BEGIN] + k * lanes + lane
            if bead < s.case_int[case * at.CASE_INT + at.CASE_BEAD_END]:
                step_bead(s, case, bead, flip, first_step, step)
        loops = LOOPS_OF_TURN + rounds_in(s, case, lanes) * (1 + 2 * s.slots)
        spent = ti.min(spent + loops, at.NEVER)
        step += 1
        wait(s, case, lane, lanes)
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
