"""Scene files of machines of the catalogue, written with the source of every number."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from gpudem.contact.material_library import MATERIALS, material
from gpudem.errors import SceneError
from gpudem.geometry.vessel import Vessel
from gpudem.plain_text import did_you_mean, in_columns
from gpudem.scene.machines import MACHINES, BowlSize, Key, Machine
from gpudem.units import QuantityError, format_quantity, parse_quantity

#: Column at which the sources stand.
_SOURCES = 30
_LOG_INTERVAL = 5e-4
#: Shipped scenes that are written by this: name, machine, bowl.
SHIPPED = (
    ("pulverisette0", "fritsch-pulverisette0", "500 mL"),
    ("pulverisette5", "fritsch-pulverisette5", "250 mL"),
    ("pulverisette6", "fritsch-pulverisette6", "80 mL"),
    ("pulverisette7-classic-45ml", "fritsch-pulverisette7-classic", "45 mL"),
    ("pulverisette7-classic-12ml", "fritsch-pulverisette7-classic", "12 mL"),
    ("retsch-mm400", "retsch-mm400", "25 mL"),
    ("retsch-pm100", "retsch-pm100", "50 mL"),
    ("retsch-pm400", "retsch-pm400", "250 mL"),
    ("roller-jar", "roller-jar", "250 mL"),
    ("spex-8000", "spex-8000", "65 mL"),
    ("stirred-lab", "stirred-lab", "80 mL"),
)


_MATERIALS = tuple(one.name for one in MATERIALS)
_CONTACT = (
    Key("restitution", "0.15", ""),
    Key("static_friction", "0.55", ""),
    Key("dynamic_friction", "0.50", ""),
    Key("rolling_friction", "0.045", ""),
)


def machine_named(name: str) -> Machine:
    """The machine of a name.

    Raises:
        SceneError: there is none of that name.
    """
    known = {machine.name: machine for machine in MACHINES}
    return known[_named(name.lower(), known, "mill")]


def machines_text() -> str:
    """The catalogue for people: machines, their bowls, and the beads taken by default."""
    rows = [("mill", "bowls", "beads by default", "what it is")]
    rows += [(m.name, ", ".join(m.bowl_names), m.beads, f"{m.title} ({m.kind})") for m in MACHINES]
    told = f"bead materials: {', '.join(_MATERIALS)}; their values: gpudem materials"
    return "\n".join([*in_columns(rows), "", told, "for example:", f"  {_EXAMPLE}"])


_EXAMPLE = (
    'gpudem new my.toml --mill retsch-pm100 --bowl "50 mL" --beads "10 mm steel" --mass "20 g"'
)


def scene_of(
    mill: str, bowl: str | None = None, beads: str | None = None, mass: str | None = None
) -> str:
    """The text of a scene file of a machine.

    Args:
        mill: name of the machine.
        bowl: volume of one of its bowls, such as "50 mL"; by default its first.
        beads: diameter and material, such as "10 mm steel"; by default the machine's.
        mass: of the powder in one bowl, such as "20 g".

    Raises:
        SceneError: no such machine, bowl or beads, or no mass; says what is accepted.
    """
    machine = machine_named(mill)
    size = _bowl_named(machine, bowl)
    diameter, name = _beads_read(beads or machine.beads)
    lines = [
        f"# {machine.title}, {size.volume} bowl, {diameter} beads of {name}.",
        "#",
        "# Written by gpudem new from its catalogue of machines. Makers' figures are as they are",
        "# commonly quoted from data sheets: compare them with those of your mill. Values that no",
        "# source states are marked ASSUMED. Quantities carry their unit in quotes.",
        "",
        f'title = "{machine.title}, {size.volume} bowl"',
        "",
        "[mill]",
        *_lines([Key("kind", f'"{machine.kind}"', ""), *machine.keys]),
        "",
        "[bowl]",
        *_lines(_bowl_keys(size)),
        "",
        "[beads]",
        *_lines(
            [
                Key("diameter", f'"{diameter}"', "" if beads else "ASSUMED"),
                Key("material", f'"{name}"', _values_of(name)),
                machine.charge,
            ]
        ),
        "",
        "[contact]",
        *_lines([Key("softening", "1", "true stiffness")]),
        "",
        "# ASSUMED: as Frankenberg et al. 2025 calibrated them with powder between zirconia beads.",
        "[contact.bead_bead]",
        *_lines(_CONTACT),
        "",
        "[product]",
        _mass_line(mass),
        "",
        "[run]",
        *_lines(_run_keys(machine)),
    ]
    return "\n".join(lines) + "\n"


def _mass_line(mass: str | None) -> str:
    meaning = "of the powder in one bowl, for energies per mass"
    if mass is None:
        return f'# mass = "10 g"               # {meaning}'
    try:
        value = parse_quantity(mass, "mass", "20 g")
    except QuantityError as error:
        raise SceneError(f"--mass {error}") from None
    if not value > 0.0:
        raise SceneError(f'--mass "{mass}": must be above 0, for example "20 g"')
    return _lines([Key("mass", f'"{format_quantity(value, "mass")}"', meaning)])[0]


def _values_of(name: str) -> str:
    one = material(name)
    density = format_quantity(one.density, "density", 4)
    modulus = format_quantity(one.youngs_modulus, "modulus", 4)
    return f"{density}, {modulus}, {one.poisson_ratio:g}; sources: gpudem materials"


def _lines(keys: Iterable[Key]) -> list[str]:
    found = []
    for key in keys:
        text = f"{key.name} = {key.value}"
        found.append(f"{text:{_SOURCES}}# {key.source}" if key.source else text)
    return found


def _bowl_keys(size: BowlSize) -> list[Key]:
    volume = parse_quantity(size.volume, "volume")
    radii = {key: 1e-3 * getattr(size, key) for key in ("bottom_radius", "top_radius")}
    diameter = 1e-3 * size.diameter
    if size.height is None:
        least = 2.0 * diameter
        more = volume - Vessel.bowl(diameter, least, **radii).volume
        height = 1e3 * (least + more / (0.25 * math.pi * diameter**2))
        source = "ASSUMED: follows from volume and diameter"
    else:
        height, source = size.height, size.source
    edges = [
        Key(key, f'"{1e3 * value:g} mm"', size.edges) for key, value in radii.items() if value > 0.0
    ]
    return [
        Key("volume", f'"{size.volume}"', size.volume_source),
        Key("diameter", f'"{size.diameter:g} mm"', size.source),
        Key("height", f'"{height:.2f} mm"', source),
        *edges,
    ]


def _run_keys(machine: Machine) -> list[Key]:
    duration, log_from, snapshot = (1e-3 * time for time in machine.run)
    window = "ASSUMED: start-up is assumed to be over by then"
    if machine.cycles is not None:
        frequency = next(key.value for key in machine.keys if key.name == "frequency").strip('"')
        cycle = 2.0 * math.pi / parse_quantity(frequency, "frequency")
        log_from = round(machine.cycles * cycle / _LOG_INTERVAL) * _LOG_INTERVAL
        duration, snapshot = 2.0 * log_from, 2e-3
        window = f"{machine.cycles} cycles, and as many evaluated"
    return [
        Key("duration", f'"{format_quantity(duration, "time", 10)}"', ""),
        Key("log_from", f'"{format_quantity(log_from, "time", 10)}"', window),
        Key("log_interval", f'"{format_quantity(_LOG_INTERVAL, "time")}"', ""),
        Key("snapshot_interval", f'"{format_quantity(snapshot, "time")}"', ""),
        Key("seed", "1", ""),
        Key("rayleigh_fraction", "0.2", "20 % of the Rayleigh time, a usual step"),
    ]


def _bowl_named(machine: Machine, bowl: str | None) -> BowlSize:
    if bowl is None:
        return machine.bowls[0]
    try:
        volume = parse_quantity(bowl, "volume", machine.bowls[0].volume)
    except QuantityError as error:
        raise SceneError(f"--bowl {error}") from None
    for size in machine.bowls:
        if math.isclose(volume, parse_quantity(size.volume, "volume"), rel_tol=1e-6):
            return size
    accepted = ", ".join(machine.bowl_names)
    raise SceneError(f'--bowl "{bowl}": {machine.name} has none of that (accepted: {accepted})')


def _beads_read(beads: str) -> tuple[str, str]:
    """Diameter and material of beads such as "10 mm steel"."""
    match = re.fullmatch(r"\s*([\d.,eE+-]+\s*[^\s\d]+)\s+(.+?)\s*", beads)
    if match is None:
        raise SceneError(
            f'--beads "{beads}": a diameter and a material are needed, for example "10 mm steel" '
            f"(materials: {', '.join(_MATERIALS)})"
        )
    try:
        diameter = parse_quantity(match[1], "length", "10 mm")
    except QuantityError as error:
        raise SceneError(f"--beads {error}") from None
    try:
        return format_quantity(diameter, "length"), material(match[2]).name
    except KeyError:
        return format_quantity(diameter, "length"), _named(match[2], _MATERIALS, "material")


def _named(name: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    if name in names:
        return name
    raise SceneError(f"no {what} named {name!r}{did_you_mean(name, names)}")
