"""Forces on a bead in the disc's frame, against the force balance and free flights."""

import math

import numpy as np
import pytest

from gpudem.analysis.motion.forces import forces, leaving_angle, path_forces
from gpudem.errors import RunFileError
from tests.motionruns import RATIO, REACH, SPEED, SUN, at, resting, ring, write_motion

MASS = 4e-4


@pytest.mark.parametrize("ratio", [-3.0, -2.0, -1.0, 0.5])
def test_a_bead_that_rides_on_the_wall_feels_the_force_balance(ratio):
    angle = np.linspace(-3.0, 3.0, 13)
    position = at(REACH, angle)[:, :2]
    velocity = ratio * SPEED * np.stack([-position[:, 1], position[:, 0]], axis=1)
    found = forces(position, velocity, MASS, speed=SPEED, sun_wheel_radius=SUN)
    scale = MASS * SPEED**2
    assert found.disc_centrifugal[:, 0] == pytest.approx(scale * (SUN * np.cos(angle) + REACH))
    assert found.bowl_centrifugal[:, 0] == pytest.approx(scale * ratio**2 * REACH)
    assert found.coriolis[:, 0] == pytest.approx(scale * 2 * ratio * REACH)
    assert found.radial == pytest.approx(
        scale * ((1 + ratio) ** 2 * REACH + SUN * np.cos(angle)), abs=1e-12
    )
    assert found.tangential == pytest.approx(-scale * SUN * np.sin(angle), abs=1e-12)
    bound = leaving_angle(ratio, REACH, SUN)
    assert (found.leaves == (np.abs(angle) > bound)).all()


def test_where_a_bead_leaves_and_when_never():
    assert math.degrees(leaving_angle(-2.0, 23e-3, 70e-3)) == pytest.approx(109.2, abs=0.05)
    assert leaving_angle(-1.0, 23e-3, 70e-3) == pytest.approx(math.pi / 2)
    border = math.sqrt(70 / 23)
    for never in (-1 - border - 1e-6, border - 1 + 1e-6):
        assert math.isnan(leaving_angle(never, 23e-3, 70e-3))
    for still in (-1 - border + 1e-6, border - 1 - 1e-6):
        assert leaving_angle(still, 23e-3, 70e-3) == pytest.approx(math.pi, abs=0.01)
    assert math.isnan(leaving_angle(0.0, 23e-3, 0.0))


def flight(time):
    """A straight line in the laboratory, seen from the disc: places across the axis."""
    lab = np.array([SUN + 5e-3, -8e-3]) + np.array([1.3, 2.1]) * time[:, None]
    cosine, sine = np.cos(SPEED * time), np.sin(SPEED * time)
    x = cosine * lab[:, 0] + sine * lab[:, 1] - SUN
    return np.stack([x, cosine * lab[:, 1] - sine * lab[:, 0]], axis=1)


def test_a_free_flight_obeys_the_forces():
    step = 1e-5
    time = np.arange(-2, 400) * step
    place = flight(time)
    velocity = np.gradient(place, step, axis=0)
    found = forces(place, velocity, MASS, speed=SPEED, sun_wheel_radius=SUN)
    distance = np.hypot(*place.T)
    outward = np.gradient(np.gradient(distance, step), step)
    angle = np.unwrap(np.arctan2(place[:, 1], place[:, 0]))
    swirl = np.gradient(distance**2 * np.gradient(angle, step), step)
    inner = slice(4, -4)
    assert found.radial[inner] / MASS == pytest.approx(outward[inner], rel=1e-3, abs=0.5)
    assert (distance * found.tangential)[inner] / MASS == pytest.approx(
        swirl[inner], rel=1e-3, abs=0.01
    )


def test_gravity_in_a_drum_presses_onto_the_lowest_point():
    found = forces(
        np.array([[REACH, 0.0], [0.0, REACH]]),
        np.zeros((2, 2)),
        MASS,
        speed=0.0,
        sun_wheel_radius=0.0,
        gravity=(9.81, 0.0),
    )
    assert found.radial == pytest.approx([MASS * 9.81, 0.0])
    assert found.tangential == pytest.approx([0.0, -MASS * 9.81])


def test_a_bead_on_the_bowls_axis_has_finite_forces():
    found = forces(np.zeros(2), np.ones(2), MASS, speed=SPEED, sun_wheel_radius=SUN)
    assert np.isfinite(found.radial)
    assert found.bowl_centrifugal[0] == 0.0


def test_forces_along_the_paths_of_a_run(tmp_path):
    path = write_motion(tmp_path / "ring.vtkhdf", ring(8), bead_mass=MASS)
    from gpudem import open_run

    with open_run(path) as run:
        found = path_forces(run, [0, 3])
        assert found.forces.radial.shape == found.angle.shape == (20, 2)
        assert found.time[0] == pytest.approx(0.025)
        expected = MASS * SPEED**2 * ((1 + RATIO) ** 2 * REACH + SUN * np.cos(found.angle))
        assert found.forces.radial == pytest.approx(expected, rel=1e-5, abs=1e-6)
        assert found.distance == pytest.approx(REACH)
        assert found.velocity[..., 0] == pytest.approx(0.0, abs=1e-5)
        assert found.velocity[..., 1] == pytest.approx(RATIO * SPEED * REACH, rel=1e-5)
        for wrong in ([8], [-1], []):
            with pytest.raises(RunFileError, match="name some of 0 to 7"):
                path_forces(run, wrong)


def test_gravity_across_the_axis_turns_with_the_frame(tmp_path):
    path = write_motion(
        tmp_path / "one.vtkhdf", resting(at(REACH, np.zeros(1))), gravity_x=-9.81, bead_mass=MASS
    )
    from gpudem import open_run

    with open_run(path) as run:
        found = path_forces(run, [0])
    angle = 0.4 + SPEED * found.time
    assert found.forces.gravity[:, 0, 0] == pytest.approx(-MASS * 9.81 * np.cos(angle), rel=1e-6)
    assert found.forces.gravity[:, 0, 1] == pytest.approx(MASS * 9.81 * np.sin(angle), rel=1e-6)


def test_without_a_mass_there_are_no_forces(tmp_path):
    path = write_motion(tmp_path / "ring.vtkhdf", ring(4), bead_mass="missing")
    from gpudem import open_run

    with (
        open_run(path) as run,
        pytest.raises(RunFileError, match="does not say the mass"),
    ):
        path_forces(run, [0])
