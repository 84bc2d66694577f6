"""The SF-SE figure: how often the beads stress the product, and how hard."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gpudem.analysis.events import energy_distributions
from gpudem.errors import GpudemError, RunFileError
from gpudem.plain_text import printable
from gpudem.report.differences import differences, in_order
from gpudem.report.text import UNKNOWN, beads_text, number, quantity
from gpudem.runfile.reader import open_run
from gpudem.units import RPM

#: Densities below this part of the highest one are left out of the picture.
_SHOWN_RANGE = 1e-4
#: Classes with fewer collisions are points with error bars, not a line.
FEW = 20
#: A line needs so many classes in a row; what is shorter would be a stray stroke.
_LEAST_LINE = 3
#: The share of a count that its error bar may reach down to, as a logarithmic axis has no zero.
_LOWEST_BAR = 0.83
_PAIRS = {"bead_bead": "bead on bead", "bead_wall": "bead on wall"}
_KINDS = {
    "dissipation": "dissipated energy",
    "normal": "normal work while loading",
    "shear": "shear work",
}
Curve = tuple[np.ndarray, np.ndarray]


def draw_stress_figure(
    results: Sequence[Mapping[str, Any]],
    path: str | os.PathLike[str],
) -> Path:
    """Draw stress frequency over stress energy in logarithmic classes.

    Of one run by what touches what, by kind of energy, and by beads in log intervals (as in
    Frankenberg et al. 2025); of several a curve for each, of collisions and of beads. The
    ordinate is d SF / d log10 SE, so that an area is a frequency whatever the classes are. A
    triangle marks SE_90, the mean of the most energetic collisions that carry 90 % of the energy.

    Args:
        results: what `gpudem.report.report.analyse` returned, one a run. Kinds of energy are read
            from the run file of a single one, and left out where that is gone.
        path: the picture, by custom a PNG file.

    Returns:
        The file written.

    Raises:
        RunFileError: the picture cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    order = in_order(differences(results), len(results)) if len(results) > 1 else [0]
    shown = [results[k] for k in order]
    kinds = _by_kind(shown[0]) if len(shown) == 1 else {}
    count = 3 if kinds else 2
    figure = Figure(figsize=(4.6 * count, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(figure.subplots(1, count, sharey=True))
    left, right = panels[0], panels[-1]
    curves: list[list[Curve | None]] = [[] for _ in panels]
    for result, label, colour in zip(shown, _labels(shown), _colours(len(shown)), strict=True):
        time = result["window"]["duration"]
        if len(shown) == 1:
            label, colour = "all collisions", "black"
        whole = draw_curve(left, result["events"]["distribution"], time, label, colour)
        curves[0].append(whole)
        mark(left, whole, result["stress_energy_q"]["90"], colour)
        if len(shown) == 1:
            curves[0] += _draw_classes(left, result)
        inner = result["bead_intervals"]["distribution"]
        if inner is not None:
            label = "all beads" if len(shown) == 1 else label
            curves[-1].append(draw_curve(right, inner, time, label, colour))
    for number_, (name, distribution) in enumerate(kinds.items()):
        time = shown[0]["window"]["duration"]
        colour = "black" if name == "dissipation" else _distinct(number_ + 1)
        curves[1].append(draw_curve(panels[1], distribution, time, _KINDS[name], colour))
    by = "by what touches what" if len(shown) == 1 else "dissipated energy"
    left.set_title(f"collisions, each counted once: {by}", fontsize=10)
    if kinds:
        panels[1].set_title("collisions, each counted once: by kind of energy", fontsize=10)
    right.set_title(
        "mean energy of a bead's new contacts\nin each log interval",
        fontsize=10,
    )
    nothing = ["no collisions"] * (count - 1) + ["no log of single beads"]
    for axes, text in zip(panels, nothing, strict=True):
        if not axes.has_data():
            axes.text(0.5, 0.5, text, ha="center", transform=axes.transAxes)
    # Marks have the colours of their curves.
    face = "black" if len(shown) == 1 else "white"
    left.plot([], [], "v", color=face, markeredgecolor="black", label="SE$_{90}$")
    left.set_ylabel("stress frequency d SF / d log$_{10}$ SE  [1/s per decade]")
    figure.suptitle(_caption(shown), fontsize=10)
    figure.supxlabel(
        f"points: fewer than {FEW} in a class, with $\\pm\\sqrt{{N}}$", fontsize=8, color="0.3"
    )
    for axes, own in zip(panels, curves, strict=True):
        set_limits(axes, own, [curve for each in curves for curve in each])
        axes.set_xlabel("stress energy SE")
        axes.grid(True, which="major", color="0.88", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        if axes.get_legend_handles_labels()[1] and (axes is left or (kinds and axes is panels[1])):
            axes.legend(fontsize=8, frameon=False, loc="best")
    return save_figure(figure, path, dpi=200)


def _by_kind(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Distributions of each kind of energy, from the run file; empty where that is gone."""
    try:
        with open_run(result["file"]) as run:
            found = energy_distributions(run, result["window"]["duration"])
    except GpudemError:
        return {}
    return {
        name: {"edges": one.edges, "frequency": one.frequency}
        for name, one in found.items()
        if len(one.frequency)
    }


def mark(axes: Any, curve: Curve | None, energy: float | None, colour: Any) -> None:
    """Mark an energy [J], such as SE_90, on a curve of `draw_curve`."""
    if curve is None or energy is None or not np.any(curve[1] > 0.0):
        return
    seen = curve[1] > 0.0
    height = np.exp(np.interp(np.log(energy), np.log(curve[0][seen]), np.log(curve[1][seen])))
    axes.plot(energy, height, "v", color=colour, markeredgecolor="black", markersize=7)


def save_figure(figure: Any, path: str | os.PathLike[str], dpi: int) -> Path:
    """Write a figure of matplotlib's; makes its folder.

    Raises:
        RunFileError: it cannot be written.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, dpi=dpi)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise RunFileError(f"{target}: cannot be written: {reason}") from error
    return target


@contextlib.contextmanager
def figure_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turns whatever fails while a command draws a figure into one line.

    matplotlib may be broken in many ways: by its settings, its fonts, its installation.

    Raises:
        GpudemError: something failed.
    """
    try:
        yield
    except GpudemError:
        raise
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise GpudemError(f"{path}: the figure cannot be drawn: {reason}") from error


def _caption(results: Sequence[Mapping[str, Any]]) -> str:
    """What all runs have in common, in words."""
    told = []
    for result in results:
        scene = result["scene"]
        filling = scene["filling"]
        told.append(
            (
                printable(result["title"]),
                beads_text(result),
                "" if filling is None else f"filling ratio {number(filling)}",
                quantity(scene["speed"], "angular_speed"),
            )
        )
    common = [parts[0] for parts in zip(*told, strict=True) if len(set(parts)) == 1]
    return ", ".join(part for part in common if part and part != UNKNOWN)


def curve_limits(curves: Sequence[Curve]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of both axes: all that is worth seeing, and no decades of single faint contacts."""
    energy = np.concatenate([np.zeros(0), *(curve[0] for curve in curves)])
    density = np.concatenate([np.zeros(0), *(curve[1] for curve in curves)])
    if not np.any(density > 0.0):
        return (1e-9, 1e-3), (1.0, 1e6)
    highest = float(density.max())
    lowest = max(highest * _SHOWN_RANGE, 0.5 * float(density[density > 0.0].min()))
    seen = energy[density >= lowest]
    return (0.5 * float(seen.min()), 2.0 * float(seen.max())), (lowest, highest * 3.0)


def set_limits(
    axes: Any, curves: Sequence[Curve | None], every: Sequence[Curve | None] | None = None
) -> None:
    """Set logarithmic axes that show what is worth seeing, and take away points below them.

    Args:
        axes: of matplotlib.
        curves: what `draw_curve` returned.
        every: those of all axes that share the ordinate; by default the same.
    """
    x_limits, y_limits = curve_limits([curve for curve in curves if curve is not None])
    if every is not None:
        _, y_limits = curve_limits([curve for curve in every if curve is not None])
    axes.set(xscale="log", yscale="log", xlim=x_limits, ylim=y_limits)
    name_energies(axes)
    for point in list(axes.containers):
        # Of those only a piece of the error bar would be seen.
        if point.lines[0].get_ydata()[0] < y_limits[0]:
            point.remove()


def name_energies(axes: Any) -> None:
    """Write energies along a logarithmic axis as people say them: 1 nJ, 1 µJ, 1 mJ."""
    from matplotlib.ticker import EngFormatter, LogLocator

    decades = math.log10(axes.get_xlim()[1] / axes.get_xlim()[0])
    axes.xaxis.set_major_locator(
        LogLocator(10.0 ** (1 if decades < 5.0 else 2 if decades < 9 else 3))
    )
    axes.xaxis.set_major_formatter(EngFormatter(unit="J"))


def draw_curve(
    axes: Any, distribution: Mapping[str, Any], duration: float, label: str, colour: Any
) -> Curve | None:
    """Draw frequencies at the middles of their classes; return them, None if there are none.

    Classes that hold FEW counts or more in a row are a line, the others points with error bars
    of the square root of their counts.

    Args:
        axes: of matplotlib.
        distribution: edges of classes [J] and frequencies [1/s].
        duration: time over which was counted [s].
        label: for the legend.
        colour: of matplotlib.
    """
    edges = np.array(distribution["edges"])
    if len(edges) < 2:
        return None
    frequency = np.array(distribution["frequency"])
    count = frequency * duration
    width = np.diff(np.log10(edges))
    density, middle = frequency / width, np.sqrt(edges[1:] * edges[:-1])
    lined = _in_a_row(count >= FEW - 1e-6)
    axes.plot(middle, np.where(lined, density, np.nan), color=colour, lw=1.6, label=label)
    few = ~lined & (count > 0.0)
    if np.any(few):
        error = np.sqrt(count[few]) / duration / width[few]
        below = np.minimum(error, _LOWEST_BAR * density[few])
        # One by one, so that `set_limits` can take away those that it leaves out.
        for x, y, low, high in zip(middle[few], density[few], below, error, strict=True):
            bar = [[low], [high]]
            axes.errorbar([x], [y], bar, fmt="o", color=colour, ms=3, lw=0.8, label="_point")
    return middle, density


def _in_a_row(enough: np.ndarray) -> np.ndarray:
    """Those of true values that stand in a row of _LEAST_LINE or more."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], enough, [False]]).astype(int)))
    kept = np.zeros(len(enough), bool)
    for first, last in ends.reshape(-1, 2):
        kept[first:last] = last - first >= _LEAST_LINE
    return kept


def _draw_classes(axes: Any, result: Mapping[str, Any]) -> list[Curve | None]:
    """Draw a curve for each pair class: of species, else of beads and wall."""
    time = result["window"]["duration"]
    classes = [
        (one["name"], one["distribution"], one["with_wall"]) for one in result["pair_classes"]
    ] or [
        (name, result["events"]["distribution_by_kind"][kind], kind == "bead_wall")
        for kind, name in _PAIRS.items()
    ]
    found = []
    for number_, (name, distribution, with_wall) in enumerate(classes):
        before = len(axes.lines)
        found.append(draw_curve(axes, distribution, time, name, _distinct(number_)))
        for line in axes.lines[before : before + 1]:
            line.set(linewidth=1.1, linestyle="--" if with_wall else "-")
    return found


def _distinct(number_: int) -> Any:
    from matplotlib import colormaps

    return colormaps["tab10"](number_ % 10)


def _labels(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the curves: by speed where that tells them apart, else by file."""
    speeds = [result["scene"]["speed"] for result in results]
    if None not in speeds and len(set(speeds)) == len(speeds):
        return [f"{speed / RPM:.4g} rpm" for speed in speeds]
    return [Path(result["file"]).stem for result in results]


def _colours(count: int) -> list[Any]:
    """Colours that keep apart in black and white too."""
    from matplotlib import colormaps

    return [colormaps["viridis"](x) for x in np.linspace(0.0, 0.8, max(count, 1))][:count]
