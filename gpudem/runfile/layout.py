"""The layout of run files: what the writer makes and the reader expects."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import gpudem
from gpudem.errors import RunFileError
from gpudem.pair_classes import pair_classes
from gpudem.quantities import (
    COLLISION_LOG,
    EVENT_HISTOGRAMS,
    EVENT_SUMS,
    HISTOGRAM_CLASSES,
    PAIR_KINDS,
    SUMMARY,
    Quantity,
    histogram_edges,
)
from gpudem.runfile.vtkhdf import SphereSeries

SCHEMA = "gpudem-run"
SCHEMA_VERSION = 1

#: Rows of a chunk of numbers by interval.
TABLE_ROWS = 1024

#: What h5py raises on damaged or unexpected content.
READ_FAILURES = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)

_BLOCK_BYTES = 65536
#: HDF5 keeps attributes of up to 64 kB.
_ATTRIBUTE_BYTES = 32768
_PACKED: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}


def is_count(quantity: Quantity) -> bool:
    """Whether a quantity of COLLISION_LOG is a number of contacts (stored as uint16)."""
    return quantity.unit == "1"


def channels_in(summary: h5py.Group) -> list[Quantity]:
    """Return what the mill records of itself, beside SUMMARY, by name."""
    known = {quantity.name for quantity in SUMMARY}
    found = [(name, item) for name, item in summary.items() if isinstance(item, h5py.Dataset)]
    return [
        Quantity(name, str(item.attrs["unit"]), str(item.attrs["meaning"]))
        for name, item in sorted(found)
        if name not in known
    ]


def summary_quantities(channels: Sequence[Quantity]) -> list[Quantity]:
    """Return SUMMARY, the channels, and the sums of the collision log with their full names."""
    sums = [
        Quantity(f"{kind}_{q.name}", q.unit, f"{kind.replace('_', '-')}: {q.meaning}")
        for kind in PAIR_KINDS
        for q in COLLISION_LOG
    ]
    return [*SUMMARY, *channels, *sums]


def summary_path(quantity: Quantity) -> str:
    """Return where a quantity of `summary_quantities` stands in the file."""
    for kind in PAIR_KINDS:
        if quantity.name.startswith(kind + "_"):
            return f"gpudem/summary/{kind}/{quantity.name[len(kind) + 1 :]}"
    return f"gpudem/summary/{quantity.name}"


def open_checked(path: Path) -> h5py.File:
    """Open a file for reading and check that it is a run file of the version known here.

    Raises:
        RunFileError: the file is missing, damaged, not a run file or of another version.
    """
    if not path.is_file():
        what = "is a folder, not a run file" if path.is_dir() else "no such file"
        if (path / "study.json").is_file():
            what += f" (those of this study: {path}/workspace/*/run.vtkhdf)"
        raise RunFileError(f"{path}: {what}; a run file (.vtkhdf) written by gpudem is accepted")
    try:
        file = h5py.File(path, "r", locking=False)
    except READ_FAILURES as error:
        if not os.access(path, os.R_OK):
            what = "cannot be read (permission denied)"
        elif _starts_as_hdf5(path):
            what = "is damaged (cut short?)"
        else:
            what = "is not an HDF5 file"
            if path.suffix == ".toml":
                what = f"is a scene, not a run file; run it first with gpudem run {path}"
        raise RunFileError(
            f"{path}: {what}; a run file (.vtkhdf) written by gpudem is accepted"
        ) from error
    try:
        with read_errors(path):
            group = file["gpudem"] if "gpudem" in file else None
            schema = group.attrs.get("schema") if group is not None else None
            version = group.attrs.get("schema_version") if group is not None else None
        with read_errors(path):
            refuse_links(file, path)
        if not _is(schema, SCHEMA):
            raise RunFileError(
                f"{path}: is an HDF5 file, but not a run file; "
                "a run file (.vtkhdf) written by gpudem is accepted"
            )
        if not _is(version, SCHEMA_VERSION):
            odd = isinstance(version, np.ndarray)
            shown = "an unknown schema version" if odd else f"schema version {version}"
            raise RunFileError(
                f"{path}: run file of {shown}; this gpudem reads version {SCHEMA_VERSION}"
            )
    except BaseException:
        file.close()
        raise
    return file


def _is(found: Any, expected: Any) -> bool:
    """Whether an attribute has a value; one of a damaged file may be an array."""
    return np.ndim(found) == 0 and bool(found == expected)


def refuse_links(group: h5py.Group, path: Path, depth: int = 0) -> None:
    """Refuses whatever a file of ours never has: ways into other files, or very deep groups.

    Raises:
        RunFileError: it has some.
    """
    for name in group:
        link = group.get(name, getlink=True)
        item = group[name] if isinstance(link, h5py.HardLink) else None
        away = item is None or (
            isinstance(item, h5py.Dataset) and (item.is_virtual or bool(item.external))
        )
        if away or depth > 8:
            raise RunFileError(
                f"{path}: {group.name.rstrip('/')}/{name} leads out of the file; "
                "a run file (.vtkhdf) written by gpudem is accepted"
            )
        if isinstance(item, h5py.Group):
            refuse_links(item, path, depth + 1)


def _starts_as_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


@contextlib.contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Say failures inside h5py in one line."""
    try:
        yield
    except READ_FAILURES as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].strip("'\"")
        raise RunFileError(
            f"{path}: is damaged ({reason}); an intact run file written by gpudem is accepted"
        ) from error


