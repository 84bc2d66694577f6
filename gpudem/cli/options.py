"""What several commands share: their options, and the device and the files that these name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from gpudem import output
from gpudem.errors import GpudemError
from gpudem.plain_text import printable


def _whole_number(hint: type, tokens: Sequence[Token]) -> int:
    """Reads a whole number; "2.5" must not silently become 2."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise GpudemError(
            f"{tokens[0].keyword} {tokens[0].value}: a whole number is needed"
        ) from None


Whole = Annotated[int, Parameter(converter=_whole_number)]
#: A switch without an opposite (no --no-quiet).
Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class Computing:
    """Options of every command that computes."""

    device: str = "auto"
    "auto, cpu, cuda, vulkan or metal. auto takes CUDA where it works, else the CPU."
    device_index: Whole = 0
    "Which of several GPUs."
    precision: str = "auto"
    "auto, double or mixed. auto takes double, or mixed on GPUs that are slow in double or lack it."
    threads: Annotated[int | None, Parameter(converter=_whole_number)] = None
    "CPU threads; all cores by default."
    quiet: bool = False
    "Print nothing but errors and what was asked for."

    def chosen(self) -> dict[str, Any]:
        """The device as arguments of `gpudem.device.start.start`."""
        return {
            "device": self.device,
            "index": self.device_index,
            "threads": self.threads,
            "precision": self.precision,
        }


Sets = Annotated[
    list[str],
    Parameter(
        name="--set",
        negative="",
        consume_multiple=False,
        show_default=False,
        help='Set a scene key, for example --set mill.speed="400 rpm". May be given several times.',
    ),
]


def start_device(
    options: Computing, tell: Callable[[str], None], only_look: bool = False, reason: str = ""
) -> None:
    """Starts the device that the options name, or only checks that it could be started.

    Args:
        options: the options.
        tell: prints a line.
        only_look: only check.
        reason: why it is this one, where the user did not choose it.

    Raises:
        DeviceError: it could not.
    """
    from gpudem.device import start as devices

    find = devices.choose if only_look else devices.start
    device = find(**options.chosen())
    if only_look:
        return
    device = replace(device, reason=reason) if reason else device
    tell(f"device: {device.describe()}")
    if device.kind == "vulkan" and devices.is_software(device.name):
        output.tell("warning: this is a software renderer: slow, for tests only")


def start_for(options: Computing, case: Any, schedule: str, tell: Callable[[str], None]) -> str:
    """Starts the device on which a case runs fastest, of those that the options leave.

    Returns:
        The schedule.

    Raises:
        DeviceError: none could be started.
    """
    from gpudem.running import trial

    candidates = trial.ways([case], options.chosen(), schedule)
    if len(candidates) == 1:
        start_device(options, tell)
        return candidates[0].schedule
    choice = trial.choose([case], candidates, tell)
    choice.way.start()
    tell(f"device: {choice.way.describe()}: {choice.reason}")
    return choice.way.schedule


def check_files(command: str, files: Sequence[Path]) -> None:
    """Refuses a command on run files that names none.

    Raises:
        GpudemError: it does not.
    """
    if not files:
        raise GpudemError(f"{command}: name at least one run file (*.vtkhdf)")


def check_choice(option: str, given: str, accepted: Collection[str]) -> None:
    """Refuses what an option does not know.

    Raises:
        GpudemError: it does not.
    """
    if given not in accepted:
        raise GpudemError(f"{option} {given}: unknown; accepted: {', '.join(accepted)}")


def check_figure(path: Path) -> None:
    """Refuses a figure of another kind than can be drawn.

    Raises:
        GpudemError: it is.
    """
    if path.suffix not in (".png", ".pdf", ".svg"):
        raise GpudemError(f"--figure {path}: name a .png, .pdf or .svg file")


def quantity_option(
    option: str, text: str | None, kind: str, example: str | None = None
) -> float | None:
    """A quantity given to an option [SI], or None."""
    from gpudem.units import QuantityError, parse_quantity

    if text is None:
        return None
    try:
        return parse_quantity(text, kind, example)
    except QuantityError as error:
        raise GpudemError(f"{option} {error}") from None


def positive(option: str, text: str | None, kind: str, example: str | None = None) -> float | None:
    """A quantity above 0 given to an option [SI], or None."""
    from gpudem.units import KINDS

    value = quantity_option(option, text, kind, example)
    if value is not None and value <= 0.0:
        shown = example or KINDS[kind].example
        raise GpudemError(f'{option} "{text}": must be above 0, for example "{shown}"')
    return value


def teller(quiet: bool) -> Callable[[str], None]:
    """What prints lines to stderr, or nothing."""

    def tell(line: str) -> None:
        if not quiet:
            output.tell(printable(line))

    return tell
