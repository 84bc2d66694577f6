"""Tiny cases with known answers: two beads, a bead and a wall."""

import numpy as np

from gpudem.contact.hertz_mindlin import HertzMindlin
from gpudem.contact.materials import Material
from gpudem.engine.case import Case
from gpudem.geometry.wall import plane
from gpudem.mills.drive import Drive
from gpudem.running.simulation import Simulation

ZIRCONIA = Material(210e9, 0.3)
RIGID = Material(1e30, 0.3)
DENSITY = 6100.0
RADIUS = 2.5e-3
#: Of a bead of RADIUS and DENSITY.
MASS = DENSITY * 4 / 3 * np.pi * RADIUS**3


def hertz_mindlin(restitution, static, dynamic, rolling_friction=0.0, **more):
    """Coefficients of a contact."""
    return HertzMindlin(
        restitution=restitution,
        static_friction=static,
        dynamic_friction=dynamic,
        rolling_friction=rolling_friction,
        **more,
    )


FRICTIONLESS = hertz_mindlin(1.0, 0.0, 0.0)
PAPER = hertz_mindlin(0.15, 0.55, 0.5, 0.045)


def rayleigh_time(radius, density, material):
    shear = material.youngs_modulus / (2 * (1 + material.poisson_ratio))
    return np.pi * radius * np.sqrt(density / shear) / (0.1631 * material.poisson_ratio + 0.8766)


def case_of(
    position,
    velocity=None,
    spin=None,
    *,
    radius=RADIUS,
    material=ZIRCONIA,
    density=DENSITY,
    contact=PAPER,
    wall_contact=None,
    wall_material=None,
    walls=(),
    drive=None,
    fraction=0.02,
    **more,
):
    """A case of a few beads, time step in fractions of the smallest Rayleigh time."""
    step = fraction * rayleigh_time(np.min(radius), np.max(density), material)
    return Case(
        position=position,
        velocity=velocity,
        spin=spin,
        radius=radius,
        density=density,
        materials=(material, wall_material or material),
        contacts={(0, 0): contact, (0, 1): wall_contact or contact},
        walls=list(walls),
        drive=drive or Drive(gravity=(0.0, 0.0, 0.0)),
        time_step=step,
        **more,
    )


def head_on(speed, *, radius=RADIUS, gap=1e-6, **more):
    """Two beads flying at each other, each at half the relative ``speed``."""
    radii = np.broadcast_to(np.asarray(radius, float), (2,))
    apart = radii.sum() + gap
    return case_of(
        [[0, 0, 0], [apart, 0, 0]],
        [[0.5 * speed, 0, 0], [-0.5 * speed, 0, 0]],
        radius=radii,
        **more,
    )


def above_plane(velocity, spin=(0, 0, 0), *, radius=RADIUS, gap=1e-6, **more):
    """A bead just above the plane z = 0."""
    more.setdefault("walls", [plane((0, 0, 0), (0, 0, 1))])
    return case_of([[0, 0, radius + gap]], [velocity], [spin], radius=radius, **more)


def hitting(kind, speed, *, contact, **more):
    """A case of one impact: of a pair of beads, of an unequal one, or on a wall."""
    if kind == "wall":
        return above_plane((0, 0, -speed), contact=contact, **more)
    radius = {"pair": RADIUS, "unequal": (RADIUS, 0.4 * RADIUS)}[kind]
    return head_on(speed, radius=radius, contact=contact, **more)


def run_until_free(simulation, *, limit=200_000, stride=20):
    """Advances until a contact has begun and all contacts have ended; returns the steps."""
    touched = False
    for _ in range(limit // stride):
        simulation.step(stride)
        touching = (simulation.state.read("contact_state", 1) != 0).any()
        touched |= touching
        if touched and not touching:
            return simulation.step_number
    raise AssertionError("the beads never came apart")


def rebound(case, speed):
    """Relative speed along the line of centres after the impact, over the one before."""
    simulation = Simulation(case)
    run_until_free(simulation)
    velocity = simulation.velocity
    after = velocity[1, 0] - velocity[0, 0] if len(velocity) == 2 else velocity[0, 2]
    return after / speed
