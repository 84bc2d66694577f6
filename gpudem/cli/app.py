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

_COMMANDS = (
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
)
for command in _COMMANDS:
    app.command(command)


def _wrong_command(error: Exception) -> str:
    """What is wrong with the words of a command, in a line."""
    from cyclopts import MissingArgumentError, UnknownCommandError, UnknownOptionError

    message = " ".join(str(error).split())
    if isinstance(error, UnknownCommandError):
        # All of them, not the first few.
        message = message.partition(" Available commands:")[0]
        return f"{message} Commands: {', '.join(one.__name__ for one in _COMMANDS)}"
    if isinstance(error, MissingArgumentError) and error.command_chain:
        wanted = error.argument.names[0] if error.argument else "an argument"
        command = " ".join(error.command_chain)
        return f"{command}: {wanted} is missing; see gpudem {command} --help"
    if isinstance(error, UnknownOptionError):
        from gpudem.scene.file import scene_keys

        given = message.partition("--")[2].partition(".")[0].partition(" ")[0].replace("-", "_")
        keys = [row.key for row in scene_keys() if row.key.rpartition(".")[2] == given]
        if keys:
            return f"{message.partition(' Did you')[0]} A key of the scene: --set {keys[0]}=..."
    hint = " See gpudem --help" if message.endswith((".", "?")) else "; see gpudem --help"
    return f"{message}{hint}"


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
            raise _end(_wrong_command(error)) from None
        raise
