"""Meshes: surfaces of triangles from files, checked, and cut into the surfaces that beads feel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gpudem.errors import MeshError
from gpudem.geometry.surface import Surface
from gpudem.geometry.wall import Wall

#: Kinds of files that are read.
ENDINGS = (".stl", ".obj", ".ply")
#: Units of length that files are in; most do not say [m].
UNITS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "in": 0.0254}
#: Triangles of a mesh at most: the tables of larger ones take minutes.
MOST_TRIANGLES = 50_000
#: Facets of a round surface meet at smaller angles than this [rad].
SMOOTH_ANGLE = math.radians(20.0)
#: Sizes of vessels and bodies that are accepted [m].
SMALLEST, LARGEST = 1e-3, 1.0
#: Corners of the grid of distances that a packing needs, at most.
_NODES = 300_000


def surfaces_of(
    mesh: Any, *, beads_inside: bool, smooth_angle: float = SMOOTH_ANGLE
) -> list[Surface]:
    """Cuts a mesh where its facets meet in a corner that beads could touch on both sides at once.

    Facets stay together across edges that stick out towards the beads, where only one point is the
    nearest, and across those that turn by less than an angle, which belong to a round surface.

    Args:
        mesh: trimesh's mesh, closed, its normals outwards.
        beads_inside: whether the beads are on its inside.
        smooth_angle: see above [rad].
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    sticks_out = mesh.face_adjacency_convex != beads_inside
    together = sticks_out | (mesh.face_adjacency_angles < smooth_angle)
    first, second = mesh.face_adjacency[together].T
    count = len(mesh.faces)
    links = coo_matrix((np.ones(len(first)), (first, second)), shape=(count, count))
    number, label = connected_components(links, directed=False)
    triangles = np.asarray(mesh.triangles, float)
    return [Surface(triangles[label == part]) for part in range(number)]


def read_mesh(path: str | Path, unit: str = "mm") -> Any:
    """Reads a closed surface, and checks it.

    Args:
        path: an STL, OBJ or PLY file.
        unit: of its lengths, one of UNITS.

    Returns:
        trimesh's mesh in metres, its normals outwards.

    Raises:
        MeshError: one fault, that of the file or the first of its surface.
    """
    import trimesh

    file = Path(path)
    if file.suffix.lower() not in ENDINGS:
        raise MeshError(f"{file}: is no file of {', '.join(ENDINGS)}")
    if not file.is_file():
        raise MeshError(f"{file}: no such file")
    try:
        mesh = trimesh.load_mesh(file)
    except Exception as error:
        # Readers of three formats raise whatever a damaged file makes of them.
        raise MeshError(f"{file}: cannot be read: {error or type(error).__name__}") from None
    if not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
        raise MeshError(f"{file}: holds no triangles")
    if len(mesh.faces) > MOST_TRIANGLES:
        raise MeshError(
            f"{file}: {len(mesh.faces)} triangles; up to {MOST_TRIANGLES} are accepted: save a "
            "coarser one"
        )
    if not np.isfinite(mesh.vertices).all():
        raise MeshError(f"{file}: has corners without a finite place")
    mesh.merge_vertices()
    mesh.update_faces(mesh.nondegenerate_faces())
    mesh.update_faces(mesh.unique_faces())
    _check_closed(mesh, file, unit)
    mesh.apply_scale(UNITS[unit])
    if mesh.volume < 0.0:
        mesh.invert()
    return mesh


def _check_closed(mesh: Any, file: Path, unit: str) -> None:
    edges, uses = np.unique(mesh.edges_sorted, axis=0, return_counts=True)
    for wrong, fault in (
        (uses == 1, "has holes: {} edges belong to one triangle only, one of them at ({}) {}"),
        (uses > 2, "branches: {} edges belong to three triangles or more, one of them at ({}) {}"),
    ):
        if wrong.any():
            place = mesh.vertices[edges[wrong][0]].mean(axis=0)
            shown = ", ".join(f"{x:.4g}" for x in place)
            raise MeshError(f"{file}: {fault.format(int(wrong.sum()), shown, unit)}")
    if not mesh.is_winding_consistent:
        raise MeshError(
            f"{file}: some triangles face inwards and others outwards; have the program that made "
            "it unify the normals"
        )
    size = mesh.extents * UNITS[unit]
    if size.max() > LARGEST or size.min() < SMALLEST:
        shown = " x ".join(f"{x:.4g}" for x in mesh.extents)
        raise MeshError(
            f"{file}: is {shown} {unit} large; {SMALLEST * 1e3:g} mm to {LARGEST:g} m are "
            "accepted: is bowl.unit right?"
        )


