"""The speed model's arithmetic against numbers worked out by hand."""

import math

import pytest

from gpudem import load_scene
from gpudem.diagnostics import speed_model as model
from gpudem.diagnostics.preview import outlook
from gpudem.kernels.fields import FIELDS
from gpudem.kernels.law import law_of
from gpudem.kernels.laws import hertz_mindlin

H100, RTX_4090 = model.GPUS


def test_bytes_and_flops_of_a_bead_step():
    # Read: place 32, anchor 32, work 32, half 64, motion 64, crowd 16; written: place 32, work 32,
    # half 64, motion 64, crowd 16; a contact: motion 64, crowd 16, history, velocity and energy
    # 2 x 192.
    assert model.NUMBER_BYTES_PER_BEAD["double"] == 240 + 208
    assert model.NUMBER_BYTES_PER_EVALUATION["double"] == 464
    # Mixed: half of it but for work, 32, and with the remainders 32 and 16, read and written; a
    # contact: motion 32, crowd 8, history and velocity 2 x 64, energy 2 x 64.
    assert model.NUMBER_BYTES_PER_BEAD["mixed"] == 104 + 88 + 2 * (32 + 32 + 16)
    assert model.NUMBER_BYTES_PER_EVALUATION["mixed"] == 296
    # 448 + 56 + 0.9 (464 + 36), and 352 + 56 + 0.9 (296 + 36).
    assert model.bytes_per_bead_step() == pytest.approx(954.0)
    assert model.bytes_per_bead_step("mixed") == pytest.approx(706.8)
    # 2 (125 + 4.5 x 11 + 0.9 x 720), and 2 (219 + 4.5 x 43 + 0.9 x 800).
    assert model.flops_per_bead_step() == pytest.approx(1645.0)
    assert model.flops_per_bead_step("mixed") == pytest.approx(2265.0)
    # A quarter of 120 us, and 4 x 150 us in 70 steps.
    assert model.HOST_TIME_PER_STEP == pytest.approx(38.571e-6, rel=1e-4)


def test_the_counted_entries_have_the_widths_of_the_arrays():
    names = ("position", "anchor", "work", "half", "motion", "crowd")
    read = sum(8 * FIELDS[name].width for name in names)
    written = sum(8 * FIELDS[name].width for name in names if name != "anchor")
    assert read + written == model.NUMBER_BYTES_PER_BEAD["double"]
    read = FIELDS["motion"].width + FIELDS["crowd"].width
    both = (law_of(hertz_mindlin).rows + 1) * FIELDS["history"].width
    contact = 8 * (read + 2 * both)
    assert contact == model.NUMBER_BYTES_PER_EVALUATION["double"]


@pytest.mark.parametrize(
    ("gpu", "beads", "precision", "speed", "limit"),
    [
        # 700 / 38.571 us
        (H100, 700, "double", 18.148e6, "host"),
        (RTX_4090, 700, "mixed", 18.148e6, "host"),
        # 3.35e12 / 954.0 and 3.35e12 / 706.8
        (H100, 1_000_000, "double", 3.512e9, "memory"),
        (H100, 1_000_000, "mixed", 4.740e9, "memory"),
        # 1.29e12 / 1645.0
        (RTX_4090, 1_000_000, "double", 0.7842e9, "arithmetic"),
        # 1.01e12 / 706.8
        (RTX_4090, 1_000_000, "mixed", 1.429e9, "memory"),
    ],
)
def test_the_lowest_bound_is_expected(gpu, beads, precision, speed, limit):
    expected = model.expect_gpu(gpu, beads, precision)
    assert expected.limit == limit
    assert expected.speed == pytest.approx(speed, rel=1e-3)


def test_cores_are_expected_to_add_up():
    assert model.expect_cpu(1).speed == pytest.approx(1.0 / model.CPU_BEAD_STEP)
    assert model.expect_cpu(6).speed == pytest.approx(6.0 * model.expect_cpu(1).speed)


def test_only_the_gpu_of_the_rating_is_known_by_its_name():
    assert model.gpu_named("NVIDIA GeForce RTX 4090") is RTX_4090
    for sibling in ("NVIDIA H100 PCIe", "NVIDIA GeForce RTX 4090 Laptop GPU", "llvmpipe"):
        assert model.gpu_named(sibling) is None


def test_time_of_a_batch_is_bounded_by_speed_and_by_the_host():
    work = model.Work("two", 1000, 1e6, 5e8)
    assert model.seconds_needed(1e8, work) == pytest.approx(38.571, rel=1e-4)
    assert model.seconds_needed(1e7, work) == pytest.approx(50.0)


def test_the_table_holds_the_bowls_and_the_papers_batch():
    rows = model.model_table()
    assert [row["beads"] for row in rows[:4]] == [367, 1698, 8553, 95565]
    assert len(rows) == 4 * len(model.GPUS) and model.PAPERS_CASES == 45
    # 5 speeds x (73 + 220 + 367) x 2.146e6 + (340 + 1019 + 1698) x 3.574e6 + ...
    h100, rtx_4090 = rows[3], rows[7]
    needed = 5 * (660 / 4.65983e-7 + 3057 / 2.79799e-7 + 15396 / 1.63239e-7)
    assert rtx_4090["double"]["simulated_second"] == pytest.approx(needed / 0.7842e9, rel=1e-3)
    # The steps of the smallest beads, launched by the host.
    assert h100["double"]["simulated_second"] == pytest.approx(38.571e-6 / 1.63239e-7, rel=1e-3)


#: Whole runs of `gpudem run --threads 1` with figure and report on an Intel Xeon (Sapphire Rapids)
#: virtual machine that others shared: beads, steps, seconds of processor time.
WHOLE_RUNS = [
    (1, 4_292, 6.0),
    (1, 2_146_000, 12.8),
    (1, 8_584_000, 21.7),
    (10, 2_146_000, 14.0),
    (40, 1_073_000, 15.1),
    (120, 429_200, 12.9),
    (367, 429_200, 20.8),
    (1698, 142_960, 23.1),
    (8553, 122_520, 92.1),
]


def test_the_time_of_a_run_is_right_for_few_beads_and_many():
    ratios = [model.run_seconds(beads, steps) / seconds for beads, steps, seconds in WHOLE_RUNS]
    # A slower or faster core changes all of them alike.
    middle = math.prod(ratios) ** (1.0 / len(ratios))
    assert 0.5 < middle < 2.0
    for ratio in ratios:
        assert middle / 1.5 < ratio < middle * 1.5


@pytest.mark.parametrize(
    ("sets", "low", "high"),
    [
        (["beads.count=1", "run.duration=2 ms", "run.log_from=0 s"], 4.0, 8.0),
        (["beads.count=3", "run.duration=840 s"], 20 * 60.0, 60 * 60.0),
        ([], 20.0, 100.0),
    ],
)
def test_check_tells_the_time_of_the_whole_run(sets, low, high):
    assert low < outlook(load_scene("pulverisette7", sets))["seconds"] < high
