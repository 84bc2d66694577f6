"""The block schedule: the bits of the bead-parallel one, on any device and with any lanes."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from gpudem.device import start as device
from gpudem.engine.schedules import BlockSchedule
from gpudem.errors import DeviceError
from gpudem.kernels import layout as at
from gpudem.runfile.compare import compare_runs
from gpudem.runfile.reader import open_run
from gpudem.running.simulation import Simulation
from tests.device.elsewhere import differences, needs_cuda, needs_vulkan, on_device, rounding
from tests.device.work import crowd, work
from tests.runs import gpudem

both_precisions = pytest.mark.both_precisions


@both_precisions(slow="mixed")
@pytest.mark.parametrize("beads", [1, 31, 33, 257])
def test_it_gives_the_bits_of_the_bead_parallel_schedule(beads):
    steps = 400
    wanted, got = work(beads, steps), work(beads, steps, "block")
    for name in ("position", "velocity", "spin", "sample", "histograms", "log", "events", "work"):
        assert np.array_equal(wanted[name], got[name]), name
    assert beads == 1 or got["histograms"].sum() > 0
    assert got["rebuilds"] == wanted["rebuilds"]
    assert got["launches"] < 0.1 * wanted["launches"]


@both_precisions(slow="mixed")
def test_slots_that_do_not_suffice_grow_and_change_nothing():
    assert differences(work(64, 200), work(64, 200, "block", slots=1)) == []


@both_precisions
def test_how_steps_are_cut_into_launches_changes_nothing(monkeypatch):
    wanted = work(64, 200, "block")
    monkeypatch.setattr(BlockSchedule, "_FIRST", 3)
    monkeypatch.setattr(BlockSchedule, "_GROWTH", 1)
    got = work(64, 200, "block")
    assert got["launches"] > 60
    assert differences(wanted, got) == []


def test_little_may_be_done_in_a_launch_where_a_driver_ends_long_loops():
    wanted = work(64, 100, "block")
    simulation = Simulation(crowd(64), schedule="block")
    simulation._schedule._budget = 500
    simulation.step(100)
    assert np.array_equal(wanted["position"], simulation.position)
    assert simulation._schedule.launches > 50


@both_precisions
def test_cases_of_different_sizes_and_time_steps_share_a_launch():
    sizes, factors = (31, 100, 1), (1.0, 0.5, 1.0)
    cases = [crowd(beads) for beads in sizes]
    for case, factor in zip(cases, factors, strict=True):
        case.time_step *= factor
    together = Simulation(cases, schedule="block")
    together.step(200)
    for number, (beads, factor) in enumerate(zip(sizes, factors, strict=True)):
        case = crowd(beads)
        case.time_step *= factor
        alone = Simulation(case, schedule="parallel")
        alone.step(200)
        own = slice(together.state.begin[number], together.state.begin[number + 1])
        assert np.array_equal(alone.position, together.position[own])


def test_a_device_that_drops_work_is_found_out():
    simulation = Simulation(crowd(31), schedule="block")
    simulation.step(20)
    schedule, kernel = simulation._schedule, simulation._schedule._kernel
    schedule._kernel = lambda *arguments: None
    with pytest.raises(DeviceError, match="took no step in a launch"):
        simulation.step(20)

    def misses_a_bead(*arguments):
        kernel(*arguments)
        tally = simulation.state.arrays.tally.to_numpy()
        tally[5 * at.TALLY + at.TALLY_WORKED] -= 1
        simulation.state.arrays.tally.from_numpy(tally)

    schedule._kernel = misses_a_bead
    with pytest.raises(DeviceError, match="steps of bead 5 where 20 were asked for"):
        simulation.step(20)


@both_precisions
@needs_vulkan
@pytest.mark.parametrize("lanes", [32, pytest.param(256, marks=pytest.mark.slow)])
def test_vulkan_gives_the_bits_of_the_cpu(lanes, tmp_path):
    # One bead more than the lanes have in one round; lists are renewed several times.
    beads, steps = (257, 40), 400
    got = on_device("vulkan", beads, steps, 128, tmp_path, "block", lanes)
    assert differences(work(beads, steps), got) == []
    assert got["rebuilds"] >= 6
    assert got["histograms"].sum() > 1000


@needs_vulkan
@pytest.mark.parametrize("precision", ["double", pytest.param("mixed", marks=pytest.mark.slow)])
def test_the_mill_on_vulkan_writes_the_run_file_of_the_cpu(precision, tmp_path):
    files = [tmp_path / f"{kind}.vtkhdf" for kind in ("cpu", "vulkan")]
    settings = ("run.duration=3 ms", "run.log_from=1 ms", "run.log_interval=0.5 ms")
    sets = [word for setting in settings for word in ("--set", setting)]
    for file in files:
        how = ("--device", file.stem, "--schedule", "block", "--precision", precision)
        gpudem("run", "pulverisette7", "-o", file, "--no-figure", "--quiet", *sets, *how)
    with open_run(files[0]) as run:
        assert run.beads == 367 and run.parameters["schedule"] == "block"
        assert float(run.log["contacts"].sum()) > 100
    # Energies may differ in their last digit: a compiler may fuse a product with a sum there.
    energies = re.compile(r"^/gpudem/(log|events|summary|ledger)")
    assert [line for line in compare_runs(*files) if not energies.match(line)] == []


@needs_vulkan
@pytest.mark.parametrize("precision", ["double", pytest.param("mixed", marks=pytest.mark.slow)])
def test_each_barrier_stands_between_two_fences_of_the_arrays(precision, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.device.spirv", "barriers", precision, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["barriers"] >= 7
    assert found["fenced"] == found["barriers"]
    # Mesa's driver of 2022 crashes with more than 32 arrays, besides two for the arguments.
    assert found["bound"] <= 34


@both_precisions
@needs_cuda
@pytest.mark.parametrize("beads", [1, 33, 367])
def test_cuda_agrees_with_the_cpu(beads, tmp_path):
    steps = 400
    wanted, got = work(beads, steps), on_device("cuda", beads, steps, 128, tmp_path, "block")
    band = 1e4 * rounding()
    assert got["position"] == pytest.approx(wanted["position"], rel=band, abs=1e-3 * band)


@pytest.mark.parametrize(("precision", "most"), [("double", 128), ("mixed", 256)])
def test_lanes_are_as_many_as_beads_keep_busy(precision, most):
    gpu = device.Device("vulkan", "a device", precision, 1, "as asked")
    schedule = BlockSchedule(gpu)
    for beads, lanes in ((1, 32), (32, 32), (33, 64), (100, 128), (367, most), (9000, most)):
        state = type("State", (), {"begin": np.array([0, beads, beads + 1])})
        assert schedule.lanes(state) == lanes
    assert BlockSchedule(device.current()).lanes(state) == 1
