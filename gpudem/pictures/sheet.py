"""A sheet of pictures: panels side by side on one scale, with titles, scalar bar and caption.

The frame around the pictures is drawn by matplotlib (vectors in PDF and SVG), the pictures
themselves by VTK.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gpudem.pictures.colouring import Scale
from gpudem.pictures.picture import THEMES, VIEWS, Picture
from gpudem.pictures.source import Footage, Shot

#: More panels than this in a row begin another row.
_COLUMNS = 5
#: Widths and heights [inches].
_MARGIN, _GAP, _TITLE, _HEADING, _FOOT = 0.12, 0.10, 0.52, 0.26, 0.62
#: Picture edge by the number of columns; fewer are larger.
_EDGES = {1: 4.2, 2: 3.1, 3: 2.5, 4: 2.2}
_SMALLEST = 2.0
_BAR_HEIGHT = 0.11
#: Narrowest and widest sheet [pixels].
WIDTHS = (200, 8000)


@dataclass(frozen=True)
class Look:
    """How a sheet looks.

    Attributes:
        views: some of gpudem.pictures.picture.VIEWS.
        theme: one of gpudem.pictures.picture.THEMES.
        width: of the whole sheet [pixels]; by default it follows from the number of panels.
    """

    views: Sequence[str] = VIEWS
    theme: str = "light"
    width: int | None = None


@dataclass
class _Panel:
    """One picture of the sheet: of which run, from where, and what stands in its axes."""

    footage: int
    view: str
    image: Any = None
    heading: Any = None
    labels: list[Any] = field(default_factory=list)


class Sheet:
    """Pictures of one or several runs at one moment each; shown again and again for a movie.

    Args:
        footages: the runs.
        scale: what colours the beads, common to all.
        look: how the sheet looks.
        dpi: pixels per inch where the look names no width.
        note: what the caption says besides.
        samples: pixels drawn for each one shown, in each direction.
        fine: shadows between beads; slow.
    """

    def __init__(
        self,
        footages: Sequence[Footage],
        scale: Scale,
        look: Look,
        *,
        dpi: float = 200.0,
        note: str = "",
        samples: int = 1,
        fine: bool = False,
    ) -> None:
        self.footages, self.scale = list(footages), scale
        self._theme, self._samples, self._note = THEMES[look.theme], samples, note
        self._decimals = max(_decimals(footage.times) for footage in self.footages)
        grid = _grid(len(self.footages), look.views)
        self._lay_out(grid, look.width, dpi)
        self._common, self._own = _told_apart(self.footages)
        edge = self._edge_pixels
        self._pictures = [
            Picture(footage.bowl, (edge, edge), theme=look.theme, fine=fine) for footage in footages
        ]
        self._panels = [panel for panels in grid for panel in panels]
        for row, panels in enumerate(grid):
            for column, panel in enumerate(panels):
                self._add_axes(panel, row, column)
        self._add_title()
        self._add_scalar_bar()
        self._background: Any = None

    def show(self, shots: Sequence[Shot]) -> None:
        """Draw the beads of one moment of each run."""
        for picture, shot in zip(self._pictures, shots, strict=True):
            colours = self.scale.colours(shot.values)
            if shot.walls is not None:
                picture.paint(shot.walls, colours)
                colours = colours[:0]
            picture.show(shot.position, shot.radius, colours, **shot.around)
        times = [f"t = {shot.time:.{self._decimals}f} s" for shot in shots]
        together = len(set(times)) == 1
        for panel in self._panels:
            picture = self._pictures[panel.footage]
            picture.view = panel.view
            panel.image.set_data(picture.image(self._samples))
            own = [*self._own[panel.footage], times[panel.footage]]
            panel.heading.set_text(", ".join(own[:-1] if together else own))
        shared = [text for name, text in self._common.items() if name != "mill"]
        told = [*shared, *(times[:1] if together else []), self._note]
        self._caption.set_text(",  ".join(text for text in told if text))
        self._fit(self._caption)

    def pixels(self) -> np.ndarray:
        """What is shown: red, green and blue from 0 to 255, shape (height, width, 3)."""
        canvas, panels = self._canvas, self._panels
        texts = [self._caption, *(t for panel in panels for t in (panel.heading, *panel.labels))]
        if self._background is None:
            self._keep_out(True)
            canvas.draw()
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        canvas.restore_region(self._background)
        buffer = np.asarray(canvas.buffer_rgba())
        for panel in panels:
            # Copied as it is: matplotlib would sample it anew, which takes longer than drawing it.
            box = panel.image.axes.bbox
            row, column = round(len(buffer) - box.y1), round(box.x0)
            image = panel.image.get_array()
            buffer[row : row + len(image), column : column + len(image), :3] = image
        for text in texts:
            self.figure.draw_artist(text)
        return buffer[:, :, :3].copy()

    def encode(self, kind: str) -> bytes:
        """The contents of a file of this kind: "png", "pdf" or "svg"."""
        self._keep_out(False)
        file = io.BytesIO()
        # Without dates, equal pictures are equal files.
        metadata = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[kind]
        import matplotlib

        with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "gpudem"}):
            self.figure.savefig(file, format=kind, dpi=self.figure.dpi, metadata=metadata)
        return file.getvalue()

    def _keep_out(self, out: bool) -> None:
        """Keep what changes from frame to frame out of the background, or not."""
        self._background = None
        for panel in self._panels:
            for artist in (panel.image, panel.heading, *panel.labels):
                artist.set_animated(out)
        self._caption.set_animated(out)

    def close(self) -> None:
        """Give the pictures' memory back."""
        for picture in self._pictures:
            picture.close()

    def _lay_out(self, grid: Sequence[Sequence[_Panel]], width: int | None, dpi: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        columns, rows = max(map(len, grid)), len(grid)
        edge = _EDGES.get(columns, _SMALLEST)
        self._heading = _HEADING if len(self.footages) > 1 else 0.0
        inches = 2.0 * _MARGIN + columns * edge + (columns - 1) * _GAP
        height = _TITLE + rows * (edge + self._heading) + (rows - 1) * _GAP + _FOOT
        dpi = dpi if width is None else width / inches
        # Movie encoders want even numbers of pixels.
        pixels = (2 * round(0.5 * inches * dpi), 2 * round(0.5 * height * dpi))
        self._inches = (pixels[0] / dpi, pixels[1] / dpi)
        self.figure = Figure(
            figsize=self._inches, dpi=dpi, facecolor=self._theme.background, edgecolor="none"
        )
        self._canvas = FigureCanvasAgg(self.figure)
        self._edge_pixels = round(edge * dpi)
        self._edge = self._edge_pixels / dpi

    def _add_axes(self, panel: _Panel, row: int, column: int) -> None:
        """Give a panel its axes with image, heading and the labels of the arrows."""
        width, height = self._inches
        left = _MARGIN + column * (self._edge + _GAP)
        top = height - _TITLE - row * (self._edge + self._heading + _GAP) - self._heading
        dpi = self.figure.dpi
        # Whole pixels, so that images are copied as they are.
        x, y = round(left * dpi) / dpi, round((top - self._edge) * dpi) / dpi
        axes = self.figure.add_axes(
            (x / width, y / height, self._edge / width, self._edge / height)
        )
        axes.set_axis_off()
        blank = np.zeros((self._edge_pixels, self._edge_pixels, 3), np.uint8)
        panel.image = axes.imshow(blank, interpolation="nearest", aspect="auto")
        ink: dict[str, Any] = {"color": self._theme.ink, "transform": axes.transAxes}
        panel.heading = axes.text(
            0.5, 1.02, "", ha="center", va="bottom", fontsize=8.5, parse_math=False, **ink
        )
        if panel.view != "top":
            return
        for name, text in self.footages[panel.footage].turning.items():
            y, align = (1.0, "top") if name == "bowl" else (0.0, "bottom")
            colour = {**ink, "color": getattr(self._theme, name)}
            label = axes.text(0.0, y, text, ha="left", va=align, fontsize=6.5, **colour)
            panel.labels.append(label)

    def _add_title(self) -> None:
        height = self._inches[1]
        mill = self._common.get("mill", "")
        # As it is written: a "$" in a title begins no formula.
        place: dict[str, Any] = {"ha": "center", "color": self._theme.ink, "parse_math": False}
        title = self.figure.text(
            0.5, 1.0 - 0.10 / height, mill, va="top", fontsize=10, weight="bold", **place
        )
        self._fit(title)
        self._caption = self.figure.text(
            0.5, 1.0 - 0.30 / height, "", va="top", fontsize=8.5, **place
        )

    def _fit(self, text: Any) -> None:
        """Make a line of text smaller if it is wider than the sheet."""
        room = (1.0 - 2.0 * _MARGIN / self._inches[0]) * self.figure.bbox.width
        wide = text.get_window_extent(self._canvas.get_renderer()).width
        if wide > room:
            text.set_fontsize(text.get_fontsize() * room / wide)

    def _add_scalar_bar(self) -> None:
        width, height = self._inches
        long = min(0.7 * width, 5.0)
        axes = self.figure.add_axes(
            (0.5 - 0.5 * long / width, (_FOOT - 0.2) / height, long / width, _BAR_HEIGHT / height)
        )
        colouring, ink = self.scale.colouring, self._theme.ink
        bar = self.scale.draw_bar(axes, ink)
        bar.set_label(colouring.label, color=ink, fontsize=8, labelpad=2)
        self._fit(axes.xaxis.label)
        axes.tick_params(labelsize=7.5)


def _grid(footages: int, views: Sequence[str]) -> list[list[_Panel]]:
    """Rows of panels: the views of one run side by side, several runs side by side."""
    if footages == 1:
        return [[_Panel(0, view) for view in views]]
    rows = -(-footages // _COLUMNS)
    columns = -(-footages // rows)
    starts = range(0, footages, columns)
    return [
        [_Panel(k, view) for k in range(start, min(start + columns, footages))]
        for start in starts
        for view in views
    ]


def _told_apart(footages: Sequence[Footage]) -> tuple[dict[str, str], list[list[str]]]:
    """The facts that all runs share, and for each run what tells it from the others."""
    facts = [footage.facts for footage in footages]
    common = {
        name: text
        for name, text in facts[0].items()
        if all(other.get(name) == text for other in facts)
    }
    own = [[text for name, text in each.items() if name not in common] for each in facts]
    if len(footages) > 1 and len({tuple(each) for each in own}) < len(footages):
        for each, footage in zip(own, footages, strict=True):
            each.append(footage.run.path.stem)
    return common, own


def _decimals(times: np.ndarray) -> int:
    """Decimals that tell all these times [s] exactly, at most 6."""
    return next((n for n in range(6) if np.allclose(times, np.round(times, n), 0.0, 1e-8)), 6)
