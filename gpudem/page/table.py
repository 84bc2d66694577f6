"""A table of a page: shown in HTML and written as CSV from the same numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gpudem.report.text import UNKNOWN
from gpudem.report.value import Scale, Value, column_unit, scale_for


@dataclass(frozen=True)
class Interval:
    """Two numbers between which something lies; NaN where they are not known."""

    low: float
    high: float

    @property
    def text(self) -> str:
        """Both numbers."""
        known = math.isfinite(self.low) and math.isfinite(self.high)
        return f"{self.low:.2f} to {self.high:.2f}" if known else UNKNOWN


Cell = Value | Interval | str | float | int | bool | None
#: A column whose values differ by more than this has a unit in each cell.
_SPAN = 2e3


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: of its CSV file.
        title: what stands over it.
        columns: heads, without the units of values.
        rows: cells; plain numbers are shown as they are, with the unit in the head.
        notes: sentences under it.
        folded: whether a reader has to open it.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    folded: bool = False
    block: str = field(default="table", init=False)

    def __post_init__(self) -> None:
        for row in self.rows:
            assert len(row) == len(self.columns), f"{self.name}: {row}"

    def _values(self, column: int) -> list[Value]:
        cells = (row[column] for row in self.rows)
        return [cell for cell in cells if isinstance(cell, Value)]

    def _scale(self, column: int) -> Scale | None:
        """The one unit of a column; None where each cell has its own."""
        found = self._values(column)
        sizes = [abs(v.value) for v in found if v.value and math.isfinite(v.value)]
        if len({v.kind for v in found}) != 1 or not sizes or max(sizes) > _SPAN * min(sizes):
            return None
        # By the smallest, which else would need many digits; times are read by their middle.
        middle = sorted(sizes)[len(sizes) // 2]
        return scale_for(found[0].kind, [middle if found[0].kind == "time" else min(sizes)])

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """Heads as shown, with the unit of columns that have one, and whether of numbers."""
        scales = [self._scale(k) for k in range(len(self.columns))]
        return [
            (f"{head} [{column_unit(scale)}]" if scale and scale[2] else head, self._numeric(k))
            for k, (head, scale) in enumerate(zip(self.columns, scales, strict=True))
        ]

    def _numeric(self, column: int) -> bool:
        return any(_shown(row[column], None)[1] for row in self.rows)

    @property
    def shown(self) -> list[list[str]]:
        """Texts of all cells as shown."""
        scales = [self._scale(k) for k in range(len(self.columns))]
        return [
            [_shown(cell, scale)[0] for cell, scale in zip(row, scales, strict=True)]
            for row in self.rows
        ]

    def records(self) -> Iterator[dict[str, Any]]:
        """Rows as the CSV file has them: full digits, SI units, errors in columns of their own."""
        for row in self.rows:
            out: dict[str, Any] = {}
            for k, (head, cell) in enumerate(zip(self.columns, row, strict=True)):
                found = self._values(k)
                units = {value.si_unit for value in found}
                errors = any(value.error_known for value in found)
                unit = f" [{units.pop()}]" if len(units) == 1 else ""
                if isinstance(cell, Interval):
                    out[f"{head}, from"] = _known(cell.low)
                    out[f"{head}, to"] = _known(cell.high)
                elif isinstance(cell, Value) or found:
                    known = cell if isinstance(cell, Value) else Value(None)
                    out[f"{head}{unit}"] = _known(known.value)
                    if errors:
                        out[f"{head} standard error{unit}"] = _known(known.error)
                    if not unit:
                        out[f"{head} unit"] = known.si_unit if isinstance(cell, Value) else ""
                else:
                    out[head] = cell
            yield out


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _shown(cell: Cell, scale: Scale | None) -> tuple[str, bool]:
    if isinstance(cell, Value):
        return (cell.text if scale is None else cell.digits(scale)), True
    if isinstance(cell, Interval):
        return cell.text, True
    if isinstance(cell, bool):
        return ("yes" if cell else "no"), False
    if isinstance(cell, (int, float)):
        return (f"{cell:.6g}" if math.isfinite(cell) else UNKNOWN), True
    return (UNKNOWN if cell is None else cell), False
