"""Beads of a scene: kinds, sizes, shares, materials."""

import json
import math

import numpy as np
import pytest

from gpudem.contact.material_library import MATERIALS, material
from gpudem.errors import PackingError, SceneError
from gpudem.scene.bead_sizes import BeadSizes
from gpudem.scene.build import build_case
from gpudem.scene.file import scene_from_text, scene_text

BEADS = """
[[beads]]
name = "large"
material = "steel"
diameter = "5 mm"
{large}
[[beads]]
name = "small"
material = "zirconia"
diameter = "3 mm"
{small}
"""
REFERENCE = scene_text("pulverisette7")
BEFORE, _, AFTER = REFERENCE.partition("[beads]")
AFTER = AFTER[AFTER.index("[contact]") :]


def scene(beads, *overrides, bowl='material = "steel"\n'):
    text = BEFORE.replace("closed = true", bowl + "closed = true") + beads + AFTER
    return scene_from_text(text, overrides, "mix.toml")


def shares(charge, large=1.0, small=1.0):
    return f"[charge]\n{charge}" + BEADS.format(large=f"share = {large}", small=f"share = {small}")


def faults_of(beads, *overrides, **more):
    with pytest.raises(SceneError) as caught:
        scene(beads, *overrides, **more)
    return str(caught.value).splitlines()


# --- how many ----------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["mass", "volume", "count"])
def test_shares_are_of_mass_volume_or_count(by):
    found = scene(shares(f'filling = 0.5\nshare_by = "{by}"', 3.0, 1.0))
    counts, volumes = np.array(found.counts), np.array([one.volume for one in found.beads])
    each = {"count": np.ones(2), "volume": volumes, "mass": volumes * (7850.0, 6100.0)}[by]
    amounts = counts * each
    assert amounts[0] / amounts.sum() == pytest.approx(0.75, abs=0.003)
    assert found.filling == pytest.approx(0.5, rel=2e-3)
    assert found.bead_count == counts.sum()


def test_the_whole_may_be_a_mass_or_a_count():
    assert scene(shares('mass = "100 g"')).charge_mass == pytest.approx(0.1, rel=0.01)
    assert scene(shares('count = 300\nshare_by = "count"')).counts == [150, 150]


def test_each_kind_may_have_an_amount_of_its_own():
    found = scene(BEADS.format(large="filling = 0.25", small="count = 100"))
    solid = 0.25 * 0.6 * 80e-6 / (math.pi / 6 * 0.005**3)
    assert found.counts == [round(solid), 100]


def test_the_case_has_every_bead_with_its_own_values():
    found = scene(BEADS.format(large="count = 20", small="count = 30"))
    case = build_case(found)
    assert case.species.tolist() == [0] * 20 + [1] * 30
    assert case.species_names == ("large", "small")
    assert np.unique(case.radius) == pytest.approx([1.5e-3, 2.5e-3])
    assert np.unique(case.density) == pytest.approx([6100.0, 7850.0])
    assert case.mass.sum() == pytest.approx(found.charge_mass)
    assert len(case.materials) == 3 and case.walls[0].species == 2
    assert case.time_step <= 0.2 * found.rayleigh_time


def test_a_single_table_is_one_kind():
    found = scene(BEADS[: BEADS.index("[[beads]]", 5)].format(large="count = 20"))
    assert found.counts == [20] and found.alike is found.beads[0]


# --- sizes -------------------------------------------------------------------------------


def sizes(**keys):
    return BeadSizes.model_validate(keys)


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "normal", "mean": "3 mm", "deviation": "0.2 mm"},
        {"kind": "log-normal", "median": "3 mm", "spread": 1.2},
        {"kind": "rosin-rammler", "scale": "3 mm", "exponent": 6},
        {"kind": "log-normal", "median": "3 mm", "spread": 1.2, "by": "count"},
    ],
)
def test_beads_keep_to_their_distribution(keys):
    from scipy import stats

    found = sizes(**keys, smallest="2 mm", largest="4 mm")
    d = found.of_count(4000)
    assert len(d) == 4000 and d.min() >= 2e-3 and d.max() <= 4e-3 and (np.diff(d) >= 0).all()
    assert (math.pi / 6 * d**3).mean() == pytest.approx(found.mean_volume, rel=1e-4)
    exact = {
        "normal": stats.norm(3e-3, 0.2e-3),
        "log-normal": stats.lognorm(math.log(1.2), scale=3e-3),
        "rosin-rammler": stats.weibull_min(6, scale=3e-3),
    }[keys["kind"]]
    weight = d**3 if keys.get("by", "mass") == "mass" else np.ones_like(d)
    share = np.cumsum(weight) / weight.sum()
    low, high = exact.cdf([2e-3, 4e-3])
    assert share == pytest.approx((exact.cdf(d) - low) / (high - low), abs=2e-3)


