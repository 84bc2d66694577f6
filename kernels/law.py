"""The contact law that kernels are compiled for; a choice of compile time, as the precision is.

A law is a module of pure functions, such as kernels/laws/hertz_mindlin.py, and may lie anywhere.
It declares:

- ``PARAMETERS``: names of the numbers that it needs of a pair of materials; its host half
  (`gpudem.contact.law.ContactLaw.parameters`) works them out.
- ``HISTORY``: what it remembers of a contact from step to step, by name: 1 for a number, 3 for a
  vector. All of it is 0 at the onset.
- ``last_step(p, k, h, dt)``: what its parts share, computed once; ``b`` below.
- ``normal_force(p, k, b, h, dt)``: ``force`` [N] along the normal (> 0 pushes apart), its
  ``damper`` [kg/s], ``work`` put in and ``damping`` lost [J].
- ``tangential_force(p, k, n, b, h, dt)``: ``force`` [N], a vector; the ``state`` of friction
  (`layout.STICKING` or `layout.SLIDING_STATE`); ``damper`` [kg/s] and ``spring`` [N/m] at work;
  ``work`` put in and what is lost by ``damping``, ``sliding`` and ``relaxation`` [J].
- ``rolling_moment(p, k, n, b, h, dt)``: ``moment`` [N m], a vector; ``work`` put in, ``loss`` [J].
- ``remembered(k, b, n, t, r)``: the new values of HISTORY, from the results of those four.
- ``stored_energy(p, h, overlap, reduced_radius, smaller_radius)``: elastic energy [J] of a contact.
- ``release(p, h, reduced_radius, smaller_radius)``: what is lost [J] when it ends, by
  ``normal_damping``, ``relaxation`` and ``rolling_loss``.
- ``reach(p, reduced_radius)``: only if its contacts outlast the geometrical touch: up to which
  distance of the surfaces [m].

A part may return more for the parts after it. Parameters ``p``, kinematics ``k`` and history ``h``
come as kernels/collision.py makes them; ``h`` also has the ``state`` of friction, 0 at the onset.
All of them are numbers, or packs of numbers for several contacts at once: no part has a branch.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from itertools import count
from types import ModuleType
from typing import Any

from gpudem.kernels import layout as at

#: Offsets in a slot's history of what the engine remembers from step to step.
OWN = (at.PEAK_FORCE, at.TRANSFERRED, at.PEAK_TRANSFERRED)


class Law:
    """A law's module, and where its numbers lie in the device's arrays.

    Attributes:
        parts: the module.
        names: of the parameters.
        offsets: where each value of HISTORY begins among the numbers of a slot's history.
        rows: entries of 8 numbers that the history of a slot takes.
        reaches: whether contacts outlast the geometrical touch.
    """

    def __init__(self, parts: ModuleType) -> None:
        self.parts = parts
        self.names = tuple(parts.PARAMETERS)
        self.offsets: dict[str, int] = {}
        offset, own = 0, {at.ENTRY_SPEED, *OWN}
        for name, width in parts.HISTORY.items():
            free = (o for o in count(offset) if not {*range(o, o + width)} & own)
            offset = self.offsets[name] = next(free)
            offset += width
        self.rows = -(-max(offset, *(p + 1 for p in own)) // 8)
        self.reaches = hasattr(parts, "reach")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parts, name)

    def width(self, name: str) -> int:
        """How many numbers a value of HISTORY has."""
        return self.parts.HISTORY[name]

    @property
    def kept(self) -> list[int]:
        """Offsets in a slot's history that change in each step: the law's and the engine's."""
        used = [
            self.offsets[n] + q for n, width in self.parts.HISTORY.items() for q in range(width)
        ]
        return sorted([*used, *OWN])

    def numbers(self, history: Any, own: Any) -> list[Any]:
        """A history as `remembered` gives it, and the engine's OWN, by offset; unused ones are 0.

        For ``ti.static``.
        """
        out: list[Any] = [0.0] * (8 * self.rows)
        for name, offset in self.offsets.items():
            value = getattr(history, name)
            parts = [value] if self.width(name) == 1 else [value.x, value.y, value.z]
            out[offset : offset + len(parts)] = parts
        for offset, value in zip(OWN, own, strict=True):
            out[offset] = value
        return out


@functools.cache
def law_of(parts: ModuleType) -> Law:
    """The law of a module; one for each, so that kernels are compiled once."""
    return Law(parts)


_in_use: Law | None = None


def law_in_use() -> Law | None:
    """The law that functions are now compiled for."""
    return _in_use


@contextlib.contextmanager
def using(law_: Law | None) -> Iterator[None]:
    """Has kernels compiled for a law; None leaves the one in use."""
    global _in_use
    before, _in_use = _in_use, law_ or _in_use
    try:
        yield
    finally:
        _in_use = before


class _LawInUse:
    """Stands for the law in use in the source of kernels."""

    def __getattr__(self, name: str) -> Any:
        if _in_use is None:
            raise AttributeError(f"no contact law is in use that could say {name}")
        return getattr(_in_use, name)


law: Any = _LawInUse()
