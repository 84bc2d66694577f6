"""Cases that differ in their seed only, taken together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas


#: What the seeds of two draws of uncertain parameters differ by, and the number of seeds.
_APART, _SEEDS = 1000, 2**31


def seed_in_draw(seed: int, draw: int) -> int:
    """The seed with which a draw of uncertain parameters is run.

    Another one for each draw, so that the scatter between draws holds that of chance in full, from
    packings too, and the standard errors of runs can be taken off it.

    Args:
        seed: of the study.
        draw: its number; 0 for the central values.
    """
    return (seed + _APART * draw) % _SEEDS


def seed_of_study(seed: int, draw: int) -> int:
    """The study's seed of a case: that of its run without what `seed_in_draw` added."""
    return (seed - _APART * draw) % _SEEDS


def parts_of(
    frame: pandas.DataFrame, names: Sequence[str], *, sort: bool = True
) -> list[tuple[tuple[Any, ...], pandas.DataFrame]]:
    """The rows of each combination of values that some columns take, with these values.

    Args:
        frame: a table of cases.
        names: columns; without any, all rows are one part.
        sort: by the values, else in the order in which they come.
    """
    if not names:
        return [((), frame)]
    return [(key, part) for key, part in frame.groupby(list(names), sort=sort, dropna=False)]


def mean_over_seeds(frame: pandas.DataFrame, coordinates: Sequence[str]) -> pandas.DataFrame:
    """One row for cases that differ in their seed only: means, and errors of these means.

    The error of a mean over several seeds is the larger of what the scatter between seeds and the
    errors within runs say.

    Args:
        frame: what `gpudem.study.laws.cases_of` returned.
        coordinates: names of its coordinates.
    """
    import numpy as np
    import pandas

    names = [name for name in coordinates if name not in ("seed", "case")]
    others = {*coordinates, "folder", "steady", "done", "case"}
    numeric = [column for column in frame.columns if column not in others]
    rows = []
    for key, part in parts_of(frame, names, sort=False):
        row: dict[str, Any] = dict(zip(names, key, strict=True))
        row["seeds"], row["steady"] = len(part), bool(part["steady"].all())
        for name in numeric:
            values = part[name].to_numpy(float)
            row[name] = float(values.mean())
            if f"{name}_error" in part or name.endswith("_error"):
                continue
            if len(part) > 1:
                row[f"{name}_error"] = float(values.std(ddof=1) / math.sqrt(len(part)))
        for name in numeric:
            if name.endswith("_error"):
                within = part[name].to_numpy(float)
                inner = float(np.sqrt((within**2).sum())) / len(part)
                values = part[name.removesuffix("_error")].to_numpy(float)
                outer = float(values.std(ddof=1) / math.sqrt(len(part))) if len(part) > 1 else 0.0
                row[name] = (
                    inner
                    if math.isnan(inner) and len(part) == 1
                    else max(outer, 0.0 if math.isnan(inner) else inner)
                )
        rows.append(row)
    return pandas.DataFrame(rows)
