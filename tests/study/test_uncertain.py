"""Uncertain parameters: their file, draws of them, and what they make of a study's answers."""

import itertools
import json
import math

import numpy as np
import pytest
import xarray
from scipy import stats

from gpudem.cli.app import app
from gpudem.errors import GpudemError, SceneError
from gpudem.page.study_page import study_page
from gpudem.page.table import Table
from gpudem.scene.file import load_scene
from gpudem.study.dataset import central, open_study
from gpudem.study.spread import influences_in, spreads_of
from gpudem.study.spread_text import doubts
from gpudem.study.study import study_from_text
from gpudem.study.study_folder import StudyFolder
from gpudem.study.uncertain import read_uncertain, uncertain_from_text, uncertain_text
from tests.planning.made_up import result_of

RESTITUTION, ROLLING = "contact.bead_bead.restitution", "contact.bead_bead.rolling_friction"
TEXT = f"""
[parameters]
"{RESTITUTION}" = {{ value = 0.15, error = 0.02 }}
"{ROLLING}" = {{ value = 0.045, error = 0.004 }}
"""
DRAWS = f"""
[draws]
"{RESTITUTION}" = [0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18]
"{ROLLING}" = [0.041, 0.042, 0.043, 0.044, 0.045, 0.046, 0.047, 0.048]
"""
STUDY = """
scene = "pulverisette7"
[set]
run.duration = "20 ms"
run.log_from = "10 ms"
beads.count = 40
[vary]
mill.speed = "400, 600 rpm"
"""


def numbers(uncertain, count, more=0):
    """Draws as numbers, shape (draws, parameters)."""
    drawn = itertools.islice(uncertain.candidates(count), count + more)
    return np.array([[float(value) for value in one.values()] for one in drawn])


def study(draws=None, uncertain=TEXT, text=STUDY):
    return study_from_text(text).with_uncertain(uncertain_from_text(uncertain), draws)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "parameters: is missing; for each key write { value = 0.15"),
        (TEXT.replace("restitution", "restituion"), "unknown key; did you mean 'contact.bead_bead"),
        (TEXT.replace("error = 0.02", "eror = 0.02"), r":3: .*: write { value = 0.15, error"),
        (TEXT.replace("0.15", "15"), r":3: .*\.value = 15: must be from "),
        (TEXT.replace("0.02", "-0.02"), r":3: .*\.error = -0.02: must be above 0"),
        (TEXT.replace("0.15", '"5 mm"'), r":3: .*\.value = \"5 mm\": .*a plain number"),
        (TEXT.replace("0.15", '{ value = 0.6, at = "1 m/s", exponent = 0.2 }'), "one number is"),
        ('[parameters]\n"beads.diameter" = { value = 5, error = 1 }', 'no unit; .*"5 mm"'),
        (
            '[parameters]\n"beads.count" = { value = 5, error = 1 }',
            "only keys that take one number",
        ),
        ('[parameters]\n"mill.kind" = { value = 5, error = 1 }', "only keys that take one number"),
        (DRAWS.replace(", 0.048", ""), "restitution has 8, .*rolling_friction has 7"),
        (DRAWS.replace("0.11", "11"), ":3: .*: 11: must be from "),
        (f'[draws]\n"{ROLLING}" = [0.1, 0.1, 0.1]', "all draws are the same"),
        (f'[draws]\n"{ROLLING}" = [0.1]', "a list of 3 values or more"),
        (DRAWS + TEXT.partition('"contact.bead_bead.roll')[0], ":4: .*is missing in .parameters"),
        ("[parametrs]", r"\[parametrs\]: unknown table; did you mean 'parameters'"),
    ],
)
def test_faults(text, told):
    with pytest.raises(SceneError, match=f"(?s)^file.toml.*{told}"):
        uncertain_from_text(text, "file.toml")


