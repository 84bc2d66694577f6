"""Collecting on the way gives the bits of collecting between calls, up to a lost bead."""

import numpy as np
import pytest

from gpudem import load_scene
from gpudem.engine import bead_order, engine
from gpudem.errors import SimulationError
from gpudem.mills.planetary import PlanetaryDrive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.factories import case_of

EVERY, STEPS = 300, 3000


def cases():
    """Two mills of their own time steps; the second speeds up, so the poses of its walls change."""
    more = ("beads.diameter=4 mm", "run.start=ramp", "run.ramp=2 ms")
    return [
        build_case(load_scene("pulverisette7-20ml", ("beads.count=60", *settings)))
        for settings in ((), more)
    ]


def collected_between_calls(cases, **how):
    one = Simulation(cases, **how)
    one.step(70)
    found = []
    while one.step_number < STEPS:
        one.step(min(EVERY - one.step_number % EVERY, STEPS - one.step_number))
        if one.step_number % EVERY == 0:
            found.append(one.collect())
    return found, one


def same(found, wanted):
    return len(found) == len(wanted) and all(
        (a.step, a.time) == (b.step, b.time)
        and all(
            np.array_equal(getattr(a, name), getattr(b, name))
            for name in ("log", "events", "work", "sample")
        )
        for a, b in zip(found, wanted, strict=True)
    )


@pytest.mark.both_precisions
@pytest.mark.parametrize("schedule", ["serial", "parallel"])
def test_many_collections_in_a_call_have_the_bits_of_single_ones(schedule, monkeypatch):
    wanted, between = collected_between_calls(cases(), schedule=schedule)
    assert wanted[-1].log.any() and [c.step for c in wanted] == list(range(300, 3001, 300))
    within = Simulation(cases(), schedule=schedule)
    within.step(70)
    assert same(list(within.step_collecting(STEPS - 70, EVERY)), wanted)
    assert within.step_number == STEPS
    assert within.position.tobytes() == between.position.tobytes()
    monkeypatch.setattr(engine, "_MOST_COLLECTIONS", 2)
    monkeypatch.setattr(Simulation, "chunk", 530)
    cut = Simulation(cases(), schedule=schedule)
    cut.step(70)
    assert same(list(cut.step_collecting(STEPS - 70, EVERY)), wanted)


def test_slots_may_run_out_between_two_collections():
    wanted, _ = collected_between_calls(cases())
    tight = Simulation(cases(), slots=1)
    tight.step(70)
    found = list(tight.step_collecting(STEPS - 70, EVERY))
    assert tight.state.slots > 1 and same(found, wanted)


def test_collections_are_told_by_the_beads_numbers(monkeypatch):
    wanted, _ = collected_between_calls(cases()[:1])
    monkeypatch.setattr(bead_order, "FEWEST_BEADS", 1)
    monkeypatch.setattr(bead_order, "STEPS", 1000)
    sorted_by_place = Simulation(cases()[:1])
    assert (sorted_by_place.state.number != np.arange(60)).any()
    sorted_by_place.step(70)
    for found, one in zip(sorted_by_place.step_collecting(STEPS - 70, EVERY), wanted, strict=True):
        assert np.array_equal(found.sample[:, :3], one.sample[:, :3])
        assert found.log == pytest.approx(one.log, rel=1e-9)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize(("after", "fine"), [(17, 3), (15, 3), (14, 2)])
def test_what_was_before_a_bead_was_lost_is_kept(after, fine):
    calm, wild = case_of([[0.0, 0.0, 0.0]]), case_of([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    start = (after - 0.5) * wild.time_step
    disc = Profile((0.0, start, start * (1.0 + 1e-9)), (0.0, 0.0, 1e200))
    wild.drive = PlanetaryDrive(disc=disc, sun_wheel_radius=1.0)
    found, together = [], Simulation([calm, wild])
    with pytest.raises(SimulationError, match=f"bead 1 has no finite .* step {5 * fine + 5} "):
        for one in together.step_collecting(100, 5):
            found.append(one)
    assert [one.step for one in found] == [5 * (k + 1) for k in range(fine)]
    assert np.isfinite(found[-1].sample).all()
