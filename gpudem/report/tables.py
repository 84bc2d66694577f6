"""The report's numbers as tables for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from gpudem.analysis.comparison import speed_exponents
from gpudem.analysis.stress import ALPHAS, CONVENTIONS
from gpudem.errors import RunFileError
from gpudem.quantities import DISSIPATION_CHANNELS
from gpudem.units import RPM

Result = Mapping[str, Any]
_KINDS = ("total", "bead_bead", "bead_wall")


def write_report_tables(results: Sequence[Result], folder: Path) -> list[Path]:
    """Write report.csv, distribution.csv, milling.csv and, where they apply, four more.

    pair_classes.csv holds the classes of contacts of beads of several species,
    stress_intensity.csv stress energies over captured masses, readings.csv the comparison with the
    paper, exponents.csv the power laws over speed.

    Args:
        results: what `gpudem.report.report.analyse` returned.
        folder: an existing or new folder.

    Returns:
        The files written. Headers give the units; unknown values are empty.

    Raises:
        RunFileError: a table cannot be written.
    """
    tables: dict[str, list[dict[str, Any]]] = {
        "report": [_numbers(result) for result in results],
        "distribution": [row for result in results for row in _distribution_rows(result)],
        "pair_classes": [row for result in results for row in _pair_rows(result)],
        "stress_intensity": [row for result in results for row in _intensity_rows(result)],
        "milling": [row for result in results for row in _milling_rows(result)],
        "readings": [row for result in results for row in _reading_rows(result)],
        "exponents": [
            {
                "quantity": row["name"],
                "exponent of speed [1]": row["value"],
                "standard error [1]": row["standard_error"],
                "paper [1]": row["paper"],
            }
            for row in map(asdict, speed_exponents(results))
        ],
    }
    return [write_table(folder / f"{name}.csv", rows) for name, rows in tables.items() if rows]


def _numbers(result: Result) -> dict[str, Any]:
    speed = result["scene"]["speed"]
    row: dict[str, Any] = {
        "file": result["file"],
        "disc speed [rpm]": None if speed is None else speed / RPM,
        "bead diameter [m]": result["scene"]["bead_diameter"],
        "filling [1]": result["scene"]["filling"],
        "beads [1]": result["beads"],
        "window start [s]": result["window"]["start"],
        "window end [s]": result["window"]["end"],
    }
    for name, parts in (*result["power"].items(), *result["power_channels"].items()):
        label = f"dissipation by {name}" if name in DISSIPATION_CHANNELS else name
        for kind in _KINDS:
            row[f"power {label} {kind} [W]"] = parts[kind]
    row["power dissipation standard error [W]"] = result["power_standard_error"]
    for alpha in ALPHAS:
        for convention in CONVENTIONS:
            row[f"SE {alpha} {convention} [J]"] = result["stress_energy"][alpha][convention]
        row[f"unweighted mean W/c {alpha} [J]"] = result["bead_intervals"]["mean_ratio"][alpha]
        row[f"mixed power SE_bead SF_event {alpha} [W]"] = result["mixed_power"][alpha]
        row[f"SE_W {alpha} [J]"] = result["weighted"][alpha]["stress_energy"]
        row[f"SF_W {alpha} [1/s]"] = result["weighted"][alpha]["stress_frequency"]
    for convention in CONVENTIONS:
        row[f"SF {convention} [1/s]"] = result["stress_frequency"][convention]
        per_bead = result["stress_frequency_per_bead"][convention]
        row[f"SF per bead {convention} [1/s]"] = per_bead
    for key in ("90", "99"):
        row[f"SE_{key} [J]"] = result["stress_energy_q"][key]
        row[f"SF_{key} [1/s]"] = result["stress_frequency_q"][key]
    row |= {
        "product mass [kg]": result["scene"]["product_mass"],
        "specific power [W/kg]": result["specific_power"],
        "milling time [s]": result["milling"]["milling_time"],
        "E_m [J/kg]": result["milling"]["specific_energy"],
        "wanted E_m [J/kg]": result["milling"]["wanted_energy"],
        "time for wanted E_m [s]": result["milling"]["time_for_wanted_energy"],
        "kinetic energy [J]": result["kinetic_energy"],
        "spin energy [J]": result["spin_energy"],
        "mean speed [m/s]": result["mean_speed"],
        "contacts per bead [1]": result["contacts_per_bead"],
        "ledger work-energy [1]": result["ledger"]["work_energy"],
        "ledger channels [1]": result["ledger"]["channels"],
        "steady": result["steady"],
        "time step [s]": result["timestep"],
        "steps [1]": result["steps"],
        "softening [1]": result["softening"],
        "precision": result["precision"],
        "device": result["device"],
        "schedule": result["schedule"],
        "threads": result["threads"],
        "wall time [s]": result["wall_seconds"],
        "bead-steps per second [1/s]": result["bead_steps_per_second"],
    }
    return row


def _distribution_rows(result: Result) -> list[dict[str, Any]]:
    rows = []
    per_bead = result["bead_intervals"]["distribution"]
    for name, values in (("event", result["events"]["distribution"]), ("bead-interval", per_bead)):
        if values is None:
            continue
        edges = values["edges"]
        for k, frequency in enumerate(values["frequency"]):
            rows.append(
                {
                    "file": result["file"],
                    "distribution": name,
                    "lower edge [J]": edges[k],
                    "upper edge [J]": edges[k + 1],
                    "SF [1/s]": frequency,
                    "SF above lower edge [1/s]": values["cumulative_frequency"][k],
                }
            )
    return rows


def _pair_rows(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "file": result["file"],
            "pair class": one["name"],
            "power [W]": one["power"]["value"],
            "power standard error [W]": one["power"]["standard_error"],
            "share of the power [1]": one["share"],
            "power normal [W]": one["power_normal"],
            "power shear [W]": one["power_shear"],
            "SE event [J]": one["stress_energy"]["value"],
            "SE event standard error [J]": one["stress_energy"]["standard_error"],
            "SF event [1/s]": one["stress_frequency"]["value"],
            "SF event standard error [1/s]": one["stress_frequency"]["standard_error"],
            "SE_W [J]": one["stress_energy_weighted"],
            **{f"SE_{key} [J]": value for key, value in one["stress_energy_q"].items()},
            **{f"SF_{key} [1/s]": value for key, value in one["stress_frequency_q"].items()},
        }
        for one in result["pair_classes"]
    ]


def _intensity_rows(result: Result) -> list[dict[str, Any]]:
    found = result.get("stress_intensity")
    return [
        {
            "file": result["file"],
            "contacts": one["name"],
            "captured mass [kg]": one["captured_mass"],
            "captured radius [m]": one["captured_radius"],
            "SE event / captured mass [J/kg]": one["stress_intensity"],
            **{
                f"SE_{key} / captured mass [J/kg]": value
                for key, value in one["stress_intensity_q"].items()
            },
        }
        for one in (found["classes"] if found else [])
    ]


def _milling_rows(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "file": result["file"],
            "milling time [s]": row["milling_time"],
            **{f"E_m {alpha} [J/kg]": row["specific_energy"][alpha] for alpha in ALPHAS},
            **{f"SN {c} [1]": row["stress_number"][c] for c in CONVENTIONS},
        }
        for row in result["milling"]["table"]
    ]


def _reading_rows(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "file": result["file"],
            "energy": reading["alpha"],
            "wall energy": reading["wall"],
            "counting": reading["counting"],
            "product mass [kg]": reading["mass"],
            "power [W]": reading["power"],
            "paper low [W]": reading["paper_low"],
            "paper high [W]": reading["paper_high"],
            "power over paper [1]": reading["ratio"],
        }
        for reading in result["paper"]["readings"]
    ]


def write_rows(file: TextIO, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as CSV to a file that is open, the header from the keys of the first one."""
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write a table as CSV, its header from the keys of the first row.

    Args:
        path: the file; its folder is made.
        rows: at least one.

    Returns:
        The file.

    Raises:
        RunFileError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            write_rows(file, rows)
    except OSError as error:
        raise RunFileError(f"{path}: cannot be written: {error.strerror}") from error
    return path
