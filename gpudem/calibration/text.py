"""A calibration in words and tables: the parameters first, then whether to trust them, and why."""

from __future__ import annotations

import math

import numpy as np
from rich.console import Console

from gpudem.calibration.calibration import Calibration
from gpudem.calibration.drop import DropTest
from gpudem.calibration.measured import Measured
from gpudem.calibration.posterior import RESOLVED, UNRESOLVED, Posterior
from gpudem.report.text import add_row, table_of
from gpudem.units import format_quantity

#: Probability below which the model does not fit the measurements.
UNLIKELY = 0.01
#: A surrogate's error over the measurement's above which more points are worth their time.
COARSE = 0.5
#: Components of a direction that are told.
_TOLD = 0.25
#: Share of the posterior near a bound above which the bound decides.
_AT_BOUND = 0.3


#: How tables write parameters.
SYMBOLS = {
    "restitution": "e",
    "static_friction": "mu_s",
    "dynamic_friction": "mu_d",
    "rolling_friction": "mu_r",
}


def shown(value: float, one: Measured, digits: int = 4) -> str:
    """A value of a measured quantity [SI] with its unit: angles in degrees, times in seconds."""
    if one.kind == "angle":
        return f"{math.degrees(value):.{digits}g} deg"
    return f"{value:.{digits}g} s" if one.kind == "time" else f"{value:.{digits}g}"


def named(name: str) -> str:
    """A parameter in words."""
    return name.replace("_", " ")


def value_of(calibration: Calibration, name: str) -> str:
    """A parameter with its standard deviation, in as many digits as that is worth."""
    column = calibration.posterior.column(name)
    error = float(column.std())
    digits = max(2, 1 - math.floor(math.log10(error))) if error > 0.0 else 3
    return f"{np.median(column):.{digits}f} +- {error:.{digits}f}"


def standing(posterior: Posterior, name: str) -> str:
    """What decided a parameter."""
    if not posterior.is_told(name):
        return "assumption: not measured"
    return "measured" if posterior.narrowing[name] < RESOLVED else "narrowed"


def answer(calibration: Calibration) -> str:
    """The parameters in one sentence."""
    posterior = calibration.posterior
    told: list[str] = []
    without: list[str] = []
    for name in posterior.prior.names:
        decided = posterior.is_told(name)
        text = f"{named(name)} {value_of(calibration, name)}" if decided else named(name)
        (told if decided else without).append(text)
    found = f"{', '.join(told)}." if told else "These measurements determine no parameter."
    if without:
        found += f" The measurements cannot tell {' and '.join(without)}."
    return found[0].upper() + found[1:]


def checks(calibration: Calibration) -> list[str]:
    """What speaks against the result; a sentence each."""
    posterior, predictor = calibration.posterior, calibration.predictor
    found = []
    if posterior.misfit < UNLIKELY:
        worst = int(np.argmax(np.abs(posterior.residual)))
        found.append(
            f"the model does not fit the measurements (probability {posterior.misfit:.1g}); "
            f"{predictor.quantities[worst].name} is off by {posterior.residual[worst]:+.1f} errors"
        )
    for number, _, surrogate in predictor.surrogates:
        one = predictor.quantities[number]
        if surrogate.error > COARSE * one.error:
            found.append(
                f"{one.name}: simulations are interpolated with an error of "
                f"{shown(surrogate.error, one, 2)}, beside {shown(one.error, one, 2)} of the "
                "measurement; more --points help"
            )
    for free in posterior.prior.free:
        column, edge = posterior.column(free.name), 0.05 * (free.high - free.low)
        for bound in (free.low, free.high):
            if posterior.is_told(free.name) and (np.abs(column - bound) < edge).mean() > _AT_BOUND:
                found.append(
                    f"{named(free.name)} lies at the bound {bound:g} that it was given; widen it "
                    "in [prior]"
                )
    assumed = [one.name for one in predictor.quantities if math.isinf(one.freedom)]
    if assumed:
        which = ", ".join(assumed[:3]) + (" ..." if len(assumed) > 3 else "")
        found.append(
            f"{which}: the error is given or assumed, not found from three measurements or more "
            "that differ"
        )
    if posterior.mixing > 100.0:
        found.append(
            f"the sampler mixes slowly (autocorrelation of {posterior.mixing:.0f} steps); take the "
            "intervals as rough"
        )
    return found


