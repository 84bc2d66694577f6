"""Units of mixed precision, and numbers as integers of them."""

import numpy as np
import pytest

from gpudem import load_scene
from gpudem.engine import fixed_point
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.factories import head_on


def test_units_hold_all_that_a_mill_can_do():
    scene = load_scene("pulverisette7", ["mill.speed=1000 rpm"])
    case = build_case(scene)
    units = fixed_point.Units.of(case)
    assert np.log2([units.length, units.speed, units.spin, units.energy]) % 1 == pytest.approx(0)
    # The farthest corner of the bowl fits, and differences resolve the overlaps.
    assert np.hypot(0.0255, 0.0392) < units.length * 2**30 < 0.2
    assert units.length < 1e-10
    # Speeds up to the walls' and twice what a bead can take up are exact in 24 bits.
    assert 2 * scene.impact_speed_bound < units.speed * 2**24 < 100.0
    # Minutes of a bead's share of the power fit its sum, which is cleared every interval.
    assert 300 * 0.5 < units.energy * 2**62
    assert units.energy < 1e-14


def test_units_follow_from_the_start_where_nothing_else_moves():
    units = fixed_point.Units.of(head_on(20.0))
    assert 10.0 < units.speed * 2**24 < 80.0
    assert units.length * 2**30 >= 0.5


def test_lengths_come_back_to_half_a_unit():
    unit = 2.0**-34
    lengths = np.random.default_rng(1).uniform(-0.06, 0.06, (100, 4))
    integers = fixed_point.to_integers(lengths, unit)
    assert integers.dtype == np.int32
    assert np.abs(fixed_point.to_lengths(integers, unit) - lengths).max() <= 0.5 * unit
    integers[3] = -(2**31)
    assert np.isnan(fixed_point.to_lengths(integers, unit)[3]).all()
    with pytest.raises(OverflowError, match="outside"):
        fixed_point.to_integers(np.array([0.07]), unit)


def test_multiples_and_what_is_left_make_the_value():
    unit = np.array([2.0**-20])
    values = np.random.default_rng(2).normal(0.0, 3.0, 100)
    multiples, left = fixed_point.to_multiples(values, unit)
    assert np.abs(left).max() <= 0.5
    assert (multiples.astype(np.float32) == multiples).all()
    assert multiples + left * unit == pytest.approx(values, abs=1e-15)


@pytest.mark.both_precisions
def test_a_checkpoint_brings_its_units_along():
    def mill(speed):
        scene = load_scene("pulverisette7-20ml", ["beads.count=20", f"mill.speed={speed} rpm"])
        return Simulation(build_case(scene))

    slow, fast = mill(200), mill(1000)
    slow.step(3000)
    fast.restore(slow.checkpoint())
    for simulation in (slow, fast):
        # The same drive for both, as where the speed was changed on the way.
        simulation.cases[0].drive, simulation.cases[0].walls = (
            slow.cases[0].drive,
            slow.cases[0].walls,
        )
        simulation.step(3000)
    assert fast.state.units == slow.state.units
    assert np.array_equal(fast.position, slow.position)
    assert np.array_equal(fast.collect().log, slow.collect().log)
