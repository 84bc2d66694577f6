import os
import random
import re
from pathlib import Path

import numpy as np
import pytest

from gpudem.errors import SceneError
from gpudem.scene.checks import warnings
from gpudem.scene.file import (
    key_lines,
    load_scene,
    new_scene,
    scene_from_text,
    scene_keys,
    scene_text,
    shipped_scenes,
)

REPOSITORY = Path(__file__).resolve().parents[2]
REFERENCE = scene_text("pulverisette7")


def write(folder, text):
    path = folder / "mill.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults_of(path, overrides=()):
    with pytest.raises(SceneError) as caught:
        load_scene(path, overrides)
    return str(caught.value).splitlines()


def line_of(text, start):
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(start))


# --- one wrong line each -----------------------------------------------------------------

#: (line of the reference scene to replace, its replacement, fragments of the one message)
WRONG_LINES = [
    ("speed =", "speed = 600", ["mill.speed: 600 has no unit", '"600 rpm"']),
    ("speed =", 'speed = "600"', ['mill.speed: "600" has no unit', '"600 rpm"']),
    ("speed =", 'speed = "5 kg"', ['mill.speed = "5 kg": a mass, but an angular speed']),
    ("speed =", 'speed = "5000 rpm"', ["from 0 rpm to 3000 rpm"]),
    ("speed =", 'speed = "-5 rpm"', ["from 0 rpm to 3000 rpm"]),
    ("speed =", "speed = true", ["mill.speed = true: an angular speed is needed"]),
    ("speed =", "speed = [600]", ["mill.speed = [600]: an angular speed is needed"]),
    ("speed =", 'speed = "600 rmp"', ["unknown unit 'rmp'", '"600 rpm"']),
    ("speed =", "speed = 1979-05-27", ["an angular speed is needed"]),
    ("ratio =", 'ratio = "-2 rpm"', ["a plain number without unit", "-2"]),
    ("ratio =", "ratio = nan", ["finite"]),
    ("ratio =", "ratio = 1e9", ["from -10 to 10"]),
    ("kind =", 'kind = "tumbling"', ["mill.kind", "not known", "planetary"]),
    ("kind =", 'kind = "planetry"', ["did you mean 'planetary'?"]),
    ("sun_wheel_radius =", 'sun_wheel_radius = "70 m"', ["from 0 mm to 2000 mm"]),
    ("# gravity", "gravity = [0, 0, -9.81]", ["mill.gravity", "-9.81 has no unit"]),
    ("# gravity", 'gravity = "9.81 m/s2"', ["list of three", '[0, 0, "-9.81 m/s2"]']),
    ("# gravity", 'gravity = [0, "1 m/s2"]', ["list of three"]),
    ("# gravity", 'gravity = [0, 0, "9 kg"]', ["a mass, but an acceleration"]),
    ("height =", 'height = "50 mm"', ["bowl.volume", "102.1 mL", "within 1 %"]),
    ("volume =", 'volume = "45 mL"', ["bowl.volume", "80.08 mL", "within 1 %"]),
    ("closed =", 'closed = "yes"', ['bowl.closed = "yes": must be true or false']),
    ("closed =", "closed = 1", ["must be true or false"]),
    ("closed =", "youngs_modulus = 210e9", ["bowl.youngs_modulus", "no unit", "210 GPa"]),
    ("density =", 'density = "6.1 kg"', ["a mass, but a density is needed", "6.1 g/cm3"]),
    ("density =", 'density = "6,1 g/cm3"', ["point, not a comma"]),
    ("density =", 'density = "6.1 kg/m3"', ["from 0.1 g/cm3 to 25 g/cm3"]),
    ("youngs_modulus =", 'youngs_modulus = "210 g"', ["a mass, but a pressure is needed"]),
    ("poisson_ratio =", "poisson_ratio = 0.5", ["from 0 to 0.49"]),
    ("filling =", "filling = 0", ["above 0 and at most 1.25"]),
    ("filling =", "filling = 1.3", ["above 0 and at most 1.25"]),
    ("filling =", "filling = 0.0001", ["beads.filling", "gives 0 beads"]),
    ("filling =", "count = 0", ["from 1 to 2000000"]),
    ("filling =", "count = 12.5", ["whole number"]),
    ("filling =", "count = 1000", ["beads.count = 1000", "905 of the densest packing"]),
    ("filling =", "", ["[beads]", "filling or count is missing"]),
    ("porosity =", "count = 300", ["beads.count = 300: give filling or count, not both"]),
    ("porosity =", "porosity = 0.1", ["from 0.26 to 0.9"]),
    ("softening =", "softening = 0.5", ["from 1 to 10000", "divides"]),
    ("restitution =", "restitution = 0", ["from 0.01 to 1", "infinite damper"]),
    ("restitution =", "restitution = 1.1", ["from 0.01 to 1"]),
    ("restitution =", "", ["[contact.bead_bead]: restitution is missing", "restitution = 0.15"]),
    ("static_friction =", "static_friction = 0.4", ["below dynamic_friction = 0.5"]),
    ("dynamic_friction =", "dynamic_friction = -1", ["from 0 to"]),
    ("rolling_model =", 'rolling_model = "elastic"', ["did you mean 'elastic-plastic'?"]),
    ("rolling_radius =", "rolling_radius = 3", ["accepted: reduced, bead"]),
    ("stick_speed =", "stick_speed = 0.001", ["0.001 has no unit", '"1e-3 m/s"']),
    ("stick_speed =", "shear_damping = 0.5", ["must be true or false"]),
    ("mass =", "mass = 17.5", ["17.5 has no unit", '"17.5 g"']),
    ("mass =", 'mass = "0 g"', ["above 0 kg"]),
    ("title =", "title = 5", ["title = 5: text in quotes"]),
    ("duration =", 'duration = "1.0003 s"', ["whole multiple", '"1 s" or "1.0005 s"']),
    ("duration =", 'duration = "0 s"', ["above 0 s"]),
    ("duration =", "", ["[run]: duration is missing", 'duration = "1 s"']),
    ("log_from =", 'log_from = "1 s"', ["run.log_from", "below run.duration = 1 s; give both"]),
    ("log_from =", 'log_from = "0.2 ms"', ["whole multiple", '"0 s" or "0.5 ms"']),
    ("log_interval =", 'log_interval = "0 s"', ["from 0.1 µs to 10 s"]),
    ("snapshot_interval =", 'snapshot_interval = "0.7 ms"', ['"0.5 ms" or "1 ms"']),
    ("snapshot_interval =", 'snapshot_interval = "0.1 ms"', ['nearest: "0.5 ms"']),
    ("checkpoint =", 'checkpoint = "0 ms"', ["above 0 s"]),
    ("seed =", "seed = -1", ["from 0 to 2147483647"]),
    ("seed =", "seed = 1.5", ["whole number"]),
    ("start =", 'start = "resting"', ["did you mean 'rest'?", "rest, settled, ramp"]),
    ("start =", 'log = "none"', ["accepted: beads, bowl"]),
    ("rayleigh_fraction =", "rayleigh_fraction = 0.6", ["at most 0.5", "unstable"]),
    ("rayleigh_fraction =", "rayleigh_fraction = 0", ["above 0"]),
    ("closed =", "heigth = 1", ["bowl.heigth: unknown key; did you mean 'height'?", "diameter,"]),
    ("closed =", "Closed = true", ["did you mean 'closed'?"]),
    ("closed =", '"a\\nb" = 1', ["unknown key", "accepted: shape, "]),
    ("closed =", "restitution = 1", ["did you mean 'contact.bead_bead.restitution'?"]),
    ("seed =", "sede = 1", ["run.sede: unknown key; did you mean 'seed'?"]),
    ("[product]", "[produkt]", ["[produkt]: unknown table; did you mean 'product'?"]),
    ("[product]", "[[product]]", ["product", "a table is needed, written [product]", "once"]),
    ("mass =", 'mass = "17.5 gr"', ["'gr' may be grains or grams, write g"]),
    ("density =", 'density = "6.1 gr/cm3"', ["'gr' may be grains or grams, write g"]),
    ("speed =", 'speed = "600 RPm"', ["capital and small letters differ, write rpm"]),
    ("volume =", 'volume = "78 mL"', ["80.08 mL", 'delete volume or write "80.08 mL"']),
]


