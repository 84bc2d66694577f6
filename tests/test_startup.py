"""What the first step costs: time on an empty and a filled kernel cache, compilations, memory.

`pytest -rP tests/test_startup.py` shows the measured figures too. Limits are on processor time,
which other programs on the machine hardly change, and three times as large as what is wanted.
"""

import json
import subprocess
import sys
import time

import pytest

from gpudem import Simulation, load_scene
from gpudem.device import start as device
from tests.runs import environment

#: Wanted from the start of the process to the end of the first step [s].
COLD, WARM = 15.0, 4.0
ROOM = 3.0

#: First step of the reference bowl, and more for the bits; prints what it cost.
START = """
import hashlib, json, os, resource, time
from gpudem import Simulation, load_scene
from gpudem.device import start as device
device.start("cpu", threads=1)
simulation = Simulation(load_scene("pulverisette7"))
simulation.step(1)
now, used = time.time(), resource.getrusage(resource.RUSAGE_SELF)
most = used.ru_maxrss / 1024
if os.path.exists("/proc/self/status"):
    # The other one counts what the process was forked from.
    most = next(int(l.split()[1]) for l in open("/proc/self/status") if l[:6] == "VmHWM:") / 1024
simulation.step(2000)
moved = simulation.position.tobytes() + simulation.velocity.tobytes()
print(json.dumps({
    "now": now,
    "processor": used.ru_utime + used.ru_stime,
    "megabytes": most,
    "bits": hashlib.sha256(moved).hexdigest(),
}))
"""


def begin(folder):
    """Starts a process whose kernel cache lies in the folder; also returns when."""
    # Taichi keeps its cache in XDG_CACHE_HOME, else in HOME.
    own = environment(HOME=str(folder), XDG_CACHE_HOME=str(folder / "cache"))
    began = time.time()
    command = [sys.executable, "-c", START]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=own, cwd=folder, **pipes), began


def end(process, began):
    """What a process printed, with the wall-clock time to its first step."""
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    found = json.loads(out.splitlines()[-1])
    found["seconds"] = found["now"] - began
    return found


def told(name, found):
    print(
        f"{name}: first step after {found['seconds']:.1f} s, {found['processor']:.1f} s of "
        f"processor time, {found['megabytes']:.0f} MB at most"
    )


def kept_kernels(folder):
    return sorted((folder / "cache").rglob("*.tic"))


def test_the_first_step_comes_soon_on_an_empty_and_on_a_filled_cache(tmp_path):
    cold = end(*begin(tmp_path))
    kept = kept_kernels(tmp_path)
    assert kept
    warm = end(*begin(tmp_path))
    told("empty cache", cold)
    told("filled cache", warm)
    assert kept_kernels(tmp_path) == kept
    assert warm["bits"] == cold["bits"]
    assert cold["processor"] < ROOM * COLD
    assert warm["processor"] < ROOM * WARM
    # Python, numpy, Taichi with its compiler, and some MB of arrays.
    assert max(cold["megabytes"], warm["megabytes"]) < 600.0


@pytest.mark.slow
def test_eight_processes_may_start_at_once_on_an_empty_cache(tmp_path):
    started = [begin(tmp_path) for _ in range(8)]
    ends = [end(*one) for one in started]
    for number, found in enumerate(ends):
        told(f"process {number + 1} of 8", found)
    assert len({found["bits"] for found in ends}) == 1
    after = end(*begin(tmp_path))
    told("afterwards", after)
    assert after["bits"] == ends[0]["bits"]
    assert after["processor"] < ROOM * WARM


def use_everything(schedule, *sets):
    simulation = Simulation(load_scene("pulverisette7-20ml", sets), schedule=schedule)
    simulation.compile()
    simulation.step(50)
    simulation.open_window()
    simulation.collect()
    simulation.take_histograms()
    simulation.contacts()
    simulation.alive_events()
    simulation.restore(simulation.checkpoint())
    simulation.state.grow(simulation.state.slots + 4, simulation.state.cell_slots + 2)
    simulation.step(50)


@pytest.mark.parametrize("schedule", ["serial", pytest.param("parallel", marks=pytest.mark.slow)])
def test_a_second_simulation_compiles_nothing(schedule, monkeypatch):
    import taichi as ti
    from taichi.lang.kernel_impl import Kernel

    if schedule == "serial" and device.current().kind != "cpu":
        pytest.skip("the serial schedule is for CPUs")

    @ti.kernel
    def new_kernel() -> ti.i32:
        return 1

    made = []
    materialize = Kernel.materialize

    def counting(self, *arguments, **more):
        before = len(self.compiled_kernels)
        materialize(self, *arguments, **more)
        made.extend([self.func.__name__] * (len(self.compiled_kernels) - before))

    monkeypatch.setattr(Kernel, "materialize", counting)
    use_everything(schedule, "beads.count=20")
    # Earlier tests in this process may have compiled all; a new kernel shows that any is counted.
    new_kernel()
    assert made[-1] == "new_kernel"
    first, made[:] = list(made), []
    use_everything(schedule, "beads.count=45", "beads.diameter=4 mm", "run.seed=3")
    print(f"{schedule}: {len(first)} kernels for the first simulation, {made} for the second")
    assert made == []
