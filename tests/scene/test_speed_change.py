"""Speeds that change: profiles in scenes, and changes while a run goes on."""

import math

import numpy as np
import pytest

from gpudem import Simulation, load_scene
from gpudem.errors import SceneError
from gpudem.mills.profile import Profile
from gpudem.pictures.source import facts_of
from gpudem.report.report import analyse
from gpudem.report.text import sentences
from gpudem.runfile.compare import compare_runs
from gpudem.runfile.metadata import speed_of
from gpudem.runfile.reader import open_run
from gpudem.running.interruption import interrupted_run
from gpudem.running.simulation import resume_run, run_simulation
from gpudem.scene.build import speed_profile
from gpudem.scene.file import scene_from_text
from gpudem.scene.speed_change import RAMP, change_speed
from gpudem.units import RPM

SHORT = (
    "beads.count=40",
    "run.duration=6 ms",
    "run.log_from=2 ms",
    "run.snapshot_interval=1 ms",
)


def small(*sets):
    return load_scene("pulverisette7-20ml", (*SHORT, *sets))


class Player:
    """Changes the speed after some intervals, as somebody would who plays with it.

    Args:
        changes: new speed [rpm] by the number of the interval after which it is wished.
    """

    def __init__(self, changes, ramp):
        self.changes, self.ramp, self.done, self.counted = changes, ramp, 0, 0

    def begin(self, engine, scene, first):
        self.started = engine.time

    def interval(self, engine, scene, collected, summary):
        self.done += 1
        if self.done not in self.changes:
            return None
        speed = self.changes[self.done] * RPM
        return change_speed(scene, summary["time"], speed, self.ramp)

    def histograms(self, counts):
        self.counted += int(counts[:, 0].sum())


# --- profiles ----------------------------------------------------------------------------


def test_a_scene_names_the_speed_over_time():
    scene = small('mill.speed_profile=[["0 s", "600 rpm"], ["2 ms", 0], ["3 ms", "300 rpm"]]')
    profile = speed_profile(scene)
    times = np.array([0.0, 1e-3, 2e-3, 2.5e-3, 9.0])
    assert profile.rate(times) / RPM == pytest.approx([600, 300, 0, 150, 300])
    assert scene.mill.fastest == pytest.approx(600 * RPM)
    faster = small('mill.speed_profile=[["0 s", "900 rpm"]]')
    assert faster.impact_speed_bound == pytest.approx(1.5 * small().impact_speed_bound)


@pytest.mark.parametrize(
    ("end", "speed"), [("1 ms", 300.0), ("4 ms", None)], ids=["before the window", "inside"]
)
def test_a_changed_run_is_named_by_the_speed_of_its_window(tmp_path, end, speed):
    scene = small(f'mill.speed_profile=[["0 s", "600 rpm"], ["{end}", "300 rpm"]]')
    path = run_simulation(Simulation(scene), tmp_path / "run.vtkhdf")
    result, text = analyse(path), ("disc at 300 rpm" if speed else "a changing speed from 300 rpm")
    assert result["scene"]["speed"] == (pytest.approx(speed * RPM) if speed else None)
    assert text in " ".join(" ".join(sentences(result)).split())
    with open_run(path) as run:
        assert "speed" not in facts_of(run)
        assert speed_of(run, run.intervals - 1) == pytest.approx(300 * RPM)


@pytest.mark.parametrize(
    ("sets", "fragment"),
    [
        (['mill.speed_profile=[]'], "a list of times and values is needed, for example [["),
        (['mill.speed_profile=[["0 s", "9 rpm", 1]]'], "a list of times and values"),
        (["mill.speed_profile=400 rpm"], "a list of times and values"),
        (['mill.speed_profile=[["1 s", "9 rpm"], ["1 s", "8 rpm"]]'], "times must rise"),
        (['mill.speed_profile=[["-1 s", "9 rpm"]]'], "times must rise, from 0 s"),
        (['mill.speed_profile=[["1 s", "9 mm"]]'], "speed_profile"),
        (['mill.speed_profile=[["1 s", "9000 rpm"]]'], "from 0 rpm to 3000 rpm"),
        (['mill.speed_profile=[["1 s", "9 rpm"]]', "run.start=ramp"], "not with mill."),
    ],
)  # fmt: skip
def test_profiles_that_cannot_be_are_refused(sets, fragment):
    with pytest.raises(SceneError) as refused:
        small(*sets)
    assert fragment in str(refused.value)


