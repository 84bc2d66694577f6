"""`gpudem view SCENE`: a simulation in a process of its own, looked at while it goes on."""

import subprocess
import sys
import time

import numpy as np
import pytest

from gpudem.errors import GpudemError
from gpudem.pictures import rendering
from gpudem.pictures.colouring import COLOURINGS
from gpudem.runfile.compare import compare_runs
from gpudem.runfile.reader import open_run
from gpudem.running.simulation import Simulation, run_simulation
from gpudem.scene.file import load_scene, scene_from_text
from gpudem.units import RPM
from gpudem.view.live import LiveRun
from gpudem.view.replay import Replay
from gpudem.view.viewer import Viewer
from gpudem.view.worker import Task
from tests.runs import environment
from tests.screens import virtual_screen

#: 0.5 s of 40 beads in log intervals of 0.5 ms: longer than any test looks at it.
SETS = ("beads.count=40", "run.duration=0.5 s", "run.log_from=1 ms", "run.snapshot_interval=1 ms")
PATIENCE = 60.0


def task_of(path, *sets, halted=False):
    scene = load_scene("pulverisette7-20ml", (*SETS, *sets))
    device = {"device": "cpu", "threads": 1, "precision": "double"}
    return Task(scene.source_text, scene.overrides, scene.source_name, path, False, device, halted)


def until(question, tick):
    ends = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < ends
        tick()
        time.sleep(0.005)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A viewer on a simulation that has not begun, whose steps the tests take."""
    if not rendering.can_render():
        pytest.skip("nothing can be drawn on this machine")
    rendering.prepare_rendering()
    path = tmp_path_factory.mktemp("live") / "played.vtkhdf"
    with LiveRun(task_of(path, "run.duration=0.11 s", "contact.softening=10", halted=True)) as run:
        viewer = Viewer(run, size=(300, 240), frame_rate=50.0)
        yield viewer
        viewer.close()


def test_a_run_is_played_with_and_repeated_to_the_same_bits(played, tmp_path):
    viewer, run = played, played.live

    def tick():
        viewer.tick(time.monotonic())

    first, panel = viewer.picture.image(), viewer.panel_image()
    assert not viewer.playing and viewer.time == 0.0 and viewer.speed == pytest.approx(600)
    # Wishes are looked at when the run goes on: here at the second and at the last step. The
    # second change waits for the end of the first, 50 ms later.
    for speed in (300.0, 300.0, 900.0):
        before, viewer.speed = viewer.time, speed
        viewer.step()
        until(lambda before=before: viewer.time > before, tick)
        assert viewer.time - before == pytest.approx(0.5e-3)
    assert not viewer.playing
    viewer.play()
    until(lambda: viewer.time > 2e-3, tick)
    viewer.play(False)
    for _ in range(2):
        halted, ends = run.times[-1], time.monotonic() + 0.5
        until(lambda ends=ends: time.monotonic() > ends, tick)
    assert run.times[-1] == halted
    assert np.abs(viewer.picture.image().astype(int) - first).max() > 50
    assert np.abs(viewer.panel_image().astype(int) - panel).max() > 50
    # Looking back changes nothing.
    viewer.follow(3)
    viewer.go(0)
    assert viewer.time == 0.0 and viewer.note.startswith("bead 3: speed ")
    course = run.course
    assert len(course.time) == round(halted / 0.5e-3) and course.window == pytest.approx(1e-3)
    assert course.power.min() >= 0.0 and course.stresses.frequency.sum() > 0.0
    viewer.go(viewer.last)
    # While it runs, every wish is answered at once: the simulation has its own process.
    viewer.play()
    slowest = 0.0
    for number, colour in enumerate([*COLOURINGS, *COLOURINGS]):
        began = time.process_time()
        viewer.colour = colour
        tick()
        # The first time may have to import something.
        if number >= len(COLOURINGS):
            slowest = max(slowest, time.process_time() - began)
    print(f"slowest answer {slowest:.3f} s")
    assert slowest < 0.2
    until(lambda: not run.growing, tick)
    assert run.told == "" and run.exit_code == 0 and not viewer.playing
    with open_run(run.path) as file:
        assert file.complete
        power = file.summary
        lost = sum(power[name].values for name in power if name.endswith(("damping", "relaxation")))
        assert len(lost) == len(run.course.time)
        speeds = file.summary["disc_speed"].values
        assert np.array_equal(speeds, run.course.disc_speed)
        assert speeds.min() == pytest.approx(300 * RPM, rel=0.02)
        assert speeds[-1] == pytest.approx(900 * RPM)
        again = scene_from_text(file.scene_text, file.overrides, str(file.parameters["scene"]))
    with Replay(run.path) as source:
        # Beads that rest where they were packed are not what one wants to see first.
        replayed = Viewer(source, size=(300, 240))
        assert replayed.moment and replayed.time > course.window
        replayed.go(0)
        assert replayed.time == 0.0 and replayed.moment == ""
        replayed.close()
    repeated = run_simulation(Simulation(again), tmp_path / "repeated.vtkhdf")
    assert compare_runs(run.path, repeated) == []


def test_the_speed_that_is_shown_is_no_wish(played, monkeypatch):
    wished = []
    monkeypatch.setattr(played.live, "set_speed", wished.append)
    shown = played.speed
    for near in (shown, round(shown, 1), shown + 0.04, shown - 0.04):
        played.speed = near
    assert wished == [] and played.speed == shown
    played.speed = shown + 10.0
    assert wished == [pytest.approx((shown + 10.0) * RPM)]
    played.speed = shown


def test_a_wish_that_comes_too_late_hides_no_moment(tmp_path):
    short = ("run.duration=2 ms", "contact.softening=100")
    with LiveRun(task_of(tmp_path / "short.vtkhdf", *short)) as run:
        run._process.join(PATIENCE)
        run.set_speed(30.0)
        until(lambda: not run.growing, run.refresh)
        assert run.times[-1] == pytest.approx(2e-3) and run.told == "" and run.exit_code == 0


def test_what_cannot_be_is_refused(played):
    with pytest.raises(GpudemError, match="4000 rpm: from 0 to 3000 rpm are accepted"):
        played.speed = 4000.0


WINDOW = """
import os, signal, sys, time
import numpy as np
from gpudem.pictures.rendering import prepare_screen
prepare_screen()
from pathlib import Path
from gpudem.view.live import LiveRun
from gpudem.view.viewer import Viewer
from gpudem.view.window import ViewWindow
from tests.view.test_live import task_of

