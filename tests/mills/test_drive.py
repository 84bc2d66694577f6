"""Speeds over time and the frame's acceleration."""

import numpy as np
import pytest
from scipy.integrate import quad

from gpudem.mills.planetary import PlanetaryDrive
from gpudem.mills.profile import Profile

KNOTS = Profile((0.1, 0.3, 0.8), (2.0, -1.0, 4.0))


def test_the_rate_is_linear_between_knots_and_constant_beyond():
    times = np.array([-1.0, 0.1, 0.2, 0.3, 0.55, 0.8, 9.0])
    assert KNOTS.rate(times) == pytest.approx([2.0, 2.0, 0.5, -1.0, 1.5, 4.0, 4.0])
    assert Profile.constant(3.0).rate(times) == pytest.approx([3.0] * 7)
    assert Profile.ramp(6.0, 2.0).rate(np.array([0.0, 0.5, 2.0, 3.0])) == pytest.approx(
        [0.0, 1.5, 6.0, 6.0]
    )


@pytest.mark.parametrize("profile", [KNOTS, Profile.constant(-2.0), Profile.ramp(5.0, 0.4)])
def test_the_travel_is_the_integral_of_the_rate(profile):
    times = np.array([-0.5, 0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 2.0])
    corners = [time for time in (0.1, 0.3, 0.4, 0.8)]
    expected = [
        quad(lambda t: float(profile.rate(np.array(t))), 0.0, time, points=corners)[0]
        for time in times
    ]
    assert profile.travel(times) == pytest.approx(expected, abs=1e-12)
    assert profile.travel(np.zeros(1))[0] == 0.0


def test_the_slope_is_that_to_the_right_of_a_knot():
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0])
    assert KNOTS.slope(times) == pytest.approx([0.0, -15.0, -15.0, 10.0, 10.0, 0.0, 0.0])
    assert (Profile.constant(7.0).slope(times) == 0.0).all()
    assert Profile.ramp(6.0, 2.0).slope(np.array([0.0, 1.0, 2.0])) == pytest.approx([3.0, 3.0, 0])


def test_a_drive_without_disc_is_gravity_alone():
    drive = PlanetaryDrive(gravity=(1.0, -2.0, 3.0), sun_wheel_radius=0.07)
    assert (drive.body_acceleration(np.arange(3.0)) == (1.0, -2.0, 3.0)).all()
    assert drive.body_acceleration(0.5).shape == (1, 3)


def test_the_bowl_at_the_start_pulls_outwards():
    drive = PlanetaryDrive(disc=Profile.constant(10.0), sun_wheel_radius=0.07)
    quarter = np.pi / 20.0
    pulls = drive.body_acceleration(np.array([0.0, quarter]))
    assert pulls == pytest.approx(np.array([[7.0, 0.0, -9.81], [0.0, 7.0, -9.81]]))


def test_the_body_acceleration_is_minus_that_of_the_bowls_centre():
    disc = Profile((0.0, 0.2, 0.5), (5.0, 30.0, 10.0))
    drive = PlanetaryDrive(gravity=(0.0, 0.0, 0.0), disc=disc, sun_wheel_radius=0.07)

    def centre(time):
        angle = disc.travel(time)
        return 0.07 * np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=1)

    times, h = np.array([0.05, 0.15, 0.3, 0.45, 0.9]), 1e-4
    acceleration = (centre(times + h) - 2.0 * centre(times) + centre(times - h)) / h**2
    assert drive.body_acceleration(times) == pytest.approx(-acceleration, rel=1e-4, abs=1e-3)
