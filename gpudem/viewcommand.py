"""The command `gpudem view`: a run looked at with a time slider."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gpudem.errors import GpudemError
from gpudem.options import Whole


def view(
    file: Path,
    /,
    *,
    colour: Annotated[str, Parameter(name=["--colour", "--color"])] = "speed",
    bead: Whole | None = None,
    view: str = "perspective",
    theme: str = "light",
    frame_rate: float = 10.0,
    web: Annotated[bool, Parameter(negative="")] = False,
    host: str = "127.0.0.1",
    port: Whole = 8080,
) -> None:
    """Look at a run file in a window with a time slider, also while it is being written.

    Parameters
    ----------
    file
        The run file.
    colour
        speed, power, count, spin, regime or touching; can be changed in the window.
    bead
        Number of a bead to follow.
    view
        top or perspective.
    theme
        light or dark.
    frame_rate
        Snapshots per second while it plays, at most.
    web
        Show a page for the browser instead of a window.
    host
        Address at which the page is served; others than 127.0.0.1 let other machines see it.
    port
        Its port.
    """
    from gpudem.colouring import find_colouring
    from gpudem.picture import THEMES, VIEWS
    from gpudem.viewer import FRAME_RATES

    find_colouring(colour)
    for option, given, accepted in (("--view", view, VIEWS), ("--theme", theme, THEMES)):
        if given not in accepted:
            raise GpudemError(f"{option} {given}: unknown; accepted: {', '.join(accepted)}")
    low, high = FRAME_RATES
    if not low <= frame_rate <= high:
        raise GpudemError(f"--frame-rate {frame_rate:g}: must be from {low:g} to {high:g}")

    if web:
        from gpudem.viewpage import check_address, check_installed

        check_installed()
        check_address(host, port)
    from gpudem.rendering import prepare_rendering, prepare_screen
    from gpudem.replay import Replay
    from gpudem.viewer import Viewer

    with Replay(file) as source:
        if bead is not None and not 0 <= bead < source.beads:
            raise GpudemError(f"--bead {bead}: there are beads 0 to {source.beads - 1}")
        (prepare_rendering if web else prepare_screen)()
        viewer = Viewer(source, colour=colour, view=view, theme=theme, frame_rate=frame_rate)
        viewer.follow(bead)
        title = f"{file.name} - gpudem"
        if web:
            from gpudem.viewpage import ViewPage, directions

            page = ViewPage(viewer, title)
            for line in directions(host, port):
                print(line, flush=True)
            page.run(host, port)
        else:
            from gpudem.viewwindow import ViewWindow

            ViewWindow(viewer, title).run()
