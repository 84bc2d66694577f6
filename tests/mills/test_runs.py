"""A short run of every kind of mill: its ledger closes, report and pictures are of that mill."""

from types import SimpleNamespace

import numpy as np
import pytest

from gpudem import Simulation
from gpudem.analysis.steadiness import cycle_means
from gpudem.errors import SceneError, SimulationError
from gpudem.kernels import layout as at
from gpudem.pictures.colouring import COLOURINGS
from gpudem.pictures.source import Footage
from gpudem.report.report import analyse, report_command
from gpudem.report.text import sentences
from gpudem.runfile.metadata import stirrer_of
from gpudem.runfile.reader import open_run
from gpudem.running.guards import Guards
from gpudem.scene.build import build_case
from gpudem.scene.checks import warnings
from gpudem.scene.file import scene_from_text
from gpudem.scene.speed_change import change_speed
from tests.mills.test_pose import table

SCENE = """
[mill]
{mill}
[bowl]
diameter = "40 mm"
height = "40 mm"
[beads]
diameter = "5 mm"
density = "6.1 g/cm3"
youngs_modulus = "210 GPa"
poisson_ratio = 0.3
count = 40
[contact]
softening = 100
[contact.bead_bead]
restitution = 0.3
static_friction = 0.6
dynamic_friction = 0.5
rolling_friction = 0.05
[run]
duration = "40 ms"
log_from = "5 ms"
log_interval = "0.5 ms"
snapshot_interval = "5 ms"
"""
MIXER = 'kind = "mixer"\nfrequency = "25 Hz"\namplitude = "9 mm"\npivot_radius = "90 mm"'
SHAKER = 'kind = "linear-shaker"\nfrequency = "25 Hz"\namplitude = "9 mm"'
VIBRATORY = 'kind = "vibratory"\nfrequency = "50 Hz"\namplitude = "1.5 mm"'
EIGHT = (
    'kind = "shaker-3d"\nfrequency = "17.7 Hz"\nstroke = "59 mm"\nside_stroke = "25 mm"\n'
    'end_distance = "38 mm"'
)
STIRRED = 'kind = "stirred"\nspeed = "900 rpm"\nshaft_diameter = "8 mm"\n'
DISCS = STIRRED + 'discs = 2\ndisc_diameter = "24 mm"\ndisc_thickness = "4 mm"'
PINS = STIRRED + 'pin_rows = 2\npin_diameter = "4 mm"\npin_reach = "13 mm"'
ROLLER = 'kind = "roller"\nspeed = "120 rpm"'
CYCLE = (
    'speed = "400 rpm"\nratio = -2\nsun_wheel_radius = "70 mm"\n'
    'cycle = { run = "15 ms", pause = "5 ms", reverse = true, ramp = "5 ms", runs = 2 }'
)
MILLS = {
    "mixer": (MIXER, "in a jar of 40 mm x 40 mm, filling ratio 0.0868, shaken at 25 Hz;"),
    "linear-shaker": (SHAKER, "shaken at 25 Hz;"),
    "vibratory": (VIBRATORY, "in a bowl of 40 mm x 40 mm, filling ratio 0.0868, shaken at 50 Hz;"),
    "shaker-3d": (EIGHT, "in a vial of"),
    "discs": (DISCS, "in a chamber of 40 mm x 40 mm, filling ratio 0.0868, shaft at 900 rpm;"),
    "pins": (PINS, "shaft at 900 rpm;"),
    "roller": (ROLLER, "in a jar of 40 mm x 40 mm, filling ratio 0.0868, turning at 120 rpm;"),
    "cycle": (CYCLE, "disc at a changing speed from -400 rpm to 400 rpm (ratio -2);"),
    "prescribed": ('kind = "prescribed"\nmotion = "motion.csv"', "in a vessel of"),
}


def scene_of(mill, *overrides, folder="."):
    return scene_from_text(SCENE.format(mill=mill), overrides, f"{folder}/scene.toml")


