"""What a run writes of one case, and what it watches there."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpudem.engine.collected import Collected, summarise
from gpudem.engine.engine import Engine
from gpudem.geometry.surface import Surface
from gpudem.kernels import layout as at
from gpudem.pair_classes import by_pair_kind
from gpudem.runfile.writer import RunFileWriter
from gpudem.running.guards import Guards
from gpudem.running.observer import RunObserver
from gpudem.running.plan import Timetable
from gpudem.scene.tables import Scene


class Recorder:
    """Writes one case to its run file, and stops the run where its numbers mean nothing.

    Args:
        engine: advances the case, alone or with others.
        case: its number there.
        scene: of the case; None for one made by hand.
        described: what is simulated, so that a checkpoint is not taken for that of another.
        timetable: of the run.
        writer: of the run file.
        identity: ties checkpoints to the run file, as a name may be used again.
        observer: told, and asked, after each interval.
    """

    def __init__(
        self,
        engine: Engine,
        case: int,
        scene: Scene | None,
        described: str,
        timetable: Timetable,
        writer: RunFileWriter,
        identity: str,
        observer: RunObserver | None = None,
    ) -> None:
        self.scene, self.described, self.writer = scene, described, writer
        self._engine, self._case, self._timetable = engine, case, timetable
        self._identity, self._observer = identity, observer
        self._guards = Guards(scene, engine.device.precision, timetable.ledger_limit)

    def begin(self, first: Collected, shot: dict[str, np.ndarray]) -> None:
        """Takes the first snapshot.

        Args:
            first: a collection at the start, of the beads of all cases.
            shot: positions and other fields of all of them.
        """
        self.writer.note({"run": self._identity})
        self._guards.begin(self._engine.collected_of(first, self._case).sample)
        self._snapshot(shot, None)

    def introduce(self, first: Collected) -> None:
        """Shows the observer the beads at the start."""
        if self._observer is not None and self.scene is not None:
            self._observer.begin(self._engine, self.scene, first)

    @property
    def beads(self) -> int:
        """Number of beads of the case."""
        own = self._engine.beads_of(self._case)
        return own.stop - own.start

    @property
    def is_observed(self) -> bool:
        """Whether an observer wants each interval at once."""
        return self._observer is not None

    def restore(self, meta: dict[str, Any]) -> None:
        """Goes on from what `meta` was."""
        self._guards.restore(meta["guards"])

    @property
    def meta(self) -> dict[str, Any]:
        """What a checkpoint keeps of it, numbers that JSON holds exactly."""
        return {
            "run": self._identity,
            "scene": self.described,
            "intervals": self.writer.intervals,
            "snapshots": self.writer.snapshots,
            "blocks": self.writer.blocks,
            "guards": self._guards.state(),
        }

    def record(
        self,
        collected: Collected,
        elapsed: float,
        histograms: np.ndarray | None,
        shot: dict[str, np.ndarray] | None,
    ) -> Scene | None:
        """Writes an interval, and a snapshot where one is due.

        Args:
            collected: what the beads of all cases did.
            elapsed: time that the run has taken [s].
            histograms: of this case since the last snapshot, where one is due in the window.
            shot: positions and other fields of the beads of all cases, where one is due.

        Returns:
            The scene that holds from now on, where the observer changes it.

        Raises:
            SimulationError: the numbers mean nothing any more.
        """
        plan, writer = self._timetable, self.writer
        own = self._engine.collected_of(collected, self._case)
        summary = summarise(self._engine.cases[self._case], own)
        opened = writer.intervals >= plan.log_from_interval
        writer.append_interval(
            summary,
            own.log,
            own.events.sum(axis=0) if opened else None,
            elapsed,
            own.class_log,
            own.class_events if opened else None,
        )
        if plan.guards:
            self._guards.check(own, summary)
        if shot is not None:
            if self._observer is not None and histograms is not None:
                self._observer.histograms(by_pair_kind(histograms))
            self._snapshot(shot, histograms)
        if self._observer is None or self.scene is None:
            return None
        return self._observer.interval(self._engine, self.scene, collected, summary)

    def take(self, scene: Scene) -> None:
        """Goes by another scene from now on: the same mill at other speeds."""
        self.scene, self.described = scene, scene.as_json
        self._guards.take(scene)
        self.writer.note_scene(list(scene.overrides), self.described)

    def finish(self, timings: dict[str, Any]) -> None:
        """Completes the run file."""
        self.writer.flush(everything=True)
        self.writer.finish(self._engine.alive_events(self._case), timings, self._walls())

    def _snapshot(self, shot: dict[str, np.ndarray], histograms: np.ndarray | None) -> None:
        own = self._engine.beads_of(self._case)
        fields = {name: values[own] for name, values in shot.items() if name != "position"}
        position = shot["position"][own]
        self.writer.append_snapshot(self._engine.time, position, fields, histograms)

    def _walls(self) -> list[dict[str, Any]]:
        """What was summed up of each wall over the log window, where that was asked for."""
        sums, plan = self._engine.wall_sums(self._case), self._timetable
        if sums is None:
            return []
        walls = self._engine.cases[self._case].walls
        facets = self._engine.facet_sums(self._case)
        duration = (plan.intervals - plan.log_from_interval) * plan.log_interval
        found: list[dict[str, Any]] = [
            {
                "name": wall.name or f"wall {number}",
                "duration": duration,
                "impulse": row[at.WALL_IMPULSE : at.WALL_IMPULSE + 3],
                "twist": row[at.WALL_TWIST : at.WALL_TWIST + 3],
                "work": float(row[at.WALL_WORK]),
                "sliding": float(row[at.WALL_SLIDING]),
                "damping": float(row[at.WALL_DAMPING]),
                "pressing": float(row[at.WALL_PRESSING]),
                "loading": float(row[at.WALL_LOADING]),
            }
            for number, (wall, row) in enumerate(zip(walls, sums, strict=True))
        ]
        for number, rows in facets.items():
            line = walls[number].line
            assert isinstance(line, Surface)
            found[number]["facets"] = {
                "corners": line.triangles + np.asarray(walls[number].centre),
                "pressing": rows[:, at.FACET_PRESSING],
                "loading": rows[:, at.FACET_LOADING],
                "sliding": rows[:, at.FACET_SLIDING],
                "damping": rows[:, at.FACET_DAMPING],
            }
        return found
