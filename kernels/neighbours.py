"""Neighbour search: grids of cells with fixed slots, and a list with a skin for every bead.

Beads of similar sizes share a grid, a level; a bead looks into every level as far as the largest
bead there can touch it (Ogarko & Luding, Comput. Phys. Commun. 183 (2012) 931).

The next ``lists`` are made in an array of the schedule's choice, in the order of the beads' slots.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.gap import between, is_near
from gpudem.kernels.position import position_of, radius_of
from gpudem.kernels.precision import vector3
from gpudem.kernels.records import move_record, slot_of
from gpudem.kernels.shapes.in_use import shapes
from gpudem.kernels.shapes.wall import gap_to_wall, meets, moves_through_space, pose_of, poses_of


@ti.func
def grid_at(s: ti.template(), case, level):
    """Where the entry of a level of a case begins in ``s.constants``."""
    return s.case_int[case * at.CASE_INT + at.CASE_LEVEL_BEGIN] + level * at.LEVEL


@ti.func
def grid_of(s: ti.template(), case, radius):
    """Where the entry of the level for beads of a radius [m] begins in ``s.constants``."""
    level = 0
    for q in range(s.case_int[case * at.CASE_INT + at.CASE_LEVELS] - 1):
        if radius > s.constants[grid_at(s, case, q) + at.LEVEL_LARGEST]:
            level = q + 1
    return grid_at(s, case, level)


@ti.func
def cell_coordinates(s: ti.template(), case, grid, position):
    """Cell of a position in a grid; what is outside belongs to the nearest cell."""
    out = ti.Vector([0, 0, 0])
    for axis in ti.static(range(3)):
        steps = (position[axis] - s.case_real[case * at.CASE_REAL + at.CASE_ORIGIN + axis]) * (
            s.constants[grid + at.LEVEL_PER_CELL]
        )
        last = s.constants[grid + at.LEVEL_CELLS + axis] - 1.0
        # Clamped before the cast: a runaway bead must not overflow the integer.
        out[axis] = ti.cast(ti.floor(ti.max(0.0, ti.min(steps, last))), ti.i32)
    return out


@ti.func
def cell_number(s: ti.template(), case, grid, x, y, z):
    """Index of a cell of a grid in the arrays of all cases."""
    across = ti.cast(s.constants[grid + at.LEVEL_CELLS + 1], ti.i32)
    deep = ti.cast(s.constants[grid + at.LEVEL_CELLS + 2], ti.i32)
    first = ti.cast(s.constants[grid + at.LEVEL_CELL_BEGIN], ti.i32)
    return s.case_int[case * at.CASE_INT + at.CASE_CELL_BEGIN] + first + (x * across + y) * deep + z


@ti.func
def cell_of(s: ti.template(), case, here):
    """Index of the cell of a bead, from its entry of ``position``."""
    grid = grid_of(s, case, radius_of(s, case, here))
    xyz = cell_coordinates(s, case, grid, position_of(s, case, here))
    return cell_number(s, case, grid, xyz[0], xyz[1], xyz[2])


@ti.func
def cells_near(s: ti.template(), case, grid, here):
    """First and last cell, along each axis, in which a grid can have neighbours of a bead."""
    largest = s.constants[grid + at.LEVEL_LARGEST]
    reach = radius_of(s, case, here) + largest + s.case_real[case * at.CASE_REAL + at.CASE_SKIN]
    corner = vector3(reach, reach, reach)
    position = position_of(s, case, here)
    low = cell_coordinates(s, case, grid, position - corner)
    return low, cell_coordinates(s, case, grid, position + corner)


@ti.func
def enter_cell(s: ti.template(), now, case, bead):
    """Puts a bead into its cell; returns the slots that the cell needs."""
    first = cell_of(s, case, s.position[now + bead]) * (1 + s.cell_slots)
    needed = ti.atomic_add(s.cell_bead[first], 1) + 1
    if needed <= s.cell_slots:
        s.cell_bead[first + needed] = bead
    return needed


@ti.func
def list_walls(s: ti.template(), lists: ti.template(), case, bead, here, row):
    """Writes the walls near a bead, by number, at the head of its next list; returns how many."""
    skin = s.case_real[case * at.CASE_REAL + at.CASE_SKIN]
    poses = poses_of(s, case, row)
    needed = 0
    for w in range(
        s.case_int[case * at.CASE_INT + at.CASE_WALL_BEGIN],
        s.case_int[case * at.CASE_INT + at.CASE_WALL_END],
    ):
        near = is_near(gap_to_wall(s, case, w, pose_of(poses, w), here), skin)
        near = near or moves_through_space(s, w)
        if ti.static(shapes().smooth):
            near = near and meets(s, case, w, here)
        if near:
            if needed < s.slots:
                lists[slot_of(s, bead, needed)] = -1 - w
            needed += 1
    return needed


@ti.func
def list_neighbours(s: ti.template(), lists: ti.template(), now, case, bead, row):
    """Writes a bead's next list: walls by number, then beads by rising number.

    Returns the number of slots needed; only the first K are written.
    """
    here = s.position[now + bead]
    skin = s.case_real[case * at.CASE_REAL + at.CASE_SKIN]
    walls = list_walls(s, lists, case, bead, here, row)
    needed = walls
    for level in range(s.case_int[case * at.CASE_INT + at.CASE_LEVELS]):
        grid = grid_at(s, case, level)
        low, high = cells_near(s, case, grid, here)
        for x in range(low[0], high[0] + 1):
            for y in range(low[1], high[1] + 1):
                for z in range(low[2], high[2] + 1):
                    cell = cell_number(s, case, grid, x, y, z) * (1 + s.cell_slots)
                    for k in range(ti.min(s.cell_bead[cell], s.cell_slots)):
                        other = s.cell_bead[cell + 1 + k]
                        if other != bead:
                            if is_near(between(s, case, here, s.position[now + other]), skin):
                                if needed < s.slots:
                                    insert_sorted(s, lists, bead, walls, needed, other)
                                needed += 1
    return needed


@ti.func
def insert_sorted(s: ti.template(), lists: ti.template(), bead, first, used, other):
    """Inserts another bead into the sorted slots ``first ... used - 1`` of a bead's next list."""
    rank = used
    # Runs over all used slots and shifts the larger ones: a counted loop, for every device.
    for back in range(used - first):
        k = used - 1 - back
        listed = lists[slot_of(s, bead, k)]
        if listed > other:
            lists[slot_of(s, bead, k + 1)] = listed
            rank = k
    lists[slot_of(s, bead, rank)] = other


