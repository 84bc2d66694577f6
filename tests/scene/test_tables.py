import math

import pytest

from gpudem.errors import SceneError
from gpudem.scene.checks import warnings
from gpudem.scene.file import load_scene


def scene(*overrides):
    return load_scene("pulverisette7", overrides)


@pytest.mark.parametrize(
    ("diameter", "filling", "count"),
    [
        ("5 mm", 0.5, 367),
        ("5 mm", 0.3, 220),
        ("5 mm", 0.1, 73),
        ("3 mm", 0.5, 1698),
        ("3 mm", 0.3, 1019),
        ("3 mm", 0.1, 340),
        ("1.75 mm", 0.5, 8553),
        ("1.75 mm", 0.3, 5132),
        ("1.75 mm", 0.1, 1711),
    ],
)
def test_bead_counts_of_the_reference_study(diameter, filling, count):
    case = scene(f"beads.diameter={diameter}", f"beads.filling={filling}")
    assert case.bead_count == count
    assert case.filling == pytest.approx(filling, rel=0.005)


@pytest.mark.parametrize(
    ("diameter", "rayleigh", "million_steps"),
    [("5 mm", 2.33e-6, 2.14), ("3 mm", 1.40e-6, 3.57), ("1.75 mm", 0.82e-6, 6.12)],
)
def test_rayleigh_time_and_steps(diameter, rayleigh, million_steps):
    case = scene(f"beads.diameter={diameter}")
    assert case.rayleigh_time == pytest.approx(rayleigh, rel=0.006)
    assert case.steps == pytest.approx(million_steps * 1e6, rel=0.01)
    assert case.time_step <= 0.2 * case.rayleigh_time * (1 + 1e-12)
    assert case.time_step > 0.2 * case.rayleigh_time * 0.998
    assert case.steps == case.intervals * case.steps_per_interval
    assert case.steps_per_interval * case.time_step == pytest.approx(case.run.log_interval)


def test_values_are_si():
    case = scene()
    assert case.mill.speed == pytest.approx(20 * math.pi)
    assert case.wall_speed == pytest.approx(-20 * math.pi)
    assert case.mill.gravity == (0.0, 0.0, -9.81)
    assert case.bowl.volume == 80e-6
    assert case.bead_radius == 0.0025
    assert case.bead_mass == pytest.approx(6100 * math.pi / 6 * 0.005**3)
    assert case.charge_mass == pytest.approx(367 * case.bead_mass)
    assert (case.intervals, case.log_from_interval) == (2000, 1000)
    assert (case.intervals_per_snapshot, case.intervals_per_checkpoint) == (20, 100)
    assert case.product.mass == 0.0175
    assert case.product.milling_time is None


def test_defaults_follow_other_keys():
    case = scene()
    assert case.contact.bead_wall == case.contact.bead_bead
    assert case.bowl.youngs_modulus == case.beads[0].youngs_modulus == 210e9
    assert case.bowl.poisson_ratio == case.beads[0].poisson_ratio
    changed = scene("contact.bead_wall.restitution=0.8", "bowl.youngs_modulus=70 GPa")
    assert changed.contact.bead_wall.restitution == 0.8
    assert changed.contact.bead_wall.rolling_friction == 0.045
    assert changed.contact.bead_bead.restitution == 0.15
    assert changed.bowl.youngs_modulus == 70e9
    assert changed.bowl.poisson_ratio == 0.3


def test_count_and_filling_take_each_others_place_on_the_command_line():
    assert scene("beads.count=10").bead_count == 10
    assert scene("beads.count=10").beads[0].filling is None
    with pytest.raises(SceneError, match="not both"):
        scene("beads.count=10", "beads.filling=0.3")


def test_softening_makes_steps_larger_by_its_square_root():
    soft, hard = scene("contact.softening=100"), scene()
    assert soft.rayleigh_time == pytest.approx(10 * hard.rayleigh_time)
    assert soft.impact_time == pytest.approx(100**0.4 * hard.impact_time)


def test_impact_time_of_two_beads():
    case = scene()
    speed = 20 * math.pi * (0.0255 + 0.070)
    assert case.impact_speed_bound == pytest.approx(speed)
    mass, radius = case.bead_mass / 2, 0.00125
    stiffness = 210e9 / (2 * (1 - 0.3**2))
    expected = 2.87 * (mass**2 / (radius * stiffness**2 * speed)) ** 0.2
    assert case.impact_time == pytest.approx(expected)
    assert scene("mill.speed=0 rpm").impact_time == math.inf