@pytest.mark.parametrize(
    ("start", "replacement", "fragments"), WRONG_LINES, ids=[line for _, line, _ in WRONG_LINES]
)
def test_one_wrong_line_gives_one_message(tmp_path, start, replacement, fragments):
    number = line_of(REFERENCE, start)
    lines = REFERENCE.splitlines()
    lines[number - 1] = replacement
    found = faults_of(write(tmp_path, "\n".join(lines)))
    assert len(found) == 1, found
    for fragment in fragments:
        assert fragment in found[0]
    place = re.match(r".*mill\.toml:(\d+): (?:\[([\w.]+)\]|(?:\w+\.)*(\w+|\".*?\"))", found[0])
    assert place, found[0]
    told = lines[int(place[1]) - 1]
    assert told.startswith(f"[{place[2]}]" if place[2] else (place[3], f"[[{place[3]}]]"))


def test_several_sizes_of_beads_are_refused_as_such(tmp_path):
    text = REFERENCE.replace('diameter = "5 mm"', 'diameter = ["5 mm", "3 mm"]')
    (fault,) = faults_of(write(tmp_path, text))
    assert 'beads.diameter = ["5 mm", "3 mm"]: a length is needed' in fault
    assert fault.endswith("; for beads of several kinds write a [[beads]] table for each")


