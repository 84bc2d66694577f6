"""The command `gpudem bench`."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

from gpudem.cli.options import Computing, Flag, Sets, check_choice, start_device, teller
from gpudem.engine import SCHEDULES
from gpudem.errors import GpudemError
from gpudem.files import check_output, file_errors
from gpudem.stopping import StopSignals


def bench(
    scene: str | None = None,
    /,
    *,
    sets: Sets = (),  # type: ignore[assignment]
    schedule: str = "auto",
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
    schedule
        auto, serial (CPU), parallel or block.
    model
        Print what the model expects of some GPUs, and measure nothing.
    json
        Also write the numbers to this file, as JSON.
    overwrite
        Replace an existing file.
    """
    from gpudem.diagnostics.speed_model import model_table, papers_bowls
    from gpudem.scene.file import load_scene

    options = computing or Computing()
    if json is not None:
        check_output(json, overwrite, option="--json")
    check_choice("--schedule", schedule, SCHEDULES)
    if sets and scene is None:
        raise GpudemError("bench --set: name the scene that it changes")
    if model and scene is not None:
        raise GpudemError(f"bench --model: runs nothing, so it takes no scene ({scene})")
    from gpudem.diagnostics import bench_text

    if model:
        found = {"model": model_table()}
        bench_text.print_model(found["model"])
    else:
        loaded = [load_scene(scene, tuple(sets))] if scene is not None else papers_bowls()
        tell = teller(options.quiet)
        with StopSignals():
            start_device(options, tell)
            from gpudem.diagnostics.bench import measure, numbers
            from gpudem.running.progress import TerminalProgress

            progress = None if options.quiet else TerminalProgress
            speeds = list(measure(loaded, tell, progress, schedule=schedule))
            found = numbers(speeds)
        bench_text.print_speeds(speeds)
    if json is not None:
        with file_errors(json):
            json.write_text(jsonlib.dumps(found, indent=2) + "\n")
        teller(options.quiet)(f"wrote {json}")
