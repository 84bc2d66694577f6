"""A steel ball falls on a bed of 25,000 beads, in gpudem and in LIGGGHTS, side by side.

Case 3 of Dosta et al., Comput. Phys. Commun. 296 (2024) 109066: a ball of 20 mm at 5 m/s, beads of
2 mm; the numbers are in impact.toml beside this file, which also runs by itself (`gpudem run
tests/bench/impact.toml`). Both codes start from the same positions, a bed that gpudem packed and
settled, take the same step and the same laws; the ball's flight down to the bed, which nothing
disturbs, is left out. What differs is told in docs/reference/impact.md.

    python -m tests.bench.impact --keep build/impact --figure docs/images/impact.png

Without LIGGGHTS (apt-get install liggghts) gpudem runs alone. The folder keeps the bed and what
each code did; runs that are there are not done again.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from gpudem import GpudemError, Scene, load_scene
from gpudem.contact.restitution import restitution_of
from gpudem.device import start as device
from gpudem.engine.case import Case
from gpudem.kernels import layout as at
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.bench.peers import mill
from tests.bench.peers.liggghts import LOOP, Liggghts, launch, opening

SCENE = Path(__file__).with_name("impact.toml")
#: Gap between the ball and the highest bead at the start [m].
GAP = 0.1e-3
#: Skin of LIGGGHTS' neighbour lists [m]; the fastest of those tried.
SKIN = 1e-3
#: Samples of the ball [s].
EVERY = 0.1e-3


@dataclass
class Fall:
    """What a code did.

    Attributes:
        time: since the ball stood where it was put in [s], shape (n,).
        height: of the ball's centre above the bottom [m], shape (n,).
        speed: of the ball, upwards [m/s], shape (n,).
        wall: wall-clock time of the steps alone [s].
        processor: processor time of the whole process [s].
        overlap: largest at a sample, over the bead's radius, where known.
    """

    time: np.ndarray
    height: np.ndarray
    speed: np.ndarray
    wall: float
    processor: float
    overlap: float = math.nan

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Fall:
        """Reads what `save` wrote."""
        with np.load(path) as file:
            return cls(**{name: file[name] for name in file.files})


def bed(scene: Scene, folder: Path) -> np.ndarray:
    """Positions of the settled beads [m], shape (beads, 3), kept in the folder."""
    path = folder / "bed.npy"
    if not path.exists():
        began = time.perf_counter()
        settled = Simulation(scene).position[:-1]
        np.save(path, settled)
        print(f"the bed packed and settled in {time.perf_counter() - began:.0f} s", flush=True)
    return np.load(path)


def surface(beads: np.ndarray, radius: float) -> float:
    """Height that 1 % of the beads reach above [m]: the bed's surface."""
    return float(np.quantile(beads[:, 2], 0.99)) + radius


def start(scene: Scene, beads: np.ndarray, aside: float) -> Case:
    """The case when the ball arrives at the bed, as fast as it is by then."""
    case = build_case(scene)
    case.position[:-1] = beads
    ball, small = case.radius[-1], case.radius[0]
    offset = np.hypot(beads[:, 0] - aside, beads[:, 1])
    under = offset < ball + small
    # Where the ball on the axis would touch each bead, at the highest of them.
    touch = beads[under, 2] + np.sqrt((ball + small) ** 2 - offset[under] ** 2)
    fallen = case.position[-1, 2] - (float(touch.max()) + GAP)
    gravity = -scene.mill.gravity[2]
    case.position[-1] += (aside, 0.0, -fallen)
    case.velocity[-1, 2] = -math.sqrt(case.velocity[-1, 2] ** 2 + 2.0 * gravity * fallen)
    return case


def in_gpudem(case: Case, duration: float) -> Fall:
    """Runs gpudem, its collision log collected at every sample."""
    simulation = Simulation(case)
    simulation.compile()
    every = round(EVERY / case.time_step)
    rows = [(0.0, case.position[-1, 2], case.velocity[-1, 2])]
    seconds = overlap = 0.0
    used = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(round(duration / EVERY)):
        began = time.perf_counter()
        simulation.step(every)
        sample = simulation.collect().sample
        seconds += time.perf_counter() - began
        overlap = max(overlap, float(sample[:, at.SAMPLE_OVERLAP].max()))
        rows.append((simulation.time, simulation.position[-1, 2], simulation.velocity[-1, 2]))
    end = resource.getrusage(resource.RUSAGE_SELF)
    processor = end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime
    return Fall(*np.array(rows).T, wall=seconds, processor=processor, overlap=overlap)


