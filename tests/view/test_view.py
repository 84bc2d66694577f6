"""`gpudem view`: the viewer without a screen, its window on a virtual one, the command."""

import re
import subprocess
import sys

import numpy as np
import pytest

from gpudem.errors import GpudemError
from gpudem.pictures.colouring import COLOURINGS
from gpudem.runfile.reader import open_run
from gpudem.units import parse_quantity
from gpudem.view.keys import listed, press
from gpudem.view.panel import averaged
from gpudem.view.replay import Replay, course_of
from gpudem.view.viewer import FRAME_RATES, Viewer
from tests.beadrun import PLACES, RADIUS, write_beads, writing_beads
from tests.runs import ROOT, environment, words
from tests.screens import virtual_screen
from tests.syntheticrun import DISSIPATION, EVENTS, FIRST, STEP, UNIT, write_mill

SIZE = (300, 240)


@pytest.fixture
def viewer(drawing, tmp_path):
    with Replay(write_beads(tmp_path / "beads.vtkhdf")) as source:
        viewer = Viewer(source, size=SIZE)
        yield viewer
        viewer.close()


def difference(first, second):
    return np.abs(first.astype(int) - second).max()


# --- what is read ------------------------------------------------------------------------


def test_the_course_of_a_run(tmp_path):
    with open_run(write_mill(tmp_path / "mill.vtkhdf")) as run:
        course = course_of(run)
    assert course.power == pytest.approx(np.full(24, sum(DISSIPATION.values()) * UNIT / STEP))
    assert course.window == pytest.approx(FIRST * STEP)
    assert course.stresses.frequency.sum() == pytest.approx(sum(map(len, EVENTS.values())) / STEP)
    with open_run(write_beads(tmp_path / "beads.vtkhdf")) as run:
        before = course_of(run)
    assert before.window is None and not len(before.stresses.frequency)


def test_a_file_still_written_grows(tmp_path):
    path = tmp_path / "beads.vtkhdf"
    writing = writing_beads(path)
    next(writing)
    with Replay(path) as source:
        assert source.growing and len(source.times) == 1
        assert not source.refresh()
        next(writing)
        next(writing)
        assert source.refresh() and len(source.times) == 3
        assert source.shot(2, COLOURINGS["speed"]).time == pytest.approx(0.02)
        assert len(source.course.time) == 30
        list(writing)
        assert source.refresh() and not source.growing and len(source.times) == 5
        assert not source.refresh()


# --- the viewer --------------------------------------------------------------------------


def test_the_moment_shown_changes_the_picture_and_the_plots(viewer):
    first, panel = viewer.picture.image(), viewer.panel_image()
    assert first.shape == (SIZE[1], SIZE[0], 3) and panel.shape[0] == SIZE[1]
    viewer.go(3)
    assert viewer.time == pytest.approx(0.03)
    assert difference(viewer.picture.image(), first) > 0
    assert difference(viewer.panel_image(), panel) > 50
    viewer.go(0)
    assert difference(viewer.picture.image(), first) == 0
    assert difference(viewer.panel_image(), panel) == 0
    viewer.go(99)
    assert viewer.number == viewer.last == 4
    viewer.go(-1)
    assert viewer.number == 0


@pytest.mark.parametrize("colour", [name for name in COLOURINGS if name != "speed"])
def test_every_colour_changes_beads_and_bar(viewer, colour):
    first, panel = viewer.picture.image(), viewer.panel_image()
    viewer.colour = colour
    assert difference(viewer.picture.image(), first) > 20
    assert difference(viewer.panel_image(), panel) > 50
    viewer.colour = "speed"
    assert difference(viewer.picture.image(), first) == 0


def test_view_and_theme(viewer):
    first = viewer.picture.image()
    viewer.next_of("view")
    assert viewer.view == "top" and difference(viewer.picture.image(), first) > 50
    viewer.next_of("view")
    assert difference(viewer.picture.image(), first) == 0
    viewer.next_of("theme")
    assert viewer.theme == "dark"
    assert viewer.picture.image()[0, 0].max() < 40 and viewer.panel_image()[0, 0].max() < 40
    viewer.colour = "touching"
    viewer.next_of("colour")
    assert viewer.colour == next(iter(COLOURINGS))


