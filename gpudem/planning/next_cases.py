"""The command of cases to run next, where a plan cannot answer from those that there are."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gpudem.planning.cases import VARIANT, Cases, Settings
from gpudem.planning.response import FEWEST_SEEDS
from gpudem.scene.file import shipped
from gpudem.scene.toml_text import parse_toml
from gpudem.study.axis import settings_of, value_text
from gpudem.study.case_folder import SCENE
from gpudem.study.study_folder import STUDY, StudyFolder


def sweep_commands(cases: Cases, points: Sequence[Settings], before: int = 0) -> list[str]:
    """The ``gpudem sweep`` commands that run cases at these settings, in a folder of their own.

    Given beside the studies that there are, that folder widens the plan: its cases differ from
    theirs in nothing but the settings.

    Args:
        cases: what a plan rests on.
        points: a value for each of its coordinates.
        before: number of such commands told already, whose folders are taken.
    """
    folder = cases.folders[0]
    axes = [one for one in cases.coordinates if one.key in folder.contents["keys"]]
    # Values that a coordinate takes together with the same ones of all others make one command.
    grids: list[tuple[tuple[Any, ...], ...]] = []
    for point in points:
        whole = tuple((point[one.name],) for one in axes)
        if whole not in grids:
            grids.append(whole)
    for place in range(len(axes) - 1, -1, -1):
        merged: dict[Any, list[Any]] = {}
        for whole in grids:
            others = whole[:place] + whole[place + 1 :]
            merged.setdefault(others, []).extend(whole[place])
        grids = [
            (*others[:place], tuple(dict.fromkeys(values)), *others[place:])
            for others, values in merged.items()
        ]
    names = itertools.islice(_free_folders(folder.path), before, None)
    variant = points[0].get(VARIANT) if points else None
    text, common = _scene_and_settings(folder, variant)
    found = []
    for grid, name in zip(grids, names, strict=False):
        words = ["gpudem", "sweep", text]
        for one, values in zip(axes, grid, strict=True):
            shown = ",".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in values)
            words.append(f"{one.key}={shown}{one.unit if one.unit not in ('', '1') else ''}")
        words += ["--seeds", str(FEWEST_SEEDS)]
        for setting in common:
            words += ["--set", setting]
        found.append(shlex.join([*words, "-o", str(name)]))
    return found


def command_note(cases: Cases, commands: Sequence[str]) -> str:
    """What to do with the folders that such commands make."""
    if VARIANT in cases.names:
        return "then: gpudem plan with such a study of one variant alone"
    folders = " ".join(str(folder.path) for folder in cases.folders)
    new = [shlex.split(command)[-1] for command in commands]
    return f"then: gpudem plan {folders} {' '.join(new)} ..."


def _free_folders(path: Path) -> Iterator[Path]:
    for n in itertools.count(1):
        name = path.with_name(f"{path.name}-next{n if n > 1 else ''}")
        if not name.exists():
            yield name


def _scene_and_settings(folder: StudyFolder, variant: str | None) -> tuple[str, list[str]]:
    """How the study's scene is named in commands, and what is set in all cases of a variant."""
    path = folder.path / STUDY
    table = parse_toml(path.read_text(encoding="utf-8"), str(path))
    scene = str(table.get("scene", ""))
    beside = Path(str(folder.contents["source"])).parent / scene
    if scene not in shipped():
        # Where the file is no longer there, each case has a copy of it.
        scene = str(beside if beside.is_file() else folder.cases[0].path / SCENE)
    common = settings_of(table.get("set", {}))
    for one in table.get("variants", ()):
        if one.get("name") == variant:
            common.update(settings_of(one.get("set", {})))
    uncertain = folder.uncertain
    # As the cases that a plan is made of.
    central = [] if uncertain is None else [f"{k}={v}" for k, v in uncertain.central.items()]
    return scene, [f"{key}={value_text(value)}" for key, value in common.items()] + central
