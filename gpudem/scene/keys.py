"""The keys of files of tables: what there is, what each accepts, and where it stands."""

from __future__ import annotations

import json
from typing import Any, get_args

from pydantic.fields import FieldInfo

from gpudem.scene.toml_text import KeyPath
from gpudem.table import Choice, KeysOf, Table, kinds_in
from gpudem.units import Accept, AcceptVector, format_quantity, show_value


def keys_of(field: FieldInfo) -> KeysOf | None:
    """Whose keys the tables in a field have."""
    return next((item for item in field.metadata if isinstance(item, KeysOf)), None)


def choice_of(field: FieldInfo) -> Choice | None:
    """What chooses the table in a field."""
    return next((item for item in field.metadata if isinstance(item, Choice)), None)


def table_of(field: FieldInfo, value: Any) -> type[Table] | None:
    """The table that a field holds, if it is one; where there are kinds, the one that is given."""
    # Of tables that may be left out, or be there several times, the one that they are.
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, Table):
            return kind
    choice, kinds = choice_of(field), kinds_in(field.annotation)
    if choice is None:
        return None
    named = choice.of(value)
    return kinds.get(named if isinstance(named, str) else choice.default, kinds[choice.default])


def is_table(field: FieldInfo) -> bool:
    """Whether a field holds a table."""
    return table_of(field, None) is not None


def leaves(table: type[Table], data: Any, above: KeyPath = ()) -> list[tuple[KeyPath, FieldInfo]]:
    """All keys below a table that hold values; data says of which kinds its tables are."""
    found = []
    for name, field in table.model_fields.items():
        value = data.get(name) if isinstance(data, dict) else None
        value = value[0] if isinstance(value, list) and value else value
        below = None if keys_of(field) else table_of(field, value)
        found += leaves(below, value, (*above, name)) if below else [((*above, name), field)]
    return found


def table_at(root: type[Table], path: KeyPath, data: Any) -> type[Table] | None:
    """The table at a path below a root, or None; data says of which kind it is."""
    table: type[Table] | None = root
    for name in path:
        if isinstance(name, int):
            data = data[name] if isinstance(data, list) and name < len(data) else None
            continue
        field = table.model_fields.get(name) if table else None
        data = data.get(name) if isinstance(data, dict) else None
        table = table_of(field, data) if field else None
    return table


def accept_of(field: FieldInfo) -> Accept | None:
    """What reads the value of a field."""
    return next((item for item in field.metadata if isinstance(item, Accept)), None)


def accepts(field: FieldInfo) -> str:
    """What a field accepts, in words."""
    accept = accept_of(field)
    same = keys_of(field)
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


def default_of(path: KeyPath, field: FieldInfo) -> str:
    """The default of a field as text."""
    if path[:2] == ("contact", "bead_wall"):
        return "that of bead_bead"
    if field.is_required():
        return "required"
    accept, value = accept_of(field), field.default
    if accept is not None and accept.default:
        return accept.default
    if value is None:
        return "none"
    if isinstance(accept, AcceptVector):
        return json.dumps([format_quantity(item, accept.kind) for item in value])
    if accept is not None:
        return format_quantity(value, accept.unit_kind)
    return show_value(value) if value != "" else "none"
