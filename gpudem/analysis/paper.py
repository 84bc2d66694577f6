"""What the reference paper reports, to compare with; nothing here is tuned.

Frankenberg et al., "Tailoring Composite Microstructure Through Milling for Dry-Processed
Sulfide-Based Solid-State Battery Cathodes", Small 2025, doi 10.1002/smll.202507279.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpudem.analysis.stress import ALPHAS
from gpudem.numbers import quotient
from gpudem.units import RPM

DOI = "10.1002/smll.202507279"
CITATION = f"Frankenberg et al., Small 2025, doi {DOI}"

#: Powder in one bowl: 12.25 g NCM + 5.25 g LPSCl [kg]; "per bowl" fits the stated volumes.
PRODUCT_MASS = 17.5e-3
#: The other reading of the mass, two bowls' worth [kg].
OTHER_MASS = 35e-3
MASSES = (PRODUCT_MASS, OTHER_MASS)

#: Best E_m of the product, the half width of that range, and where it degrades [J/kg].
BEST_ENERGY, BEST_ENERGY_WIDTH, DEGRADING_ENERGY = 500e3, 100e3, 1000e3

#: What the paper leaves open and a comparison of power depends on.
OPEN = (
    "which energy of a contact is meant (dissipated, normal or shear work)",
    "whether a bead-wall contact's energy counts whole or in part",
    "whether SE and SF are counted alike (per bead or per collision)",
    "whether 17.5 g of powder is per bowl (it fits the stated volumes) or 35 g",
)
NOT_FITTED = "None of these readings was chosen by fit."


@dataclass(frozen=True)
class MillingEnergy:
    """A specific energy that the paper reports (5 mm beads, filling 0.5, 80 mL bowl).

    Attributes:
        speed: of the disc [rad/s].
        milling_time: [s].
        specific_energy: E_m [J/kg].
        width: half width of the range given with it [J/kg].
    """

    speed: float
    milling_time: float
    specific_energy: float
    width: float = 0.0

    def power(self, mass: float = PRODUCT_MASS) -> float:
        """E_m m / t, the power per bowl that this means [W], for a mass of product [kg]."""
        return self.specific_energy * mass / self.milling_time


#: Bead diameter [m] and filling of these.
MILLED_BEADS, MILLED_FILLING = 5e-3, 0.5
MILLING_ENERGIES = (
    MillingEnergy(200 * RPM, 5 * 60.0, 10e3),
    MillingEnergy(200 * RPM, 20 * 60.0, 45e3),
    MillingEnergy(400 * RPM, 30 * 60.0, 500e3, 100e3),
    MillingEnergy(600 * RPM, 10 * 60.0, 500e3, 100e3),
    MillingEnergy(1000 * RPM, 20 * 60.0, 4700e3),
)


@dataclass(frozen=True)
class Exponents:
    """Power laws SE ~ n^a d^b and SF ~ n^a d^b of the paper, over speed n and bead size d.

    Attributes:
        filling: bulk volume of the beads over the bowl's.
        energy_speed: a of SE.
        energy_size: b of SE.
        frequency_speed: a of SF.
        frequency_size: b of SF.
    """

    filling: float
    energy_speed: float
    energy_size: float
    frequency_speed: float
    frequency_size: float

    @property
    def power_speed(self) -> float:
        """Exponent a of SE * SF, free of any way of counting."""
        return self.energy_speed + self.frequency_speed

    @property
    def power_size(self) -> float:
        """Exponent b of SE * SF, free of any way of counting."""
        return self.energy_size + self.frequency_size


EXPONENTS = (
    Exponents(0.1, 2.31, 3.11, 0.71, -3.6),
    Exponents(0.3, 2.39, 3.86, 0.62, -4.21),
    Exponents(0.5, 2.62, 3.81, 0.29, -4.02),
)


def exponents_for(filling: float | None) -> Exponents | None:
    """Return the paper's exponents at a filling, None if it has none there."""
    for exponents in EXPONENTS:
        if _close(filling, exponents.filling, 0.02):
            return exponents
    return None


def is_papers_mill(scene: Mapping[str, Any]) -> bool:
    """Whether bowl and mill are the paper's: 80 mL, ratio -2, sun-wheel radius 70 mm.

    Args:
        scene: the entry "scene" of a result.
    """
    # A bowl of 51.0 mm x 39.2 mm, known to 0.1 mm, has 80.08 mL.
    return (
        scene.get("mill") in (None, "planetary")
        and _close(scene["bowl_volume"], 80e-6, 0.01)
        and _close(scene["ratio"], -2.0, 1e-6)
        and _close(scene["sun_wheel_radius"], 70e-3, 0.01)
    )


