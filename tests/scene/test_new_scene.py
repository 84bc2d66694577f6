"""The catalogue of machines, and the scene files that it writes."""

import re

import pytest

from gpudem.errors import SceneError
from gpudem.mills.kinds import KINDS
from gpudem.scene.checks import warnings
from gpudem.scene.file import scene_from_text, scene_text
from gpudem.scene.machines import MACHINES
from gpudem.scene.new_scene import SHIPPED, machines_text, scene_of

SOURCES = "maker|ASSUMED|Frankenberg|Callister|thumb|manual|gpudem materials"
BOWLS = [(machine.name, bowl) for machine in MACHINES for bowl in machine.bowl_names]


@pytest.mark.parametrize(("mill", "bowl"), BOWLS)
def test_every_bowl_of_every_machine_makes_a_scene_without_warnings(mill, bowl):
    text = scene_of(mill, bowl)
    scene = scene_from_text(text)
    assert warnings(scene) == []
    assert scene.bowl.vessel.volume == pytest.approx(scene.bowl.volume, rel=0.01)
    assert max(map(len, text.splitlines())) <= 100
    # Every number of machine, bowl and beads has its source.
    for line in text.split("[contact]")[0].splitlines():
        if re.match(r"(?!title|kind)\w+ = ", line):
            assert re.search(f"# .*({SOURCES})", line), line


def test_kinds_of_the_catalogue():
    kinds = {machine.kind for machine in MACHINES}
    assert kinds <= set(KINDS)
    assert {"planetary", "mixer", "vibratory", "shaker-3d", "roller", "stirred"} <= kinds


@pytest.mark.parametrize(("name", "mill", "bowl"), SHIPPED)
def test_shipped_scenes_are_what_the_catalogue_writes(name, mill, bowl):
    assert scene_text(name) == scene_of(mill, bowl)


def test_the_bowl_and_the_beads_are_those_asked_for():
    scene = scene_from_text(scene_of("retsch-pm100", "0.05 L", "10 mm steel"))
    assert scene.title == "Retsch PM 100, 50 mL bowl"
    assert scene.bowl.volume == pytest.approx(50e-6)
    assert (scene.beads[0].diameter, scene.beads[0].density) == (pytest.approx(0.01), 7850.0)
    assert (scene.mill.ratio, scene.mill.sun_wheel_radius) == (-2.0, pytest.approx(0.0705))
    small = scene_from_text(scene_of("RETSCH-PM100", None, "3mm Zirconia"))
    assert (small.beads[0].diameter, small.beads[0].density) == (pytest.approx(0.003), 6100.0)


def test_the_mass_of_powder_is_written_or_left_open():
    assert scene_from_text(scene_of("retsch-pm100", mass="20 g")).product.mass == 0.02
    assert scene_from_text(scene_of("retsch-pm100")).product.mass is None


def test_shaken_mills_are_evaluated_over_whole_cycles():
    scene = scene_from_text(scene_of("spex-8000"))
    cycles = scene.mill.frequency / 6.283185307179586 * (scene.run.duration - scene.run.log_from)
    assert cycles == pytest.approx(9.0, abs=0.01)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("retsch-pm10",), "did you mean 'retsch-pm100'? (accepted: retsch-pm100, retsch-pm400"),
        (("retsch-pm100", "60 mL"), "(accepted: 50 mL, 125 mL, 250 mL, 500 mL)"),
        (("retsch-pm100", "50"), 'has no unit; write for example "50 mL"'),
        (("retsch-pm100", "50 mm"), "a volume is needed"),
        (("retsch-pm100", None, "steel"), 'for example "10 mm steel"'),
        (("retsch-pm100", None, "10 steel"), "a material are needed"),
        (("retsch-pm100", None, "10 mL steel"), "a length is needed"),
        (("retsch-pm100", None, None, "20"), '--mass "20" has no unit; write for example "20 g"'),
        (("retsch-pm100", None, None, "0 g"), "must be above 0"),
        (("retsch-pm100", None, "10 mm stel"), "did you mean 'steel'? (accepted: zirconia, steel,"),
    ],
)
def test_what_is_not_in_the_catalogue_is_told(asked, told):
    with pytest.raises(SceneError, match=re.escape(told)):
        scene_of(*asked)


def test_the_catalogue_is_listed():
    text = machines_text()
    for machine in MACHINES:
        assert re.search(rf"^{machine.name} .*{machine.bowl_names[-1]}", text, re.MULTILINE)
    assert "zirconia, steel" in text
