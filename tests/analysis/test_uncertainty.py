"""Errors of means: series whose autocorrelation time is known, and seeds."""

import math

import numpy as np
import pytest

from gpudem.analysis.comparison import same_but_seed
from gpudem.analysis.uncertainty import (
    FEWEST_SAMPLES,
    autocorrelation_time,
    mean_of,
    over_seeds,
    ratio_of,
)


def correlated(count, memory, rng):
    """Values x_k = memory x_(k-1) + noise, of autocorrelation time (1 + memory) / (1 - memory)."""
    noise = rng.normal(0.0, math.sqrt(1.0 - memory**2), count)
    out = np.empty(count)
    out[0] = rng.normal()
    for k in range(1, count):
        out[k] = memory * out[k - 1] + noise[k]
    return out


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_the_time_of_a_known_series(memory):
    rng = np.random.default_rng(5)
    expected = (1.0 + memory) / (1.0 - memory)
    found = [autocorrelation_time(correlated(20_000, memory, rng)) for _ in range(8)]
    assert np.mean(found) == pytest.approx(expected, rel=0.1)


def test_the_error_of_a_correlated_mean_is_the_scatter_of_means():
    rng = np.random.default_rng(6)
    series = [3.0 + correlated(2000, 0.8, rng) for _ in range(200)]
    means = [mean_of(values, 5e-4) for values in series]
    told = np.mean([mean.standard_error for mean in means])
    assert told == pytest.approx(np.std([mean.value for mean in means]), rel=0.15)
    # Errors that took the samples for independent would be a third of that.
    assert told > 2.0 * np.std(series[0]) / math.sqrt(2000)
    assert means[0].effective_samples == pytest.approx(2000 / 9, rel=0.6)
    assert means[0].autocorrelation_time == pytest.approx(9 * 5e-4, rel=0.6)


def test_few_samples_give_no_error():
    rng = np.random.default_rng(7)
    values = rng.normal(1.0, 0.1, 400)
    assert math.isfinite(mean_of(values, 1e-3).standard_error)
    known = mean_of(values, 1e-3, least_time=0.03)
    assert known.effective_samples == pytest.approx(400 / 30)
    assert known.effective_samples < FEWEST_SAMPLES
    assert math.isnan(known.standard_error)


def test_a_constant_and_a_trend():
    assert autocorrelation_time(np.full(100, 0.1) + 1e-17 * np.arange(100)) == 1.0
    ramp = np.linspace(0.0, 1.0, 200)
    assert autocorrelation_time(ramp) > 20.0
    assert autocorrelation_time(ramp, without_trend=True) == 1.0


def test_the_error_of_a_ratio_knows_what_both_have_in_common():
    rng = np.random.default_rng(8)
    count = rng.poisson(100.0, 4000).astype(float)
    same = ratio_of(3.0 * count, count, 1e-3)
    assert same.value == pytest.approx(3.0)
    assert same.standard_error == pytest.approx(0.0, abs=1e-12)
    noisy = ratio_of(3.0 * count + rng.normal(0.0, 5.0, 4000), count, 1e-3)
    assert noisy.standard_error == pytest.approx(5.0 / 100.0 / math.sqrt(4000), rel=0.3)
    assert math.isnan(ratio_of(count, 0.0 * count, 1e-3).value)


def report(seed, power, speed=40.0):
    return {
        "scene": {"seed": seed, "speed": speed},
        "window": {"start": 0.5, "end": 1.0},
        "beads": 10,
        "timestep": 1e-7,
        "softening": 1.0,
        "power": {"dissipation": {"total": power}},
        "stress_energy": {"dissipation": {"event": 1.0, "bead": 0.5}},
        "stress_frequency": {"event": 2.0, "bead": 4.0},
        "stress_energy_q": {"90": None},
        "stress_frequency_q": {"90": 1.0},
        "kinetic_energy": 1.0,
    }


def test_seeds_are_grouped_and_their_scatter_is_the_error():
    runs = [report(seed, 8.0 + seed) for seed in range(5)]
    groups = same_but_seed([*runs, report(1, 50.0, speed=60.0)])
    assert groups == [runs]
    power = over_seeds(groups[0])[0]
    assert (power.value, power.runs) == (10.0, 5)
    assert power.standard_error == pytest.approx(math.sqrt(2.5 / 5.0))
    assert math.isnan(over_seeds(runs[:4])[0].standard_error)
    assert same_but_seed([runs[0], runs[0]]) == []
