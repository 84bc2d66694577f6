"""Walls of triangles: touched as the analytic ones, once, and without a memory of edges."""

import numpy as np
import pytest
import trimesh
from trimesh.triangles import closest_point

from gpudem.contact.materials import Material
from gpudem.device import start as devices
from gpudem.errors import DeviceError
from gpudem.geometry.mesh import surfaces_of
from gpudem.geometry.surface import Surface
from gpudem.geometry.vessel import cylinder
from gpudem.geometry.wall import Wall, plane
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from tests.factories import FRICTIONLESS, PAPER, RADIUS, case_of, hertz_mindlin

GRAVITY = 9.81
SOFT = Material(1e8, 0.3)
ACROSS, HEIGHT = 0.04, 0.03


@pytest.fixture(autouse=True)
def _double_only(request):
    refuses = request.function is test_mixed_precision_is_refused
    if refuses != (devices.current().precision == "mixed"):
        pytest.skip("meshes need double precision")


def flat(*, turn=0.0):
    """A square of two triangles in the plane z = 0, its diagonal turned by an angle."""
    angle = turn + np.pi * (0.25 + 0.5 * np.arange(4))
    corners = 0.05 * np.column_stack([np.cos(angle), np.sin(angle), np.zeros(4)])
    return Wall(Surface(corners[[[0, 1, 2], [0, 2, 3]]]))


def tube(sections, **motion):
    """The walls of the inside of a meshed cylinder that stands on z = 0."""
    mesh = trimesh.creation.cylinder(radius=0.5 * ACROSS, height=HEIGHT, sections=sections)
    mesh.apply_translation([0.0, 0.0, 0.5 * HEIGHT])
    return [Wall(surface, **motion) for surface in surfaces_of(mesh, beads_inside=True)]


def test_the_nearest_triangle_is_found_everywhere():
    random = np.random.default_rng(1)
    mesh = trimesh.creation.icosphere(subdivisions=2, radius=0.02)
    mesh.vertices *= (1.0 + 0.1 * random.standard_normal(len(mesh.vertices)))[:, None]
    way = random.standard_normal((200, 3))
    place = way / np.linalg.norm(way, axis=1)[:, None] * random.uniform(0.014, 0.026, 200)[:, None]
    turn = {"motion": "tilt", "rate": Profile.constant(1.0), "direction": (1.0, 2.0, -2.0)}
    case = case_of(
        place, contact=FRICTIONLESS, walls=[Wall(Surface(mesh.triangles), **turn)], radius=2e-3
    )
    found = Simulation(case).contacts()
    wall = found["partner"] < 0
    overlap = np.full(200, np.nan)
    overlap[found["bead"][wall]] = found["overlap"][wall]
    normal = dict(zip(found["bead"][wall], found["normal"][wall], strict=True))
    for bead, point in enumerate(place):
        near = closest_point(mesh.triangles, np.broadcast_to(point, (len(mesh.faces), 3)))
        apart = np.linalg.norm(near - point, axis=1)
        best = apart.argmin()
        if apart[best] < 2e-3:
            assert overlap[bead] == pytest.approx(2e-3 - apart[best], abs=1e-12)
            wanted = (point - near[best]) / apart[best]
            assert normal[bead] == pytest.approx(wanted, abs=1e-9)
        else:
            assert np.isnan(overlap[bead])


def rolling(wall, **more):
    """A bead that rolls along x on z = 0 across the middle of a wall, with friction."""
    contact = hertz_mindlin(0.5, 0.3, 0.3, 0.01)
    more.setdefault("velocity", [[0.3, 0.02, 0.0]])
    case = case_of(
        [[-0.01, 0.001, RADIUS]],
        material=SOFT,
        contact=contact,
        walls=[wall],
        drive=Drive(gravity=(0.0, 0.0, -GRAVITY)),
        fraction=0.1,
        **more,
    )
    simulation = Simulation(case)
    simulation.advance_to(0.08)
    return simulation


def test_a_bead_rolls_over_the_diagonal_of_two_triangles_as_on_a_plane():
    on_plane = rolling(plane((0, 0, 0), (0, 0, 1)))
    for turn in (0.0, 0.3):
        on_mesh = rolling(flat(turn=turn))
        assert on_mesh.position[0, 0] > 0.005
        assert on_mesh.position == pytest.approx(on_plane.position, abs=1e-12)
        assert on_mesh.angular_velocity == pytest.approx(on_plane.angular_velocity, rel=1e-9)
        assert on_mesh.state.read("onset", 1).max() == on_plane.state.read("onset", 1).max()


def dropped(walls, speed=1.0):
    """A bead that hits the side aslant, with spin; its velocity and spin after."""
    way = np.array([np.cos(0.4), np.sin(0.4), 0.0])
    case = case_of(
        [(0.5 * ACROSS - RADIUS - 1e-5) * way + np.array([0.0, 0.0, 0.5 * HEIGHT])],
        [speed * (way + 0.5 * np.array([-way[1], way[0], 0.3]))],
        [[100.0, -50.0, 200.0]],
        contact=PAPER,
        walls=walls,
    )
    simulation = Simulation(case)
    simulation.advance_to(4e-4)
    assert len(simulation.contacts()["bead"]) == 0
    return np.concatenate([simulation.velocity[0], RADIUS * simulation.angular_velocity[0]])


