"""The one place that starts Taichi: which device, which precision, how many threads."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import os
import threading
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gpudem.device import kernel_cache, taichi_internals
from gpudem.device.environment import own_settings
from gpudem.errors import DeviceError

DEVICES = ("auto", "cpu", "cuda", "vulkan", "metal")
PRECISIONS = ("auto", "double", "mixed")

_SOFTWARE_RENDERERS = ("llvmpipe", "lavapipe", "swiftshader", "software")


@dataclass(frozen=True)
class Device:
    """A started device.

    Attributes:
        kind: cpu, cuda, vulkan or metal.
        name: of the hardware or renderer, as far as it can be told.
        precision: double or mixed.
        threads: CPU threads (1 on a GPU).
        index: which of several GPUs.
        reason: why this one and this precision, in words.
    """

    kind: str
    name: str
    precision: str
    threads: int
    reason: str
    index: int = 0

    def describe(self) -> str:
        """One line for users: device, precision and why."""
        cores = f", {self.threads} threads" if self.kind == "cpu" and self.threads > 1 else ""
        cores = ", 1 thread" if self.kind == "cpu" and self.threads == 1 else cores
        return f"{self.kind} ({self.name}{cores}), {self.precision} precision: {self.reason}"

    def memory(self) -> int | None:
        """Memory for arrays [bytes], where the system tells: a GPU's whole, else what is free."""
        if self.kind == "cuda":
            return _cuda_facts()[1]
        with contextlib.suppress(OSError), open("/proc/meminfo") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return None


_started: Device | None = None
_starts = 0
#: Number of the GPU that CUDA shows to this process, once that is settled.
_shown: int | None = None


def current() -> Device:
    """The device in use; starts the default one where none is.

    Raises:
        DeviceError: this process was forked from one that uses a device.
    """
    _refuse_if_forked()
    return _started if _started is not None else start()


def started() -> bool:
    """Whether a device is in use."""
    return _started is not None


