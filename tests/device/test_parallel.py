"""The bead-parallel schedule: equal to the serial one on the CPU, bit for bit on any device."""

import numpy as np
import pytest

from gpudem.kernels.schedules import parallel
from gpudem.running.simulation import Simulation
from tests.device.elsewhere import differences, needs_cuda, needs_vulkan, on_device, rounding
from tests.device.work import crowd, work

both_precisions = pytest.mark.both_precisions


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


@pytest.mark.slow  # the block schedule, which GPUs take, is compared in tests/device/test_block.py
@both_precisions
@needs_vulkan
def test_vulkan_gives_the_bits_of_the_cpu(tmp_path):
    steps = 48
    got = on_device("vulkan", 33, steps, 128, tmp_path)
    assert differences(work(33, steps), got) == []
    assert got["log"][:, :, 8].sum() > 0
    assert got["histograms"].sum() > 0


@needs_vulkan
@pytest.mark.parametrize(
    ("beads", "block"), [(257, 128), pytest.param(33, 32, marks=pytest.mark.slow)]
)
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
