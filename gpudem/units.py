"""Quantities with units in text ("5 mm", "600 rpm") to SI numbers and back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gpudem.errors import GpudemError
from gpudem.plain_text import CURLY_QUOTES, printable
from gpudem.unit_names import UnitError, other_capitals, unit_in_si

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


Display = tuple[float, float, str]


@dataclass(frozen=True)
class Kind:
    """A physical dimension that a key of a scene may ask for.

    Attributes:
        phrase: the dimension with its article, for messages.
        base: powers of the SI base units (and radian).
        example: a well-formed quantity of this kind.
        accepted: the usual units of this kind, for messages and the documentation.
        display: units to show values in, ascending, each as (smallest value shown in it,
            SI value of one unit, name).
    """

    phrase: str
    base: Mapping[str, int]
    example: str
    accepted: str
    display: tuple[Display, ...]


#: One revolution per minute [rad/s].
RPM = 2.0 * math.pi / 60.0


def _shown(*units: tuple[float, str], from_share: float = 0.1) -> tuple[Display, ...]:
    return tuple((from_share * size, size, name) for size, name in units)


#: The kinds that `parse_quantity` and `format_quantity` know, by name.
KINDS: dict[str, Kind] = {
    "number": Kind("a plain number", {}, "0.5", "%", _shown((1.0, ""))),
    "length": Kind(
        "a length",
        {"meter": 1},
        "5 mm",
        "nm, µm, um, mm, cm, m, in",
        _shown((1e-6, "µm"), (1e-3, "mm")),
    ),
    "area": Kind("an area", {"meter": 2}, "1 mm2", "mm2, cm2, m2", _shown((1e-6, "mm2"))),
    "volume": Kind(
        "a volume",
        {"meter": 3},
        "80 mL",
        "mm3, µL, cm3, mL, dm3, L, m3",
        _shown((1e-9, "mm3"), (1e-6, "mL")),
    ),
    "mass": Kind(
        "a mass",
        {"kilogram": 1},
        "17.5 g",
        "µg, mg, g, kg, t",
        _shown((1e-9, "µg"), (1e-6, "mg"), (1e-3, "g")) + _shown((1.0, "kg"), from_share=1.0),
    ),
    "time": Kind(
        "a time",
        {"second": 1},
        "10 ms",
        "ns, µs, ms, s, min, h",
        _shown((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))
        + _shown((60.0, "min"), (3600.0, "h"), from_share=2.0),
    ),
    "speed": Kind(
        "a speed",
        {"meter": 1, "second": -1},
        "1e-3 m/s",
        "mm/s, m/s, km/h",
        _shown((1.0, "m/s")),
    ),
    "acceleration": Kind(
        "an acceleration",
        {"meter": 1, "second": -2},
        "9.81 m/s2",
        "mm/s2, m/s2",
        _shown((1.0, "m/s2")),
    ),
    "angular_speed": Kind(
        "an angular speed",
        {"radian": 1, "second": -1},
        "600 rpm",
        "rpm, 1/min, r/min, U/min, 1/s, rps, Hz, rad/s, deg/s",
        _shown((RPM, "rpm")),
    ),
    "frequency": Kind(
        "a frequency",
        {"radian": 1, "second": -1},
        "30 Hz",
        "Hz, 1/s, 1/min, rpm, rad/s",
        _shown((2.0 * math.pi, "Hz")),
    ),
    "angle": Kind(
        "an angle", {"radian": 1}, "90 deg", "deg, °, rad, rev", _shown((math.pi / 180.0, "deg"))
    ),
    "rate": Kind(
        "a rate per time", {"second": -1}, "10 1/s", "1/s, Hz, 1/min, 1/h", _shown((1.0, "1/s"))
    ),
    "density": Kind(
        "a density",
        {"kilogram": 1, "meter": -3},
        "6.1 g/cm3",
        "g/cm3, g/mL, kg/dm3, kg/L, t/m3, kg/m3",
        _shown((1000.0, "g/cm3")),
    ),
    "modulus": Kind(
        "a pressure",
        {"kilogram": 1, "meter": -1, "second": -2},
        "210 GPa",
        "Pa, kPa, MPa, GPa, N/mm2, kN/mm2, bar",
        _shown((1.0, "Pa"), (1e3, "kPa"), (1e6, "MPa")) + _shown((1e9, "GPa"), from_share=1.0),
    ),
    "force": Kind(
        "a force",
        {"kilogram": 1, "meter": 1, "second": -2},
        "1 N",
        "µN, mN, N, kN",
        _shown((1.0, "N")),
    ),
    "stiffness": Kind(
        "a stiffness",
        {"kilogram": 1, "second": -2},
        "100 kN/m",
        "N/m, N/mm, kN/m, kN/mm, MN/m",
        _shown((1.0, "N/m"), (1e3, "kN/m")),
    ),
    # Of the same dimension, written in units of its own.
    "energy_per_area": Kind(
        "an energy per area",
        {"kilogram": 1, "second": -2},
        "50 mJ/m2",
        "µJ/m2, mJ/m2, J/m2, mN/m",
        _shown((1e-3, "mJ/m2"), (1.0, "J/m2")),
    ),
    "energy": Kind(
        "an energy",
        {"kilogram": 1, "meter": 2, "second": -2},
        "1 mJ",
        "nJ, µJ, mJ, J, kJ, MJ, Wh, kWh",
        _shown((1e-9, "nJ"), (1e-6, "µJ"), (1e-3, "mJ"), (1.0, "J"), (1e3, "kJ")),
    ),
    "power": Kind(
        "a power",
        {"kilogram": 1, "meter": 2, "second": -3},
        "1 W",
        "µW, mW, W, kW",
        _shown((1e-3, "mW"), (1.0, "W")),
    ),
    "specific_energy": Kind(
        "an energy per mass",
        {"meter": 2, "second": -2},
        "500 J/g",
        "J/kg, J/g, kJ/kg, kJ/g, MJ/kg, Wh/kg, kWh/kg, kWh/t",
        _shown((1.0, "J/kg"), (1e3, "J/g")),
    ),
    "temperature": Kind("a temperature", {"kelvin": 1}, "300 K", "K", _shown((1.0, "K"))),
}


class QuantityError(GpudemError, ValueError):
    """A quantity that cannot be read, or has the wrong dimension.

    Attributes:
        given: the value as the user wrote it, for messages.
        reason: what is wrong and what is accepted; starts with ":" or a space, so that
            ``given + reason`` is a sentence.
    """

    def __init__(self, given: Any, reason: str):
        self.given = show_value(given)
        self.reason = reason
        super().__init__(self.given + reason)


def show_value(value: Any) -> str:
    """Show a value as it would stand in a TOML file, cut to 60 characters."""
    if isinstance(value, str):
        text = printable(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(show_value(item) for item in value[:10]) + "]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{k} = {show_value(v)}" for k, v in list(value.items())[:10]) + "}"
    elif isinstance(value, int) and abs(value) >= 10**20:
        text = "a whole number of more than 20 digits"
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


_NUMBER = re.compile(r"\s*([+\-−]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(.*?)\s*\Z")


def parse_quantity(value: Any, kind: str = "number", example: str | None = None) -> float:
    """Read a quantity with a unit into SI.

    Accepted are text with a number and a unit of `gpudem.unit_names` ("5 mm", "6.1 g/cm3",
    "600 1/min") and, for the kind "number", bare numbers and percentages. A bare 0 is accepted
    for every kind, because zero is the same in all units. Revolutions per time ("rpm", "10 1/s",
    "10 Hz") become 2 pi rad/s each where an angular speed is wanted; "rad/s" and "deg/s" are
    angles per time already and taken as they are.

    Args:
        value: the text or number to read.
        kind: one of `KINDS`.
        example: an accepted value for messages; default the kind's own.

    Returns:
        The value in SI units (rad/s for angular speeds, rad for angles).

    Raises:
        QuantityError: not readable, no unit, unknown unit, wrong dimension or not finite.
    """
    wanted = KINDS[kind]
    example = example or wanted.example
    hint = f'for example "{example}"' if kind != "number" else f"for example {example}"
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise QuantityError(value, f": {wanted.phrase} is needed, {hint}")
    if isinstance(value, (int, float)):
        return _bare_number(value, value, kind, example)
    match = _NUMBER.match(value)
    if match is None and CURLY_QUOTES.search(value):
        raise QuantityError(value, f": curly quotes inside the text; write {hint}")
    if match is None:
        raise QuantityError(value, f": {wanted.phrase} is needed, {hint}")
    digits = match[1].replace("−", "-").replace("_", "")
    unit = match[2].replace("μ", "µ")
    if not unit:
        return _bare_number(value, float(digits), kind, example)
    if unit.startswith(","):
        raise QuantityError(value, f": decimals take a point, not a comma; write {hint}")
    if kind == "number" and unit != "%":
        raise QuantityError(value, f": a plain number without unit is needed, {hint}")
    try:
        factor, base = (Decimal("0.01"), {}) if unit == "%" else unit_in_si(unit)
    except UnitError as error:
        reason = str(error) or _unknown(unit, wanted)
        raise QuantityError(value, f": {reason}; {wanted.phrase} is needed, {hint}") from None
    if base not in _bases(wanted):
        given = _phrase(base)
        raise QuantityError(value, f": {given}, but {wanted.phrase} is needed, {hint}")
    try:
        with localcontext() as context:
            context.prec = 40
            result = float(Decimal(digits) * factor)
    except (InvalidOperation, OverflowError, ArithmeticError):
        result = math.inf
    if base != wanted.base:
        result *= 2.0 * math.pi
    if not math.isfinite(result):
        raise QuantityError(value, f": too large; write {hint}")
    return result


def _unknown(unit: str, wanted: Kind) -> str:
    """Say that a unit is unknown, and what it is with other capitals or what is accepted."""
    text = f"unknown unit '{show_value(unit)[1:-1]}'"
    near = [name for base in _bases(wanted) for name in other_capitals(unit, base)]
    if near:
        return f"{text}; capital and small letters differ, write {' or '.join(near)}"
    return f"{text} (accepted: {wanted.accepted})"


def _bases(wanted: Kind) -> list[Mapping[str, int]]:
    """The powers that a kind accepts; an angular speed may be in turns per time."""
    turning = wanted in (KINDS["angular_speed"], KINDS["frequency"])
    return [wanted.base, *([KINDS["rate"].base] if turning else [])]


def _bare_number(given: Any, number: float, kind: str, example: str) -> float:
    if kind != "number" and number != 0:
        raise QuantityError(given, f' has no unit; write for example "{example}"')
    try:
        result = float(number)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise QuantityError(given, f": a finite number is needed, for example {example}")
    return result


def _phrase(base: Mapping[str, int]) -> str:
    for kind in KINDS.values():
        if base == dict(kind.base):
            return kind.phrase
    powers = [name if power == 1 else f"{name}^{power}" for name, power in base.items()]
    return "a quantity in " + " ".join(powers)


def unit_for(units: tuple[Display, ...], largest: float) -> Display:
    """The unit in which a size [SI] is shown: the largest whose own smallest value it reaches."""
    return next((one for one in units[::-1] if largest >= one[0] * (1.0 - 1e-12)), units[0])


def format_quantity(value: float, kind: str = "number", digits: int = 6) -> str:
    """Write an SI value in the unit that engineers use for it.

    Args:
        value: value in SI units.
        kind: one of `KINDS`.
        digits: significant digits.

    Returns:
        Text such as "5 mm", "600 rpm", "210 GPa", "0.5 ms" that `parse_quantity` reads back.

    Raises:
        KeyError: unknown kind.
    """
    units = KINDS[kind].display
    _, size, name = unit_for(units, abs(value))
    if value == 0:
        _, size, name = next((unit for unit in units if unit[1] == 1.0), units[-1])
    text = f"{value / size:.{digits}g}"
    return f"{text} {name}" if name else text


#: Shares are not larger: a filling ratio may count the gaps between the beads.
_MOST_SHARE = 1.5


@dataclass(frozen=True)
class Accept:
    """Reads one key: its kind of quantity, range [SI] and an example for messages.

    Attributes:
        kind: one of `KINDS`, or "count" for whole numbers.
        low: smallest accepted value [SI].
        high: largest accepted value [SI].
        above: refuse `low` itself.
        example: an accepted value as text.
        why: sentence added when the range is left.
        default: words for a default that depends on other keys.
    """

    kind: str
    low: float
    high: float
    above: bool = False
    example: str | None = None
    why: str = ""
    default: str = ""

    #: What stands before the kind in tables of keys.
    listed = ""

    @property
    def unit_kind(self) -> str:
        """The kind in `KINDS`."""
        return "number" if self.kind == "count" else self.kind

    @property
    def sample(self) -> str:
        """An accepted value as it would stand in the file."""
        text = self.example or KINDS[self.unit_kind].example
        return text if self.unit_kind == "number" else f'"{text}"'

    def read(self, value: Any) -> Any:
        """Read the value into SI units.

        Raises:
            QuantityError: not of this kind, or out of range.
        """
        number = parse_quantity(value, self.unit_kind, self.example)
        if self.kind == "count" and number != int(number):
            raise QuantityError(value, f": a whole number is needed, for example {self.sample}")
        # Relative slack, because "1100 rpm" and 1100 * RPM may differ in the last bit.
        slack = 1e-12
        too_low = number <= self.low if self.above else number < self.low - slack * abs(self.low)
        if too_low or number > self.high + slack * abs(self.high):
            meant = self._meant(value, number) + self._percent(number)
            raise QuantityError(value, f": must be {self.range_text()}{self.why}{meant}")
        if self.kind == "count":
            return int(value) if isinstance(value, int) else int(number)
        return number

    def _meant(self, value: Any, number: float) -> str:
        """The value in the unit of the range, where it was given in another one."""
        limit = self.high if number > self.high else self.low
        _, size, name = unit_for(KINDS[self.unit_kind].display, abs(limit))
        if not name or not number or not isinstance(value, str) or value.strip().endswith(name):
            return ""
        return f" ({value} = {number / size:.6g} {name})"

    def _percent(self, number: float) -> str:
        """What is said where a share was given as a number of per cent."""
        plain = self.kind == "number" and self.high <= _MOST_SHARE and number > self.high
        return f'; {number:g} % is written "{number:g} %"' if plain and number <= 100.0 else ""

    def range_text(self) -> str:
        """Say the range in words."""
        low, high = (format_quantity(x, self.unit_kind, 10) for x in (self.low, self.high))
        return f"above {low} and at most {high}" if self.above else f"from {low} to {high}"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Read before pydantic's own check of the type."""
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.read, handler(source))


