"""A heavy ball thrown into a bed of small beads: balances of momentum and energy, and its rest."""

import numpy as np
import pytest

from gpudem.engine.collected import ledger_of
from gpudem.kernels import layout as at
from gpudem.ledger import REPORT_WORK_ENERGY
from gpudem.running.simulation import Simulation
from gpudem.scene.file import scene_from_text

SCENE = """
[mill]
kind = "drum"
speed = "0 rpm"
gravity = [0, 0, "-9.81 m/s2"]

[bowl]
shape = "box"
width = "22 mm"
depth = "22 mm"
height = "15 mm"
closed = false

[[beads]]
name = "bed"
diameter = "2 mm"
density = "2500 kg/m3"
youngs_modulus = "1 GPa"
poisson_ratio = 0.2
count = 300

[[beads]]
name = "ball"
diameter = "14 mm"
density = "7200 kg/m3"
youngs_modulus = "1 GPa"
poisson_ratio = 0.2
count = 1
position = ["1 mm", 0, "14 mm"]
velocity = ["0.2 m/s", 0, "-1 m/s"]

[contact.bead_bead]
restitution = 0.3
static_friction = 0.3
dynamic_friction = 0.3
rolling_friction = 0.01

[run]
duration = "200 ms"
log_walls = true
start = "settled"
settle = "150 ms"
rayleigh_fraction = 0.2
"""
GRAVITY = np.array([0.0, 0.0, -9.81])


@pytest.fixture
def thrown():
    return Simulation(scene_from_text(SCENE, (), "bed.toml"))


def test_momentum_and_energy_balance_and_the_ball_stops(thrown):
    case, mass = thrown.cases[0], thrown.cases[0].mass[:, None]
    surface = np.quantile(thrown.position[:-1, 2], 0.95) + case.radius[0]
    # Where and how the scene says, above a bed that lies.
    assert thrown.position[-1] == pytest.approx([1e-3, 0.0, 14e-3])
    assert thrown.velocity[-1] == pytest.approx([0.2, 0.0, -1.0])
    assert surface < 6e-3 and np.abs(thrown.velocity[:-1]).max() < 1e-9
    energy = 0.5 * case.mass[-1] * 1.04
    thrown.open_window()
    before = thrown.collect().sample
    momentum = (mass * thrown.velocity).sum(axis=0)
    thrown.advance_to(0.2)
    collected, after = thrown.collect(), (mass * thrown.velocity).sum(axis=0)
    pushed = thrown.wall_sums()[:, at.WALL_IMPULSE : at.WALL_IMPULSE + 3].sum(axis=0)
    gained = GRAVITY * mass.sum() * thrown.time
    assert after - momentum == pytest.approx(gained - pushed, abs=1e-3 * case.mass[-1])
    ledger = ledger_of(before, collected)
    assert abs(ledger.from_nowhere) < REPORT_WORK_ENERGY[thrown.device.precision] * energy
    assert abs(ledger.missed) < 0.01 * energy
    assert ledger.dissipation > 0.9 * energy
    # It lies in the bed, below the surface that was and above the bottom.
    lowest = thrown.position[-1, 2] - case.radius[-1]
    assert 0.0 < lowest < surface - 1e-3
    assert 0.5 * case.mass[-1] * (thrown.velocity[-1] ** 2).sum() < 0.01 * energy


def test_the_forces_of_small_beads_are_what_stops_the_ball(thrown):
    case, ball = thrown.cases[0], 300
    thrown.advance_to(2.6e-3)
    impulse, begin, start, most = np.zeros(3), thrown.time, thrown.velocity[-1].copy(), 0
    while thrown.time < 4e-3:
        contacts = thrown.contacts()
        on_ball, by_ball = contacts["bead"] == ball, contacts["partner"] == ball
        force = contacts["force"][on_ball].sum(axis=0) - contacts["force"][by_ball].sum(axis=0)
        impulse += case.time_step * force
        most = max(most, int(on_ball.sum() + by_ball.sum()))
        thrown.step(1)
    gained = case.mass[-1] * (thrown.velocity[-1] - start)
    gravity = case.mass[-1] * GRAVITY * (thrown.time - begin)
    assert most >= 3
    assert impulse[2] > 0.1 * case.mass[-1]
    assert gained - gravity == pytest.approx(impulse, abs=0.01 * np.linalg.norm(impulse))
