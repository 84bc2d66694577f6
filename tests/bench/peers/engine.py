"""gpudem in the benchmark: a process of its own, so that cores and threads are its own too.

    python -m tests.bench.peers.engine folder

does the job that `Engine.run` left in the folder and leaves ``engine.npz``. The collision log
is on and is collected at every interval of the log, as in a run; the run file is not written.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

import gpudem
from gpudem import Scene
from gpudem.device import start as device
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.bench.peers import mill

#: Steps before the clock starts: compiling and the first lists.
WARMING = 200


class Engine(mill.Code):
    """gpudem of the tree that this file lies in."""

    name = "gpudem"
    install = "pip install -e ."

    def found(self) -> bool:
        """Always: this file imports it."""
        return True

    def version(self) -> str:
        """Version of the package."""
        return gpudem.__version__

    def run(self, job: mill.Job) -> mill.Run:
        """Starts a process for the job."""
        job.state.save(job.folder / "start.npz")
        order = {
            "diameter": job.diameter,
            "restitution": job.scene.contact.bead_bead.restitution,
            "damper": job.scene.contact.bead_bead.shear_damping,
            "steps": job.steps,
            "every": job.every,
            "cores": job.cores,
        }
        (job.folder / "engine.json").write_text(json.dumps(order))
        command = [sys.executable, "-m", "tests.bench.peers.engine", str(job.folder.resolve())]
        mill.call(command, mill.ROOT)
        with np.load(job.folder / "engine.npz") as file:
            frames = None
            if job.every:
                names = ("time", "position", "velocity", "spin")
                frames = mill.Frames(*(file[name] for name in names))
            return mill.Run(float(file["seconds"]), float(file["processor"]), frames)


def moving_charge(bowl: mill.Bowl, folder: Path) -> mill.State:
    """The charge after the bowl's starting time; the folder keeps it for later calls."""
    path = folder / f"start-{bowl.diameter.replace(' ', '')}.npz"
    scene = mill.scene_of_peers(bowl.diameter)
    if path.exists():
        state = mill.State.load(path)
        if len(state.position) == scene.bead_count:
            return state
    print(f"{bowl.diameter}: gpudem runs to a moving charge", file=sys.stderr, flush=True)
    work = folder / "start"
    work.mkdir(exist_ok=True)
    steps = round(bowl.start / scene.run.log_interval) * scene.steps_per_interval
    packing = mill.packing(scene)
    job = mill.Job(scene, packing, steps, steps, 1, work, diameter=bowl.diameter)
    frames = Engine().run(job).frames
    assert frames is not None
    moved = (frames.position[-1], frames.velocity[-1], frames.spin[-1])
    state = mill.State(float(frames.time[-1]), *moved)
    state.save(path)
    return state


def simulation_from(scene: Scene, state: mill.State) -> Simulation:
    """The scene's bowl with the state's charge, at the state's time."""
    case = build_case(scene)
    case.position, case.velocity, case.spin = state.position, state.velocity, state.spin
    simulation = Simulation(case)
    simulation.step_number = round(state.time / case.time_step)
    return simulation


def work(folder: Path) -> None:
    """Does the job in the folder."""
    order = json.loads((folder / "engine.json").read_text())
    state = mill.State.load(folder / "start.npz")
    device.start("cpu", threads=order["cores"])
    scene = mill.scene_with(order["restitution"], order["damper"], order["diameter"])
    simulation = simulation_from(scene, state)
    simulation.compile()
    simulation.step(WARMING)
    simulation.collect()
    simulation = simulation_from(scene, state)
    chunk = order["every"] or scene.steps_per_interval
    frames: list[tuple] = []
    seconds = 0.0
    left = order["steps"]
    used = resource.getrusage(resource.RUSAGE_SELF)
    while left > 0:
        now = min(chunk, left)
        began = time.perf_counter()
        simulation.step(now)
        simulation.collect()
        seconds += time.perf_counter() - began
        left -= now
        if order["every"]:
            moved = (simulation.position, simulation.velocity, simulation.angular_velocity)
            frames.append((simulation.time, *(part.copy() for part in moved)))
    end = resource.getrusage(resource.RUSAGE_SELF)
    processor = end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime
    parts = [np.array(part) for part in zip(*frames, strict=True)] or [np.zeros(0)] * 4
    np.savez(
        folder / "engine.npz",
        seconds=seconds,
        processor=processor,
        time=parts[0],
        position=parts[1],
        velocity=parts[2],
        spin=parts[3],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with engine.json and start.npz")
    work(parser.parse_args().folder)
