"""Run files as tables for spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gpudem.errors import RunFileError
from gpudem.quantities import EVENT_HISTOGRAMS, PAIR_KINDS

if TYPE_CHECKING:
    from gpudem.runfile import Run


def write_tables(run: Run, folder: Path) -> list[Path]:
    """Write the tables of `Run.to_csv`.

    Args:
        run: an open run.
        folder: an existing or new folder.

    Raises:
        RunFileError: a table cannot be written.
    """
    summary = run.summary
    tables = {"summary": {"time [s]": summary["time"].values}}
    for name, values in summary.data_vars.items():
        tables["summary"][f"{name} [{values.attrs['units']}]"] = values.values
    edges = run.histogram(EVENT_HISTOGRAMS[0].name)[0]
    histograms = {"lower edge": edges[:-1], "upper edge": edges[1:]}
    for quantity in EVENT_HISTOGRAMS:
        for kind, counts in zip(PAIR_KINDS, run.histogram(quantity.name)[1], strict=True):
            histograms[f"{kind}_{quantity.name} [count, edges in {quantity.unit}]"] = counts
    tables["events_histogram"] = histograms
    if run.has_bead_log:
        beads = {"bead [1]": np.arange(run.beads), "radius [m]": run.radius}
        for name, total in run.bead_totals().data_vars.items():
            for kind in PAIR_KINDS:
                beads[f"{kind}_{name} [{total.attrs['units']}]"] = total.sel(pair_kind=kind).values
        tables["beads"] = beads
    return [_write_csv(folder, name, columns) for name, columns in tables.items()]


def _write_csv(folder: Path, name: str, columns: dict[str, np.ndarray]) -> Path:
    path = folder / f"{name}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))
    except OSError as error:
        raise RunFileError(f"{path}: cannot be written: {error.strerror}") from error
    return path
