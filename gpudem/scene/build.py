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
#: The same over the smallest radius, at most, of beads of several sizes.
MOST_SKIN = 3.0


def speed_profile(scene: Scene) -> Profile:
    """Speed of the mill [rad/s] over time, by ``mill.speed_profile`` or ``run.start``."""
    return scene.mill.profile(scene.run.ramp if scene.run.start == "ramp" else None)


def mill_drive(scene: Scene) -> Drive:
    """What drives a scene's beads besides its walls."""
    return scene.mill.drive(speed_profile(scene))


def bowl_walls(scene: Scene) -> list[Wall]:
    """The bowl's walls, turning as the mill says; their species is behind those of the beads."""
    bowl, turning = scene.bowl, speed_profile(scene).times_rate(scene.mill.wall_ratio)
    motion: dict[str, Any] = {"motion": "rotation", "rate": turning, "species": len(scene.beads)}
    vessel = bowl.vessel
    if isinstance(vessel, Vessel) and vessel.is_cylinder:
        return cylinder(2.0 * vessel.radius, vessel.height, closed=vessel.closed, **motion)
    if bowl.stands_still:
        motion["motion"] = "still"
    return vessel.walls(scene.bead_radius, **motion)


def build_case(scene: Scene) -> Case:
    """The case of a scene, its beads packed at rest.

    Args:
        scene: the scene.

    Returns:
        The case; the walls' species follows those of the beads.

    Raises:
        PackingError: the beads do not fit into the bowl.
    """
    charge = scene.all_beads
    try:
        position = pack(scene.bowl.vessel, charge.radius, scene.run.seed)
    except PackingError as error:
        raise PackingError(
            f"{scene.source_name or 'scene'}: {scene.amount_text}: {error}"
        ) from None
    walls = len(charge.materials)
    pairs = combinations_with_replacement(range(walls), 2)
    return Case(
        position=position,
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
    )
