"""Launching a kernel over and over with the same arrays, for little of the host's time.

Taichi looks through all arguments of a kernel at each launch. With the engine's fifty arrays that
takes the host several times as long as the launch (docs/performance.md, "GPU").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Relaunch:
    """A kernel of a pack of arrays and whole numbers, of which only the numbers change.

    What Taichi hands to a launch is found once for each pack. That takes insides of Taichi 1.7;
    where they are others, the kernel is called as usual.

    Args:
        kernel: made by `gpudem.kernels.precision.kernel`.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._pack: Any = None
        self._launch: Callable[..., None] = kernel

    @property
    def is_short(self) -> bool:
        """Whether launches go the short way."""
        return self._launch is not self._kernel

    def __call__(self, pack: Any, *numbers: int) -> None:
        """Launches the kernel."""
        if pack is not self._pack:
            try:
                self._launch = _short_way(self._kernel.in_use(), pack, numbers)
            except (AttributeError, KeyError, TypeError):
                self._launch = self._kernel
            self._pack = pack
        self._launch(pack, *numbers)


def _short_way(kernel: Any, pack: Any, numbers: tuple[int, ...]) -> Callable[..., None]:
    """What `taichi.lang.kernel_impl.Kernel.launch_kernel` does for such arguments, and no more."""
    from taichi.lang import impl
    from taichi.lang._ndarray import Ndarray

    insides = kernel._primal
    found = insides.compiled_kernels[insides.ensure_compiled(pack, *numbers)]
    program = impl.get_runtime().prog
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
        impl.get_runtime().prog.launch_kernel(compiled, context)

    return launch
