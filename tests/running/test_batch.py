"""Several scenes that advance together: each run file has the bits of a run alone."""

import contextlib

import numpy as np
import pytest

from gpudem.errors import GpudemError, Interrupted
from gpudem.runfile.compare import compare_runs
from gpudem.runfile.reader import open_run
from gpudem.running.interruption import interrupted_run
from gpudem.running.simulation import Simulation, batch_key, resume_batch, run_batch
from gpudem.scene.file import load_scene
from gpudem.stopping import StopSignals

SETS = ("run.duration=6 ms", "run.log_from=2 ms", "run.snapshot_interval=2 ms")


def scenes(*more):
    return [
        load_scene("pulverisette7", (*SETS, *more, f"mill.speed={speed}", f"beads.count={count}"))
        for speed, count in (("400 rpm", 40), ("1000 rpm", 60), ("700 rpm", 25))
    ]


class _Stopping:
    """Progress that asks the run to stop after some intervals."""

    def __init__(self, after):
        self.after = after

    def begin(self, intervals, beads, duration, done=0):
        pass

    def interval(self, done, simulated, steps_per_second, safe):
        if done == self.after:
            StopSignals._noted = 15

    def end(self):
        pass


@pytest.mark.parametrize("schedule", ["serial", pytest.param("parallel", marks=pytest.mark.slow)])
def test_run_files_of_a_batch_are_those_of_single_runs(schedule, tmp_path):
    given = scenes()
    paths = [tmp_path / f"{n}.vtkhdf" for n in range(3)]
    run_batch(Simulation(given, schedule=schedule), paths)
    for scene, path in zip(given, paths, strict=True):
        alone = Simulation(scene, schedule=schedule).run(tmp_path / f"alone-{path.name}")
        assert not compare_runs(path, alone)
        with open_run(path) as run, open_run(alone) as other:
            np.testing.assert_equal(dict(run.parameters), dict(other.parameters))
            assert run.resolved == other.resolved
            assert run.timings["cases"] == 3
    assert not list(tmp_path.glob("*checkpoint*"))


def test_mixtures_and_walls_in_a_batch(tmp_path):
    from gpudem.scene.file import scene_from_text, scene_text

    two = scene_text("pulverisette7").replace("[beads]", "[[beads]]").replace("filling =", "#")
    second = '[[beads]]\ndiameter = "3 mm"\nmaterial = "zirconia"\ncount = 30\n\n[contact]\n'
    two = two.replace("[contact]\n", second)
    common = [*SETS, "run.log_walls=true", "beads.1.count=20"]
    given = [
        scene_from_text(two, [*common, f"mill.speed={speed}"]) for speed in ("600 rpm", "900 rpm")
    ]
    paths = [tmp_path / "a.vtkhdf", tmp_path / "b.vtkhdf"]
    run_batch(Simulation(given), paths)
    for scene, path in zip(given, paths, strict=True):
        alone = Simulation(scene).run(tmp_path / f"alone-{path.name}")
        assert not compare_runs(path, alone)
        with open_run(path) as run, open_run(alone) as other:
            for name in ("class_log", "class_events"):
                assert getattr(run, name).equals(getattr(other, name))
            for wall, same in zip(run.walls, other.walls, strict=True):
                np.testing.assert_equal(wall, same)


def test_a_stopped_batch_goes_on(tmp_path):
    given = scenes()
    paths = [tmp_path / f"{n}.vtkhdf" for n in range(3)]
    with pytest.raises(Interrupted):
        run_batch(Simulation(given), paths, progress=_Stopping(5))
    found = interrupted_run(paths[0])
    assert found.checkpoint is not None and len(found.checkpoint.meta["members"]) == 3
    with pytest.raises(GpudemError, match="another scene"):
        resume_batch(Simulation(given[::-1], settle=False), found, paths)
    resume_batch(Simulation(given, settle=False), found, paths)
    for scene, path in zip(given, paths, strict=True):
        alone = Simulation(scene).run(tmp_path / f"alone-{path.name}")
        assert not compare_runs(path, alone)


def test_a_settled_start_in_a_batch(tmp_path):
    given = scenes("run.start=settled", "run.settle=3 ms")[:2]
    paths = [tmp_path / "a.vtkhdf", tmp_path / "b.vtkhdf"]
    run_batch(Simulation(given), paths)
    alone = Simulation(given[1]).run(tmp_path / "alone.vtkhdf")
    assert not compare_runs(paths[1], alone)


@pytest.mark.parametrize(
    "other",
    ["run.duration=7 ms", "contact.softening=10", "run.log_walls=true", "run.start=settled"],
)
def test_scenes_that_cannot_advance_together(other):
    one, two = scenes()[0], scenes(other)[0]
    assert batch_key(one) != batch_key(two)
    with pytest.raises(GpudemError, match="cannot advance together"):
        Simulation([one, two])


def test_as_many_files_as_cases(tmp_path):
    with pytest.raises(GpudemError, match="as many run files"):
        run_batch(Simulation(scenes()), [tmp_path / "a.vtkhdf"])
    with contextlib.suppress(GpudemError):
        Simulation(scenes()).run(tmp_path / "b.vtkhdf")
    assert not list(tmp_path.iterdir())
