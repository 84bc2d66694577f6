"""`gpudem bench`: its measurement on a tiny bowl, its table, its file, its complaints."""

import json
from dataclasses import replace

import pytest

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.diagnostics import bench, bench_text, speed_model
from tests.runs import gpudem, gpudem_here

SCENE = ("beads.count=20", "run.start=settled", "run.settle=1 ms")
SETS = [word for pair in SCENE for word in ("--set", pair)]


class Told:
    """A progress that keeps what it is told."""

    def __init__(self):
        self.began, self.done, self.ended = None, [], 0

    def begin(self, intervals, beads, duration, done=0):
        self.began = (intervals, beads, duration)

    def interval(self, done, simulated, steps_per_second, safe):
        assert steps_per_second > 0.0 and safe is None
        self.done.append(done)

    def end(self):
        self.ended += 1


def measure(monkeypatch, motion=1e-3, **more):
    monkeypatch.setattr(bench, "MOTION", motion)
    if device.current().kind != "cpu":
        monkeypatch.setattr(speed_model, "PAPERS_CASES", 2)
    told, scene = Told(), load_scene("pulverisette7-20ml", SCENE)
    lines = []
    speeds = list(bench.measure([scene], lines.append, lambda: told, blocks=3, block=0.01, **more))
    return speeds, told, lines, scene


def test_a_bowl_and_a_batch_are_measured(monkeypatch):
    speeds, told, lines, scene = measure(monkeypatch)
    cases = bench._batch(device.current())
    assert [one.cases for one in speeds] == sorted({1, cases})
    assert len(lines) == len(speeds)
    goal = round(1e-3 / scene.time_step)
    assert told.began == (goal, 20, 1e-3) and told.done[-1] == goal and told.ended == 1
    for one in speeds:
        assert one.beads == 20 * one.cases and one.steps >= 1
        assert 0.0 < one.lowest <= one.median <= one.highest
        assert one.moved == pytest.approx(1e-3, rel=1e-2)
        assert one.simulated_second == pytest.approx(one.beads / scene.time_step / one.median)
    if device.current().kind == "cpu":
        assert cases == device.current().threads and speeds[0].cores == 1
        assert speeds[0].expected == speed_model.expect_cpu(1).speed
    assert json.loads(json.dumps(bench.numbers(speeds)))["speeds"][0]["beads"] == 20


def test_a_slow_device_is_not_waited_for_and_the_table_says_so(monkeypatch, capsys):
    monkeypatch.setattr(bench, "PATIENCE", 0.0)
    speeds, told, _, _ = measure(monkeypatch)
    assert told.done == [] and told.ended == 1
    assert speeds[0].moved == 0.0
    bench_text.print_speeds([replace(speeds[0], expected=None, limit=None)])
    shown = " ".join(capsys.readouterr().out.split())
    assert "20 of 5 mm" in shown
    assert "does not know this device" in shown and "before they were timed" in shown


def test_the_command_prints_a_table_and_writes_the_numbers(tmp_path):
    command = ["bench", "pulverisette7-20ml", *SETS, "--device", "cpu", "--threads", "1"]
    done = gpudem(*command, "--json", "speed.json", cwd=tmp_path)
    found = json.loads((tmp_path / "speed.json").read_text())
    (one,) = found["speeds"]
    assert found["device"]["kind"] == "cpu" and one["beads"] == 20
    assert one["moved"] == pytest.approx(0.03, rel=1e-3)
    assert "measured over model" in done.stdout
    assert "20 of 5 mm" in done.stdout and one["cores"] == 1
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "device: cpu" in done.stderr and "wrote speed.json" in done.stderr


def test_the_model_is_printed_without_a_device(tmp_path):
    done = gpudem_here("bench", "--model", "--json", "model.json", cwd=tmp_path)
    shown = " ".join(done.stdout.split())
    assert "Modelled, not measured" in shown and "No GPU ran" in shown
    assert "H100" in shown and "RTX 4090" in shown and "paper: 45" in shown
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "device" not in done.stderr
    rows = json.loads((tmp_path / "model.json").read_text())["model"]
    assert {row["gpu"] for row in rows} == {"H100", "A100", "RTX 4090", "RTX 4060 L"}


@pytest.mark.parametrize(
    ("command", "fragments"),
    [
        (["nothing"], ["nothing: no such file", "gpudem scenes lists"]),
        (["--set", "beads.count=20"], ["bench --set", "name the scene"]),
        (["pulverisette7", "--model"], ["bench --model", "takes no scene"]),
        (["--json", "there.json"], ["there.json: exists already", "--json", "--overwrite"]),
        (["--json", "nowhere/a.json"], ["no folder nowhere"]),
        (["--threads", "0"], ["--threads 0", "1 to 4096"]),
        (["--precision", "half"], ["--precision half", "auto, double, mixed"]),
        (["--device", "quantum"], ["--device quantum", "auto, cpu, cuda, vulkan, metal"]),
    ],
)
def test_wrong_commands_end_with_one_line(command, fragments, tmp_path):
    (tmp_path / "there.json").write_text("mine")
    done = gpudem_here("bench", *command, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gpudem: ") and done.stderr.count("\n") == 1
    for fragment in fragments:
        assert fragment in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there.json"]
    assert (tmp_path / "there.json").read_text() == "mine"
