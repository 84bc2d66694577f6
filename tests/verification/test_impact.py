"""Checks 1 to 3: elastic impacts (Chung & Ooi 2011), restitution, and oblique hits."""

import numpy as np
import pytest

from gpudem.contact.materials import Material
from gpudem.kernels import layout as at
from gpudem.mills.drive import Drive
from gpudem.quantities import EVENT_HISTOGRAMS, EVENT_SUMS, histogram_edges
from gpudem.running.simulation import Simulation
from tests.factories import (
    FRICTIONLESS,
    RIGID,
    above_plane,
    head_on,
    hertz_mindlin,
    hitting,
    rebound,
    run_until_free,
)

pytestmark = pytest.mark.both_precisions

# (material, density, radius, normal speed of impact), then overlap [m], force [N], time [s].
TWO_SPHERES = [
    (Material(48e9, 0.20), 2800.0, 10e-3, 20.0, 274.1e-6, 10.697e3, 40.34e-6),
    (Material(20e9, 0.25), 2500.0, 10e-3, 20.0, 368.3e-6, 7.108e3, 54.20e-6),
]
ON_PLANE = [
    (Material(70e9, 0.30), 2699.0, 0.1, 0.2, 49.72e-6, 11.370e3, 731.7e-6),
    (Material(40e9, 0.35), 1800.0, 0.1, 0.2, 52.12e-6, 7.233e3, 767.1e-6),
]


def follow(simulation):
    """Largest overlap, largest force and duration of the one impact of a simulation."""
    dt = simulation.cases[0].time_step
    overlaps, forces = [], []
    for _ in range(100_000):
        simulation.step(1)
        contacts = simulation.contacts()
        if len(contacts["bead"]):
            overlaps.append(contacts["overlap"][0])
            forces.append(np.linalg.norm(contacts["force"][0]))
        elif overlaps:
            break
    overlaps = np.array(overlaps)
    # The overlap passes 0 between steps, at nearly constant speed.
    before = overlaps[0] / (overlaps[1] - overlaps[0])
    after = overlaps[-1] / (overlaps[-2] - overlaps[-1])
    return overlaps.max(), max(forces), (len(overlaps) - 1 + before + after) * dt


@pytest.mark.parametrize(
    ("material", "density", "radius", "speed", "overlap", "force", "time"), TWO_SPHERES
)
def test_two_elastic_spheres(material, density, radius, speed, overlap, force, time):
    case = head_on(speed, radius=radius, material=material, density=density, contact=FRICTIONLESS)
    got = follow(Simulation(case))
    assert got == pytest.approx((overlap, force, time), rel=2e-3)


@pytest.mark.parametrize(
    ("material", "density", "radius", "speed", "overlap", "force", "time"), ON_PLANE
)
def test_elastic_sphere_on_rigid_plane(material, density, radius, speed, overlap, force, time):
    case = above_plane(
        (0, 0, -speed),
        radius=radius,
        material=material,
        wall_material=RIGID,
        density=density,
        contact=FRICTIONLESS,
    )
    got = follow(Simulation(case))
    assert got == pytest.approx((overlap, force, time), rel=2e-3)


def normal_only(restitution):
    return hertz_mindlin(restitution, 0.0, 0.0)


@pytest.mark.parametrize("restitution", [0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0])
@pytest.mark.parametrize("kind", ["pair", "wall", "unequal"])
def test_restitution_out_is_restitution_in(restitution, kind):
    case = hitting(kind, 1.0, contact=normal_only(restitution))
    assert rebound(case, 1.0) == pytest.approx(restitution, rel=5e-3)


@pytest.mark.parametrize("speed", [0.01, 0.1, 1.0, 10.0])
def test_restitution_does_not_depend_on_speed(speed):
    assert rebound(head_on(speed, contact=normal_only(0.15)), speed) == pytest.approx(
        0.15, rel=5e-3
    )


def test_restitution_error_falls_with_the_time_step():
    errors = [
        abs(rebound(head_on(1.0, contact=normal_only(0.15), fraction=f, gap=1e-7), 1.0) - 0.15)
        for f in (0.2, 0.05, 0.0125)
    ]
    assert errors[0] < 0.05 * 0.15
    assert errors[1] < errors[0]
    assert errors[2] < errors[1]
    order = np.log(errors[0] / errors[2]) / np.log(16.0)
    assert order > 0.9


