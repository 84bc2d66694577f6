"""The power laws of a study: SE, SF and power over what varies, per filling."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gpudem.analysis.paper import exponents_for
from gpudem.analysis.power_law import PowerLaw, fit_power_law
from gpudem.errors import GpudemError
from gpudem.study.seeds import parts_of

if TYPE_CHECKING:
    import pandas
    import xarray

#: Quantities that are fitted, with how formulas write them.
FITTED = {
    "stress_energy": "SE",
    "stress_frequency": "SF",
    "stress_energy_90": "SE_90",
    "stress_frequency_90": "SF_90",
    "stress_energy_weighted": "SE_W",
    "stress_frequency_weighted": "SF_W",
    "power": "P",
}


@dataclass(frozen=True)
class StudyLaw:
    """A power law of one quantity within a group of cases.

    Attributes:
        quantity: its name in the data set.
        group: what the cases have in common, by coordinate.
        law: fitted over the other coordinates, in their units.
        filling: of the cases, where the paper has exponents to compare with, else None.
    """

    quantity: str
    group: Mapping[str, Any]
    law: PowerLaw
    filling: float | None = None

    def paper(self, variable: str) -> float | None:
        """The paper's exponent, of plain counts, or None where it has none.

        Args:
            variable: "speed" or "diameter".
        """
        known = exponents_for(self.filling)
        names = {
            ("stress_energy", "speed"): "energy_speed",
            ("stress_energy", "diameter"): "energy_size",
            ("stress_frequency", "speed"): "frequency_speed",
            ("stress_frequency", "diameter"): "frequency_size",
            ("power", "speed"): "power_speed",
            ("power", "diameter"): "power_size",
        }
        name = names.get((self.quantity, variable))
        return None if known is None or name is None else float(getattr(known, name))


def cases_of(dataset: xarray.Dataset) -> pandas.DataFrame:
    """The cases that are done as a table, a row each; coordinates and quantities are columns."""
    frame = dataset.to_dataframe().reset_index()
    return frame[frame["done"]]


def variables_of(dataset: xarray.Dataset) -> tuple[list[str], list[str]]:
    """Coordinates that a power law may run over, and those by which cases are grouped.

    The first have a unit, are above 0 and take two values or more; the others are numbers without
    one (filling) and words.
    """
    frame = cases_of(dataset)
    over, groups = [], []
    for name in map(str, dataset.coords):
        if name in ("seed", "case"):
            continue
        unit = str(dataset[name].attrs.get("units", ""))
        if unit in ("", "1"):
            groups.append(name)
        elif frame[name].nunique() > 1 and frame[name].min() > 0:
            over.append(name)
    return over, groups


def laws_of(dataset: xarray.Dataset, quantities: Sequence[str] = tuple(FITTED)) -> list[StudyLaw]:
    """Power laws of quantities, for each group of cases that has enough of them.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned.
        quantities: names in it.
    """
    frame = cases_of(dataset)
    over, groups = variables_of(dataset)
    if not over or frame.empty:
        return []
    found = []
    for key, part in parts_of(frame, groups, sort=False):
        group = dict(zip(groups, key, strict=True))
        filling = group.get("filling", dataset.attrs.get("filling"))
        filling = filling if dataset.attrs.get("papers_mill") else None
        varying = [name for name in over if part[name].nunique() > 1]
        if not varying:
            continue
        cases = parts_of(part, varying)
        points = {name: [point[n] for point, _ in cases] for n, name in enumerate(varying)}
        for quantity in quantities:
            values = [seeds[quantity].to_numpy() for _, seeds in cases]
            # What cannot be fitted (too few cases yet, a quantity that is 0) has no law.
            with contextlib.suppress(GpudemError):
                found.append(StudyLaw(quantity, group, fit_power_law(points, values), filling))
    return found
