"""All that relies on Taichi's insides, of version 1.7; elsewhere only its public names are used.

Two of these only save time, and leave Taichi as it is where its insides differ:

- `hasten`: Taichi reads the source of a kernel in every process, and that of a function wherever it
  is called, also where the compiled kernel lies in its cache. Two thirds of the time went into what
  only an error message needs (the lines of each expression), into parsing anew what was parsed
  before, and into a search through all of Python's modules for each function that is defined.
- `Relaunch`: Taichi looks through all arguments of a kernel at each launch. With the engine's fifty
  arrays that takes the host several times as long as the launch (docs/performance.md, "GPU").
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import functools
import gc
import importlib
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from gpudem.kernels.law import using
from gpudem.kernels.shapes.in_use import with_shapes


def runtime() -> Any:
    """Taichi's state of this process; ``prog`` of it holds the device's arrays, or is None."""
    from taichi.lang import impl

    return impl.get_runtime()


def memory_of(array: Any) -> np.ndarray:
    """The values of one of Taichi's arrays on a CPU, where they lie."""
    owner = array.arr
    kind = np.dtype(number_type(array.dtype))
    shape = tuple(owner.total_shape())
    size = int(np.prod(shape)) * kind.itemsize
    address = runtime().prog.get_ndarray_data_ptr_as_int(owner)
    return np.frombuffer((ctypes.c_char * size).from_address(address), kind).reshape(shape)


def number_type(kind: Any) -> Any:
    """The numpy type of one of Taichi's number types."""
    from taichi.lang.util import to_numpy_type

    return to_numpy_type(kind)


@functools.cache
def hasten() -> None:
    """Lets Taichi remember what it has read; leaves it as it is where its insides differ."""
    with contextlib.suppress(ImportError, AttributeError):
        from taichi.lang import kernel_impl
        from taichi.lang.ast import ast_transformer, ast_transformer_utils

        context = ast_transformer_utils.ASTTransformerContext
        if not hasattr(kernel_impl, "_inside_class") or not hasattr(context, "get_pos_info"):
            return
        trees = _Trees(kernel_impl.transform_tree)
        kernel_impl.ast = SimpleNamespace(parse=trees.parse)
        kernel_impl.transform_tree = trees.transform
        ast_transformer.setattr = trees.mark
        kernel_impl.Kernel.materialize = _without_collection(kernel_impl.Kernel.materialize)
        kernel_impl.getsourcelines = functools.cache(_source_lines(kernel_impl.getsourcelines))
        kernel_impl.getsourcefile = functools.cache(kernel_impl.getsourcefile)
        kernel_impl._inside_class = _inside_class(kernel_impl._KERNEL_CLASS_STACKFRAME_STMT_RES)
        kernel_impl.textwrap = SimpleNamespace(
            fill=functools.cache(textwrap.fill), dedent=functools.cache(textwrap.dedent)
        )
        context.get_pos_info = _position(context.get_pos_info)


#: Python's own search for the module of an object.
_GETMODULE = inspect.getmodule


@contextlib.contextmanager
def quick_import() -> Iterator[None]:
    """Taichi is imported here: without a search through all modules for each function of its own.

    Python's `inspect` needs the module only where the source is in no file.
    """
    with contextlib.suppress(ImportError):
        # Taichi imports it, and it keeps what it finds here.
        importlib.import_module("dill.source")
    inspect.getmodule = lambda *_, **__: None
    try:
        yield
    finally:
        # Whatever another thread found here meanwhile.
        inspect.getmodule = _GETMODULE


def _position(in_full: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    """Where an expression stands; with its text only for an error that is being told."""

    @functools.wraps(in_full)
    def position(context: Any, node: Any) -> str:
        if sys.exc_info()[0] is not None:
            return in_full(context, node)
        line = node.lineno + context.lineno_offset
        return f'File "{context.file}", line {line}, in {context.func.func.__name__}:\n'

    return position


class _Trees:
    """Syntax trees of functions, parsed once and used for one call after another.

    Args:
        transform: Taichi's own function, which turns a tree into instructions.
    """

    def __init__(self, transform: Callable[[Any, Any], Any]) -> None:
        self._transform = transform
        self._free: dict[str, list[ast.Module]] = {}
        self._source_of: dict[int, str] = {}
        self._marked: list[list[ast.AST]] = [[]]

    def parse(self, source: str) -> ast.Module:
        """A tree that no call is using."""
        free = self._free.setdefault(source, [])
        tree = free.pop() if free else ast.parse(source)
        self._source_of[id(tree)] = source
        return tree

    def mark(self, node: ast.AST, name: str, value: Any) -> None:
        """Python's `setattr`, which Taichi uses for what only some types of values leave."""
        setattr(node, name, value)
        self._marked[-1].append(node)

    def transform(self, tree: ast.Module, context: Any) -> Any:
        """What Taichi makes of a tree."""
        self._marked.append([])
        try:
            result = self._transform(tree, context)
        finally:
            marked = self._marked.pop()
        source = self._source_of.pop(id(tree), None)
        # Of a kernel's tree Taichi removes the arguments.
        if source is not None and not context.is_kernel and not context.is_real_function:
            for node in marked:
                vars(node).pop("caller", None)
            self._free[source].append(tree)
        return result


def _source_lines(
    usual: Callable[[Any], tuple[list[str], int]],
) -> Callable[[Any], tuple[list[str], int]]:
    """Lines and first line of a function; usually each token is read to find its end."""

    def source_lines(function: Any) -> tuple[list[str], int]:
        file, first = function.__code__.co_filename, function.__code__.co_firstlineno
        # It may have been edited, and its module loaded again.
        linecache.checkcache(file)
        lines = linecache.getlines(file)
        last = _ends("".join(lines)).get(first)
        return usual(function) if last is None else (lines[first - 1 : last], first)

    return source_lines


@functools.cache
def _ends(source: str) -> dict[int, int | None]:
    """The last line of each function of a module, by its first; of a notebook's cell none."""
    functions = []
    with contextlib.suppress(SyntaxError):
        body = ast.parse(source).body
        functions = [one for one in body if isinstance(one, ast.FunctionDef)]
    return {
        (one.decorator_list[0] if one.decorator_list else one).lineno: one.end_lineno
        for one in functions
    }


def _without_collection(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, in which Python does not look for unused objects: there are few."""

    @functools.wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        enabled = gc.isenabled()
        gc.disable()
        try:
            return function(*args, **options)
        finally:
            if enabled:
                gc.enable()

    return wrapped


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
