"""What a scene would run, before it runs: beads, steps, memory, file size, time."""

from __future__ import annotations

import math
from typing import Any

from gpudem.diagnostics.speed_model import run_seconds
from gpudem.engine.arrays import RECORDS, SERIAL_SLOTS
from gpudem.kernels.fields import Sizes
from gpudem.mills.mill import Mill
from gpudem.plain_text import printable, spoken_duration
from gpudem.runfile.writer import estimated_size
from gpudem.running import run_speed
from gpudem.scene.build import build_case
from gpudem.scene.checks import warnings
from gpudem.scene.tables import Scene
from gpudem.units import format_quantity


def memory(beads: int) -> int:
    """Memory of the device for so many beads [bytes], to begin with."""
    return Sizes(beads=beads, slots=SERIAL_SLOTS, records=RECORDS).bytes


def outlook(scene: Scene, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a run of the scene amounts to; the beads are packed to see that they fit.

    Args:
        scene: the scene.
        wanted: arguments of `gpudem.device.start.choose`, to estimate the time from the last such
            run on this machine; by default a model of a server estimates it.

    Returns:
        Numbers by name in SI units, and ``warnings``.

    Raises:
        PackingError: the beads do not fit into the bowl.
    """
    case = build_case(scene)
    settle = scene.settling
    known = None if wanted is None else run_speed.kept(case, wanted)
    steps = scene.steps + round(settle / scene.time_step)
    snapshots = scene.intervals // scene.intervals_per_snapshot + 1
    logged = scene.intervals - scene.log_from_interval
    return {
        "title": scene.title or scene.source_name,
        "beads": scene.bead_count,
        "filling": scene.filling,
        "bead_kinds": [(n, one.label) for n, one in zip(scene.counts, scene.beads, strict=True)],
        "charge_mass": float(case.mass.sum()),
        "product_mass": scene.product.mass,
        "mill": scene.mill.kind,
        "driven": _driven(scene.mill),
        "speed": scene.mill.drive_speed,
        "speed_text": scene.mill.speed_text(scene.mill.drive_speed),
        "motion": scene.mill.describe(2.0 * scene.bowl.vessel.radius, scene.run.duration),
        "timestep": scene.time_step,
        "rayleigh_time": scene.rayleigh_time,
        "hertz_time": scene.impact_time,
        "steps": steps,
        "duration": scene.run.duration,
        "settle": settle,
        "log_from": scene.run.log_from,
        "memory": memory(scene.bead_count),
        "memory_per_bead": memory(2) - memory(1),
        "file_size": estimated_size(
            scene.bead_count, logged, scene.intervals, snapshots, scene.run.log
        ),
        "bead_steps": scene.bead_count * steps,
        "seconds": run_seconds(scene.bead_count, steps)
        if known is None
        else known.seconds(scene.bead_count, steps),
        "measured": known is not None,
        "warnings": warnings(scene),
    }


def _driven(mill: Mill) -> str:
    """Of which speed of the mill is spoken; empty for a mill that has none."""
    control = mill.control
    if control is None:
        return ""
    return control.name if control.name != "speed" else f"{control.driven} speed"


def _product_told(mass: float | None, beads: float) -> str:
    if mass is None:
        return "no mass given: no power per gram and no milling time (set product.mass)"
    return (
        f"{format_quantity(mass, 'mass', 4)} in one bowl, ball-to-powder ratio {beads / mass:.3g}"
    )


def print_outlook(numbers: dict[str, Any]) -> None:
    """Prints an outlook for people."""
    basis = (
        "at the speed of the last such run on this machine"
        if numbers["measured"]
        else "on one core of a server of 2021"
    )
    rows = [
        ("scene", printable(numbers["title"])),
        (
            "beads",
            f"{' and '.join(f'{n} of {label}' for n, label in numbers['bead_kinds'])}, "
            f"{1e3 * numbers['charge_mass']:.1f} g, filling ratio {numbers['filling']:.3f}; "
            "they fit",
        ),
        ("product", _product_told(numbers["product_mass"], numbers["charge_mass"])),
        *([(numbers["driven"], numbers["speed_text"])] if numbers["driven"] else []),
        *numbers["motion"].items(),
        (
            "time step",
            f"{1e6 * numbers['timestep']:.4f} µs "
            f"({100 * numbers['timestep'] / numbers['rayleigh_time']:.1f} % of the Rayleigh time, "
            + (
                f"1/{numbers['hertz_time'] / numbers['timestep']:.0f} of the fastest impact)"
                if math.isfinite(numbers["hertz_time"])
                else "no impacts at rest)"
            ),
        ),
        (
            "steps",
            f"{numbers['steps']} for "
            + (f"{numbers['settle']:g} s of settling and " if numbers["settle"] else "")
            + f"{numbers['duration']:g} s, evaluated from {numbers['log_from']:g} s",
        ),
        ("memory", f"{numbers['memory'] / 1e6:.1f} MB ({numbers['memory_per_bead']} bytes a bead)"),
        ("run file", f"about {numbers['file_size'] / 1e6:.0f} MB"),
        ("time", f"about {spoken_duration(numbers['seconds'])} {basis}"),
    ]
    for name, value in rows:
        print(f"{name:11} {value}")
    for line in numbers["warnings"]:
        print(f"warning: {line}")
