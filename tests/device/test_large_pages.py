"""Large pages for the arrays of a CPU."""

import contextlib
import ctypes
import mmap
from pathlib import Path

import numpy as np
import pytest

from gpudem import Simulation
from gpudem.device import start as device
from gpudem.device.large_pages import advise, large_page, whole_pages
from gpudem.engine.arrays import SERIAL_SLOTS
from gpudem.kernels import layout as at
from tests.factories import case_of

MB = 1 << 20


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        ([], []),
        ([(2 * MB, 2 * MB - 1)], []),
        ([(2 * MB, 2 * MB)], [(2 * MB, 2 * MB)]),
        ([(2 * MB + 1, 6 * MB)], [(4 * MB, 4 * MB)]),
        # Arrays that follow on one another fill a page together, in whatever order they are told.
        ([(3 * MB, 3 * MB), (1 * MB, 2 * MB - 4096)], [(2 * MB, 4 * MB)]),
        ([(1 * MB, 2 * MB - 4097), (3 * MB, 2 * MB)], []),
        ([(2 * MB, 8 * MB), (4 * MB, 1 * MB)], [(2 * MB, 8 * MB)]),
    ],
)
def test_only_pages_that_are_filled_whole_are_asked_for(spans, wanted):
    assert whole_pages(spans, 2 * MB) == wanted


def on_large_pages(address: int) -> int:
    """Bytes on large pages in the mapping that holds an address."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            low, high = (int(end, 16) for end in words[0].split("-"))
            inside = low <= address < high
        elif inside and words[0] == "AnonHugePages:":
            return 1024 * int(words[1])
    return 0


@contextlib.contextmanager
def memory_in_use(length: int):
    """Private memory, written to, that Linux may put on large pages when asked; its address."""
    with mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        memory.write(b"7" * length)
        whole = (ctypes.c_char * length).from_buffer(memory)
        try:
            yield memory, ctypes.addressof(whole)
        finally:
            del whole


@pytest.fixture
def page():
    """Size of a large page, where Linux gives them to who asks by Python's own means."""
    size = large_page()
    if not 0 < size <= 4 * MB:
        pytest.skip("no large pages here, or too large ones to fill")
    with memory_in_use(4 * size) as (memory, address):
        memory.madvise(mmap.MADV_HUGEPAGE)
        try:
            memory.madvise(25, -address % size, size)  # MADV_COLLAPSE of Linux 6.1
        except OSError:
            pytest.skip("this Linux gives large pages later, or has none left")
        assert on_large_pages(address) >= size
    return size


def test_linux_gives_large_pages_for_memory_in_use(page):
    with memory_in_use(4 * page) as (memory, address):
        assert on_large_pages(address) == 0
        advise(whole_pages([(address, len(memory))], page))
        assert on_large_pages(address) >= 3 * page
        assert memory[:] == b"7" * len(memory)


def test_the_arrays_of_a_large_case_lie_on_them(page):
    from taichi.lang import impl

    if device.current().kind != "cpu":
        pytest.skip("arrays of a GPU")
    beads = 4 * page // (8 * 2 * at.LOG_ENERGIES * SERIAL_SLOTS)
    apart = np.arange(beads)[:, None] * [1.0, 0.0, 0.0]
    state = Simulation(case_of(apart, np.zeros((beads, 3)))).state
    history = state.arrays.history.arr
    assert history.nelement() * history.element_size() >= 3 * page
    begin = impl.get_runtime().prog.get_ndarray_data_ptr_as_int(history)
    # What comes before the first whole page is a mapping of its own, unless another array fills it.
    assert on_large_pages(-(-begin // page) * page) >= 2 * page
