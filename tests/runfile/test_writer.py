"""The writer of run files: what reaches the disk, in which order, and what survives."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import time
from datetime import datetime

import h5py
import numpy as np
import pytest

from gpudem.errors import RunFileError
from gpudem.quantities import (
    CHANNELS,
    COLLISION_LOG,
    DISSIPATION_CHANNELS,
    EVENT_HISTOGRAMS,
    EVENT_SUMS,
    HISTOGRAM_CLASSES,
    PAIR_KINDS,
    SUMMARY,
)
from gpudem.runfile import commit_file
from gpudem.runfile.compare import compare_runs
from gpudem.runfile.reader import open_run
from gpudem.runfile.writer import RunFileWriter, estimated_size

LOG_FROM = 4
INTERVAL = 5e-4
REMAINDER = {kind: {"alive_events": 3.0, "alive_dissipation": 1e-6} for kind in PAIR_KINDS}


def synthetic_interval(beads: int, k: int):
    """Summary, collision log and event sums of interval k; the same for the same k."""
    rng = np.random.default_rng([k, beads])
    summary = {quantity.name: float(rng.normal()) for quantity in (*SUMMARY, *CHANNELS)}
    summary["time"] = (k + 1) * INTERVAL
    collision = rng.lognormal(-14.0, 2.0, (beads, 2, len(COLLISION_LOG)))
    counts = [quantity.unit == "1" for quantity in COLLISION_LOG]
    collision[:, :, counts] = rng.poisson(1.5, (beads, 2, sum(counts)))
    collision[rng.random((beads, 2)) < 0.28] = 0.0
    events = rng.lognormal(-12.0, 1.0, (2, len(EVENT_SUMS))) if k >= LOG_FROM else None
    return summary, collision, events


def synthetic_snapshot(beads: int, k: int):
    """Time, positions, fields and histograms of the snapshot taken before interval k."""
    rng = np.random.default_rng([k, beads, 1])
    velocity = rng.normal(size=(beads, 3))
    fields = {
        "velocity": velocity,
        "angular_velocity": rng.normal(size=(beads, 3)),
        "speed": np.linalg.norm(velocity, axis=1),
        "collision_power": rng.lognormal(-5.0, 1.0, beads),
        "collision_rate": rng.poisson(9.0, beads) * 1e3,
        "contact_force": rng.exponential(0.5, beads),
        "touching": rng.poisson(3.0, beads),
    }
    shape = (2, len(EVENT_HISTOGRAMS), HISTOGRAM_CLASSES)
    histograms = rng.poisson(0.2, shape).astype(np.int32) if k > LOG_FROM else None
    return k * INTERVAL, rng.normal(size=(beads, 3)) * 0.02, fields, histograms


def new_writer(path, beads=5, **options):
    options = {
        "parameters": {"beads": beads, "time_step": 1e-6, "schedule": "pairs", "intervals": 20},
        "scene_source": "[mill]\nspeed = '600 rpm'\n",
        "overrides": ["mill.speed=400 rpm"],
        "resolved": '{"mill": {"speed": 62.8}}',
        "radius": np.linspace(1e-3, 2e-3, beads),
        "log_first_interval": LOG_FROM,
        **options,
    }
    return RunFileWriter(path, **options)


def append(writer, start, stop, snapshot_every=3, flush_every=2):
    for k in range(start, stop):
        if k % snapshot_every == 0:
            writer.append_snapshot(*synthetic_snapshot(writer.beads, k))
        writer.append_interval(*synthetic_interval(writer.beads, k), wall_clock=0.01)
        if k % flush_every == 0:
            writer.flush()


def write_run(path, beads=5, intervals=12, **options):
    with new_writer(path, beads, **options) as writer:
        append(writer, 0, intervals)
        writer.finish(REMAINDER, {"device": "cpu", "wall_seconds": time.time()})
    return path


def check_content(path, intervals):
    """The run holds exactly the synthetic intervals, and the snapshots among them."""
    with open_run(path) as run:
        assert run.intervals == intervals
        log = run.log.load() if intervals > LOG_FROM else None
        sums, ended = run.summary.load(), run.events.load()
        for k in range(intervals):
            summary, collision, events = synthetic_interval(run.beads, k)
            assert sums["work_wall"].values[k] == summary["work_wall"]
            assert sums["bead_bead_normal"].values[k] == pytest.approx(
                collision[:, 0, 0].sum(), rel=1e-13
            )
            if k >= LOG_FROM:
                for column, quantity in enumerate(COLLISION_LOG):
                    stored = log[quantity.name].values[:, k - LOG_FROM]
                    assert np.array_equal(stored, collision[:, :, column].T.astype(stored.dtype))
                assert ended["dissipation"].values[1, k - LOG_FROM] == events[1, 1]
        for step, time_ in enumerate(run.snapshot_times):
            k = round(time_ / INTERVAL)
            snapshot = run.snapshot(step)
            _, position, fields, _ = synthetic_snapshot(run.beads, k)
            assert np.array_equal(snapshot["position"], position)
            assert np.array_equal(snapshot["touching"], fields["touching"])
        return run.snapshots


def test_a_whole_run_is_stored_as_given(tmp_path):
    path = write_run(tmp_path / "a.vtkhdf")
    assert check_content(path, 12) == 4
    with open_run(path) as run:
        assert run.complete and run.remainder == REMAINDER
    assert os.listdir(tmp_path) == ["a.vtkhdf"]


def test_dissipation_is_the_sum_of_its_channels(tmp_path):
    with open_run(write_run(tmp_path / "a.vtkhdf")) as run:
        channels = sum(run.log[name].values.astype(float) for name in DISSIPATION_CHANNELS)
        assert np.array_equal(run.log["dissipation"], channels.astype(np.float32))


def test_bowl_log_keeps_the_sums_only(tmp_path):
    with open_run(write_run(tmp_path / "a.vtkhdf", log="bowl")) as run:
        assert not run.has_bead_log
        assert run.summary["bead_wall_contacts"].shape == (12,)
        with pytest.raises(RunFileError, match="bowl only"):
            _ = run.log


def test_existing_file_is_kept_unless_told_otherwise(tmp_path):
    path = write_run(tmp_path / "a.vtkhdf")
    before = path.read_bytes()
    with pytest.raises(RunFileError, match=r"a\.vtkhdf.*--overwrite"):
        new_writer(path)
    assert path.read_bytes() == before
    write_run(path, intervals=6, overwrite=True)
    check_content(path, 6)


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(RunFileError, match="No such file or directory") as caught:
        new_writer(tmp_path / "missing" / "a.vtkhdf")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunFileError, match="Permission denied"):
        new_writer(tmp_path / "a.vtkhdf")


@pytest.mark.parametrize("room", [0, 5_000, 60_000, 150_000, 151_000, 160_000, 200_000])
def test_full_disk_keeps_the_last_commit(tmp_path, monkeypatch, room):
    path = tmp_path / "a.vtkhdf"
    write_all = commit_file._write_all

    def limited(descriptor, data, offset):
        if offset + len(data) > room:
            raise OSError(28, "No space left on device")
        write_all(descriptor, data, offset)

    monkeypatch.setattr(commit_file, "_write_all", limited)
    committed = 0
    with pytest.raises(RunFileError, match="No space left on device"):
        with new_writer(path) as writer:
            for k in range(0, 400, 2):
                append(writer, k, k + 2)
                committed = writer.flush(everything=True)
    if path.exists():
        check_content(path, committed)
    else:
        assert committed == 0 and not os.listdir(tmp_path)


def test_wrong_shapes_and_names_are_programming_errors(tmp_path):
    summary, collision, events = synthetic_interval(5, 0)
    with new_writer(tmp_path / "a.vtkhdf") as writer:
        with pytest.raises(ValueError, match="summary"):
            writer.append_interval({"time": 0.0}, collision, events, 0.0)
        with pytest.raises(ValueError, match="shape"):
            writer.append_interval(summary, collision[1:], events, 0.0)
        with pytest.raises(ValueError, match="from interval 4"):
            writer.append_interval(summary, collision, np.zeros((2, len(EVENT_SUMS))), 0.0)
        with pytest.raises(ValueError, match="touching"):
            time_, position, fields, _ = synthetic_snapshot(5, 0)
            writer.append_snapshot(time_, position, {**fields, "touching": np.zeros(3)})


def test_count_that_does_not_fit(tmp_path):
    with new_writer(tmp_path / "a.vtkhdf") as writer:
        append(writer, 0, LOG_FROM + 1, flush_every=1000)
        summary, collision, events = synthetic_interval(5, LOG_FROM + 1)
        collision[3, 1, -1] = 65536
        with pytest.raises(RunFileError, match="bead 3 began 65536 contacts in interval 5"):
            writer.append_interval(summary, collision, events, 0.0)
    check_content(tmp_path / "a.vtkhdf", LOG_FROM + 1)


def test_equal_runs_are_equal_however_they_were_flushed(tmp_path):
    a = write_run(tmp_path / "a.vtkhdf")
    with new_writer(tmp_path / "b.vtkhdf") as writer:
        append(writer, 0, 12, flush_every=5)
        writer.finish(REMAINDER, {"device": "other"})
    assert compare_runs(a, tmp_path / "b.vtkhdf") == []


@pytest.mark.parametrize("checkpoint", [3, 15])
def test_resumed_run_equals_the_uninterrupted_one(tmp_path, monkeypatch, checkpoint):
    monkeypatch.setattr("gpudem.runfile.layout._BLOCK_BYTES", 4 * 4 * 5)  # blocks of four intervals
    whole = write_run(tmp_path / "whole.vtkhdf", intervals=18)
    path = tmp_path / "cut.vtkhdf"
    writer = new_writer(path)
    append(writer, 0, checkpoint)
    marks = {
        "intervals": writer.flush(everything=True),
        "snapshots": writer.snapshots,
        "blocks": writer.blocks,
    }
    append(writer, checkpoint, 17)
    writer.flush()
    (tmp_path / "killed.vtkhdf").write_bytes(path.read_bytes() + b"left behind" * 1000)
    writer.close()
    for name in ("cut", "killed"):
        path = tmp_path / f"{name}.vtkhdf"
        with RunFileWriter.resume(path, **marks) as writer:
            assert writer.intervals == checkpoint
            with open_run(path) as run:
                assert run.intervals == checkpoint and not run.complete
            append(writer, checkpoint, 18)
            writer.finish(REMAINDER, {})
        check_content(path, 18)
        assert compare_runs(whole, path) == []


def test_resume_behind_the_end_is_refused(tmp_path):
    path = write_run(tmp_path / "a.vtkhdf")
    with pytest.raises(RunFileError, match="holds 12 intervals, the checkpoint needs 13"):
        RunFileWriter.resume(path, intervals=13, snapshots=1, blocks=0)


def test_every_prefix_of_the_writes_is_a_consistent_file(tmp_path, monkeypatch):
    """Cut the stream of writes anywhere, as a kill would: the last commit is all there."""
    monkeypatch.setattr("gpudem.runfile.layout._BLOCK_BYTES", 4 * 2)  # a chunk for each interval
    writes = []
    write_all = commit_file._write_all

    def recorded(descriptor, data, offset):
        writes.append((offset, bytes(data)))
        write_all(descriptor, data, offset)

    monkeypatch.setattr(commit_file, "_write_all", recorded)
    writer = new_writer(tmp_path / "a.vtkhdf", beads=2)
    commits = []
    ends = [*range(10, 120, 10), *range(112, 132, 2)]
    for start, stop in zip([0, *ends[:-1]], ends, strict=True):
        append(writer, start, stop, snapshot_every=1, flush_every=1000)
        committed = writer.flush(everything=True)
        commits.append((len(writes), committed))
    writer.close()

    cut = tmp_path / "cut.vtkhdf"
    state = bytearray()
    start, safe, tried, splits = 0, 0, 0, 0
    for stop, committed in commits:
        # A root is split at 64 entries, its last leaf at about 122: that takes two writes.
        new_nodes = any(o >= len(state) and b"TREE\x01" in d for o, d in writes[start:stop])
        closely = new_nodes and safe > 110
        splits += closely
        reached = len(state)
        for number, (offset, data) in enumerate(writes[start:stop], start + 1):
            state.extend(bytes(max(0, offset + len(data) - len(state))))
            state[offset : offset + len(data)] = data
            in_place = offset < reached
            if (closely and in_place and number % 6 == 0) or (
                number == stop and committed % 50 == 0
            ):
                cut.write_bytes(state)
                with open_run(cut) as run:
                    assert run.intervals >= (committed if number == stop else safe)
                    for block in run.log_blocks(["normal"]):
                        assert np.all(block["normal"].sum(axis=(0, 2)) > 0)
                    for step in range(0, run.snapshots, 20):
                        expected = synthetic_snapshot(2, step)[1]
                        assert np.array_equal(run.snapshot(step)["position"], expected)
                tried += 1
        start, safe = stop, committed
    assert splits and tried > 10


def write_forever(path, pipe):
    writer = new_writer(path, beads=40)
    for k in range(100_000):
        append(writer, k, k + 1, flush_every=10**9)
        if k % 3 == 0:
            pipe.send(writer.flush(everything=k % 2 == 0))


def start_writer(path):
    """Start a process that writes until it is killed; returns it and its reports."""
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    reports, pipe = context.Pipe(duplex=False)
    child = context.Process(target=write_forever, args=(path, pipe), daemon=True)
    child.start()
    pipe.close()
    return child, reports


def test_killed_writers_lose_nothing_committed(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(12):
        path = tmp_path / f"{number}.vtkhdf"
        child, reports = start_writer(path)
        committed = reports.recv()
        time.sleep(rng.uniform(0.0, 0.15))
        child.kill()
        child.join()
        with contextlib.suppress(EOFError):
            while True:
                committed = reports.recv()
        with open_run(path) as run:
            assert run.intervals >= committed and not run.complete
            shown = run.intervals
        check_content(path, shown)


def test_reading_while_another_process_writes(tmp_path):
    path = tmp_path / "a.vtkhdf"
    child, reports = start_writer(path)
    try:
        seen = reports.recv()
        for _ in range(8):
            with open_run(path) as run:
                assert run.intervals >= seen
                seen = run.intervals
                if seen > LOG_FROM:
                    assert run.log["normal"].shape == (2, seen - LOG_FROM, 40)
                    expected = synthetic_interval(40, seen - 1)[1][:, 0, 0].astype(np.float32)
                    assert np.array_equal(run.log["normal"][0, -1], expected)
            time.sleep(0.05)
        assert seen > LOG_FROM
    finally:
        child.kill()
        child.join()


def test_vtk_reads_the_file_as_it_is(tmp_path):
    vtk_hdf = pytest.importorskip("vtkmodules.vtkIOHDF")
    from vtkmodules.util.numpy_support import vtk_to_numpy

    path = tmp_path / "a.vtkhdf"
    with new_writer(path, beads=7) as writer:
        append(writer, 0, 12)
        writer.flush()
        reader = vtk_hdf.vtkHDFReader()
        reader.SetFileName(str(path))
        reader.UpdateInformation()
        assert reader.GetNumberOfSteps() == 4
        for k in (3, 9):
            time_, position, fields, _ = synthetic_snapshot(7, k)
            reader.UpdateTimeStep(time_)
            output = reader.GetOutputDataObject(0)
            assert np.array_equal(vtk_to_numpy(output.GetPoints().GetData()), position)
            assert output.GetNumberOfVerts() == 7
            data = output.GetPointData()
            names = {data.GetArrayName(i) for i in range(data.GetNumberOfArrays())}
            assert names == {*fields, "radius", "diameter", "bead"}
            for name, values in fields.items():
                stored = vtk_to_numpy(data.GetArray(name))
                assert np.array_equal(stored, np.asarray(values).astype(stored.dtype)), name
            radius = vtk_to_numpy(data.GetArray("radius"))
            assert np.array_equal(radius, np.linspace(1e-3, 2e-3, 7))


def test_equal_runs_make_equal_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("gpudem.runfile.layout.platform.node", lambda: "host")
    monkeypatch.setattr("gpudem.runfile.layout.datetime", FixedDate)
    contents = []
    for name in ("a", "b"):
        with new_writer(tmp_path / name) as writer:
            append(writer, 0, 12)
            writer.finish(REMAINDER, {})
        contents.append((tmp_path / name).read_bytes())
        time.sleep(1.05 if name == "a" else 0.0)  # HDF5's own time stamps count seconds
    assert contents[0] == contents[1]


class FixedDate:
    @staticmethod
    def now(zone):
        return datetime(2026, 1, 1, tzinfo=zone)


def test_vtk_knows_every_filter_used(tmp_path):
    with h5py.File(write_run(tmp_path / "a.vtkhdf")) as file:
        found = []
        file["VTKHDF"].visititems(
            lambda name, item: found.append(getattr(item, "compression", None))
        )
        assert set(found) == {None, "gzip"}


@pytest.mark.parametrize("beads, intervals", [(20, 300), (400, 120)])
def test_estimated_size(tmp_path, beads, intervals):
    path = tmp_path / "a.vtkhdf"
    with new_writer(path, beads) as writer:
        append(writer, 0, intervals, flush_every=40)
    estimate = estimated_size(beads, intervals - LOG_FROM, intervals, intervals // 3)
    assert 0.5 < path.stat().st_size / estimate < 1.6


def test_commit_goes_from_the_root_of_an_index_to_its_leaves(tmp_path, monkeypatch):
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    disk = commit_file.CommitFile(descriptor)
    disk.write(bytes(4096))
    disk.commit()
    pieces = {
        0: b"superblock",
        1000: b"TREE\x01\x00 leaf",
        1011: b"TREE\x01\x02 root",  # HDF5 may hand neighbours over as one write
        2000: b"other",
        3000: b"TREE\x01\x01 node",
    }
    for offset, data in reversed(pieces.items()):
        disk.seek(offset)
        disk.write(data)
    assert os.pread(descriptor, 4096, 0) == bytes(4096)
    disk.seek(1000)
    assert disk.read(22) == pieces[1000] + pieces[1011]
    order = []
    monkeypatch.setattr(commit_file, "_write_all", lambda _, data, offset: order.append(offset))
    disk.commit()
    disk.close()
    assert order == [0, 1011, 3000, 1000, 2000]