def untold(calibration: Calibration) -> list[str]:
    """Directions that the data cannot resolve, in words."""
    posterior = calibration.posterior
    found = []
    for vector, ratio in posterior.directions():
        if ratio < UNRESOLVED:
            continue
        parts = [
            (name, component)
            for name, component in zip(posterior.prior.names, vector, strict=True)
            if abs(component) > _TOLD
        ]
        if len(parts) == 1:
            continue
        rises = [named(name) for name, component in parts if component > 0.0]
        falls = [named(name) for name, component in parts if component < 0.0]
        how = f"{' and '.join(rises)} rising together" if len(rises) > 1 else f"{rises[0]} rising"
        how += f" while {' and '.join(falls)} falls" if falls else ""
        found.append(f"{how} (uncertainty still {100 * ratio:.0f} % of that before)")
    return found


def print_calibration(calibration: Calibration, console: Console) -> None:
    """Print what came of a calibration."""
    console.print(answer(calibration))
    problems = checks(calibration)
    for line in problems:
        console.print(f"Warning: {line}.")
    if not problems:
        console.print("No check speaks against this result.")
    for line in untold(calibration):
        console.print(f"Cannot be separated: {line}.")
    for test in calibration.measurements.tests:
        if isinstance(test, DropTest):
            for line in regressions(test):
                console.print(line)
    _print_parameters(calibration, console)
    _print_quantities(calibration, console)
    console.print("\nFor a scene file:\n")
    console.print(calibration.block, markup=False)


def regressions(test: DropTest) -> list[str]:
    """How the restitution depends on the layer and on the speed; a sentence each."""
    found = []
    layer, speed = test.by_layer, test.by_speed
    if layer is not None:
        per_mm = 1e-3 * layer.slope
        at = format_quantity(layer.at, "length", 3)
        told = "" if layer.is_sloped else "; not significantly different from 0"
        found.append(
            f"Restitution over the layer: {layer.level:.3f} +- {layer.level_error:.3f} at {at}, "
            f"{per_mm:+.3f} +- {1e-3 * layer.slope_error:.3f} per mm{told}."
        )
    if speed is not None:
        fast, value = math.exp(speed.at), math.exp(speed.level)
        found.append(
            f"Restitution over the speed: {value:.3f} (v / {fast:.3g} m/s)^{speed.slope:+.3f}, the "
            f"exponent +- {speed.slope_error:.3f}."
        )
        if speed.is_sloped:
            found.append(
                f'For a scene: restitution = {{ value = {value:.3g}, at = "{fast:.3g} m/s", '
                f"exponent = {-speed.slope:.2g} }}"
            )
    return found


def _print_parameters(calibration: Calibration, console: Console) -> None:
    posterior = calibration.posterior
    table = table_of("Parameters", "", "value", "68 %", "95 %", "before", "what decided it")
    for one in posterior.prior.free:
        inner, outer = posterior.interval(one.name, 0.68), posterior.interval(one.name, 0.95)
        add_row(
            table,
            named(one.name),
            value_of(calibration, one.name),
            "{:.3g} to {:.3g}".format(*inner),
            "{:.3g} to {:.3g}".format(*outer),
            f"{one.low:g} to {one.high:g}",
            standing(posterior, one.name),
        )
    console.print(table)


def _print_quantities(calibration: Calibration, console: Console) -> None:
    posterior, predictor = calibration.posterior, calibration.predictor
    names = posterior.prior.names
    mean, _ = predictor(posterior.likely[None, :])
    heads = ("", "measured", "model", "off by", *(SYMBOLS[name] for name in names))
    table = table_of("Measurements, and how they respond to each parameter", *heads)
    for k, one in enumerate(predictor.quantities):
        add_row(
            table,
            one.name,
            f"{shown(one.mean, one)} +- {shown(one.error, one, 2)}",
            shown(float(mean[0, k]), one),
            f"{posterior.residual[k]:+.1f}",
            *(f"{value:+.1f}" for value in posterior.sensitivity[k]),
        )
    console.print(table)
    symbols = ", ".join(f"{SYMBOLS[name]} {named(name)}" for name in names)
    console.print(
        f"{symbols}. Off by: in errors of measurement and simulation together. Last columns: "
        "change of the quantity, in these errors, over the standard deviation that the parameter "
        "had before; below 1 the quantity says nothing of it."
    )
