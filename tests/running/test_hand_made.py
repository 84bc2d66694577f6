"""Runs of cases made by hand: run file, report, pictures, and going on."""

import json

import numpy as np
import pytest

from gpudem import Plan, Simulation, interrupted_run, open_run, resume_run
from gpudem.contact.materials import Material
from gpudem.engine.case import Case
from gpudem.errors import GpudemError, Interrupted
from gpudem.geometry.packing import pack, pack_cylinder
from gpudem.geometry.vessel import cylinder
from gpudem.geometry.wall import plane
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.report.report import report_command
from gpudem.runfile.compare import compare_runs
from tests.factories import hertz_mindlin
from tests.running.test_resume import StopAt
from tests.toys.cone import conical_vessel
from tests.toys.shaker import ShakerDrive

PLAN = Plan(duration=0.06, log_from=0.03, log_interval=1e-3, title="two sizes in a drum")


def drum(beads=30, large=5, seed=1):
    """Beads of two sizes in a lying drum that turns at 120 rpm."""
    position = pack_cylinder(beads, 2.5e-3, 50e-3, 20e-3, seed=seed)
    radius = np.full(beads, 2e-3)
    radius[:large] = 2.5e-3
    contact = hertz_mindlin(0.5, 0.4, 0.4, rolling_friction=0.02)
    return Case(
        position=position,
        radius=radius,
        density=6000.0,
        materials=(Material(1e9, 0.3), Material(1e9, 0.3)),
        contacts={(0, 0): contact, (0, 1): contact},
        time_step=5e-6,
        walls=cylinder(50e-3, 20e-3, motion="rotation", rate=Profile.constant(4 * np.pi)),
        drive=Drive(gravity=(0.0, -9.81, 0.0)),
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return Simulation(drum()).run(tmp_path_factory.mktemp("hand") / "drum.vtkhdf", plan=PLAN)


def test_the_file_says_what_is_known_and_leaves_out_the_rest(path):
    with open_run(path) as run:
        known = run.parameters
        assert run.complete and run.intervals == 60 and run.logged_intervals == 30
        assert known["title"] == PLAN.title and known["beads"] == 30
        assert known["time_step"] == 5e-6 and known["steps_per_interval"] == 200
        assert known["bowl_diameter"] == 50e-3 and known["bowl_height"] == pytest.approx(20e-3)
        assert known["gravity_y"] == -9.81 and known["bead_density"] == 6000.0
        assert known["charge_mass"] == pytest.approx(drum().mass.sum())
        assert not {"filling", "ratio", "bead_diameter", "bead_mass", "scene", "mill"} & set(known)
        assert np.unique(run.radius) == pytest.approx([2e-3, 2.5e-3], rel=1e-12)
        assert np.array_equal(run.mass, drum().mass) and not run.species.any()
        assert run.snapshots == 7


def test_its_report_has_all_that_needs_no_scene(path, capsys):
    report_command([path], full=True)
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "30 beads of 4 mm to 5 mm in a bowl of 50 mm x 20 mm" in text
        and "The beads dissipate" in text
    )
    report_command([path], json=True)
    (told,) = json.loads(capsys.readouterr().out)
    assert told["scene"]["filling"] is None and told["scene"]["ratio"] is None
    assert told["scene"]["bowl_diameter"] == 50e-3


def test_its_picture_shows_true_sizes(path, drawing):
    from gpudem.pictures.colouring import COLOURINGS
    from gpudem.pictures.source import Footage

    with open_run(path) as run:
        shot = Footage(run).shot(5, COLOURINGS["speed"])
    assert np.unique(shot.radius) == pytest.approx([2e-3, 2.5e-3], rel=1e-12)
    # Up is against gravity.
    assert np.allclose(shot.position[:, 0], run_positions(path)[:, 1])


def run_positions(path):
    with open_run(path) as run:
        return run.snapshot(5)["position"].values


def test_a_stopped_run_goes_on_to_the_same_bits(path, tmp_path):
    parts = tmp_path / "parts.vtkhdf"
    with pytest.raises(Interrupted, match=r"resume_run\(Simulation\(case\), interrupted_run\("):
        Simulation(drum()).run(parts, plan=PLAN, progress=StopAt(7))
    found = interrupted_run(parts)
    for case, plan in ((drum(seed=2), PLAN), (drum(), Plan(duration=0.05, log_interval=1e-3))):
        with pytest.raises(GpudemError, match="is of another scene"):
            resume_run(Simulation(case), found, plan=plan)
    resume_run(Simulation(drum()), found, plan=PLAN)
    assert compare_runs(path, parts) == []


