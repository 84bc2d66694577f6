"""TOML text: read with hints on what people get wrong, and the lines where its keys stand."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import Any

from gpudem.errors import SceneError
from gpudem.plain_text import CURLY_QUOTES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Names of tables and keys; of several tables of a name, the number behind it, from 0.
KeyPath = tuple[str | int, ...]


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Read TOML text.

    Args:
        text: TOML text.
        name: name of the text in messages.

    Raises:
        SceneError: it is not TOML; one line, with its place and how to mend it.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SceneError(f"{name}: lists or tables nested too deeply") from None
    except ValueError as error:
        message = str(error)
        place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        lines = text.split("\n")
        line, column = (int(place[1]), int(place[2])) if place else (len(lines), 0)
        where = f"{name}:{line}: column {column}" if place else f"{name}:{line}: at the end"
        message = re.sub(r" \(at (line|end).*\)$", "", message)
        hint = _hint(lines[line - 1], column)
        raise SceneError(f"{where}: not valid TOML: {message}{hint}") from None


def parse_value(raw: str) -> Any:
    """Read one TOML value; None where it is none."""
    try:
        parsed = tomllib.loads(f"value = {raw}")
    except (ValueError, RecursionError):
        return None
    return parsed["value"] if len(parsed) == 1 else None


def _hint(line: str, column: int) -> str:
    """Say what is wrong with a line of TOML, as far as it is a common mistake."""
    statement = line.partition("#")[0]
    if CURLY_QUOTES.search(statement):
        return '; TOML takes straight quotes ("), not curly quotes'
    odd = line[max(column - 1, 0) : column]
    if not odd.isascii() and (odd == "−" or unicodedata.category(odd) == "Pd"):
        return "; write the minus sign as a plain hyphen: -"
    if not odd.isascii() and odd.isspace():
        return f"; the space there is a special one (U+{ord(odd):04X}), write a plain one"
    if re.match(r"\s*\[\[?\s*beads\s*\]", statement):
        return "; for beads of several kinds write [[beads]] before each of them"
    bare = re.match(r"\s*([\w.-]+)\s*=\s*([+-]?[\d.]\S* *[^\s\"'#,\]]+)", line)
    if bare and not bare[2].replace(".", "").isdigit():
        return f'; a value with a unit takes quotes: {bare[1]} = "{bare[2]}"'
    return ""


_TOKEN = re.compile(
    r'#[^\n]*|"""(?:\\.|[^\\])*?"{3,5}(?!")|'
    r"'{3}.*?'{3,5}(?!')"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'|[A-Za-z0-9_-]+|[\[\]{}=,\n]",
    re.DOTALL,
)


def _numbered(names: list[str], several: dict[tuple[str, ...], int], another: bool) -> KeyPath:
    """The path of a table, with numbers where there are several tables of a name."""
    if another:
        several[tuple(names)] = several.get(tuple(names), -1) + 1
    out: KeyPath = ()
    for length, name in enumerate(names, start=1):
        number = several.get(tuple(names[:length]))
        out = (*out, name) if number is None else (*out, name, number)
    return out


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of every table and key in a valid TOML text."""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    path: KeyPath = ()
    parts: list[str] = []
    nested: list[tuple[str, KeyPath]] = []
    in_value = False
    several: dict[tuple[str, ...], int] = {}
    brackets = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if not in_value and not nested and token == "[":
            brackets = brackets + 1 if text[match.start() - 1 : match.start()] == "[" else 1
        if token == "\n" and not nested:
            in_value, parts = False, []
        elif in_value and token in "[{":
            nested.append((token, path))
            in_value, parts = token == "[", []
        elif nested and token in "]}":
            path, in_value = nested.pop()[1], True
        elif in_value and token == "," and nested and nested[-1][0] == "{":
            in_value, parts = False, []
        elif not in_value and token in "]=":
            if token == "]":
                path = table = _numbered(parts, several, brackets == 2)
                # The second bracket of two closes nothing more.
                parts, brackets = (parts, 0) if brackets == 2 else (parts, brackets)
            else:
                path = (*(nested[-1][1] if nested else table), *parts)
            in_value = token == "="
            line = text.count("\n", 0, match.start()) + 1
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], line)
        elif not in_value and token[0] in "\"'":
            parts.append(next(iter(tomllib.loads(f"{token} = 0"))))
        elif not in_value and token[0] not in "#[\n":
            parts.append(token)
    return lines
