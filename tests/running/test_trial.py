"""The choice of a device and a schedule by a trial: made-up timings stand in for devices."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gpudem.device import start as device
from gpudem.errors import DeviceError
from gpudem.running import trial
from tests.device.work import crowd

CPU = device.Device("cpu", "a CPU", "double", 4, "as asked")
GPU = device.Device("cuda", "a GPU", "double", 1, "as asked")
WAYS = [trial.Way(GPU, "block"), trial.Way(GPU, "parallel"), trial.Way(CPU, "serial")]


class Stopwatch:
    """Made-up speeds by schedule; remembers what it was asked for."""

    def __init__(self, **speeds):
        self.speeds, self.asked = speeds, []

    def __call__(self, cases, way):
        self.asked.append(way.schedule)
        speed = self.speeds[way.schedule]
        if speed is None:
            raise DeviceError(f"{way.schedule} does not work")
        return speed


@pytest.mark.parametrize("fastest", ["block", "parallel", "serial"])
def test_the_fastest_is_chosen_and_the_reason_told(fastest, tmp_path):
    speeds = {**dict.fromkeys(("block", "parallel", "serial"), 10e6), fastest: 45e6}
    choice = trial.choose([crowd(8)], WAYS, measure=Stopwatch(**speeds), folder=tmp_path)
    assert choice.way.schedule == fastest
    assert choice.reason.startswith("45 million bead-steps/s in a short trial here; ")
    assert choice.reason.count(" 10") == 2


def test_speeds_are_kept_by_device_precision_and_size(tmp_path):
    watch = Stopwatch(block=30e6, parallel=20e6, serial=10e6)
    case = crowd(33)
    for _ in range(2):
        assert trial.choose([case], WAYS, measure=watch, folder=tmp_path).way == WAYS[0]
    assert watch.asked == ["block", "parallel", "serial"]
    trial.choose([crowd(40)], WAYS, measure=watch, folder=tmp_path)
    assert len(watch.asked) == 3
    for cases, ways in (
        ([crowd(200)], WAYS),
        ([case, case], WAYS),
        ([case], [replace(way, device=replace(way.device, name="another")) for way in WAYS]),
        ([case], [replace(way, device=replace(way.device, precision="mixed")) for way in WAYS]),
    ):
        before = len(watch.asked)
        trial.choose(cases, ways, measure=watch, folder=tmp_path)
        assert len(watch.asked) == before + 3


def test_what_does_not_work_is_passed_over(tmp_path):
    watch = Stopwatch(block=None, parallel=20e6, serial=10e6)
    assert trial.choose([crowd(8)], WAYS, measure=watch, folder=tmp_path).way == WAYS[1]
    with pytest.raises(DeviceError, match="block does not work; parallel does not work"):
        none = Stopwatch(block=None, parallel=None, serial=None)
        trial.choose([crowd(80)], WAYS, measure=none, folder=tmp_path)


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"a": "b"}', "\0"])
def test_a_damaged_list_of_speeds_is_made_anew(text, tmp_path):
    file = tmp_path / "gpudem-trials.json"
    file.write_text(text)
    watch = Stopwatch(block=30e6, parallel=20e6, serial=10e6)
    trial.choose([crowd(8)], WAYS, measure=watch, folder=tmp_path)
    assert len(json.loads(file.read_text())) == 3


def test_a_list_that_cannot_be_kept_does_not_matter(tmp_path):
    watch = Stopwatch(block=30e6, parallel=20e6, serial=10e6)
    folder = tmp_path / "not there"
    assert trial.choose([crowd(8)], WAYS, measure=watch, folder=folder).way == WAYS[0]


def test_nothing_is_tried_where_there_is_no_choice(tmp_path):
    watch = Stopwatch()
    choice = trial.choose([crowd(8)], WAYS[2:], measure=watch, folder=tmp_path)
    assert (choice.way, choice.reason, watch.asked) == (WAYS[2], "as asked", [])


def test_the_ways_that_options_leave(monkeypatch):
    def names(beads=8, schedule="auto", **wanted):
        case = crowd(8)
        case.position = np.zeros((beads, 3))
        return [(w.device.kind, w.schedule) for w in trial.ways([case], wanted, schedule)]

    assert names(device="cpu") == [("cpu", "serial")]
    assert names(device="cpu", schedule="block") == [("cpu", "block")]
    found = {"auto": GPU, "cuda": GPU, "cpu": CPU}
    monkeypatch.setattr(device, "choose", lambda device="auto", **other: found[device])
    assert names() == [("cuda", "block"), ("cuda", "parallel"), ("cpu", "serial")]
    assert names(beads=50_000) == [("cuda", "parallel"), ("cpu", "serial")]
    found["metal"] = replace(GPU, kind="metal")
    assert names(device="metal") == [("metal", "parallel")]
    assert names(device="cuda") == [("cuda", "block"), ("cuda", "parallel")]
    assert names(schedule="serial") == [("cpu", "serial")]
    assert names(schedule="block") == [("cuda", "block"), ("cpu", "block")]
    with pytest.raises(DeviceError, match="takes steps on the CPU only; cuda has"):
        names(device="cuda", schedule="serial")


def test_a_way_is_measured_by_running_it():
    current = device.current()
    assert trial.measured_speed([crowd(33)], trial.Way(current, "block")) > 1e4
    assert device.current() == current or device.current().kind == current.kind


class Rates:
    """Made-up speeds of batches: of one block, and of a launch of 30 us for each step of all."""

    def __init__(self, block):
        self.block = block

    def __call__(self, cases, way):
        beads = sum(len(case.position) for case in cases)
        if way.schedule == "block":
            # The largest case holds up the launch.
            return beads / max(len(case.position) / self.block for case in cases)
        return min(beads / 30e-6, 20e6)


def batch(*sizes):
    cases = []
    for size in sizes:
        case = crowd(1)
        case.position = np.zeros((size, 3))
        # Smaller beads need smaller steps.
        case.time_step = 1e-6 / size ** (1 / 3)
        cases.append(case)
    return cases


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        # A block of 100 beads takes 1, 10 or 100 us a step.
        (100e6, {"block": {0, 1, 2, 3, 4}}),
        (10e6, {"block": {0, 2, 3}, "parallel": {1, 4}}),
        (1e6, {"parallel": {0, 1, 2, 3, 4}}),
    ],
)
def test_cases_of_different_sizes_go_to_the_mix_that_is_fastest(block, wanted, tmp_path):
    cases = batch(100, 2000, 100, 64, 2500)
    if block == 10e6:
        cases = batch(100, 9000, 100, 64, 9500)
    shares = trial.mix(cases, GPU, measure=Rates(block), folder=tmp_path)
    assert {share.way.schedule: set(share.cases) for share in shares} == wanted


def test_a_mix_without_a_schedule_that_works_says_so(tmp_path):
    broken = Stopwatch(block=None, parallel=None)
    with pytest.raises(DeviceError, match="parallel does not work"):
        trial.mix(batch(10, 20), GPU, measure=broken, folder=tmp_path)
    half = Stopwatch(block=None, parallel=1e6)
    shares = trial.mix(batch(10, 20), GPU, measure=half, folder=tmp_path)
    assert [(share.way.schedule, share.cases) for share in shares] == [("parallel", (0, 1))]


def test_looking_for_kept_speeds_prints_nothing():
    program = "from gpudem.device import start; print(start.cache_folder().is_dir())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["True"], done.stdout + done.stderr
