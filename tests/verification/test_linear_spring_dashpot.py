"""The linear spring and dashpot: rebound, depth, time, friction and energy against closed forms."""

from functools import partial

import numpy as np
import pytest

from gpudem.contact.linear_spring_dashpot import LinearSpringDashpot
from gpudem.contact.materials import Material
from gpudem.contact.restitution import force_time, linear_damping_ratio
from gpudem.device import start as device
from gpudem.errors import SceneError
from gpudem.running.simulation import Simulation
from gpudem.scene.checks import warnings
from gpudem.scene.file import load_scene
from tests import lawchecks
from tests.factories import (
    MASS,
    RADIUS,
    ZIRCONIA,
    above_plane,
    head_on,
    hitting,
    rebound,
    run_until_free,
)
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

#: K_body = E d, two in series.
SPRING = 0.5 * ZIRCONIA.youngs_modulus * 2 * RADIUS


coefficients = partial(lawchecks.coefficients, LinearSpringDashpot)


@pytest.mark.parametrize("restitution", [0.05, 0.15, 0.3, 0.5, 0.7, 0.95, 1.0])
@pytest.mark.parametrize("kind", ["pair", "wall", "unequal"])
def test_restitution_out_is_restitution_in(restitution, kind):
    contact = coefficients(restitution)
    case = stepped(hitting(kind, 1.0, contact=contact), contact, 0.125)
    assert rebound(case, 1.0) == pytest.approx(restitution, rel=band(5e-3, 0.015))


@pytest.mark.parametrize("restitution", [0.15, 0.5, 0.9])
def test_restitution_at_the_step_that_the_law_asks_for(restitution):
    contact = coefficients(restitution)
    case = stepped(head_on(1.0, contact=contact), contact)
    assert rebound(case, 1.0) == pytest.approx(restitution, rel=band(0.02, 0.03))


def test_restitution_error_falls_with_the_square_of_the_time_step():
    contact = coefficients(0.15)
    errors = []
    for share in (1.0, 0.25):
        out = []
        # Over four phases of the onset within a step.
        for phase in range(4):
            case = stepped(head_on(1.0, contact=contact, gap=1e-6), contact, share)
            case.position[1, 0] += 0.25 * phase * case.time_step
            out.append(abs(rebound(case, 1.0) / 0.15 - 1.0))
        errors.append(max(out))
    assert errors[0] < band(0.02, 0.03)
    if device.current().precision == "double":
        assert np.log(errors[0] / errors[1]) / np.log(4.0) > 1.8


@pytest.mark.parametrize("partner", ["wall", "bead"])
@pytest.mark.parametrize("restitution", [0.3, 0.8])
def test_depth_force_and_time_are_those_of_the_closed_form(partner, restitution):
    speed, contact = 1.0, coefficients(restitution)
    if partner == "wall":
        mass, case = MASS, above_plane((0, 0, -speed), contact=contact)
    else:
        mass, case = 0.5 * MASS, head_on(speed, contact=contact)
    simulation = Simulation(stepped(case, contact, 0.1))
    depths, forces = [], []
    for _ in range(8000):
        simulation.step(1)
        contacts = simulation.contacts()
        if len(contacts["bead"]):
            depths.append(contacts["overlap"][0])
            forces.append(np.linalg.norm(contacts["force"][0]))
        elif depths:
            break
    rate = np.sqrt(SPRING / mass)
    depth = speed / rate * np.sqrt(restitution)
    assert max(depths) == pytest.approx(depth, rel=band(2e-3, 5e-3))
    lasted = np.count_nonzero(forces) * simulation.cases[0].time_step
    assert lasted == pytest.approx(
        force_time(linear_damping_ratio(restitution)) / rate, abs=2 * simulation.cases[0].time_step
    )
    if partner == "bead":
        time = contact.impact_time(ZIRCONIA, ZIRCONIA, mass, 0.5 * RADIUS, speed)
        assert time == pytest.approx(force_time(linear_damping_ratio(restitution)) / rate)


def test_a_given_stiffness_replaces_that_of_the_materials():
    given = 1e6
    contact = coefficients(0.5, stiffness="1 MN/m", tangential_ratio=0.8)
    values = contact.parameters(ZIRCONIA, Material(10e9, 0.3))
    assert (values["spring"], values["stiffness"], values["tangential"]) == (given, 0.0, 0.8)
    for radius in (RADIUS, (RADIUS, 0.4 * RADIUS)):
        case = stepped(head_on(0.1, radius=radius, contact=contact), contact, 0.1)
        simulation = Simulation(case)
        deepest, apart = 0.0, case.radius.sum()
        for _ in range(4000):
            simulation.step(2)
            depth = apart - np.diff(simulation.position[:, 0])[0]
            deepest = max(deepest, depth)
            if depth < 0.0 < deepest:
                break
        mass = 1.0 / (1.0 / case.mass).sum()
        assert deepest == pytest.approx(0.1 * np.sqrt(mass / given * 0.5), rel=3e-3)
    check_series(coefficients(0.5))


@pytest.mark.parametrize("restitution", [0.15, 0.5])
def test_a_sliding_hit_changes_speed_and_spin_by_the_friction(restitution):
    check_sliding_hit(coefficients(restitution, 0.2), 0.25)


def test_the_tangential_spring_turns_back_with_its_own_period():
    # Sticking: half a period of the tangential motion at the end reverses the slip, for which the
    # normal contact must last as long: K_t = (2/7) K makes both periods the same.
    contact = coefficients(1.0, 1e3, tangential_ratio=2 / 7, shear_damping=False)
    case = stepped(above_plane((0.3, 0, -1.0), contact=contact), contact, 0.1)
    simulation = Simulation(case)
    run_until_free(simulation)
    slip = simulation.velocity[0, 0] - simulation.angular_velocity[0, 1] * RADIUS
    assert slip == pytest.approx(-0.3, rel=band(0.01, 0.03))


@pytest.mark.parametrize("angle", [10, 40, 70])
@pytest.mark.parametrize("restitution", [0.05, 0.3, 0.9])
def test_no_impact_gains_energy_and_the_ledger_closes(angle, restitution):
    collected, ledger = check_oblique_hit(coefficients(restitution, 0.4, 0.05), angle)
    assert (collected.log[0, 1, 3:8] >= -1e-6 * ledger.dissipation).all()


def test_a_rolling_bead_slows_down_by_its_rolling_friction():
    check_rolling_bead(coefficients(0.3, 0.5, 0.05))


def test_a_crowd_closes_its_ledgers():
    check_crowd(coefficients(0.3, 0.5, 0.045), 4000)


def test_a_scene_names_the_law_and_gets_its_step():
    sets = ("contact.model=linear-spring-dashpot", "contact.softening=100")
    scene = load_scene("pulverisette7", sets)
    # pi sqrt(m*/K) / 25, K = E d / 200.
    longest = np.pi * np.sqrt(0.5 * scene.bead_mass / (SPRING / 100)) / 25
    check_scene_step(scene, LinearSpringDashpot, longest)
    assert any("10 times longer" in told for told in warnings(scene))
    stiff = load_scene("pulverisette7", (*sets, "contact.bead_wall.stiffness=500 MN/m"))
    mass = 0.5 * scene.bead_mass
    assert stiff.time_step <= np.pi * np.sqrt(mass / 500e6) / 25
    with pytest.raises(SceneError, match="a stiffness is needed"):
        load_scene("pulverisette7", (*sets, "contact.bead_bead.stiffness=5 mm"))
