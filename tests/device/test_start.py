"""Choosing a device: what is refused and why, and what `auto` takes."""

import ctypes
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gpudem.device import start as device
from gpudem.device.start import VulkanDevice
from gpudem.errors import DeviceError

REPOSITORY = Path(__file__).resolve().parents[2]
HEAD = "import json\nfrom gpudem.device import start as device\n"
CUDA = device.why_missing("cuda") is None


def in_a_process(program, **environment):
    """What a program prints as JSON; it may start devices of its own."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json\nfrom gpudem.device import start as device\n" + program,
        ],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "--device gpu: unknown; accepted: auto, cpu, cuda, vulkan, metal"),
        ({"device": "CPU"}, "--device CPU: unknown; accepted"),
        ({"precision": "single"}, "--precision single: unknown; accepted: auto, double, mixed"),
        ({"threads": 0}, "--threads 0: accepted are 1 to 4096"),
        ({"threads": 5000}, "--threads 5000: accepted are 1 to 4096"),
        ({"index": -1}, "--device-index -1: accepted are 0, 1, 2"),
        ({"index": 3}, "--device-index 3: the CPU is one device; accepted: 0"),
    ],
)
def test_wrong_choices_are_refused_and_change_nothing(options, message):
    before = device.current()
    with pytest.raises(DeviceError, match=message):
        device.start(**{"device": "cpu", **options})
    assert device.current() is before


@pytest.mark.skipif(CUDA, reason="a CUDA device is here")
def test_a_missing_cuda_device_is_refused_with_what_is_accepted():
    with pytest.raises(DeviceError, match=r"--device cuda: .*; accepted here: auto, cpu"):
        device.start("cuda")


def test_metal_is_refused():
    with pytest.raises(DeviceError, match=r"--device metal: Metal .*accepted here: auto, cpu"):
        device.start("metal")


def test_auto_without_cuda_takes_the_cpu_and_never_a_software_renderer(monkeypatch):
    # Vulkan works by what is said here, on a renderer and on a graphics card.
    monkeypatch.setattr(device, "_started", None)
    monkeypatch.setattr(device, "_missing_cuda", lambda index: "there is none")
    monkeypatch.setattr(
        device,
        "vulkan_devices",
        lambda: [VulkanDevice("llvmpipe (LLVM 15)"), VulkanDevice("A card")],
    )
    asked = []
    monkeypatch.setattr(device, "_init", lambda wanted, index, block: asked.append(wanted))
    chosen = device.start("auto", threads=3)
    assert asked == [chosen]
    assert (chosen.kind, chosen.threads) == ("cpu", 3)
    assert chosen.reason == "chosen because there is none"
    assert not device.is_software(chosen.name)


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        (2, "double precision: chosen because a CUDA device was found"),
        (
            64,
            "mixed precision: chosen because a CUDA device was found; mixed since it is 64 times "
            "slower in double precision",
        ),
    ],
)
def test_auto_takes_cuda_where_it_works(ratio, told, monkeypatch):
    monkeypatch.setattr(device, "_cuda_singles_per_double", lambda: ratio)
    monkeypatch.setattr(device, "_started", None)
    monkeypatch.setattr(device, "_missing_cuda", lambda index: None)
    names = {"cuda": "A card", "cpu": "A processor"}
    monkeypatch.setattr(device, "describe_kind", lambda kind, index=0: names[kind])
    monkeypatch.setattr(device, "_init", lambda wanted, index, block: None)
    assert device.start("auto").describe() == f"cuda (A card), {told}"
    asked = device.start("cuda", precision="double")
    assert asked.describe() == "cuda (A card), double precision: as asked"


def test_the_same_device_is_not_started_again(monkeypatch):
    now = device.current()
    monkeypatch.setattr(device, "_init", lambda *_: pytest.fail("started again"))
    assert replace(device.start("cpu", threads=now.threads), reason=now.reason) == now
    assert device.started()


def test_devices_in_a_process_of_their_own():
    found = in_a_process(
        "before = device.started()\n"
        "one = device.start('cpu', threads=1)\n"
        "import taichi as ti\n"
        "out = [before, one.describe(), ti.cfg.cpu_max_num_threads, ti.cfg.fast_math]\n"
        "auto = device.start('auto')\n"
        "out += [auto.kind, device.is_software(auto.name), device.current() is auto]\n"
        "print(json.dumps(out))",
        TI_ARCH="vulkan",
    )
    started, one, threads, fast_math, kind, software, current = found
    assert not started
    assert one.startswith("cpu (") and ", 1 thread), double precision: as asked" in one
    assert threads == 1 and fast_math is False
    assert kind == ("cuda" if CUDA else "cpu")
    assert not software and current


def test_arrays_of_a_former_device_take_no_new_one_along():
    # Taichi frees by the address alone, where by chance a new array may lie by then.
    freed, wanted = in_a_process(
        "import gc, types, taichi as ti\n"
        "kinds = [ti.i32, ti.f64, ti.types.vector(4, ti.f64)]\n"
        "device.start('cpu', threads=1, precision='double')\n"
        "old = [device.make_array(kind, 8) for kind in kinds]\n"
        "device.start('cpu', threads=1, precision='mixed')\n"
        "new = [device.make_array(kind, 8) for kind in kinds]\n"
        "wanted, freed = [id(one.arr) for one in new], []\n"
        "program = types.SimpleNamespace(delete_ndarray=lambda one: freed.append(id(one)))\n"
        "ti.lang.impl.get_runtime = lambda: types.SimpleNamespace(prog=program)\n"
        "del old\n"
        "gc.collect()\n"
        "assert freed == [], 'arrays of the first device'\n"
        "del new\n"
        "gc.collect()\n"
        "print(json.dumps([freed, wanted]), flush=True)\n"
        "import os; os._exit(0)",
        ENABLE_TAICHI_HEADER_PRINT="0",
    )
    assert sorted(freed) == sorted(wanted)


def test_describe():
    many = device.Device("cpu", "A processor", "double", 8, "as asked")
    assert many.describe() == "cpu (A processor, 8 threads), double precision: as asked"
    one = device.Device("cpu", "A processor", "double", 1, "as asked")
    assert one.describe() == "cpu (A processor, 1 thread), double precision: as asked"
    card = device.Device("vulkan", "A card", "double", 1, "as asked")
    assert card.describe() == "vulkan (A card), double precision: as asked"


@pytest.mark.parametrize("name", ["llvmpipe (LLVM 15.0.6, 256 bits)", "SwiftShader Device"])
def test_software_renderers_are_known(name):
    assert device.is_software(name)
    assert not device.is_software("NVIDIA H100 PCIe")


def test_vulkan_devices_are_listed_with_what_they_have():
    found = device.vulkan_devices()
    assert all(one.name for one in found)
    if found:
        assert device.describe_kind("vulkan") == found[0].name
        assert device.has_doubles("vulkan") == found[0].has_doubles
        assert f"number {len(found)} is not" in device.why_missing("vulkan", len(found))
    else:
        assert "no Vulkan device was found" in device.why_missing("vulkan")


def test_why_vulkan_cannot_be_used(monkeypatch):
    devices = [VulkanDevice("Small", has_long_integers=False), VulkanDevice("Big")]
    monkeypatch.setattr(device, "vulkan_devices", lambda: devices)
    assert device.why_missing("vulkan", 0).startswith("Small has no 64-bit integers")
    assert device.why_missing("vulkan", 1) is None
    assert device.why_missing("vulkan", 2) == "only 2 Vulkan devices are there, number 2 is not"


@pytest.mark.parametrize(
    ("kind", "name", "has_doubles", "precision"),
    [
        ("vulkan", "llvmpipe (LLVM 15)", True, "double"),
        ("vulkan", "A card", True, "mixed"),
        ("vulkan", "A phone", False, "mixed"),
        ("metal", "Apple M3", False, "mixed"),
        ("cpu", "A processor", True, "double"),
    ],
)
def test_the_precision_that_auto_takes(kind, name, has_doubles, precision, monkeypatch):
    monkeypatch.setattr(device, "why_missing", lambda kind, index=0: None)
    monkeypatch.setattr(device, "describe_kind", lambda kind, index=0: name)
    monkeypatch.setattr(device, "vulkan_devices", lambda: [VulkanDevice(name, has_doubles)])
    assert device.choose(kind).precision == precision
    assert device.choose(kind, precision="mixed").precision == "mixed"
    if has_doubles:
        assert device.choose(kind, precision="double").precision == "double"
    else:
        with pytest.raises(DeviceError, match=f"{name} has no 64-bit floats; .*auto, mixed"):
            device.choose(kind, precision="double")


def test_without_any_driver(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert device.vulkan_devices() == []
    assert "apt-get install libvulkan1" in device.why_missing("vulkan")
    assert device.why_missing("cuda") == "no NVIDIA driver was found"
    assert device.why_missing("cpu") is None


class Driver:
    """Stands in for NVIDIA's library: four GPUs, of which it shows what it saw at its start."""

    def __init__(self):
        self.shown = None

    def cuInit(self, _):
        if self.shown is None:
            self.shown = os.environ["CUDA_VISIBLE_DEVICES"].split(",")
        return 0 if all(int(name) < 4 for name in self.shown) else 100

    def cuDeviceGetCount(self, count):
        count._obj.value = len(self.shown)
        return 0


