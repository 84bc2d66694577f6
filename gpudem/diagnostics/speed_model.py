"""A model of how fast a device can run the mill: what to expect, never a measurement.

A CPU pays a constant time per bead-step, and in a whole run one per step and one to start.

A GPU with the bead-parallel schedule (kernels/schedules/parallel.py) is taken at the lowest of
three bounds: its memory, its arithmetic, and the time that the host takes to launch a step. With
the block schedule (kernels/schedules/block.py) there are no launches; the bounds are memory, the
instructions that a multiprocessor can issue, and the chain of dependent instructions of a thread,
three times a step behind a barrier. Counts are of the steady mill. Left out, so that a real GPU is
slower: gathers that miss the cache, the work of renewing the lists, and in the bead-parallel
schedule beads of a warp that wait while others compute a contact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpudem.scene.tables import Scene

#: Contacts that a bead computes in a step, each pair by both of its beads: 0.4 pairs and 0.1 walls
#: a bead, as counted in the Pulverisette's bowl at 600 rpm, 5 to 1.75 mm.
EVALUATIONS = 0.9
#: Neighbours and walls in a bead's full list, counted likewise.
LISTED = 4.5

#: Numbers that a bead's step moves to or from memory [bytes], by precision: place, anchor and work
#: are 4, half and motion 8, crowd 2 values; in mixed precision 4 bytes each, but works 8, and
#: remainders of 8 and 4 values come on top. Read are all, written all but the anchor.
NUMBER_BYTES_PER_BEAD = {
    "double": 8 * (4 + 4 + 4 + 8 + 8 + 2) + 8 * (4 + 4 + 8 + 8 + 2),
    "mixed": 4 * (4 + 4 + 8 + 8 + 2 + 8 + 4) + 8 * 4 + 4 * (4 + 8 + 8 + 2 + 8 + 4) + 8 * 4,
}
#: And integers [bytes]: case_of, slots_used, pending_count and worked (twice), 4 each; partner and
#: contact_state of those listed, which lie beside those of the next bead.
INTEGER_BYTES_PER_BEAD = 4 * 5 + 2 * 4 * LISTED
#: Numbers of a computed contact [bytes], by precision: one entry of motion and crowd, 10 values,
#: read; history, velocity and energy, 8 each, read and written, energies of 8 bytes always.
#: Of partners that are listed only the place is read, which the caches hold.
NUMBER_BYTES_PER_EVALUATION = {
    "double": 8 * (8 + 2) + 2 * 8 * (8 + 8 + 8),
    "mixed": 4 * (8 + 2) + 2 * (4 * (8 + 8) + 8 * 8),
}
#: And integers [bytes]: the partner's species, a sector of contact_state written.
INTEGER_BYTES_PER_EVALUATION = 4 + 32

#: What a root or a division takes, in instructions.
LONG = 10
#: Operations of a computed contact, counted by running `collide` (kernels/collision.py) with the
#: law of kernels/laws/hertz_mindlin.py on counting numbers: 340 products, 190 sums, 36 comparisons,
#: 7 roots, 7 divisions; and 14 sums
#: in kernels/events.py and parallel.py.
OPERATIONS_PER_EVALUATION = 340 + 190 + 36 + LONG * (7 + 7) + 14
#: Of a bead's motion: `move` of kernels/bead.py, 100 and a division, and 15 in parallel.py.
OPERATIONS_PER_BEAD = 100 + LONG + 15
#: Of the distance to a listed neighbour (kernels/position.py).
OPERATIONS_PER_LISTED = 11
#: What mixed precision adds to each, by hand from kernels/position.py, energy.py and bead.py: wide
#: products and sums count two, conversions one. Per listed neighbour 8 comparisons, 4 products and
#: 4 sums of 64 bits, 8 conversions and products; per contact the same again, and 8 energies of 6;
#: per bead 3 works of 6, 8 velocities of 5, 3 coordinates of 12.
ADDED_BY_MIXED = {"listed": 8 + 16 + 8, "evaluation": 32 + 48, "bead": 18 + 40 + 36}
#: Flops of a device's rating that an operation uses up: ratings count a fused product and sum as
#: two, and the engine fuses nothing (gpudem/device/start.py, fast_math).
FLOPS_PER_OPERATION = 2

#: Time that the host takes for a step of the bead-parallel schedule [s]: 77 us for a call of 4
#: steps; and every 70 steps, a list's life at 600 rpm, three more calls and a look at the status.
#: Measured with Taichi's CUDA backend and a driver that does nothing, so without a real driver's
#: part, on one core of an AMD EPYC virtual machine. Another host is faster or slower by its core.
HOST_TIME_PER_STEP = 77e-6 / 4 + 4 * 150e-6 / 70

#: Threads of a block by precision (gpudem/engine/schedules.py), and blocks that registers let a
#: multiprocessor hold: 232 and 128 registers a thread, of 65,536 (docs/performance.md, "GPU").
LANES, BLOCKS = {"double": 128, "mixed": 256}, 2


@dataclass(frozen=True)
class Part:
    """A part of a step in the block schedule, counted in its code for CUDA.

    Attributes:
        chain: longest chain of dependent instructions [cycles] (tests/bench/critical_path.py, which
            says what latencies it takes).
        instructions: all.
        double: those with 64-bit floats.
    """

    chain: int
    instructions: int
    double: int


#: Of a bead that finds its contacts, with one neighbour listed; of a contact; of a bead that adds
#: up and moves.
PARTS = {
    "double": (Part(719, 388, 102), Part(1655, 1100, 568), Part(443, 785, 146)),
    "mixed": (Part(583, 554, 0), Part(1015, 1389, 0), Part(364, 1045, 0)),
}
#: Each further neighbour, by hand: two loads that hit the cache, five operations, a comparison and
#: a branch; and the most of any bead of a warp, where the mean is LISTED.
LISTED_PART, MOST_LISTED = {"double": Part(130, 40, 12), "mixed": Part(110, 60, 0)}, 9
#: A barrier with what orders the memory [cycles], and how many a step has.
BARRIER, BARRIERS = 100, 3
#: Threads of a warp; 32-bit operations that a multiprocessor starts in a cycle. The A100 starts 64
#: of floats beside 64 of integers.
WARP, SINGLES_PER_CYCLE = 32, 128

#: Cost of a bead-step on one core [s], measured with `gpudem bench` on an AMD EPYC virtual machine
#: (Zen 5) that ran at 4.2 GHz; other cores are not scaled to.
CPU_BEAD_STEP = 27e-9

#: What `gpudem run` costs on one core of a server of 2021, for the estimate before a run [s]: to
#: start, compile or load the kernels, report and draw; each step, however few beads; each
#: bead-step, all laws and logs on. Fitted to whole runs of 1 to 8553 beads on an Intel Xeon
#: (Sapphire Rapids) virtual machine, whose two cores others shared, and scaled to between that
#: machine and the one of CPU_BEAD_STEP.
RUN_START, RUN_STEP, RUN_BEAD_STEP = 5.0, 1.5e-6, 50e-9

#: The reference paper's bead sizes, fillings and disc speeds, and how many cases they make.
SIZES, FILLINGS, DISC_SPEEDS = ("5 mm", "3 mm", "1.75 mm"), (0.1, 0.3, 0.5), 5
PAPERS_CASES = len(SIZES) * len(FILLINGS) * DISC_SPEEDS
#: Bowls that fill the multiprocessors of the largest GPU here.
MANY = 264


@dataclass(frozen=True)
class Gpu:
    """A GPU's ratings, from its maker's data sheet.

    Attributes:
        name: for people.
        driver_name: what its driver calls it; siblings of other ratings have other names.
        bandwidth: of its memory [bytes/s].
        double: rating in double precision [flop/s].
        single: rating in single precision [flop/s].
        multiprocessors: how many.
        clock: highest [Hz].
    """

    name: str
    driver_name: str
    bandwidth: float
    double: float
    single: float
    multiprocessors: int
    clock: float

    @property
    def doubles_per_cycle(self) -> float:
        """64-bit operations that a multiprocessor starts in a cycle."""
        return self.double / (2.0 * self.multiprocessors * self.clock)


#: NVIDIA H100 Tensor Core GPU data sheet and architecture white paper (SXM); A100 data sheet (80 GB
#: SXM) and white paper; Ada GPU architecture white paper; GeForce RTX 40 laptop specifications (at
#: the highest power).
GPUS = (
    Gpu("H100", "NVIDIA H100 80GB HBM3", 3.35e12, 34e12, 67e12, 132, 1.98e9),
    Gpu("A100", "NVIDIA A100-SXM4-80GB", 2.039e12, 9.7e12, 19.5e12, 108, 1.41e9),
    Gpu("RTX 4090", "NVIDIA GeForce RTX 4090", 1.01e12, 1.29e12, 82.6e12, 128, 2.52e9),
    Gpu(
        "RTX 4060 L",
        "NVIDIA GeForce RTX 4060 Laptop GPU",
        0.256e12,
        0.228e12,
        14.6e12,
        24,
        2.37e9,
    ),
)


@dataclass(frozen=True)
class Expectation:
    """What the model expects of a device.

    Attributes:
        speed: [bead-steps/s].
        limit: what bounds it: host, memory, arithmetic, chain, issue; or core.
    """

    speed: float
    limit: str


def bytes_per_bead_step(precision: str = "double") -> float:
    """Traffic with a GPU's memory per bead-step [bytes]."""
    contact = NUMBER_BYTES_PER_EVALUATION[precision] + INTEGER_BYTES_PER_EVALUATION
    return NUMBER_BYTES_PER_BEAD[precision] + INTEGER_BYTES_PER_BEAD + EVALUATIONS * contact


