"""The command `gpudem motion`."""

from __future__ import annotations

from pathlib import Path

from gpudem.cli.options import Flag, check_figure, check_files
from gpudem.files import check_output
from gpudem.plain_text import printable


def motion(
    *files: Path,
    figure: Path | None = None,
    csv: Path | None = None,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> None:
    """Show how the beads move: regime, shares on the wall and in flight, slip.

    Parameters
    ----------
    files
        Run files.
    figure
        Draw maps of solid fraction, speed and power, and the shares: PNG, PDF or SVG by its
        ending.
    csv
        Write tables into this folder, with the maps.
    overwrite
        Replace an existing figure and tables.
    quiet
        Print nothing.
    """
    check_files("motion", files)
    if figure is not None:
        check_figure(figure)
        check_output(figure, overwrite, option="--figure")
    if csv is not None:
        check_output(csv / "motion.csv", overwrite, new_folder=True, option="--csv")
    from rich.console import Console

    from gpudem.report.motion_text import (
        motion_title,
        print_motion,
        read_motion,
        run_labels,
        write_motion_tables,
    )

    with_map = figure is not None or csv is not None
    found = [read_motion(path, with_map=with_map) for path in files]
    found.sort(key=lambda one: one.order)
    console = None if quiet else Console(highlight=False)
    if console is not None:
        print_motion(found, console)
    written = [] if csv is None else write_motion_tables(found, csv)
    if figure is not None:
        from gpudem.report.figure import figure_errors

        with figure_errors(figure):
            from gpudem.report.motion_figure import draw_motion_figure

            maps = [one.map for one in found if one.map is not None]
            motions = [one.motion for one in found]
            made = draw_motion_figure(
                motions, maps, run_labels(found), figure, title=motion_title(found)
            )
            written.append(made)
    if console is not None:
        for path in written:
            console.print(f"wrote {printable(str(path))}", markup=False)
