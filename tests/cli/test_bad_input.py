"""Bad input through the front door: one clear message, exit code 2, nothing written."""

import hashlib
import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpudem import Scene, load_scene
from gpudem.errors import GpudemError
from gpudem.report.report import analyse
from gpudem.runfile.checkpoint import checkpoint_paths
from gpudem.scene.file import scene_from_text, scene_text
from tests.runs import environment
from tests.scene.test_file import REFERENCE, WRONG_LINES, line_of
from tests.syntheticrun import write_mill

#: Runs commands in one process; prints exit code, stdout and stderr of each.
DRIVER = """
import contextlib, io, json, sys
from gpudem.cli.app import main
ends = []
for arguments in json.loads(sys.stdin.read()):
    sys.argv = ["gpudem", *arguments]
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = stop.code or 0
    ends.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(ends))
"""


def ends_of(commands, folder):
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(),
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def contents(folder):
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def check(commands, folder, fragments):
    before = contents(folder)
    for command, wanted, (code, out, err) in zip(
        commands, fragments, ends_of(commands, folder), strict=True
    ):
        told = f"{command}: {code}\n{out}{err}"
        assert code == 2, told
        assert out == "", told
        first, *more = err.splitlines()
        assert first.startswith("gpudem: "), told
        # Several faults of one file are one line each.
        assert all(line.startswith(f"{command[-1]}:") for line in more), told
        assert "Traceback" not in err, told
        for fragment in wanted:
            assert fragment in err, told
    assert contents(folder) == before


def test_every_wrong_line_of_a_scene(tmp_path):
    commands, fragments = [], []
    for number, (start, replacement, wanted) in enumerate(WRONG_LINES):
        lines = REFERENCE.splitlines()
        lines[line_of(REFERENCE, start) - 1] = replacement
        name = f"mill-{number}.toml"
        (tmp_path / name).write_text("\n".join(lines))
        commands.append(["run" if number % 2 else "check", name])
        fragments.append([f"{name}:", *wanted])
    assert len(commands) >= 60
    check(commands, tmp_path, fragments)


def test_files_that_are_something_else(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.toml").write_bytes(b"")
    (tmp_path / "huge.toml").write_bytes(b"#" * 2_000_000)
    (tmp_path / "latin.toml").write_bytes('title = "M\xfchle"'.encode("latin-1"))
    (tmp_path / "utf16.toml").write_bytes(REFERENCE.encode("utf-16"))
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "cut.toml").write_text(REFERENCE[: REFERENCE.index("[bowl]") + 30])
    (tmp_path / "deep.toml").write_text("x = " + "[" * 5000)
    run = write_mill(tmp_path / "run.vtkhdf")
    whole = run.read_bytes()
    (tmp_path / "cut.vtkhdf").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "empty.vtkhdf").write_bytes(b"")
    (tmp_path / "text.vtkhdf").write_text("a run file")
    (tmp_path / "other.vtkhdf").write_bytes(whole)
    with h5py.File(tmp_path / "other.vtkhdf", "r+") as file:
        file["gpudem"].attrs["schema_version"] = 99
    with h5py.File(tmp_path / "foreign.vtkhdf", "w") as file:
        file["x"] = 1
    (tmp_path / "away.vtkhdf").write_bytes(whole)
    with h5py.File(tmp_path / "away.vtkhdf", "r+") as file:
        del file["gpudem/summary/mean_speed"]
        file["gpudem/summary/mean_speed"] = h5py.ExternalLink("run.vtkhdf", "/gpudem")
    part = write_mill(tmp_path / "part.vtkhdf")
    with h5py.File(part, "r+") as file:
        file["gpudem"].attrs.modify("complete", np.bool_(False))
    checkpoint_paths(part)[0].write_bytes(b"PK\x03\x04 nonsense")
    table = [
        (["check", "folder"], ["folder: is a folder"]),
        (["check", "empty.toml"], ["empty.toml"]),
        (["run", "huge.toml"], ["huge.toml: larger than 1 MB"]),
        (["run", "latin.toml"], ["latin.toml:1: not UTF-8"]),
        (["check", "utf16.toml"], ["utf16.toml:1: not UTF-8"]),
        (["check", "binary.toml"], ["binary.toml"]),
        (["check", "cut.toml"], ["cut.toml"]),
        (["check", "deep.toml"], ["deep.toml"]),
        (["check", "run.vtkhdf"], ["is a run file, not a scene"]),
        (["run", "../nothing/here.toml"], ["no such file"]),
        (["run", "a\0b"], ["cannot be read"]),
        (["report", "cut.vtkhdf"], ["cut.vtkhdf: is damaged"]),
        (["report", "empty.vtkhdf"], ["empty.vtkhdf: is not an HDF5 file"]),
        (["report", "text.vtkhdf"], ["text.vtkhdf: is not an HDF5 file"]),
        (["report", "other.vtkhdf"], ["schema version 99"]),
        (["report", "foreign.vtkhdf"], ["not a run file"]),
        (["report", "folder"], ["folder"]),
        (["report", "run.vtkhdf", "--figure", "run.jpg"], [".png, .pdf or .svg"]),
        (["report", "run.vtkhdf", "--figure", "no/run.png"], ["there is no folder no"]),
        (["report", "away.vtkhdf"], ["summary/mean_speed leads out of the file"]),
        (["report", "x" * 300 + ".vtkhdf"], ["too long"]),
        (["run", "pulverisette7", "-o", "x" * 300 + ".vtkhdf"], ["too long"]),
        (["run", "pulverisette7", "-o", "/dev/null"], ["/dev/null: is no regular file"]),
        (["resume", "run.vtkhdf"], ["is complete, there is nothing to resume"]),
        (["resume", "part.vtkhdf"], ["is no intact checkpoint"]),
        (["resume", "cut.vtkhdf"], ["cut.vtkhdf: is damaged"]),
        (["resume", "nothing.vtkhdf"], ["no such file"]),
        (["resume", "folder"], ["folder"]),
        (["check", "pulverisette7", "--device", "abacus"], ["--device abacus"]),
    ]
    check([command for command, _ in table], tmp_path, [wanted for _, wanted in table])


