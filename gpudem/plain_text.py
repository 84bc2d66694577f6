"""Plain text: words for numbers of things, and what is safe to print of files and users."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

#: Quotes and primes that word processors put where a plain quote was typed.
CURLY_QUOTES = re.compile("[“”„‟‘’‚‛«»″′]")


def plural(number: int, noun: str) -> str:
    """Write a number of things: "1 bead", "367 beads"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def numbered(beads: int) -> str:
    """Write which numbers so many beads have."""
    return f"there are beads 0 to {beads - 1}" if beads > 1 else "there is only bead 0"


def spoken_duration(seconds: float) -> str:
    """A time [s] in the unit that people would use for it."""
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200.0 else f"{seconds / 3600:.1f} h"


def printable(text: str, keep: str = "") -> str:
    """Write characters that a terminal would act on as JSON writes them, u001b after a backslash.

    Args:
        text: any text.
        keep: characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else json.dumps(c)[1:-1] for c in text)


def did_you_mean(given: str, names: Sequence[str], accepted: Sequence[str] | None = None) -> str:
    """Guess what was meant, and list what is accepted; to follow a message.

    Args:
        given: what is not known.
        names: that may have been meant.
        accepted: names to list, where these are others.
    """
    close = closest(given, names)
    listed = ", ".join(names if accepted is None else accepted)
    return f"; did you mean {close!r}? (accepted: {listed})" if close else f" (accepted: {listed})"


def closest(given: str, names: Sequence[str], likeness: float = 0.55) -> str:
    """The name that may have been meant; "" where none is as like, from 0 to 1."""
    import difflib

    found = difflib.get_close_matches(given.lower()[:100], names, n=1, cutoff=likeness)
    return next(iter(found), "")


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Write rows as lines, all columns but the last as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return [
        "  ".join([*(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
