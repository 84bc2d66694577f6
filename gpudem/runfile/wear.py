"""The wear of walls of triangles: what the beads did to each of them over the log window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Sums for each triangle that run files hold, by name: unit and meaning.
FACET_SUMS = {
    "pressing": ("N s", "impulse of the normal force, without its direction"),
    "loading": ("J", "work of the normal force while loading"),
    "sliding": ("J", "loss by sliding friction"),
    "damping": ("J", "loss in the normal damper"),
}


@dataclass(frozen=True)
class Wear:
    """Sums over the log window for each triangle of the walls of a mesh.

    Attributes:
        corners: of the triangles in the bowl's frame as the walls stand at the beginning [m], shape
            (triangles, 3, 3).
        wall: number of the wall that each belongs to, in the order of the run's walls, shape
            (triangles,).
        duration: of the log window [s].
        pressing: impulse of the normal force, without its direction [N s], shape (triangles,).
        loading: work of the normal force while loading, as W^n of the collision log [J], likewise.
        sliding: loss by sliding friction [J], likewise.
        damping: loss in the normal damper [J], likewise.
    """

    corners: np.ndarray
    wall: np.ndarray
    duration: float
    pressing: np.ndarray
    loading: np.ndarray
    sliding: np.ndarray
    damping: np.ndarray

    @classmethod
    def of_walls(cls, walls: Sequence[tuple[int, float, Mapping[str, np.ndarray]]]) -> Wear:
        """The wear of some walls together.

        Args:
            walls: number, duration [s] and ``corners`` and sums of each.
        """
        return cls(
            corners=np.concatenate([held["corners"] for _, _, held in walls]),
            wall=np.concatenate([np.full(len(held["corners"]), n) for n, _, held in walls]),
            duration=walls[0][1],
            **{name: np.concatenate([held[name] for _, _, held in walls]) for name in FACET_SUMS},
        )

    @property
    def area(self) -> np.ndarray:
        """Area of each triangle [m2], shape (triangles,)."""
        first, second, third = np.moveaxis(self.corners, 1, 0)
        return 0.5 * np.linalg.norm(np.cross(second - first, third - first), axis=1)

    @property
    def maps(self) -> dict[str, np.ndarray]:
        """Means over the log window for each triangle, shape (triangles,) each.

        ``pressure`` [Pa] of the normal forces, ``loading`` [W/m2] by them, and what is lost by
        ``sliding`` friction and in the normal damper (``impact``) [W/m2].
        """
        sums: dict[str, Any] = {
            "pressure": self.pressing,
            "loading": self.loading,
            "sliding": self.sliding,
            "impact": self.damping,
        }
        span = self.area * self.duration
        return {name: values / span for name, values in sums.items()}
