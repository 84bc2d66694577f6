"""Walls of revolution from outside the package, on both schedules: a cone, a cap, a fillet."""

import numpy as np
import pytest

from gpudem.geometry.revolved import Arc, Segment
from gpudem.geometry.wall import Wall
from gpudem.mills.drive import Drive
from gpudem.running.simulation import Simulation
from tests.factories import FRICTIONLESS, RADIUS, case_of
from tests.toys.cone import cone

GRAVITY = 9.81
LOWER, UPPER, HEIGHT = 0.01, 0.04, 0.04
DEPTH = 1e-4
#: Unit vectors in (distance from the axis, height): along the cone upwards, and into it.
ALONG = np.array([UPPER - LOWER, HEIGHT]) / np.hypot(UPPER - LOWER, HEIGHT)
INWARD = np.array([-ALONG[1], ALONG[0]])

both_schedules = pytest.mark.parametrize("schedule", ["serial", "parallel"])


def contacts_of(wall, places, schedule="serial"):
    """Overlap, and normal as (across, along) the axis, of a bead at each (distance, height).

    The beads lie at several angles about an axis that lies oblique in space.
    """
    axis = np.array([1.0, -2.0, 2.0]) / 3.0
    side = np.array([2.0, 2.0, 1.0]) / 3.0
    other = np.cross(axis, side)
    centre = np.array([0.01, 0.02, -0.015])
    position, outward = [], []
    for number, (distance, height) in enumerate(places):
        out = np.cos(number) * side + np.sin(number) * other
        position.append(centre + distance * out + height * axis)
        outward.append(out)
    walls = [Wall(wall.line, centre=tuple(centre), axis=tuple(axis))]
    case = case_of(position, contact=FRICTIONLESS, walls=walls)
    found = Simulation(case, schedule=schedule).contacts()
    assert list(found["bead"]) == list(range(len(places)))
    across = (found["normal"] * np.array(outward)).sum(axis=1)
    return found["overlap"], np.column_stack([across, found["normal"] @ axis])


@both_schedules
def test_a_bead_touches_a_cone_across_its_side(schedule):
    shares = [0.3, 0.6, 0.9]
    foot = np.array([[LOWER, 0.0] + s * HEIGHT / ALONG[1] * ALONG for s in shares])
    gap = RADIUS - DEPTH
    places = np.vstack([foot + gap * INWARD, foot - gap * INWARD])
    overlap, normal = contacts_of(cone(LOWER, UPPER, HEIGHT), places, schedule)
    assert overlap == pytest.approx(DEPTH, rel=1e-3)
    assert normal == pytest.approx(np.repeat([INWARD, -INWARD], 3, axis=0), abs=1e-5)


def test_a_rim_is_an_edge():
    aslant = np.array([0.6, 0.8])
    places = np.array([[UPPER, HEIGHT] + (RADIUS - DEPTH) * way for way in (aslant, ALONG)])
    overlap, normal = contacts_of(cone(LOWER, UPPER, HEIGHT), places)
    assert overlap == pytest.approx(DEPTH, rel=1e-3)
    assert normal == pytest.approx(np.array([aslant, ALONG]), abs=1e-5)


@both_schedules
@pytest.mark.parametrize("ring", [0.0, 0.02], ids=["cap", "fillet"])
def test_a_bead_touches_an_arc_from_either_side_and_at_its_end(schedule, ring):
    # A quarter of a circle, from straight down to outwards.
    radius = 0.03
    arc = Wall(Arc((ring, 0.05), radius, -0.5 * np.pi, 0.0))
    angles = np.radians([-80.0, -45.0, -5.0])
    ways = np.column_stack([np.cos(angles), np.sin(angles)])
    centre, end = np.array([ring, 0.05]), np.array([ring + radius, 0.05])
    inside = centre + (radius - RADIUS + DEPTH) * ways
    outside = centre + (radius + RADIUS - DEPTH) * ways
    aslant = np.array([-0.6, 0.8])
    places = np.vstack([inside, outside, end + (RADIUS - DEPTH) * aslant])
    overlap, normal = contacts_of(arc, places, schedule)
    assert overlap == pytest.approx(DEPTH, rel=1e-3)
    assert normal == pytest.approx(np.vstack([-ways, ways, aslant]), abs=1e-5)


def test_a_segment_is_the_disc_and_the_shell_that_it_makes():
    flat = Wall(Segment((0.0, 0.01), (0.03, 0.01)))
    overlap, normal = contacts_of(
        flat, [(0.0, 0.01 + RADIUS - DEPTH), (0.02, 0.01 - RADIUS + DEPTH)]
    )
    assert overlap == pytest.approx(DEPTH, rel=1e-3)
    assert normal == pytest.approx(np.array([[0.0, 1.0], [0.0, -1.0]]), abs=1e-6)


@pytest.mark.parametrize("schedule", ["serial", pytest.param("parallel", marks=pytest.mark.slow)])
def test_a_bead_slides_down_a_cone_as_on_an_incline(schedule):
    start = np.array([LOWER, 0.0]) + 0.8 * HEIGHT / ALONG[1] * ALONG + RADIUS * INWARD
    case = case_of(
        [[start[0], 0.0, start[1]]],
        contact=FRICTIONLESS,
        walls=[cone(LOWER, UPPER, HEIGHT)],
        drive=Drive(gravity=(0.0, 0.0, -GRAVITY)),
        fraction=0.2,
    )
    simulation = Simulation(case, schedule=schedule)
    simulation.step(round(0.05 / case.time_step))
    time, (x, y, z) = simulation.time, simulation.position[0]
    assert y == pytest.approx(0.0, abs=1e-9)
    travel = (np.array([x, z]) - start) @ ALONG
    assert travel == pytest.approx(-0.5 * GRAVITY * ALONG[1] * time**2, rel=1e-3)
    assert (np.array([x, z]) - start) @ INWARD == pytest.approx(0.0, abs=1e-6)
