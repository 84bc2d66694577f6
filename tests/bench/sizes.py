"""Cost of a bead-step from 100 beads to a million, on one core and on all.

    python tests/bench/sizes.py [--most 100000] [--threads 1 2] [--schedule auto]

The Pulverisette's bowl grows with the beads: their size, the filling and the speed of the walls
stay. A million beads cannot be packed at random, or brought into motion, in useful time, so all
sizes start from the same dense lattice, shaken. The table tells how many beads and walls a bead
touches while it is timed; in the mill it is 0.7 to 1. Prints Markdown; costs are medians of blocks
from the same moment, with the range.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.diagnostics.preview import memory
from gpudem.engine import SCHEDULES
from gpudem.engine.case import Case
from gpudem.kernels import layout as at
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case

SIZES = (100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
REFERENCE_BEADS = 367
#: Gap of the lattice over the bead's diameter, and the speed [m/s] of the shaking along each axis.
GAP, SHAKING = 0.005, 0.3
#: Steps before the clock starts: the lattice's beads meet after some 100.
WARMING = 400
#: Steps of a timed block: few, as the charge soon falls together; more of few beads, for which a
#: call of the device would count too much. Blocks: as many as these bead-steps allow.
FEWEST, MOST, SHORTEST = 400, 4000, 1.2e6
BLOCKS, BEAD_STEPS = 7, 2.8e8


def lattice(count: int, radius: float, reach: float) -> np.ndarray:
    """Centres [m] of a close-packed lattice in a cylinder, from the bottom up.

    Args:
        count: of beads.
        radius: of a bead [m].
        reach: largest distance of a centre from the axis [m].
    """
    edge = 2.0 * radius * (1.0 + GAP)
    rows, layers = edge * np.sqrt(0.75), edge * np.sqrt(2.0 / 3.0)
    half = int(reach / rows) + 2
    i, j = np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1), indexing="ij")
    found, total, layer = [], 0, 0
    while total < count:
        odd = layer % 2
        x = edge * (i + 0.5 * (j % 2) + 0.5 * odd)
        y = rows * (j + odd / 3.0)
        inside = np.hypot(x, y) < reach
        z = np.full(inside.sum(), radius * (1.0 + GAP) + layer * layers)
        found.append(np.stack([x[inside], y[inside], z], axis=1))
        total += len(z)
        layer += 1
    return np.concatenate(found)[:count]


def shaken(count: int) -> Case:
    """A bowl for so many beads of the Pulverisette's size, filled by half."""
    scale = (count / REFERENCE_BEADS) ** (1.0 / 3.0)
    scene = load_scene("pulverisette7")
    bowl = scene.bowl
    sets = (
        f"bowl.diameter={bowl.diameter * scale} m",
        f"bowl.height={bowl.height * scale} m",
        f"bowl.volume={bowl.volume * scale**3} m^3",
        # The walls go as fast in any bowl; faster ones would need smaller steps.
        f"mill.speed={scene.mill.speed / max(1.0, scale)} rad/s",
        "beads.count=1",
    )
    one = build_case(load_scene("pulverisette7", sets))
    radius = float(one.radius[0])
    generator = np.random.default_rng(1)
    position = lattice(count, radius, 0.5 * bowl.diameter * scale - radius * (1.0 + GAP))
    position += generator.uniform(-0.2, 0.2, position.shape) * GAP * radius
    return replace(
        one,
        position=position,
        velocity=generator.normal(0.0, SHAKING, position.shape),
        radius=np.full(count, radius),
        density=float(one.density[0]),
        spin=None,
        species=None,
    )


def touched(simulation: Simulation) -> float:
    """Beads and walls that a bead touches, on average."""
    sample = simulation.collect().sample
    walls = sample[:, at.SAMPLE_TOUCHING_WALL].mean()
    return float(sample[:, at.SAMPLE_TOUCHING_BEAD].mean() + walls)


def measure(count: int, schedule: str) -> str:
    """A size as a row of the table, measured on the current device."""
    simulation = Simulation(shaken(count), schedule=schedule)
    simulation.compile()
    simulation.step(WARMING)
    touching = [touched(simulation)]
    steps = min(MOST, max(FEWEST, round(SHORTEST / count)))
    blocks = max(1, min(BLOCKS, round(BEAD_STEPS / count / steps)))
    start = simulation.checkpoint() if blocks > 1 else None
    costs = []
    for _ in range(blocks):
        began = time.perf_counter()
        simulation.step(steps)
        touching.append(touched(simulation))
        costs.append(1e9 * (time.perf_counter() - began) / steps / count)
        if start is not None:
            simulation.restore(start)
    median = statistics.median(costs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (
        f"| {count} | {simulation.device.threads} | {1e3 / median:.2f} | {median:.1f} "
        f"({min(costs):.1f} to {max(costs):.1f}) | {touching[0]:.2f} to {touching[-1]:.2f} "
        f"| {simulation.state.bytes / 1e6:.1f} | {peak / 1e6:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--most", type=int, default=100_000, help="leaves out larger sizes")
    everything = device.choose("cpu").threads
    parser.add_argument("--threads", nargs="+", type=int, default=sorted({1, everything}))
    parser.add_argument("--schedule", choices=SCHEDULES, default="auto")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        device.start("cpu", threads=options.threads[0])
        print(measure(options.only, options.schedule))
        return
    print(f"{device.choose('cpu').name}, schedule {options.schedule}, {time.strftime('%Y-%m-%d')}")
    print(
        "\n| beads | threads | million bead-steps/s | ns per bead-step | touching per bead ", end=""
    )
    print("| arrays [MB] | process [MB] |\n|---|---|---|---|---|---|---|", flush=True)
    for threads in options.threads:
        for count in (size for size in options.sizes if size <= options.most):
            # The host keeps a copy of most arrays while it fills them.
            needed, free = 2 * memory(count), device.choose("cpu").memory()
            if free is not None and needed > free:
                print(f"{count} beads need {needed / 1e9:.1f} GB; they are left out")
                continue
            # A process of its own, so that its peak of memory is the size's.
            command = [sys.executable, __file__, "--only", str(count), "--threads", str(threads)]
            subprocess.run([*command, "--schedule", options.schedule], check=True)


if __name__ == "__main__":
    main()
