"""Vessels: what walls make of them, volumes, insides."""

import numpy as np
import pytest

from gpudem.geometry.packing import pack
from gpudem.geometry.revolved import Arc, Segment, disc, follows
from gpudem.geometry.vessel import Vessel, cylinder, roundest_tip, turned
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


BOWLS = {
    "fillet": {"bottom_radius": 0.01},
    "hemisphere": {"bottom_radius": 0.025},
    "capsule": {"bottom_radius": 0.025, "top_radius": 0.025},
    "dished": {"bottom_depth": 0.01},
    "torispherical": {"bottom_depth": 0.01, "bottom_radius": 0.006},
    "deep": {"bottom_depth": 0.025, "top_radius": 0.005},
    "cone": {"bottom_depth": 0.02, "tip_radius": 0.0},
    "round cone": {"bottom_depth": 0.03, "tip_radius": 0.004, "bottom_radius": 0.006},
}


@pytest.mark.parametrize("name", BOWLS)
def test_a_round_bowl_is_what_its_sizes_say(name):
    bowl = Vessel.bowl(0.05, 0.07, **BOWLS[name])
    assert (bowl.radius, bowl.height) == pytest.approx((0.025, 0.07)) and bowl.closed
    assert not bowl.is_cylinder
    height = np.linspace(0.0, 0.07, 100_001)
    slices = np.pi * bowl.radius_at(0.5 * (height[1:] + height[:-1])) ** 2
    assert bowl.volume == pytest.approx(slices.sum() * 0.07 / 100_000, rel=1e-7)
    distance = np.linspace(0.0, 0.025, 10_001)
    rings = 2.0 * np.pi * distance * bowl.depth_at(distance)
    # The depth is that of what is drawn.
    assert rings.sum() * 0.025 / 10_000 == pytest.approx(bowl.volume, rel=2e-3)
    # Of its walls it is made again, and of what a run file holds.
    assert Vessel.of_walls(bowl.walls(1e-3)).lines == bowl.lines
    again = Vessel.of_outline(bowl.outline)
    assert again.volume == pytest.approx(bowl.volume, rel=1e-12)
    assert again.radius_at(height) == pytest.approx(bowl.radius_at(height), abs=1e-9)


def test_known_volumes():
    ball = 4.0 / 3.0 * np.pi * 0.025**3
    capsule = Vessel.bowl(0.05, 0.07, **BOWLS["capsule"])
    assert capsule.volume == pytest.approx(ball + np.pi * 0.025**2 * 0.02, rel=1e-12)
    round_all_over = Vessel.bowl(0.05, 0.05, **BOWLS["capsule"])
    assert round_all_over.volume == pytest.approx(ball, rel=1e-12)
    assert len(round_all_over.lines) == 2 and round_all_over.edges == (0.025, 0.025)
    cap = np.pi * 0.01 / 6.0 * (3 * 0.025**2 + 0.01**2)
    dished = Vessel.bowl(0.05, 0.07, **BOWLS["dished"])
    assert dished.volume == pytest.approx(cap + np.pi * 0.025**2 * 0.06, rel=1e-12)
    cone = Vessel.bowl(0.05, 0.07, **BOWLS["cone"])
    exact = np.pi * 0.025**2 * (0.02 / 3 + 0.05)
    assert cone.volume == pytest.approx(exact, rel=1e-12) and cone.edges == (0.02, 0.07)


def test_a_conical_bottom_goes_over_into_tip_and_side_without_a_corner():
    vessel = Vessel.bowl(0.05, 0.07, **BOWLS["round cone"])
    assert [type(line) for line in vessel.lines] == [Arc, Segment, Arc, Segment, Segment]
    tip, cone, edge, side = vessel.lines[:4]
    assert all(follows(a, b) for a, b in ((tip, cone), (cone, edge), (edge, side)))
    assert tip.points()[0] == pytest.approx((0.0, 0.0)) and side.start[1] == 0.03
    # With the roundest tip nothing is left of the cone: the bottom is a dished one.
    most = roundest_tip(0.025, 0.01, 0.006)
    nearly = Vessel.bowl(0.05, 0.07, bottom_depth=0.01, bottom_radius=0.006, tip_radius=most - 1e-9)
    dished = Vessel.bowl(0.05, 0.07, **BOWLS["torispherical"])
    assert nearly.volume == pytest.approx(dished.volume, rel=1e-6)


def test_lines_without_a_corner_are_one_wall_for_beads_that_fit_into_them():
    def kinds(radius, **sizes):
        walls = Vessel.bowl(0.05, 0.07, **sizes).walls(radius)
        return [len(getattr(wall.line, "lines", [wall.line])) for wall in walls]

    assert kinds(2e-3) == [1, 1, 1]
    assert kinds(2e-3, **BOWLS["fillet"]) == [3, 1]
    assert kinds(2e-3, **BOWLS["capsule"]) == [3]
    assert kinds(2e-3, **BOWLS["dished"]) == [1, 1, 1]
    assert kinds(2e-3, **BOWLS["torispherical"]) == [3, 1]
    # A bead of 12 mm radius touches bottom and side, and not the fillet between them.
    assert kinds(12e-3, **BOWLS["fillet"]) == [1, 1, 1]
    # Of a cone both sides of the tip, the farther one by itself.
    assert kinds(2e-3, **BOWLS["cone"]) == [1, 1, 1, 1]
    assert kinds(2e-3, **BOWLS["round cone"]) == [4, 1]
    assert kinds(5e-3, **BOWLS["round cone"]) == [3, 1, 1]
    assert [wall.line.opposite for wall in Vessel.bowl(0.05, 0.07, **BOWLS["cone"]).walls(2e-3)[3:]]
    # And for each of two sizes those that they need.
    both = Vessel.bowl(0.05, 0.07, **BOWLS["round cone"]).walls(2e-3, 5e-3)
    beyond = [wall.line for wall in both if wall.line.opposite]
    assert [(line.above, line.below) for line in beyond] == [(0.004, np.inf)]


@pytest.mark.parametrize("name", BOWLS)
@pytest.mark.parametrize("radius", [2.5e-3, 8e-3])
def test_beads_fill_a_round_bowl_and_lie_inside(name, radius):
    bowl = Vessel.bowl(0.05, 0.07, **BOWLS[name])
    count = int(0.45 * 0.6 * bowl.volume / (4.0 / 3.0 * np.pi * radius**3))
    place = pack(bowl, np.full(count, radius), 1)
    distance = np.hypot(place[:, 0], place[:, 1])
    # As far from each point of a fine line as the radius.
    angle = np.linspace(-np.pi, np.pi, 721)
    for dr, dz in zip(np.cos(angle), np.sin(angle), strict=True):
        r, z = distance + radius * dr, place[:, 2] + radius * dz
        assert (r <= bowl.radius_at(z)).all() and (z > 0.0).all() and (z < bowl.height).all()
    assert place[:, 2].min() < 3.0 * radius
