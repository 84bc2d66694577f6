"""Pages of runs and studies: what they say, that they stand alone, and what lies beside them."""

import csv
import json
import re
import sys
from html.parser import HTMLParser

import pytest

from gpudem.cli.app import main
from gpudem.errors import GpudemError, RenderingError
from gpudem.page.page import check_page, folder_beside, write_page
from gpudem.page.run_page import run_page
from gpudem.page.study_page import study_page
from gpudem.report.report import analyse
from gpudem.study.study import study_from_text, study_of
from gpudem.study.study_folder import StudyFolder
from gpudem.units import RPM
from tests.syntheticrun import STEP, UNIT, write_mill

POWER = 32 * UNIT / STEP
HOSTILE = '</title><script>alert("x")</script> & $x_{$ <img src=http://evil.example>'
#: Elements of HTML without an end.
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Reader(HTMLParser):
    """Reads a page; every element must be closed, and every id be the only one."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.elements, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open
        assert len(set(self.ids)) == len(self.ids)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.ids += [value for name, value in attributes if name == "id"]
        self.links += [v for name, v in attributes if name in ("src", "href", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def no_pictures():
    """As on a machine on which nothing can be drawn."""

    def refuse():
        raise RenderingError("no picture can be drawn here")

    with pytest.MonkeyPatch.context() as patch:
        # The module that has imported it before the one that has it.
        patch.setattr("gpudem.pictures.still.prepare_rendering", refuse)
        patch.setattr("gpudem.pictures.rendering.prepare_rendering", refuse)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return write_mill(folder / "mill.vtkhdf", scale=20.0, title=HOSTILE)


@pytest.fixture(scope="module")
def written(run, no_pictures, tmp_path_factory):
    """The page of one run, with what lies beside it."""
    path = tmp_path_factory.mktemp("page") / "out.html"
    write_page(run_page([run]), path)
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory, no_pictures):
    """The folder of a study with P ~ n^3.5, one case of which failed."""
    path = tmp_path_factory.mktemp("study") / "grid"
    made = study_of(
        "pulverisette7-20ml",
        {"mill.speed": "200..1000 rpm:3", "beads.filling": "0.1, 0.3"},
        seeds=2,
        title=HOSTILE,
    )
    folder = StudyFolder.prepare(path, made, made.cases())
    for case in folder.cases:
        point = case.state_point
        speed = point["mill"]["speed"] / RPM
        if (round(speed), point["beads"]["filling"], point["seed"]) == (1000, 0.3, 2):
            case.fail(f"energy from nowhere {HOSTILE}")
            continue
        scale = 20.0 * (speed / 600.0) ** 3.5 * (1.0 + 0.01 * point["seed"])
        write_mill(case.run_file, speed=speed, scale=scale, seed=point["seed"])
        case.finish(analyse(case.run_file))
    return path


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def stands_alone(path):
    """Reads a page, which must need nothing but itself; gives what was read."""
    page = Reader(path.read_text(encoding="utf-8"))
    assert "script" not in page.elements and "link" not in page.elements
    assert "iframe" not in page.elements
    assert all(link.startswith(("#", "data:")) for link in page.links)
    style = re.search(r"<style>(.*?)</style>", path.read_text(), re.DOTALL)[1]
    assert "url(" not in style and "@import" not in style
    assert "prefers-color-scheme: dark" in style and "@media print" in style
    assert "max-width: 30rem" in style
    return page


def test_page_of_a_run_stands_alone_and_escapes(written):
    page = stands_alone(written)
    text = page.text
    assert HOSTILE in text
    assert "ASSUMED" not in text
    assert "No picture of the beads: no picture can be drawn here" in text
    # One figure each of SE and SF, losses and power.
    assert page.elements.count("svg") == 3


def test_page_of_a_run_answers_first_with_units_and_errors(written, run):
    text = stands_alone(written).text
    result = analyse(run)
    power = 20.0 * POWER
    hours = 500.0 * 17.5 / power / 3600.0
    order = ["How long to mill?", "How hard and how often", "Can it be trusted?", "What was sim"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    # Its window of 20 ms is too short for errors.
    assert (
        f"500 J/g is reached after about {hours:.2g} h: the beads dissipate {power:.2g} W" in text
    )
    assert "an estimate, as the evaluated period is too short for its error" in text
    assert "0.037 W per gram of product (17.5 g in the bowl)" in text
    assert "90 % of the energy" in text
    for convention in ("event convention", "bead convention", "SE_90", "SF_90", "×10³/s"):
        assert convention in text
    assert result["steady"] and "The window is steady and the energy ledger closes" in text
    assert "Energy ledger" in text and "quality" in text.lower()


def test_tables_and_summary_beside_hold_the_same_numbers(written, run):
    folder = folder_beside(written)
    result = analyse(run)
    summary = json.loads((folder / "summary.json").read_text())
    (same,) = summary["results"]
    assert same == json.loads(json.dumps(result))
    assert [answer["question"][:3] for answer in summary["answers"]] == ["How", "How", "Can"]
    key = {(row["quantity"], row["symbol"]): row for row in rows_of(folder / "key-figures.csv")}
    power = key["Power", "P"]
    assert float(power["value"]) == result["power"]["dissipation"]["total"]
    assert power["value unit"] == "W"
    hard = key["Stress energy", "SE_90"]
    assert float(hard["value"]) == result["stress_energy_q"]["90"] and hard["value unit"] == "J"
    losses = rows_of(folder / "losses.csv")
    total = {row["cause"]: float(row["total [W]"]) for row in losses}
    assert total["sliding friction"] == result["power_channels"]["sliding"]["total"]
    assert set(summary["files"]) == {f.name for f in folder.iterdir()} - {"summary.json"}
    for name in ("stress", "loss", "power"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (folder / f"{name}.svg").read_text()


def test_several_runs_are_compared_first(tmp_path, no_pictures):
    runs = [
        write_mill(tmp_path / f"{k}.vtkhdf", speed=200.0 * k, scale=k**3.5, frequency=k)
        for k in (3, 1, 2)
    ]
    path = tmp_path / "out.html"
    write_page(run_page(runs), path)
    text = stands_alone(path).text
    assert "3 runs compared" in text
    assert text.index("Runs beside each other") < text.index("What was simulated")
    rows = rows_of(folder_beside(path) / "comparison.csv")
    assert [float(row["speed [rpm]"]) for row in rows] == [200.0, 400.0, 600.0]
    assert float(rows[2]["P [W]"]) == pytest.approx(3**3.5 * POWER)
    exponents = {row["y"]: row for row in rows_of(folder_beside(path) / "exponents.csv")}
    assert float(exponents["power, dissipation"]["a here [1]"]) == pytest.approx(3.5)


def test_page_of_a_study(study, tmp_path, no_pictures):
    path = tmp_path / "study.html"
    write_page(study_page(study), path)
    page, folder = stands_alone(path), folder_beside(path)
    text = page.text
    assert HOSTILE in text and "11 of 12 cases done" in text
    assert text.index("Over speed 200 to 1000 rpm and filling 0.1 to 0.3") < text.index("All cases")
    assert "The power grows as n^3.5" in text
    assert "1 case failed" in text and "energy from nowhere" in text
    cases = rows_of(folder / "cases.csv")
    points = [(float(row["speed n [rpm]"]), float(row["filling phi"])) for row in cases]
    assert points == [(n, phi) for n in (200, 600, 1000) for phi in (0.1, 0.3)]
    for row, (speed, _) in zip(cases, points, strict=True):
        seeds = int(row["seeds"])
        expected = 20.0 * POWER * (speed / 600.0) ** 3.5 * (1.015 if seeds == 2 else 1.01)
        assert float(row["P [W]"]) == pytest.approx(expected)
        wanted = 500e3 * 17.5e-3 / expected
        assert float(row["time for 500 J/g [s]"]) == pytest.approx(wanted, rel=1e-3)
    # Of two seeds, half their difference; of one, what the run says.
    assert float(cases[0]["P standard error [W]"]) == pytest.approx(
        20.0 * POWER * 3.0**-3.5 * 0.005
    )
    laws = rows_of(folder / "power-laws.csv")
    power = [row for row in laws if row["y"] == "P"]
    assert [float(row["exponent [1]"]) for row in power] == pytest.approx([3.5, 3.5], abs=0.01)
    summary = json.loads((folder / "summary.json").read_text())
    assert len(summary["cases"]) == 6
    assert summary["cases"][0]["power"] == pytest.approx(float(cases[0]["P [W]"]))
    assert {"milling-map.svg", "power-map.png", "se-sf.svg", "sf-se.png"} <= set(summary["files"])


def test_command_refuses_to_overwrite_and_removes_what_is_old(run, tmp_path, no_pictures, capsys):
    path = tmp_path / "out.html"
    for arguments in ([run, "--html", tmp_path / "out.txt"], [run, run.parent, "--html", path]):
        assert command("report", *arguments)
    assert command("report", run.parent, "--html", path)
    capsys.readouterr()
    assert command("report", tmp_path, "--mass", "1 g")
    assert "--mass: is for run files, not for a study" in capsys.readouterr().err
    assert not path.exists() and not folder_beside(path).exists()
    assert not command("report", run, "--html", path, "--quiet")
    assert capsys.readouterr().out == ""
    old = folder_beside(path) / "summary.json"
    (folder_beside(path) / "kept.txt").write_text("of the user's")
    listed = json.loads(old.read_text())
    (folder_beside(path) / "old.csv").write_text("1")
    old.write_text(json.dumps({**listed, "files": [*listed["files"], "old.csv", "../out.html"]}))
    before = path.read_bytes()
    assert command("report", run, "--html", path)
    assert "exists already" in capsys.readouterr().err
    assert path.read_bytes() == before
    with pytest.raises(GpudemError, match="exists already"):
        check_page(path, overwrite=False)
    assert not command("report", run, "--html", path, "--overwrite", "--quiet")
    left = {file.name for file in folder_beside(path).iterdir()}
    assert "kept.txt" in left and "old.csv" not in left
    assert path.exists()


def command(*words):
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["gpudem", *map(str, words)])
        try:
            main()
        except SystemExit as ended:
            return ended.code or 0
    return 0


def test_study_tables_without_a_page(study, tmp_path, no_pictures, capsys):
    assert not command("report", study, "--csv", tmp_path / "tables", "--quiet")
    names = {file.name for file in (tmp_path / "tables").iterdir()}
    assert {"cases.csv", "power-laws.csv", "quality.csv"} <= names
    assert not any(name.endswith((".png", ".svg", ".html")) for name in names)
    assert command("report", study, "--csv", tmp_path / "tables")
    assert "exists already" in capsys.readouterr().err


def test_studies_of_one_case_and_of_scattered_points(tmp_path, no_pictures):
    scattered = study_from_text(
        'scene = "pulverisette7-20ml"\ndesign = "latin-hypercube"\nsamples = 3\n[vary]\n'
        'mill.speed = "200..800 rpm"\nbeads.filling = "0.1..0.4"\n'
    )
    for name, made in (("one", study_of("pulverisette7-20ml", {})), ("points", scattered)):
        folder = StudyFolder.prepare(tmp_path / name, made, made.cases())
        for case in folder.cases:
            write_mill(case.run_file, speed=600.0, seed=case.state_point["seed"])
            case.finish(analyse(case.run_file))
        page = study_page(tmp_path / name)
        write_page(page, tmp_path / f"{name}.html")
        text = stands_alone(tmp_path / f"{name}.html").text
        assert "500 J/g is reached after" in text and "All cases" in text
        assert len(rows_of(tmp_path / f"{name}-files" / "cases.csv")) == len(folder.cases)
        assert ("SF over SE by speed" in text) == (name == "points")
