"""Maps over the bowl's cross-section in the disc's frame: where the beads are, and the milling.

Each bead is spread over the cells as its volume lies above them, so the layers at the wall are
drawn as they are and sums over the map are those of the beads.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

import numpy as np

from gpudem.analysis.ledger import dissipated
from gpudem.analysis.motion.disc_frame import Beads, DiscFrame
from gpudem.errors import RunFileError
from gpudem.geometry.vessel import Vessel
from gpudem.numbers import quotient
from gpudem.runfile.reader import Run, open_run

#: Cells over a bead's diameter.
CELLS_PER_BEAD = 4
#: Most cells along an edge, for very small beads.
MOST_CELLS = 200
#: Points, along an edge, that stand for a bead's or a cell's area.
_POINTS = 12


@dataclass(frozen=True)
class MotionMap:
    """Means over the log window and the bowl's height; first index x (outward), second y.

    Attributes:
        edges: edges of the cells in x and in y [m], shape (cells + 1,).
        inside: share of each cell's area inside the bowl, shape (cells, cells).
        solid_fraction: volume of beads over that of the bowl, shape (cells, cells); NaN outside.
        velocity: mean velocity of the beads relative to the disc, x and y, weighted with their
            volume [m/s], shape (cells, cells, 2); NaN where no bead was.
        speed: mean magnitude of the whole velocity relative to the disc [m/s], alike.
        power: dissipated power over the bowl's volume [W/m3], shape (cells, cells); NaN outside.
        total_power: mean dissipated power of the log window [W]; the integral of ``power``.
        sampled_power: power of the beads about the snapshots [W], to which chance adds where they
            are few; ``power`` has its distribution over the bowl, scaled to ``total_power``.
        span: length of time about each snapshot from which the power is taken [s].
        blur: distance that a bead goes in half of that, at the mean speed [m]: power is smeared
            over it.
        bowl_radius: inside [m].
        wall_speed: of the side wall relative to the disc, signed in the disc's sense [m/s].
        rotation: of the frame [rad/s]; 0 for a drum.
    """

    edges: np.ndarray
    inside: np.ndarray
    solid_fraction: np.ndarray
    velocity: np.ndarray
    speed: np.ndarray
    power: np.ndarray
    total_power: float
    sampled_power: float
    span: float
    blur: float
    bowl_radius: float
    wall_speed: float
    rotation: float


def motion_map(run: Run | str | os.PathLike[str], cells: int | None = None) -> MotionMap:
    """Average the snapshots of a run over its log window.

    The power of a bead is that of the two log intervals beside the snapshot. Where the run logged
    the bowl only, it is the mean since the snapshot before, and smeared along the bead's way.

    Args:
        run: an open run, or the path of a run file.
        cells: cells along the bowl's diameter; default four over a bead's diameter.

    Raises:
        RunFileError: as for `gpudem.analysis.motion.regimes.analyse_motion`, or cells is below 1.
    """
    if not isinstance(run, Run):
        with open_run(run) as opened:
            return motion_map(opened, cells)
    frame = DiscFrame(run)
    if cells is None:
        widths = frame.bowl.radius / float(run.radius.mean())
        cells = min(MOST_CELLS, math.ceil(CELLS_PER_BEAD * widths))
    if cells < 1:
        raise RunFileError(f"{run.path}: a map of {cells} cells; at least 1 is needed")
    edges = np.linspace(-frame.bowl.radius, frame.bowl.radius, cells + 1)
    # Volume, volume times velocity x, y and speed, and power.
    sums = np.zeros((5, cells, cells))
    for number in frame.numbers:
        beads = frame.beads(number)
        sums += _spread(beads, _power(run, frame, beads), edges)
    sums /= len(frame.numbers)
    sampled = float(sums[4].sum())
    spent = float(dissipated(run.series)[frame.window.first :].sum())
    logged = spent / frame.window.duration
    total = logged if sampled > 0.0 and logged > 0.0 else sampled
    sums[4] *= quotient(total, sampled) if sampled > 0.0 else 1.0
    volume = sums[0]
    inside, depth = _inside(edges, frame.bowl)
    room = np.where(inside > 0.0, depth, np.nan) * (edges[1] - edges[0]) ** 2
    filled = np.where(volume > 0.0, volume, np.nan)
    spacing = frame.window.duration / len(frame.numbers)
    span = 2.0 * frame.window.duration / frame.window.intervals if run.has_bead_log else spacing
    # A mean since the last snapshot lies wholly on one side of it.
    half = 0.5 * span if run.has_bead_log else span
    return MotionMap(
        edges=edges,
        inside=inside,
        solid_fraction=volume / room,
        velocity=np.moveaxis(sums[1:3] / filled, 0, -1),
        speed=sums[3] / filled,
        power=sums[4] / room,
        total_power=total,
        sampled_power=sampled,
        span=span,
        blur=half * quotient(float(sums[3].sum()), float(volume.sum())),
        bowl_radius=frame.bowl.radius,
        wall_speed=frame.wall_rate * frame.bowl.radius,
        rotation=frame.rotation,
    )


def _power(run: Run, frame: DiscFrame, beads: Beads) -> np.ndarray:
    """Dissipated power of each bead about a snapshot [W], shape (beads,)."""
    if not run.has_bead_log:
        return beads.power
    after = int(np.argmin(np.abs(frame.times - beads.time))) + 1
    log = run.log["dissipation"].isel(interval=slice(after - 1, after + 1)).values
    step = frame.window.duration / frame.window.intervals
    return log.sum(axis=(0, 1), dtype=float) / (log.shape[1] * step)


def _disc_points() -> tuple[np.ndarray, np.ndarray]:
    """Points of a unit disc, shape (points, 2), and the share of a ball's volume over each."""
    line = (np.arange(_POINTS) + 0.5) * 2.0 / _POINTS - 1.0
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    grid = grid[(grid**2).sum(axis=1) < 1.0]
    height = np.sqrt(1.0 - (grid**2).sum(axis=1))
    return grid, height / height.sum()


def _spread(beads: Beads, power: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Volume, its velocity x and y and speed, and power of each cell, shape (5, cells, cells)."""
    points, weights = _disc_points()
    cells = len(edges) - 1
    place = beads.position[:, None, :2] + beads.radius[:, None, None] * points
    index = np.floor((place - edges[0]) / (edges[1] - edges[0])).astype(int)
    # A bead may press into the wall by its overlap.
    index = np.clip(index, 0, cells - 1)
    flat = (index[..., 0] * cells + index[..., 1]).ravel()
    volume = 4.0 / 3.0 * math.pi * beads.radius**3
    speed = np.linalg.norm(beads.velocity, axis=1)
    values = (
        volume,
        volume * beads.velocity[:, 0],
        volume * beads.velocity[:, 1],
        volume * speed,
        power,
    )
    return np.array(
        [np.bincount(flat, (value[:, None] * weights).ravel(), cells * cells) for value in values]
    ).reshape(5, cells, cells)


def _inside(edges: np.ndarray, bowl: Vessel) -> tuple[np.ndarray, np.ndarray]:
    """Share of each cell's area inside the bowl, and its mean depth [m], shapes (cells, cells)."""
    cells = len(edges) - 1
    line = edges[0] + (np.arange(cells * _POINTS) + 0.5) * (edges[1] - edges[0]) / _POINTS
    square = line[:, None] ** 2 + line**2
    hit, depth = square < bowl.radius**2, bowl.depth_at(np.sqrt(square))
    inside, mean_depth = (
        values.reshape(cells, _POINTS, cells, _POINTS).mean(axis=(1, 3)) for values in (hit, depth)
    )
    return inside, mean_depth
