"""A run: a simulation advanced interval by interval, with everything written to its run file.

A run can be stopped at any step and goes on from its last checkpoint with the same bits, since
results do not depend on how the steps are cut into calls.
"""

from __future__ import annotations

import json
import platform
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.checkpoint import (
    Checkpoint,
    checkpoint_paths,
    newest_checkpoint,
    remove_checkpoints,
    write_checkpoint,
)
from gpudem.collection import Collected, dissipation_and_count, summarise
from gpudem.errors import DeviceError, GpudemError, RunFileError, RunFileGone
from gpudem.guards import LEDGER, Guards
from gpudem.kernels import layout as at
from gpudem.mill import bowl_walls, mill_drive
from gpudem.recording import RunFileWriter
from gpudem.stopping import StopSignals

if TYPE_CHECKING:
    from gpudem.claim import Claim
    from gpudem.director import Director
    from gpudem.progress import Progress
    from gpudem.scene import Scene
    from gpudem.simulation import Simulation

#: Wall-clock seconds between two commits of the run file.
_COMMIT_EVERY = 2.0


def run_simulation(
    simulation: Simulation,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    director: Director | None = None,
    claim: Claim | None = None,
) -> Path:
    """Runs a fresh simulation of a scene to its end and writes its run file.

    Args:
        simulation: of a scene, not advanced yet.
        path: the run file.
        overwrite: replace an existing one.
        progress: told about each interval.
        director: asked after each interval.
        claim: on the path, where the caller has one; used up.

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
    if scene is None or simulation.step_number:
        raise GpudemError("a run file needs a simulation of a scene that has not advanced yet")
    with StopSignals() as stop:
        compiling = _compile(simulation)
        with RunFileWriter(
            path,
            parameters=run_parameters(simulation),
            scene_source=scene.source_text,
            overrides=list(scene.overrides),
            resolved=_resolved(scene),
            radius=simulation.radius,
            log=scene.run.log,
            overwrite=overwrite,
            log_first_interval=scene.log_from_interval,
            claim=claim,
        ) as writer:
            # Those of a run that had this name before.
            remove_checkpoints(path)
            loop = _Loop(simulation, writer, stop, compiling, uuid.uuid4().hex, director)
            loop.begin()
            loop.go(progress)
    remove_checkpoints(path)
    return path


@dataclass(frozen=True)
class Interruption:
    """A run that has not come to its end.

    Attributes:
        path: its run file.
        checkpoint: where it can go on, or None: only from the beginning.
        number: which of the two checkpoint files that is.
        intervals: log intervals that the run file holds.
    """

    path: Path
    checkpoint: Checkpoint | None
    number: int
    intervals: int


def interrupted_run(path: str | Path) -> Interruption:
    """Finds where a run that was stopped or killed can go on.

    Raises:
        RunFileError: no such run file, it is damaged or complete, or all its checkpoints are.
    """
    from gpudem.runfile import open_run

    with open_run(path) as run:
        if run.complete:
            raise RunFileError(
                f"{path}: is complete, there is nothing to resume; gpudem report {path} tells of it"
            )
        identity = str(run.timings.get("run", ""))
        intervals = run.intervals
    found = newest_checkpoint(Path(path), identity)
    if found is None:
        return Interruption(Path(path), None, 0, intervals)
    checkpoint, number = found
    _check_meta(checkpoint, checkpoint_paths(Path(path))[number])
    return Interruption(Path(path), checkpoint, number, intervals)


def finish_complete_run(path: str | Path) -> bool:
    """Removes the checkpoints of a run that was killed after its last step, before it had done so.

    Returns:
        Whether it was: its file is complete, and checkpoints lay beside it.

    Raises:
        RunFileError: no such run file, it is damaged, or a checkpoint cannot be removed.
    """
    from gpudem.runfile import open_run

    with open_run(path) as run:
        complete = run.complete
    return complete and remove_checkpoints(Path(path))


def _check_meta(checkpoint: Checkpoint, path: Path) -> None:
    """Refuses a checkpoint whose numbers cannot be, before anything is changed by them."""
    meta = checkpoint.meta
    whole = ("step", "rebuilds", "slots", "cell_slots", "flip", "intervals", "snapshots", "blocks")
    fine = (
        all(type(meta.get(name)) is int and 0 <= meta[name] < 2**53 for name in whole)
        and all(isinstance(meta.get(name), float) for name in ("elapsed", "compiling"))
        and all(isinstance(meta.get(name), str) for name in ("scene", "schedule", "device"))
        and isinstance(meta.get("guards"), dict)
        and set(meta["guards"]) == set(LEDGER)
        and all(isinstance(value, float) for value in meta["guards"].values())
        and meta["flip"] in (0, 1)
        and min(meta["slots"], meta["cell_slots"]) >= 1
        and "since" in checkpoint.arrays
    )
    if not fine:
        raise RunFileError(f"{path}: is no intact checkpoint (numbers that cannot be)")


def resume_run(
    simulation: Simulation, found: Interruption, *, progress: Progress | None = None
) -> Path:
    """Continues a run to its end; its file gets the bits of an uninterrupted run.

    Args:
        simulation: of the run file's scene, fresh, made with ``settle=False`` if there is a
            checkpoint, of the checkpoint's schedule.
        found: what `interrupted_run` returned.
        progress: told about each interval.

    Returns:
        The run file.

    Raises:
        GpudemError: the checkpoint does not fit, or whatever `run_simulation` raises.
    """
    path, checkpoint = found.path, found.checkpoint
    if checkpoint is None:
        return run_simulation(simulation, path, overwrite=True, progress=progress)
    meta = checkpoint.meta
    if simulation.scene is None or meta["scene"] != _resolved(simulation.scene):
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
            loop = _Loop(simulation, writer, stop, compiling + meta["compiling"], meta["run"])
            loop.restore(checkpoint, found.number)
            loop.go(progress)
    remove_checkpoints(path)
    return path


def _compile(simulation: Simulation) -> float:
    """Compiles the kernels; returns the seconds that this took."""
    began = time.perf_counter()
    simulation.compile()
    return time.perf_counter() - began


def _resolved(scene: Scene) -> str:
    """All values of a scene as JSON text."""
    return json.dumps(scene.model_dump(mode="json"), sort_keys=True)


class _Loop:
    """The loop over intervals, and what it has to remember between them."""

    def __init__(
        self,
        simulation: Simulation,
        writer: RunFileWriter,
        stop: StopSignals,
        compiling: float,
        identity: str,
        director: Director | None = None,
    ) -> None:
        assert simulation.scene is not None
        self._simulation, self._writer, self._stop = simulation, writer, stop
        self._scene = simulation.scene
        self._compiling, self._director = compiling, director
        # Ties checkpoints to their run file: a name may be used again.
        self._identity = identity
        self._guards = Guards(self._scene, simulation.device.precision)
        self._since = np.zeros((simulation.beads, 2))
        self._elapsed = 0.0
        self._next_checkpoint = 0
        self._began = self._committed = self._saved = time.perf_counter()
        self._saved_step = -1

    @property
    def _opened(self) -> bool:
        return self._writer.intervals >= self._scene.log_from_interval

    def begin(self) -> None:
        """Takes the first snapshot and the first checkpoint."""
        self._writer.note({"run": self._identity})
        if self._opened:
            self._simulation.open_window()
        first = self._simulation.collect()
        self._guards.begin(first.sample)
        self._snapshot(first, 0.0, None)
        self._save()
        if self._director is not None:
            self._director.begin(self._simulation, first)

    def restore(self, checkpoint: Checkpoint, number: int) -> None:
        """Goes on where a checkpoint stands, which the next one leaves in place."""
        meta = checkpoint.meta
        self._elapsed = meta["elapsed"]
        self._guards.restore(meta["guards"])
        self._since = checkpoint.arrays["since"].reshape(self._since.shape).copy()
        self._next_checkpoint = 1 - number
        self._promise()

    def go(self, progress: Progress | None) -> None:
        """Runs all intervals that are left and finishes the run file."""
        simulation, scene = self._simulation, self._scene
        if progress is not None:
            progress.begin(
                scene.intervals, simulation.beads, scene.run.duration, self._writer.intervals
            )
        first_step = simulation.step_number
        self._began = self._committed = self._saved = time.perf_counter()
        try:
            while self._writer.intervals < scene.intervals:
                before = self._writer.intervals
                for collected in self._advance():
                    self._record(collected)
                    if progress is not None:
                        seconds = time.perf_counter() - self._began
                        rate = (collected.step - first_step) / seconds
                        safe = self._writer.committed_intervals * scene.run.log_interval
                        progress.interval(self._writer.intervals, collected.time, rate, safe)
                # Not before all that was collected is written: the simulation is ahead of it.
                if self._writer.intervals > before:
                    self._keep()
            self._writer.flush(everything=True)
            self._writer.finish(simulation.alive_events(), self._timings())
        except RunFileGone:
            raise
        except (RunFileError, DeviceError) as error:
            # What is not the mill's fault can be mended, and the run then go on.
            raise type(error)(
                f"{error}; what was committed is safe, continue with: "
                f"gpudem resume {self._writer.path}"
            ) from error
        finally:
            if progress is not None:
                progress.end()

    def _advance(self) -> Iterator[Collected]:
        """Goes on by one call of the device, unless asked to stop; what was collected in it."""
        self._stop_if_asked()
        simulation, scene = self._simulation, self._scene
        halt = self._next_halt() * scene.steps_per_interval
        steps = min(simulation.chunk, halt - simulation.step_number)
        yield from simulation.step_collecting(steps, scene.steps_per_interval)

    def _next_halt(self) -> int:
        """The next interval at whose end more is wanted of the simulation than was collected."""
        scene, done = self._scene, self._writer.intervals
        if self._director is not None:
            return done + 1
        regular = (scene.intervals_per_snapshot, scene.intervals_per_checkpoint)
        halts = [(done // every + 1) * every for every in regular]
        if done < scene.log_from_interval:
            halts.append(scene.log_from_interval)
        return min(*halts, scene.intervals)

    def _record(self, collected: Collected) -> None:
        """Writes an interval, and does what is due at its end."""
        simulation, scene, writer = self._simulation, self._scene, self._writer
        summary = summarise(simulation.cases[0], collected)
        opened = self._opened
        writer.append_interval(
            summary,
            collected.log,
            collected.events.sum(axis=0) if opened else None,
            self._elapsed + time.perf_counter() - self._began,
        )
        self._since += dissipation_and_count(collected.log)
        if scene.run.guards:
            self._guards.check(collected, summary)
        done = writer.intervals
        if done % scene.intervals_per_snapshot == 0 or done == scene.intervals:
            histograms = simulation.take_histograms()[0] if opened else None
            if self._director is not None and histograms is not None:
                self._director.histograms(histograms)
            span = ((done - 1) % scene.intervals_per_snapshot + 1) * scene.run.log_interval
            self._snapshot(collected, span, histograms)
            self._since[:] = 0.0
        if done == scene.log_from_interval:
            simulation.open_window()
        if self._director is not None:
            self._direct(self._director.interval(simulation, collected, summary))

    def _direct(self, scene: Scene | None) -> None:
        """Goes on by another scene, the same mill at other speeds from now on."""
        if scene is None:
            return
        simulation = self._simulation
        self._scene = simulation.scene = scene
        for case in simulation.cases:
            case.drive, case.walls = mill_drive(scene), bowl_walls(scene)
        self._guards.take(scene)
        self._writer.note_scene(list(scene.overrides), _resolved(scene))
        # A checkpoint of the scene before would not fit the run file any more.
        self._save()

    def _stop_if_asked(self) -> None:
        if self._stop.received is None:
            return
        self._save()
        simulation, path = self._simulation, self._writer.path
        self._stop.check(
            f"at t = {simulation.time:.6g} s (step {simulation.step_number} of "
            f"{self._scene.steps}); all is saved, continue with: gpudem resume {path}"
        )

    def _keep(self) -> None:
        """Saves all, or commits what was written, where that is due."""
        now = time.perf_counter()
        regular = self._writer.intervals % self._scene.intervals_per_checkpoint == 0
        if regular or now - self._saved > self._scene.run.checkpoint_clock:
            self._save()
        elif now - self._committed > _COMMIT_EVERY:
            self._writer.flush()
            self._committed = now

    def _save(self) -> None:
        """Commits the run file and writes a checkpoint that goes with it."""
        self._writer.flush(everything=True)
        self._committed = self._saved = now = time.perf_counter()
        # Twice the same would push the one before out.
        if self._saved_step == self._simulation.step_number:
            return
        checkpoint = self._simulation.checkpoint()
        meta = {
            **checkpoint.meta,
            "run": self._identity,
            "scene": _resolved(self._scene),
            "intervals": self._writer.intervals,
            "snapshots": self._writer.snapshots,
            "blocks": self._writer.blocks,
            "guards": self._guards.state(),
            "elapsed": self._elapsed + now - self._began,
            "compiling": self._compiling,
        }
        arrays = {**checkpoint.arrays, "since": self._since.ravel()}
        path = checkpoint_paths(self._writer.path)[self._next_checkpoint]
        write_checkpoint(path, Checkpoint(meta, arrays))
        self._next_checkpoint = 1 - self._next_checkpoint
        self._saved_step = self._simulation.step_number
        self._committed = self._saved = time.perf_counter()
        self._promise()

    def _promise(self) -> None:
        """Has a second signal tell how the run goes on, now that it can."""
        self._stop.leave(f"gpudem resume {self._writer.path} goes on")

    def _snapshot(self, collected: Collected, span: float, histograms: np.ndarray | None) -> None:
        rate = self._since / span if span > 0.0 else np.zeros_like(self._since)
        touching = [at.SAMPLE_TOUCHING_BEAD, at.SAMPLE_TOUCHING_WALL]
        self._writer.append_snapshot(
            self._simulation.time,
            self._simulation.position,
            self._simulation.snapshot(collected.sample[:, touching].sum(axis=1), rate),
            histograms,
        )

    def _timings(self) -> dict[str, Any]:
        simulation = self._simulation
        seconds = self._elapsed + time.perf_counter() - self._began
        work = simulation.beads * simulation.step_number
        return {
            "host": platform.node(),
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "device": f"{simulation.device.kind} ({simulation.device.name})",
            "threads": simulation.device.threads,
            "wall_seconds": seconds,
            "compile_seconds": self._compiling,
            "bead_steps_per_second": work / seconds if seconds > 0.0 else float("nan"),
            "rebuilds": simulation.rebuilds,
        }


def run_parameters(simulation: Simulation) -> dict[str, Any]:
    """The scalars that a run file keeps beside the scene, SI units."""
    scene = simulation.scene
    assert scene is not None
    mill, bowl, run = scene.mill, scene.bowl, scene.run
    return {
        "title": scene.title or "",
        "scene": scene.source_name,
        "beads": scene.bead_count,
        "time_step": scene.time_step,
        "steps": scene.steps,
        "steps_per_interval": scene.steps_per_interval,
        "intervals": scene.intervals,
        "duration": run.duration,
        "log_from": run.log_from,
        "log_interval": run.log_interval,
        "snapshot_interval": run.snapshot_interval,
        "log": run.log,
        "guards": run.guards,
        "start": run.start,
        "seed": run.seed,
        "rayleigh_time": scene.rayleigh_time,
        "rayleigh_fraction": run.rayleigh_fraction,
        "softening": scene.contact.softening,
        "precision": simulation.device.precision,
        "schedule": simulation.schedule,
        "speed": mill.speed,
        "ratio": mill.ratio,
        "sun_wheel_radius": mill.sun_wheel_radius,
        "gravity_x": mill.gravity[0],
        "gravity_y": mill.gravity[1],
        "gravity_z": mill.gravity[2],
        "bowl_diameter": bowl.diameter,
        "bowl_height": bowl.height,
        "bowl_volume": bowl.volume,
        "bead_diameter": scene.beads.diameter,
        "bead_density": scene.beads.density,
        "bead_mass": scene.bead_mass,
        "charge_mass": scene.charge_mass,
        "filling": scene.filling,
        "product_mass": None if scene.product is None else scene.product.mass,
        "milling_time": None if scene.product is None else scene.product.milling_time,
    }
