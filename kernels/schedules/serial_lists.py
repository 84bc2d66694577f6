"""Lists of the serial schedule: near slots and close ones among them, and the contacts at borders.

Each share of a case's beads, its only one or that of a team's member, has lists of its own. They
begin in their arrays where the records of its first bead do.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.contact_kinematics import separation, species_of
from gpudem.kernels.energy import tallied
from gpudem.kernels.gap import is_near
from gpudem.kernels.neighbours import place_in_next
from gpudem.kernels.precision import zeros
from gpudem.kernels.records import load_of, move_record, pair_of, record_of, slot_of
from gpudem.kernels.schedules.thread_team import pool_of, share_of
from gpudem.kernels.shapes.wall import moves_through_space, poses_of

int4 = ti.types.vector(4, ti.i32)

# Which side of a contact an incident entry is: the bead's or the partner's of a pair, or a bead's
# at a wall.
OF_PARTNER, OF_WALL, SIDES = 1, 2, 4


@ti.func
def records_needed(s: ti.template(), case, low, high):
    """Records for each bead that the pools of a share need for their beads' next lists."""
    beads = pool_of(s, case)
    most = 0
    for p in range((high - low + beads - 1) // beads):
        first = low + p * beads
        last = ti.min(first + beads, high)
        listed = 0
        for bead in range(first, last):
            listed += s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS]
        most = ti.max(most, (listed + last - first - 1) // (last - first))
    return most


@ti.func
def adopt_lists(s: ti.template(), case, low, high):
    """Makes the next lists those of a share's beads and takes their contacts under way along.

    The records of a pool stand in the order of its beads and their slots. As lists are sorted
    alike, contacts keep that order: moving down in rising order and up in falling order never
    overwrites one that has not been moved yet.
    """
    beads = pool_of(s, case)
    for p in range((high - low + beads - 1) // beads):
        first = low + p * beads
        last = ti.min(first + beads, high)
        place = 1 + first * s.records
        for bead in range(first, last):
            move_records(s, bead, place, False)
            place += s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS]
        for back in range(last - first):
            bead = last - 1 - back
            used = s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS]
            place -= used
            move_records(s, bead, place, True)
            for k in range(used):
                slot = slot_of(s, bead, k)
                s.partner[slot] = s.partner_next[slot]
            s.slots_used[bead] = used
            s.first_record[bead] = place


@ti.func
def move_records(s: ti.template(), bead, place, up: ti.template()):
    """Moves a bead's contacts under way up, or down, to the records from ``place`` on."""
    before, first = s.slots_used[bead], s.first_record[bead]
    used = s.tally[bead * at.TALLY + at.TALLY_NEXT_SLOTS]
    for n in range(before):
        k = before - 1 - n if ti.static(up) else n
        if s.contact_state[first + k] != at.APART:
            partner = s.partner[slot_of(s, bead, k)]
            new = place + place_in_next(s, s.partner_next, bead, used, partner)
            if (new > first + k) if ti.static(up) else (new < first + k):
                move_record(s, first + k, new)


@ti.func
def list_near_slots(s: ti.template(), case, share, low, high):
    """Lists all used slots of a share's beads in one row: those of walls, then those of pairs."""
    first = low * s.records
    count = 0
    for kind in range(2):
        for bead in range(low, high):
            for k in range(s.slots_used[bead]):
                partner = s.partner[slot_of(s, bead, k)]
                if (partner >= 0) == (kind == 1):
                    pair = pair_of(s, case, s.species[bead], species_of(s, partner))
                    record = record_of(s, bead, k, True)
                    s.near[first + count] = int4(bead, partner, record, pair)
                    count += 1
        s.share[share * at.SHARE + at.SHARE_NEAR_WALLS + kind] = count


@ti.func
def list_close_slots(s: ti.template(), case, share, first, row):
    """Lists the near slots within the thinner skin, in the order of the near ones."""
    skin = s.case_real[case * at.CASE_REAL + at.CASE_CLOSE_SKIN]
    poses = poses_of(s, case, row)
    count = 0
    walls = 0
    for q in range(s.share[share * at.SHARE + at.SHARE_NEAR]):
        entry = s.near[first + q]
        partner = entry[at.LIST_PARTNER]
        here = s.position[entry[at.LIST_BEAD]]
        gap = separation(s, 0, case, here, partner, poses)
        alive = s.contact_state[entry[at.LIST_RECORD]] != at.APART
        near = is_near(gap, skin)
        listed = near or alive
        if partner < 0:
            listed = listed or moves_through_space(s, -1 - partner)
        s.close[first + count] = entry
        s.alive[first + count] = ti.cast(alive, ti.i32)
        count += ti.select(listed, 1, 0)
        walls += ti.select(listed and partner < 0, 1, 0)
    s.share[share * at.SHARE + at.SHARE_CLOSE_WALLS] = walls
    s.share[share * at.SHARE + at.SHARE_CLOSE] = count


