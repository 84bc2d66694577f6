"""The comparison of several runs as text: side by side, over seeds, exponents over speed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from gpudem.analysis.comparison import Exponent, same_but_seed, speed_exponents
from gpudem.analysis.paper import CITATION
from gpudem.analysis.power_law import why_indicative
from gpudem.analysis.uncertainty import FEWEST_SEEDS, over_seeds
from gpudem.plain_text import printable
from gpudem.report.answers import (
    answers,
    doubts,
    goal_of,
    milling_time_of,
    power_of,
    specific_power_of,
    stress_number_of,
    stress_values,
    time_worth,
)
from gpudem.report.differences import cell_text, differences, in_order, speed_text
from gpudem.report.summary import print_wrapped
from gpudem.report.text import UNKNOWN, add_row, number, quantity, table_of
from gpudem.report.value import MINUTES, Scale, Value, column_unit, scale_for

Result = Mapping[str, Any]
_POWERS = {"million": "10⁶", "billion": "10⁹"}
#: Cells of keys that vary are folded beyond this.
_KEY_WIDTH = 17
#: Exponents that the comparison tells in a line; all are in the full one.
_TOLD = {"power, dissipation": "power", "SE_90": "SE_90", "SF_90": "SF_90"}


@dataclass(frozen=True)
class _Column:
    """Values of all runs in one unit.

    Attributes:
        name: the symbol.
        values: one a run.
        scale: the unit.
    """

    name: str
    values: list[Value]
    scale: Scale

    @classmethod
    def of(cls, name: str, values: list[Value], scale: Scale | None = None) -> _Column:
        # That of the middle value, so that neither end is a row of zeros.
        known = sorted(value.value for value in values if value.value is not None and value.known)
        unit = scale or scale_for(values[0].kind, known[len(known) // 2 :][:1])
        return cls(name, values, unit)

    def head(self) -> str:
        unit = column_unit(self.scale)
        for word, power in _POWERS.items():
            unit = unit.replace(word, power)
        return f"{self.name}\n[{unit}]" if unit else self.name

    def cell(self, k: int, below: bool) -> str:
        text = self.values[k].compact(self.scale)
        return text.replace("±", "\n±") if below else text


def print_comparison(
    results: Sequence[Result], console: Console, *, full: bool = False, paper: bool = False
) -> None:
    """Print several runs side by side, sorted by what varies between them.

    Args:
        results: what `gpudem.report.report.analyse` returned for each run.
        console: a rich Console.
        full: print means over seeds and all exponents over speed as tables too.
        paper: print those exponents beside the reference paper's.
    """
    found = differences(results)
    order = in_order(found, len(results))
    ordered = [results[k] for k in order]
    varied = [(one.head, [cell_text(one.cells[k]) for k in order]) for one in found]
    columns, labels = _columns(ordered), [_label(varied, k) for k in range(len(order))]
    files = [("file", [Path(result["file"]).stem for result in ordered])]
    # Where the errors do not fit beside the values, they stand below them; where the keys that
    # vary do not fit before both, they have a table of their own.
    for keys, below in ((varied, False), (varied, True), (files, False), (files, True)):
        table = _table(keys, columns, ordered, below)
        options = console.options.update(max_width=10 * console.width)
        if Measurement.get(console, options, table).maximum <= console.width:
            break
    if keys is files:
        labels = files[0][1]
        console.print(_table([*files, *(one for one in varied if one[0] != "file")], [], ordered))
    console.print(table)
    doubtful = _doubts(ordered, labels)
    for text in (_notes(ordered, columns), *doubtful, _exponents_told(ordered)):
        print_wrapped(text, console) if text else None
    for group in same_but_seed(ordered):
        print_wrapped(_seeds_told(group), console)
    if full:
        console.print()
        _print_seeds(ordered, console)
    if full or paper:
        _print_exponents(ordered, console, paper)


def _label(varied: Sequence[tuple[str, list[str]]], k: int) -> str:
    """What tells a run from the others, in a few words."""
    told = []
    for head, cells in varied:
        name, _, unit = head.removesuffix("]").partition(" [")
        plain = name in ("file", "mill", "kind", "beads", "speed")
        told.append(" ".join(filter(None, ("" if plain else name, cells[k], unit))))
    return ", ".join(told)


def _columns(results: Sequence[Result]) -> list[_Column]:
    found = [stress_values(result) for result in results]
    columns = [_Column.of("P", [power_of(result) for result in results])]
    if any(result["milling"]["product_mass"] for result in results):
        columns += [
            _Column.of("P/m", [specific_power_of(result) for result in results]),
            _Column.of("time", [time_worth(result) for result in results], MINUTES),
        ]
    numbers = [stress_number_of(result) for result in results]
    if any(value.known for value in numbers):
        columns.append(_Column.of("SN", numbers))
    columns += [_Column.of(name, [one[name] for one in found]) for name in ("SE_90", "SF_90")]
    return columns


def _table(
    varied: Sequence[tuple[str, list[str]]],
    columns: Sequence[_Column],
    results: Sequence[Result],
    below: bool = False,
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head, _ in varied:
        head = head.replace(" [", "\n[")
        table.add_column(Text(head), justify="left", overflow="fold", max_width=_KEY_WIDTH)
    for one in columns:
        table.add_column(Text(one.head()), justify="right", no_wrap=True)
    if columns:
        table.add_column(Text("trust"), justify="left", no_wrap=True)
    for k, result in enumerate(results):
        trust = {"yes": "yes", "no": "NO"}.get(answers(result)[2].headline, "care")
        cells = [
            *(cells[k] for _, cells in varied),
            *(one.cell(k, below) for one in columns),
            *([trust] if columns else []),
        ]
        add_row(table, *cells)
    return table


def _notes(results: Sequence[Result], columns: Sequence[_Column]) -> str:
    """What the columns are."""
    named = {one.name for one in columns}
    told = []
    if "time" in named:
        goals = list(dict.fromkeys(goal_of(result) for result in results))
        told.append(f"time: until {goals[0]} is reached" if len(goals) == 1 else "time: milling")
    if "SN" in named:
        spans = {result["milling"]["milling_time"] for result in results}
        span = quantity(spans.pop(), "time") if len(spans) == 1 and None not in spans else ""
        told.append(f"SN: collisions in {span or 'that time'}")
    told += [
        "SE_90, SF_90: of the most energetic collisions, which account for 90 % of the energy",
        "±: standard error, not known where it is missing",
    ]
    if any(value.about for one in columns for value in one.values):
        told.append("~: an estimate")
    return "; ".join(told) + "."


def _doubts(results: Sequence[Result], labels: Sequence[str]) -> list[str]:
    """Which runs not to trust, or only with care, and why."""
    told: dict[str, list[str]] = {}
    for label, result in zip(labels, results, strict=True):
        doubt = doubts(result)
        if doubt:
            told.setdefault(doubt, []).append(label)
    return [f"{', '.join(labels)}: {doubt}." for doubt, labels in told.items()]


def _exponents_told(results: Sequence[Result]) -> str:
    fitted = [row for row in speed_exponents(results) if row.name in _TOLD]
    laws = [f"{_TOLD[row.name]} ~ n^{_exponent(row)}" for row in fitted if row.value == row.value]
    points = len({result["scene"]["speed"] for result in results})
    rough = why_indicative(points, all(result["steady"] for result in results))
    told = f" (indicative only: {rough})" if rough else ""
    return f"Over the speed n: {', '.join(laws)}{told}." if laws else ""


def _exponent(row: Exponent) -> str:
    if math.isnan(row.value):
        return UNKNOWN
    if math.isnan(row.standard_error):
        return f"{row.value:.2f}"
    return f"{row.value:.2f} ± {max(row.standard_error, 0.01):.2f}"


def _seeds_told(group: Sequence[Result]) -> str:
    """Means over seeds in a sentence."""
    mean = {row.name.partition(" [")[0]: row for row in over_seeds(group)}

    def value(name: str, kind: str, factor: float = 1.0) -> str:
        row = mean[name]
        return Value(factor * row.value, kind, factor * row.standard_error).text

    speed = speed_text(group[0])
    text = f"Mean of {len(group)} seeds{f' at {speed}' if speed else ''}: {value('power', 'power')}"
    mass = group[0]["milling"]["product_mass"]
    if mass:
        specific = value("power", "specific_power", 1.0 / mass).replace("/g", " per gram")
        power = mean["power"]
        time = milling_time_of(group[0])
        if time.known and power.value:
            seconds = group[0]["milling"]["wanted_energy"] * mass / power.value
            error = seconds * power.standard_error / power.value
            known = Value(seconds, "time", error)
            reached = known.text if known.error_known else f"about {known.rough}"
            specific += f" of product, {goal_of(group[0])} after {reached}"
        text += f", {specific}"
    text += f"; SE_90 = {value('SE_90', 'energy')}, SF_90 = {value('SF_90', 'rate')}"
    few = len(group) < FEWEST_SEEDS
    return text + (f". Fewer than {FEWEST_SEEDS} seeds give no error." if few else ".")


def _print_seeds(results: Sequence[Result], console: Console) -> None:
    for group in same_but_seed(results):
        scene = group[0]["scene"]
        speed = UNKNOWN if scene["speed"] is None else quantity(scene["speed"], "angular_speed")
        table = table_of(f"Mean of {len(group)} seeds at {speed}", "", "mean", "standard error")
        for row in over_seeds(group):
            add_row(table, row.name, number(row.value), number(row.standard_error, 2))
        console.print(table)
        console.print()


def _print_exponents(results: Sequence[Result], console: Console, paper: bool) -> None:
    fitted = speed_exponents(results)
    if not fitted:
        return
    published = paper and any(row.paper is not None for row in fitted)
    heads = ("y", "a here", "a published") if published else ("y", "a")
    table = table_of("Exponents over speed, y ~ n^a", *heads)
    for row in fitted:
        known = UNKNOWN if row.paper is None else f"{row.paper:.2f}"
        add_row(table, row.name, _exponent(row), *([known] if published else []))
    console.print(table)
    if published:
        text = (
            f"Published: {CITATION}; it does not state which energy or counting its exponents are "
            "of. The exponent of its power is the sum of those of SE and SF."
        )
        console.print(printable(text), markup=False)
    console.print()
