"""gpudem: what happens inside a ball mill, bead by bead.

The names in ``__all__`` are the public ones. They are imported on first use, so that
``import gpudem`` stays quick and starts no device.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpudem.analysis.motion.forces import path_forces
    from gpudem.analysis.motion.maps import motion_map
    from gpudem.analysis.motion.regimes import analyse_motion
    from gpudem.device.start import start as start_device
    from gpudem.engine.case import Case
    from gpudem.errors import GpudemError
    from gpudem.report.report import analyse
    from gpudem.runfile.reader import Run, open_run
    from gpudem.running.interruption import interrupted_run
    from gpudem.running.plan import Plan
    from gpudem.running.simulation import Simulation, resume_run
    from gpudem.scene.checks import warnings as scene_warnings
    from gpudem.scene.file import load_scene
    from gpudem.scene.tables import Scene
    from gpudem.study.dataset import open_study

__version__ = "0.2.0"

_PUBLIC = {
    "Case": "gpudem.engine.case",
    "GpudemError": "gpudem.errors",
    "Plan": "gpudem.running.plan",
    "Run": "gpudem.runfile.reader",
    "Scene": "gpudem.scene.tables",
    "Simulation": "gpudem.running.simulation",
    "analyse": "gpudem.report.report",
    "analyse_motion": "gpudem.analysis.motion.regimes",
    "interrupted_run": "gpudem.running.interruption",
    "load_scene": "gpudem.scene.file",
    "motion_map": "gpudem.analysis.motion.maps",
    "open_run": "gpudem.runfile.reader",
    "open_study": "gpudem.study.dataset",
    "path_forces": "gpudem.analysis.motion.forces",
    "resume_run": "gpudem.running.simulation",
    "scene_warnings": "gpudem.scene.checks",
    "start_device": "gpudem.device.start",
}
#: What is called otherwise where it is at home.
_NAMES = {"scene_warnings": "warnings", "start_device": "start"}

__all__ = [
    "Case",
    "GpudemError",
    "Plan",
    "Run",
    "Scene",
    "Simulation",
    "__version__",
    "analyse",
    "analyse_motion",
    "interrupted_run",
    "load_scene",
    "motion_map",
    "open_run",
    "open_study",
    "path_forces",
    "resume_run",
    "scene_warnings",
    "start_device",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), _NAMES.get(name, name))
    raise AttributeError(f"module 'gpudem' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def _take_in(name: str) -> None:
    """Makes a folder beside this package, as in a checkout, the package of that name in it."""
    folder = Path(__file__).resolve().parent.parent / name
    spec = importlib.util.spec_from_file_location(
        f"{__name__}.{name}", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    globals()[name] = module


for _name in ("kernels", "scenes"):
    # A wheel holds them inside.
    if not (Path(__file__).parent / _name).is_dir():
        _take_in(_name)
