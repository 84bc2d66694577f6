"""Johnson, Kendall & Roberts: Hertz-Mindlin between surfaces that stick to each other.

The parts of a law as kernels/law.py lists them. A contact begins at the touch and lasts, when
pulled, to a negative overlap. Dampers, tangential springs and friction are those of
`hertz_mindlin`, on the contact circle of this law. Lengths are counted in units of the circle,
L = (pi w R^2 / E*)^(1/3), overlaps in L^2 / R, forces in pi w R. Equations, sources and the reasons
for each choice stand in docs/theory/jkr.md.
"""

import taichi as ti

from gpudem.kernels.laws import hertz_mindlin
from gpudem.kernels.laws.hertz_mindlin import (
    normal_force,
    onset_share,
    rolling_moment,
    since_last,
    tangential_force,
)
from gpudem.kernels.vec3 import larger, plus, smaller, times

__all__ = ["normal_force", "rolling_moment", "tangential_force"]

PARAMETERS = (
    *hertz_mindlin.PARAMETERS,
    "adhesion",  # pi w [N/m]
    "adhesion_root",  # (pi w / E*)^(1/3) [m^(1/3)]
)
HISTORY = {
    **hertz_mindlin.HISTORY,
    "stored": 1,  # normal energy half a step after the last one, over that at the touch [J]
}

#: Overlap at which a contact that is pulled breaks, in L^2 / R, with a circle of half of L.
BREAKS = -0.75
#: Pull-off force and energy at the touch over that of separate bodies, in pi w R and pi w L^2.
PULL_OFF = 1.5
TOUCH = (
    8.0 / 15.0 * 2.0 ** (5.0 / 3.0) - 4.0 / 3.0 * 2.0**0.5 * 2.0 ** (7.0 / 6.0) + 2.0 ** (2.0 / 3.0)
)


@ti.func
def cube_root(number):
    """Cube root of a number from 1e-7 to 1: two roots, then Halley's steps; exact to rounding."""
    fourth = ti.sqrt(ti.sqrt(number))
    # x^(1/4 + 1/16), on average as far below x^(1/3) as above it.
    root = 0.8556 * fourth * ti.sqrt(ti.sqrt(fourth))
    for _ in ti.static(range(3)):
        cube = root * root * root
        root = root * (cube + 2.0 * number) / (2.0 * cube + number)
    return root


@ti.func
def circle_unit(p, reduced_radius):
    """L [m], the unit in which the law counts radii of contact circles."""
    root = cube_root(reduced_radius)
    return p.adhesion_root * root * root


@ti.func
def circle_of(depth):
    """Radius of the contact circle, in L, from the overlap in L^2 / R, not below BREAKS.

    With q = sqrt(2 s), s^2 - sqrt(2 s) = d is q^4 - 4 q - 4 d = 0, whose larger root
    q = (z + sqrt(8/z - z^2)) / 2 has z^2 = y, the one positive root of y^3 + 16 d y = 16 (Ferrari;
    Parteli et al., Sci. Rep. 4 (2014) 6227). That one is simple everywhere, also where contacts
    break: three steps of Newton after a fit good to 2 % leave 1e-12.
    """
    d = larger(depth, BREAKS)
    t = d - BREAKS
    y = 1.0 / (d + 1.0 / (1.0 + t * (0.99422646 + t * (2.21624257 * t - 0.19828846))))
    for _ in ti.static(range(3)):
        square = y * y
        y = (2.0 * y * square + 16.0) / (3.0 * square + 16.0 * d)
    z = ti.sqrt(y)
    q = 0.5 * (z + ti.sqrt(larger(8.0 / z - y, 0.0)))
    return 0.5 * q * q


@ti.func
def energy_of(circle):
    """Normal energy over that at the touch, in pi w L^2, from the circle's radius in L."""
    square = circle * circle
    whole = 8.0 / 15.0 * square * square * circle + square
    return whole - 4.0 / 3.0 * ti.sqrt(2.0 * circle) * square * circle - TOUCH


@ti.func
def reach(p, reduced_radius):
    """Distance of the surfaces [m] at which a contact that is pulled breaks."""
    unit = circle_unit(p, reduced_radius)
    return (0.0 - BREAKS) * unit * unit / reduced_radius


@ti.func
def force_of(circle, root):
    """Normal force in pi w R, from the circle's radius in L and its root."""
    return 4.0 / 3.0 * circle * circle * circle - ti.static(8.0**0.5) * circle * root


@ti.func
def last_step(p, k, h, dt):
    """The contact circle, springs and dampers, then what `since_last` tells of the step before."""
    unit = circle_unit(p, k.reduced_radius)
    circle = circle_of(k.overlap * k.reduced_radius / (unit * unit))
    root = ti.sqrt(circle)
    radius = circle * unit
    inverse_radius = 1.0 / radius
    lasts = h.inverse_radius > 0.0
    growth = ti.select(lasts, radius * h.inverse_radius, 1.0)
    before = ti.select(lasts, 1.0 / growth, 0.0)
    damped = ti.sqrt(before)
    scale = p.adhesion * k.reduced_radius
    jkr_force = scale * force_of(circle, root)
    # At the touch the pull of 4/3 is there at once.
    elastic = jkr_force + (1.0 - onset_share(k, h, dt)) * (4.0 / 3.0 * scale)
    elastic_before = scale * force_of(circle * before, root * damped)
    damper = ti.sqrt(k.reduced_mass * p.normal * radius)
    c = ti.Struct(
        radius=radius,
        inverse_radius=inverse_radius,
        growth=growth,
        before=before,
        damped=damped,
        elastic=elastic,
        elastic_before=elastic_before,
        damper=p.damping * damper,
        shear_damper=p.shear_damping * damper,
        least=smaller(elastic, 0.0),
        least_before=smaller(elastic_before, 0.0),
        pull=2.0 * PULL_OFF * scale,
        own=ti.Struct(
            stored=p.adhesion * unit * unit * energy_of(circle), rate=0.5 * dt * jkr_force
        ),
    )
    return since_last(p, k, h, dt, c)


@ti.func
def remembered(k, b, n, t, r):
    """What is kept of a contact for its next step."""
    return ti.Struct(
        force=t.stored,
        moment=r.stored,
        inverse_radius=b.inverse_radius,
        velocity=plus(times(n.speed, k.normal), t.slip),
        stored=b.own.stored - b.own.rate * n.speed,
    )


@ti.func
def stored_energy(p, h, overlap, reduced_radius, smaller_radius):
    """Energy [J] held by a contact: normal, tangential and rolling together; 0 at the touch."""
    unit = circle_unit(p, reduced_radius)
    circle = circle_of(overlap * reduced_radius / (unit * unit))
    held = hertz_mindlin.release(p, h, reduced_radius, smaller_radius)
    normal = p.adhesion * unit * unit * energy_of(circle)
    return normal + held.relaxation + held.rolling_loss


@ti.func
def release(p, h, reduced_radius, smaller_radius):
    """What an ending contact still holds [J]; normally that of the pull-off and the snap-in."""
    held = hertz_mindlin.release(p, h, reduced_radius, smaller_radius)
    return ti.Struct(
        normal_damping=h.stored, relaxation=held.relaxation, rolling_loss=held.rolling_loss
    )
