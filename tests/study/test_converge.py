"""The comparison of time steps and softening, on a small bowl."""

import json

from gpudem import load_scene
from gpudem.study.converge import variants
from tests.runs import gpudem_here


def test_variants_differ_in_one_thing_each():
    scene = load_scene("pulverisette7")
    found = dict(variants(scene))
    given = found["as given"]
    assert given.run.duration == 0.1 and given.run.log_from == 0.05
    assert given.time_step == scene.time_step
    assert abs(2.0 * found["step / 2"].time_step / given.time_step - 1.0) < 2e-3
    assert abs(4.0 * found["step / 4"].time_step / given.time_step - 1.0) < 2e-3
    assert found["softening 100"].contact.softening == 100.0
    # The Rayleigh time goes with the root of the stiffness.
    assert abs(found["softening 100"].time_step / given.time_step - 10.0) < 0.2
    assert found["another seed"].run.seed == scene.run.seed + 1
    short = load_scene("pulverisette7", ["run.duration=20 ms", "run.log_from=2 ms"])
    assert variants(short)[0][1].run.duration == 0.02


def test_check_prints_what_changes(tmp_path):
    sets = ["--set", "beads.count=30", "--set", "run.duration=10 ms", "--set", "run.log_from=5 ms"]
    words = ["check", "pulverisette7-20ml", "--converge", "--device", "cpu", *sets]
    found = json.loads(gpudem_here(*words, "--json", cwd=tmp_path).stdout)["converge"]
    assert [row["name"] for row in found][:2] == ["as given", "step / 2"]
    given, half, quarter = found[:3]
    assert abs(given["channels"]) > abs(half["channels"]) > abs(quarter["channels"])
    assert found[4]["stress_frequency"] < given["stress_frequency"]
    assert all(row["power"] > 0.0 and row["kinetic_energy"] > 0.0 for row in found)
    shown = gpudem_here(*words, cwd=tmp_path)
    assert "Change against the scene as given" in shown.stdout
    assert "step / 4:" in shown.stderr
    assert list(tmp_path.iterdir()) == []
