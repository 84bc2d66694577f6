"""The panel beside the beads: caption, scalar bar, power over time, stress frequency."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gpudem.analysis.stress import Distribution
from gpudem.numbers import rounded_up
from gpudem.pictures.colouring import Scale
from gpudem.pictures.picture import THEMES
from gpudem.report.figure import name_energies
from gpudem.report.value import Value
from gpudem.view.replay import Course

#: Longest curve; more intervals are averaged.
_POINTS = 300
#: Densities below this part of the highest one are left out.
_SHOWN_RANGE = 1e-4
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
#: Edges of the strips, from above, over the panel's height.
_EDGES = (0.0, 0.30, 0.63, 1.0)


class Panel:
    """An image drawn by matplotlib; what stands still in a strip of it is drawn when it changes.

    Args:
        size: width and height [pixels].
        theme: one of gpudem.pictures.picture.THEMES.
    """

    def __init__(self, size: tuple[int, int], theme: str = "light") -> None:
        self.size, self.theme = size, theme
        self._head, self._power, self._stresses = _Head(), _Power(), _Stresses()

    def image(
        self,
        scale: Scale,
        course: Course,
        facts: Mapping[str, str],
        time: float,
        moment: str = "",
        note: str = "",
        speed: str = "",
    ) -> np.ndarray:
        """Draw it: red, green and blue from 0 to 255, shape (height, width, 3).

        Args:
            scale: what colours the beads.
            course: what the plots show.
            facts: what the caption says, "mill" first.
            time: of the moment shown [s].
            moment: what happens then.
            note: a line about the followed bead, or anything else.
            speed: what is said beside the time.
        """
        limits = _limits(course)
        now = f"t = {time:.4f} s" + (f",  {speed}" if speed else "")
        strips: tuple[tuple[_Strip, Any, Any], ...] = (
            (self._head, (scale, tuple(facts.items())), (now, moment, note)),
            (self._power, (limits.time, limits.power), (course, time)),
            (self._stresses, (limits.energy, limits.density), course.stresses),
        )
        edges = [round(edge * self.size[1]) for edge in _EDGES]
        look = (self.theme, max(40.0, min(self.size[0] / 4.2, self.size[1] / 7.2)))
        return np.concatenate(
            [
                strip.image((self.size[0], low - high), *look, still, moving)
                for (strip, still, moving), high, low in zip(strips, edges, edges[1:], strict=False)
            ]
        )


class _Strip(ABC):
    """A part of the panel, as wide as it."""

    def __init__(self) -> None:
        self._drawn: tuple[Any, ...] = ()

    def image(
        self, size: tuple[int, int], theme: str, dpi: float, still: Any, moving: Any
    ) -> np.ndarray:
        """Draw it, shape (height, width, 3): what is ``still`` only if it has changed.

        Args:
            size: width and height [pixels].
            theme: one of gpudem.pictures.picture.THEMES.
            dpi: pixels of an inch: type keeps its share of the panel, whatever its size.
            still: what `draw` takes.
            moving: what `move` takes.
        """
        if self._drawn != (size, theme, dpi, still):
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure

            self.theme = THEMES[theme]
            self.ink: dict[str, Any] = {"color": self.theme.ink}
            inches = (size[0] / dpi, size[1] / dpi)
            self.figure = Figure(figsize=inches, dpi=dpi, facecolor=self.theme.background)
            self._canvas = FigureCanvasAgg(self.figure)
            self.draw(*still)
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(self.figure.bbox)
            self._drawn = (size, theme, dpi, still)
        self._canvas.restore_region(self._background)
        for artist in self.move(moving):
            self.figure.draw_artist(artist)
        return np.asarray(self._canvas.buffer_rgba())[:, :, :3].copy()

    @abstractmethod
    def draw(self, *still: Any) -> None:
        """Put into the figure what stays; what moves too, "animated"."""

    @abstractmethod
    def move(self, moving: Any) -> list[Any]:
        """Move what moves, and return it."""

    def axes(self, place: tuple[float, float, float, float], title: str, along: str) -> Any:
        """Axes in the theme's colours."""
        ink, axes = self.theme.ink, self.figure.add_axes(place)
        axes.set_facecolor(self.theme.background)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(ink)
        axes.tick_params(which="both", colors=ink, labelsize=8)
        axes.set_xlabel(along, fontsize=8.5, color=ink)
        axes.set_title(title, loc="left", fontsize=9, color=ink)
        axes.grid(True, color=ink, alpha=0.12, linewidth=0.6)
        axes.set_axisbelow(True)
        return axes


#: Type of the lines of time, moment and note.
_SIZES = (11.0, 9.5, 9.0)


