"""The comparison of several runs as text: side by side, over seeds, exponents over speed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from gpudem.analysis.comparison import same_but_seed, speed_exponents
from gpudem.analysis.paper import CITATION
from gpudem.analysis.uncertainty import FEWEST_SEEDS, over_seeds
from gpudem.report.text import UNKNOWN, Result, add_row, number, quantity, table_of
from gpudem.units import RPM


def print_comparison(results: Sequence[Result], console: Console) -> None:
    """Print what several runs have in common and what not; nothing for one run alone.

    Args:
        results: what `gpudem.report.report.analyse` returned for each run.
        console: a rich Console.
    """
    if len(results) < 2:
        return
    _print_runs(results, console)
    _print_seeds(results, console)
    _print_exponents(results, console)


def _print_runs(results: Sequence[Result], console: Console) -> None:
    table = table_of(
        "Comparison (dissipation; event convention)",
        "file",
        "n [rpm]",
        "P [W]",
        "SE [µJ]",
        "SF [1/ms]",
        "SE_90 [µJ]",
        "SF_90 [1/ms]",
        "steady",
    )
    for result in results:
        speed = result["scene"]["speed"]
        micro = (result["stress_energy"]["dissipation"]["event"], result["stress_energy_q"]["90"])
        milli = (result["stress_frequency"]["event"], result["stress_frequency_q"]["90"])
        energies = [number(None if e is None else 1e6 * e) for e in micro]
        rates = [number(None if f is None else 1e-3 * f) for f in milli]
        add_row(
            table,
            Path(result["file"]).stem,
            number(None if speed is None else speed / RPM),
            number(result["power"]["dissipation"]["total"]),
            energies[0],
            rates[0],
            energies[1],
            rates[1],
            "yes" if result["steady"] else "no",
        )
    console.print(table)
    console.print()


def _print_seeds(results: Sequence[Result], console: Console) -> None:
    for group in same_but_seed(results):
        scene = group[0]["scene"]
        speed = UNKNOWN if scene["speed"] is None else quantity(scene["speed"], "angular_speed")
        table = table_of(f"Mean of {len(group)} seeds at {speed}", "", "mean", "standard error")
        for row in over_seeds(group):
            add_row(table, row.name, number(row.value), number(row.standard_error, 2))
        console.print(table)
        if len(group) < FEWEST_SEEDS:
            console.print(f"Fewer than {FEWEST_SEEDS} seeds give no error.")
        console.print()


def _print_exponents(results: Sequence[Result], console: Console) -> None:
    fitted = speed_exponents(results)
    if not fitted:
        return
    table = table_of("Exponents over the disc's speed, y ~ n^a", "y", "a here", "a paper")
    for row in fitted:
        error = "" if row.standard_error != row.standard_error else f" +- {row.standard_error:.2f}"
        value = UNKNOWN if row.value != row.value else f"{row.value:.2f}{error}"
        add_row(table, row.name, value, UNKNOWN if row.paper is None else f"{row.paper:.2f}")
    console.print(table)
    console.print(
        f"Paper: {CITATION}; it does not state which energy or counting its exponents are of. "
        "The exponent of its power is the sum of those of SE and SF.",
        markup=False,
    )
