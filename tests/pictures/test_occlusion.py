"""Beads that are hidden behind others: no bead that can be seen is ever left out."""

import numpy as np
import pytest

from gpudem.pictures.occlusion import visible


def at(*places):
    """Beads of 10 pixels, given by x, y and depth."""
    places = np.array(places, float)
    return visible(places[:, :2], np.full(len(places), 10.0), places[:, 2])


def test_what_lies_behind_is_hidden_and_what_lies_beside_is_seen():
    layer = [(x, y, 0) for x in range(-10, 11, 10) for y in range(-10, 11, 10)]
    assert at(*layer, (0, 0, 25), (30, 0, 25)).tolist() == [True] * 9 + [False, True]
    assert at((0, 0, 25), (30, 0, 25), *layer).tolist() == [False] + [True] * 10
    assert at((0, 0, 0), (9, 0, 25)).tolist() == [True, True]


def test_beads_that_cut_each_other_are_both_seen():
    assert at((0, 0, 0), (5, 0, 1)).all()


def test_no_beads():
    assert visible(np.zeros((0, 2)), np.zeros(0), np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("largest", [8.0, 14.0])
def test_every_bead_of_a_pile_that_shows_is_drawn(largest):
    random = np.random.default_rng(5)
    centre, depth = random.uniform(0.0, 160.0, (900, 2)), random.uniform(0.0, 160.0, 900)
    radius = random.uniform(8.0, largest, 900)
    seen = visible(centre, radius, depth)
    points = np.stack(np.meshgrid(np.arange(-15, 176), np.arange(-15, 176)), axis=-1)
    square = radius**2 - ((points[:, :, None] - centre) ** 2).sum(axis=-1)
    front = np.where(square > 0.0, depth - np.sqrt(np.maximum(square, 0.0)), np.inf)
    nearest = np.where(np.isfinite(front.min(axis=2)), front.argmin(axis=2), -1)
    pixels = np.bincount(nearest[nearest >= 0], minlength=900)
    # A bead of 8 pixels covers 200: what may be missing is a spot.
    assert pixels[~seen].max() <= 4
    assert pixels[~seen].sum() < 0.002 * pixels.sum()
    assert seen.sum() < 700
