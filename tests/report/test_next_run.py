"""The command that a doubtful run is followed by: what it changes, and when there is none."""

import shlex

import pytest

from gpudem.report.next_run import longer, next_command
from gpudem.units import format_quantity
from tests.report.results import changed, sound_result


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A run about which nothing is doubtful."""
    found = sound_result(tmp_path_factory.mktemp("run") / "mill.vtkhdf")
    found["scene"] |= {"name": "pulverisette7", "overrides": ["mill.speed=400 rpm"]}
    return found


def settings(command):
    """The words of a command without its settings, and these."""
    words = shlex.split(command)
    sets = [words[k + 1] for k, word in enumerate(words) if word == "--set"]
    return [w for w in words if w != "--set" and w not in sets], sets


def test_a_sound_run_needs_none(sound):
    assert next_command(sound) == ""


def test_a_run_that_was_stopped_goes_on(sound):
    stopped = changed(sound, complete=False, steady=False)
    assert next_command(stopped) == shlex.join(["gpudem", "resume", sound["file"]])


def test_what_is_not_steady_runs_longer_with_all_else_as_it_was(sound):
    words, sets = settings(next_command(changed(sound, steady=False)))
    file = sound["file"].replace(".vtkhdf", "-next.vtkhdf")
    assert words == ["gpudem", "run", "pulverisette7", "-o", file]
    # Four times the 50 ms of the run.
    assert sets == ["mill.speed=400 rpm", f"run.duration={longer([sound])}"]
    again = changed(sound, steady=False, scene__overrides=["run.duration=1 s"])
    assert settings(next_command(again))[1] == sets[1:]


def test_the_duration_follows_from_the_scatter(sound):
    end = sound["window"]["end"]

    def drift(error):
        return [{"name": "the power", "first": 1.0, "second": 1.0, "standard_error": error}]

    for error, times in ((0.0, 4.0), (0.25 / 3.0, 4.0), (0.5 / 3.0, 8.0), (5.0, 16.0)):
        found = changed(sound, steadiness__drifts=drift(error))
        assert longer([found]) == f'"{format_quantity(times * end, "time", 2)}"'


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"softening": 100.0}, "contact.softening=1"),
        ({"guards": False}, "run.guards=true"),
        ({"ledger__closes": False}, "run.rayleigh_fraction=0.1"),
    ],
)
def test_each_doubt_has_its_setting(sound, values, wanted):
    sound = changed(sound, timestep=0.2e-6, rayleigh_time=1e-6)
    assert settings(next_command(changed(sound, **values)))[1][1:] == [wanted]


def test_a_step_that_was_fine_already_is_halved(sound):
    coarse = changed(sound, ledger__closes=False, timestep=0.05e-6, rayleigh_time=1e-6)
    assert "run.rayleigh_fraction=0.025" in next_command(coarse)


def test_where_no_command_would_help_there_is_none(sound):
    # A speed that changes on purpose does not become steady by running longer.
    assert next_command(changed(sound, steady=False, scene__speed_range=[10.0, 20.0])) == ""
    assert next_command(changed(sound, steady=False, scene__name="gone.toml")) == ""
