"""From energy to product: what E_m a study's cases reach, and where measured points lie.

A specific energy E_m = P t / m belongs to the simulation that gave P. Points that were published
with an E_m of their own keep it; where speed and milling time are known too, the E_m by the study's
power stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from gpudem.analysis.paper import (
    BEST_ENERGY,
    BEST_ENERGY_WIDTH,
    CITATION,
    MILLED_BEADS,
    MILLED_FILLING,
    MILLING_ENERGIES,
    MillingEnergy,
)
from gpudem.analysis.product_points import ProductPoint
from gpudem.errors import GpudemError
from gpudem.numbers import NAN
from gpudem.plain_text import plural, printable
from gpudem.report.text import UNKNOWN, add_row, number, percent, quantity, table_of
from gpudem.study.dataset import coordinate_label, point_text, shown_value
from gpudem.study.laws import cases_of
from gpudem.study.seeds import mean_over_seeds, parts_of
from gpudem.units import KINDS, QuantityError, parse_quantity

if TYPE_CHECKING:
    import pandas
    import xarray

#: Keys that say what the beads of a curve are; of several tables of beads the first one's.
_DIAMETERS = ("beads.diameter", "beads.1.diameter")
_FILLINGS = ("beads.filling", "charge.filling", "beads.1.filling")
#: Keys of a scene that drive a mill, along which powers are interpolated.
DRIVES = ("mill.speed", "mill.frequency", "mill.roller_speed")
#: The best window of the reference paper's product [J/kg].
PAPERS_WINDOW = (BEST_ENERGY - BEST_ENERGY_WIDTH, BEST_ENERGY + BEST_ENERGY_WIDTH)
#: Milling time where neither scene nor user gives one [s].
USUAL_TIME = 600.0


@dataclass(frozen=True)
class PowerCurve:
    """Power per mass of product over speed, of cases that are alike in all else.

    Attributes:
        group: what else varies in the study and what it is here, in the coordinates' units.
        bead_diameter: [m], or None where it is not known.
        filling: likewise.
        speeds: of the drive [rad/s], rising.
        powers: P / m, dissipation [W/kg].
        errors: standard errors of these [W/kg]; NaN where they are not known.
    """

    group: Mapping[str, Any]
    bead_diameter: float | None
    filling: float | None
    speeds: np.ndarray
    powers: np.ndarray
    errors: np.ndarray

    def power(self, speed: Any) -> Any:
        """P / m at a speed [W/kg], interpolated in logarithms; NaN outside of the cases."""
        speed = np.asarray(speed, float)
        at = np.interp(np.log(speed), np.log(self.speeds), np.log(self.powers))
        slack = 1e-9
        low, high = self.speeds[0] * (1.0 - slack), self.speeds[-1] * (1.0 + slack)
        return np.where((speed >= low) & (speed <= high), np.exp(at), NAN)

    def energy(self, point: ProductPoint | MillingEnergy) -> float:
        """E_m by these powers at a point's speed and milling time [J/kg]; NaN where unknown."""
        if point.speed is None or point.milling_time is None:
            return NAN
        return float(self.power(point.speed)) * point.milling_time

    def suits(self, point: ProductPoint) -> bool:
        """Whether a point is of these beads and this filling, as far as it says."""
        return _near(point.bead_diameter, self.bead_diameter, 0.01) and _near(
            point.filling, self.filling, 0.02
        )


def _near(wanted: float | None, there: float | None, tolerance: float) -> bool:
    return wanted is None or there is None or abs(wanted - there) <= tolerance * there


def coordinate_of(dataset: xarray.Dataset, *keys: str) -> str | None:
    """Name of the coordinate of the first of some keys of a scene that varies, or None."""
    names = {str(dataset[name].attrs.get("key")): str(name) for name in dataset.coords}
    return next((names[key] for key in keys if key in names), None)


