"""Several threads at one case: the bits of one thread, and the choice between both."""

import numpy as np
import pytest

from gpudem import GpudemError, device, load_scene
from gpudem.mill import build_case
from gpudem.runners import TeamChoice
from gpudem.simulation import Simulation, default_members

SCENE = ("run.rayleigh_fraction=0.2", "beads.count=150")


def everything(simulation):
    """All that a simulation tells, as one list of arrays."""
    state = [simulation.position, simulation.velocity, simulation.angular_velocity]
    done = simulation.collect()
    sums = [done.log, done.events, done.work, done.sample]
    return [*state, *sums, simulation.take_histograms()]


@pytest.fixture(scope="module")
def case():
    return build_case(load_scene("pulverisette7-20ml", SCENE))


@pytest.fixture(scope="module")
def alone(three_threads, case):
    simulation = Simulation(case, members=1)
    simulation.step(30_000)
    return everything(simulation)


@pytest.fixture(scope="module")
def three_threads(_one_device):
    before = device.current()
    device.start("cpu", threads=3)
    yield
    device.start("cpu", threads=before.threads)


@pytest.mark.parametrize(("members", "slots"), [(2, None), (2, 2), (3, None)])
def test_a_team_gives_the_bits_of_one_thread(
    three_threads, case, alone, members, slots, monkeypatch
):
    monkeypatch.setattr(TeamChoice, "next", lambda self: True)
    team = Simulation(case, members=members, slots=slots)
    team.step(30_000)
    for one, other in zip(alone, everything(team), strict=True):
        assert np.array_equal(one, other)


def test_the_faster_way_is_taken_and_the_other_tried_again():
    choice = TeamChoice()
    speeds = {True: 1e-5, False: 2e-5}
    taken = []
    for call in range(300):
        team = choice.next()
        taken.append(team)
        # Halfway the team's second core is taken by somebody else.
        choice.note(team, speeds[team] if call < 150 else {True: 1.0, False: 2e-5}[team])
    assert taken[:6] == [True, False] * 3
    assert sum(taken[:150]) > 138
    assert sum(taken[153:]) <= 6


def test_only_a_single_case_of_many_beads_is_shared(case):
    assert default_members([case], 2) == 1
    assert default_members([case, case], 8) == 1
    large = build_case(load_scene("pulverisette7", ("beads.diameter=3 mm",)))
    assert default_members([large], 2) == 2
    assert default_members([large], 64) == 3
    assert default_members([large], 1) == 1


def test_members_without_a_thread_are_refused(case):
    with pytest.raises(GpudemError, match="accepted are 1 to"):
        Simulation(case, members=device.current().threads + 1)
