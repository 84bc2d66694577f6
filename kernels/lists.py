"""Lists of the serial schedule: near slots, close ones among them, and each bead's close ones."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.energy import tallied
from gpudem.kernels.meeting import separation, species_of
from gpudem.kernels.place import is_near
from gpudem.kernels.precision import zeros
from gpudem.kernels.records import load_of, pair_of

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
def list_incident(s: ti.template(), case, begin, end):
    """Lists for each bead the close entries that it is part of, in their order.

    An entry stands as twice its number, plus 1 for the partner. The order is that in which a
    single thread adds up a bead's contacts.
    """
    first = begin * s.slots
    count = s.status[case * at.STATUS + at.STATUS_CLOSE]
    for bead in range(begin, end + 1):
        s.incident_end[bead] = 0
    for c in range(count):
        entry = s.close[first + c]
        s.incident_end[entry[at.LIST_BEAD]] = s.incident_end[entry[at.LIST_BEAD]] + 1
        if entry[at.LIST_PARTNER] >= 0:
            s.incident_end[entry[at.LIST_PARTNER]] = s.incident_end[entry[at.LIST_PARTNER]] + 1
    before = 0
    for bead in range(begin, end):
        here = s.incident_end[bead]
        s.incident_end[bead] = before
        before += here
    for c in range(count):
        entry = s.close[first + c]
        for side in range(2):
            bead = entry[side]
            if bead >= 0:
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
