"""The three answers and the quality checks, on runs known by hand."""

import pytest

from gpudem.report.answers import BAD, CARE, GOOD, answers, checks
from tests.report.results import changed, sound_result


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return sound_result(tmp_path_factory.mktemp("run") / "mill.vtkhdf")


def test_all_is_well(result):
    time, stress, trust = answers(result)
    # P = 20 * 32 uJ / ms; t = 500 J/g * 17.5 g / P.
    assert time.headline == "3.80 ± 0.08 h"
    assert time.sentence.startswith("500 J/g is reached after 3.80 ± 0.08 h: the beads dissipate")
    assert "0.640 ± 0.013 W" in time.sentence and "(17.5 g in the bowl)" in time.sentence
    assert stress.headline.endswith("/s") and "J," in stress.headline
    assert "account for 90 % of the energy" in stress.sentence
    assert trust.verdict == GOOD and trust.headline == "yes"
    assert "known to 2 %" in trust.sentence
    assert {check.verdict for check in checks(result)} == {GOOD}


@pytest.mark.parametrize(
    ("values", "verdict", "words"),
    [
        ({"steady": False, "steady_reasons": ["power drifts"]}, CARE, "steady (power drifts)"),
        ({"ledger__closes": False, "ledger__cause": "a step"}, BAD, "ledger does not close"),
        ({"guards": False}, CARE, "guards were off"),
        ({"complete": False}, CARE, "has not come to its end"),
        ({"softening": 100.0}, CARE, "softened 100 times"),
        ({"lasting_contacts__dominate": True}, CARE, "slide and roll rather than hit"),
        ({"events__histogram_covered": 0.5}, CARE, "histograms hold 50 %"),
        ({"paper__readings": [{"ratio": 2.6}]}, CARE, "2.6 times the one published"),
    ],
)
def test_each_doubt_is_told(result, values, verdict, words):
    trust = answers(changed(result, **values))[2]
    assert trust.verdict == verdict
    assert words in trust.sentence


def test_milling_time_that_is_not_known_or_an_estimate(result):
    unsteady = answers(changed(result, steady=False, steady_reasons=["power drifts"]))[0]
    assert unsteady.headline == "about 3.8 h" and "an estimate" in unsteady.sentence
    unknown = changed(result, milling__product_mass=None, milling__time_for_wanted_energy=None)
    assert "no mass of product" in answers(unknown)[0].headline
    assert "--mass" in answers(unknown)[0].sentence


def test_beads_that_rub_or_do_not_touch(result):
    rub = answers(changed(result, lasting_contacts__dominate=True))[1]
    assert (
        rub.headline == "they slide and roll rather than hit"
        and "sliding friction takes" in rub.sentence
    )
    none = changed(result, stress_frequency__event=0.0, contacts_per_bead=0.0)
    assert answers(none)[1].headline == "they do not"
    assert answers(none)[2].verdict == BAD
