"""The commands `gpudem scenes` and `gpudem new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gpudem.plain_text import printable


def scenes() -> None:
    """List the scenes that come with gpudem."""
    from gpudem.scene.file import shipped_scenes

    listed = shipped_scenes()
    width = max(len(name) for name, _ in listed)
    for name, title in listed:
        print(f"{name:{width}}  {title}")


def new(
    file: Path, /, *, source: Annotated[str, Parameter(name="--from")] = "pulverisette7"
) -> None:
    """Write a scene file of your own, copied with its comments from a shipped scene.

    Parameters
    ----------
    file
        The file to write, for example my.toml. An existing file is never overwritten.
    source
        The shipped scene to copy.
    """
    from gpudem.scene.file import new_scene

    written = new_scene(file, source)
    print(printable(f"wrote {written}; look at it with: gpudem check {file}"))
