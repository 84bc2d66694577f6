"""Roller (jar) mills: a jar that lies on turning rollers and turns about its own axis."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from gpudem.mills.drum import Drum
from gpudem.mills.mill import FASTEST, Control
from gpudem.table import DERIVED
from gpudem.units import Accept, AcceptVector, TableFault, format_quantity

#: Speeds over the critical one between which jars are run; others are worth a question.
USUAL = (0.3, 1.0)


class RollerMill(Drum):
    """A jar on rollers: by its own speed, or by that of the rollers that it does not slip on."""

    control: ClassVar[Control | None] = Control("jar")
    vessel_word: ClassVar[str] = "jar"

    kind: Literal["roller"] = Field(description="kind of mill")  # type: ignore[assignment]
    speed: Annotated[
        float, Accept("angular_speed", 0.0, FASTEST, default="from that of the rollers")
    ] = Field(default=DERIVED, description="angular speed of the jar")
    gravity: Annotated[tuple[float, float, float], AcceptVector("acceleration", -100.0, 100.0)] = (
        Field(default=(0.0, -9.81, 0.0), description="acceleration of gravity; z is the jar's axis")
    )
    roller_speed: Annotated[
        float | None, Accept("angular_speed", 0.0, 10.0 * FASTEST, default="or give speed")
    ] = Field(default=None, description="angular speed of the rollers")
    roller_diameter: Annotated[
        float | None, Accept("length", 1e-3, 1.0, default="needs roller_speed")
    ] = Field(default=None, description="diameter of the rollers")
    jar_diameter: Annotated[
        float | None, Accept("length", 1e-3, 2.0, default="needs roller_speed")
    ] = Field(default=None, description="outer diameter of the jar, where it lies on the rollers")

    @model_validator(mode="after")
    def _check(self) -> RollerMill:
        keys = ("roller_speed", "roller_diameter", "jar_diameter")
        given = [key for key in keys if getattr(self, key) is not None]
        if self.speed is not None and given:
            text = ": not together with speed; give the jar's speed or that of the rollers"
            raise TableFault(((given[0],), text))
        if self.speed is not None:
            return self
        missing = [key for key in keys if key not in given]
        if not given:
            text = f': speed is missing; write for example speed = "80 rpm", or {", ".join(keys)}'
            raise TableFault(((), text))
        if missing:
            raise TableFault(((given[0],), f": needs {' and '.join(missing)} as well"))
        assert self.roller_speed is not None
        assert self.roller_diameter is not None and self.jar_diameter is not None
        self._settle(speed=self.roller_speed * self.roller_diameter / self.jar_diameter)
        return self

    def critical_share(self, vessel_diameter: float) -> float:
        """Speed over the critical one, at which gravity holds nothing back from the wall [1].

        The critical speed is sqrt(g / R) with the jar's inner radius R; the textbooks' 42.3 /
        sqrt(D) per minute (D in metres), here without the beads' diameter taken off D.
        """
        across = math.hypot(*self.gravity[:2])
        return self.fastest / math.sqrt(across / (0.5 * vessel_diameter)) if across else math.inf

    def warnings(self, vessel_diameter: float) -> list[str]:
        """What is accepted but no roller mill has, which typing errors make."""
        found = super().warnings(vessel_diameter)
        share = self.critical_share(vessel_diameter)
        low, high = USUAL
        if math.isfinite(share) and share > 0.0 and not low <= share <= high:
            found.append(
                f"mill.speed = {format_quantity(self.fastest, 'angular_speed', 4)} is "
                f"{100.0 * share:.3g} % of the critical speed; jars are run at 50 to 85 %"
            )
        if self.jar_diameter is not None and self.jar_diameter <= vessel_diameter:
            found.append(
                f"mill.jar_diameter = {format_quantity(self.jar_diameter, 'length')} is the outer "
                "one, but not above bowl.diameter"
            )
        return found

    def describe(self, vessel_diameter: float, duration: float) -> dict[str, str]:
        """See Mill."""
        turns = self.profile().travel(np.array([duration]))[0] / (2.0 * math.pi)
        share = 100.0 * self.critical_share(vessel_diameter)
        return {"jar": f"{share:.3g} % of the critical speed, {turns:.4g} turns"}
