"""The VTK scene of a bowl with its beads at one moment: drawn again whenever something changes.

Coordinates are those of the disc: x points from the disc's axis to the bowl's, z along the
bowl's axis. The scene knows nothing of files and quantities: it is given places, radii and
colours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpudem.errors import GpudemError
from gpudem.pictures import vessel
from gpudem.pictures.occlusion import visible
from gpudem.pictures.vessel import Bowl, cells

VIEWS = ("top", "perspective")

#: Margin around what is shown, over the bowl's radius.
_MARGIN = 0.04
_VIEW_ANGLE = 26.0
_ELEVATION = math.radians(32.0)
#: Height of what is written in it, over its own, and the least [pixels].
_TYPE, _SMALLEST_TYPE = 0.03, 10
#: Hidden beads are looked for from so many on, if none looks so many times larger than another.
_MANY, _ALIKE = 300, 2.2
#: From where all beads are seen.
_ALL: tuple[int, ...] = ()


@dataclass(frozen=True)
class Theme:
    """Colours of a picture and of what is written around it, red, green and blue from 0 to 1."""

    background: tuple[float, float, float]
    ink: tuple[float, float, float]
    glass: tuple[float, float, float]
    disc: tuple[float, float, float]
    bowl: tuple[float, float, float]


THEMES = {
    "light": Theme(
        background=(1.0, 1.0, 1.0),
        ink=(0.13, 0.13, 0.15),
        glass=(0.55, 0.62, 0.70),
        disc=(0.75, 0.22, 0.17),
        bowl=(0.12, 0.38, 0.66),
    ),
    "dark": Theme(
        background=(0.07, 0.08, 0.10),
        ink=(0.90, 0.90, 0.92),
        glass=(0.62, 0.68, 0.76),
        disc=(1.00, 0.55, 0.42),
        bowl=(0.50, 0.74, 1.00),
    ),
}


class Picture:
    """Beads in their translucent bowl, with arrows for the turning of disc and bowl.

    Everything may be changed at any time: `show` other beads or colours, set `view`, `size`,
    `theme` or `smooth`, turn `camera`. `window` and `renderer` are VTK's, for windows and web
    pages.

    Args:
        bowl: the bowl.
        size: width and height [pixels].
        view: "top" (along the bowl's axis, to scale, the disc's outward radius up) or
            "perspective" (from the disc's axis, from above).
        theme: one of THEMES.
        fine: draw shadows in the gaps between beads, for stills; takes several times longer.
    """

    def __init__(
        self,
        bowl: Bowl,
        size: tuple[int, int] = (1280, 960),
        view: str = "perspective",
        theme: str = "light",
        fine: bool = False,
    ) -> None:
        # Registers the windows that can draw: without it vtkRenderWindow() draws nothing.
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

        self.bowl = bowl
        self.renderer = vtkRenderer()
        self.window = vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        # Impostors have no edges that several samples a pixel would smooth.
        self.window.SetMultiSamples(0)
        self.window.AddRenderer(self.renderer)
        observe: Any = self.window.AddObserver
        observe("StartEvent", self._choose_beads)
        observe("StartEvent", self._fit)
        self._beads = _Beads()
        self._base = vessel.base(bowl)
        self._glass = [
            vessel.side(bowl, "front"),
            self._base,
            vessel.side(bowl, "back"),
        ]
        self._rims = vessel.rims(bowl)
        self._stirrer = vessel.stirrer(bowl)
        self._arrows = {"disc": vessel.disc_arrow(bowl), "bowl": vessel.bowl_arrow(bowl)}
        # Translucent parts are drawn in this order, so the farther side comes first.
        for actor in (self._beads.actor, *self._rims, *self._glass):
            self.renderer.AddActor(actor)
        for part in (self._stirrer, *self._arrows.values()):
            if part is not None:
                self.renderer.AddActor(part)
        _light(self.renderer)
        # Screen-space ambient occlusion.
        self.renderer.SetUseSSAO(fine)
        self.renderer.SSAOBlurOn()
        self.renderer.SetSSAOKernelSize(32)
        self._labels: dict[str, Any] = {}
        # Over the height of what is seen, where that is broader than high: 1.
        self._stretch = 1.0
        self._overlay: Any = None
        self._marks = _Beads()
        self._leaves_out = True
        self.size = size
        self.view = view
        self.theme = theme
        self.smooth = True

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [pixels]."""
        return self._size

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._size = (int(size[0]), int(size[1]))
        self.window.SetSize(*self._size)

    @property
    def smooth(self) -> bool:
        """Whether all is drawn as well as can be: edges smooth (FXAA), and hidden beads too.

        Without, beads are left out of which at most a spot in a gap between others is seen. That
        halves the time of a picture of 8553 beads.
        """
        return bool(self.renderer.GetUseFXAA())

    @smooth.setter
    def smooth(self, smooth: bool) -> None:
        self.renderer.SetUseFXAA(smooth)

    @property
    def viewport(self) -> tuple[float, float, float, float]:
        """Part of the window that shows the beads: left, bottom, right, top from 0 to 1."""
        return self.renderer.GetViewport()

    @viewport.setter
    def viewport(self, part: tuple[float, float, float, float]) -> None:
        self.renderer.SetViewport(*part)
        if self._overlay is not None:
            self._overlay.SetViewport(*part)

    @property
    def camera(self) -> Any:
        """VTK's camera."""
        return self.renderer.GetActiveCamera()

    @property
    def view(self) -> str:
        """Where the camera was set: one of VIEWS."""
        return self._view

    @view.setter
    def view(self, view: str) -> None:
        if view not in VIEWS:
            raise GpudemError(f"view {view}: unknown; accepted: {', '.join(VIEWS)}")
        self._view = view
        left, right, bottom, top = self.extent
        camera, height = self.camera, self.bowl.height
        if view == "top":
            camera.ParallelProjectionOn()
            camera.SetParallelScale(0.5 * (top - bottom) * self._stretch)
            middle = 0.5 * (top + bottom)
            camera.SetFocalPoint(middle, 0.0, 0.0)
            camera.SetPosition(middle, 0.0, 10.0 * (height + self.bowl.radius))
            camera.SetViewUp(1.0, 0.0, 0.0)
        else:
            camera.ParallelProjectionOff()
            half = math.tan(math.radians(0.5 * _VIEW_ANGLE))
            camera.SetViewAngle(math.degrees(2.0 * math.atan(self._stretch * half)))
            # What stands above a height of its width comes nearer to the camera.
            tall = max(0.0, height - 2.0 * self.bowl.reach)
            reach = math.hypot(0.5 * (right - left), 0.42 * height + 0.36 * tall)
            away = reach / math.sin(math.radians(0.5 * _VIEW_ANGLE))
            focus = np.array([0.25 * (top + bottom), 0.0, 0.45 * height])
            toward = np.array([-math.cos(_ELEVATION), 0.0, math.sin(_ELEVATION)])
            camera.SetFocalPoint(*focus)
            camera.SetPosition(*(focus + away * toward))
            camera.SetViewUp(0.0, 0.0, 1.0)
        self.renderer.ResetCameraClippingRange()

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What a square top view shows [m]: left, right, bottom, top from the bowl's axis.

        The picture's up is x, its right is -y.
        """
        top = bottom = self.bowl.reach
        disc, around = self._arrows["disc"], self._arrows["bowl"]
        if around is not None:
            top = max(top, around.GetBounds()[1])
        if disc is not None:
            # Of a small circle the ends lie far below its top.
            bottom = max(bottom, -disc.GetBounds()[0])
        margin = _MARGIN * self.bowl.reach
        top, bottom = top + margin, bottom + margin
        half = 0.5 * (top + bottom)
        return -half, half, -bottom, top

    @property
    def theme(self) -> str:
        """One of THEMES."""
        return self._theme

    @theme.setter
    def theme(self, theme: str) -> None:
        if theme not in THEMES:
            raise GpudemError(f"theme {theme}: unknown; accepted: {', '.join(THEMES)}")
        self._theme = theme
        colours = THEMES[theme]
        self.renderer.SetBackground(*colours.background)
        for actor in (*self._glass, *self._rims):
            actor.GetProperty().SetColor(*colours.glass)
        if self._stirrer is not None:
            self._stirrer.GetProperty().SetColor(*colours.glass)
        for name, arrow in self._arrows.items():
            if arrow is not None:
                arrow.GetProperty().SetColor(*getattr(colours, name))
        for name, label in self._labels.items():
            label.GetTextProperty().SetColor(*getattr(colours, name))

    def show(
        self,
        position: np.ndarray,
        radius: np.ndarray,
        colour: np.ndarray,
        *,
        stirred: float = 0.0,
        turn: float = 0.0,
        lifted: float = 0.0,
    ) -> None:
        """Put beads into the bowl.

        Args:
            position: centres in the disc's coordinates [m], shape (beads, 3).
            radius: [m], shape (beads,).
            colour: red, green and blue from 0 to 255, shape (beads, 3) or with alpha (beads, 4).
            stirred: angle of the stirrer from its first place [rad].
            turn: of the bowl about its axis [rad], where it is not round.
            lifted: how far its side is above its plate [m].
        """
        self._beads.set(position, radius, colour)
        if self._stirrer is not None:
            self._stirrer.SetOrientation(0.0, 0.0, math.degrees(stirred))
        for actor in (*self._glass, *self._rims):
            actor.SetOrientation(0.0, 0.0, math.degrees(turn))
            # Of a lifted cylinder all but the plate.
            actor.SetPosition(0.0, 0.0, 0.0 if actor is self._base else lifted)
        if len(radius):
            self.renderer.SetSSAORadius(2.0 * float(np.max(radius)))
            self.renderer.SetSSAOBias(0.2 * float(np.max(radius)))

    def paint(self, corners: np.ndarray, colour: np.ndarray) -> None:
        """Draw triangles of the walls in colours instead of the bowl, as far as seen from inside.

        Args:
            corners: in the bowl's own frame [m], normals outwards, shape (triangles, 3, 3).
            colour: of each, as for `show`.
        """
        for actor in (*self._glass, *self._rims):
            self.renderer.RemoveActor(actor)
        self._glass, self._rims = [vessel.painted(corners, colour)], []
        self.renderer.AddActor(self._glass[0])

    def mark(self, position: np.ndarray, radius: np.ndarray, colour: np.ndarray) -> None:
        """Draw spheres over all else, whatever lies in front of them; arguments as for `show`."""
        if self._overlay is None and len(position):
            self._add_overlay()
        self._marks.set(position, radius, colour)

    def label(self, texts: dict[str, str]) -> None:
        """Write beside the view what the arrows mean, in their colours.

        Args:
            texts: by the arrows' names, "disc" and "bowl".
        """
        for name, text in texts.items():
            if self._arrows.get(name) is None:
                continue
            if name not in self._labels:
                self._labels[name] = vessel.arrow_label(above=name == "bowl")
                look = self._labels[name].GetTextProperty()
                look.SetColor(*getattr(THEMES[self.theme], name))
                self.renderer.AddViewProp(self._labels[name])
            self._labels[name].SetInput(text)

    def _fit(self, *_: Any) -> None:
        """Fit what is seen into a part of the window that is higher than broad; size labels."""
        width, height = self.renderer.GetSize()
        stretch = max(1.0, height / max(width, 1))
        if stretch != self._stretch:
            wider = stretch / self._stretch
            half = math.tan(math.radians(0.5 * self.camera.GetViewAngle()))
            self.camera.SetViewAngle(math.degrees(2.0 * math.atan(wider * half)))
            self.camera.SetParallelScale(wider * self.camera.GetParallelScale())
            self._stretch = stretch
        for label in self._labels.values():
            label.GetTextProperty().SetFontSize(max(_SMALLEST_TYPE, round(_TYPE * height)))

    def bead_at(self, x: float, y: float) -> int | None:
        """Number of the bead seen at a point of the window, or None.

        Args:
            x: from the window's left edge [pixels].
            y: from its lower edge [pixels].
        """
        ends = []
        for depth in (0.0, 1.0):
            self.renderer.SetDisplayPoint(x, y, depth)
            self.renderer.DisplayToWorld()
            place = np.array(self.renderer.GetWorldPoint())
            ends.append(place[:3] / place[3])
        along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
        to_bead = self._beads.position - ends[0]
        distance = to_bead @ along
        beside = np.linalg.norm(to_bead - distance[:, None] * along, axis=1)
        hit = np.flatnonzero(beside < self._beads.radius)
        if not len(hit):
            return None
        depth = distance[hit] - np.sqrt(self._beads.radius[hit] ** 2 - beside[hit] ** 2)
        return int(hit[np.argmin(depth)])

    def image(self, samples: int = 1) -> np.ndarray:
        """Draw, and return red, green and blue from 0 to 255, shape (height, width, 3).

        Args:
            samples: pixels drawn for each one returned, in each direction; 2 gives finer edges
                than `smooth`, at four times the time.
        """
        if samples > 1:
            size, smooth = self.size, self.smooth
            self.size, self.smooth = (samples * size[0], samples * size[1]), False
            self._leaves_out = False
            try:
                return _means(self.image(), samples)
            finally:
                self.size, self.smooth, self._leaves_out = size, smooth, True
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

        self.renderer.ResetCameraClippingRange()
        self.window.Render()
        grab = vtkWindowToImageFilter()
        grab.SetInput(self.window)
        grab.SetInputBufferTypeToRGB()
        grab.ReadFrontBufferOff()
        grab.ShouldRerenderOff()
        grab.Update()
        width, height = self._size
        pixels = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())
        return pixels.reshape(height, width, 3)[::-1].copy()

    def _choose_beads(self, *_: Any) -> None:
        """Before each drawing: beads that are hidden are left out while all may be coarser."""
        beads = self._beads
        coarse = self._leaves_out and not (self.smooth or self.renderer.GetUseSSAO())
        leaves_out = coarse and len(beads.radius) >= _MANY
        seen_from = (self.camera.GetMTime(), *self.renderer.GetSize()) if leaves_out else _ALL
        if beads.seen_from != seen_from:
            beads.draw(seen_from, self._unhidden() if leaves_out else None)

    def _unhidden(self) -> np.ndarray | None:
        """Which beads are not hidden behind others, shape (beads,); None where that is unclear."""
        beads, camera, height = self._beads, self.camera, self.renderer.GetSize()[1]
        view = camera.GetModelViewTransformMatrix()
        turn = np.array([[view.GetElement(i, j) for j in range(4)] for i in range(3)])
        place = beads.position @ turn[:, :3].T + turn[:, 3]
        # Pixels of a metre at each bead; z points to the eye.
        if camera.GetParallelProjection():
            scale = np.full(len(place), 0.5 * height / camera.GetParallelScale())
        else:
            half = math.radians(0.5 * camera.GetViewAngle())
            with np.errstate(divide="ignore"):
                scale = 0.5 * height / math.tan(half) / -place[:, 2]
        size = beads.radius * scale
        if not 0.0 < size.max() <= _ALIKE * size.min():
            # An eye among the beads.
            return None
        return visible(place[:, :2] * scale[:, None], size, -place[:, 2] * scale.mean())

    def close(self) -> None:
        """Give the window's memory back."""
        self.window.Finalize()

    def _add_overlay(self) -> None:
        """A second layer of the window, with the same camera."""
        from vtkmodules.vtkRenderingCore import vtkRenderer

        self._overlay = vtkRenderer()
        self._overlay.SetLayer(1)
        self._overlay.InteractiveOff()
        self._overlay.SetActiveCamera(self.camera)
        self._overlay.SetViewport(*self.viewport)
        self._overlay.AddActor(self._marks.actor)
        _light(self._overlay)
        self.window.SetNumberOfLayers(2)
        self.window.AddRenderer(self._overlay)


def _means(image: np.ndarray, block: int) -> np.ndarray:
    """The means of square blocks of pixels, shape (height / block, width / block, 3)."""
    height, width, parts = image.shape
    blocks = image.reshape(height // block, block, width // block, block, parts)
    return np.rint(blocks.mean(axis=(1, 3), dtype=np.float32)).astype(np.uint8)


class _Beads:
    """Spheres of true radius, each found by a ray for every pixel: two triangles a bead."""

    def __init__(self) -> None:
        from vtkmodules.vtkCommonDataModel import vtkPolyData
        from vtkmodules.vtkRenderingCore import vtkActor
        from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLSphereMapper

        self.position, self.radius = np.zeros((0, 3)), np.zeros(0)
        self.seen_from: tuple[int, ...] = _ALL
        self._points = vtkPolyData()
        mapper = vtkOpenGLSphereMapper()
        mapper.SetInputData(self._points)
        mapper.SetScaleArray("radius")
        mapper.SetScalarModeToUsePointData()
        mapper.SetColorModeToDirectScalars()
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        look = self.actor.GetProperty()
        look.SetAmbient(0.3)
        look.SetDiffuse(0.7)
        look.SetSpecular(0.12)
        look.SetSpecularPower(24.0)

    def set(self, position: np.ndarray, radius: np.ndarray, colour: np.ndarray) -> None:
        self.position, self.radius = np.asarray(position), np.asarray(radius)
        self._colour = np.asarray(colour)
        self.draw(_ALL, None)

    def draw(self, seen_from: tuple[int, ...], chosen: np.ndarray | None) -> None:
        """Hand beads to VTK: the chosen ones, or all; notes from where they are seen."""
        from vtkmodules.util.numpy_support import numpy_to_vtk
        from vtkmodules.vtkCommonCore import vtkPoints

        self.seen_from = seen_from
        part = slice(None) if chosen is None else chosen
        position, radius, colour = self.position[part], self.radius[part], self._colour[part]
        points = vtkPoints()
        points.SetData(numpy_to_vtk(np.ascontiguousarray(position, np.float32), deep=True))
        self._points.SetPoints(points)
        if self._points.GetNumberOfVerts() != len(position):
            self._points.SetVerts(cells(np.arange(len(position))[:, None]))
        sizes = numpy_to_vtk(np.ascontiguousarray(radius, np.float32), deep=True)
        sizes.SetName("radius")
        colours = numpy_to_vtk(np.ascontiguousarray(colour[:, :3], np.uint8), deep=True)
        colours.SetName("colour")
        self._points.GetPointData().AddArray(sizes)
        self._points.GetPointData().SetScalars(colours)
        self._points.Modified()


def _light(renderer: Any) -> None:
    """One main light from the upper left and a weak one from the right, both with the camera."""
    from vtkmodules.vtkRenderingCore import vtkLight

    renderer.AutomaticLightCreationOff()
    for place, strength in (((-0.5, 0.6, 1.0), 0.85), ((0.7, -0.3, 1.0), 0.38)):
        light = vtkLight()
        light.SetLightTypeToCameraLight()
        light.SetPosition(*place)
        light.SetIntensity(strength)
        renderer.AddLight(light)
