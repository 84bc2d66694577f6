"""gpudem: what happens inside a planetary ball mill, bead by bead.

Public names: ``Scene``, ``load_scene``, ``Simulation``, ``open_run``, ``analyse_motion``,
``motion_map``, ``path_forces``. They are imported on first use, so that ``import gpudem`` stays
quick and starts no device.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

__version__ = "0.1.0"

_checkout = Path(__file__).resolve().parent.parent
if (_checkout / "kernels" / "law.py").is_file() and (_checkout / "pyproject.toml").is_file():
    # In a checkout `kernels/` and `scenes/` lie beside this package, in a wheel inside it.
    __path__.append(str(_checkout))

_PUBLIC = {
    "Scene": "gpudem.scene",
    "load_scene": "gpudem.scenefile",
    "Simulation": "gpudem.simulation",
    "open_run": "gpudem.runfile",
    "analyse_motion": "gpudem.motion.regimes",
    "motion_map": "gpudem.motion.maps",
    "path_forces": "gpudem.motion.forces",
    "GpudemError": "gpudem.errors",
}

__all__ = [
    "GpudemError",
    "Scene",
    "Simulation",
    "__version__",
    "analyse_motion",
    "load_scene",
    "motion_map",
    "open_run",
    "path_forces",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'gpudem' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
