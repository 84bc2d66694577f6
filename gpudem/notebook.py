"""What a notebook shows: objects as tables, and a bar while something runs."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Sequence
from typing import Any

from gpudem.plain_text import spoken_duration

#: Shortest time between two changes of a bar [s].
_EVERY = 0.3


def table_html(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """An object as a table, for ``_repr_html_``.

    Args:
        title: what it is.
        rows: names and values; those without a value are left out.
    """
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
        for name, value in rows
        if value
    )
    return f"<table><caption>{html.escape(title)}</caption>{cells}</table>"


def in_notebook() -> bool:
    """Whether this is a notebook's process, which shows what it is given beside the code."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class NotebookProgress:
    """A bar below the cell that runs a simulation; see `gpudem.running.progress.Progress`.

    Needs nothing that a notebook does not have: neither widgets nor JavaScript.
    """

    _handle: Any = None

    def begin(self, intervals: int, beads: int, duration: float, done: int = 0) -> None:
        """See Progress."""
        from IPython.display import HTML, display

        self._html = HTML
        self._intervals, self._beads, self._duration = intervals, beads, duration
        self._before, self._note = done, ""
        self._began = self._last = time.monotonic()
        self._handle = display(HTML(self._bar(done, "")), display_id=True)

    def interval(
        self, done: int, simulated: float, steps_per_second: float, safe: float | None
    ) -> None:
        """See Progress."""
        now = time.monotonic()
        if now - self._last < _EVERY and done < self._intervals:
            return
        self._last = now
        left = (now - self._began) * (self._intervals - done) / max(1, done - self._before)
        rate = 1e-6 * steps_per_second * self._beads
        self._note = (
            f"{simulated:.4f} of {self._duration:g} s, {rate:.1f} million bead-steps/s, "
            f"{spoken_duration(left)} left"
        )
        self._handle.update(self._html(self._bar(done, self._note)))

    def end(self) -> None:
        """See Progress."""
        if self._handle is not None:
            took = spoken_duration(time.monotonic() - self._began)
            self._handle.update(self._html(f"{html.escape(self._note)}; took {took}"))

    def _bar(self, done: int, note: str) -> str:
        return f"<progress value='{done}' max='{self._intervals}'></progress> {html.escape(note)}"
