"""What all tests share: the device, and tiny cases of two beads or a bead and a wall."""

import pytest

from gpudem import device


@pytest.fixture(scope="session", autouse=True)
def _one_device():
    device.start("cpu")
