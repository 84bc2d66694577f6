"""The report: its JSON, its text, its tables and its figure, on runs known by hand."""

from __future__ import annotations

import csv
import io
import json
import math

import h5py
import numpy as np
import pytest
from rich.console import Console

from gpudem.analysis.comparison import fit_exponent, speed_exponents
from gpudem.analysis.paper import (
    EXPONENTS,
    MILLING_ENERGIES,
    NOT_FITTED,
    is_papers_case,
    readings,
    reported,
)
from gpudem.errors import RunFileError
from gpudem.report.figure import draw_stress_figure
from gpudem.report.report import analyse, print_report, report_command
from gpudem.report.text import print_full, quantity, rate, sentences
from gpudem.units import RPM
from tests.syntheticrun import STEP, UNIT, write_mill

POWER = 32 * UNIT / STEP
KINDS = {"total", "bead_bead", "bead_wall"}
ALPHAS = {"dissipation", "normal", "shear"}
CHANNELS = {"normal_damping", "shear_damping", "sliding", "rolling_loss", "relaxation"}
CONVENTIONS = {"bead", "event"}
PAIRS = {"bead_bead", "bead_wall"}

#: Every key of the JSON; a set stands for the keys of an object.
KEYS = {
    "schema": None,
    "file": None,
    "complete": None,
    "title": None,
    "scene": {
        "name", "mill", "speed", "speed_range", "ratio", "sun_wheel_radius", "bowl_diameter",
        "bowl_height",
        "bowl_volume", "bead_diameter", "bead_sizes", "species", "bead_mass", "charge_mass",
        "filling",
        "product_mass",
        "seed", "intervals", "log", "contact", "overrides",
    },
    "window": {"first", "intervals", "start", "end", "duration", "planned"},
    "power": ALPHAS | {"rolling"},
    "power_channels": CHANNELS,
    "power_standard_error": None,
    "stress_energy": ALPHAS,
    "stress_energy_by_kind": ALPHAS,
    "stress_frequency": CONVENTIONS,
    "stress_frequency_per_bead": CONVENTIONS,
    "collision_frequency": PAIRS,
    "collision_frequency_loaded": PAIRS,
    "mixed_power": ALPHAS,
    "mixed_share": None,
    "bead_intervals": {
        "share_without_contact", "share_lasting", "energy_share_without_contact", "mean_ratio",
        "distribution",
    },
    "stress_energy_q": {"90", "99"},
    "stress_frequency_q": {"90", "99"},
    "stress_energy_threshold_q": {"90", "99"},
    "event_share_q": {"90", "99"},
    "stress_energy_weighted": None,
    "stress_frequency_weighted": None,
    "weighted": ALPHAS,
    "events": {
        "number", "frequency", "mean_energy", "impact_energy", "impact_power", "carried_number",
        "carried_energy_share",
        "alive_number", "alive_energy_share", "histogram_covered", "class_correction",
        "distribution", "distribution_by_kind",
    },
    "lasting_contacts": {
        "unfinished", "without_onset", "touching", "power_per_contact", "dominate",
    },
    "pair_classes": None,
    "stress_intensity": None,
    "milling": {
        "product_mass", "milling_time", "specific_energy", "stress_number", "wanted_energy",
        "time_for_wanted_energy", "relative_error", "table",
    },
    "specific_power": None,
    "kinetic_energy": None,
    "spin_energy": None,
    "stored_energy": None,
    "mean_speed": None,
    "contacts_per_bead": None,
    "contacts_per_bead_by_kind": PAIRS,
    "largest_overlap": None,
    "ledger": {
        "work_energy", "work_energy_limit", "channels", "channels_limit", "closes", "cause",
        "work_body", "work_wall", "work_contact", "motion_change", "stored_change",
        "dissipation", "input", "window",
    },
    "steady": None,
    "steady_reasons": None,
    "steadiness": {
        "blocks", "power_body", "power_wall", "imbalance", "imbalance_error",
        "frame_formula", "wall_formula", "total_formula", "drifts",
    },
    "guards": None,
    "statistics": {
        "power", "stress_energy", "stress_frequency", "kinetic_energy", "stress_energy_q",
        "stress_frequency_q",
    },
    "beads": None,
    "steps": None,
    "timestep": None,
    "rayleigh_time": None,
    "softening": None,
    "precision": None,
    "device": None,
    "schedule": None,
    "threads": None,
    "wall_seconds": None,
    "bead_steps_per_second": None,
    "versions": None,
    "walls": None,
    "paper": {"doi", "readings"},
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs at three speeds with SE ~ n^2.5 and SF ~ n."""
    folder = tmp_path_factory.mktemp("runs")
    return [
        write_mill(
            folder / f"mill-{200 * k}.vtkhdf", speed=200.0 * k, scale=k**3.5 / 30, frequency=k
        )
        for k in (1, 2, 3)
    ]


@pytest.fixture(scope="module")
def mill(tmp_path_factory):
    return write_mill(tmp_path_factory.mktemp("mill") / "mill.vtkhdf")


def text_of(results, width=80, **options):
    stream = io.StringIO()
    print_report(results, Console(file=stream, width=width, highlight=False), **options)
    return stream.getvalue()


def test_json_holds_exactly_these_keys(mill):
    result = analyse(mill)
    assert set(result) == set(KEYS)
    for name, keys in KEYS.items():
        if keys is not None:
            assert set(result[name]) == keys, name
    for name in ("dissipation", "normal", "shear", "rolling"):
        assert set(result["power"][name]) == KINDS
    for name in CHANNELS:
        assert set(result["power_channels"][name]) == KINDS
    for alpha in ALPHAS:
        assert set(result["stress_energy"][alpha]) == CONVENTIONS
        assert set(result["weighted"][alpha]) == {"stress_energy", "stress_frequency"}
    assert set(result["steadiness"]["drifts"][0]) == {
        "name", "first", "second", "standard_error", "relative",
    }  # fmt: skip


def test_json_numbers_by_hand(mill):
    result = analyse(mill)
    assert result["schema"] == "gpudem-report-1"
    assert result["power"]["dissipation"]["total"] == pytest.approx(POWER)
    assert result["power"]["normal"]["bead_wall"] == pytest.approx(24 * UNIT / STEP)
    assert result["power_channels"]["sliding"]["total"] == pytest.approx(8 * UNIT / STEP)
    assert result["stress_energy"]["dissipation"]["bead"] == pytest.approx(3.2 * UNIT)
    assert result["stress_frequency"]["event"] == pytest.approx(7 / STEP)
    assert result["stress_frequency_per_bead"]["bead"] == pytest.approx(2.5 / STEP)
    assert result["collision_frequency"] == pytest.approx({"bead_bead": 3e3, "bead_wall": 4e3})
    assert result["collision_frequency_loaded"]["bead_bead"] == pytest.approx(1.5e3)
    assert result["stress_energy_weighted"] == pytest.approx(374 / 32 * UNIT)
    assert result["stress_frequency_weighted"] == pytest.approx(32**2 / 374 / STEP)
    product = result["stress_energy_q"]["90"] * result["stress_frequency_q"]["90"]
    assert product == pytest.approx(0.9 * POWER)
    assert result["specific_power"] == pytest.approx(POWER / 17.5e-3)
    assert result["kinetic_energy"] == pytest.approx(2e-3)
    assert result["spin_energy"] == pytest.approx(1e-3)
    assert result["mean_speed"] == pytest.approx(0.8)
    assert result["contacts_per_bead"] == pytest.approx((2 * 6 + 2) / 4)
    assert result["ledger"]["work_energy"] == pytest.approx(0.0, abs=1e-12)
    assert result["steady"] is True
    assert (result["beads"], result["steps"], result["timestep"]) == (4, 24000, 1e-6)
    assert result["bead_steps_per_second"] == pytest.approx(4 * 24000 / 2.4)
    assert (result["device"], result["threads"], result["precision"]) == ("cpu", 2, "f64")


def test_command_prints_json_without_nan(tmp_path, capsys, runs):
    bare = write_mill(
        tmp_path / "bare.vtkhdf", log="bowl", histograms=False, finish=False, product_mass=None,
        filling="missing", ratio="missing", bead_mass="missing", charge_mass="missing",
        speed=0.0, softening="missing", precision="missing", title="missing",
    )  # fmt: skip
    report_command([bare, *runs], json=True)

    def refuse(text):
        raise AssertionError(text)

    printed = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert len(printed) == 4
    first = printed[0]
    assert first["specific_power"] is None
    assert first["stress_energy_q"] == {"90": None, "99": None}
    assert first["bead_intervals"]["share_without_contact"] is None
    assert first["events"]["alive_energy_share"] is None
    assert first["device"] is None and first["softening"] is None
    assert not first["complete"]
    assert "has not come to its end" in sentences(first)[0]
    assert text_of([first], full=True, paper=True)


def test_a_file_without_parameters_is_still_reported(tmp_path, mill):
    path = tmp_path / "none.vtkhdf"
    path.write_bytes(mill.read_bytes())
    with h5py.File(path, "r+") as file:
        for group in ("parameters", "timings", "versions"):
            for name in list(file["gpudem"][group].attrs):
                del file["gpudem"][group].attrs[name]
    result = analyse(path)
    assert result["power"]["dissipation"]["total"] == pytest.approx(POWER)
    assert result["scene"]["bead_diameter"] == pytest.approx(5e-3)
    assert result["paper"]["readings"] == []
    assert "32.00 mW" in text_of([result])


def test_text_opens_with_three_sentences(mill):
    lines = sentences(analyse(mill))
    assert lines[0].startswith("mill.vtkhdf: 4 beads of 5 mm in a bowl of 51 mm x 39.2 mm")
    assert "disc at 600 rpm" in lines[0] and "from 4 ms to 24 ms" in lines[0]
    assert "32 mW in 7 thousand collisions per second of 4.57 µJ" in lines[1]
    assert "counted for each bead: 10 thousand per second of 3.2 µJ" in lines[1]
    assert "ledger closes" in lines[2] and "is steady" in lines[2]


def test_text_fits_80_columns_and_keeps_units(mill, runs):
    results = [analyse(run) for run in runs]
    for shown in ({}, {"full": True}, {"paper": True}):
        one, several = text_of([analyse(mill)], **shown), text_of(results, **shown)
        for text in (one, several):
            assert max(map(len, text.splitlines())) <= 80
        for unit in ("[rpm]", "[mW]", "[min]", "[µJ]", "[10³/s]"):
            assert unit in several
    for unit in ("[W]", "[1/s]", "[J/g]"):
        assert unit in text_of([analyse(mill)], full=True)


def test_milling_time_and_energy(mill):
    result = analyse(mill, mass=10e-3, milling_time=3600.0, energy=100e3)
    milling = result["milling"]
    assert milling["specific_energy"] == pytest.approx(POWER * 3600 / 10e-3)
    assert milling["stress_number"]["event"] == pytest.approx(7 / STEP * 3600)
    time = milling["time_for_wanted_energy"]
    assert time == pytest.approx(100e3 * 10e-3 / POWER)
    again = analyse(mill, mass=10e-3, milling_time=time)
    assert again["milling"]["specific_energy"] == pytest.approx(100e3)
    usual = analyse(mill)["milling"]
    assert [row["milling_time"] for row in usual["table"]] == [300, 600, 1200, 1800]
    assert usual["wanted_energy"] == 500e3


def test_the_scene_gives_the_milling_time(tmp_path):
    resolved = json.dumps({"product": {"mass": 5e-3, "milling_time": 600.0}})
    path = write_mill(tmp_path / "a.vtkhdf", resolved=resolved, product_mass=None)
    milling = analyse(path)["milling"]
    assert (milling["product_mass"], milling["milling_time"]) == (5e-3, 600.0)
    assert milling["specific_energy"] == pytest.approx(POWER * 600 / 5e-3)


def test_the_papers_powers():
    watts = [case.power() for case in MILLING_ENERGIES]
    assert watts == pytest.approx([0.583, 0.656, 4.86, 14.58, 68.5], rel=2e-3)
    assert [e.power_speed for e in EXPONENTS] == pytest.approx([3.02, 3.01, 2.91])
    assert [e.power_size for e in EXPONENTS] == pytest.approx([-0.49, -0.35, -0.21])


def test_every_reading_is_listed_and_none_chosen(mill):
    result = analyse(mill)
    found = readings(result)
    assert len({(r.alpha, r.wall, r.counting, r.mass) for r in found}) == len(found) == 24
    by_name = {(r.alpha, r.wall, r.counting, r.mass): r for r in found}
    half = by_name["dissipation", "half", "mixed", 35e-3]
    assert half.power == pytest.approx(0.7 * 22 * UNIT / STEP)
    assert half.ratio == pytest.approx(half.power / (500e3 * 35e-3 / 600))
    shear = by_name["shear", "whole", "plain", 17.5e-3]
    assert shear.power == pytest.approx(4 * UNIT / STEP)
    assert len(result["paper"]["readings"]) == 24
    assert NOT_FITTED in text_of([result], paper=True)
    for shown in (text_of([result]), text_of([result], full=True)):
        assert NOT_FITTED not in shown and "--paper" in shown


@pytest.mark.parametrize(
    ("change", "grid"),
    [
        ({"speed": 650.0}, False),
        ({"filling": 0.3}, True),
        ({"bead_diameter": 3e-3}, True),
        ({"speed": 800.0}, True),
        ({"bead_diameter": 4e-3}, False),
        ({"bowl_height": 20e-3}, False),
        ({"sun_wheel_radius": 60e-3}, False),
        ({"mill": "drum"}, False),
    ],
)
def test_other_cases_are_not_compared_with_the_paper(tmp_path, change, grid):
    result = analyse(write_mill(tmp_path / "other.vtkhdf", **change))
    assert reported(result) == [] and readings(result) == []
    text = text_of([result], paper=True)
    assert NOT_FITTED not in text and "Frankenberg" in text
    assert ("--paper" in text_of([result])) == is_papers_case(result["scene"]) == grid
    assert ("power laws at filling ratio" in text.replace("\n", " ")) == grid


def test_exponents_of_three_runs(runs):
    results = [analyse(run) for run in runs]
    found = {row.name: row for row in speed_exponents(results)}
    assert found["SE bead, dissipation"].value == pytest.approx(2.5)
    assert found["SE event, normal"].value == pytest.approx(2.5)
    assert found["SF event"].value == pytest.approx(1.0)
    assert found["power, dissipation"].value == pytest.approx(3.5)
    assert found["power, dissipation"].standard_error == pytest.approx(0.0, abs=1e-7)
    # The events' energies grow as the power, their number stays.
    assert found["SE_W"].value == pytest.approx(3.5)
    assert found["SE_90"].value == pytest.approx(3.5, abs=0.02)
    assert found["SE bead, dissipation"].paper == 2.62
    assert found["SF bead"].paper == 0.29
    assert "Exponents" in text_of(results, full=True) and "Exponents" not in text_of(results)
    assert "a published" in text_of(results, paper=True)
    assert "power ~ n^3.50" in text_of(results)
    assert speed_exponents(results[:2]) == []


def test_exponents_need_equal_cases(runs, tmp_path):
    other = write_mill(tmp_path / "soft.vtkhdf", speed=800.0, softening=10.0)
    results = [analyse(run) for run in (*runs, other)]
    assert speed_exponents(results) == []
    text = text_of(results, full=True)
    assert "Exponents" not in text and "softening" in text


def test_the_fit_and_its_error():
    slope, error = fit_exponent([1.0, 2.0, 4.0], [1.0, 4.0, 16.0])
    assert (slope, error) == pytest.approx((2.0, 0.0), abs=1e-12)
    # ln y = 0, 1, 0 over ln n = -1, 0, 1: slope 0, residual variance (2/3)/1, over 2.
    slope, error = fit_exponent(np.exp([-1.0, 0.0, 1.0]), np.exp([0.0, 1.0, 0.0]))
    assert (slope, error) == pytest.approx((0.0, math.sqrt(1 / 3)))
    assert math.isnan(fit_exponent([1.0, 2.0, 3.0], [1.0, None, 2.0])[0])


def test_tables_have_units(tmp_path, runs, capsys):
    report_command(runs, csv=tmp_path / "tables", quiet=True)
    assert capsys.readouterr().out == ""
    names = {path.stem for path in (tmp_path / "tables").iterdir()}
    assert names == {"report", "distribution", "milling", "readings", "exponents"}
    with (tmp_path / "tables" / "report.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert float(rows[2]["disc speed [rpm]"]) == pytest.approx(600)
    scale = 3**3.5 / 30
    assert float(rows[2]["power dissipation total [W]"]) == pytest.approx(POWER * scale)
    assert float(rows[2]["SE shear event [J]"]) == pytest.approx(4 / 7 * UNIT * scale / 3)
    free = {"file", "steady", "precision", "device", "schedule", "threads"}
    assert all(name.endswith("]") for name in rows[0] if name not in free)


def test_the_figure_is_a_png(tmp_path, runs, mill):
    path = draw_stress_figure([analyse(run) for run in runs[:2]], tmp_path / "new" / "curves.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    empty = write_mill(tmp_path / "bowl.vtkhdf", log="bowl", histograms=False)
    draw_stress_figure([analyse(empty)], tmp_path / "empty.png")
    with pytest.raises(RunFileError, match="cannot be written"):
        draw_stress_figure([analyse(mill)], tmp_path / "curves.nothing")


def test_faulty_files_are_named(tmp_path, mill):
    with pytest.raises(RunFileError, match=r"absent\.vtkhdf: no such file"):
        report_command([tmp_path / "absent.vtkhdf"])
    cut = tmp_path / "cut.vtkhdf"
    cut.write_bytes(mill.read_bytes()[:20000])
    with pytest.raises(RunFileError, match=r"cut\.vtkhdf: is damaged"):
        report_command([cut])
    with pytest.raises(RunFileError, match="no run file given"):
        report_command([])
    with pytest.raises(RunFileError, match="cannot be written"):
        report_command([mill], csv=mill / "inside", quiet=True)


def test_words_for_numbers():
    assert rate(1.31e6, "stresses") == "1.31 million stresses per second"
    assert rate(12.0, "stresses") == "12 stresses per second"
    assert quantity(1000 * RPM, "angular_speed") == "1000 rpm"
    assert quantity(None, "energy") == "-"


@pytest.mark.parametrize(
    ("error", "step", "told"),
    [
        (
            -0.2,
            1e-6,
            "All energies and powers are TOO HIGH by 25 %: they add up to 32 mW where 25.6 mW",
        ),
        (
            0.25,
            1e-6,
            "All energies and powers are TOO LOW by 20 %: they add up to 32 mW where 40 mW",
        ),
        (0.25, 2e-6, "the time step is 40 % of the Rayleigh time: lower run.rayleigh_fraction."),
    ],
)
def test_energies_that_are_off_are_told_first(tmp_path, capsys, error, step, told):
    path = write_mill(tmp_path / "off.vtkhdf", power_error=error, time_step=step)
    report_command([path])
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("Verdict: NOT TRUSTWORTHY: the energy ledger does not close: all")
    off = "too high by 25 %" if error < 0 else "too low by 20 %"
    assert off in out and analyse(path)["ledger"]["cause"].rstrip(".") in out
    print_full(analyse(path), Console(width=80))
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("All energies and powers are TOO ")
    assert told in out
    report_command([path], json=True)
    book = json.loads(capsys.readouterr().out)[0]["ledger"]
    assert book["channels"] == pytest.approx(1.0 / (1.0 + error) - 1.0)
    assert not book["closes"]


def test_energies_that_are_right_need_no_warning(tmp_path, capsys):
    report_command([write_mill(tmp_path / "right.vtkhdf", power_error=0.015)])
    out = capsys.readouterr().out
    assert "TOO" not in out and "NOT TRUSTWORTHY" not in out
