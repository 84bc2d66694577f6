"""What works here: devices, libraries, and a self-test to attach to a bug report."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable
from typing import Any

from gpudem import __version__
from gpudem.device import start as devices
from gpudem.pictures.rendering import describe_rendering

_LIBRARIES = ("taichi", "numpy", "scipy", "h5py", "pyvista", "vtk", "pydantic", "xarray")


def examine(index: int = 0) -> dict[str, Any]:
    """Looks at the machine without starting a device.

    Args:
        index: which of several GPUs to look at.

    Returns:
        ``gpudem``, ``python``, ``system``, ``cores``, ``libraries`` by name, and ``devices``: for
        each kind what was found or why it cannot be used, and ``rendering`` likewise.
    """
    found: dict[str, str] = {"cpu": f"works: {devices.describe_kind('cpu')}"}
    for kind in ("cuda", "vulkan", "metal"):
        missing = devices.why_missing(kind, index)
        if missing is None:
            name = devices.describe_kind(kind, index)
            note = " (a software renderer: for tests only)" if devices.is_software(name) else ""
            found[kind] = f"works: {name}{note}"
        else:
            found[kind] = f"not usable: {missing}"
    return {
        "gpudem": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "devices": found,
        "rendering": describe_rendering(),
    }


def self_test_report(tell: Callable[[str], None]) -> dict[str, Any]:
    """Runs the self-test on the current device and says on which; ``tell`` hears the progress."""
    from gpudem.diagnostics.self_test import run_self_test

    return {"device": devices.current().describe(), "checks": run_self_test(tell)}


def print_findings(findings: dict[str, Any]) -> None:
    """Prints the findings of `examine` for people."""
    print(f"gpudem {findings['gpudem']}, Python {findings['python']}, {findings['system']}")
    print("libraries: " + ", ".join(f"{k} {v}" for k, v in findings["libraries"].items()))
    for kind, text in findings["devices"].items():
        print(f"device {kind:7} {text}")
    print(f"rendering      {findings['rendering']}")
    test = findings.get("self_test")
    if test:
        print(f"self-test on {test['device']}")
        for check in test["checks"]:
            mark = "ok  " if check["passed"] else "FAIL"
            found = check.get("error") or f"{check['got']:.6g} (expected {check['expected']:g})"
            print(f"  {mark} {check['name']}: {found}")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
