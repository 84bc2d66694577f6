"""That law with a longer memory: it counts the steps of a contact."""

import taichi as ti

from gpudem.kernels.vec3 import times
from tests.toys.constant_force_kernels import (  # noqa: F401
    PARAMETERS,
    last_step,
    normal_force,
    release,
    rolling_moment,
    stored_energy,
    tangential_force,
)

HISTORY = {"overlap": 1, "first": 3, "second": 3, "steps": 1}


@ti.func
def remembered(k, b, n, t, r):
    zero = times(0.0 * k.overlap, k.normal)
    return ti.Struct(overlap=k.overlap, first=zero, second=zero, steps=b.steps + 1.0)
