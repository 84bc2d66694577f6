"""The values of an axis of a study, as users write them."""

import pytest

from gpudem.study.axis import Axis, Span, grid, latin_hypercube, settings_of, unit_of, zipped
from gpudem.units import QuantityError, parse_quantity


@pytest.mark.parametrize(
    "given, values",
    [
        ("200..1000:5", ["200 rpm", "400 rpm", "600 rpm", "800 rpm", "1000 rpm"]),
        ("200 rpm .. 600 rpm : 2", ["200 rpm", "600 rpm"]),
        ("200..1000 1/min:3", ["200 1/min", "600 1/min", "1000 1/min"]),
        ("10..1000:3 log", ["10 rpm", "100 rpm", "1000 rpm"]),
        ("600,400 rpm", ["600 rpm", "400 rpm"]),
        ([600, "10 1/s"], ["600 rpm", "10 1/s"]),
        ("1000..200:3", ["1000 rpm", "600 rpm", "200 rpm"]),
    ],
)
def test_values_with_units(given, values):
    found = Axis.read("mill.speed", given, "rpm").values
    assert found == tuple(f'"{value}"' for value in values)


def test_values_without_units():
    assert Axis.read("beads.filling", "0.1..0.5:3").values == ("0.1", "0.3", "0.5")
    assert Axis.read("contact.model", "jkr, hertz-mindlin").values == ('"jkr"', '"hertz-mindlin"')
    assert Axis.read("run.log_walls", [True, False]).values == ("true", "false")
    assert Axis.read("mill.gravity", [[0, 0, "-9.81 m/s2"]]).values == ('[0, 0, "-9.81 m/s2"]',)


@pytest.mark.parametrize(
    "given, told",
    [
        ("200..1000", "needs the number of its values"),
        ("200..1000:1", "from 2 to"),
        ("0..10:3 log", "ends above 0"),
        ("200 rpm..10 1/s:3", "the same unit"),
        ("1, ,3", "a list"),
        ([], "a list"),
        (600, "a list"),
    ],
)
def test_what_is_no_axis_is_refused(given, told):
    with pytest.raises(QuantityError, match=told):
        Axis.read("mill.speed", given, "rpm")


def test_designs():
    axes = [Axis.read("a", "1,2"), Axis.read("b", "3,4")]
    assert [tuple(p.values()) for p in grid(axes)] == [
        ("1", "3"),
        ("1", "4"),
        ("2", "3"),
        ("2", "4"),
    ]
    assert [tuple(p.values()) for p in zipped(axes)] == [("1", "3"), ("2", "4")]
    with pytest.raises(QuantityError, match="equally many"):
        zipped([Axis.read("a", "1,2,3"), *axes[1:]])


def test_a_latin_hypercube_has_one_value_in_each_slice():
    span = Span.read("200..1000 rpm")
    points = latin_hypercube({"mill.speed": span, "beads.filling": Span.read("0.1..0.5")}, 8, 3)
    speeds = [parse_quantity(p["mill.speed"].strip('"'), "angular_speed") for p in points]
    rpm = [speed * 60.0 / 6.283185307179586 for speed in speeds]
    assert sorted(int((value - 200.0) / 100.0) for value in rpm) == list(range(8))
    again = latin_hypercube({"mill.speed": span, "beads.filling": Span.read("0.1..0.5")}, 8, 3)
    assert points == again


def test_settings_of_nested_tables_and_units():
    table = {"run": {"duration": "1 s"}, "contact": {"bead_bead": {"restitution": 0.2}}}
    assert settings_of(table) == {"run.duration": "1 s", "contact.bead_bead.restitution": 0.2}
    assert [unit_of(v) for v in ("600 rpm", 0.5, "jkr", "9.81 m/s2", ["5 mm", "3 mm"])] == [
        "rpm",
        "",
        "",
        "m/s2",
        "mm",
    ]
