"""A study's folder, as signac and row read it."""

import re
import shutil
import subprocess

import pytest

from gpudem.scene.toml_text import parse_toml
from tests.runs import environment, words
from tests.study.small import prepared

_VARY = {"mill.speed": "400, 500", "beads.diameter": "5 mm, 7 mm"}


@pytest.fixture
def folder(tmp_path):
    folder = prepared(tmp_path / "study", _VARY)
    # What `row` and `signac` look for, of one case that is done.
    folder.cases[0].finish({"power": 1.0})
    return folder


def test_signac_finds_cases_and_what_they_are(folder):
    signac = pytest.importorskip("signac")
    project = signac.get_project(str(folder.path))
    found = {job.id: job for job in project}
    assert sorted(found) == sorted(case.path.name for case in folder.cases)
    for case in folder.cases:
        job = found[case.path.name]
        assert job.statepoint() == case.state_point
        # The folder has the name that signac gives it.
        assert project.open_job(case.state_point).id == job.id
        assert job.isfile("result.json") == case.done
    fast = {job.id for job in project.find_jobs({"mill.speed": {"$gt": 45.0}})}
    assert fast == {c.path.name for c in folder.cases if c.state_point["mill"]["speed"] > 45.0}
    assert len(fast) == 2


def test_the_workflow_has_only_what_row_knows(folder):
    """Its keys are those of row's reference; a key that it does not know is an error there."""
    flow = parse_toml((folder.path / "workflow.toml").read_text(), "workflow.toml")
    assert set(flow) == {"workspace", "action"}
    assert flow["workspace"] == {"value_file": "signac_statepoint.json"}
    (action,) = flow["action"]
    assert set(action) <= {"name", "command", "products", "resources", "group"}
    assert action["products"] == ["result.json"]
    assert "{directory}" in action["command"]


@pytest.mark.slow
def test_the_command_of_the_workflow_runs_one_case(tmp_path):
    settings = ("beads.count=40", "run.duration=4 ms", "run.log_from=2 ms")
    folder = prepared(tmp_path / "study", {"mill.speed": "400, 500"}, settings)
    flow = parse_toml((folder.path / "workflow.toml").read_text(), "workflow.toml")
    one = folder.cases[1]
    name, *given = flow["action"][0]["command"].format(directory=one.path.name).split()
    assert name == "gpudem"
    subprocess.run(words(*given), env=environment(), cwd=folder.path, check=True, timeout=300)
    assert one.done and not folder.cases[0].done


@pytest.mark.skipif(shutil.which("row") is None, reason="no row here")
def test_row_finds_cases_and_products(folder):
    subprocess.run(["row", "scan"], cwd=folder.path, check=True)
    command = ["row", "show", "status"]
    told = subprocess.run(command, cwd=folder.path, check=True, capture_output=True, text=True)
    # Completed, submitted, eligible, waiting.
    assert re.search(r"simulate\s+1\s+0\s+3\s+0\b", told.stdout)


@pytest.mark.slow
def test_a_home_that_cannot_be_written(tmp_path):
    """As on compute nodes, which may have none; a folder of the node takes the kernels."""
    settings = ("beads.count=40", "run.duration=4 ms", "run.log_from=2 ms")
    folder = prepared(tmp_path / "study", {"mill.speed": "400"}, settings)
    kernels = tmp_path / "kernels"
    variables = environment(
        HOME="/dev/null/home", TI_OFFLINE_CACHE_FILE_PATH=str(kernels), PYTHONDONTWRITEBYTECODE="1"
    )
    variables.pop("XDG_CACHE_HOME", None)
    command = words("study", folder.path, "--no-report", "--device", "cpu")
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    assert list(kernels.glob("*.tic")) and folder.cases[0].done
