"""Surfaces of triangles, the shape of a wall."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Surface:
    """A surface of triangles that a bead touches at one point, its nearest; a wall's shape.

    Attributes:
        triangles: their corners in the wall's frame [m], shape (triangles, 3, 3).
    """

    triangles: np.ndarray

    def __repr__(self) -> str:
        """Differs where a number differs."""
        digest = hashlib.sha256(np.ascontiguousarray(self.triangles, float).tobytes()).hexdigest()
        return f"Surface({len(self.triangles)} triangles, {digest})"

    @property
    def points(self) -> np.ndarray:
        """All corners, shape (corners, 3)."""
        return self.triangles.reshape(-1, 3)

    @cached_property
    def mesh(self) -> Any:
        """As trimesh's mesh [m]: triangles that meet share their corners."""
        import trimesh

        count = len(self.triangles)
        faces = np.arange(3 * count).reshape(count, 3)
        return trimesh.Trimesh(self.points, faces)

    def distance(self, position: np.ndarray) -> np.ndarray:
        """Distance of places from the surface [m], shape (places,).

        Negative behind it: on the side from which the normals of its triangles point away.
        """
        from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkDoubleArray

        out = vtkDoubleArray()
        places = numpy_to_vtk(np.ascontiguousarray(position, float), deep=True)
        self._implicit.FunctionValue(places, out)
        return vtk_to_numpy(out)

    @cached_property
    def _implicit(self) -> Any:
        from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
        from vtkmodules.vtkCommonCore import vtkPoints
        from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
        from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance

        points, cells, data = vtkPoints(), vtkCellArray(), vtkPolyData()
        points.SetData(numpy_to_vtk(np.ascontiguousarray(self.mesh.vertices, float), deep=True))
        corners = np.ascontiguousarray(self.mesh.faces, np.int64).ravel()
        begins = np.arange(0, len(corners) + 1, 3, dtype=np.int64)
        cells.SetData(
            numpy_to_vtkIdTypeArray(begins, deep=True), numpy_to_vtkIdTypeArray(corners, deep=True)
        )
        data.SetPoints(points)
        data.SetPolys(cells)
        implicit = vtkImplicitPolyDataDistance()
        implicit.SetInput(data)
        return implicit
