"""What every contact law says of itself on the host: the base of their scene tables.

A law is two files: its device half in kernels/laws (kernels/law.py says what that declares), and
its host half in this room, a table of a scene file with the law's coefficients, which also answers
what the rest asks of it. `gpudem.contact.kinds` lists them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from gpudem.contact.materials import Material, rayleigh_time
from gpudem.table import KeysOf, Table
from gpudem.units import Accept, AcceptName, QuantityError

#: Stands for the bowl's wall where pairs are named.
WALL = "wall"
#: Marks the field of pairs of a table of contacts.
PAIRS = KeysOf("contact.bead_bead")
PAIRS_MEANING = (
    "coefficients of single pairs of kinds of beads, as those of bead_bead and bead_wall"
)


@dataclass(frozen=True)
class AcceptPair(AcceptName):
    """Reads a list of two names."""

    listed = "list of two: "

    @property
    def sample(self) -> str:
        """An accepted value as it would stand in the file."""
        return f'["steel", "{WALL}"]'

    def range_text(self) -> str:
        """Say in words what is accepted."""
        return f'of beads, their materials or "{WALL}"'

    def read(self, value: Any) -> Any:
        """Read the names.

        Raises:
            QuantityError: not two names.
        """
        two = isinstance(value, (list, tuple)) and len(value) == 2
        if not two or not all(isinstance(name, str) for name in value):
            raise QuantityError(value, f": a list of two names is needed, such as {self.sample}")
        if value[0] == value[1] == WALL:
            raise QuantityError(value, ": the wall does not touch itself; name one of the beads")
        return tuple(value)


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


class Between(Table):
    """Base of coefficients that hold for one pair of kinds of beads, or of one with the wall."""

    between: Annotated[tuple[str, str], AcceptPair()] = Field(
        description='names of beads, or their materials, or "wall"'
    )

    def joins(self, one: Collection[str], other: Collection[str]) -> bool:
        """Whether it holds for two kinds, each given by all of its names."""
        first, second = self.between
        return (first in one and second in other) or (second in one and first in other)


class Contact(Table):
    """Contact laws. Keys not given for the wall are those between beads."""

    model: Any = Field(description="contact law")
    softening: Annotated[
        float, Accept("number", 1.0, 1e4, example="10", why="; it divides Young's modulus")
    ] = Field(default=1.0, description="divides every Young's modulus, for larger time steps")
    bead_bead: Any = Field(description="contacts between beads")
    bead_wall: Any = Field(description="contacts with the wall; default those of beads")
    pairs: Any = Field(default=(), description=PAIRS_MEANING)

    def of(self, one: Collection[str], other: Collection[str]) -> Any:
        """The coefficients of two kinds of beads, each given by all of its names, or of the wall.

        Args:
            one: names of beads.
            other: likewise, or ("wall",).
        """
        found = [pair for pair in self.pairs if pair.joins(one, other)]
        return found[-1] if found else self.bead_wall if WALL in other else self.bead_bead

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("bead_bead"), dict):
            wall = data.get("bead_wall", {})
            if isinstance(wall, dict):
                wall = {**data["bead_bead"], **wall}
                out = {**data, "bead_wall": wall}
                if isinstance(data.get("pairs"), list):
                    out["pairs"] = [_with(data["bead_bead"], wall, one) for one in data["pairs"]]
                return out
        elif isinstance(data, dict) and isinstance(data.get("bead_bead"), ContactLaw):
            return {"bead_wall": data["bead_bead"], **data}
        return data


def _with(beads: dict[str, Any], wall: dict[str, Any], pair: Any) -> Any:
    """A table of a pair with what it does not give: that of beads, or of the wall."""
    if not isinstance(pair, dict):
        return pair
    between = pair.get("between")
    at_wall = isinstance(between, list) and WALL in between
    return {**(wall if at_wall else beads), **pair}
