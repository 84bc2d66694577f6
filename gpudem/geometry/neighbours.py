"""Pairs of beads that are near each other, on the host."""

from __future__ import annotations

import numpy as np

#: Beads up to which every pair is looked at, which takes less time than to load a search tree.
_EVERY_PAIR = 500
#: Largest reach over the smallest of beads that are searched together.
_SPAN = 1.6


def near_pairs(position: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """All pairs of beads that lie within the sum of their reaches.

    Args:
        position: of each bead, shape (beads, 3).
        reach: of each bead, above 0, in the same unit, shape (beads,).

    Returns:
        Numbers of the beads, each pair once, shape (pairs, 2).
    """
    if len(position) <= _EVERY_PAIR:
        square = sum(np.square(one[:, None] - one) for one in position.T)
        return np.column_stack(np.nonzero(np.triu(square <= (reach[:, None] + reach) ** 2, 1)))
    pairs = _by_trees(position, reach)
    apart = np.square(position[pairs[:, 0]] - position[pairs[:, 1]]).sum(axis=1)
    return pairs[apart <= reach[pairs].sum(axis=1) ** 2]


def _by_trees(position: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Pairs that may be near: beads of similar reach together, so that none is searched too far."""
    from scipy.spatial import cKDTree

    rank = np.floor(np.log(reach / reach.min()) / np.log(_SPAN) + 1e-9)
    levels = [np.flatnonzero(rank == one) for one in np.unique(rank)]
    trees = [cKDTree(position[level]) for level in levels]
    farthest = [float(reach[level].max()) for level in levels]
    found = []
    for a, tree in enumerate(trees):
        own = tree.query_pairs(2.0 * farthest[a], output_type="ndarray")
        found.append(levels[a][own])
        for b in range(a):
            near = tree.sparse_distance_matrix(
                trees[b], farthest[a] + farthest[b], output_type="ndarray"
            )
            found.append(np.column_stack([levels[a][near["i"]], levels[b][near["j"]]]))
    return np.concatenate(found)