def test_time_goes_on_while_it_plays(viewer):
    viewer.frame_rate = 10.0
    assert not viewer.tick(0.0)
    viewer.play()
    assert not viewer.picture.smooth
    shown = []
    for k in range(80):
        viewer.tick(0.01 * k)
        shown.append(viewer.number)
    assert shown[0] == 1 and shown[25] == 3 and shown[-1] == 4
    assert not viewer.playing and viewer.picture.smooth
    viewer.play()
    assert viewer.playing and viewer.number == 0
    viewer.play(False)
    assert not viewer.tick(9.0)
    for steps, limit in ((-20, FRAME_RATES[0]), (20, FRAME_RATES[1])):
        viewer.faster(steps)
        assert viewer.frame_rate == limit


def test_playing_waits_at_the_end_of_a_file_still_written(drawing, tmp_path):
    path = tmp_path / "beads.vtkhdf"
    writing = writing_beads(path, speeds=(1.0, 3.0))
    next(writing)
    with Replay(path) as source:
        viewer = Viewer(source, size=SIZE)
        viewer.play()
        assert not viewer.tick(1.0) and viewer.playing
        list(writing)
        assert viewer.tick(2.0) and viewer.number == 1
        for second in range(3, 9):
            viewer.tick(second)
        assert viewer.number == 4 and not viewer.playing
        assert viewer.scale.limits == (0.0, 4.0)


def test_a_file_that_goes_away_leaves_the_last_picture(drawing, tmp_path):
    path = tmp_path / "beads.vtkhdf"
    writing = writing_beads(path)
    next(writing)
    with Replay(path) as source:
        viewer = Viewer(source, size=SIZE)
        path.unlink()
        assert viewer.tick(1.0)
        assert "no such file" in viewer.note and not source.growing
        viewer.colour = "spin"
    writing.close()


def test_a_bead_is_followed_by_number_and_by_click(viewer):
    plain = viewer.picture.image()
    viewer.view = "top"
    _, _, bottom, top = viewer.picture.extent
    scale = SIZE[1] / (top - bottom)
    for bead, (x, y, _) in enumerate(PLACES):
        # The picture's up is x, its right -y.
        column = 0.5 * SIZE[0] - y * scale
        viewer.follow_at(column, (x - bottom) * scale)
        assert viewer.bead == bead
        viewer.follow_at(column + 0.9 * RADIUS[bead] * scale, (x - bottom) * scale)
        assert viewer.bead == bead
    # A click beside all beads is no wish.
    viewer.follow_at(5, 5)
    assert viewer.bead == 1
    viewer.follow(None)
    assert viewer.note == ""
    viewer.view = "perspective"
    assert difference(viewer.picture.image(), plain) == 0
    viewer.follow(1)
    marked = viewer.picture.image()
    assert difference(marked, plain) > 50
    assert viewer.note == "bead 1: speed 3 m/s"
    viewer.colour = "regime"
    assert viewer.note == "bead 1: in the bulk"
    with pytest.raises(GpudemError, match="bead 2: there are beads 0 to 1"):
        viewer.follow(2)


def test_what_happens_at_a_moment_is_said(drawing, tmp_path):
    # Every interval dissipates the same.
    with Replay(write_mill(tmp_path / "mill.vtkhdf", product_mass=0.0175)) as source:
        viewer = Viewer(source, size=SIZE)
        power = sum(DISSIPATION.values()) * UNIT / STEP
        course = source.course
        assert course.power == pytest.approx(power)
        last, _, told = viewer.moment.partition(": ")
        assert last == "last 24 ms"
        watts, specific, energy, frequency = told.split(",  ")
        assert parse_quantity(watts, "power") == pytest.approx(power, rel=5e-3)
        number, unit = specific.split()
        assert unit == "mW/g" and float(number) == pytest.approx(power / 0.0175, rel=5e-3)
        energy = parse_quantity(energy.removeprefix("SE "), "energy")
        assert energy == pytest.approx(power / course.collisions[-1], rel=5e-3)
        assert frequency.startswith("SF ")
        viewer.close()