def test_a_change_leaves_every_bit_before_it():
    start = Profile.ramp(70.0, 0.01)
    once = start.then(0.0123, 40.0, RAMP)
    twice = once.then(0.02, 90.0, RAMP)
    assert twice.times[:4] == once.times == (0.0, 0.01, 0.0123, 0.0123 + RAMP)
    # The second one waited for the end of the first.
    assert twice.times[4] == pytest.approx(0.0123 + 2 * RAMP)
    time = np.linspace(0.0, 0.0123, 1000)
    for name in ("rate", "travel"):
        assert np.array_equal(getattr(start, name)(time), getattr(twice, name)(time)), name
    time = np.linspace(0.0, 0.0123 + RAMP, 1000)
    for name in ("rate", "travel"):
        assert np.array_equal(getattr(once, name)(time), getattr(twice, name)(time)), name


@pytest.mark.parametrize("start", ["rest", "ramp"])
def test_changes_are_settings_that_read_back_exactly(start):
    scene = small(f"run.start={start}", "run.ramp=1 ms")
    changed = change_speed(change_speed(scene, 0.0015, 41.7 / 3.0), 0.004, math.pi)
    again = scene_from_text(changed.source_text, changed.overrides)
    assert again == changed and len(changed.overrides) <= len(scene.overrides) + 2
    first = speed_profile(scene).then(0.0015 + 5e-4, 41.7 / 3.0, RAMP)
    expected = first.then(0.0045, math.pi, RAMP)
    assert speed_profile(again) == expected
    with pytest.raises(SceneError, match="3000 rpm"):
        change_speed(scene, 0.0, 4000 * RPM)


# --- runs --------------------------------------------------------------------------------


def test_a_run_played_with_is_repeated_to_the_same_bits(tmp_path):
    scene = small()
    played, repeated = tmp_path / "played.vtkhdf", tmp_path / "repeated.vtkhdf"
    player = Player({3: 300.0, 6: 900.0}, ramp=1.2e-3)
    run_simulation(Simulation(scene), played, observer=player)
    assert player.done == scene.intervals and player.counted > 0
    with open_run(played) as run:
        speeds = run.summary["disc_speed"].values / RPM
        assert speeds[2] == pytest.approx(600) and speeds[-1] == pytest.approx(900)
        assert min(speeds) < 400
        again = scene_from_text(run.scene_text, run.overrides, str(run.parameters["scene"]))
    run_simulation(Simulation(again), repeated)
    assert compare_runs(played, repeated) == []
    run_simulation(Simulation(scene), repeated, overwrite=True)
    assert compare_runs(played, repeated) != []


class Leaver(Player):
    """Also ends the run, as a full disk would."""

    def interval(self, engine, scene, collected, summary):
        scene = super().interval(engine, scene, collected, summary)
        if self.done == 8:
            raise KeyboardInterrupt
        return scene


def test_a_run_played_with_and_left_is_resumed_to_the_same_bits(tmp_path):
    whole, left = tmp_path / "whole.vtkhdf", tmp_path / "left.vtkhdf"
    changes = {3: 300.0, 6: 900.0}
    run_simulation(Simulation(small()), whole, observer=Player(changes, ramp=1.2e-3))
    with pytest.raises(KeyboardInterrupt):
        run_simulation(Simulation(small()), left, observer=Leaver(changes, ramp=1.2e-3))
    found = interrupted_run(left)
    with open_run(left) as run:
        scene = scene_from_text(run.scene_text, run.overrides, str(run.parameters["scene"]))
    resume_run(Simulation(scene, settle=False), found)
    assert compare_runs(whole, left) == []
