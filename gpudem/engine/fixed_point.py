"""Units of the integers that mixed precision computes with, and numbers as such integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpudem.engine.case import Case
from gpudem.kernels import layout as at

#: Bits of a single-precision number, and of the room left in sums of energy.
_FLOAT_BITS, _ENERGY_BITS = 24, 48
#: Likewise in those of a triangle: whole visits are added, so a larger unit will do.
_FACET_BITS = 44
#: Half the size of the space in which beads of an open case may be [m].
_OPEN_EXTENT = 0.5


@dataclass(frozen=True)
class Units:
    """Units of a case in mixed precision, powers of two; in double precision 1 but for facets.

    Attributes:
        length: of positions and radii [m].
        speed: of velocities [m/s]; they are multiples of it, their remainders kept apart.
        spin: of angular velocities [rad/s], likewise.
        energy: of sums of energy [J].
        facet: of sums for each triangle of a mesh [J].
    """

    length: float = 1.0
    speed: float = 1.0
    spin: float = 1.0
    energy: float = 1.0
    facet: float = 1.0

    @classmethod
    def in_double(cls, case: Case) -> Units:
        """Units in double precision."""
        return cls(facet=cls.of(case).facet)

    @classmethod
    def of(cls, case: Case) -> Units:
        """Units in which everything fits that can become of a case.

        Positions may go past the case's bounds by 5 % at least; speeds are exact up to twice
        what walls, start and body force can give a bead, and rounded as single precision rounds
        beyond; sums of energy hold 16,000 times the kinetic energy at that speed, those of a
        triangle 500,000 times that of all beads.
        """
        extent = float(np.abs(np.stack(case.bounds())).max())
        if not any(wall.rises and not wall.is_plane for wall in case.walls):
            extent = max(extent, _OPEN_EXTENT)
        velocity, spins = np.asarray(case.velocity), np.asarray(case.spin)
        speeds = [1e-2, np.linalg.norm(velocity, axis=1).max()]
        speeds.append((np.linalg.norm(spins, axis=1) * case.radius).max())
        speeds.append(np.sqrt(2.0 * case.drive.peak_acceleration * extent))
        speeds += [wall.peak_speed(extent) for wall in case.walls]
        speed = float(max(speeds))
        spin = speed / float(case.radius.min())
        energy = 0.5 * float(case.mass.max()) * speed**2
        return cls(
            length=_power(1.05 * extent) / at.FURTHEST,
            speed=_power(speed) * 2.0 ** (1 - _FLOAT_BITS),
            spin=_power(spin) * 2.0 ** (1 - _FLOAT_BITS),
            energy=_power(energy) * 2.0**-_ENERGY_BITS,
            facet=_power(energy * len(case.radius)) * 2.0**-_FACET_BITS,
        )


def _power(value: float) -> float:
    """The smallest power of two that is not below a value."""
    return float(2.0 ** np.ceil(np.log2(value)))


def to_integers(values: np.ndarray, unit: np.ndarray | float) -> np.ndarray:
    """Values as 32-bit integers of a unit.

    Raises:
        OverflowError: a value is out of range.
    """
    whole = np.floor(values / unit + 0.5)
    if not (np.abs(whole) < at.FURTHEST).all():
        raise OverflowError("a bead lies outside the space of its case")
    return whole.astype(np.int32)


def to_lengths(integers: np.ndarray, unit: np.ndarray | float) -> np.ndarray:
    """The lengths [m] that integers stand for; NaN where a bead has lost its place."""
    return np.where(integers == at.LOST, np.nan, integers * unit)


def to_multiples(values: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values as multiples of a unit, and what is left of each in that unit."""
    whole = np.floor(values / unit + 0.5)
    return whole * unit, values / unit - whole
