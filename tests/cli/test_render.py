"""`gpudem render`: sheets of pictures, stills and movies, as users make them."""

import io
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import h5py
import numpy as np
import pytest
from PIL import Image

from gpudem.errors import GpudemError, RenderingError, RunFileError
from gpudem.pictures import rendering
from gpudem.pictures.colouring import COLOURINGS, WALL_COLOURINGS, Colouring, common_scale
from gpudem.pictures.movie import draw_movie, timeline, writer_of
from gpudem.pictures.sheet import Look, Sheet
from gpudem.pictures.source import Footage
from gpudem.pictures.still import draw_still
from gpudem.runfile.reader import open_run
from gpudem.running.progress import counted
from tests.beadrun import write_beads
from tests.runs import ROOT, environment, gpudem, gpudem_here, words

SPEED = COLOURINGS["speed"]


@pytest.fixture
def footages(tmp_path):
    """Opens run files as footage and closes them after the test."""
    with ExitStack() as stack:

        def make(name="beads", **changes):
            path = write_beads(tmp_path / f"{name}.vtkhdf", **changes)
            return Footage(stack.enter_context(open_run(path)))

        yield make


def texts(sheet):
    inside = [text for axes in sheet.figure.axes for text in axes.texts]
    return [text.get_text() for text in (*sheet.figure.texts, *inside) if text.get_text()]


def sheet_of(runs, number=4, colouring=SPEED, **options):
    shots = [run.shot(number, colouring) for run in runs]
    scale = common_scale(colouring, [shot.values for shot in shots])
    look = Look(options.pop("views", ("top",)), options.pop("theme", "light"), 400)
    sheet = Sheet(runs, scale, look, **options)
    sheet.show(shots)
    return sheet


# --- wear of walls -----------------------------------------------------------------------


def worn(path):
    """Gives a run file the wear of a square bottom and of one side, a known one."""
    square = np.array([[0, 0, 0], [1, 0, 0], [1, -1, 0], [0, -1, 0]]) * 0.02
    upright = square[:, [2, 0, 1]] * [1, 1, -1]
    with h5py.File(path, "r+") as file:
        for number, corners in enumerate((square, upright)):
            group = file["gpudem"].create_group(f"walls/{number}")
            group.attrs["name"], group.attrs["duration"] = f"surface {number}", 0.5
            held = {"corners": corners[[[0, 1, 2], [0, 2, 3]]]}
            values = {"pressing": [1.0, 2.0], "loading": [3.0, 0.0], "sliding": [0.0, 4.0]}
            for name, rows in {**held, **values, "damping": [1e-3, 1e-2]}.items():
                group[f"facets/{name}"] = np.array(rows)
    return path


def test_walls_are_painted_by_their_wear(drawing, footages, tmp_path):
    run = footages()
    with pytest.raises(RunFileError, match=r"holds no wear of walls: .* run\.log_walls = true"):
        run.shot(4, WALL_COLOURINGS["sliding"])
    path = worn(write_beads(tmp_path / "worn.vtkhdf"))
    with open_run(path) as opened:
        run = Footage(opened)
        shot = run.shot(4, WALL_COLOURINGS["sliding"])
        assert len(shot.position) == len(shot.radius) == 0 and shot.walls.shape == (4, 3, 3)
        # 4 J on half of a square of 2 cm in half a second.
        assert shot.values == pytest.approx([0.0, 4e4, 0.0, 4e4])
        sheet = sheet_of([run], colouring=WALL_COLOURINGS["sliding"])
        assert sheet.scale.colouring.label.endswith("[W/m\u00b2]")
        image = sheet.pixels()
        most = sheet.scale.colours(np.array([4e4]))[0, :3].astype(int)
        assert (np.abs(image.astype(int) - most).max(axis=-1) <= 2).sum() > 100
        sheet.close()


