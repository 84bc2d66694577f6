"""The side of a vessel that is lifted off the plate it stands on."""

from __future__ import annotations

from dataclasses import dataclass

from gpudem.mills.profile import Profile


@dataclass(frozen=True)
class Lift:
    """The side of a cylinder is lifted, the plate stays.

    Attributes:
        rate: of the lift [m/s] over time.
        plate_radius: of the plate [m]; None for one without an edge.
        lip: height of a lip around the plate [m].
    """

    rate: Profile
    plate_radius: float | None = None
    lip: float = 0.0
