"""Wear of each triangle of a mesh: known for one bead, and together that of the whole wall."""

from itertools import pairwise

import numpy as np
import pytest

from gpudem.device import start as devices
from gpudem.geometry.surface import Surface
from gpudem.geometry.wall import Wall
from gpudem.kernels import layout as at
from gpudem.mills.drive import Drive
from gpudem.mills.profile import Profile
from gpudem.running.simulation import Simulation
from tests.factories import FRICTIONLESS, above_plane, case_of, hertz_mindlin
from tests.verification.test_mesh import tube
from tests.verification.test_rolling import GRAVITY, SOFT, lying
from tests.verification.test_wall_sums import FAR

RATE = 20.0
#: The same sums of a wall, in the order of those of its triangles.
OF_WALL = [at.WALL_PRESSING, at.WALL_LOADING, at.WALL_SLIDING, at.WALL_DAMPING]


@pytest.fixture(autouse=True)
def _double_only():
    if devices.current().precision == "mixed" or devices.current().kind not in ("cpu", "cuda"):
        pytest.skip("meshes need double precision, sums of triangles a CPU or CUDA")


def strips(edges, half=0.01):
    """The plane z = 0 in strips across x, each of two triangles side by side along y."""
    found = []
    for left, right in pairwise(edges):
        a, b, c, d = (left, -half, 0), (right, -half, 0), (right, half, 0), (left, half, 0)
        found += [[a, b, c], [a, c, d]]
    return Wall(Surface(np.array(found, float)))


def test_a_sliding_bead_wears_each_strip_by_its_friction_times_the_way():
    edges = np.array([-1.0, 0.2, 1.0, 2.5, 3.0, 9.0]) * 1e-3
    case = lying(
        hertz_mindlin(0.5, 0.3, 0.3), velocity=(0.5, 0, 0), spin_locked=True, sums_by_wall=True
    )
    case.walls[:] = [strips(edges), *FAR]
    simulation = Simulation(case)
    simulation.open_window()
    simulation.advance_to(8e-3)
    end, weight = simulation.position[0, 0], case.mass[0] * GRAVITY
    way = np.diff(np.clip(edges, 0.0, end))
    assert (way > 0.0).sum() == 5
    sums = simulation.facet_sums()[0].reshape(5, 2, at.FACET_SUMS)
    # To a step of the way, and to what the sudden start of the friction makes of the force.
    assert sums[:, :, at.FACET_SLIDING].sum(axis=1) == pytest.approx(
        0.3 * weight * way, rel=1e-2, abs=0.3 * weight * 2e-5
    )
    # On a strip as long as it slows down over it.
    speed = np.sqrt(0.25 - 2 * 0.3 * GRAVITY * np.clip(edges, 0.0, end))
    lasts = -np.diff(speed) / (0.3 * GRAVITY)
    assert sums[:, :, at.FACET_PRESSING].sum(axis=1) == pytest.approx(
        weight * lasts, rel=1e-2, abs=weight * 4e-5
    )


@pytest.mark.parametrize("restitution", [1.0, 0.5])
def test_one_bead_dropped_on_one_triangle_wears_that_alone(restitution):
    contact = FRICTIONLESS if restitution == 1.0 else hertz_mindlin(restitution, 0.0, 0.0)
    case = above_plane(
        (0, 0, -1.0),
        walls=[strips(np.array([-3.0, -1.0, 1.5, 4.0]) * 1e-3), *FAR],
        contact=contact,
        sums_by_wall=True,
    )
    case.position[0, :2] = 1e-3, 2e-3
    simulation = Simulation(case)
    simulation.open_window()
    simulation.advance_to(1e-4)
    assert simulation.velocity[0, 2] == pytest.approx(restitution, rel=1e-2)
    (sums,) = simulation.facet_sums().values()
    # Below the diagonal of the middle strip.
    assert np.flatnonzero(sums.any(axis=1)).tolist() == [2]
    mass = case.mass[0]
    hit = sums[2]
    assert hit[at.FACET_PRESSING] == pytest.approx(mass * (1.0 + restitution), rel=1e-2)
    assert hit[at.FACET_DAMPING] == pytest.approx(
        0.5 * mass * (1.0 - restitution**2), rel=2e-2, abs=1e-4 * mass
    )
    assert hit[at.FACET_LOADING] == pytest.approx(0.5 * mass, rel=1e-2)
    assert hit[at.FACET_SLIDING] == 0.0


def tumbling(schedule="auto"):
    """Beads that a turning drum of facets carries along."""
    place = [[x, y, z] for x in (-6e-3, 0, 6e-3) for y in (-15e-3, -9e-3) for z in (4e-3, 10e-3)]
    case = case_of(
        place,
        material=SOFT,
        contact=hertz_mindlin(0.5, 0.5, 0.5),
        walls=tube(64, motion="rotation", rate=Profile.constant(RATE)),
        drive=Drive(gravity=(2.0, -GRAVITY, -4.0)),
        fraction=0.2,
        sums_by_wall=True,
    )
    return Simulation(case, schedule=schedule)


def test_the_triangles_of_a_wall_add_up_to_what_is_known_of_the_wall():
    simulation = tumbling()
    simulation.advance_to(0.03)
    simulation.collect()
    simulation.open_window()
    simulation.advance_to(0.06)
    walls, facets, collected = simulation.wall_sums(), simulation.facet_sums(), simulation.collect()
    assert sorted(facets) == [0, 1, 2]
    assert [len(rows) for rows in facets.values()] == [
        len(wall.line.triangles) for wall in simulation.cases[0].walls
    ]
    worn = []
    for number, rows in facets.items():
        assert rows.sum(axis=0) == pytest.approx(walls[number, OF_WALL], rel=1e-9, abs=1e-15)
        assert (rows >= 0.0).all()
        worn.append(int((rows[:, at.FACET_SLIDING] > 0.0).sum()))
    # The lower end and the side, many of their triangles.
    assert sum(worn) > 20 and sum(count > 0 for count in worn) == 2
    total = sum(rows.sum(axis=0) for rows in facets.values())
    log = collected.log[:, 1].sum(axis=0)
    assert total[at.FACET_SLIDING] == pytest.approx(log[at.SLIDING], rel=1e-6)
    assert total[at.FACET_LOADING] == pytest.approx(log[at.NORMAL], rel=1e-2)
    simulation.open_window()
    assert not any(rows.any() for rows in simulation.facet_sums().values())


def after(simulation):
    simulation.advance_to(0.03)
    return [rows.tobytes() for rows in simulation.facet_sums().values()]


def test_a_restart_gives_the_same_bits():
    wanted = after(tumbling())
    assert len(set(wanted)) > 1
    begun, again = tumbling(), tumbling()
    begun.advance_to(0.017)
    again.restore(begun.checkpoint())
    assert after(again) == wanted


@pytest.mark.slow
def test_every_schedule_gives_the_same_bits():
    wanted = after(tumbling())
    for schedule in ("parallel", "block"):
        assert after(tumbling(schedule)) == wanted


def test_sums_of_triangles_exist_only_where_a_case_asks_for_them():
    case = lying(hertz_mindlin(0.5, 0.3, 0.3))
    case.walls[:] = [strips(np.array([-5.0, 5.0]) * 1e-3)]
    simulation = Simulation(case)
    assert simulation.facet_sums() == {}
    assert simulation.state.sizes.count("facet") == simulation.state.sizes.count("bead's mesh") == 1
    without = lying(hertz_mindlin(0.5, 0.3, 0.3), sums_by_wall=True)
    assert Simulation(without).facet_sums() == {}