def test_the_wear_of_walls_is_written_for_paraview(tmp_path):
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    path, target = worn(write_beads(tmp_path / "worn.vtkhdf")), tmp_path / "worn.vtp"
    done = gpudem_here("render", path, "--wall", "impact", "-o", target, cwd=tmp_path)
    assert "wrote" in done.stdout + done.stderr
    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(target))
    reader.Update()
    found = reader.GetOutput()
    assert (found.GetNumberOfCells(), found.GetNumberOfPoints()) == (4, 7)
    held = found.GetCellData()
    values = {held.GetArrayName(n): vtk_to_numpy(held.GetArray(n)) for n in range(6)}
    assert values["area [m2]"] == pytest.approx(2e-4)
    assert values["pressure [Pa]"] == pytest.approx([1e4, 2e4] * 2)
    assert values["impact [W/m2]"] == pytest.approx([10.0, 100.0] * 2)
    assert values["wall"].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--wall", "speed"], "--wall speed: accepted are pressure, sliding, impact, loading"),
        (["--wall", "impact", "--colour", "speed"], "--colour speed: not with --wall"),
        (["--wall", "impact", "--movie", "a.mp4"], "--movie a.mp4: not with --wall"),
        (["-o", "a.vtp"], "name a picture that ends in .png, .pdf, .svg"),
        (["--wall", "impact", "-o", "a.vtp"], "holds no wear of walls"),
    ],
)
def test_a_wrong_wish_for_walls_is_one_clear_fault(tmp_path, options, says):
    path = write_beads(tmp_path / "beads.vtkhdf")
    done = gpudem_here("render", path, *options, cwd=tmp_path, check=False)
    assert done.returncode == 2 and says in done.stderr


# --- sheets ------------------------------------------------------------------------------


def test_a_sheet_says_what_it_shows(drawing, footages):
    told = texts(sheet_of([footages()], views=("top", "perspective")))
    assert "two beads" in told
    assert "600 rpm,  2 beads of 5 mm to 8 mm,  filling 0.5,  t = 0.04 s" in told
    assert "disc\n600 rpm" in told and "bowl\non disc\n1200 rpm" in told
    unknown = texts(sheet_of([footages("bare", filling="missing", ratio="missing")]))
    assert unknown == ["two beads", "600 rpm,  2 beads of 5 mm to 8 mm,  t = 0.04 s"]


def test_several_runs_share_a_scale_and_a_caption(drawing, footages):
    slow, fast = footages("slow", speed=200.0), footages("fast", speeds=(2.0, 7.0))
    sheet = sheet_of([slow, fast])
    assert sheet.scale.limits == (0.0, 8.0)
    told = texts(sheet)
    assert "2 beads of 5 mm to 8 mm,  filling 0.5,  t = 0.04 s" in told
    assert "200 rpm" in told and "600 rpm" in told
    same = texts(sheet_of([footages("a"), footages("b")]))
    assert "a" in same and "b" in same
    later = sheet_of([slow, fast])
    later.show([slow.shot(1, SPEED), fast.shot(2, SPEED)])
    assert {"200 rpm, t = 0.01 s", "600 rpm, t = 0.02 s"} <= set(texts(later))


def test_many_runs_fill_several_rows(drawing, footages):
    run = footages()
    sheet = sheet_of([run] * 7)
    tops = {round(axes.get_position().y0, 4) for axes in sheet.figure.axes[:-1]}
    assert len(sheet.figure.axes) == 7 + 1 and len(tops) == 2


def test_the_scalar_bar_shows_the_scale_with_its_unit(drawing, footages):
    sheet = sheet_of([footages()])
    bar = sheet.figure.axes[-1]
    assert bar.get_xlabel() == "speed of the beads relative to the disc  [m/s]"
    assert bar.get_xlim() == (0.0, 4.0)
    pixels = sheet.pixels()
    height, width = pixels.shape[:2]
    place = bar.get_position()
    row = round((1.0 - 0.5 * (place.y0 + place.y1)) * height)
    for part in (0.1, 0.5, 0.9):
        column = round((place.x0 + part * (place.x1 - place.x0)) * width)
        expected = sheet.scale.colours(np.array([4.0 * part]))[0, :3]
        assert pixels[row, column] == pytest.approx(expected, abs=6)


def test_classes_are_named_at_the_bar(drawing, footages):
    places = Colouring(
        "place", "place", "", lambda *_: np.array([0.0, 2.0]), classes=("wall", "bulk", "flight")
    )
    bar = sheet_of([footages()], colouring=places).figure.axes[-1]
    assert [label.get_text() for label in bar.get_xticklabels()] == ["wall", "bulk", "flight"]