@ti.func
def count_incident(s: ti.template(), case, begin, end, member, members):
    """Marks which beads of a member's share are partners in others', to be gathered.

    Returns how many near entries, on either side, are of such beads.
    """
    low, high = share_of(s, case, begin, end, member, members)
    for bead in range(low, high):
        s.gathered[bead] = 0
        s.incident_end[bead] = 0
    for m in range(member):
        first, walls, count = near_entries(s, case, begin, end, m, members)
        for q in range(walls, count):
            bead = s.near[first + q][at.LIST_PARTNER]
            if low <= bead and bead < high:
                s.gathered[bead] = 1
                s.incident_end[bead] = s.incident_end[bead] + 1
    first, _, count = near_entries(s, case, begin, end, member, members)
    for q in range(count):
        for side in ti.static(range(2)):
            bead = s.near[first + q][side]
            if low <= bead and bead < high:
                s.incident_end[bead] = s.incident_end[bead] + s.gathered[bead]
    total = 0
    for bead in range(low, high):
        total += s.incident_end[bead]
    return total


@ti.func
def list_incident(s: ti.template(), case, begin, end, before, member, members):
    """Lists the near entries of each gathered bead of a share, behind ``before`` of other shares.

    An entry stands as its record times SIDES, plus the side; in the order in which a single thread
    adds up a bead's contacts: walls, partners of a lower number, partners of a higher one.
    """
    low, high = share_of(s, case, begin, end, member, members)
    rank = before
    for bead in range(low, high):
        count = s.incident_end[bead]
        s.incident_end[bead] = rank
        rank += count
    first, walls, count = near_entries(s, case, begin, end, member, members)
    for q in range(walls):
        entry = s.near[first + q]
        code = entry[at.LIST_RECORD] * SIDES + OF_WALL
        enter_incident(s, begin, low, high, entry[at.LIST_BEAD], code)
    for m in range(member + 1):
        first, walls, count = near_entries(s, case, begin, end, m, members)
        for q in range(walls, count):
            entry = s.near[first + q]
            for side in ti.static(range(2)):
                code = entry[at.LIST_RECORD] * SIDES + side
                enter_incident(s, begin, low, high, entry[side], code)


@ti.func
def enter_incident(s: ti.template(), begin, low, high, bead, code):
    """Enters one side of a near entry into the list of its bead, if that is one of the gathered."""
    if low <= bead and bead < high:
        if s.gathered[bead] == 1:
            rank = s.incident_end[bead]
            s.incident_end[bead] = rank + 1
            s.incident[2 * begin * s.records + rank] = code
            s.effect[code // SIDES] = zeros(8)
            s.partner_effect[code // SIDES] = zeros(4)


@ti.func
def near_entries(s: ti.template(), case, begin, end, member, members):
    """Of a share's near entries: where they begin, how many are of walls, and of all."""
    low, _ = share_of(s, case, begin, end, member, members)
    entry = member * at.SHARE
    return low * s.records, s.share[entry + at.SHARE_NEAR_WALLS], s.share[entry + at.SHARE_NEAR]


@ti.func
def load_on_partner(effect, torque):
    """What a contact does to the partner, from what it does to the bead and the other torque."""
    force = [-effect[0], -effect[1], -effect[2]]
    return load_of(force, torque, effect[at.DAMPER], effect[at.SPRING])


@ti.func
def gather_load(s: ti.template(), case, bead, begin):
    """Sum of what its contacts do to a gathered bead, as in the array `load`.

    Those that do not touch do nothing. Adds the works of moving walls to the bead's.
    """
    load = zeros(8)
    start = 0
    if bead > begin:
        start = s.incident_end[bead - 1]
    for rank in range(start, s.incident_end[bead]):
        code = s.incident[2 * begin * s.records + rank]
        record, side = code // SIDES, code % SIDES
        effect = s.effect[record]
        if side == OF_PARTNER:
            effect = load_on_partner(effect, s.partner_effect[record])
        elif side == OF_WALL:
            work = tallied(s, case, s.partner_effect[record][3])
            s.work[bead][at.WORK_WALL] = s.work[bead][at.WORK_WALL] + work
        load += effect
    return load
