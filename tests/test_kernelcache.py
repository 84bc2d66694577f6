"""The folder of compiled kernels: where it lies, and what happens where it cannot be written."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gpudem import kernelcache
from gpudem.errors import DeviceError
from tests.runs import environment, gpudem, run_words

#: Starts a device, compiles and runs kernels, and ends as programs do.
PROGRAM = (
    "from gpudem import Simulation, device, load_scene\n"
    "device.start('cpu', threads=1)\n"
    "Simulation(load_scene('pulverisette7-20ml', ('beads.count=5',))).step(3)\n"
    "print('done', flush=True)\n"
)
TOLD = "cannot be written"


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
    assert done.stderr.count("\n") == 1 and TOLD in done.stderr, done.stderr
    assert str(path) in done.stderr and "TI_OFFLINE_CACHE_FILE_PATH names another" in done.stderr
    assert list(temporary.iterdir()) == [], "what was temporary is gone"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_cache_that_may_only_be_read_is_replaced(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o500)
    done = ran(tmp_path, TI_OFFLINE_CACHE_FILE_PATH=str(folder))
    assert done.returncode == 0 and TOLD in done.stderr


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
        kernelcache.find_cache(str(blocked[0]))


def test_a_run_without_a_cache_ends_as_any_other(blocked, tmp_path):
    path, temporary = blocked
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TI_OFFLINE_CACHE_FILE_PATH", str(path))
        patch.setenv("TMPDIR", str(temporary))
        done = gpudem(*run_words(tmp_path / "run.vtkhdf"), check=False)
    assert done.returncode == 0 and TOLD in done.stderr
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
