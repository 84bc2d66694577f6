"""Bowls of scene files: round edges and ends, their faults, and a run in one of them."""

import re

import numpy as np
import pytest
import trimesh

from gpudem.analysis.motion.maps import motion_map
from gpudem.analysis.motion.regimes import analyse_motion
from gpudem.errors import RunFileError, SceneError
from gpudem.geometry.revolved import Smooth
from gpudem.pictures.colouring import COLOURINGS
from gpudem.pictures.picture import Picture
from gpudem.pictures.source import Footage, bowl_of
from gpudem.runfile.metadata import vessel_of
from gpudem.runfile.reader import open_run
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from gpudem.scene.file import load_scene, scene_text

TEXT = re.sub(r"(?m)^volume = .*\n", "", scene_text("pulverisette7-45ml"))


@pytest.fixture
def scene_with(tmp_path):
    """Loads the scene of the 45 mL bowl, 40 mm x 35.81 mm, without its volume."""

    def load(*sets):
        path = tmp_path / "bowl.toml"
        path.write_text(TEXT)
        return load_scene(path, sets)

    return load


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (["bottom_radius=21 mm"], "bowl.bottom_radius=21 mm: at most half the diameter = 20 mm"),
        (["top_radius=25 mm"], "at most half the diameter = 20 mm"),
        (["top_radius=5 mm", "closed=false"], "an open bowl has no edge at its top"),
        (["bottom_radius=20 mm", "top_radius=20 mm"], "round bottom and top alone are 40 mm high"),
        (["bottom=dished"], '"dished" needs bottom_depth, up to half the diameter = 20 mm'),
        (["bottom_depth=5 mm"], 'only with bottom = "dished" or "conical"'),
        (["bottom=dished", "bottom_depth=5 mm", "bottom_radius=5 mm"], "bottom_depth = 5 mm"),
        (["bottom=round"], "not known (accepted: flat, dished, conical)"),
        (["bottom=conical"], '"conical" needs bottom_depth, up to the height = 35.81 mm'),
        (["tip_radius=2 mm"], 'only with bottom = "conical"'),
        (
            ["bottom=conical", "bottom_depth=10 mm", "tip_radius=25 mm"],
            'tip_radius=25 mm: at most 24.98 mm leaves a cone; take bottom = "dished"',
        ),
        (["bottom=conical", "bottom_depth=40 mm"], "bottom and top alone are 40 mm high"),
        (["bottom=conical", "bottom_depth=5 mm", "bottom_radius=5 mm"], "bottom_depth = 5 mm"),
        (["bottom_radius=-1 mm"], "from 0 mm to 500 mm"),
        (
            ["volume=45 mL", "bottom_radius=10 mm"],
            "height and bottom_radius give 42.6 mL",
        ),
    ],
)
def test_a_wrong_shape_is_one_clear_fault(scene_with, sets, says):
    with pytest.raises(SceneError) as caught:
        scene_with(*(f"bowl.{item}" for item in sets))
    (line,) = str(caught.value).splitlines()
    assert says in line


def test_filling_counts_the_true_volume(scene_with):
    plain, capsule = scene_with(), scene_with("bowl.bottom_radius=17 mm", "bowl.top_radius=17 mm")
    assert capsule.bowl.volume == capsule.bowl.vessel.volume < 0.85 * plain.bowl.volume
    wanted = capsule.beads[0].filling * 0.6 * capsule.bowl.volume / capsule.beads[0].volume
    assert capsule.bead_count == round(wanted)


def test_a_round_bowl_is_one_wall_that_turns(scene_with):
    scene = scene_with("bowl.bottom_radius=8 mm")
    round_part, lid = build_case(scene).walls
    assert isinstance(round_part.line, Smooth)
    assert {wall.motion for wall in (round_part, lid)} == {"rotation"}
    # Beads that are too large for the edge touch bottom and side.
    walls = build_case(scene_with("bowl.bottom_radius=2.5 mm")).walls
    assert not any(isinstance(wall.line, Smooth) for wall in walls) and len(walls) == 3


def test_a_run_in_a_round_bowl_keeps_its_shape(scene_with, tmp_path):
    scene = scene_with(
        "bowl.bottom_radius=8 mm",
        "bowl.top_radius=5 mm",
        "run.duration=30 ms",
        "run.log_from=10 ms",
        "contact.softening=100",
        "beads.filling=0.2",
    )
    path = tmp_path / "round.vtkhdf"
    Simulation(scene).run(path)
    with open_run(path) as run:
        found, vessel = vessel_of(run), scene.bowl.vessel
        assert found.volume == pytest.approx(vessel.volume, rel=1e-9)
        assert len(found.lines) == 5
        assert bowl_of(run).vessel.edges == pytest.approx((8e-3, 35.81e-3 - 5e-3))
        place = run.snapshot(-1)["position"].values
        limit = found.radius_at(place[:, 2]) - np.hypot(place[:, 0], place[:, 1])
        assert limit.min() > 0.9 * scene.bead_radius
        assert analyse_motion(run).snapshots == 2
        found = motion_map(run)
        middle = 0.5 * (found.edges[1:] + found.edges[:-1])
        depth = vessel.depth_at(np.hypot(middle[:, None], middle))
        solid = np.nansum(found.solid_fraction * depth) * (middle[1] - middle[0]) ** 2
        assert solid == pytest.approx(scene.bead_count * scene.beads[0].volume, rel=0.02)


