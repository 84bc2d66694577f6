"""Bead-steps per second of one core in the steady mill, at three bead sizes.

    python tests/bench/speed.py [--schedule serial|parallel] [--threads 1]

Each bowl first runs to a moving charge, then blocks of steps are timed with all laws and logs on;
printed are the median and the range over the blocks.
"""

import argparse
import time

import numpy as np

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case

BOWLS = {"5 mm": 0.05, "3 mm": 0.05, "1.75 mm": 0.03}
BLOCKS = 15


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedule", default="serial")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bowls", nargs="*", default=list(BOWLS))
    options = parser.parse_args()
    print(device.start("cpu", threads=options.threads).describe())
    for diameter in options.bowls:
        scene = load_scene("pulverisette7", (f"beads.diameter={diameter}",))
        simulation = Simulation(build_case(scene))
        simulation.advance_to(BOWLS[diameter])
        if options.schedule != "serial":
            moving = build_case(scene)
            moving.position = simulation.position
            moving.velocity = simulation.velocity
            moving.spin = simulation.angular_velocity
            number = simulation.step_number
            simulation = Simulation(moving, schedule=options.schedule)
            simulation.step_number = number
            simulation.step(500)
        steps = max(200, 400_000 // simulation.beads)
        speeds = []
        for _ in range(BLOCKS):
            began = time.perf_counter()
            simulation.step(steps)
            speeds.append(simulation.beads * steps / (time.perf_counter() - began) / 1e6)
        print(
            f"{simulation.beads:6} beads of {diameter:8} {np.median(speeds):6.2f} million "
            f"bead-steps/s ({min(speeds):.2f} to {max(speeds):.2f})"
        )


if __name__ == "__main__":
    main()
