"""The hysteretic linear spring: rebound, depth, time, friction and energy against its equations."""

from functools import partial

import numpy as np
import pytest

from gpudem.contact.linear_hysteretic import LinearHysteretic
from gpudem.errors import SceneError
from gpudem.running.simulation import Simulation
from gpudem.scene.checks import warnings
from gpudem.scene.file import load_scene
from tests import lawchecks
from tests.factories import MASS, RADIUS, ZIRCONIA, above_plane, head_on, hitting, rebound
from tests.lawchecks import (
    band,
    check_crowd,
    check_oblique_hit,
    check_rolling_bead,
    check_scene_step,
    check_series,
    check_sliding_hit,
    stepped,
)

coefficients = partial(lawchecks.coefficients, LinearHysteretic)


@pytest.mark.parametrize("restitution", [0.15, 0.5, 0.9, 1.0])
def test_a_bead_rebounds_with_the_restitution(restitution):
    contact = coefficients(restitution)
    case = stepped(hitting("wall", 1.0, contact=contact), contact)
    # 2.1 % at 0.15 in double precision; single-precision speeds change by whole units.
    assert rebound(case, 1.0) == pytest.approx(restitution, rel=band(0.025, 0.04))


@pytest.mark.parametrize("kind", ["pair", "unequal"])
def test_two_beads_rebound_whatever_their_sizes(kind):
    contact = coefficients(0.3)
    case = stepped(hitting(kind, 1.0, contact=contact), contact, 0.25)
    assert rebound(case, 1.0) == pytest.approx(0.3, rel=band(0.01, 0.02))


@pytest.mark.parametrize("partner", ["wall", "bead"])
def test_depth_and_time_are_those_of_two_springs(partner):
    # K_body = E d; two in series.
    spring, speed = 0.5 * ZIRCONIA.youngs_modulus * 2 * RADIUS, 1.0
    contact = coefficients(0.5)
    if partner == "wall":
        mass, case = MASS, above_plane((0, 0, -speed), contact=contact)
    else:
        mass, case = 0.5 * MASS, head_on(speed, contact=contact)
    simulation = Simulation(stepped(case, contact, 0.2))
    deepest, touching = 0.0, 0
    for _ in range(4000):
        simulation.step(1)
        p = simulation.position
        depth = RADIUS - p[0, 2] if partner == "wall" else 2 * RADIUS - (p[1, 0] - p[0, 0])
        deepest, touching = max(deepest, depth), touching + (depth > 0.0)
        if touching and depth <= 0.0:
            break
    assert deepest == pytest.approx(speed * np.sqrt(mass / spring), rel=band(2e-3, 5e-3))
    # Loading takes a quarter of a period, unloading one of the steeper spring; then the bead, whose
    # dent is left, flies on until the surfaces part.
    quarter = 0.5 * np.pi * np.sqrt(mass / spring)
    dent = deepest * (1.0 - 0.5**2)
    lasted = 1.5 * quarter + dent / (0.5 * speed)
    assert touching * simulation.cases[0].time_step == pytest.approx(lasted, rel=0.02)
    assert contact.impact_time(ZIRCONIA, ZIRCONIA, 0.5 * MASS, 0.5 * RADIUS, 1.0) == pytest.approx(
        1.5 * 0.5 * np.pi * np.sqrt(0.5 * MASS / spring)
    )


def test_two_materials_are_springs_in_series():
    assert check_series(coefficients(0.5))["steepness"] == pytest.approx(4.0)


def test_a_sliding_hit_changes_speed_and_spin_by_the_friction():
    check_sliding_hit(coefficients(0.5, 0.2))


@pytest.mark.parametrize("angle", [10, 40, 70])
def test_no_impact_gains_energy_and_the_ledger_closes(angle):
    check_oblique_hit(coefficients(0.3, 0.4, 0.05), angle)


def test_a_rolling_bead_slows_down_by_its_rolling_friction():
    check_rolling_bead(coefficients(0.3, 0.5, 0.05))


def test_a_crowd_closes_its_ledgers():
    check_crowd(coefficients(0.3, 0.5, 0.045), 6000)


def test_a_scene_names_the_law_and_gets_its_step():
    sets = ("contact.model=linear-hysteretic", "contact.softening=1000")
    scene = load_scene("pulverisette7", sets)
    # e (pi/2) sqrt(m*/K1) / 10, K1 = E d / 2000.
    spring = 0.5 * 210e9 * 2 * RADIUS / 1000
    mass = 0.5 * scene.bead_mass
    longest = 0.15 * 0.5 * np.pi * np.sqrt(mass / spring) / 10
    check_scene_step(scene, LinearHysteretic, longest)
    assert any("31.6 times longer" in told for told in warnings(scene))
    with pytest.raises(SceneError, match="shear_damping=true: unknown key"):
        load_scene("pulverisette7", (*sets, "contact.bead_bead.shear_damping=true"))
