"""Several threads at one case: the bits of one thread, and the choice between both."""

import itertools

import numpy as np
import pytest

from gpudem import GpudemError, load_scene
from gpudem.device import start as device
from gpudem.engine.engine import default_members
from gpudem.engine.schedules import TeamChoice
from gpudem.errors import SimulationError
from gpudem.mills.planetary import PlanetaryDrive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.engine.test_collected import same
from tests.factories import case_of

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


def collected(case, **how):
    simulation = Simulation(case, **how)
    simulation.step(70)
    return list(simulation.step_collecting(9000, 450)), simulation


@pytest.mark.parametrize(("members", "slots"), [(2, None), (2, 1), (3, None)])
def test_a_team_collects_what_one_thread_does(three_threads, case, members, slots, monkeypatch):
    wanted, alone = collected(case, members=1)
    # Now together, now alone, by the same kernel; a call ends between two collections.
    takes = itertools.cycle([True, True, False])
    monkeypatch.setattr(TeamChoice, "next", lambda self: next(takes))
    monkeypatch.setattr(Simulation, "chunk", 1000)
    found, team = collected(case, members=members, slots=slots)
    assert len(found) == 20 and found[-1].log.any()
    assert same(found, wanted)
    assert team.position.tobytes() == alone.position.tobytes()


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_team_stops_at_the_collection_that_sees_a_lost_bead(three_threads, monkeypatch):
    monkeypatch.setattr(TeamChoice, "next", lambda self: True)
    wild = case_of([[0.1 * k, 0.0, 0.0] for k in range(40)])
    start = 16.5 * wild.time_step
    disc = Profile((0.0, start, start * (1.0 + 1e-9)), (0.0, 0.0, 1e200))
    wild.drive = PlanetaryDrive(disc=disc, sun_wheel_radius=1.0)
    found, team = [], Simulation(wild, members=2)
    with pytest.raises(SimulationError, match=r"bead .* has no finite .* step 20 "):
        for one in team.step_collecting(100, 5):
            found.append(one)
    assert [one.step for one in found] == [5, 10, 15]
    assert np.isfinite(found[-1].sample).all()


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
