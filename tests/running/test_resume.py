"""A run that is stopped, killed or starved of disk goes on with the bits of one that never was."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gpudem import load_scene, open_run
from gpudem.device.start import why_missing
from gpudem.errors import GpudemError, Interrupted, RunFileError, SimulationError
from gpudem.runfile.checkpoint import checkpoint_paths, read_checkpoint, write_checkpoint
from gpudem.runfile.compare import compare_runs
from gpudem.running.interruption import interrupted_run
from gpudem.running.simulation import Simulation, resume_run, run_simulation
from gpudem.scene.file import scene_from_text
from tests.runs import SHORT, environment, gpudem, gpudem_here, run_words, words
from tests.verification.test_ball_on_bed import SCENE as BALL_ON_BED


class StopAt:
    """Progress that asks the run to stop, as a signal would, after so many intervals."""

    def __init__(self, intervals, number=signal.SIGTERM):
        self.intervals, self.number = intervals, number

    def begin(self, *_):
        pass

    def interval(self, done, *_):
        if done == self.intervals:
            os.kill(os.getpid(), self.number)

    def end(self):
        pass


def scene(*overrides):
    return load_scene("pulverisette7-20ml", (*SHORT, *overrides))


def stopped(path, source, intervals, schedule="serial"):
    """A run that was stopped by a signal after so many intervals."""
    with pytest.raises(Interrupted) as caught:
        run_simulation(Simulation(source, schedule=schedule), path, progress=StopAt(intervals))
    assert caught.value.exit_code == 143
    assert f"continue with: gpudem resume {path}" in str(caught.value)
    return interrupted_run(path)


@pytest.mark.both_precisions(slow="mixed")
@pytest.mark.parametrize(
    ("start", "schedule"),
    [
        *((start, "serial") for start in ("rest", "settled", "ramp")),
        ("ramp", "parallel"),
        *(pytest.param(start, "parallel", marks=pytest.mark.slow) for start in ("rest", "settled")),
    ],
)
def test_a_stopped_run_goes_on_to_the_same_bits(tmp_path, schedule, start):
    source = scene(f"run.start={start}", "run.settle=2 ms", "run.ramp=6 ms")
    if start != "ramp":
        source = scene(f"run.start={start}", *(["run.settle=2 ms"] if start == "settled" else []))
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    run_simulation(Simulation(source, schedule=schedule), whole)
    found = stopped(parts, source, 9, schedule)
    # Once more in the log window, so that all kinds of sums are under way.
    again = Simulation(source, schedule=schedule, settle=False)
    with pytest.raises(Interrupted):
        resume_run(again, found, progress=StopAt(15))
    found = interrupted_run(parts)
    resume_run(Simulation(source, schedule=schedule, settle=False), found)
    assert compare_runs(whole, parts) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts.vtkhdf", "whole.vtkhdf"]


@pytest.mark.both_precisions(slow="mixed")
def test_a_ball_thrown_into_a_settled_bed_goes_on_to_the_same_bits(tmp_path):
    sets = ("run.duration=12 ms", "run.log_interval=0.5 ms", "run.settle=50 ms")
    source = scene_from_text(BALL_ON_BED, sets)
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    run_simulation(Simulation(source), whole)
    found = stopped(parts, source, 17)
    resume_run(Simulation(source, schedule="serial", settle=False), found)
    assert compare_runs(whole, parts) == []
    with open_run(parts) as run:
        ball = run.snapshot(0)["position"].values[-1]
        assert ball == pytest.approx([1e-3, 0.0, 14e-3], abs=1e-8)


def test_a_run_may_stop_within_an_interval(tmp_path, monkeypatch):
    source = scene()
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    run_simulation(Simulation(source, schedule="serial"), whole)
    monkeypatch.setattr(Simulation, "chunk", 100)
    step, asked = Simulation.step_collecting, []

    def step_and_stop(self, count, every):
        yield from step(self, count, every)
        if self.step_number > 14_000 and not asked:
            asked.append(self.step_number)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Simulation, "step_collecting", step_and_stop)
    with pytest.raises(Interrupted, match="stopped by SIGINT at t = "):
        run_simulation(Simulation(source, schedule="serial"), parts)
    monkeypatch.undo()
    found = interrupted_run(parts)
    assert [found.checkpoint.step] == asked
    assert found.checkpoint.step % source.steps_per_interval
    resume_run(Simulation(source, schedule="serial"), found)
    assert compare_runs(whole, parts) == []


@pytest.mark.skipif(why_missing("vulkan") is not None, reason="no Vulkan device here")
@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["block", "parallel"])
def test_software_vulkan_resumes_to_the_same_bits(schedule, tmp_path):
    settings = [
        "beads.count=12",
        "run.duration=60 us",
        "run.log_interval=10 us",
        "run.log_from=20 us",
        "run.snapshot_interval=20 us",
        "run.checkpoint=20 us",
    ]
    program = (
        "from tests.running.test_resume import StopAt; from gpudem.running import progress; "
        "progress.TerminalProgress = lambda: StopAt(3); "
        "from gpudem.cli.app import main; main()"
    )
    device = ("--device", "vulkan", "--schedule", schedule)
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    gpudem(*run_words(whole, *device, settings=settings))
    command = [word for word in run_words(parts, *device, settings=settings) if word != "--quiet"]
    done = subprocess.run(
        words(*command, program=("-c", program)),
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 143, done.stderr
    assert not open_run(parts).complete
    gpudem("resume", parts, "--no-figure", "--quiet")
    assert compare_runs(whole, parts) == []


def test_without_a_checkpoint_the_run_begins_again(tmp_path):
    source = scene()
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    run_simulation(Simulation(source), whole)
    stopped(parts, source, 9)
    for path in checkpoint_paths(parts):
        path.unlink()
    refused = gpudem_here("resume", parts, "--no-figure", check=False)
    assert refused.returncode == 2 and "no checkpoint of this run" in refused.stderr
    done = gpudem_here("resume", parts, "--no-figure", "--overwrite")
    assert "there is no checkpoint: the run begins again" in done.stderr
    assert compare_runs(whole, parts) == []


def test_checkpoints_of_an_earlier_run_of_the_name_are_passed_over(tmp_path):
    path = tmp_path / "run.vtkhdf"
    stopped(path, scene(), 9)
    kept = [file.read_bytes() for file in checkpoint_paths(path)]
    path.unlink()
    stopped(path, scene(), 9)
    for file, content in zip(checkpoint_paths(path), kept, strict=True):
        file.write_bytes(content)
    assert interrupted_run(path).checkpoint is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("slots", 0), ("flip", 7), ("step", -5), ("step", 4.5), ("elapsed", "x"), ("guards", {})],
)
def test_checkpoints_of_numbers_that_cannot_be_are_refused(tmp_path, name, value):
    path = tmp_path / "run.vtkhdf"
    found = stopped(path, scene(), 9)
    bad = replace(found.checkpoint, meta={**found.checkpoint.meta, name: value})
    for file in checkpoint_paths(path):
        write_checkpoint(file, bad)
    with pytest.raises(RunFileError, match="is no intact checkpoint"):
        interrupted_run(path)


@pytest.mark.parametrize("name", ["partner", "slots_used", "contact_state"])
def test_checkpoints_that_point_out_of_the_arrays_are_refused(tmp_path, name):
    found = stopped(tmp_path / "run.vtkhdf", scene(), 9)
    arrays = {**found.checkpoint.arrays, name: found.checkpoint.arrays[name] + 10**6}
    with pytest.raises(GpudemError, match=f"{name}: values from"):
        Simulation(scene()).restore(replace(found.checkpoint, arrays=arrays))


def test_a_damaged_checkpoint_leaves_the_other(tmp_path):
    source = scene()
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    run_simulation(Simulation(source), whole)
    found = stopped(parts, source, 9)
    checkpoint_paths(parts)[found.number].write_bytes(b"garbage")
    earlier = interrupted_run(parts)
    assert earlier.number == 1 - found.number
    assert earlier.checkpoint.step < found.checkpoint.step
    resume_run(Simulation(source), earlier)
    assert compare_runs(whole, parts) == []


def test_what_cannot_be_resumed_is_told(tmp_path):
    source = scene()
    path = tmp_path / "run.vtkhdf"
    found = stopped(path, source, 9)
    with pytest.raises(GpudemError, match="of another scene"):
        resume_run(Simulation(scene("run.seed=2")), found)
    with pytest.raises(GpudemError, match="the checkpoint is of schedule serial, not parallel"):
        resume_run(Simulation(source, schedule="parallel"), found)
    for path_of in checkpoint_paths(path):
        path_of.write_bytes(b"garbage")
    with pytest.raises(RunFileError, match="is no intact checkpoint"):
        interrupted_run(path)
    done = gpudem_here("resume", path, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    for path_of in checkpoint_paths(path):
        path_of.unlink()
    resume_run(Simulation(source), interrupted_run(path))
    with pytest.raises(RunFileError, match="is complete, there is nothing to resume"):
        interrupted_run(path)


def test_two_processes_never_write_one_file(tmp_path):
    source = scene()
    path = tmp_path / "run.vtkhdf"

    class Meddle(StopAt):
        def interval(self, done, *_):
            if done == 9:
                said.append(gpudem("resume", path, "--no-figure", check=False))
                said.append(gpudem(*run_words(path), "--overwrite", check=False))

    said = []
    run_simulation(Simulation(source), path, progress=Meddle(0))
    for done in said:
        assert done.returncode == 2
        assert "another process is writing this run file" in done.stderr
    assert open_run(path).complete


def test_a_file_that_vanishes_stops_the_run(tmp_path):
    path = tmp_path / "run.vtkhdf"

    class Remove(StopAt):
        def interval(self, done, *_):
            if done == 9:
                path.unlink()

    with pytest.raises(RunFileError, match="was removed or replaced while the run was writing"):
        run_simulation(Simulation(scene()), path, progress=Remove(0))


def test_a_device_that_fails_leaves_what_was_saved(tmp_path, monkeypatch):
    source = scene()
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    run_simulation(Simulation(source), whole)
    simulation = Simulation(source)
    advance = simulation._schedule.advance

    def fail(state, first, *how):
        if first > 15_000:
            raise RuntimeError("[cuda_driver.h] CUDA_ERROR_DEVICE_UNAVAILABLE\nmore")
        return advance(state, first, *how)

    monkeypatch.setattr(simulation._schedule, "advance", fail)
    with pytest.raises(GpudemError) as caught:
        run_simulation(simulation, parts)
    assert "the device failed after step 15" in str(caught.value)
    assert "CUDA_ERROR_DEVICE_UNAVAILABLE; what was committed is safe" in str(caught.value)
    resume_run(Simulation(source), interrupted_run(parts))
    assert compare_runs(whole, parts) == []


def test_a_guard_keeps_what_was_logged(tmp_path, monkeypatch):
    path = tmp_path / "run.vtkhdf"
    with pytest.raises(SimulationError, match=r"overlaps by .* at step"):
        run_simulation(Simulation(scene("contact.softening=10000", "mill.speed=2000 rpm")), path)
    with open_run(path) as run:
        assert not run.complete
        assert run.intervals > 0


def timed_run(path):
    """Makes an uninterrupted run; returns the seconds that it takes once all is compiled."""
    gpudem(*run_words(path))
    began = time.perf_counter()
    gpudem(*run_words(path, "--overwrite"))
    return time.perf_counter() - began


def safe_intervals(path):
    """Intervals of a run that no signal, and no kill, can take from it."""
    if not path.exists():
        return 0
    with open_run(path) as run:
        if run.complete:
            return run.intervals
    checkpoint = interrupted_run(path).checkpoint
    return 0 if checkpoint is None else checkpoint.meta["intervals"]


def kill_and_resume(folder, seed, whole, longest):
    """Starts a run, kills it at random moments, resumes it until it is done.

    ``longest`` [s] has to exceed what a whole run takes, or no attempt might ever come to an end.

    Returns how often it was killed, and whether the file was readable each time.
    """
    rng = random.Random(seed)
    path = folder / f"killed-{seed}.vtkhdf"
    begin = run_words(path, "--threads", "1")
    kills = 0
    while True:
        known = safe_intervals(path)
        if path.exists():
            with open_run(path) as run:
                if run.complete:
                    break
        command = ["resume", path, "--no-figure", "--quiet"] if path.exists() else begin
        process = subprocess.Popen(
            words(*command), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        number = rng.choice([signal.SIGKILL, signal.SIGTERM])
        try:
            _, said = process.communicate(timeout=rng.uniform(0.3, longest))
            assert process.returncode == 0, said
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
            assert process.returncode in (0, -number, 128 + number), said
            assert b"Traceback" not in said, said
            kills += process.returncode != 0
        # Intervals after the last checkpoint are dropped when a run goes on, and computed again.
        assert safe_intervals(path) >= known
    assert compare_runs(whole, path) == []
    for left in folder.glob(f"{path.name}*"):
        left.unlink()
    return kills


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_run_killed_at_random_resumes_to_the_same_bits(tmp_path, seed):
    whole = tmp_path / "whole.vtkhdf"
    kill_and_resume(tmp_path, seed, whole, 1.8 * timed_run(whole))


@pytest.mark.slow
def test_two_hundred_kills(tmp_path):
    whole = tmp_path / "whole.vtkhdf"
    longest = 1.5 * timed_run(whole)
    kills, seed = 0, 100
    while kills < 200:
        seed += 1
        kills += kill_and_resume(tmp_path, seed, whole, longest)
    print(f"{kills} kills, {seed - 100} runs, all resumed to the same bits", file=sys.stderr)


def test_a_checkpoint_says_where_it_stands(tmp_path):
    found = stopped(tmp_path / "run.vtkhdf", scene(), 9)
    meta = read_checkpoint(checkpoint_paths(Path(found.path))[found.number]).meta
    assert meta["schedule"] == "serial" and meta["device"] == "cpu"
    assert meta["intervals"] >= 9 and meta["step"] % scene().steps_per_interval == 0


def continued(whole, path):
    """What the run file of a starved run holds is readable, and it goes on to the same bits."""
    with open_run(path) as run:
        assert not run.complete
    gpudem_here("resume", path, "--no-figure", "--quiet")
    assert compare_runs(whole, path) == []


def test_files_that_may_not_grow_stop_the_run_and_lose_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    whole, path = tmp_path / "whole.vtkhdf", tmp_path / "run.vtkhdf"
    run_simulation(Simulation(scene()), whole)
    limit = whole.stat().st_size * 2 // 3
    done = gpudem(
        *run_words(path),
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 2, done.stderr
    assert "File too large" in done.stderr and "Traceback" not in done.stderr
    assert f"continue with: gpudem resume {path}" in done.stderr
    continued(whole, path)


def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    whole, path = tmp_path / "whole.vtkhdf", disk / "run.vtkhdf"
    run_simulation(Simulation(scene()), whole)
    room = f"size={whole.stat().st_size * 4 // 5}"
    mount = ["mount", "-t", "tmpfs", "-o", room, "gpudem-test", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this user cannot mount a small disk")
    try:
        done = gpudem(*run_words(path), check=False)
        assert done.returncode == 2, done.stderr
        assert "No space left on device" in done.stderr and "Traceback" not in done.stderr
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        continued(whole, path)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    "left", [checkpoint_paths, lambda path: [Path(f"{path}.checkpoint-1.part")]]
)
def test_a_run_killed_after_its_last_step_is_tidied_up_and_reported(tmp_path, left):
    path = tmp_path / "run.vtkhdf"
    stopped(path, scene(), 9)
    kept = {file: checkpoint_paths(path)[0].read_bytes() for file in left(path)}
    resume_run(Simulation(scene()), interrupted_run(path))
    whole = path.read_bytes()
    for file, content in kept.items():
        file.write_bytes(content)
    done = gpudem_here("resume", path)
    assert f"{path} was complete; the checkpoints that a kill had left are removed" in done.stderr
    assert "Verdict" in done.stdout
    assert path.read_bytes() == whole
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.png", "run.vtkhdf"]
    again = gpudem_here("resume", path, check=False)
    assert again.returncode == 2 and f"nothing to resume; see gpudem report {path}" in again.stderr


@pytest.mark.parametrize("write", [1, 9, 17, 25, 33])
def test_a_disk_that_refuses_at_any_write_loses_nothing(tmp_path, monkeypatch, write):
    source = scene()
    whole, parts = tmp_path / "whole.vtkhdf", tmp_path / "parts.vtkhdf"
    run_simulation(Simulation(source), whole)
    simulation, pwrite, writes = Simulation(source), os.pwrite, []

    def refusing(*how):
        if simulation.step_number > 10_000:
            writes.append(how)
            # Also where it only replaces what is there: some file systems need room for that.
            if len(writes) >= write:
                raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(*how)

    monkeypatch.setattr(os, "pwrite", refusing)
    with pytest.raises(RunFileError, match="No space left on device; what was committed is safe"):
        run_simulation(simulation, parts)
    monkeypatch.undo()
    resume_run(Simulation(source), interrupted_run(parts))
    assert compare_runs(whole, parts) == []