def test_a_wide_bead_does_not_fit(tmp_path):
    text = REFERENCE.replace('diameter = "5 mm"', 'diameter = "50 mm"')
    (fault,) = faults_of(write(tmp_path, text))
    assert 'beads.diameter = "50 mm": the bowl is only 39.2 mm' in fault


def test_all_faults_at_once_in_the_order_of_the_file(tmp_path):
    text = (
        REFERENCE.replace('speed = "600 rpm"', "speed = 600")
        .replace("height =", "heigth =")
        .replace('diameter = "5 mm"', 'diameter = "5 kg"')
        .replace("restitution = 0.15", "restitution = 2")
        .replace('start = "rest"', 'start = "res"')
    )
    path = write(tmp_path, text)
    found = faults_of(path)
    expected = [
        (line_of(text, "speed"), ': mill.speed: 600 has no unit; write for example "600 rpm"'),
        (line_of(text, "[bowl]"), ': [bowl]: height is missing; write for example height = "51.0'),
        (line_of(text, "heigth"), ": bowl.heigth: unknown key; did you mean 'height'? (accepted: "),
        (
            line_of(text, 'diameter = "5 kg"'),
            ': beads.diameter = "5 kg": a mass, but a length is needed, for example "5 mm"',
        ),
        (line_of(text, "restitution"), ": contact.bead_bead.restitution = 2: must be from 0.01"),
        (line_of(text, "start"), ": run.start = \"res\": not known; did you mean 'rest'?"),
    ]
    assert len(found) == len(expected)
    for fault, (line, text_of) in zip(found, expected, strict=True):
        assert fault.startswith(f"{path}:{line}{text_of}")


