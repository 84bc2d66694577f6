"""What variants of a scene change: each against the first one, and the power laws of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gpudem.study.laws import cases_of, laws_of
from gpudem.study.seeds import mean_over_seeds

if TYPE_CHECKING:
    import xarray

#: Quantities that are compared, with how tables write them.
COMPARED = {
    "power": "P",
    "stress_energy": "SE",
    "stress_frequency": "SF",
    "stress_energy_90": "SE_90",
    "stress_frequency_90": "SF_90",
    "kinetic_energy": "E_kin",
}


@dataclass(frozen=True)
class Change:
    """A quantity of a variant over that of the first variant, at the same point.

    Attributes:
        variant: its name.
        point: values of the other coordinates.
        quantity: name in the data set.
        ratio: over the first variant's.
        error: standard error of the ratio, from the errors within runs; NaN where unknown.
    """

    variant: str
    point: tuple[Any, ...]
    quantity: str
    ratio: float
    error: float


def changes(dataset: xarray.Dataset) -> list[Change]:
    """What each variant changes, at each point of a study where both it and the first are done.

    Args:
        dataset: what `gpudem.study.dataset.open_study` returned, of a study with variants.
    """
    names = [str(name) for name in dataset.coords]
    frame = mean_over_seeds(cases_of(dataset), names)
    if "variant" not in frame or frame.empty:
        return []
    others = other_coordinates(dataset)
    variants = list(dict.fromkeys(map(str, dataset["variant"].values.ravel())))
    points = {
        (str(row["variant"]), *(row[name] for name in others)): row for _, row in frame.iterrows()
    }
    found = []
    for variant in variants[1:]:
        for (own, *point), row in points.items():
            base = points.get((variants[0], *point))
            if own != variant or base is None:
                continue
            for quantity in COMPARED:
                ratio = row[quantity] / base[quantity] if base[quantity] else math.nan
                error = ratio * math.hypot(_relative(row, quantity), _relative(base, quantity))
                found.append(Change(variant, tuple(point), quantity, ratio, error))
    return found


def other_coordinates(dataset: xarray.Dataset) -> list[str]:
    """Names of the coordinates besides variant and seed."""
    names = [str(name) for name in dataset.coords]
    return [name for name in names if name not in ("variant", "seed", "case")]


def _relative(row: Any, quantity: str) -> float:
    error = row.get(f"{quantity}_error", math.nan)
    return error / row[quantity] if row[quantity] else math.nan


def exponents(
    dataset: xarray.Dataset, variable: str, quantities: Sequence[str] = ("power",)
) -> dict[str, dict[str, float]]:
    """Exponents of quantities over a variable, by variant; NaN where they cannot be fitted.

    Args:
        dataset: of a study with variants.
        variable: such as "speed".
        quantities: names in the data set.
    """
    found: dict[str, dict[str, float]] = {}
    for law in laws_of(dataset, quantities):
        one = law.law.exponents.get(variable)
        own = found.setdefault(str(law.group.get("variant")), {})
        own[law.quantity] = math.nan if one is None else one.value
    return found
