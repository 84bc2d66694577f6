"""The viewer's window: beads, plots, a time slider and buttons, drawn by VTK."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpudem.errors import GpudemError
from gpudem.pictures.picture import THEMES, VIEWS
from gpudem.view.keys import listed, press
from gpudem.view.viewer import CLICK, Viewer

#: Height of the strip with slider and buttons, and width of the plots [pixels].
_STRIP, _PANEL = 112, 420
_TICK = 0.03
#: Where the slider for the speed begins, over the width.
_SPEED_FROM = 0.76
_FONT = 15

_HINT = "H: keys;  click a bead, or type its number and Enter, to follow it"
#: VTK's names of keys that `gpudem.view.keys` calls otherwise.
_NAMES = {"plus": "+", "minus": "-", "Return": "Enter", "equal": "+"}


@dataclass
class _Button:
    """A word that can be clicked."""

    text: Callable[[], str]
    action: Callable[[], None]
    chosen: Callable[[], bool]
    actor: Any
    first: bool = False
    tip: str = ""
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def holds(self, x: float, y: float) -> bool:
        left, bottom, right, top = self.box
        return left <= x <= right and bottom <= y <= top


class ViewWindow:
    """A window on the screen around a viewer.

    Args:
        viewer: what is shown.
        title: of the window.
        size: width and height [pixels].
    """

    def __init__(
        self, viewer: Viewer, title: str = "gpudem", size: tuple[int, int] = (1320, 820)
    ) -> None:
        import vtkmodules.vtkInteractionStyle
        import vtkmodules.vtkInteractionWidgets
        import vtkmodules.vtkRenderingFreeType
        import vtkmodules.vtkRenderingUI  # noqa: F401
        from vtkmodules.vtkInteractionStyle import vtkInteractorStyleTrackballCamera
        from vtkmodules.vtkRenderingCore import vtkRenderWindowInteractor

        self.viewer = viewer
        self.window = viewer.picture.window
        self.window.SetOffScreenRendering(0)
        self.window.SetWindowName(title)
        self.interactor: Any = vtkRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        self._style: Any = vtkInteractorStyleTrackballCamera()
        self.interactor.SetInteractorStyle(self._style)
        self._panel, self._plots = _layer(self.window), _Plots()
        self._panel.AddViewProp(self._plots.actor)
        self._strip = _layer(self.window)
        self._keys = _key_list(viewer.picture.renderer, viewer)
        self._buttons = self._make_buttons()
        self._hint = _text(self._strip)
        self._hint.GetTextProperty().SetFontSize(_FONT - 2)
        self._hint.GetTextProperty().SetOpacity(0.7)
        self._tip = ""
        reach = 0.985 if viewer.live is None else 0.70
        self._slider = self._make_slider((0.015, reach))
        self._slider.AddObserver("InteractionEvent", self._slid)
        self._slider.AddObserver("EndInteractionEvent", self._rest)
        self._speed: Any = None
        if viewer.live is not None:
            self._speed = self._make_slider((_SPEED_FROM, 0.985))
            self._speed.AddObserver("EndInteractionEvent", self._sped)
            self._speed_label = _text(self._strip)
        self._pressed = (0, 0)
        viewer.picture.size = size
        self._lay_out()
        self._observe()
        self.draw()

    def run(self) -> None:
        """Show the window until it is closed, or a signal ends the command."""
        self.interactor.Initialize()
        self.interactor.CreateRepeatingTimer(int(1000 * _TICK))
        # VTK would end the process at once, without what saves a simulation.
        stops = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for each in stops:
            signal.signal(each, lambda *_: self.interactor.TerminateApp())
        try:
            self.interactor.Start()
        finally:
            for each, before in stops.items():
                signal.signal(each, before)
        self.close()

    def close(self) -> None:
        """Close the window."""
        for slider in filter(None, (self._slider, self._speed)):
            slider.Off()
        self.interactor.TerminateApp()
        self.viewer.close()

    def draw(self) -> None:
        """Draw all."""
        began = time.monotonic()
        viewer, theme = self.viewer, THEMES[self.viewer.theme]
        viewer.picture.label(viewer.turning)
        self._plots.set(viewer.panel_image())
        for part in (self._panel, self._strip):
            part.SetBackground(*theme.background)
        _set(self._slider, viewer.number, max(viewer.last, 1), theme.bowl, theme.glass)
        if self._speed is not None and (control := viewer.control):
            top = max(control.top, viewer.speed)
            _set(self._speed, viewer.speed, top, theme.disc, theme.glass)
            self._speed_label.SetInput(f"{control.driven}: {viewer.speed:.4g} {control.unit}")
            self._speed_label.GetTextProperty().SetColor(*theme.ink)
            self._speed_label.SetPosition(_SPEED_FROM * self._size[0], 46.0)
        self._lay_out_buttons()
        look = self._keys.GetTextProperty()
        look.SetColor(*theme.ink)
        look.SetBackgroundColor(*theme.background)
        viewer.picture.renderer.ResetCameraClippingRange()
        self.window.Render()
        viewer.drawn(time.monotonic() - began)

    # --- layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Share the window's pixels out."""
        width, height = self.window.GetSize()
        self._size = (width, height)
        across = min(_PANEL, width // 2)
        split, low = 1.0 - across / width, min(0.5, _STRIP / height)
        self.viewer.picture.viewport = (0.0, low, split, 1.0)
        self._panel.SetViewport(split, low, 1.0, 1.0)
        self._strip.SetViewport(0.0, 0.0, 1.0, low)
        self.viewer.panel.size = (across, max(1, height - round(low * height)))

    def _lay_out_buttons(self) -> None:
        theme = THEMES[self.viewer.theme]
        x, y, gap = 16.0, 14.0, 10.0
        for button in self._buttons:
            actor, look = button.actor, button.actor.GetTextProperty()
            actor.SetInput(f" {button.text()} ")
            chosen = button.chosen()
            look.SetColor(*(theme.background if chosen else theme.ink))
            look.SetBackgroundColor(*(theme.bowl if chosen else theme.glass))
            look.SetBackgroundOpacity(1.0 if chosen else 0.22)
            sides = np.zeros(4)
            actor.GetBoundingBox(self._strip, sides)
            width = sides[1] - sides[0]
            x += 2.0 * gap if button.first else 0.0
            if x + width > self._size[0] - 10.0:
                # A narrow window breaks the line of buttons.
                x, y = 16.0, y + 34.0
            actor.SetPosition(x, y)
            button.box = (x - 2.0, y - 8.0, x + width + 2.0, y + 26.0)
            x += width + gap
        self._hint.GetTextProperty().SetColor(*theme.ink)
        self._hint.SetInput(self._tip or _HINT)
        sides = np.zeros(4)
        self._hint.GetBoundingBox(self._strip, sides)
        self._hint.SetPosition(16.0, 50.0)
        # Between slider and buttons, where those take one line.
        room = self._size[0] * (1.0 if self._speed is None else _SPEED_FROM) - 32.0
        self._hint.SetVisibility(bool(y < 20.0 and sides[1] - sides[0] < room))

    def _make_buttons(self) -> list[_Button]:
        viewer = self.viewer

        def setter(name: str, value: str) -> Callable[[], None]:
            return lambda: setattr(viewer, name, value)

        def is_now(name: str, value: str) -> Callable[[], bool]:
            return lambda: getattr(viewer, name) == value

        def word(text: str) -> Callable[[], str]:
            return lambda: text

        def button(
            text: Callable[[], str],
            action: Callable[[], None],
            chosen: Callable[[], bool],
            first: bool = False,
            tip: str = "",
        ) -> _Button:
            return _Button(text, action, chosen, _text(self._strip), first, tip)

        made = [
            button(
                lambda: "stop" if viewer.playing else "play", viewer.play, lambda: viewer.playing
            )
        ]
        made.append(button(word("step"), viewer.step, lambda: False))
        tips = {name: colouring.label for name, colouring in viewer.colours.items()}
        for name, values in (("colour", viewer.colours), ("view", VIEWS), ("theme", THEMES)):
            made += [
                button(
                    word(value),
                    setter(name, value),
                    is_now(name, value),
                    not k,
                    tips.get(value, ""),
                )
                for k, value in enumerate(values)
            ]
        made.append(
            button(word("reset"), viewer.reset_camera, lambda: False, tip="camera turned back")
        )
        made.append(button(word("keys"), self._list_keys, self._keys.GetVisibility))
        return made

    def _make_slider(self, ends: tuple[float, float]) -> Any:
        from vtkmodules.vtkInteractionWidgets import vtkSliderRepresentation2D, vtkSliderWidget

        shown = vtkSliderRepresentation2D()
        for point, x in zip(
            (shown.GetPoint1Coordinate(), shown.GetPoint2Coordinate()), ends, strict=True
        ):
            point.SetCoordinateSystemToNormalizedViewport()
            point.SetValue(x, 0.72)
        shown.SetSliderLength(0.012)
        shown.SetSliderWidth(0.20)
        shown.SetTubeWidth(0.05)
        shown.SetEndCapLength(0.0)
        shown.ShowSliderLabelOff()
        shown.SetTitleText("")
        widget: Any = vtkSliderWidget()
        widget.SetInteractor(self.interactor)
        widget.SetDefaultRenderer(self._strip)
        widget.SetCurrentRenderer(self._strip)
        widget.SetRepresentation(shown)
        widget.SetAnimationModeToJump()
        widget.On()
        return widget

    # --- what happens -------------------------------------------------------------------------

    def _observe(self) -> None:
        for event, answer in (
            ("TimerEvent", self._tick),
            ("KeyPressEvent", self._key),
            ("ConfigureEvent", self._resize),
        ):
            self.interactor.AddObserver(event, answer)
        # After the slider (0.5) and before the style, which turns the camera wherever it is used.
        tag = self.interactor.AddObserver("LeftButtonPressEvent", self._press, 0.2)
        self._press_command = self.interactor.GetCommand(tag)
        self.interactor.AddObserver("MouseMoveEvent", self._point, 0.2)
        self._style.AddObserver("CharEvent", lambda *_: None)
        self._style.AddObserver("StartInteractionEvent", self._move)
        self._style.AddObserver("EndInteractionEvent", self._released)

    def _tick(self, *_: Any) -> None:
        if self.viewer.tick(time.monotonic()):
            self.draw()

    def _slid(self, *_: Any) -> None:
        if self.viewer.live is None:
            self.viewer.play(False)
        self.viewer.moving(True)
        self.viewer.go(round(self._slider.GetRepresentation().GetValue()))
        self.draw()

    def _sped(self, *_: Any) -> None:
        # Whole steps: nobody means 413.7 rpm.
        step = self.viewer.control.step if self.viewer.control else 1.0
        self._change_speed(step * round(self._speed.GetRepresentation().GetValue() / step))

    def _change_speed(self, speed: float) -> None:
        try:
            self.viewer.speed = max(0.0, speed)
        except GpudemError as error:
            self.viewer.message = str(error)
        self.draw()

    def _move(self, *_: Any) -> None:
        self.viewer.moving(True)

    def _rest(self, *_: Any) -> None:
        self.viewer.moving(False)
        self.draw()

    def _resize(self, *_: Any) -> None:
        if self.window.GetSize() != self._size:
            self._lay_out()
            self.draw()

    def _press(self, *_: Any) -> None:
        self._pressed = place = self.interactor.GetEventPosition()
        left, low, right, high = np.array(self.viewer.picture.viewport) * (*self._size, *self._size)
        if left <= place[0] < right and low <= place[1] < high:
            return
        self._press_command.SetAbortFlag(1)
        for button in self._buttons:
            if button.holds(*place):
                button.action()
                self.draw()
                return

    def _released(self, *_: Any) -> None:
        self.viewer.moving(False)
        place = self.interactor.GetEventPosition()
        if np.abs(np.subtract(place, self._pressed)).max() <= CLICK:
            self.viewer.forget()
            self.viewer.follow_at(*place)
        self.draw()

    def _point(self, *_: Any) -> None:
        """Say what the button under the mouse means."""
        place = self.interactor.GetEventPosition()
        tip = next((button.tip for button in self._buttons if button.holds(*place)), "")
        if tip != self._tip:
            self._tip = tip
            self.draw()

    def _list_keys(self) -> None:
        """Show the list of keys over the beads, or no longer."""
        self._keys.SetVisibility(not self._keys.GetVisibility())

    def _key(self, *_: Any) -> None:
        name = self.interactor.GetKeySym().removeprefix("KP_")
        name = _NAMES.get(name, name)
        if name.lower() == "q":
            self.interactor.TerminateApp()
            return
        if name.lower() in ("h", "question"):
            self._list_keys()
        else:
            try:
                if not press(self.viewer, name):
                    return
            except GpudemError as error:
                self.viewer.message = str(error)
        self.draw()


class _Plots:
    """An image in the lower left corner of its part of the window, pixel by pixel."""

    def __init__(self) -> None:
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

        self._data = vtkImageData()
        mapper = vtkImageMapper()
        mapper.SetInputData(self._data)
        mapper.SetColorWindow(255.0)
        mapper.SetColorLevel(127.5)
        self.actor = vtkActor2D()
        self.actor.SetMapper(mapper)

    def set(self, image: np.ndarray) -> None:
        from vtkmodules.util.numpy_support import numpy_to_vtk

        height, width = image.shape[:2]
        self._data.SetDimensions(width, height, 1)
        pixels = np.ascontiguousarray(image[::-1]).reshape(-1, 3)
        self._data.GetPointData().SetScalars(numpy_to_vtk(pixels, deep=True))
        self._data.Modified()


def _set(slider: Any, value: float, highest: float, knob: Any, tube: Any) -> None:
    """Put a slider to a value between 0 and the highest, in colours that fit."""
    shown = slider.GetRepresentation()
    shown.SetMinimumValue(0.0)
    shown.SetMaximumValue(highest)
    shown.SetValue(value)
    shown.GetTubeProperty().SetColor(*tube)
    for part in (shown.GetSliderProperty(), shown.GetSelectedProperty()):
        part.SetColor(*knob)


def _layer(window: Any) -> Any:
    """A part of the window that does not answer the mouse."""
    from vtkmodules.vtkRenderingCore import vtkRenderer

    part = vtkRenderer()
    part.InteractiveOff()
    window.AddRenderer(part)
    return part


def _key_list(renderer: Any, viewer: Viewer) -> Any:
    """The keys and what they do, written into the upper left corner of a part of the window."""
    actor = _text(renderer)
    lines = [*listed(viewer), ("H", "show or hide this list"), ("Q", "close")]
    actor.SetInput("\n".join(f"{keys}:  {meaning}" for keys, meaning in lines))
    look = actor.GetTextProperty()
    look.SetVerticalJustificationToTop()
    look.SetBackgroundOpacity(0.85)
    look.SetLineSpacing(1.25)
    place = actor.GetPositionCoordinate()
    place.SetCoordinateSystemToNormalizedViewport()
    place.SetValue(0.02, 0.86)
    actor.SetVisibility(False)
    return actor


def _text(renderer: Any) -> Any:
    from vtkmodules.vtkRenderingCore import vtkTextActor

    actor = vtkTextActor()
    actor.GetTextProperty().SetFontSize(_FONT)
    renderer.AddViewProp(actor)
    return actor
