"""Processes of this machine: one a core, each of which keeps its kernels from case to case."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gpudem.stopping import StopSignals
from gpudem.study.executors.executor import MOST_TRIES, News, run_here

#: Shortest time between two messages of a process about the same case [s].
_TELL_EVERY = 0.2


@dataclass
class LocalProcesses:
    """Runs cases in processes of this machine.

    Attributes:
        processes: how many at once.
        computing: arguments of `gpudem.device.start.start` for each.
    """

    processes: int
    computing: dict[str, Any] = field(default_factory=dict)

    @property
    def at_once(self) -> int:
        """How many cases run at the same time."""
        return self.processes

    def describe(self) -> str:
        """Where the cases run, in a few words."""
        return "one process" if self.processes == 1 else f"{self.processes} processes"

    def run(
        self, cases: Sequence[Path], tell: Callable[[News], None], stopped: Callable[[], bool]
    ) -> None:
        """See `Executor.run`.

        A case whose process ends (for want of memory, or killed) is tried again in another one.
        """
        waiting, tries = list(reversed(cases)), dict.fromkeys(cases, 0)
        workers: list[_Worker] = []
        asked = False
        try:
            while waiting or any(worker.case for worker in workers):
                if stopped() and not asked:
                    asked, waiting = True, []
                    for worker in workers:
                        worker.stop()
                    continue
                idle = [worker for worker in workers if worker.case is None and not worker.leaves]
                while waiting and (idle or len(workers) < self.processes):
                    if not idle:
                        workers.append(_Worker(self.computing))
                        idle = workers[-1:]
                    case = waiting.pop()
                    tries[case] += 1
                    idle.pop().begin(case)
                for worker in _ready(workers):
                    # Asked first, so that nothing that it told before it ended is missed.
                    current, alive, ended = worker.case, worker.alive, ""
                    for news in worker.news():
                        if news.kind == "stopped" and not asked:
                            ended = news.message
                        else:
                            tell(news)
                    if not alive:
                        workers.remove(worker)
                        if worker.case is not None:
                            ended = worker.last_words()
                    if current is None or not ended:
                        continue
                    again = tries[current] < MOST_TRIES and not asked
                    if again:
                        waiting.append(current)
                    kind = "died" if again else "stopped" if asked else "failed"
                    tell(News(current, kind, message=ended))
        finally:
            for worker in workers:
                worker.close()


def _ready(workers: Sequence[_Worker]) -> list[_Worker]:
    """Those who have something to tell, or have died; waits for them for a moment."""
    by_handle: dict[Any, _Worker] = {}
    for worker in workers:
        by_handle[worker.pipe] = by_handle[worker.process.sentinel] = worker
    found = connection.wait(list(by_handle), timeout=0.2)
    return list({id(by_handle[one]): by_handle[one] for one in found}.values())


class _Worker:
    """One process, and the case that it works on."""

    def __init__(self, computing: dict[str, Any]) -> None:
        # Forked processes cannot use a device (gpudem.device.start).
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, computing), daemon=True)
        self.process.start()
        theirs.close()
        self.case: Path | None = None
        #: Whether it takes no more cases.
        self.leaves = False
        self._asked = False

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    def begin(self, case: Path) -> None:
        self.case = case
        with contextlib.suppress(OSError):  # it has died: told by `alive`
            self.pipe.send(str(case))

    def news(self) -> list[News]:
        """What it has told since the last call."""
        found = []
        with contextlib.suppress(EOFError, OSError):
            while self.pipe.poll():
                news = self.pipe.recv()
                found.append(news)
                if news.kind in ("done", "failed", "stopped", "taken"):
                    self.case = None
                self.leaves = self.leaves or news.kind == "stopped"
        return found

    def stop(self) -> None:
        """Ask it to save what it does, and to end."""
        if self._asked:
            return
        self._asked = True
        if self.case is None:
            with contextlib.suppress(OSError):
                self.pipe.send(None)
        else:
            self.process.terminate()

    def last_words(self) -> str:
        """How it died."""
        self.process.join()
        code = self.process.exitcode or 0
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended with code {code}"

    def close(self) -> None:
        """Wait until it has saved what it does; end it where it hangs."""
        self.stop()
        self.process.join(60.0)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


def _work(pipe: Connection, computing: dict[str, Any]) -> None:
    """The process: run one case after the other."""
    # A batch system sends its signals to all processes of a job, so each of them may come twice.
    with StopSignals(urgent=False) as stop:
        _run_cases(pipe, computing, stop)


def _run_cases(pipe: Connection, computing: dict[str, Any], stop: StopSignals) -> None:
    # An interrupt of the terminal is for the study, which asks its processes to stop.
    with contextlib.suppress(AttributeError, OSError):
        os.setsid()
    _end_with_parent()
    last = 0.0

    def tell(news: News) -> None:
        nonlocal last
        now = time.monotonic()
        if news.kind != "running" or now - last > _TELL_EVERY:
            last = now
            with contextlib.suppress(OSError):
                pipe.send(news)

    with contextlib.suppress(EOFError, OSError):
        while stop.received is None and (case := pipe.recv()) is not None:
            run_here(Path(case), computing, tell)


def _end_with_parent() -> None:
    """Has this process save its case and end when the study is killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
