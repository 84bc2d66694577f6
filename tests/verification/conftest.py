"""Every check runs with each schedule that the device has, and in each precision.

The parallel schedule's part is slow; tests/device compares the bits of all schedules.
"""

import pytest

from gpudem.engine import engine


def pytest_generate_tests(metafunc):
    slow_one = pytest.param("parallel", marks=pytest.mark.slow)
    on_cpu = metafunc.config.getoption("--device") == "cpu"
    schedules = ["serial", slow_one] if on_cpu else ["block", slow_one]
    metafunc.parametrize("_schedule", schedules, indirect=True)


@pytest.fixture(autouse=True)
def _schedule(request, monkeypatch):
    monkeypatch.setattr(engine, "default_schedule", lambda device, cases: request.param)
