"""The loop over the log intervals of a run, with everything written to its run file.

A run can be stopped at any step and goes on from its last checkpoint with the same bits, since
results do not depend on how the steps are cut into calls.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np

from gpudem.engine.case import Case
from gpudem.engine.collected import Collected, dissipation_and_count
from gpudem.engine.engine import Engine
from gpudem.errors import DeviceError, RunFileError, RunFileGone
from gpudem.kernels import layout as at
from gpudem.mills.stirrer import Stirrer
from gpudem.runfile.checkpoint import Checkpoint, checkpoint_paths, write_checkpoint
from gpudem.runfile.writer import RunFileWriter
from gpudem.running.plan import Timetable
from gpudem.running.progress import Progress
from gpudem.running.recorder import Recorder
from gpudem.scene.build import bowl_walls, mill_drive
from gpudem.scene.tables import Scene
from gpudem.stopping import StopSignals

#: Wall-clock seconds between two commits of the run file.
_COMMIT_EVERY = 2.0


class Loop:
    """The loop over intervals, and what it has to remember between them.

    Args:
        engine: advances the cases.
        recorders: one for each case.
        timetable: of all of them.
        stop: wishes to stop.
        compiling: time that the compilation took [s].
    """

    def __init__(
        self,
        engine: Engine,
        recorders: Sequence[Recorder],
        timetable: Timetable,
        stop: StopSignals,
        compiling: float,
    ) -> None:
        self._engine, self._recorders, self._timetable = engine, list(recorders), timetable
        self._stop, self._compiling = stop, compiling
        self._since = np.zeros((engine.beads, 2))
        self._elapsed = 0.0
        self._next_checkpoint = 0
        self._began = self._committed = self._saved = time.perf_counter()
        self._saved_step = -1

    @property
    def scene(self) -> Scene | None:
        """The scene of the first case, as it is by now."""
        return self._recorders[0].scene

    @property
    def _first(self) -> RunFileWriter:
        """The run file of the first case, beside which checkpoints lie."""
        return self._recorders[0].writer

    @property
    def _done(self) -> int:
        return self._first.intervals

    @property
    def _opened(self) -> bool:
        return self._done >= self._timetable.log_from_interval

    def begin(self) -> None:
        """Takes the first snapshot and the first checkpoint."""
        if self._opened:
            self._engine.open_window()
        first = self._engine.collect()
        shot = self._shot(first, 0.0)
        for recorder in self._recorders:
            recorder.begin(first, shot)
        self._save()
        for recorder in self._recorders:
            recorder.introduce(first)

    def restore(self, checkpoint: Checkpoint, number: int) -> None:
        """Goes on where a checkpoint stands, which the next one leaves in place."""
        meta = checkpoint.meta
        self._elapsed = meta["elapsed"]
        for recorder, own in zip(self._recorders, meta.get("members", [meta]), strict=True):
            recorder.restore(own)
        self._since = checkpoint.arrays["since"].reshape(self._since.shape).copy()
        self._next_checkpoint = 1 - number
        self._promise()

    def go(self, progress: Progress | None) -> None:
        """Runs all intervals that are left and finishes the run file."""
        engine, plan = self._engine, self._timetable
        if progress is not None:
            progress.begin(plan.intervals, engine.beads, plan.duration, self._done)
        first_step = engine.step_number
        self._began = self._committed = self._saved = time.perf_counter()
        try:
            while self._done < plan.intervals:
                before = self._done
                for collected in self._advance():
                    self._record(collected)
                    if progress is not None:
                        seconds = time.perf_counter() - self._began
                        rate = (collected.step - first_step) / seconds
                        safe = self._first.committed_intervals * plan.log_interval
                        progress.interval(self._done, collected.time, rate, safe)
                # Not before all that was collected is written: the simulation is ahead of it.
                if self._done > before:
                    self._keep()
            for recorder in self._recorders:
                recorder.finish(self._timings(recorder))
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
        plan, done = self._timetable, self._done
        if any(recorder.is_observed for recorder in self._recorders):
            return done + 1
        regular = (plan.intervals_per_snapshot, plan.intervals_per_checkpoint)
        halts = [(done // every + 1) * every for every in regular]
        if done < plan.log_from_interval:
            halts.append(plan.log_from_interval)
        return min(*halts, plan.intervals)

    def _record(self, collected: Collected) -> None:
        """Writes an interval, and does what is due at its end."""
        engine, plan = self._engine, self._timetable
        opened, done = self._opened, self._done + 1
        self._since += dissipation_and_count(collected.log)
        shot = histograms = None
        if done % plan.intervals_per_snapshot == 0 or done == plan.intervals:
            span = ((done - 1) % plan.intervals_per_snapshot + 1) * plan.log_interval
            shot = self._shot(collected, span)
            histograms = engine.take_histograms() if opened else None
            self._since[:] = 0.0
        elapsed = self._elapsed + time.perf_counter() - self._began
        changed = [
            recorder.record(
                collected, elapsed, None if histograms is None else histograms[number], shot
            )
            for number, recorder in enumerate(self._recorders)
        ]
        if done == plan.log_from_interval:
            engine.open_window()
        for number, recorder in enumerate(self._recorders):
            self._direct(number, recorder, changed[number])

    def _direct(self, case: int, recorder: Recorder, scene: Scene | None) -> None:
        """Goes on by another scene, the same mill at other speeds from now on."""
        if scene is None:
            return
        own = self._engine.cases[case]
        own.drive, own.walls = mill_drive(scene), bowl_walls(scene)
        recorder.take(scene)
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
        regular = self._done % self._timetable.intervals_per_checkpoint == 0
        if regular or now - self._saved > self._timetable.checkpoint_clock:
            self._save()
        elif now - self._committed > _COMMIT_EVERY:
            for recorder in self._recorders:
                recorder.writer.flush()
            self._committed = now

    def _save(self) -> None:
        """Commits the run files and writes a checkpoint that goes with them."""
        for recorder in self._recorders:
            recorder.writer.flush(everything=True)
        self._committed = self._saved = now = time.perf_counter()
        # Twice the same would push the one before out.
        if self._saved_step == self._engine.step_number:
            return
        checkpoint = self._engine.checkpoint()
        members = [recorder.meta for recorder in self._recorders]
        meta = {
            **checkpoint.meta,
            **members[0],
            "elapsed": self._elapsed + now - self._began,
            "compiling": self._compiling,
        }
        if len(members) > 1:
            meta["members"] = members
        arrays = {**checkpoint.arrays, "since": self._since.ravel()}
        path = checkpoint_paths(self._first.path)[self._next_checkpoint]
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
        path = self._first.path
        if len(self._recorders) > 1:
            return "the same call, which resumes all cases of the batch"
        if self.scene is None:
            return f"resume_run(Simulation(case), interrupted_run({str(path)!r}), plan=plan)"
        return f"gpudem resume {path}"

    def _shot(self, collected: Collected, span: float) -> dict[str, np.ndarray]:
        """Positions and the other fields of snapshots, of the beads of all cases."""
        rate = self._since / span if span > 0.0 else np.zeros_like(self._since)
        touching = [at.SAMPLE_TOUCHING_BEAD, at.SAMPLE_TOUCHING_WALL]
        fields = self._engine.snapshot(collected.sample[:, touching].sum(axis=1), rate)
        return {"position": self._engine.position, **fields}

    def _timings(self, recorder: Recorder) -> dict[str, Any]:
        engine = self._engine
        share = recorder.beads / engine.beads
        seconds = self._elapsed + time.perf_counter() - self._began
        work = engine.beads * engine.step_number
        return {
            "host": platform.node(),
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "device": f"{engine.device.kind} ({engine.device.name})",
            "threads": engine.device.threads,
            # Of cases that advance together each takes its beads' share.
            "wall_seconds": seconds * share,
            "cases": len(self._recorders),
            "compile_seconds": self._compiling,
            "bead_steps_per_second": work / seconds if seconds > 0.0 else float("nan"),
            "rebuilds": engine.rebuilds,
        }


def run_parameters(
    engine: Engine, case: int, scene: Scene | None, timetable: Timetable
) -> dict[str, Any]:
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
    return {**common, **(_of_case(engine.cases[case], timetable) if scene is None else _of(scene))}


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
