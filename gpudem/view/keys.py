"""The keys of a view, the same in a window and on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gpudem.view.viewer import Viewer


class Key(NamedTuple):
    """What a key, or one of several, does.

    Attributes:
        shown: how it is called in lists of keys.
        meaning: what it does, in a few words.
        actions: what each of the keys does, by its name.
        live: whether it is for simulations only whose speed can be changed.
    """

    shown: str
    meaning: str
    actions: dict[str, Callable[[Viewer], object]]
    live: bool = False


KEYS = (
    Key("space", "play or stop", {"space": lambda v: v.play()}),
    Key(
        "Left Right",
        "previous or next snapshot",
        {"Left": lambda v: v.step(-1), "Right": lambda v: v.step()},
    ),
    Key(
        "Home End",
        "first or last snapshot",
        {"Home": lambda v: v.go(0), "End": lambda v: v.go(v.last)},
    ),
    Key("+ -", "play faster or slower", {"+": lambda v: v.faster(1), "-": lambda v: v.faster(-1)}),
    Key(
        "Up Down",
        "drive faster or slower",
        {"Up": lambda v: v.drive_faster(5), "Down": lambda v: v.drive_faster(-5)},
        live=True,
    ),
    Key("C", "next colour", {"c": lambda v: v.next_of("colour")}),
    Key("V", "next view", {"v": lambda v: v.next_of("view")}),
    Key("T", "next theme", {"t": lambda v: v.next_of("theme")}),
    Key("R", "reset the view", {"r": lambda v: v.reset_camera()}),
    Key("number, Enter", "follow the bead of this number", {"Enter": lambda v: v.enter()}),
    Key("Esc", "follow none", {"Escape": lambda v: v.follow(None)}),
)
#: What the mouse does over the beads.
MOUSE = (
    ("drag", "turn the view"),
    ("wheel or right button", "nearer or farther"),
    ("click on a bead", "follow it"),
)
_ACTIONS = {name: action for key in KEYS for name, action in key.actions.items()}


def press(viewer: Viewer, name: str) -> bool:
    """Do what a key does; tells whether it does anything.

    Args:
        viewer: what it acts on.
        name: of the key: a character, or as in `KEYS`.

    Raises:
        GpudemError: what it asks for cannot be.
    """
    if len(name) == 1 and name.isdecimal() and name.isascii():
        viewer.type(name)
        return True
    action = _ACTIONS.get(name) or _ACTIONS.get(name.lower())
    if action is None:
        return False
    if name != "Enter":
        viewer.forget()
    action(viewer)
    return True


def listed(viewer: Viewer) -> list[tuple[str, str]]:
    """The keys and ways of the mouse that a viewer answers to, and what they do."""
    keys = [(key.shown, key.meaning) for key in KEYS if not key.live or viewer.control]
    return [*MOUSE, *keys]
