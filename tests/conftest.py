"""What all tests share: the device they run on."""

import pytest

from gpudem import device


def pytest_addoption(parser):
    parser.addoption("--device", default="cpu", help="device to test on: cpu, cuda, vulkan, metal")


@pytest.fixture(scope="session", autouse=True)
def _one_device(request):
    device.start(request.config.getoption("--device"))
