"""Errors of SE_q and SF_q against the scatter between many independent windows."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from gpudem.analysis.events import (
    PERCENTAGES,
    class_energies,
    hardest_events,
    hardest_statistics,
)
from gpudem.analysis.uncertainty import Mean
from gpudem.quantities import HISTOGRAM_CLASSES, PAIR_KINDS, histogram_edges

BLOCKS, EVENTS, DURATION = 40, 400, 0.4
EDGES = np.array(histogram_edges())


class Window:
    """A run as `hardest_statistics` asks it: events of a log-normal energy in each block."""

    def __init__(self, seed, blocks=BLOCKS):
        random = np.random.default_rng(seed)
        self.blocks = np.zeros((2, blocks, HISTOGRAM_CLASSES), np.int64)
        energy = np.zeros((2, blocks))
        for k in range(blocks):
            # A bowl that is livelier at times has more and harder contacts then.
            lively = math.exp(random.normal(0.0, 0.1))
            for kind, share in enumerate((0.8, 0.2)):
                drawn = (
                    1e-5
                    * lively
                    * random.lognormal(0.0, 1.5, random.poisson(EVENTS * share * lively))
                )
                place = np.searchsorted(EDGES, drawn, side="right") - 1
                self.blocks[kind, k] = np.bincount(place, minlength=HISTOGRAM_CLASSES)
                energy[kind, k] = drawn.sum()
        # Before the window opens there is nothing.
        self.blocks = np.concatenate([np.zeros((2, 3, HISTOGRAM_CLASSES), int), self.blocks], 1)
        number = self.blocks.sum(axis=2)[:, 3:].astype(float)
        self.event_series = {"events": number, "dissipation": energy}

    def histogram_blocks(self, name):
        return self.blocks

    def histogram(self, name):
        return EDGES, self.blocks.sum(axis=1)

    def statistics(self, power):
        counts, energies = class_energies(
            EDGES,
            self.blocks.sum(axis=1),
            self.event_series["events"].sum(axis=1),
            self.event_series["dissipation"].sum(axis=1),
        )
        hardest = {str(p): hardest_events(EDGES, counts, energies, p / 100.0) for p in PERCENTAGES}
        found = SimpleNamespace(hardest=hardest, duration=DURATION, covered=1.0)
        assert len(PAIR_KINDS) == 2
        return hardest_statistics(self, found, power)


POWER = Mean(1.0, 0.1, DURATION / BLOCKS / 2.0, 2.0 * BLOCKS)


@pytest.mark.parametrize("key", ["90", "99"])
@pytest.mark.parametrize("name", ["stress_energy_q", "stress_frequency_q"])
def test_error_is_the_scatter_between_windows(name, key):
    found = [Window(seed).statistics(POWER)[name][key] for seed in range(60)]
    scatter = np.std([mean.value for mean in found], ddof=1)
    told = math.sqrt(np.mean([mean.standard_error**2 for mean in found]))
    # A factor of 1.15 for neighbouring blocks that know of each other, which these do not; the
    # scatter of 60 windows is known to 9 %.
    assert told / scatter == pytest.approx(1.155, rel=0.25)


def test_no_error_where_the_power_has_none_or_histograms_are_few():
    few = Mean(1.0, math.nan, DURATION / 10.0, 10.0)
    for window, power in ((Window(1), few), (Window(1, blocks=6), POWER)):
        found = window.statistics(power)
        assert math.isnan(found["stress_energy_q"]["90"].standard_error)
        assert found["stress_energy_q"]["90"].value > 0.0
