"""Speed of gpudem, LIGGGHTS, LAMMPS and YADE in the same bowl, and whether it may be compared.

All codes start from the same moving charge, which gpudem makes once for each bead size. First
each runs a window with samples: its kinetic energy and its contacts per bead must lie within
10 % of LIGGGHTS', or its speed does not count. Then blocks of steps are timed, the codes in
turn, on one core and on all; the clock covers the steps alone. Printed is a table in Markdown.

    python -m tests.bench.peers.compare --keep build/peers
    python -m tests.bench.peers.compare --keep build/peers --check --bowls "5 mm"
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from gpudem import GpudemError
from tests.bench.peers import engine, mill
from tests.bench.peers.lammps import Lammps
from tests.bench.peers.liggghts import Liggghts
from tests.bench.peers.yade import Yade

CODES = {code.name.lower(): code for code in (engine.Engine(), Liggghts(), Lammps(), Yade())}
REFERENCE = "liggghts"
#: Quantities that must agree with the reference, and how well.
AGREEING, TOLERANCE = ("kinetic", "bead_bead", "bead_wall"), 0.10
#: Bead-steps of a timed block on one core: some 5 s of each code.
BLOCK = {"gpudem": 100e6, "liggghts": 75e6, "lammps": 50e6, "yade": 15e6}


@dataclass
class Speed:
    """Timed blocks of a code: million bead-steps per second."""

    blocks: list[float]

    @property
    def median(self) -> float:
        """Median of the blocks."""
        return statistics.median(self.blocks)

    def cell(self) -> str:
        """Median and range for a table."""
        return f"{self.median:.2f} ({min(self.blocks):.2f} to {max(self.blocks):.2f})"


def on_cores(count: int) -> None:
    """Pins this process, and so the programs it starts, to its last cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(ALLOWED)[-count:])


ALLOWED = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(mill.cores()))


def job_for(bowl: mill.Bowl, folder: Path, cores: int) -> mill.Job:
    """The job of a bowl, without steps."""
    state = engine.moving_charge(bowl, folder)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    scene = mill.scene_of_peers(bowl.diameter)
    return mill.Job(scene, state, 0, 0, cores, work, diameter=bowl.diameter)


def agreement(names: list[str], bowl: mill.Bowl, folder: Path) -> dict[str, bool]:
    """Prints each code's averages over the window, and returns whose speed counts.

    Nothing is returned where the reference is not among the codes.
    """
    print(f"\nAgreement at {bowl.diameter}, {1e3 * bowl.window:g} ms from the common start:\n")
    labels = [label for key, label, _ in mill.ROWS_OF_TABLE]
    print("| | " + " | ".join(labels) + " | counts |")
    print("|---" * (len(labels) + 2) + "|", flush=True)
    on_cores(1)
    reference: dict[str, tuple[float, float]] | None = None
    counting = {}
    for name in sorted(names, key=lambda name: name != REFERENCE):
        job = job_for(bowl, folder, 1)
        job.every = max(1, round(bowl.window / mill.SAMPLES / job.scene.time_step))
        job.steps = mill.SAMPLES * job.every
        frames = CODES[name].run(job).frames
        assert frames is not None
        # LIGGGHTS and LAMMPS give the start too, which is the same for all.
        values = mill.averages(frames, job.scene, (job.steps - 0.5) * job.scene.time_step)
        if name == REFERENCE:
            reference = values
        cells = []
        for key, _, factor in mill.ROWS_OF_TABLE:
            cell = f"{factor * values[key][0]:.4g}"
            if reference is not None and name != REFERENCE:
                cell += f" ({values[key][0] / reference[key][0]:.3f})"
            cells.append(cell)
        verdict = "not known"
        if reference is not None:
            ratios = [values[key][0] / reference[key][0] for key in AGREEING]
            counting[name] = all(abs(ratio - 1.0) <= TOLERANCE for ratio in ratios)
            verdict = "yes" if counting[name] else "NO"
        print(f"| {CODES[name].name} | " + " | ".join(cells) + f" | {verdict} |", flush=True)
    print("\nIn brackets: over LIGGGHTS'. A speed counts where kinetic energy and both kinds of")
    print(f"contacts per bead lie within {100 * TOLERANCE:.0f} %.")
    return counting


