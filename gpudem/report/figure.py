"""The SF-SE figure: how often the beads stress the product, and how hard."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gpudem.errors import GpudemError, RunFileError
from gpudem.plain_text import printable
from gpudem.report.text import UNKNOWN, beads_text, number, quantity
from gpudem.units import RPM

#: Densities below this part of the highest one are left out of the picture.
_SHOWN_RANGE = 1e-4


def draw_stress_figure(
    results: Sequence[Mapping[str, Any]],
    path: str | os.PathLike[str],
) -> Path:
    """Draw stress frequency over stress energy in logarithmic classes, one curve a run.

    Left for whole events, right for bead-intervals (as in Frankenberg et al. 2025). The
    ordinate is d SF / d log10 SE, so that an area is a frequency whatever the classes are. A
    triangle marks SE_90, the mean of the hardest events that carry 90 % of the energy.

    Args:
        results: what `gpudem.report.report.analyse` returned, one a run.
        path: the picture, by custom a PNG file.

    Returns:
        The file written.

    Raises:
        RunFileError: the picture cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = list(results)
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    colours = _colours(len(shown))
    curves: list[tuple[np.ndarray, np.ndarray]] = []
    for result, label, colour in zip(shown, _labels(shown), colours, strict=True):
        curve = draw_curve(left, result["events"]["distribution"], label, colour)
        curves += [] if curve is None else [curve]
        mark = result["stress_energy_q"]["90"]
        if curve is not None and mark is not None:
            height = np.interp(np.log(mark), np.log(curve[0]), curve[1])
            left.plot(mark, height, "v", color=colour, markeredgecolor="black", markersize=7)
        if len(shown) == 1:
            curves += _draw_classes(left, result)
        inner = result["bead_intervals"]["distribution"]
        curve = None if inner is None else draw_curve(right, inner, label, colour)
        curves += [] if curve is None else [curve]
    left.set_title("per event: one whole contact", fontsize=10)
    right.set_title("per bead and log interval: W / c", fontsize=10)
    for axes, nothing in ((left, "no events"), (right, "no log of single beads")):
        if not axes.lines:
            axes.text(0.5, 0.5, nothing, ha="center", transform=axes.transAxes)
    left.plot([], [], "v", color="white", markeredgecolor="black", label="SE$_{90}$")
    left.set_ylabel("stress frequency d SF / d log$_{10}$ SE  [1/s per decade]")
    figure.suptitle(_caption(shown), fontsize=10)
    x_limits, y_limits = curve_limits(curves)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("stress energy SE (dissipated)  [J]")
        axes.grid(True, which="major", color="0.88", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set(xlim=x_limits, ylim=y_limits)
    left.legend(fontsize=8, frameon=False, loc="best")
    return save_figure(figure, path, dpi=200)


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
                "" if filling is None else f"filling {number(filling)}",
                quantity(scene["speed"], "angular_speed"),
            )
        )
    common = [parts[0] for parts in zip(*told, strict=True) if len(set(parts)) == 1]
    return ", ".join(part for part in common if part and part != UNKNOWN)


def curve_limits(
    curves: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of both axes: all that is worth seeing, and no decades of single faint contacts."""
    energy = np.concatenate([np.zeros(0), *(curve[0] for curve in curves)])
    density = np.concatenate([np.zeros(0), *(curve[1] for curve in curves)])
    if not np.any(density > 0.0):
        return (1e-9, 1e-3), (1.0, 1e6)
    highest = float(density.max())
    lowest = max(highest * _SHOWN_RANGE, 0.5 * float(density[density > 0.0].min()))
    seen = energy[density >= lowest]
    return (0.5 * float(seen.min()), 2.0 * float(seen.max())), (lowest, highest * 3.0)


def draw_curve(
    axes: Any, distribution: Mapping[str, Any], label: str, colour: Any
) -> tuple[np.ndarray, np.ndarray] | None:
    """Draw one curve through the middles of the classes; return it, None if it is empty."""
    edges = np.array(distribution["edges"])
    if len(edges) < 2:
        return None
    density = np.array(distribution["frequency"]) / np.diff(np.log10(edges))
    middle = np.sqrt(edges[1:] * edges[:-1])
    shown = np.where(density > 0.0, density, np.nan)
    single = "o" if len(middle) == 1 else None
    axes.plot(middle, shown, color=colour, lw=1.6, marker=single, ms=4, label=label)
    return middle, density


def _draw_classes(axes: Any, result: Mapping[str, Any]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw a curve for each pair class of a run, where there are several species."""
    from matplotlib import colormaps

    found = []
    for number_, one in enumerate(result.get("pair_classes", ())):
        colour = colormaps["tab10"](number_ % 10)
        curve = draw_curve(axes, one["distribution"], one["name"], colour)
        if curve is not None:
            axes.lines[-1].set(linewidth=1.1, linestyle="--" if one["with_wall"] else "-")
            found.append(curve)
    return found


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
