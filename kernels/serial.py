"""Case-per-thread schedule: each case runs thousands of steps on one core, or on a team's.

Pairs stand once, in the list of the bead of the lower number. A step is three loops: find the
touching ones among the close slots, apply the law to them, move the beads. Finding them first,
walls before pairs, keeps the processor from guessing wrong about every near pair. The near
slots (up to a skin) are listed anew when a bead can have moved half the skin, and from them the
close slots (up to a thinner skin) a few times more often. Neither changes any result, nor does
the number of threads that share a case.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.bead import move
from gpudem.kernels.contacts import collide_active, enter_changes, find_active
from gpudem.kernels.energy import tallied
from gpudem.kernels.events import collect_bead, hand_over, sample_motion
from gpudem.kernels.grid import list_higher, sort_into_cells
from gpudem.kernels.lanes import empty_lanes
from gpudem.kernels.lists import (
    gather_load,
    list_close_slots,
    list_incident,
    list_near_slots,
    share_close_slots,
)
from gpudem.kernels.neighbours import adopt_list
from gpudem.kernels.place import is_lost
from gpudem.kernels.precision import Sums, Values, kernel, mixed, zeros
from gpudem.kernels.state import State
from gpudem.kernels.team import all_are_there, has_waited_long, meet_at_gate, share_begin
from gpudem.kernels.wall import vector_at

# Taichi splits a CPU loop only into blocks of this many iterations.
BLOCK = 512
# Beads whose works are summed together.
GROUP = 16
# Rounds (some 20 to 50 ns each) that a member of a team waits for the others' contacts before the
# team breaks up.
PATIENCE, PATIENCE_PER_BEAD = 500_000, 10


@ti.func
def renew_lists(s: ti.template(), case, row):
    """Renews all lists of a case; returns 1 unless slots did not suffice (nothing changed)."""
    base = case * at.CASE_INT
    begin = s.case_int[base + at.CASE_BEAD_BEGIN]
    end = s.case_int[base + at.CASE_BEAD_END]
    sort_into_cells(s, case, begin, end)
    most = list_share(s, case, begin, 0, end - begin, row)
    fits = ti.cast(most <= s.slots, ti.i32)
    if fits == 1:
        adopt_share(s, begin, end)
        list_near_slots(s, case, begin, end)
    else:
        s.status[case * at.STATUS + at.STATUS_SLOTS] = most
    return fits


@ti.func
def list_share(s: ti.template(), case, begin, low, high, row):
    """Writes the next lists of the beads of some ranks; returns the most slots needed."""
    most = 0
    for rank in range(low, high):
        used = list_higher(s, case, begin, rank, row)
        s.slots_next[s.cell_bead[begin + rank]] = used
        most = ti.max(most, used)
    return most


@ti.func
def adopt_share(s: ti.template(), low, high):
    """Makes the next lists of some beads their own."""
    for bead in range(low, high):
        adopt_list(s, 0, bead, s.slots_next[bead])


@ti.func
def renew_together(s: ti.template(), case, member, members, passed, row):
    """`renew_lists` by a team; returns whether slots sufficed, and the gate's count."""
    base = case * at.CASE_INT
    begin = s.case_int[base + at.CASE_BEAD_BEGIN]
    end = s.case_int[base + at.CASE_BEAD_END]
    low = share_begin(end - begin, member, members)
    high = share_begin(end - begin, member + 1, members)
    if member == 0:
        sort_into_cells(s, case, begin, end)
    gate = meet_at_gate(s, case, members, passed, 0, 0)
    s.told[member * at.TOLD + at.TOLD_SLOTS] = list_share(s, case, begin, low, high, row)
    gate = meet_at_gate(s, case, members, gate, 0, 0)
    most = 0.0
    for m in range(members):
        most = ti.max(most, s.told[m * at.TOLD + at.TOLD_SLOTS])
    fits = ti.cast(most <= s.slots, ti.i32)
    if fits == 1:
        adopt_share(s, begin + low, begin + high)
        gate = meet_at_gate(s, case, members, gate, 0, 0)
        if member == 0:
            list_near_slots(s, case, begin, end)
    elif member == 0:
        s.status[case * at.STATUS + at.STATUS_SLOTS] = ti.cast(most, ti.i32)
    return fits, gate


