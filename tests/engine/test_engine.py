"""The engine as an object: steps, arrays, contacts, sums, starts and moving walls."""

import numpy as np
import pytest

from gpudem import load_scene
from gpudem.contact.materials import Material
from gpudem.engine.case import Case
from gpudem.errors import GpudemError, SimulationError
from gpudem.geometry.vessel import cylinder
from gpudem.geometry.wall import plane
from gpudem.kernels import layout as at
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.quantities import COLLISION_LOG, EVENT_SUMS, HISTOGRAM_CLASSES
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.factories import (
    FRICTIONLESS,
    PAPER,
    RADIUS,
    ZIRCONIA,
    above_plane,
    case_of,
    head_on,
    hertz_mindlin,
    run_until_free,
)

GRAVITY = 9.81
LOG = {quantity.name: k for k, quantity in enumerate(COLLISION_LOG)}
EVENT = {quantity.name: k for k, quantity in enumerate(EVENT_SUMS)}
BEAD, WALL = 0, 1


def small_mill(*overrides, count=20):
    return load_scene("pulverisette7-20ml", (f"beads.count={count}", *overrides))


def resting_overlap(case):
    """Overlap [m] at which the Hertz force on a plane carries a bead's weight."""
    material = case.materials[0]
    modulus = 0.5 * material.youngs_modulus / (1.0 - material.poisson_ratio**2)
    stiffness = 4.0 / 3.0 * modulus * np.sqrt(case.radius[0])
    return (case.mass[0] * GRAVITY / stiffness) ** (2.0 / 3.0)


def resting_bead(**more):
    case = above_plane((0, 0, 0), drive=Drive(gravity=(0.0, 0.0, -GRAVITY)), fraction=0.1, **more)
    case.position[0, 2] = RADIUS - resting_overlap(case)
    return case


# --- steps and arrays --------------------------------------------------------------------


def test_steps_time_and_arrays_of_two_free_beads():
    speed = [[1.0, 0.0, 0.0], [0.0, 2.0, 3.0]]
    spin = [[0.0, 0.0, 4.0], [5.0, 6.0, 0.0]]
    place = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0]])
    case = case_of(place, speed, spin, radius=[2e-3, 1e-3])
    simulation = Simulation(case)
    assert simulation.beads == 2 and simulation.time == 0.0
    assert simulation.schedule == "serial" and simulation.scene is None
    simulation.step(10)
    simulation.step()
    assert simulation.step_number == 11
    assert simulation.time == pytest.approx(11 * case.time_step)
    assert simulation.position.shape == (2, 3)
    assert (simulation.radius == (2e-3, 1e-3)).all()
    assert simulation.position == pytest.approx(place + simulation.time * np.array(speed))
    assert simulation.velocity == pytest.approx(np.array(speed))
    assert simulation.angular_velocity == pytest.approx(np.array(spin))


def test_advance_to_goes_to_the_nearest_step_and_never_back():
    case = case_of([[0.0, 0.0, 0.0]])
    simulation = Simulation(case)
    simulation.advance_to(5000.4 * case.time_step)
    assert simulation.step_number == 5000
    simulation.advance_to(5000.4 * case.time_step)
    assert simulation.step_number == 5000
    with pytest.raises(GpudemError, match="is past"):
        simulation.advance_to(4000 * case.time_step)


def test_the_cut_into_calls_does_not_matter():
    scene = small_mill()
    one, many = Simulation(scene), Simulation(scene)
    one.step(3000)
    for count in (1, 2, 997, 2000):
        many.step(count)
    assert one.position.tobytes() == many.position.tobytes()
    assert one.velocity.tobytes() == many.velocity.tobytes()


def test_wrong_uses_are_refused():
    case = case_of([[0.0, 0.0, 0.0]])
    with pytest.raises(GpudemError, match="accepted are auto, serial, parallel"):
        Simulation(case, schedule="diagonal")
    simulation = Simulation(case)
    simulation.step()
    with pytest.raises(GpudemError, match="before the first step"):
        simulation.settle(0.1)
    with pytest.raises(GpudemError, match="has not advanced yet"):
        simulation.run("never.vtkhdf")


def test_a_time_step_that_is_too_large_is_told():
    case = head_on(1.0, gap=-1e-3)
    case.velocity[0, 0] = np.inf
    with pytest.raises(SimulationError, match="bead 0 has no finite position"):
        Simulation(case).step(2)


def test_gravity_in_any_direction():
    case = case_of([[0.0, 0.0, 0.0]], drive=Drive(gravity=(3.0, -4.0, 0.5)), fraction=0.2)
    simulation = Simulation(case)
    simulation.advance_to(0.01)
    fall = np.array([3.0, -4.0, 0.5])
    assert simulation.velocity[0] == pytest.approx(fall * simulation.time, rel=1e-9)
    assert simulation.position[0] == pytest.approx(0.5 * fall * simulation.time**2, rel=1e-9)


