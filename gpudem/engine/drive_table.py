"""What drives the cases in the steps of a chunk, as one table for the kernels.

For each case and step the body acceleration, and where its walls are and how they move: once
where no wall's pose changes, else for each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from gpudem.engine.case import Case
from gpudem.geometry.wall import Wall
from gpudem.kernels import layout as at


@lru_cache(maxsize=64)
def _steady_pose(wall: Wall) -> np.ndarray:
    return wall.poses(np.zeros(1))


class DriveTable:
    """The table and what lies where in it.

    Attributes:
        size: values in the table.

    Args:
        cases: the cases, whose drive and walls may change between two fillings.
        rows: steps that a chunk has at most.
    """

    def __init__(self, cases: Sequence[Case], rows: int):
        self._cases = cases
        self._rows = rows
        self._arrange()

    def make_room(self, rows: int) -> bool:
        """Arranges the table for chunks of so many steps; returns whether anything moved."""
        if rows <= self._rows and self._steady == self._are_steady():
            return False
        self._rows = max(rows, self._rows)
        self._arrange()
        return True

    def place(self, case_int: np.ndarray) -> None:
        """Enters where the cases' parts lie into the device's table of cases.

        Args:
            case_int: shape (cases, layout.CASE_INT).
        """
        case_int[:, at.CASE_DRIVE_BEGIN] = self._begin
        case_int[:, at.CASE_DRIVE_LENGTH] = self._length
        case_int[:, at.CASE_POSE_BEGIN] = self._poses
        case_int[:, at.CASE_POSE_BY_STEP] = [not steady for steady in self._steady]

    def values(self, times: Sequence[np.ndarray]) -> np.ndarray:
        """The table for chosen moments.

        Args:
            times: of the steps of each case [s], all of one length, at most that of a chunk.

        Returns:
            Shape (size,).
        """
        out = np.zeros(self.size)
        for number, (case, time) in enumerate(zip(self._cases, times, strict=True)):
            begin, length = self._begin[number], self._length[number]
            rows = out[begin : begin + length * len(time)].reshape(len(time), length)
            rows[:, : at.DRIVE_BODY] = case.drive.body_acceleration(time)
            if self._steady[number]:
                first = self._poses[number]
                poses = out[first : first + at.WALL_POSE * len(case.walls)][None, :]
            else:
                poses = rows[:, at.DRIVE_BODY :]
            for wall_number, wall in enumerate(case.walls):
                pose = poses[:, wall_number * at.WALL_POSE :][:, : at.WALL_POSE]
                pose[:, : at.POSE_CENTRE_REST] = (
                    _steady_pose(wall) if wall.is_steady else wall.poses(time)
                )
                centre = pose[:, at.POSE_CENTRE :][:, :3]
                pose[:, at.POSE_CENTRE_REST :] = centre - centre.astype(np.float32)
        return out

    def _are_steady(self) -> list[bool]:
        return [all(wall.is_steady for wall in case.walls) for case in self._cases]

    def _arrange(self) -> None:
        self._steady = self._are_steady()
        self._begin: list[int] = []
        self._length: list[int] = []
        self._poses: list[int] = []
        end = 0
        for case, steady in zip(self._cases, self._steady, strict=True):
            poses = at.WALL_POSE * len(case.walls)
            # Poses that change follow the body acceleration in each row.
            self._poses.append(end if steady else at.DRIVE_BODY)
            self._length.append(at.DRIVE_BODY + (0 if steady else poses))
            self._begin.append(end + (poses if steady else 0))
            end = self._begin[-1] + self._length[-1] * self._rows
        self.size = end
