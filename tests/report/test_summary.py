"""The summary of a run and the comparison of several, on runs known by hand."""

import copy
import io

import pytest
from rich.console import Console

from gpudem.report.answers import stress_number_of
from gpudem.report.differences import cell_text, differences, in_order
from gpudem.report.report import analyse, print_report
from gpudem.report.summary import summary
from gpudem.report.value import Value
from tests.syntheticrun import STEP, UNIT, write_mill

POWER = 32 * UNIT / STEP


def text_of(results, width=80, **options):
    stream = io.StringIO()
    print_report(results, Console(file=stream, width=width, highlight=False), **options)
    return stream.getvalue()


def with_errors(result, share=0.02):
    """The result as of a longer window: with errors, of which it has none of its own."""
    found = copy.deepcopy(result)
    for means in found["statistics"].values():
        for mean in means.values():
            mean |= {"standard_error": share * mean["value"], "effective_samples": 50.0}
    found["milling"]["relative_error"] = share
    return found


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return analyse(write_mill(tmp_path_factory.mktemp("run") / "mill.vtkhdf", filling=0.4))


def test_verdict_first_and_nothing_is_told_better_than_it_is_known(result):
    lines = summary(result)
    assert [name for name, _ in lines][:4] == [
        "Verdict", "Specific power", "Hard collisions", "Milling time",
    ]  # fmt: skip
    told = dict(lines)
    assert told["Verdict"] == "use with care: the evaluated period is too short for standard errors"
    assert told["Specific power"] == "1.8 mW per gram of product (32 mW, 17.5 g)"
    assert "collisions account for 90 % of the energy" in told["Hard collisions"]
    # 500 J/g * 17.5 g / 32 mW = 75.95 h
    assert told["Milling time"].startswith("500 J/g is reached after about 76 h, an estimate")
    assert (
        told["Run"].startswith("mill.vtkhdf: 4 beads of 5 mm")
        and "filling ratio 0.4" in told["Run"]
    )
    known = dict(summary(with_errors(result)))
    assert known["Verdict"].startswith("trustworthy: steady, energy ledger closes")
    assert known["Specific power"].startswith("1.83 ± 0.04 mW per gram of product (32.0 ± 0.6 mW")
    assert known["Milling time"] == "500 J/g is reached after 76.0 ± 1.5 h"


def test_the_summary_fits_a_terminal_and_names_what_shows_more(result):
    text = text_of([result])
    assert len(text.splitlines()) <= 14 and max(map(len, text.splitlines())) <= 80
    assert "--full" in text and "--paper" not in text and "Power [W]" not in text
    full = text_of([result], full=True)
    assert full.startswith(text[: text.index("More:")].rstrip()) and "Power [W]" in full
    assert "--full" not in full


def test_without_a_mass_there_is_power_alone(result):
    bare = copy.deepcopy(result)
    bare["milling"] |= {"product_mass": None, "time_for_wanted_energy": None}
    bare["specific_power"] = bare["scene"]["product_mass"] = None
    told = dict(summary(bare))
    assert told["Power"].startswith("32 mW; W per gram follow from the product's mass")
    assert told["Milling time"] == "not known: no mass of product"


@pytest.mark.parametrize(
    ("seconds", "error", "told"),
    [
        (228.3, None, "3.8 min"),
        (228.3, 3.0, "3.8 min"),
        (228.3, 70.0, "4 min"),
        (0.0, None, "0 ns"),
    ],
)
def test_a_rough_value_has_no_digit_that_its_error_forbids(seconds, error, told):
    assert Value(seconds, "time", error).rough == told


def test_runs_are_sorted_by_what_varies_and_told_with_errors(tmp_path):
    runs = [
        with_errors(
            analyse(write_mill(tmp_path / f"{k}.vtkhdf", speed=200.0 * k, scale=20.0 * k**3))
        )
        for k in (3, 1, 2)
    ]
    narrow, text = text_of(runs), text_of(runs, width=120)
    assert "0.640 " in narrow and "±0.013 " in narrow and max(map(len, narrow.splitlines())) <= 80
    rows = [line.split() for line in text.splitlines() if line[1:4] in ("200", "400", "600")]
    assert [row[0] for row in rows][:3] == ["200", "400", "600"]
    # 20 * 32 mW; per 17.5 g; 500 J/g * 17.5 g over it.
    assert rows[0][1:4] == ["0.640±0.013", "0.0366±0.0007", "228±5"]
    assert "until 500 J/g is reached" in text and "power ~ n^3.00" in text
    # SN = SF t, in 228 min at 7 collisions a millisecond.
    time = 500e3 * 17.5e-3 / (20.0 * POWER)
    assert stress_number_of(runs[1]).value == pytest.approx(7.0 / STEP * time)
    assert stress_number_of(
        analyse(tmp_path / "1.vtkhdf", milling_time=60.0)
    ).value == pytest.approx(7.0 / STEP * 60.0)


def test_mills_are_told_apart(tmp_path, result):
    planetary = write_mill(tmp_path / "a.vtkhdf", mill="planetary")
    drum = write_mill(
        tmp_path / "b.vtkhdf", mill="drum", bowl_height=60e-3, title="a drum", filling=0.1
    )
    results = [analyse(planetary), analyse(drum)]
    found = {one.head: [cell_text(cell) for cell in one.cells] for one in differences(results)}
    assert found["mill"] == ["synthetic mill", "a drum"]
    assert found["kind"] == ["planetary", "drum"]
    assert found["bowl"] == ["80.1 mL", "123 mL"]
    assert found["filling ratio"] == ["0.5", "0.1"] and "speed [rpm]" not in found
    assert in_order(differences(results), 2) == [1, 0]
    text = text_of(results)
    assert "drum" in text and "123 mL" in text and max(map(len, text.splitlines())) <= 80
    twice = differences([results[0], results[0]])
    assert [one.head for one in twice] == ["file"]
