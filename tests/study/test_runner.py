"""Running a study: every case once, failures left out, results as a data set."""

import json

import numpy as np
import pytest
from rich.console import Console

from gpudem.cli.app import app
from gpudem.errors import GpudemError
from gpudem.study.case_folder import RESULT, CaseFolder, CaseTaken
from gpudem.study.cost import CostModel, longest_first
from gpudem.study.dataset import open_study
from gpudem.study.executors.local import LocalProcesses
from gpudem.study.laws import laws_of
from gpudem.study.runner import run_study
from gpudem.study.study import study_of
from gpudem.study.study_folder import StudyFolder
from gpudem.study.text import print_study
from tests.study.small import Here

SHORT = ["run.duration=20 ms", "run.log_from=10 ms", "beads.filling=0.1"]


def prepared(path, vary=None, settings=(), **options):
    study = study_of(
        "pulverisette7",
        vary or {"mill.speed": "400..1000:3"},
        settings=[*SHORT, *settings],
        **options,
    )
    return StudyFolder.prepare(path, study, study.cases())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A study of three speeds and two seeds, run in two processes."""
    folder = prepared(tmp_path_factory.mktemp("study") / "s", seeds=2)
    outcome = run_study(folder, LocalProcesses(2, {"device": "cpu", "threads": 1}), quiet=True)
    assert outcome.done == 6 and not outcome.failed
    return folder


def test_finished_cases_are_not_run_again(finished, capsys):
    before = {case.path: (case.path / RESULT).stat().st_mtime_ns for case in finished.cases}
    outcome = run_study(finished, LocalProcesses(1, {"device": "cpu", "threads": 1}))
    assert outcome.done == 6
    after = {case.path: (case.path / RESULT).stat().st_mtime_ns for case in finished.cases}
    assert before == after


def test_data_set(finished):
    data = open_study(finished.path)
    assert dict(data.sizes) == {"speed": 3, "seed": 2}
    assert data.speed.attrs["units"] == "rpm"
    power = data.power.sel(speed=700.0)
    assert power.attrs["units"] == "W"
    # SE times SF is the power, in either convention.
    for suffix in ("", "_bead"):
        product = data[f"stress_energy{suffix}"] * data[f"stress_frequency{suffix}"]
        np.testing.assert_allclose(product, data.power, rtol=1e-12)
    np.testing.assert_allclose(data.specific_power * 17.5e-3, data.power, rtol=1e-12)
    np.testing.assert_allclose(data.milling_time, 500e3 / data.specific_power, rtol=1e-12)
    assert bool(data.done.all())
    case = finished.case(str(data.folder.sel(speed=400.0, seed=1).item()))
    assert case.scene.run.seed == 1
    assert case.result["power"]["dissipation"]["total"] == float(
        data.power.sel(speed=400.0, seed=1)
    )
    assert data.attrs["papers_mill"] == 1


def test_laws_of_a_study(finished):
    laws = {law.quantity: law for law in laws_of(open_study(finished.path))}
    exponent = laws["power"].law.exponents["speed"].value
    parts = sum(laws[n].law.exponents["speed"].value for n in ("stress_energy", "stress_frequency"))
    assert parts == pytest.approx(exponent, abs=1e-9)
    assert laws["power"].paper("speed") == pytest.approx(3.02)


def test_the_run_is_that_of_gpudem_run(finished, tmp_path):
    from gpudem.runfile.compare import compare_runs
    from gpudem.running.simulation import Simulation

    case = finished.cases[0]
    path = Simulation(case.scene).run(tmp_path / "alone.vtkhdf")
    assert not compare_runs(case.run_file, path)


def test_what_fails_is_left_out_and_tried_again(tmp_path, monkeypatch):
    folder = prepared(tmp_path / "s", {"mill.speed": "400, 600"})
    first, second = folder.cases
    monkeypatch.setattr("gpudem.study.run_case._simulate", _failing(first))
    outcome = run_study(folder, Here(), quiet=True)
    assert list(outcome.failed) == [first.path] and outcome.done == 1
    assert first.failure["message"] == "no luck" and second.done
    monkeypatch.undo()
    outcome = run_study(folder, Here(), quiet=True)
    assert outcome.done == 2 and first.failure is None


def test_a_case_is_worked_on_once_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("gpudem.study.case_folder.PATIENCE", 0.2)
    folder = prepared(tmp_path / "s", {"mill.speed": "400"})
    case = folder.cases[0]
    with (
        case.taken(),
        pytest.raises(CaseTaken, match="another process"),
        CaseFolder(case.path).taken(),
    ):
        pass
    with case.taken():
        outcome = run_study(folder, Here(), quiet=True)
    assert outcome.taken == 1 and not outcome.failed and not case.done


def test_commands(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sets = [part for one in SHORT for part in ("--set", one)]
    app(
        ["sweep", "pulverisette7", "mill.speed=400,600", *sets, "--prepare"],
        result_action="return_value",
    )
    folder = StudyFolder(tmp_path / "pulverisette7-sweep")
    assert len(folder.cases) == 2
    assert (folder.path / "workflow.toml").exists()
    for wrong, told in (
        (["sweep", "pulverisette7", "mill.speed"], "write KEY=VALUES"),
        (["sweep", "pulverisette7", "mill.speed=1,2", "mill.speed=3"], "given twice"),
        (["study", "pulverisette7-sweep", "--only", "abc"], "has no such case"),
        (["study", "pulverisette7-sweep", "-o", "elsewhere"], "it goes on there"),
        (["study", "pulverisette7-sweep", "--processes", "0"], "accepted are 1 to"),
        (["study", "."], "is not a study folder"),
    ):
        with pytest.raises(GpudemError, match=told):
            app(wrong, exit_on_error=False, result_action="return_value")
    capsys.readouterr()
    app(["study"], result_action="return_value")
    assert "paper-grid" in capsys.readouterr().out


def test_costs_are_learnt():
    costs = CostModel()
    guess = costs.seconds(100, 1e9)
    costs.learn(100, 1e9, 50.0)
    costs.learn(8000, 1e9, 80.0)
    assert costs.seconds(100, 2e9) == pytest.approx(100.0) and guess != 50.0
    assert costs.seconds(6000, 1e9) == pytest.approx(80.0)
    assert longest_first([3.0, 1.0, 1.0, 1.0], 2) == pytest.approx(3.0)
    assert longest_first([], 2) == 0.0


def test_a_strange_folder_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(GpudemError, match="holds something else"):
        prepared(tmp_path)


def _failing(case):
    from gpudem.study import run_case

    simulate = run_case._simulate

    def fail(folder, log, told):
        if folder.path == case.path:
            raise GpudemError("no luck")
        simulate(folder, log, told)

    return fail


def test_state_points_are_json(finished):
    for case in finished.cases:
        assert json.loads((case.path / "signac_statepoint.json").read_text()) == case.state_point


def test_variants_against_the_first(tmp_path):
    from gpudem.study.study import study_from_text
    from gpudem.study.text import print_study
    from gpudem.study.variants import changes, exponents

    text = """
