"""The scenes of the bench tests give what the laws say that they test."""

import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from gpudem import Simulation
from gpudem.calibration.calibration import RESULT
from gpudem.calibration.rolling import RollingTest, turning_points
from gpudem.calibration.sliding import SlidingTest, slip_angle
from gpudem.runfile.reader import open_run
from gpudem.scene.file import load_scene
from tests.runs import environment, gpudem_here, words

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.slow
DEGREE = math.radians(1.0)


def ran(name, tmp_path, *settings):
    path = tmp_path / "run.vtkhdf"
    Simulation(load_scene(f"calibration/{name}", settings)).run(path)
    return open_run(path)


@pytest.mark.parametrize("restitution", [0.15, 0.6])
def test_drop_restitution_out_is_restitution_in(tmp_path, restitution):
    settings = [f"contact.bead_bead.restitution={restitution}", "run.duration=0.2 s"]
    with ran("drop", tmp_path, *settings) as run:
        height, time = run.positions[:, 0, 2], run.snapshot_times
    fall = math.sqrt(2.0 * 0.1 / 9.81)
    flying = (time > fall + 0.002) & (time < fall + 0.6 * 2.0 * restitution * 1.4 / 9.81)
    # A parabola through the flight after the impact, back to the moment of the impact.
    up = np.polyfit(time[flying] - fall, height[flying], 2)
    assert up[0] == pytest.approx(-0.5 * 9.81, rel=0.02)
    assert up[1] / (9.81 * fall) == pytest.approx(restitution, rel=0.02)


def swings_of_a_rolling_sphere(release, circle, friction, count):
    """Turning points of a sphere that rolls without sliding, with rolling friction.

    (7/5) c phi'' = -g sin(phi) - mu_r (g cos(phi) + c phi'^2) sign(phi'): the rolling moment
    mu_r r F_n acts like a force mu_r F_n on the centre.
    """
    found, angle, way = [], release, -1.0
    for _ in range(count):

        def motion(t, y, way=way):
            normal = 9.81 * math.cos(y[0]) + circle * y[1] ** 2
            return [y[1], -(9.81 * math.sin(y[0]) + way * friction * normal) / (1.4 * circle)]

        def stop(t, y, way=way):
            return y[1] if t > 1e-3 else way

        stop.terminal = True
        one = solve_ivp(motion, (0.0, 2.0), [angle, 1e-9 * way], events=stop, rtol=1e-9, atol=1e-12)
        angle, way = float(one.y[0, -1]), -way
        found.append(abs(angle))
    return found


@pytest.mark.parametrize("friction", [0.02, 0.045])
def test_rolling_pendulum_swings_like_a_rolling_sphere(tmp_path, friction):
    test = RollingTest(release="45 deg", swings=[["40 deg"] * 5])
    one = test.simulations()[0]
    settings = [f"{key}={value}" for key, value in one.settings.items()]
    with ran(
        "rolling", tmp_path, *settings, f"contact.bead_bead.rolling_friction={friction}"
    ) as run:
        found = test.observe(run, 0)
    expected = swings_of_a_rolling_sphere(45.0 * DEGREE, test.circle, friction, 5)
    assert found == pytest.approx(expected, abs=0.4 * DEGREE)


def test_glued_beads_slide_by_their_friction(tmp_path):
    with ran("sliding", tmp_path) as run:
        found = slip_angle(run)
    # They have moved by half a millimetre when the tilt has gone on by less than a degree.
    assert math.atan(0.55) < found < math.atan(0.55) + 0.8 * DEGREE


def test_glued_beads_slide_as_fast_as_they_should(tmp_path):
    tilt = ["mill.tilt=35 deg", "mill.tilt_speed=0 deg/s", "run.duration=0.45 s"]
    with ran("sliding", tmp_path, *tilt) as run:
        way = np.linalg.norm(run.positions - run.positions[0], axis=2).mean(axis=1)
        time = float(np.interp(0.1, way, run.snapshot_times))
    test = SlidingTest(slides=[{"tilt": "35 deg", "distance": "100 mm", "time": ["0.36 s"]}])
    values = {"static_friction": np.array([0.55]), "dynamic_friction": np.array([0.5])}
    assert time == pytest.approx(float(test.predict(values)[0, 0]), rel=0.01)


def test_turning_points_need_a_swing():
    assert turning_points(np.arange(4.0), np.zeros(4)) == []


def test_a_killed_calibration_goes_on_to_the_same_answer(tmp_path):
    """Two releases from each of two angles; killed while its swings are simulated."""
    rows = ["release [deg],swing 1 [deg],swing 2 [deg],swing 3 [deg]"]
    rows += ["45,38.9,33.2,27.7", "45,39.4,32.8,27.0", "30,26.1,22.4,19.0", "30,25.6,22.0,18.2"]
    (tmp_path / "swings.csv").write_text("\n".join(rows) + "\n")
    calibrate = ["calibrate", "rolling", "swings.csv", "--points", "6", "--quiet"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    with subprocess.Popen(
        words(*calibrate, "-o", "killed"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as command:
        while len(list(killed.rglob("result.json"))) < 3:
            assert command.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        os.killpg(command.pid, signal.SIGKILL)
    done = {path: path.read_bytes() for path in killed.rglob("result.json")}
    assert 3 <= len(done) < 12
    for folder in (killed, whole):
        gpudem_here(*calibrate, "-o", folder.name, cwd=tmp_path)
    # What was finished is not computed again.
    assert all(path.read_bytes() == content for path, content in done.items())
    found = [tomllib.loads((folder / RESULT).read_text()) for folder in (killed, whole)]
    assert found[0] == found[1]
    rolling = found[0]["parameters"]["contact.bead_bead.rolling_friction"]["value"]
    assert 0.01 < rolling < 0.2
