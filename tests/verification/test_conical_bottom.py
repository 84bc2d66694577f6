"""Conical bottoms: a bead in a sharp tip touches both sides, in a round one the cap, as it must."""

import numpy as np
import pytest

from gpudem.contact.hertz_mindlin import effective_modulus
from gpudem.contact.materials import Material
from gpudem.engine.collected import ledger_of
from gpudem.geometry.vessel import Vessel
from gpudem.ledger import EMPTY
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from tests.factories import FRICTIONLESS, RADIUS, case_of, hertz_mindlin

GRAVITY = 9.81
SOFT = Material(1e7, 0.3)
DENSITY = 2500.0
MASS = DENSITY * 4 / 3 * np.pi * RADIUS**3
STIFFNESS = 4 / 3 * effective_modulus(SOFT, SOFT) * np.sqrt(RADIUS)
WIDTH, HEIGHT, DEPTH = 0.05, 0.06, 0.02
#: Half the angle of the sharp cone: between its side and the axis.
SINE, COSINE = np.array([0.5 * WIDTH, DEPTH]) / np.hypot(0.5 * WIDTH, DEPTH)

#: Of both sides of a bead at rest in the sharp tip.
OVERLAP = (MASS * GRAVITY / (2.0 * SINE * STIFFNESS)) ** (2 / 3)


def vessel_of(tip=0.0, edge=0.0):
    return Vessel.bowl(WIDTH, HEIGHT, bottom_depth=DEPTH, bottom_radius=edge, tip_radius=tip)


def in_a_cone(position, velocity=(0, 0, 0), spin=(0, 0, 0), *, tip=0.0, edge=0.0, **more):
    """A bead in a vessel with a conical bottom, which stands upright."""
    motion = more.pop("motion", {})
    more.setdefault("material", SOFT)
    more.setdefault("contact", FRICTIONLESS)
    more.setdefault("drive", Drive(gravity=(0.0, 0.0, -GRAVITY)))
    walls = vessel_of(tip, edge).walls(RADIUS, **motion)
    case = case_of([position], [velocity], [spin], density=DENSITY, walls=walls, **more)
    return Simulation(case)


class Balance:
    """The energy ledger since the start, told anew after each interval."""

    def __init__(self, simulation):
        self.simulation, self._before = simulation, simulation.collect().sample
        self.ledger = EMPTY

    def advance(self, duration):
        self.simulation.advance_to(self.simulation.time + duration)
        collected = self.simulation.collect()
        self.ledger = self.ledger + ledger_of(self._before, collected)
        self._before = collected.sample
        return self.ledger


@pytest.mark.parametrize("off", [0.0, 1e-6, 2e-5])
def test_a_bead_in_a_sharp_tip_touches_it_on_both_sides(off):
    deep = 3e-5
    height = (RADIUS - deep) / SINE
    way = np.array([np.cos(2.0), np.sin(2.0)])
    found = in_a_cone([*(off * way), height]).contacts()
    assert len(found["bead"]) == 2
    assert sorted(found["overlap"]) == pytest.approx(
        [deep - off * COSINE, deep + off * COSINE], rel=1e-2 if off == 0.0 else 1e-3
    )
    assert found["normal"][:, 2] == pytest.approx(SINE, abs=1e-4)
    # To the axis on both sides.
    assert found["normal"][:, :2].sum(axis=0) == pytest.approx(0.0, abs=1e-4)
    if off > 0.0:
        nearer = found["normal"][found["overlap"].argmax(), :2]
        assert nearer == pytest.approx(-COSINE * way, abs=1e-4)


def test_away_from_the_tip_there_is_one_contact():
    along = 8e-3
    place = np.array([along * SINE - (RADIUS - 1e-5) * COSINE, 0.0])
    found = in_a_cone([*place, along * COSINE + (RADIUS - 1e-5) * SINE]).contacts()
    assert found["overlap"] == pytest.approx([1e-5], rel=5e-2)
    assert found["normal"][0] == pytest.approx([-COSINE, 0.0, SINE], abs=1e-3)


def test_a_bead_comes_to_rest_in_the_tip_with_its_weight_on_both_sides():
    contact = hertz_mindlin(0.3, 0.5, 0.5)
    simulation = in_a_cone([2e-4, -1e-4, RADIUS / SINE + 1e-4], contact=contact, fraction=0.1)
    simulation.advance_to(0.15)
    found = simulation.contacts()
    weight = MASS * GRAVITY
    assert found["force"].sum(axis=0) == pytest.approx([0.0, 0.0, weight], abs=2e-2 * weight)
    assert found["overlap"].mean() == pytest.approx(OVERLAP, rel=0.2)
    assert np.hypot(*simulation.position[0, :2]) < OVERLAP


