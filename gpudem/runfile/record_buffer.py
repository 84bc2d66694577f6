"""What the writer of run files holds in memory until it is worth writing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from gpudem.errors import RunFileError
from gpudem.quantities import COLLISION_LOG, PAIR_KINDS
from gpudem.runfile.layout import TABLE_ROWS, is_count

#: Space given up by writing unfinished log blocks: this share of the log and one MiB.
_SHARE_GIVEN_UP = 0.05
_BYTES_GIVEN_UP = 2**20


class Table:
    """Columns of numbers of equal length, buffered in memory.

    They are not compressed, so writing a part of a chunk again changes it in place.
    """

    def __init__(self, columns: Sequence[h5py.Dataset]):
        self._columns = columns
        self._written = 0
        self._waiting: list[np.ndarray] = []

    @property
    def rows(self) -> int:
        """Number of rows appended."""
        return self._written + len(self._waiting)

    def append(self, values: Sequence[float] | np.ndarray) -> None:
        """Append one value to each column.

        Raises:
            ValueError: another number of values.
        """
        row = np.asarray(values, np.float64)
        if row.shape != (len(self._columns),):
            raise ValueError(f"{len(self._columns)} values expected, got shape {row.shape}")
        self._waiting.append(row)
        if len(self._waiting) >= TABLE_ROWS:
            self.write()

    def write(self) -> None:
        """Write what waits in memory."""
        if not self._waiting:
            return
        rows = self.rows
        for column, values in zip(self._columns, np.array(self._waiting).T, strict=True):
            column.resize(rows, axis=0)
            column[self._written :] = values
        self._written = rows
        self._waiting.clear()

    def trim(self, rows: int) -> None:
        """Drop all rows from number `rows` on."""
        for column in self._columns:
            column.resize(rows, axis=0)
        self._written = rows


class LogBlocks:
    """The collision log of the beads, written in compressed blocks of whole chunks."""

    def __init__(self, group: h5py.Group, beads: int):
        self._datasets = [group[kind][q.name] for kind in PAIR_KINDS for q in COLLISION_LOG]
        self._rows = self._datasets[0].chunks[0]
        self._block = [np.zeros((self._rows, beads), d.dtype) for d in self._datasets]
        self._start = self._filled = self._partly = 0
        self._given_up = 0

    def append(self, rows: np.ndarray) -> None:
        """Take the rows of one interval, shape (2, quantities, beads)."""
        for block, row in zip(self._block, rows.reshape(-1, rows.shape[-1]), strict=True):
            block[self._filled] = row
        self._filled += 1
        if self._filled == self._rows:
            self._write()
            self._start += self._rows
            self._filled = self._partly = 0

    def write(self, everything: bool) -> int:
        """Write the unfinished block if the lost space allows; returns the rows that wait."""
        if self._filled > self._partly:
            row_bytes = sum(block[0].nbytes for block in self._block)
            budget = _BYTES_GIVEN_UP + _SHARE_GIVEN_UP * self._start * row_bytes
            lost = self._filled * row_bytes
            if everything or self._given_up + lost <= budget:
                self._write()
                self._given_up += lost
                self._partly = self._filled
        return self._filled - self._partly

    def trim(self, rows: int) -> None:
        """Drop all rows from number `rows` on; the unfinished block comes back to memory."""
        self._start = rows - rows % self._rows
        self._filled = self._partly = rows - self._start
        for dataset, block in zip(self._datasets, self._block, strict=True):
            dataset.resize(rows, axis=0)
            block[: self._filled] = dataset[self._start :]

    def _write(self) -> None:
        stop = self._start + self._filled
        for dataset, block in zip(self._datasets, self._block, strict=True):
            dataset.resize(stop, axis=0)
            dataset[self._start : stop] = block[: self._filled]


def check_counts(rows: np.ndarray, path: Path, interval: int) -> None:
    """Check that the counts of one interval, rows of shape (2, quantities, beads), fit.

    Raises:
        RunFileError: a count is above 65535.
    """
    counts = rows[:, [is_count(quantity) for quantity in COLLISION_LOG]]
    if counts.max() > np.iinfo(np.uint16).max:
        bead = int(np.argmax(counts.max(axis=(0, 1))))
        raise RunFileError(
            f"{path}: bead {bead} began {counts.max():.0f} contacts in interval {interval}; "
            "the log holds at most 65535, choose a shorter log interval"
        )
