"""When a run logs what its beads do, shows them and saves itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gpudem.errors import GpudemError
from gpudem.scene.tables import Run, Scene


def _default(name: str) -> float:
    return float(Run.model_fields[name].default)


@dataclass(frozen=True)
class Plan:
    """The plan of a run whose case was made by hand; a scene has its own in ``[run]``.

    Times are simulated ones [s]; each is rounded to whole time steps, or to whole log intervals.

    Attributes:
        duration: of the run.
        log_from: start of the evaluated window.
        log_interval: interval of the collision log.
        snapshot_interval: time between stored pictures of all beads; ten log intervals by default.
        checkpoint: time between checkpoints.
        checkpoint_clock: longest time by the clock between checkpoints [s].
        log: "beads" for a collision log of every bead, "bowl" for that of all together.
        guards: stop where numbers cannot be: overlaps, ledgers, positions that are not finite.
        ledger_limit: share of the input by which the channels may miss the loss.
        title: free text for reports.
    """

    duration: float
    log_from: float = 0.0
    log_interval: float = _default("log_interval")
    snapshot_interval: float | None = None
    checkpoint: float = _default("checkpoint")
    checkpoint_clock: float = _default("checkpoint_clock")
    log: str = "beads"
    guards: bool = True
    ledger_limit: float = _default("ledger_limit")
    title: str = ""

    def __post_init__(self) -> None:
        for name in ("duration", "log_interval", "checkpoint", "checkpoint_clock", "ledger_limit"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise GpudemError(f"plan: {name} = {value!r}; a number of seconds is needed")
            if not 0.0 < value < math.inf:
                raise GpudemError(f"plan: {name} = {value}; it must be above 0 s")
        if not 0.0 <= self.log_from < self.duration:
            raise GpudemError(
                f"plan: log_from = {self.log_from}; from 0 s to below duration = {self.duration} s"
            )
        if self.snapshot_interval is not None and not 0.0 < self.snapshot_interval < math.inf:
            raise GpudemError(
                f"plan: snapshot_interval = {self.snapshot_interval}; it must be above 0 s"
            )
        if self.log not in ("beads", "bowl"):
            raise GpudemError(f"plan: log = {self.log!r}; accepted: 'beads', 'bowl'")


@dataclass(frozen=True)
class Timetable:
    """A plan in time steps and log intervals.

    Attributes:
        time_step: [s].
        steps_per_interval: time steps in a log interval.
        intervals: log intervals of the run.
        log_from_interval: those before the window.
        intervals_per_snapshot: between two pictures.
        intervals_per_checkpoint: between two checkpoints.
        checkpoint_clock: longest time by the clock between checkpoints [s].
        log: "beads" or "bowl".
        guards: whether the run is watched.
        ledger_limit: share of the input by which the channels may miss the loss.
    """

    time_step: float
    steps_per_interval: int
    intervals: int
    log_from_interval: int
    intervals_per_snapshot: int
    intervals_per_checkpoint: int
    checkpoint_clock: float
    log: str
    guards: bool
    ledger_limit: float

    @property
    def log_interval(self) -> float:
        """Length of a log interval [s]."""
        return self.steps_per_interval * self.time_step

    @property
    def duration(self) -> float:
        """Length of the run [s]."""
        return self.intervals * self.log_interval

    @property
    def steps(self) -> int:
        """Time steps of the run."""
        return self.intervals * self.steps_per_interval

    @classmethod
    def of_scene(cls, scene: Scene) -> Timetable:
        """The timetable of a scene."""
        run = scene.run
        return cls(
            time_step=scene.time_step,
            steps_per_interval=scene.steps_per_interval,
            intervals=scene.intervals,
            log_from_interval=scene.log_from_interval,
            intervals_per_snapshot=scene.intervals_per_snapshot,
            intervals_per_checkpoint=scene.intervals_per_checkpoint,
            checkpoint_clock=run.checkpoint_clock,
            log=run.log,
            guards=run.guards,
            ledger_limit=run.ledger_limit,
        )

    @classmethod
    def of_plan(cls, plan: Plan, time_step: float) -> Timetable:
        """The timetable of a plan for time steps of this length [s]."""
        steps = max(1, round(plan.log_interval / time_step))
        interval = steps * time_step
        intervals = max(1, round(plan.duration / interval))
        between = 10 * interval if plan.snapshot_interval is None else plan.snapshot_interval
        return cls(
            time_step=time_step,
            steps_per_interval=steps,
            intervals=intervals,
            log_from_interval=min(intervals - 1, round(plan.log_from / interval)),
            intervals_per_snapshot=max(1, round(between / interval)),
            intervals_per_checkpoint=max(1, round(plan.checkpoint / interval)),
            checkpoint_clock=plan.checkpoint_clock,
            log=plan.log,
            guards=plan.guards,
            ledger_limit=plan.ledger_limit,
        )
