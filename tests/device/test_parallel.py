"""The bead-parallel schedule: equal to the serial one on the CPU, bit for bit on any device."""

import subprocess
import sys

import numpy as np
import pytest

from gpudem.device import start as device
from gpudem.kernels.schedules import parallel
from gpudem.running.simulation import Simulation
from tests.device.work import crowd, work

both_precisions = pytest.mark.both_precisions


def rounding():
    """A small multiple of the rounding of one number."""
    return 1e-13 if device.current().precision == "double" else 1e-6


def differences(a, b):
    """Names of what differs: the state by a bit, energy sums by more than rounding.

    A compiler may fuse a product with a sum; on Mesa's Vulkan this shows in the last digit of
    some energies and never reaches the state.
    """
    state = ("position", "velocity", "spin", "sample", "histograms")
    out = [name for name in state if not np.array_equal(a[name], b[name])]
    for name in ("log", "events", "work"):
        size = np.abs(a[name]).max(axis=0)
        if (np.abs(a[name] - b[name]) > rounding() * size).any():
            out.append(name)
    return out


@both_precisions
@pytest.mark.parametrize("beads", [1, 31, 33, 257])
def test_both_schedules_give_the_same_bits(beads):
    steps = 400
    full = work(beads, steps)
    half = Simulation(crowd(beads), schedule="serial")
    half.open_window()
    half.step(steps)
    collected = half.collect()
    assert np.array_equal(full["position"], half.position)
    assert np.array_equal(full["velocity"], half.velocity)
    assert np.array_equal(full["spin"], half.angular_velocity)
    assert np.array_equal(full["histograms"], half.take_histograms())
    assert collected.log[:, :, 8].sum() > 0 or beads == 1
    # Sums are added up in another order.
    band = 1e4 * rounding()
    assert full["log"] == pytest.approx(collected.log, rel=band, abs=1e-9 * band)
    assert full["work"].sum(axis=0) == pytest.approx(collected.work.sum(axis=0), rel=band)
    assert full["events"].sum(axis=0) == pytest.approx(
        collected.events.sum(axis=0), rel=band, abs=1e-9 * band
    )


@both_precisions
def test_forces_of_both_lists_are_antisymmetric():
    simulation = Simulation(crowd(64), schedule="parallel")
    simulation.step(60)
    state = simulation.state
    partner, touching = (
        state.read(name, 1).reshape(state.slots, -1).T for name in ("partner", "contact_state")
    )
    history = state.read("history", 8).reshape(state.slots, -1, 8).swapaxes(0, 1)
    checked = 0
    for i, k in zip(*np.nonzero((touching != 0) & (partner >= 0)), strict=True):
        j = partner[i, k]
        back = int(np.argmax(partner[j] == i))
        assert partner[j, back] == i
        assert np.array_equal(history[i, k, :6], -history[j, back, :6])
        assert np.array_equal(history[i, k, 6:], history[j, back, 6:])
        checked += 1
    assert checked > 20


@both_precisions
def test_slots_that_do_not_suffice_grow_and_change_nothing():
    wanted = work(64, 200)
    assert differences(wanted, work(64, 200, slots=1)) == []


def test_launches_of_a_chunk_are_bounded():
    steps = 400
    launches = int(work(64, steps)["launches"])
    # Each step is one launch; the clock and now and then new lists come on top.
    assert launches < steps * (1 + 1 / parallel.UNROLL) * 1.5 + 40


@both_precisions
def test_the_time_step_may_differ_between_cases_of_a_batch():
    fast, slow = crowd(31), crowd(33)
    slow.time_step *= 0.5
    together = Simulation([fast, slow], schedule="parallel")
    together.step(200)
    for number, case in enumerate((crowd(31), crowd(33))):
        case.time_step *= (1.0, 0.5)[number]
        alone = Simulation(case, schedule="parallel")
        alone.step(200)
        own = slice(together.state.begin[number], together.state.begin[number + 1])
        assert np.array_equal(alone.position, together.position[own])


def on_device(kind, beads, steps, block, folder):
    """The same work in a process of its own on another device."""
    output = folder / f"{kind}-{beads}-{block}.npz"
    arguments = device.current().precision, beads, steps, block, output
    done = subprocess.run(
        [sys.executable, "-m", "tests.device.work", kind, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(output))


needs_vulkan = pytest.mark.skipif(
    device.why_missing("vulkan") is not None, reason="no Vulkan device with 64-bit floats here"
)
needs_cuda = pytest.mark.skipif(
    device.why_missing("cuda") is not None, reason="no CUDA device here"
)


@both_precisions
@needs_vulkan
def test_vulkan_gives_the_bits_of_the_cpu(tmp_path):
    steps = 48
    got = on_device("vulkan", 33, steps, 128, tmp_path)
    assert differences(work(33, steps), got) == []
    assert got["log"][:, :, 8].sum() > 0
    assert got["histograms"].sum() > 0


@needs_vulkan
@pytest.mark.parametrize(("beads", "block"), [(257, 128), (33, 32)])
def test_vulkan_gives_the_bits_of_the_cpu_at_any_size(beads, block, tmp_path):
    steps = 48
    assert differences(work(beads, steps), on_device("vulkan", beads, steps, block, tmp_path)) == []


@both_precisions
@needs_cuda
@pytest.mark.parametrize(("beads", "block"), [(1, 128), (33, 32), (257, 256)])
def test_cuda_agrees_with_the_cpu(beads, block, tmp_path):
    steps = 400
    wanted, got = work(beads, steps), on_device("cuda", beads, steps, block, tmp_path)
    band = 1e4 * rounding()
    assert got["position"] == pytest.approx(wanted["position"], rel=band, abs=1e-3 * band)
    assert got["log"].sum(axis=0) == pytest.approx(
        wanted["log"].sum(axis=0), rel=1e3 * band, abs=1e-15
    )
