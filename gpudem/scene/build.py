"""From a scene to a case: the bowl's walls, the drive, materials and packed beads."""

from __future__ import annotations

import numpy as np

from gpudem.contact.hertz_mindlin import ContactParameters, Material
from gpudem.engine.case import Case
from gpudem.errors import PackingError
from gpudem.geometry.packing import pack_cylinder
from gpudem.geometry.wall import Wall, cylinder
from gpudem.mills.drive import Drive, Profile
from gpudem.scene.tables import ContactPair, Scene

#: Skin of the neighbour lists over bead radius; changes the speed, never a result.
SKIN = 0.1


def disc_profile(scene: Scene) -> Profile:
    """Speed of the disc [rad/s] over time, by ``mill.speed_profile`` or ``run.start``."""
    if scene.mill.speed_profile:
        times, rates = zip(*scene.mill.speed_profile, strict=True)
        return Profile(times, rates)
    if scene.run.start == "ramp":
        return Profile.ramp(scene.mill.speed, scene.run.ramp)
    return Profile.constant(scene.mill.speed)


def mill_drive(scene: Scene) -> Drive:
    """What drives a scene's beads besides its walls."""
    gravity = scene.mill.gravity
    return Drive(
        gravity=(gravity[0], gravity[1], gravity[2]),
        disc=disc_profile(scene),
        sun_wheel_radius=scene.mill.sun_wheel_radius,
    )


def bowl_walls(scene: Scene) -> list[Wall]:
    """The bowl's walls, turning at (1 + ratio) times the disc's speed."""
    bowl, disc = scene.bowl, disc_profile(scene)
    turning = Profile(disc.times, tuple((1.0 + scene.mill.ratio) * rate for rate in disc.rates))
    return cylinder(bowl.diameter, bowl.height, closed=bowl.closed, motion="rotation", rate=turning)


def coefficients(pair: ContactPair) -> ContactParameters:
    """A scene's contact coefficients as the engine takes them."""
    return ContactParameters(
        restitution=pair.restitution,
        static_friction=pair.static_friction,
        dynamic_friction=pair.dynamic_friction,
        rolling_friction=pair.rolling_friction,
        rolling_model=pair.rolling_model,
        rolling_radius=pair.rolling_radius,
        shear_damping=pair.shear_damping,
        stick_speed=pair.stick_speed,
    )


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
    softening = scene.contact.softening
    try:
        position = pack_cylinder(
            scene.bead_count, scene.bead_radius, bowl.diameter, bowl.height, scene.run.seed
        )
    except PackingError as error:
        key = "count" if beads.count is not None else "filling"
        given = f"beads.{key} = {getattr(beads, key):g}"
        raise PackingError(f"{scene.source_name or 'scene'}: {given}: {error}") from None
    return Case(
        position=position,
        radius=np.full(len(position), scene.bead_radius),
        density=beads.density,
        materials=(
            Material(beads.youngs_modulus / softening, beads.poisson_ratio),
            Material(bowl.youngs_modulus / softening, bowl.poisson_ratio),
        ),
        contacts={
            (0, 0): coefficients(scene.contact.bead_bead),
            (0, 1): coefficients(scene.contact.bead_wall),
        },
        time_step=scene.time_step,
        walls=bowl_walls(scene),
        drive=mill_drive(scene),
        skin=SKIN * scene.bead_radius,
    )
