"""Stress energy, stress frequency, events, ledger and steadiness, against numbers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpudem.analysis.events import event_statistics, hardest_events
from gpudem.analysis.ledger import ledger
from gpudem.analysis.steadiness import steadiness
from gpudem.analysis.stress import (
    ALPHAS,
    CONVENTIONS,
    Distribution,
    bead_intervals,
    collisions,
    milling_time_for,
    specific_energy,
    window,
)
from gpudem.errors import RunFileError
from gpudem.quantities import histogram_edges
from gpudem.report.report import analyse
from gpudem.runfile.reader import open_run
from tests.syntheticrun import BEADS, STEP, UNIT, WINDOW, write_mill


@pytest.fixture(scope="module")
def mill(tmp_path_factory):
    with open_run(write_mill(tmp_path_factory.mktemp("runs") / "mill.vtkhdf")) as run:
        yield run


def test_the_window_is_the_log_window(mill):
    span = window(mill)
    assert (span.first, span.intervals) == (4, 20)
    assert span.start == pytest.approx(4 * STEP)
    assert span.duration == pytest.approx(WINDOW)


def test_energies_and_counts_by_hand(mill):
    sums = collisions(mill)
    assert sums.power("dissipation") == pytest.approx(32 * UNIT / STEP)
    assert sums.power("dissipation", "bead_bead") == pytest.approx(12 * UNIT / STEP)
    assert sums.power("normal") == pytest.approx(40 * UNIT / STEP)
    assert sums.power("shear") == pytest.approx(4 * UNIT / STEP)
    assert sums.power("rolling") == pytest.approx(2 * UNIT / STEP)
    assert sums.stress_frequency("bead") == pytest.approx(10 / STEP)
    assert sums.stress_frequency("event") == pytest.approx(7 / STEP)
    assert sums.stress_energy("dissipation", "bead") == pytest.approx(3.2 * UNIT)
    assert sums.stress_energy("dissipation", "event") == pytest.approx(32 / 7 * UNIT)
    assert sums.stress_energy("dissipation", "event", "bead_bead") == pytest.approx(4 * UNIT)
    assert sums.stress_energy("dissipation", "bead", "bead_bead") == pytest.approx(2 * UNIT)
    assert sums.stress_energy("dissipation", "event", "bead_wall") == pytest.approx(5 * UNIT)
    assert sums.total("dissipation", wall_share=0.5) == pytest.approx(20 * 22 * UNIT)
    assert sums.count_loaded["bead_bead"] == 20 * 3


@pytest.mark.parametrize("alpha", ALPHAS)
def test_se_times_sf_is_the_power_in_both_conventions(mill, alpha):
    sums = collisions(mill)
    for convention in CONVENTIONS:
        product = sums.stress_energy(alpha, convention) * sums.stress_frequency(convention)
        assert product == pytest.approx(sums.power(alpha), rel=1e-14)
    mixed = sums.stress_energy(alpha, "bead") * sums.stress_frequency("event")
    assert mixed == pytest.approx(sums.power(alpha) * sums.mixed_share, rel=1e-14)
    assert sums.mixed_share == pytest.approx(0.7)


def test_intervals_without_a_new_contact_are_counted_in_and_shown(mill):
    found = bead_intervals(mill)
    # Bead 3 has 3 + 5 of 32 units in every interval, and never a new contact.
    assert found.share_without_contact == pytest.approx(1 / BEADS)
    assert found.share_lasting == pytest.approx(1 / BEADS)
    assert found.energy_share_without_contact == pytest.approx(8 / 32)
    # Beads 0, 1, 2 begin 4, 3, 3 contacts with 8 units each.
    assert found.mean_ratio["dissipation"] == pytest.approx((2 + 8 / 3 + 8 / 3) / 3 * UNIT)
    assert found.mean_ratio["shear"] == pytest.approx((1 / 4 + 1 / 3 + 1 / 3) / 3 * UNIT)
    assert found.distribution.frequency.sum() == pytest.approx(10 / STEP)
    assert found.distribution.below == 0.0
    low, high = found.distribution.edges[[0, -1]]
    assert low <= 2 * UNIT and high > 8 / 3 * UNIT


def test_a_run_without_bead_log_has_the_same_sums(tmp_path, mill):
    with open_run(write_mill(tmp_path / "bowl.vtkhdf", log="bowl")) as run:
        assert bead_intervals(run) is None
        assert collisions(run) == collisions(mill)


def test_event_sums_by_hand(mill):
    found = event_statistics(mill, collisions(mill))
    assert found.frequency == pytest.approx(5 / STEP)
    assert found.energy["dissipation"] == pytest.approx(20 * 32 * UNIT)
    squares = 1 + 1 + 100 + 16 + 256
    assert found.weighted["dissipation"] == pytest.approx(squares / 32 * UNIT)
    assert found.weighted["normal"] == pytest.approx(2 * squares / 32 * UNIT)
    assert found.carried_number == pytest.approx(2.0)
    assert found.carried_share == pytest.approx(1.6 / 32)
    assert found.alive_number == 4.0
    assert found.alive_share == pytest.approx(6.4 / (20 * 32))
    assert found.covered == pytest.approx(1.0)
    # 16, 10 and 4 of 32 units make 30/32; 90 % is 28.8, so part of the 4-unit class is needed.
    hard = found.hardest["90"]
    assert hard.energy == pytest.approx(0.9 * 20 * 32 * UNIT)
    assert hard.number == pytest.approx(20 * 2.7, rel=0.02)
    assert hard.mean == pytest.approx(28.8 / 2.7 * UNIT, rel=0.02)
    assert found.stress_frequency_q(90) == pytest.approx(2.7 / STEP, rel=0.02)
    assert hard.threshold == pytest.approx(4 * UNIT, rel=0.13)
    assert found.distribution.frequency.sum() == pytest.approx(5 / STEP)
    assert found.distribution.cumulative[0] == pytest.approx(5 / STEP)
    assert found.distribution.cumulative[-1] == 0.0


def test_the_hardest_events_of_a_known_distribution():
    # Pareto energies, exponent 2.5 above 1: events above x carry the energy share x^-1.5.
    rng = np.random.default_rng(1)
    energies = rng.random(400_000) ** (-1 / 2.5)
    edges = np.array(histogram_edges())
    number, _ = np.histogram(energies, edges)
    energy, _ = np.histogram(energies, edges, weights=energies)
    ordered = np.sort(energies)[::-1]
    for share in (0.5, 0.9, 0.99):
        exact = 1 + np.searchsorted(np.cumsum(ordered), share * ordered.sum())
        found = hardest_events(edges, number, energy, share)
        assert found.number == pytest.approx(exact, rel=2e-3)
        # A class is 12.5 % wide here, and the energies fall off inside it.
        assert found.threshold == pytest.approx(ordered[exact - 1], rel=0.01)
    everything = hardest_events(edges, number, energy, 1.0)
    assert everything.mean == pytest.approx(energies.mean(), rel=1e-9)


def test_one_class_is_interpolated_evenly():
    # 100 events evenly in [2, 3): above x lie (9 - x^2)/5 of the energy.
    found = hardest_events([1.0, 2.0, 3.0], np.array([0, 100]), np.array([0.0, 250.0]), 0.5)
    assert found.threshold == pytest.approx(math.sqrt(6.5))
    assert found.number == pytest.approx(100 * (3 - math.sqrt(6.5)))


def test_no_events_give_nan():
    found = hardest_events([1.0, 2.0], np.zeros(1), np.zeros(1), 0.9)
    assert math.isnan(found.mean)
    empty = Distribution.of_classes(np.zeros(len(histogram_edges()) - 1))
    assert len(empty.frequency) == 0 == len(empty.cumulative)


def test_histograms_that_end_early_are_scaled_to_all_events(tmp_path):
    path = write_mill(tmp_path / "none.vtkhdf", histograms=False)
    with open_run(path) as run:
        found = event_statistics(run, collisions(run))
        assert found.covered == 0.0
        assert math.isnan(found.hardest["90"].mean)
        assert found.weighted["dissipation"] > 0


def test_the_ledger_closes(mill):
    found = ledger(mill)
    # The steady input of 32 units an interval, over the 23 intervals after the first.
    assert found.input == pytest.approx(23 * 32 * UNIT)
    assert found.work_energy == pytest.approx(0.0, abs=1e-12)
    assert found.excess == pytest.approx(0.0, abs=1e-6)


def test_the_ledger_shows_what_is_missing(tmp_path):
    with open_run(write_mill(tmp_path / "leak.vtkhdf", leak=0.1)) as run:
        assert ledger(run).work_energy == pytest.approx(0.05)
        assert not analyse(run)["ledger"]["closes"]
    with open_run(write_mill(tmp_path / "power.vtkhdf", power_error=0.25)) as run:
        # A quarter more goes in than the channels show: they are a fifth too low.
        assert ledger(run).excess == pytest.approx(-0.2, rel=1e-6)
        assert ledger(run, run.first_logged).loss == pytest.approx(1.25 * 20 * 32 * UNIT)
    with open_run(write_mill(tmp_path / "drift.vtkhdf", drift=0.01)) as run:
        assert ledger(run).motion_change == pytest.approx(23 * 0.01 * 2e-3)


def steady(run, ratio=-2.0):
    return steadiness(run, window(run), ratio=ratio, mass=BEADS * 4e-4)


def test_a_steady_mill_by_its_centre_of_mass(mill):
    found = steady(mill)
    assert found.steady and found.reasons == ()
    assert found.blocks == 10
    power = 32 * UNIT / STEP
    assert found.frame_formula == pytest.approx(0.5 * power)
    assert found.wall_formula == pytest.approx(0.5 * power)
    assert found.total_formula == pytest.approx(power)
    assert found.power_body == pytest.approx(0.5 * power)
    assert found.imbalance == pytest.approx(0.0, abs=1e-12)


def test_a_drift_is_not_steady(tmp_path):
    with open_run(write_mill(tmp_path / "drift.vtkhdf", drift=0.02)) as run:
        found = steady(run)
    assert not found.steady
    assert "kinetic energy drifts" in found.reasons[0]


def test_wrong_inputs_are_not_steady(mill):
    # Taken for a mill of ratio -1.5 the wall should give half of what the frame does.
    found = steady(mill, ratio=-1.5)
    assert not found.steady
    assert "wall and frame" in found.reasons[0]
    assert steady(mill, ratio=None).steady


def test_a_short_window_tells_nothing(tmp_path):
    with open_run(write_mill(tmp_path / "short.vtkhdf", intervals=7, finish=False)) as run:
        found = steady(run)
        assert not found.steady and "too short" in found.reasons[0]


def test_a_run_before_its_window_is_refused(tmp_path):
    path = write_mill(tmp_path / "early.vtkhdf", intervals=4, finish=False, histograms=False)
    with open_run(path) as run, pytest.raises(RunFileError, match="nothing to evaluate yet"):
        collisions(run)


def test_milling_time_is_the_inverse_of_specific_energy():
    time = milling_time_for(500e3, 14.6, 17.5e-3)
    assert time == pytest.approx(599.3, abs=0.1)
    assert specific_energy(14.6, time, 17.5e-3) == pytest.approx(500e3)
    assert math.isnan(milling_time_for(500e3, 0.0, 17.5e-3))
