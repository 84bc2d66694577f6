"""The `gpudem` command."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from gpudem import __version__
from gpudem.errors import GpudemError
from gpudem.motion.command import motion
from gpudem.options import (
    Computing,
    Flag,
    Sets,
    check_figure,
    check_files,
    check_output,
    file_errors,
    positive,
    start_device,
    teller,
)
from gpudem.output import tell
from gpudem.pictures.command import render
from gpudem.plaintext import plural, printable
from gpudem.stopping import StopSignals, raise_interrupts
from gpudem.view.command import view

app = App(
    name="gpudem",
    help="What happens inside a planetary ball mill: bead by bead, collision by collision.",
    version=__version__,
    suppress_keyboard_interrupt=False,
)


#: As in gpudem.simulation, which would import numpy.
SCHEDULES = ("auto", "serial", "parallel")


@app.command
def scenes() -> None:
    """List the scenes that come with gpudem."""
    from gpudem.scenefile import shipped_scenes

    listed = shipped_scenes()
    width = max(len(name) for name, _ in listed)
    for name, title in listed:
        print(f"{name:{width}}  {title}")


@app.command
def new(
    file: Path, /, *, source: Annotated[str, Parameter(name="--from")] = "pulverisette7"
) -> None:
    """Write a scene file of your own, copied with its comments from a shipped scene.

    Parameters
    ----------
    file
        The file to write, for example my.toml. An existing file is never overwritten.
    source
        The shipped scene to copy.
    """
    from gpudem.scenefile import new_scene

    written = new_scene(file, source)
    print(printable(f"wrote {written}; look at it with: gpudem check {file}"))


@app.command
def check(
    scene: str,
    /,
    *,
    sets: Sets = (),  # type: ignore[assignment]
    converge: Flag = False,
    json: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Say what a scene would run: beads, time step, steps, memory, file size, time.

    Parameters
    ----------
    scene
        A scene file, or the name of a shipped scene.
    converge
        Also run it for a short window at smaller time steps and larger softening, and print
        what changes. Takes about as long as a second of simulated time.
    json
        Print the numbers as JSON.
    """
    from gpudem.outlook import outlook, print_outlook
    from gpudem.scenefile import load_scene

    options = computing or Computing()
    loaded = load_scene(scene, tuple(sets))
    numbers = outlook(loaded)
    tell = teller(options.quiet or json)
    start_device(options, tell, only_look=not converge)
    if not json:
        print_outlook(numbers)
    if converge:
        from gpudem.converge import converge as compare
        from gpudem.converge import print_converge

        numbers["converge"] = compare(loaded, tell)
        if not json:
            print()
            print_converge(numbers["converge"])
    if json:
        print(jsonlib.dumps(numbers, indent=2))