def faults(mill, *overrides, folder="."):
    with pytest.raises(SceneError) as caught:
        scene_of(mill, *overrides, folder=folder)
    return str(caught.value)


def told(mill, *overrides):
    return [line for line in warnings(scene_of(mill, *overrides)) if line.startswith("mill")]


@pytest.mark.parametrize("name", MILLS)
def test_a_run_closes_its_ledger_and_is_told_and_shown_as_what_it_is(name, tmp_path):
    mill, head = MILLS[name]
    (tmp_path / "motion.csv").write_text(table("vector"))
    scene = scene_of(mill, folder=tmp_path)
    path = tmp_path / "mill.vtkhdf"
    Simulation(scene).run(path)
    with open_run(path) as run:
        result = analyse(path)
        assert result["ledger"]["closes"], result["ledger"]
        assert result["ledger"]["work_energy"] < 1e-6
        lost = result["power"]["dissipation"]["total"]
        assert lost > 1e-4
        assert head in " ".join(" ".join(sentences(result)).split())
        footage = Footage(run)
        colouring = COLOURINGS["speed"]
        for number in range(run.snapshots):
            place = footage.shot(number, colouring).position
            beside = np.hypot(place[:, 0], place[:, 1])
            # As seen from the vessel all beads are inside, by nearly their radius.
            assert beside.max() < 0.020 - 0.95 * 0.0025
            assert 0.95 * 0.0025 < place[:, 2].min() and place[:, 2].max() < 0.040 - 0.95 * 0.0025
        if name in ("discs", "pins"):
            stirrer = stirrer_of(run)
            for number in range(run.snapshots):
                shot = footage.shot(number, colouring)
                back = -shot.stirred
                turn = np.array([[np.cos(back), -np.sin(back)], [np.sin(back), np.cos(back)]])
                place = shot.position.copy()
                place[:, :2] = place[:, :2] @ turn.T
                off = min(rod.distance(place)[0].min() for rod in stirrer.rods)
                assert off > 0.95 * 0.0025
        if name in ("mixer", "shaker-3d", "prescribed"):
            turns = run.summary["turn_y"].values
            pose = scene.mill.pose(scene.mill.profile())
            times = run.summary["time"].values
            assert turns == pytest.approx(pose.turn(times)[:, 1])
            assert np.abs(turns).max() > 0.05


def test_what_a_stirred_mill_takes_in_comes_from_its_shaft(tmp_path, capsys):
    path = tmp_path / "mill.vtkhdf"
    Simulation(scene_of(DISCS)).run(path)
    result = analyse(path)
    test = result["steadiness"]
    assert test["power_wall"] > 0.0
    assert test["imbalance"] is None
    report_command([path], full=True)
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if "torque on the shaft [N m]" in line)
    shown = float(row.split("]")[1].split()[0])
    assert shown == pytest.approx(test["power_wall"] / (900 * 2 * np.pi / 60), rel=0.01)
    assert "No relation between the powers of frame and walls" in " ".join(" ".join(lines).split())


def test_means_are_over_whole_cycles():
    step, cycle = 0.003, 0.02
    times = step * np.arange(100)
    ends = times + step
    # Interval means of a sine and a slope.
    wave = 2.0 * np.pi / cycle
    values = (np.cos(wave * times) - np.cos(wave * ends)) / wave / step + 0.5 * (times + ends)
    found = cycle_means(values, step, cycle)
    last = 0.3 - cycle * np.arange(15)[::-1]
    # Within an interval the series is a constant, so ends inside one are known a little less.
    assert found == pytest.approx(last - 0.5 * cycle, abs=0.02)
    assert len(cycle_means(values[:5], step, cycle)) == 0


