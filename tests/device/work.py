"""Runs a schedule on the device named and saves what it did.

python -m tests.device.work DEVICE PRECISION BEADS STEPS BLOCK OUTPUT.npz [SCHEDULE [LANES]]
"""

import sys

import numpy as np

from gpudem.device import start as device
from gpudem.geometry.vessel import cylinder
from gpudem.mills.planetary import PlanetaryDrive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from tests.factories import RADIUS, case_of


def crowd(beads):
    """Beads on a lattice with next to no gaps, each with its own velocity and spin."""
    rng = np.random.default_rng(beads)
    side = int(np.ceil(beads ** (1 / 3)))
    pitch = 2 * RADIUS * (1 + 1e-6)
    cells = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    reach = side * pitch
    position = (cells[:beads] - 0.5 * (side - 1)) * pitch
    position[:, 2] += RADIUS * (1 + 1e-6) - position[:, 2].min()
    diameter = 2 * (np.hypot(position[:, 0], position[:, 1]).max() + RADIUS * (1 + 1e-6))
    speed = 62.8
    return case_of(
        position,
        rng.normal(0.0, 1.5, (beads, 3)),
        rng.normal(0.0, 200.0, (beads, 3)),
        walls=cylinder(diameter, reach + RADIUS, motion="rotation", rate=Profile.constant(-speed)),
        drive=PlanetaryDrive(disc=Profile.constant(speed), sun_wheel_radius=0.07),
        fraction=0.2,
    )


def work(beads, steps, schedule="parallel", *, lanes=None, **options):
    """State and sums after so many steps.

    Args:
        beads: of one case, or of several that advance together.
        steps: of each.
        schedule: by its name.
        lanes: threads of a block, by default as many as the schedule takes.
        options: of the simulation.
    """
    cases = [crowd(count) for count in np.atleast_1d(beads)]
    simulation = Simulation(cases, schedule=schedule, **options)
    if lanes is not None:
        simulation._schedule.lanes = lambda state: lanes
    simulation.open_window()
    simulation.step(steps)
    collected = simulation.collect()
    return {
        "position": simulation.position,
        "velocity": simulation.velocity,
        "spin": simulation.angular_velocity,
        "log": collected.log,
        "events": collected.events,
        "work": collected.work,
        "sample": collected.sample,
        "histograms": simulation.take_histograms(),
        "launches": np.array(simulation._schedule.launches),
        "rebuilds": np.array(simulation.rebuilds),
    }


def main() -> None:
    kind, precision, beads, steps, block, output, *rest = sys.argv[1:]
    device.start(kind, precision=precision, block=int(block))
    schedule = rest[0] if rest else "parallel"
    lanes = int(rest[1]) if len(rest) > 1 else None
    beads = [int(count) for count in beads.split(",")]
    np.savez(output, **work(beads, int(steps), schedule, lanes=lanes))


if __name__ == "__main__":
    main()
