"""The bowl as a picture shows it: translucent walls, rims, and arrows for what turns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from gpudem.geometry.box import Box
from gpudem.geometry.mesh import MeshVessel
from gpudem.geometry.rod import rod_wall
from gpudem.geometry.surface import Surface
from gpudem.geometry.vessel import Vessel
from gpudem.mills.stirrer import Stirrer

#: Gap between the bowl and the arrows, and the width of these, over the bowl's radius.
GAP, ARROW = 0.09, 0.07
#: Radius over the lifted cylinder's that is shown of a plate without an edge.
PILE = 2.5
_SIDES = 96


@dataclass(frozen=True)
class Bowl:
    """A bowl standing on z = 0 and the way it is driven.

    Attributes:
        vessel: its shape inside.
        circle_radius: axis of the disc to axis of the bowl [m]; 0 without a disc.
        disc_turn: 1 for a disc that turns counter-clockwise seen from above, -1 clockwise,
            0 at rest.
        bowl_turn: the same of the bowl on the disc.
        stirrer: what turns inside, at the beginning.
        lift_speed: speed at which the side is lifted off its plate [m/s].
        plate_radius: of that plate [m]; None where it has no edge.
    """

    vessel: Vessel | Box | MeshVessel
    circle_radius: float = 0.0
    disc_turn: int = 0
    bowl_turn: int = 0
    stirrer: Stirrer | None = None
    lift_speed: float = 0.0
    plate_radius: float | None = None

    @property
    def radius(self) -> float:
        """Largest inside [m]."""
        return self.vessel.radius

    @property
    def reach(self) -> float:
        """Radius of what a picture shows [m]: of the bowl, or of the pile that it leaves."""
        if not self.lift_speed:
            return self.radius
        return max(self.radius, self.plate_radius or PILE * self.radius)

    @property
    def height(self) -> float:
        """Inside [m]."""
        return self.vessel.height


def cells(corners: np.ndarray) -> Any:
    """VTK's list of cells with the given corners, shape (cells, corners)."""
    from vtkmodules.util.numpy_support import numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    count, each = corners.shape
    cells = vtkCellArray()
    cells.SetData(
        numpy_to_vtkIdTypeArray(np.arange(0, count * each + 1, each, dtype=np.int64), deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(corners, np.int64).ravel(), deep=True),
    )
    return cells


def _actor(points: np.ndarray, faces: np.ndarray) -> Any:
    """A flat-coloured actor of faces, given by the numbers of their corners."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    places = vtkPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    data = vtkPolyData()
    data.SetPoints(places)
    data.SetPolys(cells(faces))
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    # Nearly opaque: what is fully opaque would be shaded like the beads.
    actor.GetProperty().SetOpacity(0.999)
    return actor


def _ring(radius: float, z: float, angles: np.ndarray) -> np.ndarray:
    """Points on a circle about the z axis, shape (angles, 3)."""
    return np.column_stack(
        [radius * np.cos(angles), radius * np.sin(angles), np.full(len(angles), z)]
    )


def _strip(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners and quadrilaterals of the band between two lines of points, each (points, 3)."""
    n = len(first)
    k = np.arange(n - 1)
    return np.vstack([first, second]), np.column_stack([k, k + 1, n + k + 1, n + k])


def _circle() -> np.ndarray:
    return np.linspace(0.0, 2.0 * math.pi, _SIDES + 1)


def _rectangle(box: Box, z: float) -> np.ndarray:
    """Corners of a box at a height, counter-clockwise, the first again at the end, shape (5, 3)."""
    x = 0.5 * box.width * np.array([1.0, 1.0, -1.0, -1.0, 1.0])
    y = 0.5 * box.depth * np.array([-1.0, 1.0, 1.0, -1.0, -1.0])
    return np.column_stack([x, y, np.full(5, z)])