def choose(
    device: str = "auto",
    *,
    index: int = 0,
    threads: int | None = None,
    precision: str = "auto",
) -> Device:
    """Says which device `start` would start, and starts none.

    Args:
        device: auto, cpu, cuda, vulkan or metal. ``auto`` takes CUDA where it works, else the
            CPU, and never a software renderer.
        index: which of several GPUs.
        threads: CPU threads; all cores by default.
        precision: double or mixed; ``auto`` takes mixed where doubles are slow or missing.

    Raises:
        DeviceError: the device is missing, or cannot compute in the precision.
    """
    if device not in DEVICES:
        raise DeviceError(f"--device {device}: unknown; accepted: {', '.join(DEVICES)}")
    if precision not in PRECISIONS:
        raise DeviceError(f"--precision {precision}: unknown; accepted: {', '.join(PRECISIONS)}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = cores or 1
    if threads is not None and not 1 <= threads <= 4096:
        raise DeviceError(f"--threads {threads}: accepted are 1 to 4096 (this machine has {cores})")
    if index < 0:
        raise DeviceError(f"--device-index {index}: accepted are 0, 1, 2 ...")
    kind, reason = device, "as asked"
    missing = why_missing("cuda" if device == "auto" else device, index)
    if device == "auto":
        kind = "cuda" if missing is None else "cpu"
        reason = f"chosen because {missing or 'a CUDA device was found'}"
    elif missing is not None:
        works = [one for one in DEVICES[1:] if why_missing(one) is None]
        accepted = ", ".join(["auto", *works])
        raise DeviceError(f"--device {device}: {missing}; accepted here: {accepted}")
    if kind == "cpu" and index > 0:
        raise DeviceError(f"--device-index {index}: the CPU is one device; accepted: 0 ({reason})")
    name = describe_kind(kind, index)
    if precision == "auto":
        slow = why_slow_in_double(kind, name, index)
        precision = "mixed" if slow else "double"
        reason += f"; {slow}" if slow else ""
    elif precision == "double" and kind in ("vulkan", "metal") and not has_doubles(kind, index):
        raise DeviceError(
            f"--precision double: {name} has no 64-bit floats; accepted here: auto, mixed"
        )
    return Device(kind, name, precision, (threads or cores) if kind == "cpu" else 1, reason, index)


def start(
    device: str = "auto",
    *,
    index: int = 0,
    threads: int | None = None,
    precision: str = "auto",
    block: int | None = None,
) -> Device:
    """Starts Taichi on a device, or returns the one in use if it is the same.

    Simulations made before a change of device must not be used any more.

    Args:
        device: as in `choose`, like the following three.
        index: which of several GPUs.
        threads: CPU threads; all cores by default.
        precision: as in `choose`.
        block: GPU block size.

    Returns:
        The device.

    Raises:
        DeviceError: the device is missing, or cannot compute in the precision; or this process was
            forked from one that uses a device.
    """
    _refuse_if_forked()
    # Taichi has one program for the whole process.
    with _starting:
        return _start(device, index=index, threads=threads, precision=precision, block=block)


def _start(
    device: str, *, index: int, threads: int | None, precision: str, block: int | None
) -> Device:
    global _started
    wanted = choose(device, index=index, threads=threads, precision=precision)
    same = _started is not None and replace(_started, reason=wanted.reason) == wanted
    if not same or block is not None:
        # Taichi ends the old one first, also where the new one then cannot start.
        _started = None
        _init(wanted, index, block)
    _started = wanted
    return wanted


_forked = False
_starting = threading.RLock()


def _refuse_if_forked() -> None:
    if _forked:
        raise DeviceError(
            "this process was forked from one that uses a device, which a forked one cannot; "
            'start it anew: multiprocessing.get_context("spawn")'
        )


class _ForkedProgram:
    """Stands for Taichi's program where that would wait for threads that a fork does not copy."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("delete_"):
            return lambda what: None
        _refuse_if_forked()
        raise AttributeError(name)


def _forget_device() -> None:
    """Makes a forked process refuse what would hang in it."""
    global _forked, _starts
    # A driver of a GPU does not outlive a fork either.
    if _started is None and _shown is None:
        return
    _forked = True
    _starts += 1  # No array is freed: each was made by an earlier start.
    if _started is not None:
        runtime = taichi_internals.runtime()
        # For ever: to tear it down would hang too.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(runtime.prog))
        runtime.prog = _ForkedProgram()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_device)


#: Blocks of a loop on CUDA at most: eight for each multiprocessor of the largest GPUs.
_CUDA_BLOCKS = 1056


#: Taichi prints a banner on import, and asks its makers daily whether there is a newer version.
_SILENT = {"ENABLE_TAICHI_HEADER_PRINT": "0", "TI_SKIP_VERSION_CHECK": "ON"}


def cache_folder() -> Path:
    """Where compiled kernels wait for the next start, on any device."""
    named = os.environ.get(kernel_cache.VARIABLE)
    with own_settings(_SILENT):
        return kernel_cache.find_cache(named)


def is_software(name: str) -> bool:
    """Whether a device name is that of a software renderer."""
    return any(word in name.lower() for word in _SOFTWARE_RENDERERS)


def _init(device: Device, index: int, block: int | None) -> None:
    global _starts
    _starts += 1
    named = os.environ.get(kernel_cache.VARIABLE)
    settings = dict(_SILENT)
    if device.kind == "vulkan":
        settings["TI_VISIBLE_DEVICE"] = str(index)
    with own_settings(settings):
        with taichi_internals.quick_import():
            import taichi as ti
        taichi_internals.hasten()
        options: dict[str, Any] = {} if block is None else {"default_gpu_block_dim": block}
        if device.kind == "cuda":
            # Else Taichi starts a million threads a loop, however few beads there are. More blocks
            # than these do not fit a GPU at once; longer loops go round.
            options["saturating_grid_dim"] = _CUDA_BLOCKS
        cache = kernel_cache.find_cache(named)
        # It also prints a banner on start; users have no use for either.
        with contextlib.redirect_stdout(io.StringIO()):
            ti.init(
                arch=getattr(ti, device.kind),
                # Kernels take their precision from this (gpudem/kernels/precision.py).
                default_fp=ti.f64 if device.precision == "double" else ti.f32,
                default_ip=ti.i32,
                fast_math=False,
                # Whole vectors become vector instructions (docs/design/lanes.md); CPUs only.
                real_matrix_scalarize=device.kind != "cpu",
                # No warning of laws with many parameters.
                unrolling_limit=0,
                # Doubles the time to compile a kernel of several copies of a step, as GPUs have
                # it, and makes no shorter code.
                cfg_optimization=device.kind == "cpu",
                cpu_max_num_threads=device.threads,
                offline_cache=True,
                offline_cache_file_path=str(cache),
                log_level=ti.ERROR,
                enable_fallback=False,
                **options,
            )
    got = ti.cfg.arch
    if got != getattr(ti, device.kind) and not (device.kind == "cpu" and got in (ti.x64, ti.arm64)):
        raise DeviceError(f"--device {device.kind}: Taichi started {got} instead")


def make_array(entry: Any, size: int) -> Any:
    """A device array that is freed with its last user.

    Taichi 1.7.4 keeps arrays of vectors to the end of the program. Arrays of numbers it frees, but
    by their address alone: one that outlives a change of device takes a new one with it.

    Args:
        entry: Taichi's type of one entry.
        size: number of entries.
    """
    import taichi as ti

    array = ti.ndarray(entry, shape=size)
    array.__class__ = _own_kind(array.__class__, current().kind == "cpu")
    array.made_in = _starts
    weakref.finalize(array, _free, array.arr, _starts).atexit = False
    return array


@functools.cache
def _own_kind(kind: type, in_memory: bool) -> type:
    """A class of Taichi's arrays that are freed by us, and on a CPU are read where they lie."""
    direct = (_InMemory,) if in_memory else ()
    return type(kind.__name__, (*direct, kind), {"__del__": lambda self: None})


class _InMemory:
    """A CPU's array, whose values Taichi would copy with kernels, each compiled at each start."""

    made_in: int

    def to_numpy(self) -> np.ndarray:
        return self._memory().copy()

    def from_numpy(self, values: np.ndarray) -> None:
        memory = self._memory()
        if memory.shape != values.shape:
            raise ValueError(f"shape {memory.shape} was expected, not {values.shape}")
        memory[...] = values

    def _memory(self) -> np.ndarray:
        _refuse_if_forked()
        if self.made_in != _starts:
            raise DeviceError(
                "a device was started after this simulation was made, which ended it; make it anew"
            )
        return taichi_internals.memory_of(self)


def _free(array: Any, starts: int) -> None:
    # What a start before the present one made is gone with it.
    program = taichi_internals.runtime().prog
    if starts == _starts and program is not None:
        program.delete_ndarray(array)


def why_missing(kind: str, index: int = 0) -> str | None:
    """Why a kind of device (its number ``index``) cannot be used here, or None."""
    if kind == "cpu":
        return None
    if kind == "cuda":
        return _missing_cuda(index)
    if kind == "metal":
        import platform

        return None if platform.system() == "Darwin" else "Metal exists on macOS only"
    return _missing_vulkan(index)


def _cuda_driver() -> ctypes.CDLL | None:
    """NVIDIA's driver library, ready for questions, or None."""
    for name in ("libcuda.so.1", "libcuda.so", "nvcuda.dll"):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    return None


def _missing_cuda(index: int) -> str | None:
    """Why a CUDA device cannot be used, or None; it is then the only one of this process.

    The driver reads CUDA_VISIBLE_DEVICES once, at its first use, and Taichi takes the first
    device that it sees.
    """
    global _shown
    driver = _cuda_driver()
    if driver is None:
        return "no NVIDIA driver was found"
    if _shown is not None and _shown != index:
        return f"this process uses number {_shown}; another one needs a process of its own"
    if _shown is None:
        name = "CUDA_VISIBLE_DEVICES"
        inherited = os.environ.get(name)
        listed = [one for one in (inherited or "").split(",") if one]
        if listed and index >= len(listed):
            return f"{name} names {len(listed)} devices, number {index} is not there"
        os.environ[name] = listed[index] if listed else str(index)
        failed = driver.cuInit(0) != 0
        del os.environ[name]
        if inherited is not None:
            os.environ[name] = inherited
        if failed:
            return f"the NVIDIA driver found no usable device of number {index}"
        _shown = index
    count = ctypes.c_int(0)
    driver.cuDeviceGetCount(ctypes.byref(count))
    return None if count.value else f"there is no CUDA device of number {index}"


def _cuda_facts() -> tuple[str, int | None]:
    """Name and memory [bytes] of the CUDA device that this process sees."""
    driver = _cuda_driver()
    assert driver is not None
    device, name, size = ctypes.c_int(0), ctypes.create_string_buffer(256), ctypes.c_size_t(0)
    driver.cuDeviceGet(ctypes.byref(device), 0)
    driver.cuDeviceGetName(name, 256, device)
    known = driver.cuDeviceTotalMem_v2(ctypes.byref(size), device) == 0
    return name.value.decode(errors="replace") or "CUDA device", size.value if known else None


class _VulkanApplication(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("version", ctypes.c_uint32),
        ("engine", ctypes.c_char_p),
        ("engine_version", ctypes.c_uint32),
        ("api_version", ctypes.c_uint32),
    ]


class _VulkanInstance(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.c_void_p),
        ("layer_count", ctypes.c_uint32),
        ("layers", ctypes.c_void_p),
        ("extension_count", ctypes.c_uint32),
        ("extensions", ctypes.c_void_p),
    ]


