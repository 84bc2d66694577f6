"""The command as users start it: in a process of its own, or without one where none is needed."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpudem.cli.app import main

ROOT = Path(__file__).parents[1]
#: 12 ms of 40 beads, of which the last 6 are evaluated; a checkpoint every 1 ms.
SHORT = (
    "beads.count=40",
    "run.duration=12 ms",
    "run.log_from=6 ms",
    "run.snapshot_interval=2 ms",
    "run.checkpoint=1 ms",
)


def words(*arguments, program=("-m", "gpudem")):
    """The words of a command that runs gpudem."""
    return [sys.executable, *program, *map(str, arguments)]


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1", **more}


def gpudem(*arguments, check=True, **more):
    """Runs the command to its end."""
    done = subprocess.run(
        words(*arguments), capture_output=True, text=True, env=environment(), timeout=600, **more
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def gpudem_here(*arguments, check=True, cwd=None):
    """Runs the command in this process, on the device in use; what it printed and ended with.

    A process of its own takes seconds to import and read all that this one has.
    """
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("COLUMNS", "80"), ("NO_COLOR", "1")):
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["gpudem", *map(str, arguments)])
        if cwd is not None:
            patch.chdir(cwd)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
    assert not check or code == 0, err.getvalue()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def run_words(path, *options, settings=()):
    """The words of a run of the small bowl."""
    sets = [word for pair in (*SHORT, *settings) for word in ("--set", pair)]
    return ["run", "pulverisette7-20ml", "-o", path, "--no-figure", "--quiet", *sets, *options]
