"""The slope of piles and beds, on made-up ones of known angle."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gpudem.analysis.pile import slope_of_bed, slope_of_pile

RADIUS = 2.5e-3
SEEDS = 6


def heap(seed, reach=0.07):
    """Centres of loosely packed beads: a shaken face-centred lattice, turned at random."""
    generator = np.random.default_rng(seed)
    spacing = 2.16 * RADIUS
    count = int(1.8 * reach / spacing * math.sqrt(2.0))
    grid = np.stack(np.meshgrid(*[np.arange(-count, count)] * 3, indexing="ij"), -1).reshape(-1, 3)
    grid = grid[grid.sum(axis=1) % 2 == 0] * spacing / math.sqrt(2.0)
    places = Rotation.random(random_state=seed).apply(grid)
    return places + generator.normal(0.0, 0.15 * RADIUS, places.shape)


def cone(angle, seed, foot=0.055):
    places = heap(seed)
    surface = (foot - np.hypot(places[:, 0], places[:, 1])) * math.tan(angle)
    return places[(places[:, 2] > RADIUS) & (places[:, 2] < surface - RADIUS)]


@pytest.mark.parametrize("degrees", [22.0, 32.0, 44.0])
def test_slope_of_a_cone(degrees):
    found = [slope_of_pile(cone(math.radians(degrees), seed), RADIUS) for seed in range(SEEDS)]
    angles = np.degrees([slope.angle for slope in found])
    # The method's own bias is below a degree, as docs/theory/repose.md says.
    assert angles.mean() == pytest.approx(degrees, abs=1.3)
    # Errors are as large as the scatter, within a factor of two.
    errors = np.degrees([slope.error for slope in found])
    assert 0.5 < errors.mean() / angles.std(ddof=1) < 2.0


@pytest.mark.parametrize("degrees", [15.0, 30.0])
def test_slope_of_a_bed_in_a_drum(degrees):
    angles = []
    for seed in range(SEEDS):
        places = heap(seed, 0.05)
        inside = (np.hypot(places[:, 0], places[:, 1]) < 0.04) & (np.abs(places[:, 2]) < 0.02)
        below = places[:, 1] < math.tan(math.radians(degrees)) * places[:, 0]
        slope = slope_of_bed(places[inside & below], RADIUS, [0.0, -9.81, 0.0], [0.0, 0.0, 1.0])
        angles.append(math.degrees(slope.angle))
    assert np.mean(angles) == pytest.approx(degrees, abs=1.2)


def test_a_pile_that_is_none_is_told():
    with pytest.raises(ValueError, match="no bead lies on the plate"):
        slope_of_pile(np.array([[0.0, 0.0, -1.0]]), RADIUS)
    with pytest.raises(ValueError, match="too few beads"):
        slope_of_pile(np.array([[0.0, 0.0, RADIUS]]), RADIUS)
