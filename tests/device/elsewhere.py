"""The work of tests.device.work on another device, and how far its results agree."""

import subprocess
import sys

import numpy as np
import pytest

from gpudem.device import start as device

needs_vulkan = pytest.mark.skipif(
    device.why_missing("vulkan") is not None, reason="no Vulkan device with 64-bit floats here"
)
needs_cuda = pytest.mark.skipif(
    device.why_missing("cuda") is not None, reason="no CUDA device here"
)


def rounding():
    """A small multiple of the rounding of one number."""
    return 1e-13 if device.current().precision == "double" else 1e-6


def differences(a, b):
    """Names of what differs: the state by a bit, energy sums by more than rounding.

    A compiler may fuse a product with a sum; on Mesa's Vulkan this shows in the last digit of
    some energies and never reaches the state.
    """
    state = ("position", "velocity", "spin", "sample", "histograms")
    out = [name for name in state if not np.array_equal(a[name], b[name])]
    for name in ("log", "events", "work"):
        size = np.abs(a[name]).max(axis=0)
        if (np.abs(a[name] - b[name]) > rounding() * size).any():
            out.append(name)
    return out


def on_device(kind, beads, steps, block, folder, *how):
    """The same work in a process of its own on another device; ``how``: schedule, lanes."""
    beads = ",".join(map(str, np.atleast_1d(beads)))
    output = folder / f"{kind}-{beads}-{block}.npz"
    arguments = device.current().precision, beads, steps, block, output, *how
    done = subprocess.run(
        [sys.executable, "-m", "tests.device.work", kind, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(output))