def test_file(tmp_path):
    with pytest.raises(SceneError, match=r"no such file; it holds \[parameters\]"):
        read_uncertain(tmp_path / "file.toml")
    values = {RESTITUTION: 0.15, "beads.diameter": 3.1e-3}
    errors = {RESTITUTION: 0.02, "beads.diameter": 1e-4}
    draws = {RESTITUTION: [0.1, 0.2, 0.15], "beads.diameter": [3e-3, 3.2e-3, 3.1e-3]}
    text = uncertain_text(values, errors, draws, "From a fit.\n\nBy hand.")
    assert text.startswith("# From a fit.\n#\n# By hand.\n\n[parameters]")
    assert '"beads.diameter" = { value = "3.1 mm", error = "0.1 mm" }' in text
    (tmp_path / "file.toml").write_text(text)
    read = read_uncertain(tmp_path / "file.toml")
    for one, wanted in ((read.values, values), (read.errors, errors), (read.draws, draws)):
        assert one.keys() == wanted.keys()
        for key in wanted:
            assert one[key] == pytest.approx(wanted[key], rel=1e-12)
    # Keys may stand in nested tables too.
    nested = "[parameters.contact.bead_bead]\nrestitution = { value = 0.15, error = 0.02 }"
    assert uncertain_from_text(nested).values == {RESTITUTION: 0.15}


def test_normal_draws_are_spread_and_always_the_same():
    uncertain = uncertain_from_text(TEXT)
    drawn = numbers(uncertain, 12)
    np.testing.assert_array_equal(drawn, numbers(uncertain, 12))
    # The middle of each of twelve slices of equal probability once.
    middles = stats.norm.ppf((np.arange(12) + 0.5) / 12)
    for column, value, error in ((0, 0.15, 0.02), (1, 0.045, 0.004)):
        wanted = value + error * middles
        np.testing.assert_allclose(np.sort(drawn[:, column]), wanted, rtol=1e-5)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.2
    # Those that replace refused ones lie elsewhere.
    assert len(np.unique(numbers(uncertain, 12, 12)[:, 0])) == 24


def test_given_draws_keep_together():
    uncertain = uncertain_from_text(DRAWS)
    assert uncertain.central == {RESTITUTION: "0.145", ROLLING: "0.0445"}
    drawn = numbers(uncertain, 3)
    np.testing.assert_allclose(drawn, [[0.11, 0.041], [0.15, 0.045], [0.18, 0.048]])
    # With values beside them, these are the central ones.
    assert uncertain_from_text(TEXT + DRAWS).central[RESTITUTION] == "0.15"


def test_cases_of_a_study():
    cases = study(3, text=STUDY.replace("[set]", "seeds = 2\n[set]")).cases()
    assert len(cases) == len({case.identity for case in cases}) == 4 * 2 * 2
    assert [case.draw for case in cases] == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
    assert cases[0].label == "mill.speed 400 rpm, seed 1, central values"
    assert cases[-1].label == "mill.speed 600 rpm, seed 3002, draw 3"
    assert cases[0].scene.contact.bead_bead.restitution == 0.15
    assert cases[-1].state_point["draw"] == 3 and cases[-1].scene.run.seed == 3002
    # Without seeds, that of the scene.
    own = load_scene("pulverisette7").run.seed
    one = study(uncertain=DRAWS, text=STUDY.replace("400, ", "")).cases()
    assert len(one) == 9 and one[-1].scene.run.seed == own + 8000


def test_draws_that_a_scene_refuses():
    # Dynamic friction must not be above the static one, 0.55.
    friction = '[parameters]\n"contact.bead_bead.dynamic_friction" = {{ value = {}, error = {} }}'
    one = STUDY.replace("400, ", "")
    cases = study(8, friction.format(0.5, 0.1), one).cases()
    drawn = [case.scene.contact.bead_bead.dynamic_friction for case in cases if case.draw]
    assert len(set(drawn)) == 8 and max(drawn) <= 0.55
    with pytest.raises(
        SceneError, match=r"(?s)accepts \d of 60 draws; .*smaller errors.*must be from 0"
    ):
        study(3, friction.format(0.55, 1e4), one).cases()
    with pytest.raises(SceneError, match=r"(?s)the central values are refused:.*not be below"):
        study(3, friction.format(0.6, 0.1), one).cases()
    given = '[draws]\n"contact.bead_bead.dynamic_friction" = [0.5, 0.52, 0.56]'
    with pytest.raises(SceneError, match=r"(?s)dynamic_friction = 0.56: is refused:.*not be below"):
        study(3, given, one).cases()