@ti.func
def place_in_next(s: ti.template(), lists: ti.template(), bead, used, partner):
    """Where a bead's next list has a partner; 0 where it is missing (touching ones never are)."""
    found = 0
    for k in range(used):
        if lists[slot_of(s, bead, k)] == partner:
            found = k
    return found


@ti.func
def adopt_list(s: ti.template(), lists: ti.template(), now, bead, used):
    """Makes the next list the bead's own and takes its contacts under way along.

    Both lists are sorted alike, so moving down in rising order and up in falling order never
    overwrites a contact that has not been moved yet.
    """
    before = s.slots_used[bead]
    for k in range(before):
        slot = slot_of(s, bead, k)
        if s.contact_state[slot] != at.APART:
            new = place_in_next(s, lists, bead, used, s.partner[slot])
            if new < k:
                move_record(s, slot, slot_of(s, bead, new))
    for back in range(before):
        k = before - 1 - back
        slot = slot_of(s, bead, k)
        if s.contact_state[slot] != at.APART:
            new = place_in_next(s, lists, bead, used, s.partner[slot])
            if new > k:
                move_record(s, slot, slot_of(s, bead, new))
    for k in range(used):
        slot = slot_of(s, bead, k)
        s.partner[slot] = lists[slot]
    s.slots_used[bead] = used
    s.anchor[bead] = s.position[now + bead]