def test_a_fault_of_the_wall_is_told_apart_and_once(tmp_path):
    wall = "[contact.bead_wall]"
    text = REFERENCE.replace(wall, wall + "\nrestitution = 7\nstatic_friction = 0.1\n")
    (fault,) = faults_of(write(tmp_path, text))
    assert "contact.bead_wall.restitution = 7" in fault
    (fault,) = faults_of(write(tmp_path, text.replace("restitution = 7\n", "")))
    assert "contact.bead_wall.static_friction = 0.1: must not be below" in fault
    (fault,) = faults_of(write(tmp_path, REFERENCE.replace("_friction = 0.55", "_friction = 0.4")))
    assert "contact.bead_bead.static_friction" in fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            [
                "mill.toml: [mill]: the table is missing; it needs speed, ratio, sun_wheel_radius",
                "mill.toml: [bowl]: the table is missing; it needs diameter, height",
                "[beads]: the table is missing; it needs diameter, material, filling or count",
                "[contact.bead_bead]: the table is missing; it needs restitution",
                "[run]: the table is missing; it needs duration",
            ],
        ),
        (REFERENCE.replace("[mill]", "mill = 5\n[mil]"), ["mill = 5: a table", "mean 'mill'?"]),
    ],
)
def test_missing_tables(tmp_path, text, expected):
    found = faults_of(write(tmp_path, text))
    assert len(found) == len(expected)
    for fault, fragment in zip(found, expected, strict=True):
        assert fragment in fault


# --- files and syntax --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        (
            "[mill]\nspeed = 600 rpm\n",
            ["mill.toml:2: column 13: not valid TOML", 'takes quotes: speed = "600 rpm"'],
        ),
        (
            "[mill]\nspeed = “600 rpm”\n",
            ["mill.toml:2: column 9", 'straight quotes ("), not curly quotes'],
        ),
        ('[mill]\nspeed = "600 rpm”\n', ["mill.toml:2", "curly quotes"]),
        ("[mill]\n‘speed’ = 3\n", ["mill.toml:2", "curly quotes"]),
        ("[mill]\nratio = −2\n", ["mill.toml:2: column 9", "plain hyphen: -"]),
        ("[mill]\nratio = –2\n", ["mill.toml:2: column 9", "plain hyphen: -"]),
        ("[mill]\nratio =\u00a0-2\n", ["mill.toml:2: column 8", "special one (U+00A0)"]),
        ("[beads]\n[beads]\n", ["mill.toml:2: ", "write [[beads]] before each of them"]),
        ("[[beads]]\n[beads]\n", ["mill.toml:2: ", "write [[beads]] before each of them"]),
        ("[mill]\nratio = = 2\n", ["mill.toml:2: column 9: not valid TOML"]),
        ("[mill\n", ["mill.toml:1: column 6: not valid TOML"]),
        ("[mill]\n[mill]\n", ["mill.toml:2: ", "twice"]),
        ('title = "x', ["mill.toml:1: ", "not valid TOML"]),
        ("a = " + "[" * 100_000, ["mill.toml"]),
        ("a = 2020-13-45\n", ["mill.toml:1", "not valid TOML"]),
        ("a = " + "9" * 5000 + "\n", ["mill.toml", "not valid TOML"]),
        (b"title = 'ok'\nx = '\xff\xfe'\n", ["mill.toml:2: not UTF-8"]),
        (b"\x00\x01\x02", ["mill.toml:1", "not valid TOML"]),
        (b"#" * 1_000_001, ["larger than 1 MB"]),
    ],
)
def test_files_that_are_not_toml(tmp_path, text, fragments):
    (fault,) = faults_of(write(tmp_path, text))
    for fragment in fragments:
        assert fragment in fault


def test_files_that_cannot_be_read(tmp_path):
    (fault,) = faults_of(tmp_path / "none.toml")
    assert "none.toml: no such file" in fault
    (fault,) = faults_of(tmp_path)
    assert "is a folder" in fault
    (fault,) = faults_of("pulverisete7")
    assert "did you mean 'pulverisette7'?" in fault
    assert "gpudem scenes lists" in fault
    (fault,) = faults_of("pulverisette7.toml")
    assert "did you mean 'pulverisette7'?" in fault
    (fault,) = faults_of("a\0b")
    assert "cannot be read" in fault
    (fault,) = faults_of("a" * 5000)
    assert "cannot be read" in fault
    os.mkfifo(tmp_path / "pipe")
    (fault,) = faults_of(tmp_path / "pipe")
    assert "not a regular file" in fault


