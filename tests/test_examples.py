"""The examples of the documentation run as they are."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def test_the_first_mill(tmp_path):
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "docs" / "examples" / "first_mill.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "60 beads of 5 mm" in done.stdout
    assert re.search(r"[1-9]\d* contacts, \d+ with the wall", done.stdout)
    products = re.findall(r"product (\d+\.\d+) W", done.stdout)
    power = re.search(r"power (\d+\.\d+) W, as by hand", done.stdout)[1]
    assert products == [power, power] and float(power) > 0.0
    assert (tmp_path / "first_mill.vtkhdf").stat().st_size > 10_000
    with open(tmp_path / "first_mill_tables" / "summary.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + 60
    assert {path.name for path in (tmp_path / "first_mill_tables").iterdir()} >= {
        "summary.csv",
        "beads.csv",
        "events_histogram.csv",
    }


def test_the_published_grid(tmp_path, monkeypatch):
    """The notebook's cells, on a study of short runs with soft beads."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

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
    notebook = json.loads((REPOSITORY / "docs" / "examples" / "published_grid.ipynb").read_text())
    monkeypatch.chdir(tmp_path)
    plt.close("all")
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            # Figures and tables are made when it is run.
            assert cell["outputs"] == [] and cell["execution_count"] is None
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    # 3a, 3b, 4a and 4b, each with something drawn.
    assert len(plt.get_fignums()) == 4
    for number in plt.get_fignums():
        figure = plt.figure(number)
        figure.savefig(tmp_path / f"{number}.png")
        assert all(axes.lines for axes in figure.axes)
    assert len(plt.figure(1).axes[0].lines) == 3
    plt.close("all")
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
