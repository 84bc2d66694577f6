"""Figures of a study: stress energy and frequency with their power laws, and the milling map."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.report.figure import save_figure
from gpudem.study.dataset import SYMBOLS, coordinate_label, point_text
from gpudem.study.laws import FITTED, StudyLaw, cases_of, laws_of, variables_of
from gpudem.study.seeds import mean_over_seeds, parts_of
from gpudem.units import format_quantity

if TYPE_CHECKING:
    import pandas
    import xarray

#: How axes write quantities: words, unit, and SI value of one unit.
_AXES = {
    "stress_energy": ("stress energy SE, all collisions", "µJ", 1e-6),
    "stress_frequency": ("stress frequency SF", "10³/s", 1e3),
    "stress_energy_90": ("SE$_{90}$, hard collisions", "µJ", 1e-6),
    "stress_frequency_90": ("SF$_{90}$, hard collisions", "10³/s", 1e3),
    "stress_energy_weighted": ("SE$_W$, weighted by energy", "µJ", 1e-6),
    "stress_frequency_weighted": ("SF$_W$", "10³/s", 1e3),
    "power": ("dissipated power P", "W", 1.0),
    "specific_power": ("power over product", "W/g", 1e3),
    "milling_time": ("milling time", "min", 60.0),
    "kinetic_energy": ("kinetic energy", "mJ", 1e-3),
}
_MARKERS = "osD^vP"


def draw_laws(
    dataset: xarray.Dataset,
    quantities: Sequence[str],
    path: str | os.PathLike[str],
    *,
    dpi: int = 150,
) -> Path:
    """Draw quantities over what varies most, one panel a group, with the fitted power laws.

    Points are means over seeds with their standard errors; lines are the laws over all points of a
    panel. Where the paper has exponents for a panel, its slope is drawn through the middle of the
    points, dotted.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.
        quantities: names in it, a row of panels each.
        path: the picture.
        dpi: of a PNG file.

    Returns:
        The file written.

    Raises:
        RunFileError: it cannot be written.
        GpudemError: nothing varies that a law could run over.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from gpudem.errors import GpudemError

    over, groups = variables_of(dataset)
    if not over:
        raise GpudemError("no speed or size varies in this study: there is no law to draw")
    frame = mean_over_seeds(cases_of(dataset), [str(name) for name in dataset.coords])
    x, others = over[0], over[1:]
    panels = parts_of(frame, groups)
    styles = _styles(frame, others)
    laws = {(law.quantity, tuple(law.group.values())): law for law in laws_of(dataset, quantities)}
    rows, columns = len(quantities), len(panels)
    figure = Figure(figsize=(1.2 + 3.3 * columns, 0.6 + 3.0 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey="row")
    for row, quantity in enumerate(quantities):
        words, unit, size = _axis(dataset, quantity)
        for column, (key, part) in enumerate(panels):
            axes = grid[row, column]
            _draw_points(axes, dataset, part, quantity, x, styles, others, size)
            law = laws.get((quantity, key))
            if law is not None:
                _draw_law(axes, part, law, x, styles, others, size)
            if row == 0:
                axes.set_title(
                    point_text(dataset, dict(zip(groups, key, strict=True))), fontsize=10
                )
            axes.set(xscale="log", yscale="log")
            _plain_ticks(axes, sorted(set(part[x])))
            axes.grid(True, which="major", color="0.9", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
            if row == rows - 1:
                axes.set_xlabel(coordinate_label(dataset, x))
        grid[row, 0].set_ylabel(f"{words}  [{unit}]")
    shown: dict[str, Any] = {}
    for axes in grid[0]:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    labels, handles = list(shown), list(shown.values())
    handles += [*_line("-")] if laws else []
    labels += ["power law"] if laws else []
    if any(law.paper(x) is not None for law in laws.values()):
        handles += _line(":")
        labels += ["slope of the paper"]
    if labels:
        figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9)
    return save_figure(figure, path, dpi=dpi)


def _line(style: Any) -> list[Any]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], linestyle=style, color="0.3", linewidth=1.2)]


def _axis(dataset: xarray.Dataset, quantity: str) -> tuple[str, str, float]:
    about = dataset[quantity].attrs
    return _AXES.get(quantity, (about.get("long_name", quantity), about.get("units", "1"), 1.0))


def _colours(count: int) -> list[Any]:
    from matplotlib import colormaps

    # Neither too dark for a dark page nor too faint for a white one.
    return [colormaps["viridis"](0.28 + 0.6 * n / max(1, count - 1)) for n in range(count)]


_Styles = dict[tuple[Any, ...], tuple[Any, str]]


def _styles(frame: pandas.DataFrame, others: Sequence[str]) -> _Styles:
    """Colour and marker of each series, the same in all panels."""
    keys = [key for key, _ in parts_of(frame, others)]
    markers = itertools.cycle(_MARKERS)
    return dict(zip(keys, zip(_colours(len(keys)), markers, strict=False), strict=True))


def _draw_points(
    axes: Any,
    dataset: xarray.Dataset,
    part: pandas.DataFrame,
    quantity: str,
    x: str,
    styles: _Styles,
    others: Sequence[str],
    size: float,
) -> None:
    for key, points in parts_of(part, others):
        colour, marker = styles[key]
        points = points.sort_values(x)
        name = f"{quantity}_error"
        error = points[name].to_numpy(float) / size if name in points else None
        axes.errorbar(
            points[x],
            points[quantity] / size,
            yerr=None if error is None else np.nan_to_num(error),
            fmt=marker,
            color=colour,
            markersize=5,
            capsize=2,
            label=point_text(dataset, dict(zip(others, key, strict=True))) or None,
        )