def test_a_list_of_sizes_keeps_to_its_shares():
    found = sizes(kind="list", diameters=["2 mm", "4 mm"], shares=[1, 1])
    d = found.of_count(900)
    mass = [(d[np.isclose(d, size)] ** 3).sum() for size in (2e-3, 4e-3)]
    assert mass[0] == pytest.approx(mass[1], rel=0.01)


def test_default_cut_offs_leave_out_half_a_percent_at_each_end():
    found = sizes(kind="normal", mean="3 mm", deviation="0.2 mm")
    assert found.smallest == pytest.approx(3e-3 - 2.576 * 0.2e-3, rel=1e-3)
    assert found.largest == pytest.approx(3e-3 + 2.576 * 0.2e-3, rel=1e-3)


def test_sizes_in_a_scene():
    text = BEADS.replace(
        'diameter = "3 mm"', 'sizes = {{ kind = "normal", mean = "3 mm", deviation = "0.1 mm" }}'
    )
    found = scene(text.format(large="count = 10", small="count = 40"))
    assert found.alike is None and len(np.unique(build_case(found).radius)) == 41


# --- faults ------------------------------------------------------------------------------

SIZES = 'diameter = "3 mm"\nsizes = { kind = "normal", mean = "3 mm", deviation = "0.1 mm" }'


@pytest.mark.parametrize(
    ("beads", "told"),
    [
        (shares("filling = 0.5").replace("3 mm", "3 m"), "beads[2].diameter"),
        (shares("filling = 0.5").replace('"steel"', '"stel"'), 'beads[1].material = "stel": no'),
        (BEADS.format(large="share = 1", small="share = 1"), "[charge] with filling, count"),
        (BEADS.format(large="share = 1", small="count = 5"), "[beads[2]]: has no share"),
        (shares("filling = 0.5\ncount = 5"), "charge.count = 5: give filling or count"),
        ("[charge]\nfilling = 1\n" + BEADS.format(large="count=1", small="count=1"), "[charge]"),
        (BEADS.format(large="count = 5", small="count = 5\nfilling = 0.1"), "beads[2].count"),
        (BEADS.format(large="count = 5", small="").replace("small", "large"), "filling or count"),
        (
            BEADS.format(large="count = 5", small="count = 5").replace('"small"', '"large"'),
            'another is named "large" too',
        ),
        (BEADS.format(large="count = 5", small="count = 5").replace("3 mm", "0.2 mm"), "25 times"),
        (
            BEADS.format(large="count = 5", small="count = 5").replace('diameter = "3 mm"', SIZES),
            "beads[2].sizes",
        ),
        (shares("filling = 1.25"), "fit: they take as much as the densest packing"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(beads, told):
    (fault,) = faults_of(beads)
    assert told in fault and fault.startswith("mix.toml"), fault


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"kind": "normal", "mean": "3 mm"}, "deviation is missing"),
        ({"kind": "normal", "mean": "3 mm", "deviation": "1 mm", "scale": "1 mm"}, "rosin-rammler"),
        ({"kind": "normal", "mean": "1 mm", "deviation": "1 mm"}, "give a cut-off"),
        ({"kind": "list", "diameters": ["1 mm"], "shares": [1, 2]}, "2 shares for 1 diameters"),
    ],
)
def test_faults_of_sizes(keys, told):
    text = ", ".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    beads = BEADS.replace('diameter = "3 mm"', f"sizes = {{{{ {text} }}}}")
    (fault,) = faults_of(beads.format(large="count = 5", small="count = 5"))
    assert told in fault and "beads[2].sizes" in fault, fault


def test_beads_of_two_materials_need_a_bowl_of_one():
    both = BEADS.format(large="count = 5", small="count = 5")
    (fault,) = faults_of(both, bowl="")
    assert "[bowl]: youngs_modulus is missing, as the beads are of several materials" in fault
    same = both.replace('"steel"', '"zirconia"')
    assert scene(same, bowl="").bowl.youngs_modulus == 210e9


def test_overrides_name_a_kind_by_its_number():
    both = BEADS.format(large="count = 5", small="filling = 0.1")
    found = scene(both, "beads.2.count=7", "beads.1.diameter=4 mm")
    assert found.counts == [5, 7] and found.beads[0].diameter == 4e-3
    (fault,) = faults_of(both, "beads.diameter=4 mm")
    assert "there are 2 tables of beads; name one by its number, as in beads.1.diameter" in fault
    (fault,) = faults_of(both, "beads.3.diameter=4 mm")
    assert "2 tables of beads" in fault


