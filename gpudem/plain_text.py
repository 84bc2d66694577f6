"""Plain text: words for numbers of things, and what is safe to print of files and users."""

from __future__ import annotations

import json
import re

#: Quotes and primes that word processors put where a plain quote was typed.
CURLY_QUOTES = re.compile("[“”„‟‘’‚‛«»″′]")


def plural(number: int, noun: str) -> str:
    """Write a number of things: "1 bead", "367 beads"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def numbered(beads: int) -> str:
    """Write which numbers so many beads have."""
    return f"there are beads 0 to {beads - 1}" if beads > 1 else "there is only bead 0"


def printable(text: str, keep: str = "") -> str:
    """Write characters that a terminal would act on as JSON writes them, u001b after a backslash.

    Args:
        text: any text.
        keep: characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else json.dumps(c)[1:-1] for c in text)
