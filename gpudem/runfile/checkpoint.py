"""Checkpoints: all that a run needs to go on as if it had never stopped, beside its run file.

`NAME.vtkhdf.checkpoint-0` and `-1` are written in turn: aside, flushed to the disk, renamed. So
one of them is whole at any moment. They are numpy archives of plain arrays and one JSON text;
nothing in them is ever executed.
"""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gpudem import __version__
from gpudem.errors import RunFileError

SCHEMA = "gpudem-checkpoint-4"
_META = "meta"
_FAILURES = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class Checkpoint:
    """One moment of a run.

    Attributes:
        meta: numbers and texts, anything that JSON holds exactly.
        arrays: plain arrays by name.
    """

    meta: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def step(self) -> int:
        """Number of steps done."""
        return int(self.meta["step"])


def checkpoint_paths(run_file: Path) -> tuple[Path, Path]:
    """The two files that hold a run's checkpoints in turn."""
    first, second = (
        run_file.with_name(f"{run_file.name}.checkpoint-{number}") for number in range(2)
    )
    return first, second


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint so that the file is the old or the new one, whatever happens.

    Raises:
        RunFileError: it cannot be written; the old one is still there.
    """
    part = path.with_name(path.name + ".part")
    names = sorted(checkpoint.arrays)
    meta = {**checkpoint.meta, "schema": SCHEMA, "gpudem": __version__, "arrays": names}
    text = np.frombuffer(json.dumps(meta, allow_nan=False).encode(), dtype=np.uint8)
    try:
        with part.open("wb") as file:
            np.savez(file, **{_META: text}, **checkpoint.arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        reason = error.strerror or str(error)
        raise RunFileError(
            f"{path}: the checkpoint cannot be written: {reason}; the one before it is intact"
        ) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint and checks that it is whole.

    Raises:
        RunFileError: the file is missing, damaged, or of another version of gpudem.
    """
    try:
        with zipfile.ZipFile(path) as parts:
            # Ours are stored as they are; a compressed one could swell without bound.
            if sum(part.file_size for part in parts.infolist()) > path.stat().st_size:
                raise ValueError("its parts are larger than the file")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        meta = json.loads(arrays.pop(_META).tobytes())
        schema, version = meta["schema"], meta["gpudem"]
        int(meta["step"])
        if sorted(arrays) != meta["arrays"]:
            raise ValueError("arrays are missing")
    except FileNotFoundError:
        raise RunFileError(f"{path}: no such checkpoint") from None
    except (*_FAILURES, TypeError, AttributeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise RunFileError(f"{path}: is no intact checkpoint ({reason})") from error
    if schema != SCHEMA or version != __version__:
        raise RunFileError(
            f"{path}: written by gpudem {version}; this is {__version__}, which might not give the "
            "same bits; continue with the version that began the run"
        )
    return Checkpoint(meta, arrays)


def newest_checkpoint(run_file: Path, run: str | None = None) -> tuple[Checkpoint, int] | None:
    """The latest intact checkpoint of a run and which of the two files holds it, or None.

    Args:
        run_file: the run file.
        run: what `meta["run"]` has to be; those of other runs are passed over.

    Raises:
        RunFileError: there are checkpoints, but all are damaged or of another version.
    """
    found: list[tuple[Checkpoint, int]] = []
    faults: list[RunFileError] = []
    for number, path in enumerate(checkpoint_paths(run_file)):
        if not path.exists():
            continue
        try:
            one = read_checkpoint(path)
            if run is None or one.meta.get("run") == run:
                found.append((one, number))
        except RunFileError as error:
            faults.append(error)
    if found:
        return max(found, key=lambda item: item[0].step)
    if faults:
        raise faults[0]
    return None


def remove_checkpoints(run_file: Path) -> bool:
    """Removes the checkpoints of a run that has come to its end, or is begun anew.

    Returns:
        Whether there were any.

    Raises:
        RunFileError: one cannot be removed.
    """
    found = False
    for path in checkpoint_paths(run_file):
        for name in (path, path.with_name(path.name + ".part")):
            try:
                name.unlink()
                found = True
            except FileNotFoundError:
                pass
            except OSError as error:
                raise RunFileError(f"{name}: cannot be removed: {error.strerror}") from error
    return found


def _sync_folder(folder: Path) -> None:
    """Brings a rename to the disk, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