def drive_of(dataset: xarray.Dataset) -> tuple[str, float]:
    """Name of the coordinate that drives the mill, and its unit in rad/s.

    Raises:
        GpudemError: no speed varies.
    """
    name = coordinate_of(dataset, *DRIVES)
    if name is None or len(np.unique(dataset[name])) < 2:
        raise GpudemError("a milling map needs cases of two speeds or more; this study has one")
    unit = str(dataset[name].attrs["units"])
    return name, parse_quantity(f"1 {unit}", "angular_speed")


def power_curves(dataset: xarray.Dataset) -> list[PowerCurve]:
    """Power over speed for each combination of what else varies.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.

    Raises:
        GpudemError: no speed varies, no case is done, or there is no mass of product.
    """
    drive, size = drive_of(dataset)
    frame = _means(dataset)
    frame = frame[frame["specific_power"] > 0.0]
    if frame.empty:
        raise GpudemError(
            "no case has a power per mass of product yet; scenes give that mass as product.mass"
        )
    diameter, filling = (coordinate_of(dataset, *keys) for keys in (_DIAMETERS, _FILLINGS))
    groups = [str(n) for n in dataset.coords if n in frame and n not in (drive, "seed", "case")]
    curves = []
    for key, part in parts_of(frame, groups):
        group = dict(zip(groups, key, strict=True))
        part = part.sort_values(drive)
        unit = "m" if diameter is None else str(dataset[diameter].attrs["units"])
        wide = group.get(diameter) if diameter else dataset.attrs.get("bead_diameter")
        curves.append(
            PowerCurve(
                group,
                None if wide is None else parse_quantity(f"{wide} {unit}", "length"),
                group.get(filling) if filling else dataset.attrs.get("filling"),
                part[drive].to_numpy(float) * size,
                part["specific_power"].to_numpy(float),
                part["specific_power_error"].to_numpy(float),
            )
        )
    return curves


def _means(dataset: xarray.Dataset) -> pandas.DataFrame:
    frame = cases_of(dataset)
    if frame.empty:
        raise GpudemError("no case of this study is done yet")
    return mean_over_seeds(frame, [str(name) for name in dataset.coords])


def chosen_curve(
    dataset: xarray.Dataset,
    curves: Sequence[PowerCurve],
    points: Sequence[ProductPoint],
    at: Mapping[str, Any] | None = None,
) -> PowerCurve:
    """The curve that a map is drawn of: as told, else that which most points are of.

    Args:
        dataset: the study.
        curves: what `power_curves` returned.
        points: measured ones.
        at: coordinates and their values, as text with a unit or numbers in the coordinate's unit.

    Raises:
        GpudemError: there is no such curve, or several.
    """
    wanted = {name: _value(dataset, name, value) for name, value in (at or {}).items()}
    left = [
        curve
        for curve in curves
        if all(_same(curve.group.get(name), value) for name, value in wanted.items())
    ]
    if not left:
        names = sorted({name for curve in curves for name in curve.group})
        there = [
            f"{name} = {', '.join(dict.fromkeys(shown_value(c.group[name]) for c in curves))}"
            for name in names
        ]
        told = ", ".join(f"{name}={value}" for name, value in (at or {}).items())
        raise GpudemError(f"{told}: no such cases; there are {'; '.join(there) or 'no others'}")
    # Of several the last one, which has the largest filling.
    most = max(range(len(left)), key=lambda n: (sum(map(left[n].suits, points)), n))
    return left[most]


def _value(dataset: xarray.Dataset, name: str, given: Any) -> Any:
    """A value of a coordinate in its unit."""
    if name not in dataset.coords or name in ("seed", "case", drive_of(dataset)[0]):
        left = [str(n) for n in dataset.coords if n not in ("seed", "case", drive_of(dataset)[0])]
        raise GpudemError(f"{name}: does not vary in this study; accepted: {', '.join(left)}")
    if not isinstance(given, str):
        return given
    try:
        return float(given)
    except ValueError:
        pass
    unit = str(dataset[name].attrs.get("units", ""))
    for kind in KINDS:
        try:
            return parse_quantity(given, kind) / parse_quantity(f"1 {unit}", kind)
        except QuantityError:
            continue
    return given


