"""The beads' order on the device: nothing changes by it, whoever runs the case."""

import numpy as np
import pytest

from gpudem import GpudemError, load_scene
from gpudem.engine import bead_order
from gpudem.engine.schedules import TeamChoice
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case

SCENE = ("run.rayleigh_fraction=0.2", "beads.count=150")
STEPS = 20_000


@pytest.fixture(scope="module")
def case():
    return build_case(load_scene("pulverisette7-20ml", SCENE))


@pytest.fixture
def often(monkeypatch):
    """Has even small cases put in another order often: any that follows from their places."""

    def shuffled(case, position):
        seed = int(1e12 * np.abs(position).sum())
        return np.random.default_rng(seed).permutation(len(position))

    monkeypatch.setattr(bead_order, "order_in_space", shuffled)
    monkeypatch.setattr(bead_order, "FEWEST_BEADS", 1)
    monkeypatch.setattr(bead_order, "STEPS", 1000)


def everything(simulation):
    """All that a simulation tells: state and contacts, and the sums since the last call.

    Without points and moments, whose last digits depend on the bead they are computed from.
    """
    found = simulation.contacts()
    points = [found.pop("point"), found.pop("moment")]
    state = [simulation.position, simulation.velocity, simulation.angular_velocity]
    done = simulation.collect()
    return (
        [*state, *(found[name] for name in sorted(found))],
        [*points, done.sample, done.log, done.events],
    )


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_order_is_by_layers_along_the_axis_of_the_mill(case):
    order = bead_order.order_in_space(case, case.position)
    layers = np.floor(case.position[order, 2] / (4.0 * case.radius.max()))
    assert sorted(order) == list(range(150))
    assert (np.diff(layers) >= 0.0).all() and layers.max() > 1


@pytest.mark.parametrize("schedule", ["serial", "parallel"])
def test_renumbering_loses_no_bit(case, often, schedule):
    simulation = Simulation(case, schedule=schedule, slots=2 if schedule == "serial" else None)
    simulation.step(STEPS // 2 - 1)
    simulation.collect()
    (state, sums), old = everything(simulation), simulation.state.number.copy()
    bead_order.renumber(simulation.state)
    assert (simulation.state.number != old).any()
    after, sums_after = everything(simulation)
    assert len(state[-1]) > 50
    assert equal(state, after)
    for one, other in zip(sums[:-2], sums_after, strict=False):
        assert other == pytest.approx(one, rel=1e-12, abs=1e-17)
    assert not sums_after[-1].any() and not sums_after[-2].any()


def test_motion_and_sums_do_not_depend_on_the_order(case, monkeypatch):
    alike = Simulation(case)
    monkeypatch.setattr(bead_order, "FEWEST_BEADS", 1)
    monkeypatch.setattr(bead_order, "STEPS", 2000)
    ordered = Simulation(case)
    alike.step(8000)
    ordered.step(8000)
    assert (ordered.state.number != np.arange(150)).any()
    one, other = alike.collect(), ordered.collect()
    # A difference in a last digit grows by a factor of ten in a thousand steps.
    assert ordered.position == pytest.approx(alike.position, abs=1e-10)
    assert one.log.sum() > 0.0
    assert other.log == pytest.approx(one.log, rel=1e-5, abs=1e-10)
    # An event counts for one of its beads, whichever has the lower place.
    assert other.events.sum(axis=0) == pytest.approx(one.events.sum(axis=0), rel=1e-5)
    assert (alike.take_histograms() == ordered.take_histograms()).all()


def test_all_schedules_and_teams_give_the_same_bits(case, often, monkeypatch):
    monkeypatch.setattr(TeamChoice, "next", lambda self: True)
    alone = Simulation(case, members=1)
    alone.step(STEPS)
    state, sums = everything(alone)
    for other in (
        Simulation(case, members=2),
        Simulation(case, members=1, slots=2),
        Simulation(case, schedule="parallel"),
    ):
        for count in (1, 1500, STEPS - 1501):
            other.step(count)
        found, found_sums = everything(other)
        assert equal(state, found)
        for one, two in zip(sums, found_sums, strict=True):
            assert np.array_equal(one, two) or other.schedule == "parallel"
            assert two == pytest.approx(one, rel=1e-9, abs=1e-15)
        assert (other.state.number == alone.state.number).all()


def test_cases_of_a_batch_are_ordered_one_by_one(case, often):
    others = build_case(load_scene("pulverisette7-20ml", (*SCENE, "run.seed=2")))
    batch = Simulation([case, others])
    batch.step(2500)
    for number, one in enumerate((case, others)):
        single = Simulation(one, members=1)
        single.step(2500)
        own = slice(*batch.state.begin[number : number + 2])
        assert np.array_equal(batch.position[own], single.position)


def test_a_checkpoint_holds_the_order(case, often):
    simulation = Simulation(case)
    simulation.step(2500)
    checkpoint = simulation.checkpoint()
    simulation.step(1000)
    restored = Simulation(case)
    restored.restore(checkpoint)
    restored.step(1000)
    for one, other in zip(everything(simulation), everything(restored), strict=True):
        assert equal(one, other)
    checkpoint.arrays["number"][0] = checkpoint.arrays["number"][1]
    with pytest.raises(GpudemError, match="each bead once"):
        restored.restore(checkpoint)


def test_small_cases_keep_their_order(case):
    simulation = Simulation(case)
    assert (simulation.state.number == np.arange(150)).all()