@dataclass(frozen=True)
class VulkanDevice:
    """What a Vulkan device says of itself.

    Attributes:
        name: of the hardware or renderer.
        has_doubles: whether it has 64-bit floats.
        has_long_integers: whether it has 64-bit integers.
    """

    name: str
    has_doubles: bool = True
    has_long_integers: bool = True


def vulkan_devices() -> list[VulkanDevice]:
    """The Vulkan devices here."""
    library = None
    for name in ("libvulkan.so.1", "libvulkan.so", "libvulkan.1.dylib", "vulkan-1.dll"):
        try:
            library = ctypes.CDLL(name)
            break
        except OSError:
            continue
    if library is None:
        return []
    application = _VulkanApplication(0, None, b"gpudem", 1, b"gpudem", 1, (1 << 22) | (1 << 12))
    info = _VulkanInstance(
        1, None, 0, ctypes.cast(ctypes.pointer(application), ctypes.c_void_p), 0, None, 0, None
    )
    instance = ctypes.c_void_p()
    if library.vkCreateInstance(ctypes.byref(info), None, ctypes.byref(instance)) != 0:
        return []
    count = ctypes.c_uint32(0)
    library.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), None)
    handles = (ctypes.c_void_p * max(count.value, 1))()
    library.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), handles)
    out = []
    for k in range(count.value):
        # VkPhysicalDeviceProperties: the name is at byte 20, 256 bytes long.
        properties = ctypes.create_string_buffer(2048)
        library.vkGetPhysicalDeviceProperties(ctypes.c_void_p(handles[k]), properties)
        label = properties.raw[20:276].split(b"\0")[0].decode(errors="replace")
        # VkPhysicalDeviceFeatures: shaderFloat64 and -Int64 are the 40th and 41st 32-bit flag.
        features = (ctypes.c_uint32 * 128)()
        library.vkGetPhysicalDeviceFeatures(ctypes.c_void_p(handles[k]), features)
        out.append(VulkanDevice(label, bool(features[39]), bool(features[40])))
    library.vkDestroyInstance(instance, None)
    return out


