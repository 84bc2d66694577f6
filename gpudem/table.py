"""Tables of scene files: the base of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Tag

#: Stands in a field until the table's own check has worked the value out.
DERIVED: Any = None


@dataclass(frozen=True)
class Choice:
    """Marks a field of which a key chooses the table.

    Attributes:
        key: that chooses.
        default: what it says where it is not given.
    """

    key: str
    default: str

    def of(self, table: Any) -> Any:
        """What a table of a scene file chooses, or a table already made."""
        if isinstance(table, dict):
            return table.get(self.key, self.default)
        return getattr(table, self.key, self.default)


def kinds_in(annotation: Any) -> dict[str, type[Table]]:
    """The tables of a union, by the tags that choose them; none where it is no such union."""
    members = [get_args(member)[:2] for member in get_args(annotation)]
    return {m[1].tag: m[0] for m in members if len(m) == 2 and isinstance(m[1], Tag)}


@dataclass(frozen=True)
class KeysOf:
    """Marks tables that have the keys of another one, and its values where they give none.

    Attributes:
        table: name of the other one.
    """

    table: str


class Table(BaseModel):
    """Base of all tables: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def _settle(self, **values: Any) -> None:
        """Fill in defaults that depend on other keys, while the table is being made."""
        self.__dict__.update(values)
