"""The figures of run files: SF over SE, what takes the power, power over time, and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from gpudem.analysis.ledger import dissipated
from gpudem.errors import GpudemError
from gpudem.page.figure import COLOURS, INK, Figure, drawn, plain
from gpudem.page.gallery import colouring_of
from gpudem.quantities import DISSIPATION_CHANNELS, PAIR_KINDS
from gpudem.report.figure import FEW, Curve, draw_curve, figure_errors, mark, set_limits
from gpudem.report.text import CHANNELS, number
from gpudem.runfile.reader import Run

Result = Mapping[str, Any]
#: How people call the kinds of contacts.
KINDS = {"bead_bead": "bead on bead", "bead_wall": "bead on wall"}
_POINTED = f"Points: fewer than {FEW} collisions in a class, with ±√N."
#: Points of the curve of power over time at most.
_POINTS = 100
_PICTURE_WIDTH = 960


def shades(count: int) -> list[Any]:
    """Colours in order, none too dark for a dark page or too faint for a white one."""
    from matplotlib import colormaps

    if count == 1:
        return [COLOURS[0]]
    return [colormaps["viridis"](x) for x in np.linspace(0.28, 0.88, count)]


def label_stress_axes(axes: Any, curves: Sequence[Curve | None]) -> None:
    """Scales, labels and limits of SF over SE."""
    set_limits(axes, curves)
    axes.set_xlabel("energy dissipated in a collision, SE")
    axes.set_ylabel("collisions per second and decade of SE  [1/s]")
    axes.grid(True, which="major")


def stress_chart(result: Result, name: str) -> Figure:
    """Stress frequency over stress energy of one run, by pair class."""

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        time = result["window"]["duration"]
        curves = [draw_curve(axes, result["events"]["distribution"], time, "all collisions", INK)]
        classes = [(one["name"], one["distribution"]) for one in result["pair_classes"]]
        if not classes:
            by_kind = result["events"].get("distribution_by_kind", {})
            classes = [(KINDS[kind], by_kind[kind]) for kind in PAIR_KINDS if kind in by_kind]
        for (label, distribution), colour in zip(classes, COLOURS * 9, strict=False):
            curves.append(draw_curve(axes, distribution, time, plain(label), colour))
        _mark_hardest(axes, result, curves[0])
        label_stress_axes(axes, curves)
        axes.legend(loc="lower center" if len(classes) < 4 else "best")

    return drawn(
        name,
        "How often beads hit how hard (SF over SE)",
        "Whole collisions by the energy that each dissipates (event convention). An area under a "
        "curve is a frequency. Shaded: the most energetic collisions, which carry 90 % of the "
        f"energy; their mean is SE_90 (triangle). {_POINTED}",
        draw,
    )


def _mark_hardest(axes: Any, result: Result, curve: Curve | None) -> None:
    threshold, mean = result["stress_energy_threshold_q"]["90"], result["stress_energy_q"]["90"]
    if threshold is None or mean is None or curve is None:
        return
    axes.axvspan(threshold, 1e30, color=COLOURS[1], alpha=0.13, lw=0)
    mark(axes, curve, mean, COLOURS[1])


def comparison_chart(results: Sequence[Result], labels: Sequence[str], name: str) -> Figure:
    """Stress frequency over stress energy, a curve for each run."""

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        curves = []
        for result, label, colour in zip(results, labels, shades(len(results)), strict=True):
            time, found = result["window"]["duration"], result["events"]["distribution"]
            curves.append(draw_curve(axes, found, time, plain(label), colour))
        label_stress_axes(axes, curves)
        axes.legend()

    return drawn(
        name,
        "How often beads hit how hard (SF over SE)",
        "Whole collisions by the energy that each dissipates (event convention). An area under a "
        f"curve is a frequency. {_POINTED}",
        draw,
    )


def loss_chart(results: Sequence[Result], labels: Sequence[str], name: str) -> Figure:
    """What takes the power: channels of loss, a bar for each run, or for each channel of one."""
    several = len(results) > 1

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        if several:
            _stacked_runs(axes, results, labels)
        else:
            _stacked_kinds(axes, results[0])
        axes.set_xlabel("power  [W]")
        axes.grid(True, axis="x")

    height = 1.2 + 0.32 * (len(results) + 2 if several else len(CHANNELS) + 1)
    return drawn(
        name,
        "What takes the power",
        "Dissipated power by cause of loss"
        + (" of each run." if several else ", and by what the beads touch."),
        draw,
        (4.8, min(max(height, 2.6), 7.0)),
    )


def _stacked_kinds(axes: Any, result: Result) -> None:
    names = DISSIPATION_CHANNELS[::-1]
    total = result["power"]["dissipation"]["total"]
    left = np.zeros(len(names))
    for kind, colour in zip(PAIR_KINDS, COLOURS, strict=False):
        widths = np.array([result["power_channels"][name][kind] for name in names])
        axes.barh(range(len(names)), widths, left=left, color=colour, label=KINDS[kind])
        left += widths
    axes.set_yticks(range(len(names)), [CHANNELS[name] for name in names])
    for row, value in enumerate(left):
        share = f"  {number(value)} W, {number(100.0 * value / total, 2)} %" if total else ""
        axes.text(value, row, share, va="center", fontsize=8)
    axes.set_xlim(0.0, 1.5 * max(float(left.max()), 1e-30))
    axes.legend(loc="lower right")


def _stacked_runs(axes: Any, results: Sequence[Result], labels: Sequence[str]) -> None:
    rows = range(len(results))
    left = np.zeros(len(results))
    for channel, colour in zip(DISSIPATION_CHANNELS, COLOURS, strict=False):
        widths = np.array([one["power_channels"][channel]["total"] for one in results])
        axes.barh(rows, widths, left=left, color=colour, label=CHANNELS[channel])
        left += widths
    axes.set_yticks(rows, [plain(label) for label in labels])
    axes.invert_yaxis()
    for row, value in enumerate(left):
        axes.text(value, row, f"  {number(value)} W", va="center", fontsize=8)
    axes.set_xlim(0.0, 1.2 * max(float(left.max()), 1e-30))
    axes.figure.legend(loc="outside lower center", ncols=2)


def power_chart(run: Run, result: Result, name: str) -> Figure:
    """Power over the run, with the evaluated window: whether it is steady can be seen."""
    series, window = run.series, result["window"]
    time = series["time"]
    lost = dissipated(series)
    fed = series["work_body"] + series["work_wall"]
    length = max(1, -(-len(time) // _POINTS))
    rows = len(time) // length * length
    step = np.diff(time, prepend=2.0 * time[0] - time[1] if len(time) > 1 else 0.0)

    def mean(values: np.ndarray) -> np.ndarray:
        cut = values[len(values) - rows :].reshape(-1, length).sum(axis=1)
        return cut / step[len(step) - rows :].reshape(-1, length).sum(axis=1)

    when = time[len(time) - rows :].reshape(-1, length).mean(axis=1)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.axvspan(window["start"], window["end"], color=COLOURS[2], alpha=0.13, lw=0)
        axes.plot(when, mean(fed), color=COLOURS[1], lw=1.2, label="put in by the mill")
        axes.plot(when, mean(lost), color=COLOURS[0], lw=1.6, label="dissipated by the beads")
        axes.axhline(result["power"]["dissipation"]["total"], color=INK, lw=0.8, ls="--")
        axes.set(xlabel="simulated time  [s]", ylabel="power  [W]", xlim=(0.0, time[-1]))
        axes.set_ylim(0.0, 1.25 * max(float(mean(lost).max()), 1e-30))
        axes.grid(True)
        figure.legend(loc="outside upper right", ncols=2)

    each = number(1e3 * length * float(step.mean()))
    return drawn(
        name,
        "Is it steady?",
        f"Power over the run, means of {each} ms. Shaded: the evaluated window; dashed: its mean.",
        draw,
    )


def picture(run: Run, name: str) -> Figure | str:
    """The beads of a run at the end, in two views, or why there is no picture."""
    from gpudem.pictures.sheet import Look
    from gpudem.pictures.source import Footage
    from gpudem.pictures.still import draw_still

    try:
        with figure_errors(name), TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            look = Look(width=_PICTURE_WIDTH)
            draw_still([Footage(run)], path, colouring_of([run]), look)
            contents = path.read_bytes()
    except GpudemError as error:
        return f"No picture of the beads: {str(error).rstrip(' .:')}."
    caption = (
        "The beads at the last snapshot. Left: seen along the bowl's axis, with the outward radius "
        "of the disc upwards where the mill has one. Right: seen from the side."
    )
    return Figure(name, "The beads", caption, "", contents)
