"""Files that commands write: refused before any work where they may not be, whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from gpudem.errors import GpudemError


def check_output(path: Path, overwrite: bool, new_folder: bool = False, option: str = "-o") -> None:
    """Refuses a file that must not or cannot be written, before any work is done.

    Args:
        path: the file.
        overwrite: it may exist.
        new_folder: its folder may be missing.
        option: what names the file.

    Raises:
        GpudemError: the file exists and must stay, or its folder does not exist.
    """
    if path.exists() and not overwrite:
        raise GpudemError(
            f"{path}: exists already; write elsewhere with {option}, or give --overwrite"
        )
    if not path.parent.is_dir() and not new_folder:
        raise GpudemError(f"{path}: cannot be written: there is no folder {path.parent}")
    above = next(one for one in (path.parent, *path.parent.parents) if one.exists())
    if not above.is_dir():
        raise GpudemError(f"{option} {above}: is a file; name a folder")


@contextlib.contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's file errors into one clear message."""
    try:
        yield
    except OSError as error:
        raise GpudemError(f"{path}: cannot be written ({error.strerror})") from error


def write_whole(path: Path, contents: str | bytes) -> Path:
    """Write a file, whole or not at all.

    Raises:
        GpudemError: it cannot be written.
    """
    with whole_file(path) as part:
        part.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    return path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a name to write to; what is written gets its final name only when it is whole.

    Raises:
        GpudemError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        with file_errors(path):
            yield part
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
