"""Materials and contact parameters on the host, and what the device needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gpudem.contact.restitution import damping_ratio
from gpudem.kernels import layout as at

_ROLLING_MODELS = {
    "none": at.ROLLING_NONE,
    "elastic-plastic": at.ROLLING_ELASTIC_PLASTIC,
    "constant-torque": at.ROLLING_CONSTANT,
}


@dataclass(frozen=True)
class Material:
    """An elastic material.

    Attributes:
        youngs_modulus: E [Pa].
        poisson_ratio: nu [1].
    """

    youngs_modulus: float
    poisson_ratio: float


@dataclass(frozen=True)
class ContactParameters:
    """Coefficients of the contact of two materials.

    Attributes:
        restitution: rebound over impact speed [1], 0 < e <= 1.
        static_friction: mu_s [1].
        dynamic_friction: mu_d [1], at most mu_s.
        rolling_friction: mu_r [1].
        rolling_model: elastic-plastic (spring with a cap), constant-torque, or none.
        rolling_radius: the radius in moment and cap: the pair's reduced one, or the (smaller)
            bead's; at a wall both are the bead's.
        shear_damping: whether a viscous damper acts beside the tangential spring.
        stick_speed: sliding slower than this [m/s] counts as sticking.
    """

    restitution: float
    static_friction: float
    dynamic_friction: float
    rolling_friction: float = 0.0
    rolling_model: Literal["elastic-plastic", "constant-torque", "none"] = "elastic-plastic"
    rolling_radius: Literal["reduced", "bead"] = "reduced"
    shear_damping: bool = True
    stick_speed: float = 1e-3


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


def device_parameters(a: Material, b: Material, contact: ContactParameters) -> np.ndarray:
    """One entry of the device's table of pairs, shape (layout.PAIR,).

    Args:
        a: material of the one body.
        b: material of the other.
        contact: their coefficients.
    """
    out = np.zeros(at.PAIR)
    normal = 2.0 * effective_modulus(a, b)
    tangential = 8.0 * effective_shear_modulus(a, b)
    damping = 2.0 * damping_ratio(contact.restitution)
    out[at.PAIR_NORMAL] = normal
    out[at.PAIR_TANGENTIAL] = tangential
    out[at.PAIR_COMPLIANCE] = 1.0 / tangential
    out[at.PAIR_DAMPING] = damping
    out[at.PAIR_SHEAR_DAMPING] = (
        damping * np.sqrt(tangential / normal) if contact.shear_damping else 0.0
    )
    out[at.PAIR_STATIC] = contact.static_friction
    out[at.PAIR_DYNAMIC] = contact.dynamic_friction
    out[at.PAIR_ROLLING] = contact.rolling_friction if contact.rolling_model != "none" else 0.0
    out[at.PAIR_STICK_SPEED] = contact.stick_speed
    out[at.PAIR_ROLLING_MODEL] = _ROLLING_MODELS[contact.rolling_model]
    out[at.PAIR_ROLLING_RADIUS] = 1.0 if contact.rolling_radius == "bead" else 0.0
    return out
