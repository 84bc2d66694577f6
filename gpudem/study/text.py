"""The report on a study as text: the answer, the cases side by side, the power laws."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from gpudem.analysis.paper import CITATION
from gpudem.plain_text import plural, printable
from gpudem.report.text import UNKNOWN, add_row, number, quantity, table_of
from gpudem.study.dataset import SYMBOLS, central, coordinate_head, open_study, shown_value
from gpudem.study.laws import FITTED, StudyLaw, cases_of, laws_of
from gpudem.study.seeds import mean_over_seeds
from gpudem.study.spread_text import print_spreads, uncertain_sentences
from gpudem.study.study_folder import StudyFolder
from gpudem.study.variants import COMPARED, Change, changes, exponents, other_coordinates

if TYPE_CHECKING:
    import pandas
    import xarray

#: Signs of a terminal from which on errors and all collisions are shown.
WIDE = 110
#: Rows of the table of cases at most; all are in the CSV file.
MOST_ROWS = 60


def print_study(path: str | os.PathLike[str], console: Console) -> None:
    """Print the report on a study.

    Args:
        path: its folder.
        console: a rich Console.

    Raises:
        GpudemError: this is no folder of a study.
    """
    whole = open_study(path)
    dataset = central(whole)
    frame = cases_of(dataset)
    for line in [*uncertain_sentences(whole), *sentences(dataset, frame)]:
        console.print(printable(line), markup=False, highlight=False)
    failed = [case for case in StudyFolder(Path(path)).cases if case.failure is not None]
    for case in failed:
        told = (case.failure or {}).get("message", "")
        console.print(printable(f"failed: {case.about['label']}: {told}"), markup=False)
    if frame.empty:
        return
    console.print()
    print_spreads(whole, console)
    rows = mean_over_seeds(frame, [str(name) for name in dataset.coords])
    _print_cases(dataset, rows, console)
    if "variant" in dataset.coords:
        _print_variants(dataset, console)
    else:
        _print_laws(laws_of(dataset), dataset, console)


def sentences(dataset: xarray.Dataset, frame: pandas.DataFrame) -> list[str]:
    """What the study says, in a few sentences, the answer first."""
    title = str(dataset.attrs["title"] or dataset.attrs["scene"])
    done, total = len(frame), int(dataset.attrs["cases"])
    told = f"{title}: {done} of {plural(total, 'case')} done."
    if frame.empty:
        return [told]
    power, time = frame["power"], frame["milling_time"]
    lines = [
        f"{told} They dissipate {number(power.min())} to {number(power.max())} W"
        + (
            f" and reach {quantity(float(dataset.attrs['wanted_energy']), 'specific_energy')} "
            f"after {_minutes(time.min())} to {_minutes(time.max())}."
            if time.notna().any()
            else "."
        )
    ]
    unsteady = int((~frame["steady"]).sum())
    if unsteady:
        lines.append(
            f"{unsteady} of {done} windows are not steady: their powers and times are not those of "
            "a mill that has been running (simulate longer, or log later)."
        )
    else:
        lines.append("All windows are steady.")
    return lines


def _minutes(seconds: float) -> str:
    if not math.isfinite(seconds):
        return UNKNOWN
    return f"{seconds / 60.0:.2g} min" if seconds < 6000.0 else f"{seconds / 3600.0:.3g} h"


def _print_cases(dataset: xarray.Dataset, rows: pandas.DataFrame, console: Console) -> None:
    names = [str(n) for n in dataset.coords if str(n) in rows and n not in ("seed", "case")]
    shown = [name for name in names if rows[name].nunique() > 1] or names
    heads = [coordinate_head(dataset, name) for name in shown]
    wide = console.width >= WIDE
    columns: list[tuple[str, str, float]] = [
        ("P [W]", "power", 1.0),
        ("W/g", "specific_power", 1e-3),
        ("time [min]", "milling_time", 1.0 / 60.0),
        ("SE_90 [µJ]", "stress_energy_90", 1e6),
        ("SF_90 [1/ms]", "stress_frequency_90", 1e-3),
        *([("SE [µJ]", "stress_energy", 1e6), ("SF [1/ms]", "stress_frequency", 1e-3)] * wide),
    ]
    title = "Cases (dissipation; event convention)"
    table = table_of(title, *heads, *(head for head, _, _ in columns), "steady")
    ordered = rows.sort_values(shown, key=_in_order) if shown else rows
    # Two of them are as uncertain as the power, which the text says.
    plain = ("specific_power", "milling_time")
    for _, row in ordered.head(MOST_ROWS).iterrows():
        cells = [
            _pm(row, name, scale) if wide and name not in plain else _plain_number(row[name], scale)
            for _, name, scale in columns
        ]
        keys = (shown_value(row[name]) for name in shown)
        add_row(table, *keys, *cells, "yes" if row["steady"] else "no")
    console.print(table)
    seeds = int(rows["seeds"].max())
    told = f"Means of {seeds} seeds. " if seeds > 1 else ""
    errors = (
        "+- is the standard error; W/g and time are as uncertain as P."
        if wide
        else "A wider window shows errors, and SE and SF of all collisions; --html and --csv too."
    )
    console.print(
        f"{told}{errors} Time is that for "
        f"{quantity(float(dataset.attrs['wanted_energy']), 'specific_energy')}. SE_90 and SF_90: "
        "the fewest collisions that carry 90 % of the energy. ",
        markup=False,
    )
    if len(rows) > MOST_ROWS:
        console.print(f"{len(rows) - MOST_ROWS} more rows are left out here.")
    console.print()


def _in_order(column: pandas.Series) -> pandas.Series:
    """Numbers by size, words in the order in which they come."""
    return (
        column.map({word: n for n, word in enumerate(column.unique())})
        if (column.dtype.kind not in "iuf")
        else column
    )


def _plain_number(value: float, scale: float) -> str:
    return number(scale * value) if math.isfinite(value) else UNKNOWN


def _pm(row: Any, name: str, scale: float = 1.0) -> str:
    """A value with its error, if that is known."""
    value = row.get(name, math.nan)
    if not math.isfinite(value):
        return UNKNOWN
    error = row.get(f"{name}_error", math.nan)
    text = number(scale * value)
    return f"{text} +- {number(scale * error, 1)}" if math.isfinite(error) and error > 0 else text


def _print_laws(laws: Sequence[StudyLaw], dataset: xarray.Dataset, console: Console) -> None:
    if not laws:
        return
    groups: list[Any] = []
    for law in laws:
        if law.group not in groups:
            groups.append(law.group)
    for group in groups:
        own = [law for law in laws if law.group == group]
        variables = own[0].law.variables
        where = ", ".join(
            f"{SYMBOLS.get(name, name)} = {shown_value(v)}" for name, v in group.items()
        )
        law_text = " ".join(
            f"{SYMBOLS.get(x, x)}^a" if n == 0 else f"{SYMBOLS.get(x, x)}^b"
            for n, x in enumerate(variables)
        )
        with_paper = any(law.paper(x) is not None for law in own for x in variables)
        heads = []
        for letter, x in zip("abcdef", variables, strict=False):
            heads += [f"{letter} ({SYMBOLS.get(x, x)})", "law", "seeds", "bend"]
            heads += ["paper"] if with_paper else []
        title = f"Power laws y ~ {law_text}" + (f" at {where}" if where else "")
        table = table_of(title, "y", *heads, "scatter", "holds")
        for law in own:
            cells = []
            for x in variables:
                one = law.law.exponents[x]
                cells += [f"{one.value:.2f}", _interval(one.law), _interval(one.chance)]
                cells.append(UNKNOWN if math.isnan(one.bend) else f"{one.bend:+.2f}")
                if with_paper:
                    paper = law.paper(x)
                    cells.append(UNKNOWN if paper is None else f"{paper:.2f}")
            holds = (
                UNKNOWN
                if math.isnan(law.law.lack_of_fit)
                else ("no" if law.law.rejected else "yes")
            )
            add_row(table, FITTED[law.quantity], *cells, f"{100.0 * law.law.scatter:.1f} %", holds)
        console.print(table)
        console.print()
    console.print(
        "law: 95 % interval by the scatter of cases about the law; seeds: by that between seeds "
        "(bootstrap). bend: by how much the local exponent changes from the smallest to the "
        "largest value. holds: no where cases lie farther off the law than seeds scatter (F test "
        "for lack of fit, 1 %).",
        markup=False,
    )
    if any(law.filling is not None for law in laws):
        console.print(
            f"Paper: {CITATION}; it does not state which energy or counting its exponents are of. "
            "None of ours was chosen by fit.",
            markup=False,
        )


def _print_variants(dataset: xarray.Dataset, console: Console) -> None:
    """What each variant changes, and its exponents."""
    found = changes(dataset)
    if not found:
        return
    others = other_coordinates(dataset)
    points = list(dict.fromkeys(change.point for change in found))
    values = {(c.variant, c.point, c.quantity): c for c in found}
    first = str(dataset["variant"].values.ravel()[0])
    for point in points:
        where = ", ".join(
            f"{coordinate_head(dataset, n)} {shown_value(v)}"
            for n, v in zip(others, point, strict=True)
        )
        table = table_of(f"Change against {first!r} [%] at {where}", "", *COMPARED.values())
        for variant in dict.fromkeys(change.variant for change in found):
            cells = [values.get((variant, point, quantity)) for quantity in COMPARED]
            if any(cells):
                add_row(table, variant, *map(_change, cells))
        console.print(table)
        console.print()
    speeds = [name for name in others if dataset[name].attrs.get("units") not in ("", "1", None)]
    for speed in speeds[:1]:
        _print_exponents(dataset, speed, console)


def _change(change: Change | None) -> str:
    if change is None or math.isnan(change.ratio):
        return UNKNOWN
    text = f"{100.0 * (change.ratio - 1.0):+.1f}"
    return text if math.isnan(change.error) else f"{text} +- {number(100.0 * change.error, 1)}"


def _print_exponents(dataset: xarray.Dataset, variable: str, console: Console) -> None:
    quantities = [name for name in FITTED if name in COMPARED]
    found = exponents(dataset, variable, quantities)
    if not found:
        return
    symbol = SYMBOLS.get(variable, variable)
    table = table_of(f"Exponents over {symbol}", "", *(FITTED[name] for name in quantities))
    for variant, values in found.items():
        numbers = [values.get(name, math.nan) for name in quantities]
        add_row(table, variant, *(UNKNOWN if math.isnan(a) else f"{a:.2f}" for a in numbers))
    laws = laws_of(dataset, quantities)
    paper = {law.quantity: law.paper(variable) for law in laws[: len(quantities)]}
    if any(value is not None for value in paper.values()):
        known = [paper.get(name) for name in quantities]
        add_row(table, "paper", *(UNKNOWN if a is None else f"{a:.2f}" for a in known))
    console.print(table)
    console.print()


def _interval(ends: tuple[float, float]) -> str:
    low, high = ends
    return UNKNOWN if math.isnan(low) else f"{low:.2f} .. {high:.2f}"
