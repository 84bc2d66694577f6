"""The results of a study as one xarray data set: quantities over what varies, with errors."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.analysis.paper import is_papers_mill
from gpudem.errors import GpudemError
from gpudem.numbers import NAN
from gpudem.scene.file import scene_fields
from gpudem.scene.keys import accept_of
from gpudem.study.case_folder import CaseFolder
from gpudem.study.seeds import seed_of_study
from gpudem.study.study_folder import StudyFolder
from gpudem.units import KINDS, unit_for

if TYPE_CHECKING:
    import xarray


#: Fillings and bead sizes count as the same within this share.
_SAME = 0.02


#: Name of the coordinate that numbers draws of uncertain parameters, and what stands before the
#: name of a parameter's values in them.
DRAW, DRAWN = "draw", "drawn_"

#: How formulas write what varies.
SYMBOLS = {"speed": "n", "diameter": "d", "filling": "phi", "frequency": "f"}


@dataclass(frozen=True)
class StudyQuantity:
    """A number of a case's results that a data set holds.

    Attributes:
        name: in the data set; its standard error is NAME_error.
        unit: SI unit as text.
        meaning: one phrase.
        place: where it stands in the results (docs/reference/report.md).
        error: where its standard error stands; empty where it has none of its own.
    """

    name: str
    unit: str
    meaning: str
    place: tuple[str, ...]
    error: tuple[str, ...] = ()


def _statistic(*place: str) -> tuple[str, ...]:
    return ("statistics", *place, "standard_error")


#: What `open_study` tells of each case.
QUANTITIES = (
    StudyQuantity(
        "power",
        "W",
        "dissipated power",
        ("power", "dissipation", "total"),
        _statistic("power", "dissipation"),
    ),
    StudyQuantity(
        "power_normal",
        "W",
        "power of the normal forces while loading",
        ("power", "normal", "total"),
        _statistic("power", "normal"),
    ),
    StudyQuantity(
        "power_shear",
        "W",
        "power of the tangential forces",
        ("power", "shear", "total"),
        _statistic("power", "shear"),
    ),
    StudyQuantity("specific_power", "W/kg", "power over mass of product", ("specific_power",)),
    StudyQuantity(
        "stress_energy",
        "J",
        "SE: dissipation over collisions (event convention)",
        ("stress_energy", "dissipation", "event"),
        _statistic("stress_energy", "event"),
    ),
    StudyQuantity(
        "stress_frequency",
        "1/s",
        "SF: collisions a second (event convention)",
        ("stress_frequency", "event"),
        _statistic("stress_frequency", "event"),
    ),
    StudyQuantity(
        "stress_energy_bead",
        "J",
        "SE: dissipation over contacts counted for each bead (bead convention)",
        ("stress_energy", "dissipation", "bead"),
        _statistic("stress_energy", "bead"),
    ),
    StudyQuantity(
        "stress_frequency_bead",
        "1/s",
        "SF: contacts a second counted for each bead (bead convention)",
        ("stress_frequency", "bead"),
        _statistic("stress_frequency", "bead"),
    ),
    StudyQuantity(
        "stress_energy_normal",
        "J",
        "work of the normal force over collisions",
        ("stress_energy", "normal", "event"),
    ),
    StudyQuantity(
        "stress_energy_90",
        "J",
        "mean of the fewest collisions that carry 90 % of the energy",
        ("stress_energy_q", "90"),
        _statistic("stress_energy_q", "90"),
    ),
    StudyQuantity(
        "stress_frequency_90",
        "1/s",
        "the fewest collisions a second that carry 90 % of the energy",
        ("stress_frequency_q", "90"),
        _statistic("stress_frequency_q", "90"),
    ),
    StudyQuantity(
        "stress_energy_99",
        "J",
        "mean of the fewest collisions that carry 99 % of the energy",
        ("stress_energy_q", "99"),
        _statistic("stress_energy_q", "99"),
    ),
    StudyQuantity(
        "stress_frequency_99",
        "1/s",
        "the fewest collisions a second that carry 99 % of the energy",
        ("stress_frequency_q", "99"),
        _statistic("stress_frequency_q", "99"),
    ),
    StudyQuantity(
        "stress_energy_weighted",
        "J",
        "mean over collisions weighted by their energy",
        ("stress_energy_weighted",),
    ),
    StudyQuantity(
        "stress_frequency_weighted",
        "1/s",
        "power over the weighted mean",
        ("stress_frequency_weighted",),
    ),
    StudyQuantity(
        "stress_intensity",
        "J/kg",
        "power over the mass of product captured per time, where the scene gives that mass",
        ("stress_intensity", "stress_intensity"),
    ),
    StudyQuantity(
        "milling_time",
        "s",
        "time in the mill for the wanted specific energy",
        ("milling", "time_for_wanted_energy"),
    ),
    StudyQuantity(
        "specific_energy",
        "J/kg",
        "E_m: energy per mass of product after the scene's milling time, where it gives one",
        ("milling", "specific_energy"),
    ),
    StudyQuantity(
        "kinetic_energy",
        "J",
        "of translation, in the frame of the bowl's centre",
        ("kinetic_energy",),
        _statistic("kinetic_energy", "total"),
    ),
    StudyQuantity("spin_energy", "J", "kinetic energy of spin", ("spin_energy",)),
    StudyQuantity("mean_speed", "m/s", "mean speed of the beads", ("mean_speed",)),
    StudyQuantity("contacts_per_bead", "1", "contacts of a bead at a time", ("contacts_per_bead",)),
    StudyQuantity(
        "impact_energy",
        "J",
        "largest energy transferred during a collision, mean over collisions",
        ("events", "impact_energy", "transferred"),
    ),
    StudyQuantity("beads", "1", "number of beads", ("beads",)),
    StudyQuantity("ledger", "1", "share that the energy channels miss", ("ledger", "channels")),
    StudyQuantity("window_start", "s", "start of the evaluated window", ("window", "start")),
    StudyQuantity("window_end", "s", "its end", ("window", "end")),
    StudyQuantity("wall_seconds", "s", "time that the run took", ("wall_seconds",)),
)


@dataclass(frozen=True)
class Coordinate:
    """A key that varies, as a coordinate of the data set.

    Attributes:
        key: full name in scene files.
        name: in the data set.
        unit: of its values as text; "1" for plain numbers, "" for words.
        size: SI value of one unit.
    """

    key: str
    name: str
    unit: str
    size: float

    def value(self, si: Any) -> Any:
        """A value [SI] in the unit."""
        if isinstance(si, (int, float)) and not isinstance(si, bool):
            # The digits of a value that was read from text in this unit.
            return float(f"{si / self.size:.12g}")
        return str(si)


def coordinates_of(keys: Sequence[str], values: Mapping[str, Sequence[Any]]) -> list[Coordinate]:
    """The coordinates of keys that vary.

    Args:
        keys: full names.
        values: what each takes [SI].
    """
    fields = scene_fields()
    last = [key.rpartition(".")[2] for key in keys]
    found = []
    for key, name in zip(keys, last, strict=True):
        plain = ".".join(part for part in key.split(".") if not part.isdecimal())
        accept = accept_of(fields[plain]) if plain in fields else None
        unit, size = "1", 1.0
        numbers = [v for v in values[key] if isinstance(v, (int, float))]
        if numbers and accept is not None:
            largest = max(map(abs, numbers))
            # In one unit for all of the axis, by the largest.
            _, size, unit = unit_for(KINDS[accept.unit_kind].display, largest)
        whole = key.replace(".", "_")
        name = name if last.count(name) == 1 else whole
        found.append(Coordinate(key, name, unit or "1" if numbers else "", size))
    return found


def open_study(path: str | os.PathLike[str]) -> xarray.Dataset:
    """The results of a study that are there so far.

    A full grid has a dimension for each key that varies (and for variants and seeds, where there
    are several); values that are missing are NaN. Any other study has the one dimension ``case``.
    A study with uncertain parameters has a dimension ``draw``, 0 for their central values (see
    `central`), and of each parameter its values over it, ``drawn_NAME``; its draws have seeds of
    their own, and ``seed`` is the study's.
    Coordinates are in the units of scene files (rpm, mm), quantities in SI units; each says its
    unit in ``attrs["units"]``. ``NAME_error`` is the standard error of NAME within a run.

    Args:
        path: the study's folder.

    Returns:
        `QUANTITIES`, ``steady``, ``done`` and ``folder`` (name of each case's folder). In ``attrs``
        are the title, the wanted energy [J/kg], ``filling`` and ``bead_diameter`` [m] where they
        are the same in all cases, and whether all are the reference paper's mill and bowl
        (``papers_mill``).

    Raises:
        GpudemError: this is no folder of a study.
    """
    import xarray

    folder = StudyFolder(Path(path))
    contents = folder.contents
    cases = folder.cases
    keys = [str(key) for key in contents["keys"]]
    points = [case.state_point for case in cases]
    values = {key: [_at(point, key.split(".")) for point in points] for key in keys}
    axes = coordinates_of(keys, values)
    columns: dict[str, list[Any]] = {
        axis.name: [axis.value(value) for value in values[axis.key]] for axis in axes
    }
    variants = [point.get("variant") for point in points]
    if any(variant is not None for variant in variants):
        columns = {"variant": [str(variant) for variant in variants], **columns}
    draws = [int(point.get(DRAW, 0)) for point in points]
    seeds = [seed_of_study(point["seed"], n) for point, n in zip(points, draws, strict=True)]
    if len(set(seeds)) > 1 or not columns:
        columns["seed"] = seeds
    uncertain = contents.get("uncertain")
    if uncertain is not None:
        columns = {DRAW: draws, **columns}
    levels = {name: list(dict.fromkeys(column)) for name, column in columns.items()}
    full = math.prod(map(len, levels.values())) == len(cases)
    dims = tuple(levels) if full else ("case",)
    shape = tuple(map(len, levels.values())) if full else (len(cases),)
    where = [
        tuple(levels[name].index(columns[name][n]) for name in levels) if full else (n,)
        for n in range(len(cases))
    ]
    results = [case.result if case.done else None for case in cases]
    data = _filled(cases, results, where, shape)
    units = {axis.name: axis.unit for axis in axes}
    coordinates = {
        name: (
            (name,) if full else ("case",),
            np.array(levels[name] if full else columns[name]),
            {"units": units[name]} if units.get(name) else {},
        )
        for name in columns
    }
    dataset = xarray.Dataset(
        {name: (dims, array, attributes) for name, (array, attributes) in data.items()},
        coords=coordinates,
        attrs={
            "title": contents["title"],
            "scene": contents["scene"],
            "gpudem": contents["gpudem"],
            "wanted_energy": contents["energy"],
            "cases": len(cases),
            "done": sum(result is not None for result in results),
        },
    )
    for axis in axes:
        dataset[axis.name].attrs["key"] = axis.key
    if uncertain is not None:
        dataset = dataset.assign(_drawn(uncertain, dataset[DRAW]))
        dataset.attrs["draws"] = len(uncertain["draws"]) - 1
    scenes = [result["scene"] for result in results if result is not None]
    for name in ("filling", "bead_diameter"):
        found = [scene[name] for scene in scenes]
        # Whole beads of several sizes do not give the same filling to the last digit.
        if found and None not in found and max(found) - min(found) <= _SAME * max(found):
            dataset.attrs[name] = float(np.mean(found))
    # As a number, which netCDF files can hold.
    dataset.attrs["papers_mill"] = int(bool(scenes) and all(map(is_papers_mill, scenes)))
    return dataset


def _drawn(uncertain: Mapping[str, Any], draw: xarray.DataArray) -> dict[str, xarray.DataArray]:
    """Of each uncertain parameter its values in each draw, in units of scene files."""
    keys = [str(key) for key in uncertain["keys"]]
    values = {key: [row[n] for row in uncertain["draws"]] for n, key in enumerate(keys)}
    found = {}
    for one in coordinates_of(keys, values):
        shown = np.array([one.value(value) for value in values[one.key]])
        own = draw.copy(data=shown[draw.values])
        own.attrs = {"units": one.unit, "long_name": f"drawn {one.name}", "key": one.key}
        found[DRAWN + one.name] = own
    return found


def drawn_names(dataset: xarray.Dataset) -> list[str]:
    """Names of the uncertain parameters of a study, whose values are ``drawn_NAME``."""
    return [str(name)[len(DRAWN) :] for name in dataset.data_vars if str(name).startswith(DRAWN)]


def central(dataset: xarray.Dataset) -> xarray.Dataset:
    """The results for central values of uncertain parameters; of other studies all.

    Args:
        dataset: what `open_study` returned.
    """
    if DRAW not in dataset.coords:
        return dataset
    if DRAW in dataset.dims:
        kept = dataset.sel({DRAW: 0}, drop=True)
    else:
        kept = dataset.isel(case=np.flatnonzero(dataset[DRAW] == 0)).drop_vars(DRAW)
    kept = kept.drop_vars([DRAWN + name for name in drawn_names(dataset)])
    return kept.assign_attrs(cases=kept["done"].size, done=int(kept["done"].sum()))


def _filled(
    cases: Sequence[CaseFolder],
    results: Sequence[dict[str, Any] | None],
    where: Sequence[tuple[int, ...]],
    shape: tuple[int, ...],
) -> dict[str, tuple[np.ndarray, dict[str, str]]]:
    """Arrays of all quantities with their attributes."""
    arrays: dict[str, tuple[np.ndarray, dict[str, str]]] = {}
    for one in QUANTITIES:
        about = {"units": one.unit, "long_name": one.meaning}
        arrays[one.name] = (np.full(shape, NAN), about)
        if one.error:
            told = {"units": one.unit, "long_name": f"standard error within a run: {one.meaning}"}
            arrays[f"{one.name}_error"] = (np.full(shape, NAN), told)
    arrays["steady"] = (np.zeros(shape, dtype=bool), {"long_name": "whether the window is steady"})
    arrays["done"] = (np.zeros(shape, dtype=bool), {"long_name": "whether there are results"})
    arrays["folder"] = (np.full(shape, "", dtype="U32"), {"long_name": "name of the case's folder"})
    for case, result, place in zip(cases, results, where, strict=True):
        arrays["folder"][0][place] = case.path.name
        if result is None:
            continue
        arrays["done"][0][place] = True
        arrays["steady"][0][place] = bool(result.get("steady"))
        for one in QUANTITIES:
            arrays[one.name][0][place] = _number(_at(result, one.place))
            if one.error:
                arrays[f"{one.name}_error"][0][place] = _number(_at(result, one.error))
    power, error = arrays["power"][0], arrays["power_error"][0]
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in ("specific_power", "milling_time", "specific_energy"):
            values, about = arrays[name]
            told = {**about, "long_name": f"standard error within a run: {about['long_name']}"}
            arrays[f"{name}_error"] = (values * (error / power), told)
    return arrays


def _at(table: Any, place: Sequence[str]) -> Any:
    for name in place:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else NAN


def results_of(path: str | os.PathLike[str]) -> list[tuple[CaseFolder, dict[str, Any]]]:
    """Folder and results of each case that is done, in order.

    Raises:
        GpudemError: this is no folder of a study, or none of its cases is done.
    """
    found = [(case, case.result) for case in StudyFolder(Path(path)).cases if case.done]
    if not found:
        raise GpudemError(f"{os.fspath(path)}: no case of this study is done yet")
    return found


def shown_value(value: Any) -> str:
    """A value of a coordinate as tables write it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def point_text(dataset: xarray.Dataset, point: Mapping[str, Any]) -> str:
    """Values of coordinates in words: "diameter 5 mm, filling 0.5"."""
    told = []
    for name, value in point.items():
        unit = str(dataset[name].attrs.get("units", ""))
        behind = f" {unit}" if unit not in ("", "1") else ""
        words = f"{name} {shown_value(value)}{behind}"
        told.append(value if isinstance(value, str) else words)
    return ", ".join(told)


def coordinate_label(dataset: xarray.Dataset, name: str) -> str:
    """A coordinate as axes and tables write it: "speed n [rpm]"."""
    symbol = SYMBOLS.get(name, "")
    unit = str(dataset[name].attrs.get("units", ""))
    words = f"{name} {symbol}".strip().replace("_", " ")
    return f"{words} [{unit}]" if unit not in ("", "1") else words


def coordinate_head(dataset: xarray.Dataset, name: str) -> str:
    """A coordinate as narrow tables write it: "n [rpm]"."""
    unit = str(dataset[name].attrs.get("units", ""))
    symbol = SYMBOLS.get(name, name)
    return f"{symbol} [{unit}]" if unit not in ("", "1") else symbol
