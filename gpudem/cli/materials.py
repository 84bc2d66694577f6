"""The command `gpudem materials`."""

from __future__ import annotations


def materials() -> None:
    """List the materials of beads and bowls, with the sources of their values."""
    from gpudem.contact.material_library import materials_text

    print(materials_text())
