"""What is wrong with a file of tables: one message a fault, with its place and what is accepted."""

from __future__ import annotations

import difflib
import re
from typing import Any, get_args

from pydantic import ValidationError

from gpudem.errors import SceneError
from gpudem.plain_text import did_you_mean
from gpudem.scene.keys import accept_of, choice_of, is_table, leaves, table_at
from gpudem.scene.toml_text import KeyPath
from gpudem.table import Table, kinds_in
from gpudem.units import QuantityError, TableFault, show_value


def _inheriting(path: KeyPath) -> KeyPath:
    """The beginning of a path that names a table with the keys of ``contact.bead_bead``."""
    if path[:2] == ("contact", "bead_wall"):
        return path[:2]
    return path[:3] if path[:2] == ("contact", "pairs") and len(path) > 2 else ()


def dotted(path: KeyPath) -> str:
    """A path as people write it: beads[1].diameter."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part + 1}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", part)
            out += ("." if out else "") + (part if bare else show_value(part))
    return out


class Faults:
    """Collects messages with the place in the file that each belongs to.

    Args:
        root: the table that the whole file is.
        name: of the file, for messages.
        places: lines of its keys.

    Attributes:
        overrides: how messages name keys that were set apart from the file.
        data: what the file holds, with these.
        lines: messages with their lines.
    """

    def __init__(self, root: type[Table], name: str, places: dict[KeyPath, int]):
        self.root = root
        self.name = name
        self.places = places
        self.overrides: dict[KeyPath, str] = {}
        self.data: dict[str, Any] = {}
        self.lines: list[tuple[int, str]] = []

    def check(self, data: dict[str, Any], context: dict[str, Any] | None = None) -> Any:
        """The root table made of data.

        Raises:
            SceneError: every fault found, one line each.
        """
        self.data = data
        made = None
        try:
            made = self.root.model_validate(data, context=context)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                self.add_pydantic(item)
        if made is None or self.lines:
            raise SceneError("\n".join(self.sorted_lines()))
        return made

    def sorted_lines(self) -> list[str]:
        """All messages by line, each once."""
        return list(dict.fromkeys(text for _, text in sorted(self.lines, key=lambda x: x[0])))

    def add(self, path: KeyPath, text: str, label: str | None = None) -> None:
        """Add a message about a key; `text` starts with ":" or with a space."""
        if path in self.overrides and label is None:
            shown = self.overrides[path]
            if text.startswith(" "):
                text = f": {show_value(self._value(path))}{text}"
            self.lines.append((0, shown + text))
            return
        line, above = 0, path
        while above and not line:
            line, above = self.places.get(above, 0), above[:-1]
        where = f"{self.name}:{line}" if line else self.name
        if label is None:
            value = self._value(path)
            label = dotted(path)
            if text.startswith(" "):
                label += f": {show_value(value)}"
            elif isinstance(value, dict):
                label = f"[{label}]"
            elif value is not None:
                label += f" = {show_value(value)}"
        self.lines.append((line, f"{where}: {label}{text}"))

    def _value(self, path: KeyPath) -> Any:
        value: Any = self.data
        for part in path:
            if isinstance(part, int):
                value = value[part] if isinstance(value, list) and part < len(value) else None
            else:
                value = value.get(part) if isinstance(value, dict) else None
        return value

    def _as_written(self, path: tuple[str | int, ...]) -> KeyPath:
        """A path without the numbers of tables and items that are not lists of tables."""
        out: KeyPath = ()
        for part in path:
            tables = self._value(out) if isinstance(part, int) else None
            several = isinstance(tables, list) and any(isinstance(one, dict) for one in tables)
            if isinstance(part, str) or several:
                out = (*out, part)
        return out

    def add_pydantic(self, item: Any) -> None:
        """Add one of pydantic's error records."""
        path = self._as_written(self._without_kinds(item["loc"]))
        kind, cause = item["type"], item.get("ctx", {}).get("error")
        if isinstance(cause, TableFault):
            for below, text in cause.faults:
                self._add_table_fault(path, self._as_written((*path, *below))[len(path) :], text)
            return
        if self._inherited(path, kind):
            return
        if isinstance(cause, QuantityError):
            bare = cause.reason.startswith(" ") and isinstance(self._value(path), list)
            text = f": {cause.given}{cause.reason}" if bare else cause.reason
            self.add(path, text + self._one_size(path))
        elif kind == "missing":
            self._add_missing(path)
        elif kind == "extra_forbidden":
            self._add_unknown(path)
        elif kind in ("model_type", "model_attributes_type", "dict_type"):
            single = isinstance(self._value(path), list) and ", once and in single brackets"
            text = f": a table is needed, written [{dotted(path)}]{single or ''}"
            self.add(path, text + self._one_size(path))
        elif kind == "union_tag_invalid":
            field = self.root.model_fields[str(path[0])]
            choice = choice_of(field)
            key = choice.key if choice else ""
            given = did_you_mean(str(self._value((*path, key))), list(kinds_in(field.annotation)))
            self.add((*path, key), f": not known{given}")
        elif kind == "literal_error":
            parent = table_at(self.root, path[:-1], self.data)
            accepted = get_args(parent.model_fields[str(path[-1])].annotation) if parent else ()
            guess = did_you_mean(str(self._value(path)), accepted)
            self.add(path, f": not known{guess}")
        elif kind.startswith("bool"):
            self.add(path, ": must be true or false, without quotes")
        elif kind.startswith("string"):
            self.add(path, ": text in quotes is needed")
        else:
            self.add(path, f": {item['msg']}")

    def _without_kinds(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """A path as the file has it; pydantic adds the kind of a table."""
        field = self.root.model_fields.get(str(path[0])) if len(path) > 1 else None
        return path[:1] + path[2:] if field and path[1] in kinds_in(field.annotation) else path

    def _one_size(self, path: KeyPath) -> str:
        several = path[0] == "beads" and isinstance(self._value(path), list)
        return "; for beads of several kinds write a [[beads]] table for each" if several else ""

    def _inherited(self, path: KeyPath, kind: str) -> bool:
        """Whether a fault of the wall's table was already told for bead_bead."""
        depth = len(_inheriting(path))
        if not depth:
            return False
        # Of a pair its names are its own.
        return path[depth:] != ("between",) and (
            kind == "missing" or (len(path) > depth and self._value(path) is None)
        )

    def _add_table_fault(self, path: KeyPath, below: KeyPath, text: str) -> None:
        full = path + below
        if path and path == _inheriting(path):
            own = self._value(path) or {}
            if not {"static_friction", "dynamic_friction"} & set(own):
                return
        if not below:
            self.add(full, text, label=f"[{dotted(full)}]")
        else:
            self.add(full, text)

    def _add_missing(self, path: KeyPath) -> None:
        table = table_at(self.root, path, self.data)
        if table is None:
            parent = table_at(self.root, path[:-1], self.data)
            accept = accept_of(parent.model_fields[str(path[-1])]) if parent else None
            example = f"; write for example {path[-1]} = {accept.sample}" if accept else ""
            self.add(path[:-1], f": {path[-1]} is missing{example}", f"[{dotted(path[:-1])}]")
            return
        fields = table.model_fields.items()
        needed = [name for name, field in fields if field.is_required() and not is_table(field)]
        if path == ("beads",):
            needed += ["diameter", "material", "filling or count"]
        if needed:
            text = f": the table is missing; it needs {', '.join(needed)}"
            self.add(path[:-1], text, f"[{dotted(path)}]")
        for name, field in fields:
            if is_table(field) and field.is_required() and name != "bead_wall":
                self._add_missing((*path, name))

    def _add_unknown(self, path: KeyPath) -> None:
        table = table_at(self.root, path[:-1], self.data)
        accepted = list(table.model_fields) if table else []
        key = str(path[-1])
        label = f"[{dotted(path)}]" if isinstance(self._value(path), dict) else dotted(path)
        what = "unknown table" if label.startswith("[") else "unknown key"
        elsewhere = [leaf for leaf, _ in leaves(self.root, self.data) if leaf[-1] == key]
        close = difflib.get_close_matches(key.lower()[:100], accepted, n=1, cutoff=0.55)
        if elsewhere and not close:
            text = f"; did you mean {dotted(elsewhere[0])!r}? (accepted: {', '.join(accepted)})"
        else:
            text = did_you_mean(key, accepted)
        self.add(path, f": {what}{text}", label=label)