def test_beads_of_a_scene_fall_along_its_gravity():
    sideways = 'mill.gravity=["50 m/s2", 0, 0]'
    simulation = Simulation(small_mill("mill.speed=0 rpm", sideways))
    before = simulation.position
    simulation.advance_to(0.02)
    shift = simulation.position - before
    assert shift[:, 0].mean() > 4e-3
    assert np.abs(shift[:, 1:].mean(axis=0)).max() < 2e-3


def test_one_bead():
    simulation = Simulation(small_mill(count=1))
    simulation.advance_to(0.03)
    collected = simulation.collect()
    assert simulation.position.shape == (1, 3)
    assert collected.log[0, BEAD].sum() == 0.0
    assert collected.log[0, WALL, LOG["contacts"]] >= 1
    assert set(simulation.contacts()["partner"]) <= {-1, -2, -3}


# --- contacts ----------------------------------------------------------------------------


def test_the_contact_force_carries_a_resting_bead():
    case = resting_bead()
    simulation = Simulation(case)
    simulation.step(20_000)
    found = simulation.contacts()
    weight = case.mass[0] * GRAVITY
    assert {name: values.shape for name, values in found.items()} == {
        "bead": (1,), "partner": (1,), "overlap": (1,), "sliding": (1,),
        "normal": (1, 3), "point": (1, 3), "force": (1, 3), "moment": (1, 3),
    }  # fmt: skip
    assert found["bead"][0] == 0 and found["partner"][0] == -1
    assert found["force"][0] == pytest.approx((0.0, 0.0, weight), rel=1e-4, abs=1e-9)
    assert found["normal"][0] == pytest.approx((0.0, 0.0, 1.0))
    assert found["overlap"][0] == pytest.approx(resting_overlap(case), rel=1e-4)
    assert found["point"][0] == pytest.approx((0.0, 0.0, 0.0), abs=1e-8)
    assert np.abs(found["moment"]).max() < 1e-12 and not found["sliding"][0]
    assert simulation.contact_force() == pytest.approx([weight], rel=1e-4)


def test_contacts_change_nothing_and_show_each_pair_once():
    looked, alone = Simulation(head_on(1.0)), Simulation(head_on(1.0))
    for _ in range(40):
        looked.step(5)
        found = looked.contacts()
        assert len(found["bead"]) <= 1
    alone.step(200)
    assert looked.position.tobytes() == alone.position.tobytes()
    touching = Simulation(head_on(1.0))
    touching.step(100)
    found = touching.contacts()
    assert (found["bead"][0], found["partner"][0]) == (0, 1)
    # Towards bead 0, which lies at lower x.
    assert found["normal"][0] == pytest.approx((-1.0, 0.0, 0.0))
    assert found["force"][0, 0] < 0.0
    assert touching.contact_force() == pytest.approx(2 * [-found["force"][0, 0]])


def test_a_sliding_contact_has_the_friction_of_its_normal_force():
    contact = hertz_mindlin(0.15, 0.55, 0.5)
    simulation = Simulation(above_plane((5.0, 0.0, -1.0), contact=contact))
    simulation.step(100)
    found = simulation.contacts()
    fx, _, fz = found["force"][0]
    assert found["sliding"][0]
    assert -fx / fz == pytest.approx(0.5, rel=1e-6)
    # The moment is that of the rolling resistance alone; the force's lever arm is not in it.
    assert (found["moment"] == 0.0).all()
    before = simulation.angular_velocity[0, 1]
    simulation.step()
    turned = -fx * (RADIUS - found["overlap"][0]) / simulation.cases[0].moment[0]
    gained = simulation.angular_velocity[0, 1] - before
    assert gained == pytest.approx(turned * simulation.cases[0].time_step, rel=0.05)


def test_each_pair_of_materials_and_radii_has_its_own_rebound():
    steel = Material(200e9, 0.28)
    mixed = hertz_mindlin(0.6, 0.0, 0.0)
    case = head_on(
        1.0,
        radius=[2.5e-3, 1e-3],
        wall_material=steel,
        wall_contact=mixed,
        species=np.array([0, 1], dtype=np.int32),
        density=[6100.0, 7800.0],
    )
    case.contacts[1, 1] = PAPER
    masses = case.mass
    assert masses[0] / masses[1] == pytest.approx(2.5**3 * 6100 / 7800)
    simulation = Simulation(case)
    momentum = masses @ case.velocity[:, 0]
    run_until_free(simulation)
    after = simulation.velocity[:, 0]
    assert after[1] - after[0] == pytest.approx(0.6, rel=5e-3)
    assert masses @ after == pytest.approx(momentum, rel=1e-9)


