"""Colours of beads: scales, limits, classes; and which way pictures are turned."""

import contextlib
import gc
import math
import sys
from contextlib import ExitStack
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import cbook, colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gpudem.errors import GpudemError
from gpudem.pictures.colouring import (
    COLOURINGS,
    Colouring,
    colourings_of,
    common_scale,
    find_colouring,
    speed_colouring,
)
from gpudem.pictures.disc_angle import turned_upward, upward_angles
from gpudem.runfile.reader import open_run
from tests.beadrun import BOWL_RADIUS, PLACES, RATE, turned, write_beads


def test_a_linear_scale_begins_at_zero_and_ends_above_the_largest_value_of_all():
    scale = common_scale(COLOURINGS["speed"], [np.array([0.2, 1.0]), np.array([2.6, np.nan])])
    assert scale.limits == (0.0, 3.0)
    colours = scale.colours(np.array([0.0, 1.5, 3.0, np.nan]))
    assert colours.shape == (4, 4) and colours.dtype == np.uint8
    expected = colormaps["viridis"]([0.0, 0.5, 1.0], bytes=True)
    assert np.abs(colours[:3].astype(int) - expected).max() <= 2
    assert len(set(colours[3, :3].tolist())) == 1  # grey


def test_a_logarithmic_scale_shows_zero_as_its_lower_end():
    values = np.array([0.0, 2e-4, 3e-3, 0.7])
    scale = common_scale(COLOURINGS["power"], [values])
    assert scale.limits == pytest.approx((1e-4, 0.8))
    colours = scale.colours(values)
    assert np.array_equal(colours[0], scale.colours(np.array([1e-4]))[0])
    assert len({tuple(colour) for colour in colours}) == 4
    wide = common_scale(COLOURINGS["power"], [np.array([1e-12, 1.0])])
    assert wide.limits == pytest.approx((1e-4, 1.0))


def test_an_old_colour_bar_may_end_while_a_new_one_is_made(monkeypatch):
    scale = common_scale(COLOURINGS["power"], [np.array([1.0, 10.0])])
    blocked, told, times = cbook.CallbackRegistry.blocked, [], []

    @contextlib.contextmanager
    def collecting(registry, *, signal=None):
        with blocked(registry, signal=signal):
            times.append(gc.collect())
            yield

    monkeypatch.setattr(cbook.CallbackRegistry, "blocked", collecting)
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    for _ in range(3):
        figure = Figure()
        scale.draw_bar(figure.add_axes((0.0, 0.0, 1.0, 1.0)), (0.0, 0.0, 0.0))
        FigureCanvasAgg(figure).draw()
        # A figure is part of a circle, which only the collector ends.
        del figure
    assert times and told == []


@pytest.mark.parametrize("name", COLOURINGS)
def test_no_colouring_minds_beads_that_do_nothing(name):
    scale = common_scale(COLOURINGS[name], [np.zeros(3)])
    assert scale.limits[0] < scale.limits[1]
    assert np.ptp(scale.colours(np.zeros(3)), axis=0).max() == 0
    assert common_scale(COLOURINGS[name], []).limits[1] > 0.0


def test_classes_have_one_colour_each():
    places = Colouring("place", "where", "", lambda *_: np.zeros(1), classes=("a", "b", "c"))
    colours = common_scale(places, [np.array([0.0, 2.0])]).colours(np.array([0.0, 1.0, 2.0, 2.0]))
    assert len({tuple(colour) for colour in colours}) == 3
    assert np.array_equal(colours[2], colours[3])


def test_only_what_the_file_can_give_is_accepted():
    with pytest.raises(GpudemError, match="--colour heat: not recorded in run files; accepted: sp"):
        find_colouring("heat")
    assert find_colouring("spin").label == "angular speed of the beads  [rad/s]"


