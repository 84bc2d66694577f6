"""Walls of several lines without a corner: one contact at a seam, which keeps what it remembers."""

import numpy as np
import pytest

from gpudem.contact.hertz_mindlin import effective_modulus
from gpudem.contact.materials import Material
from gpudem.geometry.revolved import Arc, Segment, Smooth
from gpudem.geometry.vessel import Vessel
from gpudem.geometry.wall import Wall
from gpudem.mills.drive import Drive
from gpudem.running.simulation import Simulation
from tests.factories import RADIUS, case_of, hertz_mindlin

GRAVITY = 9.81
#: Soft, so that beads touch a good way beyond a seam: there, two walls would both push.
SOFT = Material(1e7, 0.3)
DENSITY = 2500.0
MASS = DENSITY * 4 / 3 * np.pi * RADIUS**3
OVERLAP = (MASS * GRAVITY / (4 / 3 * effective_modulus(SOFT, SOFT) * np.sqrt(RADIUS))) ** (2 / 3)
ROUND, HEIGHT = 0.01, 0.06
HEMISPHERE = Vessel.bowl(2 * ROUND, HEIGHT, bottom_radius=ROUND)
FILLET = Vessel.bowl(0.05, HEIGHT, bottom_radius=ROUND)
#: Rolls without loss.
LOSSLESS = hertz_mindlin(1.0, 1e3, 1e3, shear_damping=False)


def in_a_vessel(vessel, height, walls=None, *, speed=0.0, contact=LOSSLESS):
    """A bead that lies on the side of a lying vessel, rolling towards the bottom."""
    return case_of(
        [[vessel.radius - RADIUS + OVERLAP, 0.0, height]],
        [[0.0, 0.0, -speed]],
        [[0.0, -speed / (RADIUS - OVERLAP), 0.0]],
        material=SOFT,
        density=DENSITY,
        contact=contact,
        walls=vessel.walls(RADIUS) if walls is None else walls,
        drive=Drive(gravity=(GRAVITY, 0.0, 0.0)),
        fraction=0.05,
    )


def apart(vessel):
    """The lines of a vessel as walls each."""
    return [Wall(line) for line in vessel.lines]


@pytest.mark.parametrize("vessel", [HEMISPHERE, FILLET], ids=["hemisphere", "fillet"])
def test_a_bead_at_a_seam_touches_once(vessel):
    resting = hertz_mindlin(0.1, 0.5, 0.5)
    for off in (0.0, 1e-9, 1e-4 * RADIUS, 0.02 * RADIUS):
        simulation = Simulation(in_a_vessel(vessel, ROUND + off, contact=resting))
        simulation.advance_to(0.05)
        found = simulation.contacts()
        assert len(found["bead"]) == 1
        assert found["overlap"][0] == pytest.approx(OVERLAP, rel=2e-3)
        assert np.linalg.norm(found["force"][0]) == pytest.approx(MASS * GRAVITY, rel=2e-3)
    # Walls of their own both push there.
    case = in_a_vessel(vessel, ROUND, apart(vessel), contact=resting)
    assert len(Simulation(case).contacts()["bead"]) == 2


def test_a_bead_on_the_bottom_touches_once():
    """Across the whole flat bottom, at its seam, and in the fillet beyond it."""
    flat = FILLET.radius - ROUND
    for off in (-flat, -0.01 * flat, 0.0, 0.1 * ROUND):
        # Where the fillet rises, so does the bead.
        sine = max(off, 0.0) / (ROUND - RADIUS)
        height = ROUND - (ROUND - RADIUS + OVERLAP) * np.sqrt(1.0 - sine**2)
        case = in_a_vessel(FILLET, height)
        case.position[0, 0] = flat + off
        found = Simulation(case).contacts()
        assert len(found["bead"]) == 1
        assert found["overlap"][0] == pytest.approx(OVERLAP, rel=2e-2)
        assert found["normal"][0] == pytest.approx([-sine, 0.0, np.sqrt(1 - sine**2)], abs=1e-3)


def energy_of(simulation):
    """All of the bead's mechanical energy [J], counted from where it lies on the side."""
    sample = simulation.collect().sample[0]
    lower = FILLET.radius - RADIUS - simulation.position[0, 0]
    return sample[0] + sample[4] + sample[5] + MASS * GRAVITY * lower


def crossing(walls=None):
    """A bead that rolls over the seam and up the fillet, and its energies on the way."""
    simulation = Simulation(in_a_vessel(FILLET, ROUND + 1e-3, walls, speed=0.3))
    energies = []
    for _ in range(40):
        simulation.advance_to(simulation.time + 2.5e-4)
        energies.append(energy_of(simulation))
    return simulation, np.array(energies)


def test_a_bead_rolls_over_a_seam_without_gain_or_loss_and_forgets_nothing():
    simulation, energies = crossing()
    assert simulation.position[0, 2] < ROUND - 1.9e-3
    assert energies == pytest.approx(energies[0], rel=1e-4)
    # The contact that it began with at the start is still under way.
    assert list(simulation.state.read("onset", 1)[:2, 0]) == [0, 0]
    assert (simulation.state.read("event_sums", 1) == 0.0).all()
    # Walls each for itself forget it.
    assert crossing(apart(FILLET))[0].state.read("onset", 1).max() > 0


def test_beads_that_fit_into_an_edge_and_beads_that_do_not_have_walls_of_their_own():
    edge, small, large = 5e-3, 2.5e-3, 8e-3
    vessel = Vessel.bowl(0.05, HEIGHT, bottom_radius=edge)
    walls = vessel.walls(small, large)
    assert len(walls) == 5
    deep, aslant = 1e-5, np.sqrt(0.5)
    reach = edge - small + deep
    places = [
        # In the fillet, and in its place.
        [vessel.radius - edge + aslant * reach, 0.0, edge - aslant * reach],
        [0.0, vessel.radius - large + deep, large - deep],
        # On the bottom alone, each.
        [-0.01, 0.0, small - deep],
        [0.0, -0.01, large - deep],
    ]
    radius = np.array([small, large, small, large])
    case = case_of(places, radius=radius, walls=walls, contact=LOSSLESS)
    found = Simulation(case).contacts()
    wall = found["partner"] < 0
    assert np.bincount(found["bead"][wall], minlength=4).tolist() == [1, 2, 1, 1]
    assert found["overlap"][wall] == pytest.approx(deep, rel=1e-2)


def test_a_smooth_wall_must_be_smooth():
    bottom, side = Segment((0.0, 0.0), (0.02, 0.0)), Segment((0.02, 0.0), (0.02, 0.05))
    round_edge = Arc((0.01, 0.01), 0.01, -0.5 * np.pi, 0.0)
    for lines in [(bottom, side), (Segment((0.0, 0.0), (0.009, 0.0)), round_edge)]:
        with pytest.raises(ValueError, match="without a corner"):
            Smooth(lines)
