"""Still pictures of run files: one moment, one or several runs on one scale."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gpudem.errors import RunFileError
from gpudem.files import write_whole
from gpudem.pictures.colouring import Colouring, common_scale
from gpudem.pictures.rendering import prepare_rendering
from gpudem.pictures.sheet import Look, Sheet
from gpudem.pictures.source import Footage
from gpudem.units import format_quantity

#: Kinds of files, by suffix.
FORMATS = (".png", ".pdf", ".svg")
_DPI = 300.0


def draw_still(
    footages: Sequence[Footage],
    path: str | os.PathLike[str],
    colouring: Colouring,
    look: Look | None = None,
    *,
    time: float | None = None,
) -> Path:
    """Draw the beads of one or several runs at one moment.

    Args:
        footages: the runs.
        path: the picture, PNG, PDF or SVG by its suffix.
        colouring: what colours the beads.
        look: how the picture looks; its default width has 300 dpi.
        time: simulated time [s], of which the nearest snapshots are taken; default the last.

    Returns:
        The file written.

    Raises:
        GpudemError: a run has no snapshot near that time, nothing can be drawn here, or the
            file cannot be written.
    """
    target = Path(path)
    numbers = [_number(footage, time) for footage in footages]
    colouring = colouring.of(footages[0].run)
    shots = [f.shot(number, colouring) for f, number in zip(footages, numbers, strict=True)]
    scale = common_scale(colouring, [shot.values for shot in shots])
    prepare_rendering()
    # Nothing is shaded where colours stand for numbers of walls.
    fine = not colouring.of_walls
    sheet = Sheet(footages, scale, look or Look(), dpi=_DPI, samples=2, fine=fine)
    try:
        sheet.show(shots)
        contents = sheet.encode(target.suffix[1:])
    finally:
        sheet.close()
    return write_whole(target, contents)


def _number(footage: Footage, time: float | None) -> int:
    """Number of the snapshot at this time; the time may lie one snapshot interval outside."""
    times = footage.times
    if time is None:
        return len(times) - 1
    beyond = float(times[-1] - times[-2]) if len(times) > 1 else 0.0
    if not times[0] - beyond <= time <= times[-1] + beyond:
        first, last = (format_quantity(float(t), "time", 4) for t in (times[0], times[-1]))
        raise RunFileError(
            f'--time "{format_quantity(time, "time")}": {footage.run.path} has snapshots from '
            f"{first} to {last}"
        )
    return footage.nearest(time)
