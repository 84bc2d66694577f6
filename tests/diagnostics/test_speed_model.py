"""The speed model's arithmetic against numbers worked out by hand."""

import math

import pytest

from gpudem import load_scene
from gpudem.diagnostics import speed_model as model
from gpudem.diagnostics.preview import outlook
from gpudem.engine import schedules
from gpudem.kernels.fields import FIELDS
from gpudem.kernels.law import law_of
from gpudem.kernels.laws import hertz_mindlin

H100, A100, RTX_4090, LAPTOP = model.GPUS


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
    # A quarter of 77 us, and 4 x 150 us in 70 steps.
    assert model.HOST_TIME_PER_STEP == pytest.approx(27.821e-6, rel=1e-4)


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
        # 700 / 27.821 us
        (H100, 700, "double", 25.160e6, "host"),
        (RTX_4090, 700, "mixed", 25.160e6, "host"),
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


def test_a_step_in_a_block_takes_its_chain_or_what_is_issued():
    # 256 beads, 231 contacts: 2 rounds of (719 + 8 x 130 + 443), 2 passes of 1655, 3 barriers.
    chain, issue = model.block_step(H100, 256, "double")
    assert chain == pytest.approx((2 * 2202 + 2 * 1655 + 300) / 1.98e9)
    # 34e12 / (2 x 132 x 1.98e9) doubles a cycle; 8 warps of beads, 8 of contacts.
    wide = 34e12 / (2 * 132 * 1.98e9)
    assert wide == pytest.approx(65.04, rel=1e-3)
    bead = 32 * ((286 + 8 * 28 + 639) / 128 + (102 + 8 * 12 + 146) / wide)
    contact = 32 * (532 / 128 + 568 / wide)
    assert issue == pytest.approx(8 * (bead + contact) / 1.98e9, rel=1e-6)
    one = model.expect_gpu(H100, 256, schedule="block")
    assert (one.limit, one.speed) == ("chain", pytest.approx(256 / chain))
    # As many as the multiprocessors hold advance together; more wait for their turn.
    for cases, turns in ((132, 1), (265, 2)):
        many = model.expect_gpu(H100, 256 * cases, schedule="block", cases=cases)
        memory = 3.35e12 / 954.0
        shared = 256 * cases / (turns * max(chain, (1 if turns == 1 else 2) * issue))
        assert many.speed == pytest.approx(min(memory, shared), rel=1e-3)
    # 2 doubles a cycle: there is nothing to gain in double precision.
    assert model.expect_gpu(RTX_4090, 256, schedule="block").limit == "issue"


def test_blocks_have_the_lanes_of_the_schedule():
    assert model.LANES == schedules.MOST_LANES


def test_time_of_a_batch_is_bounded_by_speed_and_by_the_host():
    work = model.Work("two", ((500, 1e6), (500, 0.5e6)))
    assert (work.beads, work.steps, work.bead_steps) == (1000, 1e6, 7.5e8)
    assert model.seconds_needed(H100, work, "double", "parallel") == pytest.approx(27.821, rel=1e-4)
    own = max(model.block_step(H100, 500, "double"))
    assert model.seconds_needed(H100, work, "double", "block") == pytest.approx(1e6 * own)


def test_the_table_holds_the_bowls_and_the_papers_batch():
    rows = model.model_table()
    assert [row["beads"] for row in rows[:5]] == [367, 1698, 8553, 264 * 367, 95565]
    assert len(rows) == 5 * len(model.GPUS) and model.PAPERS_CASES == 45
    # 5 speeds x (73 + 220 + 367) x 2.146e6 + (340 + 1019 + 1698) x 3.574e6 + ...
    h100, rtx_4090 = rows[4], rows[14]
    needed = 5 * (660 / 4.65983e-7 + 3057 / 2.79799e-7 + 15396 / 1.63239e-7)
    assert rtx_4090["double"]["parallel"]["simulated_second"] == pytest.approx(
        needed / 0.7842e9, rel=1e-3
    )
    # The steps of the smallest beads, launched by the host: the paper's grid in three minutes.
    assert h100["double"]["parallel"]["simulated_second"] == pytest.approx(
        27.821e-6 / 1.63239e-7, rel=1e-3
    )
    assert h100["double"]["block"]["limit"] == "largest"
    for row in rows:
        for precision in ("double", "mixed"):
            for found in row[precision].values():
                assert found["speed"] > 0.0 and found["simulated_second"] > 0.0


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
