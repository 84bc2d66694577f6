"""Check 10: regimes of a rotating drum by its Froude number w^2 R / g."""

import numpy as np
import pytest

from gpudem.contact.materials import Material
from gpudem.geometry.packing import pack_cylinder
from gpudem.geometry.vessel import cylinder
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from tests.factories import RADIUS, case_of, hertz_mindlin

GRAVITY = 9.81
DRUM_RADIUS, DEPTH, BEADS = 25e-3, 12e-3, 60


def drum(froude, turns):
    """Means over the last half of so many turns: airborne share, height, speed over the wall's."""
    rate = np.sqrt(froude * GRAVITY / DRUM_RADIUS)
    position = pack_cylinder(BEADS, RADIUS, 2 * DRUM_RADIUS, DEPTH, seed=3)
    contact = hertz_mindlin(0.3, 0.6, 0.6, rolling_friction=0.05)
    case = case_of(
        position,
        material=Material(2e7, 0.3),
        contact=contact,
        walls=cylinder(2 * DRUM_RADIUS, DEPTH, motion="rotation", rate=Profile.ramp(rate, 0.05)),
        # The drum's axis lies: gravity points along -y.
        drive=Drive(gravity=(0.0, -GRAVITY, 0.0)),
        fraction=0.1,
    )
    simulation = Simulation(case)
    duration = 0.3 + turns * 2 * np.pi / rate
    airborne, height, speed = [], [], []
    for k in range(80):
        simulation.advance_to(duration * (k + 1) / 80)
        if k >= 40:
            sample = simulation.collect().sample
            airborne.append((sample[:, 1] + sample[:, 2] == 0).mean())
            height.append(sample[:, 8].mean() / DRUM_RADIUS)
            speed.append(sample[:, 6].mean() / (rate * (DRUM_RADIUS - RADIUS)))
    out = np.mean(airborne), np.mean(height), np.mean(speed)
    print(f"Froude {froude:g}: airborne {out[0]:.2f}, height {out[1]:.2f} R, speed {out[2]:.2f}")
    return out


@pytest.mark.slow
def test_regimes_follow_the_froude_number():
    rolling = drum(3e-3, 0.5)
    cataracting = drum(0.5, 4)
    centrifuging = drum(4.0, 6)
    # Rolling and cascading beads lie in a heap at the bottom and hardly fly.
    assert rolling[0] < 0.1
    assert rolling[1] < -0.3
    # Cataracting ones fly, and are carried up.
    assert cataracting[0] > 0.15
    assert cataracting[1] > rolling[1] + 0.1
    # Centrifuging ones lie all around the wall and turn with it.
    assert centrifuging[0] < 0.1
    assert abs(centrifuging[1]) < 0.25
    assert centrifuging[2] == pytest.approx(1.0, abs=0.1)
