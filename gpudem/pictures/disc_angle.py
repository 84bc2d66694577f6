"""How a picture of the mill is turned: the disc's outward radius up, at every moment of a run.

Run files hold positions in a frame that moves with the bowl's centre and does not turn.
"""

from __future__ import annotations

import numpy as np

from gpudem.mills.drive import against_gravity
from gpudem.mills.pose import turned_back
from gpudem.runfile.metadata import gravity_of, is_shaken, motion_of
from gpudem.runfile.reader import Run


def upward_angles(run: Run) -> np.ndarray:
    """Direction that pictures show upwards, at each snapshot.

    Of a vessel that is carried it is the outward radius, from the disc's axis to the bowl's: its
    angle is the integral of the recorded disc speed, exact where the speed changes linearly
    between the ends of the log intervals. Of one whose axis rests it is against gravity.

    Returns:
        Angles from the file's x axis towards its y axis [rad], shape (snapshots,).
    """
    motion = motion_of(run)
    if motion is not None and not motion.carried:
        return np.full(run.snapshots, against_gravity(*gravity_of(run)[:2]))
    return _turned(run, 1.0 if motion is None else motion.carrier)


def vessel_angles(run: Run) -> np.ndarray:
    """How far the vessel has turned about its axis since the start, at each snapshot.

    Returns:
        Angles in the run file's frame [rad], shape (snapshots,); 0 where that is not known.
    """
    motion = motion_of(run)
    return _turned(run, 0.0 if motion is None else motion.wall or 0.0)


def _turned(run: Run, ratio: float) -> np.ndarray:
    """Integral of the recorded speed times a ratio, at each snapshot [rad]."""
    series = run.series
    if "disc_speed" not in series or not len(series["time"]):
        return np.zeros(run.snapshots)
    time, speed = series["time"], ratio * series["disc_speed"]
    # The speed at time 0 is not recorded: a ramp begins on the line through the next two.
    before = 2.0 * speed[0] - speed[1] if len(speed) > 1 else speed[0]
    time, speed = np.concatenate([[0.0], time]), np.concatenate([[before], speed])
    angle = np.concatenate([[0.0], np.cumsum(np.diff(time) * 0.5 * (speed[1:] + speed[:-1]))])
    return np.interp(run.snapshot_times, time, angle)


def vessel_turns(run: Run) -> np.ndarray | None:
    """How a shaken vessel is turned at each snapshot: rotation vectors [rad], (snapshots, 3).

    None for a vessel that is not shaken. Recorded at the ends of the log intervals, where
    snapshots are taken; 0 at time 0.
    """
    if not is_shaken(run):
        return None
    series = run.series
    time = np.concatenate([[0.0], series["time"]])
    turns = np.vstack([np.zeros(3), np.column_stack([series[f"turn_{axis}"] for axis in "xyz"])])
    nearest = np.abs(time[None, :] - np.asarray(run.snapshot_times)[:, None]).argmin(axis=1)
    return turns[nearest]


def shaft_angles(run: Run) -> np.ndarray:
    """Angle of a stirrer's shaft at each snapshot [rad], shape (snapshots,); 0 without one."""
    series = run.series
    if "shaft_angle" not in series:
        return np.zeros(run.snapshots)
    time = np.concatenate([[0.0], series["time"]])
    angle = np.concatenate([[0.0], series["shaft_angle"]])
    return np.interp(run.snapshot_times, time, angle)


def turned_upward(vectors: np.ndarray, angle: float) -> np.ndarray:
    """Turn vectors of the run file so that their x axis is the direction shown upwards.

    Args:
        vectors: in the bowl's frame, shape (beads, 3).
        angle: of that direction [rad].

    Returns:
        The same vectors in the picture's coordinates, shape (beads, 3).
    """
    return turned_back(vectors, angle)
