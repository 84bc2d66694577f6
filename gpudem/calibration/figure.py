"""Figures of a calibration: measured and modelled, and the posterior of the parameters."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from gpudem.calibration.calibration import Calibration
from gpudem.calibration.text import named

#: Units in which quantities are drawn: SI value of one, and how axes write it.
_UNITS = {"angle": (math.radians(1.0), "degrees"), "time": (1.0, "s"), "number": (1.0, "")}
_MEASURED, _MODEL = "#D55E00", "#0072B2"
_MOST_DRAWS = 300
#: Share of the draws that axes of parameters span.
_SHOWN = 0.999


def draw_fit(figure: Any, calibration: Calibration) -> None:
    """Measured values with their errors, and what the posterior predicts, a panel for each test.

    Args:
        figure: of matplotlib's, empty.
        calibration: what is drawn.
    """
    from scipy.stats import t

    predictor, posterior = calibration.predictor, calibration.posterior
    drawn, _ = predictor(posterior.draws[:_MOST_DRAWS])
    low, middle, high = np.quantile(drawn, [0.025, 0.5, 0.975], axis=0)
    panels: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(predictor.quantities):
        panels.setdefault((predictor.test_of[number], one.kind), []).append(number)
    widths = [max(1.6, 0.5 * len(numbers)) for numbers in panels.values()]
    axes = figure.subplots(1, len(panels), width_ratios=widths, squeeze=False)[0]
    for panel, ((test, kind), numbers) in zip(axes, panels.items(), strict=True):
        size, unit = _UNITS[kind]
        place = np.arange(len(numbers))
        panel.vlines(
            place, low[numbers] / size, high[numbers] / size, color=_MODEL, lw=7, alpha=0.4,
            label="model, 95 %",
        )  # fmt: skip
        panel.plot(place, middle[numbers] / size, "_", color=_MODEL, ms=12)
        chosen = [predictor.quantities[number] for number in numbers]
        panel.errorbar(
            place,
            [one.mean / size for one in chosen],
            [t.ppf(0.975, one.freedom) * one.error / size for one in chosen],
            fmt="o",
            ms=4,
            color=_MEASURED,
            capsize=2,
            label="measured, 95 %",
        )
        panel.set_xticks(place, [one.name for one in chosen], rotation=60, ha="right")
        panel.set_xlim(-0.7, len(numbers) - 0.3)
        panel.set_title(test)
        panel.set_ylabel(f"[{unit}]" if unit else "")
        panel.grid(axis="y", alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=2)


def draw_parameters(figure: Any, calibration: Calibration) -> None:
    """The posterior of all parameters and of each two.

    Args:
        figure: of matplotlib's, empty.
        calibration: what is drawn.
    """
    import corner

    posterior = calibration.posterior
    # It lays its panels out itself.
    figure.set_layout_engine("none")
    with warnings.catch_warnings():
        # It tells that it does not use the engine that was there before.
        warnings.simplefilter("ignore", UserWarning)
        corner.corner(
            posterior.draws,
            labels=[named(name) for name in posterior.prior.names],
            range=[_SHOWN] * len(posterior.prior.free),
            max_n_ticks=3,
            labelpad=0.25,
            levels=(0.68, 0.95),
            color=_MODEL,
            plot_datapoints=False,
            fill_contours=True,
            bins=30,
            smooth=1.0,
            fig=figure,
        )
