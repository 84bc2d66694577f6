"""What beads do to each wall: momentum, torque, work and loss add up to those of the beads."""

import numpy as np
import pytest

from gpudem.geometry.vessel import cylinder
from gpudem.geometry.wall import plane
from gpudem.kernels import layout as at
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from tests.factories import case_of, hertz_mindlin
from tests.verification.test_rolling import GRAVITY, SOFT, lying

RATE = 20.0
#: Walls that no bead touches: with them a plane makes as many as a drum has, and kernels, which are
#: compiled for a number of walls, serve both.
FAR = [plane((0, 0, 1.0), (0, 0, -1)), plane((0, 1.0, 0), (0, -1, 0))]


def sliding_bead():
    """A bead that slides on a plane and is not allowed to roll."""
    contact = hertz_mindlin(0.5, 0.3, 0.3)
    case = lying(contact, velocity=(0.5, 0, 0), spin_locked=True, sums_by_wall=True)
    case.walls += FAR
    return case


def test_the_force_on_a_plane_is_the_weight_and_its_friction_the_wear():
    case = sliding_bead()
    simulation = Simulation(case)
    simulation.open_window()
    simulation.advance_to(0.02)
    time, mass = simulation.time, case.mass[0]
    sums, *of_others = simulation.wall_sums()
    assert len(of_others) == 2 and not np.any(of_others)
    weight = mass * GRAVITY
    assert sums[at.WALL_IMPULSE + 2] == pytest.approx(-weight * time, rel=1e-3)
    assert sums[at.WALL_IMPULSE] == pytest.approx(0.3 * weight * time, rel=5e-3)
    # About the origin, with the bead at x on the plane: (x, 0, 0) x (.., 0, -weight).
    mean_x = 0.5 * 0.5 * time - 0.3 * GRAVITY * time**2 / 6.0
    assert sums[at.WALL_TWIST + 1] == pytest.approx(weight * mean_x * time, rel=2e-2)
    assert sums[at.WALL_WORK] == 0.0
    lost = 0.5 * mass * (0.5**2 - simulation.velocity[0, 0] ** 2)
    assert sums[at.WALL_SLIDING] == pytest.approx(lost, rel=5e-3)
    assert sums[at.WALL_DAMPING] < 1e-2 * lost


def tumbling(**more):
    """Beads that a turning drum carries along."""
    place = [[x, y, z] for x in (-6e-3, 0, 6e-3) for y in (-15e-3, -9e-3) for z in (4e-3, 10e-3)]
    return case_of(
        place,
        material=SOFT,
        contact=hertz_mindlin(0.5, 0.5, 0.5),
        walls=cylinder(0.04, 0.014, motion="rotation", rate=Profile.constant(RATE)),
        drive=Drive(gravity=(0.0, -GRAVITY, 0.0)),
        fraction=0.2,
        **more,
    )


def test_walls_account_for_all_momentum_work_and_loss():
    simulation = Simulation(tumbling(sums_by_wall=True))
    simulation.advance_to(0.03)
    simulation.collect()
    simulation.open_window()
    mass, begin = simulation.cases[0].mass[:, None], simulation.time
    before = (mass * simulation.velocity).sum(axis=0)
    simulation.advance_to(0.08)
    collected, sums = simulation.collect(), simulation.wall_sums()
    after = (mass * simulation.velocity).sum(axis=0)
    gained = np.array([0.0, -GRAVITY, 0.0]) * mass.sum() * (simulation.time - begin)
    scale = np.abs(gained).max()
    total = sums.sum(axis=0)
    assert before + gained - after == pytest.approx(
        total[at.WALL_IMPULSE : at.WALL_IMPULSE + 3], abs=2e-3 * scale
    )
    assert total[at.WALL_WORK] == pytest.approx(collected.work[:, at.WORK_WALL].sum(), rel=1e-6)
    # A wall that turns about z alone works by its torque.
    assert sums[:, at.WALL_TWIST + 2] * -RATE == pytest.approx(sums[:, at.WALL_WORK], rel=2e-3)
    log = collected.log[:, 1].sum(axis=0)
    assert total[at.WALL_SLIDING] == pytest.approx(log[at.SLIDING], rel=1e-6)
    assert total[at.WALL_DAMPING] == pytest.approx(log[at.NORMAL_DAMPING], rel=1e-2)
    assert sums[0, at.WALL_SLIDING] == total[at.WALL_SLIDING] > 0.0


# In mixed precision its kernel has as many arguments as Taichi takes.
@pytest.mark.both_precisions
def test_sums_change_no_bit_and_exist_only_where_asked_for():
    runs = [Simulation(tumbling(sums_by_wall=asked)) for asked in (False, True)]
    for simulation in runs:
        simulation.advance_to(0.02)
    assert runs[0].wall_sums() is None
    assert runs[0].position.tobytes() == runs[1].position.tobytes()
    assert runs[0].state.sizes.numbers("wall_sums") == at.WALL_SUMS
