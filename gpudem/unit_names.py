"""The names of units that engineers write, and what they are in SI.

An allow-list, because a unit library knows too much: gr as grains, ton as the US short ton, M as
moles per litre. Products, quotients and powers of these names are units too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import islice, product

#: Powers of the SI base units and of the radian, by name.
Powers = Mapping[str, int]

_PREFIXES = {
    "": "1",
    "n": "1e-9",
    "µ": "1e-6",
    "u": "1e-6",
    "m": "1e-3",
    "c": "1e-2",
    "d": "1e-1",
    "k": "1e3",
    "M": "1e6",
    "G": "1e9",
}
_FULL_TURN = "6.283185307179586476925286766559005768394"
_ENERGY = {"kilogram": 1, "meter": 2, "second": -2}
_POWER = {"kilogram": 1, "meter": 2, "second": -3}
_PRESSURE = {"kilogram": 1, "meter": -1, "second": -2}
_TURNS = {"radian": 1, "second": -1}

#: Names, the prefixes that are usual with them, SI value, powers. The first of several names is
#: the one that messages suggest.
_UNITS: tuple[tuple[str, str, str, Powers], ...] = (
    ("m", "n µ u m c d k", "1", {"meter": 1}),
    ("micron microns", "", "1e-6", {"meter": 1}),
    ("in inch inches", "", "0.0254", {"meter": 1}),
    ("L l", "µ u m c d", "1e-3", {"meter": 3}),
    ("cc", "", "1e-6", {"meter": 3}),
    ("g", "n µ u m k", "1e-3", {"kilogram": 1}),
    ("gram grams", "", "1e-3", {"kilogram": 1}),
    ("t tonne tonnes", "", "1000", {"kilogram": 1}),
    ("s", "n µ u m", "1", {"second": 1}),
    ("sec second seconds", "", "1", {"second": 1}),
    ("min minute minutes", "", "60", {"second": 1}),
    ("h hr hour hours", "", "3600", {"second": 1}),
    ("rad", "m", "1", {"radian": 1}),
    ("deg ° degree degrees", "", f"{_FULL_TURN}/360", {"radian": 1}),
    ("rev r U turn turns", "", _FULL_TURN, {"radian": 1}),
    ("rpm RPM", "", f"{_FULL_TURN}/60", _TURNS),
    ("rps", "", _FULL_TURN, _TURNS),
    ("Hz", "k M", "1", {"second": -1}),
    ("N", "µ u m k M", "1", {"kilogram": 1, "meter": 1, "second": -2}),
    ("Nm", "", "1", _ENERGY),
    # No mPa: it is always meant to be MPa.
    ("Pa", "k M G", "1", _PRESSURE),
    ("bar", "m k", "1e5", _PRESSURE),
    ("J", "n µ u m k M G", "1", _ENERGY),
    ("Wh", "m k M G", "3600", _ENERGY),
    ("W", "µ u m k M", "1", _POWER),
    ("K", "", "1", {"kelvin": 1}),
    ("mol", "m", "1", {"mole": 1}),
)

#: What means different things to different people, or is not metric: what to write instead.
_REFUSED = {
    "gr": "may be grains or grams, write g",
    "grs": "may be grains or grams, write g",
    "gm": "may be grams or gigametres, write g",
    "gms": "may be grams or gigametres, write g",
    "ton": "may be 1000 kg, 907 kg or 1016 kg, write t for 1000 kg",
    "tons": "may be 1000 kg, 907 kg or 1016 kg, write t for 1000 kg",
    "lb": "is 0.45359237 kg, write kg or g",
    "lbs": "is 0.45359237 kg, write kg or g",
    "oz": "is 28.35 g for solids and 29.57 mL for liquids, write g or mL",
    "ft": "is 0.3048 m, write m or mm",
    "mil": "may be a thousandth of an inch, a millimetre or a millilitre, write µm, mm or mL",
    "mils": "are thousandths of an inch, 25.4 µm, write µm or mm",
    "µ": "may be a prefix or a micrometre, write µm",
    "u": "may be a prefix or a micrometre, write µm",
    "gal": "may be 3.785 L or 4.546 L, write L or mL",
    "psi": "is 6894.757 Pa, write MPa or GPa",
    "ksi": "is 6.894757 MPa, write MPa or GPa",
    "kgf": "is 9.80665 N, write N",
    "kp": "is 9.80665 N, write N",
    "cal": "may be 4.184 J or 4.187 J, write J",
    "kcal": "may be 4.184 kJ or 4.187 kJ, write kJ",
    "grad": "may be degrees or a hundredth of a right angle, write deg",
    "degc": "is a temperature that is not counted from absolute zero, write K",
    "°c": "is a temperature that is not counted from absolute zero, write K",
}


class UnitError(ValueError):
    """A unit that is not accepted; the message says why, or is empty where it is just unknown."""


def unit_in_si(unit: str) -> tuple[Decimal, dict[str, int]]:
    """Read a unit such as "mm", "g/cm3", "min^-1" or "kWh/t".

    Args:
        unit: names with powers, joined by "/", "*", "·" or a space. After a "/" every divisor
            has its own "/", or all stand in brackets.

    Returns:
        What one of it is in SI, and the powers of the base units.

    Raises:
        UnitError: a name that is not accepted, or no such form.
    """
    factor, powers = Decimal(1), dict[str, int]()
    with localcontext() as context:
        context.prec = 40
        for name, power in _parts(unit):
            if name not in _names():
                raise UnitError(_why_not(name))
            size, own = _names()[name]
            factor *= size**power
            for base, count in own.items():
                powers[base] = powers.get(base, 0) + count * power
    return factor, {base: count for base, count in powers.items() if count}


def other_capitals(unit: str, wanted: Powers) -> list[str]:
    """How a unit is written whose capitals are wrong ("GPA", "Mm", "1/MIN").

    Args:
        unit: as it was given.
        wanted: powers that it has to have.

    Returns:
        The units that differ from it in capitals only; none where other letters are wrong too.
    """
    try:
        names = [name for name, _ in _parts(unit)]
    except UnitError:
        return []
    choices = [[name] if name in _names() else _alike(name) for name in names]
    found: dict[Decimal, str] = {}
    # Each choice of names is put back where the names of the unit stood.
    for chosen in islice(product(*choices), 16):
        left = iter(chosen)
        text = _NAME.sub(lambda _, left=left: next(left), unit)  # type: ignore[misc]
        factor, powers = unit_in_si(text)
        if powers == dict(wanted):
            found.setdefault(factor, text)
    return list(found.values())


_NAME = re.compile(r"[A-Za-zµ°]+")
_PART = re.compile(r"(\s*[/*·]\s*|\s+|)([A-Za-zµ°]+)(?:\^?(-?[1-9]))?(?![\d^])")
_BRACKETS = re.compile(r"/\s*\(([^()/]*)\)")
_RAISED = str.maketrans("⁻−¹²³⁴", "--1234")


def _parts(unit: str) -> Iterator[tuple[str, int]]:
    """Go through the names of a unit and their powers."""
    text = unit.translate(_RAISED).replace("**", "^").strip()
    text = _BRACKETS.sub(lambda inner: "/" + "/".join(re.split(r"[\s*·]+", inner[1])), text)
    text = text[1:].lstrip() if re.match(r"1\s*/", text) else text
    place, divided = 0, False
    while place < len(text) or not place:
        part = _PART.match(text, place)
        if part is None:
            raise UnitError("")
        joined, name, power = part[1].strip(), part[2], int(part[3] or 1)
        if (place > 0) != bool(part[1]) and joined != "/":
            raise UnitError("")
        if divided and joined != "/":
            raise UnitError(f"{unit[:40]!r} is not clear, write every divisor after its own /")
        divided = joined == "/"
        yield name, -power if divided else power
        place = part.end()


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[Decimal, Powers]]:
    """All names, prefixed ones included: what one is in SI, and its powers."""
    found = {}
    with localcontext() as context:
        context.prec = 40
        for names, prefixes, size, powers in _UNITS:
            value, _, parts = size.partition("/")
            for prefix in ("", *prefixes.split()):
                factor = Decimal(_PREFIXES[prefix]) * Decimal(value) / Decimal(parts or 1)
                found.update({prefix + name: (factor, powers) for name in names.split()})
    return found


def _alike(name: str) -> list[str]:
    return [known for known in _names() if known.lower() == name.lower()]


def _why_not(name: str) -> str:
    reason = _REFUSED.get(name.lower(), "")
    return f"{name!r} {reason}" if reason and not _alike(name) else ""