def _same(there: Any, wanted: Any) -> bool:
    if isinstance(there, (int, float)) and isinstance(wanted, (int, float)):
        return math.isclose(there, wanted, rel_tol=1e-6)
    return there == wanted


def group_text(dataset: xarray.Dataset, curve: PowerCurve) -> str:
    """What the cases of a curve are, in words."""
    told = []
    if curve.bead_diameter is not None:
        told.append(f"beads of {quantity(curve.bead_diameter, 'length')}")
    if curve.filling is not None:
        told.append(f"filling {number(curve.filling, 2)}")
    known = {coordinate_of(dataset, *keys) for keys in (_DIAMETERS, _FILLINGS)}
    others = {name: value for name, value in curve.group.items() if name not in known}
    return ", ".join([*told, *([point_text(dataset, others)] if others else [])])


def papers_conditions(curve: PowerCurve) -> list[tuple[MillingEnergy, float]]:
    """The paper's milling conditions, each with its E_m by a curve's powers [J/kg], if known.

    None where the curve is of other beads or another filling.
    """
    beads = _near(MILLED_BEADS, curve.bead_diameter, 0.01)
    if not (beads and _near(MILLED_FILLING, curve.filling, 0.02)):
        return []
    found = [(case, curve.energy(case)) for case in MILLING_ENERGIES]
    return [(case, energy) for case, energy in found if not math.isnan(energy)]


def best_conditions(curve: PowerCurve) -> tuple[float, float] | None:
    """Where the paper's best window lies on a curve's scale [J/kg], by speeds and times; or None.

    From the least that belongs to the lower end of the window to the most that belongs to its upper
    end.
    """
    ends = [
        (energy * PAPERS_WINDOW[0] / BEST_ENERGY, energy * PAPERS_WINDOW[1] / BEST_ENERGY)
        for case, energy in papers_conditions(curve)
        if case.specific_energy == BEST_ENERGY
    ]
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None


def print_product(
    dataset: xarray.Dataset,
    points: Sequence[ProductPoint],
    console: Console,
    *,
    milling_time: float = USUAL_TIME,
    window: tuple[float, float] | None = None,
    at: Mapping[str, Any] | None = None,
    are_papers: bool = False,
) -> None:
    """Print what E_m each case reaches, and which points lie in the window.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.
        points: measured ones.
        console: a rich Console.
        milling_time: [s].
        window: of E_m that the product is to have [J/kg].
        at: what `chosen_curve` takes.
        are_papers: whether the points are the reference paper's.

    Raises:
        GpudemError: no speed varies, no case is done, or there is no mass of product.
    """
    curves = power_curves(dataset)
    curve = chosen_curve(dataset, curves, points, at)
    _print_cases(dataset, curves, console, milling_time, window)
    if not points:
        return
    _print_points(dataset, curve, points, console, window)
    for line in _judgement(curve, points, window, are_papers):
        console.print(printable(line), markup=False)


def _print_cases(
    dataset: xarray.Dataset,
    curves: Sequence[PowerCurve],
    console: Console,
    milling_time: float,
    window: tuple[float, float] | None,
) -> None:
    drive, size = drive_of(dataset)
    names = [name for name in curves[0].group if dataset[name].size > 1]
    heads = [coordinate_label(dataset, name) for name in (*names, drive)]
    span = quantity(milling_time, "time")
    columns = ["P/m [W/g]", "error", f"E_m in {span} [J/g]"]
    columns += [f"{_window_text(window)} in [min]"] if window else []
    table = table_of("Energy per mass of product", *heads, *columns)
    for curve in curves:
        for speed, power, error in zip(curve.speeds, curve.powers, curve.errors, strict=True):
            share = percent(error / power, 1) if error > 0.0 else UNKNOWN
            cells = [number(power / 1e3), share, number(power * milling_time / 1e3)]
            if window:
                cells.append(" to ".join(number(end / power / 60.0, 2) for end in window))
            where = [shown_value(curve.group[name]) for name in names]
            add_row(table, *where, shown_value(float(f"{speed / size:.9g}")), *cells)
    console.print(table)
    console.print("By dissipation. error: standard error of the mean over seeds.", markup=False)
    console.print()


