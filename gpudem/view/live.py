"""A run that is going on in a process of its own, as a viewer takes it."""

from __future__ import annotations

import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from types import SimpleNamespace
from typing import Any

import numpy as np

from gpudem.analysis.stress import Distribution
from gpudem.errors import GpudemError
from gpudem.mills.mill import Control
from gpudem.mills.pose import in_vessel
from gpudem.pictures.colouring import Colouring
from gpudem.pictures.disc_angle import turned_upward
from gpudem.pictures.source import Shot, bowl_of, facts_of
from gpudem.runfile.metadata import mill_of
from gpudem.view.replay import Course
from gpudem.view.worker import Frame, Task, work

#: Memory for moments to look back at [bytes]; when it is full, every second one is dropped.
_MEMORY = 300_000_000
#: Longest time until a simulation has begun [s of the clock].
_PATIENCE = 600.0


class LiveRun(AbstractContextManager["LiveRun"]):
    """Starts a simulation and receives its moments; a context manager.

    Attributes: see `gpudem.view.replay.Source`.

    Args:
        task: what to simulate.
        tell: prints a line about the start.

    Raises:
        GpudemError: it cannot be started.
    """

    refresh_interval = 0.02
    species_names: Sequence[str]
    parameters: Mapping[str, Any]

    def __init__(self, task: Task, tell: Callable[[str], None] = lambda _: None) -> None:
        self.task, self.path, self._tell = task, task.path, tell
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=work, args=(other, task))
        self._process.start()
        other.close()
        self._messages: deque[tuple[Any, ...]] = deque()
        self._arrived = threading.Event()
        # Always ready to receive, so that the simulation never waits for a drawing.
        self._receiver = threading.Thread(target=self._receive, daemon=True)
        self._receiver.start()
        self.growing, self.running, self.told, self.exit_code = True, not task.halted, "", 0
        self.resolved: Any = None
        self._frames: list[Frame] = []
        self.times = none = np.zeros(0)
        self._rows: list[np.ndarray] = []
        self.course = Course(none, none, none, none, None, Distribution(none, none))
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        while self.growing and not self._frames:
            self._arrived.wait(_PATIENCE)
            self.refresh()
        if not self._frames:
            raise GpudemError(self.told or "the simulation ended before it began")

    def refresh(self) -> bool:
        """Take up what has come; tells whether there was anything."""
        changed = False
        self._arrived.clear()
        while self._messages:
            what, *values = self._messages.popleft()
            changed = True
            if what == "note":
                self._tell(values[0])
            elif what == "start":
                self.parameters, self.radius, self.species, self.species_names = values
                self.beads = len(self.radius)
                self.bowl = bowl_of(self)
            elif what == "frame":
                self._append(values[0])
            else:
                self.told, self.exit_code = values
                self.growing = self.running = False
        if changed and self.growing:
            self._send("ready")
        return changed

    def _append(self, frame: Frame) -> None:
        self.running = frame.running
        if self._frames and frame.time == self._frames[-1].time:
            return
        self._frames.append(frame)
        size = sum(values.nbytes for values in frame.fields.values())
        if len(self._frames) * size > _MEMORY:
            self._frames = self._frames[:-1][::2] + self._frames[-1:]
        self.times = np.array([moment.time for moment in self._frames])
        rows = [frame.times, frame.power, frame.collisions, frame.disc_speed]
        self._rows.append(np.array(rows).reshape(4, -1))
        time, power, collisions, speed = np.concatenate(self._rows, axis=1)
        stresses = self.course.stresses
        if frame.counts is not None and frame.window is not None:
            stresses = Distribution.of_classes(frame.counts / (frame.counted - frame.window))
        self.course = Course(time, power, collisions, speed, frame.window, stresses)

    @property
    def described(self) -> LiveRun:
        """What `gpudem.runfile.metadata` is asked about."""
        return self

    @property
    def snapshot_times(self) -> np.ndarray:
        """What a run file calls `times`."""
        return self.times

    @property
    def series(self) -> dict[str, np.ndarray]:
        """What of a run file's series there is."""
        return {"time": self.course.time, "disc_speed": self.course.disc_speed}

    @property
    def facts(self) -> dict[str, str]:
        """What captions say; the speed, which may change, stands beside the time."""
        return {name: text for name, text in facts_of(self).items() if name != "speed"}

    @property
    def control(self) -> Control | None:
        """What may be changed while the mill runs."""
        return mill_of(self).control

    @property
    def speed(self) -> float:
        """Of what is driven, at the newest moment [rad/s]."""
        course = self.course
        return float(course.disc_speed[-1] if len(course.time) else self.parameters["speed"])

    def shot(self, number: int, colouring: Colouring) -> Shot:
        """The beads at one moment."""
        frame = self._frames[number]
        # Colourings read snapshots, whose fields have values.
        snapshot: Any = {
            name: SimpleNamespace(values=values) for name, values in frame.fields.items()
        }
        run: Any = self
        return Shot(
            time=frame.time,
            position=turned_upward(
                in_vessel(frame.fields["position"], frame.turn, self.bowl.height), frame.angle
            ),
            radius=frame.fields["radius"],
            stirred=frame.stirred,
            lifted=frame.time * self.bowl.lift_speed,
            values=np.asarray(colouring.values(run, number, snapshot), float),
        )

    def run(self, running: bool) -> None:
        """Let the simulation run or halt."""
        self.running = running
        self._send("run", running)

    def step(self) -> None:
        """Simulate one log interval, then halt."""
        self.running = True
        self._send("step")

    def set_speed(self, speed: float) -> None:
        """Change the speed of what is driven [rad/s]; a change under way is finished first."""
        control = self.control
        if control is None:
            raise GpudemError("the motion of this mill is prescribed; it has no speed to change")
        units = speed / control.scale
        if not 0.0 <= units <= control.highest:
            raise GpudemError(
                f"{units:g} {control.unit}: from 0 to {control.highest:.4g} {control.unit} are "
                "accepted"
            )
        self._send("speed", speed)

    def close(self) -> None:
        """End the simulation, which saves itself; takes up to some seconds."""
        self._send("stop")
        self._process.join(60.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._receiver.join(5.0)
        self.refresh()
        self._pipe.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> None:
        try:
            while True:
                message = self._pipe.recv()
                self._messages.append(message)
                self._arrived.set()
                if message[0] == "end":
                    return
        except (EOFError, OSError):
            self._messages.append(("end", "the simulation's process ended without a word", 1))
            self._arrived.set()

    def _send(self, *message: Any) -> None:
        # The receiver tells of the end, after what came before it.
        with suppress(OSError):
            self._pipe.send(message)
