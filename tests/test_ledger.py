"""The energy ledger: one definition for runs, reports, studies and self-tests."""

import math

import pytest

from gpudem.ledger import EMPTY, REPORT_WORK_ENERGY, STOP_WORK_ENERGY, Ledger

#: 10 J go in by the wall, 2 J come out by gravity; 1 J becomes motion, 0.5 J is stored.
CLOSED = Ledger(-2.0, 10.0, 3.0, 1.0, 0.5, 6.5, 12.0)


def test_a_ledger_that_closes():
    assert CLOSED.loss == 6.5 and CLOSED.missed == 0.0 and CLOSED.excess == 0.0
    assert CLOSED.from_nowhere == 0.0 and CLOSED.work_energy == 0.0


def test_what_is_missing_is_told_with_its_sign():
    high = Ledger(-2.0, 10.0, 2.5, 1.0, 0.5, 13.0, 12.0)
    assert high.excess == pytest.approx(1.0)
    assert high.from_nowhere == pytest.approx(0.5)
    assert high.work_energy == pytest.approx(0.5 / 12.0)
    low = Ledger(-2.0, 10.0, 3.0, 1.0, 0.5, 3.25, 12.0)
    assert low.missed == pytest.approx(-3.25) and low.excess == pytest.approx(-0.5)


def test_ledgers_that_follow_on_one_another_add_up():
    assert EMPTY + CLOSED == CLOSED
    both = CLOSED + CLOSED
    assert both.loss == 13.0 and both.input == 24.0 and both.excess == 0.0


def test_beads_at_rest_lose_nothing():
    still = Ledger(0.0, 0.0, 0.0, 1e-16, 0.0, 2e-16, 0.0)
    assert math.isnan(still.excess) and math.isnan(still.work_energy)


def test_a_run_stops_later_than_a_report_complains():
    for precision in ("double", "mixed"):
        assert REPORT_WORK_ENERGY[precision] < STOP_WORK_ENERGY[precision]
