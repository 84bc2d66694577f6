"""Restitution as a function of the impact's speed: what comes out is what was asked for."""

import numpy as np
import pytest

from gpudem.contact.restitution import restitution_of
from gpudem.contact.restitution_by_speed import PowerLaw, SpeedTable, damping_over_speed
from gpudem.engine.collected import ledger_of
from gpudem.errors import SceneError
from gpudem.kernels.laws import hertz_mindlin, hertz_mindlin_by_speed
from gpudem.running.simulation import Simulation
from gpudem.scene.checks import warnings
from gpudem.scene.file import load_scene
from tests.device.work import crowd
from tests.factories import above_plane, head_on, hitting, rebound, run_until_free
from tests.factories import hertz_mindlin as coefficients

YIELDING = PowerLaw(0.6, 1.0, 0.25)
COVERED = SpeedTable(((0.05, 0.2), (0.5, 0.7), (2.0, 0.4), (2.2, 0.15)))


@pytest.mark.parametrize("law", [YIELDING, COVERED], ids=["power law", "table"])
@pytest.mark.parametrize("kind", ["pair", "wall", "unequal"])
@pytest.mark.parametrize("speed", [0.02, 0.3, 1.0, 8.0])
def test_impacts_rebound_with_the_restitution_of_their_speed(law, kind, speed):
    case = hitting(kind, speed, contact=coefficients(law, 0.0, 0.0))
    assert rebound(case, speed) == pytest.approx(law.of_speed(speed), rel=5e-3)


def test_walls_and_beads_have_each_their_own():
    by_speed, constant = coefficients(YIELDING, 0.0, 0.0), coefficients(0.3, 0.0, 0.0)
    for bead, wall in ((by_speed, constant), (constant, by_speed)):
        case = above_plane((0, 0, -4.0), contact=bead, wall_contact=wall)
        assert case.law() is hertz_mindlin_by_speed
        wanted = 0.3 if wall is constant else 0.6 * 4.0**-0.25
        assert rebound(case, 4.0) == pytest.approx(wanted, rel=5e-3)
        case = head_on(4.0, contact=bead, wall_contact=wall)
        wanted = 0.3 if bead is constant else 0.6 * 4.0**-0.25
        assert rebound(case, 4.0) == pytest.approx(wanted, rel=5e-3)
    assert above_plane((0, 0, -4.0), contact=constant).law() is hertz_mindlin


def test_a_sliding_hit_changes_speed_and_spin_by_the_friction():
    contact = coefficients(YIELDING, 0.2, 0.2)
    simulation = Simulation(above_plane((2.0, 0, -1.0), contact=contact))
    run_until_free(simulation)
    along = 0.2 * (1 + 0.6)
    assert simulation.velocity[0, 2] == pytest.approx(0.6, rel=5e-3)
    assert simulation.velocity[0, 0] == pytest.approx(2.0 - along, rel=5e-3)
    assert simulation.angular_velocity[0, 1] == pytest.approx(2.5 * along / 2.5e-3, rel=5e-3)


def test_an_impact_closes_its_ledger():
    contact = coefficients(COVERED, 0.4, 0.4, 0.05)
    case = above_plane((0.7, 0, -1.0), (0, -100.0, 50.0), contact=contact)
    simulation = Simulation(case)
    before = simulation.collect().sample
    run_until_free(simulation)
    ledger = ledger_of(before, simulation.collect())
    assert ledger.stored_change == 0.0
    assert ledger.dissipation == pytest.approx(-ledger.motion_change, rel=5e-3)


def test_a_crowd_closes_its_ledgers():
    case = crowd(64)
    case.contacts = dict.fromkeys(case.contacts, coefficients(YIELDING, 0.55, 0.5, 0.045))
    simulation = Simulation(case)
    before = simulation.collect().sample
    simulation.step(1500)
    ledger = ledger_of(before, simulation.collect())
    assert ledger.dissipation > 0.01
    assert abs(ledger.missed) < 0.01 * ledger.dissipation


def test_a_power_law_stays_within_the_range_of_coefficients():
    assert YIELDING.of_speed(1e-3) == 1.0
    assert PowerLaw(0.6, 1.0, 2.0).of_speed(100.0) == 0.01
    assert PowerLaw(0.6, 1.0, -1.0).of_speed(10.0) == 1.0
    for law in (YIELDING, PowerLaw(0.6, 1.0, 2.0), PowerLaw(0.3, 1.0, -0.5), COVERED):
        places, ratios = damping_over_speed(law, hertz_mindlin_by_speed.KNOTS)
        assert (np.diff(places) > 0).all() and (ratios >= 0).all()
        for speed in np.geomspace(1e-5, 100.0, 60):
            got = np.interp(np.log(speed), places, ratios)
            assert restitution_of(got) == pytest.approx(law.of_speed(speed), rel=5e-3)


def test_a_scene_takes_all_forms_and_names_what_is_wrong():
    def scene(text):
        return load_scene("pulverisette7", (f"contact.bead_bead.restitution={text}",))

    law = scene('{ value = 0.6, at = "1 m/s", exponent = 0.25 }').contact
    assert law.bead_bead.restitution == law.bead_wall.restitution == YIELDING
    table = scene('[["50 mm/s", 0.2], ["0.5 m/s", "70 %"]]').contact.bead_bead
    assert table.restitution == SpeedTable(((0.05, 0.2), (0.5, 0.7)))
    assert scene("0.5").contact.bead_bead.restitution == 0.5
    for text, said in (
        ("{ value = 0.6 }", "exponent"),
        ('{ value = 1.6, at = "1 m/s", exponent = 0.25 }', "from 0.01 to 1"),
        ('{ value = 0.6, at = "1 m", exponent = 0.25 }', "a speed is needed"),
        ("[]", "list of speeds"),
        ('[["1 m/s", 0.2], ["0.5 m/s", 0.7]]', "speeds must rise"),
        ('[["1 m/s", 0.2, 3]]', "list of speeds"),
    ):
        with pytest.raises(SceneError, match=said):
            scene(text)
    steep = scene('{ value = 0.1, at = "1 m/s", exponent = 0.5 }')
    assert any("rayleigh_fraction" in told for told in warnings(steep))
