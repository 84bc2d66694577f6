"""The viewer as a page: drawn here, shown in a browser."""

from __future__ import annotations

import asyncio
import base64
import io
import math
import socket
import sys
import time
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.errors import GpudemError
from gpudem.pictures.picture import THEMES, VIEWS
from gpudem.view.keys import listed, press
from gpudem.view.viewer import CLICK, SPEED_DIGITS, Viewer

if TYPE_CHECKING:
    from gpudem.view.access import Access
    from gpudem.view.clients import Clients

_TICK = 0.03
#: VTK compresses an image in another thread: the next look at it finds it done. Seconds after a
#: change at which to look.
_LOOKS = (0.08, 0.4)
_PANEL = (420, 720)
#: Smallest and largest side of the plots, and most of them in all [pixels].
_SIDES, _PIXELS = (80.0, 4096.0), 3_000_000
#: What buttons mean whose word may not say it all.
_TIPS = {
    "top": "seen along the bowl's axis",
    "perspective": "seen from the side and above",
    "light": "dark on light",
    "dark": "light on dark",
}
#: State that a browser changes.
_WISHES = ("number", "colour", "view", "look", "bead", "speed", "room")


class ViewPage:
    """A page around a viewer.

    Args:
        viewer: what is shown.
        title: of the page.

    Raises:
        GpudemError: the libraries for it are not installed.
    """

    def __init__(self, viewer: Viewer, title: str = "gpudem") -> None:
        check_installed()
        # A browser waits for the picture; VTK's own classes answer its mouse.
        import vtkmodules.vtkInteractionStyle
        import vtkmodules.vtkWebCore  # noqa: F401
        from trame.app import get_server
        from vtkmodules.vtkInteractionStyle import vtkInteractorStyleTrackballCamera
        from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

        self.viewer = viewer
        viewer.panel.size = _PANEL
        self._interactor: Any = vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(viewer.picture.window)
        self._style: Any = vtkInteractorStyleTrackballCamera()
        self._interactor.SetInteractorStyle(self._style)
        self._pressed = (0, 0)
        self._looks: list[float] = []
        self._changed = False
        self.server = get_server(f"gpudem-{id(self)}", client_type="vue3")
        self.state = self.server.state
        self._view: Any = None
        self._clients: Clients
        self.state.trame__title = title
        self._tell()
        self._observe()
        self._build(title)

    def run(self, host: str, port: int, access: Access) -> None:
        """Serve the page until the process is interrupted.

        Args:
            host: address to listen at.
            port: port to listen at.
            access: who may open it.
        """
        from gpudem.view.clients import Clients

        def guard(web_app: Any) -> None:
            web_app.app.middlewares.append(access.admit)
            self._clients = Clients(self.server.protocol, web_app, _WISHES)

        # The clients take the place of wslink's own endpoint, which limits nothing.
        self.server.cli.set_defaults(authKey=access.secret, nows=True)
        self.server.controller.on_server_bind.add(guard)
        self.server.controller.on_server_ready.add_task(self._live)
        self.server.controller.on_exception.add(_told)

        async def serve() -> None:
            await self.server.start(
                backend="aiohttp",
                exec_mode="coroutine",
                host=host,
                port=port,
                open_browser=False,
                show_connection_info=False,
                disable_logging=True,
                timeout=0,
            )

        # Signals end it so.
        with suppress(SystemExit):
            asyncio.run(serve())

    async def _live(self, **_: Any) -> None:
        asyncio.get_running_loop().set_exception_handler(_failed)
        while True:
            await asyncio.sleep(_TICK)
            self._clients.drop_idle()
            now = time.monotonic()
            if self.viewer.tick(now) or self._changed:
                self._draw()
            elif self._looks and now >= self._looks[0]:
                self._looks.pop(0)
                self._view.update()

    def _draw(self) -> None:
        """Bring the page up to what the viewer shows."""
        began, self._changed = time.monotonic(), False
        with self.state:
            self._tell()
        if self._view is not None:
            self._view.update()
            now = time.monotonic()
            self.viewer.drawn(now - began)
            self._looks = [now + wait for wait in _LOOKS]

    def _tell(self) -> None:
        viewer, state = self.viewer, self.state
        theme = THEMES[viewer.theme]
        state.number, state.last = viewer.number, viewer.last
        state.playing, state.colour = viewer.playing, viewer.colour
        state.view, state.look = viewer.view, viewer.theme
        state.bead = "" if viewer.bead is None else str(viewer.bead)
        state.speed = round(viewer.speed, SPEED_DIGITS)
        state.clock = f"t = {viewer.time:.4f} s"
        state.background = _css(theme.background)
        turning = viewer.turning
        for name in ("bowl", "disc"):
            state[f"{name}_label"] = turning.get(name, "")
            state[f"{name}_colour"] = _css(getattr(theme, name))
        state.plots = _png(viewer.panel_image())

    # --- wishes ---------------------------------------------------------------------------

    def _observe(self) -> None:
        viewer = self.viewer
        self._style.AddObserver("StartInteractionEvent", self._begin)
        self._style.AddObserver("EndInteractionEvent", self._end)

        def wish(name: str, act: Any) -> None:
            @self.state.change(name)
            def changed(**values: Any) -> None:
                try:
                    if act(values[name]):
                        viewer.message = ""
                        self._changed = True
                except (GpudemError, ValueError, TypeError, OverflowError) as error:
                    viewer.message = str(error)
                    self._changed = True

        def go(number: Any) -> bool:
            if int(number) == viewer.number:
                return False
            if viewer.live is None:
                viewer.play(False)
            viewer.go(int(number))
            return True

        def choose(what: str) -> Any:
            def act(value: Any) -> bool:
                if value == getattr(viewer, what):
                    return False
                setattr(viewer, what, value)
                return True

            return act

        def follow(text: Any) -> bool:
            bead = int(text) if str(text or "").strip() else None
            if bead == viewer.bead:
                return False
            viewer.follow(bead)
            return True

        wish("number", go)
        wish("colour", choose("colour"))
        wish("view", choose("view"))
        wish("look", choose("theme"))
        wish("bead", follow)
        wish("speed", choose("speed"))
        wish("room", self._resize)
        self.server.controller.trigger("key")(self._key)

    def _resize(self, room: Any) -> bool:
        """Draw the plots as large as a browser shows them, pixel by pixel."""
        try:
            ratio = float(room["pixelRatio"])
            sides = [ratio * float(room["size"][side]) for side in ("width", "height")]
        except (KeyError, TypeError, ValueError):
            # Before the page is laid out there is no size.
            return False
        if not all(_SIDES[0] <= side <= _SIDES[1] for side in sides):
            return False
        smaller = min(1.0, math.sqrt(_PIXELS / (sides[0] * sides[1])))
        pixels = (round(sides[0] * smaller), round(sides[1] * smaller))
        if pixels == self.viewer.panel.size:
            return False
        self.viewer.panel.size = pixels
        return True

    def _key(self, name: Any) -> None:
        try:
            if not press(self.viewer, str(name)):
                return
        except GpudemError as error:
            self.viewer.message = str(error)
        self._changed = True

    def _reset(self) -> None:
        self.viewer.reset_camera()
        self._changed = True

    def _play(self) -> None:
        self.viewer.play()
        self._changed = True

    def _step(self, moments: int) -> None:
        self.viewer.step(moments)
        self._changed = True

    def _begin(self, *_: Any) -> None:
        self._pressed = self._interactor.GetEventPosition()
        self.viewer.moving(True)

    def _end(self, *_: Any) -> None:
        self.viewer.moving(False)
        place = self._interactor.GetEventPosition()
        if max(abs(a - b) for a, b in zip(place, self._pressed, strict=True)) <= CLICK:
            self.viewer.forget()
            self.viewer.follow_at(*place)
        self._changed = True

    # --- the page -------------------------------------------------------------------------

    def _build(self, title: str) -> None:
        from trame.ui.vuetify3 import VAppLayout
        from trame.widgets import client, html, vtk
        from trame.widgets import vuetify3 as v

        self.state.listed = False
        self.state.client_only("listed")
        with VAppLayout(self.server, theme=("look",)) as layout, layout.root:
            folder = files("gpudem.view")
            client.Style(folder.joinpath("page.css").read_text(encoding="utf-8"))
            client.Script(folder.joinpath("page.js").read_text(encoding="utf-8"))
            with v.VMain(style=("`background: ${background}`",)), html.Div(classes="page"):
                with html.Div(classes="beads"):
                    self._view = vtk.VtkRemoteView(
                        self.viewer.picture.window,
                        interactive_ratio=1,
                        interactive_quality=70,
                        still_quality=95,
                    )
                    for name in ("bowl", "disc"):
                        html.Div(
                            f"{{{{ {name}_label }}}}",
                            classes=f"label {name}",
                            style=(f"`color: ${{{name}_colour}}`",),
                        )
                with html.Div(classes="plots"), client.SizeObserver("room"):
                    html.Img(
                        src=("plots",),
                        alt="power over time, stress frequency over stress energy",
                    )
                with html.Div(classes="controls"):
                    self._controls(v, html)
            self._key_list(v, html)

    def _controls(self, v: Any, html: Any) -> None:
        viewer = self.viewer
        v.VSlider(
            v_model=("number",),
            min=0,
            max=("Math.max(last, 1)",),
            step=1,
            hide_details=True,
            color="primary",
            aria_label="moment",
            classes="time",
        )
        tips = {name: colouring.label for name, colouring in viewer.colours.items()} | _TIPS
        with html.Div(classes="row"):
            with html.Div():
                _icon(v, "mdi-step-backward", "previous snapshot", (self._step, "[-1]"))
                _icon(v, ("playing ? 'mdi-pause' : 'mdi-play'",), "play or stop", self._play)
                _icon(v, "mdi-step-forward", "next snapshot", (self._step, "[1]"))
            html.Span("{{ clock }}", classes="clock")
            for name, values in (("colour", viewer.colours), ("view", VIEWS), ("look", THEMES)):
                with v.VBtnToggle(
                    v_model=(name,), mandatory=True, density="compact", divided=True,
                    variant="outlined", color="primary",
                ):  # fmt: skip
                    for value in values:
                        v.VBtn(value, value=value, size="small", title=tips.get(value))
            if control := viewer.control:
                v.VSlider(
                    model_value=("speed",),
                    end="speed = $event",
                    min=0,
                    max=max(control.top, viewer.speed),
                    step=control.step,
                    hide_details=True,
                    color="error",
                    label=(f"`{control.driven}: ${{speed}} {control.unit}`",),
                    classes="speed",
                )
            v.VTextField(
                v_model_lazy=("bead",),
                label="follow bead",
                title="number of the bead that is marked; or click on one",
                classes="bead",
                density="compact",
                hide_details=True,
                clearable=True,
                variant="outlined",
            )
            with html.Div(classes="tools"):
                _labelled(v, "mdi-camera-retake-outline", "reset the view", self._reset)
                _labelled(v, "mdi-keyboard-outline", "keys and mouse", "listed = true")

    def _key_list(self, v: Any, html: Any) -> None:
        with v.VDialog(v_model=("listed",), max_width=420):
            with v.VCard(title="Mouse and keys"), html.Table(classes="keys"):
                for keys, meaning in (*listed(self.viewer), ("H", "show or hide this list")):
                    with html.Tr():
                        html.Td(keys)
                        html.Td(meaning)


