"""The command `gpudem view`: a run looked at in a window or a browser, recorded or going on."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from gpudem.cli.options import Computing, Flag, Sets, Whole, check_choice, teller
from gpudem.errors import GpudemError
from gpudem.files import check_output
from gpudem.plain_text import numbered

if TYPE_CHECKING:
    from gpudem.scene.tables import Scene
    from gpudem.view.live import LiveRun
    from gpudem.view.replay import Replay
    from gpudem.view.viewer import Viewer


def view(
    source: str,
    /,
    *,
    colour: Annotated[str, Parameter(name=["--colour", "--color"])] = "speed",
    bead: Whole | None = None,
    view: str = "perspective",
    theme: str = "light",
    frame_rate: float = 10.0,
    web: Flag = False,
    host: str = "127.0.0.1",
    port: Whole = 8080,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    overwrite: Flag = False,
    sets: Sets = (),  # type: ignore[assignment]
    computing: Computing | None = None,
) -> None:
    """Watch a run, also while it is being written, or a scene while it is simulated.

    Parameters
    ----------
    source
        A run file (*.vtkhdf); or a scene file or the name of a shipped scene, to simulate it.
    colour
        speed, relative, power, count, force, spin, regime, species or touching;
        can be changed in the window.
    bead
        Number of a bead to follow.
    view
        top or perspective.
    theme
        light or dark.
    frame_rate
        Moments per second, at most.
    web
        Show a page for the browser instead of a window.
    host
        Address at which the page is served; others than 127.0.0.1 let other machines reach it.
    port
        Its port.
    output
        Keep the run of a scene in this run file.
    overwrite
        Replace an existing run file.
    """
    from gpudem.pictures.colouring import find_colouring
    from gpudem.pictures.picture import THEMES, VIEWS
    from gpudem.view.viewer import FRAME_RATES

    find_colouring(colour)
    check_choice("--view", view, VIEWS)
    check_choice("--theme", theme, THEMES)
    low, high = FRAME_RATES
    if not low <= frame_rate <= high:
        raise GpudemError(f"--frame-rate {frame_rate:g}: must be from {low:g} to {high:g}")
    if web:
        from gpudem.view.web import check_address, check_installed

        check_installed()
        check_address(host, port)
    from gpudem.pictures.rendering import prepare_rendering, prepare_screen
    from gpudem.view.viewer import Viewer

    prepare = prepare_rendering if web else prepare_screen
    with ExitStack() as stack:
        shown: Replay | LiveRun
        if Path(source).suffix == ".vtkhdf":
            from gpudem.view.replay import Replay

            for option, value in (
                ("-o", output),
                ("--set", list(sets)),
                ("--overwrite", overwrite),
            ):
                if value:
                    raise GpudemError(f"{option}: is for scenes; {source} is a run file")
            shown = stack.enter_context(Replay(source))
            _check_bead(bead, shown.beads)
            prepare()
        else:
            from gpudem.runfile.claim import Claim
            from gpudem.scene.file import load_scene

            scene = load_scene(source, tuple(sets))
            _check_bead(bead, scene.bead_count)
            if output is not None:
                check_output(output, overwrite)
                Claim(output, overwrite).close()
            prepare()
            shown = _simulate(stack, scene, output, overwrite, computing or Computing())
        viewer = Viewer(shown, colour=colour, view=view, theme=theme, frame_rate=frame_rate)
        viewer.follow(bead)
        _show(viewer, f"{Path(source).name} - gpudem", (host, port) if web else None)


def _simulate(
    stack: ExitStack, scene: Scene, output: Path | None, overwrite: bool, options: Computing
) -> LiveRun:
    """Start a simulation that ends, and says what it left, when the stack is closed."""
    from gpudem.view.live import LiveRun
    from gpudem.view.worker import Task

    tell = teller(options.quiet)
    tell("preparing the simulation")
    path = output
    if path is None:
        folder = tempfile.TemporaryDirectory(prefix="gpudem-", ignore_cleanup_errors=True)
        path = Path(stack.enter_context(folder)) / "run.vtkhdf"
    text, name = scene.source_text, scene.source_name
    task = Task(text, scene.overrides, name, path, overwrite, options.chosen())
    live = LiveRun(task, tell)
    if output is not None:
        # Who closes the window need not know that a signal then ends the simulation.
        ended = "stopped by SIGTERM "
        stack.callback(lambda: tell(live.told.replace(ended, "closed ") or f"wrote {output}"))
    stack.enter_context(live)
    if hasattr(os, "nice"):
        # Where cores are few, the simulation goes first and the drawing takes what is left.
        os.nice(5)
    return live


def _show(viewer: Viewer, title: str, address: tuple[str, int] | None) -> None:
    """Show a viewer until the user has seen enough."""
    if address is None:
        from gpudem.view.window import ViewWindow

        ViewWindow(viewer, title).run()
        return
    from gpudem.view.access import Access
    from gpudem.view.web import ViewPage, directions

    page, access = ViewPage(viewer, title), Access(address[0])
    for line in directions(*address, access.token):
        print(line, flush=True)
    page.run(*address, access)


def _check_bead(bead: int | None, beads: int) -> None:
    if bead is not None and not 0 <= bead < beads:
        raise GpudemError(f"--bead {bead}: {numbered(beads)}")
