"""The writer of run files: one HDF5 file a run, readable at any moment of the run.

The layout is described in docs/reference/run-file.md. Data is buffered in memory and becomes
visible to readers by `RunFileWriter.flush`, which moves the commit marks last.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from gpudem.errors import RunFileError, RunFileGone
from gpudem.pair_classes import by_pair_kind
from gpudem.quantities import (
    CHANNELS,
    COLLISION_LOG,
    EVENT_HISTOGRAMS,
    EVENT_SUMS,
    HISTOGRAM_CLASSES,
    PAIR_KINDS,
    SUMMARY,
    Quantity,
)
from gpudem.runfile.claim import Claim
from gpudem.runfile.commit_file import CommitFile, cut_to_superblock, lock
from gpudem.runfile.layout import (
    channels_in,
    create_layout,
    open_checked,
    read_errors,
    set_attributes,
)
from gpudem.runfile.record_buffer import LogBlocks, Table, check_counts
from gpudem.runfile.vtkhdf import SphereSeries
from gpudem.runfile.wear import FACET_SUMS
from gpudem.stopping import StopSignals


class RunFileWriter:
    """Writes a run file; a context manager.

    The file appears under its name when it is first complete in itself; until then it is
    written as `NAME.part`. Whatever happens later (kill, full disk), it stays readable and
    holds everything up to the last `flush`.

    Args:
        path: the run file, by custom `NAME.vtkhdf`.
        parameters: numbers and texts of the run by name, SI units; None is stored as NaN.
            `intervals`, if given, is used to choose sizes.
        scene_source: text of the scene file.
        overrides: values set beside the scene file, anything JSON can hold.
        resolved: JSON text of all resolved values.
        radius: radius of the beads [m], shape (beads,).
        mass: their mass [kg], likewise, if known.
        species: numbers of their species, likewise, if known.
        log: "beads" to keep the collision log of each bead, "bowl" for its sums only.
        overwrite: replace an existing file.
        log_first_interval: first interval of the log window.
        channels: what the mill records of itself.
        species_names: of several species, whose pair classes are then told apart.
        claim: on the path, where the caller has one; used up.

    Raises:
        RunFileError: the file exists, or cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        parameters: Mapping[str, Any],
        scene_source: str,
        overrides: Any,
        resolved: str,
        radius: np.ndarray,
        mass: np.ndarray | None = None,
        species: np.ndarray | None = None,
        log: str = "beads",
        overwrite: bool = False,
        log_first_interval: int = 0,
        channels: Sequence[Quantity] = CHANNELS,
        species_names: Sequence[str] = (),
        claim: Claim | None = None,
    ):
        if log not in ("beads", "bowl"):
            raise ValueError(f"log: {log!r}; accepted: 'beads', 'bowl'")
        self.path = Path(path)
        with claim or Claim(self.path, overwrite) as held, _errors(self.path, "cannot be written"):
            part = held.part
            self._disk = CommitFile(held.take())
        try:
            with self._writing():
                self._file = h5py.File(
                    self._disk, "w", fs_strategy="none", rdcc_nbytes=2**20, track_order=False
                )
                create_layout(
                    self._file,
                    parameters=parameters,
                    scene=(scene_source, json.dumps(overrides), resolved),
                    radius=np.asarray(radius, np.float64),
                    mass=None if mass is None else np.asarray(mass, np.float64),
                    species=None if species is None else np.asarray(species, np.int32),
                    log=log,
                    first=int(log_first_interval),
                    channels=channels,
                    species_names=species_names,
                )
                self._attach()
                self._commit_marks()
            with _errors(self.path, "cannot be written"):
                os.replace(part, self.path)
        except BaseException:
            self._abandon()
            with contextlib.suppress(OSError):
                part.unlink()
            raise

    @classmethod
    def resume(
        cls, path: str | os.PathLike[str], *, intervals: int, snapshots: int, blocks: int
    ) -> RunFileWriter:
        """Continue a run file from a checkpoint; what was appended after it is dropped.

        Args:
            path: the run file.
            intervals: `intervals` of the writer at the checkpoint.
            snapshots: `snapshots` of the writer at the checkpoint.
            blocks: `blocks` of the writer at the checkpoint.

        Raises:
            RunFileError: the file is damaged, does not reach that far or cannot be written.
        """
        self = cls.__new__(cls)
        self.path = Path(path)
        with open_checked(self.path) as file, read_errors(self.path):
            marks = dict(file["gpudem"].attrs)
        for name, wanted in (
            ("intervals", intervals),
            ("snapshots", snapshots),
            ("blocks", blocks),
        ):
            held = marks.get(f"committed_{name}", 0)
            if not 0 <= wanted <= held:
                raise RunFileError(
                    f"{self.path}: holds {held} {name}, the checkpoint needs {wanted}"
                )
        with _errors(self.path, "cannot be written"):
            descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
            try:
                if not lock(descriptor):
                    raise RunFileError(f"{self.path}: another process is writing this run file")
                cut_to_superblock(descriptor)
                self._disk = CommitFile(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
        with self._writing():
            self._file = h5py.File(self._disk, "r+", rdcc_nbytes=2**20)
            self._attach()
            self._snapshots, self._blocks, self._committed = snapshots, blocks, intervals
            self._root.attrs.modify("complete", np.bool_(False))
            self._commit_marks()
            self._trim(intervals)
            self._commit_marks()
        return self

    def _trim(self, intervals: int) -> None:
        logged = max(0, intervals - self._first)
        for table in (self._summary, self._wall_clock, self._class_log):
            table.trim(intervals)
        for table in (self._events, self._class_events):
            table.trim(logged)
        if self._log is not None:
            self._log.trim(logged)
        for dataset in (*self._histograms, *self._class_histograms):
            dataset.resize(self._blocks, axis=0)
        self._spheres.trim(self._snapshots)

    def _attach(self) -> None:
        """Take up the data sets of the file, with nothing appended yet."""
        root = self._file["gpudem"]
        self._root = root
        self._spheres = SphereSeries(root.parent["VTKHDF"])
        self.beads = self._spheres.beads
        self._first = int(root["events"].attrs["first_interval"])
        summary = root["summary"]
        self._names = [q.name for q in (*SUMMARY, *channels_in(summary))]
        columns = [summary[name] for name in self._names]
        columns += [summary[kind][q.name] for kind in PAIR_KINDS for q in COLLISION_LOG]
        self._summary = Table(columns)
        events = root["events"]
        self._events = Table([events[kind][q.name] for kind in PAIR_KINDS for q in EVENT_SUMS])
        self._wall_clock = Table([root["timings"]["wall_clock"]])
        self._log = LogBlocks(root["log"], self.beads) if "log" in root else None
        self._histograms = [
            events["histogram"][kind][q.name] for kind in PAIR_KINDS for q in EVENT_HISTOGRAMS
        ]
        groups = root["pair_classes"].values() if "pair_classes" in root else ()
        classes = [group for _, group in sorted((group.name, group) for group in groups)]
        self.classes = len(classes)
        self._class_log = Table([one["log"][q.name] for one in classes for q in COLLISION_LOG])
        self._class_events = Table([one["events"][q.name] for one in classes for q in EVENT_SUMS])
        self._class_histograms = [
            one["histogram"][q.name] for one in classes for q in EVENT_HISTOGRAMS
        ]
        self._snapshots = self._blocks = self._committed = 0
        self._closed = self._finished = False

    @property
    def intervals(self) -> int:
        """Number of intervals appended."""
        return self._summary.rows

    @property
    def snapshots(self) -> int:
        """Number of snapshots appended."""
        return self._snapshots

    @property
    def blocks(self) -> int:
        """Number of histogram blocks appended."""
        return self._blocks

    @property
    def committed_intervals(self) -> int:
        """Number of intervals that readers see and that survive a kill."""
        return self._committed

    def append_interval(
        self,
        summary: Mapping[str, float],
        collision: np.ndarray,
        events: np.ndarray | None,
        wall_clock: float,
        class_log: np.ndarray | None = None,
        class_events: np.ndarray | None = None,
    ) -> None:
        """Append one interval.

        Args:
            summary: a value for each of SUMMARY and of the channels.
            collision: the collision log of the interval in the order of COLLISION_LOG,
                shape (beads, 2, quantities), pair kinds as in PAIR_KINDS.
            events: sums over the events that ended in the interval in the order of
                EVENT_SUMS, shape (2, quantities); None before the log window opens.
            wall_clock: time that the computation of the interval took [s].
            class_log: of several species, the collision log of all beads by pair class, shape
                (classes, quantities).
            class_events: the sums over events likewise.

        Raises:
            ValueError: a value is missing or of another shape.
            RunFileError: a count is above 65535, or the file cannot be written.
        """
        if set(summary) != set(self._names):
            raise ValueError(f"summary needs {self._names}, not {list(summary)}")
        collision = np.asarray(collision, np.float64)
        if collision.shape != (self.beads, len(PAIR_KINDS), len(COLLISION_LOG)):
            raise ValueError(f"collision: shape {collision.shape}")
        in_window = self.intervals >= self._first
        if in_window != (events is not None):
            raise ValueError(f"events are given from interval {self._first} on, and only there")
        if (class_log is not None) != (self.classes > 0):
            raise ValueError("sums by pair class belong to beads of several species")
        # Beads last and contiguous: the sums are then added in one fixed order.
        rows = np.ascontiguousarray(np.moveaxis(collision, 0, -1))
        if in_window and self._log is not None:
            check_counts(rows, self.path, self.intervals)
        with self._writing():
            if in_window:
                if self._log is not None:
                    self._log.append(rows)
                self._events.append(np.asarray(events, np.float64).ravel())
                if class_events is not None:
                    self._class_events.append(np.asarray(class_events, np.float64).ravel())
            if class_log is not None:
                self._class_log.append(np.asarray(class_log, np.float64).ravel())
            sums = rows.sum(axis=-1).ravel()
            self._summary.append([*(summary[name] for name in self._names), *sums])
            self._wall_clock.append([wall_clock])

    def append_snapshot(
        self,
        time: float,
        position: np.ndarray,
        fields: Mapping[str, np.ndarray],
        histograms: np.ndarray | None = None,
    ) -> None:
        """Append one snapshot.

        Args:
            time: simulated time [s].
            position: centres of the beads [m], shape (beads, 3).
            fields: every field of SNAPSHOT_FIELDS, shape (beads,) or (beads, 3).
            histograms: counts of the events that ended since the last snapshot in the order
                of EVENT_HISTOGRAMS, shape (pair classes, quantities, HISTOGRAM_CLASSES), of a
                single species (2, ...); None before the log window opens.

        Raises:
            ValueError: a field is missing or of another shape.
            RunFileError: the file cannot be written.
        """
        shape = (self.classes or len(PAIR_KINDS), len(EVENT_HISTOGRAMS), HISTOGRAM_CLASSES)
        if histograms is not None and np.shape(histograms) != shape:
            raise ValueError(f"histograms: shape {np.shape(histograms)}, expected {shape}")
        with self._writing():
            self._spheres.write(self._snapshots, time, position, fields)
            self._snapshots += 1
            if histograms is not None:
                self._append_counts(self._histograms, by_pair_kind(np.asarray(histograms)))
                if self.classes:
                    self._append_counts(self._class_histograms, np.asarray(histograms))
                self._blocks += 1

    def _append_counts(self, datasets: Sequence[h5py.Dataset], counts: np.ndarray) -> None:
        rows = counts.reshape(-1, 1, HISTOGRAM_CLASSES)
        for dataset, row in zip(datasets, rows, strict=True):
            dataset.resize(self._blocks + 1, axis=0)
            dataset[self._blocks :] = row

    def note(self, values: Mapping[str, Any]) -> None:
        """Writes numbers and texts about the computation; committed with the next `flush`.

        Args:
            values: by name, beside the timings.

        Raises:
            RunFileError: the file cannot be written.
        """
        with self._writing():
            set_attributes(self._root["timings"], values)

    def note_scene(self, overrides: Any, resolved: str) -> None:
        """Replaces what was set beside the scene file; committed with the next `flush`.

        Raises:
            RunFileError: the file cannot be written.
        """
        with self._writing():
            self._root["scene/overrides"][()] = json.dumps(overrides)
            self._root["scene/resolved"][()] = resolved

    def flush(self, *, everything: bool = False) -> int:
        """Bring data to the disk and let readers see it.

        The log is compressed in blocks of several intervals. An unfinished block would be
        written again later and its first copy be lost space; so when that space becomes
        noticeable, the unfinished block waits, and up to one block of intervals with it.

        Args:
            everything: commit all intervals, come what may (before a checkpoint).

        Returns:
            Number of intervals that are now safe.

        Raises:
            RunFileError: the file cannot be written.
        """
        with self._writing():
            if not self._disk.is_at(self.path):
                raise RunFileGone(
                    f"{self.path}: was removed or replaced while the run was writing it"
                )
            tables = (self._summary, self._events, self._wall_clock)
            for table in (*tables, self._class_log, self._class_events):
                table.write()
            waiting = self._log.write(everything) if self._log is not None else 0
            self._committed = self.intervals - waiting
            self._commit_marks()
        return self._committed

    def finish(
        self,
        remainder: Mapping[str, Mapping[str, float]],
        timings: Mapping[str, Any],
        walls: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Write what is known at the end of the run and mark the file complete.

        Args:
            remainder: for each pair kind the events alive at the end (`alive_events`) and
                their energies inside the window [J] (`alive_dissipation`, ...).
            timings: numbers and texts about the computation (device, wall_seconds [s], ...).
            walls: what was summed up of each wall over the log window: its `name`, the `duration`
                [s], `impulse` [N s] and `twist` [N m s] of the beads on it, shape (3,), and the
                `work` of its motion, `sliding` and `damping` losses [J], the `pressing` impulse of
                its normal force without a direction [N s] and the work of that while `loading` [J];
                of a mesh `facets`: the `corners` of its triangles [m], and for each triangle the
                sums of `gpudem.runfile.wear.FACET_SUMS`.

        Raises:
            RunFileError: the file cannot be written.
        """
        with self._writing():
            for number, values in enumerate(walls):
                group = self._root.create_group(f"walls/{number}")
                set_attributes(group, {k: v for k, v in values.items() if k != "facets"})
                for name, rows in values.get("facets", {}).items():
                    held = group.create_dataset(
                        f"facets/{name}", data=rows, compression="gzip", shuffle=True
                    )
                    unit, meaning = FACET_SUMS.get(name, ("m", "corners of the triangles"))
                    held.attrs["unit"], held.attrs["meaning"] = unit, meaning
            for kind, values in remainder.items():
                set_attributes(self._root["events/remainder"][kind], values)
            set_attributes(self._root["timings"], timings)
        self.flush(everything=True)
        with self._writing():
            self._root.attrs.modify("complete", np.bool_(True))
            self._file.flush()
            self._disk.commit()
        self._finished = True

    def close(self) -> None:
        """Commit what was appended and close the file; a second call does nothing.

        Raises:
            RunFileError: the file cannot be written.
        """
        if self._closed:
            return
        if not self._finished:
            self.flush(everything=True)
        with self._writing():
            self._file.close()
            self._disk.commit()
        self._closed = True
        self._disk.close()

    def __enter__(self) -> RunFileWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except RunFileError:
            if error is None:
                raise

    def _commit_marks(self) -> None:
        self._file.flush()
        self._disk.commit()
        self._spheres.commit(self._snapshots)
        for name, value in (
            ("committed_intervals", self._committed),
            ("committed_snapshots", self._snapshots),
            ("committed_blocks", self._blocks),
        ):
            self._root.attrs.modify(name, np.int64(value))
        self._file.flush()
        self._disk.commit()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn a failure below into a RunFileError and give the file up as last committed."""
        if getattr(self, "_closed", False):
            raise RunFileError(f"{self.path}: is closed, nothing can be written to it any more")
        try:
            # HDF5 cannot bear an exception in the middle of its work.
            with StopSignals.held_back(), _errors(self.path, "cannot be written"):
                yield
                if self._disk.failure is not None:
                    raise self._disk.failure
        except RunFileError:
            self._abandon()
            raise

    def _abandon(self) -> None:
        if getattr(self, "_closed", False):
            return
        self._closed = True
        self._disk.failure = self._disk.failure or OSError("given up")
        if hasattr(self, "_file"):
            with contextlib.suppress(OSError, RuntimeError, ValueError):
                self._file.close()
        self._disk.close()


@contextlib.contextmanager
def _errors(path: Path, what: str) -> Iterator[None]:
    """Say failures of the disk or of HDF5 in one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise RunFileError(f"{path}: {what}: {reason}") from error
    except RuntimeError as error:  # h5py's way to report a failure inside HDF5
        raise RunFileError(f"{path}: {what}: {str(error).splitlines()[0]}") from error


def estimated_size(
    beads: int, intervals_logged: int, intervals: int, snapshots: int, log: str = "beads"
) -> int:
    """Estimate the size of a run file [bytes]; the log's compression varies with its data.

    Args:
        beads: number of beads.
        intervals_logged: intervals inside the log window.
        intervals: all intervals.
        snapshots: number of snapshots.
        log: "beads" or "bowl".
    """
    kinds = len(PAIR_KINDS)
    columns = len(SUMMARY) + len(CHANNELS) + kinds * len(COLLISION_LOG) + 1
    size = 450_000 + 130 * beads
    size += 8 * (columns * intervals + kinds * len(EVENT_SUMS) * intervals_logged)
    size += snapshots * (5_200 + 64 * beads)
    if log == "beads":
        size += int(_LOG_BYTES_PER_BEAD_INTERVAL * beads * intervals_logged)
    return size


#: Measured on synthetic logs with 20-35 % of the entries zero (68 bytes uncompressed).
_LOG_BYTES_PER_BEAD_INTERVAL = 40.0
