"""Stress intensity: captured masses against exact geometry, and a run known by hand."""

import io
import json
import math

import numpy as np
import pytest
from rich.console import Console
from scipy.integrate import quad
from scipy.optimize import brentq

from gpudem.analysis.stress_intensity import captured_mass, captured_radius
from gpudem.errors import SceneError
from gpudem.report.report import analyse, print_report
from gpudem.report.tables import write_report_tables
from gpudem.scene.file import load_scene
from gpudem.scene.tables import THICKEST_LAYER
from tests.syntheticrun import CONTACTS, DISSIPATION, STEP, UNIT, write_mill


def exact(radii, layer):
    """Radius and volume between touching spheres (one: on a plane) where the gap is below h."""

    def gap(x):
        return sum(r - math.sqrt(r * r - x * x) for r in radii)

    edge = brentq(lambda x: gap(x) - layer, 0.0, 0.9 * min(radii))
    return edge, quad(lambda x: 2.0 * math.pi * x * gap(x), 0.0, edge, epsabs=0.0)[0]


@pytest.mark.parametrize("radii", [(2.5e-3,), (2.5e-3, 2.5e-3), (2.5e-3, 0.875e-3)])
def test_captured_powder_against_exact_geometry(radii):
    reduced = 1.0 / sum(1.0 / r for r in radii)
    errors = []
    for layer in (1e-3 * min(radii), THICKEST_LAYER * min(radii)):
        edge, volume = exact(radii, layer)
        errors.append(captured_mass(reduced, layer, 1500.0) / (1500.0 * volume) - 1.0)
        assert captured_radius(reduced, layer) == pytest.approx(edge, rel=0.03)
    assert abs(errors[0]) < 1e-3
    # What docs/theory/stress-intensity.md says of the thickest layer that is accepted.
    assert 0.0 < errors[1] < 0.075


def text_of(result):
    out = io.StringIO()
    print_report([result], Console(file=out, width=80), full=True)
    return out.getvalue()


def run_with(path, **product):
    return write_mill(path, resolved=json.dumps({"product": product}))


def test_a_given_mass(tmp_path):
    mass = 2e-9
    result = analyse(run_with(tmp_path / "a.vtkhdf", captured_mass=mass))
    found = result["stress_intensity"]
    beads, wall = found["classes"]
    collisions = {"bead_bead": 0.5 * CONTACTS["bead_bead"], "bead_wall": CONTACTS["bead_wall"]}
    for one, kind in ((beads, "bead_bead"), (wall, "bead_wall")):
        energy = DISSIPATION[kind] * UNIT / collisions[kind]
        assert one["stress_intensity"] == pytest.approx(energy / mass)
        assert one["frequency"] == pytest.approx(collisions[kind] / STEP)
        assert one["captured_radius"] is None
    assert found["stress_intensity"] == pytest.approx(32 * UNIT / 7 / mass)
    # The same mass in all collisions: SE of all of them over it.
    whole = result["stress_energy"]["dissipation"]["event"] / mass
    assert found["stress_intensity"] == pytest.approx(whole)
    text = text_of(result)
    assert "Stress intensity" in text and "2 µg" in text and "product.captured_mass" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_layer_of_powder(tmp_path):
    layer, density = 50e-6, 1500.0
    path = run_with(tmp_path / "a.vtkhdf", layer_thickness=layer, bulk_density=density)
    result = analyse(path)
    found = result["stress_intensity"]
    beads, wall = found["classes"]
    # Beads of 5 mm: reduced radius 1.25 mm among each other, 2.5 mm on the wall.
    assert beads["captured_mass"] == pytest.approx(density * math.pi * 1.25e-3 * layer**2)
    assert wall["captured_mass"] == pytest.approx(2.0 * beads["captured_mass"])
    assert beads["captured_radius"] == pytest.approx(math.sqrt(2 * 1.25e-3 * layer))
    # The largest overlap of the run is 0.001 of the radius.
    assert wall["contact_radius"] == pytest.approx(math.sqrt(2.5e-3 * 2.5e-6))
    per_time = sum(one["frequency"] * one["captured_mass"] for one in found["classes"])
    power = result["power"]["dissipation"]["total"]
    assert found["stress_intensity"] == pytest.approx(power / per_time)
    # The hardest events of the wall with 90 % of their energy: 16 of 20 and more, so 2 of 2 kinds.
    hard = wall["stress_intensity_q"]["90"] * wall["captured_mass"] / UNIT
    assert 10.0 < hard <= 16.0
    assert "does not hold" not in text_of(result)
    files = {path.name for path in write_report_tables([result], tmp_path / "csv")}
    assert "stress_intensity.csv" in files


def test_a_layer_thinner_than_contacts_are_deep(tmp_path):
    path = run_with(tmp_path / "a.vtkhdf", layer_thickness=1e-6, bulk_density=1500.0)
    assert "does not hold" in text_of(analyse(path)).replace("\n", " ")


def test_nothing_is_told_without_a_captured_mass(tmp_path):
    result = analyse(write_mill(tmp_path / "a.vtkhdf"))
    assert result["stress_intensity"] is None
    assert "Stress intensity" not in text_of(result)


def test_classes_of_a_mixture(tmp_path):
    from gpudem.running.simulation import Simulation
    from gpudem.scene.file import scene_from_text, scene_text

    text = scene_text("pulverisette7-20ml")
    before, _, after = text.partition("[beads]")
    beads = "".join(
        f'[[beads]]\nmaterial = "zirconia"\ndiameter = "{size} mm"\ncount = 30\n' for size in (6, 4)
    )
    sets = ["run.duration=10 ms", "run.log_from=4 ms", "contact.softening=100"]
    layer = ["product.layer_thickness=20 µm", "product.bulk_density=1.5 g/cm3"]
    whole = before + beads + after[after.index("[contact]") :]
    scene = scene_from_text(whole, [*sets, *layer], "mix.toml")
    result = analyse(Simulation(scene).run(tmp_path / "mix.vtkhdf"))
    found = result["stress_intensity"]
    reduced = [1.5e-3, 1.2e-3, 1e-3, 3e-3, 2e-3]
    names = [one["name"] for one in result["pair_classes"]]
    assert [one["name"] for one in found["classes"]] == names
    masses = [one["captured_mass"] for one in found["classes"]]
    np.testing.assert_allclose(masses, [captured_mass(r, 20e-6, 1500.0) for r in reduced])
    assert max(map(len, text_of(result).splitlines())) <= 80


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (["layer_thickness=20 µm"], "layer_thickness=20 µm: needs bulk_density too"),
        (["bulk_density=1.5 g/cm3"], "bulk_density=1.5 g/cm3: needs layer_thickness too"),
        (
            ["captured_mass=1 µg", "layer_thickness=20 µm", "bulk_density=1.5 g/cm3"],
            "captured_mass=1 µg: not with layer_thickness; give captured_mass, or",
        ),
        (
            ["layer_thickness=0.5 mm", "bulk_density=1.5 g/cm3"],
            "layer_thickness=0.5 mm: at most a tenth of the smallest bead's radius (0.25 mm)",
        ),
    ],
)
def test_what_a_scene_may_say(sets, told):
    with pytest.raises(SceneError) as caught:
        load_scene("pulverisette7", [f"product.{one}" for one in sets])
    assert told in str(caught.value)


def test_new_keys_leave_other_scenes_the_same():
    # A scene's digest is of what differs from defaults.
    told = load_scene("pulverisette7").model_dump(exclude_defaults=True)["product"]
    assert told == {"mass": 0.0175}
