"""The Pulverisette 7 case in LIGGGHTS and in gpudem, side by side.

Writes LIGGGHTS' input (gpudem's packing is the start of both), runs LIGGGHTS and gpudem one after
the other, and prints averages that the same code takes from both. gpudem runs twice: with the
damper that LIGGGHTS makes of the restitution, and with the restitution itself. What else differs
is told in docs/reference/liggghts.md.

    python tests/bench/liggghts.py --duration 0.15
    python tests/bench/liggghts.py --skip-liggghts
"""

from __future__ import annotations

import argparse
import math
import platform
import re
import resource
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
#: Statistics of the averages come from this many blocks of the window.
BLOCKS = 5
#: Damping constants of LIGGGHTS carry this factor beside beta.
SQRT_FIVE_SIXTHS = math.sqrt(5.0 / 6.0)
#: LIGGGHTS' model keywords, for beads and walls alike.
MODEL = "model hertz tangential history rolling_friction epsd2"

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
    processor: float
    bead_steps: float


ROWS_OF_TABLE = (
    ("kinetic", "kinetic energy, translation [mJ]", 1e3),
    ("spin", "spin energy [mJ]", 1e3),
    ("speed", "mean speed [m/s]", 1.0),
    ("spin_rate", "mean spin [rad/s]", 1.0),
    ("bead_bead", "bead-bead contacts per bead", 1.0),
    ("bead_wall", "bead-wall contacts per bead", 1.0),
    ("power", "power from the centre of mass [W]", 1.0),
)


def reduce_frames(frames: Frames, scene: Scene, window: float) -> dict[str, tuple[float, float]]:
    """Means over the last ``window`` [s] and their standard errors from blocks.

    Contacts are overlaps, those of a pair counted for both beads.
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
        walls = (
            (np.hypot(place[:, 0], place[:, 1]) > 0.5 * scene.bowl.diameter - radius).sum()
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


def write_end(path: Path, half: float, z: float) -> None:
    """Writes the square of the side 2 ``half`` [m] at the height ``z`` [m] as ASCII STL."""
    a, b, c, d = ((x * half, y * half, z) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
    lines = ["solid end"]
    for triangle in ((a, b, c), (a, c, d)):
        lines += ["facet normal 0 0 1", "outer loop"]
        lines += ["vertex {:.12g} {:.12g} {:.12g}".format(*corner) for corner in triangle]
        lines += ["endloop", "endfacet"]
    path.write_text("\n".join([*lines, "endsolid end", ""]))


def switches(scene: Scene) -> str:
    """LIGGGHTS' switches of the model: the tangential damper as in the scene, no attraction."""
    damper = "on" if scene.contact.bead_bead.shear_damping else "off"
    return f"tangential_damping {damper} limitForce on"


def preamble(scene: Scene, restitution: float, box: float, low: float, high: float) -> list[str]:
    """Input lines that set up units, box, materials and the contact model."""

    def pairs(value: float) -> str:
        return " ".join(["peratomtypepair 2", *[f"{value:.12g}"] * 4])

    contact, beads = scene.contact.bead_bead, scene.beads
    modulus, poisson = beads.youngs_modulus / scene.contact.softening, beads.poisson_ratio
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
        f"fix m2 all property/global poissonsRatio peratomtype {poisson} {poisson}",
        f"fix m3 all property/global coefficientRestitution {pairs(restitution)}",
        f"fix m4 all property/global coefficientFriction {pairs(FRICTION)}",
        f"fix m5 all property/global coefficientRollingFriction {pairs(contact.rolling_friction)}",
        f"pair_style gran {MODEL} {switches(scene)}",
        "pair_coeff * *",
    ]