def create_layout(
    file: h5py.File,
    *,
    parameters: Mapping[str, Any],
    scene: tuple[str, str, str],
    radius: np.ndarray,
    mass: np.ndarray | None,
    species: np.ndarray | None,
    log: str,
    first: int,
    channels: Sequence[Quantity],
    species_names: Sequence[str] = (),
) -> None:
    """Make every group and data set of a run file, all of length zero.

    Args:
        file: an empty file, open for writing.
        parameters: numbers and texts of the run; `intervals` is used to choose chunk sizes.
        scene: scene text, overrides (JSON) and resolved values (JSON).
        radius: radius of the beads [m], shape (beads,).
        mass: their mass [kg], likewise, if known.
        species: numbers of their species, likewise, if known.
        log: "beads" or "bowl".
        first: first interval of the log window.
        channels: what the mill records of itself.
        species_names: of several species, whose pair classes are then told apart.
    """
    if radius.ndim != 1 or not len(radius):
        raise ValueError(f"radius: shape {radius.shape}, expected (beads,)")
    SphereSeries.create(file, radius, mass, species)
    root = file.create_group("gpudem")
    root.attrs["schema"] = SCHEMA
    root.attrs["schema_version"] = np.int64(SCHEMA_VERSION)
    root.attrs["gpudem_version"] = gpudem.__version__
    for name in ("committed_intervals", "committed_snapshots", "committed_blocks"):
        root.attrs[name] = np.int64(0)
    root.attrs["complete"] = np.bool_(False)
    versions = {"gpudem": gpudem.__version__, "hdf5": h5py.version.hdf5_version}
    for package in ("taichi", "numpy", "h5py"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    set_attributes(root.create_group("versions"), versions)
    for name, text in zip(("source", "overrides", "resolved"), scene, strict=True):
        root.require_group("scene")[name] = text
    _set_parameters(root.create_group("parameters"), parameters)

    planned = int(parameters.get("intervals") or TABLE_ROWS)
    rows = max(16, min(planned, TABLE_ROWS))
    column = {"shape": (0,), "maxshape": (None,), "chunks": (rows,), "dtype": np.float64}
    summary = root.create_group("summary")
    events = root.create_group("events")
    events.attrs["first_interval"] = np.int64(first)
    _describe(summary, [*SUMMARY, *channels], column)
    histogram = {
        "shape": (0, HISTOGRAM_CLASSES),
        "maxshape": (None, HISTOGRAM_CLASSES),
        "chunks": (1, HISTOGRAM_CLASSES),
        "dtype": np.int32,
        **_PACKED,
    }
    names = tuple(species_names)
    if len(names) > 1:
        root["species"] = list(names)
        for number, pair in enumerate(pair_classes(len(names))):
            group = root.create_group(f"pair_classes/{number:02}")
            second = -1 if pair.second is None else pair.second
            set_attributes(group, {"first": pair.first, "second": second})
            group.attrs["name"] = pair.label(names)
            _describe(group.create_group("log"), COLLISION_LOG, column)
            _describe(group.create_group("events"), EVENT_SUMS, column)
            _describe(group.create_group("histogram"), EVENT_HISTOGRAMS, histogram)
    beads = len(radius)
    for kind in PAIR_KINDS:
        _describe(summary.create_group(kind), COLLISION_LOG, column)
        _describe(events.create_group(kind), EVENT_SUMS, column)
        _describe(events.create_group(f"histogram/{kind}"), EVENT_HISTOGRAMS, histogram)
        events.create_group(f"remainder/{kind}")
        if log == "beads":
            group = root.require_group("log").create_group(kind)
            block = (max(1, min(_BLOCK_BYTES // (4 * beads), 4096, max(16, planned))), beads)
            grows = {"shape": (0, beads), "maxshape": (None, beads), "chunks": block, **_PACKED}
            for quantity in COLLISION_LOG:
                grows["dtype"] = np.uint16 if is_count(quantity) else np.float32
                _describe(group, [quantity], grows)
    if log == "beads":
        root["log"].attrs["first_interval"] = np.int64(first)
    events["edges"] = np.array(histogram_edges())
    events["edges"].attrs["meaning"] = "edges of the histogram classes, in the quantity's unit"

    timings = root.create_group("timings")
    timings.attrs["host"] = platform.node()
    timings.attrs["date"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
    wall_clock = timings.create_dataset("wall_clock", **column)
    wall_clock.attrs["unit"], wall_clock.attrs["meaning"] = "s", "time taken by each interval"


def _describe(group: h5py.Group, quantities: Sequence[Quantity], layout: dict[str, Any]) -> None:
    """Make one empty data set for each quantity."""
    for quantity in quantities:
        dataset = group.create_dataset(quantity.name, **layout)
        dataset.attrs["unit"] = quantity.unit
        dataset.attrs["meaning"] = quantity.meaning


def _set_parameters(group: h5py.Group, values: Mapping[str, Any]) -> None:
    """Set attributes of a group, but make datasets of arrays that are too large for those."""
    large = {
        name: value
        for name, value in values.items()
        if isinstance(value, np.ndarray) and value.nbytes > _ATTRIBUTE_BYTES
    }
    set_attributes(group, {name: value for name, value in values.items() if name not in large})
    for name, value in large.items():
        group.create_dataset(name, data=value, **_PACKED)


def set_attributes(group: h5py.Group, values: Mapping[str, Any]) -> None:
    """Set attributes of a group; None becomes NaN."""
    for name, value in values.items():
        group.attrs[name] = np.nan if value is None else value