def input_for_liggghts(restitution: float) -> float:
    """What to tell LIGGGHTS for a rebound: with clipped forces it rebounds faster than told."""
    return float(
        brentq(lambda e: restitution_of(mill.damping_ratio_of_peers(e)) - restitution, 0.05, 0.999)
    )


def liggghts_input(scene: Scene, case: Case, duration: float) -> str:
    """The input script; type 1 are the beads, type 2 the ball and the walls."""
    bowl, last = scene.bowl, len(case.position)
    pairs = [case.contacts[pair] for pair in ((0, 0), (0, 1), (0, 1), (1, 2))]

    def table(values) -> str:
        return "peratomtypepair 2 " + " ".join(f"{value:.12g}" for value in values)

    young = " ".join(f"{m.youngs_modulus:.12g}" for m in case.materials[:2])
    poisson = " ".join(f"{m.poisson_ratio:.12g}" for m in case.materials[:2])
    restitution = table(input_for_liggghts(float(pair.restitution)) for pair in pairs)
    friction = table(pair.dynamic_friction for pair in pairs)
    model = "model hertz tangential history"
    switches = "tangential_damping off limitForce on"
    wall = f"all wall/gran {model} primitive type 2"
    faces = [
        (axis, sign * half)
        for axis, half in (("x", 0.5 * bowl.width), ("y", 0.5 * bowl.depth))
        for sign in (-1, 1)
    ]
    every, steps = round(EVERY / case.time_step), round(duration / case.time_step)
    lines = [
        *opening(1),
        "read_data impact.data",
        f"neighbor {SKIN:.12g} bin",
        "neigh_modify delay 0",
        f"fix m1 all property/global youngsModulus peratomtype {young}",
        f"fix m2 all property/global poissonsRatio peratomtype {poisson}",
        f"fix m3 all property/global coefficientRestitution {restitution}",
        f"fix m4 all property/global coefficientFriction {friction}",
        f"pair_style gran {model} {switches}",
        "pair_coeff * *",
        f"timestep {case.time_step:.15g}",
        f"fix down all gravity {-scene.mill.gravity[2]:.12g} vector 0 0 -1",
        *(
            f"fix wall{n} {wall} {axis}plane {place:.12g} {switches}"
            for n, (axis, place) in enumerate([*faces, ("z", 0.0)])
        ),
        "fix move all nve/sphere",
        f"variable height equal z[{last}]",
        f"variable speed equal vz[{last}]",
        "thermo_style custom step atoms v_height v_speed",
        "thermo_modify format float %.12g lost error",
        f"thermo {every}",
        f"run {steps}",
    ]
    return "\n".join(lines) + "\n"


def write_data(path: Path, scene: Scene, case: Case) -> None:
    """Writes beads and ball as a data file of LIGGGHTS."""
    margin, top = 0.01, float(case.position[-1, 2]) + 0.2
    x, y = 0.5 * scene.bowl.width + margin, 0.5 * scene.bowl.depth + margin
    lines = ["impact", "", f"{len(case.position)} atoms", "2 atom types", ""]
    for axis, a, b in (("x", -x, x), ("y", -y, y), ("z", -margin, top)):
        lines.append(f"{a:.12g} {b:.12g} {axis}lo {axis}hi")
    lines += ["", "Atoms", ""]
    for n, place in enumerate(case.position):
        kind = f"{case.species[n] + 1} {2.0 * case.radius[n]:.15g} {case.density[n]:.15g}"
        lines.append(f"{n + 1} {kind} " + " ".join(f"{value:.15g}" for value in place))
    lines += ["", "Velocities", ""]
    for n, velocity in enumerate(case.velocity):
        lines.append(f"{n + 1} " + " ".join(f"{value:.15g}" for value in velocity) + " 0 0 0")
    path.write_text("\n".join([*lines, ""]))


def in_liggghts(scene: Scene, case: Case, duration: float, folder: Path) -> Fall:
    """Runs LIGGGHTS."""
    write_data(folder / "impact.data", scene, case)
    (folder / "impact.in").write_text(liggghts_input(scene, case, duration))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = launch(folder, "impact.in", 1)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.findall(rf"^\s*(\d+)\s+{len(case.position)}\s+(\S+)\s+(\S+)\s*$", output, re.M)
    rows = np.array(found, dtype=float)
    return Fall(
        rows[:, 0] * case.time_step,
        rows[:, 1],
        rows[:, 2],
        wall=float(LOOP.findall(output)[-1][0]),
        processor=end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime,
    )


