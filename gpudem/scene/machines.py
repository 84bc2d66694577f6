"""The catalogue of machines: mills as they are sold, their bowls, and where each number is from.

`gpudem.scene.new_scene` writes scene files from it. Makers' figures are as they are commonly
quoted from data sheets, which were not at hand when this was written: compare them with those of
the mill that you have. What no source states is marked ASSUMED.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """A line of a scene file.

    Attributes:
        name: of the key.
        value: as it stands in the file.
        source: of the value.
    """

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class BowlSize:
    """A bowl of a machine; its height follows from its volume.

    Attributes:
        volume: nominal, such as "50 mL".
        diameter: inside [mm].
        source: of the diameter.
        bottom_radius: of the fillet at the bottom [mm]; half the diameter is a hemisphere.
        top_radius: the same at the lid [mm].
        edges: source of these.
        height: inside [mm], where it is known.
        volume_source: of the volume.
    """

    volume: str
    diameter: float
    source: str = "ASSUMED: only the volume is known"
    bottom_radius: float = 0.0
    top_radius: float = 0.0
    edges: str = "ASSUMED"
    height: float | None = None
    volume_source: str = "maker"


@dataclass(frozen=True)
class Machine:
    """A mill as it is sold.

    Attributes:
        name: by which it is asked for.
        title: what it is.
        kind: of mill.
        keys: of the table [mill].
        bowls: the first is taken where none is named.
        beads: what is taken where none are named, such as "10 mm steel".
        charge: key of [beads] that says how many.
        cycles: of a shaken vessel in the evaluated window; None for other mills.
        run: duration, begin of the window, snapshot interval [ms], of mills that are not shaken.
    """

    name: str
    title: str
    kind: str
    keys: tuple[Key, ...]
    bowls: tuple[BowlSize, ...]
    beads: str
    charge: Key
    cycles: int | None = None
    run: tuple[int, int, int] = (1000, 500, 10)

    @property
    def bowl_names(self) -> tuple[str, ...]:
        """Its bowls by their volumes."""
        return tuple(bowl.volume for bowl in self.bowls)


_THIRD = Key("filling", "0.33", "rule of thumb: a third of the bowl is balls")
_TURNED = "maker: transmission 1 : {}, read as relative to the disc"


def _planetary(speed: str, speeds: str, ratio: str, radius: str, wheel: str) -> tuple[Key, ...]:
    return (
        Key("speed", f'"{speed}"', f"ASSUMED within the maker's {speeds}"),
        Key("ratio", ratio, _TURNED.format(ratio)),
        Key("sun_wheel_radius", f'"{radius}"', wheel),
    )


def _bowl(volume: str, diameter: float, bottom: float = 0.0, top: float = 0.0) -> BowlSize:
    return BowlSize(volume, diameter, bottom_radius=bottom, top_radius=top)


def _capsule(volume: str, diameter: float) -> BowlSize:
    return BowlSize(
        volume,
        diameter,
        bottom_radius=0.5 * diameter,
        top_radius=0.5 * diameter,
        edges="maker: rounded ends; ASSUMED to be hemispheres",
    )


_P7 = "maker: axis of the disc to axis of the bowl"
_RETSCH_JARS = (_bowl("125 mL", 60, 8), _bowl("250 mL", 75, 8), _bowl("500 mL", 100, 8))
_FRITSCH_BOWLS = (_bowl("80 mL", 65, 8), _bowl("250 mL", 75, 8), _bowl("500 mL", 100, 8))

#: All of them, in the order in which they are listed.
MACHINES = (
    Machine(
        "retsch-pm100",
        "Retsch PM 100",
        "planetary",
        _planetary(
            "400 rpm", "100 to 650 rpm", "-2", "70.5 mm", "maker: sun wheel of 141 mm diameter"
        ),
        (_bowl("50 mL", 44, 8), *_RETSCH_JARS),
        "10 mm steel",
        _THIRD,
    ),
    Machine(
        "retsch-pm400",
        "Retsch PM 400",
        "planetary",
        _planetary(
            "300 rpm", "30 to 400 rpm", "-2", "150 mm", "maker: sun wheel of 300 mm diameter"
        ),
        _RETSCH_JARS,
        "10 mm steel",
        _THIRD,
    ),
    Machine(
        "retsch-mm400",
        "Retsch MM 400",
        "mixer",
        (
            Key("frequency", '"25 Hz"', "ASSUMED within the maker's 3 to 30 Hz"),
            Key("amplitude", '"9 mm"', "ASSUMED: no source states it; half of the stroke"),
            Key("pivot_radius", '"90 mm"', "ASSUMED: no source states it"),
        ),
        (_capsule("25 mL", 24), _capsule("50 mL", 32)),
        "5 mm zirconia",
        _THIRD,
        cycles=12,
    ),
    Machine(
        "fritsch-pulverisette5",
        "Fritsch Pulverisette 5 classic line",
        "planetary",
        _planetary(
            "250 rpm", "50 to 400 rpm", "-2.19", "125 mm", "maker: main disk of 250 mm diameter"
        ),
        _FRITSCH_BOWLS,
        "10 mm steel",
        _THIRD,
    ),
    Machine(
        "fritsch-pulverisette6",
        "Fritsch Pulverisette 6 classic line",
        "planetary",
        _planetary(
            "400 rpm", "100 to 650 rpm", "-1.82", "60.8 mm", "maker: main disk of 121.6 mm diameter"
        ),
        _FRITSCH_BOWLS,
        "10 mm steel",
        _THIRD,
    ),
    Machine(
        "fritsch-pulverisette7-classic",
        "Fritsch Pulverisette 7 classic line",
        "planetary",
        _planetary(
            "600 rpm",
            "100 to 800 rpm",
            "-2",
            "70 mm",
            _P7,
        ),
        (_bowl("45 mL", 40, 6), _bowl("12 mL", 28, 6)),
        "5 mm zirconia",
        _THIRD,
    ),
    Machine(
        "fritsch-pulverisette7-premium",
        "Fritsch Pulverisette 7 premium line",
        "planetary",
        _planetary(
            "600 rpm",
            "100 to 1100 rpm",
            "-2",
            "70 mm",
            _P7,
        ),
        (_bowl("80 mL", 51, 6), _bowl("45 mL", 40, 6), _bowl("20 mL", 30, 6)),
        "5 mm zirconia",
        Key("filling", "0.5", "Frankenberg et al. 2025: 0.1, 0.3 and 0.5"),
    ),
    Machine(
        "fritsch-pulverisette0",
        "Fritsch Pulverisette 0 vibratory micro-mill",
        "vibratory",
        (
            Key("frequency", '"50 Hz"', "maker: 3000 vibrations a minute, of the mains"),
            Key("amplitude", '"1.5 mm"', "ASSUMED: the maker's up to 3 mm, read as a whole stroke"),
        ),
        (
            BowlSize(
                "500 mL",
                95,
                "ASSUMED",
                bottom_radius=47.5,
                edges="maker: round mortar; ASSUMED to be a hemisphere",
                volume_source="ASSUMED, with the diameter",
            ),
        ),
        "50 mm steel",
        Key("count", "1", "maker: one ball"),
        cycles=50,
    ),
    Machine(
        "spex-8000",
        "SPEX 8000M mixer/mill",
        "shaker-3d",
        (
            Key("frequency", '"1060 1/min"', "maker: 1060 cycles a minute (60 Hz mains)"),
            Key("stroke", '"59 mm"', "maker: back and forth"),
            Key("side_stroke", '"25 mm"', "maker: side to side"),
            Key("end_distance", '"38 mm"', "ASSUMED: half of the vial's outer 3 inches"),
            Key("side_cycles", "2", "each end describes an eight; ASSUMED to be a turn, see docs"),
        ),
        (
            BowlSize(
                "65 mL",
                38.1,
                "maker: vial 8001, 1.5 by 2.25 inches inside",
                height=57.15,
                volume_source="maker",
            ),
        ),
        "12.7 mm steel",
        Key("count", "2", "SPEX 8000D manual: two balls are standard"),
        cycles=9,
    ),
    Machine(
        "roller-jar",
        "Roller jar mill",
        "roller",
        (Key("speed", '"95 rpm"', "ASSUMED: 59 % of the critical speed (74 % in the 1 L jar)"),),
        (
            BowlSize("1 L", 108, "ASSUMED", volume_source="ASSUMED: a usual size"),
            BowlSize("250 mL", 68, "ASSUMED", volume_source="ASSUMED: a usual size"),
        ),
        "10 mm steel",
        Key("filling", "0.5", "rule of thumb: half of the jar"),
        run=(2000, 1000, 10),
    ),
    Machine(
        "stirred-lab",
        "Laboratory stirred media mill",
        "stirred",
        (
            Key("speed", '"2000 rpm"', "ASSUMED: tips at 3.1 m/s"),
            Key("shaft_diameter", '"8 mm"', "ASSUMED"),
            Key("discs", "2", "ASSUMED"),
            Key("disc_diameter", '"30 mm"', "ASSUMED: leaves a gap of three beads"),
            Key("disc_thickness", '"4 mm"', "ASSUMED"),
        ),
        (BowlSize("80 mL", 50, "ASSUMED", volume_source="ASSUMED: no maker's mill"),),
        "3 mm zirconia",
        Key("filling", "0.6", "ASSUMED"),
        run=(100, 50, 5),
    ),
)