def test_a_cycle_runs_pauses_and_turns_back():
    scene = scene_of(CYCLE)
    times = np.array([0.0, 0.0025, 0.005, 0.010, 0.015, 0.018, 0.020, 0.025, 0.0375, 0.04, 0.1])
    full = 400 * 2 * np.pi / 60
    shares = [0, 0.5, 1, 1, 0, 0, 0, -1, 0, 0, 0]
    shares[8] = 0  # after the second run: from 0.035 s on it stands still
    assert scene.mill.profile().rate(times) == pytest.approx(full * np.array(shares))
    assert scene.mill.fastest == pytest.approx(full)
    text = scene.mill.describe(0.04, 0.04)["cycle"]
    assert "every second run reversed" in text and "all 2 runs are over" in text
    assert "pause after run 1 of 2" in scene.mill.describe(0.04, 0.016)["cycle"]
    assert "half of cycle.run" in faults(CYCLE, "mill.cycle.ramp=9 ms")
    assert "[mill.cycle]: run is missing" in faults(CYCLE.replace('run = "15 ms", ', ""))
    assert "not together with mill.speed_profile" in faults(
        CYCLE, 'mill.speed_profile=[["0 s", "9 rpm"]]'
    )
    assert "not with mill.cycle" in faults(CYCLE, "run.start=ramp")
    with pytest.raises(SceneError, match="follows a cycle"):
        change_speed(scene, 0.01, 10.0)


def test_a_shakers_frequency_is_changed_while_it_runs():
    scene = scene_of(MIXER)
    other = change_speed(scene, 0.01, 2.0 * np.pi * 10.0)
    assert other.mill.profile().rate(np.array([0.0, 0.1])) == pytest.approx(
        2.0 * np.pi * np.array([25.0, 10.0])
    )
    again = change_speed(other, 0.2, 2.0 * np.pi * 20.0)
    assert again.mill.profile().rate(np.array([0.1, 1.0])) == pytest.approx(
        2.0 * np.pi * np.array([10.0, 20.0])
    )


def test_a_roller_mill_by_its_rollers():
    rollers = 'kind = "roller"\nroller_speed = "300 rpm"\nroller_diameter = "30 mm"\n'
    jar = scene_of(rollers + 'jar_diameter = "50 mm"').mill
    assert jar.speed == pytest.approx(180.0 * 2 * np.pi / 60)
    # 42.3 / sqrt(D) rpm.
    assert jar.critical_share(0.04) == pytest.approx(180.0 / (42.3 / np.sqrt(0.04)), rel=2e-3)
    assert "85.1 % of the critical speed" in jar.describe(0.04, 1.0)["jar"]
    assert "needs jar_diameter as well" in faults(rollers)
    assert "not together with speed" in faults(ROLLER + '\nroller_speed = "300 rpm"')
    assert "speed is missing" in faults('kind = "roller"')
    assert "is the outer one" in told(rollers + 'jar_diameter = "39 mm"')[-1]
    assert any("% of the critical speed" in line for line in told(ROLLER, "mill.speed=20 rpm"))
    assert told(ROLLER) == []


@pytest.mark.parametrize(
    ("mill", "override", "text"),
    [
        (MIXER, "mill.frequency=1500 Hz", "from 0 Hz to 200 Hz"),
        (MIXER, "mill.frequency=25", 'has no unit; write for example "30 Hz"'),
        (MIXER, "mill.speed=25 Hz", "unknown key"),
        (MIXER, "mill.amplitude=200 mm", "half of the stroke is wanted"),
        (SHAKER, "mill.direction=[0, 0, 0]", "a direction needs a part"),
        (EIGHT, "mill.side_stroke=90 mm", "at most 76 mm"),
        (DISCS, "mill.discs=0", "give the number of discs or of pin_rows"),
        (DISCS, "mill.pin_rows=2", "needs pin_diameter and pin_reach"),
        (DISCS, "mill.disc_diameter=7 mm", "must be above shaft_diameter = 8 mm"),
        (DISCS, "mill.disc_diameter=40 mm", "the stirrer is 40 mm wide"),
        (PINS, "mill.pin_reach=3 mm", "must be above half of shaft_diameter"),
    ],
)
def test_a_fault_of_a_mill_is_told(mill, override, text):
    assert text in faults(mill, override)


