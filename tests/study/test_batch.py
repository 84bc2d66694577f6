"""Cases of a study that advance together."""

import pytest

from gpudem.errors import GpudemError, Interrupted
from gpudem.runfile.compare import compare_runs
from gpudem.running.simulation import Simulation
from gpudem.stopping import StopSignals
from gpudem.study.batch import batches, run_batch_of_cases
from gpudem.study.case_folder import LOG
from gpudem.study.study import study_of
from gpudem.study.study_folder import StudyFolder

SHORT = ["run.duration=10 ms", "run.log_from=5 ms", "run.snapshot_interval=5 ms"]


@pytest.fixture
def folder(tmp_path):
    """Three speeds of 5 mm beads, which can advance together, and three of 3 mm beads."""
    vary = {"mill.speed": "400..1000:3", "beads.diameter": "5 mm, 3 mm"}
    study = study_of("pulverisette7", vary, settings=[*SHORT, "beads.filling=0.03"])
    return StudyFolder.prepare(tmp_path / "s", study, study.cases())


def test_batches_are_of_cases_that_can_advance_together(folder):
    found = batches(folder.cases)
    assert sorted(map(len, found)) == [3, 3]
    by_path = {case.path: case for case in folder.cases}
    for batch in found:
        assert len({by_path[path].scene.bead_count for path in batch}) == 1
    assert found == batches(folder.cases[::-1])
    # 102 beads of 3 mm each: no two fit into 150.
    assert sorted(map(len, batches(folder.cases, 150))) == [1, 1, 1, 3]


def test_a_batch_gives_what_its_cases_give_alone(folder, tmp_path):
    by_path = {case.path: case for case in folder.cases}
    batch = [by_path[path] for path in min(batches(folder.cases), key=len)]
    assert run_batch_of_cases(batch) == {}
    assert all(case.done for case in batch)
    alone = Simulation(batch[1].scene).run(tmp_path / "alone.vtkhdf")
    assert not compare_runs(batch[1].run_file, alone)
    # Nothing is left to do.
    assert run_batch_of_cases(batch) == {}


def test_a_stopped_batch_goes_on(folder, tmp_path):
    by_path = {case.path: case for case in folder.cases}
    batch = [by_path[path] for path in batches(folder.cases)[0]]

    def stop(share):
        if share > 0.4:
            StopSignals._noted = 15

    with pytest.raises(Interrupted):
        run_batch_of_cases(batch, stop)
    assert not any(case.done for case in batch)
    assert run_batch_of_cases(batch) == {}
    assert "goes on from step" in (batch[2].path / LOG).read_text()
    alone = Simulation(batch[2].scene).run(tmp_path / "alone.vtkhdf")
    assert not compare_runs(batch[2].run_file, alone)


def test_one_that_fails_does_not_take_the_others_along(folder, monkeypatch):
    from gpudem.errors import SimulationError
    from gpudem.study import batch as module
    from gpudem.study import run_case

    by_path = {case.path: case for case in folder.cases}
    batch = [by_path[path] for path in batches(folder.cases)[0]]
    simulate = run_case._simulate

    def fail(cases, log, told, schedule):
        raise SimulationError("bead 3 has left the bowl")

    def fail_one(case, log, told):
        if case.path == batch[0].path:
            raise GpudemError("bead 3 has left the bowl")
        simulate(case, log, told)

    monkeypatch.setattr(module, "_simulate", fail)
    monkeypatch.setattr(run_case, "_simulate", fail_one)
    assert run_batch_of_cases(batch) == {batch[0].path: "bead 3 has left the bowl"}
    assert [case.done for case in batch] == [False, True, True]
    assert batch[0].failure is not None


@pytest.mark.slow
def test_processes_take_whole_batches(folder):
    from gpudem.study.executors.local import LocalProcesses
    from gpudem.study.runner import run_study

    executor = LocalProcesses(1, {"device": "cpu", "threads": 1}, in_batches=True)
    assert run_study(folder, executor, quiet=True).done == 6
    for case in folder.cases:
        assert case.result["complete"]
        assert "together with 2 other cases" in (case.path / LOG).read_text()