def test_a_bead_rebounds_from_a_meshed_cylinder_as_from_the_analytic_one():
    wanted = dropped(cylinder(ACROSS, HEIGHT))
    found = {n: np.abs(dropped(tube(n)) - wanted).max() for n in (64, 256)}
    # A facet is turned by at most half of its angle against the cylinder.
    assert found[256] < 0.015
    assert found[64] < 0.06


def swinging(walls, contact):
    """A bead that swings in a lying cylinder: its place and energy over time [m, J]."""
    start = 0.5 * ACROSS - RADIUS
    case = case_of(
        [[start * np.sin(0.7), -start * np.cos(0.7), 0.5 * HEIGHT]],
        material=SOFT,
        contact=contact,
        walls=walls,
        drive=Drive(gravity=(0.0, -GRAVITY, 0.0)),
        fraction=0.1,
    )
    simulation = Simulation(case)
    mass, place, energy = case.mass[0], [], []
    for _ in range(120):
        simulation.advance_to(simulation.time + 2.5e-3)
        sample = simulation.collect().sample[0]
        place.append(simulation.position[0, :2])
        height = simulation.position[0, 1] + start
        energy.append(sample[0] + sample[4] + sample[5] + mass * GRAVITY * height)
    return np.array(place), np.array(energy), simulation


def test_a_bead_rolls_in_a_meshed_cylinder_as_in_the_analytic_one():
    contact = hertz_mindlin(0.5, 0.5, 0.5, 0.0)
    wanted, energy, _ = swinging(cylinder(ACROSS, HEIGHT), contact)
    found, on_mesh, simulation = swinging(tube(256), contact)
    assert np.abs(found - wanted).max() < 0.01 * ACROSS
    assert len(simulation.contacts()["bead"]) == 1
    # Over 40 edges and more, down and up again.
    edges = np.abs(np.diff(np.arctan2(found[:, 0], -found[:, 1]))).sum() / (2 * np.pi / 256)
    lost = energy[-1] - on_mesh[-1]
    assert edges > 100
    assert abs(lost) / edges < 1e-3 * energy[0]


def test_a_turning_mesh_carries_a_bead_as_the_analytic_wall_does():
    def carried(walls):
        contact = hertz_mindlin(0.3, 0.5, 0.5, 0.0)
        case = case_of(
            [[0.0, -0.5 * ACROSS + RADIUS, 0.5 * HEIGHT]],
            material=SOFT,
            contact=contact,
            walls=walls,
            drive=Drive(gravity=(0.0, -GRAVITY, 0.0)),
            fraction=0.1,
        )
        simulation = Simulation(case)
        simulation.advance_to(0.1)
        spin = RADIUS * simulation.angular_velocity[0, 2]
        return np.array([spin, *simulation.velocity[0, :2], *(simulation.position[0, :2] / 0.01)])

    turning = {"motion": "rotation", "rate": Profile.constant(20.0)}
    wanted = carried(cylinder(ACROSS, HEIGHT, **turning))
    assert wanted[0] == pytest.approx(20.0 * 0.5 * ACROSS, rel=0.1)
    assert carried(tube(256, **turning)) == pytest.approx(wanted, abs=0.02)


def test_corners_count_apart_and_edges_once():
    half = np.array([0.02, 0.02, 0.02])
    box = trimesh.creation.box(extents=2 * half)
    inside = [Wall(surface) for surface in surfaces_of(box, beads_inside=True)]
    assert [len(wall.line.triangles) for wall in inside] == [2] * 6
    deep = RADIUS - 1e-5
    places = [half - [deep, 0.01, 0.013], half - [deep, deep, 0.01], half - deep]
    case = case_of(places, walls=inside, contact=FRICTIONLESS)
    assert np.bincount(Simulation(case).contacts()["bead"]).tolist() == [1, 2, 3]
    # Round the outside of a box there is one nearest point: at its edges and corners too.
    outside = [Wall(surface) for surface in surfaces_of(box, beads_inside=False)]
    assert [len(wall.line.triangles) for wall in outside] == [12]
    ways = [np.array([1, 0, 0]), np.array([1, 1, 0]) / 2**0.5, np.ones(3) / 3**0.5]
    places = [half * (way > 0) + deep * way for way in ways]
    case = case_of(places, walls=outside, contact=FRICTIONLESS)
    found = Simulation(case).contacts()
    assert found["bead"].tolist() == [0, 1, 2]
    assert found["normal"] == pytest.approx(np.array(ways), abs=1e-9)


def test_mixed_precision_is_refused():
    case = case_of([[0.0, 0.0, RADIUS]], walls=[flat()], contact=FRICTIONLESS)
    with pytest.raises(DeviceError, match="walls of meshes need double precision"):
        Simulation(case)
