"""What a run file says of its mill: numbers, speed of the drive, shape and motion of the vessel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gpudem.errors import RunFileError
from gpudem.geometry.box import Box
from gpudem.geometry.mesh import MeshVessel
from gpudem.geometry.vessel import Vessel
from gpudem.mills.kinds import CHOICE, KINDS
from gpudem.mills.mill import Mill
from gpudem.mills.stirrer import Stirrer
from gpudem.mills.vessel_motion import VesselMotion

#: The speed may change by this share within the window; beyond it a mean has no meaning.
_STEADY = 1e-3
#: Keys of a mill that make its speed change.
_OVER_TIME = ("speed_profile", "frequency_profile", "cycle")


def number_of(run: Any, name: str) -> float | None:
    """A parameter of a run, or of anything else that has some; None if it is no finite number."""
    value: Any = run.parameters.get(name)
    usable = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if usable and math.isfinite(value) else None


def speed_range(run: Any, first: int = 0) -> tuple[float, float] | None:
    """Lowest and highest speed of the disc [rad/s] in the intervals from ``first`` on.

    None for a run of one speed; NaN where there are no such intervals.
    """
    mill = (getattr(run, "resolved", None) or {}).get("mill")
    if not isinstance(mill, dict) or not any(mill.get(key) for key in _OVER_TIME):
        return None
    speeds = run.series["disc_speed"][first:]
    return (float(speeds.min()), float(speeds.max())) if len(speeds) else (math.nan, math.nan)


def speed_of(run: Any, first: int = 0) -> float | None:
    """The disc's speed [rad/s] in all intervals from ``first`` on; None if unknown or changing."""
    span = speed_range(run, first)
    if span is None:
        return number_of(run, "speed")
    return span[1] if is_steady(*span) else None


def by_settings(run: Any) -> tuple[float, ...]:
    """What runs are sorted by where several are shown: speed, bead size, filling ratio, seed."""
    speed = speed_of(run, run.first_logged)
    values = (speed, *(number_of(run, name) for name in ("bead_diameter", "filling", "seed")))
    return tuple(-1.0 if value is None else value for value in values)


def is_steady(low: float, high: float) -> bool:
    """Whether speeds from low to high count as one."""
    return high - low <= _STEADY * max(abs(low), abs(high))


def motion_of(run: Any) -> VesselMotion | None:
    """How the vessel of a run, or of anything else with its parameters, moves; None if unknown."""
    radius, ratio = number_of(run, "sun_wheel_radius"), number_of(run, "ratio")
    if radius is None:
        return None
    return VesselMotion(radius, 1.0 if radius else 0.0, None if ratio is None else 1.0 + ratio)


def mill_of(run: Any) -> type[Mill]:
    """The kind of mill of a run, or of anything else with its parameters; planetary if unknown."""
    kind = run.parameters.get("mill")
    return KINDS[kind if kind in KINDS else CHOICE.default]


def is_shaken(run: Any) -> bool:
    """Whether the vessel of a run, or of anything else with its parameters, is shaken."""
    return bool(number_of(run, "shaken"))


def stirrer_of(run: Any) -> Stirrer | None:
    """What turns inside the vessel of a run, or of anything else with its parameters."""
    table = run.parameters.get("stirrer_rods")
    return None if table is None else Stirrer.of_table(np.asarray(table).reshape(-1, 9))


def gravity_of(run: Any) -> np.ndarray:
    """Acceleration of gravity in the frame that does not turn [m/s2], shape (3,)."""
    return np.array([number_of(run, f"gravity_{axis}") or 0.0 for axis in "xyz"])


def vessel_of(run: Any) -> Vessel | Box | MeshVessel:
    """The vessel of a run, or of anything else with its parameters.

    Raises:
        RunFileError: the run names none.
    """
    outline = run.parameters.get("vessel_outline")
    if outline is not None:
        return Vessel.of_outline(np.asarray(outline))
    triangles = run.parameters.get("vessel_triangles")
    if triangles is not None:
        return MeshVessel(np.asarray(triangles))
    box = run.parameters.get("box_size")
    resolved = getattr(run, "resolved", None)
    bowl = resolved.get("bowl") if isinstance(resolved, dict) else None
    closed = bool(bowl.get("closed", True)) if isinstance(bowl, dict) else True
    if box is not None:
        width, depth, tall = (float(size) for size in np.asarray(box))
        return Box(width, depth, tall, closed=closed)
    diameter, height = (number_of(run, name) for name in ("bowl_diameter", "bowl_height"))
    if diameter is None or height is None:
        raise RunFileError(f"{run.path}: names no bowl (bowl_diameter, bowl_height)")
    return Vessel.cylinder(diameter, height, closed=closed)


def round_vessel_of(run: Any) -> Vessel:
    """The vessel of a run whose vessel turns about its axis of symmetry.

    Raises:
        RunFileError: the run names no such vessel.
    """
    vessel = vessel_of(run)
    if not isinstance(vessel, Vessel):
        raise RunFileError(f"{run.path}: motion is analysed in round bowls only")
    return vessel


def disc_rate(run: Any, number: int) -> float:
    """How fast the disc that carries the vessel turns at a snapshot [rad/s]; 0 without a disc.

    Args:
        run: an open run, or one that is going on.
        number: of the snapshot.
    """
    motion = motion_of(run)
    if motion is None or not motion.carried:
        return 0.0
    return motion.carrier * (drive_speed(run, number) or 0.0)


def drive_speed(run: Any, number: int) -> float | None:
    """The speed of what is driven at a snapshot [rad/s]; None if unknown.

    Args:
        run: an open run, or one that is going on.
        number: of the snapshot.
    """
    series = run.series
    if "disc_speed" not in series or not len(series["time"]):
        return number_of(run, "speed")
    return float(np.interp(run.snapshot_times[number], series["time"], series["disc_speed"]))


def wall_speed(run: Any, number: int) -> float | None:
    """Speed of the vessel's side wall at a snapshot, relative to the disc if there is one [m/s].

    None for a vessel that does not turn about its axis, or is not round.

    Args:
        run: an open run, or one that is going on.
        number: of the snapshot.
    """
    motion, speed = motion_of(run), drive_speed(run, number)
    turns = None if motion is None else motion.wall_on_carrier
    if not turns or speed is None or is_shaken(run) or stirrer_of(run) is not None:
        return None
    vessel = vessel_of(run)
    return abs(turns * speed) * vessel.radius if isinstance(vessel, Vessel) else None
