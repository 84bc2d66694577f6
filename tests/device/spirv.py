"""Which kernels, compiled for Vulkan, compute with 64-bit floats.

python -m tests.device.spirv PRECISION CACHE_FOLDER
"""

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np

_MAGIC = struct.pack("<I", 0x07230203)
#: Op codes of SPIR-V: the type of a float; load; conversions, arithmetic and comparisons; of
#: extended ones (roots, minima).
_TYPE_FLOAT, _LOAD, _ARITHMETIC, _EXTENDED = 22, 61, range(109, 205), 12


def double_instructions(words) -> int:
    """Instructions of a SPIR-V module whose result is a 64-bit float."""
    at, double, found = 5, None, 0
    while at < len(words):
        length, code = int(words[at]) >> 16, int(words[at]) & 0xFFFF
        if length == 0 or at + length > len(words):
            break
        if code == _TYPE_FLOAT and words[at + 2] == 64:
            double = int(words[at + 1])
        elif code in (_LOAD, _EXTENDED) or code in _ARITHMETIC:
            found += int(words[at + 1]) == double
        at += length
    return found


def modules(data: bytes):
    """The SPIR-V modules in a file of Taichi's kernel cache."""
    at = data.find(_MAGIC)
    while at >= 0:
        yield np.frombuffer(data[at : at + (len(data) - at) // 4 * 4], "<u4")
        at = data.find(_MAGIC, at + 4)


def main() -> None:
    precision, cache = sys.argv[1:]
    os.environ["TI_OFFLINE_CACHE_FILE_PATH"] = cache
    from gpudem.device import start as device
    from tests.device.work import work

    device.start("vulkan", precision=precision)
    work(3, 8)
    import taichi as ti

    ti.reset()  # writes the cache
    counts = [
        double_instructions(m) for f in Path(cache).rglob("*.tic") for m in modules(f.read_bytes())
    ]
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
