"""From a scene to a case: the bowl's walls, the drive, materials and packed beads."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

from gpudem.engine.case import Case
from gpudem.errors import PackingError
from gpudem.geometry.packing import pack
from gpudem.geometry.vessel import Vessel, cylinder
from gpudem.geometry.wall import Wall
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.scene.tables import Scene

#: Skin of the neighbour lists over bead radius; changes the speed, never a result.
SKIN = 0.1


def speed_profile(scene: Scene) -> Profile:
    """Speed of the mill [rad/s] over time, by ``mill.speed_profile`` or ``run.start``."""
    return scene.mill.profile(scene.run.ramp if scene.run.start == "ramp" else None)


def mill_drive(scene: Scene) -> Drive:
    """What drives a scene's beads besides its walls."""
    return scene.mill.drive(speed_profile(scene))


def bowl_walls(scene: Scene, species: int = 1) -> list[Wall]:
    """The bowl's walls of a species, turning as the mill says."""
    bowl, turning = scene.bowl, speed_profile(scene).times_rate(scene.mill.wall_ratio)
    motion: dict[str, Any] = {"motion": "rotation", "rate": turning, "species": species}
    vessel = bowl.vessel
    if isinstance(vessel, Vessel) and vessel.is_cylinder:
        return cylinder(2.0 * vessel.radius, vessel.height, closed=vessel.closed, **motion)
    if bowl.stands_still:
        motion["motion"] = "still"
    radius = scene.charge.radius
    return vessel.walls(float(radius.min()), float(radius.max()), **motion)


def build_case(scene: Scene) -> Case:
    """The case of a scene, its beads packed at rest.

    Args:
        scene: the scene.

    Returns:
        The case; the walls' species follows those of the beads.

    Raises:
        PackingError: the beads do not fit into the bowl.
    """
    charge, beads = scene.charge, scene.beads
    try:
        position = pack(scene.bowl.vessel, charge.radius, scene.run.seed)
    except PackingError as error:
        key = "count" if beads.count is not None else "filling"
        given = f"beads.{key} = {getattr(beads, key):g}"
        raise PackingError(f"{scene.source_name or 'scene'}: {given}: {error}") from None
    walls = len(charge.materials)
    pairs = combinations_with_replacement(range(walls), 2)
    return Case(
        position=position,
        radius=charge.radius,
        density=charge.density,
        species=charge.species,
        materials=(*charge.materials, scene.wall_material),
        contacts={
            **dict.fromkeys(pairs, scene.contact.bead_bead),
            **{(kind, walls): scene.contact.bead_wall for kind in range(walls)},
        },
        time_step=scene.time_step,
        walls=bowl_walls(scene, walls),
        drive=mill_drive(scene),
        skin=SKIN * float(charge.radius.max()),
        sums_by_wall=scene.run.log_walls,
    )
