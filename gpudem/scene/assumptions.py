"""What a scene assumes: values that its author marked ASSUMED, as no source states them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gpudem.scene.toml_text import key_lines

MARK = "ASSUMED"
#: A line of TOML up to the comment, which no quoted text begins.
_LINE = re.compile(r"""^((?:[^"'#]|"(?:\\.|[^"\\])*"|'[^']*')*)#(.*)$""")


@dataclass(frozen=True)
class Assumption:
    """A value or table that is assumed.

    Attributes:
        key: full name.
        value: as it is written; "" for a whole table.
        reason: what its comment says; may be "".
    """

    key: str
    value: str
    reason: str


def assumptions_of(text: str, overrides: Sequence[str] = (), window: str = "") -> list[Assumption]:
    """What a scene assumes, in the order of its text.

    A mark in the comment of a line is of that line's key or table; a comment line that begins
    with "ASSUMED:" is of the next one.

    Args:
        text: TOML text of the scene.
        overrides: "KEY=VALUE" set beside it; what these replace is not assumed any more.
        window: when the evaluation began, where a duration set beside it moved that.
    """
    names: dict[int, str] = {}
    for path, place in key_lines(text).items():
        name = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        if len(name) > len(names.get(place, "")):
            names[place] = name
    replaced = {one.partition("=")[0].strip() for one in overrides}
    found, waiting = [], ""
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.match(line)
        content, comment = (line, "") if match is None else (match[1], match[2].strip())
        if number not in names:
            waiting = comment if comment.startswith(f"{MARK}:") else waiting
            continue
        told, waiting = (comment if MARK in comment else waiting), ""
        if told and names[number] not in replaced:
            value = content.partition("=")[2].strip()
            if names[number] == "run.log_from" and "run.duration" in replaced:
                value = window or value
            found.append(Assumption(names[number], value, _reason(told)))
    return found


def _reason(comment: str) -> str:
    text = re.sub(rf"^{MARK}[:,]?\s*", "", comment)
    return text.replace(MARK, MARK.lower())