# --- made-up input ------------------------------------------------------------------------

VALUES = st.one_of(
    st.text(max_size=30).map(lambda text: json.dumps(text)),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(
        '"5 mm" "600 rpm" "-1 mm" "1e400 mm" "5 mm^99999" "mm" "5 5 mm" "1/0 s" "nan mm" '
        '"__import__(\'os\')" "${HOME}" [1,2,3] {a=1} true 1979-05-27 inf -nan "" "%s%s" '
        '"5 µm" "5 Å" "5 m**m" "0x10 mm" "1_000 mm" "٥ mm"'.split(" ")
    ),
    st.text(max_size=20),
)
LINES = [n for n, line in enumerate(REFERENCE.splitlines()) if " = " in line and line[0] != "#"]
MANY = settings(deadline=20_000, suppress_health_check=list(HealthCheck), derandomize=True)


@settings(MANY, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(LINES), VALUES), min_size=1, max_size=4))
def test_any_values_give_a_scene_or_one_message(changes):
    lines = REFERENCE.splitlines()
    for number, value in changes:
        lines[number] = f"{lines[number].split(' = ')[0]} = {value}"
    try:
        assert isinstance(scene_from_text("\n".join(lines)), Scene)
    except GpudemError as error:
        assert str(error)


@settings(MANY, max_examples=200)
@given(st.binary(max_size=300), st.integers(0, len(REFERENCE)), st.integers(0, 40))
def test_any_bytes_in_a_scene_file_give_a_scene_or_one_message(tmp_path_factory, junk, at, cut):
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    text = REFERENCE.encode()
    path.write_bytes(text[:at] + junk + text[at + cut :])
    try:
        load_scene(path)
    except GpudemError as error:
        assert "fuzz.toml" in str(error)


@settings(MANY, max_examples=150)
@given(st.text(max_size=60))
def test_any_override_gives_a_scene_or_one_message(text):
    try:
        scene_from_text(scene_text("pulverisette7"), [text])
    except GpudemError as error:
        assert "--set" in str(error)


@pytest.fixture(scope="module")
def mill(tmp_path_factory):
    return write_mill(tmp_path_factory.mktemp("mill") / "mill.vtkhdf").read_bytes()


@settings(MANY, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=16))),
    st.floats(0, 1),
)
def test_any_bytes_in_a_run_file_give_a_report_or_one_message(
    tmp_path_factory, mill, changes, share
):
    path = tmp_path_factory.getbasetemp() / "fuzz.vtkhdf"
    damaged = bytearray(mill)
    for place, junk in changes:
        first = int(place * len(damaged))
        damaged[first : first + len(junk)] = junk
    path.write_bytes(damaged if share > 0.2 else damaged[: int(5 * share * len(damaged))])
    try:
        analyse(path)
    except GpudemError as error:
        assert "fuzz.vtkhdf" in str(error) and "\n" not in str(error)


def every_name(mill, folder):
    path = folder / "names.vtkhdf"
    path.write_bytes(mill)
    names = []
    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: names.append((name, "")))
        file.visititems(lambda name, item: names.extend((name, key) for key in item.attrs))
    return names


@settings(MANY, max_examples=40)
@given(st.data())
def test_a_run_file_of_other_content_gives_a_report_or_one_message(tmp_path_factory, mill, data):
    names = every_name(mill, tmp_path_factory.getbasetemp())
    path = tmp_path_factory.getbasetemp() / "content.vtkhdf"
    path.write_bytes(mill)
    value = st.sampled_from(
        [np.int64(-1), np.int64(2**62), np.float64("nan"), "text", b"\xff\xfe", np.zeros((3, 3, 3))]
    )
    with h5py.File(path, "r+") as file:
        for name, key in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)):
            if name not in file:
                continue
            if key:
                file[name].attrs[key] = data.draw(value)
            else:
                del file[name]
                if data.draw(st.booleans()):
                    file[name] = data.draw(value)
    try:
        analyse(path)
    except GpudemError as error:
        assert "content.vtkhdf" in str(error) and "\n" not in str(error)