@pytest.mark.parametrize(
    ("overrides", "fragments"),
    [
        ([], []),
        (["contact.softening=10"], ["contacts last 2.51 times longer"]),
        (["run.rayleigh_fraction=0.3"], ["rayleigh_fraction = 0.3"]),
        (["run.rayleigh_fraction=0.5"], ["rayleigh_fraction = 0.5", "a tenth of the shortest"]),
        (["run.ramp=20 ms"], ["run.ramp has no effect"]),
        (["run.settle=20 ms"], ["run.settle has no effect"]),
        (["run.start=ramp", "run.ramp=0.6 s"], ["within the ramp"]),
        (["run.start=ramp", "run.ramp=0.1 s"], []),
        (["beads.filling=0.95", "beads.porosity=0.3"], ["random packings"]),
        (["beads.youngs_modulus=210 MPa"], ["beads.youngs_modulus = 210 MPa with beads.density"]),
        (["beads.density=1.1 g/cm3"], ["1.1 g/cm3: materials as light as that"]),
        (["beads.youngs_modulus=2000 GPa"], ["tungsten carbide has 700 GPa"]),
        (["beads.density=0.61 g/cm3"], ["materials as light", "beads.density = 0.61 g/cm3"]),
        (["beads.density=1.14 g/cm3", "beads.youngs_modulus=3 GPa"], []),
        (["bowl.youngs_modulus=210 MPa"], ["bowl.youngs_modulus = 210 MPa: only rubber"]),
        (["bowl.youngs_modulus=0.5 GPa"], []),
        (["mill.sun_wheel_radius=140 mm"], ["sun_wheel_radius = 140 mm is large for a bowl of 51"]),
        (["mill.sun_wheel_radius=7 mm"], ["sun_wheel_radius = 7 mm is less than half"]),
        (["mill.sun_wheel_radius=0 mm", "mill.ratio=2"], []),
        (["mill.ratio=2"], ["mill.ratio = 2: bowls of planetary mills turn against the disc"]),
        (["mill.ratio=-9"], ["mill.ratio = -9: planetary mills have -1 to -3"]),
        (["contact.bead_bead.static_friction=55"], ["bead_bead.static_friction = 55"]),
        (["contact.bead_wall.rolling_friction=4.5"], ["bead_wall.rolling_friction = 4.5"]),
        (["product.mass=17.5 kg"], ["no powder of that mass fits into a bowl of 80 mL"]),
        (["product.mass=17.5 mg"], ["product.mass = 17.5 mg is very little beside 147 g of beads"]),
    ],
)
def test_warnings(overrides, fragments):
    found = warnings(scene(*overrides))
    assert len(found) == len(fragments)
    for warning, fragment in zip(found, fragments, strict=True):
        assert fragment in warning


def test_a_scene_never_changes():
    case = scene()
    with pytest.raises(ValueError, match="frozen"):
        case.mill.speed = 1.0


def test_equality_is_of_the_physics():
    assert scene() == scene("mill.speed=10 Hz")
    assert hash(scene()) == hash(scene("mill.speed=10 Hz"))
    assert scene() != scene("mill.speed=601 rpm")


@pytest.mark.parametrize(
    ("overrides", "log_from", "snapshot"),
    [
        (["run.duration=1.5 ms"], 0.0005, 0.01),
        (["run.duration=0.5 ms"], 0.0, 0.01),
        (["run.duration=0.9 s", "run.log_interval=0.3 ms"], 0.45, 0.0099),
        (["run.duration=1 s", "run.log_interval=20 ms"], 0.5, 0.02),
    ],
)
def test_default_times_are_whole_intervals(tmp_path, overrides, log_from, snapshot):
    path = tmp_path / "mill.toml"
    lines = load_scene("pulverisette7").source_text.splitlines()
    unset = ("log_from", "snapshot_interval")
    path.write_text("\n".join(line for line in lines if not line.startswith(unset)))
    case = load_scene(path, overrides)
    assert case.log_from_interval * case.run.log_interval == pytest.approx(case.run.log_from)
    assert case.intervals_per_snapshot >= 1
    assert case.run.snapshot_interval == pytest.approx(snapshot)
    assert case.run.log_from == pytest.approx(log_from, abs=case.run.log_interval)
    assert case.run.log_from < case.run.duration
