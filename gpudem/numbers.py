"""Numbers that may not be: what is not known is NaN, and so is what follows from it."""

from __future__ import annotations

import math

NAN = math.nan


def quotient(top: float, bottom: float) -> float:
    """Divide; NaN where the divisor is zero."""
    return top / bottom if bottom else NAN


def signed_percent(share: float) -> str:
    """A share in per cent to two digits, with its sign and no exponent: "-58", "+1200"."""
    return f"{float(f'{100.0 * share:.2g}'):+.6g}"
