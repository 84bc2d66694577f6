"""Whether the evaluated window of a run is steady, and how well it can be told.

In the steady state the centre of mass rests in the frame of the mill's disc. With W the disc's
speed, k the bowl's speed ratio, M the beads' mass and a the frame's acceleration felt by the
beads, the frame then feeds P_frame = W M <(r_cm x a)_z> and the wall P_wall = -(1 + k) P_frame.

The steady state of a shaken vessel is periodic: means over whole cycles are compared, not single
intervals. No relation between the two powers is known for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gpudem.analysis.ledger import dissipated
from gpudem.analysis.stress import Window
from gpudem.analysis.uncertainty import autocorrelation_time
from gpudem.numbers import NAN, quotient, signed_percent
from gpudem.runfile.metadata import is_shaken, speed_of

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

#: Most blocks that the window is cut into to learn the scatter.
MOST_BLOCKS = 10
#: Departures below this share are never called unsteady.
TOLERANCE = 0.02
#: Departures below this many standard errors are taken as scatter.
STANDARD_ERRORS = 3.0
#: With a scatter (STANDARD_ERRORS times the standard error) above this share nothing is told.
BLIND = 0.25


@dataclass(frozen=True)
class Drift:
    """The first half of the window against the second.

    Attributes:
        name: what drifts, in words.
        first: mean over the first half.
        second: mean over the second half.
        standard_error: of their difference, from the blocks of each half.
    """

    name: str
    first: float
    second: float
    standard_error: float

    @property
    def relative(self) -> float:
        """Difference over the mean."""
        return quotient(self.second - self.first, 0.5 * abs(self.first + self.second))

    @property
    def fault(self) -> str:
        """A sentence why this is not steady; empty if it is."""
        mean = 0.5 * abs(self.first + self.second)
        scatter = STANDARD_ERRORS * self.standard_error
        change = abs(self.second - self.first)
        if change > max(TOLERANCE * mean, scatter):
            return (
                f"{self.name} drifts: {signed_percent(self.relative)} % from the first half of the "
                f"window to the second ({quotient(change, self.standard_error):.2g} standard "
                "errors)"
            )
        if scatter > BLIND * mean:
            return f"{self.name} scatters too much to rule out a drift of {100 * BLIND:.0f} %"
        return ""


@dataclass(frozen=True)
class Steadiness:
    """The two power inputs against each other and drifts over the window.

    Attributes:
        steady: whether every test was passed.
        reasons: why not, one sentence each.
        blocks: number of blocks the scatter was taken from.
        power_body: measured power of gravity and frame [W].
        power_wall: measured power of the moving walls [W].
        imbalance: power_wall + (1 + k) power_body [W]; 0 in the steady state.
        imbalance_error: its standard error [W].
        frame_formula: W M <(r_cm x a)_z> [W].
        wall_formula: -(1 + k) times that [W].
        total_formula: -k times that [W].
        drifts: kinetic energy and power, first half against second.
    """

    steady: bool
    reasons: tuple[str, ...]
    blocks: int
    power_body: float = NAN
    power_wall: float = NAN
    imbalance: float = NAN
    imbalance_error: float = NAN
    frame_formula: float = NAN
    wall_formula: float = NAN
    total_formula: float = NAN
    drifts: tuple[Drift, ...] = field(default=())


def steadiness(run: Run, window: Window, *, ratio: float | None, mass: float | None) -> Steadiness:
    """Test whether the window is steady.

    Args:
        run: an open run.
        window: its log window.
        ratio: bowl's speed over the disc's, relative to the disc; None if unknown.
        mass: mass of all beads [kg]; None if unknown.

    Raises:
        RunFileError: the file is damaged.
    """
    part = {name: values[window.first :] for name, values in run.series.items()}
    step = window.duration / window.intervals
    body, wall = part["work_body"] / step, part["work_wall"] / step
    power = dissipated(part) / step
    kinetic = part["kinetic_energy"]

    centre_force = 0.0 if is_shaken(run) else _frame_power(run, part)
    k = NAN if ratio is None else ratio
    frame = centre_force * (NAN if mass is None else mass)
    driven = bool(np.any(centre_force))

    # Blocks that are shorter than the memory of the charge would make scatter look small.
    shaken = is_shaken(run)
    cycle = cycle_of(run, window.first) if shaken else None
    moments = window.intervals
    if cycle is not None:
        kinetic, power = cycle_means(kinetic, step, cycle), cycle_means(power, step, cycle)
        moments = len(kinetic)
    slowest = max(
        (autocorrelation_time(series, without_trend=True) for series in (kinetic, power)),
        default=1.0,
    )
    halves = min(MOST_BLOCKS, moments // 2, int(moments / slowest)) // 2
    blocks = 2 * halves
    reasons: list[str] = []
    drifts: tuple[Drift, ...] = ()
    imbalance = imbalance_error = NAN
    if halves < 2:
        what = f"{window.intervals} intervals" if cycle is None else f"{moments} whole cycles"
        reasons.append(f"the window of {what} is too short to tell")
    else:
        drifts = (
            _drift("the kinetic energy", kinetic, halves),
            _drift("the power", power, halves),
        )
        reasons += [drift.fault for drift in drifts if drift.fault]
    if driven and not math.isnan(k):
        difference = wall + (1.0 + k) * body
        imbalance = float(difference.mean())
        if halves >= 2:
            imbalance_error = _standard_error(difference, blocks)
            reasons += _imbalance_faults(imbalance, imbalance_error, float((body + wall).mean()))
    return Steadiness(
        steady=not reasons,
        reasons=tuple(reasons),
        blocks=blocks if halves >= 2 else 0,
        power_body=float(body.mean()),
        power_wall=float(wall.mean()),
        imbalance=imbalance,
        imbalance_error=imbalance_error,
        frame_formula=frame if driven else NAN,
        wall_formula=-(1.0 + k) * frame if driven else NAN,
        total_formula=-k * frame if driven else NAN,
        drifts=drifts,
    )


def _frame_power(run: Run, part: dict) -> float:
    """Mean of W (r_cm x a)_z over the window [W/kg], a without gravity."""
    x, y = (
        part[f"acceleration_{axis}"] - float(run.parameters.get(f"gravity_{axis}", 0.0))
        for axis in "xy"
    )
    torque = part["centre_x"] * y - part["centre_y"] * x
    return float((part["disc_speed"] * torque).mean())


def cycle_of(run: Run, first: int) -> float | None:
    """Time of one cycle of a vessel shaken at one frequency [s]; None without such a one."""
    speed = speed_of(run, first)
    return 2.0 * math.pi / speed if speed else None


def cycle_means(values: np.ndarray, step: float, cycle: float) -> np.ndarray:
    """Means over the whole cycles at the end of a series.

    Args:
        values: mean of each interval, shape (intervals,).
        step: length of an interval [s].
        cycle: time of a cycle [s], any part of a multiple of the step.

    Returns:
        Shape (cycles,), none where the series is shorter than a cycle.
    """
    sums = np.concatenate([[0.0], np.cumsum(values)]) * step
    span = step * len(values)
    count = int(span / cycle * (1.0 + 1e-9))
    ends = span - cycle * np.arange(count, -1, -1)
    at = np.interp(ends, step * np.arange(len(sums)), sums)
    return np.diff(at) / cycle


def _imbalance_faults(imbalance: float, error: float, power: float) -> list[str]:
    scatter = STANDARD_ERRORS * error
    if abs(imbalance) > max(TOLERANCE * abs(power), scatter):
        share = quotient(imbalance, abs(power))
        return [
            f"wall and frame do not feed the powers of a steady state: they differ by "
            f"{imbalance:.3g} +- {error:.2g} W ({signed_percent(share)} % of the input)"
        ]
    if scatter > BLIND * abs(power):
        return ["the powers of wall and frame scatter too much to compare them"]
    return []


def _block_means(values: np.ndarray, blocks: int) -> np.ndarray:
    return np.array([block.mean() for block in np.array_split(values, blocks)])


def _standard_error(values: np.ndarray, blocks: int) -> float:
    means = _block_means(values, blocks)
    return float(means.std(ddof=1) / math.sqrt(blocks))


def _drift(name: str, values: np.ndarray, halves: int) -> Drift:
    middle = len(values) // 2
    parts = values[:middle], values[middle:]
    errors = [_standard_error(half, halves) for half in parts]
    return Drift(name, float(parts[0].mean()), float(parts[1].mean()), math.hypot(*errors))
