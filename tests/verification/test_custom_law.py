"""A contact law from outside the package, on both schedules: one force in, another to get out."""

import numpy as np
import pytest

from gpudem.engine.collected import ledger_of
from gpudem.geometry.wall import plane
from gpudem.running.simulation import Simulation
from tests.factories import (
    MASS,
    RADIUS,
    above_plane,
    case_of,
    hertz_mindlin,
    run_until_free,
)
from tests.toys import counting_kernels
from tests.toys.constant_force import ConstantForce

SPEED, PUSH, RANGE = 0.1, 2.0, 5e-5
#: Takes a fifth of the energy to get out.
PULL = 0.2 * 0.5 * MASS * SPEED**2 / RANGE
STEP = 2e-8

parallel_is_slow = pytest.param("parallel", marks=pytest.mark.slow)
both_schedules = pytest.mark.parametrize("schedule", ["serial", parallel_is_slow])


def fall(schedule, **law):
    """A bead that hits a plane, and the simulation; the step number before the impact is 0."""
    case = above_plane((0, 0, -SPEED), contact=ConstantForce(push=PUSH, **law))
    case.time_step = STEP
    return Simulation(case, schedule=schedule)


@pytest.mark.parametrize("schedule", ["serial", "parallel"])
def test_one_force_stops_a_bead_in_the_time_and_depth_of_mechanics(schedule):
    simulation = fall(schedule)
    lowest = RADIUS
    for _ in range(round(MASS * SPEED / PUSH / STEP) // 5):
        simulation.step(10)
        lowest = min(lowest, simulation.position[0, 2])
    assert RADIUS - lowest == pytest.approx(0.5 * MASS * SPEED**2 / PUSH, rel=3e-3)
    # It starts 1 um away.
    time = 1e-6 / SPEED + 2 * MASS * SPEED / PUSH
    assert run_until_free(simulation) * STEP == pytest.approx(time, rel=0.02)
    assert simulation.velocity[0, 2] == pytest.approx(SPEED, rel=2e-3)


@both_schedules
def test_a_contact_lasts_beyond_the_touch_and_takes_its_energy(schedule):
    simulation = fall(schedule, pull=PULL, range=RANGE)
    before = simulation.collect().sample
    run_until_free(simulation)
    assert simulation.position[0, 2] > RADIUS + RANGE
    assert simulation.velocity[0, 2] == pytest.approx(np.sqrt(0.8) * SPEED, rel=2e-3)
    ledger = ledger_of(before, simulation.collect())
    taken = PULL * RANGE
    assert ledger.motion_change == pytest.approx(-taken, rel=1e-2)
    assert ledger.dissipation == pytest.approx(taken, rel=1e-2)
    assert ledger.stored_change == 0.0


@both_schedules
def test_too_slow_a_bead_stays(schedule):
    simulation = fall(schedule, pull=6 * PULL, range=RANGE)
    for _ in range(20):
        simulation.step(5000)
        assert abs(simulation.position[0, 2] - RADIUS) < RANGE
    assert (simulation.state.read("contact_state", 1) != 0).any()


@both_schedules
def test_a_pair_moves_apart_alike(schedule):
    speed, gap = SPEED, 1e-6
    case = case_of(
        [[0, 0, 0], [2 * RADIUS + gap, 0, 0]],
        [[speed, 0, 0], [-speed, 0, 0]],
        contact=ConstantForce(push=PUSH),
    )
    case.time_step = STEP
    simulation = Simulation(case, schedule=schedule)
    run_until_free(simulation)
    assert simulation.velocity[:, 0] == pytest.approx([-speed, speed], rel=2e-3)
    assert simulation.velocity[:, 1:] == pytest.approx(0.0, abs=1e-12)


class Counting(ConstantForce):
    def kernels(self):
        return counting_kernels


@both_schedules
def test_a_contact_that_begins_anew_remembers_nothing(schedule):
    walls = [plane((0, 0, 0), (0, 0, 1)), plane((0, 0, 2 * RADIUS + 2e-6), (0, 0, -1))]
    case = above_plane((0, 0, -SPEED), contact=Counting(push=PUSH), walls=walls)
    case.time_step = STEP
    simulation = Simulation(case, schedule=schedule)
    offset = simulation.state.law.offsets["steps"]
    assert offset >= 8, "not in the first row"
    begun, longest, touching, stride = [], 0.0, False, 20
    for _ in range(400):
        simulation.step(stride)
        # The bottom's slot, which the contact comes back to from the top.
        state = simulation.state.read("contact_state", 1)[0, 0]
        steps = simulation.state.read("history", offset + 1)[0, offset]
        if state and not touching:
            begun.append(steps)
        touching, longest = bool(state), max(longest, steps)
    assert longest > 1900
    assert len(begun) == 2 and max(begun) <= stride


def test_laws_of_several_cases_take_turns_in_one_process():
    after = []
    for contact in (ConstantForce(push=PUSH), hertz_mindlin(0.5, 0.0, 0.0)) * 2:
        simulation = Simulation(above_plane((0, 0, -SPEED), contact=contact))
        run_until_free(simulation)
        after.append(simulation.velocity[0, 2] / SPEED)
    assert after == pytest.approx([1.0, 0.5, 1.0, 0.5], rel=5e-3)
    assert after[:2] == after[2:]


def test_mixed_laws_and_halves_that_differ_are_refused():
    mixed = above_plane((0, 0, -1), contact=hertz_mindlin(0.5, 0.0, 0.0))
    mixed.contacts[0, 1] = ConstantForce(push=PUSH)
    with pytest.raises(ValueError, match="one law"):
        Simulation(mixed)

    class Half(ConstantForce):
        def parameters(self, a, b):
            return {"push": self.push, "pull": 0.0}

    with pytest.raises(ValueError, match="Half: only one half has range"):
        Simulation(above_plane((0, 0, -1), contact=Half(push=PUSH)))

    far = above_plane((0, 0, -1), contact=ConstantForce(push=PUSH, pull=1.0, range=1e-3))
    with pytest.raises(ValueError, match="skin"):
        Simulation(far)