#: The grid of the paper: disc speeds [rad/s], bead diameters [m] and fillings.
GRID_SPEEDS = tuple(n * RPM for n in (200, 400, 600, 800, 1000))
GRID_BEADS = (5e-3, 3e-3, 1.75e-3)
GRID_FILLINGS = (0.1, 0.3, 0.5)


def other_than_papers(scene: Mapping[str, Any]) -> list[str]:
    """In what a scene is no case of the paper's grid; empty for one that is.

    Args:
        scene: the entry "scene" of a result.
    """
    found = []
    if not is_papers_mill(scene):
        found.append(
            "its mill is a planetary one with a sun-wheel radius of 70 mm, ratio -2, 80 mL"
        )
    for name, values, tolerance, accepted in (
        ("bead_diameter", GRID_BEADS, 0.005, "its beads have 5, 3 or 1.75 mm"),
        ("filling", GRID_FILLINGS, 0.01, "its filling ratios are 0.1, 0.3 and 0.5"),
        ("speed", GRID_SPEEDS, 0.005, "its speeds are 200, 400, 600, 800 and 1000 rpm"),
    ):
        if not any(_close(scene[name], value, tolerance) for value in values):
            found.append(accepted)
    return found


def is_papers_case(scene: Mapping[str, Any]) -> bool:
    """Whether mill, bowl, beads, filling and speed are those of a case of the paper."""
    return not other_than_papers(scene)


def reported(result: Mapping[str, Any]) -> list[MillingEnergy]:
    """Return the paper's specific energies for the case of a result; empty if it has none.

    Args:
        result: what `gpudem.report.report.analyse` returns.
    """
    scene = result["scene"]
    beads = _close(scene["bead_diameter"], MILLED_BEADS, 0.005)
    same = beads and _close(scene["filling"], MILLED_FILLING, 0.01)
    if not (same and is_papers_mill(scene)):
        return []
    return [case for case in MILLING_ENERGIES if _close(scene["speed"], case.speed, 0.005)]


def _close(value: float | None, wanted: float, tolerance: float) -> bool:
    return value is not None and abs(value - wanted) <= tolerance * abs(wanted)


@dataclass(frozen=True)
class Reading:
    """Power of a result against the paper's, under one reading of what the paper left open.

    Attributes:
        alpha: the energy: "dissipation", "normal" or "shear".
        wall: "whole" or "half" of a bead-wall contact's energy counts.
        counting: "plain" (SE and SF counted alike) or "mixed" (SE_bead * SF_event).
        mass: product in the bowl [kg].
        power: of the result [W].
        paper_low: least power that the paper's E_m means with this mass [W].
        paper_high: greatest [W].
    """

    alpha: str
    wall: str
    counting: str
    mass: float
    power: float
    paper_low: float
    paper_high: float

    @property
    def ratio(self) -> float:
        """Power over the middle of the paper's."""
        return quotient(self.power, 0.5 * (self.paper_low + self.paper_high))


def readings(result: Mapping[str, Any]) -> list[Reading]:
    """Compare the power with the paper's in every reading; empty if the paper has no such case.

    Every combination of energy, wall share, counting and mass is listed (24 of them), and
    none is preferred.

    Args:
        result: what `gpudem.report.report.analyse` returns.
    """
    cases = reported(result)
    if not cases:
        return []
    frequency = result["stress_frequency"]
    counted = frequency["bead"]
    mixed = frequency["event"] / counted if counted else math.nan
    found = []
    for alpha in ALPHAS:
        parts = result["power"][alpha]
        for wall, share in (("whole", 1.0), ("half", 0.5)):
            plain = parts["bead_bead"] + share * parts["bead_wall"]
            for counting, factor in (("plain", 1.0), ("mixed", mixed)):
                for mass in MASSES:
                    powers = [case.power(mass) for case in cases]
                    found.append(
                        Reading(
                            alpha=alpha,
                            wall=wall,
                            counting=counting,
                            mass=mass,
                            power=plain * factor,
                            paper_low=min(powers),
                            paper_high=max(powers),
                        )
                    )
    return found
