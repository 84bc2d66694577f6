"""Every check runs with each schedule that the device has."""

import pytest

from gpudem import simulation


def pytest_generate_tests(metafunc):
    on_cpu = metafunc.config.getoption("--device") == "cpu"
    schedules = ["serial", "parallel"] if on_cpu else ["parallel"]
    if on_cpu and metafunc.definition.get_closest_marker("many_steps"):
        schedules[1] = pytest.param("parallel", marks=pytest.mark.slow)
    metafunc.parametrize("_schedule", schedules, indirect=True)


@pytest.fixture(autouse=True)
def _schedule(request, monkeypatch):
    monkeypatch.setattr(simulation, "default_schedule", lambda device: request.param)