def test_every_colouring_reads_its_values(tmp_path):
    path = write_beads(tmp_path / "beads.vtkhdf")
    expected = {
        "speed": [1.02, 3.06],
        # The wall turns at twice the disc's 62.8 rad/s.
        "relative": np.array([1.02, 3.06]) / (2.0 * RATE * BOWL_RADIUS),
        "power": [0.0, 2e-3],
        "count": [500, 1000],
        "force": [0.0, 2.0],
        "spin": [5, 5],
        "species": [0, 0],
        "touching": [2, 5],
        # Both touch something; the second is 13 mm from the wall, nearest to no floor.
        "regime": [1, 1],
    }
    with open_run(path) as run:
        for name, colouring in COLOURINGS.items():
            values = colouring.values(run, 2, run.snapshot(2))
            assert values == pytest.approx(expected[name], rel=1e-6), name


def test_speeds_are_relative_to_the_disc_where_there_is_one(tmp_path):
    with open_run(write_beads(tmp_path / "disc.vtkhdf")) as run:
        position, velocity = (run.snapshot(3)[name].values for name in ("position", "velocity"))
        # A bead that rests on the disc goes round with it.
        assert np.linalg.norm(velocity, axis=1).min() > 0.5
        values = COLOURINGS["speed"].values(run, 3, run.snapshot(3))
        still = velocity - RATE * np.column_stack([-position[:, 1], position[:, 0], 0 * values])
        assert values == pytest.approx(np.linalg.norm(still, axis=1))
        assert colourings_of(run)["speed"].label == "speed of the beads relative to the disc  [m/s]"
        assert speed_colouring([run]) is COLOURINGS["speed"]
    drum = write_beads(
        tmp_path / "drum.vtkhdf", sun_wheel_radius=0.0, gravity_x=0.0, gravity_y=-9.81
    )
    with open_run(drum) as run:
        velocity = run.snapshot(3)["velocity"].values
        values = COLOURINGS["speed"].values(run, 3, run.snapshot(3))
        assert values == pytest.approx(np.linalg.norm(velocity, axis=1))
        assert colourings_of(run)["speed"].label == "speed of the beads  [m/s]"


def test_mills_of_different_speeds_are_compared_by_their_walls(tmp_path):
    with ExitStack() as stack:
        slow, fast, faster = (
            stack.enter_context(
                open_run(write_beads(tmp_path / f"{rpm}.vtkhdf", speed=rpm * math.pi / 30.0))
            )
            for rpm in (200.0, 600.0, 800.0)
        )
        assert speed_colouring([slow, fast]).name == "relative"
        assert speed_colouring([fast, faster]).name == "speed"


def test_the_outward_radius_is_up(tmp_path):
    path = write_beads(tmp_path / "beads.vtkhdf")
    with open_run(path) as run:
        angles = upward_angles(run)
        assert angles == pytest.approx(RATE * run.snapshot_times, abs=1e-9)
        for number in range(run.snapshots):
            position = run.snapshot(number)["position"].values
            assert turned_upward(position, angles[number]) == pytest.approx(np.array(PLACES))
    assert turned_upward(turned(PLACES, 0.3), 0.3) == pytest.approx(np.array(PLACES))


def test_against_gravity_is_up_in_a_drum(tmp_path):
    path = write_beads(
        tmp_path / "drum.vtkhdf", sun_wheel_radius=0.0, gravity_x=0.0, gravity_y=-9.81
    )
    with open_run(path) as run:
        assert upward_angles(run) == pytest.approx(np.full(5, 0.5 * math.pi))


def test_beads_of_several_species_are_coloured_by_their_names(tmp_path):
    run = SimpleNamespace(species_names=["large", "small"], parameters={})
    colouring = find_colouring("species").of(run)
    assert colouring.classes == ("large", "small")
    scale = common_scale(colouring, [np.array([0, 1, 1])])
    colours = scale.colours(np.array([0, 1, 1]))
    assert (colours[1] == colours[2]).all() and (colours[0] != colours[1]).any()
    assert find_colouring("speed").of(run).classes == ()
