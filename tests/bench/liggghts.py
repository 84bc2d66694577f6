"""The Pulverisette 7 case in LIGGGHTS and in gpudem, side by side.

Writes LIGGGHTS' input (with gpudem's packing as start), runs it and gpudem one after the other,
reduces both to the same averages with the same code, and prints them beside each other. What
differs between the two is told in docs/reference/liggghts.md.

    python tests/bench/liggghts.py --duration 0.15
    python tests/bench/liggghts.py --skip-liggghts
"""

from __future__ import annotations

import argparse
import math
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpudem import GpudemError, Scene, Simulation, device, load_scene
from gpudem.restitution import restitution_of

SCENE = "pulverisette7"
#: LIGGGHTS knows one coefficient of friction; so does gpudem here.
FRICTION = 0.5
#: The bowl's side as facets: around, along the axis.
FACETS, ROWS = 180, 4
#: Statistics of the averages come from this many blocks of the window.
BLOCKS = 5
#: Damping constants of LIGGGHTS carry this factor beside beta.
SQRT_FIVE_SIXTHS = math.sqrt(5.0 / 6.0)
#: LIGGGHTS' model keywords, for beads and walls alike; no attraction in either code.
MODEL = "model hertz tangential history rolling_friction epsd2"
CLIP = "limitForce on"

NUMBER = re.compile(r"Loop time of ([0-9.eE+-]+) on (\d+) procs for (\d+) steps")


@dataclass
class Frames:
    """Samples of a run: times (n,), and position, velocity, spin as (n, beads, 3)."""

    time: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    spin: np.ndarray


@dataclass
class Result:
    """Averages with their standard errors by name, and the cost of the run."""

    values: dict[str, tuple[float, float]]
    seconds: float
    rate: float


ROWS_OF_TABLE = (
    ("kinetic", "kinetic energy, translation [mJ]", 1e3),
    ("spin", "spin energy [mJ]", 1e3),
    ("speed", "mean speed [m/s]", 1.0),
    ("spin_rate", "mean spin [rad/s]", 1.0),
    ("bead_bead", "bead-bead contacts per bead", 1.0),
    ("bead_wall", "bead-wall contacts per bead", 1.0),
    ("power", "power from the centre of mass [W]", 1.0),
)


def reduce_frames(frames: Frames, scene: Scene, window: float, apothem: float, facets: int) -> dict:
    """Means over the last ``window`` [s] and their standard errors from blocks.

    The side is a circle of radius ``apothem`` [m], or the polygon with ``facets`` facets of that
    apothem. Contacts are overlaps, those of a pair counted for both beads.
    """
    radius, mass, disc = scene.bead_radius, scene.bead_mass, scene.mill.speed
    chosen = frames.time > frames.time[-1] - window * (1.0 - 1e-9)
    series: dict[str, list[float]] = {name: [] for name, _, _ in ROWS_OF_TABLE}
    for k in np.flatnonzero(chosen):
        place, velocity, spin = frames.position[k], frames.velocity[k], frames.spin[k]
        count = len(place)
        series["kinetic"].append(0.5 * mass * (velocity**2).sum())
        series["spin"].append(0.5 * 0.4 * mass * radius**2 * (spin**2).sum())
        series["speed"].append(np.linalg.norm(velocity, axis=1).mean())
        series["spin_rate"].append(np.linalg.norm(spin, axis=1).mean())
        apart = np.linalg.norm(place[:, None] - place[None, :], axis=2)
        series["bead_bead"].append(((apart < 2.0 * radius).sum() - count) / count)
        angle = np.arctan2(place[:, 1], place[:, 0])
        if facets:
            step = 2.0 * np.pi / facets
            angle = np.mod(angle, step) - 0.5 * step
        else:
            angle = np.zeros(count)
        outwards = np.hypot(place[:, 0], place[:, 1]) * np.cos(angle)
        walls = (
            (outwards > apothem - radius).sum()
            + (place[:, 2] < radius).sum()
            + (place[:, 2] > scene.bowl.height - radius).sum()
        )
        series["bead_wall"].append(walls / count)
        turned = disc * frames.time[k]
        centre = place.mean(axis=0)
        lever = centre[0] * math.sin(turned) - centre[1] * math.cos(turned)
        pull = count * mass * disc**2 * scene.mill.sun_wheel_radius
        series["power"].append(-scene.mill.ratio * disc * pull * lever)
    out = {}
    for name, values in series.items():
        blocks = [block.mean() for block in np.array_split(np.asarray(values), BLOCKS)]
        out[name] = (float(np.mean(values)), float(np.std(blocks, ddof=1) / math.sqrt(BLOCKS)))
    return out


