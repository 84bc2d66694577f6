"""Jobs of SLURM: what is submitted, and, with a SLURM that the test starts, what comes of it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from gpudem.cli.executing import Executing
from gpudem.cli.options import Computing
from gpudem.errors import GpudemError
from gpudem.runfile.compare import compare_runs
from gpudem.study.case_folder import CaseFolder
from gpudem.study.cost import packed
from gpudem.study.executors.dask_workers import DaskWorkers
from gpudem.study.executors.slurm import Job, SlurmJobs
from gpudem.study.study_folder import StudyFolder
from tests.runs import environment, gpudem, words
from tests.study import slurmnode
from tests.study.small import begins, prepared, results

#: A case of a minute or more on one core, and a short one.
_LONG, _SHORT = "2.5 s", "30 ms"
_SETTINGS = ("beads.filling=0.1", "run.log_from=20 ms")


def test_short_cases_share_a_job_and_long_ones_do_not():
    seconds = {"long": 100.0, "longer": 150.0, **{f"short {n}": 10.0 for n in range(6)}}
    parts = packed(seconds, wanted=30.0, most=1000)
    assert parts[:2] == [["longer"], ["long"]]
    assert [len(part) for part in parts[2:]] == [3, 3]
    assert sorted(case for part in parts for case in part) == sorted(seconds)


def test_no_more_parts_than_an_array_may_have():
    parts = packed(dict.fromkeys(range(50), 100.0), wanted=30.0, most=8)
    assert len(parts) == 8
    assert {len(part) for part in parts} <= {6, 7}


def _script(tmp_path, *options):
    folder = prepared(tmp_path / "a study", {"mill.speed": "400, 500, 600"})
    done = gpudem("study", folder.path, "--prepare", "--executor", "slurm", *options)
    script = folder.path / "slurm" / "study.sh"
    assert f"sbatch {script}" in done.stderr
    return folder, script


def test_a_script_that_can_be_read_and_submitted_by_hand(tmp_path):
    folder, script = _script(
        tmp_path,
        *("--partition", "short", "--account", "mills", "--memory", "8G", "--time-limit", "90 min"),
        *("--warning", "3 min", "--processes", "2", "--job-time", "0.01 s", "--jobs", "2"),
        *("--sbatch", "qos=long", "--sbatch", "exclusive", "--setup", "module load python"),
        *("--python", "apptainer exec mill.sif python3", "--device", "cpu"),
    )
    text = script.read_text()
    options = dict(re.findall(r"#SBATCH --([a-z-]+)(?:=(.*))?", text))
    assert options == {
        "job-name": "'a study'",
        "array": "0-2%2",
        "time": "90",
        "signal": "USR2@180",
        "output": f"'{folder.path}/slurm/%A_%a.log'",
        "open-mode": "append",
        "partition": "short",
        "account": "mills",
        "cpus-per-task": "2",
        "mem": "8G",
        "requeue": "",
        "qos": "long",
        "exclusive": "",
    }
    assert "\nmodule load python\n" in text
    assert "\n  apptainer exec mill.sif python3 -u -m gpudem study " in text
    lists = [folder.path / "slurm" / f"cases-{n}.txt" for n in range(3)]
    named = [line for one in lists for line in one.read_text().splitlines()]
    assert sorted(named) == sorted(case.path.name for case in folder.cases)
    subprocess.run(["bash", "-n", script], check=True)


def test_the_script_runs_its_cases_and_asks_for_another_turn(tmp_path):
    """With commands in place of SLURM's, which any machine has."""
    folder, script = _script(tmp_path, "--job-time", "0.01 s")
    commands = tmp_path / "bin"
    commands.mkdir()
    told = tmp_path / "told"
    for name, text in (
        ("srun", f'echo "$@" >> {told}; exit 140'),
        ("scontrol", f"echo $@ >> {told}"),
    ):
        (commands / name).write_text(f"#!/bin/bash\n{text}\n")
        (commands / name).chmod(0o755)
    array = {"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_JOB_ID": "77"}
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", script], env=environment(PATH=path, **array), check=False)
    assert done.returncode == 140
    ran, again = told.read_text().splitlines()
    case = (folder.path / "slurm" / "cases-1.txt").read_text().strip()
    own = "--device auto --device-index 0 --precision auto --threads 1"
    command = f"-u -m gpudem study {folder.path} --no-report --processes 1 {own} --only {case}"
    assert ran.endswith(command)
    assert again == "requeue 77_1"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"executor": "lsf"}, "--executor lsf: unknown; accepted: local, dask, slurm"),
        ({"partition": "long"}, "--partition: is for --executor slurm, not local"),
        ({"sbatch": ["qos=a"]}, "--sbatch: is for --executor slurm, not local"),
        ({"scheduler": "tcp://a:1"}, "--scheduler: is for --executor dask, not local"),
        ({"processes": 0}, "--processes 0: accepted are 1 to 1024"),
        ({"executor": "slurm", "time_limit": "soon"}, '--time-limit "soon": a time is needed'),
        ({"executor": "slurm", "time_limit": "60 s", "warning": "2 min"}, "--warning 2 min: must"),
        ({"executor": "slurm", "sbatch": ["=long"]}, "--sbatch =long: write KEY=VALUE"),
        ({"executor": "slurm", "cores": 0}, "--cores 0: accepted are 1, 2, 3"),
        ({"executor": "slurm", "gpus": -1}, "--gpus -1: accepted are 0, 1, 2"),
    ],
)
def test_faults_are_told(tmp_path, options, told):
    folder = StudyFolder(tmp_path)
    with pytest.raises(GpudemError, match=re.escape(told)):
        Executing(**options).made(folder, Computing())