@pytest.mark.parametrize("fraction", [0.02, 0.2])
@pytest.mark.parametrize("restitution", [0.15, 1.0])
def test_gross_sliding_on_a_wall(fraction, restitution):
    friction, radius = 0.5, 2.5e-3
    contact = hertz_mindlin(restitution, 0.5, friction, rolling_friction=0.0)
    v_n, v_x = 1.0, 2.2 if restitution < 1 else 5.0
    case = above_plane((v_x, 0, -v_n), contact=contact, fraction=fraction)
    simulation = Simulation(case)
    run_until_free(simulation)
    # For e = 0.15 these are 1.625 m/s and 575 rad/s; sliding is gross above 2.01 m/s.
    change = friction * (1 + restitution) * v_n
    if fraction == 0.02:
        assert simulation.velocity[0, 2] == pytest.approx(restitution * v_n, rel=5e-3)
    assert simulation.velocity[0, 0] == pytest.approx(v_x - change, rel=5e-3)
    assert simulation.angular_velocity[0, 1] == pytest.approx(2.5 * change / radius, rel=5e-3)


@pytest.mark.parametrize("angle", range(2, 90, 8))
@pytest.mark.parametrize("restitution", [0.05, 0.15, 0.9])
def test_no_impact_gains_energy_at_any_angle(angle, restitution):
    slope = np.radians(angle)
    contact = hertz_mindlin(restitution, 0.55, 0.5, rolling_friction=0.045)
    case = above_plane(
        (2.0 * np.sin(slope), 0.3, -2.0 * np.cos(slope)),
        (50.0, -80.0, 200.0),
        contact=contact,
        fraction=0.2,
    )
    simulation = Simulation(case)
    before = simulation.collect().sample[0, 4:6].sum()
    run_until_free(simulation)
    collected = simulation.collect()
    lost = before - collected.sample[0, 4:6].sum()
    assert lost > 0
    channels = collected.log[0, 1, 3:8]
    assert (channels >= -1e-12 * before).all()
    assert channels.sum() == pytest.approx(lost, rel=5e-3)


@pytest.mark.parametrize("angle", [60, 80])
def test_what_a_sliding_hit_loses_along_the_wall_is_lost_by_sliding(angle):
    slope = np.radians(angle)
    case = above_plane(
        (np.sin(slope), 0.0, -np.cos(slope)),
        contact=hertz_mindlin(0.15, 0.5, 0.5),
        fraction=0.2,
    )
    simulation = Simulation(case)
    run_until_free(simulation)
    _, shear_damping, sliding, _, relaxation = simulation.collect().log[0, 1, 3:8]
    assert sliding > 0.97 * (shear_damping + sliding + relaxation)
    assert relaxation < 3e-3 * sliding


@pytest.mark.parametrize("restitution", [1.0, 0.5, 0.15])
@pytest.mark.parametrize("at_wall", [False, True])
def test_impact_energies_of_one_impact_are_those_of_its_approach(restitution, at_wall):
    law = hertz_mindlin(restitution, 0.5, 0.5)
    case = above_plane((0.4, 0, -1.0), contact=law) if at_wall else head_on(1.0, contact=law)
    simulation = Simulation(case)
    simulation.open_window()
    run_until_free(simulation)
    done, kind = simulation.collect(), int(at_wall)
    events = dict(zip((q.name for q in EVENT_SUMS), done.events.sum(axis=0)[kind], strict=True))
    reduced = case.mass[0] if at_wall else 0.5 * case.mass[0]
    approach = 0.5 * reduced * 1.0**2
    assert events["events"] == 1
    # Where the beads turn round, all of it has been transferred, whatever is lost on the way.
    assert events["onset"] == pytest.approx(approach, rel=5e-3)
    assert events["impact"] == pytest.approx(approach, rel=1e-2)
    assert events["normal"] == pytest.approx(approach, rel=1e-2)
    counts = simulation.take_histograms()[0, kind]
    for name in ("impact", "onset"):
        row = counts[[q.name for q in EVENT_HISTOGRAMS].index(name)]
        edges = histogram_edges()
        (place,) = np.flatnonzero(row)
        assert edges[place] <= 1.01 * approach and approach <= 1.01 * edges[place + 1]


def test_a_contact_that_swings_transfers_no_more_than_once():
    # A bead held on a plane by gravity swings on it: its loading work adds up, what is
    # transferred does not.
    law = hertz_mindlin(0.9, 0.0, 0.0)
    weight = Drive(gravity=(0.0, 0.0, -2e4))
    case = above_plane((0.0, 0.0, -0.1), contact=law, drive=weight)
    simulation = Simulation(case)
    simulation.open_window()
    simulation.step(4000)
    memory = simulation.state.read("history", 16)[: simulation.state.slots]
    energy = simulation.state.read("energy", at.LOG_ENERGIES)[: simulation.state.slots]
    slot = int(np.argmax(memory[:, at.PEAK_TRANSFERRED]))
    assert simulation.state.read("contact_state", 1)[slot, 0] != at.APART
    most, now = memory[slot, at.PEAK_TRANSFERRED], memory[slot, at.TRANSFERRED]
    assert 0.0 < now < most < 0.7 * energy[slot, at.NORMAL]
