"""The process that simulates while another one draws: it alone uses the device.

It sends messages through a pipe: ("note", text), ("start", facts), ("frame", Frame),
("end", text, exit code);
and gets ("ready",), ("run", bool), ("step",), ("speed", rad/s), ("stop",).
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.errors import GpudemError, Interrupted
from gpudem.stopping import StopSignals, begin_command

if TYPE_CHECKING:
    from gpudem.engine.collected import Collected
    from gpudem.engine.engine import Engine
    from gpudem.scene.tables import Scene

#: How often a halted run looks for messages [s].
_WAIT = 0.02
#: By how much the process gives way to others.
_NICENESS = 10


@dataclass(frozen=True)
class Frame:
    """The beads at one moment, and what happened since the last one.

    Attributes:
        time: simulated time [s].
        angle: direction that pictures show upwards [rad].
        turn: of a shaken vessel, a rotation vector [rad].
        stirred: angle of a stirrer in the picture from its first place [rad].
        running: False while the run is halted.
        fields: by the names of a snapshot's fields, `position` and `radius` too.
        times: ends of the log intervals since the last frame [s].
        power: dissipated in each [W].
        disc_speed: at their ends [rad/s].
        window: beginning of the log window [s], or None before it.
        counts: whole contacts in classes of dissipated energy up to `counted` [s].
        counted: time of the last snapshot inside the log window [s].
    """

    time: float
    angle: float
    turn: np.ndarray
    stirred: float
    running: bool
    fields: dict[str, np.ndarray]
    times: list[float]
    power: list[float]
    collisions: list[float]
    disc_speed: list[float]
    window: float | None
    counts: np.ndarray | None
    counted: float


@dataclass(frozen=True)
class Task:
    """What is to be simulated: a scene as text, and where to.

    Attributes:
        text: of the scene file.
        overrides: settings beside it.
        name: of the scene.
        path: the run file.
        overwrite: whether it may exist.
        device: arguments of `gpudem.device.start.start`.
        halted: whether to wait before the first step.
    """

    text: str
    overrides: tuple[str, ...]
    name: str
    path: Path
    overwrite: bool
    device: dict[str, Any]
    halted: bool = False


def work(pipe: Connection, task: Task) -> None:
    """Simulate to the end of the scene, as the other side of the pipe wishes."""
    from gpudem.device import start as devices
    from gpudem.running import run_speed
    from gpudem.running.simulation import Simulation, run_simulation
    from gpudem.running.trial import Way
    from gpudem.scene.file import scene_from_text

    begin_command()
    told, code = "", 0
    try:
        with StopSignals():
            _give_way()
            devices.start(**task.device)
            scene = scene_from_text(task.text, task.overrides, task.name)
            simulation = Simulation(scene)
            case = simulation.cases[0]
            if not run_speed.started_before(case, task.device):
                pipe.send(("note", "the first start compiles the kernels"))
            hand = _Hand(pipe, task.halted)
            began = time.perf_counter()
            try:
                run_simulation(simulation, task.path, overwrite=task.overwrite, observer=hand)
                hand.show(simulation, last=True)
            finally:
                if hand.begun:
                    way = Way(simulation.device, simulation.schedule)
                    whole = hand.begun - began
                    run_speed.keep(case, way, whole=whole, stepping=0.0, steps=0)
    except Interrupted as stop:
        told, code = str(stop), stop.exit_code
    except GpudemError as error:
        told, code = str(error), getattr(error, "exit_code", 2)
    except (BrokenPipeError, EOFError):
        return
    with contextlib.suppress(OSError):
        pipe.send(("end", told, code))


def _give_way() -> None:
    """Lets drawing, which takes a short time now and then, have a core at once."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)