def _side(vessel: Vessel | Box | MeshVessel) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the side, or of all of a mesh, and its faces by their corners' numbers."""
    if isinstance(vessel, MeshVessel):
        return vessel.mesh.vertices, vessel.mesh.faces
    corners: list[np.ndarray] = []
    faces: list[np.ndarray] = []
    for lower, upper in _bands(vessel):
        strip, cells = _strip(lower, upper)
        faces.append(cells + sum(map(len, corners)))
        corners.append(strip)
    return np.vstack(corners), np.vstack(faces)


def _bands(vessel: Vessel | Box) -> list[tuple[np.ndarray, np.ndarray]]:
    """Lower and upper line of each band of the side."""
    if isinstance(vessel, Box):
        return [(_rectangle(vessel, 0.0), _rectangle(vessel, vessel.height))]
    return [
        (_ring(r0, z0, _circle()), _ring(r1, z1, _circle()))
        for (r0, z0), (r1, z1) in pairwise(vessel.corners)
        if z0 != z1
    ]


def side(bowl: Bowl, culled: str) -> Any:
    """The bowl's side, only the half that faces away from the camera or towards it."""
    actor = _actor(*_side(bowl.vessel))
    look = actor.GetProperty()
    look.SetOpacity(0.22 if culled == "front" else 0.10)
    look.SetFrontfaceCulling(culled == "front")
    look.SetBackfaceCulling(culled == "back")
    return actor


def painted(corners: np.ndarray, colour: np.ndarray) -> Any:
    """Triangles in colours, those that face away from the camera.

    Args:
        corners: [m], normals outwards, shape (triangles, 3, 3).
        colour: red, green and blue from 0 to 255, shape (triangles, 3) or with alpha.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk

    actor = _actor(corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3))
    colours = numpy_to_vtk(np.ascontiguousarray(colour[:, :3], np.uint8), deep=True)
    actor.GetMapper().GetInput().GetCellData().SetScalars(colours)
    actor.GetMapper().SetColorModeToDirectScalars()
    actor.GetProperty().SetFrontfaceCulling(True)
    return actor


def base(bowl: Bowl) -> Any:
    """The bowl's bottom, as far as it is flat."""
    if isinstance(bowl.vessel, Box):
        corners = _rectangle(bowl.vessel, 0.0)[:-1]
    elif isinstance(bowl.vessel, MeshVessel):
        # A mesh is drawn as a whole.
        corners = np.zeros((3, 3))
    else:
        r, z = bowl.vessel.corners[1]
        r = bowl.reach if bowl.lift_speed else r
        corners = _ring(r if z == 0.0 else 0.0, 0.0, _circle()[:-1])
    actor = _actor(corners, np.arange(len(corners))[None, :])
    actor.GetProperty().SetOpacity(0.16)
    return actor


def rims(bowl: Bowl) -> list[Any]:
    """Narrow flat rings around the outside of the bowl's edges."""
    if isinstance(bowl.vessel, Box):
        wider = np.array([1.022, 1.022, 1.0])
        lines = [_rectangle(bowl.vessel, z) for z in (0.0, bowl.height)]
        return [_actor(*_strip(line, line * wider)) for line in lines]
    if isinstance(bowl.vessel, MeshVessel):
        return []
    return [_rim(bowl.vessel, z) for z in bowl.vessel.edges]


def _rim(vessel: Vessel, z: float) -> Any:
    width = 0.022 * vessel.radius
    radius = float(vessel.radius_at(np.array([z]))[0])
    outer = _ring(radius + width, z, _circle())
    return _actor(*_strip(_ring(radius, z, _circle()), outer))