def _draw_law(
    axes: Any,
    part: pandas.DataFrame,
    law: StudyLaw,
    x: str,
    styles: _Styles,
    others: Sequence[str],
    size: float,
) -> None:
    used = [name for name in others if name in law.law.variables]
    for key, points in parts_of(part, others):
        if x not in law.law.variables:
            continue
        colour, _ = styles[key]
        ends = np.array([points[x].min(), points[x].max()])
        fixed = {name: float(points[name].iloc[0]) for name in used}
        line = np.array([law.law.at(**{x: float(end)}, **fixed) for end in ends]) / size
        axes.plot(ends, line, "-", color=colour, linewidth=1.2)
        paper = law.paper(x)
        if paper is not None:
            middle = float(np.sqrt(ends[0] * ends[1]))
            height = law.law.at(**{x: middle}, **fixed) / size
            axes.plot(ends, height * (ends / middle) ** paper, ":", color=colour, linewidth=1.0)
    told = [
        f"{SYMBOLS.get(name, name)}$^{{{law.law.exponents[name].value:.2f}}}$"
        for name in law.law.variables
    ]
    text = f"{FITTED.get(law.quantity, law.quantity)} ~ {' '.join(told)}"
    if law.law.rejected:
        text += "\n(no pure power law)"
    # Where curves that rise leave room.
    axes.text(0.97, 0.04, text, transform=axes.transAxes, va="bottom", ha="right", fontsize=9)


def _plain_ticks(axes: Any, values: Sequence[float]) -> None:
    """Plain numbers on both axes; along x the values that there are, where they are few."""
    from matplotlib.ticker import FixedLocator, LogLocator, NullLocator, StrMethodFormatter

    low, high = axes.get_ylim()
    steps = (1.0, 2.0, 5.0) if high / low < 200.0 else (1.0,)
    axes.yaxis.set_major_locator(LogLocator(subs=steps))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(lambda value, place: "")

    if 1 < len(values) <= 8:
        axes.xaxis.set_major_locator(FixedLocator([float(value) for value in values]))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_locator(NullLocator())


def draw_map(
    dataset: xarray.Dataset,
    quantity: str,
    path: str | os.PathLike[str],
    *,
    points: Sequence[Mapping[str, Any]] = (),
    dpi: int = 150,
) -> Path:
    """Draw a quantity over two things that vary, one panel a group: a power map, a milling map.

    Between the cases, which are marked, colours are interpolated in logarithms; nothing is drawn
    beyond them.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.
        quantity: name in it.
        path: the picture.
        points: to be marked: values of the two by name, and ``label``.
        dpi: of a PNG file.

    Raises:
        RunFileError: it cannot be written.
        GpudemError: fewer than two things with values of three cases or more vary.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    from gpudem.errors import GpudemError

    over, groups = variables_of(dataset)
    numeric = [name for name in groups if np.issubdtype(dataset[name].dtype, np.number)]
    both = [*over, *(name for name in numeric if len(np.unique(dataset[name])) > 1)][:2]
    if len(both) < 2:
        raise GpudemError("a map needs two numbers that vary, such as speed and filling")
    x, y = both
    by = [name for name in [*over, *groups] if name not in both]
    frame = mean_over_seeds(cases_of(dataset), [str(name) for name in dataset.coords])
    words, unit, size = _axis(dataset, quantity)
    if quantity == "milling_time":
        energy = format_quantity(float(dataset.attrs["wanted_energy"]), "specific_energy", 4)
        words = f"milling time for {energy}"
    frame = frame[frame[quantity] > 0]
    panels = parts_of(frame, by)
    figure = Figure(figsize=(1.6 + 3.2 * len(panels), 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    values = frame[quantity] / size
    norm = LogNorm(values.min(), values.max()) if len(values) else None
    shown = None
    for axes, (key, part) in zip(grid, panels, strict=True):
        here = part[quantity].to_numpy(float) / size
        table = part.pivot_table(index=y, columns=x, values=quantity) / size
        if table.shape[0] > 1 and table.shape[1] > 1 and table.notna().all().all():
            levels = np.geomspace(values.min(), values.max(), 25)
            shown = axes.contourf(
                table.columns,
                table.index,
                table.to_numpy(),
                levels=levels,
                norm=norm,
                cmap="viridis",
            )
        shown = axes.scatter(
            part[x], part[y], c=here, norm=norm, cmap="viridis", edgecolors="white", s=36, zorder=3
        )
        for left, below, value in zip(part[x], part[y], here, strict=True):
            axes.annotate(
                f"{value:.3g}",
                (left, below),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=7,
                color="black",
                bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.8},
            )
        for point in points:
            axes.plot(point[x], point[y], "*", color="crimson", markersize=12, zorder=4)
            axes.annotate(str(point["label"]), (point[x], point[y]), fontsize=8, color="crimson")
        axes.set_title(point_text(dataset, dict(zip(by, key, strict=True))), fontsize=10)
        axes.set_xlabel(coordinate_label(dataset, x))
        axes.margins(0.12)
    grid[0].set_ylabel(coordinate_label(dataset, y))
    if shown is not None:
        bar = figure.colorbar(shown, ax=list(grid), pad=0.02)
        bar.set_label(f"{words}  [{unit}]")
    return save_figure(figure, path, dpi=dpi)
