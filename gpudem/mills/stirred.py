"""Stirred media mills: a shaft with discs or pins that turns in a still vessel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.mills.drive import Drive
from gpudem.mills.mill import Control, TurningMill
from gpudem.mills.profile import Profile
from gpudem.mills.stirrer import Rod, Stirrer
from gpudem.mills.vessel_motion import VesselMotion
from gpudem.quantities import CHANNELS, Quantity
from gpudem.table import DERIVED
from gpudem.units import RPM, Accept, AcceptVector, TableFault, format_quantity

_SIZE = Accept("length", 1e-4, 1.0, example="10 mm")
#: Speed of a tip above which it is worth a question [m/s]: fast mills have 15, a few 20.
FASTEST_TIP = 25.0
#: Edges of discs over their thickness.
_EDGE = 0.5


@dataclass(frozen=True)
class StirredDrive(Drive):
    """Gravity, and the speed of the shaft.

    Attributes:
        shaft: its angular speed [rad/s] over time.
    """

    CHANNELS: ClassVar[tuple[Quantity, ...]] = (
        *CHANNELS,
        Quantity("shaft_angle", "rad", "angle of the shaft from its first place"),
    )

    shaft: Profile = field(default_factory=lambda: Profile.constant(0.0))

    def speed(self, time: float) -> float:
        """Angular speed of the shaft [rad/s]."""
        return float(self.shaft.rate(np.array([time]))[0])

    def channels(self, time: float) -> dict[str, float]:
        """The values of CHANNELS at a time [s], by name."""
        return {**super().channels(time), "shaft_angle": self.stirred(time)}

    def stirred(self, time: float) -> float:
        """See Drive."""
        return float(self.shaft.travel(np.array([time]))[0])

    def parameters(self) -> dict[str, float]:
        """What run files keep of it, SI units."""
        return {**super().parameters(), "speed": float(self.shaft.rates[-1])}


class StirredMill(TurningMill):
    """A shaft along the axis of a still vessel, with discs or rows of pins."""

    control: ClassVar[Control | None] = Control("shaft", top=3000.0)
    vessel_word: ClassVar[str] = "chamber"
    driven_at: ClassVar[str] = "shaft at"

    kind: Literal["stirred"] = Field(description="kind of mill")
    speed: Annotated[float, Accept("angular_speed", 0.0, 1e4 * RPM)] = Field(
        description="angular speed of the shaft"
    )
    shaft_diameter: Annotated[float, _SIZE] = Field(description="diameter of the shaft")
    discs: Annotated[int, Accept("count", 0, 40, example="3")] = Field(
        default=0, description="discs on the shaft, evenly spaced; or give pin_rows"
    )
    disc_diameter: Annotated[float | None, Accept("length", 1e-4, 1.0, default="needs discs")] = (
        Field(default=None, description="diameter of the discs")
    )
    disc_thickness: Annotated[float | None, Accept("length", 1e-4, 0.2, default="needs discs")] = (
        Field(default=None, description="thickness of the discs, whose rims are round")
    )
    pin_rows: Annotated[int, Accept("count", 0, 40, example="3")] = Field(
        default=0, description="rows of pins along the shaft, evenly spaced"
    )
    pins_per_row: Annotated[int, Accept("count", 1, 12, example="2")] = Field(
        default=2, description="pins in each row; every second row stands between those of the last"
    )
    pin_diameter: Annotated[float | None, Accept("length", 1e-4, 0.2, default="needs pin_rows")] = (
        Field(default=None, description="diameter of the pins, whose tips are round")
    )
    pin_reach: Annotated[float | None, Accept("length", 1e-4, 1.0, default="needs pin_rows")] = (
        Field(default=None, description="distance of the pins' tips from the shaft's axis")
    )
    bottom_clearance: Annotated[float, Accept("length", 0.0, 1.0, default="half a spacing")] = (
        Field(
            default=DERIVED,
            description="from the vessel's bottom to the lowest disc or row, and the same from its "
            "top to the highest",
        )
    )
    gravity: Annotated[tuple[float, float, float], AcceptVector("acceleration", -100.0, 100.0)] = (
        Field(
            default=(0.0, 0.0, -9.81), description="acceleration of gravity; z is the shaft's axis"
        )
    )

    @model_validator(mode="after")
    def _check(self) -> StirredMill:
        faults: list[tuple[tuple[str, ...], str]] = []
        for count, keys in (
            ("discs", ("disc_diameter", "disc_thickness")),
            ("pin_rows", ("pin_diameter", "pin_reach")),
        ):
            missing = [key for key in keys if getattr(self, key) is None]
            if getattr(self, count) and missing:
                faults.append(((count,), f": needs {' and '.join(missing)}"))
        if bool(self.discs) == bool(self.pin_rows):
            faults.append((("discs",), ": give the number of discs or of pin_rows, one of them"))
        shaft = format_quantity(self.shaft_diameter, "length")
        if self.discs and (self.disc_diameter or 1.0) <= self.shaft_diameter:
            faults.append((("disc_diameter",), f": must be above shaft_diameter = {shaft}"))
        if self.pin_rows and 2.0 * (self.pin_reach or 1.0) <= self.shaft_diameter:
            faults.append((("pin_reach",), f": must be above half of shaft_diameter = {shaft}"))
        if faults:
            raise TableFault(*faults)
        return self

    @property
    def reach(self) -> float:
        """Distance of the tips from the axis [m]."""
        return 0.5 * (self.disc_diameter or 0.0) if self.discs else (self.pin_reach or 0.0)

    def drive(self, profile: Profile) -> StirredDrive:
        """Gravity; the stirrer's walls do the rest."""
        return StirredDrive(self.gravity, profile)

    @property
    def vessel_motion(self) -> VesselMotion:
        """The vessel rests."""
        return VesselMotion()

    def levels(self, height: float) -> list[float]:
        """Heights of the discs or rows in a vessel of a height [m]."""
        count = self.discs or self.pin_rows
        clearance = self.bottom_clearance
        if clearance is None:
            clearance = 0.5 * height / count
        if count == 1:
            return [clearance if self.bottom_clearance is not None else 0.5 * height]
        return [float(z) for z in np.linspace(clearance, height - clearance, count)]

    def stirrer(self, height: float) -> Stirrer:
        """See Mill. The shaft hangs from the lid and ends in its lowest disc or row."""
        levels, up = self.levels(height), (0.0, 0.0, 1.0)
        radius = 0.5 * self.shaft_diameter
        thick = (self.disc_thickness if self.discs else self.pin_diameter) or 0.0
        low = levels[0] - 0.5 * thick
        # It goes on beyond the lid, so that its upper end is nowhere near a bead.
        high = height + 2.0 * radius
        rods = [Rod((0.0, 0.0, 0.5 * (low + high)), up, radius, high - low, radius)]
        for number, z in enumerate(levels):
            if self.discs and self.disc_diameter and self.disc_thickness:
                edge = _EDGE * self.disc_thickness
                disc = 0.5 * self.disc_diameter
                rods.append(Rod((0.0, 0.0, z), up, disc, self.disc_thickness, edge))
            elif self.pin_reach and self.pin_diameter:
                rods += self._pins(number, z, self.pin_reach, 0.5 * self.pin_diameter)
        return Stirrer(tuple(rods))

    def _pins(self, row: int, z: float, reach: float, radius: float) -> list[Rod]:
        each = 2.0 * math.pi / self.pins_per_row
        found = []
        for pin in range(self.pins_per_row):
            angle = each * (pin + 0.5 * (row % 2))
            axis = (math.cos(angle), math.sin(angle), 0.0)
            # From the shaft's axis to the tip; what lies inside the shaft touches nothing.
            centre = (0.5 * reach * axis[0], 0.5 * reach * axis[1], z)
            found.append(Rod(centre, axis, radius, reach, min(radius, 0.5 * reach)))
        return found

    def peak_speed(self, radius: float, height: float = 0.0) -> float:
        """Speed of the tips [m/s]; the vessel rests."""
        return self.fastest * self.reach

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What is accepted but no such mill has, which typing errors make."""
        found = []
        if self.fastest * self.reach > FASTEST_TIP:
            found.append(
                f"mill.speed: the tips move at {self.fastest * self.reach:.3g} m/s, more than "
                f"{FASTEST_TIP:g} m/s of the fastest mills"
            )
        if self.reach < 0.5 * vessel_diameter < 1.05 * self.reach:
            found.append("mill: the gap between the tips and the vessel is below 5 % of its radius")
        return found

    def describe(self, vessel_diameter: float, duration: float) -> dict[str, str]:
        """See Mill."""
        what = f"{self.discs} discs" if self.discs else f"{self.pin_rows * self.pins_per_row} pins"
        across = format_quantity(2.0 * self.reach, "length")
        return {
            "stirrer": f"{what} of {across} across, tips at {self.fastest * self.reach:.3g} m/s"
        }
