"""Vessels: what walls make of them, volumes, insides."""

import numpy as np
import pytest

from gpudem.geometry.packing import pack
from gpudem.geometry.revolved import Arc, Segment, disc
from gpudem.geometry.vessel import Vessel, cylinder, turned
from gpudem.geometry.wall import Wall, plane
from gpudem.mills.profile import Profile
from tests.toys.cone import conical_vessel


def test_a_cylinder_has_shell_bottom_and_lid():
    walls = cylinder(0.05, 0.04, motion="rotation", rate=Profile.constant(1.0), species=2)
    assert [wall.rises for wall in walls] == [True, False, False]
    assert [wall.centre[2] for wall in walls] == [0.02, 0.0, 0.04]
    assert {float(wall.line.points()[:, 0].max()) for wall in walls} == {0.025}
    assert {(wall.motion, wall.species) for wall in walls} == {("rotation", 2)}
    assert [wall.rises for wall in cylinder(0.05, 0.04, closed=False)] == [True, False]


@pytest.mark.parametrize("closed", [True, False])
def test_the_walls_of_a_cylinder_make_it(closed):
    found = Vessel.of_walls(cylinder(0.05, 0.04, closed=closed))
    assert found == Vessel.cylinder(0.05, 0.04, closed=closed)
    assert found.is_cylinder and found.closed == closed
    assert found.radius == 0.025 and found.height == 0.04
    assert found.volume == pytest.approx(np.pi * 0.025**2 * 0.04)


def test_a_cone_and_a_round_bottom():
    found = Vessel.of_walls(conical_vessel(0.01, 0.04, 0.06))
    assert not found.is_cylinder and found.closed
    assert found.volume == pytest.approx(np.pi / 3 * 0.06 * (0.01**2 + 0.01 * 0.04 + 0.04**2))
    assert found.radius_at(np.array([-1.0, 0.0, 0.03, 0.06, 1.0])) == pytest.approx(
        [0.01, 0.01, 0.025, 0.04, 0.04]
    )
    bottom = Arc((0.0, 0.03), 0.03, -0.5 * np.pi, 0.0)
    side = Segment((0.03, 0.03), (0.03, 0.05))
    bowl = Vessel.of_walls(turned([(side, 0.0), (bottom, 0.0)]))
    exact = 2 / 3 * np.pi * 0.03**3 + np.pi * 0.03**2 * 0.02
    assert bowl.volume == pytest.approx(exact, rel=5e-3) and not bowl.closed
    assert bowl.radius_at(np.array([0.03 - 0.03 * np.cos(0.5)])) == pytest.approx(
        [0.03 * np.sin(0.5)], rel=5e-3
    )


def test_other_walls_make_none():
    walls = cylinder(0.05, 0.04)
    assert Vessel.of_walls([]) is None
    assert Vessel.of_walls([plane((0, 0, 0), (0, 0, 1))]) is None
    assert Vessel.of_walls(walls[:1]) is None
    assert Vessel.of_walls([*walls, Wall(disc(0.02), centre=(0.0, 0.0, 0.02))]) is None
    assert Vessel.of_walls([Wall(w.line, w.centre, axis=(1.0, 0.0, 0.0)) for w in walls]) is None
    lifted = [Wall(w.line, (0.0, 0.0, w.centre[2] + 0.01)) for w in walls]
    assert Vessel.of_walls(lifted) is None


def test_beads_of_two_sizes_fill_a_cone():
    vessel = Vessel.of_walls(conical_vessel(0.01, 0.03, 0.05))
    radius = np.repeat([1.5e-3, 3e-3], [120, 40])
    place = pack(vessel, radius, seed=1)
    apart = np.linalg.norm(place[:, None] - place[None, :], axis=2)
    np.fill_diagonal(apart, 1.0)
    assert (apart > radius[:, None] + radius[None, :]).all()
    rho, z = np.hypot(place[:, 0], place[:, 1]), place[:, 2]
    assert (z > radius).all() and (0.05 - z > radius).all()
    slope = np.array([0.02, 0.05]) / np.hypot(0.02, 0.05)
    beyond = (rho - 0.01) * slope[1] - z * slope[0]
    assert (beyond < -radius).all()
    assert np.array_equal(pack(vessel, radius, seed=1), place)
