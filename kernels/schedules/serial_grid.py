"""Neighbour search of the serial schedule: beads sorted by cell, each pair found once.

A counting sort puts the beads of a case, with their places, one behind the other in the order of
their cells, level by level, so that the cells along z that a bead looks into are one run of memory.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.gap import between, is_near
from gpudem.kernels.neighbours import (
    cell_number,
    cell_of,
    cells_near,
    grid_at,
    insert_sorted,
    list_walls,
)
from gpudem.kernels.records import slot_of


@ti.func
def sort_into_cells(s: ti.template(), case, begin, end):
    """Sorts the beads of a case by cell; `cell_used` then holds where the beads of a cell end."""
    first = s.case_int[case * at.CASE_INT + at.CASE_CELL_BEGIN]
    cells = s.case_int[case * at.CASE_INT + at.CASE_CELLS]
    # The entry before the first cell stays 0: where the beads of that cell begin.
    for cell in range(first - 1, first + cells):
        s.cell_used[cell] = 0
    for bead in range(begin, end):
        cell = cell_of(s, case, s.position[bead])
        s.cell_used[cell] = s.cell_used[cell] + 1
    before = 0
    for cell in range(first, first + cells):
        here = s.cell_used[cell]
        s.cell_used[cell] = before
        before += here
    for bead in range(begin, end):
        here = s.position[bead]
        cell = cell_of(s, case, here)
        rank = s.cell_used[cell]
        s.cell_used[cell] = rank + 1
        s.cell_bead[begin + rank] = bead
        s.sorted[begin + rank] = here


@ti.func
def list_higher(s: ti.template(), case, begin, bead, row):
    """Writes the next list of a bead.

    Walls by number, then the near beads of a higher number by rising number, so that each pair
    stands once. Returns the number of slots needed; only the first K are written.
    """
    here = s.position[bead]
    skin = s.case_real[case * at.CASE_REAL + at.CASE_SKIN]
    walls = list_walls(s, s.partner_next, case, bead, here, row)
    needed = walls
    for level in range(s.case_int[case * at.CASE_INT + at.CASE_LEVELS]):
        grid = grid_at(s, case, level)
        low, high = cells_near(s, case, grid, here)
        for x in range(low[0], high[0] + 1):
            for y in range(low[1], high[1] + 1):
                first = cell_number(s, case, grid, x, y, low[2])
                last = first + high[2] - low[2]
                for q in range(s.cell_used[first - 1], s.cell_used[last]):
                    other = s.cell_bead[begin + q]
                    gap = between(s, case, here, s.sorted[begin + q])
                    near = ti.cast(is_near(gap, skin), ti.i32)
                    if needed < s.slots:
                        s.partner_next[slot_of(s, bead, needed)] = other
                    needed += near & ti.cast(other > bead, ti.i32)
    for used in range(walls + 1, ti.min(needed, s.slots)):
        insert_sorted(s, s.partner_next, bead, walls, used, s.partner_next[slot_of(s, bead, used)])
    return needed
