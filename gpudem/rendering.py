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
        environment = {**os.environ, _CHOICE: window} if window else dict(os.environ)
        try:
            done = subprocess.run(
                [sys.executable, "-c", _PROBE],
                env=environment,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        last = done.stdout.strip().rpartition("\n")[2]
        if done.returncode == 0 and last.startswith("drawn by "):
            return window, last.removeprefix("drawn by ")
    return "", ""


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


def _mending() -> str:
    return (
        f"OpenGL is missing or does not work; on Debian and Ubuntu "
        f"apt-get install --no-install-recommends {' '.join(PACKAGES)} mends that"
    )
