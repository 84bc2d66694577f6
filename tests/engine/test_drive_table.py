"""The drive as the kernels take it: steady poses once, changing ones for each step."""

import numpy as np
import pytest

from gpudem.engine.drive_table import DriveTable
from gpudem.geometry.vessel import cylinder
from gpudem.kernels import layout as at
from gpudem.mills.planetary import PlanetaryDrive
from gpudem.mills.profile import Profile
from tests.factories import case_of

TURNING = {"motion": "rotation", "rate": Profile.constant(-60.0)}
RAMP = {"motion": "rotation", "rate": Profile.ramp(-60.0, 0.1)}


def case(walls):
    drive = PlanetaryDrive(disc=Profile.constant(60.0), sun_wheel_radius=0.07)
    return case_of([[0.0, 0.0, 0.01]], walls=walls, drive=drive)


def looked_up(table, case_int, number, wall, step, values):
    """Body acceleration and pose of a step as kernels find them."""
    entry = case_int[number]
    row = entry[at.CASE_DRIVE_BEGIN] + step * entry[at.CASE_DRIVE_LENGTH]
    pose = entry[at.CASE_POSE_BEGIN] + entry[at.CASE_POSE_BY_STEP] * row + wall * at.WALL_POSE
    return values[row : row + 3], values[pose : pose + at.WALL_POSE]


def test_every_case_finds_its_own_rows_and_poses():
    cases = [case(cylinder(0.05, 0.04, **TURNING)), case(cylinder(0.06, 0.03, **RAMP)), case([])]
    table = DriveTable(cases, 4)
    case_int = np.zeros((3, at.CASE_INT), dtype=np.int32)
    table.place(case_int)
    times = [np.arange(4) * step for step in (1e-3, 2e-3, 3e-3)]
    values = table.values(times)
    assert values.shape == (table.size,) == (3 * 15 + 4 * 3 + 4 * (3 + 3 * 15) + 4 * 3,)
    for number, one in enumerate(cases):
        for step in range(4):
            time = times[number][step : step + 1]
            body, _ = looked_up(table, case_int, number, 0, step, values)
            assert (body == one.drive.body_acceleration(time)[0]).all()
            for wall in range(len(one.walls)):
                _, pose = looked_up(table, case_int, number, wall, step, values)
                wanted = one.walls[wall].poses(time)[0]
                assert pose[: at.POSE_CENTRE_REST] == pytest.approx(
                    wanted[: at.POSE_CENTRE_REST], abs=0
                )
                centre = pose[at.POSE_CENTRE :][:3]
                assert pose[at.POSE_CENTRE_REST :] + centre.astype(np.float32) == pytest.approx(
                    centre, abs=1e-16
                )


def test_the_table_moves_where_walls_begin_to_change_or_more_steps_come():
    one = case(cylinder(0.05, 0.04, **TURNING))
    table = DriveTable([one], 4)
    assert not table.make_room(3)
    assert table.size == 45 + 4 * 3
    assert table.make_room(5)
    one.walls = cylinder(0.05, 0.04, **RAMP)
    assert table.make_room(1)
    assert table.size == 5 * (3 + 45)
    one.stand_still()
    assert table.make_room(1)
    assert table.size == 45 + 5 * 3
