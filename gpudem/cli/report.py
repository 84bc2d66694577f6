"""The command `gpudem report`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpudem.cli.options import Computing, Flag, check_figure, check_files, positive, teller
from gpudem.errors import GpudemError
from gpudem.files import check_output


def report(
    *files: Path,
    full: Flag = False,
    paper: Flag = False,
    json: Flag = False,
    html: Path | None = None,
    figure: Path | None = None,
    csv: Path | None = None,
    mass: str | None = None,
    milling_time: str | None = None,
    energy: str | None = None,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> None:
    """Report what the beads did: in one run, in several side by side, or in a study.

    Parameters
    ----------
    files
        Run files, or the folder of a study.
    full
        Print all tables: powers by cause, SE, SF and SN in all conventions, errors, energy ledger.
    paper
        Print the published values of the reference paper beside those of runs of its mill.
    json
        Print a list of JSON objects, one a file.
    html
        Write a page to hand on to this file, its figures, tables and numbers into a folder beside.
    figure
        Write the SF-SE figure to this file: PNG, PDF or SVG by its ending.
    csv
        Write tables into this folder.
    overwrite
        Replace an existing page, figure and tables.
    mass
        Mass of the product, for example "17.5 g", instead of the scene's.
    milling_time
        Milling time, for example "10 min", for stress number and energy input.
    energy
        Wanted specific energy input for the milling time; by default "500 J/g".
    quiet
        Print nothing but what was asked for.
    """
    check_files("report", files)
    if html is not None:
        _check_page(html, overwrite)
    wanted = {
        "mass": positive("--mass", mass, "mass"),
        "milling_time": positive("--milling-time", milling_time, "time", "10 min"),
        "energy": positive("--energy", energy, "specific_energy"),
    }
    folders = [file for file in files if file.is_dir()]
    if folders:
        switches = {"--full": full, "--paper": paper, "--json": json}
        own = {**{name: on or None for name, on in switches.items()}, "--figure": figure, **wanted}
        given = [name for name, value in own.items() if value is not None]
        if len(files) > 1:
            raise GpudemError(f"report: {folders[0]}: a study is reported on alone")
        if given:
            option = given[0] if given[0][0] == "-" else f"--{given[0].replace('_', '-')}"
            raise GpudemError(
                f"{option}: is for run files, not for a study ({folders[0]}); more of a study: "
                "--html FILE, --csv FOLDER, or a wide terminal"
            )
        _report_study(folders[0], html, csv, overwrite, quiet)
        return
    from gpudem.report.report import report_command

    if figure is not None:
        check_figure(figure)
        check_output(figure, overwrite)
    if csv is not None:
        check_output(csv / "report.csv", overwrite, new_folder=True, option="--csv")
    # A page says all that the text does.
    if html is None or json or figure is not None or csv is not None:
        report_command(
            list(files),
            full=full,
            paper=paper,
            json=json,
            figure=figure,
            csv=csv,
            quiet=quiet or html is not None,
            **wanted,
        )
    if html is not None:
        from gpudem.page.run_page import run_page

        _write(lambda: run_page(files, **wanted), html, quiet)


def _check_page(html: Path, overwrite: bool) -> None:
    from gpudem.page.page import check_page

    if html.suffix not in (".html", ".htm"):
        raise GpudemError(f"--html {html}: name a .html file")
    check_page(html, overwrite)


def _write(page: Callable[[], Any], html: Path, quiet: bool) -> None:
    """Makes a page and writes it with what belongs beside it."""
    from gpudem.page.page import write_page

    written = write_page(page(), html)
    teller(quiet)(f"wrote {written[0]}, and beside it {written[1]}")


def _report_study(
    folder: Path, html: Path | None, csv: Path | None, overwrite: bool, quiet: bool
) -> None:
    from gpudem.page.page import write_tables
    from gpudem.page.study_page import study_page

    if csv is not None:
        check_output(csv / "cases.csv", overwrite, new_folder=True, option="--csv")
    if html is not None:
        _write(lambda: study_page(folder), html, quiet)
    elif not quiet:
        from gpudem.cli.study import report_on_study

        report_on_study(folder)
    if csv is not None:
        for path in write_tables(study_page(folder, pictured=False), csv):
            teller(quiet)(f"wrote {path}")


def report_on(path: Path, figure: bool, json: bool, options: Computing) -> None:
    """Reports on a run that has come to its end, with the figure beside its file if wanted."""
    from gpudem.report.report import report_command

    picture = path.with_suffix(".png") if figure else None
    report_command([path], json=json, figure=picture, quiet=options.quiet)
