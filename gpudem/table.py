"""Tables of scene files: the base of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

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


class Table(BaseModel):
    """Base of all tables: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def _settle(self, **values: Any) -> None:
        """Fill in defaults that depend on other keys, while the table is being made."""
        self.__dict__.update(values)
