"""What all tests share: the device they run on, and the precisions that some of them try."""

import signal
from pathlib import Path

import pytest

from gpudem.device import start as device
from gpudem.pictures import rendering

_VERIFICATION = Path(__file__).parent / "verification"


def pytest_addoption(parser):
    parser.addoption("--device", default="cpu", help="device to test on: cpu, cuda, vulkan, metal")


def pytest_configure():
    # A shell's background jobs ignore it, and so would the runs that tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc):
    """What is marked so runs in both precisions; other verification in mixed only when slow."""
    chosen = metafunc.definition.get_closest_marker("both_precisions")
    if chosen or _VERIFICATION in metafunc.definition.path.parents:
        kind = metafunc.config.getoption("--device")
        precisions = ["double", "mixed"] if device.has_doubles(kind) else ["mixed"]
        slow = chosen.kwargs.get("slow") if chosen else "mixed"
        precisions = [
            pytest.param(one, marks=pytest.mark.slow)
            if one == slow and len(precisions) > 1
            else one
            for one in precisions
        ]
        metafunc.parametrize("_one_device", precisions, indirect=True, scope="session")


@pytest.fixture(scope="session", autouse=True)
def _one_device(request):
    kind = request.config.getoption("--device")
    device.start(kind, precision=getattr(request, "param", "auto"))


@pytest.fixture
def drawing():
    """Pictures can be drawn, or the test is skipped."""
    if not rendering.can_render():
        pytest.skip("nothing can be drawn on this machine")
    rendering.prepare_rendering()
