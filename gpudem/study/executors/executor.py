"""What runs the cases of a study, seen from the study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

#: Tries of a case whose process died; a fault that is told comes again in each.
MOST_TRIES = 3
#: Kinds of news after which a case runs no more.
ENDS = ("done", "failed", "stopped", "taken")


@dataclass(frozen=True)
class News:
    """What an executor tells of a case.

    Attributes:
        case: the case's folder.
        kind: "begun", "running", "done", "failed", "died" (it is tried again), "stopped" (saved,
            for a signal came), "taken" (another process works on it) or "queued" (a batch system
            runs it by itself).
        share: of the run that is done, while it runs.
        message: why it failed or stopped.
    """

    case: Path
    kind: str
    share: float = 0.0
    message: str = ""


class Executor(Protocol):
    """Runs cases, each in its folder, until all have ended."""

    def describe(self) -> str:
        """Where the cases run, in a few words."""

    @property
    def at_once(self) -> int:
        """How many cases run at the same time."""

    def run(
        self, cases: Sequence[Path], tell: Callable[[News], None], stopped: Callable[[], bool]
    ) -> None:
        """Run cases in this order.

        Args:
            cases: their folders.
            tell: hears what becomes of them.
            stopped: whether to stop: what runs is saved, and nothing more begins.
        """


def run_here(
    cases: Sequence[Path], computing: dict[str, Any], tell: Callable[[News], None]
) -> None:
    """Run a case, or several together, in this process, and tell how they ended.

    What any executor's process does.

    Args:
        cases: folders.
        computing: arguments of `gpudem.device.start.start`.
        tell: hears what becomes of them.
    """
    from gpudem.device import start as devices
    from gpudem.errors import GpudemError, Interrupted
    from gpudem.study.case_folder import CaseFolder, CaseTaken

    def tell_all(kind: str, message: str = "", share: float = 0.0) -> None:
        for case in cases:
            tell(News(case, kind, share, message))

    failed: dict[Path, str] = {}
    tell_all("begun")
    try:
        devices.start(**computing)
        folders = [CaseFolder(case) for case in cases]
        if len(folders) == 1:
            from gpudem.study.run_case import run_case

            run_case(folders[0], lambda share: tell_all("running", share=share))
        else:
            from gpudem.study.batch import run_batch_of_cases

            failed = run_batch_of_cases(folders, lambda share: tell_all("running", share=share))
    except Interrupted as stop:
        tell_all("stopped", str(stop))
    except CaseTaken as taken:
        tell_all("taken", str(taken))
    except GpudemError as error:
        tell_all("failed", str(error))
    else:
        for case in cases:
            message = failed.get(case, "")
            tell(News(case, "failed" if case in failed else "done", message=message))