@dataclass(frozen=True)
class AcceptList(Accept):
    """Reads a list of one or more quantities [SI]."""

    listed = "list of: "
    #: What has to be given, in words.
    _wanted = "a list"

    @property
    def sample(self) -> str:
        """An accepted value as it would stand in the file."""
        return f"[{super().sample}, {super().sample}]"

    def fits(self, count: int) -> bool:
        """Whether so many quantities are accepted."""
        return count > 0

    def read(self, value: Any) -> Any:
        """Read the quantities into SI units.

        Raises:
            QuantityError: no list of so many, or a quantity of another kind or out of range.
        """
        if not isinstance(value, (list, tuple)) or not self.fits(len(value)):
            text = f": {self._wanted} is needed, for example {self.sample}"
            raise QuantityError(value, text)
        component = super().read
        return tuple(component(item) for item in value)


@dataclass(frozen=True)
class AcceptVector(AcceptList):
    """Reads a list of three quantities [SI]."""

    listed = "list of three: "
    _wanted = "a list of three"

    @property
    def sample(self) -> str:
        """An accepted value as it would stand in the file."""
        return f'[0, 0, "{self.example or "-" + KINDS[self.kind].example}"]'

    def fits(self, count: int) -> bool:
        """Whether so many quantities are accepted."""
        return count == 3


