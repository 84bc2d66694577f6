"""The device arrays: what they take of the memory."""

import pytest

from gpudem import load_scene
from gpudem.diagnostics.preview import memory
from gpudem.running.simulation import Simulation


@pytest.mark.parametrize("schedule", ["serial", "parallel"])
def test_the_memory_told_is_the_memory_taken(schedule):
    scene = load_scene("pulverisette7", ["beads.diameter=3 mm"])
    state = Simulation(scene, schedule=schedule).state
    taken = sum(array.to_numpy().nbytes for array in vars(state.arrays).values())
    assert state.bytes == taken
    assert memory(scene.bead_count) <= state.bytes
