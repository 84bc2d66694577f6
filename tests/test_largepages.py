"""Large pages for the arrays of a CPU."""

import ctypes
import mmap
from pathlib import Path

import pytest

from gpudem.largepages import advise, large_page, whole_pages

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


def _on_large_pages(address: int) -> int:
    """Kilobytes on large pages in the mapping that holds an address."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            low, high = (int(end, 16) for end in words[0].split("-"))
            inside = low <= address < high
        elif inside and words[0] == "AnonHugePages:":
            return int(words[1])
    return 0


def test_linux_gives_large_pages_for_memory_in_use():
    page = large_page()
    if not page or "[never]" in Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text():
        pytest.skip("no large pages here")
    with mmap.mmap(-1, 4 * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        memory.write(b"7" * len(memory))
        whole = (ctypes.c_char * len(memory)).from_buffer(memory)
        address = ctypes.addressof(whole)
        before = _on_large_pages(address)
        advise(whole_pages([(address, len(memory))], page))
        after = _on_large_pages(address)
        assert bytes(whole[: len(memory)]).count(b"7") == len(memory)
        del whole
    assert before == 0
    if after == 0:
        pytest.skip("this Linux gives large pages later, or has none left")
    assert after >= 3 * page // 1024
