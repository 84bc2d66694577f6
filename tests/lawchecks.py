"""Coefficients and known answers that laws with a linear spring share."""

import numpy as np
import pytest

from gpudem.contact.materials import Material
from gpudem.device import start as device
from gpudem.engine.collected import ledger_of
from gpudem.ledger import REPORT_WORK_ENERGY
from gpudem.mills.drive import Drive
from gpudem.running.simulation import Simulation
from tests.device.work import crowd
from tests.factories import DENSITY, RADIUS, ZIRCONIA, above_plane, run_until_free


def band(double, mixed):
    """Of a result in the precision in use."""
    return double if device.current().precision == "double" else mixed


def stepped(case, contact, share=1.0):
    """The case with the step that the law asks for, times a share."""
    case.time_step = share * contact.longest_step(0.2, ZIRCONIA, RADIUS, DENSITY)
    return case


def coefficients(law, restitution=1.0, friction=0.0, rolling=0.0, **more):
    """Coefficients of a contact law whose static and dynamic friction are the same."""
    return law(
        restitution=restitution,
        static_friction=friction,
        dynamic_friction=friction,
        rolling_friction=rolling,
        **more,
    )


def check_series(contact):
    """Beads of two materials are two springs in series; returns the law's numbers."""
    values = contact.parameters(ZIRCONIA, Material(10e9, 0.3))
    assert values["stiffness"] == pytest.approx(4 / (1 / 210e9 + 1 / 10e9))
    return values


def check_scene_step(scene, law, longest):
    """A scene that names the law takes its step, cut to steps that fill a log interval."""
    assert isinstance(scene.contact.bead_wall, law)
    assert 0.99 * longest < scene.time_step <= longest * (1 + 1e-9)


def check_sliding_hit(contact, share=1.0):
    """A hit that slides throughout: the impulse along is mu times that across, m (1 + e) v."""
    simulation = Simulation(stepped(above_plane((2.0, 0, -1.0), contact=contact), contact, share))
    run_until_free(simulation)
    along = contact.dynamic_friction * (1 + contact.restitution)
    assert simulation.velocity[0, 0] == pytest.approx(2.0 - along, rel=2e-3)
    assert simulation.angular_velocity[0, 1] == pytest.approx(2.5 * along / RADIUS, rel=0.01)


def check_oblique_hit(contact, angle):
    """A spinning bead that hits a plane loses what the ledger says; returns what was collected."""
    slope = np.deg2rad(angle)
    velocity = (np.sin(slope), 0.0, -np.cos(slope))
    case = stepped(above_plane(velocity, (0, -100.0, 50.0), contact=contact), contact)
    simulation = Simulation(case)
    before = simulation.collect().sample
    run_until_free(simulation)
    collected = simulation.collect()
    ledger = ledger_of(before, collected)
    assert ledger.motion_change < 0.0
    assert ledger.stored_change == 0.0
    assert ledger.dissipation == pytest.approx(-ledger.motion_change, rel=0.01)
    return collected, ledger


def check_rolling_bead(contact):
    """A soft bead that rolls without sliding loses 5/7 mu_r g."""
    case = above_plane((0.05, 0, 0), (0, 0.05 / RADIUS, 0), gap=-1e-9, contact=contact)
    case.materials = (Material(210e5, 0.3), Material(210e5, 0.3))
    case.drive = Drive(gravity=(0, 0, -9.81))
    case.time_step = contact.longest_step(0.2, case.materials[0], RADIUS, DENSITY)
    simulation = Simulation(case)
    steps = round(0.02 / case.time_step)
    simulation.step(steps)
    slowed = 0.05 - simulation.velocity[0, 0]
    expected = 5 / 7 * contact.rolling_friction * 9.81 * steps * case.time_step
    assert slowed == pytest.approx(expected, rel=0.05)


def check_crowd(contact, steps):
    """A dense crowd closes both ledgers."""
    case = crowd(64)
    case.contacts = dict.fromkeys(case.contacts, contact)
    simulation = Simulation(stepped(case, contact))
    before = simulation.collect().sample
    simulation.step(steps)
    ledger = ledger_of(before, simulation.collect())
    assert ledger.dissipation > 0.02
    assert abs(ledger.work_energy) < REPORT_WORK_ENERGY[device.current().precision]
    assert abs(ledger.missed) < 0.01 * ledger.dissipation
