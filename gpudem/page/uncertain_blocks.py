"""What a page of a study says of uncertain parameters: intervals, shares, a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gpudem.page.figure import drawn, plain
from gpudem.page.page import Block, Text
from gpudem.page.table import Cell, Table
from gpudem.report.text import percent
from gpudem.report.value import Value
from gpudem.study.dataset import DRAWN, coordinate_label, drawn_names
from gpudem.study.spread import (
    PROPAGATED,
    Spread,
    draws_over_points,
    influences_over_points,
)
from gpudem.study.spread_text import (
    doubts,
    parameter_words,
    rest_of,
    varying,
)
from gpudem.study.uncertain import UncertainParameters, written

if TYPE_CHECKING:
    import xarray


def uncertain_blocks(
    dataset: xarray.Dataset,
    spreads: Sequence[Spread],
    uncertain: UncertainParameters | None,
    pictured: bool,
) -> list[Block]:
    """What a study's page says of uncertain parameters; nothing of a study without any.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.
        spreads: what `gpudem.study.spread.spreads_of` returned.
        uncertain: the parameters.
        pictured: with a figure.
    """
    if uncertain is None:
        return []
    told = () if spreads else ("Not enough draws are done yet.",)
    parameters = [
        (key, str(written(key, uncertain.values[key])), str(written(key, uncertain.errors[key])))
        for key in uncertain.keys
    ]
    blocks: list[Block] = [
        Text([*told, "All other sections are of the central values of these parameters."]),
        Table("parameters", "Parameters", ("key", "value", "standard error"), parameters),
    ]
    if not spreads:
        return blocks
    blocks.append(_spread_table(dataset, spreads))
    shares = _share_table(dataset, spreads)
    blocks += [] if shares is None else [shares]
    if pictured:
        blocks += _figure(dataset)
    return [*blocks, Text(doubts(dataset, spreads))]


def _spread_table(dataset: xarray.Dataset, spreads: Sequence[Spread]) -> Table:
    names = varying(spreads)
    rows: list[Sequence[Cell]] = []
    for one in spreads:
        words, kind = PROPAGATED[one.quantity]
        rows.append(
            (
                words,
                *(_plain_cell(one.point[name]) for name in names),
                Value(one.value, kind, one.error),
                Value(one.spread / abs(one.value), "share"),
                Value(one.low, kind),
                Value(one.high, kind),
                _most(one),
            )
        )
    heads = (
        "quantity",
        *(coordinate_label(dataset, name) for name in names),
        "value",
        "spread",
        "90 %, from",
        "90 %, to",
        "most by",
    )
    notes = (
        "Value: for the central values, ± its standard error by chance. Spread: standard deviation "
        "over draws by the parameters alone, that of chance taken off. The interval holds both.",
    )
    title = "Values, spreads and intervals"
    return Table("spreads", title, heads, rows, notes, folded=len(rows) > 40)


def _most(spread: Spread) -> str | None:
    most = spread.most
    return None if most is None else f"{parameter_words(most.name)} {percent(most.share)}"


def _share_table(dataset: xarray.Dataset, spreads: Sequence[Spread]) -> Table | None:
    rows: list[Sequence[Cell]] = []
    for name in dict.fromkeys(one.quantity for one in spreads):
        influences = influences_over_points(dataset, name)
        if influences:
            cells = [Value(x, "share") for one in influences for x in (one.share, one.effect)]
            rest = Value(rest_of(influences), "share")
            rows.append((PROPAGATED[name][0], *cells, rest))
    if not rows:
        return None
    heads = [
        f"{parameter_words(name)}, {what}"
        for name in drawn_names(dataset)
        for what in ("share", "effect")
    ]
    notes = (
        "Shares of the variance over draws; effect: change for one standard error of the "
        "parameter. The rest is chance, and what is no straight line.",
    )
    title = "Which parameter matters most"
    return Table("influences", title, ("quantity", *heads, "the rest"), rows, notes)


def _plain_cell(value: Any) -> Cell:
    return value if isinstance(value, str) else float(value)


def _figure(dataset: xarray.Dataset) -> list[Block]:
    """What each draw gives over each parameter, relative to the mean over draws of its point."""
    names = ("power", "stress_energy_90", "stress_energy")
    parameters = drawn_names(dataset)
    labels = [coordinate_label(dataset, DRAWN + name).removeprefix("drawn ") for name in parameters]
    found = {name: draws_over_points(dataset, name) for name in names}
    shown = [name for name in names if len(found[name][1])]
    if not shown:
        return []

    def draw(figure: Any) -> None:
        grid = figure.subplots(
            len(shown), len(parameters), squeeze=False, sharex="col", sharey="row"
        )
        for row, name in enumerate(shown):
            x, y = found[name]
            for column, label in enumerate(labels):
                axes = grid[row, column]
                axes.plot(x[:, column], 100.0 * (y - 1.0), "o", markersize=5)
                axes.axhline(0.0, color="0.6", linewidth=0.8)
                if row == len(shown) - 1:
                    axes.set_xlabel(plain(label))
            grid[row, 0].set_ylabel(f"{plain(PROPAGATED[name][0])}  [%]")

    caption = "Of each draw the difference from the mean over draws, averaged over all points."
    size = (1.0 + 2.6 * len(parameters), 0.6 + 1.9 * len(shown))
    return [drawn("draws", "What each draw gives", caption, draw, size)]


def spread_numbers(spreads: Sequence[Spread]) -> list[dict[str, Any]]:
    """Spreads as JSON can hold them, in SI units but for what varies."""
    return [
        {
            "quantity": one.quantity,
            "point": {name: known(value) for name, value in one.point.items()},
            "value": known(one.value),
            "standard_error": known(one.error),
            "standard_error_of_a_draw": known(one.chance),
            "spread": known(one.spread),
            "interval": [known(one.low), known(one.high)],
            "draws": one.draws,
            "influences": [asdict(influence) for influence in one.influences],
        }
        for one in spreads
    ]


def known(value: Any) -> Any:
    """A value as JSON can hold it: None where it is not known."""
    if isinstance(value, str):
        return value
    plain_number = float(value)
    return plain_number if math.isfinite(plain_number) else None
