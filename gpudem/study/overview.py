"""What is done of a study, shown while it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpudem.errors import GpudemError
from gpudem.output import tell as print_line
from gpudem.plain_text import plural, printable, spoken_duration
from gpudem.study.case_folder import CaseFolder
from gpudem.study.cost import CostModel, longest_first
from gpudem.study.executors.executor import Executor, News


@dataclass
class Outcome:
    """What became of the cases.

    Attributes:
        done: number of cases with results, those of earlier runs too.
        failed: folder and message of those that failed.
        taken: number of those that other processes work on.
        queued: number of those that a batch system runs by itself.
    """

    done: int = 0
    failed: dict[Path, str] = field(default_factory=dict)
    taken: int = 0
    queued: int = 0


def learn(costs: CostModel, case: CaseFolder, about: dict[str, Any]) -> None:
    """Have a cost model learn from a case that is done."""
    try:
        seconds = float(case.result["wall_seconds"])
    except (GpudemError, KeyError, TypeError, ValueError):
        return
    costs.learn(about["beads"], about["bead_steps"], seconds)


class Overview:
    """What is done of a study, for people: a bar in a terminal, a line a case elsewhere."""

    def __init__(
        self,
        about: dict[Path, dict[str, Any]],
        left: Sequence[Path],
        outcome: Outcome,
        costs: CostModel,
        executor: Executor,
        quiet: bool,
    ) -> None:
        self._about, self._outcome, self._costs = about, outcome, costs
        self._executor, self._quiet = executor, quiet
        self._share = dict.fromkeys(left, 0.0)
        self._total = len(about)
        self._bar: Any = None

    def __enter__(self) -> Overview:
        if not self._quiet and self._share:
            print_line(
                f"{plural(len(self._share), 'case')} of {self._total} to run in "
                f"{self._executor.describe()}; {self._time_left()}"
            )
        if not self._quiet and self._share and sys.stderr.isatty():
            self._begin_bar()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _begin_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        total = sum(self._about[case]["bead_steps"] for case in self._share)
        self._task = self._bar.add_task("", total=total, note="")
        self._show()

    def take(self, news: News) -> None:
        """Take in what became of a case."""
        case, about = news.case, self._about[news.case]
        line = ""
        if news.kind == "begun":
            return
        if news.kind == "running":
            self._share[case] = news.share
        elif news.kind == "done":
            self._share[case] = 1.0
            self._outcome.done += 1
            folder = CaseFolder(case)
            learn(self._costs, folder, about)
            line = f"{about['label']}: {_short(folder)}; {self._time_left()}"
        elif news.kind == "failed":
            del self._share[case]
            self._outcome.failed[case] = news.message
            line = f"{about['label']}: failed: {news.message}"
        elif news.kind == "taken":
            del self._share[case]
            self._outcome.taken += 1
            line = f"{about['label']}: {news.message}"
        elif news.kind == "queued":
            self._outcome.queued += 1
        elif news.kind == "died":
            self._share[case] = 0.0
            line = f"{about['label']}: {news.message}; it is tried again"
        if line and not self._quiet:
            self._print(f"[{self._outcome.done}/{self._total}] {line}")
        self._show()

    def _print(self, line: str) -> None:
        if self._bar is None:
            print_line(printable(line))
        else:
            from rich.markup import escape

            self._bar.console.print(escape(printable(line)), highlight=False)

    def _show(self) -> None:
        if self._bar is not None:
            done = sum(s * self._about[case]["bead_steps"] for case, s in self._share.items())
            name = f"{self._outcome.done} of {self._total} cases"
            self._bar.update(self._task, completed=done, description=name, note=self._time_left())

    def _time_left(self) -> str:
        """Expected time for what is left, in words."""
        seconds = [
            (1.0 - share)
            * self._costs.seconds(self._about[case]["beads"], self._about[case]["bead_steps"])
            for case, share in self._share.items()
            if share < 1.0
        ]
        if not seconds:
            return "all are done"
        if not self._costs.known:
            return "the first one done tells how long the others take"
        return f"about {spoken_duration(longest_first(seconds, self._executor.at_once))} left"


def _short(folder: CaseFolder) -> str:
    """A case's results in a few words."""
    found = folder.result
    power, seconds = found["power"]["dissipation"]["total"], found["wall_seconds"]
    told = "no power" if power is None else f"{power:.3g} W"
    unsteady = "" if found["steady"] else ", not steady"
    return f"{told}{unsteady} ({spoken_duration(seconds)})"
