"""Measured product over how it was milled: the reference paper's points, and a user's own."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpudem.errors import GpudemError
from gpudem.units import Accept, QuantityError, show_value

#: The reference paper's points, beside this file.
PAPERS_POINTS = Path(__file__).with_name("frankenberg2025_product.csv")

_MOST_BYTES = 10_000_000
_HEAD = re.compile(r"\s*([^\[\]]*?)\s*(?:\[([^\[\]]*)\]\s*)?")
_ENERGY = Accept("specific_energy", 0.0, 1e12, above=True)
#: Columns that hold quantities, and what each accepts.
_QUANTITIES = {
    "specific_energy": _ENERGY,
    "specific_energy_uncertainty": Accept("specific_energy", 0.0, 1e12),
    "speed": Accept("angular_speed", 0.0, 1e5, above=True),
    "milling_time": Accept("time", 0.0, 3.6e6, above=True, example="10 min"),
    "bead_diameter": Accept("length", 0.0, 1.0, above=True),
    "filling": Accept("number", 0.0, 1.0, above=True),
}
_NUMBERS = ("value", "uncertainty")
_TEXTS = ("quantity", "unit", "source", "remark")
COLUMNS = ("quantity", *_NUMBERS, "unit", *_QUANTITIES, "source", "remark")


@dataclass(frozen=True)
class ProductPoint:
    """One measured property of a product, and how it was milled; None where it is not known.

    Attributes:
        quantity: what was measured, such as "capacity".
        unit: of the value, as text.
        value: measured, in the unit.
        uncertainty: of the value, in the unit.
        specific_energy: E_m as whoever measured it tells it [J/kg].
        specific_energy_uncertainty: half width of its range [J/kg].
        speed: of the drive [rad/s].
        milling_time: [s].
        bead_diameter: [m].
        filling: bulk volume of the beads over the bowl's.
        source: where it was published.
        remark: whatever else there is to say.
    """

    quantity: str
    unit: str
    value: float | None = None
    uncertainty: float | None = None
    specific_energy: float | None = None
    specific_energy_uncertainty: float | None = None
    speed: float | None = None
    milling_time: float | None = None
    bead_diameter: float | None = None
    filling: float | None = None
    source: str = ""
    remark: str = ""

    @property
    def text(self) -> str:
        """Quantity and value in words."""
        if self.value is None:
            return f"{self.quantity}: value not stated"
        width = "" if self.uncertainty is None else f" +- {self.uncertainty:g}"
        return f"{self.quantity} {self.value:g}{width} {self.unit}".strip()


def papers_points() -> list[ProductPoint]:
    """What the reference paper measured on its product, as far as this project knows it."""
    return read_points(PAPERS_POINTS)


def read_points(path: str | os.PathLike[str]) -> list[ProductPoint]:
    """Read measured points from a CSV file.

    The first line names the columns (`COLUMNS`, in any order). Units stand in brackets behind a
    name ("speed [rpm]") or in the cells ("600 rpm"); that of ``value`` in its head or in the column
    ``unit``. Cells may be empty. Columns are parted by commas, semicolons or tabs; lines that begin
    with # are remarks.

    Args:
        path: the file.

    Raises:
        GpudemError: it cannot be read; the message names line and column.
    """
    lines = _lines(Path(path))
    if not lines:
        raise GpudemError(f"{path}: is empty; the first line names the columns")
    heads = _heads(path, *lines[0])
    points: list[ProductPoint] = []
    units: dict[str, tuple[str, int]] = {}
    for number, cells in lines[1:]:
        point = _point(path, number, heads, cells)
        unit, first = units.setdefault(point.quantity, (point.unit, number))
        if unit != point.unit:
            raise GpudemError(
                f"{path}: line {number}: {point.quantity} is in {show_value(point.unit)}, and in "
                f"{show_value(unit)} in line {first}; one unit is accepted for each quantity"
            )
        points.append(point)
    if not points:
        raise GpudemError(f"{path}: holds no points, only the names of columns")
    return points


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Number and cells of each line that says something."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise GpudemError(f"{path}: is larger than {_MOST_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GpudemError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise GpudemError(f"{path}: is no text in UTF-8; save it as CSV UTF-8") from None
    told = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    head = told[0] if told else ""
    reader = csv.reader(text.splitlines(), delimiter=max(",;\t", key=head.count))
    try:
        every = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise GpudemError(f"{path}: line {reader.line_num}: {error}") from None
    return [
        (number, cells)
        for number, cells in every
        if any(cell.strip() for cell in cells) and not cells[0].startswith("#")
    ]


def _heads(
    path: str | os.PathLike[str], number: int, cells: Sequence[str]
) -> list[tuple[str, str | None]]:
    """Name and unit of each column."""
    where = f"{path}: line {number}"
    heads: list[tuple[str, str | None]] = []
    for cell in cells:
        match = _HEAD.fullmatch(cell)
        name = match[1].lower().replace(" ", "_") if match else cell
        if match is None or name not in COLUMNS:
            raise GpudemError(
                f"{where}: unknown column {show_value(cell.strip())}; accepted: "
                f"{', '.join(COLUMNS)}, with a unit as in speed [rpm]"
            )
        if name in (known for known, _ in heads):
            raise GpudemError(f"{where}: column {name} stands there twice")
        if match[2] is not None and name in _TEXTS:
            raise GpudemError(f"{where}: column {name} holds text and takes no unit")
        heads.append((name, match[2]))
    names = dict(heads)
    for needed in ("quantity", "value"):
        if needed not in names:
            raise GpudemError(
                f"{where}: column {needed} is missing; accepted: {', '.join(COLUMNS)}"
            )
    if (names["value"] is None) == ("unit" not in names):
        raise GpudemError(
            f"{where}: the unit of value stands in its head, as in value [mAh/g], or in a column "
            "unit; give one of them"
        )
    return heads


def _point(
    path: str | os.PathLike[str],
    number: int,
    heads: Sequence[tuple[str, str | None]],
    cells: Sequence[str],
) -> ProductPoint:
    where = f"{path}: line {number}"
    extra = [cell for cell in cells[len(heads) :] if cell.strip()]
    if extra:
        raise GpudemError(
            f"{where}: {len(cells)} cells for {len(heads)} columns; put text that holds the "
            "separator in double quotes"
        )
    values: dict[str, Any] = {"unit": dict(heads)["value"] or ""}
    for (name, unit), cell in zip(heads, cells, strict=False):
        cell = cell.strip()
        if name in _TEXTS:
            values[name] = cell
            continue
        try:
            values[name] = _number(name, cell, unit) if cell else None
        except QuantityError as error:
            raise GpudemError(f"{where}, column {name}: {error}") from None
    if not values.get("quantity"):
        raise GpudemError(f"{where}, column quantity: is empty; write what was measured")
    if values.get("value") is None and values.get("specific_energy") is None:
        raise GpudemError(f"{where}: holds neither value nor specific_energy; give one of them")
    return ProductPoint(**values)


def _number(name: str, cell: str, unit: str | None) -> float:
    plain = Accept("number", -1e300, 1e300)
    if name in _NUMBERS:
        # A percentage would become a share: the unit of a value stays as it is.
        if cell.endswith("%"):
            raise QuantityError(cell, ": a plain number is needed; its unit stands apart")
        return plain.read(cell)
    accept = _QUANTITIES[name]
    try:
        float(cell)
    except ValueError:
        return accept.read(cell)
    return accept.read(f"{cell} {unit}" if unit else cell)