# LIGGGHTS


def write_stl(path: Path, triangles: np.ndarray) -> None:
    """Writes triangles, shape (n, 3, 3) [m], as ASCII STL."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    lines = ["solid wall"]
    for normal, corners in zip(normals, triangles, strict=True):
        lines.append("facet normal {:.9g} {:.9g} {:.9g}".format(*normal))
        lines.append("outer loop")
        lines += ["vertex {:.12g} {:.12g} {:.12g}".format(*corner) for corner in corners]
        lines += ["endloop", "endfacet"]
    path.write_text("\n".join([*lines, "endsolid wall", ""]))


def side_apothem(radius: float) -> float:
    """Apothem [m] of the polygon whose facets lie as far inside the circle as its corners out."""
    cosine = math.cos(math.pi / FACETS)
    return 2.0 * radius * cosine / (1.0 + cosine)


def write_walls(folder: Path, radius: float, height: float) -> None:
    """Writes side.stl, floor.stl and lid.stl; the ends are squares larger than the bowl."""
    outer = side_apothem(radius) / math.cos(math.pi / FACETS)
    angle = 2.0 * np.pi * (np.arange(FACETS + 1) % FACETS) / FACETS
    ring = outer * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    level = np.linspace(0.0, height, ROWS + 1)
    triangles = []
    for i in range(FACETS):
        for k in range(ROWS):
            a, b = (*ring[i], level[k]), (*ring[i + 1], level[k])
            c, d = (*ring[i + 1], level[k + 1]), (*ring[i], level[k + 1])
            triangles += [(a, b, c), (a, c, d)]
    write_stl(folder / "side.stl", np.array(triangles))
    for name, z in (("floor", 0.0), ("lid", height)):
        half = 1.05 * radius
        a, b, c, d = (
            (x, y, z) for x, y in ((-half, -half), (half, -half), (half, half), (-half, half))
        )
        write_stl(folder / f"{name}.stl", np.array([(a, b, c), (a, c, d)]))


def preamble(scene: Scene, restitution: float, box: float, low: float, high: float) -> list[str]:
    """Input lines that set up units, box, materials and the contact model."""

    def pairs(value: float) -> str:
        return " ".join(["peratomtypepair 2", *[f"{value:.12g}"] * 4])

    contact, beads = scene.contact.bead_bead, scene.beads
    modulus = beads.youngs_modulus / scene.contact.softening
    return [
        "atom_style granular",
        "atom_modify map array",
        "boundary f f f",
        "hard_particles yes",
        "newton off",
        "communicate single vel yes",
        "units si",
        f"region box block {-box} {box} {-box} {box} {low} {high} units box",
        "create_box 2 box",
        f"neighbor {0.2 * scene.bead_radius} bin",
        "neigh_modify delay 0",
        f"fix m1 all property/global youngsModulus peratomtype {modulus} {modulus}",
        f"fix m2 all property/global poissonsRatio peratomtype {beads.poisson_ratio} "
        f"{beads.poisson_ratio}",
        f"fix m3 all property/global coefficientRestitution {pairs(restitution)}",
        f"fix m4 all property/global coefficientFriction {pairs(FRICTION)}",
        f"fix m5 all property/global coefficientRollingFriction {pairs(contact.rolling_friction)}",
        f"pair_style gran {MODEL} {CLIP}",
        "pair_coeff * *",
    ]


def mill_input(scene: Scene, positions: np.ndarray, restitution: float, duration: float) -> str:
    """The whole input script of the mill."""
    disc, mill, radius = scene.mill.speed, scene.mill, 0.5 * scene.bowl.diameter
    margin, height, every = 0.2 * radius, scene.bowl.height, scene.steps_per_interval
    pull = scene.bead_mass * disc**2 * mill.sun_wheel_radius
    turning = (
        f"surface_ang_vel origin 0. 0. 0. axis 0. 0. 1. omega {(1.0 + mill.ratio) * disc:.12g}"
    )
    lines = preamble(scene, restitution, radius + margin, -margin, height + margin)
    lines += [f"timestep {scene.time_step:.15g}"]
    for name, extra in (("side", f" curvature {500.0 / FACETS}"), ("floor", ""), ("lid", "")):
        lines.append(f"fix {name} all mesh/surface file {name}.stl type 2{extra} {turning}")
    lines.append(f"fix walls all wall/gran {MODEL} mesh n_meshes 3 meshes side floor lid {CLIP}")
    lines += [
        f"create_atoms 1 single {x:.12g} {y:.12g} {z:.12g} units box" for x, y, z in positions
    ]
    lines += [
        f"set group all diameter {scene.beads.diameter} density {scene.beads.density}",
        "fix move all nve/sphere",
        f"variable fx equal {pull:.12g}*cos({disc:.15g}*step*dt)",
        f"variable fy equal {pull:.12g}*sin({disc:.15g}*step*dt)",
        f"fix frame all addforce v_fx v_fy {scene.bead_mass * mill.gravity[2]:.12g}",
        f"dump out all custom {every} dump.txt x y z vx vy vz omegax omegay omegaz",
        'dump_modify out sort id format "%.12g %.12g %.12g %.9g %.9g %.9g %.9g %.9g %.9g"',
        "thermo_style custom step atoms ke",
        f"thermo {every * 20}",
        f"run {round(duration / scene.run.log_interval) * every}",
    ]
    return "\n".join(lines) + "\n"


def run_liggghts(program: str, folder: Path, name: str, text: str) -> str:
    """Runs an input script on one core and returns what it printed."""
    (folder / name).write_text(text)
    done = subprocess.run(
        [program, "-in", name, "-log", f"{name}.log"],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if "ERROR" in done.stdout or "Loop time" not in done.stdout:
        raise SystemExit(f"LIGGGHTS failed on {folder / name}:\n{done.stdout[-2000:]}")
    return done.stdout


def measured_restitution(program: str, folder: Path, scene: Scene, restitution: float) -> float:
    """Rebound over impact speed of two beads that meet head on at 1 m/s in LIGGGHTS."""
    radius = scene.bead_radius
    lines = preamble(scene, restitution, 4.0 * radius, -4.0 * radius, 4.0 * radius)
    lines += [
        f"timestep {scene.time_step / 50.0:.12g}",
        f"create_atoms 1 single {-1.00001 * radius:.12g} 0 0 units box",
        f"create_atoms 1 single {1.00001 * radius:.12g} 0 0 units box",
        f"set group all diameter {2.0 * radius} density {scene.beads.density}",
        "set atom 1 vx 0.5",
        "set atom 2 vx -0.5",
        "fix move all nve/sphere",
        "variable v equal vx[1]",
        "thermo_style custom step v_v",
        "thermo 20000",
        "run 20000",
    ]
    output = run_liggghts(program, folder, "impact.in", "\n".join(lines) + "\n")
    return -2.0 * float(re.findall(r"^\s*20000\s+(\S+)", output, re.M)[0])


def read_dump(path: Path, beads: int, time_step: float) -> Frames:
    """Reads the dump file of the mill's run."""
    head = 9
    lines = path.read_text().splitlines()
    starts = range(0, len(lines) - head - beads + 1, head + beads)
    times = np.array([int(lines[start + 1]) for start in starts]) * time_step
    counts = {int(lines[start + 3]) for start in starts}
    if counts != {beads}:
        raise SystemExit(f"LIGGGHTS lost beads: {sorted(counts)} in {path}, {beads} at the start")
    values = np.array(
        [[line.split() for line in lines[s + head : s + head + beads]] for s in starts], dtype=float
    )
    return Frames(times, values[:, :, 0:3], values[:, :, 3:6], values[:, :, 6:9])


