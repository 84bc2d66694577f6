"""Check 7: the bowl's translating frame, and what its walls do to beads."""

import numpy as np
import pytest

from gpudem.geometry.vessel import cylinder
from gpudem.kernels import layout as at
from gpudem.mills.planetary import PlanetaryDrive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from tests.factories import RADIUS, RIGID, case_of, hertz_mindlin

pytestmark = pytest.mark.both_precisions

SUN = 0.07
SPEED = 600 / 60 * 2 * np.pi


def test_a_free_bead_flies_straight_in_the_lab():
    disc = Profile.constant(SPEED)
    drive = PlanetaryDrive(gravity=(0.0, 0.0, 0.0), disc=disc, sun_wheel_radius=SUN)
    # At rest in the bowl's frame: in the lab it moves with the bowl's centre of that moment.
    simulation = Simulation(case_of([[0.01, 0.0, 0.0]], drive=drive, fraction=0.2))
    simulation.advance_to(0.01)
    t = simulation.time
    centre = SUN * np.array([np.cos(SPEED * t), np.sin(SPEED * t)])
    lab = simulation.position[0, :2] + centre
    start = np.array([SUN + 0.01, 0.0])
    assert lab == pytest.approx(start + np.array([0.0, SPEED * SUN]) * t, abs=1e-9)


def test_a_free_bead_flies_straight_while_the_disc_speeds_up():
    disc = Profile.ramp(SPEED, 0.02)
    drive = PlanetaryDrive(gravity=(0.0, 0.0, 0.0), disc=disc, sun_wheel_radius=SUN)
    simulation = Simulation(case_of([[0.01, 0.0, 0.0]], drive=drive, fraction=0.2))
    simulation.advance_to(0.03)
    angle = float(disc.travel(np.array([simulation.time]))[0])
    centre = SUN * np.array([np.cos(angle), np.sin(angle)])
    # The disc starts from rest, so in the lab the bead stays where it was, but for half a time
    # step at the jump of the acceleration where the ramp ends.
    jump = SUN * SPEED / 0.02 * 0.5 * simulation.cases[0].time_step * 0.01
    assert simulation.position[0, :2] + centre == pytest.approx((SUN + 0.01, 0.0), abs=jump)


def test_a_locked_bead_leaves_the_wall_at_the_angle_of_the_force_balance():
    reach = 23e-3
    contact = hertz_mindlin(0.15, 1e4, 1e4)
    disc = Profile.constant(SPEED)
    walls = cylinder(2 * (reach + RADIUS), 0.04, motion="rotation", rate=Profile.constant(-SPEED))
    # Co-rotating with the wall, pressed in by the force at the start (theta = 0).
    outward = SPEED**2 * (reach + SUN)
    case = case_of(
        [[reach, 0.0, 0.02]],
        [[0.0, -SPEED * reach, 0.0]],
        [[0.0, 0.0, -SPEED]],
        contact=contact,
        wall_material=RIGID,
        walls=walls,
        drive=PlanetaryDrive(gravity=(0, 0, 0), disc=disc, sun_wheel_radius=SUN),
        spin_locked=True,
        fraction=0.2,
    )
    modulus = case.materials[0].youngs_modulus / (1 - case.materials[0].poisson_ratio ** 2)
    overlap = (float(case.mass[0]) * outward / (4 / 3 * modulus * np.sqrt(RADIUS))) ** (2 / 3)
    case.position[0, 0] += overlap
    simulation = Simulation(case)
    cosines, forces = [], []
    for _ in range(2000):
        simulation.step(50)
        contacts = simulation.contacts()
        x, y = simulation.position[0, :2]
        # theta is measured from the outward disc radius, which turns at +SPEED.
        cosine = np.cos(np.arctan2(y, x) - SPEED * simulation.time)
        if cosine < np.cos(np.radians(105.0)):
            break
        cosines.append(cosine)
        forces.append(float(contacts["force"][0] @ contacts["normal"][0]))
    cosines, forces = np.array(cosines), np.array(forces)
    balance = float(case.mass[0]) * SPEED**2 * (reach + SUN * cosines)
    assert forces == pytest.approx(balance, rel=0.02, abs=0.01 * balance[0])
    slope, offset = np.polyfit(cosines[-20:], forces[-20:], 1)
    assert np.degrees(np.arccos(-offset / slope)) == pytest.approx(109.18, abs=0.3)


@pytest.mark.parametrize(("where", "expected"), [("side", 640.9), ("end", 301.6)])
def test_a_held_bead_takes_up_the_walls_speed(where, expected):
    contact = hertz_mindlin(0.15, 0.55, 0.5, rolling_friction=0.0)
    walls = cylinder(0.051, 0.0392, motion="rotation", rate=Profile.constant(SPEED))
    overlap = 1e-6
    if where == "side":
        place = [0.0255 - RADIUS + overlap, 0.0, 0.0196]
    else:
        place = [0.012, 0.0, RADIUS - overlap]
    case = case_of([place], contact=contact, walls=walls, fraction=0.2, spin_locked=False)
    case.density[:] = 6100.0
    simulation = Simulation(case)
    # Held in place: only its spin may follow the forces.
    half = simulation.state.read("half", 8)
    half[:, at.INVERSE_MASS] = 0.0
    simulation.state.write("half", half)
    simulation.advance_to(0.01)
    rolling = simulation.angular_velocity[0]
    component = rolling[2] if where == "side" else rolling[0]
    assert abs(component) == pytest.approx(expected, rel=2e-3)
