"""What the beads do to each wall: force, torque, power and wear, as means over the window."""

from __future__ import annotations

from typing import Any

from gpudem.numbers import NAN
from gpudem.runfile.reader import Run


def wall_values(run: Run) -> list[dict[str, Any]]:
    """Means over the log window for each wall; none where the run did not sum them up, or goes on.

    Each has its ``name``, the mean ``force`` [N] of the beads on it and ``torque`` [N m] about its
    centre, both shape (3,) in the bowl's frame, the ``power`` [W] that its motion puts into the
    beads, and what is lost at it by ``sliding`` [W] and in the normal damper (``impact``) [W]. Also
    the mean sum of the sizes of the ``normal_force`` [N] and its work while ``loading`` [W]; NaN in
    files of older versions.
    """
    found = []
    for wall in run.walls:
        time = float(wall["duration"])
        if time <= 0.0:
            continue
        found.append(
            {
                "name": str(wall["name"]),
                "force": [float(value) / time for value in wall["impulse"]],
                "torque": [float(value) / time for value in wall["twist"]],
                "power": float(wall["work"]) / time,
                "sliding": float(wall["sliding"]) / time,
                "impact": float(wall["damping"]) / time,
                "normal_force": float(wall.get("pressing", NAN)) / time,
                "loading": float(wall.get("loading", NAN)) / time,
            }
        )
    return found
