"""How fast this device runs the mill, beside what a model expects of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from gpudem import __version__
from gpudem.device import start as devices
from gpudem.diagnostics import speed_model
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from gpudem.scene.tables import Scene
from gpudem.stopping import StopSignals

if TYPE_CHECKING:
    from gpudem.running.progress import Progress

#: Simulated time [s] in which a bowl packed at rest comes to cost what the steady mill costs, and
#: the longest time that this may take [s].
MOTION, PATIENCE = 0.03, 90.0
#: Blocks that are timed, and the length of one [s].
BLOCKS, BLOCK = 9, 0.4


@dataclass(frozen=True)
class Speed:
    """Timed blocks of one bowl, or of several that advance together.

    Attributes:
        bead_diameter: [m].
        cases: bowls.
        beads: of all bowls.
        schedule: of the steps.
        cores: of the CPU that work on them; None on a GPU.
        moved: simulated time [s] before the first block.
        steps: of a block.
        median: of the blocks [bead-steps/s].
        lowest: [bead-steps/s].
        highest: [bead-steps/s].
        simulated_second: time [s] that one takes, for all bowls.
        expected: by the model [bead-steps/s], where it knows the device.
        limit: what bounds the device in the model.
    """

    bead_diameter: float
    cases: int
    beads: int
    schedule: str
    cores: int | None
    moved: float
    steps: int
    median: float
    lowest: float
    highest: float
    simulated_second: float
    expected: float | None
    limit: str | None


def measure(
    scenes: list[Scene],
    tell: Callable[[str], None],
    progress: Callable[[], Progress] | None = None,
    *,
    schedule: str = "auto",
    blocks: int = BLOCKS,
    block: float = BLOCK,
) -> Iterator[Speed]:
    """Measures each scene on the current device: one bowl, then a batch where that uses more.

    Args:
        scenes: the scenes; their beads start at rest in the full motion.
        tell: hears what goes on.
        progress: makes what is told while the beads are brought into motion.
        schedule: as for `gpudem.engine.engine.Engine`.
        blocks: to time.
        block: length of a block [s].
    """
    for scene in scenes:
        scene = scene.model_copy(update={"run": scene.run.model_copy(update={"start": "rest"})})
        case = build_case(scene)
        simulation = Simulation(case, schedule=schedule)
        simulation.compile()
        set_in_motion(simulation, progress() if progress else None)
        first = simulation.step_number
        moved = replace(
            case,
            position=simulation.position,
            velocity=simulation.velocity,
            spin=simulation.angular_velocity,
        )
        for cases in sorted({1, _batch(simulation.device)}):
            tell(f"timing {cases} x {len(case.position)} beads")
            if cases > 1:
                simulation = Simulation([replace(moved) for _ in range(cases)], schedule=schedule)
                simulation.step_number = first
            timed = time_blocks(simulation, blocks, block)
            yield _speed(simulation, 2.0 * scene.bead_radius, first, *timed)


def _batch(device: devices.Device) -> int:
    """How many bowls at once use a device well."""
    if device.kind == "cpu":
        return device.threads
    return 1 if devices.is_software(device.name) else speed_model.PAPERS_CASES


def _speed(
    simulation: Simulation, bead_diameter: float, first: int, steps: int, speeds: list[float]
) -> Speed:
    device, cases = simulation.device, len(simulation.cases)
    time_step = simulation.cases[0].time_step
    median = statistics.median(speeds)
    cores, expected = None, None
    if device.kind == "cpu":
        cores = simulation.members if cases == 1 else min(cases, device.threads)
        expected = speed_model.expect_cpu(cores)
    elif gpu := speed_model.gpu_named(device.name):
        expected = speed_model.expect_gpu(
            gpu, simulation.beads, device.precision, schedule=simulation.schedule, cases=cases
        )
    return Speed(
        bead_diameter=bead_diameter,
        cases=cases,
        beads=simulation.beads,
        schedule=simulation.schedule,
        cores=cores,
        moved=first * time_step,
        steps=steps,
        median=median,
        lowest=min(speeds),
        highest=max(speeds),
        simulated_second=simulation.beads / time_step / median,
        expected=expected.speed if expected else None,
        limit=expected.limit if expected else None,
    )


def set_in_motion(simulation: Simulation, progress: Progress | None) -> None:
    """Lets a bowl run until its beads move as in the steady mill, or until patience ends."""
    goal = round(MOTION / simulation.cases[0].time_step)
    began = time.monotonic()
    if progress is not None:
        progress.begin(goal, simulation.beads, MOTION)
    try:
        while simulation.step_number < goal and time.monotonic() - began < PATIENCE:
            StopSignals.check("while the beads were brought into motion")
            steps = min(simulation.chunk, goal - simulation.step_number)
            before = time.perf_counter()
            simulation.step(steps)
            rate = steps / (time.perf_counter() - before)
            if progress is not None:
                progress.interval(simulation.step_number, simulation.time, rate, None)
    finally:
        if progress is not None:
            progress.end()


def time_blocks(simulation: Simulation, blocks: int, block: float) -> tuple[int, list[float]]:
    """Times blocks of steps, each with a collection of the log as at the end of an interval.

    Returns:
        Steps of a block, and the speeds [bead-steps/s].
    """
    steps, seconds = 16, 0.0
    # The first call loads what is not compiled yet.
    _seconds_for(simulation, steps)
    # Untimed blocks grow until one is long enough to tell how many steps a block needs.
    while seconds < 0.25 * block:
        steps *= 4
        seconds = _seconds_for(simulation, steps)
    steps = max(1, round(steps * block / seconds))
    speeds = []
    for _ in range(blocks):
        StopSignals.check("while steps were timed")
        speeds.append(simulation.beads * steps / _seconds_for(simulation, steps))
    return steps, speeds


def _seconds_for(simulation: Simulation, steps: int) -> float:
    began = time.perf_counter()
    simulation.step(steps)
    simulation.collect()
    return time.perf_counter() - began


def numbers(speeds: list[Speed]) -> dict[str, Any]:
    """The measured speeds and the device, for JSON."""
    device = asdict(devices.current())
    return {"gpudem": __version__, "device": device, "speeds": [asdict(one) for one in speeds]}