@app.command
def run(
    scene: str,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    overwrite: Flag = False,
    sets: Sets = (),  # type: ignore[assignment]
    figure: bool = True,
    schedule: str = "auto",
    json: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Simulate a scene, write its run file, print the report and draw the SF-SE figure.

    Parameters
    ----------
    scene
        A scene file, or the name of a shipped scene.
    output
        The run file; by default SCENE.vtkhdf in this folder, numbered if that exists.
    overwrite
        Replace an existing run file.
    figure
        Draw the SF-SE figure beside the run file (PNG).
    schedule
        auto, serial or parallel.
    json
        Print the report as JSON.
    """
    from gpudem.claim import Claim, claim_free_name
    from gpudem.mill import build_case
    from gpudem.scenefile import load_scene

    options = computing or Computing()
    loaded = load_scene(scene, tuple(sets))
    suffixes = (".vtkhdf", ".png") if figure else (".vtkhdf",)
    if output is not None:
        if output.exists() and not output.is_file():
            what = "a folder" if output.is_dir() else "no regular file"
            raise GpudemError(f"{output}: is {what}; name a file, for example run.vtkhdf")
        if output.suffix != ".vtkhdf":
            output = output.with_name(output.name + ".vtkhdf")
        for suffix in suffixes:
            check_output(output.with_suffix(suffix), overwrite)
    if schedule not in SCHEDULES:
        raise GpudemError(f"--schedule {schedule}: unknown; accepted: {', '.join(SCHEDULES)}")
    # Before the device starts, which takes seconds.
    build_case(loaded)
    tell = teller(options.quiet or json)
    for line in loaded.warnings():
        teller(options.quiet)(f"warning: {line}")
    stem = Path(loaded.source_name).stem
    claimed = Claim(output, overwrite) if output else claim_free_name(stem, suffixes)
    with claimed as claim, StopSignals():
        start_device(options, tell)
        from gpudem.progress import TerminalProgress
        from gpudem.run import run_simulation
        from gpudem.simulation import Simulation
        from gpudem.units import format_quantity

        StopSignals.check("before the run began")
        beads = plural(loaded.bead_count, "bead")
        tell(f"preparing {beads}; the first start compiles the kernels")
        if loaded.run.start == "settled":
            settling = format_quantity(loaded.run.settle, "time")
            tell(f"the beads settle for {settling} of simulated time before the run")
        simulation = Simulation(loaded, schedule=schedule)
        tell(f"memory: {simulation.state.bytes / 1e6:.1f} MB for the arrays of the device")
        progress = None if options.quiet or json else TerminalProgress()
        path = run_simulation(
            simulation, claim.path, overwrite=overwrite, progress=progress, claim=claim
        )
    tell(f"wrote {path}")
    _report_on(path, figure, json, options)


@app.command
def resume(
    file: Path,
    /,
    *,
    figure: bool = True,
    overwrite: Flag = False,
    json: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Continue a run that was stopped or killed; its file becomes that of an uninterrupted run.

    Parameters
    ----------
    file
        The run file. Its checkpoints lie beside it.
    figure
        Draw the SF-SE figure beside the run file (PNG).
    overwrite
        Replace an existing figure, and begin again where there is no checkpoint.
    json
        Print the report as JSON.
    """
    from gpudem.run import finish_complete_run, interrupted_run, resume_run
    from gpudem.runfile import open_run
    from gpudem.scenefile import scene_from_text

    options = computing or Computing()
    tell = teller(options.quiet or json)
    if finish_complete_run(file):
        tell(f"{file} was complete; the checkpoints that a kill had left are removed")
        _report_on(file, figure and _may_draw_beside(file, overwrite, tell), json, options)
        return
    found = interrupted_run(file)
    checkpoint = found.checkpoint
    if checkpoint is None and found.intervals and not overwrite:
        raise GpudemError(
            f"{file}: no checkpoint of this run lies beside it ({file.name}.checkpoint-0 or -1); "
            f"--overwrite begins it again"
        )
    figure = figure and _may_draw_beside(file, overwrite, tell)
    with open_run(file) as begun:
        known = isinstance(begun.overrides, list) and {"scene", "schedule"} <= set(begun.parameters)
        if not begun.scene_text or not known:
            raise GpudemError(f"{file}: holds no scene file to go on with; resume it in Python")
        sets = [str(pair) for pair in begun.overrides]
        loaded = scene_from_text(begun.scene_text, sets, str(begun.parameters["scene"]))
        schedule = str(begun.parameters["schedule"])
    if options.device == "auto" and checkpoint is not None:
        # Only the same kind of device surely gives the same bits.
        options = replace(options, device=checkpoint.meta["device"])
    if options.precision == "auto" and checkpoint is not None:
        options = replace(options, precision=checkpoint.meta["precision"])
    with StopSignals():
        start_device(options, tell)
        from gpudem.progress import TerminalProgress
        from gpudem.simulation import Simulation

        StopSignals.check("before the run went on")
        if checkpoint is None:
            tell("there is no checkpoint: the run begins again")
        else:
            tell(f"going on from step {checkpoint.step} of {loaded.steps}")
        simulation = Simulation(loaded, schedule=schedule, settle=checkpoint is None)
        progress = None if options.quiet or json else TerminalProgress()
        resume_run(simulation, found, progress=progress)
    tell(f"wrote {file}")
    _report_on(file, figure, json, options)


@app.command
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
    from gpudem.report import report_command

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


app.command(motion)
app.command(render)
app.command(view)


@app.command
def doctor(
    *,
    self_test: Flag = False,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("gpudem-doctor.json"),
    overwrite: Flag = False,
    json: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Say which devices and libraries work here.

    Parameters
    ----------
    self_test
        Run a short verification on the device and write one file to attach to a bug report.
    output
        That file.
    overwrite
        Replace an existing one.
    json
        Print the findings as JSON.
    """
    from gpudem.doctor import examine, print_findings, self_test_report

    options = computing or Computing()
    if self_test:
        check_output(output, overwrite)
    tell = teller(options.quiet or json)
    start_device(options, tell, only_look=not self_test)
    findings = examine(options.device_index)
    if self_test:
        findings["self_test"] = self_test_report(lambda line: tell(f"self-test: {line}"))
        with file_errors(output):
            output.write_text(jsonlib.dumps(findings, indent=2) + "\n")
    if json:
        print(jsonlib.dumps(findings, indent=2))
    elif not options.quiet:
        print_findings(findings)
        if self_test:
            print(printable(f"wrote {output}"))
    if self_test and not all(check["passed"] for check in findings["self_test"]["checks"]):
        raise SystemExit(1)


@app.command
def bench(
    scene: str | None = None,
    /,
    *,
    sets: Sets = (),  # type: ignore[assignment]
    model: Flag = False,
    json: Path | None = None,
    overwrite: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Measure how fast this device runs the mill, and compare it with what a model expects.

    Parameters
    ----------
    scene
        A scene file, or the name of a shipped scene; by default the 80 mL bowl of the
        Pulverisette 7 with beads of 5, 3 and 1.75 mm, which takes some two minutes.
    model
        Print what the model expects of some GPUs, and measure nothing.
    json
        Also write the numbers to this file, as JSON.
    overwrite
        Replace an existing file.
    """
    from gpudem.scenefile import load_scene
    from gpudem.speedmodel import model_table, papers_bowls

    options = computing or Computing()
    if json is not None:
        check_output(json, overwrite, option="--json")
    if sets and scene is None:
        raise GpudemError("bench --set: name the scene that it changes")
    if model and scene is not None:
        raise GpudemError(f"bench --model: runs nothing, so it takes no scene ({scene})")
    from gpudem import benchtext

    if model:
        found = {"model": model_table()}
        benchtext.print_model(found["model"])
    else:
        loaded = [load_scene(scene, tuple(sets))] if scene is not None else papers_bowls()
        tell = teller(options.quiet)
        with StopSignals():
            start_device(options, tell)
            from gpudem.bench import measure, numbers
            from gpudem.progress import TerminalProgress

            progress = None if options.quiet else TerminalProgress
            speeds = list(measure(loaded, tell, progress))
            found = numbers(speeds)
        benchtext.print_speeds(speeds)
    if json is not None:
        with file_errors(json):
            json.write_text(jsonlib.dumps(found, indent=2) + "\n")
        teller(options.quiet)(f"wrote {json}")


def _may_draw_beside(path: Path, overwrite: bool, tell: Callable[[str], None]) -> bool:
    """Whether a run file's figure may be written; says so if one is there that stays."""
    picture = path.with_suffix(".png")
    stays = picture.exists() and not overwrite
    if stays:
        tell(f"{picture} exists and stays; --overwrite replaces it")
    return not stays


def _report_on(path: Path, figure: bool, json: bool, options: Computing) -> None:
    """Reports on a run that has come to its end, with the figure beside its file if wanted."""
    from gpudem.report import report_command

    picture = path.with_suffix(".png") if figure else None
    report_command([path], json=json, figure=picture, quiet=options.quiet)


def _end(message: str, code: int = 2) -> SystemExit:
    """Prints what ended the command; paths and values in it may hold control characters."""
    tell("gpudem: " + printable(message, keep="\n"))
    return SystemExit(code)


def main() -> None:
    """Runs the command; a user's fault ends with one message on stderr and exit code 2."""
    try:
        raise_interrupts()
        app(exit_on_error=False, print_error=False)
    except GpudemError as error:
        raise _end(str(error), getattr(error, "exit_code", 2)) from None
    except KeyboardInterrupt:
        raise _end("interrupted", 130) from None
    except (UnicodeError, OSError) as error:  # a name that is too long, a disk that is gone
        raise _end(" ".join(str(error).split())) from None
    except Exception as error:
        from cyclopts import CycloptsError

        if isinstance(error, CycloptsError):
            message = " ".join(str(error).split()).rstrip(".")
            raise _end(f"{message}; see gpudem --help") from None
        raise