scene = "pulverisette7"
set = { run.duration = "10 ms", run.log_from = "5 ms", beads.count = 30 }
vary = { mill.speed = "600, 1000 rpm" }
[[variants]]
name = "as it is"
[[variants]]
name = "slippery"
set = { contact.bead_bead.dynamic_friction = 0.1 }
"""
    study = study_from_text(text)
    folder = StudyFolder.prepare(tmp_path / "v", study, study.cases())
    run_study(folder, Here(), quiet=True)
    data = open_study(folder.path)
    found = {(c.variant, c.point, c.quantity): c.ratio for c in changes(data)}
    for speed in (600.0, 1000.0):
        own, base = (data.power.sel(speed=speed, variant=v) for v in ("slippery", "as it is"))
        assert found["slippery", (speed,), "power"] == pytest.approx(float(own / base))
    slopes = exponents(data, "speed")
    one = data.power.sel(variant="as it is").values
    assert slopes["as it is"]["power"] == pytest.approx(np.log(one[1] / one[0]) / np.log(5 / 3))
    from rich.console import Console

    with (tmp_path / "out.txt").open("w") as out:
        print_study(folder.path, Console(file=out, width=100))
    told = (tmp_path / "out.txt").read_text()
    assert "Change against 'as it is' [%] at n [rpm] 600" in told
    assert told.index("as it is") < told.index("slippery")


def test_a_study_of_which_nothing_is_done_says_so(tmp_path, capsys):
    made = study_of("pulverisette7", {"mill.speed": "400, 600 rpm"})
    folder = StudyFolder.prepare(tmp_path / "new", made, made.cases())
    folder.cases[0].fail("the mill fell over")
    print_study(folder.path, Console(width=80))
    told = capsys.readouterr().out
    assert "0 of 2 cases done" in told and "failed: mill.speed 400 rpm: the mill fell over" in told
