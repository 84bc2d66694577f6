r"""How well a mean over a window is known: correlated samples, and runs of other seeds.

Values of neighbouring log intervals are alike, so n of them are worth only n / tau independent
ones, tau = 1 + 2 sum_k rho_k being the integrated autocorrelation time in samples. The sum is cut
at the first lag above 5 tau (Sokal 1997, as in Goodman & Weare 2010), where it is mostly noise.
The noise of single impacts hides slow swings of the charge from that sum, so no time below a tenth
of the disc's turn is taken (assumed; runs of several seeds are the test of it).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.analysis.stress import Window
from gpudem.numbers import NAN, quotient
from gpudem.quantities import DISSIPATION_CHANNELS, PAIR_KINDS

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

#: Fewer independent samples than this give no error that can be quoted.
FEWEST_SAMPLES = 20.0
#: Runs of other seeds that then are needed instead.
FEWEST_SEEDS = 5
_WINDOW = 5.0
#: Shortest correlation time that is believed, in turns of the disc.
_LEAST_TURNS = 0.1
#: Blocks are this many autocorrelation times long, so that they hardly know of each other.
_BLOCK = 2.0
#: Neighbouring blocks still know of each other; for exponential memory this makes up for it.
_BIAS = 1.0 / math.sqrt(1.0 - 1.0 / (2.0 * _BLOCK))


def autocorrelation_time(values: np.ndarray, *, without_trend: bool = False) -> float:
    """Integrated autocorrelation time of a series, in samples, at least 1.

    Args:
        values: shape (samples,).
        without_trend: take a straight line out first, for a test whether there is one.
    """
    values = np.asarray(values, float)
    count = len(values)
    if count < 3:
        return 1.0
    x = values - values.mean()
    if without_trend:
        when = np.arange(count) - 0.5 * (count - 1)
        x = x - when * float(when @ x) / float(when @ when)
    variance = float(x @ x)
    if variance <= count * (1e-12 * float(np.abs(values).max())) ** 2:
        return 1.0  # constant but for rounding
    padded = np.fft.rfft(x, 2 * count)
    correlation = np.fft.irfft(padded * np.conj(padded))[:count] / variance
    times = 2.0 * np.cumsum(correlation) - 1.0
    beyond = np.flatnonzero(np.arange(count) >= _WINDOW * times)
    return max(1.0, float(times[beyond[0] if len(beyond) else count - 1]))


@dataclass(frozen=True)
class Mean:
    """A mean over the window and how well it is known.

    Attributes:
        value: the mean.
        standard_error: from blocks of two autocorrelation times; NaN with fewer than
            FEWEST_SAMPLES effective samples.
        autocorrelation_time: integrated, at least a tenth of the disc's turn [s].
        effective_samples: length of the window over that time.
    """

    value: float
    standard_error: float
    autocorrelation_time: float
    effective_samples: float


def mean_of(values: np.ndarray, step: float, least_time: float = 0.0) -> Mean:
    """Mean of a series of correlated samples.

    Args:
        values: one an interval.
        step: length of an interval [s].
        least_time: shortest autocorrelation time that is believed [s].
    """
    values = np.asarray(values, float)
    time = max(autocorrelation_time(values), least_time / step)
    effective = len(values) / time
    error = NAN
    if effective >= FEWEST_SAMPLES:
        length = min(math.ceil(_BLOCK * time), len(values) // 2)
        blocks = len(values) // length
        means = values[len(values) - blocks * length :].reshape(blocks, length).mean(axis=1)
        error = _BIAS * float(means.std(ddof=1)) / math.sqrt(blocks)
    return Mean(float(values.mean()), error, time * step, effective)


def ratio_of(top: np.ndarray, bottom: np.ndarray, step: float, least_time: float = 0.0) -> Mean:
    """Ratio of the sums of two series; its error follows from top - ratio * bottom.

    Args:
        top: one value an interval.
        bottom: one value an interval.
        step: length of an interval [s].
        least_time: as for `mean_of`.
    """
    ratio = quotient(float(np.sum(top)), float(np.sum(bottom)))
    if math.isnan(ratio):
        return Mean(NAN, NAN, NAN, 0.0)
    rest = mean_of(np.asarray(top) - ratio * np.asarray(bottom), step, least_time)
    error = quotient(rest.standard_error, float(np.mean(bottom)))
    return Mean(ratio, error, rest.autocorrelation_time, rest.effective_samples)


def jackknife_error(values: Sequence[float]) -> float:
    """Standard error of an estimate, from what it is with each block left out in turn.

    Args:
        values: the estimates; blocks are two autocorrelation times long.
    """
    away = np.asarray(values, float)
    away = away - away.mean()
    return _BIAS * math.sqrt((len(away) - 1) / len(away) * float(away @ away))


def least_time(run: Run) -> float:
    """Shortest autocorrelation time that is believed of a run [s]: a tenth of the disc's turn."""
    speed = float(run.parameters.get("speed") or 0.0)
    return _LEAST_TURNS * 2.0 * math.pi / abs(speed) if math.isfinite(speed) and speed else 0.0


