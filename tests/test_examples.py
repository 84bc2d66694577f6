"""The examples of the documentation run as they are."""

import csv
import json
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def run_cells(name):
    """Runs a notebook's code cells one after the other; returns the names that they define."""
    notebook = json.loads((REPOSITORY / "docs" / "examples" / name).read_text())
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            # Figures and tables are made when it is run.
            assert cell["outputs"] == [] and cell["execution_count"] is None
            exec(compile("".join(cell["source"]), f"{name} {cell['id']}", "exec"), names)
    return names


@pytest.fixture
def figures(monkeypatch, tmp_path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    plt.close("all")
    yield plt
    plt.close("all")


def test_the_first_mill_and_an_own_analysis(tmp_path, capsys, figures):
    run_cells("first_mill.ipynb")
    told = capsys.readouterr().out
    assert "60 beads of 5 mm" in told
    assert re.search(r"[1-9]\d* contacts, \d+ with the wall", told)
    products = re.findall(r"product (\d+\.\d+) W", told)
    power = re.search(r"power (\d+\.\d+) W, as by hand", told)[1]
    assert products == [power, power] and float(power) > 0.0
    with open(tmp_path / "first_mill_tables" / "summary.csv", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + 60
    assert {path.name for path in (tmp_path / "first_mill_tables").iterdir()} >= {
        "summary.csv",
        "beads.csv",
        "events_histogram.csv",
    }
    names = run_cells("own_analysis.ipynb")
    assert names["mean"].value == pytest.approx(float(power), rel=1e-3)
    assert names["of_bead"].sum() == pytest.approx(float(power), rel=1e-3)
    # The hardest collisions take more than their share.
    assert 0.1 < names["share"] < 1.0
    drawn = [figures.figure(number) for number in figures.get_fignums()]
    assert len(drawn) == 3 and all(axes.has_data() for one in drawn for axes in one.axes)


def test_the_page_on_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = (REPOSITORY / "docs" / "reference" / "python.md").read_text()
    names = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL)):
        exec(compile(block, f"python.md, block {number}", "exec"), names)
    told = capsys.readouterr().out
    assert "41.9 rad/s, 0.005 m, []" in told
    assert re.search(r"[\d.]+ W, of them .* [\d.]+ W; [1-9]\d* collisions", told)
    assert re.search(r"solid fraction up to \d\.\d", told)


def test_the_published_grid(tmp_path, figures):
    """The notebook's cells, on a study of short runs with soft beads."""
    from gpudem.cli.app import app

    vary = ["mill.speed=400..1000 rpm:3", "beads.diameter=5 mm, 3 mm"]
    sets = ["beads.filling=0.1", "contact.softening=100", "run.duration=20 ms", "run.log_from=5 ms"]
    options = [text for one in sets for text in ("--set", one)]
    folder = tmp_path / "paper-grid"
    app(
        ["sweep", "pulverisette7", *vary, *options, "-o", str(folder), "--device", "cpu",
         "--quiet", "--no-report"],
        result_action="return_value",
    )  # fmt: skip
    names = run_cells("published_grid.ipynb")
    # 3a, 3b, 4a and 4b, each with something drawn.
    assert len(figures.get_fignums()) == 4
    for number in figures.get_fignums():
        figure = figures.figure(number)
        figure.savefig(tmp_path / f"{number}.png")
        assert all(axes.lines for axes in figure.axes)
    assert len(figures.figure(1).axes[0].lines) == 3
    exponents = names["exponents"].set_index("quantity")
    assert list(exponents.index) == ["stress_energy", "stress_frequency", "power"]
    here = {
        (quantity, name): float(exponents.loc[quantity, f"{name}, here"].split()[0])
        for quantity in exponents.index
        for name in ("speed", "diameter")
    }
    for name in ("speed", "diameter"):
        parts = here["stress_energy", name] + here["stress_frequency", name]
        assert abs(parts - here["power", name]) < 0.011
    assert exponents.loc["stress_energy", "speed, paper"] == "2.31"
