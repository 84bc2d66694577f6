"""Tables of scene files: the base of all of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

#: Stands in a field until the table's own check has worked the value out.
DERIVED: Any = None


class Table(BaseModel):
    """Base of all tables: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def _settle(self, **values: Any) -> None:
        """Fill in defaults that depend on other keys, while the table is being made."""
        self.__dict__.update(values)
