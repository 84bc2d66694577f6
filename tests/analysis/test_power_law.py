"""Power laws: exponents of made-up data, their intervals, and the tests whether a law holds."""

import numpy as np
import pytest

from gpudem.analysis.power_law import fit_power_law
from gpudem.errors import GpudemError

SPEEDS, SIZES = (200.0, 400.0, 600.0, 800.0, 1000.0), (5.0, 3.0, 1.75)


def made_up(seeds, scatter, bend=0.0, seed=0):
    """Cases of y = 3 n^2.6 d^-4, with scatter between seeds and a quadratic term of ln n."""
    random = np.random.default_rng(seed)
    speed, size = (a.ravel() for a in np.meshgrid(SPEEDS, SIZES))
    law = 3.0 * speed**2.6 * size**-4.0 * np.exp(bend * (np.log(speed / 500.0)) ** 2)
    noise = np.exp(scatter * random.standard_normal((len(speed), seeds)))
    return {"n": speed, "d": size}, law[:, None] * noise


def test_exact_law():
    law = fit_power_law(*made_up(1, 0.0))
    assert law.exponents["n"].value == pytest.approx(2.6, abs=1e-12)
    assert law.exponents["d"].value == pytest.approx(-4.0, abs=1e-12)
    assert law.at(n=500.0, d=2.0) == pytest.approx(3.0 * 500.0**2.6 / 16.0)
    assert law.scatter < 1e-12
    assert not law.exponents["n"].bends
    # One seed tells nothing about chance.
    assert np.isnan(law.lack_of_fit) and np.isnan(law.exponents["n"].chance[0])


def test_intervals_cover_as_often_as_they_say():
    inside = {"chance": 0, "law": 0}
    tries = 200
    for n in range(tries):
        exponent = fit_power_law(*made_up(5, 0.1, seed=n)).exponents["n"]
        for name in inside:
            low, high = getattr(exponent, name)
            inside[name] += low <= 2.6 <= high
    # 190 of 200 are expected; a share of 0.88 is 4.5 standard errors below.
    assert all(0.88 * tries < count <= tries for count in inside.values()), inside


def test_a_true_law_is_seldom_rejected_and_a_bent_one_always():
    true = [fit_power_law(*made_up(3, 0.05, seed=n)) for n in range(200)]
    assert sum(law.rejected for law in true) <= 8
    assert sum(law.exponents["n"].bends for law in true) <= 8
    bent = fit_power_law(*made_up(3, 0.05, bend=0.3))
    assert bent.rejected and bent.exponents["n"].bends
    # The local exponent is 2.6 + 2 * 0.3 ln(n / 500): it changes by 0.6 ln 5.
    assert bent.exponents["n"].bend == pytest.approx(0.6 * np.log(5.0), rel=0.2)


def test_predictions_and_their_error():
    law = fit_power_law(*made_up(3, 0.1))
    assert law.covers(n=300.0, d=2.0) and not law.covers(n=1200.0, d=2.0)
    # Of a mean of three seeds that scatter by 10 %, and a little of the law's own.
    assert 0.04 < law.relative_error(n=500.0, d=3.0) < 0.09
    assert law.relative_error(n=2000.0, d=0.5) > law.relative_error(n=500.0, d=3.0)


def test_too_little_is_refused():
    with pytest.raises(GpudemError, match="2 cases are too few"):
        fit_power_law({"n": [1.0, 2.0], "d": [1.0, 2.0]}, [[1.0], [2.0]])
    with pytest.raises(GpudemError, match="above 0"):
        fit_power_law({"n": [1.0, 2.0, 3.0]}, [[1.0], [2.0], [-1.0]])


def test_missing_cases_are_left_out():
    x, y = made_up(2, 0.0)
    y[3] = np.nan
    law = fit_power_law(x, y)
    assert law.cases == 14
    assert law.exponents["d"].value == pytest.approx(-4.0, abs=1e-9)
