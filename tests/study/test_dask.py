"""Dask: a cluster of this machine, one worker of which is killed while it works."""

import os
import signal
import subprocess
import sys

import pytest

from gpudem.errors import GpudemError
from gpudem.runfile.compare import compare_runs
from gpudem.running.simulation import Simulation
from gpudem.study.executors.dask_workers import DaskWorkers
from tests.runs import environment, words
from tests.study.processes import busy, children, holder, wait_for
from tests.study.small import begins, prepared

distributed = pytest.importorskip("distributed")

_VARY = {"mill.speed": "400, 500"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_worker_is_killed_while_it_works(tmp_path):
    folder = prepared(tmp_path / "study", _VARY)
    command = words("study", folder.path, "--executor", "dask", "--processes", "2", "--no-report")
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as study:
        killed = wait_for(lambda: busy(folder))
        worker = wait_for(lambda: holder(killed.path / ".lock"))
        assert worker in children(study.pid)
        os.kill(worker, signal.SIGKILL)
        told = study.communicate(timeout=300)[1]
    assert study.returncode == 0, told
    assert "all 2 cases are done" in told
    for case in folder.cases:
        assert begins(case) == ((2, 1, 1) if case.path == killed.path else (1, 0, 1))
    # And that case has the bits of one that nobody killed.
    alone = Simulation(killed.scene).run(tmp_path / "alone.vtkhdf")
    assert compare_runs(killed.run_file, alone) == []


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler with one worker, as they are started on clusters; its file."""
    file = tmp_path / "scheduler.json"
    address = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    begin = words("scheduler", *address, "--scheduler-file", file, program=("-m", "dask"))
    work = words("worker", "--scheduler-file", file, "--nthreads", "1", "--no-dashboard")
    work[1:3] = ["-m", "dask"]
    with subprocess.Popen(begin, env=environment()) as first:
        wait_for(file.exists)
        with subprocess.Popen(work, env=environment()) as second:
            yield file
            second.terminate()
        first.terminate()


@pytest.mark.slow
def test_a_scheduler_that_is_there_and_a_stop(tmp_path, scheduler):
    folder = prepared(tmp_path / "study", {"mill.speed": "400, 500"})
    command = words("study", folder.path, "--executor", "dask", "--scheduler", scheduler)
    command += ["--no-report", "--device", "cpu"]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as study:
        case = wait_for(lambda: busy(folder))
        study.send_signal(signal.SIGINT)
        told = study.communicate(timeout=120)[1]
    assert study.returncode == 130, told
    assert "stopped by SIGINT with 2 cases to go; all is saved" in told
    assert "stopped by SIGTERM" in (case.path / "log.txt").read_text()
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert begins(case) == (2, 1, 1)
    assert sorted(begins(one) for one in folder.cases) == [(1, 0, 1), (2, 1, 1)]


def test_no_scheduler(tmp_path):
    with pytest.raises(GpudemError, match="nowhere: is no file; name an address"):
        DaskWorkers("nowhere").run([tmp_path], lambda news: None, lambda: False)
