"""Which speed, beads, filling and milling time reach a wanted specific energy gently enough.

For each combination of what was simulated beside the speed of the drive (bead size, filling, ...)
the speed is chosen among those with three digits between the slowest and the fastest case: the one
that takes the least time, or stresses least, of those that keep within the limits. Limits are kept
by the whole 95 % interval, not by its middle. What lies outside the cases is refused.
"""

from __future__ import annotations

import itertools
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from gpudem.analysis.stress import milling_time_for
from gpudem.errors import GpudemError
from gpudem.planning.cases import Cases, Settings
from gpudem.planning.response import SAME, Estimate
from gpudem.report.text import number, quantity

#: Stress energies that a plan can limit, as formulas write them, with their quantities.
STRESSES = {
    "SE_90": "stress_energy_90",
    "SE": "stress_energy",
    "SE_W": "stress_energy_weighted",
}
#: What they are, in words.
MEANINGS = {
    "SE_90": "mean of the hard collisions, the fewest that carry 90 % of the energy",
    "SE": "mean of all collisions",
    "SE_W": "mean over collisions weighted by their energy",
}
#: Half width of intervals over values above which an answer is not trusted.
TOLERANCE = 0.1
#: Digits of the speeds that are looked at.
_DIGITS = 3
#: Stress energies that differ by no more than this (logarithm) are equal, however well known.
_MATCHED = 0.02


def energy_told(value: float) -> str:
    """Write a stress energy; in µJ where the usual unit would change within a table."""
    return f"{number(1e6 * value)} µJ" if 1e-8 <= value < 1e-3 else quantity(value, "energy")


@dataclass(frozen=True)
class Wish:
    """What is wanted of a mill.

    Attributes:
        energy: specific energy E_m [J/kg], or None where only a stress energy is wanted.
        mass: of the product [kg]; None for that of the cases.
        stress: one of `STRESSES`, the one that is limited or matched.
        most_stress: it may reach [J].
        same_stress: it has to be [J].
        longest: milling time [s].
        prefer: "time" (least milling time) or "stress" (least stress).
        tolerance: half width of intervals over values up to which an answer is trusted.
        energy_share: half the 95 % interval of `energy` over its value, where it was measured.
        stress_share: that of `same_stress`.
    """

    energy: float | None
    mass: float | None = None
    stress: str = "SE_90"
    most_stress: float | None = None
    same_stress: float | None = None
    longest: float | None = None
    prefer: str = "time"
    tolerance: float = TOLERANCE
    energy_share: float = 0.0
    stress_share: float = 0.0

    @property
    def limits(self) -> str:
        """The limits in words, or nothing."""
        told = []
        if self.most_stress is not None:
            told.append(f"{self.stress} at most {energy_told(self.most_stress)}")
        if self.longest is not None:
            told.append(f"{quantity(self.longest, 'time')} at most")
        return " and ".join(told)


