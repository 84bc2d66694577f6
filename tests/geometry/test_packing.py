"""Placing beads: inside the bowl, apart from each other, and the same for the same seed."""

import re

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

from gpudem.errors import PackingError
from gpudem.geometry import packing
from gpudem.geometry.box import Box
from gpudem.geometry.packing import pack, pack_cylinder
from gpudem.geometry.vessel import Vessel
from gpudem.scene.build import build_case
from gpudem.scene.file import load_scene

DIAMETER, HEIGHT = 51e-3, 39.2e-3


@pytest.mark.parametrize(
    ("diameter", "filling", "count"),
    [
        ("5 mm", 0.1, 73),
        ("5 mm", 0.5, 367),
        ("5 mm", 0.9, 660),
        ("5 mm", 0.95, 697),
        ("3 mm", 0.5, 1698),
    ],
)
def test_beads_lie_inside_and_apart(diameter, filling, count):
    scene = load_scene("pulverisette7", (f"beads.diameter={diameter}", f"beads.filling={filling}"))
    case = build_case(scene)
    radius = scene.bead_radius
    place = case.position
    assert place.shape == (count, 3)
    assert pdist(place).min() > 2.0 * radius
    assert np.hypot(place[:, 0], place[:, 1]).max() < 0.5 * DIAMETER - radius
    assert place[:, 2].min() > radius
    assert place[:, 2].max() < HEIGHT - radius
    assert (case.velocity == 0.0).all() and (case.spin == 0.0).all()


def test_the_beads_fill_the_whole_bowl():
    place = pack_cylinder(367, 2.5e-3, DIAMETER, HEIGHT, seed=1)
    assert np.abs(place[:, :2].mean(axis=0)).max() < 2e-3
    assert place[:, 2].mean() == pytest.approx(0.5 * HEIGHT, abs=2e-3)
    quarters = np.histogram(place[:, 2], bins=4, range=(0.0, HEIGHT))[0]
    assert quarters.min() > 50


def test_the_seed_makes_the_placement():
    first, same, other = (pack_cylinder(80, 2.5e-3, DIAMETER, HEIGHT, seed) for seed in (1, 1, 2))
    assert first.tobytes() == same.tobytes()
    assert np.abs(first - other).max() > 1e-3


@pytest.mark.parametrize("seed", [1, 2])
def test_a_refusal_names_the_largest_count_which_then_fits(seed):
    radius = 7.5e-3
    with pytest.raises(PackingError) as caught:
        pack_cylinder(30, radius, DIAMETER, HEIGHT, seed)
    assert "30 beads of 15 mm do not fit into the bowl of 51 mm x 39.2 mm" in str(caught.value)
    most = int(re.search(r"found to fit is (\d+)$", str(caught.value))[1])
    assert 10 < most < 30
    place = pack_cylinder(most, radius, DIAMETER, HEIGHT, seed)
    assert pdist(place).min() > 2.0 * radius
    with pytest.raises(PackingError):
        pack_cylinder(most + 1, radius, DIAMETER, HEIGHT, seed)


def test_far_too_many_are_refused_with_a_count_that_fits():
    with pytest.raises(PackingError, match="found to fit is about ") as caught:
        pack_cylinder(880, 2.5e-3, DIAMETER, HEIGHT, seed=1)
    most = int(re.search(r"about (\d+)$", str(caught.value))[1])
    assert 680 < most < 720
    pack_cylinder(most, 2.5e-3, DIAMETER, HEIGHT, seed=1)


def test_one_bead_as_high_as_the_bowl():
    height = 10.1e-3
    place = pack_cylinder(1, 5e-3, 20e-3, height, seed=1)
    assert 5e-3 < place[0, 2] < height - 5e-3
    assert np.hypot(place[0, 0], place[0, 1]) < 5e-3


def test_a_bead_larger_than_the_bowl_never_fits():
    with pytest.raises(PackingError, match="the largest count found to fit is 0"):
        pack_cylinder(1, 6e-3, 20e-3, 10e-3, seed=1)


@pytest.mark.parametrize("shape", ["cylinder", "capsule", "box"])
@pytest.mark.parametrize("mixed", [False, True])
def test_very_many_beads_begin_on_a_lattice(monkeypatch, shape, mixed):
    monkeypatch.setattr(packing, "_RANDOM", 100)
    vessel = {
        "cylinder": Vessel.cylinder(0.05, 0.05),
        "capsule": Vessel.bowl(0.05, 0.07, bottom_radius=0.025, top_radius=0.025),
        "box": Box(0.05, 0.06, 0.04),
    }[shape]
    radius = np.full(900, 2e-3)
    radius[600 if mixed else 900 :] = 1e-3
    place = pack(vessel, radius, 4)
    pairs = cKDTree(place).query_pairs(4e-3, output_type="ndarray")
    apart = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    assert (apart > radius[pairs].sum(axis=1)).all()
    assert not vessel.beside(place).any() and place[:, 2].min() > 1e-3
    # All over the vessel, not on a heap.
    assert np.ptp(place[:, 2]) > 0.8 * (vessel.height - 4e-3)
    assert (pack(vessel, radius, 4) == place).all()
