"""From a scene to a case: the bowl's walls, the drive, materials and packed beads."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from gpudem.engine.case import Case
from gpudem.errors import PackingError
from gpudem.geometry.lifted import lifted_walls
from gpudem.geometry.packing import pack
from gpudem.geometry.rod import stirrer_walls
from gpudem.geometry.vessel import Vessel, cylinder
from gpudem.geometry.wall import Wall
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.scene.tables import Scene
from gpudem.units import format_quantity

#: Skin of the neighbour lists over bead radius; changes the speed, never a result.
SKIN = 0.1
#: The same over the smallest radius, at most, of beads of several sizes.
MOST_SKIN = 3.0


def speed_profile(scene: Scene) -> Profile:
    """Speed of the mill [rad/s] over time, by ``mill.speed_profile`` or ``run.start``."""
    return scene.mill.profile(scene.run.ramp if scene.run.start == "ramp" else None)


def mill_drive(scene: Scene) -> Drive:
    """What drives a scene's beads besides its walls."""
    return scene.mill.drive(speed_profile(scene))


def bowl_walls(scene: Scene) -> list[Wall]:
    """The walls of the bowl, and of what turns in it; they move as the mill says.

    Their species is behind those of the beads.
    """
    bowl, mill, speed = scene.bowl, scene.mill, speed_profile(scene)
    vessel, pose = bowl.vessel, mill.pose(speed)
    motion: dict[str, Any] = {"motion": "rotation", "rate": speed.times_rate(mill.wall_ratio)}
    if bowl.stands_still or (pose is not None and not pose.peak_spin):
        # A vessel that only goes to and fro does not move in the frame of its centre.
        motion = {"motion": "still"}
    elif pose is not None:
        motion = {"motion": "pose", "pose": pose, "pivot": (0.0, 0.0, 0.5 * vessel.height)}
    species = motion["species"] = len(scene.beads)
    if mill.lift is not None and isinstance(vessel, Vessel):
        return lifted_walls(vessel, mill.lift, species)
    if isinstance(vessel, Vessel) and vessel.is_cylinder:
        walls = cylinder(2.0 * vessel.radius, vessel.height, closed=vessel.closed, **motion)
    else:
        largest = 0.5 * max(one.largest for one in scene.beads)
        walls = vessel.walls(scene.bead_radius, largest, **motion)
    stirrer = mill.stirrer(vessel.height)
    return walls if stirrer is None else walls + stirrer_walls(stirrer, speed, species)


def build_case(scene: Scene) -> Case:
    """The case of a scene, its beads packed at rest or placed as the scene says.

    Args:
        scene: the scene.

    Returns:
        The case; the walls' species follows those of the beads.

    Raises:
        PackingError: the beads do not fit into the bowl.
    """
    charge = scene.all_beads
    position, packed = charge.position.copy(), ~charge.placed
    try:
        stirrer = scene.mill.stirrer(scene.bowl.vessel.height)
        rods = () if stirrer is None else stirrer.rods
        if packed.any():
            radius = charge.radius[packed]
            position[packed] = pack(scene.bowl.vessel, radius, scene.run.seed, rods)
    except PackingError as error:
        raise PackingError(
            f"{scene.source_name or 'scene'}: {scene.amount_text}: {error}"
        ) from None
    walls = len(charge.materials)
    pairs = combinations_with_replacement(range(walls), 2)
    case = Case(
        position=position,
        velocity=charge.velocity,
        radius=charge.radius,
        density=charge.density,
        species=charge.species,
        species_names=tuple(one.label for one in scene.beads),
        materials=(*charge.materials, scene.wall_material),
        contacts={
            **{(a, b): scene.contact_of(a, b) for a, b in pairs},
            **{(one, walls): scene.contact_of(one) for one in range(walls)},
        },
        time_step=scene.time_step,
        walls=bowl_walls(scene),
        drive=mill_drive(scene),
        skin=SKIN * min(float(charge.radius.max()), MOST_SKIN * float(charge.radius.min())),
        sums_by_wall=scene.run.log_walls,
    )
    if scene.run.start != "settled":
        check_placed(scene, case)
    return case


def check_placed(scene: Scene, case: Case) -> None:
    """Refuse beads whose given position others take already.

    Args:
        scene: the scene.
        case: its case at the start.

    Raises:
        PackingError: two overlap; it names the entry of beads.
    """
    for bead in np.flatnonzero(scene.all_beads.placed):
        apart = np.linalg.norm(case.position - case.position[bead], axis=1)
        overlap = case.radius + case.radius[bead] - apart
        overlap[bead] = 0.0
        if overlap.max() > 0.0:
            where, by = scene.source_name or "scene", format_quantity(overlap.max(), "length", 3)
            entry = int(np.asarray(case.species)[bead])
            raise PackingError(
                f"{where}: beads[{entry + 1}].position: the bead overlaps another by {by}"
            )