def test_a_file_without_permission(tmp_path, monkeypatch):
    path = write(tmp_path, REFERENCE)

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    # chmod would not stop root, under whom these tests may run.
    monkeypatch.setattr("builtins.open", refuse)
    (fault,) = faults_of(path)
    assert "no permission" in fault


@pytest.mark.parametrize("change", ["bom", "crlf"])
def test_files_from_windows(tmp_path, change):
    raw = REFERENCE.encode()
    raw = b"\xef\xbb\xbf" + raw if change == "bom" else raw.replace(b"\n", b"\r\n")
    assert load_scene(write(tmp_path, raw)) == load_scene("pulverisette7")
    bad = write(tmp_path, raw.replace(b'"5 mm"', b'"5 kg"'))
    (fault,) = faults_of(bad)
    number = line_of(REFERENCE, 'diameter = "5 mm"')
    assert f"mill.toml:{number}: " in fault


def test_damaged_files_raise_scene_errors_only(tmp_path):
    chance = random.Random(7)
    refused = 0
    for _ in range(300):
        text = list(REFERENCE)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(text))
            action = chance.random()
            if action < 0.4:
                del text[at : at + chance.randint(1, 12)]
            elif action < 0.8:
                text.insert(at, chance.choice("[]{}\"'=.,#\n09e-xµ \\"))
            else:
                text[at : at + 3] = chance.choice(["true", "inf", "'''", "[[", "1e400", "\r"])
        try:
            scene_from_text("".join(text))
        except SceneError as error:
            refused += 1
            assert all(line.startswith("scene.toml") for line in str(error).splitlines())
    assert refused > 100


# --- overrides ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("beads.poisson_ratio=0.25", lambda s: s.beads[0].poisson_ratio, 0.25),
        ('bowl.youngs_modulus="70 GPa"', lambda s: s.bowl.youngs_modulus, 70e9),
        ("bowl.youngs_modulus = 70 GPa", lambda s: s.bowl.youngs_modulus, 70e9),
        ("bowl.closed=false", lambda s: s.bowl.closed, False),
        ("run.start=ramp", lambda s: s.run.start, "ramp"),
        ("run.seed=12", lambda s: s.run.seed, 12),
        ('mill.gravity=[0, "1 m/s2", 0]', lambda s: s.mill.gravity, (0.0, 1.0, 0.0)),
        ("contact.bead_wall.stick_speed=0", lambda s: s.contact.bead_wall.stick_speed, 0.0),
        ("product.milling_time=10 min", lambda s: s.product.milling_time, 600.0),
        ("title=a mill = nice", lambda s: s.title, "a mill = nice"),
    ],
)
def test_overrides(override, read, value):
    assert read(load_scene("pulverisette7", [override])) == value
    assert read(load_scene("pulverisette7")) != value


@pytest.mark.parametrize(
    ("override", "fragments"),
    [
        ("mill.sped=400 rpm", ["--set mill.sped=400 rpm: unknown key; did you mean 'mill.speed'?"]),
        ("mil.speed=400 rpm", ["did you mean 'mill.speed'?", "title, mill, bowl"]),
        ("speed=400 rpm", ["--set speed=400 rpm: unknown key"]),
        ("mill=5", ["--set mill=5: a table", "mill.speed"]),
        ("mill.speed", ["--set mill.speed: write KEY=VALUE"]),
        ("mill.speed=", ["write KEY=VALUE"]),
        ("=5", ["write KEY=VALUE"]),
        ("", ["write KEY=VALUE"]),
        ("mill.speed=400", ["--set mill.speed=400: 400 has no unit", '"600 rpm"']),
        ("mill.speed=5 kg", ["--set mill.speed=5 kg: a mass, but an angular speed"]),
        ("mill.speed=1\nratio=3", ["--set mill.speed=1 ratio=3: "]),
        ("mill.speed.x=1", ["unknown key"]),
        ("bowl.closed=maybe", ["--set bowl.closed=maybe: must be true or false"]),
        ("run.start=later", ["--set run.start=later: not known", "rest, settled, ramp"]),
        ("contact.bead_wall.static_friction=0.1", ["must not be below dynamic_friction = 0.5"]),
        ("contact.bead_wall.dynamic_friction=9", ["must not be below dynamic_friction = 9"]),
    ],
)
def test_wrong_overrides(override, fragments):
    (fault,) = faults_of("pulverisette7", [override])
    for fragment in fragments:
        assert fragment in fault


