"""Whether and how pictures can be drawn on this machine, asked in a process of its own.

Where OpenGL is missing, VTK ends the process that asks, so the question is put to another one.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys

from gpudem.errors import RenderingError

#: The Debian and Ubuntu packages with which drawing works on a machine without screen and GPU.
PACKAGES = ("libegl1", "libgl1-mesa-dri")

#: VTK's variable that chooses the kind of window.
_CHOICE = "VTK_DEFAULT_OPENGL_WINDOW"

#: Kinds of windows that need no X server, best first; "" leaves the choice to VTK.
_WINDOWS = (
    ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow", "") if sys.platform == "linux" else ("",)
)

_PATIENCE = 60.0

#: Draws one tiny picture and prints what drew it.
_PROBE = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetSize(8, 8)
window.AddRenderer(vtkRenderer())
window.Render()
said = window.ReportCapabilities() or ""
names = [line.split(":", 1)[1] for line in said.splitlines() if "OpenGL renderer string" in line]
print("drawn by", names[0].strip() if names else window.GetClassName())
"""


@functools.lru_cache(maxsize=1)
def _find() -> tuple[str, str]:
    """The kind of window that works and what draws in it; two empty texts where none does."""
    given = os.environ.get(_CHOICE)
    for window in (given,) if given else _WINDOWS:
        renderer = _draws(window, _PROBE)
        if renderer:
            return window, renderer
    return "", ""


def _draws(window: str, probe: str) -> str:
    """What draws in a kind of window, asked in a process of its own; "" where nothing does."""
    environment = {**os.environ, _CHOICE: window} if window else dict(os.environ)
    try:
        done = subprocess.run(
            [sys.executable, "-c", probe],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    last = done.stdout.strip().rpartition("\n")[2]
    fine = done.returncode == 0 and last.startswith("drawn by ")
    return last.removeprefix("drawn by ") if fine else ""


def describe_rendering() -> str:
    """Says for people what draws here, or why nothing can be drawn."""
    renderer = _find()[1]
    return f"works: {renderer}" if renderer else f"not usable: {_mending()}"


def can_render() -> bool:
    """Whether pictures can be drawn here; asks once, which takes about a second."""
    return bool(_find()[1])


def prepare_rendering() -> None:
    """Makes VTK draw the way that works here; to be called before the first picture.

    Raises:
        RenderingError: nothing can be drawn here.
    """
    window, renderer = _find()
    if not renderer:
        raise RenderingError(f"no picture can be drawn here: {_mending()}")
    if window:
        os.environ[_CHOICE] = window


def prepare_screen() -> None:
    """Makes VTK open windows on the screen; to be called before the first one.

    Raises:
        RenderingError: no window can be opened here.
    """
    linux = sys.platform == "linux"
    window = "vtkXOpenGLRenderWindow" if linux else ""
    if linux and not os.environ.get("DISPLAY"):
        raise RenderingError(
            "no window can be opened here: there is no screen (DISPLAY is not set); "
            "gpudem view --web shows a page for the browser, gpudem render draws pictures"
        )
    # VTK ends the process that asks for a window where it gets none.
    if not _draws(window, _PROBE.replace("SetOffScreenRendering(1)", "SetOffScreenRendering(0)")):
        mending = "; on Debian and Ubuntu apt-get install libgl1 libgl1-mesa-dri may mend that"
        raise RenderingError(
            "no window can be opened here: the screen cannot be reached or has no OpenGL"
            f"{mending if linux else ''}; gpudem view --web shows a page for the browser"
        )
    if window:
        os.environ[_CHOICE] = window


def _mending() -> str:
    return (
        f"OpenGL is missing or does not work; on Debian and Ubuntu "
        f"apt-get install --no-install-recommends {' '.join(PACKAGES)} mends that"
    )
