"""The reader of run files: everything that analysis, pictures and reports start from.

Needs neither Taichi nor VTK; xarray is imported on first use. Only committed data is shown,
so a file may be read while its run is still writing, or after the run was killed.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import time as time_module
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from gpudem.errors import RunFileError
from gpudem.notebook import table_html
from gpudem.pair_classes import pair_classes
from gpudem.quantities import (
    COLLISION_LOG,
    DISSIPATION_CHANNELS,
    EVENT_HISTOGRAMS,
    EVENT_SUMS,
    HISTOGRAM_CLASSES,
    PAIR_KINDS,
    SNAPSHOT_FIELDS,
    SUMMARY,
    Quantity,
)
from gpudem.runfile.layout import (
    READ_FAILURES,
    channels_in,
    is_count,
    open_checked,
    read_errors,
    summary_path,
    summary_quantities,
)
from gpudem.runfile.wear import Wear

if TYPE_CHECKING:
    import xarray

_DISSIPATION = Quantity("dissipation", "J", "dissipated energy (sum of its channels)")
#: What a snapshot holds.
_SHOWN = {
    "position": Quantity("position", "m", "centre of the bead in the bowl's frame"),
    "radius": Quantity("radius", "m", "radius of the bead"),
    **{field.name: field for field in SNAPSHOT_FIELDS},
}
_BLOCK_VALUES = 4_000_000
#: Looks at a file that is being written; what is so young may change at the same time [ns].
_ATTEMPTS, _COARSE = 8, 20_000_000
#: No filter of the format packs better than this (deflate's limit is 1032).
_LARGEST_RATIO = 1100

#: Sums over events that files of version 0.1.0 do not hold.
_LATER = ("impact", "onset")


def open_run(path: str | os.PathLike[str]) -> Run:
    """Open a run file for reading, also while its run is still writing.

    Args:
        path: the run file.

    Raises:
        RunFileError: the file is missing, damaged, not a run file or of another version.
    """
    return Run(path)


class Run(contextlib.AbstractContextManager["Run"]):
    """A run file, as far as it was committed when it was opened; a context manager.

    Arrays of the collision log are read from the file when they are used; close the run only
    after that.

    Attributes:
        path: the run file.
        complete: whether the run came to its end.
        parameters: numbers and texts of the run by name, SI units.
        versions: versions of gpudem and the libraries it ran with.
        timings: host, date, device and durations.
        scene_text: text of the scene file.
        overrides: values set beside the scene file.
        resolved: all resolved values of the scene, SI units.
        beads: number of beads.
        radius: radius of the beads [m], shape (beads,).
        mass: mass of the beads [kg], shape (beads,); None where the file does not say.
        species: numbers of the beads' species, shape (beads,).
        species_names: names of the species; none where there is only one.
        pair_classes: classes of contacts of several species, in storage order; else none.
        snapshot_times: time of each snapshot [s].
        intervals: number of committed intervals.
        snapshots: number of committed snapshots.
        first_logged: first interval of the log window.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self._open()
        try:
            self._retry(self._read_header)
        except BaseException:
            self.close()
            raise

    def _read_header(self) -> None:
        root = self._root
        self.complete = bool(root.attrs["complete"])
        self.intervals = self._count("committed_intervals")
        self._blocks = self._count("committed_blocks")
        # Snapshots have one mark only: the one that VTK reads.
        self.snapshots = int(self._file["VTKHDF/Steps"].attrs["NSteps"])
        if not self.complete:
            # HDF5 may have read parts of an index before the marks: read them all after.
            self._reopen()
            root = self._root
        self.beads = int(self._file["VTKHDF/NumberOfPoints"][0])
        self.first_logged = int(root["events"].attrs["first_interval"])
        if min(self.snapshots, self.first_logged) < 0 or self.beads < 1:
            raise ValueError("a count is negative")
        large = {name: item[()] for name, item in root["parameters"].items()}
        self.parameters = MappingProxyType({**_attributes(root["parameters"]), **large})
        self.versions = _attributes(root["versions"])
        self.timings = _attributes(root["timings"])
        self.scene_text = root["scene/source"].asstr()[()]
        self.overrides = json.loads(root["scene/overrides"].asstr()[()])
        self.resolved = json.loads(root["scene/resolved"].asstr()[()] or "null")
        self.snapshot_times = self._rows("VTKHDF/Steps/Values", self.snapshots)
        self.radius = self._rows("VTKHDF/PointData/radius", self.beads)
        self.mass, self.species = self._masses(), np.zeros(self.beads, np.int32)
        if "species" in self._file["VTKHDF/PointData"]:
            self.species = self._rows("VTKHDF/PointData/species", self.beads)
        self.species_names: tuple[str, ...] = ()
        if "species" in root:
            self.species_names = tuple(map(str, root["species"].asstr()[:]))
        several = len(self.species_names)
        self.pair_classes = pair_classes(several) if several else []
        for kept in (self.snapshot_times, self.radius, self.mass, self.species):
            # They must stay what the file says.
            if kept is not None:
                kept.flags.writeable = False

    def _masses(self) -> np.ndarray | None:
        if "mass" in self._file["VTKHDF/PointData"]:
            return self._rows("VTKHDF/PointData/mass", self.beads)
        # Files of version 0.1.0 name the mass of one bead, as all are alike.
        one = self.parameters.get("bead_mass")
        return np.full(self.beads, one) if isinstance(one, float) and one > 0.0 else None

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(*READ_FAILURES):
            self._file.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "complete" if self.complete else "incomplete"
        return (
            f"<Run {self.path.name}: {self.beads} beads, {self.intervals} intervals, "
            f"{self.snapshots} snapshots, {state}>"
        )

    def _repr_html_(self) -> str:
        times = self.snapshot_times
        shown = f"{self.snapshots}" + (f", up to {times[-1]:g} s" if len(times) else "")
        window = self.parameters.get("log_from")
        rows = [
            ("Title", str(self.parameters.get("title", ""))),
            ("Mill", str(self.parameters.get("mill", ""))),
            ("Beads", str(self.beads)),
            ("Log intervals", f"{self.intervals}, {self.logged_intervals} in the window"),
            ("Window from", "" if window is None else f"{window:g} s"),
            ("Snapshots", shown),
            ("State", "complete" if self.complete else "incomplete: gpudem resume continues it"),
            ("gpudem", str(self.versions.get("gpudem", ""))),
        ]
        return table_html(self.path.name, rows)

    @property
    def has_bead_log(self) -> bool:
        """Whether the collision log of each bead was kept."""
        with self._reading():
            return "log" in self._root

    @property
    def logged_intervals(self) -> int:
        """Number of committed intervals inside the log window."""
        return max(0, self.intervals - self.first_logged)

    @cached_property
    def series(self) -> dict[str, np.ndarray]:
        """The values of `summary` by name, `time` [s] among them, each shape (intervals,)."""
        with self._reading():
            found = {
                quantity.name: self._rows(summary_path(quantity), self.intervals)
                for quantity in self._summary_quantities
            }
        for values in found.values():
            # They are kept, and must stay what the file says.
            values.flags.writeable = False
        return found

    @property
    def _summary_quantities(self) -> Sequence[Quantity]:
        return summary_quantities(channels_in(self._root["summary"]))

    @property
    def summary(self) -> xarray.Dataset:
        """One value per interval for the bowl, dimension `interval`, coordinate `time` [s].

        Variables are those of SUMMARY, what the mill records of itself (such as `disc_speed`),
        and the sums over the beads of the collision log as `bead_bead_normal`,
        `bead_wall_normal`, ...
        """
        import xarray

        series = self.series
        with self._reading():
            variables = {
                quantity.name: ("interval", series[quantity.name].copy(), _labels(quantity))
                for quantity in self._summary_quantities
            }
        coordinates = {"time": variables.pop("time"), "interval": np.arange(self.intervals)}
        return xarray.Dataset(variables, coordinates, {"run": self.path.name})

    @property
    def log(self) -> xarray.Dataset:
        """The collision log, dimensions (pair_kind, interval, bead); read when used.

        Variables are those of COLLISION_LOG, and `dissipation` (sum of its channels). A whole
        variable may be large; select intervals or beads first, or use `log_blocks`.

        Raises:
            RunFileError: the run logged the bowl only.
        """
        import xarray
        from xarray.core import indexing

        self._need_bead_log()
        variables = {}
        for quantity in (*COLLISION_LOG, _DISSIPATION):
            array = indexing.LazilyIndexedArray(_lazy_log(self, quantity))
            variables[quantity.name] = (
                ("pair_kind", "interval", "bead"),
                array,
                _labels(quantity),
            )
        return xarray.Dataset(variables, self._log_coordinates(), {"run": self.path.name})

    def log_blocks(
        self, names: Sequence[str] = ("dissipation",), values: int = _BLOCK_VALUES
    ) -> Iterator[dict[str, np.ndarray]]:
        """Go through the collision log in blocks of intervals, with bounded memory.

        Args:
            names: variables of `log`.
            values: largest number of values of a variable in a block.

        Yields:
            For each name the energies [J] (float32) or counts, shape (2, intervals, beads).

        Raises:
            RunFileError: the run logged the bowl only, or the file is damaged.
        """
        self._need_bead_log()
        rows = max(1, values // (len(PAIR_KINDS) * self.beads))
        for start in range(0, self.logged_intervals, rows):
            interval = slice(start, min(start + rows, self.logged_intervals))
            yield {name: self._log_values(name, interval) for name in names}

    def bead_totals(self) -> xarray.Dataset:
        """Sum up the collision log over the log window, dimensions (pair_kind, bead).

        Raises:
            RunFileError: the run logged the bowl only, or the file is damaged.
        """
        import xarray

        quantities = (*COLLISION_LOG, _DISSIPATION)
        names = [quantity.name for quantity in quantities]
        totals = {name: np.zeros((len(PAIR_KINDS), self.beads)) for name in names}
        for block in self.log_blocks(names):
            for name in names:
                totals[name] += block[name].sum(axis=1, dtype=np.float64)
        variables = {
            q.name: (("pair_kind", "bead"), totals[q.name], _labels(q)) for q in quantities
        }
        coordinates = {"pair_kind": list(PAIR_KINDS), "bead": np.arange(self.beads)}
        return xarray.Dataset(variables, coordinates)

    @property
    def event_series(self) -> dict[str, np.ndarray]:
        """The values of `events` by name, each shape (2, intervals of the log window)."""
        with self._reading():
            return {
                quantity.name: np.array(
                    [
                        self._events_of(kind, quantity.name, self.logged_intervals)
                        for kind in PAIR_KINDS
                    ]
                )
                for quantity in EVENT_SUMS
            }

    @property
    def events(self) -> xarray.Dataset:
        """Sums over the events that ended in each interval, dimensions (pair_kind, interval)."""
        import xarray

        series = self.event_series
        variables = {
            quantity.name: (("pair_kind", "interval"), series[quantity.name], _labels(quantity))
            for quantity in EVENT_SUMS
        }
        coordinates = self._log_coordinates()
        del coordinates["bead"]
        return xarray.Dataset(variables, coordinates)

    @property
    def class_log(self) -> xarray.Dataset:
        """The collision log of all beads together by pair class, dimensions (class, interval).

        Variables are those of COLLISION_LOG, from the first interval on. A contact of two beads is
        counted for each of them. Empty where all beads are of one species.
        """
        return self._by_class("log", COLLISION_LOG, self.intervals)

    @property
    def class_events(self) -> xarray.Dataset:
        """Sums over the events that ended in each interval of the log window, likewise."""
        return self._by_class("events", EVENT_SUMS, self.logged_intervals)

    def class_histogram(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """As `histogram`, counts by pair class, shape (classes, HISTOGRAM_CLASSES).

        Raises:
            RunFileError: no such histogram, or the file is damaged.
        """
        every = range(len(self.pair_classes))
        return self._counts([f"gpudem/pair_classes/{k:02}/histogram" for k in every], name)

    def _by_class(self, part: str, quantities: Sequence[Quantity], rows: int) -> xarray.Dataset:
        import xarray

        names = [pair.label(self.species_names) for pair in self.pair_classes]
        variables = {}
        with self._reading():
            for quantity in quantities:
                values = [
                    self._rows(f"gpudem/pair_classes/{k:02}/{part}/{quantity.name}", rows)
                    for k in range(len(names))
                ]
                variables[quantity.name] = (
                    ("pair_class", "interval"),
                    np.array(values).reshape(len(names), rows),
                    _labels(quantity),
                )
        return xarray.Dataset(variables, {"pair_class": names}, {"run": self.path.name})

    def _events_of(self, kind: str, name: str, rows: int) -> np.ndarray:
        path = f"gpudem/events/{kind}/{name}"
        if path not in self._file and name in _LATER:
            return np.full(rows, np.nan)
        return self._rows(path, rows)

    def histogram(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Histogram of a quantity of whole contacts that ended up to the last snapshot.

        Args:
            name: one of EVENT_HISTOGRAMS.

        Returns:
            Edges of the classes, shape (HISTOGRAM_CLASSES + 1,), in the quantity's unit, and
            counts, shape (2, HISTOGRAM_CLASSES), pair kinds as in PAIR_KINDS.

        Raises:
            RunFileError: no such histogram, or the file is damaged.
        """
        return self._counts([f"gpudem/events/histogram/{kind}" for kind in PAIR_KINDS], name)

    def histogram_blocks(self, name: str) -> np.ndarray:
        """As `histogram`, counts from one snapshot to the next, shape (2, blocks, classes).

        Raises:
            RunFileError: no such histogram, or the file is damaged.
        """
        self.histogram(name)
        with self._reading():
            parts = [
                self._rows(f"gpudem/events/histogram/{kind}/{name}", self._blocks)
                for kind in PAIR_KINDS
            ]
        return np.array(parts, np.int64)

    def _counts(self, groups: Sequence[str], name: str) -> tuple[np.ndarray, np.ndarray]:
        """Edges of the classes, and the counts of a histogram in each of some groups."""
        names = [quantity.name for quantity in EVENT_HISTOGRAMS]
        if name not in names:
            raise RunFileError(f"{self.path}: no histogram {name!r}; there are {', '.join(names)}")
        counts = np.zeros((len(groups), HISTOGRAM_CLASSES), np.int64)
        with self._reading():
            for total, group in zip(counts, groups, strict=True):
                rows = self._rows(f"{group}/{name}", self._blocks)
                total += rows.sum(axis=0, dtype=np.int64)
            return self._rows("gpudem/events/edges", HISTOGRAM_CLASSES + 1), counts

    @property
    def remainder(self) -> dict[str, dict[str, float]]:
        """Events alive at the end, for each pair kind; empty while the run goes on."""
        with self._reading():
            group = self._root["events/remainder"]
            entries = [(kind, group[kind].attrs) for kind in PAIR_KINDS]
            return {kind: {n: float(v) for n, v in e.items()} for kind, e in entries if e}

    @property
    def walls(self) -> list[dict[str, Any]]:
        """What was summed up of each wall over the log window, as the writer was given it.

        Empty while the run goes on, and without `run.log_walls`.
        """
        with self._reading():
            group = self._root.get("walls", {})
            return [_attributes(group[str(number)]) for number in range(len(group))]

    @property
    def wear(self) -> Wear | None:
        """What was summed up for each triangle of walls of meshes over the log window.

        None while the run goes on, without `run.log_walls` and without such walls.
        """
        with self._reading():
            walls = []
            group = self._root.get("walls", {})
            for number in range(len(group)):
                held = group[str(number)].get("facets")
                if held is not None:
                    duration = float(group[str(number)].attrs["duration"])
                    walls.append((number, duration, {name: held[name][()] for name in held}))
            return Wear.of_walls(walls) if walls else None

    def fields(self, number: int) -> dict[str, np.ndarray]:
        """The values of `snapshot` by name, each shape (beads,) or (beads, 3).

        Args:
            number: number of the snapshot; negative counts from the end.

        Raises:
            RunFileError: no such snapshot, or the file is damaged.
        """
        if not -self.snapshots <= number < self.snapshots:
            raise RunFileError(f"{self.path}: no snapshot {number}; there are {self.snapshots}")
        step = number % self.snapshots
        with self._reading():
            found = {"position": self._step("Points", step), "radius": self.radius}
            held = self._file["VTKHDF/PointData"]
            # Files of older versions hold fewer.
            for field in (field for field in SNAPSHOT_FIELDS if field.name in held):
                found[field.name] = self._step(f"PointData/{field.name}", step)
        return found

    def snapshot(self, number: int = -1, *, time: float | None = None) -> xarray.Dataset:
        """One snapshot, dimensions (bead, axis).

        Args:
            number: number of the snapshot; negative counts from the end.
            time: simulated time [s]; the nearest snapshot is taken instead of `number`.

        Returns:
            `position` [m], `radius` [m] and the fields of SNAPSHOT_FIELDS; coordinate and
            attribute `time` [s], so that `xarray.concat(snapshots, "time")` keeps it.

        Raises:
            RunFileError: no such snapshot, or the file is damaged.
        """
        import xarray

        if number != int(number):
            raise RunFileError(
                f"{self.path}: snapshot {number}: a whole number is needed; a moment is "
                "snapshot(time=...)"
            )
        number = int(number)
        if time is not None and self.snapshots:
            number = int(np.argmin(np.abs(self.snapshot_times - time)))
        variables = {
            name: (("bead", "axis")[: values.ndim], values, _labels(_SHOWN[name]))
            for name, values in self.fields(number).items()
        }
        moment = float(self.snapshot_times[number])
        coordinates = {"bead": np.arange(self.beads), "axis": ["x", "y", "z"], "time": moment}
        return xarray.Dataset(variables, coordinates, {"time": moment})

    @property
    def positions(self) -> np.ndarray:
        """Centres of all beads in the bowl's frame [m], shape (snapshots, beads, 3).

        Raises:
            RunFileError: the file is damaged.
        """
        with self._reading():
            every = [self._step("Points", step) for step in range(self.snapshots)]
        return np.array(every, float).reshape(self.snapshots, self.beads, 3)

    def to_csv(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write summary.csv, events_histogram.csv and (with a bead log) beads.csv.

        Args:
            folder: an existing or new folder.

        Returns:
            The files written; header rows give the units.

        Raises:
            RunFileError: the files cannot be written.
        """
        return _write_tables(self, Path(folder))

    def _need_bead_log(self) -> None:
        if not self.has_bead_log:
            raise RunFileError(
                f"{self.path}: holds sums over the bowl only (log = 'bowl'), no log of each bead"
            )

    def _log_coordinates(self) -> dict[str, Any]:
        with self._reading():
            time = self._rows("gpudem/summary/time", self.intervals)[self.first_logged :]
        return {
            "pair_kind": list(PAIR_KINDS),
            "interval": np.arange(self.first_logged, self.first_logged + self.logged_intervals),
            "time": ("interval", time, _labels(SUMMARY[0])),
            "bead": np.arange(self.beads),
        }

    def _log_values(
        self,
        name: str,
        interval: int | slice,
        bead: int | slice = slice(None),
        kinds: Sequence[str] = PAIR_KINDS,
    ) -> np.ndarray:
        """Values of one variable of the log, pair kind first."""
        parts = DISSIPATION_CHANNELS if name == _DISSIPATION.name else (name,)
        if name not in (_DISSIPATION.name, *(quantity.name for quantity in COLLISION_LOG)):
            raise RunFileError(f"{self.path}: no quantity {name!r} in the collision log")
        # The data set may have grown past the committed rows, so slices are cut here.
        key = range(self.logged_intervals)[interval]
        rows = slice(key.start, key.stop, key.step) if isinstance(key, range) else key

        def read(kind: str, part: str) -> np.ndarray:
            where = f"gpudem/log/{kind}/{part}"
            return self._retry(lambda: self._checked(where, self.logged_intervals)[rows, bead])

        return np.stack([_total([read(kind, part) for part in parts]) for kind in kinds])

    def _step(self, name: str, step: int) -> np.ndarray:
        rows = slice(step * self.beads, (step + 1) * self.beads)
        return self._retry(lambda: self._checked(f"VTKHDF/{name}", rows.stop)[rows])

    def _count(self, name: str) -> int:
        count = int(self._root.attrs[name])
        if count < 0:
            raise ValueError(f"{name} is {count}")
        return count

    def _rows(self, name: str, rows: int) -> np.ndarray:
        return self._retry(lambda: self._checked(name, rows)[:rows])

    @property
    def _root(self) -> h5py.Group:
        return self._file["gpudem"]

    def _reopen(self) -> None:
        self._file.close()
        self._open()

    def _open(self) -> None:
        self._opened_at = _written_at(self.path)
        self._file = open_checked(self.path)

    def _retry(self, read: Callable[[], Any]) -> Any:
        """Read; where a run is still writing, a second look may find what the first missed.

        What was read while the file changed may stand where something else is by now: it counts
        when a second look finds the same.
        """
        values: Any = None
        for attempt in range(_ATTEMPTS):
            try:
                with self._reading():
                    before, values = values, read()
                if values is None or self.complete or self._was_still():
                    return values
                if before is not None and np.array_equal(before, values, equal_nan=True):
                    return values
            except RunFileError:
                if attempt == _ATTEMPTS - 1 or not self._file or getattr(self, "complete", True):
                    raise
                time_module.sleep(0.05)
            self._reopen()
        raise RunFileError(f"{self.path}: changes faster than it can be read")

    def _was_still(self) -> bool:
        """Whether nothing was written since the file was opened."""
        written = _written_at(self.path)
        return written == self._opened_at and time_module.time_ns() - written > _COARSE

    def _checked(self, name: str, rows: int) -> h5py.Dataset:
        """Return the data set, after a look whether `rows` rows can really be in the file."""
        dataset = self._file[name]
        held = dataset.id.get_storage_size() * (_LARGEST_RATIO if dataset.compression else 1)
        needed = rows * int(np.prod(dataset.shape[1:], dtype=np.float64)) * dataset.dtype.itemsize
        chunks = -(-rows // dataset.chunks[0]) if dataset.chunks else 0
        if (
            dataset.dtype.hasobject
            or dataset.shape[0] < rows
            or needed > held
            or (chunks and dataset.id.get_num_chunks() < chunks)
        ):
            raise ValueError(f"/{name} does not hold {rows} rows")
        return dataset

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        if not self._file:
            raise RunFileError(f"{self.path}: is closed; read it before the run is closed")
        with read_errors(self.path):
            yield


def _written_at(path: Path) -> int:
    """When a file was last written [ns]; 0 where there is none."""
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def _attributes(group: h5py.Group) -> dict[str, Any]:
    values = dict(group.attrs)
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in values.items()
    }


def _labels(quantity: Quantity) -> dict[str, str]:
    return {"units": quantity.unit, "long_name": quantity.meaning}


def _total(values: Sequence[np.ndarray]) -> np.ndarray:
    """Sum single precision parts in double; one part stays as it is."""
    if len(values) == 1:
        return values[0]
    total = np.zeros(np.shape(values[0]), np.float64)
    for part in values:
        total += part
    return total.astype(np.float32)


def _lazy_log(run: Run, quantity: Quantity) -> Any:
    """Make an array for xarray that reads from the run when it is indexed."""
    from xarray.backends import BackendArray
    from xarray.core import indexing

    class LogArray(BackendArray):
        shape = (len(PAIR_KINDS), run.logged_intervals, run.beads)
        dtype = np.dtype(np.uint16 if is_count(quantity) else np.float32)

        def __getitem__(self, key: Any) -> Any:
            return indexing.explicit_indexing_adapter(
                key, self.shape, indexing.IndexingSupport.BASIC, self._read
            )

        def _read(self, key: tuple[int | slice, ...]) -> np.ndarray:
            kind, interval, bead = key
            kinds = PAIR_KINDS[kind] if isinstance(kind, slice) else (PAIR_KINDS[kind],)
            values = run._log_values(quantity.name, interval, bead, kinds)
            return values if isinstance(kind, slice) else values[0]

    return LogArray()


def _write_tables(run: Run, folder: Path) -> list[Path]:
    """Writes the tables of `Run.to_csv`."""
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