def test_guards_watch_without_a_scene(tmp_path):
    hot = drum()
    hot.velocity[:] = np.random.default_rng(1).normal(0.0, 300.0, hot.velocity.shape)
    with pytest.raises(GpudemError):
        Simulation(hot).run(tmp_path / "hot.vtkhdf", plan=PLAN)


def test_a_case_without_a_vessel_has_none(tmp_path):
    case = drum()
    case.walls = [plane((0.0, -25e-3, 0.0), (0.0, 1.0, 0.0))]
    assert case.vessel is None
    path = Simulation(case).run(tmp_path / "plane.vtkhdf", plan=Plan(duration=2e-3))
    with open_run(path) as run:
        assert "bowl_diameter" not in run.parameters
    report_command([path])


@pytest.mark.parametrize(
    ("case", "plan", "fragment"),
    [
        ([drum(), drum()], PLAN, "holds one case, not 2"),
        (drum(), None, "a case made by hand needs a plan"),
    ],
)
def test_what_cannot_be_run_is_refused(case, plan, fragment, tmp_path):
    with pytest.raises(GpudemError, match=fragment):
        Simulation(case).run(tmp_path / "never.vtkhdf", plan=plan)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("values", "fragment"),
    [
        ({"duration": 0.0}, "duration = 0.0; it must be above 0 s"),
        ({"duration": float("nan")}, "duration"),
        ({"duration": 1.0, "log_from": 1.0}, "below duration = 1.0 s"),
        ({"duration": 1.0, "log_interval": -1e-3}, "log_interval"),
        ({"duration": 1.0, "snapshot_interval": 0.0}, "snapshot_interval"),
        ({"duration": 1.0, "log": "all"}, "accepted: 'beads', 'bowl'"),
    ],
)
def test_plans_that_cannot_be_are_refused(values, fragment):
    with pytest.raises(GpudemError, match=fragment):
        Plan(**values)


def test_a_cone_of_ones_own_is_run_reported_and_drawn(tmp_path, drawing, capsys):
    from gpudem.pictures.colouring import COLOURINGS
    from gpudem.pictures.source import Footage

    case = drum()
    turning = {"motion": "rotation", "rate": Profile.constant(12.0)}
    case.walls = conical_vessel(15e-3, 25e-3, 30e-3, **turning)
    case.drive = Drive(gravity=(0.0, -6.9, -6.9))
    case.position = pack(case.vessel, case.radius, seed=2)
    path = Simulation(case).run(tmp_path / "cone.vtkhdf", plan=PLAN)
    with open_run(path) as run:
        assert "bowl_diameter" not in run.parameters
        assert run.parameters["bowl_volume"] == pytest.approx(case.vessel.volume)
        footage = Footage(run)
        assert footage.bowl.vessel == case.vessel
        place = footage.shot(6, COLOURINGS["regime"]).position
    assert (np.hypot(place[:, 0], place[:, 1]) < case.vessel.radius_at(place[:, 2])).all()
    report_command([path], json=True)
    (told,) = json.loads(capsys.readouterr().out)
    assert told["scene"]["bowl_diameter"] is None


def test_a_mill_of_ones_own_records_what_it_likes(tmp_path):
    case = drum()
    case.walls = cylinder(50e-3, 20e-3)
    case.drive = ShakerDrive(gravity=(0.0, 0.0, -9.81), amplitude=5e-3, rate=150.0)
    path = Simulation(case).run(tmp_path / "shaker.vtkhdf", plan=PLAN)
    with open_run(path) as run:
        summary = run.summary
        time = summary["time"].values
        assert summary["stroke"].values == pytest.approx(5e-3 * np.sin(150.0 * time))
        assert summary["stroke"].attrs["units"] == "m"
        # Against the frame's acceleration the beads are shaken up: their centre rises over rest.
        assert summary["centre_z"].values.max() > summary["centre_z"].values[0]
    report_command([path])
