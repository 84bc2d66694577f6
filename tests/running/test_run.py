"""Runs as users start them: the same bits twice, with one thread or two, on either schedule."""

import pytest

from gpudem import open_run
from gpudem.runfile.compare import compare_runs
from tests.runs import gpudem, gpudem_here, run_words


def start(folder, name, *options, settings=(), command=gpudem):
    """Runs the small bowl with the command line, in a process of its own unless told otherwise."""
    path = folder / f"{name}.vtkhdf"
    command(*run_words(path, *options, settings=settings))
    return path


def start_here(folder, name, *options, settings=()):
    """The same in this process."""
    cpu = ("--device", "cpu")
    return start(folder, name, *cpu, *options, settings=settings, command=gpudem_here)


def test_two_runs_differ_in_their_timings_only(tmp_path):
    first = start(tmp_path, "first", "--threads", "1")
    again = start(tmp_path, "again", "--threads", "2")
    other = start_here(tmp_path, "other", settings=["run.seed=2"])
    assert compare_runs(first, again) == []
    assert compare_runs(first, other) != []
    with open_run(first) as run:
        assert run.complete
        assert run.intervals == 24
        assert run.snapshots == 7
        assert run.logged_intervals == 12
        summary, log = run.summary, run.log
        for kind in ("bead_bead", "bead_wall"):
            whole = summary[f"{kind}_sliding"].values[12:]
            beads = log["sliding"].sel(pair_kind=kind).sum("bead").values
            assert beads == pytest.approx(whole, rel=1e-6, abs=1e-15)


def test_the_bowls_sums_do_not_need_the_beads_log(tmp_path):
    beads = start_here(tmp_path, "beads")
    bowl = start_here(tmp_path, "bowl", settings=["run.log=bowl"])
    with open_run(beads) as with_beads, open_run(bowl) as without:
        assert with_beads.has_bead_log
        assert not without.has_bead_log
        assert with_beads.summary.equals(without.summary)
        assert with_beads.events.equals(without.events)
    assert bowl.stat().st_size < beads.stat().st_size


def test_both_schedules_write_the_same_states(tmp_path):
    serial = start_here(tmp_path, "serial", "--schedule", "serial")
    parallel = start_here(tmp_path, "parallel", "--schedule", "parallel")
    differing = compare_runs(serial, parallel)
    assert not [name for name in differing if "Points" in name or "histogram" in name]
    with open_run(serial) as a, open_run(parallel) as b:
        for name in a.summary.data_vars:
            assert b.summary[name].values == pytest.approx(
                a.summary[name].values, rel=1e-9, abs=1e-15
            ), name
