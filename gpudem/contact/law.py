"""What every contact law says of itself on the host: the base of their scene tables.

A law is two files: its device half in kernels/laws (kernels/law.py says what that declares), and
its host half in this room, a table of a scene file with the law's coefficients, which also answers
what the rest asks of it. `gpudem.contact.kinds` lists them.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from gpudem.contact.materials import Material, rayleigh_time
from gpudem.table import Table
from gpudem.units import Accept


class ContactLaw(Table):
    """Coefficients of the contact of two materials, by one law."""

    #: Impacts last as long as Young's modulus to minus this power; of Hertz' law 2/5.
    DURATION_EXPONENT: ClassVar[float] = 0.4

    def kernels(self) -> ModuleType:
        """The law's device half. It loads Taichi."""
        raise NotImplementedError

    def parameters(self, a: Material, b: Material) -> dict[str, float]:
        """The device half's PARAMETERS, by name, for two materials."""
        raise NotImplementedError

    def beside(self, others: Iterable[ContactLaw]) -> ContactLaw:
        """The same contact, written for the device half that all contacts of a case share.

        Args:
            others: all contacts of the case.
        """
        return self

    def longest_step(
        self, fraction: float, material: Material, radius: float, density: float
    ) -> float:
        """Longest time step [s] for a bead of radius [m] and density [kg/m3].

        Args:
            fraction: ``run.rayleigh_fraction`` [1].
            material: of the bead.
            radius: of the bead [m].
            density: of the bead [kg/m3].
        """
        return fraction * rayleigh_time(material, radius, density)

    def impact_time(
        self, a: Material, b: Material, mass: float, radius: float, speed: float
    ) -> float:
        """Time [s] of an elastic impact.

        Args:
            a: material of the one body.
            b: material of the other.
            mass: reduced mass [kg].
            radius: reduced radius [m].
            speed: of the impact [m/s], above 0.
        """
        raise NotImplementedError

    def reach(self, a: Material, b: Material, radius: float) -> float:
        """Up to which distance of the surfaces [m] a contact lasts once begun.

        Args:
            a: material of the one body.
            b: material of the other.
            radius: largest radius of a bead [m].
        """
        return 0.0

    def step_warnings(self, key: str, fraction: float) -> list[str]:
        """What of its coefficients asks for a smaller ``run.rayleigh_fraction``; a sentence each.

        Args:
            key: of this table in the scene.
            fraction: the run's.
        """
        return []


class Contact(Table):
    """Contact laws. Keys not given for the wall are those between beads."""

    model: Any = Field(description="contact law")
    softening: Annotated[
        float, Accept("number", 1.0, 1e4, example="10", why="; it divides Young's modulus")
    ] = Field(default=1.0, description="divides every Young's modulus, for larger time steps")
    bead_bead: Any = Field(description="contacts between beads")
    bead_wall: Any = Field(description="contacts with the wall; default those of beads")

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("bead_bead"), dict):
            wall = data.get("bead_wall", {})
            if isinstance(wall, dict):
                return {**data, "bead_wall": {**data["bead_bead"], **wall}}
        elif isinstance(data, dict) and isinstance(data.get("bead_bead"), ContactLaw):
            return {"bead_wall": data["bead_bead"], **data}
        return data
