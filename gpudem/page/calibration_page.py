"""The page of a calibration, to hand on."""

from __future__ import annotations

from typing import Any

from gpudem.calibration.calibration import Calibration
from gpudem.calibration.drop import DropTest
from gpudem.calibration.figure import draw_fit, draw_parameters
from gpudem.calibration.text import (
    answer,
    checks,
    named,
    regressions,
    shown,
    standing,
    untold,
    value_of,
)
from gpudem.page.figure import drawn
from gpudem.page.page import Page, Section, Source, Text
from gpudem.page.run_page import made_line
from gpudem.page.table import Table


def calibration_page(calibration: Calibration, text: str) -> Page:
    """The page of a calibration.

    Args:
        calibration: what is shown.
        text: of the file of measurements.
    """
    tests = ", ".join(dict.fromkeys(calibration.predictor.test_of))
    lines = [f"Warning: {line}." for line in checks(calibration)] or [
        "No check speaks against this result."
    ]
    lines += [f"Cannot be separated: {line}." for line in untold(calibration)]
    for test in calibration.measurements.tests:
        if isinstance(test, DropTest):
            lines += regressions(test)
    fit = drawn(
        "fit",
        "Measured and modelled",
        "Points: measurements with intervals of 95 %. Bars: what the calibrated model gives, 95 %.",
        lambda figure: draw_fit(figure, calibration),
        (8.0, 4.2),
        wide=True,
    )
    parameters = drawn(
        "parameters",
        "The parameters after the measurements",
        "Regions hold 68 and 95 %; axes span nearly all of the posterior.",
        lambda figure: draw_parameters(figure, calibration),
        (7.2, 7.2),
    )
    return Page(
        title=calibration.measurements.title or "Calibrated contact parameters",
        subtitle=tests,
        answers=(),
        sections=(
            Section("Can it be trusted?", [Text(lines)]),
            Section("Parameters", [_parameters(calibration), parameters]),
            Section("Measurements", [fit, _quantities(calibration)]),
            Section(
                "For a scene",
                [Source("block to paste", calibration.block), Source("measurements", text)],
            ),
        ),
        numbers=_numbers(calibration),
        made=made_line(),
        summary=answer(calibration),
    )


def _parameters(calibration: Calibration) -> Table:
    posterior = calibration.posterior
    rows: list[Any] = [
        [
            named(one.name),
            value_of(calibration, one.name),
            "{:.3g} to {:.3g}".format(*posterior.interval(one.name, 0.68)),
            "{:.3g} to {:.3g}".format(*posterior.interval(one.name, 0.95)),
            f"{one.low:g} to {one.high:g}",
            standing(posterior, one.name),
        ]
        for one in posterior.prior.free
    ]
    heads = ("parameter", "value", "68 %", "95 %", "assumed before", "what decided it")
    return Table("parameters", "Values", heads, rows)


def _quantities(calibration: Calibration) -> Table:
    posterior, predictor = calibration.posterior, calibration.predictor
    mean, _ = predictor(posterior.likely[None, :])
    rows: list[Any] = []
    for k, one in enumerate(predictor.quantities):
        rows.append(
            [
                one.name,
                f"{shown(one.mean, one)} ± {shown(one.error, one, 2)}",
                shown(float(mean[0, k]), one),
                f"{posterior.residual[k]:+.1f}",
                *(f"{value:+.1f}" for value in posterior.sensitivity[k]),
            ]
        )
    heads = ("", "measured", "model", "off by [errors]", *map(named, posterior.prior.names))
    note = (
        "Last columns: change of the quantity, in errors of measurement and simulation together, "
        "over the standard deviation that the parameter had before; below 1 it says nothing of the "
        "parameter."
    )
    return Table("measurements", "Values and responses", heads, rows, (note,))


def _numbers(calibration: Calibration) -> dict[str, Any]:
    posterior = calibration.posterior
    return {
        "parameters": {
            key: {
                "value": calibration.values[key],
                "error": calibration.errors[key],
                "interval_68": posterior.interval(key.rpartition(".")[2], 0.68),
                "interval_95": posterior.interval(key.rpartition(".")[2], 0.95),
                "narrowing": posterior.narrowing[key.rpartition(".")[2]],
            }
            for key in calibration.values
        },
        "correlation": posterior.correlation.tolist(),
        "misfit_probability": None if posterior.misfit != posterior.misfit else posterior.misfit,
    }
