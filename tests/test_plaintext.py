"""Nothing that files or users give reaches a terminal as a control character."""

import h5py

from gpudem.plain_text import printable
from tests.cli.test_bad_input import ends_of
from tests.scene.test_file import REFERENCE
from tests.syntheticrun import write_mill

#: Sets a window's title, colours, the same by a single character (C1), deletes, turns text round.
HOSTILE = "\x1b]0;x\x07\x1b[31m\x9b31m\x7f\u202e"


def test_characters_that_a_terminal_acts_on_are_written_out():
    assert printable("Mühle 5 µm²") == "Mühle 5 µm²"
    assert printable("\x1b[31m\x9b\x7f\u202e\n\xa0") == r"\u001b[31m\u009b\u007f\u202e\n\u00a0"
    assert printable("a\nb\r\n", keep="\n") == "a\nb\\r\n"
    # A file name that is not UTF-8.
    assert printable("\udcff") == r"\udcff"


def hostile_run(path):
    """A run file every text of which holds control characters."""
    write_mill(path, title=HOSTILE, scene=HOSTILE)
    with h5py.File(path, "r+") as file:
        groups = [file["gpudem"][name] for name in ("parameters", "versions", "timings")]
        texts = [(g, name) for g in groups for name, v in g.attrs.items() if isinstance(v, str)]
        for group, name in texts:
            group.attrs[name] = HOSTILE
    assert len(texts) >= 4


def test_no_command_prints_them(tmp_path):
    scene, run, other = f"a{HOSTILE}.toml", f"b{HOSTILE}.vtkhdf", f"c{HOSTILE}.vtkhdf"
    wrong = f"wrong{HOSTILE}.toml"
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in HOSTILE)
    titled = REFERENCE.replace('title = "', f'title = "{escaped}')
    assert titled != REFERENCE
    (tmp_path / scene).write_text(titled)
    (tmp_path / wrong).write_text(
        titled.replace('"5 mm"', f'"5 {escaped}"')
        .replace("ratio = -2", f'"{escaped}" = 1\nratio = "{escaped}"')
        .replace('start = "rest"', f'start = "{escaped}"')
    )
    (tmp_path / f"toml{HOSTILE}.toml").write_text(f"{HOSTILE} = 1")
    for name in (run, other):
        hostile_run(tmp_path / name)
    with_set = ["--set", f"mill.speed=5 {HOSTILE}", "--set", f"{HOSTILE}=1", "--set", HOSTILE]
    found = ends_of(
        [
            ["check", scene],
            ["check", scene, "--json"],
            ["check", wrong],
            ["check", f"toml{HOSTILE}.toml"],
            ["check", f"none{HOSTILE}"],
            ["check", scene, *with_set],
            ["check", scene, f"--{HOSTILE}"],
            ["new", f"new{HOSTILE}.toml"],
            ["new", f"new{HOSTILE}.toml"],
            ["new", "x.toml", "--from", HOSTILE],
            ["run", scene, "-o", f"no{HOSTILE}/run.vtkhdf"],
            ["run", scene, "--schedule", HOSTILE],
            ["report", run],
            ["report", run, "--json"],
            ["report", run, other, "--csv", f"tables{HOSTILE}"],
            ["report", f"none{HOSTILE}.vtkhdf"],
            ["report", run, "--mass", f"5 {HOSTILE}"],
            ["resume", run],
            ["motion", f"none{HOSTILE}.vtkhdf"],
            ["render", f"none{HOSTILE}.vtkhdf"],
        ],
        tmp_path,
    )
    assert [code for code, _, _ in found] == [0, 0, *[2] * 5, 0, *[2] * 4, 0, 0, 0, *[2] * 5]
    for number, (_, out, err) in enumerate(found):
        told = (out + err).replace("\n", "")
        assert told.isprintable(), (number, told)
        assert told
