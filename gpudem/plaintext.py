"""Text that is safe to print: what files and users give may hold control characters."""

from __future__ import annotations

import json


def printable(text: str, keep: str = "") -> str:
    """Write characters that a terminal would act on as JSON writes them, u001b after a backslash.

    Args:
        text: any text.
        keep: characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else json.dumps(c)[1:-1] for c in text)