@dataclass(frozen=True)
class AcceptName(Accept):
    """Base of keys that take names instead of quantities."""

    kind: str = "name"
    low: float = 0.0
    high: float = 0.0

    @property
    def unit_kind(self) -> str:
        """The kind in `KINDS`: a name has no unit."""
        return "number"


@dataclass(frozen=True)
class AcceptKnots(Accept):
    """Reads a list of pairs of a time and a quantity [SI], in the order of time."""

    listed = "list of [time, value]: "

    @property
    def sample(self) -> str:
        """An accepted value as it would stand in the file."""
        return f'[["0 s", {super().sample}], ["50 ms", {super().sample}]]'

    def read(self, value: Any) -> Any:
        """Read the pairs into SI units.

        Raises:
            QuantityError: no pairs of times and quantities, times that do not rise, or a
                quantity out of range.
        """
        pairs = isinstance(value, (list, tuple)) and len(value) > 0
        if not pairs or not all(
            isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in value
        ):
            raise QuantityError(
                value, f": a list of times and values is needed, for example {self.sample}"
            )
        component = super().read
        knots = tuple((parse_quantity(time, "time"), component(item)) for time, item in value)
        times = [time for time, _ in knots]
        if times[0] < 0.0 or any(b <= a for a, b in pairwise(times)):
            raise QuantityError(value, ": times must rise, from 0 s or later")
        return knots


class TableFault(ValueError):
    """Faults found by comparing keys of one table; each is (path below the table, text).

    The text follows the key's name in the message, so it starts with ":" or a space.
    """

    def __init__(self, *faults: tuple[tuple[str | int, ...], str]):
        self.faults = faults
        super().__init__("; ".join(".".join(map(str, path)) + text for path, text in faults))


def is_whole(ratio: float) -> bool:
    """Whether a ratio of two times is a whole number but for rounding."""
    return abs(ratio - round(ratio)) <= 1e-9 * max(1.0, ratio)


def nearest_multiples(value: float, step: float, least: int) -> str:
    """Name the whole multiples of `step` next to `value` [s], not below `least`, for messages."""
    low = max(math.floor(value / step), least)
    counts = dict.fromkeys((low, max(math.floor(value / step) + 1, low)))
    return " or ".join(f'"{format_quantity(n * step, "time", 10)}"' for n in counts)
