"""What stops a run, and with which words: samples made up for each fault."""

from types import SimpleNamespace

import numpy as np
import pytest

from gpudem import load_scene
from gpudem.errors import SimulationError
from gpudem.kernels import layout as at
from gpudem.running.guards import Guards

QUIET = {
    "kinetic_energy": 1.0,
    "spin_energy": 0.1,
    "stored_energy": 0.01,
    "work_body": 0.0,
    "work_contact": 0.0,
    "work_wall": 0.0,
}


def sample():
    beads = np.zeros((4, at.SAMPLE))
    beads[:, at.SAMPLE_POSITION + 2] = 0.02
    beads[:, at.SAMPLE_SPEED] = 1.0
    return beads


def look(beads, summary=QUIET, *overrides, lost=0.0):
    guards = Guards(load_scene("pulverisette7", overrides))
    start = sample()
    start[0, at.SAMPLE_KINETIC], start[0, at.SAMPLE_SPIN] = 1.0, 0.1
    start[0, at.SAMPLE_STORED] = 0.01
    guards.begin(start)
    log = np.zeros((len(beads), 2, at.LOG_VALUES))
    log[0, 0, at.SLIDING] = lost
    guards.check(SimpleNamespace(sample=beads, log=log, step=12345, time=0.025), summary)


def test_a_quiet_mill_passes():
    look(sample())
    assert 15.0 < Guards(load_scene("pulverisette7")).speed_limit < 30.0


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (at.SAMPLE_POSITION, 0.026, "bead 2 has left the bowl"),
        (at.SAMPLE_POSITION + 2, -1e-4, "bead 2 has left the bowl"),
        (at.SAMPLE_POSITION + 2, 0.04, "bead 2 has left the bowl"),
        (at.SAMPLE_POSITION + 1, np.nan, "bead 2 has no finite position or speed"),
        (at.SAMPLE_SPEED, np.inf, "bead 2 has no finite position or speed"),
        (at.SAMPLE_SPEED, 40.0, "bead 2 flies at 40 m/s"),
        (at.SAMPLE_OVERLAP, 0.11, "bead 2 overlaps by 11 % of its radius"),
    ],
)
def test_a_bad_bead_is_named_with_step_and_time(place, value, words):
    beads = sample()
    beads[2, place] = value
    with pytest.raises(SimulationError, match=r"at step 12345 \(t = 0.025 s\)") as caught:
        look(beads)
    assert words in str(caught.value)
    assert "run.rayleigh_fraction" in str(caught.value)


def test_an_open_bowl_may_be_left_over_its_rim_only():
    beads = sample()
    beads[1, at.SAMPLE_POSITION + 2] = 0.05
    look(beads, QUIET, "bowl.closed=false")
    beads[1, at.SAMPLE_POSITION] = 0.03
    with pytest.raises(SimulationError, match=r"bead 1 has left the open bowl .* over its rim"):
        look(beads, QUIET, "bowl.closed=false")


@pytest.mark.parametrize("name", ["kinetic_energy", "spin_energy", "stored_energy"])
def test_energies_that_are_not_finite_stop(name):
    with pytest.raises(SimulationError, match=name.replace("_", " ")):
        look(sample(), {**QUIET, name: np.nan})


def test_energy_from_nowhere_stops():
    look(sample(), {**QUIET, "kinetic_energy": 1.5, "work_body": 0.5})
    with pytest.raises(SimulationError, match="the energy ledger does not close"):
        look(sample(), {**QUIET, "kinetic_energy": 1.501, "work_body": 0.5})


def test_losses_that_the_channels_do_not_show_stop_at_the_limit():
    driven = {**QUIET, "work_wall": 2.0}
    look(sample(), driven, lost=1.9)
    with pytest.raises(SimulationError, match=r"miss 1 J .* run.ledger_limit = 0.25"):
        look(sample(), driven, lost=1.0)
    look(sample(), driven, "run.ledger_limit=0.5", lost=1.0)
