"""The reader of run files: what it shows, and what it says about files it cannot read."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from gpudem import quantities
from gpudem.errors import RunFileError
from gpudem.quantities import CHANNELS, COLLISION_LOG, HISTOGRAM_CLASSES, PAIR_KINDS, SUMMARY
from gpudem.runfile.compare import compare_runs
from gpudem.runfile.reader import open_run
from tests.runfile.test_writer import (
    INTERVAL,
    LOG_FROM,
    REMAINDER,
    append,
    new_writer,
    synthetic_interval,
    synthetic_snapshot,
    write_run,
)

ROOT = Path(__file__).parents[2]
ACCEPTED = "written by gpudem is accepted"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "a.vtkhdf")


@pytest.fixture
def copy(path, tmp_path):
    return Path(shutil.copy(path, tmp_path / "copy.vtkhdf"))


def test_header(path):
    with open_run(path) as run:
        assert run.parameters["time_step"] == 1e-6
        assert run.parameters["schedule"] == "pairs"
        assert run.scene_text.startswith("[mill]")
        assert run.overrides == ["mill.speed=400 rpm"]
        assert run.resolved["mill"]["speed"] == 62.8
        assert run.versions["h5py"] == h5py.__version__
        assert run.timings["device"] == "cpu" and "date" in run.timings
        assert run.complete and run.remainder == REMAINDER
        assert (run.beads, run.intervals, run.first_logged) == (5, 12, LOG_FROM)


def test_summary_has_names_units_and_time(path):
    with open_run(path) as run:
        summary = run.summary
    assert summary["work_wall"].attrs["units"] == "J"
    assert summary["bead_wall_contacts"].attrs["long_name"].startswith("bead-wall: ")
    assert np.allclose(summary["time"], INTERVAL * np.arange(1, 13))
    assert len(summary.data_vars) == len(SUMMARY) - 1 + len(CHANNELS) + 2 * len(COLLISION_LOG)


def test_log_is_read_when_used(path):
    with open_run(path) as run:
        log = run.log
        assert log.sizes == {"pair_kind": 2, "interval": 8, "bead": 5}
        late = log["sliding"].sel(pair_kind="bead_wall", interval=[6, 9])
        assert np.array_equal(log["contacts"][:, ::-3, 2:4], log["contacts"].values[:, ::-3, 2:4])
        column = [quantity.name for quantity in COLLISION_LOG].index("sliding")
        for row, k in enumerate((6, 9)):
            expected = synthetic_interval(5, k)[1][:, 1, column].astype(np.float32)
            assert np.array_equal(late[row], expected)
        unread = run.log["normal"]
    with pytest.raises(RunFileError, match="closed"):
        _ = unread.values


def test_log_blocks_and_totals(path):
    with open_run(path) as run:
        blocks = list(run.log_blocks(["normal", "dissipation"], values=30))
        assert [block["normal"].shape for block in blocks] == [(2, 3, 5), (2, 3, 5), (2, 2, 5)]
        totals = run.bead_totals()
        joined = np.concatenate([block["dissipation"] for block in blocks], axis=1)
        assert np.allclose(totals["dissipation"], joined.sum(axis=1, dtype=float), rtol=1e-14)


def test_histogram_sums_the_blocks(path):
    expected = sum(synthetic_snapshot(5, k)[3] for k in (6, 9))
    with open_run(path) as run:
        edges, counts = run.histogram("peak_force")
        assert np.array_equal(edges, quantities.histogram_edges())
        assert counts.shape == (2, HISTOGRAM_CLASSES)
        assert np.array_equal(counts, expected[:, 3])
        with pytest.raises(RunFileError, match=r"'force'; there are dissipation, normal"):
            run.histogram("force")


def test_snapshots_keep_their_time_when_put_together(path):
    import xarray

    with open_run(path) as run:
        together = xarray.concat([run.snapshot(0), run.snapshot(1)], "time")
        assert together["time"].values == pytest.approx(run.snapshot_times[:2])
        assert (run.positions[:2] == together["position"].values).all()


def test_snapshot_by_number_and_time(path):
    with open_run(path) as run:
        assert np.allclose(run.snapshot_times, np.array([0, 3, 6, 9]) * INTERVAL)
        assert run.snapshot().attrs["time"] == run.snapshot_times[-1]
        nearest = run.snapshot(time=7 * INTERVAL)
        assert nearest.attrs["time"] == run.snapshot_times[2]
        assert nearest["position"].dims == ("bead", "axis")
        assert nearest["velocity"].attrs["units"] == "m/s"
        with pytest.raises(RunFileError, match="no snapshot 4; there are 4"):
            run.snapshot(4)


def test_what_a_file_says_is_not_written_to(path):
    with open_run(path) as run:
        with pytest.raises(RunFileError, match=r"snapshot 0\.5: a whole number is needed"):
            run.snapshot(0.5)
        run.snapshot(np.int64(0))
        run.snapshot(0.0)
        with pytest.raises(TypeError):
            run.parameters["speed"] = 1.0
        for values in (run.radius, run.species, run.snapshot_times):
            with pytest.raises(ValueError, match="read-only"):
                values[0] = 1.0


def test_a_run_without_data_yet(tmp_path):
    with new_writer(tmp_path / "a.vtkhdf"):
        with open_run(tmp_path / "a.vtkhdf") as run:
            assert run.intervals == run.snapshots == run.logged_intervals == 0
            assert run.summary.sizes["interval"] == run.log.sizes["interval"] == 0
            assert run.log["normal"].values.shape == (2, 0, 5)
            assert run.events["events"].shape == (2, 0)
            assert run.histogram("life")[1].sum() == 0
            assert run.remainder == {} and not run.complete
            with pytest.raises(RunFileError, match="no snapshot"):
                run.snapshot()


def test_csv(path, tmp_path):
    with open_run(path) as run:
        names = [file.name for file in run.to_csv(tmp_path / "tables")]
        total = run.bead_totals()["normal"].values[0]
    assert names == ["summary.csv", "events_histogram.csv", "beads.csv"]
    with (tmp_path / "tables" / "beads.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["bead_bead_normal [J]"]) for row in rows] == total.tolist()
    assert "radius [m]" in rows[0]
    header = (tmp_path / "tables" / "summary.csv").read_text().splitlines()[0]
    assert header.startswith("time [s],work_body [J],")
    with open_run(path) as run, pytest.raises(RunFileError, match=r"summary\.csv"):
        run.to_csv(tmp_path / "tables" / "beads.csv")


@pytest.mark.parametrize("share", [0.0, 1e-5, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_truncated_files(copy, share):
    size = copy.stat().st_size
    with copy.open("r+b") as file:
        file.truncate(int(size * share))
    with pytest.raises(RunFileError) as caught:
        with open_run(copy) as run:
            run.bead_totals()
    message = str(caught.value)
    assert message.startswith(str(copy)) and ACCEPTED in message and "\n" not in message


def other_hdf5(path):
    with h5py.File(path, "w") as file:
        file["x"] = 1.0


def other_schema(path):
    with h5py.File(path, "r+") as file:
        file["gpudem"].attrs["schema_version"] = 99


def missing_group(path):
    with h5py.File(path, "r+") as file:
        del file["gpudem/events"]


def huge_count(path):
    with h5py.File(path, "r+") as file:
        file["gpudem"].attrs["committed_intervals"] = np.int64(2**60)


def huge_sizes(path):
    with h5py.File(path, "r+") as file:
        file["gpudem"].attrs["committed_intervals"] = np.int64(2**40)
        for name in SUMMARY:
            file[f"gpudem/summary/{name.name}"].resize(2**40, axis=0)


def wrong_type(path):
    with h5py.File(path, "r+") as file:
        del file["VTKHDF/PointData/radius"]
        file["VTKHDF/PointData/radius"] = "text"


FAULTS = {
    "zero bytes": (lambda path: path.write_bytes(b""), "is not an HDF5 file"),
    "text": (lambda path: path.write_text("time,energy\n1,2\n"), "is not an HDF5 file"),
    "other HDF5": (other_hdf5, "but not a run file"),
    "other schema": (other_schema, "schema version 99; this gpudem reads version 1"),
    "missing group": (missing_group, "is damaged"),
    "huge count": (huge_count, "is damaged"),
    "huge sizes": (huge_sizes, "is damaged"),
    "wrong type": (wrong_type, "is damaged"),
    "missing file": (Path.unlink, "no such file"),
    "folder": (lambda path: (path.unlink(), path.mkdir()), "is a folder"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_files_that_cannot_be_read(copy, fault):
    damage, expected = FAULTS[fault]
    damage(copy)
    with pytest.raises(RunFileError, match=expected) as caught:
        with open_run(copy) as run:
            _ = run.summary
    assert str(copy) in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_overwritten_anywhere_never_make_another_error(copy):
    rng = np.random.default_rng(3)
    content = copy.read_bytes()
    for _ in range(25):
        damaged = bytearray(content)
        where = rng.integers(8, len(content) - 8)
        damaged[where : where + 8] = rng.bytes(8)
        copy.write_bytes(damaged)
        try:
            with open_run(copy) as run:
                _ = run.summary, run.bead_totals(), run.events, run.histogram("life"), run.remainder
                run.snapshot()
        except RunFileError as error:
            assert "\n" not in str(error)


def test_compare_finds_a_single_bit(path, copy):
    assert compare_runs(path, copy) == []
    with h5py.File(copy, "r+") as file:
        file["gpudem/timings"].attrs["host"] = "elsewhere"
        file["gpudem/timings/wall_clock"][3] = 5.0
    assert compare_runs(path, copy) == []
    with h5py.File(copy, "r+") as file:
        data = file["gpudem/log/bead_wall/shear"]
        values = data[:]
        values.view(np.uint32)[2, 3] ^= 1
        data[:] = values
        file["gpudem/parameters"].attrs["time_step"] = np.nextafter(1e-6, 1.0)
        file["gpudem/summary/more"] = 1.0
    found = compare_runs(path, copy)
    assert [line.split(":")[0] for line in found] == [
        "/gpudem/log/bead_wall/shear",
        "/gpudem/parameters @time_step",
        "/gpudem/summary/more",
    ]
    assert "1 of 40 values differ, first at [2, 3]" in found[0]


def test_compare_takes_equal_nan_for_equal(path, copy, tmp_path):
    for target in (copy, other := Path(shutil.copy(copy, tmp_path / "b.vtkhdf"))):
        with h5py.File(target, "r+") as file:
            file["gpudem/summary/mean_speed"][2] = np.nan
            file["gpudem/parameters"].attrs["product_mass"] = np.nan
    assert compare_runs(copy, other) == []


def test_only_committed_intervals_are_shown(tmp_path):
    with new_writer(tmp_path / "a.vtkhdf") as writer:
        append(writer, 0, 7, flush_every=10**9)
        writer.flush()
        append(writer, 7, 10, flush_every=10**9)
        with open_run(tmp_path / "a.vtkhdf") as run:
            assert run.intervals == 7 and run.snapshots == 3


def test_reader_needs_no_engine():
    program = (
        "import sys, gpudem.runfile.reader; "
        "sys.exit(any(m in sys.modules for m in ('taichi', 'pyvista', 'vtk', 'xarray')))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


def test_every_name_and_unit_is_in_the_manual():
    page = (ROOT / "docs" / "reference" / "run-file.md").read_text(encoding="utf-8")
    for group in (
        "COLLISION_LOG",
        "EVENT_SUMS",
        "EVENT_HISTOGRAMS",
        "SUMMARY",
        "CHANNELS",
        "SNAPSHOT_FIELDS",
    ):
        for quantity in getattr(quantities, group):
            assert f"| `{quantity.name}` | {quantity.unit} |" in page, (group, quantity.name)
    for name in (*quantities.DISSIPATION_CHANNELS, *PAIR_KINDS):
        assert f"`{name}`" in page
