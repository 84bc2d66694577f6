"""The command `gpudem motion`: its table, its files, and one message for what is wrong."""

import csv
import math

import pytest

from gpudem.report.motion_text import read_motion, run_labels
from tests.motionruns import REACH, SPEED, at, resting, ring, write_motion
from tests.runs import gpudem_here


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    riding = write_motion(folder / "ring.vtkhdf", ring(8), every=10)
    still = resting(at(REACH, [0.0, 0.4]))
    return riding, write_motion(folder / "still.vtkhdf", still, every=10, filling=0.1)


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_and_the_files(runs, tmp_path):
    done = gpudem_here(
        "motion", *runs, "--figure", tmp_path / "a.png", "--csv", tmp_path / "tables"
    )
    assert "centrifuging" in done.stdout
    assert "rolling and" in done.stdout
    assert "limit 0.5" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert (tmp_path / "a.png").stat().st_size > 10_000
    both = {row["regime"]: row for row in rows(tmp_path / "tables" / "motion.csv")}
    riding, still = both["centrifuging"], both["rolling and sliding"]
    assert float(riding["share wall [1]"]) == 1.0
    assert riding["angle of impact [rad]"] == ""
    assert float(still["bulk slip [1]"]) == pytest.approx(1.0)
    flux = rows(tmp_path / "tables" / "motion_flux.csv")
    assert len(flux) == 2 * 72
    assert float(flux[0]["lower edge [rad]"]) == pytest.approx(-math.pi)
    maps = rows(tmp_path / "tables" / "motion_map.csv")
    assert {row["file"] for row in maps} == {str(path) for path in runs}
    assert "power [W/m3]" in maps[0]
    refused = gpudem_here("motion", *runs, "--csv", tmp_path / "tables", check=False)
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    assert gpudem_here("motion", *runs, "--quiet").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name at least one run file"),
        (["none.vtkhdf"], "no such file"),
        (["none.vtkhdf", "--figure", "a.txt"], "name a .png, .pdf or .svg file"),
    ],
)
def test_wrong_words_end_with_one_message(arguments, words, tmp_path):
    done = gpudem_here("motion", *arguments, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("changes", [{"every": 0}, {"bowl_height": "missing"}])
def test_a_run_without_what_is_needed_ends_with_one_message(changes, tmp_path):
    path = write_motion(tmp_path / "bad.vtkhdf", ring(4), **changes)
    done = gpudem_here("motion", path, check=False)
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_runs_are_named_by_what_they_differ_in(runs, tmp_path):
    found = [read_motion(path) for path in runs]
    assert run_labels(found) == ["φ 0.5", "φ 0.1"]
    assert run_labels(found[:1]) == [f"{SPEED / (2 * math.pi / 60):.4g} rpm"]
    assert run_labels([found[0], found[0]]) == ["ring", "ring"]
