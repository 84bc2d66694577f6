"""Walls on the host: shapes, poses and motions."""

import numpy as np
import pytest

from gpudem.geometry.revolved import disc, shell
from gpudem.geometry.wall import Wall, plane
from gpudem.mills.profile import Profile

TIMES = np.array([0.0, 0.1, 0.25, 1.0])
PLACE, AXIS, SPEED, SPIN = slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 12)


def test_a_still_wall_stays():
    poses = Wall(centre=(1.0, 2.0, 3.0), axis=(0.0, 3.0, 4.0)).poses(TIMES)
    assert poses.shape == (4, 12)
    assert (poses[:, PLACE] == (1.0, 2.0, 3.0)).all()
    assert poses[:, AXIS] == pytest.approx(np.tile([0.0, 0.6, 0.8], (4, 1)))
    assert (poses[:, 6:] == 0.0).all()


def test_a_rotation_turns_the_surface_only():
    wall = Wall(
        shell(0.02, 1.0),
        centre=(0.1, 0.0, 0.5),
        motion="rotation",
        rate=Profile.ramp(10.0, 0.2),
        direction=(0.0, 0.0, 2.0),
    )
    poses = wall.poses(TIMES)
    assert (poses[:, PLACE] == (0.1, 0.0, 0.5)).all()
    assert (poses[:, SPEED] == 0.0).all()
    assert poses[:, 11] == pytest.approx([0.0, 5.0, 10.0, 10.0])
    assert (poses[:, 9:11] == 0.0).all()
    assert not wall.moves_through_space


def test_the_speed_of_a_rotation_is_that_at_the_centre():
    wall = plane((0.1, 0.0, 0.0), (0, 0, 1), motion="rotation", rate=Profile.constant(3.0))
    off = Wall(disc(1e6), (0.1, 0, 0), motion="rotation", rate=wall.rate, pivot=(0.0, 0.0, 0.0))
    assert (wall.poses(TIMES)[:, SPEED] == 0.0).all()
    assert off.poses(TIMES)[:, SPEED] == pytest.approx(np.tile([0.0, 0.3, 0.0], (4, 1)))


def test_a_lift_moves_along_its_direction():
    rate = Profile((0.0, 0.5), (0.0, 2.0))
    wall = plane((0.0, 0.0, 1.0), (0, 0, 1), motion="lift", rate=rate, direction=(0.0, 3.0, 4.0))
    poses = wall.poses(TIMES)
    travel = np.array([0.0, 0.02, 0.125, 1.5])
    expected = np.array([0.0, 0.0, 1.0]) + travel[:, None] * np.array([0.0, 0.6, 0.8])
    assert poses[:, PLACE] == pytest.approx(expected)
    assert poses[:, SPEED] == pytest.approx(
        np.array([0.0, 0.4, 1.0, 2.0])[:, None] * np.array([0.0, 0.6, 0.8])
    )
    assert (poses[:, AXIS] == (0.0, 0.0, 1.0)).all() and (poses[:, SPIN] == 0.0).all()
    assert wall.moves_through_space


def test_a_tilt_turns_the_wall_about_its_pivot():
    quarter = Profile.constant(np.pi / 2.0)
    wall = Wall(
        disc(0.5),
        centre=(1.0, 0.0, 0.0),
        motion="tilt",
        rate=quarter,
        direction=(0.0, 1.0, 0.0),
        pivot=(0.0, 0.0, 0.0),
    )
    poses = wall.poses(np.array([0.0, 1.0, 2.0]))
    assert poses[:, PLACE] == pytest.approx(np.array([[1, 0, 0], [0, 0, -1], [-1, 0, 0]]))
    assert poses[:, AXIS] == pytest.approx(np.array([[0, 0, 1], [1, 0, 0], [0, 0, -1]]))
    assert (poses[:, SPIN] == (0.0, np.pi / 2.0, 0.0)).all()
    assert wall.moves_through_space


@pytest.mark.parametrize("motion", ["lift", "tilt"])
def test_the_speed_is_the_derivative_of_the_place(motion):
    wall = Wall(
        centre=(0.3, -0.2, 0.1),
        axis=(1.0, 1.0, 0.0),
        motion=motion,
        rate=Profile((0.0, 0.4, 1.0), (1.0, 3.0, -2.0)),
        direction=(1.0, 2.0, -1.0),
        pivot=(0.0, 0.1, 0.0),
    )
    times, h = np.array([0.1, 0.3, 0.7, 1.5]), 1e-6
    change = (wall.poses(times + h) - wall.poses(times - h)) / (2.0 * h)
    poses = wall.poses(times)
    assert change[:, PLACE] == pytest.approx(poses[:, SPEED], abs=1e-6)
    turning = np.cross(poses[:, SPIN], poses[:, AXIS])
    assert change[:, AXIS] == pytest.approx(turning, abs=1e-6)
    assert np.abs(poses[:, SPEED]).max() > 0.1


def test_bounds_hold_a_wall_that_lies_anyhow():
    wall = Wall(shell(0.02, 0.1), centre=(0.1, 0.2, 0.3), axis=(3.0, 0.0, 4.0))
    low, high = wall.bounds()
    across = 0.02 * np.array([0.8, 1.0, 0.6])
    assert low == pytest.approx(np.array([0.07, 0.2, 0.26]) - across)
    assert high == pytest.approx(np.array([0.13, 0.2, 0.34]) + across)
    assert plane((0, 0, 0), (0, 0, 1)).is_plane and not wall.is_plane
    assert wall.rises and not plane((0, 0, 0), (0, 0, 1)).rises