@ti.func
def move_groups(s: ti.template(), case, begin, low, high, walls, body, dt, team: ti.template()):
    """Moves the beads of whole groups; returns the largest square of a speed [m2/s2].

    Works are summed by groups of a fixed size, whoever moves them, and kept with the first bead.
    """
    fastest = 0.0
    for group in range((high - low + GROUP - 1) // GROUP):
        first = low + group * GROUP
        last = ti.min(first + GROUP, high)
        by_body, by_contacts = s.work[first][at.WORK_BODY], s.work[first][at.WORK_CONTACT]
        for bead in range(first, last):
            load = zeros(8)
            gathers = False
            if ti.static(team):
                gathers = s.gathered[bead] == 1
            if gathers:
                load = gather_load(s, case, bead, begin, begin * s.slots, walls)
            else:
                load = s.load[bead]
                s.load[bead] = zeros(8)
            moved = move(s, 0, case, bead, s.place[bead], load, body, dt)
            fastest = ti.max(fastest, moved[0])
            by_body += tallied(s, case, moved[1])
            by_contacts += tallied(s, case, moved[2])
        s.work[first][at.WORK_BODY] = by_body
        s.work[first][at.WORK_CONTACT] = by_contacts
    return fastest


@ti.func
def step_alone(s: ti.template(), lanes: ti.template(), case, begin, end, step, row):
    """Advances all beads of a case by a step; returns the most that a bead went [m]."""
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    body = vector_at(s.drive, row)
    first = begin * s.slots
    walls = s.status[case * at.STATUS + at.STATUS_CLOSE_WALLS]
    close = s.status[case * at.STATUS + at.STATUS_CLOSE]
    active = find_active(s, case, first, 0, close, row)
    collide_active(s, lanes, case, first, first, active, step, row, dt, False)
    return ti.sqrt(move_groups(s, case, begin, begin, end, walls, body, dt, False)) * dt


@ti.func
def step_together(
    s: ti.template(), lanes: ti.template(), case, begin, end, step, row, member, members, passed
):
    """`step_alone` by a team; returns the most that a bead went, and the gate's count.

    The same bits for any number of members: a bead's loads are added in the order of its
    contacts, works by group, and the log by one member.
    """
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    body = vector_at(s.drive, row)
    first = begin * s.slots
    walls = s.status[case * at.STATUS + at.STATUS_CLOSE_WALLS]
    # Contacts with walls, then pairs.
    for kind in range(2):
        low = s.share[member * at.SHARE + at.SHARE_WALLS + kind]
        high = s.share[(member + 1) * at.SHARE + at.SHARE_WALLS + kind]
        active = find_active(s, case, first, low, high, row)
        s.told[member * at.TOLD + at.TOLD_CHANGED + kind] = collide_active(
            s, lanes, case, first, first + low, active, step, row, dt, True
        )
    patience = PATIENCE + PATIENCE_PER_BEAD * (end - begin)
    gate = meet_at_gate(s, case, members, passed, patience, step)
    if member == 0:
        enter_changes(s, case, first, step, dt, members)
    low = s.share[member * at.SHARE + at.SHARE_BEADS]
    high = s.share[(member + 1) * at.SHARE + at.SHARE_BEADS]
    fastest = move_groups(s, case, begin, low, high, walls, body, dt, True)
    s.told[member * at.TOLD + at.TOLD_FASTEST] = fastest
    gate = meet_at_gate(s, case, members, gate, 0, 0)
    for m in range(members):
        fastest = ti.max(fastest, s.told[m * at.TOLD + at.TOLD_FASTEST])
    return ti.sqrt(fastest) * dt, gate


@ti.func
def first_astray(s: ti.template(), begin, end):
    """The first bead without a finite position, or -1."""
    out = -1
    for bead in range(begin, end):
        if out < 0 and is_lost(s.place[bead]):
            out = bead
    return out


@kernel
def advance(
    s: State,
    first_step: ti.i32,
    steps: ti.i32,
    again: ti.i32,
    members: ti.i32,
    team: ti.template(),
):
    """Advances every case by ``steps`` steps, the first of which is number ``first_step``.

    A case whose slots run out, or whose team breaks up, stops there; called ``again`` it goes on
    where it stopped. With ``team``, so many ``members`` share each case, each with a thread of
    its own; they keep the same counts and so take the same decisions.
    """
    for k in range(s.cases):
        for q in range(4):
            s.gate[k * at.GATE + q] = 0
    for k in range(s.cases * members * BLOCK):
        if k % BLOCK == 0:
            case = k // BLOCK // members
            member = k // BLOCK % members
            base = case * at.CASE_INT
            begin = s.case_int[base + at.CASE_BEAD_BEGIN]
            end = s.case_int[base + at.CASE_BEAD_END]
            first_row = s.case_int[base + at.CASE_DRIVE_BEGIN]
            row_length = s.case_int[base + at.CASE_DRIVE_LENGTH]
            stale = s.status[case * at.STATUS + at.STATUS_STALE]
            skin = s.case_real[case * at.CASE_REAL + at.CASE_SKIN]
            close_skin = s.case_real[case * at.CASE_REAL + at.CASE_CLOSE_SKIN]
            gone = s.travel[case * at.TRAVEL + at.TRAVEL_NEAR]
            gone_close = s.travel[case * at.TRAVEL + at.TRAVEL_CLOSE]
            before = again * s.status[case * at.STATUS + at.STATUS_STEPS]
            done = before
            rebuilds = again * s.status[case * at.STATUS + at.STATUS_REBUILDS]
            tally = again * s.status[case * at.STATUS + at.STATUS_BEADS]
            lanes = empty_lanes()
            passed, stays = members, 1
            if ti.static(team):
                stays = all_are_there(s, case, members)
                # A list of close slots says nothing of the beads' shares of it.
                gone_close = close_skin
            for n in range(before, steps):
                # A case whose slots run out, or whose team breaks up, idles from here.
                if done == n and stays == 1:
                    row = first_row + n * row_length
                    # Two beads may approach each other, hence twice the travel.
                    if 2.0 * gone > skin:
                        stale = 1
                    fits = 1
                    if stale == 1:
                        if ti.static(team):
                            fits, passed = renew_together(s, case, member, members, passed, row)
                        else:
                            fits = renew_lists(s, case, row)
                        rebuilds += fits
                        gone = 0.0
                        gone_close = close_skin
                    if fits == 1:
                        stale = 0
                        if 2.0 * gone_close > close_skin:
                            if member == 0:
                                first = begin * s.slots
                                list_close_slots(s, case, first, row)
                                if ti.static(team):
                                    share_close_slots(s, case, begin, end, GROUP, members)
                                    list_incident(s, case, begin, end, members)
                            if ti.static(team):
                                passed = meet_at_gate(s, case, members, passed, 0, 0)
                            gone_close = 0.0
                        way = 0.0
                        if ti.static(team):
                            way, passed = step_together(
                                s,
                                lanes,
                                case,
                                begin,
                                end,
                                first_step + n,
                                row,
                                member,
                                members,
                                passed,
                            )
                            if has_waited_long(s, case, first_step + n):
                                stays = 0
                        else:
                            way = step_alone(s, lanes, case, begin, end, first_step + n, row)
                        if ti.static(mixed()):
                            # Single-precision sums of many small ways come out short.
                            way = 1.001 * way
                        gone += way
                        gone_close += way
                        done += 1
            if ti.static(team):
                # What all have read at the start, one writes at the end.
                if done > before:
                    passed = meet_at_gate(s, case, members, passed, 0, 0)
            if member == 0:
                s.travel[case * at.TRAVEL + at.TRAVEL_NEAR] = gone
                s.travel[case * at.TRAVEL + at.TRAVEL_CLOSE] = gone_close
                entry = case * at.STATUS
                s.status[entry + at.STATUS_STALE] = stale
                s.status[entry + at.STATUS_STEPS] = done
                s.status[entry + at.STATUS_REBUILDS] = rebuilds
                s.status[entry + at.STATUS_BEADS] = tally + (done - before) * (end - begin)
                s.status[entry + at.STATUS_ASTRAY] = first_astray(s, begin, end)


@kernel
def refresh(s: State):
    """Renews the lists of cases that have none yet, for the first row of the drive."""
    for k in range(s.cases * BLOCK):
        if k % BLOCK == 0:
            case = k // BLOCK
            stale = case * at.STATUS + at.STATUS_STALE
            if s.status[stale] == 1:
                row = s.case_int[case * at.CASE_INT + at.CASE_DRIVE_BEGIN]
                if renew_lists(s, case, row) == 1:
                    s.status[stale] = 0
                    s.travel[case * at.TRAVEL + at.TRAVEL_NEAR] = 0.0
                    # So that the close slots are listed before the first step.
                    s.travel[case * at.TRAVEL + at.TRAVEL_CLOSE] = s.case_real[
                        case * at.CASE_REAL + at.CASE_CLOSE_SKIN
                    ]


@kernel
def collect(
    s: State,
    flip: ti.i32,
    drive_step: ti.i32,
    log: Sums,
    event_sums: Values,
    work: Sums,
    sample: Values,
):
    """Hands the sums since the last call and a sample of the moment to the host.

    ``flip`` is 0 here: this schedule moves the beads in place.
    """
    for k in range(s.cases * BLOCK):
        if k % BLOCK == 0:
            case = k // BLOCK
            begin = s.case_int[case * at.CASE_INT + at.CASE_BEAD_BEGIN]
            end = s.case_int[case * at.CASE_INT + at.CASE_BEAD_END]
            for bead in range(begin, end):
                for q in range(at.SAMPLE):
                    sample[bead * at.SAMPLE + q] = 0.0
            for bead in range(begin, end):
                collect_bead(s, sample, 0, case, bead, drive_step, True)
            for bead in range(begin, end):
                hand_over(s, bead, log, event_sums, work)
                sample_motion(s, sample, 0, case, bead)
