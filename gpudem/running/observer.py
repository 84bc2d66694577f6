"""What may look at a run while it goes on, and change it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from gpudem.engine.collected import Collected
from gpudem.engine.engine import Engine
from gpudem.scene.tables import Scene


class RunObserver(Protocol):
    """What may change a run while it goes on."""

    def begin(self, engine: Engine, scene: Scene, first: Collected) -> None:
        """Called before the first step."""

    def interval(
        self, engine: Engine, scene: Scene, collected: Collected, summary: dict[str, float]
    ) -> Scene | None:
        """Called after each interval; a scene that is returned holds from the next step on."""

    def histograms(self, counts: np.ndarray) -> None:
        """Called with the counts of whole contacts since the last snapshot, before `interval`."""
