"""Many runs in one process: memory stays flat, and nothing is compiled twice."""

import time
from pathlib import Path

import pytest

from gpudem import load_scene
from gpudem.running.simulation import Simulation


def resident():
    """Memory that this process holds [bytes]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("runs", "few"),
    [(12, 6), pytest.param(100, 20, marks=pytest.mark.slow)],
    ids=["short", "hundred"],
)
def test_memory_stays_flat_over_many_runs(tmp_path, runs, few):
    held, took = [], []
    for number in range(runs):
        sets = [f"beads.count={40 + number % 5}", f"run.seed={number}"]
        times = ["run.duration=2 ms", "run.log_from=1 ms", "run.checkpoint=1 ms"]
        began = time.perf_counter()
        simulation = Simulation(load_scene("pulverisette7-20ml", [*sets, *times]))
        simulation.run(tmp_path / "run.vtkhdf", overwrite=True)
        took.append(time.perf_counter() - began)
        held.append(resident())
    growth = max(held[-few // 2 :]) - max(held[few // 2 : few])
    print(
        f"{runs} runs: {held[few - 1] / 1e6:.1f} MB after {few}, {held[-1] / 1e6:.1f} MB at the end"
    )
    assert growth < 2e6 + 2e4 * runs
    # A run that compiled kernels would take seconds.
    assert sorted(took[1:])[len(took) // 2] < 1.0
