"""Reading the kernels' sources in a fraction of the time, with the same outcome.

Taichi reads the source of a kernel in every process, and that of a function wherever it is called,
also where the compiled kernel lies in its cache. Half of the time went into what only an error
message needs (the lines of each expression, wrapped to a width) and into a search through all of
Python's modules for each function that is defined.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import Any


@functools.cache
def hasten() -> None:
    """Lets Taichi remember what it has read; leaves it as it is where its insides differ."""
    with contextlib.suppress(ImportError, AttributeError):
        from taichi.lang import kernel_impl
        from taichi.lang.ast.ast_transformer_utils import ASTTransformerContext

        kernel_impl.getsourcelines = functools.cache(kernel_impl.getsourcelines)
        kernel_impl.getsourcefile = functools.cache(kernel_impl.getsourcefile)
        kernel_impl._inside_class = _inside_class(kernel_impl._inside_class)
        ASTTransformerContext.get_pos_info = _position(ASTTransformerContext.get_pos_info)


def _position(find: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    """The lines of an expression, found once for each place in a source."""
    found: dict[tuple, str] = {}

    @functools.wraps(find)
    def position(context: Any, node: Any) -> str:
        begin, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
        place = (context.func.func, type(node), begin, end)
        if place not in found:
            found[place] = find(context, node)
        return found[place]

    return position


def _inside_class(look: Callable[[int], bool]) -> Callable[[int], bool]:
    """Whether a function is defined in a class: not where a module is being imported."""

    @functools.wraps(look)
    def inside_class(level_of_class_stackframe: int) -> bool:
        level = level_of_class_stackframe
        if sys._getframe(level).f_code.co_filename.startswith("<frozen importlib"):
            return False
        return look(level + 1)

    return inside_class
