"""LIGGGHTS and gpudem side by side: the bowl of 5 mm beads from its packing, averages of both.

Runs LIGGGHTS and gpudem one after the other on one core, and prints averages that the same code
takes from both. gpudem runs twice: with the damper that LIGGGHTS makes of the restitution, and
with the restitution itself. What else differs is told in docs/reference/peers.md.

    python -m tests.bench.peers.beside --duration 0.15
    python -m tests.bench.peers.beside --skip-liggghts
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from gpudem import GpudemError, Scene
from gpudem.contact.restitution import restitution_of
from tests.bench.peers import mill
from tests.bench.peers.engine import Engine
from tests.bench.peers.liggghts import Liggghts, measured_restitution


@dataclass
class Result:
    """Averages with their standard errors by name, and the cost of the run."""

    values: dict[str, tuple[float, float]]
    run: mill.Run
    bead_steps: float


def print_table(columns: dict[str, Result]) -> None:
    """Prints all columns, and the ratio of the first to each of the others."""
    results = list(columns.values())
    heads = ["", *columns, *(f"over {name}" for name in list(columns)[1:])]
    print("\n| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for key, label, factor in mill.ROWS_OF_TABLE:
        pairs = [result.values[key] for result in results]
        cells = [f"{factor * mean:.4g} ± {factor * error:.1g}" for mean, error in pairs]
        cells += [f"{pairs[0][0] / mean:.3f}" for mean, _ in pairs[1:]]
        print(f"| {label} | " + " | ".join(cells) + " |")
    for label, values in (
        ("wall-clock time [s]", [r.run.seconds for r in results]),
        ("million bead-steps/s", [1e-6 * r.bead_steps / r.run.seconds for r in results]),
        ("million bead-steps per CPU s", [1e-6 * r.bead_steps / r.run.processor for r in results]),
    ):
        cells = [f"{value:.3g}" for value in values]
        cells += [f"{values[0] / value:.3g}" for value in values[1:]]
        print(f"| {label} | " + " | ".join(cells) + " |")


def compare(options: argparse.Namespace, folder: Path) -> None:
    """Runs the codes in the folder and prints what they say."""
    damper = not options.no_tangential_damper
    as_asked = mill.scene_with(options.restitution, damper)
    same = restitution_of(mill.damping_ratio_of_peers(options.restitution))
    same_damper = mill.scene_with(same, damper)
    print(f"{as_asked.bead_count} beads, time step {1e6 * as_asked.time_step:.4f} us")
    print(f"{options.duration} s, averaged over the last {options.window} s")
    print(f"{mill.machine()}, {time.strftime('%Y-%m-%d')}")
    print(f"restitution {options.restitution}: LIGGGHTS' damper should rebound at {same:.4f}")

    every = as_asked.steps_per_interval
    steps = round(options.duration / as_asked.run.log_interval) * every
    packing = mill.packing(as_asked)
    jobs: dict[str, tuple[mill.Code, mill.Job]] = {}

    def add(name: str, code: mill.Code, scene: Scene) -> None:
        job = mill.Job(scene, packing, steps, every, 1, folder, options.restitution)
        jobs[name] = (code, job)

    if not options.skip_liggghts:
        add("LIGGGHTS", Liggghts(), as_asked)
        rebound = measured_restitution(folder, as_asked, options.restitution)
        print(f"restitution {options.restitution}: LIGGGHTS rebounds at {rebound:.4f}, measured")
    add("gpudem, same damper", Engine(), same_damper)
    add(f"gpudem, e = {options.restitution}", Engine(), as_asked)
    columns: dict[str, Result] = {}
    for name, (code, job) in jobs.items():
        run = code.run(job)
        assert run.frames is not None
        values = mill.averages(run.frames, job.scene, options.window)
        columns[name] = Result(values, run, float(job.steps) * len(packing.position))
    print_table(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--duration", type=float, default=0.15, help="simulated seconds (0.15)")
    parser.add_argument("--window", type=float, default=0.1, help="last seconds averaged (0.1)")
    parser.add_argument("--restitution", type=float, default=0.15, help="the input (0.15)")
    parser.add_argument("--no-tangential-damper", action="store_true", help="in both codes")
    parser.add_argument("--skip-liggghts", action="store_true", help="gpudem only")
    parser.add_argument("--keep", type=Path, help="folder for the codes' files, kept")
    options = parser.parse_args()
    if not 0.0 < options.window <= options.duration:
        parser.error("--window must lie in (0, duration]")
    if not options.skip_liggghts and not Liggghts().found():
        sys.exit(f"LIGGGHTS is missing ({Liggghts.install}); --skip-liggghts does without it")
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        compare(options, options.keep)
        return
    with tempfile.TemporaryDirectory(prefix="gpudem-beside-") as folder:
        compare(options, Path(folder))


if __name__ == "__main__":
    try:
        main()
    except GpudemError as error:
        sys.exit(str(error))
