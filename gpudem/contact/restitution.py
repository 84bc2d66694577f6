"""Damping ratio of a spring and damper for a coefficient of restitution, and the reverse.

The force is never attractive, F = max(0, spring - damper v_n), so the usual closed forms, of a
force that may pull, would rebound too fast.

A linear spring's impact is known (Schwager & Poschel, Granular Matter 9 (2007) 465). A Hertz
contact, m* x'' = -K x^(3/2) - 2 beta sqrt(3/2 m* K) x^(1/4) x', takes the same course: over
y = x^(5/4) its speed obeys v dv/dy = -(4/5) (K y + 2 beta sqrt(3/2 m* K) v) / m*, which is a linear
spring's with a damping ratio of sqrt(6/5) beta (Antypov & Elliott, EPL 94 (2011) 50004), and the
force vanishes at the same place.
"""

from __future__ import annotations

import math
from functools import lru_cache

#: Damping ratio of a linear spring over that of a Hertz contact with the same restitution.
_LINEAR_OVER_HERTZ = math.sqrt(6.0 / 5.0)


def restitution_of(damping_ratio: float) -> float:
    """Coefficient of restitution [1] of a Hertz contact, whatever its speed, radii and stiffness.

    Args:
        damping_ratio: beta [1], at least 0.
    """
    return linear_restitution_of(_LINEAR_OVER_HERTZ * damping_ratio)


def damping_ratio(restitution: float) -> float:
    """Damping ratio beta [1] of a Hertz contact that gives a coefficient of restitution.

    Args:
        restitution: rebound speed over impact speed [1], 0 < e <= 1.

    Raises:
        ValueError: for values outside (0, 1]; e = 0 would need an infinite damper.
    """
    return linear_damping_ratio(restitution) / _LINEAR_OVER_HERTZ


def linear_restitution_of(damping_ratio: float) -> float:
    """Coefficient of restitution [1] of a linear spring and dashpot.

    e = exp(-2 D arccos(D) / sqrt(1 - D^2)), its continuation for D >= 1 with arcosh (Schwager &
    Poschel, where it stands as two branches of arctan).

    Args:
        damping_ratio: D, the damper over the critical one, gamma / (2 sqrt(m* K)) [1].
    """
    return math.exp(-damping_ratio * force_time(damping_ratio))


@lru_cache(maxsize=256)
def linear_damping_ratio(restitution: float) -> float:
    """Damping ratio D [1] of a linear spring and dashpot that gives a coefficient of restitution.

    Args:
        restitution: rebound speed over impact speed [1], 0 < e <= 1.

    Raises:
        ValueError: for values outside (0, 1]; e = 0 would need an infinite damper.
    """
    if not 0.0 < restitution <= 1.0:
        raise ValueError(f"restitution must lie in (0, 1], not {restitution}")
    if restitution == 1.0:
        return 0.0
    # Halved until no number lies between: as exact as the restitution is.
    low, high = 0.0, 1.0
    while linear_restitution_of(high) > restitution:
        low, high = high, 2.0 * high
    while low < (middle := 0.5 * (low + high)) < high:
        if linear_restitution_of(middle) > restitution:
            low = middle
        else:
            high = middle
    return high


def force_time(damping_ratio: float) -> float:
    """Time from the onset until the force vanishes, times sqrt(K / m*) [1]; pi without damper.

    Args:
        damping_ratio: D of a linear spring and dashpot [1].
    """
    d = damping_ratio
    if abs(d - 1.0) < 1e-4:
        # Of the series about 1, as the quotient loses its digits there.
        return 2.0 + (d - 1.0) * (-2.0 / 3.0 + 4.0 / 15.0 * (d - 1.0))
    if d < 1.0:
        return 2.0 * math.acos(d) / math.sqrt(1.0 - d * d)
    return 2.0 * math.acosh(d) / math.sqrt(d * d - 1.0)
