"""The energy ledger of a run file, and what most likely keeps it from closing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.ledger import REPORT_WORK_ENERGY, Ledger
from gpudem.numbers import NAN
from gpudem.quantities import DISSIPATION_CHANNELS, PAIR_KINDS

if TYPE_CHECKING:
    from gpudem.runfile.reader import Run

#: Steps above this share of the Rayleigh time are named as a cause, restitutions below this too.
_LARGE_STEP, _LOW_RESTITUTION = 0.2 * (1.0 + 1e-9), 0.05


def ledger(run: Run, first: int = 0) -> Ledger:
    """Draw up the energy ledger from an interval to the end of the run.

    The energy at the very start is not in the file, so the run's first interval is left out.

    Args:
        run: the run.
        first: the first interval.

    Raises:
        RunFileError: the file is damaged.
    """
    first = max(first, 1)
    if run.intervals <= first:
        return Ledger(NAN, NAN, NAN, NAN, NAN, NAN, NAN)
    series = run.series

    def work(name: str) -> float:
        return float(series[name][first:].sum())

    def change(name: str) -> float:
        values = series[name]
        return float(values[-1] - values[first - 1])

    effort = sum(np.abs(series[name][first:]).sum() for name in ("work_body", "work_wall"))
    return Ledger(
        work_body=work("work_body"),
        work_wall=work("work_wall"),
        work_contact=work("work_contact"),
        motion_change=change("kinetic_energy") + change("spin_energy"),
        stored_change=change("stored_energy"),
        dissipation=float(dissipated(series)[first:].sum()),
        input=float(effort),
    )


def dissipated(series: Mapping[str, np.ndarray]) -> np.ndarray:
    """Energy dissipated in each interval, by all channels [J], shape (intervals,).

    Args:
        series: of `gpudem.runfile.reader.Run.series`, or a part of each.
    """
    names = (f"{kind}_{name}" for kind in PAIR_KINDS for name in DISSIPATION_CHANNELS)
    return np.sum([series[name] for name in names], axis=0)


def work_energy_limit(run: Run) -> float:
    """What the work-energy balance may miss in the precision of a run [1]."""
    # Whatever a file holds there, it is compared as text.
    mixed = str(run.parameters.get("precision")) == "mixed"
    return REPORT_WORK_ENERGY["mixed" if mixed else "double"]


def cause(found: Ledger, run: Run) -> str:
    """Say in words what most likely keeps the channels from closing.

    Args:
        found: a ledger of the run whose channels miss too much.
        run: the run.
    """
    step, rayleigh = (_positive(run.parameters.get(n)) for n in ("time_step", "rayleigh_time"))
    if 0.0 < abs(found.loss) < 0.01 * found.input:
        return "of the energy that went in and out hardly any was lost, so small errors count"
    if step and rayleigh and step > _LARGE_STEP * rayleigh:
        return (
            f"the time step is {100.0 * step / rayleigh:.3g} % of the Rayleigh time: lower "
            f"run.rayleigh_fraction"
        )
    lowest = _lowest_restitution(run.resolved)
    if lowest is not None and lowest < _LOW_RESTITUTION:
        return (
            f"a restitution of {lowest:g} needs a damper that this time step does not resolve: "
            f"lower run.rayleigh_fraction"
        )
    return "the time step does not resolve these contacts: lower run.rayleigh_fraction"


def _positive(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and math.isfinite(value) and value > 0.0
    return float(value) if good else None


def _lowest_restitution(scene: Any) -> float | None:
    contact = scene.get("contact") if isinstance(scene, Mapping) else None
    pairs = contact.values() if isinstance(contact, Mapping) else ()
    found = [_positive(pair.get("restitution")) for pair in pairs if isinstance(pair, Mapping)]
    return min((e for e in found if e is not None), default=None)
