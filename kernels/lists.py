"""Lists of the serial schedule: near slots, close ones among them, and each bead's close ones."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.energy import tallied
from gpudem.kernels.meeting import separation, species_of
from gpudem.kernels.place import is_near
from gpudem.kernels.precision import zeros
from gpudem.kernels.records import load_of, pair_of
from gpudem.kernels.team import share_begin

int4 = ti.types.vector(4, ti.i32)


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
        apart, closeness, reach = separation(s, 0, case, here, partner, row)
        alive = s.contact_state[entry[at.LIST_SLOT]] != at.APART
        near = is_near(apart, closeness, reach, skin)
        listed = near or alive or (all_walls and partner < 0)
        s.close[first + count] = entry
        s.alive[first + count] = ti.cast(alive, ti.i32)
        count += ti.select(listed, 1, 0)
        walls += ti.select(listed and partner < 0, 1, 0)
    s.status[case * at.STATUS + at.STATUS_CLOSE] = count
    s.status[case * at.STATUS + at.STATUS_CLOSE_WALLS] = walls


@ti.func
def first_entry_of(s: ti.template(), first, low, high, bead):
    """The first of some close entries, sorted by bead, that is of this bead or a later one."""
    for _ in range(32):
        if low < high:
            middle = (low + high) // 2
            if s.close[first + middle][at.LIST_BEAD] < bead:
                low = middle + 1
            else:
                high = middle
    return low


@ti.func
def share_close_slots(s: ti.template(), case, begin, end, group: ti.template(), members):
    """Gives each member of a team a run of beads, with the close entries that are theirs.

    Runs are of whole groups of beads and of equal numbers of pairs, nearly.
    """
    first = begin * s.slots
    walls = s.status[case * at.STATUS + at.STATUS_CLOSE_WALLS]
    close = s.status[case * at.STATUS + at.STATUS_CLOSE]
    for m in range(members + 1):
        bead = end
        if m == 0:
            bead = begin
        elif m < members:
            c = walls + share_begin(close - walls, m, members)
            if c < close:
                bead = s.close[first + c][at.LIST_BEAD]
                bead -= (bead - begin) % group
        s.share[m * at.SHARE + at.SHARE_BEADS] = bead
        s.share[m * at.SHARE + at.SHARE_WALLS] = first_entry_of(s, first, 0, walls, bead)
        s.share[m * at.SHARE + at.SHARE_PAIRS] = first_entry_of(s, first, walls, close, bead)


@ti.func
def list_incident(s: ti.template(), case, begin, end, members):
    """Lists the close entries of each bead that is partner in another member's share.

    An entry stands as twice its number, plus 1 for the partner, in the order in which a single
    thread adds up a bead's contacts.
    """
    first = begin * s.slots
    count = s.status[case * at.STATUS + at.STATUS_CLOSE]
    for bead in range(begin, end):
        s.gathered[bead] = 0
        s.incident_end[bead] = 0
    for m in range(members):
        border = s.share[(m + 1) * at.SHARE + at.SHARE_BEADS]
        for c in range(
            s.share[m * at.SHARE + at.SHARE_PAIRS], s.share[(m + 1) * at.SHARE + at.SHARE_PAIRS]
        ):
            partner = s.close[first + c][at.LIST_PARTNER]
            if partner >= border:
                s.gathered[partner] = 1
    for c in range(count):
        for side in range(2):
            bead = s.close[first + c][side]
            if bead >= 0:
                s.incident_end[bead] = s.incident_end[bead] + s.gathered[bead]
    before = 0
    for bead in range(begin, end):
        here = s.incident_end[bead]
        s.incident_end[bead] = before
        before += here
    for c in range(count):
        for side in range(2):
            bead = s.close[first + c][side]
            if bead >= 0:
                if s.gathered[bead] == 1:
                    rank = s.incident_end[bead]
                    s.incident_end[bead] = rank + 1
                    s.incident[2 * first + rank] = 2 * c + side


@ti.func
def load_on_partner(effect, torque):
    """What a contact does to the partner, from what it does to the bead and the other torque."""
    return load_of([-effect[0], -effect[1], -effect[2]], torque)


@ti.func
def gather_load(s: ti.template(), case, bead, begin, first, walls):
    """Sum of what the touching contacts do to a bead, as in the array `load`.

    Adds the works of moving walls to the bead's, as the first ``walls`` entries are of walls.
    """
    load = zeros(8)
    start = 0
    if bead > begin:
        start = s.incident_end[bead - 1]
    for rank in range(start, s.incident_end[bead]):
        code = s.incident[2 * first + rank]
        c = first + code // 2
        if s.alive[c] == 1:
            effect = s.effect[c]
            if code % 2 == 1:
                effect = load_on_partner(effect, s.partner_effect[c])
            elif c < first + walls:
                work = tallied(s, case, s.partner_effect[c][3])
                s.work[bead][at.WORK_WALL] = s.work[bead][at.WORK_WALL] + work
            load += effect
    return load