#: So soft that a bead at rest in the tip lies as deep as this: it swings there without leaving it.
JELLY = Material(1e5, 0.3)
DEEP = OVERLAP * (SOFT.youngs_modulus / JELLY.youngs_modulus) ** (2 / 3)


def in_the_tip(velocity, spin=(0, 0, 0), **more):
    """A bead that swings in the sharp tip, both contacts begun."""
    place = [0.1 * DEEP, 0.0, (RADIUS - 0.8 * DEEP) / SINE]
    simulation = in_a_cone(place, velocity, spin, material=JELLY, fraction=0.02, **more)
    simulation.step()
    return simulation


@pytest.mark.parametrize("way", [(0.0, 0.0), (6e-3, 0.0), (4e-3, 6e-3)], ids=str)
def test_a_bead_that_swings_in_a_sharp_tip_keeps_its_energy_and_its_turn(way):
    """The forces of both sides together are those of a smooth potential about the axis."""
    simulation = in_the_tip((*way, 0.0))
    balance, turns, both, crossed = Balance(simulation), [], 0, set()
    moving = MASS * GRAVITY * DEEP
    for _ in range(200):
        assert balance.advance(2.5e-4).loss == pytest.approx(0.0, abs=1e-4 * moving)
        (x, y, _), (u, v, _) = simulation.position[0], simulation.velocity[0]
        turns.append(MASS * (x * v - y * u))
        both += len(simulation.contacts()["bead"]) == 2
        crossed.add(x > 0.0)
    assert both > 100 and len(crossed) == 2
    assert turns == pytest.approx(np.full(200, turns[0]), abs=1e-3 * max(map(abs, turns)) + 1e-18)


ROLLING = hertz_mindlin(1.0, 1e3, 1e3, shear_damping=False)


def test_a_bead_rolls_over_the_seam_of_a_round_tip_without_gain_or_loss_and_forgets_nothing():
    """Down the cone, through the cap, and up in it on the other side."""
    tip, edge, speed = 6e-3, 5e-3, 0.2
    cone = vessel_of(tip, edge).lines[1]
    along, out = cone.directions[0], np.array([-cone.directions[0][1], cone.directions[0][0]])
    deep = (MASS * GRAVITY * along[0] / STIFFNESS) ** (2 / 3)
    x, z = cone.start + 1e-3 * along + (RADIUS - deep) * out
    u, w = -speed * along
    simulation = in_a_cone(
        [x, 0.0, z],
        [u, 0.0, w],
        [0.0, -speed / (RADIUS - deep), 0.0],
        tip=tip,
        edge=edge,
        contact=ROLLING,
        fraction=0.05,
    )
    balance, places = Balance(simulation), []
    energy = 0.7 * MASS * speed**2
    while simulation.position[0, 0] > -1.5e-3:
        assert balance.advance(2e-4).loss == pytest.approx(0.0, abs=1e-3 * energy)
        places.append(len(simulation.contacts()["bead"]))
    assert set(places) == {1}
    # The contact that it began with at the start is still under way.
    assert list(simulation.state.read("onset", 1)[:1, 0]) == [0]
    assert (simulation.state.read("event_sums", 1) == 0.0).all()


@pytest.mark.parametrize("turning", [0.0, 30.0])
def test_a_bead_that_falls_into_the_tip_with_friction_closes_its_ledger(turning):
    """Its friction is carried from one side to the other where it crosses the axis, not made."""
    contact = hertz_mindlin(0.6, 0.4, 0.4, 0.01)
    motion = {"motion": "rotation", "rate": Profile.constant(turning)} if turning else {}
    simulation = in_the_tip((8e-3, 4e-3, 0.0), (3.0, 2.0, -6.0), contact=contact, motion=motion)
    balance, both = Balance(simulation), 0
    for _ in range(100):
        balance.advance(5e-4)
        both += len(simulation.contacts()["bead"]) == 2
    assert both > 50
    assert balance.ledger.loss > 0.0
    assert balance.ledger.excess == pytest.approx(0.0, abs=1e-3)
    # The side carries it round at its own speed.
    assert simulation.angular_velocity[0, 2] == pytest.approx(turning, abs=1.0)
