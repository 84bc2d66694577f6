"""Launches every kernel of the schedules for GPUs once, on the device named.

For tools that look at the compiled code of kernels; nothing is checked and no result is read.

    python tests/bench/launch_kernels.py cuda 367 mixed
"""

import sys

import numpy as np

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.engine.arrays import DeviceState
from gpudem.engine.collected import Collection
from gpudem.kernels import events, probe
from gpudem.kernels.schedules import block, parallel
from gpudem.scene.build import build_case


def main() -> None:
    kind, beads, precision = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    device.start(kind, precision=precision)
    case = build_case(load_scene("pulverisette7", (f"beads.count={beads}",)))
    state = DeviceState([case], full_lists=True, blocks=True, drive_rows=8)
    state.set_drive([np.arange(8) * case.time_step])
    pack = state.pack()
    parallel.renew_cells(pack, 0, 8, state.cells)
    parallel.renew_lists(pack, 0, 8)
    parallel.advance(state.step_pack(), 0, 0, 8, max(1024, 1 << (beads - 1).bit_length()))
    for lanes in (64, 128, 256):
        block.advance(pack, 0, 0, 8, 8, 1 << 30, lanes, 0)
    parallel.count_events(pack)
    events.open_window(pack)
    parallel.collect(pack, 0, *Collection(state).arrays)
    probe.probe(pack, 0, np.zeros(beads * state.slots * probe.PROBE, state.real))


main()
