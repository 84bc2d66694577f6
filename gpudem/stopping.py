"""Stopping a run from outside: signals become a wish that the run grants at its next step.

Signals are never turned into exceptions where they arrive: in the middle of an import or of a
kernel's compilation such an exception is swallowed or mangled.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any

from gpudem.errors import Interrupted

#: Ctrl-C, a cluster's time limit, a closed terminal.
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class StopSignals:
    """While entered, the first signal is only noted; a second one ends the process at once.

    May be entered within another one, whose note it shares.

    Args:
        left: what a second signal leaves behind, in words.
    """

    _noted: int | None = None
    _entered = 0
    _left = ""

    def __init__(self, left: str = "gpudem resume goes on") -> None:
        self._words = left
        self._before: dict[int, Any] = {}

    @property
    def received(self) -> int | None:
        """Number of the signal that came, if one did."""
        return StopSignals._noted

    def __enter__(self) -> StopSignals:
        StopSignals._entered += 1
        # Only the main thread may handle signals; elsewhere the program's own handling stays.
        if StopSignals._entered == 1:
            StopSignals._left = self._words
        if StopSignals._entered == 1 and (threading.current_thread() is threading.main_thread()):
            for number in _SIGNALS:
                # What is ignored (nohup) stays ignored.
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, _note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        StopSignals._entered -= 1
        if StopSignals._entered == 0:
            StopSignals._noted = None
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    @classmethod
    def check(cls, told: str) -> None:
        """Ends here if a signal came.

        Raises:
            Interrupted: one did.
        """
        if cls._noted is not None:
            name = signal.Signals(cls._noted).name
            raise Interrupted(f"stopped by {name} {told}", 128 + cls._noted)


def _note(number: int, frame: FrameType | None) -> None:
    if StopSignals._noted is None:
        StopSignals._noted = number
        return
    # What was committed is whole at any moment, so nothing has to be closed.
    name = signal.Signals(number).name
    told = f"gpudem: ended by a second {name}; {StopSignals._left}"
    print(told, file=sys.stderr, flush=True)
    os._exit(128 + number)
