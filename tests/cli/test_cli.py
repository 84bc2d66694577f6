"""The `gpudem` command, as a user starts it: in a process of its own."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpudem import __version__
from gpudem.device.start import why_missing
from tests.runs import gpudem_here

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = {"taichi", "pyvista", "vtkmodules", "matplotlib"}
#: 10 ms of 30 beads, of which the last 5 are evaluated.
SHORT = ["--set", "beads.count=30", "--set", "run.duration=10 ms", "--set", "run.log_from=5 ms"]

#: Runs commands in this process; prints what each wrote to stdout, and the heavy modules.
DRIVER = """
import contextlib, io, json, sys
from gpudem.cli.app import main
outputs, codes = [], []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["gpudem", *arguments]
    shown = io.StringIO()
    code = 0
    try:
        with contextlib.redirect_stdout(shown):
            main()
    except SystemExit as stop:
        code = stop.code or 0
    outputs.append(shown.getvalue())
    codes.append(code)
heavy = sorted(set(sys.modules) & set({heavy}))
print(json.dumps({{"codes": codes, "outputs": outputs, "heavy": heavy}}))
"""


def start(command, folder, timeout=120):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def gpudem(*arguments, folder, **more):
    return start(["-m", "gpudem", *arguments], folder, **more)


def in_one_process(folder, *commands):
    program = DRIVER.format(heavy=sorted(HEAVY))
    done = start(["-c", program, json.dumps(commands)], folder)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "stderr": done.stderr}


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def succeeds(done):
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A folder in which a short run was made, and what the command said."""
    folder = tmp_path_factory.mktemp("ran")
    done = gpudem("run", "pulverisette7", *SHORT, "-o", "one.vtkhdf", folder=folder)
    return folder, done


def test_help_and_check_start_quickly_and_import_nothing_heavy(tmp_path):
    began = time.perf_counter()
    helped = succeeds(gpudem("--help", folder=tmp_path))
    assert time.perf_counter() - began < 10.0
    for command in ("scenes", "new", "check", "run", "report", "render", "view", "doctor", "bench"):
        assert f" {command} " in helped.stdout
    began = time.perf_counter()
    checked = succeeds(gpudem("check", "pulverisette7", folder=tmp_path))
    assert time.perf_counter() - began < 10.0
    assert "367 of 5 mm" in checked.stdout and "2146000 for 1 s" in checked.stdout
    assert "600 rpm" in checked.stdout and "they fit" in checked.stdout
    found = in_one_process(
        tmp_path,
        ["--help"],
        ["check", "pulverisette7"],
        ["run", "--help"],
        ["scenes"],
        ["bench", "--model"],
        ["render", "--help"],
    )
    assert found["codes"] == [0, 0, 0, 0, 0, 0]
    assert found["heavy"] == []
    assert contents(tmp_path) == {}


def test_scenes_new_and_check(tmp_path):
    own = tmp_path / "my.toml"
    found = in_one_process(
        tmp_path,
        ["scenes"],
        ["new", "my.toml", "--from", "pulverisette7-20ml"],
        ["new", "my.toml"],
        ["new"],
        ["new", "pm.toml", "--mill", "retsch-pm100", "--bowl", "50 mL", "--beads", "10 mm steel"],
        ["check", "my.toml", "--set", "mill.speed=400 rpm", "--json"],
        ["check", "pulverisette7", "--json"],
        ["--version"],
    )
    assert found["codes"] == [0, 0, 2, 0, 0, 0, 0, 0]
    assert "my.toml: exists and is not overwritten" in found["stderr"]
    listed, _, _, machines, _, mine, reference, version = found["outputs"]
    names = [line.split()[0] for line in listed.splitlines()]
    assert {"pulverisette7", "pulverisette7-20ml", "retsch-pm100", "spex-8000"} <= set(names)
    assert "retsch-pm100" in machines and "50 mL, 125 mL, 250 mL" in machines
    assert (
        "# Retsch PM 100, 50 mL bowl, 10 mm beads of steel." in (tmp_path / "pm.toml").read_text()
    )
    assert own.read_text() == (REPOSITORY / "scenes" / "pulverisette7-20ml.toml").read_text()
    assert json.loads(mine)["speed"] == pytest.approx(41.8879, rel=1e-5)
    numbers = json.loads(reference)
    assert (numbers["beads"], numbers["steps"]) == (367, 2146000)
    assert numbers["bead_steps"] == 367 * 2146000
    assert numbers["timestep"] == pytest.approx(4.6598e-7, rel=1e-4)
    assert numbers["charge_mass"] == pytest.approx(0.14652, rel=1e-4)
    assert numbers["warnings"] == []
    assert version.strip() == __version__


