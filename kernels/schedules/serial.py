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
from gpudem.kernels.bead import move, works_of
from gpudem.kernels.energy import tallied
from gpudem.kernels.events import collect_bead, hand_over, sample_motion
from gpudem.kernels.position import is_lost
from gpudem.kernels.precision import Sums, Values, kernel, mixed, zeros
from gpudem.kernels.schedules.serial_contacts import collide_active, enter_changes, find_active
from gpudem.kernels.schedules.serial_grid import list_higher, sort_into_cells
from gpudem.kernels.schedules.serial_lists import (
    adopt_lists,
    count_incident,
    gather_load,
    list_close_slots,
    list_incident,
    list_near_slots,
    records_needed,
)
from gpudem.kernels.schedules.simd_contacts import empty_lanes
from gpudem.kernels.schedules.thread_team import (
    all_have_arrived,
    has_waited_long,
    share_of,
    wait_at_barrier,
)
from gpudem.kernels.shapes.wall import row_of, vector_at
from gpudem.kernels.state import State
from gpudem.kernels.vec3 import larger

# Taichi splits a CPU loop only into blocks of this many iterations.
BLOCK = 512
# Rounds (some 20 to 50 ns each) that a member of a team waits for the others' contacts before the
# team breaks up.
PATIENCE, PATIENCE_PER_BEAD = 500_000, 10


@ti.func
def renew_lists(
    s: ti.template(), case, begin, end, member, members, passed, row, team: ti.template()
):
    """Renews the lists of a member's share of a case; with no team, of all its beads.

    Returns 1 unless slots or records did not suffice (nothing changed), and how many have arrived
    at barriers.
    """
    low, high = share_of(s, case, begin, end, member, members)
    arrivals = passed
    if member == 0:
        sort_into_cells(s, case, begin, end)
    if ti.static(team):
        arrivals = wait_at_barrier(s, case, members, arrivals, 0, 0)
    most = 0
    for bead in range(low, high):
        used = list_higher(s, case, begin, bead, row)
        s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS] = used
        most = ti.max(most, used)
    records = records_needed(s, case, low, high)
    if ti.static(team):
        message = member * at.MESSAGE
        s.message[message + at.MESSAGE_SLOTS] = most
        s.message[message + at.MESSAGE_RECORDS] = records
        arrivals = wait_at_barrier(s, case, members, arrivals, 0, 0)
        for m in range(members):
            message = m * at.MESSAGE
            most = ti.max(most, ti.cast(s.message[message + at.MESSAGE_SLOTS], ti.i32))
            records = ti.max(records, ti.cast(s.message[message + at.MESSAGE_RECORDS], ti.i32))
    fits = ti.cast(most <= s.slots and records <= s.records, ti.i32)
    if fits == 1:
        adopt_lists(s, case, low, high)
        list_near_slots(s, case, case * members + member, low, high)
        if ti.static(team):
            arrivals = wait_at_barrier(s, case, members, arrivals, 0, 0)
            s.message[member * at.MESSAGE + at.MESSAGE_INCIDENT] = count_incident(
                s, case, begin, end, member, members
            )
            arrivals = wait_at_barrier(s, case, members, arrivals, 0, 0)
            before = 0
            for m in range(member):
                before += ti.cast(s.message[m * at.MESSAGE + at.MESSAGE_INCIDENT], ti.i32)
            list_incident(s, case, begin, end, before, member, members)
            arrivals = wait_at_barrier(s, case, members, arrivals, 0, 0)
    elif member == 0:
        s.status[case * at.STATUS + at.STATUS_SLOTS] = most
        s.status[case * at.STATUS + at.STATUS_RECORDS] = records
    return fits, arrivals