def test_keys_and_the_camera(viewer):
    assert all(press(viewer, name) for name in "1")
    assert viewer.note == "bead 1_" and viewer.bead is None
    assert press(viewer, "Enter") and viewer.bead == 1
    press(viewer, "9")
    with pytest.raises(GpudemError, match="bead 9: there are beads 0 to 1"):
        press(viewer, "Enter")
    assert press(viewer, "Escape") and viewer.bead is None and viewer.typed == ""
    assert not press(viewer, "y") and not press(viewer, "F5")
    press(viewer, "Right")
    assert viewer.number == 1
    press(viewer, "End")
    assert viewer.number == viewer.last
    press(viewer, "Home")
    press(viewer, "Left")
    assert viewer.number == 0
    press(viewer, "C")
    assert viewer.colour == "relative"
    viewer.colour = "speed"
    first = viewer.picture.image()
    viewer.picture.camera.Azimuth(40.0)
    assert difference(viewer.picture.image(), first) > 20
    press(viewer, "r")
    assert difference(viewer.picture.image(), first) == 0
    # Up and down are for simulations.
    assert "drive faster or slower" not in dict(listed(viewer)).values()
    press(viewer, "Up")


def test_a_tall_window_cuts_nothing_off(viewer):
    for view in ("top", "perspective"):
        viewer.view = view
        for size in ((300, 240), (150, 400), (400, 400), (120, 360)):
            viewer.picture.size = size
            image = viewer.picture.image()
            seen = np.abs(image.astype(int) - image[0, 0]).max(axis=2) > 8
            assert not seen[:, [0, -1]].any() and not seen[[0, -1]].any(), (view, size)


def test_long_curves_are_averaged():
    time = np.arange(1, 2001) * 1e-3
    shorter, power = averaged(time, np.tile([1.0, 3.0], 1000))
    assert len(shorter) == len(power) <= 300
    assert power.mean() == pytest.approx(2.0, rel=0.01)
    assert all(len(part) == 0 for part in averaged(np.zeros(0), np.zeros(0)))


# --- the window --------------------------------------------------------------------------

WINDOW = """
import sys, time
import numpy as np
from gpudem.pictures.rendering import prepare_screen
prepare_screen()
from gpudem.view.replay import Replay
from gpudem.view.viewer import Viewer
from gpudem.view.window import ViewWindow

source = Replay(sys.argv[1])
viewer = Viewer(source)
window = ViewWindow(viewer)
events = window.interactor
events.Initialize()

def changed(what, before):
    now = viewer.picture.image()
    moved = np.abs(now.astype(int) - before).max(axis=2) > 20
    assert moved.sum() > 30, what
    return now

def click(x, y, to=None):
    events.SetEventInformation(int(x), int(y), 0, 0)
    events.InvokeEvent("LeftButtonPressEvent")
    if to:
        events.SetEventInformation(*map(int, to), 0, 0)
        events.InvokeEvent("MouseMoveEvent")
    events.InvokeEvent("LeftButtonReleaseEvent")

def key(*names):
    for name in names:
        events.SetKeySym(name)
        events.InvokeEvent("KeyPressEvent")

image = viewer.picture.image()
assert image.shape == (820, 1320, 3)
click(660, 81)
assert viewer.number == 2
image = changed("slider clicked", image)
click(660, 81, (1300, 81))
assert viewer.number == 4 and viewer.picture.smooth
image = changed("slider drawn", image)
buttons = {button.text(): button for button in window._buttons}
for name in ("spin", "top", "dark"):
    left, bottom, right, top = buttons[name].box
    click(0.5 * (left + right), 0.5 * (bottom + top))
    image = changed(name, image)
assert (viewer.colour, viewer.view, viewer.theme) == ("spin", "top", "dark")
click(500, 300, (540, 330))
image = changed("camera turned", image)
assert viewer.bead is None
key("1", "Return")
assert viewer.bead == 1
image = changed("bead followed", image)
click(60, 700)
assert viewer.bead == 1
key("7", "Return")
assert viewer.bead == 1 and "there are beads 0 to 1" in viewer.note
key("Escape", "Home", "c", "v", "t")
assert (viewer.bead, viewer.number, viewer.colour) == (None, 0, "regime")
assert (viewer.view, viewer.theme, viewer.note) == ("perspective", "light", "")
left, bottom, right, top = buttons["force"].box
events.SetEventInformation(int(left) + 5, int(bottom) + 5, 0, 0)
events.InvokeEvent("MouseMoveEvent")
assert window._hint.GetInput().startswith("contact forces of each bead")
image = viewer.picture.image()
key("h")
image = changed("keys listed", image)
key("h")
image = changed("keys hidden", image)
window.window.SetSize(700, 600)
events.InvokeEvent("ConfigureEvent")
assert all(button.box[2] < 700 for button in window._buttons)
key("space", "plus")
assert viewer.playing and viewer.frame_rate == 20.0
ends = time.monotonic() + 10.0
events.AddObserver(
    "TimerEvent", lambda *_: key("q") if not viewer.playing or time.monotonic() > ends else None
)
window.run()
assert viewer.number == 4 and not viewer.playing
print("fine")
"""


