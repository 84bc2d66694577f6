"""A study that is killed, whose processes are killed, that is stopped: nothing is done twice,
nothing is lost, and the results are those of one that was left alone."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from gpudem.runfile.compare import compare_runs
from gpudem.study import case_folder
from gpudem.study.executors.local import LocalProcesses
from gpudem.study.runner import run_study
from tests.runs import environment, words
from tests.study.processes import busy, children, holder, wait_for
from tests.study.small import SETTINGS, begins, prepared, results

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

_VARY = {"mill.speed": "400, 500"}
_COMPUTING = {"device": "cpu", "threads": 1}


class Study:
    """A study in a process of its own, with two workers."""

    def __init__(self, folder):
        self.folder = folder
        command = words("study", folder.path, "--processes", "2", "--no-report", "--device", "cpu")
        self.process = subprocess.Popen(
            command, env=environment(), stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def ends(self, code, *told):
        words = self.process.communicate(timeout=300)[1]
        assert self.process.returncode == code, words
        for one in told:
            assert one in words
        return words

    def until_busy(self):
        """Waits until it works on a case; returns the case and the process that has it."""

        def found():
            case = busy(self.folder)
            number = None if case is None else holder(case.path / ".lock")
            return (case, number) if number in children(self.process.pid) else None

        return wait_for(found)


def _alone(folders, tmp_path):
    """Compares with a study of the same cases that nobody interrupts."""
    settings = folders[0].cases[0].scene.overrides[: len(SETTINGS)]
    reference = prepared(tmp_path / "alone", _VARY, settings)
    run_study(reference, LocalProcesses(2, _COMPUTING), quiet=True)
    for folder in folders:
        assert results(folder) == results(reference)
        for case, other in zip(folder.cases, reference.cases, strict=True):
            assert compare_runs(case.run_file, other.run_file) == []


@pytest.mark.slow
def test_killed_and_stopped(tmp_path):
    folder = prepared(tmp_path / "study", _VARY)

    # A worker is killed: another one takes the case, and the study knows nothing worse.
    study = Study(folder)
    case, worker = study.until_busy()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: begins(case)[1] == 1)
    # A batch system's warning reaches all of its processes at once.
    study.until_busy()
    for number in (study.process.pid, *children(study.process.pid)):
        os.kill(number, signal.SIGUSR1)
    study.ends(128 + signal.SIGUSR1, "ended by SIGKILL; it is tried again", "stopped by SIGUSR1")
    assert "stopped by SIGUSR1" in (case.path / "log.txt").read_text()

    # The study is killed; its workers save what they do, and the next one may begin at once.
    study = Study(folder)
    study.until_busy()
    study.process.kill()
    study.ends(-signal.SIGKILL)
    Study(folder).ends(0, "all 2 cases are done")

    assert all(begins(case)[2] == 1 for case in folder.cases)
    assert not list(folder.path.glob("workspace/*/*.checkpoint-*"))
    _alone([folder], tmp_path)


@pytest.mark.slow
def test_an_interrupt_of_the_terminal(tmp_path):
    folder = prepared(tmp_path / "study", _VARY)
    study = Study(folder)
    case, _ = study.until_busy()
    os.killpg(study.process.pid, signal.SIGINT)
    study.ends(130, "stopped by SIGINT", f"continue with: gpudem study {folder.path}")
    Study(folder).ends(0, "all 2 cases are done")
    assert begins(case) == (2, 1, 1)


@pytest.mark.slow
def test_a_worker_that_somebody_stops_is_replaced(tmp_path):
    folder = prepared(tmp_path / "study", {"mill.speed": "400"})
    study = Study(folder)
    case, worker = study.until_busy()
    os.kill(worker, signal.SIGTERM)
    study.ends(0, "it is tried again", "all 1 case are done")
    assert begins(case) == (2, 1, 1)


@pytest.mark.slow
def test_a_case_whose_processes_die_again_and_again(tmp_path):
    folder = prepared(tmp_path / "study", {"mill.speed": "400, 500"})
    victim = folder.cases[0]
    study = Study(folder)
    killed = set()

    def killed_again():
        number = holder(victim.path / ".lock")
        if number is not None and number not in killed:
            killed.add(number)
            os.kill(number, signal.SIGKILL)
        return study.process.poll() is not None

    wait_for(killed_again, 300)
    study.ends(2, "1 case failed; the same command tries again")
    assert len(killed) == 3
    assert victim.failure == {"message": "its process was ended by SIGKILL", "tries": 1}
    assert folder.cases[1].done


def test_a_case_that_another_process_has(tmp_path, monkeypatch):
    monkeypatch.setattr(case_folder, "PATIENCE", 0.3)
    (case,) = prepared(tmp_path / "study", {"mill.speed": "400"}).cases
    with case.taken():
        begun = time.monotonic()
        with pytest.raises(case_folder.CaseTaken, match="another process works on this case"):
            with case.taken():
                pass
    assert time.monotonic() - begun >= 0.3
    with case.taken():
        pass


@pytest.mark.slow
def test_ten_kills_at_random(tmp_path):
    settings = (*SETTINGS[:1], "run.duration=0.1 s", *SETTINGS[2:])
    chance = random.Random()
    folders, kills, done_at = [], [], {}
    while len(kills) < 10:
        # A new study, once one is done before it could be killed.
        if not folders or all(case.done for case in folders[-1].cases):
            folders.append(prepared(tmp_path / f"study {len(folders)}", _VARY, settings))
        study = Study(folders[-1])
        time.sleep(chance.uniform(0.0, 8.0))
        workers = children(study.process.pid)
        if study.process.poll() is None:
            kills.append(_kill(chance, study, workers))
        study.process.communicate(timeout=300)
        for case in folders[-1].cases:
            if case.done:
                stamp = (case.path / "result.json").stat().st_mtime_ns
                assert done_at.setdefault(case.path, stamp) == stamp
    for folder in folders:
        Study(folder).ends(0, "all 2 cases are done")
        for case in folder.cases:
            assert begins(case)[2] == 1, (kills, (case.path / "log.txt").read_text())
            assert done_at.get(case.path) in (None, (case.path / "result.json").stat().st_mtime_ns)
    _alone(folders, tmp_path)


def _kill(chance, study, workers):
    """Kills or stops a study in one of four ways."""
    kind = chance.choice(["study", "worker", "interrupt", "broadcast"])
    if kind == "study" or not workers:
        study.process.kill()
    elif kind == "worker":
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
        time.sleep(chance.uniform(0.0, 2.0))
        study.process.kill()
    elif kind == "interrupt":
        os.killpg(study.process.pid, signal.SIGINT)
    else:
        for number in (study.process.pid, *workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGUSR2)
    return kind