def test_the_next_moment_replaces_the_last_one(drawing, footages):
    run = footages()
    sheet = sheet_of([run], number=0)
    first = sheet.pixels()
    sheet.show([run.shot(4, SPEED)])
    second = sheet.pixels()
    assert first.shape == second.shape == (*(2 * (n // 2) for n in first.shape[:2]), 3)
    assert not np.array_equal(first, second)
    sheet.show([run.shot(0, SPEED)])
    assert np.array_equal(sheet.pixels(), first)
    again = sheet_of([run], number=0).pixels()
    assert np.abs(again.astype(int) - first).max() <= 1


def test_frames_of_movies_and_stills_are_the_same(drawing, footages):
    sheet = sheet_of([footages()], views=("top", "perspective"))
    frame = sheet.pixels()
    still = np.asarray(Image.open(io.BytesIO(sheet.encode("png"))).convert("RGB"))
    # Old versions of matplotlib stretch images by a pixel where axes end at 196.999 pixels.
    assert np.abs(still.astype(int) - frame).mean() < 1.0
    assert np.array_equal(sheet.pixels(), frame)


def test_a_long_name_is_made_to_fit(drawing, footages):
    sheet = sheet_of([footages(title="a mill with a name " * 8)])
    (title,) = (text for text in sheet.figure.texts if text.get_text().startswith("a mill"))
    assert title.get_window_extent().width <= sheet.figure.bbox.width


# --- stills ------------------------------------------------------------------------------


def test_stills_in_every_format(drawing, footages, tmp_path):
    run = footages()
    look = Look(("top",), "dark", 400)
    png = draw_still([run], tmp_path / "a.png", SPEED, look, time=0.021)
    image = Image.open(png)
    assert image.width == 400 and image.getpixel((2, 2))[:3] == (18, 20, 26)
    pdf = draw_still([run], tmp_path / "a.pdf", SPEED, look).read_bytes()
    assert pdf.startswith(b"%PDF") and b"/Image" in pdf
    svg = draw_still([run], tmp_path / "a.svg", SPEED, look).read_text()
    assert svg.count("<image") >= 1 and svg.count("<path") > 20
    first = png.read_bytes()
    assert draw_still([run], png, SPEED, look, time=0.019).read_bytes() == first
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".pdf", ".png", ".svg", ".vtkhdf"]


# --- movies ------------------------------------------------------------------------------


def test_slow_motion_and_frame_rate_follow_from_each_other(footages):
    run = footages(snapshots=9)  # every 10 ms
    usual = timeline([run])
    assert (len(usual.times), usual.frame_rate, usual.slow) == pytest.approx((9, 25.0, 4.0))
    slow = timeline([run], slow=50.0)
    assert (len(slow.times), slow.frame_rate, slow.slow) == pytest.approx((9, 2.0, 50.0))
    # 100 snapshots a second of movie are too many: every second one is shown.
    quick = timeline([run], slow=1.0)
    assert (len(quick.times), quick.frame_rate, quick.slow) == pytest.approx((5, 50.0, 1.0))
    part = timeline([run], begin=0.02, end=0.05)
    assert part.times == pytest.approx([0.02, 0.03, 0.04, 0.05])
    assert (slow.pace, quick.pace) == ("50 times slower", "as fast as the mill")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"slow": 50.0, "frame_rate": 25.0}, "--slow and --frame-rate follow from each other"),
        ({"slow": 5000.0}, "--slow 5000: .* accepted: at most 1000"),
        ({"frame_rate": 100.0}, "--frame-rate 100: .* accepted: from 0.1 to 50"),
        ({"begin": 0.04}, "has 1 snapshots to show from 40 ms to 40 ms"),
        ({"begin": 3.0, "end": 4.0}, "has 0 snapshots to show from 3 s to 4 s"),
    ],
)
def test_movies_that_cannot_be(footages, options, told):
    with pytest.raises(GpudemError, match=told):
        timeline([footages()], **options)