def mill_input(scene: Scene, positions: np.ndarray, restitution: float, duration: float) -> str:
    """The whole input script of the mill."""
    disc, mill, radius = scene.mill.speed, scene.mill, 0.5 * scene.bowl.diameter
    margin, height, every = 0.2 * radius, scene.bowl.height, scene.steps_per_interval
    pull = scene.bead_mass * disc**2 * mill.sun_wheel_radius
    turning = (1.0 + mill.ratio) * disc
    # LIGGGHTS takes a primitive's speed at the bead's centre, so it gets a larger rate; a mesh's
    # speed it takes at the contact. "x" only says: not along the axis, hence about it.
    rate = turning * radius / (radius - scene.bead_radius)
    about = f"surface_ang_vel origin 0. 0. 0. axis 0. 0. 1. omega {turning:.12g}"
    wall, clip = f"all wall/gran {MODEL}", switches(scene)
    lines = preamble(scene, restitution, radius + margin, -margin, height + margin)
    lines += [
        f"timestep {scene.time_step:.15g}",
        f"fix floor all mesh/surface file floor.stl type 2 {about}",
        f"fix lid all mesh/surface file lid.stl type 2 {about}",
        f"fix ends {wall} mesh n_meshes 2 meshes floor lid {clip}",
        f"fix side {wall} primitive type 2 zcylinder {radius} 0. 0. shear x {rate:.12g} {clip}",
    ]
    places = (f"{x:.12g} {y:.12g} {z:.12g}" for x, y, z in positions)
    lines += [f"create_atoms 1 single {place} units box" for place in places]
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
    command = [program, "-in", name, "-log", f"{name}.log"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if "ERROR" in done.stdout or "Loop time" not in done.stdout:
        raise SystemExit(f"LIGGGHTS failed on {folder / name}:\n{done.stdout[-2000:]}")
    return done.stdout


def processor_seconds_of_children() -> float:
    """Processor time that the programs started so far have used [s]."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
    rows = [[line.split() for line in lines[s + head : s + head + beads]] for s in starts]
    values = np.array(rows, dtype=float)
    return Frames(times, values[:, :, 0:3], values[:, :, 3:6], values[:, :, 6:9])


def run_gpudem(scene: Scene, duration: float, window: float) -> Result:
    """Runs the scene on one core; sampling and compiling are not timed."""
    simulation = Simulation(scene)
    simulation.compile()
    frames: list[tuple] = []
    seconds = processor = 0.0
    for _ in range(round(duration / scene.run.log_interval)):
        began, used = time.perf_counter(), time.process_time()
        simulation.step(scene.steps_per_interval)
        seconds += time.perf_counter() - began
        processor += time.process_time() - used
        moved = (simulation.position, simulation.velocity, simulation.angular_velocity)
        frames.append((simulation.time, *moved))
    samples = Frames(*(np.array(part) for part in zip(*frames, strict=True)))
    work = simulation.beads * simulation.step_number
    return Result(reduce_frames(samples, scene, window), seconds, processor, work)


def scene_with(restitution: float, damper: bool) -> Scene:
    """The case with one coefficient of friction, and with or without the tangential damper."""
    values = {"static_friction": FRICTION, "dynamic_friction": FRICTION}
    values |= {"restitution": f"{restitution:.9f}", "shear_damping": str(damper).lower()}
    return load_scene(SCENE, [f"contact.bead_bead.{key}={value}" for key, value in values.items()])


def print_table(columns: dict[str, Result]) -> None:
    """Prints all columns, and the ratio of the first to each of the others."""
    results = list(columns.values())
    heads = ["", *columns, *(f"over {name}" for name in list(columns)[1:])]
    print("\n| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for key, label, factor in ROWS_OF_TABLE:
        pairs = [result.values[key] for result in results]
        cells = [f"{factor * mean:.4g} ± {factor * error:.1g}" for mean, error in pairs]
        cells += [f"{pairs[0][0] / mean:.3f}" for mean, _ in pairs[1:]]
        print(f"| {label} | " + " | ".join(cells) + " |")
    for label, values in (
        ("wall-clock time [s]", [r.seconds for r in results]),
        ("million bead-steps/s", [1e-6 * r.bead_steps / r.seconds for r in results]),
        ("million bead-steps per CPU s", [1e-6 * r.bead_steps / r.processor for r in results]),
    ):
        cells = [f"{value:.3g}" for value in values]
        cells += [f"{values[0] / value:.3g}" for value in values[1:]]
        print(f"| {label} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--duration", type=float, default=0.15, help="simulated seconds (0.15)")
    parser.add_argument("--window", type=float, default=0.1, help="last seconds averaged (0.1)")
    parser.add_argument("--restitution", type=float, default=0.15, help="the input (0.15)")
    parser.add_argument("--no-tangential-damper", action="store_true", help="in both codes")
    parser.add_argument("--skip-liggghts", action="store_true", help="gpudem only")
    parser.add_argument("--keep", type=Path, help="folder for LIGGGHTS' files, kept")
    options = parser.parse_args()
    if not 0.0 < options.window <= options.duration:
        parser.error("--window must lie in (0, duration]")

    damper = not options.no_tangential_damper
    as_asked = scene_with(options.restitution, damper)
    logarithm = math.log(options.restitution)
    ratio = SQRT_FIVE_SIXTHS * -logarithm / math.hypot(logarithm, math.pi)
    same_damper = scene_with(restitution_of(ratio), damper)
    device.start("cpu", threads=1)
    print(f"{as_asked.bead_count} beads, time step {1e6 * as_asked.time_step:.4f} us")
    print(f"{options.duration} s, averaged over the last {options.window} s")
    print(f"{platform.node()}, {device.current().name}, {time.strftime('%Y-%m-%d')}")
    same = same_damper.contact.bead_bead.restitution
    print(f"restitution {options.restitution}: LIGGGHTS' damper should rebound at {same:.4f}")

    columns: dict[str, Result] = {}
    if not options.skip_liggghts:
        program = shutil.which("liggghts")
        if program is None:
            sys.exit("liggghts is not installed: apt install liggghts, or use --skip-liggghts")
        folder = options.keep or Path(tempfile.mkdtemp(prefix="liggghts-"))
        folder.mkdir(parents=True, exist_ok=True)
        rebound = measured_restitution(program, folder, as_asked, options.restitution)
        print(f"restitution {options.restitution}: LIGGGHTS rebounds at {rebound:.4f}, measured")
        for name, z in (("floor", 0.0), ("lid", as_asked.bowl.height)):
            write_end(folder / f"{name}.stl", 0.52 * as_asked.bowl.diameter, z)
        start = Simulation(as_asked).position
        text = mill_input(as_asked, start, options.restitution, options.duration)
        used = processor_seconds_of_children()
        output = run_liggghts(program, folder, "mill.in", text)
        used = processor_seconds_of_children() - used
        seconds, _, steps = (float(x) for x in NUMBER.findall(output)[0])
        frames = read_dump(folder / "dump.txt", as_asked.bead_count, as_asked.time_step)
        values = reduce_frames(frames, as_asked, options.window)
        columns["LIGGGHTS"] = Result(values, seconds, used, as_asked.bead_count * steps)
        if options.keep is None:
            shutil.rmtree(folder)
    columns["gpudem, same damper"] = run_gpudem(same_damper, options.duration, options.window)
    name = f"gpudem, e = {options.restitution}"
    columns[name] = run_gpudem(as_asked, options.duration, options.window)
    print_table(columns)


if __name__ == "__main__":
    try:
        main()
    except GpudemError as error:
        sys.exit(str(error))
