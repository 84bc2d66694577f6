"""Files of measurements: TOML with a table for each test, or CSV of one test."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from gpudem.calibration.bench_test import BenchTest
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
_COLUMN = re.compile(r"\s*(?P<name>[A-Za-z_]+?)(?:[ _]?\d+)?\s*(?:[\[(](?P<unit>[^\])]*)[\])])?\s*")
_RANGE = "[lowest, highest], or a number that is known"


def _prior(given: Any) -> Any:
    """Bounds, or known values, of parameters."""
    if not isinstance(given, dict):
        raise QuantityError(given, f": a table of parameters is needed, each {_RANGE}")
    found: dict[str, tuple[float, float] | float] = {}
    for name, value in given.items():
        parameter = PARAMETERS.get(name)
        if parameter is None:
            known = ", ".join(PARAMETERS)
            near = did_you_mean(str(name), list(PARAMETERS))
            raise QuantityError(name, f": no such parameter{near} (accepted: {known})")
        accept = Accept("number", 0.01 if name == "restitution" else 0.0, 10.0)
        if isinstance(value, (list, tuple)):
            if len(value) != 2:
                raise QuantityError(value, f": {_RANGE}")
            low, high = (accept.read(one) for one in value)
            if low >= high:
                raise QuantityError(value, ": the lower bound must be below the upper one")
            found[name] = (low, high)
        else:
            found[name] = float(accept.read(value))
    return found


def _as_several(given: Any) -> Any:
    return given if isinstance(given, (list, tuple)) else (given,)


class Measurements(Table):
    """What was measured, of one charge of beads with one powder."""

    title: str = Field(default="", description="free text for reports")
    drop: DropTest | None = Field(default=None, description="drop test")
    rolling: RollingTest | None = Field(default=None, description="rolling pendulum")
    repose: Annotated[tuple[ReposeTest, ...], BeforeValidator(_as_several)] = Field(
        default=(), description="angles of repose, by one method or several"
    )
    sliding: SlidingTest | None = Field(default=None, description="sliding triple")
    prior: Annotated[dict[str, Any], BeforeValidator(_prior)] = Field(
        default_factory=dict, description=f"of parameters: {_RANGE}"
    )

    @model_validator(mode="after")
    def _check(self) -> Measurements:
        if not self.tests:
            raise TableFault(((), f"no test; accepted tables: {', '.join(KINDS)}"))
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
    if not Path(label).exists():
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
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise SceneError(f"{label}: a line of column names and a line for each measurement")
    heads = []
    for head in rows[0]:
        found = _COLUMN.fullmatch(head)
        if found is None:
            raise SceneError(f"{label}:1: column {head!r}: write its name and unit, angle [deg]")
        heads.append((found["name"].lower(), (found["unit"] or "").strip()))
    lines = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) > len(heads):
            raise SceneError(f"{label}:{number}: {len(row)} values for {len(heads)} columns")
        lines.append(
            [
                (name, _with_unit(cell.strip(), unit, f"{label}:{number}: {name}"))
                for (name, unit), cell in zip(heads, row, strict=False)
                if cell.strip()
            ]
        )
    names = dict.fromkeys(name for name, _ in heads)
    if kind == "rolling":
        return _releases(lines, names, label)
    columns: dict[str, Any] = {
        name: [value for line in lines for key, value in line if key == name] for name in names
    }
    if kind == "sliding" and "distance" in columns:
        slides = [dict(line) for line in lines]
        keys = ("tilt", "distance", "time")
        if any(key not in slide for slide in slides for key in keys):
            raise SceneError(f"{label}: slides need the columns tilt, distance and time")
        return {"slides": [{**slide, "time": [slide["time"]]} for slide in slides]}
    return columns


def _releases(lines: list[list[tuple[str, Any]]], names: Any, label: str) -> dict[str, Any]:
    """Of a rolling pendulum each line is a release: its angle, and the swings that follow."""
    if {"time", "x", "y"} <= set(names):
        return {"track": Path(label).name}
    key = "heights" if "height" in names or "heights" in names else "swings"
    swings = [
        [v for name, v in line if name in ("swing", "swings", "height", "heights")]
        for line in lines
    ]
    out: dict[str, Any] = {key: swings}
    released = [value for line in lines for name, value in line if name == "release"]
    if released:
        if len(set(released)) > 1:
            raise SceneError(f"{label}: release: one angle for all lines; write a file for each")
        out["release"] = released[0]
    return out


def _with_unit(cell: str, unit: str, where: str) -> Any:
    try:
        number = float(cell)
    except ValueError:
        raise SceneError(f"{where}: no number: {cell!r}") from None
    return f"{number:.12g} {unit}" if unit else number
