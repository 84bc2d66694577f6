"""Fits over settings: what they find, what their intervals cover, and where they say nothing."""

import math

import numpy as np
import pytest

from gpudem.errors import GpudemError
from gpudem.planning.response import Estimate, fit_response

SPEEDS = np.array([200.0, 400.0, 600.0, 800.0, 1000.0])
FILLINGS = np.array([0.1, 0.3, 0.5])


def grid():
    n, phi = np.meshgrid(SPEEDS, FILLINGS)
    return {"speed": n.ravel(), "filling": phi.ravel()}


def law(points):
    return 1e-6 * points["speed"] ** 2.5 * points["filling"] ** -0.7


def bent(points):
    """Of no form that is fitted: a cubic in ln n, and a filling that moves its exponent."""
    n, phi = np.log(points["speed"] / 500.0), np.log(points["filling"] / 0.3)
    return np.exp(2.9 * n - 0.2 * n**2 + 0.04 * n**3 + 0.3 * phi - 0.35 * phi**2 + 0.05 * n * phi)


def test_a_power_law_is_found_exactly():
    points = grid()
    fit = fit_response(points, law(points), drive="speed")
    assert fit.form.name == "power law"
    found = fit.at(speed=700.0, filling=0.2)
    assert found.value == pytest.approx(1e-6 * 700.0**2.5 * 0.2**-0.7, rel=1e-9)
    assert found.reach < 1e-9 and fit.missed < 1e-9


def test_the_form_is_chosen_by_what_is_left_out():
    points = grid()
    n, phi = np.log(points["speed"]), np.log(points["filling"])
    random = np.random.default_rng(1)
    noise = np.exp(0.003 * random.standard_normal(len(n)))
    curved = np.exp(3.0 * n - 0.2 * n**2 + 0.5 * phi - 0.3 * phi**2) * noise
    assert fit_response(points, curved).form.name == "squares in logarithms"
    # Each filling has another exponent, without order.
    apart = np.exp((2.5 + 0.6 * (np.abs(phi - math.log(0.3)) < 0.1)) * n) * noise
    assert fit_response(points, apart, drive="speed").form.name.endswith("in speed at each setting")
    # Leave-one-out errors are those of fits that were made without the case.
    fit = fit_response(points, curved)
    missed = []
    for k in range(len(n)):
        rest = np.arange(len(n)) != k
        design = fit.form.design(fit.cases)
        found = np.linalg.lstsq(design[rest], np.log(curved)[rest], rcond=None)[0]
        missed.append(np.log(curved)[k] - design[k] @ found)
    assert fit.missed == pytest.approx(float(np.sqrt(np.mean(np.square(missed)))), rel=1e-6)


@pytest.mark.parametrize("truth", [law, bent])
@pytest.mark.parametrize("noise", [0.005, 0.03])
def test_intervals_cover_new_cases(truth, noise):
    """19 of 20 cases that were not fitted lie in their intervals, of any of the made-up mills."""
    random = np.random.default_rng(7)
    points, seeds = grid(), np.full(15, 3)
    inside, widths = [], []
    for _ in range(250):
        drawn = truth(points)[:, None] * np.exp(noise * random.standard_normal((15, 3)))
        errors = drawn.std(axis=1, ddof=1) / math.sqrt(3.0)
        fit = fit_response(points, drawn.mean(axis=1), errors=errors, seeds=seeds, drive="speed")
        new = {
            "speed": random.uniform(200.0, 1000.0, 6),
            "filling": random.choice(FILLINGS, 6),
        }
        value, reach = fit.predict(new)
        told = np.log(truth(new)) + noise / math.sqrt(3.0) * random.standard_normal(6)
        inside += list(np.abs(told - value) <= reach)
        widths.append(float(reach.mean()))
    assert 0.93 <= np.mean(inside) <= 0.995
    # An interval that covers all by being wide would be of no use.
    assert np.median(widths) < 4.0 * 1.96 * noise + (0.08 if truth is bent else 0.0)


def test_a_case_that_was_run_is_told_by_itself():
    points = grid()
    values = bent(points) * np.where((points["speed"] == 600.0), 1.2, 1.0)
    errors, seeds = np.full(15, 1e-3) * values, np.full(15, 3)
    fit = fit_response(points, values, errors=errors, seeds=seeds)
    here = fit.at(speed=600.0, filling=0.3)
    k = np.flatnonzero((points["speed"] == 600.0) & (points["filling"] == 0.3))[0]
    assert here.value == pytest.approx(values[k]) and here.reach == pytest.approx(
        4.303e-3, rel=1e-3
    )
    assert fit.at(speed=610.0, filling=0.3).reach > 5 * here.reach
    # Two seeds scatter too little or too much to be believed.
    few = fit_response(points, values, errors=errors, seeds=np.full(15, 2))
    assert few.at(speed=600.0, filling=0.3).reach > 5 * here.reach


def test_nothing_is_told_beyond_the_cases():
    points = grid()
    fit = fit_response(points, law(points), drive="speed")
    for n, phi in ((150.0, 0.3), (1100.0, 0.3), (600.0, 0.05), (600.0, 0.6)):
        assert math.isnan(fit.at(speed=n, filling=phi).value)
    assert math.isfinite(fit.at(speed=1000.0, filling=0.5).value)
    # A corner of the range where there are no cases.
    kept = (points["speed"] / 1000.0 + points["filling"] / 0.5) < 1.3
    corner = {name: column[kept] for name, column in points.items()}
    fit = fit_response(corner, law(corner))
    assert corner["speed"].max() == 1000.0 and corner["filling"].max() == 0.5
    assert math.isnan(fit.at(speed=1000.0, filling=0.5).value)
    assert math.isfinite(fit.at(speed=1000.0, filling=0.1).value)
    # A gap lies among them, and is told with a wider interval.
    gap = {"speed": [200.0, 600.0, 800.0, 900.0, 1000.0]}
    fit = fit_response(gap, [1.0, 9.2, 15.8, 20.5, 25.1])
    assert fit.at(speed=350.0).reach > fit.at(speed=850.0).reach > 0.0


def test_settings_apart_tell_nothing_of_others():
    points = grid()
    n, phi = np.log(points["speed"]), points["filling"]
    values = np.exp((2.5 + 0.6 * (phi == 0.3)) * n + 0.001 * np.sin(37 * n * phi))
    fit = fit_response(points, values, drive="speed")
    assert fit.form.apart and math.isnan(fit.at(speed=600.0, filling=0.2).value)


def test_too_few_cases():
    with pytest.raises(GpudemError, match="3 different settings are too few for a fit over speed"):
        fit_response({"speed": [1.0, 2.0, 3.0]}, [1.0, 2.0, 3.0])
    with pytest.raises(GpudemError, match="above 0"):
        fit_response({"speed": [1.0, 2.0, 3.0, 4.0]}, [1.0, 0.0, 3.0, 4.0])
    # What is not known of a case does not hinder.
    fit = fit_response({"speed": [1.0, 2.0, 3.0, 4.0, 5.0]}, [1.0, math.nan, 9.0, 16.0, 25.0])
    assert fit.at(speed=2.0).value == pytest.approx(4.0)


def test_estimates():
    one = Estimate(100.0, 0.1)
    assert (one.low, one.high) == (pytest.approx(90.4837), pytest.approx(110.517))
    assert one.half == pytest.approx(0.10017, rel=1e-3)
    other = one.over(50.0, 0.1)
    assert other.value == 0.5 and other.reach == pytest.approx(0.1 * math.sqrt(2.0))
