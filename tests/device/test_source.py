"""What the kernels must not contain, because it breaks on some device without an error."""

import re
from pathlib import Path

import pytest

KERNELS = sorted((Path(__file__).parents[2] / "kernels").rglob("*.py"))

#: Files that only the serial schedule calls, which runs on CPUs alone.
CPU_ONLY = {"thread_team.py"}
#: Files that may name 64-bit numbers: those that know the precision.
FIXED_POINT = {"precision.py", "position.py", "energy.py", "wall.py", "state.py"}

#: Files that may have a block wait for its threads: they fence the arrays on both sides.
BARRIERS = {"block.py"}

BANNED = {
    r"\b(ti|tm|math)\.(sin|cos|tan|asin|acos|atan2|exp|log|pow|tanh)\b": "no 64-bit form on Vulkan",
    r"\bti\.math\b|import taichi\.math|from taichi": "hides functions that have no 64-bit form",
    r"\bti\.round\b": "rounds differently on CPU and Vulkan",
    r"PrefixSumExecutor": "gives wrong results on Vulkan",
    r"\bsync\b|block\.|SharedArray": "block barriers go wrong on software Vulkan",
    r"\bwhile\b": "loops without a count find nothing on software Vulkan",
    r"\bti\.random\b": "differs between devices",
    r"\bti\.i64\b|\bti\.u64\b": "64-bit integers are slow, and missing on some devices",
    r"\bti\.f64\b": "not in mixed precision",
    r"^\s*[\w.]+\[[^=]*\]\s*[+\-*/|&]=": "an augmented assignment to an array is an atomic",
}


def code_lines(path):
    """The lines of a file without docstrings and comments."""
    text = re.sub(r'"""(?:.|\n)*?"""', lambda m: "\n" * m.group().count("\n"), path.read_text())
    for number, line in enumerate(text.splitlines(), 1):
        yield number, line.split("#")[0]


LOCAL_VECTORS = re.compile(r"^\s*(energy|work|out\.energy|history)\[")


@pytest.mark.parametrize("path", KERNELS, ids=lambda p: p.name)
def test_kernels_hold_nothing_that_breaks_elsewhere(path):
    found = []
    for number, line in code_lines(path):
        for pattern, reason in BANNED.items():
            if pattern == r"\bwhile\b" and path.name in CPU_ONLY:
                continue
            if "64" in pattern and path.name in FIXED_POINT:
                continue
            if "SharedArray" in pattern and path.name in BARRIERS:
                line = line.replace("ti.simt.block.sync()", "").replace("/block.", "")
            if re.search(pattern, line) and not LOCAL_VECTORS.match(line):
                found.append(f"{path.name}:{number}: {line.strip()}: {reason}")
    assert not found, "\n".join(found)


def test_atomics_are_of_integers_only():
    allowed = ("status", "histogram", "cell_bead", "tally", "barrier", "facet_sums")
    for path in KERNELS:
        for number, line in code_lines(path):
            for target in re.findall(r"ti\.atomic_\w+\(s\.(\w+)", line):
                assert target in allowed, f"{path.name}:{number}: atomic on {target}"


def test_kernels_know_no_files_units_or_scenes():
    for path in KERNELS:
        for number, line in code_lines(path):
            if re.match(r"\s*(from|import) ", line):
                assert re.search(
                    r"import (taichi|types|functools|contextlib)|__future__"
                    r"|from (collections|dataclasses|itertools|types|typing)\b"
                    r"|from gpudem\.(kernels|quantities)",
                    line,
                ), f"{path.name}:{number}: {line.strip()}"
