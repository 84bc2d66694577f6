"""Measured and expected speeds as tables that fit 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from gpudem.plain_text import spoken_duration
from gpudem.report.text import UNKNOWN, add_row, number, table_of
from gpudem.units import format_quantity

if TYPE_CHECKING:
    from gpudem.diagnostics.bench import Speed


def print_speeds(speeds: Sequence[Speed]) -> None:
    """Prints what was measured, and what the model expects."""
    from gpudem.diagnostics.bench import MOTION

    table = table_of(
        "Million bead-steps per second, all laws and logs on",
        "beads",
        "cores",
        "measured",
        "range",
        "model",
        "ratio",
        "1 s takes",
    )
    for one in speeds:
        size = format_quantity(one.bead_diameter, "length")
        name = f"{one.beads // one.cases} of {size}"
        add_row(
            table,
            f"{one.cases} x {name}" if one.cases > 1 else name,
            UNKNOWN if one.cores is None else str(one.cores),
            number(1e-6 * one.median),
            f"{number(1e-6 * one.lowest)} to {number(1e-6 * one.highest)}",
            UNKNOWN if one.expected is None else number(1e-6 * one.expected),
            UNKNOWN if one.expected is None else f"{one.median / one.expected:.2f}",
            spoken_duration(one.simulated_second),
        )
    console = Console(highlight=False)
    console.print(table)
    notes = [
        "1 s takes: the time for one simulated second; of all bowls, where several advance "
        "together."
    ]
    if all(one.expected is None for one in speeds):
        notes.append("The model does not know this device.")
    elif speeds[0].limit == "core":
        notes.append(
            "Model: a core of a server (Zen 5, 4.2 GHz); yours may be slower or faster. Ratio: "
            "measured over model."
        )
    else:
        notes.append("Model: an upper bound from the GPU's ratings. Ratio: measured over model.")
    shortest = min(one.moved for one in speeds)
    if shortest < 0.99 * MOTION:
        notes.append(
            f"Beads moved for only {format_quantity(shortest, 'time')} before they were timed: "
            "too slow here to wait for the steady mill, which may cost more."
        )
    for note in notes:
        console.print(note, markup=False)


def print_model(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the rows of `gpudem.diagnostics.speed_model.model_table`."""
    console = Console(highlight=False)
    for precision in ("double", "mixed"):
        table = table_of(
            f"Modelled, not measured: million bead-steps per second, {precision} precision",
            "GPU",
            "bowls",
            "beads",
            "parallel",
            "limit",
            "block",
            "limit",
            "1 s in",
        )
        for row in rows:
            parallel, block = row[precision]["parallel"], row[precision]["block"]
            faster = min(parallel["simulated_second"], block["simulated_second"])
            add_row(
                table,
                row["gpu"],
                row["work"],
                str(row["beads"]),
                f"{1e-6 * parallel['speed']:.0f}",
                parallel["limit"],
                f"{1e-6 * block['speed']:.0f}",
                block["limit"],
                spoken_duration(faster),
            )
        console.print(table)
    for note in (
        "An upper bound from the ratings of the GPUs and counts of the engine's work. parallel: a "
        "thread a bead; block: a block of threads a bowl. No GPU ran for this table.",
        "limit: what the host launches; memory; arithmetic; the chain of a thread's dependent "
        "instructions; what a multiprocessor can issue; the largest case of a batch.",
        "264 bowls: of 5 mm beads. paper: the cases of the reference paper.",
        "1 s in: time for one simulated second of all bowls together, by the faster schedule.",
    ):
        console.print(note, markup=False)
