"""The scene: everything a simulation needs to know, checked, in SI units.

A scene is a tree of small tables, as in the TOML file (`gpudem.scene.file` reads those).
Each field names the kind of quantity it accepts; ranges are refused where a value cannot
be meant, and `gpudem.scene.checks` speaks of values that can but are unusual.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, model_validator

from gpudem.contact.kinds import AnyContact
from gpudem.contact.materials import Material, rayleigh_time
from gpudem.mills.kinds import AnyMill
from gpudem.scene.beads import LARGEST_BEAD_COUNT, Beads, Charge
from gpudem.scene.bowl import AnyBowl
from gpudem.table import DERIVED, Table
from gpudem.units import (
    Accept,
    TableFault,
    format_quantity,
    is_whole,
    nearest_multiples,
)

#: Densest packing of equal spheres (Kepler): no porosity lies below 1 - 0.7405.
DENSEST_PACKING = math.pi / math.sqrt(18.0)


class Product(Table):
    """The milled powder: it enters the results, not the simulation."""

    mass: Annotated[
        float | None, Accept("mass", 0.0, 100.0, above=True, default="none: no J/g")
    ] = Field(default=None, description="mass of powder in one bowl")
    milling_time: Annotated[
        float | None, Accept("time", 0.0, 3.6e6, above=True, example="10 min", default="none")
    ] = Field(default=None, description="time in the mill, for the energy per mass of product")


_DURATION = Accept("time", 0.0, 3600.0, above=True, example="1 s")
_UNSTABLE = "; above half of the Rayleigh time the integration is unstable"
_STEP_SHARE = Accept("number", 0.0, 0.5, above=True, example="0.2", why=_UNSTABLE)
_INTERVAL = Accept("time", 0.0, 3600.0, above=True)


class Run(Table):
    """How long to simulate, what to record and how to start."""

    duration: Annotated[float, _DURATION] = Field(description="simulated time")
    log_from: Annotated[
        float, Accept("time", 0.0, 3600.0, example="0.5 s", default="half of duration")
    ] = Field(default=DERIVED, description="start of the evaluated window")
    log_interval: Annotated[float, Accept("time", 1e-7, 10.0, example="0.5 ms")] = Field(
        default=5e-4, description="interval of the collision log"
    )
    snapshot_interval: Annotated[
        float, Accept("time", 0.0, 3600.0, above=True, default="10 ms, in whole log intervals")
    ] = Field(default=DERIVED, description="time between stored pictures of all beads")
    checkpoint: Annotated[float, _INTERVAL] = Field(
        default=0.05, description="simulated time between checkpoints"
    )
    checkpoint_clock: Annotated[float, Accept("time", 1.0, 3.6e6, example="10 min")] = Field(
        default=600.0, description="longest time by the clock between checkpoints"
    )
    guards: bool = Field(
        default=True,
        strict=True,
        description="stop when a bead leaves the bowl, sinks in, flies off or energy is lost",
    )
    ledger_limit: Annotated[float, Accept("number", 0.0, 1e3, above=True, example="0.25")] = Field(
        default=0.25,
        description="share of the input that the ledger's channels may miss before guards stop",
    )
    seed: Annotated[int, Accept("count", 0, 2**31 - 1, example="1")] = Field(
        default=1, description="seed of the random packing"
    )
    start: Literal["rest", "settled", "ramp"] = Field(
        default="rest",
        description="beads packed at rest in the full motion, settled under gravity first, or "
        "the disc speeding up from 0",
    )
    ramp: Annotated[float, _INTERVAL] = Field(
        default=0.05, description='time of the disc\'s speeding up, with start = "ramp"'
    )
    settle: Annotated[float, _INTERVAL] = Field(
        default=0.2, description='settling time before the run, with start = "settled"'
    )
    log: Literal["beads", "bowl"] = Field(
        default="beads", description="collision log of every bead, or of the whole bowl"
    )
    log_walls: bool = Field(
        default=False,
        strict=True,
        description="sum up force, torque, work and wear of each wall over the log window",
    )
    rayleigh_fraction: Annotated[float, _STEP_SHARE] = Field(
        default=0.2, description="time step over the Rayleigh time"
    )

    @model_validator(mode="after")
    def _check(self) -> Run:
        faults = []
        step = self.log_interval
        shown = format_quantity(step, "time", 10)
        if self.log_from is None:
            self._settle(log_from=max(0, math.floor(self.duration / step / 2.0 + 1e-9)) * step)
        if self.snapshot_interval is None:
            self._settle(snapshot_interval=max(1, round(0.01 / step)) * step)
        for key in ("duration", "log_from", "snapshot_interval"):
            value = getattr(self, key)
            if not is_whole(value / step) or (value < 0.5 * step and key != "log_from"):
                least = 0 if key == "log_from" else 1
                near = nearest_multiples(value, step, least)
                text = f": must be a whole multiple of the log_interval of {shown}; nearest: {near}"
                faults.append(((key,), text))
        if self.log_from >= self.duration:
            longest = format_quantity(self.duration, "time", 10)
            faults.append((("log_from",), f": must be below run.duration = {longest}; give both"))
        if faults:
            raise TableFault(*faults)
        return self


class Scene(Table):
    """A whole scene; all values in SI units."""

    title: str = Field(default="", description="free text for reports")
    mill: AnyMill
    bowl: AnyBowl
    beads: Beads
    contact: AnyContact
    product: Product = Field(default_factory=Product)
    run: Run

    _source_name: str = PrivateAttr("")
    _source_text: str = PrivateAttr("")
    _overrides: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _check(self) -> Scene:
        bowl, beads = self.bowl, self.beads
        own = {key: getattr(beads, key) for key in ("youngs_modulus", "poisson_ratio")}
        missing = {key: value for key, value in own.items() if getattr(bowl, key) is None}
        if missing:
            self._settle(bowl=bowl.model_copy(update=missing))
        faults: list[tuple[tuple[str, ...], str]] = []
        smallest = bowl.narrowest
        if beads.diameter > smallest:
            shown = format_quantity(smallest, "length")
            faults.append((("beads", "diameter"), f": the bowl is only {shown} wide or high"))
        elif not 1 <= self.bead_count <= LARGEST_BEAD_COUNT:
            faults.append(
                (
                    ("beads", "filling"),
                    f": gives {self.bead_count} beads; from 1 to {LARGEST_BEAD_COUNT} are accepted",
                )
            )
        elif beads.solid_share(bowl.volume) > DENSEST_PACKING:
            most = int(DENSEST_PACKING * bowl.volume / beads.volume)
            key = "filling" if beads.count is None else "count"
            faults.append(
                (
                    ("beads", key),
                    f": {self.bead_count} beads are more than the {most} of the densest packing",
                )
            )
        if bowl.stands_still and self.mill.fastest > 0.0:
            faults.append((("bowl", "shape"), ": stands still; it needs mill.speed = 0"))
        if self.mill.speed_profile and self.run.start == "ramp":
            faults.append((("run", "start"), ': "ramp": not with mill.speed_profile'))
        if faults:
            raise TableFault(*faults)
        return self

    def __eq__(self, other: object) -> bool:
        """Equal physics; the text that a scene came from does not count."""
        return isinstance(other, Scene) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Agrees with equality."""
        return hash(tuple(self.__dict__.values()))

    @property
    def source_name(self) -> str:
        """Path or shipped name that the scene was loaded from."""
        return self._source_name

    @property
    def source_text(self) -> str:
        """TOML text that the scene was loaded from, before `overrides`."""
        return self._source_text

    @property
    def overrides(self) -> tuple[str, ...]:
        """The KEY=VALUE settings applied to `source_text`."""
        return self._overrides

    @property
    def bead_count(self) -> int:
        """Number of beads: round(filling (1 - porosity) V_bowl / V_bead), or the given count.

        V_bowl is the bowl's nominal volume where the scene gives one. The 80 mL bowl shows
        why: its nominal volume gives the counts of Frankenberg et al. 2025 (367, 1698 and
        8553 beads of 5, 3 and 1.75 mm at filling 0.5); diameter and height, known to 0.1 mm
        only, give 80.08 mL and with them 1699 and 8561.
        """
        return self.beads.count_in(self.bowl.volume)

    @property
    def charge(self) -> Charge:
        """All beads, one by one, of softened material."""
        return self.beads.charge(self.bowl.volume, self.contact.softening)

    @property
    def filling(self) -> float:
        """Bulk volume of the beads over the bowl's volume [1], from the whole bead count."""
        return self.beads.solid_share(self.bowl.volume) / (1.0 - self.beads.porosity)

    @property
    def bead_radius(self) -> float:
        """Radius of a bead [m]."""
        return 0.5 * self.beads.diameter

    @property
    def bead_mass(self) -> float:
        """Mass of a bead, pi/6 d^3 rho [kg]."""
        return self.beads.mass

    @property
    def charge_mass(self) -> float:
        """Mass of all beads, without the product [kg]."""
        return self.bead_count * self.bead_mass

    @property
    def wall_speed(self) -> float:
        """Angular speed of the bowl's wall in the lab frame [rad/s]."""
        return self.mill.wall_ratio * self.mill.speed

    @property
    def bead_material(self) -> Material:
        """Material of the beads, softened."""
        return self.beads.material(self.contact.softening)

    @property
    def wall_material(self) -> Material:
        """Material of the bowl, softened."""
        bowl = self.bowl
        return Material(bowl.youngs_modulus / self.contact.softening, bowl.poisson_ratio)

    @property
    def rayleigh_time(self) -> float:
        """Time [s] for a Rayleigh wave to cross half a bead, of the softened material."""
        return rayleigh_time(self.bead_material, self.bead_radius, self.beads.density)

    @property
    def steps_per_interval(self) -> int:
        """Time steps in one log interval: the fewest that keep to `run.rayleigh_fraction`."""
        largest = self.contact.bead_bead.longest_step(
            self.run.rayleigh_fraction, self.bead_material, self.bead_radius, self.beads.density
        )
        return max(1, math.ceil(self.run.log_interval / largest - 1e-9))

    @property
    def time_step(self) -> float:
        """Time step [s]: at most rayleigh_fraction t_R, a whole part of the log interval."""
        return self.run.log_interval / self.steps_per_interval

    @property
    def intervals(self) -> int:
        """Number of log intervals in the whole run."""
        return round(self.run.duration / self.run.log_interval)

    @property
    def log_from_interval(self) -> int:
        """Index of the first log interval of the evaluated window, counted from 0."""
        return round(self.run.log_from / self.run.log_interval)

    @property
    def intervals_per_snapshot(self) -> int:
        """Log intervals between two snapshots."""
        return round(self.run.snapshot_interval / self.run.log_interval)

    @property
    def intervals_per_checkpoint(self) -> int:
        """Log intervals between two checkpoints (`run.checkpoint`, rounded), at least 1."""
        return max(1, round(self.run.checkpoint / self.run.log_interval))

    @property
    def steps(self) -> int:
        """Time steps of the whole run, intervals * steps_per_interval."""
        return self.intervals * self.steps_per_interval

    @property
    def impact_speed_bound(self) -> float:
        """Upper bound for the speed of an impact [m/s].

        The wall's speed in the bowl's frame and the speed of the bowl's centre, summed; in a
        planetary mill |1 + ratio| W R_bowl + W R_sun, W = mill.fastest.
        """
        return self.mill.peak_speed(self.bowl.vessel.radius)

    @property
    def impact_time(self) -> float:
        """Shortest elastic impact [s], inf in a mill at rest.

        Between beads or with the wall, at `impact_speed_bound`, with softened moduli.
        """
        speed = self.impact_speed_bound
        if speed == 0.0:
            return math.inf
        bead, wall, contact = self.bead_material, self.wall_material, self.contact
        mass, radius = self.bead_mass, self.bead_radius
        return min(
            contact.bead_bead.impact_time(bead, bead, 0.5 * mass, 0.5 * radius, speed),
            contact.bead_wall.impact_time(bead, wall, mass, radius, speed),
        )
