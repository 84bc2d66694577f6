"""What colours the beads of a picture, or its walls: a quantity, its scale and its colours."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gpudem.errors import GpudemError, RunFileError
from gpudem.numbers import rounded_up
from gpudem.runfile.metadata import disc_rate, motion_of, wall_speed

if TYPE_CHECKING:
    import xarray

    from gpudem.runfile.reader import Run
    from gpudem.runfile.wear import Wear

    Values = Callable[[Run, int, xarray.Dataset], np.ndarray]

#: Largest part of a logarithmic scale that is worth showing, in decades.
_DECADES = 4
#: Share of the values that a linear scale shows.
_USUAL = 0.99
#: Speeds of walls that differ by no more than this factor are shown on one scale in m/s.
_ALIKE = 1.5
#: What is said of speeds only where a disc carries the bowl.
_ON_DISC = " relative to the disc"
#: Beads without a value.
_UNKNOWN = "0.6"


@dataclass(frozen=True)
class Colouring:
    """A way to colour beads.

    Attributes:
        name: what users call it.
        meaning: label of the scalar bar.
        unit: "" for none.
        values: gives one value a bead, shape (beads,), for a run, the number of one of its
            snapshots, and that snapshot.
        map: matplotlib's name of the colour map.
        logarithmic: whether the scale is logarithmic.
        classes: names of the classes where the values are whole numbers 0, 1, 2, ... that
            stand for them.
        by_species: whether the classes are the species of the beads.
        of_walls: whether it colours the triangles of the walls, with one value for each of these,
            and the beads are left out.
    """

    name: str
    meaning: str
    unit: str
    values: Values
    map: str = "viridis"
    logarithmic: bool = False
    classes: tuple[str, ...] = ()
    by_species: bool = False
    of_walls: bool = False

    def of(self, run: Any) -> Colouring:
        """The colouring of the beads of this run, or of anything else with its parameters."""
        if self.by_species:
            return replace(self, classes=tuple(run.species_names) or ("all alike",))
        motion = motion_of(run)
        carried = motion is not None and motion.carried
        return self if carried else replace(self, meaning=self.meaning.replace(_ON_DISC, ""))

    @property
    def label(self) -> str:
        """Meaning and unit."""
        return f"{self.meaning}  [{self.unit}]" if self.unit else self.meaning


@dataclass(frozen=True)
class Scale:
    """A colouring with the limits of its scale: from values to colours.

    Attributes:
        colouring: the quantity.
        limits: values at both ends, in the quantity's unit.
        beyond: whether some values lie above the upper end.
        norm: matplotlib's norm.
        map: matplotlib's colour map.
    """

    colouring: Colouring
    limits: tuple[float, float]
    beyond: bool = False
    norm: Any = field(init=False, repr=False, compare=False)
    map: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        from matplotlib import colormaps, colors

        chosen, classes = self.colouring, self.colouring.classes
        if classes:
            shades = colormaps[chosen.map].resampled(len(classes))
            norm: Any = colors.BoundaryNorm(np.arange(len(classes) + 1) - 0.5, len(classes))
        else:
            shades = colormaps[chosen.map]
            norm = (colors.LogNorm if chosen.logarithmic else colors.Normalize)(*self.limits)
        object.__setattr__(self, "norm", norm)
        object.__setattr__(self, "map", shades.with_extremes(bad=_UNKNOWN))

    def colours(self, values: np.ndarray) -> np.ndarray:
        """Red, green, blue and alpha from 0 to 255, shape (beads, 4); NaN is grey."""
        values = np.asarray(values, float)
        if self.colouring.logarithmic:
            # Zero has no place on a logarithmic scale.
            values = np.maximum(values, self.limits[0])
        return self.map(self.norm(np.ma.masked_invalid(values)), bytes=True)

    def draw_bar(self, axes: Any, ink: tuple[float, float, float]) -> Any:
        """Draws its colour bar into a figure's axes, lying; returns matplotlib's colour bar.

        Args:
            axes: filled by it.
            ink: colour of ticks and their labels.
        """
        from matplotlib.cm import ScalarMappable

        # With a norm of its own: where figures share one, the end of an old figure can fall into
        # the making of a new one, and matplotlib then prints a traceback (KeyError: 'changed').
        mappable = ScalarMappable(copy.deepcopy(self.norm), self.map)
        ends = ("neither", "max", "min", "both")
        extend = ends[self.beyond + 2 * self.colouring.logarithmic]
        bar = axes.figure.colorbar(mappable, cax=axes, orientation="horizontal", extend=extend)
        if self.colouring.classes:
            bar.set_ticks(range(len(self.colouring.classes)), labels=self.colouring.classes)
        axes.minorticks_off()
        axes.tick_params(color=ink, labelcolor=ink, pad=2)
        bar.outline.set_visible(False)
        return bar


def _recorded(name: str) -> Values:
    def values(run: Run, number: int, snapshot: xarray.Dataset) -> np.ndarray:
        if name not in snapshot:
            raise RunFileError(f"{run.path}: holds no {name}: an older version of gpudem wrote it")
        return snapshot[name].values

    return values


def _speed(run: Run, number: int, snapshot: xarray.Dataset) -> np.ndarray:
    rate = disc_rate(run, number)
    x, y, z = snapshot["velocity"].values.T
    across, along = snapshot["position"].values.T[:2]
    return np.sqrt((x + rate * along) ** 2 + (y - rate * across) ** 2 + z**2)


def _speed_over_wall(run: Run, number: int, snapshot: xarray.Dataset) -> np.ndarray:
    wall = wall_speed(run, number)
    if wall is None:
        raise RunFileError(f"{run.path}: has no wall that turns, which speeds could be compared to")
    return _speed(run, number, snapshot) / (wall or math.nan)


def _regime(run: Run, number: int, snapshot: xarray.Dataset) -> np.ndarray:
    from gpudem.analysis.motion.regimes import places_in
    from gpudem.runfile.metadata import round_vessel_of

    position, radius = snapshot["position"].values, snapshot["radius"].values
    return places_in(round_vessel_of(run), position, radius, snapshot["touching"].values)


def _species(run: Run, number: int, snapshot: xarray.Dataset) -> np.ndarray:
    return run.species


def _spin(run: Run, number: int, snapshot: xarray.Dataset) -> np.ndarray:
    return np.linalg.norm(snapshot["angular_velocity"].values, axis=1)


#: Every way to colour beads, by its name; what is added here is accepted everywhere.
COLOURINGS: dict[str, Colouring] = {
    colouring.name: colouring
    for colouring in (
        Colouring("speed", f"speed of the beads{_ON_DISC}", "m/s", _speed),
        Colouring(
            "relative",
            f"speed of the beads{_ON_DISC}, over that of the wall",
            "",
            _speed_over_wall,
        ),
        Colouring(
            "power",
            "power dissipated at each bead, mean since the last snapshot",
            "W",
            _recorded("collision_power"),
            "plasma",
            logarithmic=True,
        ),
        Colouring(
            "count",
            "contacts of each bead begun per second, mean since the last snapshot",
            "1/s",
            _recorded("collision_rate"),
        ),
        Colouring(
            "force",
            "contact forces of each bead at this moment, sum of magnitudes",
            "N",
            _recorded("contact_force"),
            "YlOrRd",
            logarithmic=True,
        ),
        Colouring("spin", "angular speed of the beads", "rad/s", _spin),
        Colouring(
            "regime",
            "where the beads are",
            "",
            _regime,
            "cividis",
            classes=("on the wall", "in the bulk", "in free flight"),
        ),
        Colouring("species", "kind of bead", "", _species, "viridis", by_species=True),
        Colouring("touching", "contacts of each bead at this moment", "", _recorded("touching")),
    )
}


def _worn(name: str) -> Values:
    def values(run: Run, number: int, snapshot: xarray.Dataset) -> np.ndarray:
        return wear_of(run).maps[name]

    return values


#: Every way to colour walls of triangles, likewise.
WALL_COLOURINGS: dict[str, Colouring] = {
    name: Colouring(
        name,
        f"{meaning}, mean over the log window",
        unit,
        _worn(name),
        "YlOrRd",
        logarithmic=True,
        of_walls=True,
    )
    for name, unit, meaning in (
        ("pressure", "Pa", "pressure of the beads' normal forces"),
        ("sliding", "W/m\u00b2", "loss by sliding friction (Archard's wear)"),
        ("impact", "W/m\u00b2", "loss in the normal damper"),
        ("loading", "W/m\u00b2", "work of the normal forces while loading (impact energy)"),
    )
}


def wear_of(run: Run) -> Wear:
    """The wear of a run.

    Raises:
        RunFileError: it holds none.
    """
    wear = run.wear
    if wear is None:
        raise RunFileError(
            f"{run.path}: holds no wear of walls: a finished run of a mesh with "
            "run.log_walls = true does, on a CPU or with CUDA"
        )
    return wear


def find_wall_colouring(name: str) -> Colouring:
    """The colouring of walls of this name.

    Raises:
        GpudemError: there is none.
    """
    if name not in WALL_COLOURINGS:
        raise GpudemError(f"--wall {name}: accepted are {', '.join(WALL_COLOURINGS)}")
    return WALL_COLOURINGS[name]


def find_colouring(name: str) -> Colouring:
    """The colouring of this name.

    Raises:
        GpudemError: there is none.
    """
    if name not in COLOURINGS:
        raise GpudemError(
            f"--colour {name}: not recorded in run files; accepted: {', '.join(COLOURINGS)}"
        )
    return COLOURINGS[name]


def colourings_of(run: Any) -> dict[str, Colouring]:
    """Every way to colour the beads of this run, or of one that is going on, by its name."""
    found = {name: colouring.of(run) for name, colouring in COLOURINGS.items()}
    if wall_speed(run, 0) is None:
        del found["relative"]
    return found


def speed_colouring(runs: Sequence[Run]) -> Colouring:
    """The colouring by speed that shows all of some runs: of mills of different speeds "relative".

    On one scale in m/s the beads of a slow mill would all look at rest.
    """
    speeds = [wall_speed(run, run.snapshots - 1) for run in runs]
    known = [speed for speed in speeds if speed]
    differ = len(known) == len(runs) and max(known) > _ALIKE * min(known)
    return COLOURINGS["relative" if differ else "speed"]


def common_scale(colouring: Colouring, values: Sequence[np.ndarray]) -> Scale:
    """One scale for all pictures that are to be compared.

    Args:
        colouring: the quantity.
        values: of each picture, shape (beads,) each.

    Returns:
        A scale from 0 to the largest value but for the highest 1 % of them, rounded up, as one rare
        bead would leave all others in the lower colours. A logarithmic one goes to the largest and
        shows at most four decades; what is below, zero too, has the colour of its lower end.
    """
    every = np.concatenate([np.zeros(0), *(np.ravel(v) for v in values)])
    every = every[np.isfinite(every)]
    highest = float(every.max(initial=0.0))
    if not colouring.logarithmic:
        usual = highest if colouring.classes or not len(every) else np.quantile(every, _USUAL)
        top = rounded_up(float(usual)) if usual > 0.0 else rounded_up(highest)
        return Scale(colouring, (0.0, top), beyond=highest > top)
    if highest <= 0.0:
        return Scale(colouring, (1e-4, 1.0))
    top = rounded_up(highest)
    lowest = float(np.percentile(np.log10(every[every > 0.0]), 2.0))
    bottom = 10.0 ** math.floor(lowest + 1e-9)
    return Scale(colouring, (min(max(bottom, top * 10.0**-_DECADES), 0.1 * top), top))