def frames_of(path):
    """Frames of a movie, shape (frames, height, width, 3), and its duration [s]."""
    if path.suffix == ".mp4":
        from imageio_ffmpeg import read_frames

        reader = read_frames(str(path))
        meta = next(reader)
        frames = [np.frombuffer(frame, np.uint8) for frame in reader]
        width, height = meta["size"]
        return np.array(frames).reshape(-1, height, width, 3), meta["duration"]
    movie, frames, duration = Image.open(path), [], 0.0
    for k in range(movie.n_frames):
        movie.seek(k)
        frames.append(np.asarray(movie.convert("RGB")))
        duration += movie.info["duration"] / 1000.0
    return np.array(frames), duration


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_a_movie_has_its_frames_and_lasts_as_long_as_it_should(drawing, footages, tmp_path, suffix):
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg", reason="the encoder of the extra `movie`")
    # Beads that turn a little against the disc, so that no frame equals the one before.
    run = footages(snapshots=7, speed=600.0, speeds=(1.0, 6.0))
    frames = timeline([run], frame_rate=15.0)
    look = Look(("top",), "light", 300)
    path = draw_movie([run], tmp_path / f"a{suffix}", SPEED, frames, look)
    shown, duration = frames_of(path)
    assert len(shown) == 7 and shown.shape[2] == 300
    assert duration == pytest.approx(7 / 15.0, abs=0.011)
    sheet = Sheet([run], common_scale(SPEED, [run.values(n, SPEED) for n in range(7)]), look,
                  dpi=100.0, note=frames.pace)  # fmt: skip
    sheet.show([run.shot(3, SPEED)])
    assert np.abs(shown[3].astype(int) - sheet.pixels()).mean() < 6.0
    assert not list(tmp_path.glob("*.part"))


def test_a_movie_that_is_interrupted_leaves_nothing(drawing, tmp_path):
    write_beads(tmp_path / "beads.vtkhdf", snapshots=100, every=1)
    command = words("render", "beads.vtkhdf", "--movie", "a.gif", "--frame-rate", "50")
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if "frames at" in line:
            break
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 130, told
    assert told == "gpudem: stopped by SIGINT while the movie was drawn; nothing was written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["beads.vtkhdf"]


def test_an_encoder_that_fails_leaves_nothing(drawing, footages, tmp_path, monkeypatch):
    run = footages()

    def fail(path, images, frame_rate):
        path.write_bytes(b"half")
        next(images)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gpudem.pictures.movie.FORMATS", {".gif": fail})
    with pytest.raises(GpudemError, match=r"a\.gif: cannot be written \(No space left"):
        draw_movie([run], tmp_path / "a.gif", SPEED, timeline([run]), Look(("top",), width=200))
    assert [path.name for path in tmp_path.iterdir()] == ["beads.vtkhdf"]


def test_mp4_without_its_encoder_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RenderingError, match="imageio-ffmpeg, the extra `movie`"):
        writer_of(tmp_path / "a.mp4")
    assert writer_of(tmp_path / "a.gif")


def test_progress_is_told_in_lines_without_a_terminal(capsys, monkeypatch):
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr("gpudem.running.progress.time.monotonic", lambda: next(clock))
    assert list(counted(range(5), 5, "drawing")) == [0, 1, 2, 3, 4]
    assert "drawing: 1 of 5" in capsys.readouterr().err
    assert list(counted(iter("ab"), 2, "drawing", quiet=True)) == ["a", "b"]
    assert capsys.readouterr().err == ""


# --- machines that cannot draw -----------------------------------------------------------


@pytest.mark.parametrize(
    "probe",
    [
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "raise SystemExit(1)",
        "print('?')",
    ],
)
def test_where_nothing_can_be_drawn_the_packages_are_named(monkeypatch, probe):
    rendering._find.cache_clear()
    monkeypatch.setattr(rendering, "_PROBE", probe)
    try:
        assert not rendering.can_render()
        with pytest.raises(RenderingError, match="libegl1 libgl1-mesa-dri"):
            rendering.prepare_rendering()
        assert rendering.describe_rendering().startswith("not usable: OpenGL is missing")
    finally:
        rendering._find.cache_clear()


