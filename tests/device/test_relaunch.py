"""Kernels launched the short way do what they do when called as usual."""

import subprocess
import sys

import pytest

from gpudem import load_scene
from gpudem.device import taichi_internals
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.runs import environment

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
    schedule = short._schedule
    kernels = [
        schedule._advance,
        schedule._renew_cells,
        schedule._renew_lists,
        schedule._count_events,
    ]
    assert all(kernel.is_short for kernel in kernels)

    def missing(*_):
        raise AttributeError("another Taichi")

    monkeypatch.setattr(taichi_internals, "_short_way", missing)
    usual = moved()
    assert not usual._schedule._advance.is_short
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


#: Simulations that refer to themselves, so that only a later collection of garbage frees them.
RESTART = """
import gc
from gpudem import load_scene
from gpudem.device import start as device
from gpudem.scene.build import build_case
from gpudem.running.simulation import Simulation

def simulation(schedule):
    case = build_case(load_scene("pulverisette7-20ml", ("beads.count=10",)))
    return Simulation(case, schedule=schedule)

gc.disable()
device.start("cpu", threads=1)
for _ in range(3):
    old = simulation("parallel")
    old.step(10)
    old.itself = old
del old
device.start("cpu", threads=1, precision="mixed")
for _ in range(3):
    new = simulation("serial")
    new.step(10)
    gc.collect()
    new.step(10)
"""


def test_a_device_may_start_anew_while_old_simulations_are_still_held():
    done = subprocess.run([sys.executable, "-c", RESTART], env=environment(), timeout=120)
    assert done.returncode == 0


ENDED = """
from gpudem import Simulation, load_scene, start_device
from gpudem.errors import DeviceError
start_device("cpu", threads=1)
simulation = Simulation(load_scene("pulverisette7", ["beads.count=2"]))
start_device("cpu", threads=1, precision="mixed")
for use in (lambda: simulation.position, simulation.collect):
    try:
        use()
    except DeviceError as error:
        print(error)
"""


def test_a_simulation_of_an_earlier_start_says_that_it_is_over():
    done = subprocess.run(
        [sys.executable, "-c", ENDED],
        env=environment(),
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("which ended it; make it anew") == 2, done.stdout