@ti.func
def move_groups(s: ti.template(), case, begin, low, high, body, dt, team: ti.template()):
    """Moves the beads of whole groups; returns the largest square of a speed [m2/s2].

    Works are summed by groups of a fixed size, whoever moves them, and kept with the first bead;
    in mixed precision each bead's is rounded to the unit first, as in the other schedule.
    """
    fastest = 0.0
    for group in range((high - low + at.GROUP - 1) // at.GROUP):
        first = low + group * at.GROUP
        last = ti.min(first + at.GROUP, high)
        by_body, by_contacts = s.work[first][at.WORK_BODY], s.work[first][at.WORK_CONTACT]
        momentum, power = zeros(8), zeros(8)
        for bead in range(first, last):
            load = s.load[bead]
            s.load[bead] = zeros(8)
            if ti.static(team):
                if s.gathered[bead] == 1:
                    load = gather_load(s, case, bead, begin)
            moved = move(s, 0, case, bead, s.position[bead], load, body, dt)
            fastest = larger(moved.speed_square, fastest)
            if ti.static(mixed()):
                works = works_of(moved.momentum, moved.power, body, dt)
                by_body += tallied(s, case, works[0])
                by_contacts += tallied(s, case, works[1])
            else:
                momentum += moved.momentum
                power += moved.power
        if ti.static(not mixed()):
            works = works_of(momentum, power, body, dt)
            by_body += works[0]
            by_contacts += works[1]
        s.work[first][at.WORK_BODY] = by_body
        s.work[first][at.WORK_CONTACT] = by_contacts
    return fastest


@ti.func
def step_share(
    s: ti.template(),
    lanes: ti.template(),
    case,
    begin,
    end,
    member,
    members,
    passed,
    step,
    row,
    team: ti.template(),
):
    """Advances a member's share of a case by a step; with no team, all its beads.

    Returns the most that a bead of the case went [m], and how many have arrived at barriers. The
    bits are the same for any number of members: a bead's loads are added in the order of its
    contacts, works by group, and the log by one member.
    """
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    body = vector_at(s.drive, row)
    low, high = share_of(s, case, begin, end, member, members)
    arrivals = passed
    active = find_active(s, case, case * members + member, low * s.records, row)
    changed = collide_active(s, lanes, case, low * s.records, active, step, row, dt, team)
    if ti.static(team):
        s.message[member * at.MESSAGE + at.MESSAGE_CHANGED] = changed
        patience = PATIENCE + PATIENCE_PER_BEAD * (end - begin)
        arrivals = wait_at_barrier(s, case, members, arrivals, patience, step)
        if member == 0:
            enter_changes(s, case, begin, end, step, dt, members)
    fastest = move_groups(s, case, begin, low, high, body, dt, team)
    if ti.static(team):
        s.message[member * at.MESSAGE + at.MESSAGE_FASTEST] = fastest
        arrivals = wait_at_barrier(s, case, members, arrivals, 0, 0)
        for m in range(members):
            fastest = ti.max(fastest, s.message[m * at.MESSAGE + at.MESSAGE_FASTEST])
    return ti.sqrt(fastest) * dt, arrivals


@ti.func
def first_lost(s: ti.template(), begin, end):
    """The first bead without a finite position, or -1."""
    out = -1
    for bead in range(begin, end):
        if out < 0 and is_lost(s.position[bead]):
            out = bead
    return out


@ti.func
def collect_case(
    s: ti.template(),
    case,
    begin,
    end,
    out,
    row,
    log: ti.template(),
    event_sums: ti.template(),
    work: ti.template(),
    sample: ti.template(),
):
    """Hands a case's sums since the last time and a sample of the moment to the host.

    ``out`` is the row of the first bead of all cases, ``row`` where the moment begins in the drive.
    """
    for bead in range(begin, end):
        for q in range(at.SAMPLE):
            sample[(out + bead) * at.SAMPLE + q] = 0.0
    for bead in range(begin, end):
        collect_bead(s, sample, 0, case, bead, out, row, True)
    for bead in range(begin, end):
        hand_over(s, bead, out, log, event_sums, work)
        sample_motion(s, sample, 0, case, bead, out)


@ti.func
def progress_of(s: ti.template(), case, members, again):
    """How far a case has come, as each of its members counts for itself.

    Returns:
        ``stale``, 1 where its lists must be renewed before the next step; ``listed``, members for
        whose shares they were made; the most that a bead can have gone since then, ``travel`` [m],
        and since the close slots were listed, ``travel_close`` [m]; steps ``done`` and those done
        ``before``; ``rebuilds``; ``arrivals`` at the barrier; ``stays``, 0 once the case or the
        team has to stop.
    """
    entry = case * at.STATUS
    listed = s.status[entry + at.STATUS_MEMBERS]
    before = again * s.status[entry + at.STATUS_STEPS]
    return ti.Struct(
        # Lists are those of certain shares.
        stale=ti.select(listed != members, 1, s.status[entry + at.STATUS_STALE]),
        listed=listed,
        travel=s.travel[case * at.TRAVEL + at.TRAVEL_NEAR],
        travel_close=s.travel[case * at.TRAVEL + at.TRAVEL_CLOSE],
        done=before,
        before=before,
        rebuilds=again * s.status[entry + at.STATUS_REBUILDS],
        arrivals=members,
        stays=1,
    )


@ti.func
def keep_progress(s: ti.template(), case, begin, end, again, now):
    """Leaves how far a case has come for the host and the next call."""
    entry = case * at.STATUS
    tally = again * s.status[entry + at.STATUS_BEADS]
    s.travel[case * at.TRAVEL + at.TRAVEL_NEAR] = now.travel
    s.travel[case * at.TRAVEL + at.TRAVEL_CLOSE] = now.travel_close
    s.status[entry + at.STATUS_STALE] = now.stale
    s.status[entry + at.STATUS_MEMBERS] = now.listed
    s.status[entry + at.STATUS_STEPS] = now.done
    s.status[entry + at.STATUS_REBUILDS] = now.rebuilds
    s.status[entry + at.STATUS_BEADS] = tally + (now.done - now.before) * (end - begin)
    s.status[entry + at.STATUS_LOST_BEAD] = first_lost(s, begin, end)


@ti.func
def take_step(
    s: ti.template(),
    lanes: ti.template(),
    now: ti.template(),
    case,
    begin,
    end,
    member,
    members,
    step,
    row,
    lists_only,
    team: ti.template(),
):
    """One step of a member's share, its lists renewed before where need be; ``now`` moves on.

    With ``lists_only`` the beads stay, and so does ``now`` but for what it says of the lists.
    """
    skin = s.case_real[case * at.CASE_REAL + at.CASE_SKIN]
    close_skin = s.case_real[case * at.CASE_REAL + at.CASE_CLOSE_SKIN]
    # Two beads may approach each other, hence twice the travel.
    if 2.0 * now.travel > skin:
        now.stale = 1
    fits = 1
    if now.stale == 1:
        fits, now.arrivals = renew_lists(
            s, case, begin, end, member, members, now.arrivals, row, team
        )
        now.rebuilds += fits
        now.travel = 0.0
        now.travel_close = close_skin
    if fits == 1:
        now.stale = 0
        now.listed = members
        if not lists_only:
            if 2.0 * now.travel_close > close_skin:
                low, _ = share_of(s, case, begin, end, member, members)
                list_close_slots(s, case, case * members + member, low * s.records, row)
                now.travel_close = 0.0
            travel, arrivals = step_share(
                s, lanes, case, begin, end, member, members, now.arrivals, step, row, team
            )
            now.arrivals = arrivals
            if ti.static(team):
                if has_waited_long(s, case, step):
                    now.stays = 0
            if ti.static(mixed()):
                # Single-precision sums of many small steps come out short.
                travel = 1.001 * travel
            now.travel += travel
            now.travel_close += travel
            now.done += 1


@kernel
def advance(
    s: State,
    first_step: ti.i32,
    steps: ti.i32,
    again: ti.i32,
    members: ti.i32,
    team: ti.template(),
    every: ti.i32,
    log: Sums,
    event_sums: Values,
    work: Sums,
    sample: Values,
):
    """Advances every case by ``steps`` steps, the first of which is number ``first_step``.

    A case whose slots run out, or whose team breaks up, stops there; called ``again`` it goes on
    where it stopped. With ``team``, so many ``members`` share each case, each with a thread of
    its own; they keep the same counts and so take the same decisions. One member alone may be a
    team, and does as one thread without, 2 to 4 % more slowly.

    Sums and samples are handed out whenever ``every`` steps (if not 0) divide a step's number; the
    drive then holds one row more, and a case with a lost bead stops there.

    With no steps it only renews the lists of cases that have none yet: a kernel for that would have
    most of this one compiled twice.
    """
    for k in range(s.cases):
        for q in range(4):
            s.barrier[k * at.BARRIER + q] = 0
    for k in range(s.cases * members * BLOCK):
        if k % BLOCK == 0:
            case = k // BLOCK // members
            member = k // BLOCK % members
            begin = s.case_int[case * at.CASE_INT + at.CASE_BEAD_BEGIN]
            end = s.case_int[case * at.CASE_INT + at.CASE_BEAD_END]
            lanes = empty_lanes()
            now = progress_of(s, case, members, again)
            if ti.static(team):
                now.stays = all_have_arrived(s, case, members)
            # A loop over steps ends at a collection: code that seldom runs would slow every step.
            parts = 1
            if every > 0:
                parts = (first_step + steps) // every - first_step // every + 1
            for part in range(parts):
                start, stop = now.before, ti.max(steps, 1)
                if every > 0:
                    stop = (first_step // every + part + 1) * every - first_step
                    start, stop = ti.max(now.before, stop - every), ti.min(stop, steps)
                for n in range(start, stop):
                    # A case whose slots run out, or whose team breaks up, idles from here.
                    if now.done == n and now.stays == 1:
                        step, row = first_step + n, row_of(s, case, n)
                        take_step(
                            s,
                            lanes,
                            now,
                            case,
                            begin,
                            end,
                            member,
                            members,
                            step,
                            row,
                            steps == 0,
                            team,
                        )
                collects = every > 0 and stop > start and now.done == stop
                if collects and (first_step + stop) % every == 0:
                    # Each member looks for itself, before any can go on.
                    if first_lost(s, begin, end) >= 0:
                        now.stays = 0
                    if member == 0:
                        row = row_of(s, case, stop)
                        out = part * s.beads
                        collect_case(s, case, begin, end, out, row, log, event_sums, work, sample)
                    if ti.static(team):
                        now.arrivals = wait_at_barrier(s, case, members, now.arrivals, 0, 0)
            if ti.static(team):
                # What all have read at the start, one writes at the end.
                if now.done > now.before:
                    now.arrivals = wait_at_barrier(s, case, members, now.arrivals, 0, 0)
            if member == 0:
                keep_progress(s, case, begin, end, again, now)


@kernel
def collect(
    s: State,
    flip: ti.i32,
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
            row = row_of(s, case, 0)
            collect_case(s, case, begin, end, 0, row, log, event_sums, work, sample)
