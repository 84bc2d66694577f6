import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpudem.units import KINDS, Accept, QuantityError, format_quantity, parse_quantity

REPOSITORY = Path(__file__).resolve().parent.parent
RPM_600 = 20.0 * math.pi


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5 mm", "length", 0.005),
        ("5mm", "length", 0.005),
        (" 5  mm ", "length", 0.005),
        ("0.7 mm", "length", 0.0007),
        ("1.75e-3 m", "length", 0.00175),
        ("40 \u00b5m", "length", 40e-6),
        ("40 \u03bcm", "length", 40e-6),
        ("600 rpm", "angular_speed", RPM_600),
        ("600 RPM", "angular_speed", RPM_600),
        ("600 rev/min", "angular_speed", RPM_600),
        ("600 1/min", "angular_speed", RPM_600),
        ("600 min-1", "angular_speed", RPM_600),
        ("10 1/s", "angular_speed", RPM_600),
        ("10 Hz", "angular_speed", RPM_600),
        ("62.8 rad/s", "angular_speed", 62.8),
        ("3600 deg/s", "angular_speed", RPM_600),
        ("10 turn/s", "angular_speed", RPM_600),
        ("0 rpm", "angular_speed", 0.0),
        ("10 Hz", "rate", 10.0),
        ("90 deg", "angle", math.pi / 2),
        ("6.1 g/cm3", "density", 6100.0),
        ("6.1 g/cm^3", "density", 6100.0),
        ("6.1 g/cm\u00b3", "density", 6100.0),
        ("6.1 g\u00b7cm-3", "density", 6100.0),
        ("6100 kg/m3", "density", 6100.0),
        ("6.1 g/mL", "density", 6100.0),
        ("210 GPa", "modulus", 210e9),
        ("210000 N/mm2", "modulus", 210e9),
        ("80 mL", "volume", 80e-6),
        ("80 ml", "volume", 80e-6),
        ("80 cm3", "volume", 80e-6),
        ("0.08 L", "volume", 80e-6),
        ("0.5 ms", "time", 0.0005),
        ("10 min", "time", 600.0),
        ("17.5 g", "mass", 0.0175),
        ("-9.81 m/s2", "acceleration", -9.81),
        ("\u22129.81 m/s^2", "acceleration", -9.81),
        ("1e-3 m/s", "speed", 0.001),
        ("500 J/g", "specific_energy", 5e5),
        ("500 kJ/kg", "specific_energy", 5e5),
        ("0.5 MJ/kg", "specific_energy", 5e5),
        ("100 W h/kg", "specific_energy", 3.6e5),
        (0.3, "number", 0.3),
        (3, "number", 3.0),
        ("0.3", "number", 0.3),
        ("50 %", "number", 0.5),
        (0, "length", 0.0),
    ],
)
def test_reads_into_si(text, kind, value):
    assert parse_quantity(text, kind) == pytest.approx(value, rel=1e-14, abs=0.0)


def test_decimal_quantities_are_the_nearest_float():
    for tenths in range(1, 200):
        text = f"{tenths / 10:.1f}"
        assert parse_quantity(f"{text} mm", "length") == float(f"{text}e-3")