def test_overrides_do_not_hide_faults_of_the_file(tmp_path):
    path = write(tmp_path, REFERENCE.replace('"5 mm"', '"5 kg"'))
    found = faults_of(path, ["mill.sped=1", "run.seed=x"])
    assert [fault.split(":")[0] for fault in found] == [
        "--set mill.sped=1",
        "--set run.seed=x",
        str(path),
    ]


def test_a_scene_can_be_loaded_again_from_what_it_keeps():
    first = load_scene("pulverisette7", ["mill.speed=400 rpm", "beads.count=20"])
    assert first.source_text == REFERENCE
    assert first.source_name == "pulverisette7.toml"
    assert first.overrides == ("mill.speed=400 rpm", "beads.count=20")
    assert scene_from_text(first.source_text, first.overrides) == first


def test_settings_may_hold_numbers_of_numpy():
    scene = load_scene("pulverisette7", {"beads.filling": np.float64(0.3), "run.seed": np.int64(3)})
    assert scene.filling == pytest.approx(0.3, abs=2e-3) and scene.run.seed == 3
    with pytest.raises(SceneError, match=r"settings: \{1\} is no value of a scene"):
        load_scene("pulverisette7", {"run.seed": {1}})


# --- shipped scenes, new scenes ----------------------------------------------------------


def test_shipped_scenes_load_without_warnings():
    names = [name for name, _ in shipped_scenes()]
    assert {"pulverisette7", "pulverisette7-45ml", "pulverisette7-20ml"} <= set(names)
    for name, title in shipped_scenes():
        scene = load_scene(name)
        assert title == scene.title != ""
        # Beads that are glued together cannot roll.
        glued = ["contact.bead_bead.rolling_friction = 100: above 0.5 is unusual"]
        assert warnings(scene) == (glued if name == "calibration/sliding" else [])
    for name, volume, count in (("45ml", 45e-6, 206), ("20ml", 20e-6, 92)):
        scene = load_scene(f"pulverisette7-{name}")
        assert (scene.bowl.volume, scene.bead_count) == (volume, count)


def test_new_scene(tmp_path):
    path = new_scene(tmp_path / "mine.toml")
    assert path.read_text(encoding="utf-8") == REFERENCE
    assert load_scene(path) == load_scene("pulverisette7")
    path.write_text("mine")
    for target, name, fragment in [
        (path, "pulverisette7", "exists and is not overwritten"),
        (tmp_path, "pulverisette7", "is a folder"),
        (tmp_path / "none" / "x.toml", "pulverisette7", "No such file"),
        (tmp_path / "y.toml", "pulverisette", "did you mean 'pulverisette7'?"),
    ]:
        with pytest.raises(SceneError, match=re.escape(fragment)):
            new_scene(target, name)
    assert path.read_text() == "mine"
    assert not (tmp_path / "y.toml").exists()


# --- places of keys ----------------------------------------------------------------------

PLACES = '''# x = 1
title = """a
[mill]
speed = 3
"""
bowl.height = "a=b # [c]" # d = 4
"quo\\u0074ed" . b = [ 1, # x=1
 2, [3], {p = 1, q={r="}",s=2}}
]
c = 1979-05-27T07:32:00
[mill] # [no]
in = { a = 1, b.c = 'x', d = {}, e = [1,{f=1}], g = 2 }
h = {}
[[ x . "y z" ]]
k = """ " ""\\""" """
l = 1
'''


