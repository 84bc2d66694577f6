"""A case: all that the engine needs to know of one simulation, as SI numbers and arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from types import ModuleType

import numpy as np

from gpudem.contact.law import ContactLaw
from gpudem.contact.materials import Material
from gpudem.errors import GpudemError
from gpudem.geometry.vessel import Vessel
from gpudem.geometry.wall import Wall
from gpudem.mills.drive import Drive


@dataclass
class Case:
    """Beads, materials, walls and drive of one simulation.

    Species number the materials; ``contacts[(a, b)]`` holds for (b, a) too.

    Attributes:
        position: [m], shape (beads, 3).
        radius: [m], shape (beads,).
        density: [kg/m3], shape (beads,) or a number.
        materials: one per species.
        contacts: coefficients for each pair of species that can touch, all of one law.
        time_step: [s].
        walls: the walls.
        drive: gravity and the frame's motion.
        velocity: [m/s], shape (beads, 3); at rest by default.
        spin: angular velocity [rad/s], shape (beads, 3); none by default.
        species: of each bead, shape (beads,); 0 by default.
        species_names: of the beads' species, for reports; numbers by default.
        skin: gap up to which neighbours are listed [m]; chosen from the radius by default.
        spin_locked: whether the beads' spin never changes (for verification).
        sums_by_wall: whether forces, work and wear are summed up for each wall; costs memory for
            each bead and wall.

    Raises:
        GpudemError: there is no bead, or a number is not finite or has the wrong sign.
    """

    position: np.ndarray
    radius: np.ndarray
    density: np.ndarray | float
    materials: tuple[Material, ...]
    contacts: dict[tuple[int, int], ContactLaw]
    time_step: float
    walls: list[Wall] = field(default_factory=list)
    drive: Drive = field(default_factory=Drive)
    velocity: np.ndarray | None = None
    spin: np.ndarray | None = None
    species: np.ndarray | None = None
    skin: float | None = None
    spin_locked: bool = False
    species_names: tuple[str, ...] = ()
    sums_by_wall: bool = False

    def __post_init__(self) -> None:
        self.position = np.array(self.position, dtype=float).reshape(-1, 3)
        count = len(self.position)
        self.radius = np.broadcast_to(np.asarray(self.radius, dtype=float), (count,)).copy()
        if count and np.ptp(self.radius) > 0.0:
            # So that the sum of two is exact, and both beads of a contact see the same radii.
            unit = np.spacing(2.0 * self.radius.max())
            self.radius = np.round(self.radius / unit) * unit
        self.density = np.broadcast_to(np.asarray(self.density, dtype=float), (count,)).copy()
        for name in ("velocity", "spin"):
            value = getattr(self, name)
            value = np.zeros((count, 3)) if value is None else np.array(value, dtype=float)
            setattr(self, name, value.reshape(count, 3))
        if self.species is None:
            self.species = np.zeros(count, dtype=np.int32)
        self._check()
        if self.skin is None:
            self.skin = 0.1 * float(self.radius.max())

    def _check(self) -> None:
        if not len(self.position):
            raise GpudemError("case: position: at least one bead is needed")
        for name in ("position", "velocity", "spin"):
            lost = np.flatnonzero(~np.isfinite(getattr(self, name)).all(axis=1))
            if len(lost):
                raise GpudemError(f"case: {name} of bead {lost[0]} is not finite")
        for name in ("radius", "density"):
            values = getattr(self, name)
            wrong = np.flatnonzero(~((values > 0.0) & np.isfinite(values)))
            if len(wrong):
                raise GpudemError(
                    f"case: {name} of bead {wrong[0]} is {values[wrong[0]]:g}; it must be above 0"
                )
        if not 0.0 < self.time_step < np.inf:
            raise GpudemError(f"case: time_step = {self.time_step}; it must be above 0 s")
        if self.skin is not None and not 0.0 <= self.skin < np.inf:
            raise GpudemError(f"case: skin = {self.skin}; 0 m or more is accepted")

    def check_places(self) -> None:
        """Refuses beads between which there is no direction.

        Raises:
            GpudemError: two lie at the same point.
        """
        order = np.lexsort(self.position.T)
        same = np.flatnonzero((np.diff(self.position[order], axis=0) == 0.0).all(axis=1))
        if len(same):
            a, b = sorted(int(bead) for bead in order[same[0] : same[0] + 2])
            raise GpudemError(f"case: beads {a} and {b} lie at the same point")

    @property
    def mass(self) -> np.ndarray:
        """Mass of each bead [kg], shape (beads,)."""
        return self.density * 4.0 / 3.0 * np.pi * self.radius**3

    @property
    def moment(self) -> np.ndarray:
        """Moment of inertia of each bead [kg m2], shape (beads,)."""
        return 0.4 * self.mass * self.radius**2

    def law(self) -> ModuleType:
        """The device half of the contact law. It loads Taichi.

        Raises:
            ValueError: there are several laws.
        """
        laws = {contact.kernels() for contact in self._shared_contacts().values()}
        if len(laws) != 1:
            raise ValueError(f"all contacts of a case must be of one law, not of {len(laws)}")
        return laws.pop()

    def _shared_contacts(self) -> dict[tuple[int, int], ContactLaw]:
        all_of_them = self.contacts.values()
        return {pair: contact.beside(all_of_them) for pair, contact in self.contacts.items()}

    def pair_table(self, names: Sequence[str]) -> np.ndarray:
        """Parameters of all ordered pairs of species, shape (species, species, names).

        Args:
            names: of the law's parameters, in the order wanted.

        Raises:
            ValueError: two species that can touch have no contact parameters, or their law's two
                halves differ.
        """
        kinds = len(self.materials)
        out = np.zeros((kinds, kinds, len(names)))
        species = {int(kind) for kind in np.unique(np.asarray(self.species))}
        contacts = self._shared_contacts()
        touching = species | {wall.species for wall in self.walls}
        for a in range(kinds):
            for b in range(kinds):
                contact = contacts.get((a, b)) or contacts.get((b, a))
                if contact is not None:
                    values = contact.parameters(self.materials[a], self.materials[b])
                    if sorted(values) != sorted(names):
                        differ = ", ".join(sorted(set(values) ^ set(names)))
                        raise ValueError(f"{type(contact).__name__}: only one half has {differ}")
                    out[a, b] = [values[name] for name in names]
                elif (a in species and b in touching) or (b in species and a in touching):
                    raise ValueError(f"contact parameters of the species {a} and {b} are missing")
        return out

    @property
    def reach(self) -> float:
        """Up to which distance of the surfaces [m] a contact lasts once begun."""
        radius, of = float(self.radius.max()), self.materials
        return max(contact.reach(of[a], of[b], radius) for (a, b), contact in self.contacts.items())

    @property
    def vessel(self) -> Vessel | None:
        """The vessel that the walls make, or None where they make no single upright one."""
        return Vessel.of_walls(self.walls)

    def digest(self) -> str:
        """A text that differs between cases that differ in any number."""
        found = hashlib.sha256()
        for item in fields(self):
            value = getattr(self, item.name)
            found.update(item.name.encode())
            found.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
        return found.hexdigest()

    def part(self, chosen: np.ndarray) -> Case:
        """The same case with some of its beads only.

        Args:
            chosen: which, shape (beads,).
        """
        names = ("position", "velocity", "spin", "radius", "density", "species")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def stand_still(self) -> None:
        """Stops frame and walls: gravity alone acts."""
        self.drive = self.drive.at_rest()
        self.walls = [replace(wall, motion="still") for wall in self.walls]

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest corner of the neighbour grid [m]; beads may leave it."""
        reach = float(self.radius.max())
        low = self.position.min(axis=0) - 2 * reach
        high = self.position.max(axis=0) + 2 * reach
        for wall in self.walls:
            if not wall.is_plane:
                lowest, highest = wall.bounds()
                low, high = np.minimum(low, lowest), np.maximum(high, highest)
        return low, high
