"""Case-per-thread schedule: each case runs thousands of steps on one core.

Pairs stand once, in the list of the bead of the lower number. A step is three loops: find the
touching ones among the close slots, apply the law to them, move the beads. Finding them first,
walls before pairs, keeps the processor from guessing wrong about every near pair. The near
slots (up to a skin) are listed anew when a bead can have moved half the skin, and from them the
close slots (up to a thinner skin) a few times more often. Neither changes any result.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.bead import end_contact, move
from gpudem.kernels.events import collect_bead, hand_over, record, sample_motion
from gpudem.kernels.grid import list_higher, sort_into_cells
from gpudem.kernels.lanes import (
    ENERGY,
    FORCE,
    HISTORY,
    LANES,
    OTHER_TORQUE,
    PUSH,
    SPEED,
    STATE,
    WORK_WALL,
    Lanes,
    collide_lanes,
    fill_lane,
    fill_memory,
    take,
)
from gpudem.kernels.meeting import motion_of_partner, separation, species_of
from gpudem.kernels.neighbours import adopt_list
from gpudem.kernels.records import pair_of
from gpudem.kernels.state import State
from gpudem.kernels.wall import vector_at

vec3 = ti.types.vector(3, ti.f64)
vec4 = ti.types.vector(4, ti.f64)
vec8 = ti.types.vector(8, ti.f64)
int4 = ti.types.vector(4, ti.i32)
Values = ti.types.ndarray(dtype=ti.f64, ndim=1)

# Taichi splits a CPU loop only into blocks of this many iterations.
BLOCK = 512


@ti.func
def renew_lists(s: ti.template(), case, row):
    """Renews all lists of a case; returns 1 unless slots did not suffice (nothing changed)."""
    base = case * at.CASE_INT
    begin = s.case_int[base + at.CASE_BEAD_BEGIN]
    end = s.case_int[base + at.CASE_BEAD_END]
    sort_into_cells(s, case, begin, end)
    most = 0
    for rank in range(end - begin):
        used = list_higher(s, case, begin, rank, row)
        s.slots_next[s.cell_bead[begin + rank]] = used
        most = ti.max(most, used)
    fits = ti.cast(most <= s.slots, ti.i32)
    if fits == 1:
        for bead in range(begin, end):
            adopt_list(s, 0, bead, s.slots_next[bead])
        list_near_slots(s, case, begin, end)
    else:
        s.status[case * at.STATUS + at.STATUS_SLOTS] = most
    return fits


@ti.func
def list_near_slots(s: ti.template(), case, begin, end):
    """Lists all used slots of a case in one row: those of walls first, then those of pairs."""
    first = begin * s.slots
    count = 0
    for kind in range(2):
        for bead in range(begin, end):
            for k in range(s.slots_used[bead]):
                slot = bead * s.slots + k
                partner = s.partner[slot]
                if (partner >= 0) == (kind == 1):
                    pair = pair_of(s, case, s.species[bead], species_of(s, partner))
                    s.near[first + count] = int4(bead, partner, slot, pair)
                    count += 1
    s.status[case * at.STATUS + at.STATUS_NEAR] = count


@ti.func
def list_close_slots(s: ti.template(), case, first, row):
    """Lists the near slots within the thinner skin, in the order of the near ones."""
    skin = s.case_real[case * at.CASE_REAL + at.CASE_CLOSE_SKIN]
    all_walls = s.case_int[case * at.CASE_INT + at.CASE_LIST_ALL_WALLS] == 1
    count = 0
    walls = 0
    for q in range(s.status[case * at.STATUS + at.STATUS_NEAR]):
        entry = s.near[first + q]
        partner = entry[at.LIST_PARTNER]
        here = s.place[entry[at.LIST_BEAD]]
        apart, reach = separation(s, 0, case, here, partner, row)
        reach += skin
        alive = s.contact_state[entry[at.LIST_SLOT]] != at.APART
        listed = apart.norm_sqr() < reach * reach or alive or (all_walls and partner < 0)
        s.close[first + count] = entry
        s.alive[first + count] = ti.cast(alive, ti.i32)
        count += ti.select(listed, 1, 0)
        walls += ti.select(listed and partner < 0, 1, 0)
    s.status[case * at.STATUS + at.STATUS_CLOSE] = count
    s.status[case * at.STATUS + at.STATUS_CLOSE_WALLS] = walls


@ti.func
def find_active(s: ti.template(), case, first, row):
    """Lists the close slots that touch or have just stopped to; returns their number."""
    count = 0
    walls = s.status[case * at.STATUS + at.STATUS_CLOSE_WALLS]
    for c in range(walls):
        entry = s.close[first + c]
        here = s.place[entry[at.LIST_BEAD]]
        apart, reach = separation(s, 0, case, here, entry[at.LIST_PARTNER], row)
        s.active[first + count] = c
        s.apart[first + count] = vec4(apart[0], apart[1], apart[2], reach)
        touching = ti.cast(apart.norm_sqr() < reach * reach, ti.i32)
        count += touching | s.alive[first + c]
    for c in range(walls, s.status[case * at.STATUS + at.STATUS_CLOSE]):
        entry = s.close[first + c]
        here = s.place[entry[at.LIST_BEAD]]
        there = s.place[entry[at.LIST_PARTNER]]
        apart = here.xyz - there.xyz
        reach = here[at.RADIUS] + there[at.RADIUS]
        s.active[first + count] = c
        s.apart[first + count] = vec4(apart[0], apart[1], apart[2], reach)
        touching = ti.cast(apart.norm_sqr() < reach * reach, ti.i32)
        count += touching | s.alive[first + c]
    return count


@ti.func
def collide_active(s: ti.template(), lanes: ti.template(), case, first, step, row, dt):
    """Applies the law to all active slots; returns the work of the walls [J]."""
    work = 0.0
    active = find_active(s, case, first, row)
    for block in range((active + LANES - 1) // LANES):
        start = first + block * LANES
        filled = ti.min(LANES, active - block * LANES)
        for lane in range(filled):
            entry = s.close[first + s.active[start + lane]]
            apart = s.apart[start + lane]
            bead, partner = entry[at.LIST_BEAD], entry[at.LIST_PARTNER]
            here = s.place[bead]
            other = motion_of_partner(s, 0, case, here, apart.xyz, partner, row)
            fill_lane(lanes, lane, apart, here[at.RADIUS], s.motion[bead], other)
            fill_memory(s, lanes, lane, entry[at.LIST_SLOT], entry[at.LIST_PAIR], step)
        collide_lanes(lanes, dt)
        for lane in range(filled):
            close = first + s.active[start + lane]
            entry = s.close[close]
            apart = s.apart[start + lane]
            bead, partner, slot = entry[0], entry[1], entry[2]
            if apart.xyz.norm_sqr() < apart[3] * apart[3]:
                s.alive[close] = 1
                record(
                    s,
                    bead,
                    partner,
                    slot,
                    take(lanes, HISTORY, 8, lane),
                    take(lanes, ENERGY, 8, lane),
                    lanes[PUSH * LANES + lane],
                    lanes[SPEED * LANES + lane],
                    ti.cast(lanes[STATE * LANES + lane], ti.i32),
                    True,
                )
                f = take(lanes, FORCE, 6, lane)
                s.load[bead] = s.load[bead] + vec8(f[0], f[1], f[2], 0.0, f[3], f[4], f[5], 0.0)
                if partner >= 0:
                    o = take(lanes, OTHER_TORQUE, 3, lane)
                    s.load[partner] = s.load[partner] + vec8(
                        -f[0], -f[1], -f[2], 0.0, o[0], o[1], o[2], 0.0
                    )
                else:
                    work += lanes[WORK_WALL * LANES + lane]
            else:
                s.alive[close] = 0
                end_contact(s, case, bead, partner, slot, step, dt, True)
    return work


@ti.func
def step_case(s: ti.template(), lanes: ti.template(), case, begin, end, step, row):
    """Advances all beads of a case by a step; returns the most that a bead went [m]."""
    dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
    body = vector_at(s.drive, row)
    # Works are wanted for the bowl only: summed here, kept with the first bead.
    work = s.work[begin]
    work[at.WORK_WALL] += collide_active(s, lanes, case, begin * s.slots, step, row, dt)
    fastest = 0.0
    for bead in range(begin, end):
        moved = move(s, 0, bead, s.place[bead], s.load[bead], body, dt)
        s.load[bead] = vec8(0.0)
        fastest = ti.max(fastest, moved[0])
        work[at.WORK_BODY] += moved[1]
        work[at.WORK_CONTACT] += moved[2]
    s.work[begin] = work
    return ti.sqrt(fastest) * dt


@ti.func
def first_astray(s: ti.template(), begin, end):
    """The first bead without a finite position, or -1."""
    out = -1
    for bead in range(begin, end):
        place = s.place[bead]
        size = ti.abs(place[0]) + ti.abs(place[1]) + ti.abs(place[2])
        if out < 0 and not size < 1e300:
            out = bead
    return out


@ti.kernel
def advance(s: State, first_step: ti.i32, steps: ti.i32, again: ti.i32):
    """Advances every case by ``steps`` steps, the first of which is number ``first_step``.

    A case whose slots run out stops there; called ``again`` with more room, it goes on where it
    stopped.
    """
    for k in range(s.cases * BLOCK):
        if k % BLOCK == 0:
            case = k // BLOCK
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
            lanes = Lanes(1.0)
            for n in range(before, steps):
                # A case whose slots run out idles from here until the host has made room.
                if done == n:
                    row = first_row + n * row_length
                    # Two beads may approach each other, hence twice the travel.
                    if 2.0 * gone > skin:
                        stale = 1
                    fits = 1
                    if stale == 1:
                        fits = renew_lists(s, case, row)
                        rebuilds += fits
                        gone = 0.0
                        gone_close = close_skin
                    if fits == 1:
                        stale = 0
                        if 2.0 * gone_close > close_skin:
                            list_close_slots(s, case, begin * s.slots, row)
                            gone_close = 0.0
                        way = step_case(s, lanes, case, begin, end, first_step + n, row)
                        gone += way
                        gone_close += way
                        done += 1
            s.travel[case * at.TRAVEL + at.TRAVEL_NEAR] = gone
            s.travel[case * at.TRAVEL + at.TRAVEL_CLOSE] = gone_close
            s.status[case * at.STATUS + at.STATUS_STALE] = stale
            s.status[case * at.STATUS + at.STATUS_STEPS] = done
            s.status[case * at.STATUS + at.STATUS_REBUILDS] = rebuilds
            s.status[case * at.STATUS + at.STATUS_BEADS] = tally + (done - before) * (end - begin)
            s.status[case * at.STATUS + at.STATUS_ASTRAY] = first_astray(s, begin, end)


@ti.kernel
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


@ti.kernel
def collect(
    s: State,
    flip: ti.i32,
    drive_step: ti.i32,
    log: Values,
    event_sums: Values,
    work: Values,
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
                sample_motion(s, sample, 0, bead)
