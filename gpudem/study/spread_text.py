"""What uncertain parameters make of a study's answers, in words: the answer, tables, doubts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from gpudem.plain_text import plural, printable
from gpudem.report.text import UNKNOWN, add_row, number, percent, quantity, signed_percent, table_of
from gpudem.report.value import Value
from gpudem.study.dataset import coordinate_head, drawn_names, point_text, shown_value
from gpudem.study.spread import PROPAGATED, Influence, Spread, influences_over_points, spreads_of

if TYPE_CHECKING:
    import xarray

#: How tables for terminals write quantities: head, and SI value of the unit in it.
_HEADS = {
    "milling_time": ("time [min]", 60.0),
    "specific_energy": ("E_m [J/g]", 1e3),
    "power": ("P [W]", 1.0),
    "stress_energy_90": ("SE_90 [µJ]", 1e-6),
    "stress_frequency_90": ("SF_90 [10³/s]", 1e3),
    "stress_energy": ("SE [µJ]", 1e-6),
    "stress_frequency": ("SF [10³/s]", 1e3),
}
#: Rows of the table at most; all are on the page in HTML and in the CSV files.
MOST_ROWS = 40
#: Draws for each parameter, below which shares are rough.
_DRAWS_EACH = 10
#: Standard errors that the mean over draws may lie off the central value.
_OFF = 3.0


def between(low: float, high: float, kind: str = "number") -> str:
    """Two ends in the unit of the middle: "9.6 to 15 min"."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "-"
    _, size, unit = Value(math.sqrt(low * high), kind).scale()
    # So many digits that the two ends differ in the last but one.
    digits = 2 if high <= low else max(2, 1 + math.ceil(math.log10(high / (high - low))))
    told = " to ".join(number(end / size, digits) for end in (low, high))
    return f"{told} {unit}".strip()


def parameters_told(dataset: xarray.Dataset) -> str:
    """Names of the parameters: "restitution and rolling friction"."""
    *first, last = (name.replace("_", " ") for name in drawn_names(dataset))
    return f"{', '.join(first)} and {last}" if first else last


def answer(dataset: xarray.Dataset, spreads: Sequence[Spread]) -> str:
    """The answer with its interval, in a sentence; empty before there is one.

    Of several points the fastest and the slowest.
    """
    name = next((one for one in ("milling_time", "power") if _has(spreads, one)), None)
    if name is None:
        return ""
    own = sorted((one for one in spreads if one.quantity == name), key=lambda one: one.value)
    kind = PROPAGATED[name][1]
    goal = quantity(float(dataset.attrs["wanted_energy"]), "specific_energy")
    told = f"{goal} is reached after" if name == "milling_time" else "The beads dissipate"
    parts = []
    for one in own if len(own) == 1 else (own[0], own[-1]):
        where = point_text(dataset, one.point) if len(own) > 1 else ""
        inside = f"{quantity(one.value, kind)} ({between(one.low, one.high, kind)})"
        parts.append(f"{inside} at {where}" if where else inside)
    draws = plural(min(one.draws for one in own), "draw")
    return (
        f"{told} {' and '.join(parts)}; in brackets the 90 % interval by what is not known of "
        f"{parameters_told(dataset)} ({draws})."
    )


def uncertain_sentences(dataset: xarray.Dataset) -> list[str]:
    """The answer of a study with uncertain parameters, and which cases the others are of."""
    if "draws" not in dataset.attrs:
        return []
    done, total = int(dataset.attrs["done"]), int(dataset.attrs["cases"])
    told = answer(dataset, spreads_of(dataset))
    cases = (
        f"With draws of uncertain parameters {done} of {plural(total, 'case')} are done; what "
        "follows without an interval is of their central values."
    )
    return [told, cases] if told else [cases]


def _has(spreads: Sequence[Spread], name: str) -> bool:
    return any(one.quantity == name for one in spreads)


