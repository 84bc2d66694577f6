"""Placing beads in a bowl without overlap: random points pushed apart until they fit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gpudem.errors import PackingError

#: Gap left between beads, relative to the radius, so that no contact exists at the start.
GAP = 2e-3
_ROUNDS = 20000
#: Rounds without a tenth less overlap after which the beads are taken to be jammed.
_PATIENCE = 600
#: Random starts that are tried before a packing is refused; large ones are too slow for many,
#: and depend less on the start.
_TRIES, _MANY = 8, 2000
#: Up to so many beads the largest count is always sought to the last bead.
_FEW = 200


def pack_cylinder(
    count: int, radius: float, diameter: float, height: float, seed: int
) -> np.ndarray:
    """Random positions of equal beads in a closed cylinder standing on z = 0.

    Random points are relaxed as soft spheres (overlap energy minimised with FIRE, Bitzek et
    al., Phys. Rev. Lett. 97 (2006) 170201) of a radius larger by the gap until no two beads
    overlap.

    Args:
        count: number of beads.
        radius: of a bead [m].
        diameter: of the cylinder inside [m].
        height: of the cylinder inside [m].
        seed: of the random placement.

    Returns:
        Positions [m], shape (count, 3).

    Raises:
        PackingError: the beads do not fit; the message names the largest count found to.
    """
    return _pack(count, radius, diameter, height, seed).copy()


@lru_cache(maxsize=4)
def _pack(count: int, radius: float, diameter: float, height: float, seed: int) -> np.ndarray:
    place = _try(count, radius, diameter, height, seed, 1)
    if place is not None:
        return place
    rough = _largest((radius, diameter, height, seed), 0, count, tries=1, spacing=0.01)
    reachable = rough + max(2, rough // 25)
    if count <= reachable:
        place = _try(count, radius, diameter, height, seed, _TRIES)
        if place is not None:
            return place
    if count > reachable and rough > _FEW:
        # Far too many: the last few beads are not worth a minute.
        found = f"about {rough}"
    else:
        high = min(count, reachable)
        most = _largest((radius, diameter, height, seed), rough, high, tries=_TRIES, spacing=0.0)
        found = f"{most}"
    raise PackingError(
        f"{count} beads of {2e3 * radius:g} mm do not fit into the bowl of {1e3 * diameter:g} mm x "
        f"{1e3 * height:g} mm; the largest count found to fit is {found}"
    )


def _largest(
    bowl: tuple[float, float, float, int], low: int, high: int, *, tries: int, spacing: float
) -> int:
    """Largest count from ``low`` and below ``high`` found to fit, by bisection to a spacing.

    With other random starts a few more may fit.
    """
    radius, diameter, height, _ = bowl
    solid = np.pi / 4.0 * diameter**2 * height / (4.0 / 3.0 * np.pi * radius**3)
    guess = int(0.575 * solid)
    while high - low > max(1, spacing * low):
        trial = guess if low < guess < high else (low + high) // 2
        guess = -1
        if _try(trial, *bowl, tries) is not None:
            low = trial
        else:
            high = trial
    return low


def _try(
    count: int, radius: float, diameter: float, height: float, seed: int, tries: int
) -> np.ndarray | None:
    """Positions without overlap from the first random start that leads to some, or None."""
    if count > _MANY:
        tries = min(tries, 2)
    for number in range(tries):
        start = np.random.default_rng(seed if number == 0 else [seed, number])
        positions = _relax(count, radius, diameter, height, start)
        if positions is not None:
            return positions
    return None


def _relax(
    count: int, radius: float, diameter: float, height: float, rng: np.random.Generator
) -> np.ndarray | None:
    """Positions without overlap, or None where the relaxation does not get there."""
    from scipy.spatial import cKDTree

    # All lengths in bead radii from here on.
    reach = 0.5 * diameter / radius - 1.0
    top = height / radius - 1.0
    if reach < 0.0 or top < 1.0:
        return None
    if count * 4.0 / 3.0 * np.pi > 0.75 * np.pi * (reach + 1.0) ** 2 * (top + 1.0):
        return None
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    spread = reach * np.sqrt(rng.uniform(0.0, 1.0, count))
    x = np.stack(
        [spread * np.cos(angle), spread * np.sin(angle), rng.uniform(1.0, top, count)], axis=1
    )
    size = 1.0 + 2.0 * GAP
    wall = size - 1.0
    skin = 0.3
    velocity = np.zeros_like(x)
    step, mix, downhill = 0.1, 0.1, 0
    pairs, anchor = None, x
    best, best_round = np.inf, 0
    for number in range(_ROUNDS):
        if pairs is None or np.abs(x - anchor).max() > 0.25 * skin:
            pairs = cKDTree(x).query_pairs(2.0 * size + skin, output_type="ndarray")
            anchor = x.copy()
        force, worst = _push_apart(x, pairs, size, reach - wall, 1.0 + wall, top - wall)
        if worst < GAP:
            return x * radius
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
        move *= np.minimum(1.0, 0.3 / np.maximum(np.linalg.norm(move, axis=1), 1e-12))[:, None]
        x = x + move
    return None


def _push_apart(
    x: np.ndarray, pairs: np.ndarray, size: float, reach: float, low: float, high: float
) -> tuple[np.ndarray, float]:
    """Soft-sphere forces and the largest overlap, lengths in bead radii."""
    force = np.zeros_like(x)
    apart = x[pairs[:, 0]] - x[pairs[:, 1]]
    distance = np.sqrt((apart**2).sum(axis=1))
    overlap = 2.0 * size - distance
    touching = overlap > 0.0
    worst = float(overlap.max(initial=0.0))
    push = apart[touching] * (overlap[touching] / np.maximum(distance[touching], 1e-9))[:, None]
    for axis in range(3):
        force[:, axis] = np.bincount(
            pairs[touching, 0], push[:, axis], minlength=len(x)
        ) - np.bincount(pairs[touching, 1], push[:, axis], minlength=len(x))
    rho = np.hypot(x[:, 0], x[:, 1])
    beyond = rho - reach
    out = beyond > 0.0
    force[out, :2] -= 2.0 * x[out, :2] * (beyond[out] / rho[out])[:, None]
    below, above = low - x[:, 2], x[:, 2] - high
    force[:, 2] += 2.0 * np.maximum(below, 0.0) - 2.0 * np.maximum(above, 0.0)
    worst = max(worst, float(beyond.max()), float(below.max()), float(above.max()))
    return force, worst
