"""The grids of cells of a case, a level for beads of similar sizes, as the device's table has them.

Each level has cells as wide as its largest beads need, so that among beads of very different sizes
none pays for the largest one (kernels/neighbours.py).
"""

from __future__ import annotations

import numpy as np

from gpudem.engine.case import Case
from gpudem.kernels import layout as at

#: Cells of one grid at most; larger ones only make empty grids (an open plane, say).
_CELLS, _CELLS_PER_BEAD = 200_000, 4
#: Largest radius of a level over its smallest.
_SPAN = 1.6
#: By how much a level's bound stands above its largest radius: more than rounding, less than a gap.
_ABOVE = 1e-5


def levels_of(radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorts beads into levels of similar sizes.

    Args:
        radius: [m], shape (beads,).

    Returns:
        Number of each bead's level, from the smallest sizes up, shape (beads,), and the largest
        radius of each level [m], shape (levels,).
    """
    sizes = np.unique(radius)
    largest: list[float] = []
    while not largest or largest[-1] < sizes[-1]:
        smallest = sizes[sizes > largest[-1]][0] if largest else sizes[0]
        largest.append(float(sizes[sizes <= _SPAN * smallest][-1]))
    return np.searchsorted(largest, radius), np.array(largest)


def grid_rows(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The grids of a case.

    Returns:
        Their common lowest corner [m], shape (3,), and the entry of each in the table of constants,
        shape (levels, layout.LEVEL).
    """
    low, high = case.bounds()
    most = max(_CELLS, _CELLS_PER_BEAD * len(case.position))
    _, largest = levels_of(case.radius)
    out = np.zeros((len(largest), at.LEVEL))
    begin = 0
    for row, radius in zip(out, largest, strict=True):
        edge = 2.0 * radius + float(case.skin or 0.0)
        cells = np.maximum(1, np.ceil((high - low) / edge)).astype(int)
        while cells.prod() > most:
            cells = np.maximum(1, cells // 2)
            edge = float(((high - low) / cells).max())
        row[at.LEVEL_LARGEST] = (1.0 + _ABOVE) * radius
        row[at.LEVEL_PER_CELL] = 1.0 / edge
        row[at.LEVEL_CELLS : at.LEVEL_CELLS + 3] = cells
        row[at.LEVEL_CELL_BEGIN] = begin
        begin += int(cells.prod())
    return low, out


def cells_of(rows: np.ndarray) -> int:
    """Number of cells of all grids of a case."""
    return int(rows[:, at.LEVEL_CELLS : at.LEVEL_CELLS + 3].prod(axis=1).sum())


def cells_near(case: Case, rows: np.ndarray) -> int:
    """Number of cells that the largest bead of a case looks into, about."""
    reach = float(case.radius.max()) + rows[:, at.LEVEL_LARGEST] + float(case.skin or 0.0)
    across = np.minimum(
        np.floor(2.0 * reach * rows[:, at.LEVEL_PER_CELL])[:, None] + 1.0,
        rows[:, at.LEVEL_CELLS : at.LEVEL_CELLS + 3],
    )
    return int(across.prod(axis=1).sum())