def test_check_shows_warnings_and_estimates(tmp_path):
    done = succeeds(
        gpudem("check", "pulverisette7", "--set", "contact.softening=10", folder=tmp_path)
    )
    assert "warning: contact.softening = 10" in done.stdout
    assert "run file    about" in done.stdout and " MB" in done.stdout


def test_a_run_writes_file_figure_and_report(ran):
    folder, done = ran
    succeeds(done)
    assert set(contents(folder)) >= {"one.vtkhdf", "one.png"}
    assert (folder / "one.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "device: " in done.stderr and "preparing 30 beads" in done.stderr
    assert "wrote one.vtkhdf" in done.stderr
    # The figure is told of once, by the report.
    assert (done.stdout + done.stderr).count("one.png") == 1
    assert done.stdout.startswith("Verdict: ") and "one.vtkhdf: 30 beads of 5 mm" in done.stdout
    assert "W per gram of product" in done.stdout and "Power [W]" not in done.stdout
    assert "gpudem report one.vtkhdf --full" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_an_existing_run_is_kept_unless_told_otherwise(ran):
    folder, _ = ran
    before = contents(folder)
    refused = gpudem("run", "pulverisette7", *SHORT, "-o", "one.vtkhdf", folder=folder)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "one.vtkhdf: exists already" in refused.stderr and "--overwrite" in refused.stderr
    assert contents(folder) == before


def test_names_json_overwriting_and_runs_without_pictures(ran, tmp_path):
    (tmp_path / "pulverisette7.vtkhdf").write_bytes(b"not mine")
    (tmp_path / "old.vtkhdf").write_bytes(b"old")
    common = ["run", "pulverisette7", *SHORT, "--no-figure"]
    found = in_one_process(
        tmp_path,
        [*common, "--quiet"],
        [*common, "--json"],
        [*common, "-o", "old", "--overwrite", "--quiet", "--json", "--set", "run.seed=2"],
    )
    assert found["codes"] == [0, 0, 0]
    assert found["heavy"] == ["taichi"]
    # Taichi alone may remark on the stdout that this test replaces.
    told = [line for line in found["stderr"].splitlines() if "shell.py" not in line]
    assert told == []
    assert set(contents(tmp_path)) == {
        "pulverisette7.vtkhdf",
        "pulverisette7-2.vtkhdf",
        "pulverisette7-3.vtkhdf",
        "old.vtkhdf",
    }
    assert (tmp_path / "pulverisette7.vtkhdf").read_bytes() == b"not mine"
    quiet, first, second = found["outputs"]
    assert quiet == ""
    (one,), (two,) = json.loads(first), json.loads(second)
    assert (one["file"], two["file"]) == ("pulverisette7-3.vtkhdf", "old.vtkhdf")
    assert one["complete"] and one["beads"] == 30
    for result in (one, two):
        power = result["power"]["dissipation"]
        assert power["total"] > 0.0
        assert power["total"] == pytest.approx(power["bead_bead"] + power["bead_wall"])
        for convention in ("bead", "event"):
            product = (
                result["stress_energy"]["dissipation"][convention]
                * result["stress_frequency"][convention]
            )
            assert product == pytest.approx(power["total"])
    assert {"power", "ledger", "events", "milling", "steady", "timestep", "paper"} <= set(one)
    assert one["power"] != two["power"]
    # The same scene and seed gave the same numbers in another process.
    (folder, _) = ran
    again = json.loads(succeeds(gpudem("report", "one.vtkhdf", "--json", folder=folder)).stdout)
    assert len(again) == 1
    assert again[0]["power"] == one["power"] and again[0]["events"] == one["events"]


def test_report_of_two_files_with_tables_figure_and_energy(ran):
    folder, _ = ran
    (folder / "two.vtkhdf").write_bytes((folder / "one.vtkhdf").read_bytes())
    files = ["one.vtkhdf", "two.vtkhdf"]
    found = in_one_process(
        folder,
        ["report", *files, "--csv", "tables", "--figure", "both.png"],
        ["report", *files, "--json", "--mass", "35 g"],
        ["report", "one.vtkhdf", "--energy", "300 J/g", "--full"],
        ["report", "one.vtkhdf", "--json", "--energy", "250 J/g", "--milling-time", "10 min"],
    )
    assert found["codes"] == [0, 0, 0, 0], found["stderr"]
    text, two, wanted, half = found["outputs"]
    assert "\n one " in text and "\n two " in text and "wrote both.png" in text
    assert (folder / "both.png").read_bytes()[:4] == b"\x89PNG"
    rows = (folder / "tables" / "report.csv").read_text().splitlines()
    assert len(rows) == 3
    assert any("[W]" in name for name in rows[0].split(","))
    assert [result["file"] for result in json.loads(two)] == files
    assert json.loads(two)[0]["scene"]["product_mass"] == pytest.approx(0.035)
    assert "300 J/g is reached after about" in wanted and "Power [W]" in wanted
    (milling,) = (result["milling"] for result in json.loads(half))
    assert milling["wanted_energy"] == pytest.approx(250e3)
    power = json.loads(half)[0]["power"]["dissipation"]["total"]
    assert milling["time_for_wanted_energy"] == pytest.approx(250e3 * 0.0175 / power)
    assert milling["specific_energy"] == pytest.approx(power * 600.0 / 0.0175)


def test_doctor_names_what_works(tmp_path):
    found = in_one_process(tmp_path, ["doctor", "--json"], ["doctor"])
    assert found["codes"] == [0, 0]
    numbers = json.loads(found["outputs"][0])
    assert numbers["devices"]["cpu"].startswith("works: ")
    assert set(numbers["devices"]) == {"cpu", "cuda", "vulkan", "metal"}
    assert numbers["libraries"]["taichi"].startswith("1.7")
    assert numbers["cores"] >= 1 and numbers["gpudem"] == __version__
    assert "device cpu" in found["outputs"][1] and "rendering  " in found["outputs"][1]
    assert numbers["rendering"].startswith(("works: ", "not usable: "))
    assert "taichi" not in found["heavy"]
    assert contents(tmp_path) == {}


# --- wrong commands ----------------------------------------------------------------------

RUN = ["run", "pulverisette7"]
BIG = ["--set", "beads.diameter=15 mm", "--set", "beads.count=30"]
#: (command, fragments of the one line on stderr)
WRONG = [
    ([*RUN, "--set", "mill.speed=400 mm"], ["mill.speed", "a length", '"600 rpm"']),
    ([*RUN, "--set", "mill.speed=400 rmp"], ["unknown unit 'rmp'", '"600 rpm"']),
    ([*RUN, "--set", "mill.speed=400"], ["has no unit", '"600 rpm"']),
    ([*RUN, "--set", "beads.fillng=0.3"], ["unknown key", "did you mean 'beads.filling'?"]),
    ([*RUN, "--set", "beads.filling=1.2"], ["beads.filling = 1.2", "880 beads", "largest count"]),
    ([*RUN, "--set", "beads.count"], ["KEY=VALUE"]),
    (["check", "pulverisette7", *BIG], ["30 beads of 15 mm do not fit", "largest count"]),
    ([*RUN, "--quiet", *BIG], ["30 beads of 15 mm do not fit", "largest count"]),
    ([*RUN, "--device", "quantum"], ["--device quantum", "auto, cpu, cuda, vulkan, metal"]),
    ([*RUN, "--device", "metal", "--device-index", "9"], ["--device metal", "accepted here"]),
    ([*RUN, "--device", "cuda"], ["--device cuda", "accepted here: auto, cpu"]),
    ([*RUN, "--device-index", "-1"], ["--device-index -1", "0, 1, 2"]),
    ([*RUN, "--precision", "half"], ["--precision half", "auto, double, mixed"]),
    ([*RUN, "--threads", "0"], ["--threads 0", "1 to 4096"]),
    ([*RUN, "--threads", "2.5"], ["--threads 2.5", "a whole number"]),
    ([*RUN, "--threads", "two"], ["--threads two", "a whole number"]),
    ([*RUN, "--schedule", "diagonal"], ["--schedule diagonal", "auto, serial, parallel"]),
    ([*RUN, "-o", "nowhere/a.vtkhdf"], ["nowhere/a.vtkhdf", "no folder nowhere"]),
    ([*RUN, "-o", "folder"], ["folder: is a folder"]),
    ([*RUN, "-o", "."], [".: is a folder"]),
    ([*RUN, "-o", "cut.vtkhdf"], ["cut.vtkhdf: exists already", "--overwrite"]),
    (["run", "missing.toml"], ["missing.toml: no such file", "gpudem scenes lists"]),
    (["run", "pulveriset7"], ["did you mean 'pulverisette7'?"]),
    (["run", "cut.vtkhdf"], ["cut.vtkhdf"]),
    (["run"], ["SCENE", "gpudem run --help"]),
    ([*RUN, "--sped", "3"], ["--sped", "gpudem --help"]),
    (["runn", "pulverisette7"], ["runn", 'mean "run"', "bench"]),
    (["check", "folder"], ["folder: is a folder"]),
    (["new", "my.toml", "--from", "nothing"], ["'nothing'", "accepted: pulverisette0"]),
    (["new", "my.toml", "--mill", "pm100"], ["no mill named 'pm100'", "accepted: retsch-pm100"]),
    (["new", "my.toml", "--bowl", "50 mL"], ["--bowl, --beads and --mass go with --mill"]),
    (["new", "--mill", "retsch-pm100"], ["name the file to write"]),
    (["new", "my.toml", "--mill", "spex-8000", "--from", "pulverisette7"], ["one of them"]),
    (["new", "nowhere/my.toml"], ["nowhere/my.toml: cannot be written"]),
    (["report"], ["name at least one run file"]),
    (["report", "missing.vtkhdf"], ["missing.vtkhdf: no such file"]),
    (["report", "cut.vtkhdf"], ["cut.vtkhdf: is damaged"]),
    (["report", "cut.vtkhdf", "--mass", "5 mm"], ["--mass", "a length, but a mass"]),
    (["report", "cut.vtkhdf", "--mass", "0 g"], ["--mass", "above 0"]),
    (["report", "cut.vtkhdf", "--energy", "500 J"], ["--energy", '"500 J/g"']),
    (["report", "cut.vtkhdf", "--milling-time=-1 min"], ["--milling-time", "above 0"]),
    (["doctor", "--self-test", "-o", "cut.vtkhdf"], ["cut.vtkhdf: exists already"]),
    (["doctor", "--self-test", "-o", "nowhere/a.json"], ["no folder nowhere"]),
]


def test_wrong_commands_end_with_one_line_and_write_nothing(ran, tmp_path):
    (tmp_path / "folder").mkdir()
    whole = (ran[0] / "one.vtkhdf").read_bytes()
    (tmp_path / "cut.vtkhdf").write_bytes(whole[: len(whole) // 2])
    before = contents(tmp_path)
    cases = [
        (command, fragments)
        for command, fragments in WRONG
        if not ("cuda" in command and why_missing("cuda") is None)
    ]
    for command, fragments in cases:
        done = gpudem_here(*command, check=False, cwd=tmp_path)
        told = f"{' '.join(command)}: {done.returncode}\n{done.stderr}"
        assert done.returncode == 2, told
        assert done.stdout == "", told
        assert done.stderr.startswith("gpudem: ") and done.stderr.count("\n") == 1, told
        for fragment in fragments:
            assert fragment in done.stderr, told
    assert contents(tmp_path) == before


def test_the_count_named_as_fitting_fits(tmp_path):
    refused = gpudem("check", "pulverisette7", *BIG, folder=tmp_path)
    most = int(refused.stderr.split()[-1])
    size = ["--set", "beads.diameter=15 mm", "--set", f"beads.count={most}"]
    assert (
        f"{most} of 15 mm"
        in succeeds(gpudem("check", "pulverisette7", *size, folder=tmp_path)).stdout
    )


def test_all_faults_of_a_scene_are_told_at_once(tmp_path):
    scene = (REPOSITORY / "scenes" / "pulverisette7.toml").read_text()
    scene = scene.replace('"600 rpm"', '"600 rpn"').replace("restitution = 0.15", "restitution = 2")
    (tmp_path / "bad.toml").write_text(scene)
    done = gpudem("check", "bad.toml", folder=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "mill.speed" in lines[0] and "restitution" in lines[1]
    assert done.stdout == ""
