"""The folder of compiled kernels: where it lies, and what happens where it cannot be written."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gpudem.device import kernel_cache
from gpudem.errors import DeviceError
from tests.runs import environment, gpudem, run_words

#: Starts a device, compiles a kernel and ends as programs do.
PROGRAM = (
    "import numpy\n"
    "from gpudem.device import start as device\n"
    "device.start('cpu', threads=1)\n"
    "import taichi\n"
    "taichi.ndarray(taichi.f64, 8).from_numpy(numpy.zeros(8))\n"
    "print('done', flush=True)\n"
)
MESSAGE = "cannot be written"


def ran(folder, **variables):
    """A program that ran with these variables; None stands for none."""
    wanted = environment(TMPDIR=str(folder), **variables)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def blocked(tmp_path):
    """A path of which not even root can make a folder, and a folder for what is temporary."""
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    return tmp_path / "file" / "below", tmp_path / "temporary"


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME", "TI_OFFLINE_CACHE_FILE_PATH"])
def test_a_cache_that_cannot_be_written_is_replaced_with_one_line(blocked, variable):
    path, temporary = blocked
    variables = {"XDG_CACHE_HOME": None, "TI_OFFLINE_CACHE_FILE_PATH": None, variable: str(path)}
    done = ran(temporary, **variables)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert done.stderr.count("\n") == 1 and MESSAGE in done.stderr, done.stderr
    assert str(path) in done.stderr and "TI_OFFLINE_CACHE_FILE_PATH names another" in done.stderr
    assert list(temporary.iterdir()) == [], "what was temporary is gone"


def test_a_file_in_the_cache_that_cannot_be_written_is_found_before_the_end(tmp_path):
    folder = tmp_path / "cache"
    variables = {"TI_OFFLINE_CACHE_FILE_PATH": str(folder)}
    assert ran(tmp_path, **variables).stderr == ""
    listed = folder / "ticache.tcb"
    listed.unlink()
    # Not even root can write to it; to others that is what another user's file is.
    listed.mkdir()
    done = ran(tmp_path, **variables)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert f"{folder} cannot be written (ticache.tcb in it is not for writing)" in done.stderr


def test_what_a_cache_holds_is_used_where_it_can_only_be_read(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    folder.mkdir()
    for name in ("ticache.tcb", "T1.tic"):
        (folder / name).write_text(name)
        (folder / name).chmod(0o400)
    (folder / "anything.else").touch()
    monkeypatch.setattr(kernel_cache, "_why_unwritable", lambda folder: "Read-only file system")
    monkeypatch.setattr(kernel_cache.atexit, "register", lambda *_: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    used = kernel_cache.find_cache(str(folder))
    assert used.parent == tmp_path and used != folder
    assert {file.name: file.read_text() for file in used.iterdir()} == {
        "ticache.tcb": "ticache.tcb",
        "T1.tic": "T1.tic",
    }
    assert all(file.stat().st_mode & 0o200 for file in used.iterdir())


def test_a_process_without_a_home_runs(tmp_path):
    done = ran(tmp_path, HOME=None, TI_OFFLINE_CACHE_FILE_PATH=str(tmp_path / "own"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    assert any((tmp_path / "own").iterdir())


def test_the_folder_that_is_named_is_used_wherever_the_program_goes(tmp_path):
    program = "import os\n" + PROGRAM + "os.chdir('/')\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(TI_OFFLINE_CACHE_FILE_PATH="own/kernels"),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert any((tmp_path / "own" / "kernels").iterdir())


def test_where_nothing_can_be_written_the_device_is_refused(blocked, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(blocked[0]))
    with pytest.raises(DeviceError, match=r"cannot be written .*, nor can a temporary one"):
        kernel_cache.find_cache(str(blocked[0]))


def test_a_run_without_a_cache_ends_as_any_other(blocked, tmp_path):
    path, temporary = blocked
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TI_OFFLINE_CACHE_FILE_PATH", str(path))
        patch.setenv("TMPDIR", str(temporary))
        done = gpudem(*run_words(tmp_path / "run.vtkhdf"), check=False)
    assert done.returncode == 0 and MESSAGE in done.stderr
    assert list(temporary.iterdir()) == []


def test_a_lock_that_a_killed_process_left_does_not_disable_the_cache(tmp_path):
    for variables, folder in (
        ({"HOME": str(tmp_path), "XDG_CACHE_HOME": None}, Path(".cache/taichi/ticache")),
        ({"TI_OFFLINE_CACHE_FILE_PATH": str(tmp_path / "own")}, Path("own")),
    ):
        stale = tmp_path / folder / "ticache.lock"
        stale.parent.mkdir(parents=True)
        stale.touch()
        ran(tmp_path, **variables)
        assert stale.exists(), "a fresh lock may be another process's"
        os.utime(stale, (1.0, 1.0))
        ran(tmp_path, **variables)
        assert not stale.exists()
