"""A plan as text: the answer first, then the alternatives, then what limits it and what to run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from gpudem.plain_text import plural, printable
from gpudem.planning.cases import Cases, Settings
from gpudem.planning.milling_plan import (
    MEANINGS,
    Candidate,
    MillingPlan,
    energy_told,
    next_cases,
)
from gpudem.planning.next_cases import command_note, sweep_commands
from gpudem.planning.reference import Reference
from gpudem.planning.response import Estimate
from gpudem.report.text import UNKNOWN, add_row, number, percent, quantity, table_of
from gpudem.study.dataset import SYMBOLS

#: Coordinates whose unit says what they are.
_PLAIN = ("speed", "diameter", "frequency")
#: What decided the speed, for the table.
_DECIDED = {
    "limit": "limit",
    "longest": "time",
    "fastest": "fastest",
    "slowest": "slowest",
    "given": "given",
    "best": "best",
    "equal": "equal",
}
#: Commands that are printed; JSON output has all.
_MOST_COMMANDS = 4


def settings_told(cases: Cases, settings: Settings) -> str:
    """Settings as people write them: "600 rpm, 5 mm, filling 0.5"."""
    told = []
    for name, value in settings.items():
        unit = cases.coordinate(name).unit
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        shown = f"{shown} {unit}" if unit not in ("", "1") else shown
        told.append(shown if name in _PLAIN else f"{name.replace('_', ' ')} {shown}")
    return ", ".join(told)


def print_plan(
    cases: Cases, plan: MillingPlan, console: Console, reference: Reference | None = None
) -> None:
    """Print a plan that has an answer.

    Args:
        cases: what it rests on.
        plan: the answers.
        console: a rich Console.
        reference: the run that is to be matched, if any.
    """

    def say(line: str) -> None:
        console.print(printable(line), markup=False, highlight=False)

    if reference is not None:
        for line in reference.told(plan.wish.stress, cases):
            say(line)
    for line in answer(cases, plan):
        say(line)
    say("")
    _print_table(cases, plan, console)
    lines = limits(cases, plan)
    for line in lines:
        say(line)
    if lines:
        say("")
    _print_commands(cases, plan, console)


def answer(cases: Cases, plan: MillingPlan) -> list[str]:
    """The preferred settings, whether to trust them, and what was left out."""
    best, wish = plan.best, plan.wish
    assert best is not None
    told = f"{_wanted(plan)}: {settings_told(cases, best.settings)}"
    if best.speed_share is not None:
        told += f" (the speed is known to +- {percent(best.speed_share)})"
    if best.time is not None and wish.energy is not None:
        mass = best.time.value * best.power.value / wish.energy
        told += (
            f": {quantity(wish.energy, 'specific_energy', 4)} in {quantity(mass, 'mass')} of "
            f"product after {_between(best.time, 'time')}"
        )
    others = [name for name in ("SE_90", "SE") if name != wish.stress and name in best.stresses]
    for name in (wish.stress, *others):
        told += f"; {name} {_between(best.stresses[name], 'energy')}"
    return [f"{told}.", _trust(cases, best, plan), *_central(cases), *_left_out(cases)]


def _wanted(plan: MillingPlan) -> str:
    wish = plan.wish
    if wish.same_stress is not None:
        return f"Same {wish.stress}"
    what = f"Gentlest ({wish.stress})" if wish.prefer == "stress" else "Shortest"
    return f"{what} with {wish.limits}" if wish.limits else what


def _between(one: Estimate, kind: str) -> str:
    """A value with the ends of its interval."""
    write = energy_told if kind == "energy" else lambda value: quantity(value, kind)
    middle, low, high = (write(value) for value in (one.value, one.low, one.high))
    units = [text.partition(" ")[2] for text in (middle, low, high)]
    if len(set(units)) == 1:
        low, high = low.partition(" ")[0], high.partition(" ")[0]
    return f"{middle} ({low} to {high})"


def _trust(cases: Cases, best: Candidate, plan: MillingPlan) -> str:
    fits = " and ".join(
        f"{percent(fit['left_out_error'])} ({name}, {fit['form']}, {plural(fit['cases'], 'case')})"
        for name, fit in plan.fits.items()
    )
    missed = f"the fits predict cases left out to within {fits}"
    if best.trusted:
        own = cases.at(best.settings)["seeds"]
        where = (
            f"it was simulated itself, with {plural(int(own.iloc[0]), 'seed')}"
            if len(own)
            else "it lies among the cases"
        )
        return f"It can be trusted as an answer of the simulation: {where}, and {missed}."
    return f"It can NOT be trusted yet: {'; '.join(best.doubts)}; {missed}."


def _central(cases: Cases) -> list[str]:
    keys = ", ".join(cases.uncertain)
    told = (
        f"It rests on the central values of what is not known exactly ({keys}); its intervals "
        "leave that uncertainty out, which gpudem report of the study gives."
    )
    return [told] if keys else []


def _left_out(cases: Cases) -> list[str]:
    told = [f"{plural(n, 'case')} {reason}" for reason, n in cases.left_out.items() if n]
    hint = "; longer runs may be" if cases.left_out["not steady"] else ""
    return [f"Left out: {', '.join(told)}{hint}."] if told else []


def shown_names(cases: Cases, plan: MillingPlan) -> list[str]:
    """Names of the settings that differ between answers, the drive last."""
    settings = [one.settings for one in (*plan.candidates, *plan.missing)]
    settings += [one.settings for one in plan.refusals]
    names = [
        name
        for name in cases.names
        if name != cases.drive and len({one.get(name) for one in settings}) > 1
    ]
    return [*names, *([cases.drive] if cases.drive else [])] or list(cases.names)


def _print_table(cases: Cases, plan: MillingPlan, console: Console) -> None:
    wish = plan.wish
    names = shown_names(cases, plan)
    heads = []
    for name in names:
        unit = cases.coordinate(name).unit
        word = SYMBOLS.get(name, name)
        heads.append(f"{word} [{unit}]" if unit not in ("", "1") else word)
    kinds = [wish.stress, *(one for one in ("SE_90", "SE") if one != wish.stress)][:2]
    kinds = [one for one in kinds if plan.candidates and one in plan.candidates[0].stresses]
    table = table_of(
        "Alternatives, best first",
        *heads,
        "by",
        *(["time [min]"] if wish.energy is not None else []),
        *(f"{one} [µJ]" for one in kinds),
        "trust",
    )
    # Close together, so that values with errors fit 80 columns.
    table.padding, table.pad_edge = (0, 1, 0, 0), False
    for one in plan.candidates:
        values = [one.settings[name] for name in names]
        add_row(
            table,
            *(f"{v:.6g}" if isinstance(v, float) else str(v) for v in values),
            _DECIDED[one.decided],
            *([_pm(one.time, 1.0 / 60.0)] if wish.energy is not None else []),
            *(_pm(one.stresses.get(kind), 1e6) for kind in kinds),
            "yes" if one.trusted else "no",
        )
    console.print(table)
    console.print(
        "+- is half the 95 % interval. "
        + "".join(f"{name}: {MEANINGS[name]}. " for name in kinds)
        + "by, what decided the speed: limit, the upper end of the interval of "
        f"{wish.stress} reaches the limit; time, the longest time; fastest, no faster case was "
        "simulated; equal, the stress to be matched; best, neither faster nor slower is better.",
        markup=False,
        highlight=False,
    )
    console.print()


def _pm(one: Estimate | None, scale: float) -> str:
    """A value with half its interval, to the digit that this leaves."""
    if one is None:
        return UNKNOWN
    value, half = scale * one.value, scale * one.value * one.half
    if not 0.0 < half < math.inf:
        return number(value)
    digits = min(6, max(2, 1 + math.floor(math.log10(value)) - math.floor(math.log10(half))))
    return f"{number(value, digits)} +- {number(half, 1)}"


def limits(cases: Cases, plan: MillingPlan) -> list[str]:
    """What limits the answer, one line each."""
    lines = []
    for refusal in plan.refusals:
        where = settings_told(cases, refusal.settings)
        lines.append(f"Refused: {where}{': ' if where else ''}{refusal.reason}.")
    for one in plan.missing:
        told = f"{plan.wish.stress} {_between(one.stresses[plan.wish.stress], 'energy')}"
        if one.time is not None:
            told += f" and {_between(one.time, 'time')}"
        settings = {k: v for k, v in one.settings.items() if k != cases.drive}
        at = (
            ""
            if cases.drive is None
            else settings_told(cases, {cases.drive: one.settings[cases.drive]})
        )
        whole = settings_told(cases, settings)
        lines.append(f"Over the limits at any speed: {whole}; nearest at {at}: {told}.")
    for one in plan.candidates[1:]:
        if not one.trusted:
            told = "; ".join(one.doubts)
            lines.append(f"Not trusted: {settings_told(cases, one.settings)}: {told}.")
    if plan.faster and plan.best is not None and plan.best.decided == "fastest":
        lines.append(
            "The fastest cases decide, not the limit: a faster mill would need less time."
            if plan.wish.most_stress is not None
            else "No stress energy was limited (--most-stress): the fastest cases decide."
        )
    return lines


def _print_commands(cases: Cases, plan: MillingPlan, console: Console) -> None:
    faster = plan.faster if plan.best is not None and plan.best.trusted else ()
    before = 0
    for head, points in (
        ("Run next, to turn these into answers:", next_cases(cases, plan)),
        ("Run, if the mill may run faster:", faster),
    ):
        commands = sweep_commands(cases, points, before)
        before += len(commands)
        if not commands:
            continue
        console.print(head, markup=False, highlight=False)
        _print_plain([f"  {command}" for command in commands[:_MOST_COMMANDS]], console)
        if len(commands) > _MOST_COMMANDS:
            left = len(commands) - _MOST_COMMANDS
            console.print(f"  and {left} more (--json lists all)", highlight=False)
        _print_plain([f"  {command_note(cases, commands[:_MOST_COMMANDS])}"], console)


def _print_plain(lines: Sequence[str], console: Console) -> None:
    """Lines that can be copied: never broken."""
    for line in lines:
        console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def as_json(cases: Cases, plan: MillingPlan, reference: Reference | None = None) -> dict[str, Any]:
    """The plan as plain values, SI units; settings in those of the study."""
    wish = plan.wish
    following = sweep_commands(cases, next_cases(cases, plan))
    units = {one.name: one.unit for one in cases.coordinates}
    return {
        "schema": "gpudem-plan-1",
        "studies": [str(folder.path) for folder in cases.folders],
        "wanted": {
            "specific_energy": wish.energy,
            "product_mass": wish.mass if wish.mass is not None else cases.mass,
            "stress": wish.stress,
            "stress_meaning": MEANINGS[wish.stress],
            "most_stress": wish.most_stress,
            "same_stress": wish.same_stress,
            "longest": wish.longest,
            "prefer": wish.prefer,
            "tolerance": wish.tolerance,
        },
        "like": None if reference is None else reference.as_json(),
        "units": units,
        "best": None if plan.best is None else _candidate(plan.best),
        "candidates": [_candidate(one) for one in plan.candidates],
        "over_the_limits": [_candidate(one) for one in plan.missing],
        "refused": [
            {"settings": dict(one.settings), "reason": one.reason} for one in plan.refusals
        ],
        "left_out": dict(cases.left_out),
        "central_values_of": list(cases.uncertain),
        "fits": {name: dict(fit) for name, fit in plan.fits.items()},
        "run_next": following,
        "run_faster": sweep_commands(cases, plan.faster, len(following)),
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "settings": dict(one.settings),
        "decided_by": one.decided,
        "milling_time": _estimate(one.time),
        "power": _estimate(one.power),
        "stress_energy": {name: _estimate(value) for name, value in one.stresses.items()},
        "speed_relative_error_95": one.speed_share,
        "excess": one.excess,
        "trusted": one.trusted,
        "doubts": list(one.doubts),
    }


def _estimate(one: Estimate | None) -> dict[str, float] | None:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}
