"""The motion figure: maps over the bowl's cross-section, and where the beads are, run by run."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from gpudem.analysis.motion.maps import MotionMap
from gpudem.analysis.motion.regimes import NEAR, PLACES, SUPPORTS, Motion
from gpudem.numbers import rounded_up
from gpudem.report.figure import save_figure

#: Colours of PLACES, told apart in grey too.
_COLOURS = ("#35608d", "#a8b6c4", "#e0a030")
_LABELS = ("on the wall", "in the bulk", "in free flight")
#: Share of the cells of a map that its scale shows.
_USUAL = 0.98
#: Solid fraction below which speed and power are not drawn.
_FAINT = 0.01
#: Arrows along an edge of the map of the speed.
_ARROWS = 11
#: What turns, as in pictures of the beads (gpudem/pictures/picture.py).
_DISC, _BOWL = (0.75, 0.22, 0.17), (0.12, 0.38, 0.66)


def draw_motion_figure(
    motions: Sequence[Motion],
    maps: Sequence[MotionMap],
    labels: Sequence[str],
    path: str | os.PathLike[str],
    *,
    title: str = "",
) -> Path:
    """Draw, for each run, solid fraction, speed and power in the disc's frame, and the shares.

    As in pictures of the beads the disc's outward radius points up, the red arrow is the disc,
    which turns counterclockwise, and the blue one the bowl on the disc; in a drum gravity points
    down. Speeds are over the wall's relative to the disc, powers over the bowl's mean, so all runs
    share the scales, which end at what is rarely exceeded. The maps of one run lie in a row, those
    of several below each other, a column for each.

    Args:
        motions: one a run.
        maps: one a run.
        labels: one a run.
        path: the picture: PNG, PDF or SVG by its ending.
        title: what the runs have in common.

    Returns:
        The file written.

    Raises:
        RunFileError: the picture cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    runs, alone = len(motions), len(motions) == 1
    columns = 3 if alone else runs
    width = 9.4 if alone else 2.6 + 2.4 * columns
    key = wrap(_key(maps), int(14.0 * width))
    pictures = (2.8,) if alone else (2.4, 2.4, 2.4)
    rows = (*pictures, 0.9 + 0.3 * runs, 0.16 * len(key))
    figure = Figure(figsize=(width, sum(rows) + 0.3 * bool(title)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(len(rows), columns, height_ratios=rows)
    arrow = _usual([_values(found, "mean speed") for found in maps])
    for place, layer in enumerate(_LAYERS):
        drawn: list[Any] = []
        mesh: Any = None
        values = [_values(found, layer.kind) for found in maps]
        # One crowded map of the power would leave all others pale.
        top = layer.top or _usual(values, typical=layer.kind == "power")
        for column, (label, found) in enumerate(zip(labels, maps, strict=True)):
            axes = figure.add_subplot(grid[0, place] if alone else grid[place, column])
            mesh = _draw_map(axes, found, values[column], layer, top)
            drawn.append(axes)
            if layer.kind == "solid fraction":
                _draw_senses(axes, found, 1e3 * found.bowl_radius)
                axes.set_title("" if alone else label, fontsize=10)
            if layer.kind == "speed":
                _draw_arrows(axes, found, arrow, named=column == 0)
            if layer.kind == "power":
                axes.set_title(f"mean power {found.total_power:.3g} W", fontsize=9)
        where = {"location": "bottom", "pad": 0.02} if alone else {"pad": 0.01}
        figure.colorbar(mesh, ax=drawn, label=layer.meaning, extend="max", shrink=0.85, **where)
    _draw_bars(figure.add_subplot(grid[-2, :]), motions, labels)
    axes = figure.add_subplot(grid[-1, :])
    axes.set_axis_off()
    axes.text(0.0, 1.0, "\n".join(key), fontsize=7.5, va="top", color="0.35", linespacing=1.3)
    if title:
        figure.suptitle(title, fontsize=10, parse_math=False)
    return save_figure(figure, path, dpi=170)


class _Layer(NamedTuple):
    """A kind of map.

    Attributes:
        kind: its name.
        meaning: label of its colours.
        colours: matplotlib's name of the colour map.
        top: end of the scale; None for what is rarely exceeded.
    """

    kind: str
    meaning: str
    colours: str
    top: float | None = None


_LAYERS = (
    _Layer("solid fraction", "solid fraction", "Blues", 0.7),
    _Layer("speed", "speed / wall's speed", "viridis"),
    _Layer("power", "power / bowl's mean", "OrRd"),
)


def _values(found: MotionMap, kind: str) -> np.ndarray:
    """What a map shows, NaN where there are hardly any beads."""
    if kind == "solid fraction":
        values = found.solid_fraction
    elif kind == "speed":
        values = found.speed / abs(found.wall_speed)
    elif kind == "mean speed":
        values = np.linalg.norm(found.velocity, axis=-1) / abs(found.wall_speed)
    else:
        mean = np.nansum(found.power * found.inside) / found.inside.sum()
        values = found.power / (mean if mean else 1.0)
    return np.where(found.solid_fraction >= _FAINT, values, np.nan)


def _usual(values: Sequence[np.ndarray], typical: bool = False) -> float:
    """A round number that few values of any map exceed, or few of a typical one."""
    found = [each[np.isfinite(each)] for each in values]
    ends = [float(np.quantile(each, _USUAL)) for each in found if len(each)]
    end = np.median if typical else np.max
    return rounded_up(float(end(ends)) if ends else 1.0)


def _key(maps: Sequence[MotionMap]) -> str:
    """What the words of the figure mean."""
    turning = (
        "Outward: away from the disc's axis. Wall's speed: of the bowl's wall against the disc."
    )
    drum = "g: gravity. Wall's speed: of the drum's wall."
    kinds = sorted({one.rotation == 0.0 for one in maps})
    seen = " ".join(drum if still else turning for still in kinds)
    near = f"{NEAR:.2g} diameters"
    return (
        f"{seen} Solid fraction: the beads' share of the volume. Power: dissipated there by "
        "collisions. All are means over time and height; white arrows are mean velocities. "
        f"On the wall: nearer to the side wall than {near}. In free flight: touches nothing and "
        f"has fewer than {SUPPORTS} beads or walls nearer than {near}. In the bulk: all others. "
        "Cascading: beads roll down the free surface; cataracting: they are thrown off it and fly; "
        "rolling and sliding: most lie on the wall and lag behind it; centrifuging: they ride on "
        "the wall all around."
    )


def _draw_map(axes: Any, found: MotionMap, values: np.ndarray, layer: _Layer, top: float) -> Any:
    from matplotlib.patches import Circle

    millimetres = 1e3 * found.edges
    radius = 1e3 * found.bowl_radius
    bowl = Circle((0.0, 0.0), radius, fill=False, lw=1.2, color="0.25", zorder=3)
    axes.add_patch(bowl)
    # Rows go upwards, columns to the right.
    shown = values[:, ::-1] if found.rotation else values[::-1, :]
    mesh = axes.pcolormesh(
        millimetres, millimetres, shown, cmap=layer.colours, vmin=0.0, vmax=top, rasterized=True
    )
    mesh.set_clip_path(bowl)
    axes.set(xlim=(-1.32 * radius, 1.32 * radius), ylim=(-1.4 * radius, 1.32 * radius))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return mesh


def _turned(found: MotionMap, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What points along the map's x axis points up, in a drum (gravity) down."""
    return (-y, x) if found.rotation else (y, -x)


def _draw_arrows(axes: Any, found: MotionMap, longest: float, named: bool) -> None:
    """Mean velocities, thinned out, as long as they are fast.

    Args:
        axes: of matplotlib.
        found: the map.
        longest: speed over the wall's of an arrow as long as from one to the next.
        named: whether one for scale is drawn too.
    """
    cells = len(found.edges) - 1
    pick = np.unique(((np.arange(_ARROWS) + 0.5) * cells / _ARROWS).astype(int))
    middle = 0.5e3 * (found.edges[1:] + found.edges[:-1])
    dense = found.solid_fraction[np.ix_(pick, pick)] > 0.05
    x, y = np.meshgrid(middle[pick], middle[pick], indexing="ij")
    u = found.velocity[np.ix_(pick, pick)] / abs(found.wall_speed)
    scale = longest * _ARROWS / (2.0e3 * found.bowl_radius)
    heads = {"headwidth": 3.5, "headlength": 4.0, "headaxislength": 3.6}
    look = {"color": "white", "width": 0.007, **heads}
    arrows = axes.quiver(
        *_turned(found, x[dense], y[dense]), *_turned(found, u[dense][:, 0], u[dense][:, 1]),
        angles="xy", scale_units="xy", scale=scale, pivot="mid", **look,
    )  # fmt: skip
    if not named:
        return
    axes.quiverkey(
        arrows, 0.46, 0.02, longest, f"{longest:g} of the wall's speed", labelpos="E",
        color="0.35", labelcolor="0.35", fontproperties={"size": 7},
    )  # fmt: skip


def _draw_senses(axes: Any, found: MotionMap, radius: float) -> None:
    """Arrows for disc and bowl, and for what points up, or down."""
    from matplotlib.patches import FancyArrowPatch

    def arrow(begin: tuple[float, float], end: tuple[float, float], bend: float, **look) -> None:
        style = {"arrowstyle": "-|>", "mutation_scale": 9, "lw": 1.4, **look}
        (x0, y0), (x1, y1) = begin, end
        ends = (radius * x0, radius * y0), (radius * x1, radius * y1)
        axes.add_patch(FancyArrowPatch(*ends, connectionstyle=f"arc3,rad={bend}", **style))

    def name(text: str, x: float, y: float, **look) -> None:
        axes.text(radius * x, radius * y, text, **{"fontsize": 7, "va": "center", **look})

    sense = math.copysign(1.0, found.wall_speed)
    # Above the rim, bent as it is: to the left counterclockwise.
    arrow((0.5 * sense, 1.0), (-0.5 * sense, 1.0), 0.28 * sense, color=_BOWL)
    name("bowl on disc" if found.rotation else "drum", 0.58, 1.12, color=_BOWL)
    if found.rotation:
        arrow((0.5, -1.2), (-0.5, -1.2), 0.1, color=_DISC)
        name("disc", 0.58, -1.22, color=_DISC)
        arrow((-1.2, -0.2), (-1.2, 0.25), 0.0, color="0.4", lw=1.0)
        name("outward", -1.2, -0.28, color="0.4", rotation=90, ha="center", va="top")
    else:
        arrow((-1.2, 0.25), (-1.2, -0.2), 0.0, color="0.4", lw=1.0)
        name("g", -1.2, 0.34, color="0.4", ha="center")


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
    axes.set_xlim(0.0, 130.0)
    axes.set_xlabel("share of the beads [%]", loc="left")
    axes.set_xticks(np.arange(0.0, 101.0, 20.0))
    axes.spines["bottom"].set_bounds(0.0, 100.0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        ncols=3, fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0
    )
