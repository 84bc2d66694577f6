"""Elastic materials, and what two of them make together."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Material:
    """An elastic material.

    Attributes:
        youngs_modulus: E [Pa].
        poisson_ratio: nu [1].
    """

    youngs_modulus: float
    poisson_ratio: float


def effective_modulus(a: Material, b: Material) -> float:
    """E* [Pa] with 1/E* = (1 - nu_a^2)/E_a + (1 - nu_b^2)/E_b (Hertz)."""
    return 1.0 / (
        (1.0 - a.poisson_ratio**2) / a.youngs_modulus
        + (1.0 - b.poisson_ratio**2) / b.youngs_modulus
    )


def effective_shear_modulus(a: Material, b: Material) -> float:
    """G* [Pa] with 1/G* = sum of 2 (2 - nu)(1 + nu)/E over both materials (Mindlin)."""
    return 1.0 / sum(
        2.0 * (2.0 - m.poisson_ratio) * (1.0 + m.poisson_ratio) / m.youngs_modulus for m in (a, b)
    )


def rayleigh_time(material: Material, radius: float, density: float) -> float:
    """Time for a Rayleigh wave to cross half a bead [s].

    t_R = pi r sqrt(rho / G) / (0.1631 nu + 0.8766), G = E / (2 (1 + nu)). Source: Li, Xu &
    Thornton, Powder Technology 160 (2005) 219.

    Args:
        material: of the bead.
        radius: of the bead [m].
        density: of the bead [kg/m3].
    """
    shear_modulus = material.youngs_modulus / (2.0 * (1.0 + material.poisson_ratio))
    wave = math.sqrt(density / shear_modulus)
    return math.pi * radius * wave / (0.1631 * material.poisson_ratio + 0.8766)
