"""What to run first on a GPU: self-test, bits of both schedules, rates at many sizes; minutes.

    python tests/bench/gpu.py cuda                # under four minutes
    python tests/bench/gpu.py cuda mixed --json gpu.json
    python tests/bench/gpu.py vulkan double --small    # software renderers: bits and small rates

Rates are bead-steps per second with all laws and logs on, beads falling from rest into the full
motion; each is of the last of some growing runs of steps, the collection of the log included.
"""

import argparse
import json
import time
from dataclasses import replace

import numpy as np

from gpudem import __version__, load_scene
from gpudem.device import start as devices
from gpudem.diagnostics.self_test import run_self_test
from gpudem.engine.engine import Engine
from gpudem.scene.build import build_case

SIZES = ("5 mm", "3 mm", "1.75 mm")
BOWLS = (1, 16, 132, 528)
#: No more beads than this in a block, or in all; a block of very many rests most of the GPU.
MOST_IN_A_BLOCK, MOST = 9_000, 1_200_000
SCHEDULES = ("parallel", "block")


def case_of(diameter):
    return build_case(load_scene("pulverisette7", (f"beads.diameter={diameter}",)))


def copies(case, count):
    return [replace(case) for _ in range(count)]


def bits(cases, steps):
    """What both schedules leave after so many steps, and their launches and seconds."""
    out = {}
    for schedule in SCHEDULES:
        engine = Engine(cases(), schedule=schedule)
        engine.open_window()
        engine.compile()
        launches = engine._schedule.launches
        began = time.perf_counter()
        engine.step(steps)
        seconds = time.perf_counter() - began
        collected = engine.collect()
        out[schedule] = {
            "seconds": seconds,
            "launches": engine._schedule.launches - launches,
            "values": {
                "position": engine.position,
                "velocity": engine.velocity,
                "spin": engine.angular_velocity,
                "log": collected.log,
                "histograms": engine.take_histograms(),
            },
        }
    one, other = (out[schedule].pop("values") for schedule in SCHEDULES)
    differ = {name: float(np.abs(one[name] - other[name]).max()) for name in one}
    return {**out, "largest difference": differ, "steps": steps}


def rate(cases, schedule, seconds):
    """Bead-steps per second."""
    engine = Engine(cases, schedule=schedule)
    engine.compile()
    # Drivers compile when they launch.
    engine.step(8)
    steps, spent = 16, 0.0
    while spent < seconds:
        began = time.perf_counter()
        engine.step(steps)
        engine.collect()
        spent = time.perf_counter() - began
        found = engine.beads * steps / spent
        steps = int(steps * min(8.0, max(2.0, 1.3 * seconds / spent)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("device")
    parser.add_argument("precision", nargs="?", default="auto")
    parser.add_argument("--small", action="store_true", help="for software renderers")
    parser.add_argument("--limit", type=float, default=220.0, help="seconds after which to stop")
    parser.add_argument("--json")
    options = parser.parse_args()
    began = time.perf_counter()
    device = devices.start(options.device, precision=options.precision)
    print(f"gpudem {__version__}, {device.describe()}", flush=True)
    found = {"device": device.describe(), "self_test": run_self_test(), "rates": []}
    for check in found["self_test"]:
        print("ok  " if check["passed"] else "FAIL", check["name"], check.get("got"), flush=True)
    small = case_of("5 mm")
    steps = 400 if options.small else 20_000
    found["bits"] = bits(lambda: copies(small, 1), steps)
    for schedule in SCHEDULES:
        one = found["bits"][schedule]
        print(f"{schedule}: {steps} steps in {one['seconds']:.3g} s, {one['launches']} launches")
    print("block against parallel:", found["bits"]["largest difference"], flush=True)
    sizes, bowls, seconds = (SIZES[:1], (1, 4), 0.5) if options.small else (SIZES, BOWLS, 0.8)
    jobs = [(size, count) for count in bowls for size in sizes]
    if not options.small:
        # About 1e5 beads in one bowl, 1e6 in many.
        jobs += [("0.77 mm", 1), ("1.75 mm", 117)]
    for size, count in jobs:
        case = case_of(size)
        if len(case.position) * count > MOST:
            continue
        for schedule in SCHEDULES:
            if schedule == "block" and len(case.position) > MOST_IN_A_BLOCK:
                continue
            if time.perf_counter() - began > options.limit:
                print("the time is up", flush=True)
                break
            speed = rate(copies(case, count), schedule, seconds)
            row = {"beads": len(case.position), "bowls": count, "schedule": schedule}
            found["rates"].append({**row, "rate": speed})
            print(
                f"{count:4d} x {len(case.position):6d} beads, {schedule:8s}: "
                f"{1e-6 * speed:9.2f} million bead-steps/s",
                flush=True,
            )
    if options.json:
        with open(options.json, "w") as file:
            json.dump(found, file, indent=1, default=str)


if __name__ == "__main__":
    main()
