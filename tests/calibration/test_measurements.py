"""Files of measurements: what is read, and how faults are told."""

import math

import numpy as np
import pytest

from gpudem.calibration.drop import DropTest
from gpudem.calibration.measurements import read_measurements
from gpudem.calibration.rolling import read_track, together, turning_points
from gpudem.errors import SceneError

DEGREE = math.radians(1.0)


def written(tmp_path, text, name="data.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "accepted tables: drop, rolling, repose, sliding"),
        ("[drop]\nfall = ['1 m']\nrebound = ['2 m']", "no bead gains energy"),
        ("[drop]\nfall = ['1 s']\nrebound = ['2 mm']", "drop.fall"),
        ("[drop]\nfall = ['1 m']", "give before and after"),
        ("[drop]\nbefore = [1.4]\nafter = ['0.2 m/s']", "unit"),
        ("[drop]\nbefore = ['1 m/s']\nafter = ['0.2 m/s', '0.2 m/s']", "2 values for 1 of before"),
        ("[rolling]\nswings = ['30 deg']", "release is missing"),
        ("[rolling]\nrelease = '20 deg'\nswings = ['30 deg']", "no swing gets higher"),
        ("[rolling]\nrelease = '60 deg'\nheights = ['30 mm']", "no pendulum above that height"),
        ("[rolling]\ntrack = 'missing.csv'", "missing.csv cannot be read"),
        (
            "[rolling]\nrelease = '45 deg'\nswings = ['30 deg']\nset = { bowl.size = 3 }",
            "bowl.size",
        ),
        ("[rolling]\nrelease = '45 deg'\nswings = ['20 deg', '30 deg']", "no swing gets higher"),
        (
            "[repose]\nangle = ['25 deg']\nset = { contact.bead_bead.static_friction = 0.6 }",
            r"a known value stands in \[prior\]",
        ),
        ("[drop]\nfall = ['1 m']\nrebound = ['2 mm']\nset = { run.seed = 2 }", "not simulated"),
        (
            "[repose]\nangle = ['25 deg']\n[prior]\nstatic_friction = [0.05, 0.08]",
            "nothing is left",
        ),
        (
            "[sliding]\nslip_angle = ['25 deg']\n[prior]\nstatic_friction = 0.3\n"
            "dynamic_friction = 0.5",
            "must not be above static_friction",
        ),
        ("[repose]\nangle = '25 deg'", "a list is needed"),
        ("[repose]\nangle = ['25 deg']\nmethod = 'heap'", "method"),
        ("[sliding]\nslides = [{tilt='30 deg', distance='0.1 m', time=['0.1 s']}]", "any friction"),
        ("[repose]\nangle = ['25 deg']\n[prior]\nfriction = 0.3", "no such parameter"),
        ("[repose]\nangle = ['25 deg']\n[prior]\nrolling_friction = [0.3, 0.1]", "lower bound"),
        ("[tumble]\nangle = ['25 deg']", "tumble"),
    ],
)
def test_a_fault_is_one_clear_error(tmp_path, text, told):
    with pytest.raises(SceneError, match=told):
        read_measurements(written(tmp_path, text))


def test_columns_of_a_csv_file(tmp_path):
    rolling = "release [deg],swing 1 [deg],swing_2 [deg]\n45,38,31\n45,39\n"
    found = read_measurements(written(tmp_path, rolling, "r.csv"), "rolling").rolling
    assert found.release == pytest.approx((45.0 * DEGREE,))
    assert found.swings == (
        pytest.approx((38 * DEGREE, 31 * DEGREE)),
        pytest.approx((39 * DEGREE,)),
    )
    slides = "tilt [deg],distance [mm],time [s]\n35,100,0.36\n35,100,0.37\n"
    found = read_measurements(written(tmp_path, slides, "s.csv"), "sliding").sliding
    assert [slide.time for slide in found.slides] == [(0.36, 0.37)]
    with pytest.raises(SceneError, match="name it"):
        read_measurements(written(tmp_path, slides, "s.csv"))
    with pytest.raises(SceneError, match="no number: 'x'"):
        read_measurements(written(tmp_path, "angle [deg]\nx\n", "a.csv"), "repose")


def test_releases_from_several_angles_are_simulated_each(tmp_path):
    rows = (
        "release [deg],swing 1 [deg],swing 2 [deg],swing 3 [deg]\n45,38,31,25\n30,25,20\n45,39,32\n"
    )
    found = read_measurements(written(tmp_path, rows, "r.csv"), "rolling").rolling
    names = [one.name for one in found.quantities]
    assert names == [
        *(f"swing {k} from 45 deg" for k in (1, 2, 3)),
        *(f"swing {k} from 30 deg" for k in (1, 2)),
    ]
    means = [one.mean for one in found.quantities]
    assert means == pytest.approx(np.array([38.5, 31.5, 25.0, 25.0, 20.0]) * DEGREE)
    steep, flat = found.simulations()
    assert (steep.quantities, flat.quantities) == ((0, 1, 2), (3, 4))
    # A rolling bead is higher where it is let go at a larger angle.
    heights = [
        float(one.settings["beads.position"].split(",")[1].strip(' "').removesuffix(" mm"))
        for one in (steep, flat)
    ]
    assert heights[0] > heights[1]
    with pytest.raises(SceneError, match="2 angles for 3 releases; give one, or one for each"):
        read_measurements(
            written(
                tmp_path,
                "[rolling]\nrelease = ['45 deg', '30 deg']\n"
                "swings = [['38 deg'], ['25 deg'], ['39 deg']]",
            )
        )
    with pytest.raises(SceneError, match="28 deg after 20 deg"):
        read_measurements(
            written(
                tmp_path,
                "[rolling]\nrelease = ['45 deg', '20 deg']\nswings = [['38 deg'], ['28 deg']]",
            )
        )


