"""The kinds of mills, chosen by ``mill.kind`` of a scene file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Tag

from gpudem.mills.drum import Drum
from gpudem.mills.mill import Mill
from gpudem.mills.planetary import PlanetaryMill
from gpudem.table import Choice

#: What a scene has that names no kind.
CHOICE = Choice("kind", "planetary")

#: All kinds, by name.
KINDS: dict[str, type[Mill]] = {"planetary": PlanetaryMill, "drum": Drum}

AnyMill = Annotated[
    Annotated[PlanetaryMill, Tag("planetary")] | Annotated[Drum, Tag("drum")],
    Discriminator(CHOICE.of),
    CHOICE,
]
