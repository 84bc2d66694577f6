"""What results owe to time step and softening: short runs of variants side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gpudem.engine.collected import ledger_of
from gpudem.kernels import layout as at
from gpudem.ledger import EMPTY
from gpudem.numbers import NAN
from gpudem.scene.tables import Scene

#: Longest simulated time of a variant [s]; the second half is evaluated.
WINDOW = 0.1


@dataclass(frozen=True)
class Variant:
    """Results of one variant, means over its window.

    Attributes:
        name: what differs from the scene.
        time_step: [s].
        softening: factor that divides Young's modulus.
        power: dissipated [W].
        kinetic_energy: of translation [J].
        spin_energy: [J].
        stress_energy: SE of whole events, dissipation [J].
        stress_frequency: SF of whole events [1/s].
        channels: by how much the channels are higher than the true loss, over that.
        seconds: that the variant took.
    """

    name: str
    time_step: float
    softening: float
    power: float
    kinetic_energy: float
    spin_energy: float
    stress_energy: float
    stress_frequency: float
    channels: float
    seconds: float


def variants(scene: Scene) -> list[tuple[str, Scene]]:
    """The scene for a short window, and what is compared with it.

    Args:
        scene: the scene.

    Returns:
        The scene itself, a half and a quarter of its step, softening 1, 10 and 100, and
        another seed, which shows what chance alone does.
    """
    intervals = max(2, min(scene.intervals, round(WINDOW / scene.run.log_interval)))
    duration = intervals * scene.run.log_interval
    first = intervals // 2 * scene.run.log_interval
    short = _changed(scene, run={"duration": duration, "log_from": first})
    share, soft = scene.run.rayleigh_fraction, scene.contact.softening
    return [
        ("as given", short),
        ("step / 2", _changed(short, run={"rayleigh_fraction": share / 2.0})),
        ("step / 4", _changed(short, run={"rayleigh_fraction": share / 4.0})),
        *(
            (f"softening {factor:g}", _changed(short, contact={"softening": factor}))
            for factor in (1.0, 10.0, 100.0)
            if factor != soft
        ),
        ("another seed", _changed(short, run={"seed": scene.run.seed + 1})),
    ]


def converge(scene: Scene, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Runs all variants on the current device.

    Args:
        scene: the scene.
        tell: is told which variant begins.

    Returns:
        The values of `Variant` for each.
    """
    found = []
    for name, variant in variants(scene):
        tell(f"{name}: {variant.steps} steps of {variant.time_step * 1e6:.3g} µs")
        found.append(asdict(_measure(name, variant)))
    return found


def _changed(scene: Scene, **tables: dict[str, Any]) -> Scene:
    made = {name: getattr(scene, name).model_copy(update=keys) for name, keys in tables.items()}
    return scene.model_copy(update=made)


def _measure(name: str, scene: Scene) -> Variant:
    from gpudem.running.simulation import Simulation

    began = time.perf_counter()
    simulation = Simulation(scene)
    simulation.step(scene.log_from_interval * scene.steps_per_interval)
    before = simulation.collect().sample
    log = np.zeros((2, at.LOG_VALUES))
    balance, energies = EMPTY, []
    logged = scene.steps - simulation.step_number
    for collected in simulation.step_collecting(logged, scene.steps_per_interval):
        log += collected.log.sum(axis=0)
        balance += ledger_of(before, collected)
        before = collected.sample
        energies.append(before.sum(axis=0))
    lost = log[:, at.NORMAL_DAMPING : at.LOG_ENERGIES].sum()
    events = 0.5 * log[0, at.LOG_CONTACTS] + log[1, at.LOG_CONTACTS]
    window = scene.run.duration - scene.run.log_from
    mean = np.mean(energies, axis=0)
    return Variant(
        name=name,
        time_step=scene.time_step,
        softening=scene.contact.softening,
        power=float(lost / window),
        kinetic_energy=float(mean[at.SAMPLE_KINETIC]),
        spin_energy=float(mean[at.SAMPLE_SPIN]),
        stress_energy=float(lost / events) if events else NAN,
        stress_frequency=float(events / window),
        channels=balance.excess,
        seconds=time.perf_counter() - began,
    )


def print_converge(found: list[dict[str, Any]]) -> None:
    """Prints the variants of `converge` for people, with what changes."""
    from rich.console import Console

    from gpudem.report.text import add_row, number, signed_percent, table_of

    scales = {
        "power": ("P [W]", 1.0),
        "kinetic_energy": ("E_kin [mJ]", 1e3),
        "spin_energy": ("E_spin [mJ]", 1e3),
        "stress_energy": ("SE [µJ]", 1e6),
        "stress_frequency": ("SF [10³/s]", 1e-3),
    }
    heads = [head for head, _ in scales.values()]
    values = table_of("Results with other steps and softening", "", *heads, "ledger (b)")
    changes = table_of("Change against the scene as given [%]", "", *heads)
    first = found[0]
    for row in found:
        shown = [number(scale * row[name]) for name, (_, scale) in scales.items()]
        add_row(values, row["name"], *shown, signed_percent(row["channels"]))
        if row is not first:
            shares = [row[name] / first[name] - 1.0 if first[name] else NAN for name in scales]
            add_row(changes, row["name"], *(f"{100.0 * share:+.1f}" for share in shares))
    console = Console(highlight=False)
    console.print(values)
    console.print(changes)
    console.print(
        "Beads move chaotically: differences as large as those of another seed are chance. SE and "
        "SF are of whole events; softening merges contacts.",
        markup=False,
    )
