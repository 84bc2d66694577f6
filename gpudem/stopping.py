"""Stopping a run from outside: signals become a wish that the run grants at its next step.

Signals are never turned into exceptions where they arrive: in the middle of an import or of a
kernel's compilation such an exception is swallowed or mangled. Only a second interrupt of a call
from Python is, for there nothing else would end the call and leave the interpreter alive.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from gpudem.errors import Interrupted

#: Signals of which a second one is meant to end what does not end by itself.
_URGENT = ("SIGINT", "SIGTERM")
#: Signals that come again by themselves: from a closed terminal, and from batch systems before a
#: limit (SIGXCPU comes each second of processor time).
_REPEATED = ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")
#: What a program does with signals of which it knows nothing.
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)
_NOTHING_SAVED = "nothing was saved"


def _numbers(names: tuple[str, ...]) -> tuple[int, ...]:
    """Numbers of the signals that this system has."""
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))


class StopSignals:
    """While entered, the first signal is only noted; a second interrupt or SIGTERM is urgent.

    It ends a command at once. A call from Python gets what it would have got without: an interrupt
    raises KeyboardInterrupt. May be entered within another one, whose note it shares.

    Args:
        left: what a second signal leaves behind, in words.
        urgent: whether a second interrupt or SIGTERM ends the process. Processes that work for
            another one get signals from it and, on a cluster, from the batch system as well.
    """

    _noted: int | None = None
    _urgent = True
    _entered = 0
    _left = _NOTHING_SAVED
    _is_command = False
    _before: dict[int, Any] = {}
    _holding = 0
    _waiting: int | None = None

    def __init__(self, left: str = _NOTHING_SAVED, urgent: bool = True) -> None:
        self._words, self._wanted = left, urgent

    @property
    def received(self) -> int | None:
        """Number of the signal that came, if one did."""
        return StopSignals._noted

    def __enter__(self) -> StopSignals:
        StopSignals._entered += 1
        if StopSignals._entered == 1:
            StopSignals._left, StopSignals._urgent = self._words, self._wanted
        # Only the main thread may handle signals; elsewhere the program's own handling stays.
        if StopSignals._entered == 1 and (threading.current_thread() is threading.main_thread()):
            for number in _numbers(_URGENT + _REPEATED):
                before = signal.getsignal(number)
                # What is ignored (nohup) stays ignored, and what is not Python's is not ours.
                if before in (signal.SIG_IGN, None):
                    continue
                # Programs have uses of their own for the others.
                if number in _numbers(_URGENT) or before in (*_DEFAULTS, _end):
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
            for number, handler in self._before.items():
                # A command that was stopped by one that comes again has to end in its own words,
                # also where the next one comes while Python takes itself down.
                again = number == StopSignals._noted and number in _numbers(_REPEATED)
                ending = again and StopSignals._is_command
                signal.signal(number, signal.SIG_IGN if ending else handler)
            self._before.clear()
            StopSignals._noted, StopSignals._left = None, _NOTHING_SAVED
            StopSignals._urgent = True

    @classmethod
    @contextlib.contextmanager
    def held_back(cls) -> Iterator[None]:
        """While entered, a second interrupt waits with its exception; it is raised at the end."""
        cls._holding += 1
        try:
            yield
        finally:
            cls._holding -= 1
            if cls._waiting is not None and not cls._holding:
                number, cls._waiting = cls._waiting, None
                _note(number, None)

    @classmethod
    def wish(cls, number: int) -> None:
        """Notes a wish to stop, as if a signal had come; from any thread, while entered."""
        if cls._entered and cls._noted is None:
            cls._noted = number

    @classmethod
    def leave(cls, left: str) -> None:
        """Tells what a second signal leaves behind from now on, in words."""
        cls._left = left

    @classmethod
    def check(cls, told: str) -> None:
        """Ends here if a signal came.

        Raises:
            Interrupted: one did.
        """
        if cls._noted is not None:
            name = signal.Signals(cls._noted).name
            raise Interrupted(f"stopped by {name} {told}", 128 + cls._noted)


def begin_command() -> None:
    """Makes this process a command: no signal ends it any more without a word.

    What is ignored or handled already stays so.
    """
    StopSignals._is_command = True
    for number in _numbers(_URGENT + _REPEATED):
        if signal.getsignal(number) in _DEFAULTS:
            signal.signal(number, _end)


def raise_interrupts() -> None:
    """From now on an interrupt of this command may tidy up: it raises KeyboardInterrupt."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _note(number: int, frame: FrameType | None) -> None:
    if StopSignals._noted is None:
        StopSignals._noted = number
    elif StopSignals._urgent and number in _numbers(_URGENT):
        before = StopSignals._before.get(number)
        if StopSignals._is_command or not callable(before):
            _end(number, frame)
        elif StopSignals._holding:
            StopSignals._waiting = number
        else:
            before(number, frame)


def _end(number: int, frame: FrameType | None) -> None:
    # What was committed is whole at any moment, so nothing has to be closed.
    name = signal.Signals(number).name
    again = StopSignals._noted is not None
    told = f"ended by a second {name}; {StopSignals._left}" if again else f"ended by {name}"
    # Not by print, which must not be called while it is at work.
    with contextlib.suppress(OSError):
        os.write(2, os.fsencode(f"gpudem: {told}\n"))
    os._exit(128 + number)
