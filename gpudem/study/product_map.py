"""The figure from energy to product: the milling map, and measured points over E_m."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.analysis.product_points import ProductPoint
from gpudem.report.figure import save_figure
from gpudem.report.text import number
from gpudem.study.dataset import coordinate_label
from gpudem.study.product import (
    PowerCurve,
    best_conditions,
    chosen_curve,
    drive_of,
    group_text,
    papers_conditions,
    power_curves,
)

if TYPE_CHECKING:
    import xarray

#: Milling times of the map [s], widened to those of points.
_TIMES = (60.0, 3600.0)
_STEPS = (1.0, 2.0, 5.0)
_WINDOW = "#4c9f70"
_PAPER = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}


def draw_product_map(
    dataset: xarray.Dataset,
    points: Sequence[ProductPoint],
    path: str | os.PathLike[str],
    *,
    at: Mapping[str, Any] | None = None,
    window: tuple[float, float] | None = None,
    are_papers: bool = False,
    dpi: int = 150,
) -> Path:
    """Draw E_m over speed and milling time with measured points on it, and these over E_m.

    The map is of one bead size and filling. Its lines of equal E_m follow from the powers of the
    study's cases (ticks along the lower edge), in between interpolated in logarithms; nothing is
    drawn beyond them. Points of which no speed or no time is known are not on the map. Over E_m,
    hollow marks are at the E_m given with a point, filled ones at that by the study's power.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.
        points: what `gpudem.analysis.product_points.read_points` returned; may be none.
        path: the picture.
        at: which cases to draw, by coordinate; default those that most points are of.
        window: of E_m that the product is to have [J/kg], shaded.
        are_papers: the points are the reference paper's, whose milling conditions are then marked.
        dpi: of a PNG file.

    Returns:
        The file written.

    Raises:
        RunFileError: it cannot be written.
        GpudemError: no speed varies, no case is done, or there is no mass of product.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curve = chosen_curve(dataset, power_curves(dataset), points, at)
    shown = [point for point in points if curve.suits(point)]
    quantities = list(dict.fromkeys(point.quantity for point in shown))
    rows = max(1, len(quantities))
    wide = 10.5 if quantities else 6.2
    figure = Figure(figsize=(wide, max(4.6, 0.9 + 1.9 * rows)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        rows, 2 if quantities else 1, width_ratios=[1.15, 1][: 1 + bool(quantities)]
    )
    _draw_map(figure, figure.add_subplot(grid[:, 0]), dataset, curve, shown, window, are_papers)
    first: Any = None
    for row, name in enumerate(quantities):
        axes = figure.add_subplot(grid[row, 1], sharex=first)
        first = first or axes
        own = [point for point in shown if point.quantity == name]
        _draw_quantity(axes, curve, own, window, are_papers)
        axes.tick_params(labelbottom=row == rows - 1)
    if first is not None:
        axes.set_xlabel("specific energy E$_m$  [J/g]")
        low, high = first.get_xlim()
        if high < 30.0 * low:
            first.set_xlim(low / 5.0, high * 5.0)
        _plain(first.xaxis)
        handles, labels = _legend(curve, shown, window, are_papers)
        figure.legend(
            handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8
        )
    return save_figure(figure, path, dpi=dpi)


def _draw_map(
    figure: Any,
    axes: Any,
    dataset: xarray.Dataset,
    curve: PowerCurve,
    points: Sequence[ProductPoint],
    window: tuple[float, float] | None,
    are_papers: bool,
) -> None:
    drive, size = drive_of(dataset)
    placed = [p for p in points if np.isfinite(curve.energy(p))]
    conditions = papers_conditions(curve) if are_papers else []
    times = [float(p.milling_time or 0.0) for p in placed] + [c.milling_time for c, _ in conditions]
    low, high = (
        min([_TIMES[0], *(0.6 * t for t in times)]),
        max([_TIMES[1], *(1.6 * t for t in times)]),
    )
    speeds = np.geomspace(curve.speeds[0], curve.speeds[-1], 200)
    time = np.geomspace(low, high, 120)
    energy = curve.power(speeds)[None, :] * time[:, None] / 1e3
    x, y = speeds / size, time / 60.0
    axes.set(xscale="log", yscale="log", xlim=(x[0] / 1.06, x[-1] * 1.06), ylim=(y[0], y[-1]))
    ends = np.floor(np.log10(energy.min())), np.ceil(np.log10(energy.max()))
    levels = [step * 10.0**n for n in np.arange(*ends) for step in _STEPS]
    lines = axes.contour(x, y, energy, levels=levels, colors="0.55", linewidths=0.7)
    axes.clabel(lines, lines.levels, fmt=lambda value: f"{value:g}", fontsize=7, colors="0.35")
    if window:
        axes.contourf(
            x, y, energy, levels=[end / 1e3 for end in window], colors=[_WINDOW], alpha=0.35
        )
    for case, _ in conditions:
        told = f"{number(case.specific_energy / 1e3)}"
        told += f" ± {number(case.width / 1e3)}" if case.width else ""
        where = (case.speed / size, case.milling_time / 60.0)
        axes.plot(*where, "D", color="black", markerfacecolor="none", markersize=9, zorder=4)
        _label(axes, where, f"{told} J/g in the paper", (0, -13), "0.2")
    _draw_placed(figure, axes, placed, size)
    axes.plot(
        curve.speeds / size,
        [0.0] * len(curve.speeds),
        "|",
        color="black",
        markersize=9,
        transform=axes.get_xaxis_transform(),
        clip_on=False,
    )
    axes.set_title(f"E$_m$ [J/g] by this study: {group_text(dataset, curve)}", fontsize=10)
    axes.set_xlabel(coordinate_label(dataset, drive))
    axes.set_ylabel("milling time [min]")
    _plain(axes.yaxis)
    _cases_as_ticks(axes, curve.speeds / size)


def _draw_placed(figure: Any, axes: Any, placed: Sequence[ProductPoint], size: float) -> None:
    """Points on the map: coloured by the quantity that most of them have, all told in words."""
    where: dict[tuple[float, float], list[ProductPoint]] = {}
    for point in placed:
        assert point.speed is not None and point.milling_time is not None
        place = (float(f"{point.speed / size:.6g}"), point.milling_time / 60.0)
        where.setdefault(place, []).append(point)
    names = [point.quantity for point in placed if point.value is not None]
    main = max(dict.fromkeys(names), key=names.count) if names else ""
    coloured = [
        (place, point)
        for place, there in where.items()
        for point in there
        if point.quantity == main and point.value is not None
    ]
    if coloured:
        marks = axes.scatter(
            [place[0] for place, _ in coloured],
            [place[1] for place, _ in coloured],
            c=[point.value for _, point in coloured],
            cmap="viridis",
            edgecolors="black",
            s=60,
            zorder=5,
        )
        if len(coloured) > 1:
            bar = figure.colorbar(
                marks, ax=axes, location="bottom", shrink=0.6, aspect=30, pad=0.02
            )
            bar.set_label(f"{main} [{coloured[0][1].unit}]", fontsize=8)
            bar.ax.tick_params(labelsize=8)
    for place, there in where.items():
        if not any(place == other for other, _ in coloured):
            axes.plot(*place, "o", color="black", markerfacecolor="none", markersize=7, zorder=5)
        _label(axes, place, "\n".join(dict.fromkeys(p.text for p in there)), (0, 8), "black")


def _label(
    axes: Any, where: tuple[float, float], text: str, offset: tuple[float, float], colour: str
) -> None:
    """Text beside a mark, towards the middle of the axes where it is near their edge."""
    share = axes.transAxes.inverted().transform(axes.transData.transform(where))
    side = "left" if share[0] < 0.2 else "right" if share[0] > 0.8 else "center"
    axes.annotate(
        text,
        where,
        xytext=offset,
        textcoords="offset points",
        ha=side,
        va="bottom" if offset[1] > 0 else "top",
        fontsize=7.5,
        color=colour,
        zorder=6,
        bbox=_PAPER,
    )


def _draw_quantity(
    axes: Any,
    curve: PowerCurve,
    points: Sequence[ProductPoint],
    window: tuple[float, float] | None,
    are_papers: bool,
) -> None:
    """One quantity over E_m."""
    axes.set_xscale("log")
    if window:
        axes.axvspan(window[0] / 1e3, window[1] / 1e3, color=_WINDOW, alpha=0.35, linewidth=0)
    best = best_conditions(curve) if are_papers else None
    if best:
        axes.axvspan(
            best[0] / 1e3,
            best[1] / 1e3,
            facecolor="none",
            edgecolor=_WINDOW,
            hatch="///",
            linewidth=0,
        )
    for point in points:
        given, here = point.specific_energy, curve.energy(point)
        if point.value is None:
            axes.axvline((given or np.nan) / 1e3, color="0.4", linestyle=":", linewidth=1.0)
            axes.text(
                (given or np.nan) / 1e3,
                0.04,
                f" {point.remark or 'value not stated'}",
                transform=axes.get_xaxis_transform(),
                fontsize=7,
                color="0.3",
                bbox=_PAPER,
            )
        elif given is None and np.isnan(here):
            axes.axhline(point.value, color="0.4", linestyle="--", linewidth=1.0)
            axes.annotate(
                f"{point.value:g} {point.unit}, E$_m$ not known",
                (0.02, point.value),
                xycoords=("axes fraction", "data"),
                xytext=(0, 2),
                textcoords="offset points",
                fontsize=7,
                color="0.3",
                bbox=_PAPER,
            )
        else:
            _draw_point(axes, point, given, here)
    axes.set_ylabel(f"{points[0].quantity} [{points[0].unit}]")
    axes.grid(True, which="major", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12, y=0.25)


def _draw_point(axes: Any, point: ProductPoint, given: float | None, here: float) -> None:
    if given is not None:
        width = point.specific_energy_uncertainty
        axes.errorbar(
            given / 1e3,
            point.value,
            xerr=None if width is None else width / 1e3,
            yerr=point.uncertainty,
            fmt="D",
            color="black",
            markerfacecolor="white",
            capsize=2,
            markersize=6,
            zorder=4,
        )
        if np.isfinite(here):
            axes.plot([given / 1e3, here / 1e3], [point.value] * 2, "-", color="0.7", linewidth=1.0)
    if np.isfinite(here):
        axes.errorbar(
            here / 1e3,
            point.value,
            yerr=point.uncertainty,
            fmt="o",
            color="#31688e",
            capsize=2,
            markersize=6,
            zorder=4,
        )


def _legend(
    curve: PowerCurve,
    points: Sequence[ProductPoint],
    window: tuple[float, float] | None,
    are_papers: bool,
) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    labels: list[str] = []
    if any(point.specific_energy is not None for point in points):
        handles.append(
            Line2D([], [], marker="D", color="black", markerfacecolor="white", linestyle="")
        )
        labels.append("E$_m$ given with the point")
    if any(np.isfinite(curve.energy(point)) for point in points):
        handles.append(Line2D([], [], marker="o", color="#31688e", linestyle=""))
        labels.append("E$_m$ by this study's power")
    if window:
        handles.append(Patch(color=_WINDOW, alpha=0.35))
        labels.append(f"{window[0] / 1e3:g} to {window[1] / 1e3:g} J/g")
    if are_papers and best_conditions(curve):
        handles.append(Patch(facecolor="none", edgecolor=_WINDOW, hatch="///"))
        labels.append("the paper's best conditions, by this study's power")
    return handles, labels


def _plain(axis: Any) -> None:
    """Plain numbers along a logarithmic axis."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=_STEPS if high / low < 200.0 else (1.0,)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _cases_as_ticks(axes: Any, speeds: np.ndarray) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    if len(speeds) > 8:
        _plain(axes.xaxis)
        return
    axes.xaxis.set_major_locator(FixedLocator([float(f"{value:.6g}") for value in speeds]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
