"""Check 6: whatever the contacts of a bead, neither dampers nor springs make energy."""

import numpy as np
import pytest

from gpudem.contact.materials import effective_modulus
from gpudem.geometry.wall import plane
from gpudem.mills.drive import Drive
from gpudem.running.simulation import Simulation
from tests.factories import MASS, RADIUS, ZIRCONIA, case_of, hertz_mindlin

STEPS, LOOKS = 50, 80


def balanced_normals(count, rng):
    """So many unit vectors whose sum is 0: opposite ones, and three in a plane if odd."""
    found = []
    if count % 2:
        a, b = np.linalg.qr(rng.normal(size=(3, 2)))[0].T
        found = [np.cos(q) * a + np.sin(q) * b for q in 2 * np.pi / 3 * np.arange(3)]
    while len(found) < count:
        n = rng.normal(size=3)
        n /= np.linalg.norm(n)
        found += [n, -n]
    return found


def coefficients(restitution, **more):
    return hertz_mindlin(restitution, 0.55, 0.5, rolling_friction=0.045, **more)


def held(count, overlap, contact, seed=0):
    """A bead between so many still planes, at rest but for a disturbance."""
    rng = np.random.default_rng(seed)
    if count == 1:
        # Pressed onto the one by a body force.
        normals = [np.array([0.0, 0.0, 1.0])]
        force = 4 / 3 * effective_modulus(ZIRCONIA, ZIRCONIA) * RADIUS**2 * overlap**1.5
        drive = Drive(gravity=(0.0, 0.0, -force / MASS))
    else:
        normals, drive = balanced_normals(count, rng), None
    return case_of(
        [[0.0, 0.0, 0.0]],
        [1e-2 * rng.normal(size=3)],
        [3.0 * rng.normal(size=3)],
        contact=contact,
        walls=[plane(tuple(-RADIUS * (1 - overlap) * n), tuple(n)) for n in normals],
        drive=drive,
        fraction=0.2,
    )


def chain(beads, overlap, contact, seed=0):
    """Beads in a row between two planes, pressed together alike; on a floor that bears them."""
    rng = np.random.default_rng(seed)
    # At a wall the same force takes less overlap: R* is twice that of a pair.
    at_wall = 0.5 ** (1 / 3) * overlap
    pitch = RADIUS * (2 - overlap)
    x = pitch * np.arange(beads)
    force = 4 / 3 * effective_modulus(ZIRCONIA, ZIRCONIA) * RADIUS**2 * at_wall**1.5
    ends = (-RADIUS * (1 - at_wall), x[-1] + RADIUS * (1 - at_wall))
    return case_of(
        np.stack([x, 0 * x, np.full(beads, RADIUS * (1 - at_wall))], axis=1),
        1e-2 * rng.normal(size=(beads, 3)),
        3.0 * rng.normal(size=(beads, 3)),
        contact=contact,
        walls=[
            plane((ends[0], 0, 0), (1, 0, 0)),
            plane((ends[1], 0, 0), (-1, 0, 0)),
            plane((0, 0, 0), (0, 0, 1)),
        ],
        drive=Drive(gravity=(0.0, 0.0, -force / MASS)),
        fraction=0.2,
    )


def kinetic(simulation):
    """Kinetic energies of the cases, by the largest of several looks, over those at the start."""

    def energies():
        sample = simulation.collect().sample[:, 4:6].sum(axis=1)
        return np.add.reduceat(sample, simulation.state.begin[:-1])

    start, seen = energies(), []
    for _ in range(LOOKS):
        simulation.step(STEPS)
        seen.append(energies() / start)
    return np.max(seen, axis=0), seen[-1]


@pytest.mark.parametrize("shear_damping", [True, False])
@pytest.mark.parametrize("restitution", [0.05, 0.15, 0.5, 0.9, 1.0])
def test_beads_held_by_one_to_twelve_contacts_gain_no_energy(restitution, shear_damping):
    contact = coefficients(restitution, shear_damping=shear_damping)
    cases = [
        held(count, overlap, contact, seed)
        for count in range(1, 13)
        for overlap in (5e-4, 2e-3)
        for seed in range(2)
    ]
    largest, last = kinetic(Simulation(cases))
    assert largest.max() < 1.05
    if shear_damping and restitution < 1.0:
        # Three contacts and more hold it on all sides.
        assert last[8:].max() < 1e-3


@pytest.mark.parametrize("restitution", [0.05, 0.15, 0.5, 0.9, 1.0])
def test_rows_of_beads_on_a_floor_gain_no_energy(restitution):
    contact = coefficients(restitution)
    cases = [chain(beads, overlap, contact) for beads in (1, 2, 3, 6) for overlap in (5e-4, 2e-3)]
    largest, _ = kinetic(Simulation(cases))
    assert largest.max() < 1.05


def test_a_spring_without_damper_between_two_plates_keeps_its_energy():
    """Along the plates only the tangential springs act; their amplitude must not grow."""
    contact = hertz_mindlin(1.0, 0.55, 0.5)
    case = held(2, 2e-3, contact)
    case.velocity[:], case.spin[:] = 0.0, 0.0
    normal = np.asarray(case.walls[0].axis, float)
    along = np.cross(normal, [1.0, 0.0, 0.0])
    case.velocity[0] = 1e-2 * along / np.linalg.norm(along)
    largest, _ = kinetic(Simulation(case))
    assert largest[0] < 1.0 + 1e-6
