"""What may look at a run while it goes on, and change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from gpudem.collection import Collected
    from gpudem.scene import Scene
    from gpudem.simulation import Simulation


class Director(Protocol):
    """What may change a run while it goes on."""

    def begin(self, simulation: Simulation, first: Collected) -> None:
        """Called before the first step."""

    def interval(
        self, simulation: Simulation, collected: Collected, summary: dict[str, float]
    ) -> Scene | None:
        """Called after each interval; a scene that is returned holds from the next step on."""

    def histograms(self, counts: np.ndarray) -> None:
        """Called with the counts of whole contacts since the last snapshot, before `interval`."""
