"""Surfaces of meshes as the device has them: triangles, and the grid that finds the nearest."""

from __future__ import annotations

import numpy as np

from gpudem.geometry.surface import Surface
from gpudem.kernels import layout as at

#: Cells of a surface's grid, at most.
_CELLS = 200_000
#: Cells over the distance that a grid reaches, where there is room.
_CELLS_PER_REACH = 4


def surface_table(surface: Surface, reach: float, begin: int) -> np.ndarray:
    """A surface's part of the array of constants.

    Each cell lists all triangles that may be the nearest to a point in it: with the cell's centre
    at a distance d from the surface and h from its corners, those nearer than d + 2 h. Cells
    farther away than `reach` list none.

    Args:
        surface: the surface.
        reach: up to which distance [m] the nearest triangle is wanted.
        begin: where the part begins in the array.
    """
    low = surface.points.min(axis=0) - reach
    size = surface.points.max(axis=0) + reach - low
    edge = max(reach / _CELLS_PER_REACH, float(np.prod(size) / _CELLS) ** (1.0 / 3.0))
    cells = np.maximum(1, np.ceil(size / edge)).astype(int)
    cell, triangle = _listed(surface, reach, low, edge, cells)
    head = np.zeros(at.MESH_HEAD)
    places = begin + at.MESH_HEAD + at.MESH_TRIANGLE * np.arange(len(surface.triangles))
    lists = begin + at.MESH_HEAD + at.MESH_TRIANGLE * len(surface.triangles)
    count = int(cells.prod())
    ends = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=count))])
    head[at.MESH_ORIGIN : at.MESH_ORIGIN + 3] = low
    head[at.MESH_PER_EDGE] = 1.0 / edge
    head[at.MESH_CELLS : at.MESH_CELLS + 3] = cells
    head[at.MESH_LISTS] = lists
    head[at.MESH_FAR] = 2.0 * reach
    first = surface.triangles[:, :1]
    sides = np.concatenate([first, surface.triangles[:, 1:] - first], axis=1)
    return np.concatenate([head, sides.ravel(), lists + count + 1 + ends, places[triangle]])


def _listed(
    surface: Surface, reach: float, low: np.ndarray, edge: float, cells: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cells and the triangles that they list, in the order of the cells, then of the triangles."""
    from trimesh.triangles import closest_point

    half = 0.5 * np.sqrt(3.0) * edge
    axes = [low[k] + (np.arange(cells[k]) + 0.5) * edge for k in range(3)]
    centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    least = np.abs(surface.distance(centres.reshape(-1, 3))).reshape(cells)
    # A little more, for what rounding may change on the way.
    limit = np.where(least <= reach + 1.001 * half, least + 2.001 * half, -1.0)
    most = reach + 3.01 * half
    numbers = np.arange(cells.prod()).reshape(cells)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for number, corners in enumerate(surface.triangles):
        lowest, highest = corners.min(axis=0), corners.max(axis=0)
        first = np.maximum(np.floor((lowest - most - low) / edge).astype(int), 0)
        last = np.minimum(np.floor((highest + most - low) / edge).astype(int), cells - 1)
        own = tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))
        # Squared distance from the box around the triangle, axis by axis: never too far.
        sides = [
            np.maximum(0.0, np.maximum(lowest[k] - axes[k][own[k]], axes[k][own[k]] - highest[k]))
            ** 2
            for k in range(3)
        ]
        apart = sides[0][:, None, None] + sides[1][:, None] + sides[2]
        near = (limit[own] > 0.0) & (apart <= limit[own] ** 2)
        centre, bound = centres[own][near], limit[own][near]
        closest = closest_point(np.broadcast_to(corners, (len(centre), 3, 3)), centre)
        kept = np.linalg.norm(centre - closest, axis=1) <= bound
        found.append((numbers[own][near][kept], np.full(int(kept.sum()), number)))
    cell, triangle = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((triangle, cell))
    return cell[order], triangle[order]
