"""The published values of the reference paper beside a run, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from gpudem.analysis.paper import (
    CITATION,
    MILLING_ENERGIES,
    NOT_FITTED,
    OPEN,
    PRODUCT_MASS,
    Reading,
    exponents_for,
    other_than_papers,
    readings,
    reported,
)
from gpudem.report.summary import print_wrapped
from gpudem.report.text import add_row, number, print_table, quantity, table_of

Result = Mapping[str, Any]


def print_paper(result: Result, console: Console, *, named: bool = False) -> None:
    """Print what the paper reports of the case of a run, or why it has no such case.

    Args:
        result: what `gpudem.report.report.analyse` returned.
        console: where to print to.
        named: say first of which run it is.
    """
    if named:
        print_wrapped(f"{Path(result['file']).name}:", console)
    found = other_than_papers(result["scene"])
    if found:
        text = f"No case of {CITATION}: {'; '.join(found)}."
        print_wrapped(text, console)
        console.print()
        return
    if not reported(result):
        _print_exponents(result, console)
        return
    print_table(*_paper_table(result), console)
    print_table(*_readings_table(result), console)


def _print_exponents(result: Result, console: Console) -> None:
    filling = result["scene"]["filling"]
    speeds = ", ".join(
        dict.fromkeys(quantity(case.speed, "angular_speed") for case in MILLING_ENERGIES)
    )
    text = (
        f"{CITATION} reports no energy input of this case (only of 5 mm beads at filling ratio 0.5 "
        f"and {speeds})"
    )
    law = exponents_for(filling)
    if law is not None:
        text += (
            f", but power laws at filling ratio {number(filling)}: SE ~ n^{law.energy_speed:g} "
            f"d^{law.energy_size:g}, SF ~ n^{law.frequency_speed:g} d^{law.frequency_size:g}; "
            "report three speeds or more together to compare"
        )
    print_wrapped(f"{text}.", console)
    console.print()


def _paper_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of(
        "Beside the paper (5 mm, filling ratio 0.5, 80 mL)",
        "milling time",
        "E_m here [J/g]",
        "E_m paper [J/g]",
        "P here [W]",
        "P paper [W]",
    )
    power = result["power"]["dissipation"]["total"]
    for case in reported(result):
        width = f" ± {number(case.width / 1e3)}" if case.width else ""
        add_row(
            table,
            quantity(case.milling_time, "time"),
            number(power * case.milling_time / PRODUCT_MASS / 1e3),
            number(case.specific_energy / 1e3) + width,
            number(power),
            number(case.power()),
        )
    mass = quantity(PRODUCT_MASS, "mass")
    return table, [
        f"{CITATION}. Energies: dissipation here; {mass} of product per bowl.",
        "The paper leaves open: " + "; ".join(OPEN) + ".",
    ]


def _readings_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of(
        "Power over the paper's, in every reading of what it leaves open",
        "energy",
        "wall energy",
        "counting",
        "P [W]",
        "P / paper, 17.5 g",
        "P / paper, 35 g",
    )
    found = readings(result)
    by_row: dict[tuple[str, str, str], list[Reading]] = {}
    for reading in found:
        by_row.setdefault((reading.alpha, reading.wall, reading.counting), []).append(reading)
    for names, pair in by_row.items():
        ratios = [number(reading.ratio) for reading in pair]
        add_row(table, *names, number(pair[0].power), *ratios)
    ends = [(number(r.paper_low), number(r.paper_high)) for r in found[:2]]
    span = [f"{a} W" if a == b else f"{a} to {b} W" for a, b in ends]
    return table, [
        f"The paper's power: {span[0]} with 17.5 g, {span[1]} with 35 g. "
        "mixed: SE_bead x SF_event.",
        NOT_FITTED,
    ]
