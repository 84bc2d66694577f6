"""Small pictures of several runs beside each other, seen from above, all on one scale."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gpudem.errors import GpudemError, RunFileError
from gpudem.runfile.reader import Run

#: Edge of a picture, and what is drawn for each pixel of it in each direction.
_EDGE, _SAMPLES = 300, 2


@dataclass(frozen=True)
class Gallery:
    """Small pictures.

    Attributes:
        name: of their files, before a number.
        title: what stands over them.
        caption: what is seen.
        pictures: label and contents of a PNG file of each.
        key: what the colours mean: a colour as "#rrggbb" and its meaning.
    """

    name: str
    title: str
    caption: str
    pictures: Sequence[tuple[str, bytes]]
    key: Sequence[tuple[str, str]]
    block: str = field(default="gallery", init=False)

    @property
    def images(self) -> list[tuple[str, str]]:
        """Label of each picture, and its address in a page."""
        return [
            (label, f"data:image/png;base64,{base64.b64encode(png).decode()}")
            for label, png in self.pictures
        ]


def colouring_of(runs: Sequence[Run]) -> Any:
    """Where the beads are, in vessels for which that is told; else their speed."""
    from gpudem.pictures.colouring import find_colouring, speed_colouring
    from gpudem.runfile.metadata import round_vessel_of

    try:
        for run in runs:
            round_vessel_of(run)
    except RunFileError:
        return speed_colouring(runs)
    return find_colouring("regime")


def gallery(runs: Sequence[Run], labels: Sequence[str], name: str) -> Gallery | str:
    """Draw the beads of each run at its last snapshot, or say why there is no picture.

    Args:
        runs: open runs.
        labels: what tells them apart.
        name: of the files.
    """
    from gpudem.pictures.colouring import common_scale
    from gpudem.pictures.picture import Picture
    from gpudem.pictures.rendering import prepare_rendering
    from gpudem.pictures.source import Footage

    found = []
    try:
        prepare_rendering()
        footages = [Footage(run) for run in runs]
        colouring = colouring_of(runs).of(runs[0])
        shots = [one.shot(len(one.times) - 1, colouring) for one in footages]
        scale = common_scale(colouring, [shot.values for shot in shots])
        for footage, shot, label in zip(footages, shots, labels, strict=True):
            picture = Picture(footage.bowl, (_EDGE, _EDGE), "top")
            try:
                colours = scale.colours(shot.values)
                picture.show(shot.position, shot.radius, colours, **shot.around)
                picture.label(footage.turning)
                found.append((label, _png(picture.image(_SAMPLES))))
            finally:
                picture.close()
    except GpudemError as error:
        return f"No picture of the beads: {str(error).rstrip(' .:')}."
    return Gallery(
        name,
        "Where the beads are" if colouring.classes else "The beads",
        "The beads at the last snapshot, from above, the outward radius of the disc upwards where "
        "the mill has one. Arrows: how the disc turns (red), and the bowl on it (blue).",
        found,
        _key(scale),
    )


def _key(scale: Any) -> list[tuple[str, str]]:
    from matplotlib.colors import to_hex

    colouring = scale.colouring
    if colouring.classes:
        return [(to_hex(scale.map(k)), name) for k, name in enumerate(colouring.classes)]
    return [
        (to_hex(scale.map(share)), f"{share * scale.limits[1]:.3g} {colouring.unit}")
        for share in (0.0, 0.5, 1.0)
    ]


def _png(image: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", optimize=True)
    return file.getvalue()