def flops_per_bead_step(precision: str = "double") -> float:
    """Flops of a GPU's rating that a bead-step uses up."""
    added = ADDED_BY_MIXED if precision == "mixed" else dict.fromkeys(ADDED_BY_MIXED, 0)
    operations = (
        OPERATIONS_PER_BEAD
        + added["bead"]
        + LISTED * (OPERATIONS_PER_LISTED + added["listed"])
        + EVALUATIONS * (OPERATIONS_PER_EVALUATION + added["evaluation"])
    )
    return FLOPS_PER_OPERATION * operations


def gpu_named(name: str) -> Gpu | None:
    """The GPU that a driver calls so, where its ratings are known."""
    return next((gpu for gpu in GPUS if gpu.driver_name == name), None)


def expect_gpu(
    gpu: Gpu, beads: int, precision: str = "double", *, schedule: str = "parallel", cases: int = 1
) -> Expectation:
    """What the model expects of a GPU.

    Args:
        gpu: the GPU.
        beads: of all cases that advance together.
        precision: double or mixed.
        schedule: parallel or block.
        cases: equal ones, for the block schedule.
    """
    rating = gpu.double if precision == "double" else gpu.single
    memory = gpu.bandwidth / bytes_per_bead_step(precision)
    if schedule == "block":
        chain, issue = block_step(gpu, -(-beads // cases), precision)
        at_once = gpu.multiprocessors * BLOCKS
        turns = -(-cases // at_once)
        busiest = -(-min(cases, at_once) // gpu.multiprocessors)
        bounds = {
            "chain": beads / (turns * chain),
            "issue": beads / (turns * busiest * issue),
            "memory": memory,
        }
    else:
        bounds = {
            "host": beads / HOST_TIME_PER_STEP,
            "memory": memory,
            "arithmetic": rating / flops_per_bead_step(precision),
        }
    limit = min(bounds, key=lambda name: bounds[name])
    return Expectation(bounds[limit], limit)


def block_step(gpu: Gpu, beads: int, precision: str) -> tuple[float, float]:
    """Least time of a step of one case in a block [s].

    Returns:
        By the chain of dependent instructions, and by what its multiprocessor issues for it.
    """
    find, contact, add_up = PARTS[precision]
    lanes = LANES[precision]
    rounds, passes = -(-beads // lanes), -(-math.ceil(EVALUATIONS * beads) // lanes)
    searched = MOST_LISTED - 1
    chain = rounds * (find.chain + searched * LISTED_PART[precision].chain + add_up.chain)
    chain += passes * contact.chain + BARRIERS * BARRIER

    def issued(part: Part) -> float:
        single = (part.instructions - part.double) / SINGLES_PER_CYCLE
        return WARP * (single + part.double / gpu.doubles_per_cycle)

    bead = issued(find) + searched * issued(LISTED_PART[precision]) + issued(add_up)
    warps, busy = math.ceil(beads / WARP), math.ceil(EVALUATIONS * beads / WARP)
    return chain / gpu.clock, (warps * bead + busy * issued(contact)) / gpu.clock


def expect_cpu(cores: int) -> Expectation:
    """What the model expects of so many cores, each with a case of its own."""
    return Expectation(cores / CPU_BEAD_STEP, "core")


def run_seconds(beads: int, steps: int) -> float:
    """What `gpudem run` is expected to take on one core of a server of 2021 [s]."""
    return RUN_START + steps * (RUN_STEP + beads * RUN_BEAD_STEP)


def papers_bowls(fillings: Sequence[float] = (0.5,)) -> list[Scene]:
    """The Pulverisette's bowl with each of the paper's bead sizes and the fillings given."""
    from gpudem.scene.file import load_scene

    return [
        load_scene("pulverisette7", (f"beads.diameter={size}", f"beads.filling={filling}"))
        for size in SIZES
        for filling in fillings
    ]


@dataclass(frozen=True)
class Work:
    """Cases that advance together for one simulated second.

    Attributes:
        name: for people.
        cases: beads and steps of each.
    """

    name: str
    cases: tuple[tuple[int, float], ...]

    @property
    def beads(self) -> int:
        """Of all cases."""
        return sum(beads for beads, _ in self.cases)

    @property
    def steps(self) -> float:
        """Of the case with the most."""
        return max(steps for _, steps in self.cases)

    @property
    def bead_steps(self) -> float:
        """Of all cases."""
        return sum(beads * steps for beads, steps in self.cases)


def work_of(name: str, scenes: Sequence[Scene], each: int = 1) -> Work:
    """The work of so many cases of each scene."""
    return Work(name, tuple((s.bead_count, 1.0 / s.time_step) for s in scenes) * each)


def seconds_needed(gpu: Gpu, work: Work, precision: str, schedule: str) -> float:
    """Least time [s] of a GPU for a work."""
    if schedule == "parallel":
        speed = expect_gpu(gpu, work.beads, precision).speed
        return max(work.bead_steps / speed, work.steps * HOST_TIME_PER_STEP)
    # Cases end one after the other: multiprocessors share what there is to issue, but no case is
    # faster than its own chain.
    cases = [(steps, *block_step(gpu, beads, precision)) for beads, steps in work.cases]
    chains = [steps * chain for steps, chain, _ in cases]
    issues = [steps * issue for steps, _, issue in cases]
    memory = work.bead_steps * bytes_per_bead_step(precision) / gpu.bandwidth
    return max(max(chains), max(issues), sum(issues) / gpu.multiprocessors, memory)


def model_table() -> list[dict[str, Any]]:
    """What the model expects of the GPUs that it knows: a bowl of each size, the paper's batch.

    Returns:
        Rows with ``gpu``, ``work``, ``beads``, and for double and mixed precision, parallel and
        block schedule: ``speed`` [bead-steps/s], ``limit`` and ``simulated_second`` [s], for all
        cases of the work.
    """
    works = [work_of(size, [scene]) for size, scene in zip(SIZES, papers_bowls(), strict=True)]
    works.append(work_of(f"{MANY} bowls", papers_bowls()[:1], MANY))
    works.append(work_of(f"paper: {PAPERS_CASES}", papers_bowls(FILLINGS), DISC_SPEEDS))
    rows = []
    for gpu in GPUS:
        for work in works:
            row: dict[str, Any] = {"gpu": gpu.name, "work": work.name, "beads": work.beads}
            for precision in ("double", "mixed"):
                row[precision] = {
                    schedule: _expected(gpu, work, precision, schedule)
                    for schedule in ("parallel", "block")
                }
            rows.append(row)
    return rows


def _expected(gpu: Gpu, work: Work, precision: str, schedule: str) -> dict[str, Any]:
    needed = seconds_needed(gpu, work, precision, schedule)
    same = len(set(work.cases)) == 1
    limit = None
    if same or schedule == "parallel":
        limit = expect_gpu(
            gpu, work.beads, precision, schedule=schedule, cases=len(work.cases)
        ).limit
    return {
        "speed": work.bead_steps / needed,
        "limit": limit or "largest",
        "simulated_second": needed,
    }