class _Head(_Strip):
    """Caption, time, note and scalar bar."""

    def draw(self, scale: Scale, facts: tuple[tuple[str, str], ...]) -> None:
        self._caption(dict(facts))
        # Names and messages are what they are, even with a dollar in them.
        moves: dict[str, Any] = {"animated": True, "parse_math": False, **self.ink}
        self._now = self.figure.text(0.05, 0.62, "", weight="bold", **moves)
        self._moment = self.figure.text(0.05, 0.515, "", **moves)
        self._note = self.figure.text(0.05, 0.41, "", **moves)
        self._scalar_bar(scale)

    def move(self, moving: tuple[str, str, str]) -> list[Any]:
        lines = [self._now, self._moment, self._note]
        for line, text, size in zip(lines, moving, _SIZES, strict=True):
            line.set(text=text, fontsize=size)
            self._fit(line)
        return lines

    def _fit(self, text: Any) -> None:
        """Make a line smaller if it is wider than the panel."""
        room = 0.92 * self.figure.bbox.width
        wide = text.get_window_extent(self._canvas.get_renderer()).width
        text.set_fontsize(text.get_fontsize() * min(1.0, room / max(wide, 1.0)))

    def _caption(self, facts: Mapping[str, str]) -> None:
        lines = [facts.get("mill", "")]
        lines += [",  ".join(text for name, text in facts.items() if name != "mill")]
        for line, height, size, weight in zip(
            lines, (0.9, 0.785), (11.0, 9.0), ("bold", "normal"), strict=True
        ):
            look: dict[str, Any] = {"fontsize": size, "weight": weight, **self.ink}
            self._fit(self.figure.text(0.05, height, line, parse_math=False, **look))

    def _scalar_bar(self, scale: Scale) -> None:
        ink = self.theme.ink
        axes = self.figure.add_axes((0.07, 0.25, 0.86, 0.067))
        bar = scale.draw_bar(axes, ink)
        if axes.get_xscale() == "log":
            _raise_powers(axes.xaxis)
        # Long meanings are broken after the comma.
        label = scale.colouring.label.replace(", ", ",\n")
        bar.set_label(label, fontsize=8.5, labelpad=4, color=ink)
        axes.tick_params(labelsize=8)


class _Power(_Strip):
    """Power over time, the log window and the moment shown."""

    def draw(self, longest: float, highest: float) -> None:
        from matplotlib.patches import Rectangle

        axes = self.axes((0.17, 0.2, 0.76, 0.65), "dissipated power  [W]", "simulated time  [s]")
        moves: dict[str, Any] = {"animated": True}
        # A rectangle by itself: older versions of matplotlib make other shapes of spans.
        across = axes.get_xaxis_transform()
        look: dict[str, Any] = {"color": self.theme.bowl, "alpha": 0.10, "lw": 0, **moves}
        self._window = Rectangle((0.0, 0.0), 0.0, 1.0, transform=across, **look)
        axes.add_patch(self._window)
        (self._line,) = axes.plot([], [], color=self.theme.bowl, linewidth=1.3, **moves)
        self._cursor = axes.axvline(0.0, color=self.theme.disc, linewidth=1.2, **moves)
        (self._mean,) = axes.plot([], [], color=self.theme.ink, lw=1.0, ls="--", **moves)
        # Above the axes, where no curve runs through it.
        place: dict[str, Any] = {"ha": "right", "va": "bottom", "transform": axes.transAxes}
        self._told = axes.text(1.0, 1.02, "", fontsize=8.5, **place, **moves, **self.ink)
        axes.set(xlim=(0.0, longest), ylim=(0.0, highest))

    def move(self, moving: tuple[Course, float]) -> list[Any]:
        course, time = moving
        self._cursor.set_xdata([time, time])
        self._line.set_data(*averaged(course.time, course.power))
        if course.window is not None and len(course.time):
            self._window.set_x(course.window)
            self._window.set_width(course.time[-1] - course.window)
            inside = course.power[course.time > course.window * (1.0 + 1e-9)]
            mean = float(inside.mean()) if len(inside) else math.nan
            self._mean.set_data([course.window, course.time[-1]], [mean, mean])
            self._told.set_text(f"mean {Value(mean, 'power').text}" if len(inside) else "")
        return [self._window, self._line, self._mean, self._told, self._cursor]


class _Stresses(_Strip):
    """The stress frequency over the stress energy."""

    def draw(self, energy: tuple[float, float] | None, density: tuple[float, float] | None) -> None:
        title = "stress frequency, per decade of energy  [1/s]"
        along = "stress energy (dissipated by one contact)"
        axes = self.axes((0.17, 0.23, 0.76, 0.66), title, along)
        (self._curve,) = axes.plot([], [], color=self.theme.bowl, linewidth=1.3, animated=True)
        if energy is None:
            place: dict[str, Any] = {"ha": "center", "transform": axes.transAxes}
            axes.set(xticks=[], yticks=[])
            axes.text(0.5, 0.5, "from the log window on", fontsize=8.5, **place, **self.ink)
            return
        axes.set(xscale="log", yscale="log", xlim=energy, ylim=density)
        axes.minorticks_off()
        name_energies(axes)
        _raise_powers(axes.yaxis)

    def move(self, moving: Distribution) -> list[Any]:
        if not len(moving.frequency):
            return []
        density = np.where(moving.density > 0.0, moving.density, np.nan)
        self._curve.set_data(np.sqrt(moving.edges[1:] * moving.edges[:-1]), density)
        return [self._curve]


def _raise_powers(axis: Any) -> None:
    """Write powers of ten with raised digits: matplotlib's own way takes 20 ms a label."""

    def label(value: float, _: int) -> str:
        power = round(math.log10(value))
        return f"10{str(power).translate(_RAISED)}" if math.isclose(value, 10.0**power) else ""

    axis.set_major_formatter(label)


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
