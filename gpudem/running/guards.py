"""Guards: what stops a run whose numbers no longer mean anything, and with which words.

They look at the sample of each log interval, so a run is stopped within one interval of the
fault, after that interval has been logged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

import numpy as np

from gpudem.errors import SimulationError
from gpudem.geometry.mesh import MeshVessel
from gpudem.kernels import layout as at
from gpudem.ledger import EMPTY, STOP_WORK_ENERGY, Ledger
from gpudem.mills.pose import in_vessel, turned_back
from gpudem.scene.build import speed_profile
from gpudem.scene.tables import Scene

if TYPE_CHECKING:
    from gpudem.engine.collected import Collected

#: Largest overlap over radius for which the laws hold.
OVERLAP_LIMIT = 0.1
#: Speeds beyond this multiple of what the mill can give are taken as a fault.
SPEED_FACTOR = 3.0
#: What is remembered from interval to interval [J]: the ledger so far, and the energies at its end.
LEDGER = (*(entry.name for entry in fields(Ledger)), "motion", "stored")


class Guards:
    """Watches a run.

    Args:
        scene: whose run it is; without one, where the beads may be and how fast is not known.
        precision: of the run, double or mixed.
        ledger_limit: share of the input by which the channels may miss the loss.
    """

    def __init__(
        self, scene: Scene | None, precision: str = "double", ledger_limit: float = 0.25
    ) -> None:
        self._scene: Scene | None = None
        self._ledger_limit = ledger_limit
        if scene is not None:
            self.take(scene)
        self._work_energy_limit = STOP_WORK_ENERGY[precision]
        self._ledger, self._motion, self._stored = EMPTY, 0.0, 0.0

    def take(self, scene: Scene) -> None:
        """Goes by another scene from now on: the same mill at other speeds."""
        self._scene = scene
        self._ledger_limit = scene.run.ledger_limit
        fall = math.sqrt(2.0 * math.hypot(*scene.mill.gravity) * scene.bowl.vessel.height)
        self._pose = scene.mill.pose(speed_profile(scene))
        self._stirrer = scene.mill.stirrer(scene.bowl.vessel.height)
        # A small bead that is pinched between a thrown one and a wall may take all its energy.
        thrown = sum(one.mass * math.hypot(*(one.velocity or (0.0,))) ** 2 for one in scene.beads)
        lightest = min(math.pi / 6.0 * one.smallest**3 * one.density for one in scene.beads)
        self.speed_limit = max(
            SPEED_FACTOR * (scene.impact_speed_bound + fall), math.sqrt(thrown / lightest)
        )

    def begin(self, sample: np.ndarray) -> None:
        """Takes the energies from which the ledgers start.

        Args:
            sample: of the beads, shape (beads, layout.SAMPLE).
        """
        self._motion = float(sample[:, [at.SAMPLE_KINETIC, at.SAMPLE_SPIN]].sum())
        self._stored = float(sample[:, at.SAMPLE_STORED].sum())

    def state(self) -> dict[str, float]:
        """What `restore` needs to go on, numbers that JSON holds exactly."""
        return {**asdict(self._ledger), "motion": self._motion, "stored": self._stored}

    def restore(self, state: Mapping[str, float]) -> None:
        """Goes on from what `state` gave."""
        self._ledger = Ledger(**{entry.name: state[entry.name] for entry in fields(Ledger)})
        self._motion, self._stored = state["motion"], state["stored"]

    def check(self, collected: Collected, summary: Mapping[str, float]) -> None:
        """Looks at the end of an interval.

        Args:
            collected: what the beads did in the interval.
            summary: the interval's values by the names of quantities.SUMMARY.

        Raises:
            SimulationError: a bead has left the bowl or got into a stirrer, is not finite, sank too
                deep or flies too fast, or energy came from nowhere; with step, time, bead and
                likely cause.
        """
        where = f"at step {collected.step} (t = {collected.time:.6g} s)"
        sample = collected.sample
        place = sample[:, at.SAMPLE_POSITION : at.SAMPLE_POSITION + 3]
        speed = sample[:, at.SAMPLE_SPEED]
        self._finite(place, speed, summary, where)
        self._overlap(sample, where)
        if self._scene is not None:
            self._speed(speed, where)
            self._inside(place, self._scene, collected.time, where)
            self._off_stirrer(place, self._scene, collected.time, where)
        lost = collected.log[:, :, at.NORMAL_DAMPING : at.LOG_ENERGIES].sum()
        self._ledgers(summary, float(lost), where)

    def _finite(
        self, place: np.ndarray, speed: np.ndarray, summary: Mapping[str, float], where: str
    ) -> None:
        fine = np.isfinite(place).all(axis=1) & np.isfinite(speed)
        if not fine.all():
            raise SimulationError(
                f"bead {int(np.argmin(fine))} has no finite position or speed {where}: the time "
                f"step is too large for these contacts; lower run.rayleigh_fraction"
            )
        for name in ("kinetic_energy", "spin_energy", "stored_energy"):
            if not math.isfinite(summary[name]):
                raise SimulationError(f"the {name.replace('_', ' ')} is not finite {where}")

    def _overlap(self, sample: np.ndarray, where: str) -> None:
        overlap = sample[:, at.SAMPLE_OVERLAP]
        if overlap.max() > OVERLAP_LIMIT:
            bead = int(np.argmax(overlap))
            raise SimulationError(
                f"bead {bead} overlaps by {100 * overlap[bead]:.3g} % of its radius {where}; more "
                f"than {100 * OVERLAP_LIMIT:g} % is outside the range of Hertz contacts: lower "
                f"contact.softening, mill.speed or run.rayleigh_fraction"
            )

    def _speed(self, speed: np.ndarray, where: str) -> None:
        if speed.max() > self.speed_limit:
            bead = int(np.argmax(speed))
            raise SimulationError(
                f"bead {bead} flies at {speed[bead]:.3g} m/s {where}, more than "
                f"{SPEED_FACTOR:g} times what this mill can give: contacts are not resolved; lower "
                f"run.rayleigh_fraction"
            )

    def _inside(self, place: np.ndarray, scene: Scene, time: float, where: str) -> None:
        vessel = scene.bowl.vessel
        if scene.mill.lift is not None:
            # Its beads spread over the plate.
            return
        if self._pose is not None:
            place = in_vessel(place, self._pose.turn(np.array([time]))[0], vessel.height)
        elif isinstance(vessel, MeshVessel):
            turning = speed_profile(scene).times_rate(scene.mill.wall_ratio)
            place = turned_back(place, turning.travel(np.array([time]))[0])
        beside = vessel.beside(place)
        above = place[:, 2] > vessel.height
        out = beside | (place[:, 2] < 0.0) | above
        if vessel.closed:
            if out.any():
                raise SimulationError(
                    f"bead {int(np.argmax(out))} has left the bowl {where}: the time step is too "
                    f"large, or the beads too soft, for impacts this fast; lower "
                    f"run.rayleigh_fraction or contact.softening"
                )
        elif (beside & out).any():
            raise SimulationError(
                f"bead {int(np.argmax(beside & out))} has left the open bowl {where}, most likely "
                f"over its rim; close the bowl (bowl.closed = true) or lower the speed or filling"
            )

    def _off_stirrer(self, place: np.ndarray, scene: Scene, time: float, where: str) -> None:
        if self._stirrer is None:
            return
        back = turned_back(place, speed_profile(scene).travel(np.array([time]))[0])
        distance = np.min([rod.distance(back)[0] for rod in self._stirrer.rods], axis=0)
        if distance.min() < 0.0:
            raise SimulationError(
                f"bead {int(np.argmin(distance))} has got into the stirrer {where}: the time step "
                f"is too large, or the beads too soft, for impacts this fast; lower "
                f"run.rayleigh_fraction or contact.softening"
            )

    def _ledgers(self, summary: Mapping[str, float], lost: float, where: str) -> None:
        motion = summary["kinetic_energy"] + summary["spin_energy"]
        body, wall = summary["work_body"], summary["work_wall"]
        held = self._ledger = self._ledger + Ledger(
            work_body=body,
            work_wall=wall,
            work_contact=summary["work_contact"],
            motion_change=motion - self._motion,
            stored_change=summary["stored_energy"] - self._stored,
            dissipation=lost,
            input=abs(body) + abs(wall),
        )
        self._motion, self._stored = motion, summary["stored_energy"]
        scale = held.input + motion
        if abs(held.from_nowhere) > self._work_energy_limit * scale:
            raise SimulationError(
                f"the energy ledger does not close {where}: {held.from_nowhere:.3g} J came from "
                f"nowhere; the device computes wrong, please report this with the output of "
                f"gpudem doctor --self-test"
            )
        if abs(held.missed) > self._ledger_limit * scale:
            raise SimulationError(
                f"the channels of the energy ledger miss {abs(held.missed):.3g} J {where}, more "
                f"than run.ledger_limit = {self._ledger_limit:g} of the input: contacts "
                f"are not resolved; lower run.rayleigh_fraction"
            )
