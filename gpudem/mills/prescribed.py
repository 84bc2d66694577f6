"""Motions from a table: where a vessel is and how it is turned at moments, smooth in between."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from gpudem.mills.mill import Control, Mill
from gpudem.mills.pose import Pose, spin_of, turned
from gpudem.mills.profile import Profile
from gpudem.mills.shaking import HARDEST, ShakerDrive
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.units import Accept, AcceptVector, QuantityError, format_quantity

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

_PLACE = ("x", "y", "z")
_ROTATION_VECTOR = ("rx", "ry", "rz")
_QUATERNION = ("qw", "qx", "qy", "qz")
_COLUMNS = "time, x, y, z [s, m], then rx, ry, rz [rad] or qw, qx, qy, qz, or no more"
#: Fewest moments, and most, that make a motion.
_FEWEST, _MOST = 4, 200_000
_LARGEST = 50_000_000
#: Moments in each interval of the table at which highest speeds are sought.
_FINE = 8


@dataclass(frozen=True)
class Track(Pose):
    """A motion through moments of a table: cubic splines of the place and of the rotation.

    Place, velocity and acceleration are continuous, and so are turn, spin and its derivative
    (`scipy.interpolate.CubicSpline`, `scipy.spatial.transform.RotationSpline`). Before the first
    and after the last moment the vessel stays as it is there.

    Attributes:
        rows: time [s], place [m], and the quaternion (x, y, z, w) at each moment.
    """

    rows: tuple[tuple[float, ...], ...]

    @property
    def begin(self) -> float:
        """First moment [s]."""
        return self.rows[0][0]

    @property
    def end(self) -> float:
        """Last moment [s]."""
        return self.rows[-1][0]

    def _within(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Times taken into the table's, and whether they lay in it, as a column."""
        inside = (time >= self.begin) & (time <= self.end)
        return np.clip(time, self.begin, self.end), inside[:, None]

    def place(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        at, _ = self._within(np.asarray(time, float))
        spline = _splines(self.rows)[0]
        return spline(at) - spline(np.clip(0.0, self.begin, self.end))

    def acceleration(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        at, inside = self._within(np.asarray(time, float))
        return np.where(inside, _splines(self.rows)[0](at, 2), 0.0)

    def turn(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        at, _ = self._within(np.asarray(time, float))
        spline = _splines(self.rows)[1]
        first = spline(np.clip(0.0, self.begin, self.end))
        return (spline(at) * first.inv()).as_rotvec()

    def spin(self, time: np.ndarray) -> np.ndarray:
        """See Pose."""
        at, inside = self._within(np.asarray(time, float))
        spline = _splines(self.rows)[1]
        # From each moment on it turns by a rotation vector that the spline holds. The library's own
        # rates depend in their last bits on how many are asked for at once.
        piece = np.clip(np.searchsorted(spline.times, at, side="right") - 1, 0, len(self.rows) - 2)
        own = spin_of(spline.interpolator(at), spline.interpolator(at, 1))
        return np.where(inside, turned(spline.rotations[piece], own), 0.0)

    @property
    def _fine(self) -> np.ndarray:
        times = np.array([row[0] for row in self.rows])
        count = _FINE * (len(times) - 1) + 1
        return np.interp(np.arange(count) / _FINE, np.arange(len(times)), times)

    @property
    def peak_speed(self) -> float:
        """See Pose."""
        return _longest(_splines(self.rows)[0](self._fine, 1))

    @property
    def peak_acceleration(self) -> float:
        """See Pose."""
        return _longest(_splines(self.rows)[0](self._fine, 2))

    @property
    def peak_spin(self) -> float:
        """See Pose."""
        return _longest(self.spin(self._fine))


@lru_cache(maxsize=4)
def _splines(rows: tuple[tuple[float, ...], ...]) -> tuple[Any, Any]:
    from scipy.interpolate import CubicSpline
    from scipy.spatial.transform import Rotation, RotationSpline

    table = np.array(rows)
    turns = Rotation.from_quat(table[:, 4:])
    return CubicSpline(table[:, 0], table[:, 1:4]), RotationSpline(table[:, 0], turns)


def _longest(vectors: np.ndarray) -> float:
    return float(np.linalg.norm(vectors, axis=1).max())


def read_track(text: str) -> Track:
    """The motion in the text of a CSV file.

    Args:
        text: a line of column names, then a line for each moment, in SI units.

    Raises:
        ValueError: what is wrong, with its line.
    """
    lines = [line for line in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in line)]
    if not lines:
        raise ValueError("is empty")
    names = [name.strip().lower() for name in lines[0]]
    groups = ("time", *_PLACE, *_ROTATION_VECTOR, *_QUATERNION)
    unknown = [name for name in names if name not in groups]
    if unknown:
        raise ValueError(f"line 1: unknown column {unknown[0]!r}; columns are {_COLUMNS}")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"line 1: column {twice[0]!r} stands there twice")
    turned = [
        group for group in (_ROTATION_VECTOR, _QUATERNION) if any(name in names for name in group)
    ]
    if len(turned) > 1:
        raise ValueError("line 1: rotation vectors and quaternions; give one of them")
    needed = ("time", *_PLACE, *(turned[0] if turned else ()))
    missing = [name for name in needed if name not in names]
    if missing:
        raise ValueError(f"line 1: column {missing[0]!r} is missing; columns are {_COLUMNS}")
    values = _numbers(lines[1:], names, needed)
    times = values[:, 0]
    if not _FEWEST <= len(times) <= _MOST:
        raise ValueError(f"{len(times)} moments; from {_FEWEST} to {_MOST} are accepted")
    late = np.flatnonzero(np.diff(times) <= 0.0)
    if len(late):
        raise ValueError(f"line {late[0] + 3}: time {times[late[0] + 1]:g} s does not rise")
    if times[0] > 0.0:
        raise ValueError(f"line 2: begins at {times[0]:g} s; the motion is needed from 0 s on")
    quaternions = _quaternions(values[:, 4:], turned[0] if turned else ())
    rows = np.hstack([values[:, :4], quaternions])
    return Track(tuple(tuple(float(value) for value in row) for row in rows))


def _numbers(lines: list[list[str]], names: list[str], needed: tuple[str, ...]) -> np.ndarray:
    out = np.zeros((len(lines), len(needed)))
    for number, cells in enumerate(lines):
        where = f"line {number + 2}"
        if len(cells) != len(names):
            raise ValueError(f"{where}: {len(cells)} values for {len(names)} columns")
        for k, name in enumerate(needed):
            cell = cells[names.index(name)].strip()
            try:
                out[number, k] = float(cell)
            except ValueError:
                raise ValueError(f"{where}: {name} is no number: {cell!r}") from None
            if not math.isfinite(out[number, k]):
                raise ValueError(f"{where}: {name} is not finite")
    return out


def _quaternions(values: np.ndarray, kind: tuple[str, ...]) -> np.ndarray:
    """Unit quaternions (x, y, z, w), each the nearer one of its two to the one before."""
    if not kind:
        return np.tile([0.0, 0.0, 0.0, 1.0], (len(values), 1))
    if kind == _QUATERNION:
        size = np.linalg.norm(values, axis=1)
        off = np.flatnonzero(np.abs(size - 1.0) > 1e-3)
        if len(off):
            text = f"line {off[0] + 2}: the quaternion has length {size[off[0]]:.4g} instead of 1"
            raise ValueError(text)
        return (values / size[:, None])[:, [1, 2, 3, 0]]
    angle = np.linalg.norm(values, axis=1)[:, None]
    # np.sinc(x) is sin(pi x) / (pi x).
    vector = values * 0.5 * np.sinc(0.5 * angle / np.pi)
    return np.hstack([vector, np.cos(0.5 * angle)])


class AcceptTrack(Accept):
    """Reads the name of a CSV file, beside the scene file if it is no whole path."""

    def __init__(self) -> None:
        super().__init__("name of a CSV file", 0.0, 0.0)

    @property
    def sample(self) -> str:
        """An accepted value as it would stand in the file."""
        return '"motion.csv"'

    def range_text(self) -> str:
        """What the file holds."""
        return f"with columns {_COLUMNS}"

    def from_file(self, value: Any, folder: Path | None) -> Track:
        """Read the file.

        Raises:
            QuantityError: no such file, or what is wrong in it.
        """
        if isinstance(value, Track):
            return value
        if not isinstance(value, str) or not value.strip():
            raise QuantityError(value, f": the name of a CSV file is needed: {self.sample}")
        path = (folder or Path()) / value
        try:
            with open(path, "rb") as file:
                raw = file.read(_LARGEST + 1)
        except FileNotFoundError:
            raise QuantityError(value, f": no such file ({path})") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise QuantityError(value, f": cannot be read: {reason}") from None
        if len(raw) > _LARGEST:
            raise QuantityError(value, ": larger than 50 MB, so no table of a motion")
        try:
            return read_track(raw.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise QuantityError(value, ": not UTF-8 text") from None
        except (ValueError, csv.Error) as error:
            raise QuantityError(value, f": {error}") from None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Read before pydantic's own check of the type."""
        from pydantic_core import core_schema

        def read(value: Any, info: Any) -> Track:
            return self.from_file(value, (info.context or {}).get("folder"))

        return core_schema.with_info_before_validator_function(read, handler(source))


class PrescribedMotion(Mill):
    """A vessel that moves as a table says."""

    control: ClassVar[Control | None] = None
    vessel_word: ClassVar[str] = "vessel"

    kind: Literal["prescribed"] = Field(description="kind of mill")
    motion: Annotated[Track, AcceptTrack()] = Field(
        description="where the vessel's centre is and how it is turned, over time; places and "
        "turns count from those at 0 s"
    )
    gravity: Annotated[tuple[float, float, float], AcceptVector("acceleration", -100.0, 100.0)] = (
        Field(
            default=(0.0, 0.0, -9.81),
            description="acceleration of gravity; z is the vessel's axis at 0 s",
        )
    )

    @property
    def drive_speed(self) -> float:
        """None: it has no drive that turns."""
        return 0.0

    @property
    def given_over_time(self) -> str:
        """See Mill."""
        return "mill.motion"

    def pose(self, profile: Profile) -> Pose:
        """See Mill."""
        return self.motion

    def drive(self, profile: Profile) -> ShakerDrive:
        """Gravity less the acceleration of the vessel's centre."""
        return ShakerDrive(self.gravity, self.motion)

    @property
    def vessel_motion(self) -> VesselMotion:
        """What it does is in the table."""
        return VesselMotion()

    def lasts(self) -> float:
        """End of the table [s]."""
        return self.motion.end

    def peak_speed(self, radius: float, height: float = 0.0) -> float:
        """See Mill."""
        return self.motion.peak_speed + self.motion.peak_spin * math.hypot(radius, 0.5 * height)

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What units other than SI make."""
        hardest = self.motion.peak_acceleration / 9.81
        if hardest > HARDEST:
            return [
                f"mill.motion accelerates the vessel with up to {hardest:.3g} g: are its columns "
                "in seconds and metres, and as smooth as they should be?"
            ]
        return []

    def describe(self, vessel_diameter: float, duration: float) -> dict[str, str]:
        """See Mill."""
        motion = self.motion
        return {
            "motion": f"{len(motion.rows)} moments until {format_quantity(motion.end, 'time')}; "
            f"up to {motion.peak_speed:.3g} m/s, {motion.peak_acceleration / 9.81:.3g} g, "
            f"{motion.peak_spin:.3g} rad/s"
        }
