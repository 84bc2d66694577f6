"""The slope of a pile or of a bed: from where the beads lie, with its error.

The surface is what is seen from above: over each point of a fine grid the height of the highest
bead. Its mean over all directions (of a bed: over its width) is a profile, to whose middle a
straight line is fitted, as one does in a photograph. Leaving out one sector (a slice) at a time
tells the error of the slope (jackknife). docs/theory/repose.md has the method's own error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: Sectors of a pile, slices of a bed at most.
SECTORS = 12
#: Points of the height map per bead diameter, along both directions.
FINENESS = 4
#: Share of its height above which a pile's profile is fitted; the round tip is left out by a bead.
PILE_ABOVE = 0.3
#: Shares of a bed's length between which its profile is fitted.
BED_RANGE = (0.25, 0.75)
_FEWEST = 4


@dataclass(frozen=True)
class Slope:
    """The slope of a surface.

    Attributes:
        angle: against the horizontal [rad].
        error: standard error of the angle, by jackknife over sectors [rad].
        profile: distance along the slope and mean height [m], shape (points, 2).
        fitted: which points of the profile were fitted, shape (points,).
        level: height of the line at a distance of 0 [m].
    """

    angle: float
    error: float
    profile: np.ndarray
    fitted: np.ndarray
    level: float


def slope_of_pile(position: np.ndarray, radius: np.ndarray) -> Slope:
    """The slope of a pile about the z axis, on the plane z = 0.

    Args:
        position: centres of the beads [m], shape (beads, 3).
        radius: of the beads [m], shape (beads,) or a number.

    Raises:
        ValueError: the beads make no pile that a slope could be fitted to.
    """
    radius = np.broadcast_to(np.asarray(radius, float), len(position))
    lying = position[:, 2] > 0.0
    if not lying.any():
        raise ValueError("no bead lies on the plate")
    place, radius = position[lying], radius[lying]
    # Single beads roll far away.
    reach = float(np.quantile(np.hypot(place[:, 0], place[:, 1]), 0.98)) + 2.0 * radius.max()
    x, y, height = _height_map(place, radius, (-reach, reach), (-reach, reach))
    distance = np.hypot(x, y)
    inside = distance < reach
    turn = np.arctan2(y, x) / (2.0 * math.pi) % 1.0
    sector = np.minimum((SECTORS * turn).astype(int), SECTORS - 1)
    width = 2.0 * float(radius.max())

    def chosen(profile: np.ndarray) -> np.ndarray:
        top = profile[profile[:, 0] < width, 1].mean()
        low = np.flatnonzero(profile[:, 1] < PILE_ABOVE * top)
        end = low[0] if len(low) else len(profile)
        return (profile[:, 0] > width) & (np.arange(len(profile)) < end)

    parts = distance[inside], height[inside], sector[inside]
    return _sloped(*parts, 0.5 * width, chosen, "pile")


def slope_of_bed(
    position: np.ndarray, radius: np.ndarray, down: np.ndarray, across: np.ndarray
) -> Slope:
    """The slope of a bed, such as that in a drum, in the plane of gravity.

    Args:
        position: centres of the beads [m], shape (beads, 3).
        radius: of the beads [m], shape (beads,) or a number.
        down: direction of gravity; its length does not count.
        across: horizontal direction across the slope, such as the drum's axis.

    Returns:
        The slope; its angle counts as positive whichever way it falls.

    Raises:
        ValueError: the beads make no bed that a slope could be fitted to.
    """
    radius = np.broadcast_to(np.asarray(radius, float), len(position))
    up = -np.asarray(down, float) / np.linalg.norm(down)
    side = np.asarray(across, float) / np.linalg.norm(across)
    frame = np.stack([np.cross(side, up), side, up])
    place = position @ frame.T
    ends = [(float(place[:, k].min()), float(place[:, k].max())) for k in (0, 1)]
    x, y, height = _height_map(place, radius, *ends)
    breadth = ends[1][1] - ends[1][0]
    slices = max(2, min(SECTORS, int(breadth / (2.0 * radius.max()))))
    number = np.minimum((y - ends[1][0]) / max(breadth, 1e-12) * slices, slices - 1).astype(int)
    low, high = np.quantile(place[:, 0], [0.01, 0.99])
    first, last = (low + share * (high - low) for share in BED_RANGE)

    def chosen(profile: np.ndarray) -> np.ndarray:
        return (profile[:, 0] >= first) & (profile[:, 0] <= last)

    found = _sloped(x, height, number, float(radius.max()), chosen, "bed")
    if found.angle >= 0.0:
        return found
    profile = found.profile * [-1.0, 1.0]
    return Slope(-found.angle, found.error, profile, found.fitted, found.level)


def _height_map(place, radius, along, across) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of a grid over two ranges [m], and the height of the highest bead over each.

    The height is that of the lowest bead's bottom where there is none.
    """
    step = 2.0 * float(radius.max()) / FINENESS
    lines = [
        low + step * (0.5 + np.arange(max(1, int((high - low) / step))))
        for low, high in (along, across)
    ]
    x, y = np.meshgrid(*lines, indexing="ij")
    height = np.full(x.shape, float((place[:, 2] - radius).min()))
    near = np.arange(-FINENESS, FINENESS + 1)
    for shift_x in near:
        for shift_y in near:
            cell = [
                np.floor((place[:, k] - line[0]) / step + 0.5).astype(int) + shift
                for k, (line, shift) in enumerate(zip(lines, (shift_x, shift_y), strict=True))
            ]
            held = np.all(
                [(c >= 0) & (c < len(n)) for c, n in zip(cell, lines, strict=True)], axis=0
            )
            i, j = cell[0][held], cell[1][held]
            apart = (lines[0][i] - place[held, 0]) ** 2 + (lines[1][j] - place[held, 1]) ** 2
            under = apart < radius[held] ** 2
            top = place[held, 2] + np.sqrt(np.maximum(radius[held] ** 2 - apart, 0.0))
            np.maximum.at(height, (i[under], j[under]), top[under])
    return x.ravel(), y.ravel(), height.ravel()


def _sloped(distance, height, sector, step, chosen, what) -> Slope:
    """A line through the middle of the mean profile, with its error over sectors."""
    strip = np.round(distance / step).astype(int)
    first = strip.min()
    shape = (int(strip.max() - first) + 1, int(sector.max()) + 1)
    count, total = np.zeros(shape), np.zeros(shape)
    np.add.at(count, (strip - first, sector), 1.0)
    np.add.at(total, (strip - first, sector), height)
    places = step * (first + np.arange(shape[0]))

    def profile(kept: np.ndarray) -> np.ndarray:
        number = count[:, kept].sum(axis=1)
        there = number > 0.0
        return np.column_stack([places[there], total[:, kept].sum(axis=1)[there] / number[there]])

    every = np.arange(shape[1])
    whole = profile(every)
    fitted = chosen(whole)
    if fitted.sum() < _FEWEST:
        raise ValueError(f"too few beads for the slope of a {what}")
    slope, level = np.polyfit(whole[fitted, 0], whole[fitted, 1], 1)
    angles = []
    for sector_out in every:
        part = profile(every[every != sector_out])
        within = np.isin(part[:, 0], whole[fitted, 0])
        angles.append(-math.atan(np.polyfit(part[within, 0], part[within, 1], 1)[0]))
    spread = np.asarray(angles) - np.mean(angles)
    error = math.sqrt((len(every) - 1) / len(every) * float((spread**2).sum()))
    return Slope(-math.atan(slope), error, whole, fitted, float(level))
