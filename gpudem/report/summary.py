"""The summary of a run: whether to trust it, power, hard collisions, milling time and motion."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from gpudem.analysis.paper import is_papers_case
from gpudem.plain_text import printable
from gpudem.report.answers import (
    GOOD,
    VERDICTS,
    answers,
    doubts,
    doubts_of_time,
    goal_of,
    hard_share,
    milling_time_of,
    per_gram,
    power_error,
    power_of,
    specific_power_of,
    stress_values,
    time_text,
    worth,
)
from gpudem.report.motion_text import regime_of
from gpudem.report.next_run import next_command
from gpudem.report.text import case_text, quantity, signed_percent

Result = Mapping[str, Any]
#: Lines are no longer than people like to read.
_WIDEST = 100


def summary(result: Result) -> list[tuple[str, str]]:
    """What a run says in a few lines, the verdict first.

    Args:
        result: what `gpudem.report.report.analyse` returned; the motion of the beads is read from
            its run file, where that still is.

    Returns:
        Names and sentences.
    """
    lines = (
        ("Verdict", verdict(result)),
        _power(result),
        (
            "Collisions" if result["lasting_contacts"]["dominate"] else "Hard collisions",
            _hard(result),
        ),
        ("Milling time", _time(result)),
        ("Motion", regime_of(result["file"])),
        ("Run", _run(result)),
    )
    return [(name, text) for name, text in lines if text]


def verdict(result: Result) -> str:
    """Whether a run can be trusted, and why not."""
    known = answers(result)[2].verdict
    if known != GOOD:
        return f"{VERDICTS[known]}: {doubts(result)}"
    book = signed_percent(result["ledger"]["channels"])
    return (
        f"{VERDICTS[GOOD]}: steady, energy ledger closes ({book}), statistical uncertainty of "
        f"the power {power_error(result)}"
    )


def _power(result: Result) -> tuple[str, str]:
    power, mass = worth(power_of(result)), result["milling"]["product_mass"]
    if mass is None:
        return "Power", f'{power}; W per gram follow from the product\'s mass (--mass "20 g")'
    specific = per_gram(specific_power_of(result))
    return "Specific power", f"{specific} of product ({power}, {quantity(mass, 'mass')})"


def _hard(result: Result) -> str:
    found = stress_values(result)
    if not result["stress_frequency"]["event"] or not found["SE_90"].known:
        return answers(result)[1].sentence
    if result["lasting_contacts"]["dominate"]:
        return answers(result)[1].sentence
    return (
        f"SE_90 = {worth(found['SE_90'])}, SF_90 = {worth(found['SF_90'])}. {hard_share(result)}."
    )


def _time(result: Result) -> str:
    if result["milling"]["product_mass"] is None or not milling_time_of(result).known:
        return answers(result)[0].headline
    unsure = doubts_of_time(result)
    return (
        f"{goal_of(result)} is reached after {time_text(result)}"
        f"{f', an estimate: {unsure}' if unsure else ''}"
    )


def _run(result: Result) -> str:
    window = result["window"]
    start, end = (quantity(window[name], "time") for name in ("start", "end"))
    stopped = "" if result["complete"] else "; the run has not come to its end"
    return f"{case_text(result)}; {start} to {end} evaluated{stopped}"


def print_summary(result: Result, console: Console) -> None:
    """Print the summary of a run."""
    lines = summary(result)
    width = max(len(name) for name, _ in lines) + 2
    for name, text in lines:
        print_wrapped(f"{name + ':':{width}}{text}", console, indent=width)


def print_wrapped(text: str, console: Console, *, indent: int = 0) -> None:
    """Print a text in lines that people can read, all but the first indented."""
    wrapped = textwrap.fill(
        printable(text),
        min(console.width, _WIDEST),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(wrapped, markup=False, highlight=False, soft_wrap=True)


def print_hints(
    results: Sequence[Result], console: Console, *, full: bool = False, paper: bool = False
) -> None:
    """Say what to run next, and which options show more, of those that were not given."""
    if len(results) == 1 and (command := next_command(results[0])):
        # In one line, so that it can be copied.
        console.print(printable(f"Next: {command}"), markup=False, highlight=False, soft_wrap=True)
    if not full and len(results) == 1:
        command = shlex.join(["gpudem", "report", str(results[0]["file"]), "--full"])
        print_wrapped(f"More: {command} (losses, SE, SF, SN, errors, ledger)", console)
    elif not full:
        print_wrapped("More: --full (sentences on each, means over seeds, exponents)", console)
    if not paper and any(is_papers_case(result["scene"]) for result in results):
        print_wrapped(
            "Published values of this mill beside it: --paper (Frankenberg et al. 2025)", console
        )
