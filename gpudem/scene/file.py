"""Scene files: TOML text to a checked `gpudem.scene.tables.Scene`, all faults told at once."""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from gpudem.errors import SceneError
from gpudem.plain_text import did_you_mean
from gpudem.scene.tables import Scene
from gpudem.scene.toml_text import KeyPath, key_lines, parse_toml, parse_value
from gpudem.table import Choice, KeysOf, Table, kinds_in
from gpudem.units import (
    Accept,
    AcceptVector,
    QuantityError,
    TableFault,
    format_quantity,
    show_value,
)

#: Scene files are a few kB; a larger file is another file given by mistake.
LARGEST_FILE = 1_000_000


def load_scene(source: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Scene:
    """Load and check a scene.

    Args:
        source: path of a TOML file, or the bare name of a shipped scene.
        overrides: settings "KEY=VALUE" such as "mill.speed=400 rpm", applied before the
            check. Setting beads.count replaces beads.filling and the reverse.

    Returns:
        The scene in SI units, with its text and overrides kept.

    Raises:
        SceneError: every fault found, one line each.
    """
    label, text = _read(source)
    return scene_from_text(text, overrides, label)


def scene_from_text(text: str, overrides: Sequence[str] = (), name: str = "scene.toml") -> Scene:
    """Check a scene given as TOML text (as kept in a run file); see `load_scene`.

    Args:
        text: TOML text.
        overrides: settings "KEY=VALUE".
        name: name of the text in messages.

    Raises:
        SceneError: every fault found, one line each.
    """
    data = parse_toml(text, name)
    faults = _Faults(name, key_lines(text))
    for override in [overrides] if isinstance(overrides, str) else overrides:
        _apply(override, data, faults)
    faults.data = data
    scene = None
    try:
        # Files that a scene names lie beside it.
        scene = Scene.model_validate(data, context={"folder": Path(name).parent})
    except ValidationError as error:
        for item in error.errors(include_url=False):
            faults.add_pydantic(item)
    if scene is None or faults.lines:
        raise SceneError("\n".join(faults.sorted_lines()))
    scene._source_name = name
    scene._source_text = text
    scene._overrides = tuple(overrides)
    return scene


def shipped_scenes() -> list[tuple[str, str]]:
    """Names and titles of the scenes that come with gpudem."""
    return [(name, str(parse_toml(scene_text(name), name).get("title", ""))) for name in _shipped()]


def scene_text(name: str) -> str:
    """TOML text of a shipped scene, with its comments.

    Raises:
        SceneError: there is no such scene.
    """
    names = _shipped()
    if name not in names:
        raise SceneError(f"no scene named {name!r}{did_you_mean(name, names)}")
    return (resources.files("gpudem.scenes") / f"{name}.toml").read_text(encoding="utf-8")


def new_scene(
    path: str | os.PathLike[str], from_name: str = "pulverisette7", text: str | None = None
) -> Path:
    """Write a copy of a shipped scene, to be edited, or a text.

    Args:
        path: file to write; must not exist.
        from_name: name of a shipped scene.
        text: to write instead, such as `gpudem.scene.new_scene.scene_of` makes.

    Returns:
        The path written.

    Raises:
        SceneError: no such scene, the file exists or cannot be written.
    """
    text = scene_text(from_name) if text is None else text
    target = Path(path)
    try:
        with open(target, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        kind = "is a folder; name a file" if target.is_dir() else "exists and is not overwritten"
        raise SceneError(f"{target}: {kind}") from None
    except (OSError, ValueError) as error:
        raise SceneError(f"{target}: cannot be written: {_reason(error)}") from None
    return target


class SceneKey(NamedTuple):
    """One key of a scene file, for tables.

    Attributes:
        key: full name such as "beads.diameter".
        accepts: kind of value and range.
        default: default as text, or "required".
        meaning: one phrase.
    """

    key: str
    accepts: str
    default: str
    meaning: str


def scene_keys() -> list[SceneKey]:
    """Every key that a scene file may hold, in the order of the tables; their kinds in turn."""
    rows = [_row(path, field) for path, field in _leaves(Scene, {})]
    for table, held in Scene.model_fields.items():
        choice, kinds = _choice(held), kinds_in(held.annotation)
        chooses = f"{table}.{choice.key}" if choice else ""
        if len(kinds) > 1:
            accepts = " or ".join(f'"{name}"' for name in kinds)
            rows = [row._replace(accepts=accepts) if row.key == chooses else row for row in rows]
        for kind in kinds:
            for path, field in _leaves(Scene, {table: {choice.key: kind}} if choice else {}):
                row = _row(path, field)
                own = row.key.startswith(f"{table}.") and row.key != chooses
                if own and row not in rows and choice:
                    of_kind = f'with {choice.key} = "{kind}": {row.meaning}'
                    last = max(n for n, r in enumerate(rows) if r.key.startswith(f"{table}."))
                    rows.insert(last + 1, row._replace(meaning=of_kind))
    return rows


def _row(path: KeyPath, field: FieldInfo) -> SceneKey:
    key = ".".join(map(str, path))
    return SceneKey(key, _accepts(field), _default(path, field), field.description or "")


# --- reading -----------------------------------------------------------------------------


def _read(source: str | os.PathLike[str]) -> tuple[str, str]:
    label = os.fspath(source)
    if label in _shipped():
        return f"{label}.toml", scene_text(label)
    path = Path(label)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SceneError(f"{label}: is a folder; a scene file (.toml) is needed")
        if not stat.S_ISREG(mode):
            raise SceneError(f"{label}: is not a regular file")
        with open(path, "rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        names = _shipped()
        stem = path.stem if path.suffix in ("", ".toml") else label
        raise SceneError(
            f"{label}: no such file, nor a scene of this name{did_you_mean(stem, names)}"
        ) from None
    except PermissionError:
        raise SceneError(f"{label}: no permission to read it") from None
    except (OSError, ValueError) as error:
        raise SceneError(f"{show_value(label)}: cannot be read: {_reason(error)}") from None
    if raw.startswith(b"\x89HDF"):
        raise SceneError(f"{label}: is a run file, not a scene; look at it with gpudem report")
    if len(raw) > LARGEST_FILE:
        raise SceneError(f"{label}: larger than 1 MB, so not a scene file")
    try:
        return label, raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SceneError(f"{label}:{line}: not UTF-8 text; save the file as UTF-8") from None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _shipped() -> list[str]:
    files = resources.files("gpudem.scenes").iterdir()
    return sorted(file.name[:-5] for file in files if file.name.endswith(".toml"))


def _apply(override: str, data: dict[str, Any], faults: _Faults) -> None:
    """Set one KEY=VALUE in the parsed data."""
    key, equals, raw = (part.strip() for part in override.partition("="))
    label = f"--set {' '.join(override.split())}"
    if not equals or not key or not raw:
        faults.lines.append((0, f'{label}: write KEY=VALUE, for example "mill.speed=400 rpm"'))
        return
    key, entry = _entry_of(key, data)
    if entry is None:
        several = len(data[key.partition(".")[0]])
        text = f"there are {several} tables of {key.partition('.')[0]}; name one by its number"
        faults.lines.append((0, f"{label}: {text}, as in {key.replace('.', '.1.', 1)}"))
        return
    path = key.split(".")
    known = {".".join(map(str, leaf)): leaf for leaf, _ in _leaves(Scene, data)}
    if key not in known:
        within = [name for name in known if name.startswith(key + ".")]
        if within:
            text = f"a table; name one of its keys (accepted: {', '.join(within)})"
        else:
            table_name = ".".join(path[:-1])
            same = [name for name in known if name.rpartition(".")[0] == table_name]
            text = "unknown key" + did_you_mean(key, list(known), same or list(Scene.model_fields))
        faults.lines.append((0, f"{label}: {text}"))
        return
    table: Any = data
    place: KeyPath = ()
    for part in path[:-1]:
        table = table.setdefault(part, {})
        place = (*place, part)
        if isinstance(table, list) and 0 <= entry < len(table):
            table, place = table[entry], (*place, entry)
        if not isinstance(table, dict):
            return
    table[path[-1]] = _override_value(raw)
    faults.overrides[(*place, path[-1])] = label
    other = {"filling": "count", "count": "filling"}.get(path[-1])
    if path[0] in ("beads", "charge") and other and (*place, other) not in faults.overrides:
        table.pop(other, None)


def _entry_of(key: str, data: dict[str, Any]) -> tuple[str, int | None]:
    """A key without the number of a table of several, and that number, counted from 0.

    The number is None where one is needed and none of theirs is given.
    """
    first, _, rest = key.partition(".")
    number, _, below = rest.partition(".")
    tables = data.get(first)
    several = len(tables) if isinstance(tables, list) else 1
    if number.isdecimal() and below:
        entry = int(number) - 1
        return f"{first}.{below}", entry if 0 <= entry < several else None
    return key, 0 if several == 1 or not rest else None


def _override_value(raw: str) -> Any:
    """Read a TOML value if it is one, else text: quotes are lost in most shells."""
    value = parse_value(raw)
    return value if isinstance(value, (str, int, float, list, dict)) else raw


# --- the tree of keys --------------------------------------------------------------------


def _keys_of(field: FieldInfo) -> KeysOf | None:
    return next((item for item in field.metadata if isinstance(item, KeysOf)), None)


def _choice(field: FieldInfo) -> Choice | None:
    return next((item for item in field.metadata if isinstance(item, Choice)), None)


def _table_of(field: FieldInfo, value: Any) -> type[Table] | None:
    """The table that a field holds, if it is one; where there are kinds, the one that is given."""
    # Of tables that may be left out, or be there several times, the one that they are.
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, Table):
            return kind
    choice, kinds = _choice(field), kinds_in(field.annotation)
    if choice is None:
        return None
    named = choice.of(value)
    return kinds.get(named if isinstance(named, str) else choice.default, kinds[choice.default])


def _is_table(field: FieldInfo) -> bool:
    return _table_of(field, None) is not None


def _leaves(table: type[Table], data: Any, above: KeyPath = ()) -> list[tuple[KeyPath, FieldInfo]]:
    found = []
    for name, field in table.model_fields.items():
        value = data.get(name) if isinstance(data, dict) else None
        value = value[0] if isinstance(value, list) and value else value
        below = None if _keys_of(field) else _table_of(field, value)
        found += _leaves(below, value, (*above, name)) if below else [((*above, name), field)]
    return found


def _table_at(path: KeyPath, data: Any) -> type[Table] | None:
    table: type[Table] | None = Scene
    for name in path:
        if isinstance(name, int):
            data = data[name] if isinstance(data, list) and name < len(data) else None
            continue
        field = table.model_fields.get(name) if table else None
        data = data.get(name) if isinstance(data, dict) else None
        table = _table_of(field, data) if field else None
    return table


def _accept(field: FieldInfo) -> Accept | None:
    return next((item for item in field.metadata if isinstance(item, Accept)), None)


def _accepts(field: FieldInfo) -> str:
    accept = _accept(field)
    same = _keys_of(field)
    if same is not None:
        return f"tables [[contact.pairs]], each with between and keys of {same.table}"
    if accept is None:
        if field.annotation is bool:
            return "true or false"
        choices = get_args(field.annotation)
        return " or ".join(f'"{choice}"' for choice in choices) if choices else "text"
    phrase = {"count": "whole number", "number": "number", "modulus": "pressure"}.get(
        accept.kind, accept.kind.replace("_", " ")
    )
    return f"{accept.listed}{phrase}, {accept.range_text()}"


def _default(path: KeyPath, field: FieldInfo) -> str:
    if path[:2] == ("contact", "bead_wall"):
        return "that of bead_bead"
    if field.is_required():
        return "required"
    accept, value = _accept(field), field.default
    if accept is not None and accept.default:
        return accept.default
    if value is None:
        return "none"
    if isinstance(accept, AcceptVector):
        return json.dumps([format_quantity(item, accept.kind) for item in value])
    if accept is not None:
        return format_quantity(value, accept.unit_kind)
    return show_value(value) if value != "" else "none"


# --- messages ----------------------------------------------------------------------------


def _inheriting(path: KeyPath) -> KeyPath:
    """The beginning of a path that names a table with the keys of ``contact.bead_bead``."""
    if path[:2] == ("contact", "bead_wall"):
        return path[:2]
    return path[:3] if path[:2] == ("contact", "pairs") and len(path) > 2 else ()


def _dotted(path: KeyPath) -> str:
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part + 1}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", part)
            out += ("." if out else "") + (part if bare else show_value(part))
    return out


class _Faults:
    """Collects messages with the place in the file that each belongs to."""

    def __init__(self, name: str, places: dict[KeyPath, int]):
        self.name = name
        self.places = places
        self.overrides: dict[KeyPath, str] = {}
        self.data: dict[str, Any] = {}
        self.lines: list[tuple[int, str]] = []

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
            label = _dotted(path)
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
            text = f": a table is needed, written [{_dotted(path)}]{single or ''}"
            self.add(path, text + self._one_size(path))
        elif kind == "union_tag_invalid":
            field = Scene.model_fields[str(path[0])]
            choice = _choice(field)
            key = choice.key if choice else ""
            given = did_you_mean(str(self._value((*path, key))), list(kinds_in(field.annotation)))
            self.add((*path, key), f": not known{given}")
        elif kind == "literal_error":
            parent = _table_at(path[:-1], self.data)
            accepted = get_args(parent.model_fields[str(path[-1])].annotation) if parent else ()
            guess = did_you_mean(str(self._value(path)), accepted)
            self.add(path, f": not known{guess}")
        elif kind.startswith("bool"):
            self.add(path, ": must be true or false, without quotes")
        elif kind.startswith("string"):
            self.add(path, ": text in quotes is needed")
        else:
            self.add(path, f": {item['msg']}")

    @staticmethod
    def _without_kinds(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """A path as the file has it; pydantic adds the kind of a table."""
        field = Scene.model_fields.get(str(path[0])) if len(path) > 1 else None
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
            self.add(full, text, label=f"[{_dotted(full)}]")
        else:
            self.add(full, text)

    def _add_missing(self, path: KeyPath) -> None:
        table = _table_at(path, self.data)
        if table is None:
            parent = _table_at(path[:-1], self.data)
            accept = _accept(parent.model_fields[str(path[-1])]) if parent else None
            example = f"; write for example {path[-1]} = {accept.sample}" if accept else ""
            self.add(path[:-1], f": {path[-1]} is missing{example}", f"[{_dotted(path[:-1])}]")
            return
        fields = table.model_fields.items()
        needed = [name for name, field in fields if field.is_required() and not _is_table(field)]
        if path == ("beads",):
            needed += ["diameter", "material", "filling or count"]
        if needed:
            text = f": the table is missing; it needs {', '.join(needed)}"
            self.add(path[:-1], text, f"[{_dotted(path)}]")
        for name, field in fields:
            if _is_table(field) and field.is_required() and name != "bead_wall":
                self._add_missing((*path, name))

    def _add_unknown(self, path: KeyPath) -> None:
        table = _table_at(path[:-1], self.data)
        accepted = list(table.model_fields) if table else []
        key = str(path[-1])
        label = f"[{_dotted(path)}]" if isinstance(self._value(path), dict) else _dotted(path)
        what = "unknown table" if label.startswith("[") else "unknown key"
        elsewhere = [leaf for leaf, _ in _leaves(Scene, self.data) if leaf[-1] == key]
        close = difflib.get_close_matches(key.lower()[:100], accepted, n=1, cutoff=0.55)
        if elsewhere and not close:
            text = f"; did you mean {_dotted(elsewhere[0])!r}? (accepted: {', '.join(accepted)})"
        else:
            text = did_you_mean(key, accepted)
        self.add(path, f": {what}{text}", label=label)