def _failed(loop: asyncio.AbstractEventLoop, what: dict[str, Any]) -> None:
    # A browser that goes away in the middle of a picture is no failure.
    if not isinstance(what.get("exception"), ConnectionError):
        loop.default_exception_handler(what)


def _told(error: Exception) -> None:
    print(f"gpudem view --web: {error!r}", file=sys.stderr, flush=True)


def _icon(v: Any, icon: Any, title: str, click: Any) -> None:
    v.VBtn(icon=icon, title=title, click=click, density="comfortable", variant="text")


def _labelled(v: Any, icon: str, text: str, click: Any) -> None:
    v.VBtn(text, prepend_icon=icon, click=click, size="small", variant="text", title=text)


def _css(colour: tuple[float, float, float]) -> str:
    return "rgb({:.0f},{:.0f},{:.0f})".format(*255.0 * np.array(colour))


def _png(image: np.ndarray) -> str:
    """An image as an address that a page can show."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def check_installed() -> None:
    """Refuses to go on where the libraries for pages are missing.

    Raises:
        GpudemError: they are.
    """
    try:
        import trame.app
        import trame.widgets.vtk
        import trame.widgets.vuetify3  # noqa: F401
    except ImportError as error:
        raise GpudemError(
            f'gpudem view --web: needs the extra "web" ({error.name} is missing): '
            f'pip install "gpudem[web]", or pip install trame trame-vtk trame-vuetify'
        ) from None


def check_address(host: str, port: int) -> None:
    """Refuses an address that cannot be listened at.

    Raises:
        GpudemError: it cannot.
    """
    if not 1 <= port <= 65535:
        raise GpudemError(f"--port {port}: accepted are 1 to 65535, for example 8080")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GpudemError(
            f"--host {host} --port {port}: cannot be listened at ({reason}); give another --port"
        ) from None


def directions(host: str, port: int, token: str) -> list[str]:
    """Where the page is found, from here and from afar.

    Args:
        host: address at which it is served.
        port: its port.
        token: without which it does not open.
    """
    import getpass
    import platform

    from gpudem.view.access import is_loopback

    shown = platform.node() if host in ("0.0.0.0", "::", "") else host
    shown = f"[{shown}]" if ":" in shown else shown
    page = f"{port}/?token={token}"
    lines = [f"open http://{shown}:{page} in a browser; Ctrl-C ends it"]
    if is_loopback(host):
        there = f"{getpass.getuser()}@{platform.node()}"
        lines.append(
            f"from another machine: ssh -N -L {port}:{shown}:{port} {there}, and open there "
            f"http://localhost:{page}"
        )
    else:
        lines.append(
            "warning: everyone who has this address can drive the view, and nothing is encrypted"
        )
    return lines
