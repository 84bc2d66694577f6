"""The `gpudem` command: its parts, and what a fault in them ends with."""

from __future__ import annotations

from cyclopts import App

from gpudem import __version__
from gpudem.cli.bench import bench
from gpudem.cli.calibrate import calibrate
from gpudem.cli.check import check
from gpudem.cli.doctor import doctor
from gpudem.cli.materials import materials
from gpudem.cli.motion import motion
from gpudem.cli.plan import plan
from gpudem.cli.product import product
from gpudem.cli.render import render
from gpudem.cli.report import report
from gpudem.cli.run import resume, run
from gpudem.cli.scenes import new, scenes
from gpudem.cli.study import study, sweep
from gpudem.cli.view import view
from gpudem.errors import GpudemError
from gpudem.output import tell
from gpudem.plain_text import printable
from gpudem.stopping import raise_interrupts

app = App(
    name="gpudem",
    help="What happens inside a ball mill: bead by bead, collision by collision.",
    version=__version__,
    suppress_keyboard_interrupt=False,
)

for command in (
    scenes,
    materials,
    new,
    check,
    run,
    resume,
    sweep,
    study,
    calibrate,
    plan,
    report,
    product,
    motion,
    render,
    view,
    doctor,
    bench,
):
    app.command(command)


def _end(message: str, code: int = 2) -> SystemExit:
    """Prints what ended the command; paths and values in it may hold control characters."""
    tell("gpudem: " + printable(message, keep="\n"))
    return SystemExit(code)


def main() -> None:
    """Runs the command; a user's fault ends with one message on stderr and exit code 2."""
    try:
        raise_interrupts()
        app(exit_on_error=False, print_error=False)
    except GpudemError as error:
        raise _end(str(error), getattr(error, "exit_code", 2)) from None
    except KeyboardInterrupt:
        raise _end("interrupted", 130) from None
    except (UnicodeError, OSError) as error:  # a name that is too long, a disk that is gone
        raise _end(" ".join(str(error).split())) from None
    except Exception as error:
        from cyclopts import CycloptsError

        if isinstance(error, CycloptsError):
            message = " ".join(str(error).split()).rstrip(".")
            raise _end(f"{message}; see gpudem --help") from None
        raise