def doubts(dataset: xarray.Dataset, spreads: Sequence[Spread]) -> list[str]:
    """What is to be known of spreads and shares, a sentence each."""
    if not spreads:
        return []
    fewest, wanted = min(one.draws for one in spreads), int(dataset.attrs["draws"])
    parameters = len(drawn_names(dataset))
    lines = []
    if fewest < wanted:
        lines.append(f"At some points only {fewest} of {wanted} draws are done.")
    if any(math.isnan(one.chance) for one in spreads):
        lines.append(
            "Some evaluated periods are too short for standard errors: there chance is in the "
            "spread, as if it were an effect of the parameters (simulate longer)."
        )
    rough = percent(1.0 / math.sqrt(2.0 * (fewest - 1)), 1)
    lines.append(f"With {fewest} draws a spread is itself known to about {rough}.")
    if not any(one.influences for one in spreads):
        lines.append(
            f"Which of {plural(parameters, 'parameter')} matters most takes at least "
            f"{parameters + 2} draws."
        )
    elif fewest < _DRAWS_EACH * parameters:
        lines.append(
            f"Shares by {fewest} draws of {plural(parameters, 'parameter')} are rough: "
            f"{_DRAWS_EACH * parameters} draws would tell them well."
        )
    bent = [one for one in spreads if abs(one.off) > _OFF]
    if bent:
        worst = max(bent, key=lambda one: abs(one.off))
        words, kind = PROPAGATED[worst.quantity]
        where = point_text(dataset, worst.point)
        lines.append(
            f"The mean over draws lies off the central value ({words}"
            + (f" at {where}" if where else "")
            + f": {quantity_text(worst.mean, kind)} against {quantity_text(worst.value, kind)}): "
            "within the errors the answer is no straight line, and intervals are rough."
        )
    unsteady = int((dataset["done"] & ~dataset["steady"]).sum())
    if unsteady:
        done = int(dataset["done"].sum())
        lines.append(f"{unsteady} of {done} windows, those of draws too, are not steady.")
    return lines


def quantity_text(value: float, kind: str, error: float | None = None) -> str:
    """A value of `PROPAGATED` with unit and error for terminals."""
    return Value(value, kind, error).text.replace("±", "+-")


def parameter_words(name: str) -> str:
    """Name of a parameter as people write it."""
    return name.replace("_", " ")


def influence_text(one: Influence | None) -> str:
    """A share and the effect of one standard deviation: "62 % (-8.1 %)"."""
    if one is None:
        return UNKNOWN
    return f"{percent(one.share)} ({signed_percent(one.effect)})"


def print_spreads(dataset: xarray.Dataset, console: Console) -> None:
    """Print what uncertain parameters make of a study's answers.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned, of a study with such parameters.
        console: a rich Console.
    """
    spreads = spreads_of(dataset)
    if not spreads:
        return
    _print_spreads(dataset, spreads, console)
    _print_influences(dataset, spreads, console)
    for line in doubts(dataset, spreads):
        console.print(printable(line), markup=False)
    console.print()


def _print_spreads(dataset: xarray.Dataset, spreads: Sequence[Spread], console: Console) -> None:
    names = varying(spreads)
    title = "With uncertain parameters"
    heads = (*(coordinate_head(dataset, name) for name in names), "value", "spread")
    table = table_of(title, "", *heads, "90 % interval")
    for one in spreads[:MOST_ROWS]:
        head, size = _HEADS[one.quantity]
        value = Value(one.value / size, error=one.error / size)
        add_row(
            table,
            head,
            *(shown_value(one.point[name]) for name in names),
            value.digits().replace("±", "+-"),
            percent(one.spread / abs(one.value)) if one.value else UNKNOWN,
            between(one.low / size, one.high / size),
        )
    console.print(table)
    if len(spreads) > MOST_ROWS:
        console.print(f"{len(spreads) - MOST_ROWS} more rows are left out here.")
    console.print(
        "Value: for the central values of the parameters, +- its standard error by chance. Spread: "
        "standard deviation by the parameters alone, that of chance taken off; 0 where draws "
        "differ by no more than chance. The interval holds both.",
        markup=False,
    )
    console.print()


def _print_influences(dataset: xarray.Dataset, spreads: Sequence[Spread], console: Console) -> None:
    names = drawn_names(dataset)
    heads = (*map(parameter_words, names), "the rest")
    table = table_of("Share of the variance (effect of one standard error)", "", *heads)
    for name in dict.fromkeys(one.quantity for one in spreads):
        found = influences_over_points(dataset, name)
        if found:
            rest = percent(rest_of(found))
            add_row(table, PROPAGATED[name][0], *map(influence_text, found), rest)
    if not table.row_count:
        return
    console.print(table)
    console.print("The rest is chance, and what is no straight line.", markup=False)
    console.print()


def varying(spreads: Sequence[Spread]) -> list[str]:
    """Names of the coordinates that tell points apart."""
    names = list(spreads[0].point) if spreads else []
    return [name for name in names if len({str(one.point[name]) for one in spreads}) > 1]


def rest_of(influences: Sequence[Influence]) -> float | None:
    """Share of the variance that no parameter explains."""
    return max(0.0, 1.0 - sum(one.share for one in influences)) if influences else None