@pytest.mark.parametrize(
    ("inherited", "index", "shown"),
    [(None, 0, ["0"]), (None, 3, ["3"]), ("2,1", 0, ["2"]), ("2,1", 1, ["1"])],
)
def test_a_gpu_is_chosen_before_its_driver_starts(monkeypatch, inherited, index, shown):
    driver = Driver()
    monkeypatch.setattr(device, "_cuda_driver", lambda: driver)
    monkeypatch.setattr(device, "_shown", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if inherited is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", inherited)
    assert device.why_missing("cuda", index) is None
    assert driver.shown == shown
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == inherited
    other = device.why_missing("cuda", index + 1)
    assert other == f"this process uses number {index}; another one needs a process of its own"


@pytest.mark.parametrize(("inherited", "index"), [(None, 4), ("2,1", 2)])
def test_a_gpu_that_is_not_there_is_named(monkeypatch, inherited, index):
    monkeypatch.setattr(device, "_cuda_driver", Driver)
    monkeypatch.setattr(device, "_shown", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if inherited is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", inherited)
    assert f"number {index}" in device.why_missing("cuda", index)


def test_settings_of_taichi_from_outside_do_not_reach_the_engine_and_are_put_back():
    settings = {
        "TI_SHORT_CIRCUIT_OPERATORS": "0",
        "TI_UNROLLING_LIMIT": "1",
        "TI_DEBUG": "1",
        "TI_KERNEL_PROFILER": "nonsense",
        "TI_VISIBLE_DEVICE": "7",
    }
    ours, limit, debug, left, begun = in_a_process(
        "import os, threading\n"
        "begun, begin = [], threading.Thread.start\n"
        "threading.Thread.start = lambda one: (begun.append(one.name), begin(one))\n"
        "before = dict(os.environ)\n"
        "device.start('cpu', threads=1)\n"
        "import taichi as ti\n"
        "from gpudem import load_scene, Simulation\n"
        "simulation = Simulation(load_scene('pulverisette7-20ml', ('beads.count=5',)))\n"
        "simulation.step(3)\n"
        "runtime = ti.lang.impl.get_runtime()\n"
        "print(json.dumps([runtime.short_circuit_operators, runtime.unrolling_limit, "
        "ti.cfg.debug, dict(os.environ) == before, begun]))",
        **settings,
    )
    assert ours is True and limit == 0 and debug is False
    assert left, "the environment is as it was"
    assert begun == [], "nobody is asked for newer versions"


FORKING = """
import os, sys
from gpudem import Simulation, load_scene
from gpudem.errors import DeviceError

def refusal(deed):
    try:
        deed()
    except DeviceError as error:
        return str(error)
    return "nothing"

def in_a_fork(*deeds):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps([refusal(deed) for deed in deeds]).encode())
        sys.exit(0)
    os.close(writing)
    with open(reading) as told:
        said = json.loads(told.read())
    assert os.waitpid(child, 0)[1] == 0
    return said

def start():
    device.start("cpu", threads=1)

unused = in_a_fork(start)
start()
scene = load_scene("pulverisette7-20ml", ("beads.count=5",))
simulation = Simulation(scene)
simulation.step(1)
used = in_a_fork(
    lambda: simulation.step(1), simulation.collect, simulation.checkpoint,
    lambda: simulation.position, lambda: Simulation(scene), device.current, start,
)
simulation.step(1)
print(json.dumps([unused, used, simulation.step_number]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_process_forked_from_one_that_uses_a_device_is_told_and_does_not_hang():
    unused, used, steps = in_a_process(FORKING)
    assert unused == ["nothing"], "a device may be started after a fork"
    assert len(used) == 7
    assert all("was forked from one that uses a device" in said for said in used), used
    assert all('multiprocessing.get_context("spawn")' in said for said in used), used
    assert steps == 2, "the process that forked goes on"
