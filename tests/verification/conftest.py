"""Every check runs with each schedule that the device has, and in each precision.

In mixed precision the parallel schedule's part is slow: tests/device compares the bits of both.
"""

import pytest

from gpudem import simulation


def pytest_generate_tests(metafunc):
    on_cpu = metafunc.config.getoption("--device") == "cpu"
    schedules = ["serial", "parallel"] if on_cpu else ["parallel"]
    if on_cpu and metafunc.definition.get_closest_marker("many_steps"):
        schedules[1] = pytest.param("parallel", marks=pytest.mark.slow)
    metafunc.parametrize("_schedule", schedules, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        chosen = getattr(item, "callspec", None) and item.callspec.params
        if (
            chosen
            and chosen.get("_one_device") == "mixed"
            and chosen.get("_schedule") == "parallel"
            and config.getoption("--device") == "cpu"
        ):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _schedule(request, monkeypatch):
    monkeypatch.setattr(simulation, "default_schedule", lambda device: request.param)
