"""Kinds of mills: chosen by a scene, and what each says of itself."""

from typing import get_args

import numpy as np
import pytest

from gpudem import Simulation
from gpudem.errors import SceneError
from gpudem.mills.drum import Drum
from gpudem.mills.kinds import KINDS, AnyMill
from gpudem.mills.planetary import PlanetaryMill
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.report.report import report_command
from gpudem.runfile.compare import compare_runs
from gpudem.runfile.reader import open_run
from gpudem.scene.checks import warnings
from gpudem.scene.file import scene_from_text, scene_keys

MILL = """
[mill]
{mill}
[bowl]
diameter = "50 mm"
height = "20 mm"
[beads]
diameter = "5 mm"
density = "6.1 g/cm3"
youngs_modulus = "210 GPa"
poisson_ratio = 0.3
count = 30
porosity = 0.40
[contact.bead_bead]
restitution = 0.3
static_friction = 0.6
dynamic_friction = 0.6
rolling_friction = 0.05
[run]
duration = "5 ms"
log_from = "1 ms"
log_interval = "1 ms"
snapshot_interval = "1 ms"
"""
DRUM = MILL.format(mill='kind = "drum"\nspeed = "90 rpm"')
WITHOUT_DISC = MILL.format(
    mill='speed = "90 rpm"\nratio = 0\nsun_wheel_radius = 0\ngravity = [0, "-9.81 m/s2", 0]'
)


def faults(text, *overrides):
    with pytest.raises(SceneError) as caught:
        scene_from_text(text, overrides)
    return str(caught.value)


def test_the_kind_chooses_the_mill():
    assert isinstance(scene_from_text(DRUM).mill, Drum)
    assert isinstance(scene_from_text(WITHOUT_DISC).mill, PlanetaryMill)
    assert isinstance(scene_from_text(WITHOUT_DISC, ["mill.kind=planetary"]).mill, PlanetaryMill)


@pytest.mark.parametrize(
    ("text", "overrides", "fragments"),
    [
        (DRUM, ["mill.ratio=-2"], ["unknown key", "mill.kind, mill.speed, mill.speed_profile"]),
        (DRUM.replace("drum", "drumm"), [], [":3: mill.kind", "did you mean 'drum'?"]),
        (DRUM.replace('"drum"', "3"), [], ["not known (accepted: planetary, drum, roller"]),
        (DRUM, ["mill.kind=planetary"], ["ratio is missing", "sun_wheel_radius is missing"]),
        (DRUM, ["mill.speed=9 m"], ["mill.speed"]),
        (DRUM.replace('speed = "90 rpm"', ""), [], ["[mill]: speed is missing"]),
        (WITHOUT_DISC, ["mill.kind=drum"], ["ratio", "unknown key"]),
    ],
)
def test_a_kind_takes_its_own_keys_only(text, overrides, fragments):
    told = faults(text, *overrides)
    assert all(fragment in told for fragment in fragments), told
    assert "'planetary'" not in told and "tag" not in told


def test_every_kind_is_on_the_page_of_keys():
    rows = {row.meaning for row in scene_keys()}
    assert 'with kind = "drum": angular speed of the drum' in rows
    assert next(row for row in scene_keys() if row.key == "mill.kind").accepts == (
        " or ".join(f'"{kind}"' for kind in KINDS)
    )


def test_a_drum_is_a_planetary_mill_whose_disc_has_no_radius(tmp_path):
    paths = [tmp_path / name for name in ("drum.vtkhdf", "planetary.vtkhdf")]
    for path, text in zip(paths, (DRUM, WITHOUT_DISC), strict=True):
        Simulation(scene_from_text(text)).run(path)
    different = compare_runs(*paths)
    assert all("scene" in told or "mill" in told or "resolved" in told for told in different)
    with open_run(paths[0]) as run:
        assert run.parameters["mill"] == "drum"
        assert run.summary["disc_speed"].values == pytest.approx(np.full(5, 3.0 * np.pi))


def test_reports_call_a_drum_a_drum(tmp_path, capsys):
    path = tmp_path / "drum.vtkhdf"
    Simulation(scene_from_text(DRUM)).run(path)
    report_command([path])
    head = " ".join(capsys.readouterr().out.split())
    assert "in a drum of 50 mm x 20 mm" in head and "turning at 90 rpm" in head
    assert "(ratio 0" not in head and "disc at" not in head


def test_what_a_drum_is_warned_of():
    def of_the_mill(*overrides):
        return [told for told in warnings(scene_from_text(DRUM, overrides)) if "mill" in told]

    assert of_the_mill() == []
    assert "will stick to it" in of_the_mill("mill.speed=900 rpm")[0]
    assert "nothing pulls" in of_the_mill('mill.gravity=[0, 0, "-9.81 m/s2"]')[0]


def test_what_mills_say_of_their_motion():
    drum, planetary = scene_from_text(DRUM).mill, scene_from_text(WITHOUT_DISC).mill
    for mill in (drum, planetary):
        assert mill.vessel_motion == VesselMotion(wall=1.0)
        assert not mill.vessel_motion.carried
        assert mill.peak_speed(0.1) == pytest.approx(0.1 * mill.speed)
    carried = PlanetaryMill.model_validate(
        {"speed": "60 rad/s", "ratio": -2, "sun_wheel_radius": "70 mm"}
    )
    motion = carried.vessel_motion
    assert motion == VesselMotion(0.07, 1.0, -1.0)
    assert (motion.carried, motion.wall_on_carrier) == (True, -2.0)
    assert carried.peak_speed(0.02) == pytest.approx(4.2 + 1.2)
    drive = drum.drive(drum.profile(ramp=0.1))
    assert drive.speed(0.05) == pytest.approx(1.5 * np.pi)
    assert drive.upward(0.3) == pytest.approx(np.pi / 2)
    assert drive.peak_acceleration == pytest.approx(9.81)


def test_every_kind_of_a_scene_file_has_its_class():
    tags = {tag.tag: table for table, tag in map(get_args, get_args(get_args(AnyMill)[0]))}
    assert tags == KINDS
    driven = {kind: table.control and table.control.driven for kind, table in KINDS.items()}
    assert driven == {
        "planetary": "disc",
        "drum": "drum",
        "roller": "jar",
        **dict.fromkeys(("mixer", "linear-shaker", "vibratory", "shaker-3d"), "vessel"),
        "stirred": "shaft",
        "prescribed": None,
        "bench": None,
    }
