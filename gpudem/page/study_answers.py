"""The three answers of the page of a study, and its summary."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gpudem.analysis.power_law import why_indicative
from gpudem.plain_text import plural
from gpudem.report.answers import GOOD, NO_STRESSES, VERDICTS, Answer
from gpudem.report.value import Value
from gpudem.study.dataset import SYMBOLS
from gpudem.study.laws import StudyLaw
from gpudem.study.spread import PROPAGATED, Spread
from gpudem.study.spread_text import between
from gpudem.study.verdict import sliding_prevails, trust_in, unsteady

if TYPE_CHECKING:
    import pandas
    import xarray

Result = Mapping[str, Any]


def varied_names(dataset: xarray.Dataset, rows: pandas.DataFrame) -> list[str]:
    """Coordinates that tell cases apart; those that take several values, where some do."""
    names = [str(name) for name in dataset.coords if str(name) in rows]
    return [name for name in names if rows[name].nunique() > 1] or names


def value_of_row(row: Any, name: str, kind: str) -> Value:
    """A quantity of a row of the data set with its error, where that is known."""
    error = float(row.get(f"{name}_error", math.nan))
    return Value(float(row[name]), kind, error if error > 0.0 else None)


def doubt(trust: Answer) -> str:
    """What goes before the summary of a study that is not to be trusted without more ado."""
    words = VERDICTS[trust.verdict]
    return "" if trust.verdict == GOOD else f"{words[0].upper()}{words[1:]}. "


def study_summary(
    dataset: xarray.Dataset,
    rows: pandas.DataFrame,
    laws: Sequence[StudyLaw],
    goal: str,
    results: Sequence[Result],
) -> str:
    """What varies, the power, the milling time, and how the power grows, in a few sentences.

    Args:
        dataset: of the study.
        rows: its cases, seeds averaged.
        laws: its power laws.
        goal: wanted energy, in words.
        results: of its cases.
    """
    varied, rough = varied_names(dataset, rows), bool(unsteady(results))
    about = "about " if rough else ""
    power = [value_of_row(row, "power", "power") for _, row in rows.iterrows()]
    spans = []
    for name in varied:
        values = sorted(set(rows[name]))
        if len(values) > 1 and not isinstance(values[0], str):
            unit = str(dataset[name].attrs.get("units", ""))
            shown = f" {unit}" if unit not in ("", "1") else ""
            spans.append(f"{name} {values[0]:.4g} to {values[-1]:.4g}{shown}")
    text = f"Over {' and '.join(spans)} the" if spans else "The"
    text += f" beads dissipate {about}{_span(power, rough)}"
    times = [value_of_row(row, "milling_time", "time") for _, row in rows.iterrows()]
    if all(time.known for time in times):
        ends = (min(times, key=_number), max(times, key=_number))
        first, last = (f"{about}{end.rough if rough else end.text}" for end in ends)
        both = f"{first} at best and {last} at worst"
        text += f": {goal} is reached after {first if len(times) == 1 else both}"
    told = next((law for law in laws if law.quantity == "power"), None)
    if told is not None:
        name = told.law.variables[0]
        indicative = why_indicative(told.law.cases, not rough)
        digits = 1 if indicative else 2
        exponents = [law.law.exponents[name].value for law in laws if law.quantity == "power"]
        ends_told = sorted({f"{value:.{digits}f}" for value in exponents}, key=float)
        span = " to ".join(dict.fromkeys((ends_told[0], ends_told[-1])))
        text += f". The power grows as {SYMBOLS.get(name, name)}^{span}"
        text += f" (indicative only: {indicative})" if indicative else ""
    return f"{text}."


def _span(values: Sequence[Value], rough: bool) -> str:
    """The least and the largest of some values, in two digits where they are estimates."""
    known = [value for value in values if value.known] or list(values)
    ends = (min(known, key=_number), max(known, key=_number))
    return " to ".join(dict.fromkeys(end.rough if rough else end.text for end in ends))


def _number(value: Value) -> float:
    return value.value if value.value is not None else math.nan


def study_answers(
    rows: pandas.DataFrame,
    results: Sequence[Result],
    goal: str,
    total: int,
    spreads: Sequence[Spread] = (),
) -> tuple[Answer, Answer, Answer]:
    """How long to mill, how hard and how often beads hit, and whether to trust it.

    Args:
        rows: the cases, seeds averaged.
        results: of the cases.
        goal: wanted energy, in words.
        total: how many cases there are.
        spreads: by uncertain parameters.
    """
    rough = bool(unsteady(results))
    about = "about " if rough else ""

    def span(name: str, kind: str, short: bool = False) -> str:
        values = [value_of_row(row, name, kind) for _, row in rows.iterrows()]
        return _span(values, short or rough)

    question = "How long to mill?"
    if rows["milling_time"].notna().any():
        time = Answer(
            question,
            f"{about}{span('milling_time', 'time', True)}{_interval(spreads, 'milling_time')}",
            f"{goal} is reached after {about}{span('milling_time', 'time')}, from the fastest case "
            f"to the slowest; the beads dissipate {about}"
            f"{span('specific_power', 'specific_power')} of product."
            + _intervals(spreads, "milling_time"),
        )
    else:
        time = Answer(
            question,
            "not known: no mass of product",
            "Give product.mass in the scene to learn milling times.",
        )
    sliding = sliding_prevails(results)
    where = f"In {sliding} of {plural(len(results), 'case')} beads slide and roll rather than hit"
    if sliding == len(results):
        headline = "they slide and roll rather than hit"
        sentence = f"{where}: {NO_STRESSES}; use the power instead."
    else:
        headline = span("stress_energy_90", "energy", True)
        sentence = (
            "The most energetic collisions, which carry 90 % of the energy, dissipate on average "
            f"SE_90 = {span('stress_energy_90', 'energy')}, "
            f"SF_90 = {span('stress_frequency_90', 'rate')} of them; over all collisions "
            f"SE = {span('stress_energy', 'energy')} (event convention)."
        )
        sentence += f" {where}: there {NO_STRESSES}." if sliding else ""
    stress = Answer("How hard and how often do beads hit?", headline, sentence)
    return time, stress, trust_in(rows, results, total)


def _interval(spreads: Sequence[Spread], name: str) -> str:
    """The interval of a single point, in brackets."""
    own = [one for one in spreads if one.quantity == name]
    return f" ({between(own[0].low, own[0].high, PROPAGATED[name][1])})" if len(own) == 1 else ""


def _intervals(spreads: Sequence[Spread], name: str) -> str:
    """The intervals of the least and the largest value, where there are uncertain parameters."""
    own = sorted((one for one in spreads if one.quantity == name), key=lambda one: one.value)
    kind = PROPAGATED[name][1]
    ends = dict.fromkeys(between(one.low, one.high, kind) for one in own[:1] + own[-1:])
    told = " and ".join(ends)
    return f" By what is not known of parameters it may be {told} (90 % intervals)." if told else ""