@pytest.mark.parametrize(
    ("given", "kind", "fragments"),
    [
        (600, "angular_speed", ["600 has no unit", '"600 rpm"']),
        ("600", "angular_speed", ["no unit", '"600 rpm"']),
        (5.0, "length", ["5.0 has no unit", '"5 mm"']),
        ("5 kg", "length", ["a mass", "a length is needed", '"5 mm"']),
        ("5 mm", "mass", ["a length", "a mass is needed"]),
        ("10 Hz", "length", ["a rate per time", "a length"]),
        ("5 m/s", "angular_speed", ["a speed", "an angular speed"]),
        ("5 rpm", "rate", ["an angular speed", "a rate"]),
        ("5 rad2/s", "angular_speed", ["an angular speed is needed"]),
        ("20 degC", "length", ["a temperature", "a length"]),
        ("5 mol", "length", ["a quantity in mole", "a length"]),
        ("5 mmm", "length", ["unknown unit 'mmm'", '"5 mm"']),
        ("5,1 mm", "length", ["point, not a comma"]),
        ("1 000 rpm", "angular_speed", ["unknown unit"]),
        ("mm", "length", ["a length is needed"]),
        ("", "length", ["a length is needed"]),
        ("five mm", "length", ["a length is needed"]),
        ("1e999 mm", "length", ["too large"]),
        ("1e999", "number", ["finite"]),
        (math.inf, "number", ["finite"]),
        (math.nan, "number", ["finite"]),
        (10**400, "number", ["finite"]),
        (True, "number", ["true", "a plain number"]),
        (None, "length", ["a length is needed"]),
        ([5], "length", ["[5]", "a length is needed"]),
        ("5 mm", "number", ["a plain number without unit"]),
        ("500 J", "specific_energy", ["an energy, but an energy per mass", '"500 J/g"']),
        ("5 m**9**9**9", "length", ["unknown unit"]),
        ("5 (m", "length", ["unknown unit"]),
        ("5 __class__", "length", ["unknown unit"]),
        ("5 " + "m" * 5000, "length", ["unknown unit"]),
    ],
)
def test_refuses_with_what_is_accepted(given, kind, fragments):
    with pytest.raises(QuantityError) as caught:
        parse_quantity(given, kind)
    message = str(caught.value)
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("value", [1.0, 2.5e-3, 7e-6, 600.0, -3.0])
def test_shown_values_read_back(kind, value):
    assert parse_quantity(format_quantity(value, kind, 12), kind) == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.005, "length", "5 mm"),
        (40e-6, "length", "40 µm"),
        (0.0, "length", "0 mm"),
        (RPM_600, "angular_speed", "600 rpm"),
        (210e9, "modulus", "210 GPa"),
        (8e-5, "volume", "80 mL"),
        (5e-4, "time", "0.5 ms"),
        (4.66e-7, "time", "0.466 µs"),
        (0.5, "time", "0.5 s"),
        (0.0175, "mass", "17.5 g"),
        (6100.0, "density", "6.1 g/cm3"),
        (-9.81, "acceleration", "-9.81 m/s2"),
        (5e5, "specific_energy", "500 J/g"),
        (0.3, "number", "0.3"),
    ],
)
def test_shows_the_unit_of_the_trade(value, kind, text):
    assert format_quantity(value, kind) == text


def test_whole_numbers():
    accept = Accept("count", 1, 10)
    assert accept.read(3) == 3
    assert isinstance(accept.read(3.0), int)
    with pytest.raises(QuantityError, match="whole number"):
        accept.read(3.5)
    with pytest.raises(QuantityError, match="from 1 to 10"):
        accept.read(11)


READ_ONE = "from gpudem.units import parse_quantity; print(parse_quantity('5 mm', 'length'))"


@pytest.mark.parametrize("prepare", ["good", "no_folder", "a_file", "broken_cache"])
def test_reads_whatever_the_cache_folder_is_like(tmp_path, prepare):
    cache = tmp_path / "cache"
    if prepare == "no_folder":
        cache = Path("/proc/no/such/folder")
    elif prepare == "a_file":
        cache.write_text("in the way")
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "HOME": str(cache)}

    def read_one():
        command = [sys.executable, "-c", READ_ONE]
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60
        )

    first = read_one()
    assert (first.returncode, first.stdout, first.stderr) == (0, "0.005\n", "")
    if prepare == "broken_cache":
        kept = [path for path in cache.rglob("*") if path.is_file()]
        assert kept, "the cache was not used"
        for path in kept:
            path.write_bytes(path.read_bytes()[:20])
        again = read_one()
        assert (again.returncode, again.stdout, again.stderr) == (0, "0.005\n", "")


def test_pint_comes_with_the_first_quantity_only():
    code = (
        "import sys, gpudem.scenefile\n"
        "heavy = {'taichi', 'pyvista', 'matplotlib', 'scipy', 'xarray', 'pint'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
