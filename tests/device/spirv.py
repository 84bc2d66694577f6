"""What kernels compiled for Vulkan hold: 64-bit floats, barriers and fences.

python -m tests.device.spirv doubles|barriers PRECISION CACHE_FOLDER
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
_TYPE_FLOAT, _LOAD, _STORE, _ARITHMETIC, _EXTENDED = 22, 61, 62, range(109, 205), 12


#: A block's barrier; a fence; atomic operations. A fence that orders what all blocks of the device
#: do with arrays has the scope "device" and these semantics.
_BARRIER, _FENCE, _ATOMIC = 224, 225, range(227, 243)
_DEVICE, _ACQUIRE_RELEASE_ARRAYS = 1, 0x48
_CONSTANT, _DECORATE, _BINDING = 43, 71, 33


def instructions(words):
    """Code and operands of each instruction of a SPIR-V module."""
    at = 5
    while at < len(words):
        length, code = int(words[at]) >> 16, int(words[at]) & 0xFFFF
        if length == 0 or at + length > len(words):
            return
        yield code, [int(word) for word in words[at + 1 : at + length]]
        at += length


def double_instructions(words) -> int:
    """Instructions of a SPIR-V module whose result is a 64-bit float."""
    double, found = None, 0
    for code, operands in instructions(words):
        if code == _TYPE_FLOAT and operands[1] == 64:
            double = operands[0]
        elif code in (_LOAD, _EXTENDED) or code in _ARITHMETIC:
            found += operands[0] == double
    return found


def barriers(words):
    """How many barriers a module has, how many of them between two fences; and arrays.

    Between a fence and the barrier there may be an atomic operation and no other access.
    """
    constants, order, bound = {}, [], set()
    for code, operands in instructions(words):
        if code == _CONSTANT and len(operands) == 3:
            constants[operands[1]] = operands[2]
        elif code == _FENCE:
            scope, semantics = (constants.get(word) for word in operands)
            whole = scope == _DEVICE and semantics == _ACQUIRE_RELEASE_ARRAYS
            order.append("fence" if whole else "weak fence")
        elif code == _BARRIER:
            order.append("barrier")
        elif code == _DECORATE and operands[1] == _BINDING:
            bound.add(operands[2])
        elif code in _ATOMIC:
            order.append("atomic")
        elif code in (_LOAD, _STORE):
            order.append("access")
    found = [n for n, what in enumerate(order) if what == "barrier"]
    fenced = [n for n in found if order[n - 2 : n + 2] == ["fence", "atomic", "barrier", "fence"]]
    return len(found), len(fenced), len(bound)


def modules(data: bytes):
    """The SPIR-V modules in a file of Taichi's kernel cache."""
    at = data.find(_MAGIC)
    while at >= 0:
        yield np.frombuffer(data[at : at + (len(data) - at) // 4 * 4], "<u4")
        at = data.find(_MAGIC, at + 4)


def main() -> None:
    what, precision, cache = sys.argv[1:]
    os.environ["TI_OFFLINE_CACHE_FILE_PATH"] = cache
    from gpudem.device import start as device
    from tests.device.work import work

    device.start("vulkan", precision=precision)
    schedules = ("block",) if what == "barriers" else ("parallel", "block")
    for schedule in schedules:
        work(3, 8, schedule)
    import taichi as ti

    ti.reset()  # writes the cache
    found = [m for f in Path(cache).rglob("*.tic") for m in modules(f.read_bytes())]
    if what == "barriers":
        counts = np.array([barriers(module) for module in found])
        named = counts[counts[:, 0] > 0].sum(axis=0).tolist()
        print(json.dumps(dict(zip(("barriers", "fenced", "bound"), named, strict=True))))
    else:
        print(json.dumps([double_instructions(module) for module in found]))


if __name__ == "__main__":
    main()
