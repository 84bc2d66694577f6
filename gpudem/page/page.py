"""A page: its parts, its file in HTML, and the folder beside it with all it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from gpudem.files import check_output, file_errors, whole_file, write_whole
from gpudem.page.figure import Figure
from gpudem.page.gallery import Gallery
from gpudem.page.table import Table
from gpudem.report.answers import Answer, Check
from gpudem.report.tables import write_rows

SCHEMA = "gpudem-page-1"
#: The folder beside a page: its name without the suffix, and this.
_BESIDE = "-files"
_SUMMARY = "summary.json"
#: Spaces before units and about a plus-minus.
_INSIDE = r"(?<=[\d)]) (?=[±%]|(?:[µmk]?[JWNgs]|min|h|million|rpm)\b|×10[³⁶]/s)|(?<=±) "


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    lines: Sequence[str]
    block: str = field(default="text", init=False)


@dataclass(frozen=True)
class Bullets:
    """A list of points, each with what it is about, perhaps a value, and what is said of it."""

    points: Sequence[tuple[str, str, str]]
    block: str = field(default="bullets", init=False)


@dataclass(frozen=True)
class Facts:
    """Names and what they are."""

    facts: Sequence[tuple[str, str]]
    block: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Checks:
    """Quality checks with their verdicts."""

    checks: Sequence[Check]
    block: str = field(default="checks", init=False)


@dataclass(frozen=True)
class Source:
    """A text file, folded."""

    title: str
    text: str
    block: str = field(default="source", init=False)


Block = Text | Bullets | Facts | Checks | Source | Table | Figure | Gallery


@dataclass(frozen=True)
class Section:
    """A part of a page with a heading.

    Attributes:
        title: the heading.
        blocks: what stands under it.
        parts: sections within it, which a reader has to open.
    """

    title: str
    blocks: Sequence[Block]
    parts: Sequence[Section] = ()

    def every_block(self) -> Iterator[Block]:
        """All blocks in it and its parts, in order."""
        yield from self.blocks
        for part in self.parts:
            yield from part.every_block()


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        title: what it is about.
        subtitle: in one line.
        summary: the first sentence, where there are no answers to each of three questions.
        answers: the answers.
        sections: the rest.
        numbers: for the machine-readable summary; what JSON can hold.
        made: who made it and when, in one line.
    """

    title: str
    subtitle: str
    answers: Sequence[Answer]
    sections: Sequence[Section]
    numbers: Mapping[str, Any]
    made: str
    summary: str = ""

    def blocks(self, kind: type) -> list[Any]:
        """All blocks of a kind, in order."""
        every = (block for section in self.sections for block in section.every_block())
        return [block for block in every if isinstance(block, kind)]

    @property
    def html(self) -> str:
        """The page as one HTML text that needs nothing else."""
        return _template().render(page=self)


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gpudem.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["together"] = _together
    return environment.get_template("page.html")


def _together(text: str) -> str:
    """Text in which no line ends between a number, its error and its unit."""
    return re.sub(_INSIDE, "\u00a0", text)


def folder_beside(path: Path) -> Path:
    """The folder of a page's figures, tables and numbers."""
    return path.with_name(path.stem + _BESIDE)


def check_page(path: Path, overwrite: bool) -> None:
    """Refuses a page that must not or cannot be written, before any work is done.

    Raises:
        GpudemError: it or its folder exists and must stay, or it cannot be written.
    """
    check_output(path, overwrite, option="--html")
    check_output(folder_beside(path), overwrite, option="--html")


def write_page(page: Page, path: Path) -> list[Path]:
    """Write a page and what belongs beside it.

    Returns:
        The page, and the folder with its figures (PNG and SVG), tables (CSV) and summary.json.

    Raises:
        GpudemError: it cannot be written.
    """
    html, folder = page.html, folder_beside(path)
    with file_errors(folder):
        folder.mkdir(exist_ok=True)
        _remove_old(folder)
    written = []
    for figure in page.blocks(Figure):
        contents = {".png": figure.png, ".svg": figure.svg}
        written += [write_whole(folder / f"{figure.name}{k}", c) for k, c in contents.items() if c]
    for gallery in page.blocks(Gallery):
        for number, (_, contents) in enumerate(gallery.pictures, start=1):
            written.append(write_whole(folder / f"{gallery.name}-{number}.png", contents))
    written += write_tables(page, folder)
    numbers = {
        "schema": SCHEMA,
        "title": page.title,
        "subtitle": page.subtitle,
        "made": page.made,
        "summary": page.summary,
        "answers": [asdict(answer) for answer in page.answers],
        "checks": [asdict(c) for block in page.blocks(Checks) for c in block.checks],
        **page.numbers,
        "files": [file.name for file in written],
    }
    text = json.dumps(numbers, indent=1, allow_nan=False, ensure_ascii=False)
    write_whole(folder / _SUMMARY, f"{text}\n")
    # Last: a page that is there is whole, with all that belongs to it.
    write_whole(path, html)
    return [path, folder]


def write_tables(page: Page, folder: Path) -> list[Path]:
    """Write the tables of a page as CSV into a folder, which is made.

    Raises:
        GpudemError: they cannot be written.
    """
    written = []
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for table in page.blocks(Table):
        rows = list(table.records())
        if not rows:
            continue
        path = folder / f"{table.name}.csv"
        with whole_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
            write_rows(file, rows)
        written.append(path)
    return written


def _remove_old(folder: Path) -> None:
    """Remove the files of an earlier page, so that none stays that the new one does not have."""
    try:
        names = json.loads((folder / _SUMMARY).read_text(encoding="utf-8"))["files"]
        files = [folder / name for name in names if Path(name).name == name]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    for file in files:
        file.unlink(missing_ok=True)
