"""A run as pictures take it: its snapshots turned upright, its bowl, and the facts to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpudem.errors import RunFileError
from gpudem.geometry.vessel import Vessel
from gpudem.mills.pose import in_vessel
from gpudem.pictures.colouring import Colouring, wear_of
from gpudem.pictures.disc_angle import (
    shaft_angles,
    turned_upward,
    upward_angles,
    vessel_angles,
    vessel_turns,
)
from gpudem.pictures.vessel import Bowl
from gpudem.plain_text import plural, printable
from gpudem.runfile.metadata import (
    mill_of,
    motion_of,
    number_of,
    speed_of,
    stirrer_of,
    vessel_of,
)
from gpudem.runfile.reader import Run
from gpudem.units import format_quantity


@dataclass(frozen=True)
class Shot:
    """The beads at one moment.

    Attributes:
        time: simulated time [s].
        position: in the picture's coordinates [m], shape (beads, 3).
        radius: [m], shape (beads,).
        values: what colours the beads, shape (beads,).
        walls: corners of the triangles of the walls that ``values`` colour instead of the beads
            [m], shape (triangles, 3, 3); None for beads.
        stirred: angle of a stirrer in the picture from its first place [rad].
        turn: of a vessel that is not round, in those coordinates [rad].
        lifted: how far its side is above its plate [m].
    """

    time: float
    position: np.ndarray
    radius: np.ndarray
    values: np.ndarray
    stirred: float = 0.0
    turn: float = 0.0
    walls: np.ndarray | None = None
    lifted: float = 0.0

    @property
    def around(self) -> dict[str, float]:
        """How what is around the beads stands, for `gpudem.pictures.picture.Picture.show`."""
        return {"stirred": self.stirred, "turn": self.turn, "lifted": self.lifted}


class Footage:
    """What pictures need of an open run.

    Attributes:
        run: the run.
        bowl: its bowl and how that is driven.
        times: of the snapshots [s], shape (snapshots,).

    Args:
        run: an open run.

    Raises:
        RunFileError: the run has no snapshots or names no bowl.
    """

    def __init__(self, run: Run):
        if not run.snapshots:
            raise RunFileError(
                f"{run.path}: holds no snapshot to draw; a run keeps one every "
                "run.snapshot_interval"
            )
        self.run = run
        self.bowl = bowl_of(run)
        self.times = run.snapshot_times
        self._angles = upward_angles(run)
        self._turns, self._shaft = vessel_turns(run), shaft_angles(run)
        self._turned = np.zeros(run.snapshots)
        if not isinstance(self.bowl.vessel, Vessel):
            self._turned = vessel_angles(run) - self._angles

    def shot(self, number: int, colouring: Colouring) -> Shot:
        """Read one snapshot."""
        snapshot = self.run.snapshot(number)
        position = snapshot["position"].values
        if self._turns is not None:
            position = in_vessel(position, self._turns[number], self.bowl.height)
        if colouring.of_walls:
            position = position[:0]
        return Shot(
            time=float(self.times[number]),
            position=turned_upward(position, float(self._angles[number])),
            radius=snapshot["radius"].values[: len(position)],
            stirred=float(self._shaft[number] - self._angles[number]),
            values=np.asarray(colouring.values(self.run, number, snapshot), float),
            turn=float(self._turned[number]),
            lifted=float(self.times[number]) * self.bowl.lift_speed,
            walls=wear_of(self.run).corners if colouring.of_walls else None,
        )

    def values(self, number: int, colouring: Colouring) -> np.ndarray:
        """What colours the beads of one snapshot, shape (beads,)."""
        return np.asarray(colouring.values(self.run, number, self.run.snapshot(number)), float)

    def nearest(self, time: float) -> int:
        """Number of the snapshot nearest to a time [s]."""
        return int(np.argmin(np.abs(self.times - time)))

    @property
    def facts(self) -> dict[str, str]:
        """What captions say, in their order; unknown facts are left out."""
        return facts_of(self.run)

    @property
    def turning(self) -> dict[str, str]:
        """What the arrows for disc and bowl mean, by their names."""
        return turning_of(self.run, speed_of(self.run))


def facts_of(run: Any) -> dict[str, str]:
    """What captions say of a run, or of anything else with its parameters, beads and radius."""
    known = run.parameters
    speed, filling = speed_of(run), number_of(run, "filling")
    sizes = np.unique(np.round(2.0 * run.radius, 9))
    size = " to ".join(
        dict.fromkeys(format_quantity(d, "length", 3) for d in (sizes[0], sizes[-1]))
    )
    facts = {
        "mill": printable(str(known.get("title") or known.get("scene") or "")),
        "speed": "" if not speed else mill_of(run).speed_text(speed, 4),
        "beads": f"{plural(run.beads, 'bead')} of {size}",
        "filling": "" if filling is None else f"filling {filling:.3g}",
    }
    return {name: text for name, text in facts.items() if text}


def turning_of(run: Any, speed: float | None) -> dict[str, str]:
    """What the arrows for disc and bowl mean, by their names, at a speed of the drive [rad/s]."""
    motion = motion_of(run)
    if speed is None or motion is None or motion.wall_on_carrier is None:
        return {}
    own = _shown(abs(motion.wall_on_carrier * speed), "angular_speed")
    if not motion.carried:
        return {"bowl": f"{mill_of(run).vessel_word}\n{own}"}
    carrier = _shown(abs(motion.carrier * speed), "angular_speed")
    return {"disc": f"disc\n{carrier}", "bowl": f"bowl\non disc\n{own}"}


def _shown(value: float, kind: str) -> str:
    return format_quantity(value, kind, 4)


def bowl_of(run: Any) -> Bowl:
    """The bowl of a run, or of anything else with its parameters, and how it is driven."""
    speed, motion = number_of(run, "speed"), motion_of(run)
    vessel, stirrer = vessel_of(run), stirrer_of(run)
    lift_speed = number_of(run, "lift_speed")
    if lift_speed:
        return Bowl(vessel, lift_speed=lift_speed, plate_radius=number_of(run, "plate_radius"))
    if speed is None or motion is None or motion.wall_on_carrier is None:
        return Bowl(vessel, stirrer=stirrer)
    disc, bowl = motion.carrier * speed, motion.wall_on_carrier * speed
    return Bowl(vessel, motion.circle_radius, int(np.sign(disc)), int(np.sign(bowl)))
