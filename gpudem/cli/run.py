"""The commands `gpudem run` and `gpudem resume`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gpudem.cli.options import Computing, Flag, Sets, check_choice, start_device, start_for, teller
from gpudem.cli.report import report_on
from gpudem.engine import SCHEDULES
from gpudem.errors import GpudemError
from gpudem.files import check_output
from gpudem.plain_text import plural
from gpudem.stopping import StopSignals

#: Endings of files of data that are no run files.
_OTHER_FORMATS = (".h5", ".hdf5", ".hdf", ".vtk", ".vtu", ".vtp", ".csv", ".png")


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
    """Simulate a scene, write its run file, print its summary and draw the SF-SE figure.

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
        auto, serial (CPU), parallel or block; auto tries them where there is a GPU, and remembers.
    json
        Print the report as JSON.
    """
    from gpudem.runfile.claim import Claim, claim_free_name
    from gpudem.runfile.reader import open_run
    from gpudem.scene.build import build_case
    from gpudem.scene.checks import warnings
    from gpudem.scene.file import load_scene

    began = time.perf_counter()
    options = computing or Computing()
    loaded = load_scene(scene, tuple(sets))
    suffixes = (".vtkhdf", ".png") if figure else (".vtkhdf",)
    if output is not None:
        if output.exists() and not output.is_file():
            what = "a folder" if output.is_dir() else "no regular file"
            raise GpudemError(f"{output}: is {what}; name a file, for example run.vtkhdf")
        if output.suffix in _OTHER_FORMATS:
            raise GpudemError(f"-o {output}: run files end in .vtkhdf: {output.stem}.vtkhdf")
        if output.suffix != ".vtkhdf":
            output = output.with_name(output.name + ".vtkhdf")
        for suffix in suffixes:
            check_output(output.with_suffix(suffix), overwrite)
    check_choice("--schedule", schedule, SCHEDULES)
    # Before the device starts, which takes seconds.
    case = build_case(loaded)
    tell = teller(options.quiet or json)
    for line in warnings(loaded):
        teller(options.quiet)(f"warning: {line}")
    stem = Path(loaded.source_name).stem
    claimed = Claim(output, overwrite) if output else claim_free_name(stem, suffixes)
    with claimed as claim, StopSignals():
        schedule = start_for(options, case, schedule, tell)
        from gpudem.running import run_speed
        from gpudem.running.progress import TerminalProgress
        from gpudem.running.simulation import Simulation, run_simulation
        from gpudem.running.trial import Way
        from gpudem.units import format_quantity

        StopSignals.check("before the run began")
        beads = plural(loaded.bead_count, "bead")
        ran_before = run_speed.started_before(case, options.chosen(), schedule)
        tell(f"preparing {beads}{'' if ran_before else '; the first start compiles the kernels'}")
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
    report_on(path, figure, json, options)
    with open_run(path) as done:
        stepping = float(done.timings["wall_seconds"])
    whole = time.perf_counter() - began
    way = Way(simulation.device, simulation.schedule)
    run_speed.keep(case, way, whole=whole, stepping=stepping, steps=simulation.step_number)


def resume(
    file: Path,
    /,
    *,
    figure: bool = True,
    overwrite: Flag = False,
    json: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Continue a run that was stopped or killed; the result is that of an uninterrupted run.

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
    from gpudem.runfile.reader import open_run
    from gpudem.running.interruption import finish_complete_run, interrupted_run
    from gpudem.running.simulation import resume_run
    from gpudem.scene.file import scene_from_text

    options = computing or Computing()
    tell = teller(options.quiet or json)
    if finish_complete_run(file):
        tell(f"{file} was complete; the checkpoints that a kill had left are removed")
        report_on(file, figure and _may_draw_beside(file, overwrite, tell), json, options)
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
        start_device(options, tell, reason="as in the run so far" if checkpoint else "")
        from gpudem.running.progress import TerminalProgress
        from gpudem.running.simulation import Simulation

        StopSignals.check("before the run went on")
        if checkpoint is None:
            tell("there is no checkpoint: the run begins again")
        else:
            tell(f"going on from step {checkpoint.step} of {loaded.steps}")
        simulation = Simulation(loaded, schedule=schedule, settle=checkpoint is None)
        progress = None if options.quiet or json else TerminalProgress()
        resume_run(simulation, found, progress=progress)
    tell(f"wrote {file}")
    report_on(file, figure, json, options)


def _may_draw_beside(path: Path, overwrite: bool, tell: Callable[[str], None]) -> bool:
    """Whether a run file's figure may be written; says so if one is there that stays."""
    picture = path.with_suffix(".png")
    stays = picture.exists() and not overwrite
    if stays:
        tell(f"{picture} exists and stays; --overwrite replaces it")
    return not stays
