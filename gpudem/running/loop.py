"""The loop over the log intervals of a run, with everything written to its run file.

A run can be stopped at any step and goes on from its last checkpoint with the same bits, since
results do not depend on how the steps are cut into calls.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import numpy as np

from gpudem.engine.case import Case
from gpudem.engine.collected import Collected, dissipation_and_count, summarise
from gpudem.engine.engine import Engine
from gpudem.errors import DeviceError, RunFileError, RunFileGone
from gpudem.geometry.surface import Surface
from gpudem.kernels import layout as at
from gpudem.mills.stirrer import Stirrer
from gpudem.pair_classes import by_pair_kind
from gpudem.runfile.checkpoint import Checkpoint, checkpoint_paths, write_checkpoint
from gpudem.runfile.writer import RunFileWriter
from gpudem.running.guards import Guards
from gpudem.running.observer import RunObserver
from gpudem.running.plan import Timetable
from gpudem.running.progress import Progress
from gpudem.scene.build import bowl_walls, mill_drive
from gpudem.scene.tables import Scene
from gpudem.stopping import StopSignals

#: Wall-clock seconds between two commits of the run file.
_COMMIT_EVERY = 2.0


def resolved(scene: Scene) -> str:
    """All values of a scene as JSON text."""
    return json.dumps(scene.model_dump(mode="json"), sort_keys=True)


class Loop:
    """The loop over intervals, and what it has to remember between them."""

    def __init__(
        self,
        engine: Engine,
        scene: Scene | None,
        timetable: Timetable,
        described: str,
        writer: RunFileWriter,
        stop: StopSignals,
        compiling: float,
        identity: str,
        observer: RunObserver | None = None,
    ) -> None:
        self.scene, self._timetable = scene, timetable
        # What is simulated, so that a checkpoint is not taken for that of another.
        self._described = described
        self._engine, self._writer, self._stop = engine, writer, stop
        self._compiling, self._observer = compiling, observer
        # Ties checkpoints to their run file: a name may be used again.
        self._identity = identity
        self._guards = Guards(scene, engine.device.precision, timetable.ledger_limit)
        self._since = np.zeros((engine.beads, 2))
        self._elapsed = 0.0
        self._next_checkpoint = 0
        self._began = self._committed = self._saved = time.perf_counter()
        self._saved_step = -1

    @property
    def _opened(self) -> bool:
        return self._writer.intervals >= self._timetable.log_from_interval

    def begin(self) -> None:
        """Takes the first snapshot and the first checkpoint."""
        self._writer.note({"run": self._identity})
        if self._opened:
            self._engine.open_window()
        first = self._engine.collect()
        self._guards.begin(first.sample)
        self._snapshot(first, 0.0, None)
        self._save()
        if self._observer is not None and self.scene is not None:
            self._observer.begin(self._engine, self.scene, first)

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
        engine, plan = self._engine, self._timetable
        if progress is not None:
            progress.begin(plan.intervals, engine.beads, plan.duration, self._writer.intervals)
        first_step = engine.step_number
        self._began = self._committed = self._saved = time.perf_counter()
        try:
            while self._writer.intervals < plan.intervals:
                before = self._writer.intervals
                for collected in self._advance():
                    self._record(collected)
                    if progress is not None:
                        seconds = time.perf_counter() - self._began
                        rate = (collected.step - first_step) / seconds
                        safe = self._writer.committed_intervals * plan.log_interval
                        progress.interval(self._writer.intervals, collected.time, rate, safe)
                # Not before all that was collected is written: the simulation is ahead of it.
                if self._writer.intervals > before:
                    self._keep()
            self._writer.flush(everything=True)
            self._writer.finish(engine.alive_events(), self._timings(), self._walls())
        except RunFileGone:
            raise
        except (RunFileError, DeviceError) as error:
            # What is not the mill's fault can be mended, and the run then go on.
            raise type(error)(
                f"{error}; what was committed is safe, continue with: {self._resume}"
            ) from error
        finally:
            if progress is not None:
                progress.end()

    def _advance(self) -> Iterator[Collected]:
        """Goes on by one call of the device, unless asked to stop; what was collected in it."""
        self._stop_if_asked()
        engine, every = self._engine, self._timetable.steps_per_interval
        halt = self._next_halt() * every
        steps = min(engine.chunk, halt - engine.step_number)
        yield from engine.step_collecting(steps, every)

    def _next_halt(self) -> int:
        """The next interval at whose end more is wanted of the beads than was collected."""
        plan, done = self._timetable, self._writer.intervals
        if self._observer is not None:
            return done + 1
        regular = (plan.intervals_per_snapshot, plan.intervals_per_checkpoint)
        halts = [(done // every + 1) * every for every in regular]
        if done < plan.log_from_interval:
            halts.append(plan.log_from_interval)
        return min(*halts, plan.intervals)

    def _record(self, collected: Collected) -> None:
        """Writes an interval, and does what is due at its end."""
        engine, plan, writer = self._engine, self._timetable, self._writer
        summary = summarise(engine.cases[0], collected)
        opened = self._opened
        writer.append_interval(
            summary,
            collected.log,
            collected.events.sum(axis=0) if opened else None,
            self._elapsed + time.perf_counter() - self._began,
            collected.class_log,
            collected.class_events if opened else None,
        )
        self._since += dissipation_and_count(collected.log)
        if plan.guards:
            self._guards.check(collected, summary)
        done = writer.intervals
        if done % plan.intervals_per_snapshot == 0 or done == plan.intervals:
            histograms = engine.take_histograms()[0] if opened else None
            if self._observer is not None and histograms is not None:
                self._observer.histograms(by_pair_kind(histograms))
            span = ((done - 1) % plan.intervals_per_snapshot + 1) * plan.log_interval
            self._snapshot(collected, span, histograms)
            self._since[:] = 0.0
        if done == plan.log_from_interval:
            engine.open_window()
        if self._observer is not None and self.scene is not None:
            self._direct(self._observer.interval(engine, self.scene, collected, summary))

    def _walls(self) -> list[dict[str, Any]]:
        """What was summed up of each wall over the log window, where that was asked for."""
        sums, plan = self._engine.wall_sums(), self._timetable
        if sums is None:
            return []
        walls, facets = self._engine.cases[0].walls, self._engine.facet_sums()
        duration = (plan.intervals - plan.log_from_interval) * plan.log_interval
        found: list[dict[str, Any]] = [
            {
                "name": wall.name or f"wall {number}",
                "duration": duration,
                "impulse": row[at.WALL_IMPULSE : at.WALL_IMPULSE + 3],
                "twist": row[at.WALL_TWIST : at.WALL_TWIST + 3],
                "work": float(row[at.WALL_WORK]),
                "sliding": float(row[at.WALL_SLIDING]),
                "damping": float(row[at.WALL_DAMPING]),
                "pressing": float(row[at.WALL_PRESSING]),
                "loading": float(row[at.WALL_LOADING]),
            }
            for number, (wall, row) in enumerate(zip(walls, sums, strict=True))
        ]
        for number, rows in facets.items():
            line = walls[number].line
            assert isinstance(line, Surface)
            found[number]["facets"] = {
                "corners": line.triangles + np.asarray(walls[number].centre),
                "pressing": rows[:, at.FACET_PRESSING],
                "loading": rows[:, at.FACET_LOADING],
                "sliding": rows[:, at.FACET_SLIDING],
                "damping": rows[:, at.FACET_DAMPING],
            }
        return found

    def _direct(self, scene: Scene | None) -> None:
        """Goes on by another scene, the same mill at other speeds from now on."""
        if scene is None:
            return
        self.scene, self._described = scene, resolved(scene)
        for case in self._engine.cases:
            case.drive, case.walls = mill_drive(scene), bowl_walls(scene)
        self._guards.take(scene)
        self._writer.note_scene(list(scene.overrides), self._described)
        # A checkpoint of the scene before would not fit the run file any more.
        self._save()

    def _stop_if_asked(self) -> None:
        if self._stop.received is None:
            return
        self._save()
        engine = self._engine
        self._stop.check(
            f"at t = {engine.time:.6g} s (step {engine.step_number} of "
            f"{self._timetable.steps}); all is saved, continue with: {self._resume}"
        )

    def _keep(self) -> None:
        """Saves all, or commits what was written, where that is due."""
        now = time.perf_counter()
        regular = self._writer.intervals % self._timetable.intervals_per_checkpoint == 0
        if regular or now - self._saved > self._timetable.checkpoint_clock:
            self._save()
        elif now - self._committed > _COMMIT_EVERY:
            self._writer.flush()
            self._committed = now

    def _save(self) -> None:
        """Commits the run file and writes a checkpoint that goes with it."""
        self._writer.flush(everything=True)
        self._committed = self._saved = now = time.perf_counter()
        # Twice the same would push the one before out.
        if self._saved_step == self._engine.step_number:
            return
        checkpoint = self._engine.checkpoint()
        meta = {
            **checkpoint.meta,
            "run": self._identity,
            "scene": self._described,
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
        self._saved_step = self._engine.step_number
        self._committed = self._saved = time.perf_counter()
        self._promise()

    def _promise(self) -> None:
        """Has a second signal tell how the run goes on, now that it can."""
        self._stop.leave(f"{self._resume} goes on")

    @property
    def _resume(self) -> str:
        """How the run can go on, as a command or as a call of Python."""
        path = self._writer.path
        if self.scene is None:
            return f"resume_run(Simulation(case), interrupted_run({str(path)!r}), plan=plan)"
        return f"gpudem resume {path}"

    def _snapshot(self, collected: Collected, span: float, histograms: np.ndarray | None) -> None:
        rate = self._since / span if span > 0.0 else np.zeros_like(self._since)
        touching = [at.SAMPLE_TOUCHING_BEAD, at.SAMPLE_TOUCHING_WALL]
        self._writer.append_snapshot(
            self._engine.time,
            self._engine.position,
            self._engine.snapshot(collected.sample[:, touching].sum(axis=1), rate),
            histograms,
        )

    def _timings(self) -> dict[str, Any]:
        engine = self._engine
        seconds = self._elapsed + time.perf_counter() - self._began
        work = engine.beads * engine.step_number
        return {
            "host": platform.node(),
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "device": f"{engine.device.kind} ({engine.device.name})",
            "threads": engine.device.threads,
            "wall_seconds": seconds,
            "compile_seconds": self._compiling,
            "bead_steps_per_second": work / seconds if seconds > 0.0 else float("nan"),
            "rebuilds": engine.rebuilds,
        }


def run_parameters(engine: Engine, scene: Scene | None, timetable: Timetable) -> dict[str, Any]:
    """The scalars that a run file keeps, SI units; of a case made by hand only what is known."""
    common = {
        "time_step": timetable.time_step,
        "steps": timetable.steps,
        "steps_per_interval": timetable.steps_per_interval,
        "intervals": timetable.intervals,
        "log": timetable.log,
        "guards": timetable.guards,
        "precision": engine.device.precision,
        "schedule": engine.schedule,
    }
    return {**common, **(_of_case(engine.cases[0], timetable) if scene is None else _of(scene))}


def _of(scene: Scene) -> dict[str, Any]:
    mill, bowl, run = scene.mill, scene.bowl, scene.run
    return {
        "title": scene.title or "",
        "scene": scene.source_name,
        "beads": scene.bead_count,
        "duration": run.duration,
        "log_from": run.log_from,
        "log_interval": run.log_interval,
        "snapshot_interval": run.snapshot_interval,
        "start": run.start,
        "seed": run.seed,
        "rayleigh_time": scene.rayleigh_time,
        "rayleigh_fraction": run.rayleigh_fraction,
        "softening": scene.contact.softening,
        "mill": mill.kind,
        **mill.parameters(),
        **bowl.parameters(),
        "bowl_volume": bowl.volume,
        **_of_equal_beads(scene),
        "charge_mass": scene.charge_mass,
        "filling": scene.filling,
        "product_mass": None if scene.product is None else scene.product.mass,
        "milling_time": None if scene.product is None else scene.product.milling_time,
        **_of_stirrer(mill.stirrer(bowl.vessel.height)),
    }


def _of_equal_beads(scene: Scene) -> dict[str, Any]:
    one = scene.alike
    if one is None:
        return {}
    return {"bead_diameter": one.diameter, "bead_density": one.density, "bead_mass": one.mass}


def _of_stirrer(stirrer: Stirrer | None) -> dict[str, Any]:
    return {} if stirrer is None else {"stirrer_rods": stirrer.table}


def _of_case(case: Case, timetable: Timetable) -> dict[str, Any]:
    every = timetable.log_interval
    known: dict[str, Any] = {
        "beads": len(case.position),
        "duration": timetable.duration,
        "log_from": timetable.log_from_interval * every,
        "log_interval": every,
        "snapshot_interval": timetable.intervals_per_snapshot * every,
        "charge_mass": float(case.mass.sum()),
        **case.drive.parameters(),
    }
    for name, values in (
        ("bead_diameter", 2.0 * case.radius),
        ("bead_density", case.density),
        ("bead_mass", case.mass),
    ):
        # Of beads that are all alike.
        if np.ptp(values) == 0.0:
            known[name] = float(np.ravel(values)[0])
    vessel = case.vessel
    if vessel is not None:
        known["bowl_volume"] = vessel.volume
        if vessel.is_cylinder:
            known["bowl_diameter"], known["bowl_height"] = 2.0 * vessel.radius, vessel.height
        else:
            known["vessel_outline"] = vessel.outline
    return known