def bowl_of_run(path):
    with open_run(path) as run:
        return bowl_of(run)


BOX = TEXT.replace('diameter = "40 mm"', 'shape = "box"\nwidth = "40 mm"\ndepth = "30 mm"')


@pytest.fixture
def box_with(tmp_path):
    """Loads a scene of a box, 40 mm x 30 mm x 35.81 mm, at rest."""

    def load(*sets):
        path = tmp_path / "box.toml"
        path.write_text(BOX)
        return load_scene(path, ("mill.speed=0 rpm", *sets))

    return load


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("mill.speed=100 rpm", 'bowl.shape = "box": stands still; it needs mill.speed = 0'),
        ("bowl.volume=45 mL", "width, depth and height give 42.97 mL"),
        ("bowl.diameter=40 mm", "unknown key"),
        ("bowl.shape=cube", "not known (accepted: round, box, mesh)"),
        ("beads.diameter=31 mm", "the bowl is only 30 mm wide or high"),
    ],
)
def test_a_wrong_box_is_one_clear_fault(box_with, setting, says):
    with pytest.raises(SceneError) as caught:
        box_with(setting)
    (line,) = str(caught.value).splitlines()
    assert says in line


def test_beads_fall_in_a_box(box_with, tmp_path):
    scene = box_with(
        "run.duration=0.15 s", "run.log_from=0.1 s", "contact.softening=1000", "beads.filling=0.3"
    )
    assert scene.bowl.volume == pytest.approx(40e-3 * 30e-3 * 35.81e-3)
    case = build_case(scene)
    assert len(case.walls) == 6 and {wall.motion for wall in case.walls} == {"still"}
    radius, half = scene.bead_radius, np.array([20e-3, 15e-3])
    assert (np.abs(case.position[:, :2]) < half - radius).all()
    # Into the corners too, where no cylinder would let them.
    assert (np.hypot(*case.position[:, :2].T) > 15e-3).any()
    path = tmp_path / "box.vtkhdf"
    Simulation(scene).run(path)
    with open_run(path) as run:
        assert vessel_of(run) == scene.bowl.vessel
        place = run.snapshot(-1)["position"].values
        assert bowl_of(run).height == pytest.approx(35.81e-3)
        with pytest.raises(RunFileError, match="cylindrical bowls"):
            analyse_motion(run)
    assert (np.abs(place[:, :2]) < half - 0.97 * radius).all()
    assert place[:, 2].min() == pytest.approx(radius, rel=0.03)
    assert place[:, 2].mean() < case.position[:, 2].mean() - 2e-3
    picture = Picture(bowl_of_run(path), (200, 200))
    assert picture.image().std() > 1.0
    picture.close()


def lobed(path, *, lobes=3, scale=1e3):
    """Writes a mesh of a prism of 36 mm height with round lobes: wide ones at 25 to 30 mm."""
    angle = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)
    radius = 0.0275 + 0.0025 * np.cos(lobes * angle)
    line = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    ring = [(*corner, z) for z in (-0.01, 0.026) for corner in line]
    middle = [(0.0, 0.0, -0.01), (0.0, 0.0, 0.026)]
    k, n = np.arange(96), 96
    after = (k + 1) % n
    bottom = np.column_stack([after, k, np.full(n, 2 * n)])
    top = np.column_stack([n + k, n + after, np.full(n, 2 * n + 1)])
    side = [np.column_stack([k, after, n + after]), np.column_stack([k, n + after, n + k])]
    faces = np.vstack([bottom, top, *side])
    mesh = trimesh.Trimesh(scale * np.array([*ring, *middle]), faces, process=False)
    mesh.export(path)
    return mesh


MESH = re.sub(r'diameter = "40 mm".*\nheight = .*\n', 'shape = "mesh"\nunit = "mm"\n', TEXT)


@pytest.fixture
def mesh_with(tmp_path):
    """Loads a scene of a mesh beside it."""

    def load(*sets, file="bowl.stl", made=lobed):
        made(tmp_path / file)
        (tmp_path / "mesh.toml").write_text(MESH)
        return load_scene(tmp_path / "mesh.toml", (f"bowl.file={file}", *sets))

    return load


def spoiled(change):
    """Makes a mesh that something is wrong with."""

    def made(path):
        mesh = lobed(path)
        change(mesh)
        mesh.export(path)

    return made


def without_a_triangle(mesh):
    mesh.update_faces(np.arange(len(mesh.faces)) != 5)


def with_one_turned_over(mesh):
    mesh.faces[7] = mesh.faces[7][::-1]


def with_a_fin(mesh):
    fin = [*mesh.faces[200][:2], len(mesh.vertices)]
    mesh.vertices = np.vstack([mesh.vertices, [[60.0, 0.0, 0.0]]])
    mesh.faces = np.vstack([mesh.faces, [fin]])


