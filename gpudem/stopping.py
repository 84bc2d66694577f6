"""Stopping a run from outside: signals become a wish that the run grants at its next step."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from gpudem.errors import Interrupted

#: Ctrl-C, a cluster's time limit, a closed terminal.
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class StopSignals:
    """While entered, the first signal is only noted; a second one acts as it always would."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        # Only the main thread may handle signals; elsewhere the program's own handling stays.
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                # What is ignored (nohup) stays ignored.
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def interruption(self, told: str) -> Interrupted:
        """The error that ends the run, with what the user needs to know."""
        assert self.received is not None
        name = signal.Signals(self.received).name
        return Interrupted(f"stopped by {name} {told}", 128 + self.received)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
