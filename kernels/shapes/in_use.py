"""The shapes of walls that kernels are compiled for; a choice of compile time, as the law is.

What no wall of a batch needs is left out: a case pays only for the shapes that it has.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple


class Shapes(NamedTuple):
    """Shapes besides single segments and arcs, and what is summed up of walls.

    Attributes:
        smooth: walls of several lines (`gpudem.geometry.revolved.Smooth`).
        opposite: some of these that beads touch beyond the axis.
        mesh: surfaces of triangles (`gpudem.geometry.surface.Surface`).
        summed_walls: walls for which each bead has sums (kernels/wall_sums.py); 0 where no case
            asks for them.
        facets: whether there are such sums for each triangle of meshes too.
    """

    smooth: bool = False
    opposite: bool = False
    mesh: bool = False
    summed_walls: int = 0
    facets: bool = False


_in_use = Shapes()


def shapes() -> Shapes:
    """What functions are now compiled for; for ``ti.static``."""
    return _in_use


@contextlib.contextmanager
def with_shapes(wanted: Shapes | None) -> Iterator[None]:
    """Has kernels compiled for some shapes; None leaves those in use."""
    global _in_use
    before, _in_use = _in_use, wanted or _in_use
    try:
        yield
    finally:
        _in_use = before
