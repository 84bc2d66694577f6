"""The walls of rods: what turns inside a vessel."""

from __future__ import annotations

import math

from gpudem.geometry.revolved import Arc, Segment, Smooth
from gpudem.geometry.wall import Wall
from gpudem.mills.profile import Profile
from gpudem.mills.stirrer import Rod, Stirrer


def rod_wall(rod: Rod, **motion) -> Wall:
    """The surface of a rod, which has no corner: one wall.

    Args:
        rod: the rod.
        motion: motion, rate, direction, pivot, species of the wall.
    """
    edge, radius, half = rod.edge, rod.radius, 0.5 * rod.length
    inner, lower = radius - edge, half - edge
    flat, side = inner > 1e-9 * radius, lower > 1e-9 * half
    quarter = 0.5 * math.pi
    lines: list[Segment | Arc] = [Arc((inner, -lower), edge, -quarter, 0.0)]
    if side:
        lines.append(Segment((radius, -lower), (radius, lower)))
    lines.append(Arc((inner, lower), edge, 0.0, quarter))
    if flat:
        ends = Segment((0.0, -half), (inner, -half)), Segment((inner, half), (0.0, half))
        lines = [ends[0], *lines, ends[1]]
    return Wall(Smooth(tuple(lines)), centre=rod.centre, axis=rod.axis, **motion)


def stirrer_walls(stirrer: Stirrer, rate: Profile, species: int = 1) -> list[Wall]:
    """The walls of what turns about the z axis at a rate [rad/s] over time.

    Rods along the axis stay in place and only their surface moves; others go round.
    """
    walls: list[Wall] = []
    for rod in stirrer.rods:
        centred = abs(rod.axis[2]) == 1.0 and rod.centre[:2] == (0.0, 0.0)
        walls.append(
            rod_wall(
                rod,
                motion="rotation" if centred else "tilt",
                rate=rate,
                direction=(0.0, 0.0, 1.0),
                pivot=(0.0, 0.0, 0.0),
                species=species,
            )
        )
    return walls
