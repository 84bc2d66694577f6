"""Checks 4 and 5: from sliding to rolling, static and dynamic friction, rolling resistance."""

import numpy as np
import pytest

from gpudem.contact.materials import Material
from gpudem.mills.drive import Drive
from gpudem.running.simulation import Simulation
from tests.factories import RADIUS, case_of, hertz_mindlin

pytestmark = pytest.mark.both_precisions

GRAVITY = 9.81
SOFT = Material(1e8, 0.3)


def lying(contact, *, velocity=(0, 0, 0), spin=(0, 0, 0), gravity=(0, 0, -GRAVITY), **more):
    """A bead at rest in the plane z = 0, pressed in by its weight."""
    from gpudem.contact.hertz_mindlin import effective_modulus
    from gpudem.geometry.wall import plane

    density = 2500.0
    mass = density * 4 / 3 * np.pi * RADIUS**3
    stiffness = 4 / 3 * effective_modulus(SOFT, SOFT) * np.sqrt(RADIUS)
    overlap = (mass * abs(gravity[2]) / stiffness) ** (2 / 3)
    return case_of(
        [[0, 0, RADIUS - overlap]],
        [velocity],
        [spin],
        material=SOFT,
        density=density,
        contact=contact,
        walls=[plane((0, 0, 0), (0, 0, 1))],
        drive=Drive(gravity=gravity),
        fraction=0.1,
        **more,
    )


def test_sliding_turns_to_rolling():
    friction, speed = 0.3, 0.5
    contact = hertz_mindlin(0.5, friction, friction, rolling_friction=0.0)
    simulation = Simulation(lying(contact, velocity=(speed, 0, 0)))
    rolls = 2 * speed / (7 * friction * GRAVITY)
    simulation.advance_to(0.5 * rolls)
    t = simulation.time
    assert simulation.velocity[0, 0] == pytest.approx(speed - friction * GRAVITY * t, rel=5e-3)
    assert simulation.angular_velocity[0, 1] == pytest.approx(
        2.5 * friction * GRAVITY * t / RADIUS, rel=5e-3
    )
    simulation.advance_to(1.2 * rolls)
    assert simulation.velocity[0, 0] == pytest.approx(5 / 7 * speed, rel=5e-3)
    assert simulation.angular_velocity[0, 1] * RADIUS == pytest.approx(5 / 7 * speed, rel=5e-3)


def test_spin_alone_turns_to_rolling():
    friction, spin = 0.3, 100.0
    contact = hertz_mindlin(0.5, friction, friction, rolling_friction=0.0)
    simulation = Simulation(lying(contact, spin=(0, spin, 0)))
    simulation.advance_to(2.0 * 2 * spin * RADIUS / (7 * friction * GRAVITY))
    assert simulation.velocity[0, 0] == pytest.approx(2 / 7 * spin * RADIUS, rel=5e-3)


def test_a_pushed_body_slips_at_static_and_carries_dynamic_friction():
    static, dynamic = 0.6, 0.4
    contact = hertz_mindlin(0.5, static, dynamic, rolling_friction=0.0)
    for share, moves in ((0.95, False), (1.1, True)):
        push = share * static * GRAVITY
        case = lying(contact, gravity=(push, 0, -GRAVITY), spin_locked=True)
        simulation = Simulation(case)
        simulation.advance_to(0.02)
        early = simulation.velocity[0, 0]
        simulation.advance_to(0.04)
        rate = (simulation.velocity[0, 0] - early) / 0.02
        if moves:
            assert rate == pytest.approx(push - dynamic * GRAVITY, rel=5e-3)
            force = simulation.contacts()["force"][0]
            assert -force[0] / force[2] == pytest.approx(dynamic, rel=5e-3)
        else:
            assert abs(rate) < 1e-3 * push


@pytest.mark.parametrize("model", ["elastic-plastic", "constant-torque"])
def test_rolling_down_an_incline(model):
    rolling = 0.05
    contact = hertz_mindlin(0.5, 0.6, 0.6, rolling_friction=rolling, rolling_model=model)
    for slope in (0.03, 0.12):
        gravity = (GRAVITY * np.sin(slope), 0, -GRAVITY * np.cos(slope))
        simulation = Simulation(lying(contact, gravity=gravity))
        simulation.advance_to(0.05)
        early, then = simulation.velocity[0, 0], simulation.time
        simulation.advance_to(0.15)
        rate = (simulation.velocity[0, 0] - early) / (simulation.time - then)
        if np.tan(slope) > rolling:
            wanted = 5 / 7 * GRAVITY * (np.sin(slope) - rolling * np.cos(slope))
            assert rate == pytest.approx(wanted, rel=1e-2)
        else:
            assert abs(rate) < 2e-2 * gravity[0]


def test_constant_torque_takes_the_same_energy_as_its_work():
    contact = hertz_mindlin(0.5, 0.6, 0.6, rolling_friction=0.05, rolling_model="constant-torque")
    case = lying(contact, velocity=(0.2, 0, 0), spin=(0, 0.2 / RADIUS, 0))
    simulation = Simulation(case)
    before = simulation.collect().sample[0, 4:6].sum()
    simulation.advance_to(0.05)
    collected = simulation.collect()
    lost = before - collected.sample[0, 4:6].sum()
    loss = collected.log[0, 1, 6]
    assert loss > 0.5 * lost
    assert collected.log[0, 1, 3:8].sum() == pytest.approx(lost, rel=0.02)
