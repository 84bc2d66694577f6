"""Every contact law of scene files gives the same on all schedules, and on several threads."""

import numpy as np
import pytest

from gpudem.contact.hertz_mindlin import HertzMindlin
from gpudem.contact.jkr import JKR
from gpudem.contact.linear_hysteretic import LinearHysteretic
from gpudem.contact.linear_spring_dashpot import LinearSpringDashpot
from gpudem.contact.materials import Material
from gpudem.running.simulation import Simulation
from tests.device.work import crowd
from tests.factories import DENSITY, RADIUS

FRICTION = {"static_friction": 0.55, "dynamic_friction": 0.5, "rolling_friction": 0.045}
BY_SPEED = {"value": 0.6, "at": "1 m/s", "exponent": 0.25}
LAWS = {
    "hertz-mindlin": HertzMindlin(restitution=0.3, **FRICTION),
    "restitution by speed": HertzMindlin(restitution=BY_SPEED, **FRICTION),
    "linear-hysteretic": LinearHysteretic(restitution=0.3, **FRICTION),
    "linear-spring-dashpot": LinearSpringDashpot(restitution=0.3, **FRICTION),
    "jkr": JKR(restitution=0.3, work_of_adhesion="20 J/m2", **FRICTION),
}


def outcome(law, beads=70, steps=400, **options):
    case = crowd(beads)
    # Soft, so that adhesion reaches over many steps.
    case.materials = tuple(Material(210e6, 0.3) for _ in case.materials)
    case.contacts = dict.fromkeys(case.contacts, LAWS[law])
    case.time_step = LAWS[law].longest_step(0.1, case.materials[0], RADIUS, DENSITY)
    simulation = Simulation(case, **options)
    simulation.open_window()
    simulation.step(steps)
    collected = simulation.collect()
    assert collected.log[:, :, 8].sum() > beads, "hardly a contact began"
    return simulation.position, simulation.velocity, simulation.angular_velocity, collected.log


@pytest.mark.slow
def test_schedules_and_threads_give_the_same_with_adhesion():
    schedules_and_threads_give_the_same("jkr")


@pytest.mark.slow
@pytest.mark.both_precisions
@pytest.mark.parametrize("law", LAWS)
def test_schedules_and_threads_give_the_same(law):
    schedules_and_threads_give_the_same(law)


def schedules_and_threads_give_the_same(law):
    serial = outcome(law, schedule="serial")
    team = outcome(law, schedule="serial", members=2)
    parallel = outcome(law, schedule="parallel")
    block = outcome(law, schedule="block")
    for alone, together in zip(serial, team, strict=True):
        assert np.array_equal(alone, together)
    for one, other in zip(parallel, block, strict=True):
        assert np.array_equal(one, other)
    # Loads are added in another order.
    for one, other in zip(serial[:3], parallel[:3], strict=True):
        assert np.abs(one - other).max() <= 1e-5 * np.abs(one).max()