def test_the_command_says_so_in_one_line(tmp_path):
    write_beads(tmp_path / "beads.vtkhdf")
    # A window that needs an X server, where there is none.
    blind = environment(VTK_DEFAULT_OPENGL_WINDOW="vtkXOpenGLRenderWindow", DISPLAY="")
    done = subprocess.run(
        words("render", "beads.vtkhdf"), cwd=tmp_path, env=blind, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("gpudem: no picture can be drawn here: OpenGL is missing")
    assert done.stderr.count("\n") == 1 and "apt-get install" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["beads.vtkhdf"]


# --- the command -------------------------------------------------------------------------


def test_the_command_draws(drawing, tmp_path):
    write_beads(tmp_path / "beads.vtkhdf")
    done = gpudem("render", "beads.vtkhdf", "--width", "300", cwd=tmp_path)
    assert done.stderr == "wrote beads-speed.png\n" and done.stdout == ""
    assert Image.open(io.BytesIO((tmp_path / "beads-speed.png").read_bytes())).width == 300
    refused = gpudem_here("render", "beads.vtkhdf", check=False, cwd=tmp_path)
    assert refused.returncode == 2 and "beads-speed.png: exists already" in refused.stderr
    gpudem_here("render", "beads.vtkhdf", "beads.vtkhdf", "--movie", "a.gif", "--slow", "20",
                "--width", "300", "--quiet", "--colour", "power", cwd=tmp_path)  # fmt: skip
    shown, duration = frames_of(tmp_path / "a.gif")
    assert len(shown) >= 1 and duration == pytest.approx(1.0)


def test_help_and_documentation_name_every_colour():
    from gpudem.cli.render import render

    page = (ROOT / "docs" / "reference" / "render.md").read_text()
    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert named == [*COLOURINGS, *WALL_COLOURINGS]
    for option, every in (("colour", COLOURINGS), ("wall", WALL_COLOURINGS)):
        listed = re.search(rf"    {option}\n +(.*)\.\n", render.__doc__)[1]
        assert re.split(", | or ", listed) == list(every)


#: (arguments, fragments of the one line on stderr)
WRONG = [
    ([], ["name at least one run file"]),
    (["missing.vtkhdf"], ["missing.vtkhdf: no such file"]),
    (["beads.vtkhdf", "--time", "3 s"], ['--time "3 s"', "snapshots from 0 s to 40 ms"]),
    (["beads.vtkhdf", "--time", "3 rpm"], ["--time", '"10 ms"']),
    (["beads.vtkhdf", "--time", "0.02"], ["--time", "has no unit"]),
    (
        ["beads.vtkhdf", "--colour", "heat"],
        ["--colour heat", "accepted: speed, relative, power"],
    ),
    (["beads.vtkhdf", "--view", "side"], ["--view side", "top, perspective, both"]),
    (["beads.vtkhdf", "--theme", "grey"], ["--theme grey", "light, dark"]),
    (["beads.vtkhdf", "--width", "20"], ["--width 20", "from 200 to 8000"]),
    (["beads.vtkhdf", "-o", "a.bmp"], ["-o a.bmp", ".png, .pdf, .svg"]),
    (["beads.vtkhdf", "-o", "a.mp4"], ["-o a.mp4", "--movie"]),
    (["beads.vtkhdf", "-o", "nowhere/a.png"], ["no folder nowhere"]),
    (["beads.vtkhdf", "--movie", "a.avi"], ["--movie a.avi", ".mp4, .gif, .webp"]),
    (["beads.vtkhdf", "--movie", "a.gif", "-o", "a.png"], ["--output a.png", "--movie"]),
    (["beads.vtkhdf", "--movie", "a.gif", "--time", "1 ms"], ["--time", "--from and --to"]),
    (["beads.vtkhdf", "--movie", "a.gif", "--slow", "0"], ["--slow 0", "above 0"]),
    (["beads.vtkhdf", "--slow", "50"], ["--slow", "--movie FILE"]),
    (["empty.vtkhdf"], ["empty.vtkhdf", "no snapshot", "run.snapshot_interval"]),
    (["bowlless.vtkhdf"], ["bowlless.vtkhdf", "names no bowl"]),
]


def test_wrong_commands_end_with_one_line_and_write_nothing(tmp_path, capsys, monkeypatch):
    from gpudem.cli.app import main

    write_beads(tmp_path / "beads.vtkhdf")
    write_beads(tmp_path / "empty.vtkhdf", snapshots=0)
    write_beads(tmp_path / "bowlless.vtkhdf", bowl_diameter="missing")
    before = sorted(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    for arguments, fragments in WRONG:
        monkeypatch.setattr(sys, "argv", ["gpudem", "render", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        told = capsys.readouterr()
        assert stop.value.code == 2 and told.out == "", arguments
        assert told.err.startswith("gpudem: ") and told.err.count("\n") == 1, told.err
        for fragment in fragments:
            assert fragment in told.err, told.err
    assert sorted(tmp_path.iterdir()) == before