if __name__ == "__main__":
    with LiveRun(task_of(Path(sys.argv[1]))) as run:
        viewer = Viewer(run)
        window = ViewWindow(viewer)
        events = window.interactor
        events.Initialize()

        def key(name):
            events.SetKeySym(name)
            events.InvokeEvent("KeyPressEvent")

        first = viewer.picture.image()
        begun = []

        def tick(*_):
            if not begun and viewer.time > 1e-3:
                # The slider of the speed, at half of its range.
                x = int(1320 * (0.76 + 0.985) / 2)
                y = 81
                events.SetEventInformation(x, y, 0, 0)
                events.InvokeEvent("LeftButtonPressEvent")
                events.InvokeEvent("LeftButtonReleaseEvent")
                key("Down")
                begun.append(viewer.speed)
            if begun and viewer.time > 4e-3:
                # As Ctrl-C does; the simulation saves itself then too.
                os.kill(os.getpid(), signal.SIGINT)

        events.AddObserver("TimerEvent", tick)
        image = []
        closing = viewer.close
        viewer.close = lambda: (image.append(viewer.picture.image()), closing())
        window.run()
        assert np.abs(image[0].astype(int) - first).max() > 50
    assert "all is saved" in run.told and run.exit_code == 143
    print(begun)
"""


def test_the_window_shows_a_simulation_and_changes_its_speed(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(WINDOW)
    with virtual_screen() as display:
        done = subprocess.run(
            [sys.executable, str(script), str(tmp_path / "run.vtkhdf")],
            env=environment(DISPLAY=display),
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.stdout.splitlines()[-1:] == ["[550.0]"], done.stderr
    assert "Traceback" not in done.stderr
    with open_run(tmp_path / "run.vtkhdf") as file:
        assert not file.complete and file.snapshots > 2


def test_a_shaken_jar_is_shown_from_inside_and_its_frequency_changed(tmp_path):
    sets = ("run.duration=120 ms", "run.log_from=40 ms", "beads.count=20", "contact.softening=100")
    scene = load_scene("retsch-mm400", sets)
    device = {"device": "cpu", "threads": 1, "precision": "double"}
    path = tmp_path / "mill.vtkhdf"
    task = Task(scene.source_text, scene.overrides, scene.source_name, path, False, device)
    with LiveRun(task) as live:
        assert (live.control.driven, live.control.unit) == ("vessel", "Hz")
        assert live.speed == pytest.approx(2.0 * np.pi * 25.0)
        live.set_speed(2.0 * np.pi * 20.0)
        until(lambda: not live.growing, live.refresh)
        assert live.speed == pytest.approx(2.0 * np.pi * 20.0)
        for number in range(len(live.times)):
            place = live.shot(number, COLOURINGS["speed"]).position
            assert np.hypot(place[:, 0], place[:, 1]).max() < 0.012 - 0.95 * 0.0025
            assert 0.0 < place[:, 2].min() and place[:, 2].max() < live.bowl.height