@pytest.mark.parametrize(
    ("made", "sets", "says"),
    [
        (spoiled(without_a_triangle), [], "has holes: 3 edges belong to one triangle only"),
        (spoiled(with_one_turned_over), [], "some triangles face inwards and others outwards"),
        (spoiled(with_a_fin), [], "has holes: 2 edges|branches: "),
        (lobed, ["unit=m"], "55 x 5[0-9.]+ x 36 m large; .* is bowl.unit right"),
        (lobed, ["unit=km"], "not known; .*.accepted: mm, cm, m, in."),
        (spoiled(lambda mesh: mesh.apply_translation([40.0, 0.0, 0.0])), [], "beside the z axis"),
        (lobed, ["volume=80 mL"], "file and unit give 8[0-9.]+ mL"),
        (lobed, ["closed=false"], "a mesh is closed; leave it out"),
        (lobed, ["file=bowl.step"], "is no file of .stl, .obj, .ply"),
        (lobed, ["file=other.stl"], "other.stl: no such file"),
        (lambda path: path.write_text("solid x"), [], "holds no triangles|cannot be read"),
    ],
)
def test_a_wrong_mesh_is_one_clear_fault(mesh_with, made, sets, says):
    with pytest.raises(SceneError) as caught:
        mesh_with(*(f"bowl.{item}" for item in sets), made=made)
    (line,) = str(caught.value).splitlines()
    assert re.search(says, line)


@pytest.mark.parametrize("ending", ["stl", "obj", "ply"])
def test_a_mesh_is_read_from_each_kind_of_file(mesh_with, tmp_path, ending):
    scene = mesh_with(file=f"bowl.{ending}")
    vessel = scene.bowl.vessel
    area = 0.5 * 96 * np.sin(2 * np.pi / 96) * (0.0275**2 + 0.5 * 0.0025**2)
    assert vessel.volume == pytest.approx(area * 36e-3, rel=2e-3)
    assert vessel.height == pytest.approx(36e-3) and vessel.radius == pytest.approx(30e-3)
    # Side, bottom and lid; one that is inside out is turned.
    assert [len(wall.line.triangles) for wall in vessel.walls(1e-3)] == [96, 96, 192]
    lobed(tmp_path / f"inner.{ending}").invert()
    assert mesh_with(file=f"inner.{ending}").bowl.vessel.volume == pytest.approx(vessel.volume)


def wear_is_that_of_the_walls(run):
    """What a run file holds of each triangle, beside what it holds of the walls."""
    wear, vessel = run.wear, vessel_of(run)
    assert len(wear.corners) == len(vessel.triangles) == len(wear.wall)
    assert wear.duration == pytest.approx(10e-3)
    assert wear.area.sum() == pytest.approx(vessel.mesh.area, rel=1e-9)
    # The same triangles, wall by wall.
    rows = [np.unique(t.reshape(-1, 9).round(9), axis=0) for t in (wear.corners, vessel.triangles)]
    assert rows[0] == pytest.approx(rows[1])
    for number, wall in enumerate(run.walls):
        own = wear.wall == number
        for name in ("pressing", "loading", "sliding", "damping"):
            assert getattr(wear, name)[own].sum() == pytest.approx(wall[name], rel=1e-6, abs=1e-12)
    assert wear.sliding.sum() > 0.0
    for name, sums in (("pressure", wear.pressing), ("impact", wear.damping)):
        assert (wear.maps[name] * wear.area).sum() * wear.duration == pytest.approx(sums.sum())


def test_beads_are_carried_in_a_turning_mesh(mesh_with, tmp_path):
    scene = mesh_with(
        "run.duration=20 ms",
        "run.log_from=10 ms",
        "contact.softening=1000",
        "beads.filling=0.2",
        "run.log_walls=true",
    )
    case = build_case(scene)
    assert scene.bowl.vessel.depth(case.position).min() > scene.bead_radius
    path = tmp_path / "mesh.vtkhdf"
    Simulation(scene).run(path)
    with open_run(path) as run:
        vessel = vessel_of(run)
        assert vessel.volume == pytest.approx(scene.bowl.vessel.volume, rel=1e-9)
        last = run.snapshot(-1)
        # The bowl has turned by 600 rpm against the disc's sense: 72 degrees.
        turn = scene.wall_speed * float(last.attrs["time"])
        cosine, sine = np.cos(-turn), np.sin(-turn)
        back = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        place = last["position"].values @ back.T
        wear_is_that_of_the_walls(run)
        footage = Footage(run)
        shot = footage.shot(run.snapshots - 1, COLOURINGS["speed"])
    # Turned back as the picture turns the bowl, the beads lie in it again.
    cosine, sine = np.cos(-shot.turn), np.sin(-shot.turn)
    shown = shot.position @ np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    assert vessel.depth(shown).min() > 0.95 * scene.bead_radius
    assert vessel.depth(place).min() > 0.95 * scene.bead_radius
    assert vessel.depth(last["position"].values).min() < 0.9 * scene.bead_radius
    picture = Picture(bowl_of_run(path), (200, 200))
    assert picture.image().std() > 1.0
    picture.close()
