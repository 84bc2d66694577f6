"""The report on run files: all numbers of a run as one dictionary, and the command itself."""

from __future__ import annotations

import json as json_module
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gpudem.analysis.events import (
    PERCENTAGES,
    EventStatistics,
    event_statistics,
    hardest_statistics,
)
from gpudem.analysis.lasting import lasting_contacts
from gpudem.analysis.ledger import cause, ledger, work_energy_limit
from gpudem.analysis.pair_stress import PairStress, pair_stresses
from gpudem.analysis.paper import BEST_ENERGY, DOI, readings
from gpudem.analysis.steadiness import Steadiness, steadiness
from gpudem.analysis.stress import (
    ALPHAS,
    CONVENTIONS,
    BeadIntervals,
    Collisions,
    Distribution,
    Window,
    bead_intervals,
    collisions,
    milling_time_for,
    specific_energy,
)
from gpudem.analysis.stress_intensity import StressIntensity, stress_intensity
from gpudem.analysis.uncertainty import window_statistics
from gpudem.errors import RunFileError
from gpudem.ledger import REPORT_CHANNELS
from gpudem.numbers import quotient
from gpudem.plain_text import printable
from gpudem.quantities import DISSIPATION_CHANNELS, PAIR_KINDS
from gpudem.report.walls import wall_values
from gpudem.runfile.metadata import speed_of, speed_range
from gpudem.runfile.reader import Run, open_run

SCHEMA = "gpudem-report-1"

#: Milling times shown when the scene has none [s].
MILLING_TIMES = (300.0, 600.0, 1200.0, 1800.0)


def analyse(
    run: Run | str | os.PathLike[str],
    *,
    mass: float | None = None,
    milling_time: float | None = None,
    energy: float | None = None,
) -> dict[str, Any]:
    """Work out every number of the report on one run.

    Args:
        run: an open run, or the path of a run file.
        mass: mass of the product in the bowl [kg]; default the scene's.
        milling_time: time in the mill [s]; default the scene's.
        energy: wanted specific energy E_m [J/kg]; default 500 kJ/kg (500 J/g).

    Returns:
        Numbers, texts, lists and dictionaries that JSON can hold, in SI units; None stands
        for what is not known. docs/reference/report.md defines each.

    Raises:
        RunFileError: the file is missing or damaged, or its log window has not begun.
    """
    if not isinstance(run, Run):
        with open_run(run) as opened:
            return analyse(opened, mass=mass, milling_time=milling_time, energy=energy)
    sums = collisions(run)
    window = sums.window
    scene = _scene(run, window.first)
    product = scene["product_mass"] if mass is None else mass
    known = window_statistics(run, window)
    events, inner = event_statistics(run, sums), bead_intervals(run)
    power = known["power"]["dissipation"]
    known |= hardest_statistics(run, events, power)
    lasting = lasting_contacts(run, sums, events, inner)
    pairs = pair_stresses(run, window)
    balance = steadiness(run, window, ratio=scene["ratio"], mass=scene["charge_mass"])
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "file": str(run.path),
        "complete": run.complete,
        "title": scene.pop("title"),
        "scene": {**scene, "product_mass": product},
        "window": {**asdict(window), "duration": window.duration, "planned": scene["intervals"]},
        **_stress_values(sums),
        **_bead_interval_values(inner),
        **_event_values(events, sums),
        "lasting_contacts": {**asdict(lasting), "dominate": lasting.dominate},
        "pair_classes": [_pair_values(one) for one in pairs],
        "stress_intensity": _intensity_values(stress_intensity(run, sums, pairs)),
        "milling": _milling_values(
            sums,
            mass=product,
            milling_time=_number(run, "milling_time", "product.milling_time")
            if milling_time is None
            else milling_time,
            energy=BEST_ENERGY if energy is None else energy,
            error=quotient(power.standard_error, sums.power("dissipation")),
        ),
        "specific_power": None if product is None else sums.power("dissipation") / product,
        **_motion_values(run, window),
        **_ledger_values(run, window),
        **_steadiness_values(balance),
        "guards": bool(run.parameters.get("guards", True)),
        "statistics": {
            name: {key: asdict(mean) for key, mean in means.items()}
            for name, means in known.items()
        },
        "power_standard_error": power.standard_error,
        **_computation(run),
        "walls": wall_values(run),
    }
    result = _plain(result)
    found = [{**asdict(r), "ratio": r.ratio} for r in readings(result)]
    result["paper"] = {"doi": DOI, "readings": _plain(found)}
    return result


