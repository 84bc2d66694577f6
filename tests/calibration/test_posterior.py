"""What measurements leave of parameters, where a law says it: values, intervals, what is untold."""

import math

import numpy as np
import pytest

from gpudem.calibration.calibration import calibrate
from gpudem.calibration.design import Predictor
from gpudem.calibration.measured import Measured, log_likelihood
from gpudem.calibration.measurements import read_measurements
from gpudem.calibration.parameters import Prior
from gpudem.calibration.posterior import posterior_of
from gpudem.calibration.surrogate import Surrogate
from gpudem.calibration.text import checks
from gpudem.errors import GpudemError
from gpudem.study.uncertain import read_uncertain
from tests.runs import gpudem

TRUTH = {"restitution": 0.15, "static_friction": 0.55, "dynamic_friction": 0.5}


def measurements(tmp_path, generator, drops=8, slides=6):
    """Made-up drops and slides of the paper's set, with noise."""
    rebound = (TRUTH["restitution"] + generator.normal(0.0, 0.015, drops)) * 1.4
    slip = np.degrees(math.atan(TRUTH["static_friction"])) + generator.normal(0.0, 0.8, 6)
    pull = 9.81 * (
        math.sin(math.radians(35)) - TRUTH["dynamic_friction"] * math.cos(math.radians(35))
    )
    time = math.sqrt(0.2 / pull) * (1.0 + generator.normal(0.0, 0.03, slides))
    path = tmp_path / "made.toml"
    path.write_text(
        f"""[drop]
before = {["1.4 m/s"] * drops}
after = {[f"{v:.5f} m/s" for v in rebound]}
[sliding]
slip_angle = {[f"{a:.4f} deg" for a in slip]}
[[sliding.slides]]
tilt = "35 deg"
distance = "100 mm"
time = {[f"{t:.5f} s" for t in time]}
"""
    )
    return path


def sampled(path, steps=600, seed=0):
    read = read_measurements(path)
    prior = read.known_before
    return posterior_of(Predictor(read.tests, prior, []), prior, steps=steps, seed=seed)


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say(tmp_path):
    """68 and 95 % intervals over made-up measurements; binomial bounds at three deviations."""
    replicates, inner, outer = 50, 0, 0
    for seed in range(replicates):
        posterior = sampled(measurements(tmp_path, np.random.default_rng(seed)), seed=seed)
        for name, truth in TRUTH.items():
            low, high = posterior.interval(name, 0.68)
            inner += low <= truth <= high
            low, high = posterior.interval(name, 0.95)
            outer += low <= truth <= high
    count = replicates * len(TRUTH)
    for held, share in ((inner, 0.68), (outer, 0.95)):
        bound = 3.0 * math.sqrt(share * (1.0 - share) / count)
        assert held / count == pytest.approx(share, abs=bound)


def test_what_the_data_cannot_tell_keeps_the_width_it_had(tmp_path):
    """Slip angles alone say nothing of the dynamic friction."""
    path = tmp_path / "slip.toml"
    path.write_text('[sliding]\nslip_angle = ["28 deg", "29 deg", "29.5 deg", "28.5 deg"]\n')
    posterior = sampled(path, steps=1500)
    assert posterior.narrowing["static_friction"] < 0.2
    dynamic = posterior.column("dynamic_friction")
    # Known is that it lies between its lower bound and the static friction, each as likely.
    static = posterior.column("static_friction").mean()
    assert dynamic.mean() == pytest.approx(0.5 * (0.1 + static), abs=0.03)
    assert dynamic.std() == pytest.approx((static - 0.1) / math.sqrt(12.0), rel=0.15)
    (_, known), (open_direction, ratio) = posterior.directions()
    assert known < 0.2 and ratio > 0.5
    # Along what is open, the measured quantity does not change: the dynamic friction alone.
    assert np.abs(open_direction) == pytest.approx([0.0, 1.0], abs=0.1)
    assert posterior.is_told("static_friction") and not posterior.is_told("dynamic_friction")
    assert abs(posterior.sensitivity[0, posterior.prior.names.index("dynamic_friction")]) < 1e-6