def _window_text(window: tuple[float, float]) -> str:
    return f"{window[0] / 1e3:g} to {window[1] / 1e3:g} J/g"


def _print_points(
    dataset: xarray.Dataset,
    curve: PowerCurve,
    points: Sequence[ProductPoint],
    console: Console,
    window: tuple[float, float] | None,
) -> None:
    judged = [f"in {_window_text(window)}"] if window else []
    table = table_of(
        f"Measured points ({group_text(dataset, curve)})",
        "",
        "speed",
        "time",
        "E_m given [J/g]",
        "E_m here [J/g]",
        *judged,
    )
    for point in points:
        here = curve.energy(point) if curve.suits(point) else NAN
        told = point.specific_energy
        width = point.specific_energy_uncertainty
        behind = "" if width is None else f" +- {number(width / 1e3)}"
        cells = [
            quantity(point.speed, "angular_speed"),
            quantity(point.milling_time, "time"),
            UNKNOWN if told is None else number(told / 1e3) + behind,
            UNKNOWN if math.isnan(here) else number(here / 1e3),
        ]
        if window:
            cells.append(f"{_inside(told, window)} / {_inside(here, window)}")
        add_row(table, point.text, *cells)
    console.print(table)


def _inside(energy: float | None, window: tuple[float, float]) -> str:
    if energy is None or math.isnan(energy):
        return UNKNOWN
    return "yes" if window[0] <= energy <= window[1] else "no"


def _judgement(
    curve: PowerCurve,
    points: Sequence[ProductPoint],
    window: tuple[float, float] | None,
    are_papers: bool,
) -> list[str]:
    """What to make of the points, in sentences."""
    given = any(point.specific_energy is not None for point in points)
    told = "E_m given: as it was published or entered; " if given else ""
    lines = [f"{told}E_m here: by this study's power, at the point's speed and time."]
    suiting = [point for point in points if curve.suits(point)]
    if window:
        for name, values in (
            ("given", [(p, p.specific_energy) for p in points]),
            ("here", [(p, curve.energy(p)) for p in suiting]),
        ):
            if name == "given" and not given:
                continue
            inside = [p.text for p, energy in values if _inside(energy, window) == "yes"]
            among = ", ".join(inside) or "no point"
            lines.append(f"In {_window_text(window)} by E_m {name}: {among}.")
    strange = len(points) - len(suiting)
    if strange:
        lines.append(
            f"{plural(strange, 'point')} of {len(points)}: of other beads or another filling."
        )
    unplaced = sum(p.specific_energy is None and math.isnan(curve.energy(p)) for p in suiting)
    if unplaced:
        lines.append(f"What E_m {plural(unplaced, 'point')} had is not known.")
    ratios = [
        curve.energy(p) / p.specific_energy
        for p in _alike(suiting)
        if p.specific_energy is not None
    ]
    ratios = [ratio for ratio in ratios if math.isfinite(ratio)]
    if ratios:
        lines.append(
            f"E_m here is {number(min(ratios))} to {number(max(ratios))} times the one given: the "
            "two are not of one scale, and a window of the one is not a window of the other."
        )
    if are_papers:
        best = best_conditions(curve)
        if best is not None:
            conditions = ", ".join(
                f"{quantity(case.speed, 'angular_speed')} for {quantity(case.milling_time, 'time')}"
                for case in MILLING_ENERGIES
                if case.specific_energy == BEST_ENERGY
            )
            lines.append(
                f"The paper's best conditions ({conditions}; {_window_text(PAPERS_WINDOW)} by its "
                f"own power) are {number(best[0] / 1e3)} to {number(best[1] / 1e3)} J/g here."
            )
        lines.append(f"Points: {CITATION}; no power was fitted to them.")
    return lines


def _alike(points: Sequence[ProductPoint]) -> list[ProductPoint]:
    """Points with speed and time."""
    return [p for p in points if p.speed is not None and p.milling_time is not None]
