"""A value with its error, written as people write it: rounded to what it is worth, with a unit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gpudem.report.text import UNKNOWN
from gpudem.units import KINDS, Display, unit_for

Scale = Display

#: Kinds that scene files do not have, beside those of `gpudem.units.KINDS`.
_SCALES: dict[str, tuple[Scale, ...]] = {
    "number": ((0.0, 1.0, ""),),
    "share": ((0.0, 1e-2, "%"),),
    "count": ((0.0, 1.0, ""), (1e5, 1e6, "million"), (1e8, 1e9, "billion")),
    "rate": ((0.0, 1.0, "1/s"), (1e3, 1e3, "×10³/s"), (1e6, 1e6, "×10⁶/s")),
    "specific_power": ((0.0, 1.0, "mW/g"), (1e1, 1e3, "W/g")),
    "torque": ((0.0, 1e-3, "mN m"), (0.1, 1.0, "N m")),
}
_SI = {
    "number": "1",
    "share": "1",
    "count": "1",
    "rate": "1/s",
    "specific_power": "W/kg",
    "torque": "N m",
    "energy": "J",
    "power": "W",
    "time": "s",
    "specific_energy": "J/kg",
    "length": "m",
    "mass": "kg",
    "speed": "m/s",
    "force": "N",
    "angular_speed": "rad/s",
    "frequency": "rad/s",
    "volume": "m3",
}
#: The unit of milling times in tables.
MINUTES: Scale = (0.0, 60.0, "min")
_DIGITS = 3
_MOST_DIGITS = 4
_YEAR = 365.25 * 86400.0


@dataclass(frozen=True)
class Value:
    """A number with its error.

    Attributes:
        value: [SI]; None or NaN where it is not known.
        kind: its dimension, a key of `gpudem.units.KINDS` or
            "share", "count", "specific_power", "torque".
        error: standard error [SI]; None or NaN where it is not known.
        exact: a setting or a count, which has none.
        about: an estimate only, whatever its error says; shown in two digits at most.
    """

    value: float | None
    kind: str = "number"
    error: float | None = None
    exact: bool = False
    about: bool = False

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return self.value is not None and math.isfinite(self.value)

    @property
    def error_known(self) -> bool:
        """Whether there is an error to tell."""
        return self.error is not None and math.isfinite(self.error)

    @property
    def si_unit(self) -> str:
        """Name of its SI unit; "1" for a plain number."""
        return _SI[self.kind]

    def scale(self) -> Scale:
        """Unit that people would use: smallest value shown in it, its SI value, its name."""
        return scale_for(self.kind, [self.value or 0.0])

    @property
    def rough(self) -> str:
        """Two digits at most and the unit, for a value whose error is not known or not all."""
        if not self.known or (self.kind == "time" and (self.value or 0.0) > _YEAR):
            return replace(self, about=False).text
        scale = self.scale()
        return f"{self.rough_digits(scale)} {scale[2]}".strip()

    def rough_digits(self, scale: Scale) -> str:
        """Two digits at most, fewer where the error that is known is larger than they are."""
        value = (self.value or 0.0) / scale[1]
        if not self.error_known or not self.error or not value:
            return _plain(value, 2)
        last = max(_exponent(value) - 1, _exponent(self.error / scale[1]))
        return _at(value, min(last, _exponent(value)))

    def compact(self, scale: Scale) -> str:
        """Number and error without blanks and unit, for a table in a terminal."""
        return self.digits(scale).replace(" ± ", "±")

    def digits(self, scale: Scale | None = None) -> str:
        """Number and error without the unit, in that of a scale (default its own)."""
        if self.value is None or not math.isfinite(self.value):
            return UNKNOWN
        scale = scale or self.scale()
        if self.about:
            return f"~{self.rough_digits(scale)}"
        size = scale[1]
        value = self.value / size
        if self.error is None or not math.isfinite(self.error) or self.error <= 0.0:
            return _plain(value, None if self.exact else _DIGITS)
        error = self.error / size
        # Never more digits than a model is worth, whatever chance alone would allow.
        finest = _exponent(value) - _MOST_DIGITS + 1 if value else -99
        if error < 0.05 * 10.0**finest:
            return _at(value, finest)
        last = max(_exponent(error) - (1 if f"{error:e}"[0] == "1" else 0), finest)
        shown = math.ceil(error / 10.0**last - 0.5) * 10.0**last or 10.0**last
        return f"{_at(value, last)} ± {_at(shown, last)}"

    @property
    def text(self) -> str:
        """Number, error and unit."""
        if self.kind == "time" and self.known and (self.value or 0.0) > _YEAR:
            return "more than a year"
        if self.about and self.known:
            return f"about {self.rough}"
        name = self.scale()[2]
        digits = self.digits()
        if digits == UNKNOWN or not name:
            return digits
        # A power of ten is that of both, value and error.
        whole = f"({digits})" if name.startswith("×") and " ± " in digits else digits
        return f"{whole} {name}"


def scale_for(kind: str, values: Iterable[float | None]) -> Scale:
    """The unit in which the largest of some values is shown."""
    shown = _SCALES.get(kind) or KINDS[kind].display
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    return unit_for(shown, largest)


def column_unit(scale: Scale) -> str:
    """A unit for the head of a column, where a power of ten needs no sign before it."""
    return scale[2].lstrip("×")


def _exponent(value: float) -> int:
    return int(f"{abs(value):e}".partition("e")[2])


def _at(value: float, last: int) -> str:
    """A number rounded to the digit 10^last."""
    if last > 5 or last < -6:
        return f"{value:.{max(0, _exponent(value) - last)}e}" if value else "0"
    # Adding 0 turns a rounded -0 into 0.
    return f"{round(value, -last) + 0.0:.{max(0, -last)}f}"


def _plain(value: float, digits: int | None) -> str:
    text = f"{value:.{digits or 6}g}"
    if "e" in text and 1e-4 <= abs(value) < 1e7:
        return f"{float(text):.0f}"
    return text
