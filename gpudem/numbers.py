"""Numbers that may not be known, which are NaN as is what follows from them, and round ones."""

from __future__ import annotations

import math

NAN = math.nan
#: Round numbers from 1 to 10.
_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def quotient(top: float, bottom: float) -> float:
    """Divide; NaN where the divisor is zero."""
    return top / bottom if bottom else NAN


def signed_percent(share: float) -> str:
    """A share in per cent to two digits, with its sign and no exponent: "-58", "+1200"."""
    return f"{float(f'{100.0 * share:.2g}'):+.6g}"


def rounded_up(value: float) -> float:
    """A round number that is not smaller; 1 for what is not above 0."""
    if value <= 0.0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next((step * size for step in _STEPS if step * size >= value * (1.0 - 1e-9)), 10 * size)