def test_a_missing_library_is_told(monkeypatch, tmp_path):
    how = r'pip install "gpudem\[cluster\]"'
    monkeypatch.setitem(sys.modules, "submitit", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(GpudemError, match=rf"needs the library submitit; {how}"):
        SlurmJobs(tmp_path, Job("study")).run([tmp_path], lambda news: None, lambda: False)
    with pytest.raises(GpudemError, match=rf"needs the library distributed; {how}"):
        DaskWorkers()


@pytest.mark.skipif(shutil.which("srun") is not None, reason="there is a srun here")
def test_without_srun(tmp_path):
    pytest.importorskip("submitit")
    folder = prepared(tmp_path / "study", {"mill.speed": "400, 500"})
    done = gpudem("study", folder.path, "--executor", "slurm", check=False)
    assert done.returncode == 2
    assert "run it on a login node of the cluster" in done.stderr


# With a SLURM of one node, which root can start from Debian's packages.


@pytest.fixture(scope="module")
def slurm():
    pytest.importorskip("submitit")
    missing = slurmnode.why_missing()
    if missing:
        pytest.skip(missing)
    # A short name: sockets lie in it.
    with tempfile.TemporaryDirectory() as folder, slurmnode.one_node(folder) as variables:
        yield environment(**variables)


@pytest.fixture(autouse=True)
def _nothing_left(request):
    """A job of one test does not count for the next one."""
    yield
    if "slurm" in request.fixturenames:
        slurm = request.getfixturevalue("slurm")
        subprocess.run(["scancel", *_queued(slurm)], env=slurm, check=False)
        _wait(lambda: not _queued(slurm), 60)


def _wait(condition, seconds, told=""):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, told
        time.sleep(0.5)


def _queued(slurm):
    command = ["squeue", "-h", "-r", "-o", "%F_%K %T"]
    told = subprocess.run(command, env=slurm, capture_output=True, text=True, check=True)
    found = (line.split() for line in told.stdout.splitlines())
    return {job.removesuffix("_N/A"): state for job, state in found}


def _reference(path, vary):
    """The same study, not interrupted, in processes of this machine; begins in the background."""
    folder = prepared(path, vary, _SETTINGS)
    command = words("study", path, "--processes", "1", "--no-report", "--quiet")
    return folder, subprocess.Popen(command, env=environment())


def _same(folder, reference):
    assert results(folder) == results(reference)
    for case, other in zip(folder.cases, reference.cases, strict=True):
        assert compare_runs(case.run_file, other.run_file) == []


@pytest.mark.slow
def test_a_job_that_meets_its_time_limit_goes_on_in_its_next_turn(tmp_path, slurm):
    vary = {"run.duration": [_SHORT, _LONG]}
    reference, running = _reference(tmp_path / "reference", vary)
    folder = prepared(tmp_path / "study", vary, _SETTINGS)
    options = ("--job-time", "0.01 s", "--time-limit", "2 min", "--warning", "20 s", "--no-report")
    command = words("study", folder.path, "--executor", "slurm", *options)
    done = subprocess.run(command, env=slurm, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert "2 jobs of SLURM for 2 cases" in done.stderr
    short, long = folder.cases
    assert begins(short)[2] == 1
    turns, resumed, finished = begins(long)
    log = (long.path / "log.txt").read_text()
    assert "stopped by SIGUSR2" in log
    assert finished == 1 and resumed == turns - 1 >= 1, log
    assert running.wait(600) == 0
    _same(folder, reference)
    # And nothing is done twice.
    again = subprocess.run(command, env=slurm, capture_output=True, text=True, timeout=60)
    assert "all 2 cases are done" in again.stderr
    assert begins(long)[2] == 1


@pytest.mark.slow
def test_a_script_submitted_by_hand(tmp_path, slurm):
    vary = {"run.duration": ["0.4 s", "0.5 s"]}
    reference, running = _reference(tmp_path / "reference", vary)
    folder = prepared(tmp_path / "study", vary, _SETTINGS)
    options = ("--job-time", "1 h", "--time-limit", "10 min", "--processes", "2")
    gpudem("study", folder.path, "--prepare", "--executor", "slurm", *options)
    subprocess.run(["sbatch", folder.path / "slurm" / "study.sh"], env=slurm, check=True)
    logs = [case.path / "log.txt" for case in folder.cases]
    _wait(lambda: all(log.exists() and "simulating" in log.read_text() for log in logs), 120)
    time.sleep(1.0)
    job = next(iter(_queued(slurm)))
    subprocess.run(["scancel", "--signal=USR2", job], env=slurm, check=True)
    _wait(lambda: not _queued(slurm), 300)
    assert all(case.done for case in folder.cases)
    for case in folder.cases:
        assert begins(case) == (2, 1, 1)
    assert running.wait(600) == 0
    _same(folder, reference)


@pytest.mark.slow
def test_following_jobs_may_be_stopped_and_taken_up(tmp_path, slurm):
    folder = prepared(tmp_path / "study", {"run.duration": ["0.4 s", "0.5 s"]}, _SETTINGS)
    options = ("--job-time", "1 h", "--processes", "2", "--no-report")
    command = words("study", folder.path, "--executor", "slurm", *options)
    first = subprocess.run(
        [*command, "--no-wait"], env=slurm, capture_output=True, text=True, timeout=60
    )
    assert first.returncode == 0, first.stderr
    assert "2 cases wait or run in jobs" in first.stderr
    jobs = set(_queued(slurm))
    with subprocess.Popen(command, env=slurm, stderr=subprocess.PIPE, text=True) as following:
        assert "2 cases of 2 to run in jobs of SLURM" in following.stderr.readline()
        assert "1 job of SLURM for 2 cases" in following.stderr.readline()
        following.send_signal(signal.SIGINT)
        told = following.communicate(timeout=60)[1]
    assert following.returncode == 130
    assert "its jobs go on, look after them with" in told and f"scancel {min(jobs)}" in told
    second = subprocess.run(command, env=slurm, capture_output=True, text=True, timeout=300)
    assert second.returncode == 0, second.stderr
    assert "all 2 cases are done" in second.stderr
    assert len(jobs) == 1
    assert len(list(Path(folder.path, "slurm").glob("*_submission.sh"))) == 1


@pytest.mark.slow
def test_a_job_that_was_cancelled_is_told(tmp_path, slurm):
    folder = prepared(tmp_path / "study", {"run.duration": [_LONG]}, _SETTINGS)
    command = words("study", folder.path, "--executor", "slurm", "--no-report")
    with subprocess.Popen(command, env=slurm, stderr=subprocess.PIPE, text=True) as following:
        known = folder.path / "slurm" / "jobs.json"
        _wait(known.exists, 60)
        (job,) = json.loads(known.read_text())
        _wait(lambda: _queued(slurm).get(job) == "RUNNING", 60)
        subprocess.run(["scancel", job], env=slurm, check=True)
        told = following.communicate(timeout=120)[1]
    assert following.returncode == 2
    assert "ended without a result" in told
    assert not CaseFolder(folder.cases[0].path).done
