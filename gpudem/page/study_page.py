"""The page of a study: what its cases give beside each other, power laws, maps and pictures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.analysis.paper import CITATION, reported
from gpudem.analysis.product_points import papers_points
from gpudem.errors import GpudemError
from gpudem.page.charts import label_stress_axes, shades
from gpudem.page.figure import drawn, plain, saved
from gpudem.page.gallery import gallery
from gpudem.page.page import Block, Bullets, Facts, Page, Section, Source, Text
from gpudem.page.run_page import made_line
from gpudem.page.study_answers import (
    doubt,
    study_answers,
    study_summary,
    value_of_row,
    varied_names,
)
from gpudem.page.table import Cell, Interval, Table
from gpudem.page.uncertain_blocks import known, spread_numbers, uncertain_blocks
from gpudem.plain_text import plural
from gpudem.report.figure import draw_curve
from gpudem.report.text import number, percent, quantity
from gpudem.report.value import Value
from gpudem.runfile.reader import open_run
from gpudem.scene.assumptions import assumptions_of
from gpudem.study.axis import settings_of
from gpudem.study.case_folder import CaseFolder
from gpudem.study.dataset import (
    DRAW,
    SYMBOLS,
    central,
    coordinate_label,
    open_study,
    results_of,
)
from gpudem.study.figures import draw_laws, draw_map
from gpudem.study.laws import FITTED, StudyLaw, cases_of, laws_of, variables_of
from gpudem.study.product import PAPERS_WINDOW
from gpudem.study.product_map import draw_product_map
from gpudem.study.seeds import mean_over_seeds, parts_of
from gpudem.study.spread import spreads_of
from gpudem.study.spread_text import answer
from gpudem.study.study_folder import StudyFolder
from gpudem.study.variants import COMPARED, changes, exponents, other_coordinates
from gpudem.study.verdict import doubts_of_case

if TYPE_CHECKING:
    import pandas
    import xarray

Found = Sequence[tuple[CaseFolder, dict[str, Any]]]
#: Pictures of cases at most.
_PICTURES = 15
#: Panels of a figure at most.
_PANELS = 6
#: What the table of cases tells: name in the data set, kind, head.
_COLUMNS = (
    ("power", "power", "P"),
    ("specific_power", "specific_power", "P / m"),
    ("milling_time", "time", "time"),
    ("stress_energy_90", "energy", "SE_90"),
    ("stress_frequency_90", "rate", "SF_90"),
    ("stress_energy", "energy", "SE"),
    ("stress_frequency", "rate", "SF"),
)
_AS_POWER = ("specific_power", "milling_time")
_CONVENTIONS = (
    "P, SE and SF are of the dissipated energy. SE_90, SF_90: the most energetic collisions that "
    "carry 90 % of the energy. SE, SF: all collisions, each counted once (event convention)."
)


def study_page(path: Path, *, pictured: bool = True) -> Page:
    """Make the page of a study, of the cases that are done.

    Args:
        path: the study's folder.
        pictured: with figures and pictures.

    Raises:
        GpudemError: this is no folder of a study, or none of its cases is done.
    """
    folder = StudyFolder(path)
    found = results_of(path)
    results = [result for _, result in _central(found)]
    whole = open_study(path)
    dataset = central(whole)
    spreads = spreads_of(whole)
    rows = _rows(dataset)
    laws = laws_of(dataset)
    goal = quantity(float(dataset.attrs["wanted_energy"]), "specific_energy")
    sections = [
        Section(
            "Uncertain parameters", uncertain_blocks(whole, spreads, folder.uncertain, pictured)
        ),
        Section("Cases", [_case_table(dataset, rows, goal), *_failed(folder)]),
        Section("Variants", _variants(dataset)),
        Section("What was simulated", _simulated(folder, dataset, found)),
        Section("What is assumed", _assumed(folder, found)),
        *(_pictured(dataset, rows, folder, found, goal, laws) if pictured else ()),
        Section("Power laws", _law_tables(dataset, laws)),
        Section("Beside the published values", _published(laws, _central(found))),
        Section("Quality of each case", [_quality_table(dataset, found)]),
        Section("Provenance", _provenance(folder, found)),
    ]
    told = study_answers(rows, results, goal, int(whole.attrs["cases"]), spreads)
    title = str(dataset.attrs["title"] or f"Study of {dataset.attrs['scene']}")
    return Page(
        title=title,
        subtitle=_subtitle(whole, found),
        answers=told,
        sections=[section for section in sections if section.blocks],
        numbers={**_numbers(dataset, rows, laws), "uncertain": spread_numbers(spreads)},
        made=made_line(),
        summary=doubt(told[2])
        + (answer(whole, spreads) or study_summary(dataset, rows, laws, goal, results)),
    )


def _central(found: Found) -> Found:
    """Of cases with draws of uncertain parameters those of central values."""
    return [(case, result) for case, result in found if not case.state_point.get(DRAW)]


def _pictured(
    dataset: xarray.Dataset,
    rows: pandas.DataFrame,
    folder: StudyFolder,
    found: Found,
    goal: str,
    laws: Sequence[StudyLaw],
) -> list[Section]:
    groups = variables_of(dataset)[1]
    many = len(parts_of(rows, groups)) > _PANELS
    # Without a law, as in a design that is no grid, there are no series either.
    series = bool(laws) and not many
    return [
        # A panel for each group cannot be read where there are dozens.
        Section(
            "Stress energy, stress frequency and power", _law_figures(dataset) if series else ()
        ),
        Section("Maps", () if many and "variant" in rows else _maps(dataset, goal)),
        Section("From energy to product", _product(dataset) if laws else ()),
        Section("How often beads hit how hard", _stress_figures(dataset, found)),
        Section("Motion of the beads", _motion(dataset, rows, folder)),
    ]


def _rows(dataset: xarray.Dataset) -> pandas.DataFrame:
    """One row for cases that differ in their seed only, sorted by what varies."""
    frame = mean_over_seeds(cases_of(dataset), [str(name) for name in dataset.coords])
    for name in _AS_POWER:
        # As exact as the power, from which it follows.
        frame[f"{name}_error"] = frame[name] * frame["power_error"] / frame["power"].abs()
    varied = varied_names(dataset, frame)

    def in_order(column: pandas.Series) -> pandas.Series:
        # Words as they were written, the first variant first.
        if column.dtype.kind in "if":
            return column
        written = list(dict.fromkeys(map(str, dataset[column.name].values.ravel())))
        return column.map(lambda word: written.index(str(word)))

    return frame.sort_values(varied, key=in_order).reset_index(drop=True) if varied else frame


def _cell(row: Any, name: str, kind: str) -> Value:
    about = name == "milling_time" and not row["steady"]
    return replace(value_of_row(row, name, kind), about=about)


def _where(dataset: xarray.Dataset, point: Mapping[str, Any]) -> str:
    """What a case or group is: "600 rpm, filling 0.5"."""
    told = []
    for name, value in point.items():
        unit = str(dataset[name].attrs.get("units", ""))
        text = value if isinstance(value, str) else f"{float(value):.4g}"
        if isinstance(value, str):
            told.append(text)
        else:
            told.append(f"{text} {unit}" if unit not in ("", "1") else f"{name} {text}")
    return ", ".join(told)


def _subtitle(dataset: xarray.Dataset, found: Found) -> str:
    titles = dict.fromkeys(result["title"] for _, result in found)
    coordinates = [
        f"{dataset[name].size if dataset[name].ndim else 1} x {name}"
        for name in map(str, dataset.coords)
        if name != "case" and np.unique(dataset[name]).size > 1
    ]
    done, total = int(dataset.attrs["done"]), int(dataset.attrs["cases"])
    cases = plural(total, "case") if done == total else f"{done} of {plural(total, 'case')} done"
    return "; ".join(text for text in (*titles, cases, ", ".join(coordinates)) if text)


def _case_table(dataset: xarray.Dataset, rows: pandas.DataFrame, goal: str) -> Table:
    varied = varied_names(dataset, rows)
    heads = [
        *(coordinate_label(dataset, name) for name in varied),
        *(f"time for {goal}" if name == "time" else name for *_, name in _COLUMNS),
        "seeds",
        "steady",
    ]
    cells = [
        (
            *(row[name] if isinstance(row[name], str) else float(row[name]) for name in varied),
            *(_cell(row, name, kind) for name, kind, _ in _COLUMNS),
            int(row["seeds"]),
            bool(row["steady"]),
        )
        for _, row in rows.iterrows()
    ]
    seeds = int(rows["seeds"].max())
    of = f"the mean of {seeds} seeds" if seeds > 1 else "the mean over the evaluated window"
    error = (
        f"± is one standard error of {of}, the larger of what seeds and the runs themselves tell; "
        "values without one have an error that is not known."
    )
    return Table("cases", "All cases", heads, cells, (_CONVENTIONS, error))


def _failed(folder: StudyFolder) -> list[Block]:
    points = [
        (str(case.about["label"]), "", str((case.failure or {}).get("message", "")))
        for case in folder.cases
        if case.failure is not None
    ]
    if not points:
        return []
    return [Text([f"{plural(len(points), 'case')} failed:"]), Bullets(points)]


def _simulated(folder: StudyFolder, dataset: xarray.Dataset, found: Found) -> list[Block]:
    def common(*place: str) -> Any:
        values = set()
        for _, result in found:
            value: Any = result
            for key in place:
                value = value[key]
            values.add(value)
        return values.pop() if len(values) == 1 else None

    facts = [
        ("Scene", str(dataset.attrs["scene"])),
        ("Mill", str(common("scene", "mill") or "")),
    ]
    kinds = (
        ("Bowl volume", "volume", ("scene", "bowl_volume")),
        ("Bead diameter", "length", ("scene", "bead_diameter")),
        ("Product", "mass", ("scene", "product_mass")),
        ("Simulated", "time", ("window", "end")),
        ("Evaluated from", "time", ("window", "start")),
    )
    for name, kind, place in kinds:
        value = common(*place)
        if value is not None:
            facts.append((name, quantity(value, kind)))
    for name in map(str, dataset.coords):
        values = np.unique(dataset[name])
        if name != "case" and len(values) <= 12:
            shown = ", ".join(v if isinstance(v, str) else f"{float(v):.6g}" for v in values)
            facts.append((coordinate_label(dataset, name).capitalize(), shown))
    return [Facts([(name, text) for name, text in facts if text])]


def _assumed(folder: StudyFolder, found: Found) -> list[Block]:
    told: list[Block] = [
        Text(
            [
                "The powder is not simulated: it enters through the coefficients of contacts, and "
                "its mass through the energy per mass. The results quantify the mechanical stress "
                "that the beads exert on the product."
            ]
        )
    ]
    study = folder.study
    uncertain = folder.uncertain
    known = () if uncertain is None else uncertain.keys
    replaced = [f"{key}=" for key in (*study.varied, *settings_of(study.set), *known)]
    starts = {quantity(result["window"]["start"], "time") for _, result in found}
    window = starts.pop() if len(starts) == 1 else ""
    assumed = assumptions_of(study.scene_text, replaced, window)
    if assumed:
        points = [(one.key, one.value, one.reason) for one in assumed]
        told += [Text(["The scene marks these values as assumed:"]), Bullets(points)]
    return told


def _law_figures(dataset: xarray.Dataset) -> list[Block]:
    found: list[Block] = []

    def draw(quantities: Sequence[str]) -> Callable[[Path], Any]:
        return lambda path: draw_laws(dataset, quantities, path)

    caption = (
        "Points are means over seeds with their standard errors; lines are power laws over all "
        "points of a panel."
    )
    if dataset.attrs["papers_mill"]:
        caption += " Dotted: the slope that the paper publishes."
    for name, title, quantities in (
        ("se-sf", "SE and SF of all collisions", ("stress_energy", "stress_frequency")),
        (
            "se90-sf90",
            "SE_90 and SF_90 of the most energetic collisions",
            ("stress_energy_90", "stress_frequency_90"),
        ),
        ("power", "Dissipated power", ("power",)),
    ):
        with suppress(GpudemError):
            found.append(saved(name, title, caption, draw(quantities)))
    return found


def _maps(dataset: xarray.Dataset, goal: str) -> list[Block]:
    found: list[Block] = []

    def draw(quantity: str) -> Callable[[Path], Any]:
        return lambda path: draw_map(dataset, quantity, path)

    caption = "Cases are marked; between them colours are interpolated, beyond them nothing is."
    for name, title, shown in (
        ("power-map", "Power", "power"),
        ("milling-map", f"Milling time for {goal}", "milling_time"),
    ):
        if not np.isfinite(dataset[shown]).any():
            continue
        with suppress(GpudemError):
            found.append(saved(name, title, caption, draw(shown), wide=False))
    return found


def _product(dataset: xarray.Dataset) -> list[Block]:
    """The milling map over speed and time, with the paper's points where it is the paper's mill."""
    are_papers = bool(dataset.attrs["papers_mill"])
    points, window = (papers_points(), PAPERS_WINDOW) if are_papers else ([], None)

    def draw(path: Path) -> Any:
        return draw_product_map(dataset, points, path, window=window, are_papers=are_papers)

    caption = (
        "Energy per mass of product over speed and milling time, by the powers of this study's "
        "cases (ticks along the lower edge)."
    )
    if are_papers:
        caption += (
            " Marks: measured points of the published product, over the energy that is given with "
            "them (hollow) and over that of this study (filled). Shaded: the best energy for it."
        )
    # Without a speed that varies, a mass of product or one group of cases there is no such map.
    with suppress(GpudemError):
        return [saved("product-map", "Energy input", caption, draw)]
    return []


def _stress_figures(dataset: xarray.Dataset, found: Found) -> list[Block]:
    """SF over SE: a curve for each value of what varies first, a panel for each group."""
    frame = cases_of(dataset)
    over, groups = variables_of(dataset)
    numeric = [name for name in over + groups if frame[name].nunique() > 1]
    if not numeric:
        return []
    x, by = numeric[0], [name for name in numeric[1:]]
    results = {case.path.name: result for case, result in found}
    panels = parts_of(frame, by)
    named = [x]
    if by and all(part[x].nunique() == 1 for _, part in panels):
        # Not a grid: all curves in one panel, each with all that it differs in.
        named, by, panels = [x, *by], [], [((), frame)]
    if len(panels) > _PANELS:
        panels = panels[:_PANELS]
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    values = sorted(set(frame[x]))
    colours = dict(zip(values, shades(len(values)), strict=True))

    def draw(figure: Any) -> None:
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        curves = []
        for axes, (key, part) in zip(grid.flat, panels, strict=False):
            first = part.sort_values("seed") if "seed" in part else part
            for value, case in first.groupby(x, sort=True):
                result = results[str(case["folder"].iloc[0])]
                point = {name: case[name].iloc[0] for name in named}
                label = plain(_where(dataset, point))
                time, counted = result["window"]["duration"], result["events"]["distribution"]
                curve = draw_curve(axes, counted, time, label, colours[value])
                curves.append(curve)
            axes.set_title(plain(_where(dataset, dict(zip(by, key, strict=True)))))
        for axes in grid.flat:
            label_stress_axes(axes, curves)
            axes.label_outer()
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper")

    caption = (
        "Whole collisions by the energy that each dissipates (event convention), of the first "
        "seed. An area under a curve is a frequency."
    )
    if len(panels) < len(parts_of(frame, by)):
        caption += f" The first {_PANELS} groups only."
    size = (1.6 + 3.1 * columns, 0.5 + 2.9 * rows) if len(panels) > 1 else (6.4, 3.4)
    return [drawn("sf-se", f"SF over SE by {x}", caption, draw, size, wide=columns > 1)]


def _motion(dataset: xarray.Dataset, rows: pandas.DataFrame, folder: StudyFolder) -> list[Block]:
    """Small pictures of the beads, one a case; the first seed of each."""
    frame = cases_of(dataset)
    varied = varied_names(dataset, rows)
    # Rows of pictures by what varies last, since runs of a row are to be compared first.
    order = [*varied[::-1], *(["seed"] if "seed" in frame else [])]
    ordered = frame.sort_values(order) if order else frame
    first = ordered.drop_duplicates(varied) if varied else ordered.head(1)
    chosen = np.unique(np.linspace(0, len(first) - 1, min(_PICTURES, len(first))).round())
    with ExitStack() as stack:
        runs, labels = [], []
        for place in chosen:
            row = first.iloc[int(place)]
            case = folder.case(str(row["folder"]))
            with suppress(GpudemError):
                runs.append(stack.enter_context(open_run(case.run_file)))
                labels.append(_where(dataset, {name: row[name] for name in varied}))
        if not runs:
            return [Text(["No run file of the cases is there to draw a picture from."])]
        seen = gallery(runs, labels, "motion")
    found: list[Block] = [Text([seen]) if isinstance(seen, str) else seen]
    if len(first) > len(chosen):
        found.append(Text([f"{len(chosen)} of {len(first)} cases are shown."]))
    return found


def _variants(dataset: xarray.Dataset) -> list[Block]:
    """What each variant changes against the first one, a table for each point of the study."""
    found = changes(dataset)
    if not found:
        return []
    others = other_coordinates(dataset)
    first = str(dataset["variant"].values.ravel()[0])
    known = {(one.variant, one.point, one.quantity): one for one in found}
    names = list(dict.fromkeys(one.variant for one in found))
    blocks: list[Block] = []
    for place, point in enumerate(dict.fromkeys(one.point for one in found), start=1):
        rows: list[Sequence[Cell]] = []
        for name in names:
            cells: list[Cell] = []
            for what in COMPARED:
                one = known.get((name, point, what))
                cells.append(None if one is None else Value(one.ratio - 1.0, "share", one.error))
            rows.append((name, *cells))
        where = _where(dataset, dict(zip(others, point, strict=True)))
        title = f"Change against {first!r}" + (f" at {where}" if where else "")
        heads = ("variant", *COMPARED.values())
        blocks.append(Table(f"variants-{place}", title, heads, rows))
    speeds = [name for name in others if dataset[name].attrs.get("units") not in ("", "1", None)]
    for speed in speeds[:1]:
        quantities = [name for name in FITTED if name in COMPARED]
        fitted = exponents(dataset, speed, quantities)
        rows = [
            (name, *(Value(values.get(what, math.nan)) for what in quantities))
            for name, values in fitted.items()
        ]
        if rows:
            heads = ("variant", *(FITTED[name] for name in quantities))
            title = f"Exponents over {SYMBOLS.get(speed, speed)}"
            blocks.append(Table("variant-exponents", title, heads, rows))
    return blocks


def _law_tables(dataset: xarray.Dataset, laws: Sequence[StudyLaw]) -> list[Block]:
    if not laws:
        return []
    rows: list[Sequence[Cell]] = []
    for law in laws:
        for name in law.law.variables:
            one = law.law.exponents[name]
            tested = not math.isnan(law.law.lack_of_fit)
            holds = ("no" if law.law.rejected else "yes") if tested else None
            rows.append(
                (
                    _where(dataset, law.group) or "all",
                    FITTED[law.quantity],
                    SYMBOLS.get(name, name),
                    Value(one.value),
                    Interval(*one.law),
                    Interval(*one.chance),
                    Value(one.bend),
                    Value(law.law.scatter, "share"),
                    holds,
                    law.paper(name),
                )
            )
    heads: tuple[str, ...] = (
        "cases",
        "y",
        "x",
        "exponent",
        "95 % by cases",
        "95 % by seeds",
        "curvature",
        "scatter",
        "fits?",
        "published",
    )
    if not any(law.paper(name) for law in laws for name in law.law.variables):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    notes = (
        "y ~ x^a, fitted to the logarithms. 95 % intervals: by the scatter of cases about the law, "
        "and by that between seeds (bootstrap). Curvature: change of the local exponent "
        "from the smallest to the largest value. A law does not fit where cases lie farther off it "
        "than seeds scatter (F test for lack of fit, 1 %). A law through fewer than five "
        "points, or of cases that are not steady, is indicative only.",
    )
    return [Table("power-laws", "Exponents", heads, rows, notes, folded=len(rows) > 40)]


def _published(laws: Sequence[StudyLaw], found: Found) -> list[Block]:
    """Where the study agrees with the paper and where not."""
    rows: list[Sequence[Cell]] = []
    for law in laws:
        for name in law.law.variables:
            paper = law.paper(name)
            if paper is None:
                continue
            one = law.law.exponents[name]
            low, high = one.law
            known = math.isfinite(low)
            verdict = "not told" if not known else "yes" if low <= paper <= high else "no"
            rows.append(
                (
                    f"filling {law.filling:.3g}",
                    FITTED[law.quantity],
                    SYMBOLS.get(name, name),
                    Value(one.value),
                    Interval(low, high),
                    paper,
                    verdict,
                )
            )
    blocks: list[Block] = []
    if rows:
        heads = ("cases", "y", "x", "exponent here", "95 % interval", "published", "agrees")
        notes = (f"{CITATION}, which does not say of which energy and counting.",)
        blocks.append(Table("published-exponents", "Exponents", heads, rows, notes))
    powers: list[Sequence[Cell]] = []
    for _, result in found:
        for published in reported(result):
            here = result["power"]["dissipation"]["total"]
            error = result["power_standard_error"]
            powers.append(
                (
                    result["scene"]["seed"],
                    quantity(result["scene"]["speed"], "angular_speed"),
                    Value(published.milling_time, "time", exact=True),
                    Value(here, "power", error),
                    Value(published.power(), "power"),
                    Value(here / published.power(), "number"),
                )
            )
    if powers:
        seeds = len({row[0] for row in powers}) > 1
        columns = ("seed", "speed", "milling time", "P here", "P published", "here / published")
        kept = slice(0 if seeds else 1, None)
        notes = ("Published: the energy input E_m times 17.5 g over the milling time.",)
        table = Table(
            "published-power", "Power", columns[kept], [row[kept] for row in powers], notes, True
        )
        blocks.append(table)
    return blocks


def _quality_table(dataset: xarray.Dataset, found: Found) -> Table:
    rows: list[Sequence[Cell]] = []
    for case, result in found:
        book, mean = result["ledger"], result["statistics"]["power"]["dissipation"]
        doubts = [check.short for check in doubts_of_case(result, several_seeds=False)]
        rows.append(
            (
                str(case.about["label"]),
                bool(result["steady"]),
                percent(book["channels"]),
                number(book["work_energy"], 1),
                Value(mean["effective_samples"]),
                Value(result["lasting_contacts"]["unfinished"], "share"),
                "; ".join(doubts),
            )
        )
    heads = (
        "case",
        "steady",
        "ledger: losses off by",
        "ledger: work off by",
        "independent samples",
        "in lasting contacts",
        "remarks",
    )
    return Table(
        "quality", "Steadiness, energy ledger and samples of each case", heads, rows, folded=True
    )


def _provenance(folder: StudyFolder, found: Found) -> list[Block]:
    def every(key: str) -> str:
        return ", ".join(dict.fromkeys(str(result[key]) for _, result in found if result[key]))

    versions: dict[str, dict[str, None]] = {}
    for _, result in found:
        for name, version in result["versions"].items():
            versions.setdefault(name, {})[str(version)] = None
    seconds = sum(result["wall_seconds"] or 0.0 for _, result in found)
    rates = [r["bead_steps_per_second"] for _, r in found if r["bead_steps_per_second"]]
    facts = [
        *((name, ", ".join(known)) for name, known in versions.items()),
        ("Device", every("device")),
        ("Precision", every("precision")),
        ("Schedule", every("schedule")),
        ("Computed in", f"{quantity(seconds, 'time')} in all" if seconds else ""),
        (
            "Speed",
            f"{min(rates) / 1e6:.3g} to {max(rates) / 1e6:.3g} million bead-steps/s of a case"
            if rates
            else "",
        ),
    ]
    study, uncertain = folder.study, folder.uncertain
    return [
        Facts([(name, text) for name, text in facts if text]),
        Source("Study file", study.text),
        Source("Scene file", study.scene_text),
        *([] if uncertain is None else [Source("Uncertain parameters", uncertain.text)]),
    ]


def _numbers(
    dataset: xarray.Dataset, rows: pandas.DataFrame, laws: Sequence[StudyLaw]
) -> dict[str, Any]:
    """Cases and power laws as JSON can hold them, in SI units but for what varies."""
    return {
        "units": {
            str(name): str(variable.attrs.get("units", ""))
            for name, variable in dataset.variables.items()
        },
        # By way of JSON, which turns what is not known into null.
        "cases": json.loads(rows.to_json(orient="records", double_precision=15)),
        "laws": [
            {
                "quantity": law.quantity,
                "group": {name: known(value) for name, value in law.group.items()},
                "exponents": {
                    name: {
                        "value": one.value,
                        "interval": [known(end) for end in one.law],
                        "interval_of_seeds": [known(end) for end in one.chance],
                        "bend": known(one.bend),
                        "published": law.paper(name),
                    }
                    for name, one in law.law.exponents.items()
                },
                "scatter": law.law.scatter,
                "lack_of_fit": known(law.law.lack_of_fit),
            }
            for law in laws
        ],
    }