# gpudem


def run_gpudem(scene: Scene, duration: float) -> tuple[Frames, float, float]:
    """Runs the scene; returns its samples, wall-clock seconds and million bead-steps/s."""
    simulation = Simulation(scene)
    simulation.compile()
    frames: list[tuple] = []
    seconds = 0.0
    for _ in range(round(duration / scene.run.log_interval)):
        began = time.perf_counter()
        simulation.step(scene.steps_per_interval)
        seconds += time.perf_counter() - began
        frames.append(
            (
                simulation.time,
                simulation.position,
                simulation.velocity,
                simulation.angular_velocity,
            )
        )
    rate = 1e-6 * simulation.beads * simulation.step_number / seconds
    return Frames(*(np.array(part) for part in zip(*frames, strict=True))), seconds, rate


def scene_with(restitution: float) -> Scene:
    """The case of both codes with one coefficient of friction and this restitution."""
    return load_scene(
        SCENE,
        (
            f"contact.bead_bead.static_friction={FRICTION}",
            f"contact.bead_bead.dynamic_friction={FRICTION}",
            f"contact.bead_bead.restitution={restitution:.9f}",
        ),
    )


def print_table(columns: dict[str, Result]) -> None:
    """Prints all columns, and behind each but the first the ratio first over this."""
    names = list(columns)
    first = columns[names[0]]
    print(
        "\n| | " + " | ".join(names) + " | " + " | ".join(f"ratio to {n}" for n in names[1:]) + " |"
    )
    print("|---|" + "---|" * (2 * len(names) - 1))
    for key, label, factor in ROWS_OF_TABLE:
        cells = [
            f"{factor * r.values[key][0]:.4g} ± {factor * r.values[key][1]:.1g}"
            for r in columns.values()
        ]
        cells += [f"{first.values[key][0] / columns[n].values[key][0]:.3f}" for n in names[1:]]
        print(f"| {label} | " + " | ".join(cells) + " |")
    for label, key in (("wall-clock time [s]", "seconds"), ("million bead-steps/s", "rate")):
        cells = [f"{getattr(r, key):.3g}" for r in columns.values()]
        cells += [f"{getattr(first, key) / getattr(columns[n], key):.3g}" for n in names[1:]]
        print(f"| {label} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--duration", type=float, default=0.15, help="simulated seconds (0.15)")
    parser.add_argument("--window", type=float, default=0.1, help="last seconds averaged (0.1)")
    parser.add_argument("--restitution", type=float, default=0.15, help="the input (0.15)")
    parser.add_argument("--skip-liggghts", action="store_true", help="gpudem only")
    parser.add_argument("--program", default="liggghts", help="the LIGGGHTS executable")
    parser.add_argument("--keep", type=Path, help="folder for LIGGGHTS' files, kept")
    options = parser.parse_args()
    if not 0.0 < options.window <= options.duration:
        parser.error("--window must lie in (0, duration]")

    as_asked = scene_with(options.restitution)
    logarithm = math.log(options.restitution)
    ratio = SQRT_FIVE_SIXTHS * -logarithm / math.hypot(logarithm, math.pi)
    same_damper = scene_with(restitution_of(ratio))
    radius = 0.5 * as_asked.bowl.diameter
    device.start("cpu", threads=1)
    print(
        f"{as_asked.bead_count} beads, time step {1e6 * as_asked.time_step:.4f} us, "
        f"{options.duration} s, averaged over the last {options.window} s"
    )
    print(f"{platform.node()}, {device.current().name}, {time.strftime('%Y-%m-%d')}")
    print(
        f"restitution {options.restitution}: LIGGGHTS' damper rebounds at "
        f"{same_damper.contact.bead_bead.restitution:.4f} by the theory of the clipped impact"
    )

    columns: dict[str, Result] = {}
    if not options.skip_liggghts:
        program = shutil.which(options.program)
        if program is None:
            sys.exit(
                f"{options.program} is not installed (Debian: apt install liggghts); "
                "--skip-liggghts runs gpudem alone"
            )
        folder = options.keep or Path(tempfile.mkdtemp(prefix="liggghts-"))
        folder.mkdir(parents=True, exist_ok=True)
        rebound = measured_restitution(program, folder, as_asked, options.restitution)
        print(f"restitution {options.restitution}: LIGGGHTS rebounds at {rebound:.4f}, measured")
        write_walls(folder, radius, as_asked.bowl.height)
        start = Simulation(as_asked).position
        output = run_liggghts(
            program,
            folder,
            "mill.in",
            mill_input(as_asked, start, options.restitution, options.duration),
        )
        seconds, _, steps = (float(x) for x in NUMBER.findall(output)[0])
        frames = read_dump(folder / "dump.txt", as_asked.bead_count, as_asked.time_step)
        values = reduce_frames(frames, as_asked, options.window, side_apothem(radius), FACETS)
        columns["LIGGGHTS"] = Result(values, seconds, 1e-6 * as_asked.bead_count * steps / seconds)
        if options.keep is None:
            shutil.rmtree(folder)
    for name, scene in (
        ("gpudem, same damper", same_damper),
        (f"gpudem, e = {options.restitution}", as_asked),
    ):
        frames, seconds, rate = run_gpudem(scene, options.duration)
        columns[name] = Result(
            reduce_frames(frames, scene, options.window, radius, 0), seconds, rate
        )
    print_table(columns)


if __name__ == "__main__":
    try:
        main()
    except GpudemError as error:
        sys.exit(str(error))