def _plain(value: Any) -> Any:
    """Make it fit for JSON: plain numbers and lists, None for NaN and infinity."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (str, bool)) or value is None:
        return value
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _lookup(run: Run, name: str, place: str = "") -> Any:
    """Return a parameter of the run, else the value at `place` of its resolved scene, else None."""
    value = run.parameters.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        value = run.resolved
        for key in place.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _number(run: Run, name: str, place: str = "") -> float | None:
    value = _lookup(run, name, place)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if math.isfinite(value) else None


def _scene(run: Run, first: int) -> dict[str, Any]:
    """Gather what was simulated from an interval on, as far as the file says; None for the rest."""
    span = speed_range(run, first)
    scene: dict[str, Any] = {
        "title": str(_lookup(run, "title", "title") or ""),
        "name": str(_lookup(run, "scene") or ""),
        "mill": _lookup(run, "mill", "mill.kind"),
        "speed": speed_of(run, first) if span else _number(run, "speed", "mill.speed"),
        "speed_range": span,
        "ratio": _number(run, "ratio", "mill.ratio"),
        "sun_wheel_radius": _number(run, "sun_wheel_radius", "mill.sun_wheel_radius"),
        "bowl_diameter": _number(run, "bowl_diameter", "bowl.diameter"),
        "bowl_height": _number(run, "bowl_height", "bowl.height"),
        "bowl_volume": _number(run, "bowl_volume", "bowl.volume"),
        "bead_diameter": _number(run, "bead_diameter", "beads.diameter"),
        "species": [
            {
                "name": name,
                "beads": int((run.species == number).sum()),
                "sizes": _sizes(run.radius[run.species == number]),
            }
            for number, name in enumerate(run.species_names)
        ],
        "bead_sizes": [2.0 * float(run.radius.min()), 2.0 * float(run.radius.max())],
        "bead_mass": _number(run, "bead_mass"),
        "charge_mass": _number(run, "charge_mass"),
        "filling": _number(run, "filling", "beads.filling"),
        "product_mass": _number(run, "product_mass", "product.mass"),
        "seed": _number(run, "seed", "run.seed"),
        "intervals": _number(run, "intervals"),
        "log": "beads" if run.has_bead_log else "bowl",
        "contact": _lookup(run, "", "contact"),
        "overrides": list(run.overrides),
    }
    diameter, height = scene["bowl_diameter"], scene["bowl_height"]
    if scene["bowl_volume"] is None and diameter is not None and height is not None:
        scene["bowl_volume"] = math.pi / 4.0 * diameter**2 * height
    if scene["bead_diameter"] is None and len(set(run.radius.tolist())) == 1:
        scene["bead_diameter"] = 2.0 * float(run.radius[0])
    if scene["charge_mass"] is None and run.mass is not None:
        scene["charge_mass"] = float(run.mass.sum())
    return scene


def _sizes(radius: Any) -> list[float]:
    return [2.0 * float(radius.min()), 2.0 * float(radius.max())] if len(radius) else []


def _stress_values(sums: Collisions) -> dict[str, Any]:
    names = ("dissipation", "normal", "shear", "rolling")
    kinds = {"total": None, "bead_bead": "bead_bead", "bead_wall": "bead_wall"}
    time = sums.window.duration
    weight = {"bead_bead": 0.5, "bead_wall": 1.0}
    collided = {kind: weight[kind] * sums.count[kind] / time for kind in PAIR_KINDS}
    loaded = {kind: weight[kind] * sums.count_loaded[kind] / time for kind in PAIR_KINDS}
    return {
        "power": {
            name: {key: sums.power(name, kind) for key, kind in kinds.items()} for name in names
        },
        "power_channels": {
            name: {key: sums.power(name, kind) for key, kind in kinds.items()}
            for name in DISSIPATION_CHANNELS
        },
        "stress_energy": {
            alpha: {c: sums.stress_energy(alpha, c) for c in CONVENTIONS} for alpha in ALPHAS
        },
        "stress_energy_by_kind": {
            alpha: {
                c: {kind: sums.stress_energy(alpha, c, kind) for kind in PAIR_KINDS}
                for c in CONVENTIONS
            }
            for alpha in ALPHAS
        },
        "stress_frequency": {c: sums.stress_frequency(c) for c in CONVENTIONS},
        "stress_frequency_per_bead": {
            c: sums.stress_frequency(c) / sums.beads for c in CONVENTIONS
        },
        "collision_frequency": collided,
        "collision_frequency_loaded": loaded,
        "mixed_power": {alpha: sums.power(alpha) * sums.mixed_share for alpha in ALPHAS},
        "mixed_share": sums.mixed_share,
    }


def _bead_interval_values(found: BeadIntervals | None) -> dict[str, Any]:
    return {
        "bead_intervals": {
            "share_without_contact": found.share_without_contact if found else None,
            "share_lasting": found.share_lasting if found else None,
            "energy_share_without_contact": found.energy_share_without_contact if found else None,
            "mean_ratio": found.mean_ratio if found else dict.fromkeys(ALPHAS),
            "distribution": _distribution(found.distribution) if found else None,
        }
    }


def _distribution(values: Distribution) -> dict[str, Any]:
    return {
        "edges": values.edges,
        "frequency": values.frequency,
        "cumulative_frequency": values.cumulative,
        "below": values.below,
    }


def _event_values(found: EventStatistics, sums: Collisions) -> dict[str, Any]:
    total = sum(found.number.values())
    weighted = {
        alpha: {
            "stress_energy": found.weighted[alpha],
            "stress_frequency": quotient(sums.power(alpha), found.weighted[alpha]),
        }
        for alpha in ALPHAS
    }
    return {
        "stress_energy_q": {key: hard.mean for key, hard in found.hardest.items()},
        "stress_frequency_q": {str(p): found.stress_frequency_q(p) for p in PERCENTAGES},
        "stress_energy_threshold_q": {key: hard.threshold for key, hard in found.hardest.items()},
        "event_share_q": {key: quotient(hard.number, total) for key, hard in found.hardest.items()},
        "stress_energy_weighted": weighted["dissipation"]["stress_energy"],
        "stress_frequency_weighted": weighted["dissipation"]["stress_frequency"],
        "weighted": weighted,
        "events": {
            "number": found.number,
            "frequency": found.frequency,
            "mean_energy": {alpha: quotient(found.energy[alpha], total) for alpha in ALPHAS},
            "impact_energy": {name: quotient(e, total) for name, e in found.impact.items()},
            "impact_power": {name: e / found.duration for name, e in found.impact.items()},
            "carried_number": found.carried_number,
            "carried_energy_share": found.carried_share,
            "alive_number": found.alive_number,
            "alive_energy_share": found.alive_share,
            "histogram_covered": found.covered,
            "class_correction": found.class_correction,
            "distribution": _distribution(found.distribution),
            "distribution_by_kind": {
                kind: _distribution(one) for kind, one in found.by_kind.items()
            },
        },
    }


def _pair_values(found: PairStress) -> dict[str, Any]:
    return {
        "name": found.name,
        "with_wall": found.with_wall,
        "power": asdict(found.power),
        "share": found.share,
        "power_normal": found.normal,
        "power_shear": found.shear,
        "stress_energy": asdict(found.stress_energy),
        "stress_frequency": asdict(found.stress_frequency),
        "stress_energy_weighted": found.weighted,
        "stress_energy_q": {key: hard.mean for key, hard in found.hardest.items()},
        "stress_frequency_q": {
            key: hard.number / found.duration for key, hard in found.hardest.items()
        },
        "distribution": _distribution(found.distribution),
    }


def _intensity_values(found: StressIntensity | None) -> dict[str, Any] | None:
    if found is None:
        return None
    values = {**asdict(found), "stress_intensity": found.mean}
    del values["mean"]
    for one in values["classes"]:
        one["stress_intensity"] = one.pop("mean")
        one["stress_intensity_q"] = one.pop("hardest")
    return values


def _milling_values(
    sums: Collisions,
    *,
    mass: float | None,
    milling_time: float | None,
    energy: float,
    error: float,
) -> dict[str, Any]:
    power = sums.power("dissipation")
    times = (milling_time,) if milling_time is not None else MILLING_TIMES
    return {
        "product_mass": mass,
        "milling_time": milling_time,
        "specific_energy": specific_energy(power, milling_time, mass)
        if mass and milling_time is not None
        else None,
        "stress_number": {
            c: None if milling_time is None else sums.stress_frequency(c) * milling_time
            for c in CONVENTIONS
        },
        "wanted_energy": energy,
        "time_for_wanted_energy": milling_time_for(energy, power, mass) if mass else None,
        "relative_error": error,
        "table": [
            {
                "milling_time": time,
                "specific_energy": {
                    alpha: specific_energy(sums.power(alpha), time, mass) if mass else None
                    for alpha in ALPHAS
                },
                "stress_number": {c: sums.stress_frequency(c) * time for c in CONVENTIONS},
            }
            for time in times
        ],
    }


def _motion_values(run: Run, window: Window) -> dict[str, Any]:
    part = {name: values[window.first :] for name, values in run.series.items()}
    mean = {name: float(values.mean()) for name, values in part.items()}
    touching = {
        "bead_bead": 2.0 * mean["touching_bead_bead"] / run.beads,
        "bead_wall": mean["touching_bead_wall"] / run.beads,
    }
    return {
        "kinetic_energy": mean["kinetic_energy"],
        "spin_energy": mean["spin_energy"],
        "stored_energy": mean["stored_energy"],
        "mean_speed": mean["mean_speed"],
        "contacts_per_bead": sum(touching.values()),
        "contacts_per_bead_by_kind": touching,
        "largest_overlap": float(part["largest_overlap"].max()),
    }


def _ledger_values(run: Run, window: Window) -> dict[str, Any]:
    whole, evaluated, limit = ledger(run), ledger(run, window.first), work_energy_limit(run)
    unknown = math.isnan(evaluated.excess)
    closes = unknown or abs(evaluated.excess) <= REPORT_CHANNELS
    return {
        "ledger": {
            "work_energy": whole.work_energy,
            "work_energy_limit": limit,
            "channels": evaluated.excess,
            "channels_limit": REPORT_CHANNELS,
            "closes": whole.work_energy <= limit and closes,
            "cause": "" if closes else cause(evaluated, run),
            **asdict(whole),
            "window": {**asdict(evaluated), "loss": evaluated.loss},
        }
    }


def _steadiness_values(found: Steadiness) -> dict[str, Any]:
    values = asdict(found)
    steady, reasons = values.pop("steady"), values.pop("reasons")
    values["drifts"] = [{**asdict(drift), "relative": drift.relative} for drift in found.drifts]
    return {"steady": steady, "steady_reasons": reasons, "steadiness": values}


def _computation(run: Run) -> dict[str, Any]:
    per_interval = _number(run, "steps_per_interval")
    done = None if per_interval is None else int(per_interval) * run.intervals
    timings = run.timings

    def timing(name: str) -> Any:
        return timings.get(name, run.parameters.get(name))

    wall, speed = timing("wall_seconds"), timing("bead_steps_per_second")
    steps = _number(run, "steps") if done is None else done
    if speed is None and wall and steps:
        speed = run.beads * steps / wall
    return {
        "beads": run.beads,
        "steps": None if steps is None else int(steps),
        "timestep": _number(run, "time_step"),
        "rayleigh_time": _number(run, "rayleigh_time"),
        "softening": _number(run, "softening", "contact.softening"),
        "precision": _lookup(run, "precision"),
        "device": timing("device"),
        "schedule": _lookup(run, "schedule"),
        "threads": timing("threads"),
        "wall_seconds": wall,
        "bead_steps_per_second": speed,
        "versions": dict(run.versions),
    }


def report_command(
    paths: Sequence[str | os.PathLike[str]],
    *,
    json: bool = False,
    figure: str | os.PathLike[str] | None = None,
    csv: str | os.PathLike[str] | None = None,
    mass: float | None = None,
    milling_time: float | None = None,
    energy: float | None = None,
    full: bool = False,
    paper: bool = False,
    quiet: bool = False,
) -> list[dict[str, Any]]:
    """Report on run files: text to standard output, or JSON; a figure and tables if wanted.

    Args:
        paths: run files.
        json: print a JSON list with one object for each file instead of the text.
        figure: PNG file for the SF-SE figure.
        csv: folder for tables.
        mass: mass of the product in the bowl [kg]; default the scenes'.
        milling_time: time in the mill [s]; default the scenes'.
        energy: wanted specific energy [J/kg]; default 500 kJ/kg.
        full: print all tables after the summary.
        paper: print the reference paper's values beside those found.
        quiet: print no text (JSON, figure and tables are still made).

    Returns:
        The results, one for each file.

    Raises:
        RunFileError: a file cannot be read, has no evaluated window, or a result cannot be
            written; the report is printed by then.
        GpudemError: the figure cannot be drawn, likewise.
    """
    if not paths:
        raise RunFileError("no run file given; name one or more .vtkhdf files")
    results = [analyse(p, mass=mass, milling_time=milling_time, energy=energy) for p in paths]
    console: Any = None
    if json:
        text = json_module.dumps(results, indent=2, allow_nan=False)
        print(printable(text, keep="\n"))
    elif not quiet:
        from rich.console import Console

        console = Console(highlight=False)
        print_report(results, console, full=full, paper=paper)
    # Not before the report, which a figure that fails must not take along.
    written: list[Path] = []
    if csv is not None:
        from gpudem.report.tables import write_report_tables

        written += write_report_tables(results, Path(csv))
    if figure is not None:
        from gpudem.report.figure import draw_stress_figure, figure_errors

        with figure_errors(figure):
            written.append(draw_stress_figure(results, figure))
    if console is not None:
        for path in written:
            console.print(f"wrote {printable(str(path))}", markup=False, soft_wrap=True)
    return results


def print_report(
    results: Sequence[Mapping[str, Any]],
    console: Any,
    *,
    full: bool = False,
    paper: bool = False,
) -> None:
    """Print the summary of an analysed run, or the comparison of several.

    Args:
        results: what `analyse` returned.
        console: a rich Console.
        full: print all tables of the run after it, of several their sentences, means over seeds
            and exponents.
        paper: print what the reference paper reports of these cases.
    """
    from gpudem.report.comparison_text import print_comparison
    from gpudem.report.differences import differences, in_order, labels_of
    from gpudem.report.paper_text import print_paper
    from gpudem.report.summary import print_hints, print_summary
    from gpudem.report.text import print_full

    if len(results) == 1:
        print_summary(results[0], console)
    else:
        print_comparison(results, console, full=full, paper=paper)
    console.print()
    order = in_order(differences(results), len(results)) if len(results) > 1 else [0]
    ordered = [results[k] for k in order]
    for label, result in zip(labels_of(ordered), ordered, strict=True) if full else ():
        if len(results) > 1:
            console.print(printable(f"{label}:"), markup=False, style="bold")
        print_full(result, console, tables=len(results) == 1)
    for result in results if paper else ():
        print_paper(result, console, named=len(results) > 1)
    print_hints(results, console, full=full, paper=paper)
