"""How fast runs were is kept, and serves the next estimate."""

import pytest

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.diagnostics.preview import outlook
from gpudem.running import run_speed
from gpudem.running.trial import Way
from gpudem.scene.build import build_case

WANTED = {"device": "cpu", "index": 0, "threads": 1, "precision": "double"}


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_a_run_tells_how_long_the_next_one_takes(empty):
    scene = load_scene("pulverisette7-20ml", {"run.duration": "10 ms", "run.log_from": "5 ms"})
    case, way = build_case(scene), Way(device.choose(**WANTED), "serial")
    assert run_speed.kept(case, WANTED) is None
    before = outlook(scene, WANTED)
    assert not before["measured"] and before["seconds"] == outlook(scene)["seconds"]
    run_speed.keep(case, way, whole=0.9, stepping=0.5, steps=100)
    assert run_speed.kept(case, WANTED) is None  # too short to tell
    run_speed.keep(case, way, whole=25.0, stepping=20.0, steps=1000)
    found = run_speed.kept(case, WANTED)
    assert found.start == 5.0 and found.bead_step == pytest.approx(20.0 / 1000 / scene.bead_count)
    after = outlook(scene, WANTED)
    assert after["measured"]
    assert after["seconds"] == pytest.approx(5.0 + 20.0 * after["steps"] / 1000)
    # Of ten times as many beads, or another law, nothing is known.
    many = load_scene("pulverisette7")
    assert run_speed.kept(build_case(many), WANTED) is None
    other = load_scene("pulverisette7-20ml", {"contact.model": "linear-spring-dashpot"})
    assert run_speed.kept(build_case(other), WANTED) is None
