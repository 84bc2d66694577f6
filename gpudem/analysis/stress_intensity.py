"""Stress intensity: stress energy over the mass of product that a collision captures.

The mass is the user's, or that of a layer of powder between two surfaces that meet
(docs/theory/stress-intensity.md). Counted are whole collisions (convention `event`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gpudem.analysis.events import PERCENTAGES, HardestEvents, class_energies, hardest_events
from gpudem.analysis.pair_stress import PairStress
from gpudem.analysis.stress import Collisions
from gpudem.numbers import quotient
from gpudem.quantities import PAIR_KINDS

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run


def captured_radius(reduced_radius: float, layer: float) -> float:
    """How far from the axis of two touching spheres the gap is below h: a = sqrt(2 R* h) [m].

    Args:
        reduced_radius: R* [m], of a sphere on a plane its radius.
        layer: h [m].
    """
    return math.sqrt(2.0 * reduced_radius * layer)


def captured_mass(reduced_radius: float, layer: float, bulk_density: float) -> float:
    """The powder between two touching spheres where their gap is below h: m = rho pi R* h^2 [kg].

    Args:
        reduced_radius: R* [m], of a sphere on a plane its radius.
        layer: h [m].
        bulk_density: rho [kg/m3].
    """
    return bulk_density * math.pi * reduced_radius * layer**2


@dataclass(frozen=True)
class Captured:
    """Stress intensity in one class of contacts.

    Attributes:
        name: of the class.
        captured_mass: of one collision [kg].
        captured_radius: of the powder's disc [m]; None where the mass was given.
        contact_radius: of the deepest contact of the window [m]; likewise.
        frequency: collisions begun per time [1/s].
        mean: SE over the mass, of all collisions [J/kg].
        hardest: SE_q over the mass, by percentage [J/kg].
    """

    name: str
    captured_mass: float
    captured_radius: float | None
    contact_radius: float | None
    frequency: float
    mean: float
    hardest: dict[str, float]


@dataclass(frozen=True)
class StressIntensity:
    """Stress intensity of a run.

    Attributes:
        model: "given" or "layer".
        layer_thickness: [m], of a layer.
        bulk_density: [kg/m3], of a layer.
        mean: power over the mass captured per time, of all classes [J/kg].
        classes: of contacts, each with its captured mass.
    """

    model: str
    layer_thickness: float | None
    bulk_density: float | None
    mean: float
    classes: list[Captured]


def stress_intensity(
    run: Run, sums: Collisions, pairs: Sequence[PairStress]
) -> StressIntensity | None:
    """Stress intensity in the log window of a run; None where nothing tells the captured mass.

    Radii of beads of many sizes are the mean ones of their species.

    Args:
        run: an open run.
        sums: its sums over the window.
        pairs: its pair classes, if its beads are of several species.

    Raises:
        RunFileError: the file is damaged.
    """
    product = (run.resolved or {}).get("product") or {}
    given, layer, density = (
        _number(product.get(key)) for key in ("captured_mass", "layer_thickness", "bulk_density")
    )
    if given is None and (layer is None or density is None):
        return None
    window = sums.window
    deepest = float(run.series["largest_overlap"][window.first :].max())
    overlap = deepest * float(run.radius.max())
    classes = []
    for name, reduced, energy, frequency, hardest in _classes(run, sums, pairs):
        if given is not None:
            mass, wide, contact = given, None, None
        else:
            assert layer is not None and density is not None
            mass = captured_mass(reduced, layer, density)
            wide, contact = captured_radius(reduced, layer), math.sqrt(reduced * overlap)
        intensity = {key: quotient(hard.mean, mass) for key, hard in hardest.items()}
        mean = quotient(energy, mass)
        classes.append(Captured(name, mass, wide, contact, frequency, mean, intensity))
    per_time = sum(one.frequency * one.captured_mass for one in classes)
    mean = quotient(sums.power("dissipation"), per_time)
    model, shown = ("layer", (layer, density)) if given is None else ("given", (None, None))
    return StressIntensity(model, *shown, mean, classes)


def _classes(
    run: Run, sums: Collisions, pairs: Sequence[PairStress]
) -> list[tuple[str, float, float, float, dict[str, HardestEvents]]]:
    """Name, reduced radius, SE, SF and hardest events of each class of contacts."""
    if pairs:
        radii = [float(run.radius[run.species == n].mean()) for n in range(len(run.species_names))]
        return [
            (
                one.name,
                _reduced(radii[pair.first], None if pair.second is None else radii[pair.second]),
                one.stress_energy.value,
                one.stress_frequency.value,
                one.hardest,
            )
            for one, pair in zip(pairs, run.pair_classes, strict=True)
        ]
    radius = float(run.radius.mean())
    edges, histogram = run.histogram("dissipation")
    events = run.event_series
    found = []
    for k, kind in enumerate(PAIR_KINDS):
        exact = [[float(events[name][k].sum())] for name in ("events", "dissipation")]
        counts, energies = class_energies(edges, histogram[k : k + 1], *exact)
        hardest = {str(q): hardest_events(edges, counts, energies, q / 100.0) for q in PERCENTAGES}
        weight = 0.5 if kind == "bead_bead" else 1.0
        found.append(
            (
                kind.replace("_", "-"),
                _reduced(radius, radius if kind == "bead_bead" else None),
                sums.stress_energy("dissipation", "event", kind),
                weight * sums.count[kind] / sums.window.duration,
                hardest,
            )
        )
    return found


def _reduced(radius: float, other: float | None) -> float:
    return radius if other is None else radius * other / (radius + other)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