def window_statistics(run: Run, window: Window) -> dict[str, dict[str, Mean]]:
    """Power, stress energy and stress frequency of a run with their errors.

    Args:
        run: an open run.
        window: its log window.

    Returns:
        ``power`` by energy, ``stress_energy`` (dissipation) and ``stress_frequency`` by
        convention, and ``kinetic_energy``.
    """
    part = {name: values[window.first :] for name, values in run.series.items()}
    step = window.duration / window.intervals
    least = least_time(run)

    def energy(names: Sequence[str]) -> np.ndarray:
        return np.sum([part[f"{kind}_{name}"] for kind in PAIR_KINDS for name in names], axis=0)

    pairs, walls = (part[f"{kind}_contacts"] for kind in PAIR_KINDS)
    counts = {"bead": pairs + walls, "event": 0.5 * pairs + walls}
    lost = energy(DISSIPATION_CHANNELS)
    return {
        "power": {
            "dissipation": mean_of(lost / step, step, least),
            "normal": mean_of(energy(["normal"]) / step, step, least),
            "shear": mean_of(energy(["shear"]) / step, step, least),
        },
        "stress_energy": {
            name: ratio_of(lost, count, step, least) for name, count in counts.items()
        },
        "stress_frequency": {
            name: mean_of(count / step, step, least) for name, count in counts.items()
        },
        "kinetic_energy": {"total": mean_of(part["kinetic_energy"], step, least)},
    }


@dataclass(frozen=True)
class SeedMean:
    """One quantity over runs that differ in their seed only.

    Attributes:
        name: the quantity.
        value: mean over the seeds.
        standard_error: of that mean, from the scatter between at least FEWEST_SEEDS seeds.
        runs: number of seeds.
    """

    name: str
    value: float
    standard_error: float
    runs: int


#: What `over_seeds` averages: name and place in a report.
_QUANTITIES = (
    ("power [W]", ("power", "dissipation", "total")),
    ("SE event [J]", ("stress_energy", "dissipation", "event")),
    ("SE bead [J]", ("stress_energy", "dissipation", "bead")),
    ("SF event [1/s]", ("stress_frequency", "event")),
    ("SF bead [1/s]", ("stress_frequency", "bead")),
    ("SE_90 [J]", ("stress_energy_q", "90")),
    ("SF_90 [1/s]", ("stress_frequency_q", "90")),
    ("kinetic energy [J]", ("kinetic_energy",)),
)


def over_seeds(results: Sequence[Mapping[str, Any]]) -> list[SeedMean]:
    """Means over runs of one scene with different seeds.

    Args:
        results: what `gpudem.report.report.analyse` returned for each run.
    """
    found = []
    for name, place in _QUANTITIES:
        values = []
        for result in results:
            value: Any = result
            for key in place:
                value = value[key]
            values.append(NAN if value is None else float(value))
        error = NAN
        if len(values) >= FEWEST_SEEDS:
            error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
        found.append(SeedMean(name, float(np.mean(values)), error, len(values)))
    return found
