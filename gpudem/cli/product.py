"""The command `gpudem product`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from gpudem.cli.options import Flag, check_figure, positive
from gpudem.errors import GpudemError
from gpudem.files import check_output
from gpudem.plain_text import printable

At = Annotated[list[str], Parameter(negative="", consume_multiple=False)]


def product(
    study: Path,
    /,
    *,
    points: Path | None = None,
    milling_time: str | None = None,
    window: str | None = None,
    at: At = (),  # type: ignore[assignment]
    figure: Path | None = None,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> None:
    """Show what a study's energies mean for the product: E_m of its cases beside measured points.

    Parameters
    ----------
    study
        The folder of a study over speed.
    points
        Measured points, a CSV file. Without it those of the reference paper are taken where the
        study is of its mill.
    milling_time
        Tell E_m after this time, for example "20 min"; by default 10 min.
    window
        Specific energies that the product is to have, for example "400..600 J/g"; by default those
        of the reference paper's product, for its points.
    at
        Which cases the points are beside, where more than the speed varies, for example
        --at filling=0.5 --at diameter="5 mm". By default those that most points are of.
    figure
        Draw the milling map and the points over E_m: PNG, PDF or SVG by its ending.
    overwrite
        Replace an existing figure.
    quiet
        Print nothing.
    """
    from gpudem.analysis.product_points import papers_points, read_points
    from gpudem.study.dataset import central, open_study
    from gpudem.study.product import PAPERS_WINDOW, USUAL_TIME, print_product

    if figure is not None:
        check_figure(figure)
        check_output(figure, overwrite, option="--figure")
    time = positive("--milling-time", milling_time, "time")
    wanted = None if window is None else _window(window)
    chosen = dict(map(_coordinate, at))
    measured = [] if points is None else read_points(points)
    dataset = central(open_study(study))
    are_papers = points is None and bool(dataset.attrs["papers_mill"])
    if are_papers:
        measured = papers_points()
        wanted = wanted or PAPERS_WINDOW
    told: dict[str, Any] = {"window": wanted, "at": chosen, "are_papers": are_papers}
    console: Any = None
    if not quiet:
        from rich.console import Console

        console = Console(highlight=False)
        print_product(dataset, measured, console, milling_time=time or USUAL_TIME, **told)
    if figure is not None:
        from gpudem.report.figure import figure_errors
        from gpudem.study.product_map import draw_product_map

        with figure_errors(figure):
            draw_product_map(dataset, measured, figure, **told)
        if console is not None:
            console.print(f"wrote {printable(str(figure))}", markup=False)


def _window(text: str) -> tuple[float, float]:
    from gpudem.units import QuantityError, parse_quantity

    match = re.fullmatch(r"\s*([\d.eE+]+?)\s*\.\.\s*([\d.eE+]+)\s*(\S.*?)\s*", text)
    if match is None:
        raise GpudemError(f'--window {text}: write FIRST..LAST UNIT, for example "400..600 J/g"')
    try:
        ends = [parse_quantity(f"{end} {match[3]}", "specific_energy") for end in match.group(1, 2)]
    except QuantityError as error:
        raise GpudemError(f"--window {error}") from None
    if not 0.0 < ends[0] < ends[1]:
        raise GpudemError(f"--window {text}: must rise, from above 0")
    return ends[0], ends[1]


def _coordinate(text: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise GpudemError(f"--at {text}: write NAME=VALUE, for example --at filling=0.5")
    return name, value
