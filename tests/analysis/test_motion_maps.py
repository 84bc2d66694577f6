"""Maps over the bowl's cross-section: sums are those of the beads, and places are right."""

import math

import numpy as np
import pytest

from gpudem.analysis.motion.maps import motion_map
from gpudem.analysis.motion.regimes import analyse_motion
from gpudem.errors import RunFileError
from gpudem.report.motion_figure import draw_motion_figure
from tests.motionruns import (
    BEAD,
    BOWL,
    FIRST,
    HEIGHT,
    RATIO,
    REACH,
    SPEED,
    STEP,
    at,
    resting,
    ring,
    write_motion,
)

VOLUME = 4.0 / 3.0 * math.pi * BEAD**3


def integral(found, values):
    area = (found.edges[1] - found.edges[0]) ** 2 * found.inside
    return float(np.nansum(values * area)) * HEIGHT


def centre(found, values):
    middle = 0.5 * (found.edges[1:] + found.edges[:-1])
    weight = np.nan_to_num(values * found.inside)
    return (weight.sum(axis=1) @ middle, weight.sum(axis=0) @ middle) / weight.sum()


def test_a_resting_bead_lies_where_it_is_with_its_volume_and_power(tmp_path):
    path = write_motion(
        tmp_path / "one.vtkhdf", resting(at(0.012, np.array([0.7]))), power=lambda k: 3e-3
    )
    found = motion_map(path)
    assert integral(found, found.solid_fraction) == pytest.approx(VOLUME, rel=1e-9)
    assert found.total_power == pytest.approx(3e-3 / STEP, rel=1e-6)
    assert integral(found, found.power) == pytest.approx(found.total_power, rel=1e-9)
    for values in (found.solid_fraction, found.power):
        place = centre(found, values)
        assert place == pytest.approx((0.012 * math.cos(0.7), 0.012 * math.sin(0.7)), abs=2e-4)
    assert np.nanmax(found.speed) == pytest.approx(0.0, abs=1e-6)
    # The middle of a ball: its diameter over the bowl's height, as far as a cell resolves it.
    assert np.nanmax(found.solid_fraction) == pytest.approx(2 * BEAD / HEIGHT, rel=0.1)
    assert np.isnan(found.solid_fraction[0, 0])
    assert found.inside.sum() * (found.edges[1] - found.edges[0]) ** 2 == pytest.approx(
        math.pi * BOWL**2, rel=1e-3
    )


def test_the_power_is_that_of_the_intervals_beside_the_snapshot(tmp_path):
    # Snapshots end intervals 1, 3, ...: 2 mJ before them, 4 mJ after them; the last has no after.
    path = write_motion(
        tmp_path / "one.vtkhdf",
        resting(at(0.0, np.zeros(1))),
        every=4,
        power=lambda k: {3: 2e-3, 0: 4e-3}.get(k % 4, 1.0),
    )
    found = motion_map(path)
    shots = 25
    mean = ((shots - 1) * 3e-3 + 2e-3) / shots / STEP
    assert found.sampled_power == pytest.approx(mean, rel=1e-6)
    # Half of the intervals lie beside no snapshot: the map says where, the log how much.
    logged = (2e-3 + 4e-3 + 1.0 + 1.0) / 4 / STEP
    assert found.total_power == pytest.approx(logged, rel=1e-6)
    assert integral(found, found.power) == pytest.approx(logged, rel=1e-9)
    assert found.span == pytest.approx(2 * STEP)
    assert FIRST % 4 == 0


def test_without_a_log_of_beads_the_power_is_the_mean_since_the_last_snapshot(tmp_path):
    path = write_motion(tmp_path / "one.vtkhdf", resting(at(0.0, np.zeros(2))), log="bowl")
    found = motion_map(path)
    assert found.total_power == found.sampled_power == pytest.approx(4.0)
    assert found.span == pytest.approx(5 * STEP)


def test_a_ring_has_the_walls_speed_and_is_round(tmp_path):
    found = motion_map(write_motion(tmp_path / "ring.vtkhdf", ring()))
    speed = abs(RATIO) * SPEED * REACH
    filled = found.solid_fraction > 1e-3
    # float32 velocities
    assert found.speed[filled] == pytest.approx(speed, rel=1e-5)
    assert found.wall_speed == pytest.approx(RATIO * SPEED * BOWL)
    assert found.blur == pytest.approx(speed * STEP, rel=1e-5)
    middle = len(found.edges) // 2
    near_axis = found.solid_fraction[middle - 3 : middle + 3, middle - 3 : middle + 3]
    assert near_axis.max() == 0.0
    # On the outward side (x > 0) the wall and its beads go towards -y, for k = -2.
    rim = -3
    assert found.velocity[rim, middle, 1] == pytest.approx(-speed, rel=0.1)


def test_cells_can_be_chosen(tmp_path):
    path = write_motion(tmp_path / "ring.vtkhdf", ring(4))
    assert motion_map(path, 10).power.shape == (10, 10)
    with pytest.raises(RunFileError, match="at least 1"):
        motion_map(path, 0)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_figure_is_drawn(tmp_path, ending):
    path = write_motion(tmp_path / "ring.vtkhdf", ring(4), every=20)
    target = tmp_path / "new" / f"motion.{ending}"
    assert draw_motion_figure([analyse_motion(path)], [motion_map(path)], ["a"], target) == target
    assert target.stat().st_size > 10_000


def test_a_figure_that_cannot_be_written_is_one_message(tmp_path):
    path = write_motion(tmp_path / "ring.vtkhdf", ring(4), every=20)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFileError, match="cannot be written"):
        draw_motion_figure(
            [analyse_motion(path)], [motion_map(path)], ["a"], tmp_path / "file" / "a.png"
        )