@pytest.mark.parametrize(
    ("text", "draws", "told"),
    [
        (STUDY + f"{ROLLING} = [0.04]", None, r"rolling_friction stands in \[vary\] of study.toml"),
        (STUDY.replace("[vary]", f"{ROLLING} = 0.04\n[vary]"), None, r"stands in \[set\]"),
        (STUDY, 2, "2 draws; accepted are 3 to 1000"),
    ],
)
def test_faults_of_studies(text, draws, told):
    with pytest.raises(SceneError, match=told):
        study(draws, text=text)


def made_up(draws, power, noise=0.0):
    """A data set of one point whose power follows from the parameters of each draw.

    Args:
        draws: how many.
        power: of restitution and rolling friction [W].
        noise: relative standard error, told with the results and drawn.
    """
    uncertain = uncertain_from_text(TEXT)
    drawn = np.vstack([list(uncertain.values.values()), numbers(uncertain, draws)])
    random = np.random.default_rng(1).standard_normal(draws + 1)
    watts = power(*drawn.T) * (1.0 + noise * random)
    time = 5e5 * 17.5e-3 / watts
    columns = {
        "power": watts,
        "power_error": noise * watts,
        "milling_time": time,
        "milling_time_error": noise * time,
        "drawn_restitution": drawn[:, 0],
        "drawn_rolling_friction": drawn[:, 1],
        "done": np.ones(draws + 1, bool),
        "steady": np.ones(draws + 1, bool),
    }
    return xarray.Dataset(
        {name: ("draw", column) for name, column in columns.items()},
        coords={"draw": np.arange(draws + 1)},
        attrs={"draws": draws, "wanted_energy": 5e5},
    )


def test_spread_is_derivative_times_error():
    # Two effects that add up: 200 W for one of restitution, 500 W for one of rolling friction.
    (found,) = spreads_of(made_up(12, lambda e, r: 40.0 + 200.0 * e - 500.0 * r), ["power"])
    by_each = np.array([200.0 * 0.02, -500.0 * 0.004])
    assert found.value == pytest.approx(40.0 + 200.0 * 0.15 - 500.0 * 0.045)
    assert found.mean == pytest.approx(found.value, rel=1e-6)
    # Twelve slices have a standard deviation of 0.99 errors, and are not quite independent.
    assert found.spread == pytest.approx(np.hypot(*by_each), rel=0.08)
    width = stats.t.ppf(0.95, 11) * math.sqrt(math.log1p((found.spread / found.value) ** 2))
    assert (found.low, found.high) == pytest.approx(
        (found.value * math.exp(-width), found.value * math.exp(width))
    )
    first, second = found.influences
    assert (first.name, second.name) == ("restitution", "rolling_friction")
    assert first.share + second.share == pytest.approx(1.0)
    assert first.share == pytest.approx(by_each[0] ** 2 / (by_each**2).sum(), abs=0.02)
    assert first.effect == pytest.approx(by_each[0] / found.value, rel=0.02)
    assert second.effect == pytest.approx(by_each[1] / found.value, rel=0.02)
    assert second.coefficient == pytest.approx(by_each[1] / np.hypot(*by_each), rel=0.08)


def test_chance_is_taken_off():
    # 4 W by restitution, and 3 W by chance at 60 W.
    data = made_up(400, lambda e, r: 30.0 + 200.0 * e, noise=0.05)
    power, time = (spreads_of(data, [name])[0] for name in ("power", "milling_time"))
    assert power.chance == pytest.approx(3.0, rel=0.01)
    assert power.spread == pytest.approx(4.0, rel=0.05)
    assert power.error == pytest.approx(3.0, rel=0.1)
    # The time is the power's reciprocal, and so are the ends of its interval but for bends.
    assert power.low * time.high / (power.value * time.value) == pytest.approx(1.0, rel=0.01)


def test_only_chance_is_no_spread():
    (found,) = spreads_of(made_up(12, lambda e, r: 60.0 + 0.0 * e, noise=0.05), ["power"])
    assert found.spread < 1.5
    assert found.low < 60.0 < found.high
    # Where it is not known, it is in the spread, and that is told.
    data = made_up(12, lambda e, r: 60.0 + 0.0 * e, noise=0.05)
    data["power_error"] = data["power_error"] * np.nan
    (found,) = spreads_of(data, ["power"])
    assert found.spread == pytest.approx(3.0, rel=0.5) and math.isnan(found.chance)
    assert "there chance is in the spread" in " ".join(doubts(data, [found]))


