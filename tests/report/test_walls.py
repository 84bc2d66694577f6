"""Force, power and wear of each wall: from the scene's key to run file and report."""

import io

import numpy as np
import pytest
from rich.console import Console

from gpudem.report.report import analyse, print_report
from gpudem.runfile.reader import open_run
from gpudem.running.simulation import Simulation
from gpudem.scene.file import load_scene

SHORT = (
    "beads.count=40",
    "run.duration=20 ms",
    "run.log_from=10 ms",
    "contact.softening=1000",
    "run.snapshot_interval=5 ms",
)


@pytest.mark.parametrize("asked", [True, False])
def test_walls_are_summed_up_where_a_scene_asks_for_them(tmp_path, asked):
    scene = load_scene("pulverisette7-20ml", (*SHORT, f"run.log_walls={str(asked).lower()}"))
    path = tmp_path / "walls.vtkhdf"
    Simulation(scene).run(path)
    result = analyse(path)
    out = io.StringIO()
    print_report([result], Console(file=out, width=80), full=True)
    assert ("Walls" in out.getvalue()) == asked
    if not asked:
        assert result["walls"] == []
        return
    assert [wall["name"] for wall in result["walls"]] == ["side", "bottom", "lid"]
    with open_run(path) as run:
        window = run.summary.isel(interval=slice(20, 40))
        work = float(window["work_wall"].values.sum())
        sliding = float(window["bead_wall_sliding"].values.sum())
        weight = scene.charge_mass * 9.81
        assert len(run.walls) == 3
    total = {key: sum(wall[key] for wall in result["walls"]) for key in ("power", "sliding")}
    assert total["power"] == pytest.approx(work / 10e-3, rel=1e-9)
    assert total["sliding"] == pytest.approx(sliding / 10e-3, rel=1e-6)
    assert all(wall["impact"] >= 0.0 for wall in result["walls"])
    # The normal forces without their directions are more than what is left of them together.
    side = result["walls"][0]
    assert side["normal_force"] > np.hypot(*side["force"][:2]) > 0.0
    normal = float(window["bead_wall_normal"].values.sum())
    loading = sum(wall["loading"] for wall in result["walls"])
    assert loading == pytest.approx(normal / 10e-3, rel=1e-2)
    # Walls that are no meshes have no triangles.
    with open_run(path) as run:
        assert run.wear is None
    # The side carries the beads round, with many times their weight.
    assert np.hypot(*result["walls"][0]["force"][:2]) > 5.0 * weight
