"""Linear shakers and vibratory mills: a vessel that goes to and fro on a straight line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.mills.pose import CyclicPose
from gpudem.mills.profile import Profile
from gpudem.mills.shaking import ShakenMill
from gpudem.units import Accept, AcceptVector, TableFault

_AMPLITUDE = Accept("length", 0.0, 0.5, above=True, example="9 mm")
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class LinePose(CyclicPose):
    """Harmonic motion along a line: amplitude times the sine of the phase.

    Attributes:
        amplitude: half of the stroke, along each axis [m].
    """

    amplitude: Vector = (0.0, 0.0, 0.0)

    def path(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """See CyclicPose."""
        along = np.asarray(self.amplitude)
        sine, cosine = np.sin(phase)[:, None] * along, np.cos(phase)[:, None] * along
        return sine, cosine, -sine


class LinearShaker(ShakenMill):
    """A vessel shaken harmonically along a line."""

    kind: Literal["linear-shaker"] = Field(description="kind of mill")
    amplitude: Annotated[float, _AMPLITUDE] = Field(
        description="half of the stroke of the vessel's centre"
    )
    direction: Annotated[Vector, AcceptVector("number", -1e3, 1e3, example="1")] = Field(
        default=(1.0, 0.0, 0.0),
        description="direction of the motion; its length does not count, z is the vessel's axis",
    )
    gravity: Annotated[Vector, AcceptVector("acceleration", -100.0, 100.0)] = Field(
        default=(0.0, 0.0, -9.81), description="acceleration of gravity; z is the vessel's axis"
    )

    @model_validator(mode="after")
    def _check(self) -> LinearShaker:
        if not np.any(self.direction):
            raise TableFault((("direction",), ": a direction needs a part that is not 0"))
        return self

    def motion(self, profile: Profile) -> LinePose:
        """See ShakenMill."""
        along = np.asarray(self.direction)
        x, y, z = self.amplitude * along / np.linalg.norm(along)
        return LinePose(profile, (float(x), float(y), float(z)))


class VibratoryMill(ShakenMill):
    """A bowl that vibrates up and down, with one ball or a few: a vibratory micro-mill."""

    vessel_word: ClassVar[str] = "bowl"

    kind: Literal["vibratory"] = Field(description="kind of mill")
    amplitude: Annotated[float, _AMPLITUDE] = Field(description="half of the stroke of the bowl")
    gravity: Annotated[Vector, AcceptVector("acceleration", -100.0, 100.0)] = Field(
        default=(0.0, 0.0, -9.81), description="acceleration of gravity; z is the bowl's axis"
    )

    def motion(self, profile: Profile) -> LinePose:
        """See ShakenMill."""
        return LinePose(profile, (0.0, 0.0, self.amplitude))

    def warnings(self, vessel_diameter: float) -> list[str]:
        """Say where the ball would never leave the bowl's bottom."""
        found = super().warnings(vessel_diameter)
        pulled = -self.gravity[2]
        if 0.0 < self.fastest and self.amplitude * self.fastest**2 <= pulled:
            found.append(
                f"mill.amplitude and mill.frequency shake the bowl with {self.acceleration:.2g} "
                "g: nothing in it ever leaves its bottom"
            )
        return found
