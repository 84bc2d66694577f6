"""Walls as the device has them."""

import numpy as np
import pytest

from gpudem.engine.wall_row import wall_row
from gpudem.geometry.revolved import Arc, Segment, disc, shell
from gpudem.geometry.wall import PLANE_RADIUS, Wall, plane
from gpudem.kernels import layout as at


def test_the_devices_row():
    row = wall_row(Wall(shell(0.025, 0.04), species=3))
    assert row.shape == (at.WALL,)
    assert row.tolist() == [at.SEGMENT, 0.025, 0.0, 0.0, 1.0, 0.02, 0.0, 3.0, 0.0]
    # A disc's line goes on beyond the axis.
    assert wall_row(Wall(disc(0.025))).tolist() == [
        at.DISC,
        0.0,
        0.0,
        1.0,
        0.0,
        0.025,
        0.0,
        1.0,
        0.0,
    ]
    ring = wall_row(Wall(Segment((0.01, 0.0), (0.03, 0.0))))
    assert ring == pytest.approx(np.array([at.SEGMENT, 0.02, 0.0, 1.0, 0.0, 0.01, 0.0, 1.0, 0.0]))
    cap = wall_row(Wall(Arc((0.0, 0.05), 0.03, -0.5 * np.pi, 0.0)))
    half = np.sqrt(0.5)
    assert cap == pytest.approx(np.array([at.ARC, 0.0, 0.05, half, -half, half, 0.03, 1.0, 0.0]))
    assert wall_row(Wall(disc(0.02), motion="lift"))[at.WALL_MOVES] == 1.0
    assert wall_row(Wall(disc(0.02), motion="rotation"))[at.WALL_MOVES] == 0.0
    assert wall_row(plane((0, 0, 0), (0, 0, 1)))[at.WALL_EXTENT] == PLANE_RADIUS
