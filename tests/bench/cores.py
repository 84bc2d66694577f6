"""What more cores give: a batch of cases, and one large case shared by a team of threads.

    python tests/bench/cores.py [--threads 2] [--rounds 7]

Printed are million bead-steps/s, medians over interleaved rounds, and the ratios: batches of as
many bowls as threads, and of four times as many, over as many separate processes as threads; and a
team over one thread. The processes do not wait for each other. What they would reach if each block
took as long as the slowest needs, as in a batch of as many bowls, is printed too: machines whose
cores are not their own lose there.
"""

import argparse
import multiprocessing
import os
import time

import numpy as np

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case

#: Bead sizes of the shared case, with the time that brings it into motion [s] and the steps timed.
SHARED = {"3 mm": (0.03, 4000), "1.75 mm": (0.015, 1500)}
BATCH_TIME, BATCH_STEPS = 0.03, 32_768
#: Longest that another process may take to answer [s].
PATIENCE = 300.0


def bowls(count: int, first: int = 1) -> Simulation:
    """So many bowls of 5 mm beads, each of its own seed, in motion."""
    cases = [
        build_case(load_scene("pulverisette7", (f"run.seed={first + number}",)))
        for number in range(count)
    ]
    simulation = Simulation(cases)
    simulation.advance_to(BATCH_TIME)
    return simulation


def timed(simulation: Simulation, steps: int) -> float:
    """Million bead-steps/s of so many steps."""
    began = time.perf_counter()
    simulation.step(steps)
    return simulation.beads * steps / (time.perf_counter() - began) / 1e6


def one_process(seed: int, core: int, start, done) -> None:
    """A process with one bowl on one core: times a block whenever it is told to."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    device.start("cpu", threads=1)
    simulation = bowls(1, seed)
    done.put(0.0)
    while start.get():
        done.put(timed(simulation, BATCH_STEPS))


def compare_batch(threads: int, rounds: int) -> None:
    """Prints two batches on all threads beside as many processes as threads at once."""
    context = multiprocessing.get_context("spawn")
    starts, done = [context.Queue() for _ in range(threads)], context.Queue()
    for number in range(threads):
        arguments = (number + 1, number, starts[number], done)
        context.Process(target=one_process, args=arguments, daemon=True).start()
    for _ in range(threads):
        done.get(timeout=PATIENCE)
    for count in (threads, 4 * threads):
        batch = bowls(count)
        together, apart, slowest = [], [], []
        for _ in range(rounds):
            together.append(timed(batch, BATCH_STEPS * threads // count))
            for start in starts:
                start.put(True)
            each = [done.get(timeout=PATIENCE) for _ in range(threads)]
            apart.append(sum(each))
            slowest.append(threads * min(each))
        ratio = np.median(np.array(together) / np.array(apart))
        waiting = np.median(np.array(slowest) / np.array(apart))
        print(
            f"{count} bowls of 367 beads: batch {np.median(together):.1f}, {threads} processes "
            f"{np.median(apart):.1f}, ratio {ratio:.2f}; at the pace of the slowest {waiting:.2f} "
            f"({min(together):.1f} to {max(together):.1f}, {min(apart):.1f} to {max(apart):.1f})"
        )
    for start in starts:
        start.put(False)


def compare_team(diameter: str, rounds: int) -> None:
    """Prints a team beside one thread, both from the same moving charge."""
    case = build_case(load_scene("pulverisette7", (f"beads.diameter={diameter}",)))
    when, steps = SHARED[diameter]
    team, alone = Simulation(case), Simulation(case, members=1)
    team.advance_to(when)
    start = team.checkpoint()
    speeds: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(rounds):
        for shared, simulation in ((True, team), (False, alone)):
            simulation.restore(start)
            simulation.step(200)
            speeds[shared].append(timed(simulation, steps))
    ratio = np.median(np.array(speeds[True]) / np.array(speeds[False]))
    both = " over ".join(
        f"{np.median(v):.1f} ({min(v):.1f} to {max(v):.1f})" for v in speeds.values()
    )
    print(f"{team.beads} beads: team of {team.members} over one thread: {both}, ratio {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(device.start("cpu", threads=options.threads).describe())
    compare_batch(options.threads, options.rounds)
    for diameter in SHARED:
        compare_team(diameter, options.rounds)


if __name__ == "__main__":
    main()
