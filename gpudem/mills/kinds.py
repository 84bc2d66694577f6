"""The kinds of mills, chosen by ``mill.kind`` of a scene file."""

from __future__ import annotations

from typing import Annotated, cast, get_args

from pydantic import Discriminator, Tag

from gpudem.mills.drum import Drum
from gpudem.mills.mill import Mill
from gpudem.mills.planetary import PlanetaryMill
from gpudem.table import Choice, kinds_in

#: What a scene has that names no kind.
CHOICE = Choice("kind", "planetary")

AnyMill = Annotated[
    Annotated[PlanetaryMill, Tag("planetary")] | Annotated[Drum, Tag("drum")],
    Discriminator(CHOICE.of),
    CHOICE,
]

#: All kinds, by name.
KINDS = cast("dict[str, type[Mill]]", kinds_in(get_args(AnyMill)[0]))
