"""The report on a study as text: the answer, the cases side by side, the power laws."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

from gpudem.analysis.paper import CITATION
from gpudem.analysis.power_law import why_indicative
from gpudem.plain_text import plural, printable
from gpudem.report.answers import VERDICTS
from gpudem.report.summary import print_wrapped
from gpudem.report.text import UNKNOWN, add_row, number, quantity, table_of
from gpudem.report.value import MINUTES, Scale, Value, column_unit, scale_for
from gpudem.study.dataset import (
    DRAW,
    SYMBOLS,
    central,
    coordinate_head,
    open_study,
    shown_value,
)
from gpudem.study.laws import FITTED, StudyLaw, cases_of, laws_of
from gpudem.study.seeds import mean_over_seeds
from gpudem.study.spread_text import print_spreads, uncertain_sentences
from gpudem.study.study_folder import StudyFolder
from gpudem.study.variants import COMPARED, Change, changes, exponents, other_coordinates
from gpudem.study.verdict import next_study, trust_in, unsteady

if TYPE_CHECKING:
    import pandas
    import xarray

Result = Mapping[str, Any]
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
    whole, folder = open_study(path), StudyFolder(Path(path))
    dataset = central(whole)
    frame = cases_of(dataset)
    results = [case.result for case in folder.cases if case.done and not case.state_point.get(DRAW)]
    for name, text in summary(dataset, frame, results):
        print_wrapped(f"{name + ':':15}{text}", console, indent=15)
    for line in uncertain_sentences(whole):
        print_wrapped(line, console)
    if command := next_study(folder, results):
        console.print(printable(f"Next: {command}"), markup=False, highlight=False, soft_wrap=True)
    failed = [case for case in folder.cases if case.failure is not None]
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
        _print_laws(laws_of(dataset), bool(unsteady(results)), console)


def summary(
    dataset: xarray.Dataset, frame: pandas.DataFrame, results: Sequence[Result]
) -> list[tuple[str, str]]:
    """What the study says in a few lines, the verdict first: names and sentences.

    Args:
        dataset: of the study, with central values of uncertain parameters.
        frame: its cases that are done.
        results: theirs.
    """
    titles = dict.fromkeys(str(result["title"]) for result in results)
    title = str(dataset.attrs["title"] or next(iter(titles), "") or dataset.attrs["scene"])
    done, total = len(frame), int(dataset.attrs["cases"])
    lines = [("Study", f"{title}: {done} of {plural(total, 'case')} done")]
    if frame.empty:
        return lines
    rows = mean_over_seeds(frame, [str(name) for name in dataset.coords])
    trust = trust_in(rows, results, total)
    lines.insert(0, ("Verdict", f"{VERDICTS[trust.verdict]}: {_begun_small(trust.sentence)}"))
    power, specific, time = (rows[name] for name in ("power", "specific_power", "milling_time"))
    rough = bool(unsteady(results))
    text = _span(power, "power", rough)
    if specific.notna().any():
        text += f" ({_span(specific, 'specific_power', rough)} of product)"
    lines.append(("Power", text))
    if time.notna().any():
        goal = quantity(float(dataset.attrs["wanted_energy"]), "specific_energy")
        lines.append(("Milling time", f"{goal} after {_span(time, 'time', rough)}"))
    elif specific.isna().all():
        lines.append(("Milling time", "not known: no mass of product (product.mass)"))
    return lines


def _begun_small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _span(values: pandas.Series, kind: str, rough: bool) -> str:
    """The least and the largest of some values, in one unit."""
    low, high = float(values.min()), float(values.max())
    ends = (Value(low, kind), Value(high, kind))
    scale = Value(math.sqrt(abs(low * high)), kind).scale()
    digits = (end.rough_digits(scale) if rough else end.digits(scale) for end in ends)
    return f"{'about ' if rough else ''}{' to '.join(dict.fromkeys(digits))} {scale[2]}"


class _Column(NamedTuple):
    """A column of the table of cases.

    Attributes:
        head: the symbol.
        name: in the data set.
        kind: of `Value`.
        scale: the unit, where it is always the same.
    """

    head: str
    name: str
    kind: str
    scale: Scale | None = None

    def cell(self, row: Any, scale: Scale, with_error: bool) -> str:
        """A value in a unit, with its error if that is wanted and known."""
        about = self.name == "milling_time" and not row["steady"]
        known = with_error and not about
        error = float(row.get(f"{self.name}_error", math.nan)) if known else None
        value = Value(float(row.get(self.name, math.nan)), self.kind, error, about=about)
        return value.digits(scale).replace("±", "+-")


def _print_cases(dataset: xarray.Dataset, rows: pandas.DataFrame, console: Console) -> None:
    names = [str(n) for n in dataset.coords if str(n) in rows and n not in ("seed", "case")]
    shown = [name for name in names if rows[name].nunique() > 1] or names
    heads = [coordinate_head(dataset, name) for name in shown]
    wide = console.width >= WIDE
    columns = [
        _Column("P", "power", "power"),
        _Column("P/m", "specific_power", "specific_power"),
        _Column("time", "milling_time", "time", MINUTES),
        _Column("SE_90", "stress_energy_90", "energy"),
        _Column("SF_90", "stress_frequency_90", "rate"),
        *([_Column("SE", "stress_energy", "energy")] * wide),
        *([_Column("SF", "stress_frequency", "rate")] * wide),
    ]
    scales = [one.scale or scale_for(one.kind, rows[one.name]) for one in columns]
    title = "Cases (dissipation; event convention)"
    units = (
        f"{one.head} [{column_unit(scale)}]" for one, scale in zip(columns, scales, strict=True)
    )
    table = table_of(title, *heads, *units, "steady")
    ordered = rows.sort_values(shown, key=_in_order) if shown else rows
    for _, row in ordered.head(MOST_ROWS).iterrows():
        cells = [one.cell(row, scale, wide) for one, scale in zip(columns, scales, strict=True)]
        keys = (shown_value(row[name]) for name in shown)
        add_row(table, *keys, *cells, "yes" if row["steady"] else "no")
    console.print(table)
    seeds = int(rows["seeds"].max())
    told = f"Means of {seeds} seeds. " if seeds > 1 else ""
    errors = (
        "+- is the standard error; P/m and time are as uncertain as P."
        if wide
        else "Widen the terminal to see errors, and SE and SF of all collisions; --html and --csv "
        "have them."
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


def _print_laws(laws: Sequence[StudyLaw], doubtful: bool, console: Console) -> None:
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
            heads += [f"{letter} ({SYMBOLS.get(x, x)})", "95 %", "95 %, seeds", "curvature"]
            heads += ["paper"] if with_paper else []
        title = f"Power laws y ~ {law_text}" + (f" at {where}" if where else "")
        rough = why_indicative(own[0].law.cases, not doubtful)
        title += f" (indicative only: {rough})" if rough else ""
        table = table_of(title, "y", *heads, "scatter", "fits?")
        for law in own:
            cells = []
            for x in variables:
                one = law.law.exponents[x]
                cells += [
                    f"{one.value:.{1 if rough else 2}f}",
                    _interval(one.law),
                    _interval(one.chance),
                ]
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
        "95 %: interval by the scatter of cases about the law; 95 %, seeds: by that between seeds "
        "(bootstrap). curvature: by how much the local exponent changes from the smallest to the "
        "largest value. fits?: no where cases lie farther off the law than seeds scatter (F test "
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
