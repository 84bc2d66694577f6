"""The kinds of mills, chosen by ``mill.kind`` of a scene file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from gpudem.mills.drum import Drum
from gpudem.mills.planetary import PlanetaryMill

#: What a scene has that names no kind.
DEFAULT = "planetary"


def kind_of(table: Any) -> Any:
    """The kind that a table of a scene file names, or that of a mill."""
    return (
        table.get("kind", DEFAULT) if isinstance(table, dict) else getattr(table, "kind", DEFAULT)
    )


AnyMill = Annotated[
    Annotated[PlanetaryMill, Tag("planetary")] | Annotated[Drum, Tag("drum")],
    Discriminator(kind_of),
]
