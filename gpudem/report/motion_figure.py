"""The motion figure: maps over the bowl's cross-section, and where the beads are, run by run."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gpudem.analysis.motion.maps import MotionMap
from gpudem.analysis.motion.regimes import PLACES, Motion
from gpudem.report.figure import save_figure

#: Colours of PLACES, told apart in grey too.
_COLOURS = ("#35608d", "#a8b6c4", "#e0a030")
_LABELS = ("on the wall", "in the bulk", "in free flight")
#: Ends of the colour scales that all runs share.
_DENSEST, _FASTEST, _HARDEST = 0.7, 1.0, 5.0
#: Solid fraction below which speed and power are not drawn.
_FAINT = 0.01
#: Arrows along an edge of the map of the speed.
_ARROWS = 11


def draw_motion_figure(
    motions: Sequence[Motion],
    maps: Sequence[MotionMap],
    labels: Sequence[str],
    path: str | os.PathLike[str],
) -> Path:
    """Draw, for each run, solid fraction, speed and power in the disc's frame, and the shares.

    The outward disc radius points to the right, the disc turns counterclockwise (solid arrow),
    and the dashed arrow shows the wall's sense relative to the disc. Speeds are over the wall's
    relative to the disc, powers over the bowl's mean, so all runs share the scales. In a drum,
    gravity points to the right.

    Args:
        motions: one a run.
        maps: one a run.
        labels: one a run.
        path: the picture: PNG, PDF or SVG by its ending.

    Returns:
        The file written.

    Raises:
        RunFileError: the picture cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    runs = len(motions)
    bars = 0.9 + 0.3 * runs
    figure = Figure(figsize=(2.6 + 2.4 * max(runs, 2), 7.2 + bars), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(4, max(runs, 2), height_ratios=(2.4, 2.4, 2.4, bars))
    kinds = (
        ("solid fraction", "solid fraction", "Blues", _DENSEST),
        ("speed", "speed / wall's speed", "viridis", _FASTEST),
        ("power", "power / bowl's mean", "OrRd", _HARDEST),
    )
    for row, (kind, meaning, colours, top) in enumerate(kinds):
        drawn: list[Any] = []
        mesh: Any = None
        for column, (label, found) in enumerate(zip(labels, maps, strict=True)):
            axes = figure.add_subplot(grid[row, column])
            mesh = _draw_map(axes, found, kind, colours, top)
            drawn.append(axes)
            if row == 0:
                axes.set_title(label, fontsize=10)
            if kind == "power":
                axes.set_title(f"dissipated: {found.total_power:.3g} W", fontsize=9)
        figure.colorbar(mesh, ax=drawn, label=meaning, extend="max", shrink=0.85, pad=0.01)
    _draw_bars(figure.add_subplot(grid[3, :]), motions, labels)
    return save_figure(figure, path, dpi=170)


def _draw_map(axes: Any, found: MotionMap, kind: str, colours: str, top: float) -> Any:
    from matplotlib.patches import Circle

    millimetres = 1e3 * found.edges
    radius = 1e3 * found.bowl_radius
    if kind == "solid fraction":
        values = found.solid_fraction
    elif kind == "speed":
        values = found.speed / abs(found.wall_speed)
    else:
        mean = np.nansum(found.power * found.inside) / found.inside.sum()
        values = found.power / (mean if mean else 1.0)
    values = np.where(found.solid_fraction >= _FAINT, values, np.nan)
    bowl = Circle((0.0, 0.0), radius, fill=False, lw=1.2, color="0.25", zorder=3)
    axes.add_patch(bowl)
    mesh = axes.pcolormesh(
        millimetres, millimetres, values.T, cmap=colours, vmin=0.0, vmax=top, rasterized=True
    )
    mesh.set_clip_path(bowl)
    if kind == "speed":
        _draw_arrows(axes, found)
    if kind == "solid fraction":
        _draw_senses(axes, found, radius)
    axes.set(xlim=(-1.32 * radius, 1.32 * radius), ylim=(-1.22 * radius, 1.22 * radius))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return mesh


def _draw_arrows(axes: Any, found: MotionMap) -> None:
    """Mean velocities, thinned out, as long as they are fast."""
    cells = len(found.edges) - 1
    pick = np.unique(((np.arange(_ARROWS) + 0.5) * cells / _ARROWS).astype(int))
    middle = 0.5e3 * (found.edges[1:] + found.edges[:-1])
    dense = found.solid_fraction[np.ix_(pick, pick)] > 0.05
    x, y = np.meshgrid(middle[pick], middle[pick], indexing="ij")
    u = found.velocity[np.ix_(pick, pick)] / abs(found.wall_speed)
    scale = 0.6 * _ARROWS / (2.0e3 * found.bowl_radius)
    heads = {"headwidth": 3.5, "headlength": 4.0, "headaxislength": 3.6}
    axes.quiver(
        x[dense], y[dense], u[dense][:, 0], u[dense][:, 1], angles="xy", scale_units="xy",
        scale=scale, color="white", width=0.007, pivot="mid", **heads,
    )  # fmt: skip


def _draw_senses(axes: Any, found: MotionMap, radius: float) -> None:
    """Arrows for the outward disc radius, the disc's sense and the wall's relative to it."""
    from matplotlib.patches import Arc, FancyArrowPatch

    def bent(reach: float, start: float, sense: float, style: str, colour: str) -> None:
        span = 50.0 * sense
        low, high = sorted((start, start + span))
        arc = Arc(
            (0.0, 0.0),
            2 * reach,
            2 * reach,
            theta1=low,
            theta2=high,
            ls=style,
            color=colour,
            lw=1.2,
        )
        axes.add_patch(arc)
        end = math.radians(start + span)
        before = end - math.radians(2.0 * sense)
        axes.annotate(
            "", (reach * math.cos(end), reach * math.sin(end)),
            (reach * math.cos(before), reach * math.sin(before)),
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.2},
        )  # fmt: skip

    axes.add_patch(
        FancyArrowPatch(
            (1.02 * radius, 0.0),
            (1.3 * radius, 0.0),
            arrowstyle="-|>",
            mutation_scale=9,
            color="0.1",
        )
    )
    axes.text(1.32 * radius, 0.0, "R" if found.rotation else "g", va="center", fontsize=9)
    if found.rotation:
        bent(1.12 * radius, 30.0, 1.0, "-", "0.1")
    bent(1.12 * radius, 210.0, math.copysign(1.0, found.wall_speed), "--", "#b03030")


def _draw_bars(axes: Any, motions: Sequence[Motion], labels: Sequence[str]) -> None:
    heights = np.arange(len(motions))[::-1]
    left = np.zeros(len(motions))
    for place, label, colour in zip(PLACES, _LABELS, _COLOURS, strict=True):
        widths = np.array([motion.share[place].value for motion in motions])
        axes.barh(heights, 100.0 * widths, left=100.0 * left, color=colour, label=label, height=0.7)
        left += widths
    for height, motion in zip(heights, motions, strict=True):
        axes.text(101.0, height, motion.regime.name, va="center", fontsize=9)
    axes.set_yticks(heights, labels)
    axes.set(xlim=(0.0, 130.0), xlabel="share of the beads [%]")
    axes.set_xticks(np.arange(0.0, 101.0, 20.0))
    axes.spines["bottom"].set_bounds(0.0, 100.0)
    axes.xaxis.set_label_coords(50.0 / 130.0, -0.18)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        ncols=3, fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0
    )
