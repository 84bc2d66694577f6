"""Three-dimensional shakers: a vial swung to and fro whose ends go sideways as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.mills.pose import CyclicPose
from gpudem.mills.profile import Profile
from gpudem.mills.shaking import ShakenMill
from gpudem.units import Accept, TableFault, format_quantity


@dataclass(frozen=True)
class EightPose(CyclicPose):
    """Each end of the vial describes a figure of eight (side_cycles = 2).

    The centre goes to and fro along z, the vial's axis at rest, and the vial rocks about y.

    Attributes:
        amplitude: half of the stroke along the axis [m].
        angle: largest turn to either side [rad].
        side_cycles: turns to and fro in one cycle of the stroke.
    """

    amplitude: float = 0.0
    angle: float = 0.0
    side_cycles: int = 2

    def path(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """See CyclicPose."""
        along = np.array([0.0, 0.0, self.amplitude])
        sine, cosine = np.sin(phase)[:, None] * along, np.cos(phase)[:, None] * along
        return sine, cosine, -sine

    def rocking(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See CyclicPose."""
        about, k = self.angle * np.array([0.0, 1.0, 0.0]), self.side_cycles
        return np.sin(k * phase)[:, None] * about, k * np.cos(k * phase)[:, None] * about


class Shaker3D(ShakenMill):
    """A vial that lies, swung along its axis, whose ends describe a figure of eight."""

    vessel_word: ClassVar[str] = "vial"

    kind: Literal["shaker-3d"] = Field(description="kind of mill")
    stroke: Annotated[float, Accept("length", 0.0, 0.5, above=True, example="59 mm")] = Field(
        description="whole way of the vial to and fro, along its axis"
    )
    side_stroke: Annotated[float, Accept("length", 0.0, 0.5, example="25 mm")] = Field(
        description="whole way of the vial's ends from side to side, at end_distance"
    )
    end_distance: Annotated[float, Accept("length", 1e-3, 1.0, example="38 mm")] = Field(
        description="from the vial's centre to the end whose way side_stroke is"
    )
    side_cycles: Annotated[int, Accept("count", 1, 4, example="2")] = Field(
        default=2, description="sideways movements in one cycle; 2 makes figures of eight"
    )

    @model_validator(mode="after")
    def _check(self) -> Shaker3D:
        if 0.5 * self.side_stroke > self.end_distance:
            most = format_quantity(2.0 * self.end_distance, "length")
            text = f": at most {most}, twice mill.end_distance"
            raise TableFault((("side_stroke",), text))
        return self

    def motion(self, profile: Profile) -> EightPose:
        """See ShakenMill."""
        angle = float(np.arcsin(0.5 * self.side_stroke / self.end_distance))
        return EightPose(profile, 0.5 * self.stroke, angle, self.side_cycles)
