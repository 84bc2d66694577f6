"""Large pages of memory for the arrays of a CPU, where Linux has them to give.

The arrays of a large case lie on thousands of ordinary pages, and a step goes to more of them than
a core can keep at hand. With pages of 2 MB a few are enough. Results do not depend on it.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gpudem.device.taichi_internals import runtime

#: Advice to Linux (madvise, asm-generic/mman-common.h): large pages from now on; and, since Linux
#: 6.1, at once for what is there already.
_FROM_NOW_ON, _AT_ONCE = 14, 25
_PAGE_SIZE = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")
#: Between arrays that follow on one another lies at most what fills up an ordinary page.
_GAP = 4096


def use_large_pages(arrays: Iterable[Any]) -> None:
    """Puts Taichi's arrays on large pages, as far as they fill any; where there are none, nothing.

    Args:
        arrays: arrays of a CPU.
    """
    page = large_page()
    if page:
        address = runtime().prog.get_ndarray_data_ptr_as_int
        owners = [array.arr for array in arrays]
        spans = [(address(one), one.nelement() * one.element_size()) for one in owners]
        advise(whole_pages(spans, page))


def large_page() -> int:
    """Size of a large page [bytes]; 0 where there are none."""
    size = 0
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            size = int(_PAGE_SIZE.read_text())
    return size


def whole_pages(spans: Iterable[tuple[int, int]], page: int) -> list[tuple[int, int]]:
    """Address and length of the whole pages that spans of memory fill together.

    Args:
        spans: address and length of each; those with no more than a small gap count as one.
        page: a page's size, likewise [bytes].
    """
    joined: list[list[int]] = []
    for begin, length in sorted(spans):
        if joined and begin <= joined[-1][1] + _GAP:
            joined[-1][1] = max(joined[-1][1], begin + length)
        else:
            joined.append([begin, begin + length])
    inner = [(-(-begin // page) * page, end // page * page) for begin, end in joined]
    return [(begin, end - begin) for begin, end in inner if end > begin]


def advise(pages: Iterable[tuple[int, int]]) -> None:
    """Asks Linux for large pages; it may decline, and then nothing changes.

    Args:
        pages: address and length of whole large pages [bytes].
    """
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for begin, length in pages:
        for advice in (_FROM_NOW_ON, _AT_ONCE):
            madvise(begin, length, advice)
