"""The figure of a plan: milling time and stress energy over the speed, with limits and answers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from gpudem.analysis.stress import milling_time_for
from gpudem.errors import GpudemError
from gpudem.planning.cases import Cases, Settings
from gpudem.planning.milling_plan import STRESSES, Candidate, MillingPlan
from gpudem.planning.text import settings_told, shown_names
from gpudem.report.figure import save_figure
from gpudem.study.dataset import SYMBOLS
from gpudem.units import format_quantity

#: Speeds at which curves are drawn.
_POINTS = 120
_MARKERS = "os^Dv<>P"


def draw_plan(
    cases: Cases, plan: MillingPlan, path: str | os.PathLike[str], *, dpi: int = 150
) -> Path:
    """Draw time and stress energy over the speed of the drive, a column for each bead size.

    Points are cases, lines the fits with their 95 % intervals; stars are the answers that keep the
    limits, the preferred one large and red.

    Args:
        cases: what the plan rests on.
        plan: the answers.
        path: the picture.
        dpi: of a PNG file.

    Raises:
        RunFileError: it cannot be written.
        GpudemError: no speed varies.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drive = cases.drive
    if drive is None:
        raise GpudemError("--figure: no speed varies in this study")
    answers = [*plan.candidates, *plan.missing]
    names = [name for name in shown_names(cases, plan) if name != drive]
    by = next((name for name in ("diameter", "size") if name in names), None)
    columns = sorted({one.settings[by] for one in answers}) if by else [None]
    timed = plan.wish.energy is not None
    kinds, count = 2 if timed else 1, len(columns)
    # A single column of panels lies down.
    rows, across = (1, kinds) if count == 1 else (kinds, count)
    figure = Figure(figsize=(1.6 + 3.9 * across, 0.9 + 2.9 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    share: Any = False if count == 1 else "row"
    grid = figure.subplots(rows, across, squeeze=False, sharex=True, sharey=share)
    grid = grid.reshape(kinds, count)
    within = [name for name in names if name != by]
    series = list(dict.fromkeys(tuple(one.settings[n] for n in within) for one in answers))
    series.sort(key=lambda one: tuple(map(str, one)))
    colours = {one: _colour(n, len(series)) for n, one in enumerate(series)}
    for column, value in enumerate(columns):
        here = [one for one in answers if by is None or one.settings[by] == value]
        for one in here:
            key = tuple(one.settings[name] for name in within)
            label = settings_told(cases, dict(zip(within, key, strict=True)))
            style = {
                "color": colours[key],
                "marker": _MARKERS[series.index(key) % len(_MARKERS)],
                "label": label or None,
            }
            best = one is plan.best
            if timed:
                _draw(grid[0, column], cases, plan, one, "power", best, style)
            _draw(grid[-1, column], cases, plan, one, STRESSES[plan.wish.stress], best, style)
        if by is not None:
            grid[0, column].set_title(settings_told(cases, {by: value}), fontsize=10)
        for axes in grid[:, column] if count == 1 else grid[-1:, column]:
            axes.set_xlabel(f"{drive} {SYMBOLS.get(drive, '')} [{cases.coordinate(drive).unit}]")
    _finish(grid, plan, timed)
    unique: dict[str, Any] = {}
    for axes in grid.ravel():
        handles, labels = axes.get_legend_handles_labels()
        unique = {**unique, **dict(zip(labels, handles, strict=True))}
    if unique:
        handles, labels = list(unique.values()), list(unique)
        figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9)
    return save_figure(figure, path, dpi=dpi)


def _finish(grid: Any, plan: MillingPlan, timed: bool) -> None:
    """Limits, scales and words of the axes."""
    from matplotlib.ticker import LogLocator, StrMethodFormatter

    wish = plan.wish
    stress = wish.most_stress if wish.most_stress is not None else wish.same_stress
    if timed:
        energy = format_quantity(wish.energy or 0.0, "specific_energy", 4)
        grid[0, 0].set_ylabel(f"milling time for {energy}  [min]")
    sign = wish.stress.replace("_90", "$_{90}$").replace("_W", "$_W$")
    grid[-1, 0].set_ylabel(f"stress energy {sign}  [µJ]")
    for row, line in ((0, wish.longest if timed else None), (-1, stress)):
        scale = 1.0 / 60.0 if (row == 0 and timed) else 1e6
        for axes in grid[row]:
            if line is not None:
                label = "wanted" if wish.same_stress is not None else "limit"
                axes.axhline(
                    scale * line, color="crimson", linewidth=1.0, linestyle="--", label=label
                )
    for axes in grid.ravel():
        axes.set(yscale="log")
        low, high = axes.get_ylim()
        steps = (1.0, 2.0, 5.0) if high / low < 300.0 else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=steps))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(lambda value, place: "")
        axes.grid(True, which="major", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)


def _colour(n: int, count: int) -> Any:
    from matplotlib import colormaps

    return colormaps["viridis"](0.85 * n / max(1, count - 1))


def _draw(
    axes: Any,
    cases: Cases,
    plan: MillingPlan,
    one: Candidate,
    quantity: str,
    best: bool,
    style: dict[str, Any],
) -> None:
    """Cases, fit and answer of one setting; a power as the time that follows."""
    drive = cases.drive
    assert drive is not None
    settings: Settings = {k: v for k, v in one.settings.items() if k != drive}
    rows = cases.at(settings)

    def shown(log: np.ndarray) -> np.ndarray:
        if quantity != "power":
            return 1e6 * np.exp(log)
        assert one.time is not None
        # Energy times mass, however that was found.
        top = one.time.value * one.power.value
        return np.array([milling_time_for(top, p, 1.0) / 60.0 for p in np.exp(log)])

    colour = style["color"]
    low, high = (rows if len(rows) > 1 else cases.frame)[drive].agg(["min", "max"])
    speeds = np.geomspace(low, high, _POINTS)
    points = {k: np.full(_POINTS, v) for k, v in settings.items() if k not in cases.words}
    response = cases.response(quantity, settings)
    # The fit alone: cases that are told by themselves would be spikes.
    value, reach = response.fitted({x: {**points, drive: speeds}[x] for x in response.variables})
    axes.plot(speeds, shown(value), "-", color=colour, linewidth=1.3)
    axes.fill_between(
        speeds, shown(value - reach), shown(value + reach), color=colour, alpha=0.2, linewidth=0
    )
    if len(rows):
        axes.plot(
            rows[drive],
            shown(np.log(rows[quantity].to_numpy(float))),
            style["marker"],
            color=colour,
            markersize=4,
            label=style["label"],
        )
    if not one.meets:
        return
    estimate = one.power if quantity == "power" else one.stresses[plan.wish.stress]
    axes.plot(
        one.settings[drive],
        shown(np.array([math.log(estimate.value)]))[0],
        "*",
        color="crimson" if best else colour,
        markeredgecolor="black",
        markeredgewidth=0.6,
        markersize=15 if best else 10,
        zorder=5,
    )