class _Hand:
    """Sends frames and does what is wished, after each log interval."""

    def __init__(self, pipe: Connection, halted: bool) -> None:
        self._pipe = pipe
        self._running, self._step, self._ready = not halted, False, True
        self._speed: float | None = None
        self.begun = 0.0
        self._changed_until = 0.0
        self._rows: list[tuple[float, float, float, float]] = []
        self._counts: np.ndarray | None = None
        self._counted, self._shown = 0.0, 0.0
        self._told_running = True

    def begin(self, engine: Engine, scene: Scene, first: Collected) -> None:
        """See RunObserver."""
        from gpudem.running.loop import run_parameters
        from gpudem.running.plan import Timetable

        self._scene, self.begun = scene, time.perf_counter()
        self._since = np.zeros((engine.beads, 2))
        self._touching = _touching(first)
        parameters = run_parameters(engine, 0, scene, Timetable.of_scene(scene))
        species = engine.cases[0].species
        self._pipe.send(("start", parameters, engine.radius, species, engine.species_names))
        self.show(engine)
        self._listen(engine)

    def interval(
        self, engine: Engine, scene: Scene, collected: Collected, summary: dict[str, float]
    ) -> Scene | None:
        """See RunObserver."""
        from gpudem.engine.collected import collisions_begun, dissipation_and_count

        self._scene = scene
        spent = dissipation_and_count(collected.log)
        self._since += spent
        self._touching = _touching(collected)
        power = float(spent[:, 0].sum()) / scene.run.log_interval
        collisions = collisions_begun(collected.log) / scene.run.log_interval
        self._rows.append((summary["time"], power, collisions, summary["disc_speed"]))
        if math.isnan(self._counted):
            self._counted = summary["time"]
        if self._step:
            self._running = self._step = False
        self._listen(engine)
        return self._changed(engine)

    def histograms(self, counts: np.ndarray) -> None:
        """See RunObserver."""
        both = counts[:, 0].sum(axis=0, dtype=np.int64)
        self._counts = both if self._counts is None else self._counts + both
        self._counted = math.nan  # until the interval's end is known

    def show(self, engine: Engine, last: bool = False) -> None:
        """Send a frame."""
        scene = self._scene
        drive = engine.cases[0].drive
        angle = drive.upward(engine.time)
        span = engine.time - self._shown
        rate = self._since / span if span > 0.0 else self._since
        opened = scene.run.log_from
        self._pipe.send(
            (
                "frame",
                Frame(
                    time=engine.time,
                    angle=angle,
                    turn=drive.turn(engine.time),
                    stirred=drive.stirred(engine.time) - angle,
                    running=self._running and not last,
                    fields={
                        "position": engine.position,
                        "radius": engine.radius,
                        **engine.snapshot(self._touching, rate),
                    },
                    times=[row[0] for row in self._rows],
                    power=[row[1] for row in self._rows],
                    collisions=[row[2] for row in self._rows],
                    disc_speed=[row[3] for row in self._rows],
                    window=opened if engine.time > opened else None,
                    counts=self._counts,
                    counted=self._counted,
                ),
            )
        )
        self._rows.clear()
        self._since = np.zeros_like(self._since)
        self._shown, self._ready = engine.time, False

    def _listen(self, engine: Engine) -> None:
        """Take messages; returns when the run is to go on."""
        while True:
            while self._pipe.poll(0.0 if self._running else _WAIT):
                self._take(*self._pipe.recv())
            if StopSignals().received is not None:
                return
            if self._ready and (self._rows or self._told_running != self._running):
                self.show(engine)
                self._told_running = self._running
            if self._running:
                return

    def _take(self, what: str, *values: Any) -> None:
        if what == "ready":
            self._ready = True
        elif what == "run":
            self._running = bool(values[0])
        elif what == "step":
            self._running = self._step = True
        elif what == "speed":
            self._speed = float(values[0])
        elif what == "stop":
            # As if a signal had come: the run saves itself before it ends.
            if StopSignals().received is None:
                os.kill(os.getpid(), signal.SIGTERM)

    def _changed(self, engine: Engine) -> Scene | None:
        """The scene with the wished speed, if there is one and the last change is over."""
        from gpudem.scene.speed_change import RAMP, change_speed

        if self._speed is None or engine.time < self._changed_until:
            return None
        speed, self._speed = self._speed, None
        scene = self._scene
        self._changed_until = engine.time + scene.run.log_interval + RAMP
        return change_speed(scene, engine.time, speed)


def _touching(collected: Collected) -> np.ndarray:
    """Contacts of each bead at the moment of a collection, shape (beads,)."""
    from gpudem.kernels import layout as at

    return collected.sample[:, [at.SAMPLE_TOUCHING_BEAD, at.SAMPLE_TOUCHING_WALL]].sum(axis=1)
