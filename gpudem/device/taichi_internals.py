"""All that relies on Taichi's insides, of version 1.7; elsewhere only its public names are used.

Two of these only save time, and leave Taichi as it is where its insides differ:

- `hasten`: Taichi reads the source of a kernel in every process, and that of a function wherever it
  is called, also where the compiled kernel lies in its cache. Half of the time went into what only
  an error message needs (the lines of each expression, wrapped to a width) and into a search
  through all of Python's modules for each function that is defined.
- `Relaunch`: Taichi looks through all arguments of a kernel at each launch. With the engine's fifty
  arrays that takes the host several times as long as the launch (docs/performance.md, "GPU").
"""

from __future__ import annotations

import contextlib
import functools
import linecache
import sys
import textwrap
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from gpudem.kernels.law import using
from gpudem.kernels.shapes.in_use import with_shapes


def runtime() -> Any:
    """Taichi's state of this process; ``prog`` of it holds the device's arrays, or is None."""
    from taichi.lang import impl

    return impl.get_runtime()


def number_type(kind: Any) -> Any:
    """The numpy type of one of Taichi's number types."""
    from taichi.lang.util import to_numpy_type

    return to_numpy_type(kind)


@functools.cache
def hasten() -> None:
    """Lets Taichi remember what it has read; leaves it as it is where its insides differ."""
    with contextlib.suppress(ImportError, AttributeError):
        from taichi.lang import kernel_impl
        from taichi.lang.ast import ast_transformer_utils

        context = ast_transformer_utils.ASTTransformerContext
        if not hasattr(kernel_impl, "_inside_class"):
            return
        kernel_impl.getsourcelines = functools.cache(kernel_impl.getsourcelines)
        kernel_impl.getsourcefile = functools.cache(kernel_impl.getsourcefile)
        kernel_impl._inside_class = _inside_class(kernel_impl._KERNEL_CLASS_STACKFRAME_STMT_RES)
        kernel_impl.textwrap = SimpleNamespace(fill=_filled, dedent=textwrap.dedent)
        context.get_pos_info = _position(context.get_pos_info)
        ast_transformer_utils.TextWrapper = _Wrapper


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


class _Wrapper(textwrap.TextWrapper):
    """Wraps as ever, and at once what is short enough to stay on its line."""

    def wrap(self, text: str) -> list[str]:
        line = text.rstrip()
        if len(line) <= self.width and line.isprintable():
            return [line] if line else []
        return super().wrap(text)


def _filled(text: str, **options: Any) -> str:
    return _Wrapper(**options).fill(text)


def _inside_class(beginnings: list[Any]) -> Callable[[int], bool]:
    """Whether a function is defined in a class, by the line that is being executed there."""

    def inside_class(level_of_class_stackframe: int) -> bool:
        # The program's own module has no such frame.
        with contextlib.suppress(ValueError):
            frame = sys._getframe(level_of_class_stackframe)
            line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
            return any(beginning.match(line) for beginning in beginnings)
        return False

    return inside_class


class Relaunch:
    """A kernel of a pack of arrays and whole numbers, of which only the numbers change.

    Behind them it may have numbers that are compiled in; these stay as they are for a pack.

    What Taichi hands to a launch is found once for each pack. That takes insides of Taichi 1.7;
    where they are others, the kernel is called as usual.

    Args:
        kernel: made by `gpudem.kernels.precision.kernel`.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._pack: Any = None
        self._launch: Callable[..., None] = kernel
        #: Whether launches go the short way.
        self.is_short = False

    def __call__(self, pack: Any, *numbers: int, compiled_in: tuple[int, ...] = ()) -> None:
        """Launches the kernel."""
        if pack is not self._pack:
            try:
                with using(pack.law), with_shapes(pack.shapes):
                    self._launch = _short_way(self._kernel.in_use(), pack, numbers, compiled_in)
                self.is_short = True
            except (AttributeError, KeyError, TypeError):
                self._launch = lambda pack, *numbers: self._kernel(pack, *numbers, *compiled_in)
                self.is_short = False
            self._pack = pack
        self._launch(pack, *numbers)


def _short_way(
    kernel: Any, pack: Any, numbers: tuple[int, ...], compiled_in: tuple[int, ...]
) -> Callable[..., None]:
    """What `taichi.lang.kernel_impl.Kernel.launch_kernel` does for such arguments, and no more."""
    from taichi.lang._ndarray import Ndarray

    insides = kernel._primal
    found = insides.compiled_kernels[insides.ensure_compiled(pack, *numbers, *compiled_in)]
    program = runtime().prog
    compiled = program.compile_kernel(program.config(), program.get_device_caps(), found)
    own = pack._ArgPack__argpack
    members = [pack[name] for name in insides.arguments[0].annotation.members]
    # Taichi numbers the arrays of a pack after all arguments.
    arrays = [value.arr for value in members if isinstance(value, Ndarray)]
    places = [(len(numbers) + 1 + number,) for number in range(len(arrays))]

    def launch(pack: Any, *numbers: int) -> None:
        context = found.make_launch_context()
        context.set_arg_argpack((0,), own)
        for place, array in zip(places, arrays, strict=True):
            context.set_arg_ndarray(place, array)
        for number, value in enumerate(numbers, start=1):
            context.set_arg_int((number,), value)
        # Not kept: a device that is started anew must be rid of the old program at once.
        runtime().prog.launch_kernel(compiled, context)

    return launch
