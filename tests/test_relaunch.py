"""Kernels launched the short way do what they do when called as usual."""

import pytest

from gpudem import load_scene, relaunch
from gpudem.mill import build_case
from gpudem.simulation import Simulation

SCENE = ("beads.count=40",)


def moved(steps=400):
    simulation = Simulation(
        build_case(load_scene("pulverisette7-20ml", SCENE)), schedule="parallel", slots=2
    )
    simulation.step(steps)
    return simulation


@pytest.mark.both_precisions
def test_the_short_way_is_taken_and_changes_nothing(monkeypatch):
    short = moved()
    runner = short._runner
    kernels = [runner._advance, runner._renew_cells, runner._renew_lists, runner._count_events]
    assert all(kernel.is_short for kernel in kernels)

    def missing(*_):
        raise AttributeError("another Taichi")

    monkeypatch.setattr(relaunch, "_short_way", missing)
    usual = moved()
    assert not usual._runner._advance.is_short
    for name in ("position", "velocity", "angular_velocity"):
        assert getattr(short, name).tobytes() == getattr(usual, name).tobytes()
    assert short.collect().log.tobytes() == usual.collect().log.tobytes()


def test_grown_arrays_are_found():
    simulation = moved(steps=1)
    before = simulation.state.pack()
    simulation.state.grow(12, 12)
    assert simulation.state.pack() is not before
    simulation.step(399)
    assert simulation.position.tobytes() == moved().position.tobytes()