def _missing_vulkan(index: int) -> str | None:
    devices = vulkan_devices()
    if not devices:
        return "no Vulkan device was found (Debian: apt-get install libvulkan1 mesa-vulkan-drivers)"
    if index >= len(devices):
        return f"only {len(devices)} Vulkan devices are there, number {index} is not"
    if not devices[index].has_long_integers:
        return f"{devices[index].name} has no 64-bit integers, which every precision needs"
    return None


#: Single-precision operations for each double-precision one beyond which mixed is the default.
_MOST_SINGLES_PER_DOUBLE = 4


def why_slow_in_double(kind: str, name: str, index: int = 0) -> str | None:
    """Why mixed precision is the better one on a usable device, or None."""
    if kind == "cpu" or (kind == "vulkan" and is_software(name)):
        return None
    if kind == "cuda":
        ratio = _cuda_singles_per_double()
        if ratio <= _MOST_SINGLES_PER_DOUBLE:
            return None
        return f"mixed since it is {ratio} times slower in double precision"
    if not has_doubles(kind, index):
        return "mixed since it has no 64-bit floats"
    return "mixed since such devices are mostly slow in double precision"


def has_doubles(kind: str, index: int = 0) -> bool:
    """Whether a usable device has 64-bit floats."""
    if kind == "vulkan":
        return vulkan_devices()[index].has_doubles
    return kind != "metal"


def _cuda_singles_per_double() -> int:
    """Single-precision operations for each double one, by the driver's word; 2 if it has none."""
    driver = _cuda_driver()
    ratio = ctypes.c_int(2)
    assert driver is not None
    # CU_DEVICE_ATTRIBUTE_SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO
    driver.cuDeviceGetAttribute(ctypes.byref(ratio), 87, ctypes.c_int(0))
    return ratio.value


def describe_kind(kind: str, index: int = 0) -> str:
    """Name of a usable device."""
    if kind == "vulkan":
        return vulkan_devices()[index].name
    if kind == "cuda":
        return _cuda_facts()[0]
    import platform

    with contextlib.suppress(OSError), open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine() or "CPU"