@pytest.mark.parametrize(
    ("mill", "override", "text"),
    [
        (MIXER, "mill.frequency=90 Hz", "is the frequency per minute"),
        (MIXER, "mill.pivot_radius=15 mm", "would pass through the jar"),
        (MIXER, 'mill.gravity=[0, 0, "-9.81 m/s2"]', "jar of a mixer mill lies"),
        (VIBRATORY, "mill.amplitude=50 um", "nothing in it ever leaves its bottom"),
        (DISCS, "mill.disc_diameter=39.5 mm", "gap between the tips and the vessel"),
    ],
)
def test_what_typing_errors_make_is_warned_of(mill, override, text):
    assert told(mill) == []
    assert any(text in line for line in told(mill, override))


def test_a_window_of_parts_of_cycles_is_warned_of():
    def of_cycles(*overrides):
        return [line for line in warnings(scene_of(MIXER, *overrides)) if "cycles" in line]

    assert "0.875 cycles of 40 ms" in of_cycles()[0]
    assert of_cycles("run.log_from=0") == []
    assert of_cycles("run.log_from=0", "run.duration=44 ms")
    assert of_cycles("run.log_from=0", "run.duration=4.024 s") == []


def test_a_table_of_a_motion_is_read_beside_the_scene(tmp_path):
    mill = MILLS["prescribed"][0]
    assert "no such file" in faults(mill, folder=tmp_path)
    (tmp_path / "motion.csv").write_text(table("quaternion"))
    scene = scene_of(mill, folder=tmp_path)
    assert scene.mill.motion.end == pytest.approx(0.3)
    assert "mill.motion is known for 300 ms only" in faults(
        mill, "run.duration=0.4 s", folder=tmp_path
    ).replace("0.3 s", "300 ms")
    assert "not with mill.motion" in faults(mill, "run.start=ramp", folder=tmp_path)
    (tmp_path / "motion.csv").write_text("time,x,y,z\n0,0,0\n")
    assert "line 2: 3 values for 4 columns" in faults(mill, folder=tmp_path)
    assert ':4: mill.motion = "motion.csv"' in faults(mill, folder=tmp_path)


def test_beads_are_packed_off_the_stirrer():
    for mill in (DISCS, PINS):
        scene = scene_of(mill, "beads.count=150")
        case = build_case(scene)
        for rod in scene.mill.stirrer(0.04).rods:
            assert rod.distance(case.position)[0].min() >= 0.0025


@pytest.mark.parametrize("name", ["mixer", "shaker-3d", "pins", "prescribed"])
def test_a_run_has_the_same_bits_however_it_is_cut(name, tmp_path):
    (tmp_path / "motion.csv").write_text(table("vector"))
    scene = scene_of(MILLS[name][0], folder=tmp_path)
    whole, cut = Simulation(scene), Simulation(scene)
    whole.step(1500)
    for steps in (1, 499, 37, 963):
        cut.step(steps)
    assert (whole.position == cut.position).all() and (whole.velocity == cut.velocity).all()


def test_a_bead_in_a_stirrer_stops_the_run():
    scene = scene_of(PINS)
    guards = Guards(scene)
    # A quarter turn after the start the pin of the first row that lay along x lies along y.
    time = 0.25 / (900.0 / 60.0)
    beads = np.zeros((2, at.SAMPLE))
    level = scene.mill.levels(0.04)[0]
    beads[:, at.SAMPLE_POSITION : at.SAMPLE_POSITION + 3] = [[0.01, 0, level], [0, -0.01, level]]
    quiet = dict.fromkeys(("kinetic_energy", "spin_energy", "stored_energy"), 0.0)
    quiet |= dict.fromkeys(("work_body", "work_contact", "work_wall"), 0.0)
    log = np.zeros((2, 2, at.LOG_VALUES))
    guards.begin(beads)
    with pytest.raises(SimulationError, match="bead 1 has got into the stirrer at step 9"):
        guards.check(SimpleNamespace(sample=beads, log=log, step=9, time=time), quiet)
    beads[1, at.SAMPLE_POSITION + 2] += 0.005
    guards.check(SimpleNamespace(sample=beads, log=log, step=9, time=time), quiet)
