"""Pair classes from a run file to the report: a short run of two kinds of beads."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from gpudem.quantities import DISSIPATION_CHANNELS
from gpudem.report.figure import draw_stress_figure
from gpudem.report.report import analyse, print_report
from gpudem.report.tables import write_report_tables
from gpudem.runfile.reader import open_run
from gpudem.running.simulation import Simulation
from gpudem.scene.file import scene_from_text, scene_text

MIXTURE = """
[[beads]]
material = "zirconia"
diameter = "6 mm"
count = 40

[[beads]]
material = "zirconia"
diameter = "4 mm"
count = 60
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    text = scene_text("pulverisette7-20ml")
    before, _, after = text.partition("[beads]")
    text = before + MIXTURE + after[after.index("[contact]") :]
    scene = scene_from_text(text, ["run.duration=24 ms", "run.log_from=12 ms"], "mix.toml")
    return Simulation(scene).run(tmp_path_factory.mktemp("mix") / "mix.vtkhdf")


def test_the_file_names_species_and_classes(path):
    with open_run(path) as run:
        assert run.species_names == ("6 mm zirconia", "4 mm zirconia")
        assert np.bincount(run.species).tolist() == [40, 60]
        log, events = run.class_log, run.class_events
        assert len(log["pair_class"]) == 5 and log.sizes["interval"] == run.intervals
        whole = run.summary
        for name in ("contacts", *DISSIPATION_CHANNELS):
            parts = log[name].values
            assert parts[:3].sum() == pytest.approx(whole[f"bead_bead_{name}"].values.sum())
            assert parts[3:].sum() == pytest.approx(whole[f"bead_wall_{name}"].values.sum())
        ended = events["events"].values.sum(axis=1)
        assert ended[:3].sum() == run.events["events"].values[0].sum() > 100
        _, counts = run.class_histogram("impact")
        assert counts.sum(axis=1) == pytest.approx(ended)


def test_classes_add_up_in_the_report(path):
    result = analyse(path)
    classes = result["pair_classes"]
    total = result["power"]["dissipation"]
    power = [one["power"]["value"] for one in classes]
    assert sum(power) == pytest.approx(total["total"])
    assert sum(power[3:]) == pytest.approx(total["bead_wall"])
    assert sum(one["share"] for one in classes) == pytest.approx(1.0)
    for one in classes:
        product = one["stress_energy"]["value"] * one["stress_frequency"]["value"]
        assert product == pytest.approx(one["power"]["value"])
    frequency = sum(one["stress_frequency"]["value"] for one in classes)
    assert frequency == pytest.approx(result["stress_frequency"]["event"])


def test_the_report_and_its_files_tell_classes_apart(path, tmp_path):
    result = analyse(path)
    stream = io.StringIO()
    print_report([result], Console(file=stream, width=80, highlight=False), full=True)
    text = stream.getvalue()
    assert "100 beads (40 of 6 mm zirconia, 60 of 4 mm zirconia)" in text.replace("\n", " ")
    assert re.search(r"^ +6 mm - 4 mm .*%", text, re.MULTILINE), text
    assert max(map(len, text.splitlines())) <= 80
    draw_stress_figure([result], tmp_path / "classes.png")
    written = write_report_tables([result], tmp_path)
    (table,) = [file for file in written if file.name == "pair_classes.csv"]
    assert len(table.read_text().splitlines()) == 6
