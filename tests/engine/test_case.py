"""A case that cannot be simulated is refused when it is made, with what is wrong."""

import numpy as np
import pytest

from gpudem import GpudemError, Plan, Simulation
from gpudem.engine.case import Case
from tests.factories import FRICTIONLESS, ZIRCONIA


def case(position=((0.0, 0.0, 0.0), (1e-2, 0.0, 0.0)), **values):
    given = {
        "radius": 2.5e-3,
        "density": 6000.0,
        "materials": (ZIRCONIA,),
        "contacts": {(0, 0): FRICTIONLESS},
        "time_step": 1e-6,
        **values,
    }
    return Case(position=np.array(position, float), **given)


def test_a_good_case_is_taken():
    assert len(case().position) == 2 and case(velocity=np.ones((2, 3))).velocity.sum() == 6.0


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"position": np.zeros((0, 3))}, "position: at least one bead is needed"),
        ({"position": [[0, 0, 0], [np.nan, 0, 0]]}, "position of bead 1 is not finite"),
        ({"position": [[0, 0, 0], [0, np.inf, 0]]}, "position of bead 1 is not finite"),
        ({"velocity": np.full((2, 3), np.nan)}, "velocity of bead 0 is not finite"),
        ({"radius": [1e-3, 0.0]}, "radius of bead 1 is 0; it must be above 0"),
        ({"radius": -1e-3}, "radius of bead 0 is -0.001"),
        ({"density": np.inf}, "density of bead 0 is inf"),
        ({"time_step": 0.0}, "time_step = 0.0; it must be above 0 s"),
        ({"time_step": -1e-6}, "time_step = -1e-06"),
        ({"time_step": np.nan}, "time_step = nan"),
        ({"skin": -1.0}, "skin = -1.0; 0 m or more"),
    ],
)
def test_what_is_wrong_is_named(values, told):
    with pytest.raises(GpudemError, match=told):
        case(**values)


def test_nothing_to_simulate_and_times_as_text_are_refused():
    with pytest.raises(GpudemError, match="no scene and no case is given"):
        Simulation([])
    with pytest.raises(GpudemError, match="beads 0 and 2 lie at the same point"):
        Simulation(case([[0, 0, 1], [0, 0, 2], [0, 0, 1]]))
    with pytest.raises(GpudemError, match="duration = '1 s'; a number of seconds is needed"):
        Plan(duration="1 s")


def test_steps_are_whole_numbers():
    simulation = Simulation(case())
    simulation.step(np.int64(2))
    simulation.step(1.0)
    assert simulation.step_number == 3
    for wrong in (1.5, -1):
        with pytest.raises(GpudemError, match="whole numbers from 0 on are accepted"):
            simulation.step(wrong)
