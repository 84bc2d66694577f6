"""Pair classes of a charge of several species: which contacts are told apart.

A class is a pair of species, in whichever order, or a species and the wall. Of beads that are all
alike there are two, bead-bead and bead-wall (`gpudem.quantities.PAIR_KINDS`).
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

#: Most species of beads in a case: what the device's records of ended contacts have room for.
MOST_SPECIES = 10


class PairClass(NamedTuple):
    """A class of contacts.

    Attributes:
        first: number of a species.
        second: number of a species, not below `first`, or None for the wall.
    """

    first: int
    second: int | None

    def label(self, names: tuple[str, ...]) -> str:
        """Its name, by those of the species."""
        second = "wall" if self.second is None else names[self.second]
        return f"{names[self.first]} - {second}"


def pair_classes(species: int) -> list[PairClass]:
    """All classes of so many species: pairs of beads first, then those with the wall."""
    pairs = combinations_with_replacement(range(species), 2)
    walls = (PairClass(one, None) for one in range(species))
    return [*(PairClass(*pair) for pair in pairs), *walls]


def by_pair_kind(values: np.ndarray) -> np.ndarray:
    """Sums of bead-bead and of bead-wall contacts, from values of shape (classes, ...).

    Returns:
        Shape (2, ...), pair kinds as in `gpudem.quantities.PAIR_KINDS`.
    """
    species = next(n for n in range(1, MOST_SPECIES + 1) if len(pair_classes(n)) == len(values))
    return np.stack([values[:-species].sum(axis=0), values[-species:].sum(axis=0)])


def by_class(values: np.ndarray) -> np.ndarray:
    """Sums of all classes, from what the beads of each species did with each kind of partner.

    Args:
        values: shape (species, species + 1, ...), the wall as the last kind of partner.

    Returns:
        Shape (classes, ...), in the order of `pair_classes`.
    """
    out = []
    for first, second in pair_classes(len(values)):
        if second is None:
            out.append(values[first, -1])
        elif first == second:
            out.append(values[first, first])
        else:
            out.append(values[first, second] + values[second, first])
    return np.array(out)
