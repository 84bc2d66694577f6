"""A bench: gravity as a tilted vessel sees it, and the side that is lifted off its plate."""

import math

import numpy as np
import pytest

from gpudem.errors import SceneError
from gpudem.mills.bench import BenchDrive
from gpudem.mills.profile import Profile
from gpudem.scene.build import build_case
from gpudem.scene.file import load_scene

DEGREE = math.radians(1.0)


def test_gravity_turns_against_the_tilt():
    drive = BenchDrive((0.0, 0.0, -9.81), Profile.constant(10.0 * DEGREE), 20.0 * DEGREE)
    pulls = drive.body_acceleration(np.array([0.0, 1.0, 7.0]))
    angles = DEGREE * np.array([20.0, 30.0, 90.0])
    expected = 9.81 * np.column_stack([np.sin(angles), 0.0 * angles, -np.cos(angles)])
    assert pulls == pytest.approx(expected, abs=1e-12)
    assert drive.channels(1.0)["tilt"] == pytest.approx(30.0 * DEGREE)
    # Beads settle under the first tilt.
    assert drive.at_rest().body_acceleration(np.array([5.0])) == pytest.approx(pulls[:1])


def test_a_lifted_cylinder_leaves_its_plate():
    walls = {wall.name: wall for wall in build_case(load_scene("calibration/ledge")).walls}
    assert set(walls) == {"side", "plate", "lip", "floor", "pit"}
    heights = walls["side"].poses(np.array([0.0, 2.0]))[:, 2]
    assert heights[1] - heights[0] == pytest.approx(0.1)
    assert walls["plate"].is_steady and walls["lip"].bounds()[1][2] == pytest.approx(2.5e-3)
    assert walls["floor"].is_plane and walls["floor"].centre[2] == pytest.approx(-70e-3)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["bowl.closed=true"], "mill.lift_speed"),
        (["mill.lift_speed=0"], "plate_diameter"),
        (["mill.plate_lip=-1 mm"], "plate_lip"),
        (["mill.tilt_axis=[0,0,0]"], "tilt_axis"),
        (["mill.tilt_speed=90 deg/s"], "from 0 rpm to 10 rpm"),
    ],
)
def test_what_does_not_go_together_is_told(settings, told):
    with pytest.raises(SceneError, match=told):
        load_scene("calibration/ledge", settings)
