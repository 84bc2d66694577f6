"""A run: a simulation advanced interval by interval, with everything written to its run file."""

from __future__ import annotations

import json
import platform
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.errors import GpudemError
from gpudem.guards import Guards
from gpudem.kernels import layout as at
from gpudem.recording import RunFileWriter

if TYPE_CHECKING:
    from gpudem.progress import Progress
    from gpudem.simulation import Collected, Simulation

#: Wall-clock seconds between two commits of the run file.
_COMMIT_EVERY = 2.0


def run_simulation(
    simulation: Simulation,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Runs a fresh simulation of a scene to its end and writes its run file.

    Args:
        simulation: of a scene, not advanced yet.
        path: the run file.
        overwrite: replace an existing one.
        progress: told about each interval.

    Returns:
        The path.

    Raises:
        RunFileError: the file exists or cannot be written.
        SimulationError: the simulation left the range in which it means anything; all
            intervals up to then are in the file.
    """
    scene = simulation.scene
    if scene is None or simulation.step_number:
        raise GpudemError("a run file needs a simulation of a scene that has not advanced yet")
    compiling = time.perf_counter()
    simulation.compile()
    compiling = time.perf_counter() - compiling
    with RunFileWriter(
        path,
        parameters=run_parameters(simulation),
        scene_source=scene.source_text,
        overrides=list(scene.overrides),
        resolved=json.dumps(scene.model_dump(mode="json"), sort_keys=True),
        radius=simulation.radius,
        log=scene.run.log,
        overwrite=overwrite,
        log_first_interval=scene.log_from_interval,
    ) as writer:
        if progress is not None:
            progress.begin(scene.intervals, simulation.beads, scene.run.duration)
        try:
            seconds = _run_intervals(simulation, writer, progress)
        finally:
            if progress is not None:
                progress.end()
        writer.finish(simulation.alive_events(), _timings(simulation, seconds, compiling))
    return Path(path)


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


def _run_intervals(
    simulation: Simulation, writer: RunFileWriter, progress: Progress | None
) -> float:
    """Runs all intervals; returns the wall-clock seconds from first step to last commit."""
    scene = simulation.scene
    assert scene is not None
    since = np.zeros((simulation.beads, 2))
    opened = scene.log_from_interval == 0
    if opened:
        simulation.open_window()
    began = committed = time.perf_counter()
    first = simulation.collect()
    guards = Guards(scene)
    guards.begin(float(first.sample[:, [at.SAMPLE_KINETIC, at.SAMPLE_SPIN]].sum()))
    _append_snapshot(simulation, writer, first, since, 0.0, None)
    for number in range(scene.intervals):
        simulation.step(scene.steps_per_interval)
        collected = simulation.collect()
        summary = summarise(simulation, collected)
        writer.append_interval(
            summary,
            collected.log,
            collected.events.sum(axis=0) if opened else None,
            time.perf_counter() - began,
        )
        since += _dissipation_and_count(collected.log)
        done = number + 1
        guards.check(collected.sample, summary, simulation.step_number, simulation.time)
        if done % scene.intervals_per_snapshot == 0 or done == scene.intervals:
            histograms = simulation.take_histograms()[0] if opened else None
            span = ((done - 1) % scene.intervals_per_snapshot + 1) * scene.run.log_interval
            _append_snapshot(simulation, writer, collected, since, span, histograms)
            since[:] = 0.0
        if done == scene.log_from_interval:
            simulation.open_window()
            opened = True
        if time.perf_counter() - committed > _COMMIT_EVERY:
            writer.flush()
            committed = time.perf_counter()
        if progress is not None:
            rate = simulation.step_number / (time.perf_counter() - began)
            progress.interval(done, simulation.time, rate)
    writer.flush(everything=True)
    return time.perf_counter() - began


def summarise(simulation: Simulation, collected: Collected) -> dict[str, float]:
    """The bowl's values of one interval, by the names of quantities.SUMMARY."""
    case = simulation.cases[0]
    sample, work = collected.sample, collected.work.sum(axis=0)
    mass = case.mass
    centre = (mass[:, None] * sample[:, at.SAMPLE_PLACE : at.SAMPLE_PLACE + 3]).sum(axis=0)
    centre /= mass.sum()
    when = np.array([simulation.time])
    body = case.drive.body_acceleration(when)[0]
    disc = 0.0 if case.drive.disc is None else float(case.drive.disc.rate(when)[0])
    return {
        "time": simulation.time,
        "work_body": float(work[at.WORK_BODY]),
        "work_contact": float(work[at.WORK_CONTACT]),
        "work_wall": float(work[at.WORK_WALL]),
        "kinetic_energy": float(sample[:, at.SAMPLE_KINETIC].sum()),
        "spin_energy": float(sample[:, at.SAMPLE_SPIN].sum()),
        "stored_energy": float(sample[:, at.SAMPLE_STORED].sum()),
        "mean_speed": float(sample[:, at.SAMPLE_SPEED].mean()),
        "touching_bead_bead": float(sample[:, at.SAMPLE_TOUCHING_BEAD].sum() / 2.0),
        "touching_bead_wall": float(sample[:, at.SAMPLE_TOUCHING_WALL].sum()),
        "largest_overlap": float(sample[:, at.SAMPLE_OVERLAP].max()),
        "centre_x": float(centre[0]),
        "centre_y": float(centre[1]),
        "centre_z": float(centre[2]),
        "acceleration_x": float(body[0]),
        "acceleration_y": float(body[1]),
        "acceleration_z": float(body[2]),
        "disc_speed": disc,
    }


def _dissipation_and_count(log: np.ndarray) -> np.ndarray:
    """Dissipated energy [J] and contacts begun of each bead, shape (beads, 2)."""
    return np.stack(
        [
            log[:, :, at.NORMAL_DAMPING : at.LOG_ENERGIES].sum(axis=(1, 2)),
            log[:, :, at.LOG_CONTACTS].sum(axis=1),
        ],
        axis=1,
    )


def _append_snapshot(
    simulation: Simulation,
    writer: RunFileWriter,
    collected: Collected,
    since: np.ndarray,
    span: float,
    histograms: np.ndarray | None,
) -> None:
    velocity = simulation.velocity
    rate = since / span if span > 0.0 else np.zeros_like(since)
    touching = collected.sample[:, [at.SAMPLE_TOUCHING_BEAD, at.SAMPLE_TOUCHING_WALL]].sum(axis=1)
    writer.append_snapshot(
        simulation.time,
        simulation.position,
        {
            "velocity": velocity,
            "angular_velocity": simulation.angular_velocity,
            "speed": np.linalg.norm(velocity, axis=1),
            "collision_power": rate[:, 0],
            "collision_rate": rate[:, 1],
            "touching": touching,
        },
        histograms,
    )


def _timings(simulation: Simulation, seconds: float, compiling: float) -> dict[str, Any]:
    work = simulation.beads * simulation.step_number
    return {
        "host": platform.node(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "device": f"{simulation.device.kind} ({simulation.device.name})",
        "threads": simulation.device.threads,
        "wall_seconds": seconds,
        "compile_seconds": compiling,
        "bead_steps_per_second": work / seconds if seconds > 0.0 else float("nan"),
        "rebuilds": simulation.rebuilds,
    }
