"""The scene: everything a simulation needs to know, checked, in SI units.

A scene is a tree of small tables, as in the TOML file (`gpudem.scene.file` reads those).
Each field names the kind of quantity it accepts; ranges are refused where a value cannot
be meant, and `gpudem.scene.checks` speaks of values that can but are unusual.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from gpudem import __version__
from gpudem.contact.kinds import AnyContact
from gpudem.contact.law import WALL, ContactLaw
from gpudem.contact.materials import Material, rayleigh_time
from gpudem.mills.kinds import AnyMill
from gpudem.notebook import table_html
from gpudem.scene.beads import (
    LARGEST_BEAD_COUNT,
    WIDEST_RATIO,
    Beads,
    Charge,
    ChargeAmount,
    charge_of,
    counts_of,
)
from gpudem.scene.bowl import AnyBowl
from gpudem.table import DERIVED, Table
from gpudem.units import (
    Accept,
    TableFault,
    format_quantity,
    is_whole,
    nearest_multiples,
)

#: Thickest layer of powder, over the radius of the smallest bead, between surfaces that the model
#: of captured mass takes for paraboloids (docs/theory/stress-intensity.md).
THICKEST_LAYER = 0.1
#: Densest packing of equal spheres (Kepler): no porosity lies below 1 - 0.7405.
DENSEST_PACKING = math.pi / math.sqrt(18.0)

_Fault = tuple[tuple[str | int, ...], str]


class Product(Table):
    """The milled powder: it enters the results, not the simulation."""

    mass: Annotated[
        float | None, Accept("mass", 0.0, 100.0, above=True, default="none: no J/g")
    ] = Field(default=None, description="mass of powder in one bowl")
    milling_time: Annotated[
        float | None, Accept("time", 0.0, 3.6e6, above=True, example="10 min", default="none")
    ] = Field(default=None, description="time in the mill, for the energy per mass of product")
    captured_mass: Annotated[
        float | None, Accept("mass", 0.0, 1.0, above=True, example="0.01 mg", default="none")
    ] = Field(default=None, description="mass of powder that one collision stresses")
    layer_thickness: Annotated[
        float | None,
        Accept("length", 0.0, 0.01, above=True, example="20 µm", default="or give captured_mass"),
    ] = Field(
        default=None,
        description="thickness of the powder between two surfaces, for a model of captured mass; "
        "at most a tenth of the radius of the smallest bead",
    )
    bulk_density: Annotated[
        float | None,
        Accept("density", 0.0, 3e4, above=True, example="1.5 g/cm3", default="of layer_thickness"),
    ] = Field(default=None, description="bulk density of that powder")

    @model_validator(mode="after")
    def _check(self) -> Product:
        layer = {key: getattr(self, key) for key in ("layer_thickness", "bulk_density")}
        given = [key for key, value in layer.items() if value is not None]
        if given and self.captured_mass is not None:
            text = f": not with {given[0]}; give captured_mass, or layer_thickness and bulk_density"
            raise TableFault((("captured_mass",), text))
        if len(given) == 1:
            missing = next(key for key in layer if key not in given)
            raise TableFault(((given[0],), f": needs {missing} too"))
        return self


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
        description="sum up force, torque, work and wear of each wall over the log window, of "
        "meshes the wear of each triangle",
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


def _as_several(beads: Any) -> Any:
    """A single table of beads as a list of one."""
    return beads if isinstance(beads, (list, tuple)) and beads else (beads,)


class Scene(Table):
    """A whole scene; all values in SI units."""

    title: str = Field(default="", description="free text for reports")
    mill: AnyMill
    bowl: AnyBowl
    beads: Annotated[tuple[Beads, ...], BeforeValidator(_as_several)]
    charge: ChargeAmount = Field(default_factory=ChargeAmount)
    contact: AnyContact
    product: Product = Field(default_factory=Product)
    run: Run

    _source_name: str = PrivateAttr("")
    _source_text: str = PrivateAttr("")
    _overrides: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _check(self) -> Scene:
        bowl = self.bowl
        faults = self._faults_of_shares() or [
            *self._faults_of_pairs(),
            *self._faults_of_walls(),
            *self._faults_of_beads(),
            *self._faults_of_product(),
        ]
        moves = self.mill.fastest > 0.0 or self.mill.lasts() is not None
        if bowl.stands_still and moves:
            faults.append((("bowl", "shape"), ": stands still; it needs mill.speed = 0"))
        if self.mill.lift is not None and not bowl.is_open_cylinder:
            text = ": lifts the side of a cylinder; it needs a round bowl with closed = false"
            faults.append((("mill", "lift_speed"), text))
        elif self.mill.lift is not None:
            plate, vessel = self.mill.lift.plate_radius, bowl.vessel
            if plate is not None and plate < vessel.radius:
                shown = format_quantity(2.0 * vessel.radius, "length")
                text = f": the cylinder that stands on it is {shown} wide"
                faults.append((("mill", "plate_diameter"), text))
            if self.mill.lift.lip >= vessel.height:
                shown = format_quantity(vessel.height, "length")
                faults.append((("mill", "plate_lip"), f": the cylinder is {shown} high"))
        if self.run.start == "ramp" and self.mill.given_over_time:
            faults.append((("run", "start"), f': "ramp": not with {self.mill.given_over_time}'))
        lasts = self.mill.lasts()
        if lasts is not None and lasts < self.run.duration * (1.0 - 1e-9):
            shown = format_quantity(lasts, "time", 6)
            faults.append((("run", "duration"), f": mill.motion is known for {shown} only"))
        stirrer = self.mill.stirrer(bowl.vessel.height)
        if stirrer is not None and stirrer.reach >= bowl.vessel.radius:
            shown = format_quantity(2.0 * stirrer.reach, "length")
            faults.append((("bowl", "diameter"), f": the stirrer is {shown} wide"))
        if faults:
            raise TableFault(*faults)
        return self

    def _faults_of_shares(self) -> list[_Fault]:
        """Whether it is said how many beads there are of each kind."""
        faults: list[_Fault] = []
        shared = [one.share is not None for one in self.beads]
        needs = "[charge] with filling, count or mass"
        if any(shared) and not all(shared):
            entry = shared.index(False)
            text = ": has no share, as the others have; give all a share, or none"
            faults.append((self._place(entry), text))
        elif any(shared) and not self.charge.given:
            faults.append((self._place(0, "share"), f": is a share of {needs}, which is missing"))
        elif not any(shared) and self.charge.given:
            faults.append((("charge",), ": needs a share in each table of beads"))
        names = [one.label for one in self.beads]
        for entry, name in enumerate(names):
            if name in names[:entry]:
                text = f': another is named "{name}" too; give each a name of its own'
                faults.append((self._place(entry), text))
        return faults

    def _faults_of_pairs(self) -> list[_Fault]:
        """Whether the pairs of contacts name beads that there are, and are of one law."""
        faults: list[_Fault] = []
        known = {name for one in self.beads for name in one.names}
        pairs: tuple[Any, ...] = self.contact.pairs
        for entry, pair in enumerate(pairs):
            for name in pair.between:
                if name not in known | {WALL}:
                    accepted = ", ".join([*sorted(known), WALL])
                    text = f': no beads are named "{name}" (accepted: {accepted})'
                    faults.append((("contact", "pairs", entry, "between"), text))
        return faults

    def _faults_of_walls(self) -> list[_Fault]:
        """Gives the bowl the beads' material where it has none of its own."""
        faults: list[_Fault] = []
        for key in ("youngs_modulus", "poisson_ratio"):
            if getattr(self.bowl, key) is None:
                own = {getattr(one, key) for one in self.beads}
                if len(own) > 1:
                    text = f": {key} is missing, as the beads are of several materials"
                    return [(("bowl",), f'{text}; write for example material = "steel"')]
                self._settle(bowl=self.bowl.model_copy(update={key: own.pop()}))
        return faults

    def _faults_of_beads(self) -> list[_Fault]:
        """Whether the beads fit into the bowl, and are of sizes that go together."""
        bowl, counts = self.bowl, self.counts
        narrow = bowl.narrowest
        for entry, (one, count) in enumerate(zip(self.beads, counts, strict=True)):
            size = "diameter" if one.sizes is None else "sizes"
            if one.largest > narrow:
                shown = format_quantity(narrow, "length")
                text = f": the bowl is only {shown} wide or high"
                return [(self._place(entry, size), text)]
            if not 1 <= count <= LARGEST_BEAD_COUNT:
                amount = "share" if one.share is not None else "filling"
                text = f": gives {count} beads; from 1 to {LARGEST_BEAD_COUNT} are accepted"
                return [(self._place(entry, amount), text)]
        largest = max(one.largest for one in self.beads)
        small = min(range(len(counts)), key=lambda entry: self.beads[entry].smallest)
        ratio = largest / self.beads[small].smallest
        if ratio > WIDEST_RATIO:
            size = "diameter" if self.beads[small].sizes is None else "sizes"
            text = f": the largest bead is {ratio:.3g} times as wide; at most {WIDEST_RATIO:g}"
            return [(self._place(small, size), text)]
        if self.bead_count > LARGEST_BEAD_COUNT:
            text = f": {self.bead_count} beads; at most {LARGEST_BEAD_COUNT} are accepted"
            return [(self._amount, text)]
        if self.solid_volume > DENSEST_PACKING * bowl.volume:
            text = f": {self.bead_count} beads are more than"
            if len(counts) > 1:
                return [(self._amount, f"{text} fit: they take as much as the densest packing")]
            most = int(DENSEST_PACKING * bowl.volume / self.beads[0].volume)
            return [(self._amount, f"{text} the {most} of the densest packing")]
        return []

    def _faults_of_product(self) -> list[_Fault]:
        """Whether the layer of powder is thin beside the beads."""
        layer, most = self.product.layer_thickness, THICKEST_LAYER * self.bead_radius
        if layer is None or layer <= most * (1.0 + 1e-9):
            return []
        shown = format_quantity(most, "length", 4)
        text = f": at most a tenth of the smallest bead's radius ({shown}); or give captured_mass"
        return [(("product", "layer_thickness"), text)]

    def _place(self, entry: int, *keys: str) -> tuple[str | int, ...]:
        """Where a key of an entry of beads stands."""
        return ("beads", entry, *keys)

    @property
    def _amount(self) -> tuple[str | int, ...]:
        """The key that says how many beads there are."""
        first = self.beads[0]
        if first.share is not None:
            given = ("filling", "count", "mass")
            return ("charge", next(n for n in given if getattr(self.charge, n) is not None))
        return self._place(0, "filling" if first.count is None else "count")

    @property
    def amount_text(self) -> str:
        """The key and value that say how many beads there are."""
        path = self._amount
        table = self.charge if path[0] == "charge" else self.beads[0]
        several = "[1]" if len(self.beads) > 1 and path[0] == "beads" else ""
        return f"{path[0]}{several}.{path[-1]} = {getattr(table, str(path[-1])):g}"

    def __repr__(self) -> str:
        name = self.source_name or "made by hand"
        sizes = f"{self.bead_count} beads in {format_quantity(self.bowl.volume, 'volume', 3)}"
        speed = self.mill.speed_text(self.mill.drive_speed)
        duration = format_quantity(self.run.duration, "time", 6)
        return f"<Scene {name}: {self.mill.kind}, {speed}, {sizes}, {duration}>"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        kinds = zip(self.counts, self.beads, strict=True)
        rows = [
            ("Mill", f"{self.mill.kind}, {self.mill.speed_text(self.mill.drive_speed)}"),
            ("Vessel", format_quantity(self.bowl.volume, "volume", 3)),
            ("Beads", ", ".join(f"{count} of {one.label}" for count, one in kinds)),
            ("Filling ratio", f"{self.filling:.3g}"),
            ("Simulated", format_quantity(self.run.duration, "time", 6)),
            ("Time step", format_quantity(self.time_step, "time", 4)),
            ("Contact model", self.contact.model),
        ]
        return table_html(self.title or self.source_name or "Scene", rows)

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
    def as_json(self) -> str:
        """All values as JSON text, the same for equal scenes."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that tell what is simulated, and by which version, from others."""
        # Keys that later versions add do not make the same scene another one.
        values = self.model_dump(mode="json", exclude_defaults=True, exclude={"title"})
        told = json.dumps(values, sort_keys=True)
        return hashlib.sha256(f"{__version__} {told}".encode()).hexdigest()[:16]

    @property
    def counts(self) -> list[int]:
        """Number of beads of each entry: round(filling (1 - porosity) V_bowl / V_bead), or given.

        V_bowl is the bowl's nominal volume where the scene gives one. The 80 mL bowl shows
        why: its nominal volume gives the counts of Frankenberg et al. 2025 (367, 1698 and
        8553 beads of 5, 3 and 1.75 mm at filling 0.5); diameter and height, known to 0.1 mm
        only, give 80.08 mL and with them 1699 and 8561.
        """
        return counts_of(self.beads, self.charge, self.bowl.volume)

    @property
    def bead_count(self) -> int:
        """Number of all beads."""
        return sum(self.counts)

    @property
    def all_beads(self) -> Charge:
        """All beads, one by one, of softened material."""
        return charge_of(self.beads, self.counts, self.contact.softening)

    @property
    def solid_volume(self) -> float:
        """Volume of all beads without their voids [m3]."""
        return sum(n * one.volume for n, one in zip(self.counts, self.beads, strict=True))

    @property
    def filling(self) -> float:
        """Bulk volume of the beads over the bowl's volume [1], from whole bead counts."""
        if self.beads[0].share is not None:
            return self.solid_volume / self.bowl.volume / (1.0 - self.charge.porosity)
        bulk = (
            n * one.volume / (1.0 - one.porosity)
            for n, one in zip(self.counts, self.beads, strict=True)
        )
        return sum(bulk) / self.bowl.volume

    @property
    def bead_radius(self) -> float:
        """Radius of the smallest bead [m]."""
        return 0.5 * min(one.smallest for one in self.beads)

    @property
    def bead_mass(self) -> float:
        """Mean mass of a bead [kg]; pi/6 d^3 rho where they are all alike."""
        return self.charge_mass / self.bead_count

    @property
    def charge_mass(self) -> float:
        """Mass of all beads, without the product [kg]."""
        return sum(n * one.mass for n, one in zip(self.counts, self.beads, strict=True))

    @property
    def alike(self) -> Beads | None:
        """The only kind of beads, of one size, or None where there are several."""
        first = self.beads[0]
        return first if len(self.beads) == 1 and first.sizes is None else None

    def contact_of(self, one: int, other: int | None = None) -> ContactLaw:
        """The contact law of beads of two entries, or of one with the wall."""
        names = [one.names for one in self.beads]
        return self.contact.of(names[one], (WALL,) if other is None else names[other])

    @property
    def wall_speed(self) -> float:
        """Angular speed of the bowl's wall in the lab frame [rad/s]."""
        return self.mill.wall_ratio * self.mill.drive_speed

    @property
    def wall_material(self) -> Material:
        """Material of the bowl, softened."""
        bowl = self.bowl
        return Material(bowl.youngs_modulus / self.contact.softening, bowl.poisson_ratio)

    @property
    def rayleigh_time(self) -> float:
        """Time [s] for a Rayleigh wave to cross half a bead, of the softened material.

        The shortest of all beads.
        """
        softening = self.contact.softening
        return min(
            rayleigh_time(one.elastic(softening), 0.5 * one.smallest, one.density)
            for one in self.beads
        )

    @property
    def steps_per_interval(self) -> int:
        """Time steps in one log interval: the fewest that keep to `run.rayleigh_fraction`."""
        softening, every = self.contact.softening, range(len(self.beads))
        largest = min(
            self.contact_of(a, b).longest_step(
                self.run.rayleigh_fraction, one.elastic(softening), 0.5 * one.smallest, one.density
            )
            for a, one in enumerate(self.beads)
            for b in (*every, None)
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
    def places_beads(self) -> bool:
        """Whether a bead starts at a position of its own."""
        return any(one.position is not None for one in self.beads)

    @property
    def settling(self) -> float:
        """Time that the beads settle before the run [s]; 0 with another start."""
        return self.run.settle if self.run.start == "settled" else 0.0

    @property
    def impact_speed_bound(self) -> float:
        """Upper bound for the speed of an impact [m/s].

        The wall's speed in the bowl's frame and the speed of the bowl's centre, summed; in a
        planetary mill |1 + ratio| W R_bowl + W R_sun, W = mill.fastest. Added is the speed at
        which a bead is thrown in.
        """
        vessel = self.bowl.vessel
        thrown = max(math.hypot(*(one.velocity or (0.0,))) for one in self.beads)
        return self.mill.peak_speed(vessel.radius, vessel.height) + thrown

    @property
    def impact_time(self) -> float:
        """Shortest elastic impact [s], inf in a mill at rest.

        Between beads or with the wall, at `impact_speed_bound`, with softened moduli.
        """
        speed = self.impact_speed_bound
        if speed == 0.0:
            return math.inf
        softening, times = self.contact.softening, []
        for a, one in enumerate(self.beads):
            radius, elastic = 0.5 * one.smallest, one.elastic(softening)
            mass = math.pi / 6.0 * one.smallest**3 * one.density
            wall = self.contact_of(a).impact_time(elastic, self.wall_material, mass, radius, speed)
            times.append(wall)
            for b, other in enumerate(self.beads[: a + 1]):
                with_radius = 0.5 * other.smallest
                with_mass = math.pi / 6.0 * other.smallest**3 * other.density
                times.append(
                    self.contact_of(a, b).impact_time(
                        elastic,
                        other.elastic(softening),
                        mass * with_mass / (mass + with_mass),
                        radius * with_radius / (radius + with_radius),
                        speed,
                    )
                )
        return min(times)
