"""Claims on run files' names: no two runs ever write one file, whatever ends them."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from gpudem.errors import RunFileError
from gpudem.runfile.claim import Claim, NameTaken, claim_free_name
from tests.runs import environment

SUFFIXES = (".vtkhdf", ".png")
#: Claims a free name, prints it and waits to be told to end.
HOLD = """
import sys
from gpudem.runfile.claim import claim_free_name
with claim_free_name("mill", (".vtkhdf", ".png")) as claim:
    print(claim.path, flush=True)
    sys.stdin.read()
"""
#: What `gpudem` does in a folder that is gone, and whether the engine was loaded for it.
IN_A_REMOVED_FOLDER = """
import os, sys
os.mkdir("gone"), os.chdir("gone"), os.rmdir("../gone")
from gpudem.cli.app import main
sys.argv = ["gpudem", "run", "pulverisette7", *sys.argv[1:]]
try:
    main()
finally:
    print("taichi" in sys.modules)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def hold(folder):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", HOLD]
    return subprocess.Popen(command, cwd=folder, env=environment(), **pipes)


def test_a_claimed_name_is_taken(tmp_path):
    path = tmp_path / "mill.vtkhdf"
    with Claim(path):
        for overwrite in (False, True):
            with pytest.raises(NameTaken, match="another process is writing this run file"):
                Claim(path, overwrite)
    assert names(tmp_path) == []
    Claim(path).close()
    path.write_text("")
    with pytest.raises(NameTaken, match="exists already"):
        Claim(path)
    with Claim(path, overwrite=True) as claim:
        os.close(claim.take())
    assert names(tmp_path) == ["mill.vtkhdf", "mill.vtkhdf.part"]


def test_free_names_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mill-2.png").write_text("")
    (tmp_path / "mill-4.vtkhdf").write_text("")
    with (
        claim_free_name("mill", SUFFIXES) as first,
        claim_free_name("mill", SUFFIXES) as second,
        claim_free_name("mill", SUFFIXES) as third,
    ):
        found = [str(claim.path) for claim in (first, second, third)]
    assert found == ["mill.vtkhdf", "mill-3.vtkhdf", "mill-5.vtkhdf"]
    assert names(tmp_path) == ["mill-2.png", "mill-4.vtkhdf"]


def test_processes_that_start_together_have_a_name_each(tmp_path):
    holders = [hold(tmp_path) for _ in range(5)]
    found = {holder.stdout.readline().strip() for holder in holders}
    assert found == {"mill.vtkhdf", *(f"mill-{number}.vtkhdf" for number in range(2, 6))}
    for holder in holders:
        holder.communicate(timeout=60)
    assert names(tmp_path) == []


def test_a_killed_process_leaves_no_claim(tmp_path, monkeypatch):
    holder = hold(tmp_path)
    assert holder.stdout.readline() == "mill.vtkhdf\n"
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=60)
    assert names(tmp_path) == ["mill.vtkhdf.part"]
    monkeypatch.chdir(tmp_path)
    with claim_free_name("mill", SUFFIXES) as claim:
        assert str(claim.path) == "mill.vtkhdf"
    assert names(tmp_path) == []


def test_names_are_never_given_twice_while_files_come_and_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(number):
        with claim_free_name("mill", SUFFIXES) as claim:
            descriptor = claim.take()
            os.write(descriptor, str(number).encode())
            assert not claim.path.exists()
            os.replace(claim.part, claim.path)
            os.close(descriptor)
        return str(claim.path)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(60)))
    assert len(set(found)) == len(names(tmp_path)) == 60
    assert all((tmp_path / path).read_text() == str(number) for number, path in enumerate(found))


def test_a_name_too_long_for_a_checkpoint_is_refused_at_once(tmp_path):
    with pytest.raises(RunFileError, match=r"too long, for gpudem adds \.checkpoint-0\.part"):
        Claim(tmp_path / f"{'x' * 235}.vtkhdf")
    assert names(tmp_path) == []
    with pytest.raises(RunFileError, match=r"No such file or directory \(no folder"):
        Claim(tmp_path / "none" / "mill.vtkhdf")


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (
            [],
            "pulverisette7.vtkhdf: cannot be written: ",
        ),
        (
            ["-o", "own.vtkhdf"],
            "own.vtkhdf: cannot be written: ",
        ),
        (["-o", "../" + "x" * 240], "its name is too long"),
    ],
)
def test_run_says_that_it_cannot_write_before_anything_is_compiled(tmp_path, words, fragment):
    done = subprocess.run(
        [sys.executable, "-c", IN_A_REMOVED_FOLDER, *words],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (2, "False\n"), done.stderr
    assert done.stderr.count("\n") == 1
    assert fragment in done.stderr
    assert ("this folder has been removed" in done.stderr) == ("too long" not in fragment)
    assert names(tmp_path) == []


@pytest.mark.slow
def test_two_runs_at_once_have_a_file_each(tmp_path):
    words = ["run", "pulverisette7", "--quiet", "--no-figure", "--threads", "1"]
    for pair in ("beads.count=10", "run.duration=2 ms", "run.log_from=1 ms"):
        words += ["--set", pair]
    command = [sys.executable, "-m", "gpudem", *words]
    both = [subprocess.Popen(command, cwd=tmp_path, env=environment()) for _ in range(2)]
    assert [one.wait(timeout=300) for one in both] == [0, 0]
    assert names(tmp_path) == ["pulverisette7-2.vtkhdf", "pulverisette7.vtkhdf"]


def test_a_run_that_cannot_begin_leaves_nothing(tmp_path):
    command = [sys.executable, "-m", "gpudem", "run", "pulverisette7", "--device", "abacus"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2 and "--device abacus" in done.stderr
    assert names(tmp_path) == []
