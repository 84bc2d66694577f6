"""The walls of rods: what turns inside a vessel."""

from __future__ import annotations

import math

from gpudem.geometry.revolved import Arc, Line, Segment
from gpudem.geometry.wall import Wall
from gpudem.mills.profile import Profile
from gpudem.mills.stirrer import Rod, Stirrer


def rod_walls(rod: Rod, **motion) -> list[Wall]:
    """The surface of a rod.

    Args:
        rod: the rod.
        motion: motion, rate, direction, pivot, species of all its walls.

    Returns:
        Its flat ends, round edges and side, those that it has.
    """
    edge, radius, half = rod.edge, rod.radius, 0.5 * rod.length
    inner, lower = radius - edge, half - edge
    lines: list[Line] = []
    for way in (-1.0, 1.0):
        if inner > 1e-9 * radius:
            lines.append(Segment((0.0, way * half), (inner, way * half)))
        if edge > 0.0:
            turn = 0.5 * math.pi * way
            begin, end = sorted((0.0, turn))
            lines.append(Arc((inner, way * lower), edge, begin, end))
    if lower > 1e-9 * half:
        lines.append(Segment((radius, -lower), (radius, lower)))
    return [Wall(line, centre=rod.centre, axis=rod.axis, **motion) for line in lines]


def stirrer_walls(stirrer: Stirrer, rate: Profile, species: int = 1) -> list[Wall]:
    """The walls of what turns about the z axis at a rate [rad/s] over time.

    Rods along the axis stay in place and only their surface moves; others go round.
    """
    walls: list[Wall] = []
    for rod in stirrer.rods:
        centred = abs(rod.axis[2]) == 1.0 and rod.centre[:2] == (0.0, 0.0)
        walls += rod_walls(
            rod,
            motion="rotation" if centred else "tilt",
            rate=rate,
            direction=(0.0, 0.0, 1.0),
            pivot=(0.0, 0.0, 0.0),
            species=species,
        )
    return walls
