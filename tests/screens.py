"""A screen without a monitor, for tests of windows."""

import contextlib
import shutil
import subprocess

import pytest


@contextlib.contextmanager
def virtual_screen():
    """Starts one and gives what DISPLAY must be; skips the test where there is none."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("no virtual display: Xvfb is not installed (Debian: xvfb)")
    command = [program, "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            number = server.stdout.readline().strip()
            if not number:
                pytest.skip("no virtual display: Xvfb does not start here")
            yield f":{number}"
        finally:
            server.terminate()
