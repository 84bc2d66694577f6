"""A simulation: the engine at work on a scene or on cases, with a run file to show for it."""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gpudem.engine.case import Case
from gpudem.engine.engine import Engine
from gpudem.errors import GpudemError
from gpudem.notebook import NotebookProgress, in_notebook, table_html
from gpudem.plain_text import plural
from gpudem.runfile.checkpoint import checkpoint_paths, remove_checkpoints
from gpudem.runfile.claim import Claim
from gpudem.runfile.writer import RunFileWriter
from gpudem.running.interruption import Interruption
from gpudem.running.loop import Loop, run_parameters
from gpudem.running.observer import RunObserver
from gpudem.running.plan import Plan, Timetable
from gpudem.running.progress import Progress
from gpudem.running.recorder import Recorder
from gpudem.scene.build import build_case, check_placed
from gpudem.scene.tables import Scene
from gpudem.stopping import StopSignals
from gpudem.units import format_quantity


class Simulation(Engine):
    """Beads in a mill, advanced step by step on the current device.

    Args:
        source: a scene, a case, or several of one of them that advance together.
        schedule, slots, members: as for `gpudem.engine.engine.Engine`.
        settle: let the beads settle first where the scene says so; False for `restore`.

    Raises:
        PackingError: the beads do not fit into the bowl.
        DeviceError: the arrays do not fit the device.
        GpudemError: scenes that cannot advance together.
    """

    def __init__(
        self,
        source: Scene | Case | Sequence[Case] | Sequence[Scene],
        *,
        schedule: str = "auto",
        slots: int | None = None,
        settle: bool = True,
        members: int | None = None,
    ) -> None:
        if isinstance(source, (str, Path)):
            raise GpudemError(f"Simulation needs a scene: Simulation(load_scene({str(source)!r}))")
        single = isinstance(source, (Scene, Case))
        given: list[Scene | Case] = [source] if single else list(source)  # type: ignore
        if not given:
            raise GpudemError("Simulation: no scene and no case is given")
        #: The scenes of the cases; none of cases made by hand.
        self.scenes = [one for one in given if isinstance(one, Scene)]
        cases = [build_case(one) if isinstance(one, Scene) else one for one in given]
        settling = 0.0
        if self.scenes:
            check_together(self.scenes)
            first = self.scenes[0]
            settling = first.settling if settle else 0.0
            if settling and len(cases) == 1 and self._placed(first, cases[0], settling, schedule):
                settling = 0.0
        super().__init__(cases, schedule=schedule, slots=slots, members=members)
        if settling:
            self.settle(settling)

    @property
    def scene(self) -> Scene | None:
        """The scene, or the first of several; None for cases made by hand."""
        return self.scenes[0] if self.scenes else None

    def __repr__(self) -> str:
        what = " and ".join(one.source_name or "a scene" for one in self.scenes[:2])
        more = f" and {len(self.scenes) - 2} more" if len(self.scenes) > 2 else ""
        return (
            f"<Simulation of {what or 'cases made by hand'}{more}: {plural(self.beads, 'bead')}, "
            f"at {format_quantity(self.time, 'time', 6)}, step {self.step_number}>"
        )

    def _repr_html_(self) -> str:
        scene = None if self.scene is None else repr(self.scene).strip("<>")
        rows = [
            ("Scene", scene or ""),
            ("Cases", str(len(self.cases)) if len(self.cases) > 1 else ""),
            ("Beads", str(self.beads)),
            ("Simulated", f"{format_quantity(self.time, 'time', 6)}, {self.step_number} steps"),
            ("Time step", format_quantity(self.cases[0].time_step, "time", 4)),
            ("Device", self.device.describe()),
        ]
        return table_html("Simulation", rows)

    def _placed(self, scene: Scene, case: Case, settling: float, schedule: str) -> bool:
        """Whether beads have places of their own; the others then settle without them."""
        placed = scene.all_beads.placed
        if not placed.any():
            return False
        # Those are put in when the others lie; contacts begin without memory.
        if not placed.all():
            others = Engine([case.part(~placed)], schedule=schedule)
            others.settle(settling)
            case.position[~placed] = others.position
        check_placed(scene, case)
        return True

    def run(
        self,
        path: str | os.PathLike[str],
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
            progress: told about each interval; by default a bar in a notebook, else nothing.

        Returns:
            The run file's path.

        Raises:
            RunFileError: the file exists or cannot be written.
            SimulationError: the simulation left the range in which it means anything.
            Interrupted: a signal stopped the run; it is saved and `gpudem resume` continues it.
            KeyboardInterrupt: a second interrupt came; what was committed is safe.
        """
        if progress is None and in_notebook():
            progress = NotebookProgress()
        return run_simulation(self, path, overwrite=overwrite, progress=progress, plan=plan)


def check_together(scenes: Sequence[Scene]) -> None:
    """Refuse scenes that cannot advance together, step by step, and be logged at the same times.

    Raises:
        GpudemError: they cannot.
    """
    if len(scenes) > 1 and len({batch_key(scene) for scene in scenes}) > 1:
        raise GpudemError(
            "these scenes cannot advance together: they differ in time step, log intervals, "
            "duration, contact law or start"
        )
    if len(scenes) > 1 and any(scene.places_beads for scene in scenes):
        raise GpudemError("scenes with beads at given positions advance alone")


def batch_key(scene: Scene) -> str:
    """Text that is the same for scenes that can advance together."""
    together = (scene.contact.model, scene.settling, scene.run.log_walls)
    return json.dumps([asdict(Timetable.of_scene(scene)), *together])


def run_simulation(
    simulation: Simulation,
    path: str | os.PathLike[str],
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
    path = Path(path)
    if len(simulation.cases) != 1:
        raise GpudemError(f"a run file holds one case, not {len(simulation.cases)}; see run_batch")
    _run(simulation, [path], overwrite, progress, observer, claim, plan)
    return path


def run_batch(
    simulation: Simulation,
    paths: Sequence[str | Path],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Runs a fresh simulation of several scenes to its end and writes a run file for each.

    Each file has the bits of a run of its scene alone, on the same schedule. Checkpoints of all
    lie beside the first file.

    Args:
        simulation: of scenes, not advanced yet.
        paths: the run files.
        overwrite: replace existing ones.
        progress: told about each interval.

    Raises:
        RunFileError, SimulationError, Interrupted, KeyboardInterrupt: as for `run_simulation`;
            `resume_batch` continues.
    """
    _run(simulation, [Path(path) for path in paths], overwrite, progress)


def _run(
    simulation: Simulation,
    paths: Sequence[Path],
    overwrite: bool,
    progress: Progress | None,
    observer: RunObserver | None = None,
    claim: Claim | None = None,
    plan: Plan | None = None,
) -> None:
    if simulation.step_number:
        raise GpudemError("a run file needs a simulation that has not advanced yet")
    timetable = _timetable(simulation, plan)
    scenes = _scenes(simulation, paths)
    if scenes[0] is None and observer is not None:
        raise GpudemError("only runs of scenes can be observed")
    with StopSignals() as stop, contextlib.ExitStack() as files:
        compiling = _compile(simulation)
        recorders = []
        for case, (scene, path) in enumerate(zip(scenes, paths, strict=True)):
            described = _described(simulation, case, timetable)
            own = simulation.beads_of(case)
            writer = RunFileWriter(
                path,
                parameters={
                    **run_parameters(simulation, case, scene, timetable),
                    **({} if plan is None else {"title": plan.title}),
                },
                scene_source="" if scene is None else scene.source_text,
                overrides=[] if scene is None else list(scene.overrides),
                resolved="null" if scene is None else described,
                radius=simulation.radius[own],
                mass=simulation.cases[case].mass,
                species=simulation.cases[case].species,
                log=timetable.log,
                overwrite=overwrite,
                log_first_interval=timetable.log_from_interval,
                channels=simulation.cases[case].drive.CHANNELS,
                species_names=simulation.species_names,
                claim=claim,
            )
            files.enter_context(writer)
            # Those of a run that had this name before.
            remove_checkpoints(path)
            identity = uuid.uuid4().hex
            recorders.append(
                Recorder(simulation, case, scene, described, timetable, writer, identity, observer)
            )
        loop = Loop(simulation, recorders, timetable, stop, compiling)
        loop.begin()
        loop.go(progress)
        # Of another speed, where an observer has changed it.
        simulation.scenes = [one.scene for one in recorders if one.scene is not None]
    remove_checkpoints(paths[0])


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
    if found.checkpoint is None:
        return run_simulation(simulation, found.path, overwrite=True, progress=progress, plan=plan)
    _resume(simulation, found, [found.path], progress, plan)
    return found.path


def resume_batch(
    simulation: Simulation,
    found: Interruption,
    paths: Sequence[str | Path],
    *,
    progress: Progress | None = None,
) -> None:
    """Continues what `run_batch` began; see `resume_run`.

    Args:
        simulation: of the same scenes, fresh.
        found: what `interrupted_run` returned for the first run file; with a checkpoint.
        paths: the run files.
        progress: told about each interval.
    """
    _resume(simulation, found, [Path(path) for path in paths], progress, None)


def _resume(
    simulation: Simulation,
    found: Interruption,
    paths: Sequence[Path],
    progress: Progress | None,
    plan: Plan | None,
) -> None:
    checkpoint = found.checkpoint
    assert checkpoint is not None
    meta = checkpoint.meta
    timetable = _timetable(simulation, plan)
    members = meta.get("members", [meta])
    scenes = _scenes(simulation, paths)
    described = [_described(simulation, case, timetable) for case in range(len(scenes))]
    if len(members) > len(scenes) == 1:
        raise GpudemError(
            f"{paths[0]}: was run together with {len(members) - 1} other cases; run them together "
            "again (resume_batch, or the study), or begin this one again (--overwrite)"
        )
    if [member["scene"] for member in members] != described:
        raise GpudemError(f"{checkpoint_paths(paths[0])[found.number]}: is of another scene")
    with StopSignals() as stop, contextlib.ExitStack() as files:
        compiling = _compile(simulation)
        simulation.restore(checkpoint)
        recorders = []
        for case, (path, member) in enumerate(zip(paths, members, strict=True)):
            writer = RunFileWriter.resume(
                path,
                intervals=member["intervals"],
                snapshots=member["snapshots"],
                blocks=member["blocks"],
            )
            files.enter_context(writer)
            recorders.append(
                Recorder(
                    simulation,
                    case,
                    scenes[case],
                    described[case],
                    timetable,
                    writer,
                    member["run"],
                )
            )
        loop = Loop(simulation, recorders, timetable, stop, compiling + meta["compiling"])
        loop.restore(checkpoint, found.number)
        loop.go(progress)
    remove_checkpoints(paths[0])


def _scenes(simulation: Simulation, paths: Sequence[Path]) -> list[Scene | None]:
    """The scene of each case; None for one made by hand."""
    if len(paths) != len(simulation.cases):
        raise GpudemError(f"{len(simulation.cases)} cases need as many run files, not {len(paths)}")
    return list(simulation.scenes) or [None] * len(simulation.cases)


def _timetable(simulation: Simulation, plan: Plan | None) -> Timetable:
    """The timetable of a run, by its scene or by a plan."""
    if simulation.scene is not None:
        if plan is not None:
            raise GpudemError("a scene has a plan of its own in [run]; change it there")
        return Timetable.of_scene(simulation.scene)
    if plan is None:
        raise GpudemError(
            "a case made by hand needs a plan: "
            "Simulation(case).run(path, plan=Plan(duration=0.5, log_from=0.2))"
        )
    return Timetable.of_plan(plan, simulation.cases[0].time_step)


def _described(simulation: Simulation, case: int, timetable: Timetable) -> str:
    """What is simulated: all values of the scene, or what tells a case and its plan from others."""
    if simulation.scenes:
        return simulation.scenes[case].as_json
    return json.dumps({"case": simulation.cases[case].digest(), "timetable": asdict(timetable)})


def _compile(simulation: Simulation) -> float:
    """Compiles the kernels; returns the seconds that this took."""
    began = time.perf_counter()
    simulation.compile()
    return time.perf_counter() - began