@dataclass(frozen=True)
class Candidate:
    """Settings of the mill with what follows from them.

    Attributes:
        settings: a value for each coordinate, in its unit.
        decided: what decided the speed: "limit", "longest", "fastest", "slowest", "given", "best",
            "equal".
        power: dissipated [W].
        time: to the wanted energy [s]; None where none is wanted.
        stresses: SE by name [J]; those that are known.
        speed_share: half the 95 % interval of the speed over it, where a stress is matched.
        excess: by which the limits are missed (logarithm), 0 where they are kept.
        doubts: why it cannot be trusted; empty where it can.
    """

    settings: Settings
    decided: str
    power: Estimate
    time: Estimate | None
    stresses: Mapping[str, Estimate]
    speed_share: float | None = None
    excess: float = 0.0
    doubts: tuple[str, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts

    @property
    def meets(self) -> bool:
        """Whether it keeps the limits."""
        return self.excess <= 0.0


@dataclass(frozen=True)
class Refusal:
    """Settings of which the cases tell nothing.

    Attributes:
        settings: what is known of them.
        reason: why, in words.
        points: cases that would tell.
    """

    settings: Settings
    reason: str
    points: tuple[Settings, ...] = ()


@dataclass(frozen=True)
class MillingPlan:
    """The answers to a wish.

    Attributes:
        wish: what was wanted, with the mass of the product.
        candidates: that keep the limits, the preferred ones first; the trusted ones before others.
        missing: that do not, the nearest first.
        refusals: of which nothing can be told.
        faster: cases beyond the fastest one, which would tell whether the mill may run faster.
        fits: forms and leave-one-out errors by quantity.
    """

    wish: Wish
    candidates: tuple[Candidate, ...]
    missing: tuple[Candidate, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    faster: tuple[Settings, ...] = ()
    fits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def best(self) -> Candidate | None:
        """The preferred one."""
        return self.candidates[0] if self.candidates else None


def plan_for(cases: Cases, wish: Wish, chosen: Mapping[str, Sequence[Any]]) -> MillingPlan:
    """Find settings that give what is wanted.

    Args:
        cases: what is known of the mill.
        wish: what is wanted.
        chosen: values of coordinates to choose among, by name; by default those of the cases, and
            for the drive all between them.

    Raises:
        GpudemError: no product mass where a time is wanted, an assumption that takes several values
            and is not chosen, too few cases.
    """
    for name in cases.assumptions:
        if len(chosen.get(name, ())) != 1:
            shown = ", ".join(_shown(value) for value in cases.levels(name))
            example = shlex.quote(f"{name}={shown.split(', ')[0]}")
            raise GpudemError(
                f"{cases.coordinate(name).key} takes several values in this study ({shown}), but "
                f"is no setting of a mill: name one, for example {example}"
            )
    drive = cases.drive
    others = [name for name in cases.names if name != drive]
    # Only what was simulated together, unless values are asked for.
    simulated = {tuple(row) for row in cases.frame[others].itertuples(index=False, name=None)}
    asked = [chosen.get(name, cases.levels(name)) for name in others]
    combinations = [
        one
        for one in itertools.product(*asked)
        if one in simulated or any(name in chosen for name in others)
    ]
    found: list[Candidate] = []
    refusals: list[Refusal] = []
    for one in combinations:
        settings = dict(zip(others, one, strict=True))
        for result in _Search(cases, wish, settings, chosen).run():
            if isinstance(result, Candidate):
                found.append(result)
            else:
                refusals.append(result)
    kept = sorted((one for one in found if one.meets), key=lambda one: _order(one, wish))
    missing = sorted((one for one in found if not one.meets), key=lambda one: one.excess)
    return MillingPlan(
        wish,
        tuple(kept),
        tuple(missing),
        tuple(refusals),
        tuple(_faster(cases, wish, kept)) if drive not in chosen else (),
        _fits(cases, wish, [*kept, *missing]),
    )


def _order(one: Candidate, wish: Wish) -> tuple[bool, float]:
    """Trusted ones first, then by what is preferred."""
    if wish.prefer == "stress":
        return not one.trusted, one.stresses[wish.stress].value
    return not one.trusted, -one.power.value if one.time is None else one.time.value


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def speeds_between(low: float, high: float) -> np.ndarray:
    """All numbers of three digits from `low` to `high`, and both ends."""
    found = {low, high}
    for decade in range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1):
        step = 10.0 ** (decade - _DIGITS + 1)
        first, last = 10 ** (_DIGITS - 1), 10**_DIGITS
        # Twelve digits take the rounding of the product away: 0.3, not 0.30000000000000004.
        found.update(float(f"{k * step:.12g}") for k in range(first, last))
    return np.array(sorted(x for x in found if low <= x <= high))


class _Search:
    """The search for the speed at one setting of all else."""

    def __init__(
        self, cases: Cases, wish: Wish, settings: Settings, chosen: Mapping[str, Sequence[Any]]
    ) -> None:
        self._cases, self._wish, self._settings = cases, wish, settings
        self._chosen = chosen
        self._drive = cases.drive

    def run(self) -> list[Candidate | Refusal]:
        """The answer, and a refusal of what was asked for beyond the cases."""
        refused = self._outside()
        if refused is not None:
            return [refused]
        speeds = self._speeds()
        points = {
            name: np.full(len(speeds), value)
            for name, value in self._settings.items()
            if name not in self._cases.words
        }
        if self._drive is not None:
            points[self._drive] = speeds
        self._known: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name in ("power", *STRESSES.values()):
            if name != "power" and not np.isfinite(self._cases.frame[name]).any():
                continue
            try:
                response = self._cases.response(name, self._settings)
            except GpudemError:
                if name in ("power", STRESSES[self._wish.stress]):
                    raise
                continue
            self._known[name] = response.predict({x: points[x] for x in response.variables})
        if STRESSES[self._wish.stress] not in self._known:
            raise GpudemError(f"{self._wish.stress} is not known of the cases of this study")
        inside = np.all([np.isfinite(value) for value, _ in self._known.values()], axis=0)
        found: list[Candidate | Refusal] = []
        if self._drive is not None and self._drive in self._chosen and not inside.all():
            beyond = ", ".join(_shown(float(speed)) for speed in speeds[~inside])
            own = self._own_levels() or self._cases.levels(self._drive)
            unit = self._cases.coordinate(self._drive).unit
            reason = f"{self._drive} {beyond} {unit} lies outside the cases"
            reason += f" ({_shown(own[0])} to {_shown(own[-1])} {unit})"
            found.append(self._refuse(reason, speeds[~inside]))
        elif not inside.any():
            ends = speeds[[0, len(speeds) // 2, -1]]
            found.append(self._refuse("lies outside the cases at any speed", ends))
        if inside.any():
            self._speed = speeds[inside]
            self._known = {name: (a[inside], b[inside]) for name, (a, b) in self._known.items()}
            found.append(self._match() if self._wish.same_stress is not None else self._choose())
        return found

    def _outside(self) -> Refusal | None:
        """A refusal where a value of the settings lies outside those of the cases."""
        for name, value in self._settings.items():
            levels = self._cases.levels(name)
            if name in self._cases.words:
                if str(value) not in map(str, levels):
                    return self._refuse(f"{name} {value} was not simulated", None)
            elif not min(levels) * (1.0 - SAME) <= value <= max(levels) * (1.0 + SAME):
                between = f"{_shown(min(levels))} to {_shown(max(levels))}"
                between = _shown(levels[0]) if len(levels) == 1 else between
                return self._refuse(
                    f"{name} {_shown(value)} lies outside the cases ({between})", None
                )
        return None

    def _refuse(self, reason: str, speeds: np.ndarray | None) -> Refusal:
        drive = self._drive
        if drive is None:
            return Refusal(self._settings, reason, (dict(self._settings),))
        if speeds is None:
            wanted = self._chosen.get(drive, self._cases.levels(drive))
        else:
            wanted = [float(f"{speed:.3g}") for speed in dict.fromkeys(speeds.tolist())]
        return Refusal(
            self._settings, reason, tuple({**self._settings, drive: float(s)} for s in wanted)
        )

    def _own_levels(self) -> list[float]:
        """Speeds that were simulated at this setting."""
        rows = self._cases.at(self._settings)
        return sorted(set(map(float, rows[self._drive]))) if self._drive else []

    def _speeds(self) -> np.ndarray:
        if self._drive is None:
            return np.ones(1)
        if self._drive in self._chosen:
            return np.array(sorted(map(float, self._chosen[self._drive])))
        own = self._own_levels()
        ends = own if len(own) > 1 else [float(x) for x in self._cases.levels(self._drive)]
        return np.union1d(speeds_between(ends[0], ends[-1]), own)

    @property
    def _mass(self) -> float | None:
        if self._wish.mass is not None:
            return self._wish.mass
        for one in self._cases.coordinates:
            if one.key == "product.mass" and one.name in self._settings:
                return float(self._settings[one.name]) * one.size
        return self._cases.mass

    def _time(self, power: Estimate) -> Estimate | None:
        energy, mass = self._wish.energy, self._mass
        if energy is None:
            return None
        if mass is None:
            raise GpudemError(
                "the mass of the product is not known: its scene names none (product.mass), or it "
                'differs between the cases; give it with --mass "17.5 g"'
            )
        return power.over(milling_time_for(energy, 1.0, mass), self._wish.energy_share)

    def _estimate(self, name: str, k: int) -> Estimate:
        value, reach = self._known[name]
        return Estimate(math.exp(value[k]), float(reach[k]))

    def _excess(self) -> tuple[np.ndarray, np.ndarray]:
        """By how much each speed misses the limits of stress and time (logarithms)."""
        wish, count = self._wish, len(self._speed)
        stress, longest = np.full(count, -math.inf), np.full(count, -math.inf)
        if wish.most_stress is not None:
            value, reach = self._known[STRESSES[wish.stress]]
            stress = value + reach - math.log(wish.most_stress)
        if wish.longest is not None and wish.energy is not None:
            times = [self._time(self._estimate("power", k)) for k in range(count)]
            longest = np.array([math.log(time.high / wish.longest) for time in times if time])
        return stress, longest

    def _choose(self) -> Candidate:
        """The best of the speeds that keep the limits, or the one that misses them least."""
        stress, longest = self._excess()
        excess = np.maximum(stress, longest)
        kept = np.flatnonzero(excess <= 0.0)
        power = self._known["power"][0]
        if not len(kept):
            k = int(np.argmin(excess))
            return self._candidate(k, self._decided(k, None), max(0.0, float(excess[k])))
        if self._wish.prefer == "stress":
            k = int(kept[np.argmin(self._known[STRESSES[self._wish.stress]][0][kept])])
        else:
            k = int(kept[np.argmax(power[kept])])
        return self._candidate(k, self._decided(k, (stress, longest)), 0.0)

    def _decided(self, k: int, excess: tuple[np.ndarray, np.ndarray] | None) -> str:
        if self._drive is None or self._drive in self._chosen:
            return "given"
        if k == len(self._speed) - 1:
            return "fastest"
        if k == 0:
            return "slowest"
        if excess is None:
            return "best"
        beside = [j for j in (k - 1, k + 1)]
        if any(excess[0][j] > 0.0 for j in beside):
            return "limit"
        return "longest" if any(excess[1][j] > 0.0 for j in beside) else "best"

    def _match(self) -> Candidate | Refusal:
        """The speed at which the stress is the wanted one."""
        wish = self._wish
        assert wish.same_stress is not None
        value, reach = self._known[STRESSES[wish.stress]]
        away = value - math.log(wish.same_stress)
        k = int(np.argmin(np.abs(away)))
        fixed = self._drive is None or self._drive in self._chosen
        if not fixed and (away.min() > 0.0 or away.max() < 0.0):
            low, high = (energy_told(math.exp(x)) for x in (value.min(), value.max()))
            side = "below" if away.min() > 0.0 else "above"
            own = self._own_levels() or list(self._speed)
            beyond = _beyond(own, slower=(away.min() > 0.0) == (value[-1] > value[0]))
            return self._refuse(
                f"{wish.stress} is {low} to {high} there, the wanted one lies {side}",
                np.array([beyond]),
            )
        if abs(away[k]) > max(float(reach[k]), _MATCHED):
            there = energy_told(math.exp(value[k]))
            wanted = energy_told(wish.same_stress)
            at = "" if self._drive is None else f" at {_shown(float(self._speed[k]))}"
            return Refusal(self._settings, f"{wish.stress} is {there}{at}, not {wanted}")
        share = None
        if not fixed:
            near = slice(max(0, k - 5), k + 6)
            logs = np.log(self._speed[near])
            slope = abs(float(np.polyfit(logs, value[near], 1)[0])) if len(logs) > 1 else math.nan
            share = math.hypot(float(reach[k]), wish.stress_share) / slope if slope else None
        return self._candidate(k, "given" if fixed else "equal", 0.0, share)

    def _candidate(
        self, k: int, decided: str, excess: float, share: float | None = None
    ) -> Candidate:
        settings = dict(self._settings)
        if self._drive is not None:
            settings[self._drive] = float(self._speed[k])
        power = self._estimate("power", k)
        stresses = {
            name: self._estimate(quantity, k)
            for name, quantity in STRESSES.items()
            if quantity in self._known
        }
        time = self._time(power)
        return Candidate(
            {name: settings[name] for name in self._cases.names},
            decided,
            power,
            time,
            stresses,
            share,
            excess,
            tuple(self._doubts(settings, time, stresses[self._wish.stress])),
        )

    def _doubts(self, settings: Settings, time: Estimate | None, stress: Estimate) -> list[str]:
        found = []
        most = self._wish.tolerance
        wide = [
            f"the interval of {what} is +- {100.0 * one.half:.0f} %"
            for what, one in (("the time", time), (self._wish.stress, stress))
            if one is not None and one.half > most
        ]
        if wide:
            found.append(f"{' and '.join(wide)}, more than {100.0 * most:.3g} %")
        for name, value in settings.items():
            levels = [] if name in self._cases.words else self._cases.levels(name)
            if len(levels) == 2 and all(abs(value / x - 1.0) > SAME for x in levels):
                found.append(
                    f"{name} {_shown(value)} lies between the only two values that were simulated, "
                    f"{_shown(levels[0])} and {_shown(levels[1])}"
                )
        return found


#: How far beyond a limit a speed is proposed (a logarithm), and how far beyond the cases.
_BEYOND, _FARTHEST = 0.05, 3.0


def _beyond(levels: Sequence[float], slower: bool) -> float:
    """A speed beyond those that were simulated, one step further."""
    if slower:
        step = levels[1] - levels[0] if len(levels) > 1 else levels[0]
        return float(f"{max(levels[0] - step, 0.5 * levels[0]):.3g}")
    step = levels[-1] - levels[-2] if len(levels) > 1 else levels[-1]
    return float(f"{min(levels[-1] + step, 2.0 * levels[-1]):.3g}")


def _faster(cases: Cases, wish: Wish, kept: Sequence[Candidate]) -> list[Settings]:
    """Cases that would tell whether the mill may run faster than it was simulated."""
    drive = cases.drive
    found: list[Settings] = []
    if drive is None or wish.prefer != "time" or wish.same_stress is not None:
        return []
    for one in kept:
        if one.decided == "fastest":
            settings = {k: v for k, v in one.settings.items() if k != drive}
            rows = cases.at(settings)
            levels = sorted(set(map(float, rows[drive]))) or cases.levels(drive)
            found.append({**one.settings, drive: _beyond(levels, slower=False)})
    return found


def next_cases(cases: Cases, plan: MillingPlan) -> list[Settings]:
    """Cases that would turn what is refused, missing or not trusted into answers.

    Args:
        cases: what the plan rests on.
        plan: the answers.
    """
    found = [point for refusal in plan.refusals for point in refusal.points]
    found += [one.settings for one in plan.candidates if not one.trusted]
    drive = cases.drive
    for one in plan.missing:
        if drive is not None and one.decided in ("slowest", "fastest"):
            speed = _speed_that_should_do(cases, plan.wish, one)
            found.append({**one.settings, drive: speed})
    return found


def _speed_that_should_do(cases: Cases, wish: Wish, one: Candidate) -> float:
    """A speed beyond the cases at which limits should be kept, by how the cases go with the speed.

    A proposal to be simulated, no answer.
    """
    drive, slower = str(cases.drive), one.decided == "slowest"
    settings = {k: v for k, v in one.settings.items() if k != drive}
    rows = cases.at(settings)
    levels = sorted(set(map(float, rows[drive]))) or [float(x) for x in cases.levels(drive)]
    # What is too high at the slowest speed is the stress, at the fastest the time.
    y = rows[STRESSES[wish.stress] if slower else "power"].to_numpy(float)
    x = np.log(rows[drive].to_numpy(float))
    slope = float(np.polyfit(x, np.log(y), 1)[0]) if len(set(x)) > 1 else math.nan
    if not slope > 0.0:
        return _beyond(levels, slower)
    # A little beyond, as the interval there is wider than at the end of the cases.
    factor = min(math.exp((_BEYOND + one.excess) / slope), _FARTHEST)
    return float(f"{levels[0] / factor if slower else levels[-1] * factor:.3g}")


def cases_between(cases: Cases) -> list[Settings]:
    """Cases at speeds between those that there are, for a fit that needs more of them."""
    drive = cases.drive
    if drive is None:
        return []
    others = [name for name in cases.names if name != drive]
    found: list[Settings] = []
    rows = cases.frame[others].drop_duplicates() if others else cases.frame.head(1)
    for _, row in rows.iterrows():
        settings = {name: row[name] for name in others}
        levels = sorted(set(map(float, cases.at(settings)[drive])))
        middles = [0.5 * (low + high) for low, high in pairwise(levels)]
        found += [{**settings, drive: float(f"{speed:.3g}")} for speed in middles]
    return found


def _fits(cases: Cases, wish: Wish, found: Sequence[Candidate]) -> dict[str, dict[str, Any]]:
    """What was fitted for the preferred settings."""
    if not found:
        return {}
    settings = found[0].settings
    told = {}
    for name, quantity_name in (("P", "power"), (wish.stress, STRESSES[wish.stress])):
        fit = cases.response(quantity_name, {k: v for k, v in settings.items() if k != cases.drive})
        told[name] = {
            "form": fit.form.name,
            "left_out_error": fit.missed,
            "scatter": fit.scatter,
            "cases": len(fit.known),
            "freedom": fit.freedom,
        }
    return told


def nearest_told(plan: MillingPlan, name: Any) -> str:
    """What comes nearest to limits that nothing keeps.

    Args:
        plan: with nothing that keeps them.
        name: writes settings.
    """
    one = plan.missing[0]
    told = f"nearest: {name(one.settings)}: {plan.wish.stress} "
    told += energy_told(one.stresses[plan.wish.stress].high)
    if one.time is not None:
        told += f", {quantity(one.time.high, 'time')}"
    return (
        f"{told} (upper ends of 95 % intervals, off by {number(100 * math.expm1(one.excess), 2)} %)"
    )
