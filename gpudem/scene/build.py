"""From a scene to a case: the bowl's walls, the drive, materials and packed beads."""

from __future__ import annotations

import numpy as np

from gpudem.engine.case import Case
from gpudem.errors import PackingError
from gpudem.geometry.packing import pack
from gpudem.geometry.vessel import cylinder
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


def bowl_walls(scene: Scene) -> list[Wall]:
    """The bowl's walls, turning as the mill says."""
    bowl, turning = scene.bowl, speed_profile(scene).times_rate(scene.mill.vessel_ratio)
    return cylinder(bowl.diameter, bowl.height, closed=bowl.closed, motion="rotation", rate=turning)


def build_case(scene: Scene) -> Case:
    """The case of a scene, its beads packed at rest.

    Args:
        scene: the scene.

    Returns:
        The case; beads are species 0, walls species 1.

    Raises:
        PackingError: the beads do not fit into the bowl.
    """
    bowl, beads = scene.bowl, scene.beads
    radius = np.full(scene.bead_count, scene.bead_radius)
    try:
        position = pack(bowl.vessel, radius, scene.run.seed)
    except PackingError as error:
        key = "count" if beads.count is not None else "filling"
        given = f"beads.{key} = {getattr(beads, key):g}"
        raise PackingError(f"{scene.source_name or 'scene'}: {given}: {error}") from None
    return Case(
        position=position,
        radius=radius,
        density=beads.density,
        materials=(scene.bead_material, scene.wall_material),
        contacts={(0, 0): scene.contact.bead_bead, (0, 1): scene.contact.bead_wall},
        time_step=scene.time_step,
        walls=bowl_walls(scene),
        drive=mill_drive(scene),
        skin=SKIN * scene.bead_radius,
    )
