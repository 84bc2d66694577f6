"""Mixed precision: sums that lose nothing, no double precision anywhere, agreement with double."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gpudem.device import start as device
from tests.device import sums
from tests.device.spirv import double_instructions

DEVICES = [
    pytest.param(kind, marks=pytest.mark.skipif(bool(missing), reason=str(missing)))
    for kind in ("cpu", "cuda", "vulkan")
    for missing in [device.why_missing(kind)]
]


def output_of(*arguments):
    """What a program prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", DEVICES)
@pytest.mark.parametrize("precision", ["double", "mixed"])
def test_a_million_small_energies_count_beside_a_large_one(kind, precision):
    kind_of_number = np.float32 if precision == "mixed" else np.float64
    # What single precision makes of the terms is no fault of the sum.
    terms = [float(kind_of_number(term)) for term in (sums.LARGE, sums.SMALL)]
    wanted = terms[0] + sums.CALLS * sums.TERMS * terms[1]
    assert np.float32(sums.LARGE) + np.float32(sums.SMALL) == np.float32(sums.LARGE)
    assert output_of("tests.device.sums", kind, precision) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.slow
@pytest.mark.skipif(device.why_missing("vulkan") is not None, reason="no Vulkan device here")
def test_no_kernel_needs_double_precision(tmp_path):
    counts = output_of("tests.device.spirv", "doubles", "mixed", tmp_path / "mixed")
    # The step alone is several modules: one for each loop of each kernel.
    assert len(counts) > 20
    assert sum(counts) == 0


def test_restitution_agrees_with_double_precision():
    double, mixed = (output_of("tests.device.impacts", p) for p in ("double", "mixed"))
    assert len(double) == 12
    assert mixed == pytest.approx(double, rel=5e-3)


@pytest.mark.slow
def test_the_mill_is_the_same_within_the_scatter_of_seeds(tmp_path):
    means, errors = {}, {}
    for precision in ("double", "mixed"):
        values = []
        for seed in range(1, 6):
            file = tmp_path / f"{precision}-{seed}.vtkhdf"
            sets = (f"run.seed={seed}", "run.duration=0.3 s", "run.log_from=0.1 s")
            result = output_of("tests.device.mill", precision, file, *(f"{word}" for word in sets))
            values.append([result[name] for name in result])
        means[precision] = np.mean(values, axis=0)
        errors[precision] = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
    apart = np.abs(means["mixed"] - means["double"])
    assert (apart < 4.0 * np.hypot(errors["mixed"], errors["double"])).all()


def test_double_precision_would_be_seen():
    # A module: a header of 5 words, a 64-bit float as type 7, a sum (129) and a load (61) of it.
    module = [0] * 5 + [3 << 16 | 22, 7, 64, 5 << 16 | 129, 7, 1, 2, 3, 4 << 16 | 61, 7, 8, 9]
    assert double_instructions(module) == 2
    module[7] = 32
    assert double_instructions(module) == 0