def test_missing_contact_parameters_are_named():
    case = head_on(1.0, species=np.array([1, 1], dtype=np.int32))
    with pytest.raises(ValueError, match="species 1 and 1 are missing"):
        Simulation(case)


# --- what was collected ------------------------------------------------------------------


def test_collect_takes_the_sums_of_an_impact_and_clears_them():
    case = head_on(1.0, contact=hertz_mindlin(0.15, 0.0, 0.0))
    simulation = Simulation(case)
    simulation.open_window()
    run_until_free(simulation)
    found = simulation.collect()
    assert found.log.shape == (2, 2, at.LOG_VALUES) and found.work.shape == (2, 3)
    assert found.events.shape == (2, 2, at.EVENT_VALUES) and found.sample.shape == (2, at.SAMPLE)
    lost = 0.5 * (0.5 * case.mass[0]) * (1.0 - 0.15**2)
    assert found.log[:, BEAD, LOG["normal_damping"]] == pytest.approx([lost / 2] * 2, rel=5e-3)
    assert (found.log[:, BEAD, LOG["contacts"]] == 1).all()
    assert (found.log[:, WALL] == 0.0).all()
    assert found.events[:, BEAD, EVENT["events"]].sum() == 1
    assert found.events[:, BEAD, EVENT["dissipation"]].sum() == pytest.approx(lost, rel=5e-3)
    assert found.work[:, at.WORK_CONTACT].sum() == pytest.approx(-lost, rel=5e-3)
    again = simulation.collect()
    assert not again.log.any() and not again.events.any() and not again.work.any()
    assert (again.sample == found.sample).all()


def test_every_event_of_the_window_is_in_every_histogram():
    simulation = Simulation(small_mill("run.log_from=1 ms"))
    simulation.advance_to(0.01)
    simulation.open_window()
    simulation.take_histograms()
    simulation.collect()
    simulation.advance_to(0.03)
    events = simulation.collect().events.sum(axis=0)
    counts = simulation.take_histograms()
    assert counts.shape == (1, 2, 8, HISTOGRAM_CLASSES) and counts.dtype == np.int32
    assert events[BEAD, EVENT["events"]] > 10 and events[WALL, EVENT["events"]] > 10
    for kind in (BEAD, WALL):
        assert (counts[0, kind].sum(axis=1) == events[kind, EVENT["events"]]).all()
    assert not simulation.take_histograms().any()


def test_a_contact_under_way_when_the_window_opens_is_carried():
    simulation = Simulation(head_on(1.0))
    simulation.step(100)
    before = simulation.collect()
    assert before.log[:, BEAD, LOG["contacts"]].sum() == 2
    alive = simulation.alive_events()
    assert alive["bead_bead"]["alive_events"] == 1 and alive["bead_wall"]["alive_events"] == 0
    earlier = alive["bead_bead"]["alive_dissipation"]
    assert earlier > 0.0
    simulation.open_window()
    assert simulation.alive_events()["bead_bead"]["alive_dissipation"] == 0.0
    run_until_free(simulation)
    found = simulation.collect()
    events = found.events[:, BEAD].sum(axis=0)
    assert events[EVENT["events"]] == 0 and events[EVENT["carried_events"]] == 1
    inside = found.log[:, BEAD, LOG["normal_damping"] : at.LOG_ENERGIES].sum()
    assert events[EVENT["carried_dissipation"]] == pytest.approx(inside, rel=1e-9)
    assert inside > 0.0
    assert not simulation.take_histograms().any()
    assert simulation.alive_events()["bead_bead"]["alive_events"] == 0


# --- starts ------------------------------------------------------------------------------


def test_a_ramp_speeds_disc_and_wall_up_together():
    scene = small_mill("run.start=ramp", "run.ramp=10 ms", count=2)
    simulation = Simulation(scene)
    case = simulation.cases[0]
    times = np.array([0.0, 0.005, 0.01, 0.1])
    expected = scene.mill.speed * np.array([0.0, 0.5, 1.0, 1.0])
    assert case.drive.disc.rate(times) == pytest.approx(expected)
    for wall in case.walls:
        turning = wall.poses(times)[:, 11]
        assert turning == pytest.approx((1.0 + scene.mill.ratio) * expected)
    simulation.advance_to(0.001)
    ramped = simulation.velocity
    full = Simulation(small_mill(count=2))
    full.advance_to(0.001)
    # At the start only the disc's speeding up acts, across the pull of the full speed.
    pull = scene.mill.speed / 0.01 * scene.mill.sun_wheel_radius * 0.001
    assert ramped[:, 1] == pytest.approx(np.full(2, -pull), rel=0.05)
    assert (np.abs(full.velocity[:, 0]) > 5 * np.abs(ramped[:, 0])).all()


