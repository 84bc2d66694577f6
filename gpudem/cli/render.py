"""The command `gpudem render`: pictures and movies of run files."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from gpudem.cli.options import Flag, Whole, check_choice, check_files, quantity_option, teller
from gpudem.errors import GpudemError
from gpudem.files import check_output

if TYPE_CHECKING:
    from gpudem.pictures.colouring import Colouring

#: Of files of the wear of walls.
_VTP = ".vtp"
_VIEWS = {"top": ("top",), "perspective": ("perspective",), "both": ("top", "perspective")}


def render(
    *files: Path,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    movie: Path | None = None,
    colour: Annotated[str | None, Parameter(name=["--colour", "--color"])] = None,
    wall: str | None = None,
    time: str | None = None,
    view: str | None = None,
    theme: str = "light",
    width: Whole | None = None,
    slow: float | None = None,
    frame_rate: float | None = None,
    begin: Annotated[str | None, Parameter(name="--from")] = None,
    end: Annotated[str | None, Parameter(name="--to")] = None,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> None:
    """Draw the beads in the bowl: a picture, or a movie, of one or more run files.

    Parameters
    ----------
    files
        Run files. Several give one picture, panels side by side on one scale.
    output
        The picture: PNG, PDF or SVG by its ending. By default FILE-COLOUR.png in this folder. With
        --wall also VTP: the triangles with all their numbers, for ParaView.
    movie
        Draw a movie instead: MP4, GIF or WebP by its ending.
    colour
        speed, relative, power, count, force, spin, regime, species or touching.
        By default speed, and of runs of different speeds relative: over the wall's speed.
    wall
        pressure, sliding, impact or loading.
        Draw the walls of a mesh, coloured by this wear of their triangles, instead of the beads.
    time
        Simulated time of the picture, for example "0.75 s"; by default the last snapshot.
    view
        top, perspective or both; by default both for one file, top for several.
    theme
        light or dark.
    width
        Width in pixels; in PDF and SVG that of the images inside.
    slow
        A movie so many times slower than the mill.
    frame_rate
        Snapshots per second of the movie; 25 by default.
    begin
        Simulated time at which the movie begins, for example "0.5 s".
    end
        Simulated time at which it ends.
    overwrite
        Replace an existing file.
    quiet
        Print nothing but errors.
    """
    check_files("render", files)
    from gpudem.pictures.colouring import find_colouring, find_wall_colouring, speed_colouring
    from gpudem.pictures.picture import THEMES
    from gpudem.pictures.sheet import WIDTHS, Look

    if wall is not None:
        for option, given in (("--colour", colour), ("--movie", movie), ("--time", time)):
            if given is not None:
                raise GpudemError(
                    f"{option} {given}: not with --wall, which draws means over the log window"
                )
    colouring = find_colouring(colour or "speed") if wall is None else find_wall_colouring(wall)
    view = view or ("both" if len(files) == 1 else "top")
    check_choice("--view", view, _VIEWS)
    check_choice("--theme", theme, THEMES)
    if width is not None and not WIDTHS[0] <= width <= WIDTHS[1]:
        raise GpudemError(f"--width {width}: must be from {WIDTHS[0]} to {WIDTHS[1]} pixels")
    moment = quantity_option("--time", time, "time")
    start, stop = quantity_option("--from", begin, "time"), quantity_option("--to", end, "time")
    for option, value in (("--slow", slow), ("--frame-rate", frame_rate)):
        if value is not None and not value > 0.0:
            raise GpudemError(f"{option} {value:g}: must be above 0, for example {option} 25")
    target = _target(files, output, movie, colouring, overwrite)
    _only_together(movie is not None, moment, slow, frame_rate, start, stop)

    from gpudem.pictures.source import Footage
    from gpudem.runfile.metadata import by_settings
    from gpudem.runfile.reader import open_run

    look = Look(_VIEWS[view], theme, width)
    tell = teller(quiet)
    if target.suffix == _VTP:
        from gpudem.pictures.colouring import wear_of
        from gpudem.pictures.wear_file import write_wear

        with open_run(files[0]) as run:
            write_wear(wear_of(run), target)
        tell(f"wrote {target}")
        return
    with ExitStack() as stack:
        footages = [Footage(stack.enter_context(open_run(file))) for file in files]
        footages.sort(key=lambda footage: by_settings(footage.run))
        if colour is None and wall is None:
            colouring = speed_colouring([footage.run for footage in footages])
            if colouring.name == "relative":
                tell("the runs differ in speed: coloured by speed over the wall's speed")
        if movie is None:
            from gpudem.pictures.still import draw_still

            draw_still(footages, target, colouring, look, time=moment)
        else:
            from gpudem.pictures.movie import draw_movie, timeline
            from gpudem.running.progress import counted

            frames = timeline(footages, slow=slow, frame_rate=frame_rate, begin=start, end=stop)
            tell(f"{len(frames.times)} frames at {frames.frame_rate:.3g} per second, {frames.pace}")
            draw_movie(
                footages,
                target,
                colouring,
                frames,
                look,
                progress=lambda items, total: counted(items, total, "drawing", quiet),
            )
    tell(f"wrote {target}")


def _target(
    files: tuple[Path, ...],
    output: Path | None,
    movie: Path | None,
    colouring: Colouring,
    overwrite: bool,
) -> Path:
    """The file to write, after a look whether it may and can be written."""
    if movie is not None:
        from gpudem.pictures.movie import writer_of

        if output is not None:
            raise GpudemError(f"--output {output}: is for pictures; --movie names its own file")
        writer_of(movie)
        check_output(movie, overwrite, option="--movie")
        return movie
    from gpudem.pictures.still import FORMATS

    target = output or Path(f"{files[0].stem}-{colouring.name}.png")
    if target.suffix == _VTP and colouring.of_walls and len(files) > 1:
        raise GpudemError(f"-o {target}: takes one run file; {len(files)} are given")
    if target.suffix not in FORMATS and not (target.suffix == _VTP and colouring.of_walls):
        raise GpudemError(
            f"-o {target}: name a picture that ends in {', '.join(FORMATS)}; movies take --movie"
        )
    check_output(target, overwrite)
    return target


def _only_together(
    movie: bool,
    moment: float | None,
    slow: float | None,
    frame_rate: float | None,
    start: float | None,
    stop: float | None,
) -> None:
    """Refuses options that the wanted kind of picture does not have."""
    if movie and moment is not None:
        raise GpudemError("--time: is for pictures; a movie takes --from and --to")
    if not movie:
        named = {"--slow": slow, "--frame-rate": frame_rate, "--from": start, "--to": stop}
        for option, value in named.items():
            if value is not None:
                raise GpudemError(f"{option}: is for movies; give --movie FILE too")