def stirrer(bowl: Bowl) -> Any | None:
    """What turns inside, cut off at the lid; None if nothing does."""
    if bowl.stirrer is None:
        return None
    corners: list[np.ndarray] = []
    faces: list[np.ndarray] = []
    for rod in bowl.stirrer.rods:
        along = np.asarray(rod.axis)
        side = np.cross(along, [1.0, 0.0, 0.0] if abs(along[0]) < 0.9 else [0.0, 1.0, 0.0])
        side = side / np.linalg.norm(side)
        frame = np.stack([side, np.cross(along, side), along])
        line = rod_wall(rod).line
        assert not isinstance(line, Surface)
        for (r0, z0), (r1, z1) in pairwise(line.points()):
            strip, cells = _strip(_ring(r0, z0, _circle()), _ring(r1, z1, _circle()))
            faces.append(cells + sum(map(len, corners)))
            place = strip @ frame + np.asarray(rod.centre)
            place[:, 2] = np.minimum(place[:, 2], bowl.height)
            corners.append(place)
    actor = _actor(np.vstack(corners), np.vstack(faces))
    look = actor.GetProperty()
    look.SetOpacity(0.5)
    look.LightingOn()
    return actor


def arc_arrow(
    centre: tuple[float, float, float], radius: float, angles: tuple[float, float], width: float
) -> tuple[np.ndarray, np.ndarray]:
    """A flat arrow along an arc about an axis along z.

    Args:
        centre: of the arc [m].
        radius: of the arc [m].
        angles: where the arrow begins and where its tip is, from x towards y [rad].
        width: of the shaft [m].

    Returns:
        Corners [m], shape (corners, 3), the last one the tip; and triangles and
        quadrilaterals (a corner twice), shape (faces, 4).
    """
    begin, tip = angles
    head = math.copysign(min(2.6 * width / radius, abs(tip - begin)), tip - begin)
    along = np.linspace(begin, tip - head, 25)
    half = 0.5 * width
    points, faces = _strip(_ring(radius - half, 0.0, along), _ring(radius + half, 0.0, along))
    ends = np.array([tip - head, tip - head])
    barbs = np.vstack([_ring(r, 0.0, ends[:1]) for r in (radius - 2.4 * half, radius + 2.4 * half)])
    point = _ring(radius, 0.0, np.array([tip]))
    n = len(points)
    corners = np.vstack([points, barbs, point]) + np.asarray(centre)
    return corners, np.vstack([faces, [[n, n + 1, n + 2, n + 2]]])


def disc_arrow(bowl: Bowl) -> Any | None:
    """Around the disc's axis, on the side of the bowl that faces it."""
    if not bowl.disc_turn or bowl.circle_radius <= bowl.radius:
        return None
    radius = bowl.circle_radius - bowl.radius * (1.0 + 1.6 * GAP + ARROW)
    if radius <= 0.0:
        return None
    sweep = bowl.disc_turn * min(0.5 * bowl.radius / radius, 1.2)
    centre = (-bowl.circle_radius, 0.0, 0.0)
    return _actor(*arc_arrow(centre, radius, (-sweep, sweep), ARROW * bowl.radius))


def arrow_label(above: bool) -> Any:
    """Text in the upper or lower left corner of a part of a window."""
    import vtkmodules.vtkRenderingFreeType  # noqa: F401
    from vtkmodules.vtkRenderingCore import vtkTextActor

    actor = vtkTextActor()
    look = actor.GetTextProperty()
    if above:
        look.SetVerticalJustificationToTop()
    place = actor.GetPositionCoordinate()
    place.SetCoordinateSystemToNormalizedViewport()
    place.SetValue(0.02, 0.98 if above else 0.02)
    return actor


def bowl_arrow(bowl: Bowl) -> Any | None:
    """Around the bowl's rim, on the side away from the disc's axis."""
    if not bowl.bowl_turn:
        return None
    radius = bowl.radius * (1.0 + GAP + 0.5 * ARROW)
    sweep = bowl.bowl_turn * 0.55
    centre = (0.0, 0.0, bowl.height)
    return _actor(*arc_arrow(centre, radius, (-sweep, sweep), ARROW * bowl.radius))
