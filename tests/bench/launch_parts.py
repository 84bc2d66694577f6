"""Launches the parts of a step of the block schedule as kernels of their own, on the device named.

For tools that look at compiled code, as tests/bench/critical_path.py does; nothing is computed that
means anything.

    python tests/bench/launch_parts.py cuda double
"""

import sys

import numpy as np
import taichi as ti

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.engine.arrays import DeviceState
from gpudem.kernels.precision import kernel
from gpudem.kernels.schedules.block import add_up, compute_contact, find_contacts
from gpudem.kernels.shapes.wall import poses_of, row_of
from gpudem.kernels.state import State
from gpudem.scene.build import build_case


@kernel
def part_find(s: State, step: ti.i32):
    for bead in range(s.beads):
        find_contacts(s, 0, bead, 0, poses_of(s, 0, row_of(s, 0, step)))


@kernel
def part_contact(s: State, step: ti.i32):
    for k in range(s.beads):
        compute_contact(s, 0, s.active[k], 0, step, poses_of(s, 0, row_of(s, 0, step)))


@kernel
def part_add_up(s: State, step: ti.i32):
    for bead in range(s.beads):
        add_up(s, 0, bead, 0, step, step)


def main() -> None:
    kind, precision = sys.argv[1:]
    device.start(kind, precision=precision)
    case = build_case(load_scene("pulverisette7"))
    state = DeviceState([case], full_lists=True, blocks=True, drive_rows=8)
    state.set_drive([np.arange(8) * case.time_step])
    for part in (part_find, part_contact, part_add_up):
        part(state.pack(), 0)


if __name__ == "__main__":
    main()
