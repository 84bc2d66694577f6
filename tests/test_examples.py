"""The examples of the documentation run as they are."""

import csv
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
