"""Records of contacts: every listed slot of the serial schedule has one of its own."""

import numpy as np
import pytest

from gpudem.engine.arrays import DeviceState
from gpudem.kernels.fields import Sizes
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from gpudem.scene.file import load_scene

SCENE = ("beads.count=150", "run.duration=2 ms", "run.log_from=0 ms")


def cases():
    return [build_case(load_scene("pulverisette7-20ml", (*SCENE, f"run.seed={n}"))) for n in (1, 2)]


def first_of_pool(state: DeviceState, case: int) -> np.ndarray:
    """The first bead of the pool of each bead of a case."""
    begin, end = state.begin[case : case + 2]
    return begin + (np.arange(begin, end) - begin) // state.pool * state.pool


@pytest.mark.both_precisions
def test_every_listed_slot_has_a_record_of_its_beads_pool():
    simulation = Simulation(cases(), slots=1)
    state = simulation.state
    assert state.records == 1
    for _ in range(6):
        simulation.step(3000)
        used = state.read("slots_used", 1)[:, 0]
        listed = np.arange(state.slots)[:, None] < used
        record = state.record_of_slot().reshape(state.slots, -1)
        assert (record[~listed] == 0).all()
        assert len(np.unique(record[listed])) == used.sum()
        for case, (begin, end) in enumerate(zip(state.begin, state.begin[1:], strict=False)):
            first = first_of_pool(state, case)
            last = np.minimum(first + state.pool, end)
            own = listed[:, begin:end]
            of_case = record[:, begin:end]
            assert (of_case > first * state.records)[own].all()
            assert (of_case <= last * state.records)[own].all()
        # What is no contact under way is remembered nowhere.
        history = state.arrays.history.to_numpy().reshape(1 + state.beads * state.records, -1)
        apart = state.arrays.contact_state.to_numpy() == 0
        assert not history[apart][:, : 8 * state.law.rows].any()
        assert apart[0] and not apart.all()
    assert 1 < state.records < state.slots


def test_growing_keeps_what_is_remembered():
    simulation = Simulation(cases()[0])
    simulation.step(12_000)
    state = simulation.state
    slot, rows = state.contacts_under_way()
    assert len(slot) > 10
    state.grow(state.slots + 3, records=state.records + 2)
    again, same = state.contacts_under_way()
    assert np.array_equal(slot, again)
    assert all(np.array_equal(rows[name], same[name]) for name in rows)


@pytest.mark.parametrize(("members", "kinds"), [(1, 2), (1, 3), (2, 2)])
def test_a_million_beads_at_rest_need_3_2_kilobytes_each(members, kinds):
    # As many slots and records as a drum of 1,000,000 equal beads, or of a mixture, asks for.
    sizes = Sizes(beads=10**6, slots=12, records=5, cells=2 * 10**6, members=members, kinds=kinds)
    assert sizes.bytes <= 3200 * sizes.beads
