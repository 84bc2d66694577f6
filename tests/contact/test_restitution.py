"""The damper for a wanted coefficient of restitution, against the equation of motion."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from gpudem.contact.restitution import (
    damping_ratio,
    force_time,
    linear_damping_ratio,
    linear_restitution_of,
    restitution_of,
)

#: Of the polynomial of Thornton, Cummins & Cleary (Powder Technol. 2013), good to 3e-4 in the
#: restitution for 0.05 to 0.9.
THORNTON = (
    -6.918798,
    -16.41105,
    146.8049,
    -796.4559,
    2928.711,
    -7206.864,
    11494.29,
    -11342.18,
    6276.757,
    -1489.915,
)


def impact(spring, damper):
    """Rebound speed, time and depth of x'' = -max(0, x^p + c x^q x'), found step by step.

    Args:
        spring: p.
        damper: c and q.
    """

    def force(x, v):
        x = max(x, 0.0)
        return x**spring + damper[0] * x ** damper[1] * v

    def ends(t, y):
        return force(*y) if t > 1e-3 else 1.0

    ends.terminal, ends.direction = True, -1
    found = solve_ivp(
        lambda _t, y: [y[1], -max(force(*y), 0.0)],
        (0, 100),
        (0, 1),
        events=ends,
        rtol=1e-11,
        atol=1e-13,
        max_step=0.01,
    )
    return -found.y[1, -1], found.t[-1], found.y[0].max()


@pytest.mark.parametrize("ratio", [0.02, 0.3, 0.9, 1.0, 1.5])
def test_a_linear_impact_is_that_of_the_equation_of_motion(ratio):
    restitution, time, depth = impact(1.0, (2 * ratio, 0.0))
    assert linear_restitution_of(ratio) == pytest.approx(restitution, rel=1e-6)
    assert force_time(ratio) == pytest.approx(time, rel=1e-6)
    assert np.sqrt(restitution) == pytest.approx(depth, rel=1e-4)


@pytest.mark.parametrize("beta", [0.02, 0.3, 0.844, np.sqrt(5 / 6), 1.0, 2.0])
def test_a_hertz_impact_is_that_of_the_equation_of_motion(beta):
    restitution, _, _ = impact(1.5, (2 * beta * np.sqrt(1.5), 0.25))
    assert restitution_of(beta) == pytest.approx(restitution, rel=1e-6)


def test_the_series_about_critical_damping_meets_the_closed_form():
    for ratio in (1 - 1e-4, 1 + 1e-4):
        inside = 1 + (ratio - 1) * (1 - 1e-9)
        assert force_time(ratio) == pytest.approx(force_time(inside), rel=1e-11)


@pytest.mark.parametrize("restitution", [0.01, 0.1353, 0.15, 0.5, 0.9, 0.999999])
def test_the_damper_gives_the_wanted_restitution(restitution):
    assert restitution_of(damping_ratio(restitution)) == pytest.approx(restitution, rel=1e-12)
    ratio = linear_damping_ratio(restitution)
    assert linear_restitution_of(ratio) == pytest.approx(restitution, rel=1e-12)


@pytest.mark.parametrize("restitution", [0.05, 0.1, 0.15, 0.3, 0.5, 0.7, 0.9])
def test_the_damper_is_near_the_published_polynomial(restitution):
    exponent = np.polyval([*reversed(THORNTON), 0.0], restitution)
    published = np.sqrt(1 / (1 - (1 + restitution) ** 2 * np.exp(exponent)) - 1)
    assert damping_ratio(restitution) == pytest.approx(published, rel=1e-3)


def test_more_damping_gives_less_rebound():
    ratios = [damping_ratio(e) for e in (0.02, 0.15, 0.5, 0.999, 1.0)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[-1] == 0.0 and ratios[-2] > 0.0
    assert restitution_of(0.0) == 1.0


@pytest.mark.parametrize("restitution", [0.0, -0.1, 1.1, float("nan")])
def test_a_restitution_outside_its_range_is_refused(restitution):
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\]"):
        damping_ratio(restitution)
