"""Which beads are hidden behind others, found by looking through a sieve of points."""

from __future__ import annotations

import numpy as np

#: Points of the sieve along a bead's radius, and how much of the radius hides what is behind.
_FINENESS, _HIDING = 3.0, 0.8


def visible(centre: np.ndarray, radius: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Beads that no nearer one hides at some point of a grid over the picture, shape (beads,).

    The points are a third of a radius apart. Beads hide as if they were a little smaller, so that
    gaps between them do not fall through the sieve.

    Args:
        centre: in the picture [pixels], shape (beads, 2).
        radius: in the picture [pixels], shape (beads,); all of similar size.
        depth: of the centre behind the picture, in the same unit, shape (beads,).
    """
    if not len(radius):
        return np.zeros(0, bool)
    step = float(radius.min()) / _FINENESS
    centre, radius, depth = (
        np.asarray(values / step, np.float32) for values in (centre, radius, depth)
    )
    reach = int(np.ceil(radius.max()))
    centre = centre - np.floor(centre.min(axis=0)) + reach
    cell = np.rint(centre).astype(np.int32)
    width = int(cell[:, 0].max()) + reach + 1
    nearest = np.full(width * (int(cell[:, 1].max()) + reach + 1), np.inf, np.float32)
    place = cell[:, 1] * width + cell[:, 0]
    aside, square = cell.astype(np.float32) - centre, radius * radius
    edge, looks = np.float32(1.0 - _HIDING**2) * square, []
    for i, j in np.ndindex(2 * reach + 1, 2 * reach + 1):
        x, y = aside[:, 0] + np.float32(i - reach), aside[:, 1] + np.float32(j - reach)
        height_square = square - x * x - y * y
        bead = np.flatnonzero(height_square > 0.0)
        point = place[bead] + ((j - reach) * width + i - reach)
        front = depth[bead] - np.sqrt(height_square[bead])
        hides = height_square[bead] > edge[bead]
        np.minimum.at(nearest, point[hides], front[hides])
        looks.append((bead, point, front))
    seen = np.zeros(len(radius), bool)
    for bead, point, front in looks:
        seen[bead[front <= nearest[point]]] = True
    return seen
