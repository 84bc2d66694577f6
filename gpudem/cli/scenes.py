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
    file: Path | None = None,
    /,
    *,
    source: Annotated[str | None, Parameter(name="--from")] = None,
    mill: str | None = None,
    bowl: str | None = None,
    beads: str | None = None,
    mass: str | None = None,
) -> None:
    """Write a scene file for your machine, from the catalogue or as a copy of a shipped scene.

    Without a file it lists the machines of the catalogue and their bowls.

    Parameters
    ----------
    file
        The file to write, for example my.toml. An existing file is never overwritten.
    source
        The shipped scene to copy, where no mill is named; by default pulverisette7.
    mill
        A machine of the catalogue, for example retsch-pm100.
    bowl
        Volume of one of its bowls, for example "50 mL".
    beads
        Diameter and material of the beads, for example "10 mm steel".
    mass
        Mass of the powder in one bowl, for example "20 g": without it a run tells no energy per
        gram and no milling time.
    """
    from gpudem.errors import SceneError
    from gpudem.scene.file import new_scene
    from gpudem.scene.new_scene import machines_text, scene_of

    if file is None:
        if source or mill or bowl or beads or mass:
            raise SceneError("name the file to write, for example: gpudem new my.toml")
        print(machines_text())
        return
    if mill is None and (bowl or beads or mass):
        raise SceneError("--bowl, --beads and --mass go with --mill; gpudem new lists the mills")
    if mill is not None and source is not None:
        raise SceneError("--from copies a shipped scene and --mill writes one; give one of them")
    text = None if mill is None else scene_of(mill, bowl, beads, mass)
    written = new_scene(file, source or "pulverisette7", text)
    print(printable(f"wrote {written}; look at it with: gpudem check {file}"))
    if mill is not None and mass is None:
        print(
            "it has no mass of powder yet, which milling times need: set product.mass in it, or "
            'give --mass "20 g"'
        )
