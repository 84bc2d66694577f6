"""Pairs of near beads, against all pairs."""

import numpy as np
import pytest

from gpudem.geometry import neighbours
from gpudem.geometry.neighbours import near_pairs


@pytest.mark.parametrize("count", [1, 2, 300, 501, 900])
@pytest.mark.parametrize("spread", [1.0, 5.0])
def test_pairs_are_those_within_both_reaches(count, spread):
    rng = np.random.default_rng(count)
    position = rng.uniform(0, 1, (count, 3))
    reach = 0.04 * spread ** rng.uniform(-1, 1, count)
    first, second = np.triu_indices(count, 1)
    apart = np.linalg.norm(position[first] - position[second], axis=1)
    near = apart <= reach[first] + reach[second]
    wanted = {(int(a), int(b)) for a, b in zip(first[near], second[near], strict=True)}
    found = [tuple(sorted(map(int, pair))) for pair in near_pairs(position, reach)]
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_the_tree_finds_what_all_pairs_find(monkeypatch):
    rng = np.random.default_rng(1)
    position, reach = rng.uniform(0, 1, (400, 3)), rng.uniform(0.01, 0.1, 400)
    few = near_pairs(position, reach)
    monkeypatch.setattr(neighbours, "_EVERY_PAIR", 0)
    many = np.sort(near_pairs(position, reach), axis=1)
    assert (many[np.lexsort(many.T[::-1])] == few[np.lexsort(few.T[::-1])]).all()
