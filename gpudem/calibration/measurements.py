"""Files of measurements: TOML with a table for each test, or CSV of one test."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from gpudem.calibration.bench_test import BenchTest, as_several
from gpudem.calibration.drop import DropTest
from gpudem.calibration.parameters import PARAMETERS, Prior
from gpudem.calibration.repose import ReposeTest
from gpudem.calibration.rolling import RollingTest
from gpudem.calibration.sliding import SlidingTest
from gpudem.errors import SceneError
from gpudem.plain_text import did_you_mean
from gpudem.scene.faults import Faults
from gpudem.scene.file import read_file
from gpudem.scene.toml_text import key_lines, parse_toml
from gpudem.table import Table
from gpudem.units import Accept, QuantityError, TableFault

#: All kinds of tests, by name.
KINDS: dict[str, type[BenchTest]] = {
    kind.NAME: kind for kind in (DropTest, RollingTest, ReposeTest, SlidingTest)
}
_COLUMN = re.compile(
    r"\s*(?P<name>[A-Za-z_ ]+?)(?:[ _]?\d+)?\s*(?:[\[(](?P<unit>[^\])]*)[\])])?\s*"
)
_RANGE = "[lowest, highest], or a number that is known"


def _prior(given: Any) -> Any:
    """Bounds, or known values, of parameters."""
    if not isinstance(given, dict):
        raise QuantityError(given, f": a table of parameters is needed, each {_RANGE}")
    found: dict[str, tuple[float, float] | float] = {}
    faults: list[tuple[tuple[str, ...], str]] = []
    for name, value in given.items():
        try:
            found[name] = _bounds(name, value)
        except QuantityError as error:
            faults.append(((name,), error.reason))
    if faults:
        raise TableFault(*faults)
    return found


def _bounds(name: str, value: Any) -> tuple[float, float] | float:
    if name not in PARAMETERS:
        raise QuantityError(name, f": no such parameter{did_you_mean(name, list(PARAMETERS))}")
    is_restitution = name == "restitution"
    accept = Accept("number", 0.01 if is_restitution else 0.0, 1.0 if is_restitution else 10.0)
    if not isinstance(value, (list, tuple)):
        return float(accept.read(value))
    if len(value) != 2:
        raise QuantityError(value, f": {_RANGE}")
    low, high = (float(accept.read(one)) for one in value)
    if low >= high:
        raise QuantityError(value, ": the lower bound must be below the upper one")
    return low, high


class Measurements(Table):
    """What was measured, of one charge of beads with one powder."""

    title: str = Field(default="", description="free text for reports")
    drop: DropTest | None = Field(default=None, description="drop test")
    rolling: RollingTest | None = Field(default=None, description="rolling pendulum")
    repose: Annotated[tuple[ReposeTest, ...], BeforeValidator(as_several)] = Field(
        default=(), description="angles of repose, by one method or several"
    )
    sliding: SlidingTest | None = Field(default=None, description="sliding triple")
    prior: Annotated[dict[str, Any], BeforeValidator(_prior)] = Field(
        default_factory=dict, description=f"of parameters: {_RANGE}"
    )

    @model_validator(mode="after")
    def _check(self) -> Measurements:
        if not self.tests:
            raise TableFault((("tests",), f": none is there; accepted tables: {', '.join(KINDS)}"))
        faults = self.known_before.faults()
        if faults:
            raise TableFault(*((("prior", name), text) for name, text in faults))
        return self

    @property
    def tests(self) -> list[BenchTest]:
        """All tests, in order."""
        found = [self.drop, self.rolling, *self.repose, self.sliding]
        return [test for test in found if test is not None]

    @property
    def known_before(self) -> Prior:
        """Which parameters are sought, and within which bounds."""
        names = {name for test in self.tests for name in test.RESPONDS}
        return Prior.of(names, self.prior)


def read_measurements(source: str | os.PathLike[str], kind: str = "joint") -> Measurements:
    """Read a file of measurements.

    Args:
        source: a TOML file, or a CSV file of one kind of test.
        kind: the test that is looked at, "joint" for all in the file.

    Raises:
        SceneError: every fault found, one line each.
    """
    label = os.fspath(source)
    folder = Path(label).resolve().parent
    if not Path(label).is_file():
        raise SceneError(f"{label}: no such file; measurements are a TOML file, or CSV of one test")
    if label.lower().endswith(".csv"):
        if kind == "joint":
            raise SceneError(
                f"{label}: a CSV file holds one test; name it: gpudem calibrate rolling"
            )
        _, text = read_file(Path(label), "measurement")
        data = {kind: _from_csv(text, label, kind)}
        found: Measurements = Faults(Measurements, label, {}).check(data, {"folder": folder})
        return found
    _, text = read_file(Path(label), "measurement")
    faults = Faults(Measurements, label, key_lines(text))
    read: Measurements = faults.check(parse_toml(text, label), {"folder": folder})
    if kind == "joint":
        return read
    if not getattr(read, kind):
        there = ", ".join(test.NAME for test in read.tests)
        raise SceneError(f"{label}: holds no table [{kind}] (there: {there})")
    others = {name: None for name in KINDS if name != kind} | {"repose": ()}
    if kind == "repose":
        others.pop("repose")
    return read.model_copy(update=others)


def _from_csv(text: str, label: str, kind: str) -> dict[str, Any]:
    """The table of one test from columns whose heads have units, such as "angle [deg]"."""
    reader = csv.reader(io.StringIO(text))
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SceneError(f"{label}: no CSV file: {error}") from None
    if len(rows) < 2:
        raise SceneError(f"{label}: needs a line of column names and a line for each measurement")
    heads = [_head(head, label) for head in rows[0][1]]
    names = list(dict.fromkeys(name for name, _ in heads))
    lines = []
    for number, row in rows[1:]:
        cells = [cell.strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        short = len(cells) < len(heads) and kind != "rolling"
        if len(cells) > len(heads) or short or not all(cells):
            raise SceneError(
                f"{label}:{number}: {len(cells)} values for {len(heads)} columns, or a gap"
            )
        lines.append(
            [
                (name, _with_unit(cell, unit, f"{label}:{number}: {name}"))
                for (name, unit), cell in zip(heads, cells, strict=False)
            ]
        )
    if kind == "rolling":
        return _releases(lines, names, label)
    if kind == "sliding" and "distance" in names:
        return {"slides": _slides(lines, label)}
    return {name: [value for line in lines for key, value in line if key == name] for name in names}


def _head(head: str, label: str) -> tuple[str, str]:
    """Name and unit of a column."""
    found = _COLUMN.fullmatch(head)
    if found is None:
        wanted = "write its name and unit, such as angle [deg]; columns are separated by commas"
        raise SceneError(f"{label}:1: column {head!r}: {wanted}")
    return re.sub(r"\s+", "_", found["name"].strip().lower()), (found["unit"] or "").strip()


def _slides(lines: list[list[tuple[str, Any]]], label: str) -> list[dict[str, Any]]:
    """Slides of the same tilt and distance are repetitions of one."""
    found: dict[tuple[Any, Any], list[Any]] = {}
    for line in lines:
        one = dict(line)
        if not {"tilt", "distance", "time"} <= one.keys():
            raise SceneError(f"{label}: slides need the columns tilt, distance and time")
        found.setdefault((one["tilt"], one["distance"]), []).append(one["time"])
    return [
        {"tilt": tilt, "distance": distance, "time": times}
        for (tilt, distance), times in found.items()
    ]


def _releases(lines: list[list[tuple[str, Any]]], names: list[str], label: str) -> dict[str, Any]:
    """Of a rolling pendulum each line is a release: its angle, and the swings that follow."""
    if {"x", "y"} <= set(names):
        return {"track": Path(label).name}
    key = next((k for k in ("swing", "height") if {k, f"{k}s"} & set(names)), "")
    if not key:
        there = ", ".join(names)
        raise SceneError(f"{label}: needs columns swing 1 [deg], swing 2 [deg] ...; it has {there}")
    turns = [[value for name, value in line if name in (key, f"{key}s")] for line in lines]
    out: dict[str, Any] = {"swings" if key == "swing" else "heights": turns}
    released = [value for line in lines for name, value in line if name == "release"]
    if released:
        # One angle for all is measured as one.
        out["release"] = released[0] if len(set(map(str, released))) == 1 else released
    return out


def _with_unit(cell: str, unit: str, where: str) -> Any:
    try:
        number = float(cell)
    except ValueError:
        raise SceneError(f"{where}: no number: {cell!r}") from None
    return f"{number:.12g} {unit}" if unit else number
