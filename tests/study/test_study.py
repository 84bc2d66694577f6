"""Study files and sweeps: the cases that follow, and messages for what is wrong."""

import json

import pytest

from gpudem.errors import SceneError
from gpudem.scene.file import load_scene
from gpudem.study.study import (
    load_study,
    shipped_studies,
    study_from_text,
    study_of,
    value_at,
)

TEXT = """
scene = "pulverisette7"
seeds = 2

[set]
run.duration = "20 ms"
run.log_from = "10 ms"

[vary]
mill.speed = "200..1000:3"
beads.diameter = ["5 mm", "3 mm"]

[[variants]]
name = "as it is"

[[variants]]
name = "slippery"
set = { contact.bead_bead.dynamic_friction = 0.1 }
"""


def test_cases_are_all_combinations():
    cases = study_from_text(TEXT).cases()
    assert len(cases) == 2 * 3 * 2 * 2
    assert len({case.identity for case in cases}) == len(cases)
    last = cases[-1]
    assert last.label == "slippery, mill.speed 1000 rpm, beads.diameter 3 mm, seed 2"
    assert last.scene.contact.bead_bead.dynamic_friction == 0.1
    assert last.scene.run.seed == 2
    point = last.state_point
    assert point["mill"]["speed"] == pytest.approx(104.71975512)
    assert point["beads"]["diameter"] == pytest.approx(0.003)
    assert point["variant"] == "slippery" and point["seed"] == 2


def test_identity_is_of_what_is_simulated():
    first = study_of("pulverisette7", {"mill.speed": "600 rpm, 400 rpm"}).cases()
    same = study_of("pulverisette7", {"mill.speed": "10 1/s, 400 1/min"}).cases()
    assert [one.identity for one in first] == [one.identity for one in same]
    other = study_of(
        "pulverisette7",
        {"mill.speed": "600 rpm, 400 rpm"},
        settings=["contact.bead_bead.restitution=0.2"],
    ).cases()
    assert not {one.identity for one in first} & {one.identity for one in other}


def test_points_that_are_the_same_are_run_once():
    assert len(study_of("pulverisette7", {"mill.speed": "600 rpm, 10 1/s"}).cases()) == 1


def test_a_title_or_a_new_key_does_not_make_another_case():
    scene = load_scene("pulverisette7")
    renamed = scene.model_copy(update={"title": "mine"})
    assert renamed.digest == scene.digest
    assert load_scene("pulverisette7", ["mill.speed=10 1/s"]).digest == scene.digest
    assert load_scene("pulverisette7", ["mill.speed=601 rpm"]).digest != scene.digest


def test_a_study_is_changed_in_all_its_cases_and_otherwise_the_same():
    whole = TEXT.replace(
        "[set]", 'title = "a title"\nenergy = "300 J/g"\n[set]\nrun.guards = false'
    )
    study = study_from_text(whole)
    longer = study.with_settings(["run.duration=40 ms", "mill.ratio=-2.5", "run.log=bowl"])
    # What is kept beside the cases says it all.
    again = study_from_text(longer.text)
    assert (again.title, again.energy, again.seeds) == ("a title", 3e5, (1, 2))
    assert [one.name for one in again.variants] == ["as it is", "slippery"]
    assert len(again.cases()) == len(study.cases())
    for before, after in zip(study.cases(), again.cases(), strict=True):
        assert after.variant == before.variant
        assert (after.scene.run.duration, after.scene.mill.ratio) == (0.04, -2.5)
        assert after.scene.run.log == "bowl" and after.scene.run.guards is False
        assert after.scene.run.log_from == before.scene.run.log_from
        assert after.scene.mill.speed == before.scene.mill.speed
        assert after.scene.contact.bead_bead == before.scene.contact.bead_bead
    assert study.with_settings([]) is study
    for setting, told in (
        ("mill.speed=400 rpm", "--set mill.speed: it varies in the study"),
        ("contact.bead_bead.dynamic_friction=0.2", "it varies in the study"),
        ("run.duration", "--set run.duration: write KEY=VALUE"),
    ):
        with pytest.raises(SceneError, match=told):
            study.with_settings([setting])


