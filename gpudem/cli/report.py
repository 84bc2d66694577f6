"""The command `gpudem report`."""

from __future__ import annotations

from pathlib import Path

from gpudem.cli.options import Computing, Flag, check_figure, check_files, positive
from gpudem.files import check_output


def report(
    *files: Path,
    json: Flag = False,
    figure: Path | None = None,
    csv: Path | None = None,
    mass: str | None = None,
    milling_time: str | None = None,
    energy: str | None = None,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> None:
    """Tell what the beads did, from one or more run files.

    Parameters
    ----------
    files
        Run files.
    json
        Print a list of JSON objects, one a file.
    figure
        Write the SF-SE figure to this file: PNG, PDF or SVG by its ending.
    csv
        Write tables into this folder.
    overwrite
        Replace an existing figure and tables.
    mass
        Mass of the product, for example "17.5 g", instead of the scene's.
    milling_time
        Milling time, for example "10 min", for stress number and energy input.
    energy
        Wanted specific energy input, for example "500 J/g", for the milling time.
    quiet
        Print nothing but what was asked for.
    """
    from gpudem.report.report import report_command

    check_files("report", files)
    if figure is not None:
        check_figure(figure)
        check_output(figure, overwrite)
    if csv is not None:
        check_output(csv / "report.csv", overwrite, new_folder=True)
    report_command(
        list(files),
        json=json,
        figure=figure,
        csv=csv,
        mass=positive("--mass", mass, "mass"),
        milling_time=positive("--milling-time", milling_time, "time"),
        energy=positive("--energy", energy, "specific_energy"),
        quiet=quiet,
    )


def report_on(path: Path, figure: bool, json: bool, options: Computing) -> None:
    """Reports on a run that has come to its end, with the figure beside its file if wanted."""
    from gpudem.report.report import report_command

    picture = path.with_suffix(".png") if figure else None
    report_command([path], json=json, figure=picture, quiet=options.quiet)