def speeds(
    names: list[str], bowl: mill.Bowl, cores: int, repeats: int, share: float, folder: Path
) -> dict[str, Speed]:
    """Times blocks of all codes in turn."""
    on_cores(cores)
    out = {name: Speed([]) for name in names}
    for repeat in range(repeats):
        for name in names:
            job = job_for(bowl, folder, cores)
            beads = len(job.state.position)
            job.steps = max(1, round(share * BLOCK[name] / beads))
            seconds = CODES[name].run(job).seconds
            out[name].blocks.append(1e-6 * beads * job.steps / seconds)
            print(
                f"{bowl.diameter}, {cores} cores, {repeat + 1} of {repeats}: {name} "
                f"{out[name].blocks[-1]:.2f} million bead-steps/s, {seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
    return out


def commit() -> str:
    """Short hash of the tree's commit, with a mark where files differ from it."""
    command = ["git", "-C", str(mill.ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def present(wanted: list[str]) -> list[str]:
    """The wanted codes that are there; tells how to install the others."""
    for name in wanted:
        if not CODES[name].found():
            print(f"{CODES[name].name} is missing: {CODES[name].install}", file=sys.stderr)
    return [name for name in wanted if CODES[name].found()]


def print_speeds(
    table: dict[tuple[str, int], dict[str, Speed]],
    names: list[str],
    counting: dict[str, dict[str, bool]],
) -> None:
    """Prints the table of speeds.

    Ratios are to the fastest peer that counts, each code with its best number of cores up to the
    row's: more ranks or threads can be slower in a small bowl.
    """
    heads = [CODES[name].name for name in names]
    print("\nMillion bead-steps/s, median and range of the blocks:\n")
    print("| beads | cores | " + " | ".join(heads) + " | gpudem over the fastest peer |")
    print("|---" * (len(heads) + 3) + "|")
    best: dict[tuple[str, str], float] = {}
    for (diameter, cores), row in sorted(table.items(), key=lambda item: item[0][1]):
        judged = counting.get(diameter, {})
        cells, peers = [], {}
        for name in names:
            counts = judged.get(name, True)
            cells.append(row[name].cell() + ("" if counts else ", does not count"))
            best[diameter, name] = max(row[name].median, best.get((diameter, name), 0.0))
            if counts and name != "gpudem":
                peers[name] = best[diameter, name]
        ratio = "-"
        if peers and "gpudem" in row:
            fastest = max(peers, key=lambda name: peers[name])
            quotient = best[diameter, "gpudem"] / peers[fastest]
            ratio = f"{quotient:.2f} ({CODES[fastest].name})"
        print(f"| {diameter} | {cores} | " + " | ".join(cells) + f" | {ratio} |")
    unchecked = sorted({diameter for diameter, _ in table if not counting.get(diameter)})
    if unchecked:
        print(f"\nNot checked whether the codes agree: {', '.join(unchecked)}.")


def compare(options: argparse.Namespace, names: list[str], folder: Path) -> None:
    """Checks and times, with all files in the folder."""
    versions = [f"{CODES[name].name} {CODES[name].version()}" for name in names]
    print(f"{mill.machine()}, {time.strftime('%Y-%m-%d')}")
    print(f"{'; '.join(versions)}; commit {commit()}", flush=True)
    bowls = [mill.BOWLS[diameter] for diameter in options.bowls]
    counting: dict[str, dict[str, bool]] = {}
    if not options.no_check:
        counting = {bowl.diameter: agreement(names, bowl, folder) for bowl in bowls}
    if options.check:
        return
    table = {}
    for cores in options.cores:
        for bowl in bowls:
            row = speeds(names, bowl, cores, options.repeats, options.share, folder)
            table[bowl.diameter, cores] = row
    print_speeds(table, names, counting)


def main() -> None:
    everything = len(ALLOWED)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--codes", nargs="+", choices=CODES, default=list(CODES))
    parser.add_argument("--bowls", nargs="+", choices=mill.BOWLS, default=list(mill.BOWLS))
    parser.add_argument("--repeats", type=int, default=5, help="blocks of each code (5)")
    parser.add_argument(
        "--cores", nargs="+", type=int, default=sorted({1, everything}), help="series (1 and all)"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of a block's usual steps (1)")
    parser.add_argument("--check", action="store_true", help="agreement only")
    parser.add_argument("--no-check", action="store_true", help="speed only")
    parser.add_argument("--keep", type=Path, help="folder for start states and files, kept")
    options = parser.parse_args()
    if options.check and options.no_check:
        parser.error("--check and --no-check exclude each other")
    if options.repeats < 1 or not all(1 <= cores <= everything for cores in options.cores):
        parser.error(f"--repeats: 1 or more; --cores: 1 to {everything}, what this process may use")
    names = present(options.codes)
    if not names:
        sys.exit("none of the codes is installed")
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        compare(options, names, options.keep.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="gpudem-peers-") as folder:
        compare(options, names, Path(folder))


if __name__ == "__main__":
    try:
        main()
    except GpudemError as error:
        sys.exit(str(error))
