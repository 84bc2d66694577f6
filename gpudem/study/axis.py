"""An axis of a study: one key of a scene and the values that it takes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from gpudem.units import QuantityError

#: Values of one axis at most.
MOST_VALUES = 10_000

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(
    rf"\s*(?P<number>{_NUMBER})(?:\s+(?P<unit>\S.*?)|(?P<close>[^\d\s.].*?))?\s*"
)
_COUNT = re.compile(r"\s*(?P<count>\d+)\s*(?P<spacing>log)?\s*")
_FORM = 'a list ("5 mm, 3 mm") or a range with a number of values ("200..1000 rpm:5")'


@dataclass(frozen=True)
class Axis:
    """One key of a scene and the values that it takes.

    Attributes:
        key: full name such as "mill.speed".
        values: as text that a scene file's setting KEY=VALUE takes.
    """

    key: str
    values: tuple[str, ...]

    @classmethod
    def read(cls, key: str, given: Any, unit: str = "") -> Axis:
        """Read the values of an axis.

        Args:
            key: full name of the key.
            given: a list, or text: values with commas between, or a range FIRST..LAST:COUNT, evenly
                spaced, or FIRST..LAST:COUNT log. The last unit holds for numbers without one.
            unit: of numbers where no unit is given.

        Raises:
            QuantityError: neither of them.
        """
        if isinstance(given, str):
            ends = Span.read(given, unit)
            texts = ends.values(given) if ends is not None else _listed(given, unit)
        elif isinstance(given, (list, tuple)) and given:
            texts = [_setting(value, unit) for value in given]
        else:
            raise QuantityError(given, f": {_FORM} is needed")
        if len(texts) > MOST_VALUES:
            raise QuantityError(given, f": at most {MOST_VALUES} values are accepted")
        return cls(key, tuple(texts))


@dataclass(frozen=True)
class Span:
    """A range of values.

    Attributes:
        first, last: its ends, in the unit.
        unit: as text; empty for plain numbers.
        count: number of values, or None where none is given.
        is_log: whether values have equal ratios instead of equal distances.
    """

    first: float
    last: float
    unit: str
    count: int | None
    is_log: bool

    @classmethod
    def read(cls, given: str, unit: str = "") -> Span | None:
        """Read FIRST..LAST UNIT or FIRST..LAST UNIT:COUNT; None where it is something else."""
        ends, _, behind = given.partition(":")
        first, dots, last = ends.partition("..")
        lowest, highest, count = _split(first), _split(last), _COUNT.fullmatch(behind)
        if not dots or lowest is None or highest is None or (behind and count is None):
            return None
        (low, low_unit), (high, high_unit) = lowest, highest
        if low_unit and low_unit != high_unit:
            raise QuantityError(given, ": both ends of a range take the same unit")
        number = None if count is None else int(count["count"])
        is_log = count is not None and count["spacing"] is not None
        return cls(low, high, high_unit or unit, number, is_log)

    def values(self, given: Any) -> list[str]:
        """The values as settings.

        Args:
            given: the range as it was written, for messages.
        """
        if self.count is None:
            text = ": a range needs the number of its values, as in 200..1000 rpm:5"
            raise QuantityError(given, text)
        if not 2 <= self.count <= MOST_VALUES:
            raise QuantityError(given, f": from 2 to {MOST_VALUES} values are accepted")
        return [self.at(n / (self.count - 1), given) for n in range(self.count)]

    def at(self, share: float, given: Any) -> str:
        """The value at a share of the way from the first to the last, as a setting."""
        if self.is_log:
            if min(self.first, self.last) <= 0.0:
                raise QuantityError(given, ": a range with equal ratios needs ends above 0")
            value = math.exp((1 - share) * math.log(self.first) + share * math.log(self.last))
        else:
            value = (1 - share) * self.first + share * self.last
        # Twelve digits take the rounding of the division away: 0.3, not 0.30000000000000004.
        return _setting(float(f"{value:.12g}"), self.unit)


def _split(text: str) -> tuple[float, str] | None:
    """A number and its unit, empty where there is none; None where it is neither."""
    found = _QUANTITY.fullmatch(text)
    return (
        None if found is None else (float(found["number"]), found["unit"] or found["close"] or "")
    )


def _listed(given: str, unit: str) -> list[str]:
    parts = [part.strip() for part in given.split(",")]
    if not all(parts):
        raise QuantityError(given, f": {_FORM} is needed")
    behind = unit
    out: list[str] = []
    # From the last to the first: a unit holds for the numbers before it.
    for part in reversed(parts):
        found = _split(part)
        if found is not None and found[1]:
            behind = found[1]
        out.append(_setting(found[0], behind) if found else _setting(part, ""))
    return out[::-1]


def _setting(value: Any, unit: str) -> str:
    """A value as the text of a setting: TOML, which keeps text apart from numbers."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = f"{value:.12g}"
        return json.dumps(f"{number} {unit}") if unit else number
    return value_text(value)


def value_text(value: Any) -> str:
    """A value of a TOML file as TOML text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {value_text(v)}" for k, v in value.items()) + "}"
    # As JSON, but for signs beyond the first 65,536, which TOML writes otherwise.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def unit_of(value: Any) -> str:
    """The unit of a value of a scene file; empty where it has none."""
    if isinstance(value, (list, tuple)) and value:
        value = value[0]
    found = _split(value) if isinstance(value, str) else None
    return found[1] if found else ""


def settings_of(table: Any, keys: Collection[str] = (), above: str = "") -> dict[str, Any]:
    """Keys of nested tables by their full names, in order.

    Args:
        table: the tables.
        keys: that have tables for values.
        above: name of what the table is below.
    """
    out: dict[str, Any] = {}
    for name, value in table.items():
        key = f"{above}.{name}" if above else str(name)
        plain = ".".join(part for part in key.split(".") if not part.isdecimal())
        if isinstance(value, dict) and value and plain not in keys:
            out.update(settings_of(value, keys, key))
        else:
            out[key] = value
    return out


def grid(axes: Sequence[Axis]) -> list[dict[str, str]]:
    """Every combination of the values, the last axis fastest."""
    points: list[dict[str, str]] = [{}]
    for axis in axes:
        points = [{**point, axis.key: value} for point in points for value in axis.values]
    return points


def zipped(axes: Sequence[Axis]) -> list[dict[str, str]]:
    """The first values of all axes together, then the second ones.

    Raises:
        QuantityError: they have different numbers of values.
    """
    counts = {len(axis.values) for axis in axes}
    if len(counts) > 1:
        told = ", ".join(f"{axis.key} has {len(axis.values)}" for axis in axes)
        raise QuantityError(told, ": values that belong together must be equally many")
    return [
        dict(zip((axis.key for axis in axes), values, strict=True))
        for values in zip(*(axis.values for axis in axes), strict=True)
    ]


def latin_hypercube(spans: dict[str, Span], samples: int, seed: int) -> list[dict[str, str]]:
    """Points spread over ranges so that each value lies in another slice of each range.

    Args:
        spans: ranges by key.
        samples: number of points.
        seed: of the random choice.
    """
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(d=len(spans), seed=seed).random(samples) if spans else []
    return [
        {key: span.at(float(s), key) for (key, span), s in zip(spans.items(), row, strict=True)}
        for row in shares
    ]
