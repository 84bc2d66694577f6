"""Spheres over time as VTKHDF: the part of a run file that ParaView and VTK read.

A transient PolyData of the VTKHDF format 2.0, written with plain h5py. The vertices and the
arrays that never change stand in the file once; every step adds a block of points and one
block to each field. VTK reads gzip (with shuffle) only.
"""

from __future__ import annotations

from collections.abc import Mapping

import h5py
import numpy as np

from gpudem.quantities import SNAPSHOT_FIELDS

#: Number of components of each field of a snapshot.
FIELD_COMPONENTS = {
    field.name: 3 if field.name in ("velocity", "angular_velocity") else 1
    for field in SNAPSHOT_FIELDS
}

#: Stored type of each field; float32 keeps seven digits, contact numbers are small.
FIELD_TYPES = {
    field.name: np.dtype(np.int16 if field.name == "touching" else np.float32)
    for field in SNAPSHOT_FIELDS
}

_TOPOLOGIES = ("Vertices", "Lines", "Polygons", "Strips")
_STEPS_PER_CHUNK = 256


class SphereSeries:
    """Appends snapshots of spheres to the group /VTKHDF of an open file.

    Args:
        group: group /VTKHDF, made by `create`.
    """

    def __init__(self, group: h5py.Group):
        self._group = group
        self._points = group["Points"]
        self._fields = {field.name: group["PointData"][field.name] for field in SNAPSHOT_FIELDS}
        self._steps = group["Steps"]
        self.beads = int(group["NumberOfPoints"][0])

    @classmethod
    def create(
        cls,
        file: h5py.File,
        radius: np.ndarray,
        mass: np.ndarray | None = None,
        species: np.ndarray | None = None,
    ) -> SphereSeries:
        """Make an empty series.

        Args:
            file: the file, open for writing.
            radius: radius of the spheres [m], shape (beads,).
            mass: their mass [kg], likewise, if known.
            species: numbers of their species, likewise, if known.
        """
        beads = len(radius)
        group = file.create_group("VTKHDF")
        group.attrs["Version"] = np.array([2, 0], np.int64)
        # VTK's reader wants a fixed-length ASCII string here.
        group.attrs.create("Type", b"PolyData", dtype=h5py.string_dtype("ascii", len(b"PolyData")))
        group.create_dataset("NumberOfPoints", data=np.array([beads], np.int64))
        packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        points = group.create_dataset(
            "Points", (0, 3), np.float64, maxshape=(None, 3), chunks=(beads, 3), **packed
        )
        points.attrs["unit"] = "m"
        points.attrs["meaning"] = "centres of the beads in the bowl's frame"
        for topology in _TOPOLOGIES:
            cells = beads if topology == "Vertices" else 0
            part = group.create_group(topology)
            part.create_dataset("NumberOfCells", data=np.array([cells], np.int64))
            part.create_dataset("NumberOfConnectivityIds", data=np.array([cells], np.int64))
            part.create_dataset("Offsets", data=np.arange(cells + 1, dtype=np.int64))
            part.create_dataset("Connectivity", data=np.arange(cells, dtype=np.int64))

        point_data = group.create_group("PointData")
        for name, values, unit, meaning in (
            ("radius", np.asarray(radius, np.float64), "m", "radius of the bead"),
            ("diameter", 2.0 * np.asarray(radius, np.float64), "m", "diameter of the bead"),
            ("bead", np.arange(beads, dtype=np.int32), "1", "index of the bead"),
            ("mass", mass, "kg", "mass of the bead"),
            ("species", species, "1", "number of the bead's species"),
        ):
            if values is None:
                continue
            fixed = point_data.create_dataset(name, data=values)
            fixed.attrs["unit"], fixed.attrs["meaning"] = unit, meaning
        for field in SNAPSHOT_FIELDS:
            tail = (3,) if FIELD_COMPONENTS[field.name] == 3 else ()
            array = point_data.create_dataset(
                field.name,
                (0, *tail),
                FIELD_TYPES[field.name],
                maxshape=(None, *tail),
                chunks=(beads, *tail),
                **packed,
            )
            array.attrs["unit"], array.attrs["meaning"] = field.unit, field.meaning

        steps = group.create_group("Steps")
        steps.attrs["NSteps"] = np.int64(0)
        grows = {"maxshape": (None,), "chunks": (_STEPS_PER_CHUNK,)}
        steps.create_dataset("Values", (0,), np.float64, **grows)
        for name in ("PartOffsets", "NumberOfParts", "PointOffsets"):
            steps.create_dataset(name, (0,), np.int64, **grows)
        for name in ("CellOffsets", "ConnectivityIdOffsets"):
            steps.create_dataset(
                name, (0, 4), np.int64, maxshape=(None, 4), chunks=(_STEPS_PER_CHUNK, 4)
            )
        offsets = steps.create_group("PointDataOffsets")
        for name in point_data:
            offsets.create_dataset(name, (0,), np.int64, **grows)
        return cls(group)

    def write(
        self, step: int, time: float, position: np.ndarray, fields: Mapping[str, np.ndarray]
    ) -> None:
        """Write one snapshot; readers see it after `commit`.

        Args:
            step: number of the snapshot, from 0.
            time: simulated time [s].
            position: centres of the beads [m], shape (beads, 3).
            fields: every field of SNAPSHOT_FIELDS, shape (beads,) or (beads, 3).

        Raises:
            ValueError: a field is missing, unknown, of another shape or out of range.
        """
        if set(fields) != set(self._fields):
            raise ValueError(
                f"a snapshot needs the fields {sorted(self._fields)}, not {sorted(fields)}"
            )
        _write_block(self._points, step * self.beads, _shaped("position", position, self.beads, 3))
        for name, dataset in self._fields.items():
            values = _shaped(name, fields[name], self.beads, FIELD_COMPONENTS[name])
            if dataset.dtype == np.int16 and values.size and values.max() > np.iinfo("i2").max:
                raise ValueError(f"{name}: {values.max()} is more than an int16 holds")
            _write_block(dataset, step * self.beads, values)

        first_point = step * self.beads
        for name, value in (
            ("Values", time),
            ("PartOffsets", 0),
            ("NumberOfParts", 1),
            ("PointOffsets", first_point),
            ("CellOffsets", [0, 0, 0, 0]),
            ("ConnectivityIdOffsets", [0, 0, 0, 0]),
        ):
            _write_block(self._steps[name], step, np.array([value]))
        for name, offsets in self._steps["PointDataOffsets"].items():
            offset = first_point if name in self._fields else 0
            _write_block(offsets, step, np.array([offset]))

    def commit(self, steps: int) -> None:
        """Let readers see the first `steps` snapshots; call it after their data is on disk."""
        # modify() overwrites in place; assigning would delete the attribute for a moment.
        self._steps.attrs.modify("NSteps", np.int64(steps))

    def trim(self, steps: int) -> None:
        """Drop all snapshots from number `steps` on."""
        for dataset in (self._points, *self._fields.values()):
            dataset.resize(steps * self.beads, axis=0)
        for name, dataset in self._steps.items():
            if name != "PointDataOffsets":
                dataset.resize(steps, axis=0)
        for dataset in self._steps["PointDataOffsets"].values():
            dataset.resize(steps, axis=0)


def _shaped(name: str, values: np.ndarray, beads: int, components: int) -> np.ndarray:
    values = np.asarray(values)
    shape = (beads, components) if components > 1 else (beads,)
    if values.shape != shape:
        raise ValueError(f"{name}: shape {values.shape}, expected {shape}")
    return values


def _write_block(dataset: h5py.Dataset, start: int, values: np.ndarray) -> None:
    stop = start + len(values)
    if dataset.shape[0] < stop:
        dataset.resize(stop, axis=0)
    dataset[start:stop] = values
