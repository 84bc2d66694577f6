"""What tells runs apart: the keys that vary between them, as columns of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpudem.mills.kinds import CHOICE, KINDS
from gpudem.report.text import UNKNOWN, beads_text, number, quantity
from gpudem.report.value import Value
from gpudem.units import RPM

Result = Mapping[str, Any]
Cell = Value | str | float | None


@dataclass(frozen=True)
class Difference:
    """A column that tells runs apart.

    Attributes:
        head: what varies, with its unit where the cells are plain numbers.
        cells: one a run.
    """

    head: str
    cells: tuple[Cell, ...]

    @property
    def varies(self) -> bool:
        """Whether the runs differ in it."""
        return len({cell_text(cell) for cell in self.cells}) > 1


def cell_text(cell: Cell) -> str:
    """A cell as people read it."""
    if cell is None:
        return UNKNOWN
    if isinstance(cell, Value):
        return cell.text
    return cell if isinstance(cell, str) else f"{cell:.6g}"


def mill_of(result: Result) -> Any:
    """The kind of mill of a result."""
    return KINDS.get(str(result["scene"]["mill"]), KINDS[CHOICE.default])


def speed_text(result: Result) -> str | None:
    """The speed of a result in the unit of its mill; None where it changes."""
    speed = result["scene"]["speed"]
    return None if speed is None else mill_of(result).speed_text(speed, 4)


def title_of(result: Result) -> str:
    """What a run is called."""
    return result["title"] or result["scene"]["name"] or Path(result["file"]).name


def labels_of(results: Sequence[Result]) -> list[str]:
    """Short names that tell runs apart: by speed or all that varies where that does, else by file.

    Args:
        results: what `gpudem.report.report.analyse` returned for each run.
    """
    told = [speed_text(result) for result in results]
    if None not in told and len(set(told)) == len(told):
        return [str(speed) for speed in told]
    stems = [Path(result["file"]).stem for result in results]
    return stems if len(set(stems)) == len(stems) else [str(result["file"]) for result in results]


def differences(results: Sequence[Result]) -> list[Difference]:
    """What varies between runs; where nothing does, or two are alike in all of it, their files too.

    Args:
        results: what `gpudem.report.report.analyse` returned for each run.
    """
    found = [one for one in (*_of_mills(results), *_of_charges(results)) if one.varies]
    found += [one for one in _of_contacts(results) if one.varies]
    found += [one for one in _of_runs(results) if one.varies]
    window = _column("evaluated", [_evaluated(result) for result in results])
    found += [window] if not _apart(found, results) and window.varies else []
    if not _apart(found, results):
        files = tuple(Path(result["file"]).stem for result in results)
        if len(set(files)) < len(files):
            files = tuple(str(result["file"]) for result in results)
        found.insert(0, Difference("file", files))
    return found


def _apart(found: Sequence[Difference], results: Sequence[Result]) -> bool:
    """Whether no two runs are alike in all of these."""
    keys = {tuple(cell_text(one.cells[k]) for one in found) for k in range(len(results))}
    return len(keys) == len(results)


def _evaluated(result: Result) -> str:
    start, end = (quantity(result["window"][name], "time") for name in ("start", "end"))
    return f"{start} to {end}"


def in_order(found: Sequence[Difference], count: int) -> list[int]:
    """Numbers of so many runs, sorted by what varies; the file's name comes last.

    Args:
        found: what `differences` returned for them.
        count: number of the runs.
    """
    keyed = sorted(found, key=lambda one: one.head == "file")
    return sorted(range(count), key=lambda k: [_sorted_by(one.cells[k]) for one in keyed])


def _sorted_by(cell: Cell) -> tuple[float, str]:
    value = cell.value if isinstance(cell, Value) else cell
    if value is None:
        return (-math.inf, "")
    return (0.0, value) if isinstance(value, str) else (float(value), "")


def _column(head: str, cells: Sequence[Cell]) -> Difference:
    return Difference(head, tuple(cells))


def _exact(results: Sequence[Result], key: str, kind: str) -> list[Cell]:
    return [Value(result["scene"][key], kind, exact=True) for result in results]


def _of_mills(results: Sequence[Result]) -> list[Difference]:
    scenes = [result["scene"] for result in results]
    kinds = [str(one["mill"] or "") for one in scenes]
    speeds = [one["speed"] for one in scenes]
    if len(set(kinds)) == 1 and mill_of(results[0]).speed_text(RPM, 4).endswith("rpm"):
        rpm = [None if s is None else float(f"{s / RPM:.6g}") for s in speeds]
        speed = _column("speed [rpm]", rpm)
    else:
        # Of shakers it is a frequency.
        speed = _column("speed", [speed_text(result) for result in results])
    return [
        _column("mill", [title_of(result) for result in results]),
        _column("kind", kinds),
        _column("bowl", [Value(one["bowl_volume"], "volume") for one in scenes]),
        speed,
        _column("ratio", [one["ratio"] for one in scenes]),
        _column("sun wheel", _exact(results, "sun_wheel_radius", "length")),
    ]


def _of_charges(results: Sequence[Result]) -> list[Difference]:
    scenes = [result["scene"] for result in results]
    fillings = [None if one["filling"] is None else float(number(one["filling"])) for one in scenes]
    filling = _column("filling ratio", [f if f is None else Value(f) for f in fillings])
    beads = _column("beads", [beads_text(result) for result in results])
    sizes = {str((one["bead_sizes"], [s["name"] for s in one["species"]])) for one in scenes}
    # How many they are, the filling says.
    told = [filling] if filling.varies and len(sizes) == 1 else [beads, filling]
    return [*told, _column("product", _exact(results, "product_mass", "mass"))]


def _of_contacts(results: Sequence[Result]) -> list[Difference]:
    """Columns of the keys of [contact]; what is the same for pairs and wall stands once."""
    tables = [
        {"softening": result["softening"], **dict(_flat(result["scene"]["contact"]))}
        for result in results
    ]
    found: list[Difference] = []
    for key in dict.fromkeys(key for table in tables for key in table):
        cells = tuple(table.get(key) for table in tables)
        pair, _, name = key.rpartition(".")
        name = name.replace("_", " ")
        if any(one.head == name and one.cells == cells for one in found):
            continue
        told = name if pair in ("", "bead_bead") else f"{pair.replace('_', ' ')} {name}"
        found.append(Difference(told.replace("bead wall", "wall"), cells))
    return found


def _flat(table: Any, above: str = "") -> list[tuple[str, Cell]]:
    if not isinstance(table, Mapping):
        return []
    found: list[tuple[str, Cell]] = []
    for key, value in table.items():
        place = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping):
            found += _flat(value, place)
        elif value is not None:
            plain = isinstance(value, (int, float)) and not isinstance(value, bool)
            found.append((place, float(value) if plain else str(value)))
    return found


def _of_runs(results: Sequence[Result]) -> list[Difference]:
    shares = [
        None
        if not result["timestep"] or not result["rayleigh_time"]
        else float(number(result["timestep"] / result["rayleigh_time"], 2))
        for result in results
    ]
    return [
        _column("step / Rayleigh time", shares),
        _column("seed", [result["scene"]["seed"] for result in results]),
    ]
