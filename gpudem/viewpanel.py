"""The panel beside the beads: caption, scalar bar, power over time, stress frequency."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gpudem.colouring import Scale, rounded_up
from gpudem.picture import THEMES
from gpudem.replay import Course

#: Longest curve; more intervals are averaged.
_POINTS = 300
#: Densities below this part of the highest one are left out.
_SHOWN_RANGE = 1e-4
#: Where what changes stands, from below, over the panel's height.
_NOW, _NOTE = 0.868, 0.835


class Panel:
    """An image drawn by matplotlib, quick where only the moment changes.

    Args:
        size: width and height [pixels].
        theme: one of gpudem.picture.THEMES.
    """

    def __init__(self, size: tuple[int, int], theme: str = "light") -> None:
        self.size, self.theme = size, theme
        self._drawn: tuple[Any, ...] = ()

    def image(
        self,
        scale: Scale,
        course: Course,
        facts: Mapping[str, str],
        time: float,
        note: str = "",
        speed: str = "",
    ) -> np.ndarray:
        """Draw it: red, green and blue from 0 to 255, shape (height, width, 3).

        Args:
            scale: what colours the beads.
            course: what the plots show.
            facts: what the caption says, "mill" first.
            time: of the moment shown [s].
            note: a line about the followed bead, or anything else.
            speed: what is said beside the time.
        """
        limits = _limits(course)
        wanted = (self.size, self.theme, scale, tuple(facts.items()), limits)
        if self._drawn != wanted:
            self._draw_all(scale, facts, limits)
            self._drawn = wanted
        canvas = self._canvas
        canvas.restore_region(self._background)
        self._cursor.set_xdata([time, time])
        self._now.set_text(f"t = {time:.4f} s" + (f",  {speed}" if speed else ""))
        self._note.set_text(note)
        self._line.set_data(*averaged(course.time, course.power))
        begin = limits.time if course.window is None else course.window
        self._window.set_x(begin)
        self._window.set_width((course.time[-1] if len(course.time) else begin) - begin)
        if limits.energy is not None:
            stresses = course.stresses
            density = np.where(stresses.density > 0.0, stresses.density, np.nan)
            self._curve.set_data(np.sqrt(stresses.edges[1:] * stresses.edges[:-1]), density)
        for artist in (self._window, self._line, self._cursor):
            self._power.draw_artist(artist)
        self._stresses.draw_artist(self._curve)
        for text in (self._now, self._note):
            self._figure.draw_artist(text)
        return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()

    def _draw_all(self, scale: Scale, facts: Mapping[str, str], limits: _Limits) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        theme = THEMES[self.theme]
        # Type keeps its share of the panel, whatever the window's size.
        dpi = max(40.0, min(self.size[0] / 4.2, self.size[1] / 7.2))
        self._figure = figure = Figure(
            figsize=(self.size[0] / dpi, self.size[1] / dpi), dpi=dpi, facecolor=theme.background
        )
        self._canvas = FigureCanvasAgg(figure)
        ink: dict[str, Any] = {"color": theme.ink}
        self._caption(facts, ink)
        self._now = figure.text(0.05, _NOW, "", fontsize=11, weight="bold", animated=True, **ink)
        self._note = figure.text(0.05, _NOTE, "", fontsize=9, animated=True, **ink)
        self._scalar_bar(scale, ink)
        self._power = figure.add_axes((0.17, 0.435, 0.78, 0.215))
        self._prepare_power(limits)
        self._stresses = figure.add_axes((0.17, 0.085, 0.78, 0.245))
        self._prepare_stresses(limits, ink)
        for axes in (self._power, self._stresses):
            axes.set_facecolor(theme.background)
            axes.spines[["top", "right"]].set_visible(False)
            axes.spines[["left", "bottom"]].set_color(theme.ink)
            axes.tick_params(which="both", colors=theme.ink, labelsize=8)
            axes.xaxis.label.set(color=theme.ink, fontsize=8.5)
            axes.set_title(axes.get_title(loc="left"), loc="left", fontsize=9, **ink)
            axes.grid(True, color=theme.ink, alpha=0.12, linewidth=0.6)
            axes.set_axisbelow(True)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(figure.bbox)

    def _caption(self, facts: Mapping[str, str], ink: Mapping[str, Any]) -> None:
        figure = self._figure
        lines = [facts.get("mill", "")]
        lines += [",  ".join(text for name, text in facts.items() if name != "mill")]
        for line, height, size, weight in zip(
            lines, (0.965, 0.925), (11.0, 9.0), ("bold", "normal"), strict=True
        ):
            text = figure.text(0.05, height, line, fontsize=size, weight=weight, **ink)
            wide = text.get_window_extent(self._canvas.get_renderer()).width
            text.set_fontsize(size * min(1.0, 0.9 * self.size[0] / max(wide, 1.0)))

    def _scalar_bar(self, scale: Scale, ink: Mapping[str, Any]) -> None:
        from matplotlib.cm import ScalarMappable

        colouring = scale.colouring
        axes = self._figure.add_axes((0.07, 0.775, 0.86, 0.02))
        bar = self._figure.colorbar(
            ScalarMappable(scale.norm, scale.map), cax=axes, orientation="horizontal"
        )
        if colouring.classes:
            bar.set_ticks(range(len(colouring.classes)), labels=colouring.classes)
        bar.ax.minorticks_off()
        # Long meanings are broken after the comma.
        bar.set_label(colouring.label.replace(", ", ",\n"), fontsize=8.5, labelpad=4, **ink)
        bar.ax.tick_params(color=ink["color"], labelcolor=ink["color"], labelsize=8, pad=2)
        bar.outline.set_visible(False)

    def _prepare_power(self, limits: _Limits) -> None:
        from matplotlib.patches import Rectangle

        axes, theme = self._power, THEMES[self.theme]
        axes.set_title("dissipated power  [W]", loc="left")
        axes.set_xlabel("simulated time  [s]")
        moves: dict[str, Any] = {"animated": True}
        # A rectangle by itself: older versions of matplotlib make other shapes of spans.
        across = axes.get_xaxis_transform()
        look: dict[str, Any] = {"color": theme.bowl, "alpha": 0.10, "lw": 0, **moves}
        self._window = Rectangle((0.0, 0.0), 0.0, 1.0, transform=across, **look)
        axes.add_patch(self._window)
        (self._line,) = axes.plot([], [], color=theme.bowl, linewidth=1.3, **moves)
        self._cursor = axes.axvline(0.0, color=theme.disc, linewidth=1.2, **moves)
        axes.set(xlim=(0.0, limits.time), ylim=(0.0, limits.power))

    def _prepare_stresses(self, limits: _Limits, ink: Mapping[str, Any]) -> None:
        axes = self._stresses
        axes.set_title("stress frequency, per decade of energy  [1/s]", loc="left")
        axes.set_xlabel("stress energy (dissipated by one contact)  [J]")
        colour = THEMES[self.theme].bowl
        (self._curve,) = axes.plot([], [], color=colour, linewidth=1.3, animated=True)
        if limits.energy is None:
            place: dict[str, Any] = {"ha": "center", "transform": axes.transAxes}
            axes.set(xticks=[], yticks=[])
            axes.text(0.5, 0.5, "from the log window on", fontsize=8.5, **place, **ink)
            return
        axes.set(xscale="log", yscale="log", xlim=limits.energy, ylim=limits.density)
        axes.minorticks_off()


class _Limits(NamedTuple):
    """Ends of the axes, rounded, so that they stay while curves grow."""

    time: float
    power: float
    energy: tuple[float, float] | None
    density: tuple[float, float] | None


def _limits(course: Course) -> _Limits:
    _, power = averaged(course.time, course.power)
    # The first moments of beads that fall together would hide all the rest.
    settled = power[len(power) // 10 :]
    time = rounded_up(float(course.time[-1])) if len(course.time) else 1.0
    highest = rounded_up(1.1 * float(settled.max(initial=0.0)))
    stresses = course.stresses
    if not len(stresses.frequency):
        return _Limits(time, highest, None, None)
    top = 10.0 ** math.ceil(math.log10(2.0 * float(stresses.density.max())))
    seen = np.flatnonzero(stresses.density >= top * _SHOWN_RANGE)
    low, high = stresses.edges[seen[0]], stresses.edges[seen[-1] + 1]
    energy = (10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high)))
    return _Limits(time, highest, energy, (top * _SHOWN_RANGE, top))


def averaged(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most some hundred points of a curve, each the mean of equally many values.

    Args:
        time: ends of equal intervals, shape (intervals,).
        values: means over them, shape (intervals,).

    Returns:
        Middles in time, and means; values at the end that fill no point are left out.
    """
    each = -(-len(time) // _POINTS)
    whole = len(time) // each * each if each else 0
    if not whole:
        return time, values
    return (
        time[:whole].reshape(-1, each).mean(axis=1),
        values[:whole].reshape(-1, each).mean(axis=1),
    )
