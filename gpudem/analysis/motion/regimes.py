"""How the beads of a run move: shares, slip, angles, and the name of the regime they make.

Everything is told from the snapshots inside the log window, seen from the mill's disc
(`gpudem.analysis.motion.disc_frame`). docs/theory/motion.md holds definitions, thresholds and their
limits.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gpudem.analysis.motion.disc_frame import Beads, DiscFrame
from gpudem.analysis.uncertainty import Mean, mean_of, ratio_of
from gpudem.geometry.neighbours import near_pairs
from gpudem.geometry.vessel import Vessel
from gpudem.numbers import NAN, quotient
from gpudem.runfile.reader import Run, open_run

#: Where a bead can be; every bead is in one of them.
PLACES = ("wall", "bulk", "flight")
REGIMES = ("cascading", "cataracting", "rolling and sliding", "centrifuging")

#: A gap over the diameter below which two beads, or bead and wall, are near: at twice the gap's
#: volume, (1 + NEAR)^3 = 2, a packing is half as dense.
NEAR = 2.0 ** (1.0 / 3.0) - 1.0
#: Three points hold a sphere up; a bead that touches nothing and has fewer near it flies.
SUPPORTS = 3
#: Centrifuging: the least flux along the wall over the largest, sextant by sextant.
FULL_CIRCLE = 0.5
#: Rolling and sliding: share of the beads there, and their slip. A bead that the wall sets rolling
#: from rest has 2/7 of its speed, a slip of 5/7; one that rides has none.
MOSTLY_ON_WALL, LAGGING = 0.5, 0.5
#: Cataracting: beads in free flight over beads on the wall, as found in drums at the Froude number
#: 0.1, where cataracting begins (docs/theory/motion.md). Both are a matter of the bed's surface, so
#: their ratio depends on the filling less than the share of all beads does.
FLYING = 0.07

#: Slip of the beads on the wall above which the wall is taken to carry none.
_NOT_CARRIED = 0.99
#: Classes of the angle: 5 degrees.
_CLASSES = 72
_SEXTANTS = 6
#: Shortest correlation time that is believed, in turns of the disc; as for powers.
_LEAST_TURNS = 0.1


@dataclass(frozen=True)
class Regime:
    """A name for the motion, and what it follows from.

    Attributes:
        name: one of REGIMES.
        reasons: each test with its value and threshold, in words; all that a name asks for must
            hold, and the first name wins.
        sentence: the values that decided, in a sentence that goes on after "as".
    """

    name: str
    reasons: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Motion:
    """How the beads of a run move, means over the log window.

    Attributes:
        share: share of the beads on the side wall, in the bulk and in free flight, by PLACES.
        wall_slip: 1 - (mean angular speed of the beads on the wall) / (the wall's), about the
            bowl's axis in the disc's frame: 0 riding with the wall, 1 at rest on the disc.
        bulk_slip: the same of all beads that do not fly.
        contact_sliding: mean speed of surface over surface of the beads that touch something on
            the wall, over the wall's speed in the disc's frame: 0 rolls or sticks.
        detachment: median angle at which beads leave the wall, from the outward disc radius in
            the sense of the disc's rotation [rad]; NaN if none is carried or none leaves.
        impact: median angle at which they come to it [rad].
        flux: beads carried along the wall past each angle, in the wall's sense [1/s], shape
            (72,), classes from -pi to pi.
        full_circle: least over largest flux of the six sextants; 1 is a ring.
        froude: (wall's rate)^2 (bowl's radius) / (acceleration across the axis), with the
            wall's rate in the frame that does not turn; W^2 R or gravity across the axis.
        pull: that acceleration over gravity's along the axis; infinite without that.
        regime: its name.
        snapshots: number of snapshots evaluated.
    """

    share: dict[str, Mean]
    wall_slip: Mean
    bulk_slip: Mean
    contact_sliding: Mean
    detachment: float
    impact: float
    flux: np.ndarray
    full_circle: float
    froude: float
    pull: float
    regime: Regime
    snapshots: int


def analyse_motion(run: Run | str | os.PathLike[str]) -> Motion:
    """Work out how the beads of a run move.

    Args:
        run: an open run, or the path of a run file.

    Raises:
        RunFileError: the file is missing or damaged, has no cylindrical bowl or no snapshot in
            its log window.
    """
    if not isinstance(run, Run):
        with open_run(run) as opened:
            return analyse_motion(opened)
    frame = DiscFrame(run)
    rows, counts, flux = [], np.zeros(_CLASSES), np.zeros(_CLASSES)
    edges = np.linspace(-math.pi, math.pi, _CLASSES + 1)
    for beads in frame:
        where = places(beads, frame)
        rows.append(_row(beads, where, frame))
        wall = where == PLACES.index("wall")
        rate = beads.swirl[wall] / beads.distance[wall] ** 2 * math.copysign(1.0, frame.wall_rate)
        counts += np.histogram(beads.angle[wall], edges)[0]
        flux += np.histogram(beads.angle[wall], edges, weights=rate)[0]
    flux /= len(rows) * (edges[1] - edges[0])
    return _motion(frame, np.array(rows), flux)


def places(beads: Beads, frame: DiscFrame) -> np.ndarray:
    """Where each bead of a moment in a frame is: `places_in`."""
    return places_in(frame.bowl, beads.position, beads.radius, beads.touching)


def places_in(
    vessel: Vessel, position: np.ndarray, radius: np.ndarray, touching: np.ndarray
) -> np.ndarray:
    """Where each bead is: indices of PLACES, shape (beads,).

    A bead in *free flight* touches nothing, and has fewer than SUPPORTS beads and walls nearer
    than NEAR diameters. Of the others, those nearer than that to the side wall are *on the
    wall*, and the rest are in the *bulk*.

    Args:
        vessel: the vessel.
        position: [m], shape (beads, 3).
        radius: [m], shape (beads,).
        touching: contacts, shape (beads,).
    """
    distance = np.hypot(position[:, 0], position[:, 1])
    pairs = near_pairs(position, (1.0 + NEAR) * radius)
    near = np.bincount(pairs.ravel(), minlength=len(radius))
    gap = 2.0 * NEAR * radius
    by_wall = vessel.radius_at(position[:, 2]) - radius - distance < gap
    near += by_wall
    near += position[:, 2] - radius < gap
    if vessel.closed:
        near += vessel.height - radius - position[:, 2] < gap
    flying = (touching == 0) & (near < SUPPORTS)
    return np.where(flying, PLACES.index("flight"), np.where(by_wall, 0, PLACES.index("bulk")))


def _row(beads: Beads, where: np.ndarray, frame: DiscFrame) -> list[float]:
    """Shares of PLACES; swirl and moment of inertia at the wall and of what is held; sliding."""
    shares = np.bincount(where, minlength=len(PLACES)) / len(where)
    wall, held = where == PLACES.index("wall"), where != PLACES.index("flight")
    sums = [
        float(values[part].sum())
        for part in (wall, held)
        for values in (beads.swirl, beads.distance**2)
    ]
    touching = wall & (beads.touching > 0)
    speed = np.linalg.norm(beads.sliding[touching], axis=1)
    return [*shares, *sums, float(speed.sum()), float(touching.sum())]


def _motion(frame: DiscFrame, rows: np.ndarray, flux: np.ndarray) -> Motion:
    step = frame.window.duration / len(rows)
    rate = abs(frame.wall_rate)
    least = _LEAST_TURNS * 2.0 * math.pi / abs(frame.speed)
    share = {name: mean_of(rows[:, k], step, least) for k, name in enumerate(PLACES)}

    def slip(top: np.ndarray, bottom: np.ndarray) -> Mean:
        carried = ratio_of(top / frame.wall_rate, bottom, step, least)
        return replace(carried, value=1.0 - carried.value)

    sliding = ratio_of(rows[:, 7] / (rate * frame.bowl.radius), rows[:, 8], step, least)
    full_circle = circle_share(flux)
    detachment, impact = turning_points(flux, math.copysign(1.0, frame.wall_rate))
    wall_slip = slip(rows[:, 3], rows[:, 4])
    # In a ring none leaves, and beads that are not carried have no place to leave at.
    if full_circle >= FULL_CIRCLE or not wall_slip.value < _NOT_CARRIED:
        detachment = impact = NAN
    carried = frame.rotation**2 * frame.motion.circle_radius
    across = carried if frame.motion.carried else math.hypot(*frame.gravity[:2])
    return Motion(
        share=share,
        wall_slip=wall_slip,
        bulk_slip=slip(rows[:, 5], rows[:, 6]),
        contact_sliding=sliding,
        detachment=detachment,
        impact=impact,
        flux=flux,
        full_circle=full_circle,
        froude=quotient(frame.lab_rate**2 * frame.bowl.radius, across),
        pull=math.inf if frame.gravity[2] == 0.0 else across / abs(frame.gravity[2]),
        regime=name_regime(
            {name: mean.value for name, mean in share.items()}, wall_slip.value, full_circle
        ),
        snapshots=len(rows),
    )


def circle_share(flux: np.ndarray) -> float:
    """Least over largest flux of the six sextants; 0 where nothing is carried.

    Args:
        flux: along the wall by angle [1/s], shape (72,).
    """
    sextants = flux.reshape(_SEXTANTS, -1).sum(axis=1)
    largest = float(sextants.max())
    return max(0.0, float(sextants.min()) / largest) if largest > 0.0 else 0.0


def turning_points(flux: np.ndarray, sense: float) -> tuple[float, float]:
    """Median angles where beads leave the wall and where they come to it.

    The flux of beads along the wall grows where they come to it and falls where they leave, so
    from the place of the largest flux on, it has fallen to half where half of them have left, and
    likewise before it.

    Args:
        flux: along the wall by angle [1/s], shape (classes,), classes from -pi to pi.
        sense: 1 or -1, the sense in which the wall turns.

    Returns:
        Angles of detachment and of impact [rad] in (-pi, pi]; NaN where there is none.
    """
    classes = len(flux)
    width = 2.0 * math.pi / classes
    smooth = 0.5 * flux + 0.25 * (np.roll(flux, 1) + np.roll(flux, -1))
    top = int(np.argmax(smooth))
    half = 0.5 * float(smooth[top])
    if half <= 0.0:
        return NAN, NAN

    def crossing(way: int) -> float:
        along = smooth[(top + way * np.arange(classes)) % classes]
        below = np.flatnonzero(along < half)
        if not len(below):
            return NAN
        k = int(below[0])
        classes_on = k - 1 + (along[k - 1] - half) / (along[k - 1] - along[k])
        angle = -math.pi + (top + 0.5 + way * classes_on) * width
        return math.remainder(angle, 2.0 * math.pi)

    onward = 1 if sense > 0.0 else -1
    return crossing(onward), crossing(-onward)


def name_regime(share: Mapping[str, float], wall_slip: float, full_circle: float) -> Regime:
    """Name the motion; the first of these that holds, and cascading if none does.

    Centrifuging if full_circle >= FULL_CIRCLE; rolling and sliding if at least MOSTLY_ON_WALL of
    the beads are there and their slip is at least LAGGING; cataracting if beads in flight are at
    least FLYING times those on the wall.

    Args:
        share: of the beads, by PLACES.
        wall_slip: as in `Motion`.
        full_circle: as in `Motion`.
    """
    none = math.inf if share["flight"] > 0.0 else 0.0
    thrown = share["flight"] / share["wall"] if share["wall"] > 0.0 else none
    tests = (
        ("centrifuging", [(full_circle, FULL_CIRCLE, "least over largest flux on the wall")]),
        (
            "rolling and sliding",
            [
                (share["wall"], MOSTLY_ON_WALL, "share on the wall"),
                (wall_slip, LAGGING, "slip there"),
            ],
        ),
        ("cataracting", [(thrown, FLYING, "beads in free flight over beads on the wall")]),
    )
    holding = [name for name, parts in tests if all(value >= least for value, least, _ in parts)]
    reasons = tuple(
        f"{meaning} {value:.3f} ({name} from {least:g})"
        for name, parts in tests
        for value, least, meaning in parts
    )
    name = holding[0] if holding else "cascading"
    sentence = {
        "centrifuging": "the wall carries beads all the way round (least over largest flux "
        f"{full_circle:.2f}, limit {FULL_CIRCLE:g})",
        "rolling and sliding": f"{100.0 * share['wall']:.0f} % of the beads lie on the wall (limit "
        f"{100.0 * MOSTLY_ON_WALL:.0f} %) and lag behind it (slip {wall_slip:.2f}, limit "
        f"{LAGGING:g})",
        "cataracting": f"{thrown:.2f} beads fly for each one on the wall (limit {FLYING:g})",
        "cascading": f"{thrown:.2f} beads fly for each one on the wall (cataracting from "
        f"{FLYING:g}), and the bed is carried up and flows down",
    }[name]
    return Regime(name, reasons, sentence)
