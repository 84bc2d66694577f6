"""The walls of an open cylinder whose side is lifted off its plate."""

from __future__ import annotations

from gpudem.geometry.revolved import disc, shell
from gpudem.geometry.vessel import Vessel
from gpudem.geometry.wall import Wall, plane
from gpudem.mills.lift import Lift

#: Radius of the pit that holds what falls over the ledge, over the plate's.
PIT = 2.0


def lifted_walls(vessel: Vessel, lift: Lift, species: int = 1) -> list[Wall]:
    """Side, plate with its lip, and what catches beads that fall over the plate's ledge.

    Args:
        vessel: an open cylinder.
        lift: of its side.
        species: of all walls.
    """
    height = vessel.height
    side = Wall(
        shell(vessel.radius, height),
        centre=(0.0, 0.0, 0.5 * height),
        motion="lift",
        rate=lift.rate,
        species=species,
        name="side",
    )
    if lift.plate_radius is None:
        return [side, plane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), species=species, name="plate")]
    plate = Wall(disc(lift.plate_radius), species=species, name="plate")
    below = plane((0.0, 0.0, -height), (0.0, 0.0, 1.0), species=species, name="floor")
    pit = Wall(shell(PIT * lift.plate_radius, 2.0 * height), species=species, name="pit")
    if not lift.lip:
        return [side, plate, below, pit]
    around = shell(lift.plate_radius, lift.lip)
    lip = Wall(around, centre=(0.0, 0.0, 0.5 * lift.lip), species=species, name="lip")
    return [side, plate, lip, below, pit]