def test_places_of_keys():
    expected = {
        2: ["title"],
        6: ["bowl", "bowl.height"],
        7: ["quoted", "quoted.b"],
        8: ["quoted.b.p", "quoted.b.q", "quoted.b.q.r", "quoted.b.q.s"],
        10: ["c"],
        11: ["mill"],
        12: ["mill.in"] + [f"mill.in.{name}" for name in ("a", "b", "b.c", "d", "e", "e.f", "g")],
        13: ["mill.h"],
        14: ["x", "x.y z", "x.y z.0"],
        15: ["x.y z.0.k"],
        16: ["x.y z.0.l"],
    }
    found: dict[int, list[str]] = {}
    for path, line in key_lines(PLACES).items():
        found.setdefault(line, []).append(".".join(map(str, path)))
    assert found == expected


# --- the reference page ------------------------------------------------------------------

NAMES_OTHERS_RELY_ON = (
    """
run.duration run.log_from run.log_interval run.snapshot_interval run.checkpoint run.seed
run.start mill.speed mill.ratio bowl.diameter bowl.height bowl.volume bowl.closed
beads.diameter beads.filling beads.count product.mass
""".split()
    + [
        f"contact.{pair}.{key}"
        for pair in ("bead_bead", "bead_wall")
        for key in (
            "restitution static_friction dynamic_friction rolling_friction rolling_model "
            "rolling_radius shear_damping stick_speed"
        ).split()
    ]
)


def test_names_that_others_rely_on():
    assert set(NAMES_OTHERS_RELY_ON) <= {row.key for row in scene_keys()}


def test_reference_page_holds_every_key_and_no_other():
    page = (REPOSITORY / "docs" / "reference" / "scene.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \| (.*) \| (.*) \|$", page, re.MULTILINE)
    assert rows == [tuple(row) for row in scene_keys()]
    assert all(row.meaning and row.accepts and row.default for row in scene_keys())


# --- settings ---------------------------------------------------------------------------


def test_a_duration_alone_moves_the_window():
    scene = load_scene("pulverisette7", {"run.duration": "0.3 s"})
    assert (scene.run.log_from, scene.run.duration) == pytest.approx((0.15, 0.3))
    # In whole intervals, and not where it is given.
    odd = load_scene("pulverisette7", ["run.duration=21 ms", "run.log_interval=1 ms"])
    assert odd.run.log_from == pytest.approx(0.010)
    given = load_scene("pulverisette7", ["run.duration=0.3 s", "run.log_from=0.1 s"])
    assert given.run.log_from == pytest.approx(0.1)
    with pytest.raises(SceneError, match=r"run\.duration"):
        load_scene("pulverisette7", {"run.duration": "0.3 kg"})


def test_a_size_of_the_bowl_alone_replaces_its_nominal_volume():
    scene = load_scene("pulverisette7", {"bowl.diameter": "60 mm"})
    assert scene.bowl.volume == pytest.approx(np.pi / 4.0 * 60e-3**2 * 39.2e-3)
    assert [text for text in warnings(scene) if "110.8 mL" in text]
    # Within 1 % the nominal one holds.
    near = load_scene("pulverisette7", {"bowl.height": "39.3 mm"})
    assert near.bowl.volume == pytest.approx(80e-6) and not warnings(near)
    with pytest.raises(SceneError, match="must agree within 1 %"):
        load_scene("pulverisette7", {"bowl.diameter": "60 mm", "bowl.volume": "80 mL"})


def test_a_scene_says_what_it_is():
    assert repr(load_scene("pulverisette7", {"beads.count": 20})) == (
        "<Scene pulverisette7.toml: planetary, 600 rpm, 20 beads in 80 mL, 1 s>"
    )
