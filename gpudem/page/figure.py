"""A figure of a page: drawn once, as SVG in the page and as SVG and PNG beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gpudem.report.figure import figure_errors

#: Lines and text: nearly black on paper, the colour of text in the page, light or dark.
INK = "#010203"
#: Colours that keep apart on white and on black, and for the colour-blind (Okabe & Ito 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#999999")
_DPI = 200.0
#: A wide figure is scrolled rather than shown smaller than this [pixels].
_LEAST = 640.0
#: Greys of figures that are drawn for white paper, and what fits a dark page too.
_FITTING = {"#e6e6e6": "#80808055", "#4d4d4d": INK}
_SETTINGS = {
    "font.size": 9.0,
    "svg.fonttype": "path",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#80808066",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
}


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        name: of its files.
        title: what stands over it.
        caption: what is seen, with conventions.
        svg: as text; "" for a picture of pixels only.
        png: contents of a PNG file.
        wide: whether it takes the page's whole width.
    """

    name: str
    title: str
    caption: str
    svg: str
    png: bytes
    wide: bool = False
    block: str = field(default="figure", init=False)

    @property
    def inline(self) -> str:
        """The SVG as it stands in a page: with the page's ink, its names its own."""
        text = self.svg[self.svg.index("<svg") :].replace(INK, "currentColor")
        # The same glyphs have the same names in all figures.
        text = re.sub(r'\bid="([^"]+)"', rf'id="{self.name}-\1"', text)
        text = re.sub(r'href="#([^"]+)"', rf'href="#{self.name}-\1"', text)
        text = re.sub(r"url\(#([^)]+)\)", rf"url(#{self.name}-\1)", text)
        for useless in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"<!--.*?-->"):
            text = re.sub(useless, "", text, flags=re.DOTALL)
        # In HTML it needs no names of its languages.
        text = re.sub(r'\sxmlns(?::\w+)?="[^"]*"', "", text)
        # Its size follows from the room that it gets: neither far beyond what it was drawn for,
        # nor too small to be read.
        head, end, rest = text.partition(">")
        drawn_for = re.search(r'\swidth="([\d.]+)pt"', head)
        if drawn_for is not None:
            width = float(drawn_for[1]) * 4.0 / 3.0
            limits = f"max-width: {1.25 * width:.0f}px"
            if self.wide:
                limits += f"; min-width: {min(width, _LEAST):.0f}px"
            head += f' style="{limits}"'
        return re.sub(r'\s(?:width|height)="[^"]*"', "", head) + end + rest

    @property
    def image(self) -> str:
        """The PNG as the address of an image in a page."""
        import base64

        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def drawn(
    name: str,
    title: str,
    caption: str,
    draw: Callable[[Any], None],
    size: tuple[float, float] = (4.8, 3.3),
    wide: bool = False,
) -> Figure:
    """Draw a figure.

    Args:
        name: of its files.
        title: what stands over it.
        caption: what is seen.
        draw: draws into a figure of matplotlib's.
        size: width and height [inches].
        wide: whether it takes the page's whole width.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    settings: Any = {**_SETTINGS, "svg.hashsalt": name}
    with figure_errors(name), matplotlib.rc_context(settings):
        figure = Canvas(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        vector, pixels = io.StringIO(), io.BytesIO()
        figure.savefig(pixels, format="png", dpi=_DPI)
        # Without dates, equal figures are equal files; without paper, the page shines through.
        figure.savefig(vector, format="svg", metadata={"Date": None}, transparent=True)
    return Figure(name, title, caption, vector.getvalue(), pixels.getvalue(), wide)


def saved(
    name: str, title: str, caption: str, save: Callable[[Path], Any], wide: bool = True
) -> Figure:
    """Take a figure that is drawn into a file, by SVG or PNG as its suffix says.

    Args:
        name: of its files.
        title: what stands over it.
        caption: what is seen.
        save: draws it with matplotlib into the file of this name.
        wide: whether it takes the page's whole width.
    """
    import matplotlib

    settings: Any = {**_SETTINGS, "svg.hashsalt": name}
    with figure_errors(name), TemporaryDirectory() as folder:
        vector, pixels = (Path(folder) / f"figure.{suffix}" for suffix in ("svg", "png"))
        with matplotlib.rc_context(settings):
            save(pixels)
        with matplotlib.rc_context({**settings, "savefig.transparent": True}):
            save(vector)
        text = re.sub(r"<dc:date>.*?</dc:date>", "", vector.read_text(encoding="utf-8"))
        for colour, other in _FITTING.items():
            text = text.replace(colour, other)
        return Figure(name, title, caption, text, pixels.read_bytes(), wide)


def plain(text: str) -> str:
    """Text that matplotlib takes as it is, with no formulas in it."""
    return text.replace("$", r"\$")
