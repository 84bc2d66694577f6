import math
import os
import re
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
        ("600 r/min", "angular_speed", RPM_600),
        ("600 U/min", "angular_speed", RPM_600),
        ("600 min^-1", "angular_speed", RPM_600),
        ("600 min\u207b\u00b9", "angular_speed", RPM_600),
        ("10 rps", "angular_speed", RPM_600),
        ("6.1 kg/dm3", "density", 6100.0),
        ("6.1 g/cc", "density", 6100.0),
        ("6.1 t/m3", "density", 6100.0),
        ("6.1 kg/L", "density", 6100.0),
        ("0.2 t", "mass", 200.0),
        ("0.2 tonnes", "mass", 200.0),
        ("17.5 grams", "mass", 0.0175),
        ("3 kWh/t", "specific_energy", 10800.0),
        ("3 Wh/kg", "specific_energy", 10800.0),
        ("0.5 kWh", "energy", 1.8e6),
        ("210 kN/mm2", "modulus", 210e9),
        ("2 kg/(m s2)", "modulus", 2.0),
        ("40 um", "length", 40e-6),
        ("1 in", "length", 0.0254),
        ("2 hours", "time", 7200.0),
        ("3.6 km/h", "speed", 1.0),
        ("9.81 m s-2", "acceleration", 9.81),
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
        ("6.1 gr/cm3", "density", ["'gr' may be grains or grams, write g", '"6.1 g/cm3"']),
        ("17.5 gr", "mass", ["'gr' may be grains or grams, write g"]),
        ("5 ton", "mass", ["'ton' may be", "write t for 1000 kg"]),
        ("3 kWh/tons", "specific_energy", ["'tons' may be", "write t for 1000 kg"]),
        ("5 lb", "mass", ["'lb' is 0.45359237 kg"]),
        ("5 mil", "length", ["'mil' may be", "write µm, mm or mL"]),
        ("5 µ", "length", ["write µm"]),
        ("10 M", "time", ["unknown unit 'M' (accepted: ns, µs, ms, s, min, h)"]),
        ("600 rad", "angular_speed", ["an angle, but an angular speed"]),
        ("20 \u00b0C", "temperature", ["not counted from absolute zero, write K"]),
        ("3 J/kg s", "specific_energy", ["'J/kg s' is not clear", "its own /"]),
        ("5 furlong", "length", ["unknown unit 'furlong' (accepted: nm, µm, um, mm, cm, m, in)"]),
        ("1 g", "acceleration", ["a mass, but an acceleration is needed"]),
        ("“5 mm”", "length", ["curly quotes", '"5 mm"']),
        ("5 \x1b[31m", "length", [r"\u001b"]),
    ],
)
def test_refuses_with_what_is_accepted(given, kind, fragments):
    with pytest.raises(QuantityError) as caught:
        parse_quantity(given, kind)
    message = str(caught.value)
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message


@pytest.mark.parametrize(
    ("given", "kind", "meant"),
    [
        ("210 GPA", "modulus", "GPa"),
        ("210 gpa", "modulus", "GPa"),
        ("210 mPa", "modulus", "MPa"),
        ("5 Mm", "length", "mm"),
        ("5 MM", "length", "mm"),
        ("5 NM", "length", "nm"),
        ("17.5 KG", "mass", "kg"),
        ("80 ML", "volume", "mL"),
        ("6.1 G/CM3", "density", "g/cm3"),
        ("600 Rpm", "angular_speed", "rpm"),
        ("600 1/MIN", "angular_speed", "1/min"),
        ("10 hz", "angular_speed", "Hz"),
        ("500 KJ/Kg", "specific_energy", "kJ/kg"),
        ("5 Mj", "energy", "mJ or MJ"),
    ],
)
def test_wrong_capitals_are_told(given, kind, meant):
    with pytest.raises(QuantityError, match=rf"capital and small letters differ, write {meant};"):
        parse_quantity(given, kind)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"number"}))
def test_every_unit_that_messages_name_is_accepted(kind):
    for unit in KINDS[kind].accepted.split(", "):
        assert parse_quantity(f"1 {unit}", kind) > 0.0
    with pytest.raises(QuantityError, match=re.escape(f"(accepted: {KINDS[kind].accepted})")):
        parse_quantity("1 firkin", kind)


#: What a general unit library knows, and nobody who writes a scene means.
NEVER_MEANT = "gr ton Mm PJ mPa Gm fm pt dr lb oz T M A cd bu mil B b R Gy Sv ppm century h_bar"


@pytest.mark.parametrize("unit", NEVER_MEANT.split())
def test_no_other_unit_is_read_in_any_kind(unit):
    for kind in KINDS:
        with pytest.raises(QuantityError):
            parse_quantity(f"5 {unit}", kind)


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


def test_reads_where_nothing_can_be_kept():
    environment = {**os.environ, "XDG_CACHE_HOME": "/proc/no/such", "HOME": "/proc/no/such"}
    command = [sys.executable, "-c", READ_ONE]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.005\n", "")


def test_reading_a_scene_imports_nothing_heavy():
    code = (
        "import sys, gpudem.scene.file\n"
        "gpudem.scene.file.load_scene('pulverisette7')\n"
        "heavy = {'taichi', 'pyvista', 'matplotlib', 'scipy', 'xarray', 'pint'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_reference_page_names_every_unit():
    page = (REPOSITORY / "docs" / "reference" / "scene.md").read_text(encoding="utf-8")
    for kind in set(KINDS) - {"number", "rate", "temperature"}:
        units = ", ".join(f"`{unit}`" for unit in KINDS[kind].accepted.split(", "))
        assert f"| {units} |" in page
