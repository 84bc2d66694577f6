"""A simulation: the engine at work on a scene or on cases, with a run file to show for it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from gpudem.engine.case import Case
from gpudem.engine.engine import Engine
from gpudem.errors import GpudemError
from gpudem.runfile.checkpoint import checkpoint_paths, remove_checkpoints
from gpudem.runfile.claim import Claim
from gpudem.runfile.writer import RunFileWriter
from gpudem.running.interruption import Interruption
from gpudem.running.loop import Loop, run_parameters
from gpudem.running.observer import RunObserver
from gpudem.running.plan import Plan, Timetable
from gpudem.running.progress import Progress
from gpudem.scene.build import build_case, check_placed
from gpudem.scene.tables import Scene
from gpudem.stopping import StopSignals


class Simulation(Engine):
    """Beads in a mill, advanced step by step on the current device.

    Args:
        source: a scene, a case, or several cases that advance together.
        schedule, slots, members: as for `gpudem.engine.engine.Engine`.
        settle: let the beads settle first where the scene says so; False for `restore`.

    Raises:
        PackingError: the beads do not fit into the bowl.
        DeviceError: the arrays do not fit the device.
    """

    def __init__(
        self,
        source: Scene | Case | Sequence[Case],
        *,
        schedule: str = "auto",
        slots: int | None = None,
        settle: bool = True,
        members: int | None = None,
    ) -> None:
        if isinstance(source, (str, Path)):
            raise GpudemError(f"Simulation needs a scene: Simulation(load_scene({str(source)!r}))")
        self.scene = source if isinstance(source, Scene) else None
        settling, placed = 0.0, np.zeros(0, dtype=bool)
        if isinstance(source, Scene):
            scene, source = source, build_case(source)
            settling = scene.run.settle if settle and scene.run.start == "settled" else 0.0
            placed = scene.all_beads.placed
            if settling and placed.any():
                # Those are put in when the others lie; contacts begin without memory.
                if not placed.all():
                    others = Engine([source.part(~placed)], schedule=schedule, members=members)
                    others.settle(settling)
                    source.position[~placed] = others.position
                check_placed(scene, source)
        cases = [source] if isinstance(source, Case) else list(source)
        super().__init__(cases, schedule=schedule, slots=slots, members=members)
        if settling and not placed.any():
            self.settle(settling)

    def run(
        self,
        path: str | Path,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        plan: Plan | None = None,
    ) -> Path:
        """Runs the scene, or the case, to its end and writes a run file.

        What cannot be said of a case without a scene (filling, product, speed ratio ...) is missing
        from the file's parameters, and from reports.

        Args:
            path: the run file.
            overwrite: replace an existing one.
            plan: when to log and show what; for a case made by hand. A scene has its own.
            progress: told about each interval.

        Returns:
            The run file's path.

        Raises:
            RunFileError: the file exists or cannot be written.
            SimulationError: the simulation left the range in which it means anything.
            Interrupted: a signal stopped the run; it is saved and `gpudem resume` continues it.
            KeyboardInterrupt: a second interrupt came; what was committed is safe.
        """
        return run_simulation(self, path, overwrite=overwrite, progress=progress, plan=plan)


def run_simulation(
    simulation: Simulation,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    observer: RunObserver | None = None,
    claim: Claim | None = None,
    plan: Plan | None = None,
) -> Path:
    """Runs a fresh simulation of a scene, or of one case, to its end and writes its run file.

    Args:
        simulation: not advanced yet.
        path: the run file.
        overwrite: replace an existing one.
        progress: told about each interval.
        observer: told, and asked, after each interval.
        claim: on the path, where the caller has one; used up.
        plan: of a case made by hand.

    Returns:
        The path.

    Raises:
        RunFileError: the file exists or cannot be written.
        SimulationError: the simulation left the range in which it means anything; all
            intervals up to then are in the file.
        Interrupted: a signal stopped the run; it is saved and `resume_run` continues it.
        KeyboardInterrupt: in a call from Python a second interrupt came; what was committed is
            safe.
    """
    scene = simulation.scene
    path = Path(path)
    if simulation.step_number:
        raise GpudemError("a run file needs a simulation that has not advanced yet")
    timetable = _timetable(simulation, plan)
    described = _described(simulation, timetable)
    if scene is None and observer is not None:
        raise GpudemError("only runs of scenes can be observed")
    with StopSignals() as stop:
        compiling = _compile(simulation)
        with RunFileWriter(
            path,
            parameters={
                **run_parameters(simulation, scene, timetable),
                **({} if plan is None else {"title": plan.title}),
            },
            scene_source="" if scene is None else scene.source_text,
            overrides=[] if scene is None else list(scene.overrides),
            resolved="null" if scene is None else described,
            radius=simulation.radius,
            mass=simulation.cases[0].mass,
            species=simulation.cases[0].species,
            log=timetable.log,
            overwrite=overwrite,
            log_first_interval=timetable.log_from_interval,
            channels=simulation.cases[0].drive.CHANNELS,
            species_names=simulation.species_names,
            claim=claim,
        ) as writer:
            # Those of a run that had this name before.
            remove_checkpoints(path)
            identity = uuid.uuid4().hex
            loop = Loop(
                simulation, scene, timetable, described, writer, stop, compiling, identity, observer
            )
            loop.begin()
            loop.go(progress)
            # Of another speed, where an observer has changed it.
            simulation.scene = loop.scene
    remove_checkpoints(path)
    return path


def resume_run(
    simulation: Simulation,
    found: Interruption,
    *,
    progress: Progress | None = None,
    plan: Plan | None = None,
) -> Path:
    """Continues a run to its end; its file gets the bits of an uninterrupted run.

    Args:
        simulation: of the run file's scene, fresh, made with ``settle=False`` if there is a
            checkpoint, of the checkpoint's schedule.
        found: what `interrupted_run` returned.
        progress: told about each interval.
        plan: that of the run, for a case made by hand.

    Returns:
        The run file.

    Raises:
        GpudemError: the checkpoint does not fit, or whatever `run_simulation` raises.
    """
    path, checkpoint = found.path, found.checkpoint
    if checkpoint is None:
        return run_simulation(simulation, path, overwrite=True, progress=progress, plan=plan)
    meta = checkpoint.meta
    timetable = _timetable(simulation, plan)
    described = _described(simulation, timetable)
    if meta["scene"] != described:
        raise GpudemError(f"{checkpoint_paths(path)[found.number]}: is of another scene")
    with StopSignals() as stop:
        compiling = _compile(simulation)
        simulation.restore(checkpoint)
        with RunFileWriter.resume(
            path,
            intervals=meta["intervals"],
            snapshots=meta["snapshots"],
            blocks=meta["blocks"],
        ) as writer:
            compiling, scene = compiling + meta["compiling"], simulation.scene
            loop = Loop(
                simulation, scene, timetable, described, writer, stop, compiling, meta["run"]
            )
            loop.restore(checkpoint, found.number)
            loop.go(progress)
    remove_checkpoints(path)
    return path


def _timetable(simulation: Simulation, plan: Plan | None) -> Timetable:
    """The timetable of a run, by its scene or by a plan."""
    if simulation.scene is not None:
        if plan is not None:
            raise GpudemError("a scene has a plan of its own in [run]; change it there")
        return Timetable.of_scene(simulation.scene)
    if len(simulation.cases) != 1:
        raise GpudemError(f"a run file holds one case, not {len(simulation.cases)}")
    if plan is None:
        raise GpudemError(
            "a case made by hand needs a plan: "
            "Simulation(case).run(path, plan=Plan(duration=0.5, log_from=0.2))"
        )
    return Timetable.of_plan(plan, simulation.cases[0].time_step)


def _described(simulation: Simulation, timetable: Timetable) -> str:
    """What is simulated: all values of the scene, or what tells a case and its plan from others."""
    if simulation.scene is not None:
        return simulation.scene.as_json
    return json.dumps({"case": simulation.cases[0].digest(), "timetable": asdict(timetable)})


def _compile(simulation: Simulation) -> float:
    """Compiles the kernels; returns the seconds that this took."""
    began = time.perf_counter()
    simulation.compile()
    return time.perf_counter() - began
