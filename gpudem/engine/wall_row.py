"""Walls as the device's table of walls has them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gpudem.geometry.revolved import Arc, Segment, Smooth
from gpudem.geometry.surface import Surface
from gpudem.geometry.wall import Wall
from gpudem.kernels import layout as at

#: Above the radius of every bead [m].
_ANY_SIZE = 1e6


def wall_table(walls: Sequence[Wall]) -> np.ndarray:
    """The table: an entry for each wall, then those of the lines of smooth ones.

    Shape (entries, layout.WALL).
    """
    out = [wall_row(wall) for wall in walls]
    for number, wall in enumerate(walls):
        if isinstance(wall.line, Smooth):
            lines = [line_row(line) for line in wall.line.lines]
            out[number][at.WALL_MIDDLE : at.WALL_MIDDLE + 2] = len(out), len(out) + len(lines)
            out += lines
    return np.array(out).reshape(-1, at.WALL)


def wall_row(wall: Wall) -> np.ndarray:
    """A wall's entry in the table, shape (layout.WALL,).

    Without the places of several lines or of a mesh.
    """
    if isinstance(wall.line, (Smooth, Surface)):
        out = np.zeros(at.WALL)
        out[at.WALL_KIND] = at.SMOOTH if isinstance(wall.line, Smooth) else at.MESH
        if isinstance(wall.line, Smooth):
            limits = wall.line.above, min(wall.line.below, _ANY_SIZE)
            out[at.WALL_DIRECTION : at.WALL_DIRECTION + 2] = limits
            out[at.WALL_EXTENT] = -1.0 if wall.line.opposite else 1.0
    else:
        out = line_row(wall.line)
    out[at.WALL_SPECIES] = wall.species
    out[at.WALL_MOVES] = wall.moves_through_space
    return out


def line_row(line: Segment | Arc) -> np.ndarray:
    """A line's entry in the table, shape (layout.WALL,)."""
    out = np.zeros(at.WALL)
    if isinstance(line, Arc):
        _arc(line, out)
    else:
        _segment(line, out)
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
    out[at.WALL_EXTENT] = math.cos(0.5 * line.turn)
    out[at.WALL_ARC_RADIUS] = line.radius
