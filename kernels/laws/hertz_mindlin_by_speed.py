"""Hertz-Mindlin whose restitution depends on the speed of the impact.

A law of its own, so that a constant restitution costs nothing: `hertz_mindlin` with a damper that
is read off a table of the approach speed when a contact begins, and remembered. Equations and
limits stand in docs/theory/restitution.md.
"""

import taichi as ti

from gpudem.kernels.laws import hertz_mindlin
from gpudem.kernels.laws.hertz_mindlin import (
    normal_force,
    release,
    rolling_moment,
    stored_energy,
    tangential_force,
)
from gpudem.kernels.vec3 import larger, plus, times

__all__ = ["normal_force", "release", "rolling_moment", "stored_energy", "tangential_force"]

#: Corners of the table of the damper over the logarithm of the speed.
KNOTS = 32
#: Speeds [m/s] of the table: the damper stays constant outside.
LOWEST_SPEED, HIGHEST_SPEED = 1e-5, 1e4

PARAMETERS = (
    *(name for name in hertz_mindlin.PARAMETERS if name not in ("damping", "shear_damping")),
    "shear_damping_ratio",  # sqrt(8 G* / 2 E*), or 0 without tangential damping
    "damping_at_rest",  # 2 beta of the slowest impacts
    *(f"knot_{q}" for q in range(KNOTS)),  # logarithm of a speed in m/s, rising
    *(f"bend_{q}" for q in range(KNOTS)),  # by how much the slope of 2 beta changes there
)
HISTORY = {**hertz_mindlin.HISTORY, "damping": 1}  # 2 beta of this contact


def _table(p, name):
    return [getattr(p, f"{name}_{q}") for q in range(KNOTS)]


@ti.func
def logarithm(number):
    """Natural logarithm of a number from 1e-5 to 1e4, to 1e-9; devices lack one of 64 bits.

    ln x = 64 ln x^(1/64), and ln y = 2 artanh((y - 1) / (y + 1)) by its series.
    """
    root = number
    for _ in ti.static(range(6)):
        root = ti.sqrt(root)
    z = (root - 1.0) / (root + 1.0)
    square = z * z
    return 128.0 * z * (1.0 + square * (1.0 / 3.0 + square * (0.2 + square / 7.0)))


@ti.func
def damping_of(p, speed):
    """2 beta for an approach at a speed [m/s]: straight lines over the speed's logarithm."""
    place = logarithm(larger(speed, LOWEST_SPEED))
    knots, bends = ti.static(_table(p, "knot")), ti.static(_table(p, "bend"))
    out = p.damping_at_rest + 0.0 * place
    for q in ti.static(range(KNOTS)):
        out += bends[q] * larger(place - knots[q], 0.0)
    return out


@ti.func
def last_step(p, k, h, dt):
    """That of `hertz_mindlin`, with the damper of this contact."""
    begins = h.inverse_radius == 0.0
    damping = ti.select(begins, damping_of(p, 0.0 - k.speed), h.damping)
    q = ti.Struct(
        normal=p.normal,
        tangential=p.tangential,
        tangential_compliance=p.tangential_compliance,
        damping=damping,
        shear_damping=damping * p.shear_damping_ratio,
        static_friction=p.static_friction,
        dynamic_friction=p.dynamic_friction,
    )
    return hertz_mindlin.last_step(q, k, h, dt)


@ti.func
def remembered(k, b, n, t, r):
    """What is kept of a contact for its next step."""
    return ti.Struct(
        force=t.stored,
        moment=r.stored,
        inverse_radius=b.inverse_radius,
        velocity=plus(times(n.speed, k.normal), t.slip),
        damping=b.own,
    )
