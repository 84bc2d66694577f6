"""The command to run next where a run can be trusted with care only, or not at all."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpudem.analysis.steadiness import BLIND, STANDARD_ERRORS
from gpudem.report.answers import GOOD, checks
from gpudem.runfile.metadata import is_steady
from gpudem.scene.file import shipped
from gpudem.units import format_quantity

Result = Mapping[str, Any]
#: Times as long as the last run, at least (which halves its errors) and at most.
_LEAST, _MOST = 4.0, 16.0
#: Beyond what the scatter asks for, as that is known from a few blocks only.
_MARGIN = 2.0
#: A finer step, as a share of the Rayleigh time.
_FINER = 0.1


def next_command(result: Result) -> str:
    """The command that resolves what is doubtful about a run; "" where there is none.

    Args:
        result: what `gpudem.report.report.analyse` returned.
    """
    doubtful = {check.name for check in checks(result) if check.verdict != GOOD}
    if not result["complete"]:
        return shlex.join(["gpudem", "resume", str(result["file"])])
    scene = result["scene"]
    settings: dict[str, str] = {}
    # A mill whose speed changes on purpose does not become steady by running longer.
    if doubtful & {"Steady", "Statistical uncertainty"} and not _changing(scene):
        settings["run.duration"] = longer([result])
    if "Energy ledger" in doubtful and result["ledger"]["channels"] is not None:
        share = (result["timestep"] or 0.0) / (result["rayleigh_time"] or 1.0)
        if share > 0.0:
            settings["run.rayleigh_fraction"] = f"{_FINER if share > _FINER else share / 2.0:.2g}"
    if "Stiffness" in doubtful:
        settings["contact.softening"] = "1"
    if "Guards" in doubtful and not result["guards"]:
        settings["run.guards"] = "true"
    name = str(scene["name"])
    if not settings or not (name in shipped() or Path(name).is_file()):
        return ""
    kept = [one for one in scene["overrides"] if one.partition("=")[0].strip() not in settings]
    words = ["gpudem", "run", name]
    for setting in (*kept, *(f"{key}={value}" for key, value in settings.items())):
        words += ["--set", setting]
    file = Path(result["file"])
    following = file.with_name(f"{file.stem}-next{file.suffix}")
    if following.exists():
        return shlex.join(["gpudem", "report", str(following)])
    return shlex.join([*words, "-o", str(following)])


def longer(results: Sequence[Result]) -> str:
    """A duration after which runs that scatter too much should be steady, as a scene takes it.

    Scatter falls as one over the root of the time, so the time grows with the square of how far it
    is above the limit.

    Args:
        results: of runs of about the same duration.
    """
    times = [_LEAST]
    for result in results:
        for drift in result["steadiness"]["drifts"]:
            mean = 0.5 * abs(drift["first"] + drift["second"])
            if mean > 0.0 and drift["standard_error"] is not None:
                above = STANDARD_ERRORS * drift["standard_error"] / (BLIND * mean)
                times.append(_MARGIN * above**2)
    duration = max(result["window"]["end"] for result in results) * min(max(times), _MOST)
    return f'"{format_quantity(duration, "time", 2)}"'


def _changing(scene: Mapping[str, Any]) -> bool:
    span = scene["speed_range"]
    return bool(span) and not is_steady(*span)
