"""Several runs beside each other: exponents over the disc's speed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpudem.analysis.paper import Exponents, exponents_for, is_papers_mill
from gpudem.analysis.stress import ALPHAS, CONVENTIONS
from gpudem.numbers import NAN

#: What has to agree for runs to differ in speed only.
_FIXED = (
    "ratio",
    "sun_wheel_radius",
    "bowl_diameter",
    "bowl_height",
    "bead_diameter",
    "bead_mass",
    "filling",
)


@dataclass(frozen=True)
class Exponent:
    """A power law over speed, y ~ n^a, fitted to several runs.

    Attributes:
        name: the quantity, with its convention.
        value: a.
        standard_error: of a, from the scatter about the line; NaN for two points.
        paper: the paper's a, or None where it has none that this could be compared with.
    """

    name: str
    value: float
    standard_error: float
    paper: float | None


def fit_exponent(speed: Sequence[float], values: Sequence[float | None]) -> tuple[float, float]:
    """Fit ln y = a ln n + b by least squares; return a and its standard error.

    Args:
        speed: n, in any unit.
        values: y; NaN is returned where one is unknown or not above zero.
    """
    y = np.array([NAN if value is None else value for value in values], dtype=float)
    if not np.all(y > 0.0) or len(set(speed)) < 2:
        return NAN, NAN
    x = np.log(np.asarray(speed, float))
    x = x - x.mean()
    z = np.log(y) - np.log(y).mean()
    slope = float((x * z).sum() / (x * x).sum())
    if len(x) < 3:
        return slope, NAN
    rest = z - slope * x
    return slope, math.sqrt(float((rest**2).sum()) / (len(x) - 2) / float((x * x).sum()))


def differ_in_speed_only(results: Sequence[Mapping[str, Any]]) -> bool:
    """Whether runs at three speeds or more have everything physical but the speed in common.

    Duration, time step, seed and title may differ.
    """
    speeds = {result["scene"]["speed"] for result in results}
    if None in speeds or 0.0 in speeds or len(speeds) < 3:
        return False
    kept = [
        json.dumps(
            [
                [result["scene"][name] for name in _FIXED],
                result["beads"],
                result["softening"],
                result["scene"].get("contact"),
            ],
            sort_keys=True,
        )
        for result in results
    ]
    return len(set(kept)) == 1


def same_but_seed(results: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Groups of two runs or more that differ in nothing but their seed.

    Args:
        results: what `gpudem.report.report.analyse` returned for each run.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        scene = {key: value for key, value in result["scene"].items() if key != "seed"}
        window = [result["window"][key] for key in ("start", "end")]
        key = [scene, window, result["beads"], result["timestep"], result["softening"]]
        groups.setdefault(json.dumps(key, sort_keys=True), []).append(result)
    found = []
    for group in groups.values():
        seeds = [result["scene"]["seed"] for result in group]
        if len(group) > 1 and None not in seeds and len(set(seeds)) == len(seeds):
            found.append(group)
    return found


def speed_exponents(results: Sequence[Mapping[str, Any]]) -> list[Exponent]:
    """Fit the exponents of power, SE and SF over speed; empty unless only the speed differs.

    The paper's exponents of SE and SF stand beside the plain counts of the dissipated energy
    in both conventions, as the paper does not say which it uses.

    Args:
        results: what `gpudem.report.report.analyse` returned for each run.
    """
    if not differ_in_speed_only(results):
        return []
    speed = [result["scene"]["speed"] for result in results]
    scene = results[0]["scene"]
    paper = exponents_for(scene["filling"]) if is_papers_mill(scene) else None
    found: list[Exponent] = []

    def add(name: str, place: tuple[str, ...], reference: float | None = None) -> None:
        values: list[Any] = []
        for result in results:
            value: Any = result
            for key in place:
                value = value[key]
            values.append(value)
        found.append(Exponent(name, *fit_exponent(speed, values), reference))

    known = _paper_values(paper)
    for alpha in ALPHAS:
        add(f"power, {alpha}", ("power", alpha, "total"), known["power"])
    for alpha in ALPHAS:
        for convention in CONVENTIONS:
            add(f"SE {convention}, {alpha}", ("stress_energy", alpha, convention), known["SE"])
    for convention in CONVENTIONS:
        add(f"SF {convention}", ("stress_frequency", convention), known["SF"])
    for percent in ("90", "99"):
        add(f"SE_{percent}", ("stress_energy_q", percent))
        add(f"SF_{percent}", ("stress_frequency_q", percent))
    add("SE_W", ("stress_energy_weighted",))
    add("SF_W", ("stress_frequency_weighted",))
    return found


def _paper_values(paper: Exponents | None) -> dict[str, float | None]:
    if paper is None:
        return {"power": None, "SE": None, "SF": None}
    return {
        "power": paper.power_speed,
        "SE": paper.energy_speed,
        "SF": paper.frequency_speed,
    }
