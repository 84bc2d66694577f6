"""Shaken vessels: free beads, beads held by a rocking floor, and what a stirrer's walls do."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gpudem.geometry.rod import rod_wall, stirrer_walls
from gpudem.geometry.vessel import cylinder
from gpudem.geometry.wall import plane
from gpudem.mills.drive import Drive
from gpudem.mills.linear_shaker import LinePose
from gpudem.mills.mixer import ArcPose
from gpudem.mills.profile import Profile
from gpudem.mills.shaker_3d import EightPose
from gpudem.mills.shaking import ShakerDrive
from gpudem.mills.stirrer import Rod, Stirrer
from gpudem.running.simulation import Simulation
from tests.factories import FRICTIONLESS, RADIUS, case_of, hertz_mindlin
from tests.mills.test_pose import table

CRANK = Profile.constant(2.0 * np.pi * 25.0)
SHAKEN = {
    "line": LinePose(CRANK, (0.01, -0.02, 0.005)),
    "arc": ArcPose(CRANK, 0.1, 0.09),
    "eight": EightPose(CRANK, 0.0295, 0.33),
}
GRAVITY = (0.0, -9.81, 0.0)
ORIGIN, UP = (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)


@pytest.mark.parametrize("name", [*SHAKEN, "table"])
def test_a_free_bead_flies_a_parabola_in_the_lab(name):
    from gpudem.mills.prescribed import read_track

    pose = read_track(table("vector")) if name == "table" else SHAKEN[name]
    drive = ShakerDrive(GRAVITY, pose, CRANK)
    start = np.array([0.01, 0.0, 0.02])
    simulation = Simulation(case_of([start], drive=drive, fraction=0.2))
    simulation.advance_to(0.02)
    t = simulation.time
    # At rest in the vessel's frame: in the lab it has the speed of the vessel's centre at time 0.
    h = 1e-6
    speed = (pose.place(np.array([h])) - pose.place(np.array([0.0])))[0] / h
    lab = simulation.position[0] + pose.place(np.array([t]))[0]
    fall = 0.5 * np.array(GRAVITY) * t**2
    # The step's own error: of the jerk in a step, and of the difference quotient of the speed.
    assert lab == pytest.approx(start + speed * t + fall, abs=3e-6)


@pytest.mark.parametrize("name", ["arc", "eight"])
def test_a_bead_held_on_the_floor_of_a_rocking_vessel_stays_with_it(name):
    pose = {
        "arc": ArcPose(Profile.constant(20.0), 0.1, 0.09),
        "eight": EightPose(Profile.constant(20.0), 0.01, 0.1),
    }[name]
    height, down = 0.04, (0.0, 0.0, -200.0)
    holding = hertz_mindlin(0.2, 1e3, 1e3, rolling_friction=10.0)
    walls = cylinder(0.05, height, motion="pose", pose=pose, pivot=(0.0, 0.0, 0.5 * height))
    drive = ShakerDrive(down, pose, Profile.constant(20.0))
    # It begins with the floor's velocity and spin.
    spin = pose.spin(np.zeros(1))[0]
    place = np.array([0.008, 0.003, RADIUS])
    middle = np.array([0.0, 0.0, 0.5 * height])
    velocity = np.cross(spin, place - middle)
    case = case_of(
        [place], [velocity], [spin], walls=walls, drive=drive, contact=holding, fraction=0.1
    )
    simulation = Simulation(case)
    seen = []
    for k in range(1, 9):
        simulation.advance_to(0.04 * k)
        turn = Rotation.from_rotvec(pose.turn(np.array([simulation.time]))[0])
        seen.append(middle + turn.inv().apply(simulation.position[0] - middle))
    way = np.linalg.norm(np.diff(pose.turn(np.linspace(0.0, 0.32, 100)), axis=0), axis=1).sum()
    assert way > 0.4
    # The elastic springs that hold it give way by micrometres.
    assert np.array(seen) == pytest.approx(np.tile(place, (8, 1)), abs=5e-6)


@dataclass(frozen=True)
class Harmonic:
    """The speed of a floor that goes up and down, for a wall that is lifted."""

    amplitude: float
    turning: float
    times = (0.0, 1.0)

    @property
    def rates(self):
        return (self.amplitude * self.turning,)

    def rate(self, time):
        return self.amplitude * self.turning * np.cos(self.turning * time)

    def travel(self, time):
        return self.amplitude * np.sin(self.turning * time)


def test_beads_on_a_shaken_floor_fly_as_on_one_that_moves_in_the_lab():
    amplitude, turning, end = 0.001, 2.0 * np.pi * 30.0, 0.1
    crank = Profile.constant(turning)
    down = (0.0, 0.0, -9.81)
    alike = {"contact": hertz_mindlin(0.5, 0.5, 0.5), "fraction": 0.1}
    start = [[0.0, 0.0, RADIUS + 1e-4], [0.02, 0.0, RADIUS + 2e-3]]
    shaken = ShakerDrive(down, LinePose(crank, (0.0, 0.0, amplitude)), crank)
    # In the frame of a floor that begins at its highest speed, they begin that much slower.
    slower = [[0.0, 0.0, -amplitude * turning]] * 2
    seen = Simulation(case_of(start, slower, walls=[plane(ORIGIN, UP)], drive=shaken, **alike))
    floor = plane(ORIGIN, UP, motion="lift", rate=Harmonic(amplitude, turning), direction=UP)
    lab = Simulation(case_of(start, walls=[floor], drive=Drive(down), **alike))
    heights = []
    for k in range(1, 41):
        for simulation in (seen, lab):
            simulation.advance_to(end * k / 40)
        lift = amplitude * np.sin(turning * seen.time)
        heights.append(lab.position[:, 2])
        assert seen.position[:, 2] + lift == pytest.approx(heights[-1], abs=5e-5)
    # They have been thrown up, more than once.
    assert np.ptp(heights) > 2e-3
    assert (np.diff(np.sign(np.diff(heights, axis=0)), axis=0) > 0).sum() >= 2


ROD = Rod((0.003, -0.002, 0.01), (0.6, 0.0, 0.8), 0.006, 0.02, 0.002)


def test_beads_touch_a_rod_once_where_its_distance_says():
    rng = np.random.default_rng(5)
    near, depth = [], 1e-5
    while len(near) < 60:
        point = rng.uniform(-0.03, 0.03, (1, 3)) + ROD.centre
        distance, way = ROD.distance(point)
        if 0.001 < distance[0] < 0.02:
            # Back along the way from the surface, until it overlaps.
            near.append(point[0] - (distance[0] - RADIUS + depth) * way[0])
    found, _ = ROD.distance(np.array(near))
    assert found == pytest.approx(np.full(60, RADIUS - depth), abs=1e-9)
    for place in near:
        # One at a time, since they overlap one another.
        case = case_of([place], contact=FRICTIONLESS, walls=[rod_wall(ROD)])
        contacts = Simulation(case).contacts()
        assert contacts["overlap"] == pytest.approx([depth], rel=1e-2)
        way = ROD.distance(place[None])[1][0]
        assert contacts["normal"][0] == pytest.approx(way, abs=1e-4)


def test_a_pin_hits_a_bead_as_a_moving_wall_does():
    reach, speed = 0.02, 100.0
    pin = Rod((0.5 * reach, 0.0, 0.0), (1.0, 0.0, 0.0), 0.002, reach, 0.002)
    walls = stirrer_walls(Stirrer((pin,)), Profile.constant(speed))
    where = 0.012
    gap = 1e-5
    case = case_of([[where, RADIUS + 0.002 + gap, 0.0]], walls=walls, contact=FRICTIONLESS)
    simulation = Simulation(case)
    simulation.advance_to(2e-4)
    # A wall of infinite mass, moving at w r, throws an elastic bead at twice that.
    assert simulation.velocity[0, 1] == pytest.approx(2.0 * speed * where, rel=5e-3)