def test_a_likelihood_of_few_measurements_has_long_tails():
    few = [Measured("x", (1.0, 1.2, 0.8), None, "number")]
    known = [Measured("x", (1.0, 1.2, 0.8), 0.2, "number")]
    far = np.array([[1.0], [2.0]])
    drop = [log_likelihood(q, far, np.zeros((2, 1))) for q in (few, known)]
    # Student's t with two degrees of freedom: 1.5 ln(1 + t2 / 2); Gauss: t2 / 2.
    square = 1.0 / (0.2**2 / 3.0)
    assert drop[0][0] - drop[0][1] == pytest.approx(1.5 * math.log1p(square / 2.0))
    assert drop[1][0] - drop[1][1] == pytest.approx(0.5 * square)


def test_a_surrogate_tells_its_error_and_the_noise():
    prior = Prior.of({"static_friction", "rolling_friction"}, {})
    points = np.repeat(prior.spread(24), 2, axis=0)
    generator = np.random.default_rng(3)

    def law(x):
        return 10.0 + 30.0 * np.sqrt(x[:, 1]) + 8.0 * x[:, 0]

    low, high = np.array([(one.low, one.high) for one in prior.free]).T
    made = Surrogate(points, law(points) + generator.normal(0.0, 0.3, len(points)), low, high)
    elsewhere = prior.spread(64, seed=5)
    mean, variance = made(elsewhere)
    assert np.sqrt(((mean - law(elsewhere)) ** 2).mean()) < 0.25
    assert made.noise == pytest.approx(0.3, rel=0.4)
    assert np.sqrt(variance.mean()) < 0.3 and made.error < 0.3


def test_the_command_writes_what_a_study_reads(tmp_path, monkeypatch, capsys):
    path = measurements(tmp_path, np.random.default_rng(1))
    told = gpudem("calibrate", "joint", str(path), "-o", str(tmp_path / "out"))
    assert told.stdout.startswith("Restitution 0.1")
    assert "[contact.bead_bead]" in told.stdout
    read = read_uncertain(tmp_path / "out/calibration.toml")
    assert read.values["contact.bead_bead.static_friction"] == pytest.approx(0.55, abs=0.03)
    assert read.given == 200
    assert "measured" in (tmp_path / "out/calibration.html").read_text()


def test_nothing_to_seek_is_told(tmp_path):
    path = tmp_path / "all.toml"
    path.write_text('[drop]\nfall=["1 m"]\nrebound=["2 cm"]\n[prior]\nrestitution = 0.15\n')
    read = read_measurements(path)
    with pytest.raises(GpudemError, match="nothing is sought"):
        calibrate(read, str(path), tmp_path / "out", lambda _: None, print)


def test_contradictory_data_is_told(tmp_path):
    """Beads that stick up to 44 degrees do not slide at 35."""
    path = tmp_path / "odd.toml"
    path.write_text(
        """[sliding]
slip_angle = ["44 deg", "44.4 deg", "43.8 deg"]
[[sliding.slides]]
tilt = "35 deg"
distance = "100 mm"
time = ["0.36 s", "0.37 s", "0.35 s"]
"""
    )
    read = read_measurements(path)
    made = calibrate(read, str(path), tmp_path / "out", lambda _: None, lambda _: None)
    assert any("does not fit the measurements" in line for line in checks(made))


def test_a_truth_outside_its_bounds_is_told(tmp_path):
    path = tmp_path / "low.toml"
    path.write_text(
        '[drop]\nbefore = ["1 m/s", "1 m/s", "1 m/s"]\n'
        'after = ["0.016 m/s", "0.017 m/s", "0.015 m/s"]\n'
    )
    read = read_measurements(path)
    made = calibrate(read, str(path), tmp_path / "out", lambda _: None, lambda _: None)
    assert any("lies at the bound 0.05" in line for line in checks(made))