@dataclass(frozen=True, eq=False)
class MeshVessel:
    """The inside of a closed mesh that stands on the plane z = 0.

    Attributes:
        triangles: corners [m], shape (triangles, 3, 3), normals outwards.
        smooth_angle: see `surfaces_of` [rad].
    """

    triangles: np.ndarray
    smooth_angle: float = SMOOTH_ANGLE

    #: There is a lid, or what closes it.
    closed = True

    @classmethod
    def of_file(
        cls, path: str | Path, unit: str = "mm", smooth_angle: float = SMOOTH_ANGLE
    ) -> MeshVessel:
        """A vessel from a file; its lowest point is put on z = 0, x and y stay.

        Raises:
            MeshError: as for `read_mesh`, or it is no single vessel about the z axis.
        """
        mesh = read_mesh(path, unit)
        if mesh.body_count > 1:
            raise MeshError(
                f"{path}: is {mesh.body_count} separate surfaces; the inside of a bowl is one"
            )
        low, high = mesh.bounds
        if (low[:2] >= 0.0).any() or (high[:2] <= 0.0).any():
            raise MeshError(
                f"{path}: lies beside the z axis (x = y = 0), the axis of the bowl; move it there"
            )
        mesh.apply_translation([0.0, 0.0, -low[2]])
        return cls(np.asarray(mesh.triangles, float), smooth_angle)

    @property
    def mesh(self) -> Any:
        """As trimesh's mesh [m]."""
        return self.surface.mesh

    @property
    def radius(self) -> float:
        """Largest distance from the axis [m]."""
        return float(np.hypot(self.triangles[..., 0], self.triangles[..., 1]).max())

    @property
    def height(self) -> float:
        """Height inside [m]."""
        return float(self.triangles[..., 2].max())

    @property
    def volume(self) -> float:
        """Volume inside [m3]."""
        return float(self.mesh.volume)

    @property
    def size(self) -> str:
        """Its size in words."""
        return " x ".join(f"{1e3 * size:g} mm" for size in np.round(self.mesh.extents, 7))

    def walls(self, smallest: float, **motion: Any) -> list[Wall]:
        """A wall for each of its surfaces.

        Args:
            smallest: radius of the smallest bead [m]; of no influence.
            motion: motion, rate, direction, species of all walls.
        """
        cut = surfaces_of(self.mesh, beads_inside=True, smooth_angle=self.smooth_angle)
        return [Wall(part, name=f"surface {k}", **motion) for k, part in enumerate(cut, start=1)]

    @cached_property
    def surface(self) -> Surface:
        """All of it as one surface."""
        return Surface(self.triangles)

    def depth(self, position: np.ndarray) -> np.ndarray:
        """Distance of places from the surface [m], negative outside, shape (places,)."""
        return -self.surface.distance(position)

    def beside(self, position: np.ndarray) -> np.ndarray:
        """Which centres lie outside, shape (beads,)."""
        return self.depth(position) < 0.0

    def depths(self, spacing: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Depths on a grid: its lowest corner [m], the values [m], and its spacing [m].

        Args:
            spacing: wanted [m]; larger where there would be too many corners.
        """
        low, high = self.mesh.bounds
        spacing = max(spacing, (float(np.prod(high - low)) / _NODES) ** (1.0 / 3.0))
        origin = low - 1.5 * spacing
        counts = np.ceil((high - low) / spacing).astype(int) + 4
        axes = [origin[k] + spacing * np.arange(counts[k]) for k in range(3)]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        return origin, self.depth(nodes.reshape(-1, 3)).reshape(counts), spacing
