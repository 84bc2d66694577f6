"""Progress of long work: a bar in a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

from gpudem.output import tell
from gpudem.plain_text import plural

Item = TypeVar("Item")


class Progress(Protocol):
    """What a run tells about itself."""

    def begin(self, intervals: int, beads: int, duration: float, done: int = 0) -> None:
        """Called once, before the first interval; ``done`` of them were done before."""

    def interval(
        self, done: int, simulated: float, steps_per_second: float, safe: float | None
    ) -> None:
        """Called after each interval.

        Args:
            done: intervals.
            simulated: time [s].
            steps_per_second: of the last interval.
            safe: time up to which the run is saved [s]; None where nothing is.
        """

    def end(self) -> None:
        """Called once at the end, whatever happened."""


class TerminalProgress:
    """A bar with simulated time, steps per second and time left; plain lines without terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._lines = not sys.stderr.isatty()
        self._last = 0.0

    def begin(self, intervals: int, beads: int, duration: float, done: int = 0) -> None:
        """See Progress."""
        self._duration, self._intervals, self._beads = duration, intervals, beads
        self._before = done
        self._started = self._last = time.monotonic()
        if self._lines:
            left = f", {done / intervals:.0%} done before" if done else ""
            line = f"simulating {duration:g} s with {plural(beads, 'bead')}{left}"
            tell(line)
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("simulating", total=intervals, completed=done, note="")

    def interval(
        self, done: int, simulated: float, steps_per_second: float, safe: float | None
    ) -> None:
        """See Progress."""
        rate = steps_per_second * self._beads / 1e6
        note = f"{simulated:.4f} of {self._duration:g} s, {rate:.1f} million bead-steps/s"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, note=note)
        elif time.monotonic() - self._last > 10.0:
            self._last = time.monotonic()
            spent = self._last - self._started
            left = spent * (self._intervals - done) / max(done - self._before, 1)
            saved = "" if safe is None else f", saved up to {safe:.4f} s"
            line = f"{note}, {left:.0f} s left{saved}"
            tell(line)

    def end(self) -> None:
        """See Progress."""
        if self._bar is not None:
            self._bar.stop()


def counted(items: Iterable[Item], total: int, doing: str, quiet: bool = False) -> Iterator[Item]:
    """Go through items and show how far that has come: a bar in a terminal, lines elsewhere.

    Args:
        items: what is gone through.
        total: their number.
        doing: what is done with them, for example "drawing".
        quiet: show nothing.
    """
    if quiet:
        yield from items
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track

        yield from track(items, doing, total, console=Console(stderr=True), transient=True)
    else:
        last = time.monotonic()
        for done, item in enumerate(items):
            if time.monotonic() - last > 10.0:
                last = time.monotonic()
                tell(f"{doing}: {done} of {total}")
            yield item