# --- materials ---------------------------------------------------------------------------


def test_every_material_has_its_source_and_sensible_values():
    for one in MATERIALS:
        assert material(one.name.upper().replace(" ", "-")) is one
        assert one.source and one.meaning
        assert 500.0 < one.density < 16000.0 and 1e8 < one.youngs_modulus < 1e12
        assert 0.0 < one.poisson_ratio < 0.5


def test_keys_of_a_material_may_be_replaced():
    found = scene(BEADS.format(large='count = 1\ndensity = "7.8 g/cm3"', small="count = 1"))
    assert found.beads[0].density == 7800.0 and found.beads[0].youngs_modulus == 207e9


# --- contacts of pairs -------------------------------------------------------------------

PAIRS = """
[[contact.pairs]]
between = ["steel", "zirconia"]
restitution = 0.3

[[contact.pairs]]
between = ["small", "wall"]
static_friction = 0.9
"""


def with_pairs(pairs, *overrides):
    both = BEADS.format(large="count = 5", small="count = 5")
    text = BEFORE.replace("closed = true", 'material = "steel"') + both + AFTER
    return scene_from_text(text.replace("[product]", pairs + "\n[product]"), overrides, "mix.toml")


def test_pairs_have_coefficients_of_their_own():
    found = with_pairs(PAIRS, "contact.bead_wall.restitution=0.5")
    assert [found.contact_of(*pair).restitution for pair in ((0, 0), (0, 1), (1, 0), (1, 1))] == [
        0.15, 0.3, 0.3, 0.15,
    ]  # fmt: skip
    assert [found.contact_of(one).static_friction for one in (0, 1)] == [0.55, 0.9]
    # What a pair with the wall does not give is the wall's.
    assert [found.contact_of(one).restitution for one in (0, 1)] == [0.5, 0.5]
    case = build_case(found)
    assert case.contacts[0, 1].restitution == 0.3 and case.contacts[1, 2].static_friction == 0.9


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"zirconia"]', '"zircon"]', 'contact.pairs[1].between = ["steel", "zircon"]: no beads'),
        ("restitution = 0.3", "restitution = 3", "contact.pairs[1].restitution = 3: must be"),
        ("restitution = 0.3", "restitutio = 0.3", "did you mean 'restitution'?"),
        ('between = ["small", "wall"]', "", "between is missing"),
        ('["small", "wall"]', '["wall", "wall"]', "the wall does not touch itself"),
        ('["small", "wall"]', '"small"', "a list of two names is needed"),
        ("static_friction = 0.9", "static_friction = 0.1", "contact.pairs[2].static_friction"),
    ],
)
def test_faults_of_pairs(old, new, told):
    with pytest.raises(SceneError) as caught:
        with_pairs(PAIRS.replace(old, new))
    (fault,) = str(caught.value).splitlines()
    assert told in fault, fault


# --- placed and thrown -------------------------------------------------------------------

BALL = """
[[beads]]
name = "ball"
material = "steel"
diameter = "6 mm"
count = 1
position = [0, "1 mm", "20 mm"]
velocity = ["1 m/s", 0, "-5 m/s"]
"""
ONE = BEADS[: BEADS.index("[[beads]]", 5)].format(large="count = 20")


def test_a_single_bead_starts_where_and_as_fast_as_the_scene_says():
    found = scene(ONE + BALL, "run.start=settled", "mill.speed=0 rpm")
    case = build_case(found)
    assert case.position[-1] == pytest.approx([0.0, 1e-3, 20e-3])
    assert case.velocity[-1] == pytest.approx([1.0, 0.0, -5.0]) and not case.velocity[:-1].any()
    without = build_case(scene(ONE))
    assert (case.position[:-1] == without.position).all()
    assert found.impact_speed_bound == pytest.approx(math.hypot(1.0, 5.0))


def test_a_position_is_of_one_bead_and_a_velocity_needs_it():
    (fault,) = faults_of(ONE + BALL, "beads.2.count=2")
    assert "beads[2].position" in fault and "it needs count = 1" in fault
    (fault,) = faults_of(ONE + BALL.replace("position", "# "))
    assert "beads[2].velocity" in fault and "it needs its position" in fault


def test_a_position_that_is_taken_is_refused():
    place = ", ".join(map(repr, build_case(scene(ONE)).position[7].tolist()))
    text = BALL.replace('0, "1 mm", "20 mm"', ", ".join(f'"{x} m"' for x in place.split(", ")))
    with pytest.raises(PackingError, match=r"beads\[2\]\.position: the bead overlaps another by"):
        build_case(scene(ONE + text))