def test_an_answer_that_bends_is_told():
    data = made_up(40, lambda e, r: 60.0 + 3e4 * (e - 0.15) ** 2, noise=0.01)
    (found,) = spreads_of(data, ["power"])
    assert found.off > 3.0
    assert "the answer is no straight line" in " ".join(doubts(data, [found]))


def test_shares_of_parameters_drawn_together_are_parted():
    """Two parameters that are nearly one share what it does; a third has nothing of it."""
    random = np.random.default_rng(2)
    one, other = random.standard_normal((2, 4000))
    x = np.stack([one, one + 0.01 * random.standard_normal(4000), other], axis=1)
    first, second, third = influences_in("abc", x, 3.0 + one)
    assert first.share == pytest.approx(0.5, abs=0.02) == pytest.approx(second.share, abs=0.04)
    assert third.share < 0.01
    assert not influences_in("abc", x[:4], one[:4])


def test_data_set_report_and_plan(tmp_path, capsys):
    made = study(3, text=STUDY.replace("400, 600 rpm", "200..1000 rpm:5"))
    folder = StudyFolder.prepare(tmp_path / "s", made, made.cases())
    for case in folder.cases:
        result = result_of(case.state_point)
        result["milling"]["time_for_wanted_energy"] = 5e5 / result["specific_power"]
        case.finish(result)
    data = open_study(folder.path)
    assert dict(data.sizes) == {"draw": 4, "speed": 5}
    assert data.drawn_restitution.dims == ("draw",)
    assert float(data.drawn_restitution[0]) == 0.15
    middle = central(data)
    assert dict(middle.sizes) == {"speed": 5} and middle.attrs["cases"] == 5
    np.testing.assert_array_equal(middle.power, data.power.sel(draw=0))
    run("plan", folder.path, "--energy", "500 J/g")
    told = " ".join(capsys.readouterr().out.split())
    assert f"It rests on the central values of what is not known exactly ({RESTITUTION}" in told
    run("report", folder.path)
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("Verdict: ") and "500 J/g is reached after " in told
    assert "(3 draws)" in told and "20 of 20 cases" in told and "5 of 5 cases done" in told


def run(*words):
    app([str(word) for word in words], exit_on_error=False, result_action="return_value")


def test_a_study_of_seconds(tmp_path, monkeypatch, capsys):
    """From the command to the page, and on in its folder without the files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(
        STUDY.replace("400, ", "").replace("beads", "contact.softening = 100\nbeads")
    )
    text = TEXT.partition(f'"{ROLLING}')[0]
    (tmp_path / "u.toml").write_text(text)
    device = ("--device", "cpu", "--threads", "1", "--quiet")
    run("study", "s.toml", "--uncertain", "u.toml", "--draws", "3", "-o", "d", "--prepare")
    with pytest.raises(GpudemError, match="has uncertain parameters; it goes on with gpudem study"):
        run("study", "s.toml", "-o", "d", "--prepare")
    with pytest.raises(GpudemError, match=r"--uncertain u\.toml: d is a study's folder"):
        run("study", "d", "--uncertain", "u.toml")
    with pytest.raises(GpudemError, match="--draws 5: only with --uncertain FILE"):
        run("study", "s.toml", "--draws", "5")
    folder = StudyFolder(tmp_path / "d")
    assert folder.uncertain.text == text
    (tmp_path / "u.toml").unlink()
    (tmp_path / "s.toml").unlink()
    run("study", "d", *device, "--no-report")
    data = open_study("d")
    assert bool(data.done.all()) and dict(data.sizes) == {"draw": 4, "speed": 1}
    assert len(np.unique(data.power)) == 4
    capsys.readouterr()
    run("report", "d")
    told = capsys.readouterr().out
    assert "500 J/g is reached after " in told and "(3 draws)" in told
    assert "Share of the variance" in told
    page = study_page(folder.path, pictured=False)
    assert page.summary.startswith("Use with care. 500 J/g is reached after ")
    titles = [block.title for block in page.blocks(Table)]
    assert titles[:3] == [
        "Parameters",
        "Values, spreads and intervals",
        "Which parameter matters most",
    ]
    time = next(one for one in page.numbers["uncertain"] if one["quantity"] == "milling_time")
    assert time["interval"][0] < time["value"] < time["interval"][1] and time["draws"] == 3
    json.dumps(page.numbers, allow_nan=False)