def tell(name: str, fall: Fall, top: float, ball: float, bead_steps: float) -> None:
    """Prints a code's row."""
    low = fall.height - ball
    deepest = int(np.argmin(low))
    low_at = [f"{1e3 * np.interp(1e-3 * t, fall.time, low):.2f}" for t in (2, 5, 10, 15, 20)]
    print(
        f"| {name} | {' | '.join(low_at)} | {1e3 * (top - low[deepest]):.2f} at "
        f"{1e3 * fall.time[deepest]:.1f} | {1e3 * low[-1]:.2f} | {fall.speed[-1]:.3f} | "
        f"{fall.wall:.0f} | {fall.processor:.0f} | {1e-6 * bead_steps / fall.processor:.2f} |",
        flush=True,
    )


def draw(path: Path, falls: dict[str, Fall], top: float, ball: float) -> None:
    """Draws height and speed of the ball over time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for (name, fall), style in zip(falls.items(), ("-", "--", ":", "-."), strict=False):
        left.plot(1e3 * fall.time, 1e3 * (fall.height - ball), style, label=name)
        right.plot(1e3 * fall.time, fall.speed, style, label=name)
    left.axhline(1e3 * top, color="grey", linewidth=0.8)
    left.text(0.0, 1e3 * top, "surface of the bed", va="bottom")
    left.set(
        xlabel="time since arrival [ms]", ylabel="lowest point of the ball [mm]", ylim=(0, None)
    )
    right.set(xlabel="time since arrival [ms]", ylabel="speed of the ball [m/s]")
    right.legend()
    figure.savefig(path, dpi=110)


def compare(options: argparse.Namespace, folder: Path) -> None:
    """Runs what is missing, prints a table and draws."""
    scene = load_scene(
        SCENE, (f"run.rayleigh_fraction={options.fraction}", "run.log_interval=0.1 ms")
    )
    device.start("cpu", threads=1)
    beads = bed(scene, folder)
    ball = 0.5 * scene.beads[1].diameter
    top = surface(beads, scene.bead_radius)
    cases = {"gpudem": start(scene, beads, 0.0)}
    if Liggghts().found():
        cases["LIGGGHTS"] = cases["gpudem"]
    if options.aside:
        cases["gpudem, ball 1 mm aside"] = start(scene, beads, 1e-3)
    case = cases["gpudem"]
    print(f"{mill.machine()}, {time.strftime('%Y-%m-%d')}")
    print(
        f"time step {1e6 * case.time_step:.3f} us, {case.time_step / scene.rayleigh_time:.3f} of "
        f"the Rayleigh time; {options.duration} s simulated"
    )
    print(f"surface {1e3 * top:.2f} mm, arrival at {-case.velocity[-1, 2]:.3f} m/s")
    told = [input_for_liggghts(e) for e in (0.5, 0.4, 0.6)]
    print(f"LIGGGHTS is told restitutions of {told} for 0.5, 0.4, 0.6")
    print(
        "| | lowest point at 2 ms [mm] | 5 | 10 | 15 | 20 | deepest below surface [mm] at [ms] "
        "| at the end [mm] | speed then [m/s] | wall [s] | CPU [s] | million bead-steps/CPU s |"
    )
    bead_steps = len(case.position) * options.duration / case.time_step
    falls: dict[str, Fall] = {}
    for name, one in cases.items():
        path = folder / f"{name.replace(' ', '-').replace(',', '')}.npz"
        if not path.exists():
            code = (
                in_liggghts(scene, one, options.duration, folder)
                if name == "LIGGGHTS"
                else (in_gpudem(one, options.duration))
            )
            code.save(path)
        falls[name] = Fall.load(path)
        tell(name, falls[name], top, ball, bead_steps)
    if options.figure:
        draw(options.figure, falls, top, ball)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep", type=Path, default=Path("build/impact"), help="folder, kept")
    parser.add_argument("--duration", type=float, default=0.03, help="simulated seconds (0.03)")
    parser.add_argument(
        "--fraction", type=float, default=0.15, help="step over Rayleigh time (0.15)"
    )
    parser.add_argument(
        "--aside", action="store_true", help="gpudem once more, the ball 1 mm aside"
    )
    parser.add_argument("--figure", type=Path, help="where to draw to")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    compare(options, options.keep)


if __name__ == "__main__":
    try:
        main()
    except GpudemError as error:
        sys.exit(str(error))
