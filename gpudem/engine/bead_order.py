"""The order of the beads on the device: anew by place now and then, for beads of large cases.

Beads that touch then lie near each other in memory, and threads that share a case have runs of
beads with few neighbours in common. To the outside a bead keeps its number.
"""

from __future__ import annotations

import numpy as np

from gpudem.engine.arrays import DeviceState
from gpudem.engine.case import Case
from gpudem.engine.cell_grids import levels_of

#: Steps between two orders: a centimetre or so of a bead's way.
STEPS = 1 << 15
#: Smaller cases stay in the order of their numbers, and no team shares them: it would hardly gain.
FEWEST_BEADS = 512

#: Arrays of one entry a bead, or of two copies of them.
_BEAD_ARRAYS = (
    "position motion crowd half motion_rest position_rest work log event_sums wall_sums visit "
    "species anchor tally pending".split()
)


def order_in_space(case: Case, position: np.ndarray) -> np.ndarray:
    """Indices of beads by layers of two bead diameters, by rows in a layer, along a row.

    Layers are across the axis of the first wall that is not flat: along it beads of a mill move
    the least. Small beads stand before large ones, level by level: a contact is listed with the
    bead of the lower number, and no bead should have to list all that touch a large one.

    Args:
        case: the beads' case.
        position: [m], shape (beads, 3).
    """
    sides = [wall for wall in case.walls if wall.rises]
    across = int(np.argmax(np.abs(sides[0].axis))) if sides else 2
    cells = np.floor(position / (4.0 * case.radius.max()))
    level, _ = levels_of(case.radius)
    return np.lexsort((cells[:, across - 2], cells[:, across - 1], cells[:, across], level))


def _is_ordered(case: Case) -> bool:
    return len(case.position) >= FEWEST_BEADS or bool(np.ptp(case.radius) > 0.0)


def steps_left(state: DeviceState, step: int) -> int:
    """Steps after number ``step`` until beads may be put in order; calls must end there."""
    return STEPS - step % STEPS if any(map(_is_ordered, state.cases)) else STEPS


def renumber(state: DeviceState) -> None:
    """Puts the beads of large cases in order; every bead and contact keeps its bits."""
    position = state.read("position", 4)[:, :3]
    order = np.arange(state.beads)
    for case, begin in zip(state.cases, state.begin, strict=False):
        if _is_ordered(case):
            own = slice(begin, begin + len(case.position))
            order[own] = begin + order_in_space(case, position[own])
    if (order == np.arange(state.beads)).all():
        return
    rank = np.empty_like(order)
    rank[order] = np.arange(state.beads)
    for name in _BEAD_ARRAYS:
        values = getattr(state.arrays, name).to_numpy()
        if len(values) % state.beads == 0:
            copies, width = (2 if name in ("position", "motion", "crowd") else 1), -1
            rows = values.reshape(copies if state.full_lists else 1, state.beads, width)
            state.write(name, rows[:, order])
    _renumber_contacts(state, rank)
    state.number = state.number[order]
    state.forget_lists()


def with_numbers(partner: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Partners of contacts under other numbers of the beads; walls (-1 - wall) keep theirs.

    Args:
        partner: of each contact, shape (contacts,).
        number: of each bead, shape (beads,).
    """
    # A wall's number would be an index from the end, or none if there are fewer beads.
    return np.where(partner < 0, partner, number[np.maximum(partner, 0)])


def in_list_order(
    bead: np.ndarray, partner: np.ndarray, *, turn: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Contacts by bead, those of a bead as lists have them: walls, then partners by rising number.

    Args:
        bead: of each contact, shape (contacts,).
        partner: another bead, or -1 - wall.
        turn: exchange both where the partner's number is the lower one.

    Returns:
        Beads and partners in order, which of them are exchanged, and the indices that sort.
    """
    turned = (partner >= 0) & (partner < bead) & turn
    bead, partner = np.where(turned, partner, bead), np.where(turned, bead, partner)
    by = np.lexsort((np.where(partner < 0, -1 - partner, partner), partner >= 0, bead))
    return bead[by], partner[by], turned[by], by


def _renumber_contacts(state: DeviceState, rank: np.ndarray) -> None:
    """Moves the contacts under way to the slots that they have by the beads' new ranks."""
    held, rows = state.contacts_under_way()
    bead = rank[held % state.beads]
    partner = with_numbers(state.read("partner", 1)[held, 0], rank)
    # A pair that stands once stands with the bead of the lower number.
    bead, partner, turned, by = in_list_order(bead, partner, turn=not state.full_lists)
    used = np.bincount(bead, minlength=state.beads)
    slots, records = int(used.max(initial=0)), state.records_needed(used)
    if slots > state.slots or records > state.records:
        state.grow(slots + 4 if slots > state.slots else 0, records=records)
    slot = (np.arange(len(bead)) - (np.cumsum(used) - used)[bead]) * state.beads + bead
    rows = {name: values[by] for name, values in rows.items()}
    # What the other bead feels and sees: forces, moments and velocities are the opposite.
    for remembered, place in state.law.offsets.items():
        if state.law.width(remembered) == 3:
            rows["history"][turned, place : place + 3] *= -1.0
    partners = np.zeros(state.beads * state.slots, np.int32)
    partners[slot] = partner
    state.write("partner", partners)
    state.write("slots_used", used)
    state.place_contacts(slot, rows)
