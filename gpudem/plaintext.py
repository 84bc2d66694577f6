"""Text of files and users: what is safe to print of it, and what word processors change in it."""

from __future__ import annotations

import json
import re

#: Quotes and primes that word processors put where a plain quote was typed.
CURLY_QUOTES = re.compile("[“”„‟‘’‚‛«»″′]")


def printable(text: str, keep: str = "") -> str:
    """Write characters that a terminal would act on as JSON writes them, u001b after a backslash.

    Args:
        text: any text.
        keep: characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else json.dumps(c)[1:-1] for c in text)
