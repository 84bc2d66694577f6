r"""Damping ratio of a Hertz contact for a wanted coefficient of restitution.

The normal force is never attractive, F = max(0, F_el - 2 beta sqrt(m* S_n) v_n), so the usual
closed form for beta would rebound too fast. Here beta comes from root finding on one
dimensionless impact with that clipped force.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_THORNTON = (
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


def restitution_of(damping_ratio: float) -> float:
    """Coefficient of restitution of a Hertz contact with a clipped viscous damper.

    Integrates x'' = -(x^1.5 + 2 beta sqrt(1.5) x^0.25 x') from x = 0, x' = 1 until the force
    vanishes; every Hertz impact has this form, whatever its speed, radius and stiffness.

    Args:
        damping_ratio: beta [1], at least 0.

    Returns:
        Rebound speed over impact speed [1].
    """
    from scipy.integrate import solve_ivp

    factor = 2.0 * damping_ratio * np.sqrt(1.5)

    def rates(_t, y):
        depth = max(y[0], 0.0)
        return (y[1], -(depth**1.5 + factor * depth**0.25 * y[1]))

    def force(_t, y):
        # The force over x^0.25, which vanishes with it but is no root at the onset.
        return max(y[0], 0.0) ** 1.25 + factor * y[1]

    force.terminal = True  # type: ignore[attr-defined]
    force.direction = -1  # type: ignore[attr-defined]
    # The onset itself is singular for the step control: leave it with the exact first term.
    start = 1e-9
    slowed = 1.0 - factor * start**1.25 / 1.25
    solution = solve_ivp(
        rates, (0.0, 50.0), (start, slowed), events=force, rtol=1e-11, atol=1e-14, method="DOP853"
    )
    return float(abs(solution.y_events[0][0][1]))


def thornton_damping_ratio(restitution: float) -> float:
    """Damping ratio by the polynomial of Thornton, Cummins & Cleary (Powder Technol. 2013).

    Good to 1e-4 in the restitution for 0.05 to 0.9; used here as the start of the root search.

    Args:
        restitution: wanted rebound speed over impact speed [1].
    """
    exponent = 0.0
    for coefficient in reversed(_THORNTON):
        exponent = restitution * (coefficient + exponent)
    inside = 1.0 / (1.0 - (1.0 + restitution) ** 2 * np.exp(exponent)) - 1.0
    return float(np.sqrt(max(inside, 0.0)))


@lru_cache(maxsize=256)
def damping_ratio(restitution: float) -> float:
    """Damping ratio beta that gives the wanted restitution, to about 1e-9.

    Args:
        restitution: rebound speed over impact speed [1], 0 < e <= 1.

    Raises:
        ValueError: for values outside (0, 1]; e = 0 would need an infinite damper.
    """
    if not 0.0 < restitution <= 1.0:
        raise ValueError(f"restitution must lie in (0, 1], not {restitution}")
    if restitution == 1.0:
        return 0.0
    from scipy.optimize import brentq

    guess = thornton_damping_ratio(max(restitution, 0.02))
    low, high = 0.5 * guess, 1.5 * guess + 0.01
    while restitution_of(low) < restitution:
        low *= 0.5
    while restitution_of(high) > restitution:
        high *= 2.0
    return float(brentq(lambda beta: restitution_of(beta) - restitution, low, high, xtol=1e-12))