def test_designs():
    text = TEXT.replace("seeds = 2", 'design = "zip"').replace("1000:3", "1000:2")
    assert len(study_from_text(text).cases()) == 2 * 2
    cube = """
scene = "pulverisette7"
design = "latin-hypercube"
samples = 5
[vary]
mill.speed = "200..1000"
beads.filling = "0.1..0.5"
"""
    cases = study_from_text(cube).cases()
    assert len(cases) == 5
    assert all(0.1 <= value_at(case.scene, "beads.filling") <= 0.5 for case in cases)


def test_values_of_one_of_several_tables():
    from gpudem.scene.file import scene_from_text, scene_text

    two = scene_text("pulverisette7").replace("[beads]", "[[beads]]")
    two = two.replace(
        "[contact]", '[[beads]]\ndiameter = "3 mm"\nmaterial = "zirconia"\ncount = 9\n\n[contact]'
    )
    scene = scene_from_text(two, ["beads.2.count=7"])
    assert value_at(scene, "beads.2.count") == 7
    assert value_at(scene, "beads.1.diameter") == pytest.approx(0.005)
    assert value_at(scene, "contact.model") == "hertz-mindlin"


@pytest.mark.parametrize(
    "old, new, told",
    [
        (
            "mill.speed =",
            "mill.sped =",
            "study.toml: mill.sped=200: unknown key; did you mean 'mill.speed'?",
        ),
        ('"200..1000:3"', '"200..1000"', "study.toml:10: vary.mill.speed"),
        ('["5 mm", "3 mm"]', '["5 mm", "3 m"]', 'study.toml: beads.diameter="3 m"'),
        ('["5 mm", "3 mm"]', '["5 mm", "3 kg"]', "a length is needed"),
        ("seeds = 2", "seeds = 0", "study.toml:3: seeds = 0: must be from 1 to 10000"),
        ("seeds = 2", "seeds = [1, 1]", "each seed once"),
        ("seeds = 2", "sedes = 2", "study.toml:3: sedes: unknown key; did you mean 'seeds'?"),
        ('"pulverisette7"', '"pulverisete7"', "did you mean 'pulverisette7'"),
        ('name = "slippery"', 'name = "as it is"', "another one has this name"),
        ('name = "slippery"', "", "name is missing"),
        ("seeds = 2", 'design = "grids"', "grid"),
        ("seeds = 2", "samples = 4", 'only with design = "latin-hypercube"'),
    ],
)
def test_faults_name_file_and_key(old, new, told):
    assert old in TEXT
    with pytest.raises(SceneError) as caught:
        study_from_text(TEXT.replace(old, new)).cases()
    assert told in str(caught.value)
    # One fault is told once, not for each of the cases that have it.
    assert len(str(caught.value).split("\n")) <= 2


def test_unknown_study():
    with pytest.raises(SceneError, match="did you mean 'paper-grid'"):
        load_study("paper-gird")


@pytest.mark.parametrize("name", [name for name, _ in shipped_studies()])
def test_shipped_studies(name):
    study = load_study(name)
    assert study.title
    cases = study.cases()
    assert len(cases) > 1
    json.dumps([case.state_point for case in cases])


def test_the_published_grid():
    cases = load_study("paper-grid").cases()
    assert len(cases) == 45
    counts = {case.scene.bead_count for case in cases}
    assert counts == {73, 220, 367, 340, 1019, 1698, 1711, 5132, 8553}


def test_the_page_of_keys_and_quantities_is_whole():
    from pathlib import Path

    from gpudem.study.dataset import QUANTITIES
    from gpudem.study.study import Study

    page = (Path(__file__).parents[2] / "docs/reference/study.md").read_text()
    for key in Study.model_fields:
        assert f"| `{key}` |" in page
    for one in QUANTITIES:
        assert f"| `{one.name}` | {one.unit} | {one.meaning} |" in page
