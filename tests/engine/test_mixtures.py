"""Beads of several sizes and species: neighbours, orders, schedules, sums by pair class."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from gpudem.engine.case import Case
from gpudem.engine.cell_grids import cells_of, grid_rows, levels_of
from gpudem.geometry.packing import pack
from gpudem.geometry.vessel import Vessel, cylinder
from gpudem.kernels import layout as at
from gpudem.mills.planetary import PlanetaryDrive
from gpudem.mills.profile import Profile
from gpudem.pair_classes import by_class, by_pair_kind, pair_classes
from gpudem.quantities import COLLISION_LOG, EVENT_SUMS
from gpudem.running.simulation import Simulation
from tests.factories import ZIRCONIA, hertz_mindlin

LOG = {q.name: k for k, q in enumerate(COLLISION_LOG)}
EVENT = {q.name: k for k, q in enumerate(EVENT_SUMS)}
DIAMETER, HEIGHT = 0.03, 0.03


def mixture(large, small, count, *, drive=None, shrink=1.0):
    """Two species in a bowl: some large beads, and small ones of a radius."""
    radius = np.concatenate([np.full(large, 2.5e-3), np.full(count, small)])
    position = pack(Vessel.cylinder(DIAMETER, HEIGHT), radius, 3)
    species = np.repeat(np.arange(2, dtype=np.int32), [large, count])
    motion = {"motion": "rotation", "rate": Profile.constant(-62.8), "species": 2}
    law = hertz_mindlin(0.3, 0.5, 0.5)
    return Case(
        position=position,
        radius=shrink * radius,
        density=6100.0,
        materials=(ZIRCONIA,) * 3,
        contacts={(a, b): law for a in range(3) for b in range(a, 3) if (a, b) != (2, 2)},
        time_step=2e-7,
        walls=cylinder(DIAMETER, HEIGHT, **motion),
        drive=drive or PlanetaryDrive(disc=Profile.constant(62.8), sun_wheel_radius=0.07),
        species=species,
        skin=0.3 * small,
    )


def test_levels_hold_beads_of_similar_sizes():
    radius = np.array([1.0, 1.5, 1.7, 2.5, 10.0])
    level, largest = levels_of(radius)
    assert level.tolist() == [0, 0, 1, 1, 2] and largest.tolist() == [1.5, 2.5, 10.0]


def test_cells_of_small_beads_are_small():
    case = mixture(3, 2.5e-4, 50)
    _, rows = grid_rows(case)
    edges = 1.0 / rows[:, at.LEVEL_PER_CELL]
    assert edges == pytest.approx(2.0 * np.array([2.5e-4, 2.5e-3]) + case.skin, rel=1e-3)
    cells = np.prod(rows[:, at.LEVEL_CELLS : at.LEVEL_CELLS + 3], axis=1)
    assert cells_of(rows) == cells.sum() and rows[1, at.LEVEL_CELL_BEGIN] == cells[0]


@pytest.mark.both_precisions
@pytest.mark.parametrize(
    ("schedule", "small", "count"),
    [("serial", 2.5e-4, 4000), ("serial", 1e-3, 300), ("parallel", 1.2e-3, 200)],
)
def test_every_touching_pair_is_found(schedule, small, count):
    # Radii grow after the packing, so that neighbours overlap.
    case = mixture(6, small, count, shrink=1.06)
    simulation = Simulation(case, schedule=schedule)
    found = simulation.contacts()
    pairs = found["partner"] >= 0
    listed = {tuple(p) for p in zip(found["bead"][pairs], found["partner"][pairs], strict=True)}
    near = cKDTree(case.position).query_pairs(2.0 * case.radius.max(), output_type="ndarray")
    apart = np.linalg.norm(case.position[near[:, 0]] - case.position[near[:, 1]], axis=1)
    touching = near[apart < case.radius[near].sum(axis=1) - 1e-9]
    missing = {tuple(map(int, pair)) for pair in touching} - listed
    assert len(touching) > 20 and not missing
    assert {int(a) for pair in touching for a in pair if a < 6}, "no large bead touches anything"


def test_no_bead_lists_all_that_touch_a_large_one():
    simulation = Simulation(mixture(6, 2.5e-4, 4000, shrink=1.06), schedule="serial")
    found = simulation.contacts()
    of_large = (found["bead"] < 6) | ((found["partner"] >= 0) & (found["partner"] < 6))
    assert np.bincount(found["bead"][of_large & (found["bead"] < 6)], minlength=6).max() > 12
    assert simulation.state.slots <= 16


@pytest.mark.both_precisions
def test_schedules_agree_on_a_mixture():
    case = mixture(20, 1.5e-3, 120)
    state = []
    for schedule in ("serial", "parallel"):
        simulation = Simulation(case, schedule=schedule)
        simulation.open_window()
        simulation.step(20_000)
        done = simulation.collect()
        state.append([simulation.position, simulation.velocity, done.log[:, :, -2:]])
        state[-1] += [simulation.take_histograms(), done.class_log[:, -2:]]
    assert state[0][3].sum() > 100
    for one, other in zip(*state, strict=True):
        assert np.array_equal(one, other)


# --- sums by pair class ------------------------------------------------------------------


def test_classes_and_their_names():
    names = ("a", "b")
    assert [pair.label(names) for pair in pair_classes(2)] == [
        "a - a", "a - b", "b - b", "a - wall", "b - wall",
    ]  # fmt: skip
    values = np.arange(6.0).reshape(2, 3)
    assert by_class(values).tolist() == [0.0, 1.0 + 3.0, 4.0, 2.0, 5.0]
    assert by_pair_kind(by_class(values)).tolist() == [8.0, 7.0]


@pytest.mark.both_precisions
@pytest.mark.parametrize("schedule", ["serial", "parallel"])
def test_one_impact_is_booked_in_its_class(schedule):
    radius = np.array([2.5e-3, 1e-3])
    case = Case(
        position=[(0, 0, 0), (radius.sum() * 1.001, 0, 0)],
        radius=radius,
        density=6100.0,
        velocity=[(1.0, 0, 0), (-1.0, 0, 0)],
        materials=(ZIRCONIA,) * 2,
        contacts=dict.fromkeys([(0, 0), (0, 1), (1, 1)], hertz_mindlin(0.3, 0.0, 0.0)),
        time_step=1e-8,
        species=np.array([1, 0], np.int32),
    )
    simulation = Simulation(case, schedule=schedule)
    simulation.open_window()
    simulation.step(3000)
    done, mass = simulation.collect(), case.mass
    lost = 0.5 * mass.prod() / mass.sum() * 4.0 * (1.0 - 0.3**2)
    damping = done.class_log[:, LOG["normal_damping"]]
    assert damping[1] == pytest.approx(lost, rel=1e-2) and damping.sum() == damping[1]
    assert done.class_log[:, LOG["contacts"]].tolist() == [0, 2, 0, 0, 0]
    assert done.class_events[:, EVENT["events"]].tolist() == [0, 1, 0, 0, 0]
    counts = simulation.take_histograms()
    assert counts[0].sum(axis=(1, 2)).tolist() == [0, 8, 0, 0, 0]


def test_classes_add_up_to_the_pair_kinds():
    simulation = Simulation(mixture(12, 1e-3, 150))
    simulation.open_window()
    simulation.step(40_000)
    done = simulation.collect()
    assert by_pair_kind(done.class_log) == pytest.approx(done.log.sum(axis=0))
    assert by_pair_kind(done.class_events) == pytest.approx(done.events.sum(axis=0))
    assert (done.class_log[:, LOG["contacts"]] > 0).all()
    events = done.class_events[:, EVENT["events"]]
    assert (simulation.take_histograms()[0].sum(axis=-1) == events[:, None]).all()
