"""The longest chain of dependent instructions in kernels compiled for CUDA, in clock cycles.

A block whose threads wait for each other cannot be faster than the chain of one thread. Goes
through the PTX of each kernel once, in the order of the text: loops count one pass, both sides of a
branch count. Latencies are those of the constants below.

    python tests/bench/critical_path.py kernel.ptx ...
"""

import re
import sys
from pathlib import Path

#: Cycles until a result can be used: 64-bit floats, 32-bit floats and integers, loads that hit the
#: first-level cache, and roots, divisions and reciprocals of 64 and 32 bits (several instructions).
LATENCY = {"f64": 8, "other": 4, "load": 35, "long f64": 80, "long": 30}
_LONG = re.compile(r"^(sqrt|rsqrt|div|rcp|rem)\.")
_REGISTER = re.compile(r"%[a-z]+\d+")
_ENTRY = re.compile(r"\.entry\s+(\w+)")


def latency_of(opcode: str) -> int:
    """Cycles of an instruction."""
    wide = ".f64" in opcode
    if opcode.startswith("ld."):
        return LATENCY["load"]
    if _LONG.match(opcode):
        return LATENCY["long f64" if wide else "long"]
    return LATENCY["f64" if ".f64" in opcode else "other"]


def chains(text: str) -> dict[str, tuple[int, int]]:
    """Cycles of the longest chain, and number of instructions, of each kernel of a module."""
    found: dict[str, tuple[int, int]] = {}
    name, ready, longest, count = "", {}, 0, 0
    for line in text.splitlines():
        entry = _ENTRY.search(line)
        if entry:
            name, ready, longest, count = entry.group(1), {}, 0, 0
            continue
        line = line.strip().rstrip(";")
        if not name or not line or line.startswith((".", "//", "{", "}", "$", ")")):
            continue
        guard, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
        opcode, _, operands = rest.partition("\t") if "\t" in rest else rest.partition(" ")
        registers = _REGISTER.findall(operands)
        target = [] if opcode.startswith(("st.", "bra", "ret", "bar", "red")) else registers[:1]
        sources = registers[len(target) :] + _REGISTER.findall(guard)
        done = max((ready.get(r, 0) for r in sources), default=0) + latency_of(opcode)
        for register in target:
            ready[register] = done
        longest, count = max(longest, done), count + 1
        found[name] = (longest, count)
    return found


def main() -> None:
    for file in map(Path, sys.argv[1:]):
        for name, (cycles, count) in chains(file.read_text()).items():
            if count > 100:
                print(f"{name}: {cycles} cycles, {count} instructions")


if __name__ == "__main__":
    main()
