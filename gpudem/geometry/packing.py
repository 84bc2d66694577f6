"""Placing beads in a bowl without overlap: random points pushed apart until they fit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gpudem.errors import PackingError
from gpudem.geometry.box import Box
from gpudem.geometry.mesh import MeshVessel
from gpudem.geometry.neighbours import near_pairs
from gpudem.geometry.vessel import Vessel
from gpudem.mills.stirrer import Rod

AnyVessel = Vessel | Box | MeshVessel

#: Gap left between beads, relative to the radius, so that no contact exists at the start.
GAP = 2e-3
#: Radius in the relaxation over a bead's own.
_LARGER = 1.0 + 2.0 * GAP
_ROUNDS = 20000
#: Beads up to which places are random; more begin on a lattice.
_RANDOM = 30_000
#: Sites of a face-centred cubic lattice in a cube of edge 1.
_FACE_CENTRED = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5))
#: Rounds without a tenth less overlap after which the beads are taken to be jammed.
_PATIENCE = 600
#: Random starts that are tried before a packing is refused; large ones are too slow for many,
#: and depend less on the start.
_TRIES, _MANY = 8, 2000
#: Up to so many beads the largest count is always sought to the last bead.
_FEW = 200


def pack(
    vessel: AnyVessel, radius: np.ndarray, seed: int, rods: tuple[Rod, ...] = ()
) -> np.ndarray:
    """Random positions of beads in a vessel.

    Random points are relaxed as soft spheres (overlap energy minimised with FIRE, Bitzek et
    al., Phys. Rev. Lett. 97 (2006) 170201) of radii larger by the gap until no two beads
    overlap. Beads stay below the rim of an open vessel.

    Args:
        vessel: the vessel; convex, if it is one of revolution.
        radius: of each bead [m], shape (beads,).
        seed: of the random placement.
        rods: in the vessel, which beads keep off.

    Returns:
        Positions [m], shape (beads, 3).

    Raises:
        PackingError: the beads do not fit; the message names the largest count found to, where
            they are all alike.
    """
    sizes = np.asarray(radius, dtype=float)
    return _pack(vessel, tuple(sizes.tolist()), seed, rods).copy()


def pack_cylinder(
    count: int, radius: float, diameter: float, height: float, seed: int
) -> np.ndarray:
    """Random positions of equal beads in a closed cylinder; see `pack`.

    Args:
        count: number of beads.
        radius: of a bead [m].
        diameter: of the cylinder inside [m].
        height: of the cylinder inside [m].
        seed: of the random placement.

    Returns:
        Positions [m], shape (count, 3).
    """
    return pack(Vessel.cylinder(diameter, height), np.full(count, radius), seed)


@lru_cache(maxsize=4)
def _pack(
    vessel: AnyVessel, sizes: tuple[float, ...], seed: int, rods: tuple[Rod, ...]
) -> np.ndarray:
    radius = np.array(sizes)
    count, largest = len(radius), float(radius.max())
    place = _try(vessel, radius, seed, 1, rods)
    if place is not None:
        return place
    size = vessel.size
    if np.ptp(radius) > 0.0:
        place = _try(vessel, radius, seed, _TRIES, rods)
        if place is not None:
            return place
        raise PackingError(
            f"{count} beads of up to {2e3 * largest:g} mm do not fit into the bowl of {size}"
        )
    rough = _largest(vessel, largest, seed, 0, count, rods, tries=1, spacing=0.01)
    reachable = rough + max(2, rough // 25)
    if count <= reachable:
        place = _try(vessel, radius, seed, _TRIES, rods)
        if place is not None:
            return place
    if count > reachable and rough > _FEW:
        # Far too many: the last few beads are not worth a minute.
        found = f"about {rough}"
    else:
        high = min(count, reachable)
        most = _largest(vessel, largest, seed, rough, high, rods, tries=_TRIES, spacing=0.0)
        found = f"{most}"
    raise PackingError(
        f"{count} beads of {2e3 * largest:g} mm do not fit into the bowl of {size}; "
        f"the largest count found to fit is {found}"
    )


def _largest(
    vessel: AnyVessel,
    radius: float,
    seed: int,
    low: int,
    high: int,
    rods: tuple[Rod, ...],
    *,
    tries: int,
    spacing: float,
) -> int:
    """Largest count from ``low`` and below ``high`` found to fit, by bisection to a spacing.

    With other random starts a few more may fit.
    """
    solid = vessel.volume / (4.0 / 3.0 * np.pi * radius**3)
    guess = int(0.575 * solid)
    while high - low > max(1, spacing * low):
        trial = guess if low < guess < high else (low + high) // 2
        guess = -1
        if _try(vessel, np.full(trial, radius), seed, tries, rods) is not None:
            low = trial
        else:
            high = trial
    return low


def _try(
    vessel: AnyVessel, radius: np.ndarray, seed: int, tries: int, rods: tuple[Rod, ...]
) -> np.ndarray | None:
    """Positions without overlap from the first random start that leads to some, or None."""
    if len(radius) > _MANY:
        tries = min(tries, 2)
    for number in range(tries):
        start = np.random.default_rng(seed if number == 0 else [seed, number])
        positions = _relax(vessel, radius, start, rods)
        if positions is not None:
            return positions
    return None


def _relax(
    vessel: AnyVessel, radius: np.ndarray, rng: np.random.Generator, rods: tuple[Rod, ...]
) -> np.ndarray | None:
    """Positions without overlap, or None where the relaxation does not get there."""
    # All lengths in radii of the largest bead from here on.
    unit, count = float(radius.max()), len(radius)
    sizes = radius / unit
    reach, top = vessel.radius / unit - 1.0, vessel.height / unit - 1.0
    if reach < 0.0 or top < 1.0:
        return None
    if (sizes**3).sum() * 4.0 / 3.0 * np.pi > 0.75 * vessel.volume / unit**3:
        return None
    if count > _RANDOM:
        x = _lattice(vessel, count, unit, rng, rods)
    else:
        angle = rng.uniform(0.0, 2.0 * np.pi, count)
        spread = reach * np.sqrt(rng.uniform(0.0, 1.0, count))
        x = np.stack(
            [spread * np.cos(angle), spread * np.sin(angle), rng.uniform(1.0, top, count)], axis=1
        )
    walls = _Walls(vessel, sizes, unit)
    # Of beads of several sizes the smallest sets how far they may go between two searches.
    skin = 0.3 * float(sizes.min())
    farthest = 0.3 * sizes
    velocity = np.zeros_like(x)
    step, mix, downhill = 0.1, 0.1, 0
    pairs, anchor = None, x
    best, best_round = np.inf, 0
    for number in range(_ROUNDS):
        if pairs is None or np.abs(x - anchor).max() > 0.25 * skin:
            pairs = near_pairs(x, _LARGER * sizes + 0.5 * skin)
            anchor = x.copy()
        force, worst = _push_apart(x, pairs, _LARGER * sizes)
        worst = max(worst, walls.push(x, force))
        for rod in rods:
            worst = max(worst, _push_off(rod, x, force, _LARGER * sizes, unit))
        if worst < GAP:
            return x * unit
        if worst < 0.9 * best:
            best, best_round = worst, number
        if number - best_round > _PATIENCE:
            return None
        power = float((force * velocity).sum())
        if power > 0.0:
            scale = float(np.linalg.norm(velocity)) / max(float(np.linalg.norm(force)), 1e-300)
            velocity = (1.0 - mix) * velocity + mix * scale * force
            downhill += 1
            if downhill > 5:
                step, mix = min(step * 1.1, 0.6), mix * 0.99
        else:
            velocity[:] = 0.0
            step, mix, downhill = 0.5 * step, 0.1, 0
        velocity += step * force
        move = step * velocity
        # A step longer than a fraction of the radius would jump over a neighbour.
        length = np.maximum(np.linalg.norm(move, axis=1), 1e-12)
        move *= np.minimum(1.0, farthest / length)[:, None]
        x = x + move
    return None


def _lattice(
    vessel: AnyVessel, count: int, unit: float, rng: np.random.Generator, rods: tuple[Rod, ...]
) -> np.ndarray:
    """Places all over a vessel on a face-centred cubic lattice, each moved a little at random.

    Among very many beads random places would leave some far too deep in each other. Lengths are in
    radii of the largest bead, shape (count, 3).
    """
    reach, height = vessel.radius / unit, vessel.height / unit
    # Edge of a cube with four sites, were all of the vessel within reach.
    edge = (4.0 * vessel.volume / unit**3 / count) ** (1.0 / 3.0)
    sites = np.zeros((0, 3))
    while len(sites) < count:
        across, up = np.arange(-reach, reach, edge), np.arange(1.0, height, edge)
        corners = np.stack(np.meshgrid(across, across, up, indexing="ij"), axis=-1).reshape(-1, 3)
        sites = np.concatenate([corners + edge * np.array(shift) for shift in _FACE_CENTRED])
        push, ones = np.zeros_like(sites), np.ones(len(sites))
        _Walls(vessel, ones, unit).push(sites, push)
        for rod in rods:
            _push_off(rod, sites, push, ones, unit)
        sites = sites[(push == 0.0).all(axis=1)]
        edge *= 0.99
    chosen = sites[rng.permutation(len(sites))[:count]]
    gap = edge / 0.99 / np.sqrt(2.0) - 2.0 * _LARGER
    return chosen + max(gap, 0.0) / 4.0 * rng.uniform(-1.0, 1.0, chosen.shape)


class _Walls:
    """The faces and arcs of a vessel, and a lid over an open one, as soft walls for beads.

    The lines of the faces may go on beyond their ends, as the vessel is convex. Beads too large for
    an arc lie within the faces beside it.
    """

    def __init__(self, vessel: AnyVessel, sizes: np.ndarray, unit: float) -> None:
        self._faces: list[tuple[np.ndarray, np.ndarray]] = []
        self._arcs: list[tuple[np.ndarray, np.ndarray, float, np.ndarray]] = []
        self._planes: list[tuple[np.ndarray, np.ndarray]] = []
        self._depths: _Depths | None = None
        if isinstance(vessel, Box):
            self._planes = [
                (normal, float(point @ normal) / unit - _LARGER * sizes)
                for point, normal in vessel.faces(lid=True)
            ]
            return
        if isinstance(vessel, MeshVessel):
            self._depths = _Depths(vessel, sizes, unit)
            return
        faces = vessel.faces()
        if not vessel.closed:
            faces.append((np.array([0.0, vessel.height]), np.array([0.0, 1.0])))
        # How far out a centre may be along each face's normal.
        self._faces = [
            (normal, float(point @ normal) / unit - sizes - (_LARGER - 1.0) * sizes)
            for point, normal in faces
        ]
        for arc in vessel.arcs():
            room = arc.radius / unit - _LARGER * sizes
            middle = 0.5 * (arc.begin + arc.end)
            towards = np.array([np.cos(middle), np.sin(middle)])
            centre = np.array(arc.centre) / unit
            self._arcs.append((centre, towards, float(np.cos(0.5 * arc.turn)), room))

    def push(self, x: np.ndarray, force: np.ndarray) -> float:
        """Adds the forces of the walls; returns the largest overlap."""
        rho = np.hypot(x[:, 0], x[:, 1])
        worst = 0.0 if self._depths is None else self._depths.push(x, force)
        for normal, limit in self._planes:
            beyond = x @ normal - limit
            worst = max(worst, float(beyond.max()))
            force -= 2.0 * np.maximum(beyond, 0.0)[:, None] * normal
        for normal, limit in self._faces:
            beyond = (rho * normal[0] + x[:, 2] * normal[1]) - limit
            worst = max(worst, float(beyond.max()))
            out = beyond > 0.0
            if normal[0] != 0.0:
                across = normal[0] * beyond[out] / np.maximum(rho[out], 1e-9)
                force[out, :2] -= 2.0 * x[out, :2] * across[:, None]
            force[out, 2] -= 2.0 * normal[1] * beyond[out]
        for centre, towards, cosine, room in self._arcs:
            across, up = rho - centre[0], x[:, 2] - centre[1]
            apart = np.hypot(across, up)
            within = across * towards[0] + up * towards[1] >= apart * cosine
            beyond = np.where(within & (room > 0.0), apart - room, -np.inf)
            worst = max(worst, float(beyond.max()))
            out = beyond > 0.0
            push = 2.0 * beyond[out] / apart[out]
            outward = push * across[out] / np.maximum(rho[out], 1e-9)
            force[out, :2] -= x[out, :2] * outward[:, None]
            force[out, 2] -= push * up[out]
        return worst


def _push_off(rod: Rod, x: np.ndarray, force: np.ndarray, sizes: np.ndarray, unit: float) -> float:
    """Adds the forces of a rod; returns the largest overlap."""
    distance, way = rod.distance(x * unit)
    beyond = sizes - distance / unit
    out = beyond > 0.0
    force[out] += 2.0 * beyond[out][:, None] * way[out]
    return float(beyond.max())


class _Depths:
    """A mesh as a soft wall: how deep inside it each place lies, on a grid."""

    def __init__(self, vessel: MeshVessel, sizes: np.ndarray, unit: float) -> None:
        origin, depth, spacing = vessel.depths(0.25 * float(sizes.min()) * unit)
        self._origin, self._spacing = origin / unit, spacing / unit
        self._depth = depth / unit
        self._slope = np.gradient(self._depth, self._spacing)
        # Where an edge sticks out, the depth between corners of the grid is less than it seems.
        self._wanted = _LARGER * sizes + self._spacing**2 / (8.0 * sizes)

    def push(self, x: np.ndarray, force: np.ndarray) -> float:
        """Adds the forces; returns the largest overlap."""
        from scipy.ndimage import map_coordinates

        place = ((x - self._origin) / self._spacing).T
        depth, *slope = (
            map_coordinates(values, place, order=1, mode="nearest")
            for values in (self._depth, *self._slope)
        )
        beyond = self._wanted - depth
        inwards = np.stack(slope, axis=1)
        inwards /= np.maximum(np.linalg.norm(inwards, axis=1), 1e-9)[:, None]
        force += 2.0 * np.maximum(beyond, 0.0)[:, None] * inwards
        return float(beyond.max())


def _push_apart(x: np.ndarray, pairs: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, float]:
    """Soft-sphere forces and the largest overlap, lengths in radii of the largest bead."""
    force = np.zeros_like(x)
    apart = x[pairs[:, 0]] - x[pairs[:, 1]]
    distance = np.sqrt((apart**2).sum(axis=1))
    overlap = (sizes[pairs[:, 0]] + sizes[pairs[:, 1]]) - distance
    touching = overlap > 0.0
    worst = float(overlap.max(initial=0.0))
    push = apart[touching] * (overlap[touching] / np.maximum(distance[touching], 1e-9))[:, None]
    for axis in range(3):
        force[:, axis] = np.bincount(
            pairs[touching, 0], push[:, axis], minlength=len(x)
        ) - np.bincount(pairs[touching, 1], push[:, axis], minlength=len(x))
    return force, worst
