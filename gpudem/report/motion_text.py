"""What `gpudem motion` says: a table over runs with the reasons of each name, and CSV tables."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from gpudem.analysis.motion.maps import MotionMap, motion_map
from gpudem.analysis.motion.regimes import PLACES, Motion, analyse_motion
from gpudem.errors import GpudemError
from gpudem.plain_text import printable
from gpudem.report.tables import write_table
from gpudem.report.text import UNKNOWN, add_row, table_of
from gpudem.runfile.metadata import by_settings, number_of, speed_of
from gpudem.runfile.reader import Run, open_run
from gpudem.units import RPM


@dataclass(frozen=True)
class RunMotion:
    """A run and how its beads move.

    Attributes:
        file: the run file.
        speed: of the disc [rad/s], or None.
        bead_diameter: [m], or None.
        filling: or None.
        motion: numbers.
        map: maps, if wanted.
        order: what runs are sorted by.
        title: of the scene.
    """

    file: Path
    speed: float | None
    bead_diameter: float | None
    filling: float | None
    motion: Motion
    map: MotionMap | None = None
    order: tuple[float, ...] = ()
    title: str = ""


def read_motion(path: str | os.PathLike[str], *, with_map: bool = False) -> RunMotion:
    """Analyse a run file.

    Args:
        path: the run file.
        with_map: make the maps too.

    Raises:
        RunFileError: as for `gpudem.analysis.motion.regimes.analyse_motion`.
    """
    with open_run(path) as run:
        return RunMotion(
            file=run.path,
            speed=speed_of(run, run.first_logged),
            bead_diameter=number_of(run, "bead_diameter"),
            filling=number_of(run, "filling"),
            motion=analyse_motion(run),
            map=motion_map(run) if with_map else None,
            order=by_settings(run),
            title=str(run.parameters.get("title") or ""),
        )


def regime_of(run: Run | str | os.PathLike[str]) -> str:
    """The regime of motion of a run; "" where that cannot be told of it.

    Args:
        run: an open run, or the path of a run file.
    """
    try:
        return analyse_motion(run).regime.name
    except GpudemError:
        return ""


def run_labels(found: Sequence[RunMotion]) -> list[str]:
    """Name runs by what they differ in: speed, bead size, filling; by file if that is not enough.

    Args:
        found: the runs.
    """
    told = [
        (
            None if one.speed is None else f"{one.speed / RPM:.4g} rpm",
            None if one.bead_diameter is None else f"{1e3 * one.bead_diameter:.3g} mm",
            None if one.filling is None else f"φ {one.filling:.2g}",
        )
        for one in found
    ]
    differs = [k for k in range(3) if len({row[k] for row in told}) > 1] or [0]
    labels = [", ".join(row[k] or UNKNOWN for k in differs) for row in told]
    if len(set(labels)) == len(labels):
        return labels
    return [printable(one.file.stem) for one in found]


def motion_title(found: Sequence[RunMotion]) -> str:
    """What runs have in common, for the head of a figure; as in pictures of the beads."""
    told = [
        (
            printable(one.title),
            None if one.bead_diameter is None else f"beads of {1e3 * one.bead_diameter:.3g} mm",
            None if one.filling is None else f"filling ratio {one.filling:.3g}",
            None if one.speed is None else f"{one.speed / RPM:.4g} rpm",
        )
        for one in found
    ]
    return ", ".join(each[0] for each in zip(*told, strict=True) if each[0] and len(set(each)) == 1)


def print_motion(found: Sequence[RunMotion], console: Console) -> None:
    """Print a table over runs and, in a sentence each, why the regime has its name.

    Args:
        found: the runs.
        console: a rich Console.
    """
    table = table_of(
        "Motion: beads on the wall and in free flight [%] (the rest is the bulk), slip, "
        "detachment and impact angle [°] from the outward direction in the disc's sense",
        "run", "wall", "flight", "slip,\nwall", "slip,\nbulk", "detach-\nment", "impact", "regime",
    )  # fmt: skip
    for column in table.columns[:-1]:
        column.no_wrap = True
    labels = run_labels(found)
    for label, one in zip(labels, found, strict=True):
        motion = one.motion
        add_row(
            table,
            label,
            *(f"{100.0 * motion.share[place].value:.1f}" for place in ("wall", "flight")),
            _number(motion.wall_slip.value),
            _number(motion.bulk_slip.value),
            _degrees(motion.detachment),
            _degrees(motion.impact),
            motion.regime.name,
        )
    console.print(table)
    for label, one in zip(labels, found, strict=True):
        regime = one.motion.regime
        console.print(f"{label}: {regime.name}, as {regime.sentence}.", markup=False)


def write_motion_tables(found: Sequence[RunMotion], folder: Path) -> list[Path]:
    """Write motion.csv, motion_flux.csv and, for runs with maps, motion_map.csv.

    Args:
        found: the runs.
        folder: an existing or new folder.

    Returns:
        The files written; headers give the units, unknown values are empty.

    Raises:
        RunFileError: a table cannot be written.
    """
    tables: dict[str, Iterable[dict[str, Any]]] = {
        "motion": [_numbers(one) for one in found],
        "motion_flux": [row for one in found for row in _flux_rows(one)],
        "motion_map": [row for one in found for row in _map_rows(one)],
    }
    return [
        write_table(folder / f"{name}.csv", list(rows)) for name, rows in tables.items() if rows
    ]


def _number(value: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.2f}"


def _degrees(angle: float) -> str:
    return UNKNOWN if math.isnan(angle) else f"{math.degrees(angle):.0f}"


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(one: RunMotion) -> dict[str, Any]:
    motion = one.motion
    row: dict[str, Any] = {
        "file": str(one.file),
        "disc speed [rpm]": None if one.speed is None else one.speed / RPM,
        "bead diameter [m]": one.bead_diameter,
        "filling [1]": one.filling,
        "regime": motion.regime.name,
    }
    means = {f"share {place} [1]": motion.share[place] for place in PLACES}
    means |= {
        "slip of wall beads [1]": motion.wall_slip,
        "bulk slip [1]": motion.bulk_slip,
        "sliding at the wall [1]": motion.contact_sliding,
    }
    for name, mean in means.items():
        row[name] = _known(mean.value)
        row[name.replace(" [", " standard error [")] = _known(mean.standard_error)
    return row | {
        "angle of detachment [rad]": _known(motion.detachment),
        "angle of impact [rad]": _known(motion.impact),
        "least over largest flux [1]": motion.full_circle,
        "Froude number [1]": _known(motion.froude),
        "acceleration across over along the axis [1]": _known(motion.pull),
        "snapshots [1]": motion.snapshots,
        "reasons": "; ".join(motion.regime.reasons),
    }


def _flux_rows(one: RunMotion) -> list[dict[str, Any]]:
    edges = np.linspace(-math.pi, math.pi, len(one.motion.flux) + 1)
    return [
        {
            "file": str(one.file),
            "lower edge [rad]": edges[k],
            "upper edge [rad]": edges[k + 1],
            "flux along the wall [1/s]": value,
        }
        for k, value in enumerate(one.motion.flux)
    ]


def _map_rows(one: RunMotion) -> list[dict[str, Any]]:
    if one.map is None:
        return []
    found = one.map
    middle = 0.5 * (found.edges[1:] + found.edges[:-1])
    return [
        {
            "file": str(one.file),
            "x [m]": middle[i],
            "y [m]": middle[j],
            "solid fraction [1]": found.solid_fraction[i, j],
            "velocity x [m/s]": _known(found.velocity[i, j, 0]),
            "velocity y [m/s]": _known(found.velocity[i, j, 1]),
            "speed [m/s]": _known(found.speed[i, j]),
            "power [W/m3]": found.power[i, j],
        }
        for i, j in zip(*np.nonzero(found.inside > 0.0), strict=True)
    ]