def test_restitution_over_layer_and_speed():
    """Made-up drops that follow a law give it back."""
    layer = np.array([0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0]) * 1e-3
    before = np.array([1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0])
    restitution = 0.3 * before**-0.2 - 40.0 * (layer - 1.25e-3)
    test = DropTest(
        before=[f"{v} m/s" for v in before],
        after=[f"{v * e} m/s" for v, e in zip(before, restitution, strict=True)],
        layer=[f"{1e3 * t} mm" for t in layer],
        at_layer="2 mm",
    )
    assert test.by_layer.slope == pytest.approx(-40.0, rel=1e-9)
    assert (
        test.by_speed.slope == pytest.approx(-0.2, abs=0.02) and not test.by_speed.slope_error == 0
    )
    expected = restitution.mean() - 40.0 * (2e-3 - 1.25e-3)
    (found,) = test.quantities
    assert found.mean == pytest.approx(expected, rel=1e-9)
    # By the line's own error, which grows away from the middle.
    away = test.by_layer.slope_error * (2e-3 - test.by_layer.at)
    assert found.error == pytest.approx(math.hypot(test.by_layer.level_error, away))
    assert found.freedom == 6.0


def test_turning_points_of_a_damped_swing():
    time = np.arange(0.0, 2.0, 0.008)
    angle = 0.7 * np.exp(-0.5 * time) * np.cos(16.0 * time)
    found = turning_points(time, angle)
    # Extrema lie where the derivative is 0.
    moments = (np.arange(1, len(found) + 1) * math.pi - math.atan(0.5 / 16.0)) / 16.0
    assert found == pytest.approx(
        list(np.abs(0.7 * np.exp(-0.5 * moments) * np.cos(16 * moments))), rel=1e-3
    )


def test_a_tracked_video_gives_release_and_swings(tmp_path):
    """Places on a circle somewhere in the picture, filmed before the release too."""
    time = np.arange(0.0, 1.5, 1.0 / 120.0)
    swing = (
        0.6 * np.exp(-0.4 * np.maximum(time - 0.2, 0.0)) * np.cos(16.0 * np.maximum(time - 0.2, 0))
    )
    x, y = 0.3 + 0.023 * np.sin(swing), 0.2 - 0.023 * np.cos(swing)
    rows = "\n".join(f"{t:.5f},{a:.6f},{b:.6f}" for t, a, b in zip(time, x, y, strict=True))
    path = written(tmp_path, f"time,x,y\n{rows}\n", "track.csv")
    release, swings = read_track(path)
    assert release == pytest.approx(0.6, abs=0.01)
    ends = 0.6 * np.exp(-0.4 * np.arange(1, 4) * math.pi / 16.0)
    assert swings[:3] == pytest.approx(list(ends), abs=0.01)
    assert read_measurements(path, "rolling").rolling.release == (release,)


@pytest.mark.parametrize("noise", [0.0, 5e-5, 1e-4])
def test_noise_of_a_video_makes_no_swings(tmp_path, noise):
    time = np.arange(0.0, 1.5, 1.0 / 240.0)
    since = np.maximum(time - 0.2, 0.0)
    swing = 0.7 * np.exp(-0.5 * since) * np.cos(16.0 * since)
    generator = np.random.default_rng(1)
    x = 0.023 * np.sin(swing) + generator.normal(0.0, noise, len(time))
    y = -0.023 * np.cos(swing) + generator.normal(0.0, noise, len(time))
    rows = "\n".join(f"{t:.5f},{a:.6f},{b:.6f}" for t, a, b in zip(time, x, y, strict=True))
    release, swings = read_track(written(tmp_path, f"t,x,y\n{rows}\n", "track.csv"))
    assert release == pytest.approx(0.7, abs=0.015)
    ends = 0.7 * np.exp(-0.5 * np.arange(1, 5) * math.pi / 16.0)
    assert swings[:4] == pytest.approx(list(ends), abs=0.015)
    assert len(swings) == 6
    with pytest.raises(Exception, match="must point upwards"):
        rows = "\n".join(f"{t:.5f},{a:.6f},{-b:.6f}" for t, a, b in zip(time, x, y, strict=True))
        read_track(written(tmp_path, f"t,x,y\n{rows}\n", "down.csv"))


def test_swings_of_a_release_may_err_together():
    own = [[0.60, 0.50, 0.41], [0.61, 0.49, 0.40], [0.59, 0.51, 0.40]]
    shifted = [[0.60, 0.50, 0.40], [0.61, 0.51, 0.41], [0.59, 0.49, 0.39]]
    assert together(own) < 1.5
    assert together(shifted) == pytest.approx(3.0)


def test_equal_readings_are_not_exact():
    """The same reading over and over is as good as the error that is assumed of one."""
    test = DropTest(before=["1 m/s"] * 4, after=["0.1 m/s"] * 4)
    assert test.quantities[0].error == pytest.approx(0.02 / 2.0)


def test_gaps_in_columns_are_told(tmp_path):
    path = written(tmp_path, "fall [mm],rebound [mm]\n100,2\n\n100,\n", "d.csv")
    with pytest.raises(SceneError, match=r"d\.csv:4: 1 values for 2 columns"):
        read_measurements(path, "drop")
