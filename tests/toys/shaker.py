"""A drive that gpudem does not have: a vessel shaken along its axis."""

from dataclasses import dataclass

import numpy as np

from gpudem.mills.drive import Drive
from gpudem.quantities import CHANNELS, Quantity


@dataclass(frozen=True)
class ShakerDrive(Drive):
    """Gravity, and the frame of a vessel at ``amplitude`` sin(``rate`` t) [m, rad/s] along z."""

    CHANNELS = (*CHANNELS, Quantity("stroke", "m", "height of the vessel over its middle place"))

    amplitude: float = 0.0
    rate: float = 0.0

    def body_acceleration(self, time):
        time = np.atleast_1d(np.asarray(time, dtype=float))
        out = super().body_acceleration(time)
        out[:, 2] += self.amplitude * self.rate**2 * np.sin(self.rate * time)
        return out

    @property
    def peak_acceleration(self):
        return super().peak_acceleration + self.amplitude * self.rate**2

    def channels(self, time):
        stroke = self.amplitude * float(np.sin(self.rate * time))
        return {**super().channels(time), "stroke": stroke}
