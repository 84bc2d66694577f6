"""The kinds of mills, chosen by ``mill.kind`` of a scene file."""

from __future__ import annotations

from typing import Annotated, cast, get_args

from pydantic import Discriminator, Tag

from gpudem.mills.bench import Bench
from gpudem.mills.drum import Drum
from gpudem.mills.linear_shaker import LinearShaker, VibratoryMill
from gpudem.mills.mill import Mill
from gpudem.mills.mixer import MixerMill
from gpudem.mills.planetary import PlanetaryMill
from gpudem.mills.prescribed import PrescribedMotion
from gpudem.mills.roller import RollerMill
from gpudem.mills.shaker_3d import Shaker3D
from gpudem.mills.stirred import StirredMill
from gpudem.table import Choice, kinds_in

#: What a scene has that names no kind.
CHOICE = Choice("kind", "planetary")

AnyMill = Annotated[
    Annotated[PlanetaryMill, Tag("planetary")]
    | Annotated[Drum, Tag("drum")]
    | Annotated[RollerMill, Tag("roller")]
    | Annotated[MixerMill, Tag("mixer")]
    | Annotated[LinearShaker, Tag("linear-shaker")]
    | Annotated[VibratoryMill, Tag("vibratory")]
    | Annotated[Shaker3D, Tag("shaker-3d")]
    | Annotated[StirredMill, Tag("stirred")]
    | Annotated[PrescribedMotion, Tag("prescribed")]
    | Annotated[Bench, Tag("bench")],
    Discriminator(CHOICE.of),
    CHOICE,
]

#: All kinds, by name.
KINDS = cast("dict[str, type[Mill]]", kinds_in(get_args(AnyMill)[0]))