def test_the_window_answers_slider_buttons_mouse_and_keys(tmp_path):
    path = write_beads(tmp_path / "beads.vtkhdf")
    with virtual_screen() as display:
        done = subprocess.run(
            [sys.executable, "-c", WINDOW, str(path)],
            env=environment(DISPLAY=display),
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.stdout == "fine\n" and done.stderr == "", done.stderr


def test_without_a_screen_the_command_says_what_to_do(tmp_path):
    write_beads(tmp_path / "beads.vtkhdf")
    for display, told in (("", "there is no screen"), (":987", "the screen cannot be reached")):
        done = subprocess.run(
            words("view", "beads.vtkhdf"),
            cwd=tmp_path,
            env=environment(DISPLAY=display),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("gpudem: no window can be opened here: ")
        assert told in done.stderr and "gpudem view --web" in done.stderr


# --- the command -------------------------------------------------------------------------


def test_help_and_documentation_name_every_colour():
    from gpudem.cli.view import view

    listed = re.search(r"    colour\n +(.*);\n", view.__doc__)[1]
    assert re.split(", | or ", listed) == list(COLOURINGS)
    assert (ROOT / "docs" / "reference" / "view.md").is_file()


#: (arguments, fragments of the one line on stderr)
WRONG = [
    (["missing.vtkhdf"], ["missing.vtkhdf: no such file"]),
    (
        ["beads.vtkhdf", "--colour", "heat"],
        ["--colour heat", "accepted: speed, relative, power"],
    ),
    (["beads.vtkhdf", "--view", "side"], ["--view side", "top, perspective"]),
    (["beads.vtkhdf", "--theme", "grey"], ["--theme grey", "light, dark"]),
    (["beads.vtkhdf", "--frame-rate", "0"], ["--frame-rate 0", "from 0.5 to 50"]),
    (["beads.vtkhdf", "--bead", "2"], ["--bead 2", "beads 0 to 1"]),
    (["empty.vtkhdf"], ["empty.vtkhdf", "no snapshot", "run.snapshot_interval"]),
    (["bowlless.vtkhdf"], ["bowlless.vtkhdf", "names no bowl"]),
    (["text.vtkhdf"], ["text.vtkhdf"]),
    (["beads.vtkhdf", "-o", "a.vtkhdf"], ["-o: is for scenes; beads.vtkhdf is a run file"]),
    (["beads.vtkhdf", "--set", "beads.count=3"], ["--set: is for scenes"]),
    (["nothing"], ["nothing: no such file, nor a scene of this name"]),
    (["pulverisette7", "--bead", "400"], ["--bead 400: there are beads 0 to 366"]),
    (["pulverisette7", "-o", "beads.vtkhdf"], ["beads.vtkhdf: exists already"]),
    (["pulverisette7", "--set", "mill.sped=3"], ["mill.sped", "did you mean"]),
]


@pytest.mark.parametrize(("arguments", "fragments"), WRONG)
def test_wrong_commands_end_with_one_line(tmp_path, capsys, monkeypatch, arguments, fragments):
    from gpudem.cli.app import main

    write_beads(tmp_path / "beads.vtkhdf")
    write_beads(tmp_path / "empty.vtkhdf", snapshots=0)
    write_beads(tmp_path / "bowlless.vtkhdf", bowl_diameter="missing")
    (tmp_path / "text.vtkhdf").write_text("no run file")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gpudem", "view", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    told = capsys.readouterr()
    assert stop.value.code == 2 and told.out == ""
    assert told.err.startswith("gpudem: ") and told.err.count("\n") == 1, told.err
    for fragment in fragments:
        assert fragment in told.err, told.err