def test_settled_beads_lie_still_at_time_zero():
    scene = small_mill("run.start=settled", "run.settle=450 ms", count=12)
    simulation = Simulation(scene)
    assert simulation.time == 0.0 and simulation.step_number == 0
    fresh = build_case(scene).position
    place = simulation.position
    assert place[:, 2].mean() < 0.5 * fresh[:, 2].mean()
    assert place[:, 2].min() == pytest.approx(scene.bead_radius, rel=1e-3)
    assert np.linalg.norm(simulation.velocity, axis=1).max() < 5e-3
    assert not simulation.collect().log.any()
    carried = simulation.contacts()["force"].sum(axis=0)
    assert carried[2] == pytest.approx(scene.charge_mass * GRAVITY, rel=0.1)
    # Then the full motion sets in at once.
    simulation.advance_to(0.001)
    assert np.linalg.norm(simulation.velocity, axis=1).mean() > 0.1


# --- moving walls ------------------------------------------------------------------------


def test_a_lifted_plane_carries_a_bead_up_at_its_speed():
    lift = plane((0, 0, 0), (0, 0, 1), motion="lift", rate=Profile.constant(0.1))
    case = resting_bead(walls=[lift])
    simulation = Simulation(case)
    simulation.advance_to(0.02)
    assert simulation.velocity[0, 2] == pytest.approx(0.1, rel=1e-2)
    height = RADIUS + 0.1 * simulation.time
    assert simulation.position[0, 2] == pytest.approx(height, abs=1e-6)
    # The wall's work: weight times height, and the speed.
    work = simulation.collect().work.sum(axis=0)[at.WORK_WALL]
    gained = case.mass[0] * (GRAVITY * 0.1 * simulation.time + 0.5 * 0.1**2)
    assert work == pytest.approx(gained, rel=0.5)


def test_a_tilting_plane_lifts_what_lies_on_its_rising_side():
    tilt = plane(
        (0, 0, 0), (0, 0, 1), motion="tilt", rate=Profile.constant(1.0), direction=(0, -1, 0)
    )
    place = [[0.02, 0.0, RADIUS + 1e-6], [-0.02, 0.0, RADIUS + 1e-6]]
    simulation = Simulation(case_of(place, contact=FRICTIONLESS, walls=[tilt]))
    run_until_free(simulation)
    rising, falling = simulation.velocity
    # Hit once without loss, by a plane that moves at 0.02 m/s where it touches.
    assert rising[2] == pytest.approx(0.04, rel=5e-3)
    assert abs(rising[0]) < 1e-3 * rising[2] + 0.04 * 2 * simulation.time
    assert (falling == 0.0).all()
    axis = tilt.poses(np.array([simulation.time]))[0, 3:6]
    assert axis[0] == pytest.approx(-np.sin(simulation.time))


def test_a_bead_in_a_rotating_drum_moves_with_the_wall():
    rate, drum = 50.0, 0.02
    reach = drum - RADIUS
    contact = hertz_mindlin(0.15, 0.55, 0.5, rolling_friction=0.5)
    walls = cylinder(2 * drum, 0.05, motion="rotation", rate=Profile.constant(rate))
    start = 0.7 * rate * reach
    case = case_of(
        [[reach - 1e-6, 0.0, 0.025]],
        [[0.0, start, 0.0]],
        contact=contact,
        walls=walls,
        fraction=0.2,
    )
    simulation = Simulation(case)
    simulation.advance_to(0.15)
    x, y, z = simulation.position[0]
    vx, vy, _ = simulation.velocity[0]
    assert np.hypot(x, y) == pytest.approx(reach, rel=1e-3)
    tangential = (x * vy - y * vx) / np.hypot(x, y)
    assert tangential == pytest.approx(rate * reach, rel=0.02)
    assert simulation.angular_velocity[0, 2] == pytest.approx(rate, rel=0.05)
    assert z == pytest.approx(0.025)


def test_cases_that_advance_together_do_not_touch():
    one, other = head_on(1.0), above_plane((0.3, 0.0, -1.0), contact=PAPER)
    other.time_step = one.time_step
    assert isinstance(one, Case) and one.materials[0] == ZIRCONIA
    together = Simulation([one, other])
    together.step(800)
    assert together.beads == 3
    for case, rows in ((one, slice(0, 2)), (other, slice(2, 3))):
        alone = Simulation(case)
        alone.step(800)
        assert together.position[rows].tobytes() == alone.position.tobytes()
        assert together.velocity[rows].tobytes() == alone.velocity.tobytes()
