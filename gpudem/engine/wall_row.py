"""A wall as the device's table of walls has it."""

from __future__ import annotations

import math

import numpy as np

from gpudem.geometry.revolved import Arc, Segment
from gpudem.geometry.wall import Wall
from gpudem.kernels import layout as at


def wall_row(wall: Wall) -> np.ndarray:
    """A wall's entry in the table, shape (layout.WALL,)."""
    out = np.zeros(at.WALL)
    if isinstance(wall.line, Arc):
        _arc(wall.line, out)
    else:
        _segment(wall.line, out)
    out[at.WALL_SPECIES] = wall.species
    return out


def _segment(line: Segment, out: np.ndarray) -> None:
    (r0, z0), (r1, z1) = line.start, line.end
    if z0 == z1 and r0 * r1 == 0.0:
        # Of a disc the line goes on beyond the axis: distances inside are exact.
        r0, r1 = -max(r0, r1), max(r0, r1)
    length = math.hypot(r1 - r0, z1 - z0)
    out[at.WALL_KIND] = at.DISC if r0 < 0.0 else at.SEGMENT
    out[at.WALL_MIDDLE : at.WALL_MIDDLE + 2] = 0.5 * (r0 + r1), 0.5 * (z0 + z1)
    out[at.WALL_DIRECTION : at.WALL_DIRECTION + 2] = (r1 - r0) / length, (z1 - z0) / length
    out[at.WALL_EXTENT] = 0.5 * length


def _arc(line: Arc, out: np.ndarray) -> None:
    middle = 0.5 * (line.begin + line.end)
    out[at.WALL_KIND] = at.ARC
    out[at.WALL_MIDDLE : at.WALL_MIDDLE + 2] = line.centre
    out[at.WALL_DIRECTION : at.WALL_DIRECTION + 2] = math.cos(middle), math.sin(middle)
    out[at.WALL_EXTENT] = math.cos(0.5 * (line.end - line.begin))
    out[at.WALL_ARC_RADIUS] = line.radius
