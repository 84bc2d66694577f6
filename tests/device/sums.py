"""Adds a million small energies to a large one on the device named and prints the sum.

python -m tests.device.sums DEVICE PRECISION
"""

import json
import sys

import taichi as ti

from gpudem.device import start as device
from gpudem.kernels.energy import tallied
from gpudem.kernels.precision import Real, kernel
from gpudem.kernels.state import State
from gpudem.running.simulation import Simulation
from tests.factories import above_plane

LARGE, SMALL, CALLS, TERMS = 1e-4, 1e-13, 25, 40_000


@kernel
def add_energy(s: State, terms: ti.i32, energy: Real):
    """Adds an energy [J] so many times to the work of each bead."""
    for bead in range(s.beads):
        for _ in range(terms):
            s.work[bead][0] = s.work[bead][0] + tallied(s, s.case_of[bead], energy)


def total() -> float:
    """The sum of a large energy and a million small ones [J], as `Simulation.collect` gives it."""
    simulation = Simulation(above_plane((0.0, 0.0, -1.0)), schedule="parallel")
    pack = simulation.state.pack()
    add_energy(pack, 1, LARGE)
    for _ in range(CALLS):
        add_energy(pack, TERMS, SMALL)
    return float(simulation.collect().work[0, 0])


def main() -> None:
    kind, precision = sys.argv[1:]
    device.start(kind, precision=precision)
    print(json.dumps(total()))


if __name__ == "__main__":
    main()
