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
from gpudem.study.executors.executor import ENDS, MOST_TRIES, News, run_here

#: Shortest time between two messages of a process about the same case [s].
_TELL_EVERY = 0.2


@dataclass
class LocalProcesses:
    """Runs cases in processes of this machine.

    Attributes:
        processes: how many at once.
        computing: arguments of `gpudem.device.start.start` for each.
        in_batches: have cases advance together that can, as one small bowl leaves a GPU idle.
    """

    processes: int
    computing: dict[str, Any] = field(default_factory=dict)
    in_batches: bool = False

    @property
    def at_once(self) -> int:
        """How many cases run at the same time."""
        return self.processes

    def describe(self) -> str:
        """Where the cases run, in a few words."""
        number = "one process" if self.processes == 1 else f"{self.processes} processes"
        return f"{number}, cases that take the same steps together" if self.in_batches else number

    def run(
        self, cases: Sequence[Path], tell: Callable[[News], None], stopped: Callable[[], bool]
    ) -> None:
        """See `Executor.run`.

        A case whose process ends (for want of memory, or killed) is tried again in another one.
        """
        jobs = _jobs(cases, self.in_batches)
        waiting, tries = jobs[::-1], dict.fromkeys(jobs, 0)
        workers: list[_Worker] = []
        asked = False
        try:
            while waiting or any(worker.job for worker in workers):
                if stopped() and not asked:
                    asked, waiting = True, []
                    for worker in workers:
                        worker.stop()
                    continue
                idle = [worker for worker in workers if worker.job is None and not worker.leaves]
                while waiting and (idle or len(workers) < self.processes):
                    if not idle:
                        workers.append(_Worker(self.computing))
                        idle = workers[-1:]
                    job = waiting.pop()
                    tries[job] += 1
                    idle.pop().begin(job)
                for worker in _ready(workers):
                    # Asked first, so that nothing that it told before it ended is missed.
                    current, alive, ended = worker.job, worker.alive, ""
                    undone = set(worker.left)
                    for news in worker.news():
                        if news.kind == "stopped" and not asked:
                            ended = news.message
                            continue
                        if news.kind in ENDS:
                            undone.discard(news.case)
                        tell(news)
                    if not alive:
                        workers.remove(worker)
                        if worker.job is not None:
                            ended = worker.last_words()
                    if current is None or not ended:
                        continue
                    again = tries[current] < MOST_TRIES and not asked
                    if again:
                        waiting.append(current)
                    kind = "died" if again else "stopped" if asked else "failed"
                    for case in sorted(undone):
                        tell(News(case, kind, message=ended))
        finally:
            for worker in workers:
                worker.close()


def _jobs(cases: Sequence[Path], in_batches: bool) -> list[tuple[Path, ...]]:
    """What processes take at a time, in the order of the cases."""
    if not in_batches:
        return [(case,) for case in cases]
    from gpudem.study.batch import batches
    from gpudem.study.case_folder import CaseFolder

    place = {case: n for n, case in enumerate(cases)}
    found = [tuple(batch) for batch in batches([CaseFolder(case) for case in cases])]
    return sorted(found, key=lambda batch: min(place[case] for case in batch))


def _ready(workers: Sequence[_Worker]) -> list[_Worker]:
    """Those who have something to tell, or have died; waits for them for a moment."""
    by_handle: dict[Any, _Worker] = {}
    for worker in workers:
        by_handle[worker.pipe] = by_handle[worker.process.sentinel] = worker
    found = connection.wait(list(by_handle), timeout=0.2)
    return list({id(by_handle[one]): by_handle[one] for one in found}.values())


class _Worker:
    """One process, and the cases that it works on."""

    def __init__(self, computing: dict[str, Any]) -> None:
        # Forked processes cannot use a device (gpudem.device.start).
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, computing), daemon=True)
        self.process.start()
        theirs.close()
        self.job: tuple[Path, ...] | None = None
        #: Of these, those that have not ended.
        self.left: set[Path] = set()
        #: Whether it takes no more cases.
        self.leaves = False
        self._asked = False

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    def begin(self, job: tuple[Path, ...]) -> None:
        self.job, self.left = job, set(job)
        with contextlib.suppress(OSError):  # it has died: told by `alive`
            self.pipe.send([str(case) for case in job])

    def news(self) -> list[News]:
        """What it has told since the last call."""
        found = []
        with contextlib.suppress(EOFError, OSError):
            while self.pipe.poll():
                news = self.pipe.recv()
                found.append(news)
                if news.kind in ENDS:
                    self.left.discard(news.case)
                    self.job = self.job if self.left else None
                self.leaves = self.leaves or news.kind == "stopped"
        return found

    def stop(self) -> None:
        """Ask it to save what it does, and to end."""
        if self._asked:
            return
        self._asked = True
        if self.job is None:
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
    last: dict[Path, float] = {}

    def tell(news: News) -> None:
        now = time.monotonic()
        if news.kind != "running" or now - last.get(news.case, 0.0) > _TELL_EVERY:
            last[news.case] = now
            with contextlib.suppress(OSError):
                pipe.send(news)

    with contextlib.suppress(EOFError, OSError):
        while stop.received is None and (job := pipe.recv()) is not None:
            run_here([Path(case) for case in job], computing, tell)


def _end_with_parent() -> None:
    """Has this process save its case and end when the study is killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
