"""The self-test on each device that is here, as a user runs it."""

import json
import subprocess
import sys

import pytest

from gpudem.device import start as device


@pytest.mark.parametrize("kind", ["cpu", "cuda", pytest.param("vulkan", marks=pytest.mark.slow)])
def test_the_self_test_passes_and_writes_what_to_attach(kind, tmp_path):
    if device.why_missing(kind) is not None:
        pytest.skip(f"{kind}: {device.why_missing(kind)}")
    done = subprocess.run(
        [sys.executable, "-m", "gpudem", "doctor", "--self-test", "--device", kind],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("  ok ") >= 6
    found = json.loads((tmp_path / "gpudem-doctor.json").read_text())
    assert found["self_test"]["device"].startswith(kind)
    assert all(check["passed"] for check in found["self_test"]["checks"])
