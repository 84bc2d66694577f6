"""The folder of a study: what it is, and a folder for each of its cases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpudem import __version__
from gpudem.errors import GpudemError
from gpudem.files import file_errors, write_whole
from gpudem.study.case_folder import RESULT, STATE_POINT, CaseFolder
from gpudem.study.study import Study, StudyCase, study_from_text, value_at
from gpudem.study.uncertain import UncertainParameters, uncertain_from_text

#: Names in a study's folder.
WORKSPACE = "workspace"
STUDY = "study.toml"
CONTENTS = "study.json"
UNCERTAIN = "uncertain.toml"


@dataclass(frozen=True)
class StudyFolder:
    """A study's folder: what it is, and a folder for each of its cases.

    Attributes:
        path: the folder.
    """

    path: Path

    @classmethod
    def prepare(cls, path: Path, study: Study, cases: Sequence[StudyCase]) -> StudyFolder:
        """Make the folder of a study and those of its cases, where they are not there yet.

        Cases of an older version of the study stay in it, but do not belong to it any more.

        Raises:
            GpudemError: it cannot be written, or is the folder of something else.
        """
        folder = cls(path)
        if path.exists() and not path.is_dir():
            raise GpudemError(f"{path}: is no folder; name one for the study with -o")
        strange = path.is_dir() and any(path.iterdir()) and not (path / CONTENTS).exists()
        if strange:
            raise GpudemError(f"{path}: holds something else; name another folder with -o")
        if study.uncertain is None and (path / UNCERTAIN).exists():
            raise GpudemError(
                f"{path}: this study has uncertain parameters; it goes on with gpudem study "
                f"{path}, or with --uncertain {path / UNCERTAIN}"
            )
        with file_errors(path):
            (path / WORKSPACE).mkdir(parents=True, exist_ok=True)
            (path / ".signac").mkdir(exist_ok=True)
        contents = {
            "gpudem": __version__,
            "title": study.title,
            "scene": study.scene_name,
            "keys": study.varied,
            "variants": [one.name for one in study.variants],
            "energy": study.energy,
            "source": study.source,
            "cases": [case.identity for case in cases],
        }
        if study.uncertain is not None:
            contents["uncertain"] = _uncertain(study.uncertain, cases)
        # First, so that a folder that was begun is known as one.
        write_whole(path / CONTENTS, json.dumps(contents, indent=1, ensure_ascii=False) + "\n")
        write_whole(path / STUDY, study.text)
        if study.uncertain is not None:
            write_whole(path / UNCERTAIN, study.uncertain.text)
        write_whole(path / ".signac/config", "schema_version = 2\n")
        # It may be edited, for a cluster of one's own.
        if not (path / "workflow.toml").exists():
            write_whole(path / "workflow.toml", _WORKFLOW)
        for case in cases:
            folder.case(case.identity).prepare(case)
        return folder

    @property
    def contents(self) -> dict[str, Any]:
        """Title, keys that vary, and the names of the cases in order.

        Raises:
            GpudemError: this is no folder of a study.
        """
        path = self.path / CONTENTS
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except NotADirectoryError:
            raise GpudemError(
                f"{self.path}: is a file; the folder of a study is needed (gpudem sweep and "
                "gpudem study make one)"
            ) from None
        except FileNotFoundError:
            raise GpudemError(
                f"{self.path}: is not a study folder ({path.name} is missing)"
            ) from None
        except (OSError, ValueError) as error:
            raise GpudemError(f"{path}: cannot be read ({error})") from None

    @property
    def study(self) -> Study:
        """The study, as it was when the folder was made.

        Raises:
            SceneError: its file or its scene is not right any more.
        """
        contents = self.contents
        text = (self.path / STUDY).read_text(encoding="utf-8")
        return study_from_text(text, str(contents["source"]))

    @property
    def uncertain(self) -> UncertainParameters | None:
        """The uncertain parameters that the study was made with, if any.

        Raises:
            SceneError: their file is not right any more.
        """
        about = self.contents.get("uncertain")
        if about is None:
            return None
        text = (self.path / UNCERTAIN).read_text(encoding="utf-8")
        return uncertain_from_text(text, str(about["source"]))

    def changed(self, settings: Sequence[str]) -> Study:
        """The study, with its uncertain parameters, with keys of the scene set in all its cases.

        Args:
            settings: KEY=VALUE.

        Raises:
            SceneError: as for `Study.with_settings`.
        """
        study, uncertain = self.study.with_settings(settings), self.uncertain
        if uncertain is None:
            return study
        # The first row are the central values.
        return study.with_uncertain(uncertain, len(self.contents["uncertain"]["draws"]) - 1)

    def case(self, identity: str) -> CaseFolder:
        """The folder of a case."""
        return CaseFolder(self.path / WORKSPACE / identity)

    @property
    def cases(self) -> list[CaseFolder]:
        """The folders of all cases, in order."""
        return [self.case(str(name)) for name in self.contents["cases"]]


def _uncertain(uncertain: UncertainParameters, cases: Sequence[StudyCase]) -> dict[str, Any]:
    """What study.json holds of uncertain parameters: keys, and the values [SI] of each draw."""
    # Of the cases of a draw any one.
    scenes = {case.draw or 0: case.scene for case in cases}
    return {
        "source": uncertain.source,
        "keys": list(uncertain.keys),
        "draws": [
            [value_at(scenes[draw], key) for key in uncertain.keys] for draw in sorted(scenes)
        ],
    }


_WORKFLOW = f"""\
# Lets row (https://row.readthedocs.io) run the cases of this study: row submit.
[workspace]
value_file = "{STATE_POINT}"

[[action]]
name = "simulate"
command = "gpudem study . --only {{directory}} --quiet"
products = ["{RESULT}"]
[action.group]
maximum_size = 1
[action.resources]
processes.per_directory = 1
walltime.per_directory = "24:00:00"
"""
