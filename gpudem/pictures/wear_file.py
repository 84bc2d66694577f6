"""The wear of walls as a file for ParaView: triangles with numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpudem.files import write_whole
from gpudem.pictures.vessel import cells
from gpudem.runfile.wear import Wear

#: Units of the maps, which stand in the names of the arrays.
_UNITS = {"pressure": "Pa", "loading": "W/m2", "sliding": "W/m2", "impact": "W/m2"}


def write_wear(wear: Wear, path: str | Path) -> Path:
    """Write triangles with their maps, area [m2] and number of wall as cell data.

    Args:
        wear: of a run.
        path: a file of VTK's PolyData (.vtp).

    Returns:
        The file written.

    Raises:
        GpudemError: it cannot be written.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    points, mesh = np.unique(wear.corners.reshape(-1, 3), axis=0, return_inverse=True)
    places, data = vtkPoints(), vtkPolyData()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    data.SetPoints(places)
    data.SetPolys(cells(np.reshape(mesh, (-1, 3))))
    named = {f"{name} [{_UNITS[name]}]": values for name, values in wear.maps.items()}
    for name, values in {**named, "area [m2]": wear.area, "wall": wear.wall}.items():
        held = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
        held.SetName(name)
        data.GetCellData().AddArray(held)
    target = Path(path)
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(data)
    writer.WriteToOutputStringOn()
    writer.Write()
    return write_whole(target, writer.GetOutputString())
