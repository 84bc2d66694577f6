"""Whether a study can be trusted, and the command to run next where it cannot."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gpudem.analysis.paper import reported
from gpudem.plain_text import plural
from gpudem.report.answers import BAD, CARE, GOOD, Answer, Check, checks
from gpudem.report.next_run import longer
from gpudem.report.text import percent
from gpudem.study.study_folder import StudyFolder

if TYPE_CHECKING:
    import pandas

Result = Mapping[str, Any]


def doubts_of_case(result: Result, several_seeds: bool) -> list[Check]:
    """Quality checks that a case does not pass, but for what is told of the study as a whole."""
    told_otherwise = {"Published values"}
    if several_seeds:
        told_otherwise.add("Statistical uncertainty")
    return [c for c in checks(result) if c.verdict != GOOD and c.name not in told_otherwise]


def trust_in(rows: pandas.DataFrame, results: Sequence[Result], total: int) -> Answer:
    """Whether a study can be trusted.

    Args:
        rows: its cases, seeds averaged.
        results: of the cases that are done.
        total: how many cases there are.
    """
    done, seeds = len(results), bool((rows["seeds"] > 1).all())
    counts: dict[str, int] = {}
    worst = GOOD
    for result in results:
        for check in doubts_of_case(result, seeds):
            # Reasons differ from case to case; the table of cases has them.
            short = check.short.partition(" (")[0]
            counts[short] = counts.get(short, 0) + 1
            worst = BAD if BAD in (worst, check.verdict) else CARE
    off = [abs(result["ledger"]["channels"] or 0.0) for result in results]
    ledger = f"the energy ledger is off by {percent(max(off))} at most"
    if counts:
        listed = "; ".join(f"{short} ({count} of {done})" for short, count in counts.items())
        told = f"{listed[:1].upper()}{listed[1:]}; {ledger}."
    else:
        told = f"All {plural(done, 'case')} are steady and pass all quality checks; {ledger}."
    errors = rows["power_error"] / rows["power"].abs()
    if errors.notna().any():
        told += f" Powers are known to {percent(float(errors.max()), 1)} or better."
    ratios = [
        result["power"]["dissipation"]["total"] / case.power()
        for result in results
        for case in reported(result)
    ]
    if ratios:
        ends = " to ".join(dict.fromkeys(f"{end:.2g}" for end in (min(ratios), max(ratios))))
        told += f" Powers are {ends} times what published energy inputs mean (see below)."
        worst = CARE if worst == GOOD else worst
    if done < total:
        told += f" {total - done} of {total} are not done."
        worst = CARE if worst == GOOD else worst
    head = {GOOD: "yes", CARE: "with care", BAD: "not all of it"}[worst]
    return Answer("Can it be trusted?", head, told, worst)


def sliding_prevails(results: Sequence[Result]) -> int:
    """In how many cases beads slide and roll rather than hit."""
    return sum(bool(result["lasting_contacts"]["dominate"]) for result in results)


def unsteady(results: Sequence[Result]) -> int:
    """How many cases are not shown to be steady."""
    return sum(not result["steady"] for result in results)


def next_study(folder: StudyFolder, results: Sequence[Result]) -> str:
    """The command that runs a study for longer, where cases are not steady; "" where none helps.

    Args:
        folder: of the study.
        results: of its cases that are done.
    """
    contents = folder.contents
    if not unsteady(results) or "run.duration" in contents["keys"]:
        return ""
    ends = [float(result["window"]["end"]) for result in results]
    if not math.isclose(min(ends), max(ends), rel_tol=1e-6):
        return ""
    name = folder.path.resolve().name
    following = folder.path.with_name(f"{name}-next")
    if following.exists():
        return shlex.join(["gpudem", "report", str(following)])
    setting = f"run.duration={longer(results)}"
    return shlex.join(["gpudem", "study", str(folder.path), "--set", setting, "-o", str(following)])
