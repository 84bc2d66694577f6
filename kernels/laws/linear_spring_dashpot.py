"""Linear spring and dashpot: stiffness and damper of a contact do not depend on its overlap.

The parts of a law as kernels/law.py lists them. Springs, dampers and friction work as in
`hertz_mindlin`, whose functions take a spring for the radius of the contact circle. Equations and
sources stand in docs/theory/linear-spring-dashpot.md.
"""

import taichi as ti

from gpudem.kernels.laws.hertz_mindlin import (
    normal_force,
    onset_share,
    rolling_moment,
    since_last,
    tangential_force,
)
from gpudem.kernels.laws.linear_hysteretic import loading_stiffness, springs_hold
from gpudem.kernels.vec3 import larger, plus, times

__all__ = ["normal_force", "rolling_moment", "tangential_force"]

PARAMETERS = (
    "stiffness",  # 4 / (1/E_1 + 1/E_2) [Pa]: normal spring times the sum of the curvatures
    "spring",  # normal spring [N/m] where it is given; one of the two is 0
    "tangential",  # tangential spring over the normal one
    "tangential_compliance",  # 1 / tangential
    "damping",  # 2 D
    "shear_damping",  # 2 D sqrt(tangential), or 0 without tangential damping
    "static_friction",
    "dynamic_friction",
    "rolling_friction",
    "stick_speed",  # v_c [m/s]
    "rolling_elastic",  # 1: a spring with a cap carries the moment, 0: constant torque
    "rolling_by_bead",  # 1: the smaller bead's radius in the moment, 0: the pair's reduced one
)
HISTORY = {
    "force": 3,  # stored tangential force [N]
    "moment": 3,  # stored rolling moment [N m]
    "overlap": 1,  # in the last step [m]
    "velocity": 3,  # relative velocity at the contact in the last step [m/s]
    "share": 1,  # of the dampers in the last step: 1 but for the first one
}


@ti.func
def spring_of(p, curvature, smaller_curvature):
    """Normal spring K [N/m]."""
    return p.spring + loading_stiffness(p, curvature, smaller_curvature)


@ti.func
def last_step(p, k, h, dt):
    """The springs and dampers, then what `since_last` tells of the step before."""
    spring = spring_of(p, k.curvature, k.smaller_curvature)
    # The dashpot begins with its full force.
    share = onset_share(k, h, dt)
    root = ti.sqrt(k.reduced_mass * spring)
    c = ti.Struct(
        radius=spring,
        inverse_radius=1.0 / spring,
        growth=1.0,
        before=ti.select(h.state > 0.5, 1.0, 0.0),
        damped=h.share,
        elastic=spring * k.overlap,
        elastic_before=spring * h.overlap,
        damper=p.damping * root * share,
        shear_damper=p.shear_damping * root * share,
        least=0.0,
        least_before=0.0,
        pull=0.0,
        own=share,
    )
    return since_last(p, k, h, dt, c)


@ti.func
def remembered(k, b, n, t, r):
    """What is kept of a contact for its next step."""
    return ti.Struct(
        force=t.stored,
        moment=r.stored,
        overlap=k.overlap,
        velocity=plus(times(n.speed, k.normal), t.slip),
        share=b.own,
    )


@ti.func
def stored_energy(p, h, overlap, reduced_radius, smaller_radius):
    """Elastic energy [J] held by a contact: normal, tangential and rolling together."""
    depth = larger(overlap, 0.0)
    spring = spring_of(p, 1.0 / reduced_radius, 1.0 / smaller_radius)
    held = springs_hold(p, h, p.tangential * spring, reduced_radius, smaller_radius)
    return 0.5 * spring * depth * depth + held.tangential + held.rolling


@ti.func
def release(p, h, reduced_radius, smaller_radius):
    """What the springs of an ending contact still hold [J]."""
    spring = spring_of(p, 1.0 / reduced_radius, 1.0 / smaller_radius)
    held = springs_hold(p, h, p.tangential * spring, reduced_radius, smaller_radius)
    return ti.Struct(normal_damping=0.0, relaxation=held.tangential, rolling_loss=held.rolling)
