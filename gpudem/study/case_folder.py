"""The folder of one case of a study: what it is, how far it is, and its results.

A folder is done when its product file is there, which is written last. Names and state points are
those of signac; the product file is what row looks for.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpudem.errors import GpudemError
from gpudem.files import file_errors, write_whole
from gpudem.runfile.commit_file import lock
from gpudem.scene.file import scene_from_text
from gpudem.scene.tables import Scene
from gpudem.stopping import StopSignals
from gpudem.study.study import StudyCase

#: Names of the files in a case's folder.
STATE_POINT = "signac_statepoint.json"
CASE = "case.json"
SCENE = "scene.toml"
LOG = "log.txt"
RUN = "run.vtkhdf"
RESULT = "result.json"
FAILURE = "failure.json"
_LOCK = ".lock"
#: How long a process waits for another one that works on a case [s]; one whose study was just
#: killed is saving it.
PATIENCE = 10.0


class CaseTaken(GpudemError):
    """Another process works on the case."""


@dataclass(frozen=True)
class CaseFolder:
    """The folder of one case.

    Attributes:
        path: the folder; its name is the identity of the case.
    """

    path: Path

    def prepare(self, case: StudyCase) -> None:
        """Write down what the case is, where that was not done yet.

        Raises:
            GpudemError: it cannot be written.
        """
        with file_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        scene = case.scene
        about = {
            "label": case.label,
            "keys": list(case.keys),
            "variant": case.variant,
            "scene": scene.source_name,
            "overrides": list(scene.overrides),
            "beads": scene.bead_count,
            "bead_steps": case.bead_steps,
        }
        sets = " ".join(f"--set {json.dumps(one, ensure_ascii=False)}" for one in scene.overrides)
        head = f"# {case.label}\n# gpudem run {SCENE} {sets}".rstrip() + "\n\n"
        self._write(CASE, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        self._write(SCENE, head + scene.source_text)
        # Last: signac takes a folder with a state point for whole.
        self._write(STATE_POINT, json.dumps(case.state_point, sort_keys=True))

    def _write(self, name: str, text: str) -> None:
        path = self.path / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text)

    @property
    def about(self) -> dict[str, Any]:
        """What was written down when the folder was prepared.

        Raises:
            GpudemError: this is no folder of a case.
        """
        return self._read(CASE)

    @property
    def state_point(self) -> dict[str, Any]:
        """Varied values [SI], seed and digest."""
        return self._read(STATE_POINT)

    @property
    def scene(self) -> Scene:
        """The scene of the case."""
        about = self.about
        text = (self.path / SCENE).read_text(encoding="utf-8")
        return scene_from_text(text, about["overrides"], about["scene"])

    @property
    def run_file(self) -> Path:
        """The run file of the case, which may not exist yet."""
        return self.path / RUN

    @property
    def done(self) -> bool:
        """Whether its results are there."""
        return (self.path / RESULT).exists()

    @property
    def failure(self) -> dict[str, Any] | None:
        """Why the last try failed, if it did."""
        return None if not (self.path / FAILURE).exists() else self._read(FAILURE)

    @property
    def result(self) -> dict[str, Any]:
        """What `gpudem.report.report.analyse` found."""
        return self._read(RESULT)

    def finish(self, result: dict[str, Any]) -> None:
        """Write the results: the case is done."""
        write_whole(self.path / RESULT, json.dumps(result, indent=1) + "\n")
        self.forget_failure()

    def fail(self, message: str) -> None:
        """Note why a try failed."""
        before = self.failure or {}
        told = {"message": message, "tries": int(before.get("tries", 0)) + 1}
        write_whole(self.path / FAILURE, json.dumps(told, indent=1) + "\n")

    def forget_failure(self) -> None:
        """Remove the note of a failed try."""
        (self.path / FAILURE).unlink(missing_ok=True)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """While entered, no other process works on the case; however this one ends.

        Raises:
            CaseTaken: another one does.
        """
        with file_errors(self.path / _LOCK):
            descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            until = time.monotonic() + PATIENCE
            while not (free := lock(descriptor)) and time.monotonic() < until:
                if StopSignals().received is not None:
                    break
                time.sleep(0.1)
            if not free:
                raise CaseTaken(f"{self.path}: another process works on this case")
            yield
        finally:
            os.close(descriptor)

    def _read(self, name: str) -> dict[str, Any]:
        path = self.path / name
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise GpudemError(
                f"{path}: is missing; this is not the folder of a study's case"
            ) from None
        except (OSError, ValueError) as error:
            raise GpudemError(f"{path}: cannot be read ({error})") from None
        if not isinstance(found, dict):
            raise GpudemError(f"{path}: holds no table")
        return found
