"""Workers of Dask: those of a scheduler that is there, or some started on this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpudem import __version__
from gpudem.errors import GpudemError
from gpudem.plain_text import plural
from gpudem.stopping import StopSignals
from gpudem.study.executors.executor import MOST_TRIES, News, run_here

#: Shortest time between two messages of a worker about the same case [s].
_TELL_EVERY = 1.0
#: How long the scheduler may take to answer, and its workers to save what they do [s].
_PATIENCE = 60.0


@dataclass
class DaskWorkers:
    """Runs cases on workers of Dask, one case at a time on each.

    Attributes:
        scheduler: address (tcp://HOST:8786) or file of a scheduler; without one, workers are
            started on this machine.
        processes: how many are started, where none is named.
        computing: arguments of `gpudem.device.start.start` for each.
    """

    scheduler: str | None = None
    processes: int = 1
    computing: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _library()
        self._workers = self.processes

    @property
    def at_once(self) -> int:
        """How many cases run at the same time."""
        return self._workers

    def describe(self) -> str:
        """Where the cases run, in a few words."""
        if self.scheduler is None:
            return f"{plural(self.processes, 'Dask worker')} of this machine"
        return f"the Dask workers of {self.scheduler}"

    def run(
        self, cases: Sequence[Path], tell: Callable[[News], None], stopped: Callable[[], bool]
    ) -> None:
        """See `Executor.run`.

        No more cases are handed out than there are workers, so that the longest ones begin first.
        The scheduler gives the case of a worker that died to another one.

        Raises:
            GpudemError: the scheduler or its workers cannot be used.
        """
        with self._client() as client:
            topic, heard = f"gpudem-{uuid.uuid4().hex}", queue.SimpleQueue[Any]()
            client.subscribe_topic(topic, lambda event: heard.put(event[1]))
            waiting = [path.resolve() for path in reversed(cases)]
            given = dict(zip((path.resolve() for path in cases), cases, strict=True))
            running: dict[Any, Path] = {}
            asked = 0.0
            while waiting or running:
                if stopped():
                    asked, waiting = asked or time.monotonic(), []
                    if time.monotonic() - asked > _PATIENCE:
                        break
                    # Again and again: a case may have been on its way to its worker.
                    client.run(_stop, topic, on_error="ignore")
                self._workers = max(1, len(client.nthreads()))
                while waiting and len(running) < self._workers:
                    case = waiting.pop()
                    future = client.submit(
                        _work,
                        str(case),
                        self.computing,
                        topic,
                        __version__,
                        key=f"gpudem-{case.name}-{uuid.uuid4().hex}",
                        pure=False,
                    )
                    running[future] = case
                    future.add_done_callback(heard.put)
                for item in _heard(heard):
                    if not isinstance(item, tuple):
                        case = running.pop(item)
                        kind, message = _ending(item)
                        tell(News(given[case], kind, message=message))
                    elif Path(item[0]) in running.values():
                        tell(News(given[Path(item[0])], item[1], item[2]))
            for future, case in running.items():
                future.cancel()
                tell(News(given[case], "stopped", message="its worker did not answer"))

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        import dask

        distributed = _library()
        # A case whose worker dies is given to others as often as by the executors of our own.
        own = {"distributed.scheduler.allowed-failures": MOST_TRIES - 1}
        with contextlib.ExitStack() as stack:
            stack.enter_context(dask.config.set(own))
            if self.scheduler is None:
                cluster = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=self.processes,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address=None,
                        memory_limit=0,
                        silence_logs=logging.ERROR,
                    )
                )
                client = stack.enter_context(distributed.Client(cluster, set_as_default=False))
                client.register_plugin(_session_plugin())
            else:
                client = stack.enter_context(self._connected())
            yield client

    def _connected(self) -> Any:
        distributed = _library()
        named = str(self.scheduler)
        where = {"address": named} if "://" in named or ":" in named else {"scheduler_file": named}
        if "scheduler_file" in where and not Path(named).is_file():
            raise GpudemError(
                f"--scheduler {named}: is no file; name an address (tcp://HOST:8786) or the file "
                "that dask scheduler --scheduler-file writes"
            )
        try:
            client = distributed.Client(timeout=_PATIENCE, set_as_default=False, **where)
        except (OSError, ValueError) as error:
            raise GpudemError(f"--scheduler {named}: cannot be reached ({error})") from None
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            client.close()
            raise GpudemError(f"--scheduler {named}: has no workers") from None
        crowded = [address for address, threads in client.nthreads().items() if threads > 1]
        if crowded:
            client.close()
            raise GpudemError(
                f"--scheduler {named}: {crowded[0]} has several threads, but a process runs one "
                "case at a time; start workers with: dask worker --nworkers N --nthreads 1"
            )
        return client


def _library() -> Any:
    """The library, or a message that says how to get it."""
    try:
        import distributed
    except ImportError:
        raise GpudemError(
            '--executor dask: needs the library distributed; pip install "gpudem[cluster]"'
        ) from None
    return distributed


def _heard(what: queue.SimpleQueue[Any]) -> Iterator[Any]:
    """All that was heard, or waits for a moment for something."""
    with contextlib.suppress(queue.Empty):
        yield what.get(timeout=0.2)
        while True:
            yield what.get_nowait()


def _ending(future: Any) -> tuple[str, str]:
    """How a case ended: one of the kinds of `News`, and why."""
    from distributed import KilledWorker

    if future.cancelled():
        return "failed", "the scheduler gave it up"
    error = future.exception()
    if isinstance(error, KilledWorker):
        return "failed", f"its worker died {MOST_TRIES} times"
    if error is not None:
        return "failed", str(error)
    return future.result()


# What follows runs in the workers.

_one_case = threading.Lock()
_topic: str | None = None


def _work(case: str, computing: dict[str, Any], topic: str, version: str) -> tuple[str, str]:
    """Run a case in a worker; returns how it ended and why."""
    from distributed import get_worker

    global _topic
    if version != __version__:
        return "failed", f"its worker has gpudem {__version__} instead of {version}"
    worker = get_worker()
    ending, last = ("failed", "it ended without a word"), 0.0

    def tell(news: News) -> None:
        nonlocal ending, last
        now = time.monotonic()
        if news.kind not in ("begun", "running"):
            ending = news.kind, news.message
        elif news.kind == "begun" or now - last > _TELL_EVERY:
            last = now
            worker.log_event(topic, (case, news.kind, news.share))

    with _one_case, StopSignals(urgent=False):
        _topic = topic
        try:
            run_here([Path(case)], computing, tell)
        finally:
            _topic = None
    return ending


def _stop(topic: str) -> None:
    """Have a worker save the case that it runs, if it is one of this study."""
    if topic == _topic:
        StopSignals.wish(signal.SIGTERM)


def _session_plugin() -> Any:
    from distributed import WorkerPlugin

    class OwnSession(WorkerPlugin):
        """Keeps interrupts of the terminal from workers: they are for the study."""

        def setup(self, worker: Any) -> None:
            with contextlib.suppress(AttributeError, OSError):
                os.setsid()

    return OwnSession()
