"""The case that all codes compute: the Pulverisette 7 bowl, a moving charge, and its averages.

Every code starts from the same positions, velocities and spins at the same phase of the frame,
takes the same time step, and is judged by the same averages over samples of its motion.
"""

from __future__ import annotations

import math
import os
import platform
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from gpudem import Scene, load_scene
from gpudem.contact.restitution import restitution_of
from gpudem.scene.build import build_case

SCENE = "pulverisette7"
#: Root of the tree whose gpudem is measured.
ROOT = Path(__file__).resolve().parents[3]
#: The peers know one coefficient of friction; so does gpudem here.
FRICTION = 0.5
#: What LIGGGHTS and LAMMPS are told; with forces that never attract they rebound faster.
RESTITUTION = 0.15
#: Statistics of averages come from this many blocks of the window.
BLOCKS = 5
#: Overlap and kinetic energy are sampled so often at least in a window of the check.
SAMPLES = 100

ROWS_OF_TABLE = (
    ("kinetic", "kinetic energy, translation [mJ]", 1e3),
    ("spin", "spin energy [mJ]", 1e3),
    ("speed", "mean speed [m/s]", 1.0),
    ("spin_rate", "mean spin [rad/s]", 1.0),
    ("bead_bead", "bead-bead contacts per bead", 1.0),
    ("bead_wall", "bead-wall contacts per bead", 1.0),
    ("power", "power from the centre of mass [W]", 1.0),
)


@dataclass(frozen=True)
class Bowl:
    """One bead size of the benchmark.

    Attributes:
        diameter: of the beads, as a scene takes it.
        start: simulated time from the packing to the moving charge [s].
        window: simulated time over which the codes' averages are compared [s].
    """

    diameter: str
    start: float
    window: float


#: Windows are short where beads are many: codes that start from one state need no long mean.
BOWLS = {
    bowl.diameter: bowl
    for bowl in (
        Bowl("5 mm", 0.15, 0.2),
        Bowl("3 mm", 0.10, 0.015),
        Bowl("1.75 mm", 0.05, 0.004),
    )
}


@dataclass
class State:
    """A charge in motion: its time [s], and position, velocity, spin as (beads, 3), SI."""

    time: float
    position: np.ndarray
    velocity: np.ndarray
    spin: np.ndarray

    def save(self, path: Path) -> None:
        """Writes the state under a temporary name first, so that no half file stays."""
        unfinished = path.with_suffix(".part.npz")
        np.savez(
            unfinished,
            time=self.time,
            position=self.position,
            velocity=self.velocity,
            spin=self.spin,
        )
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path) -> State:
        """Reads a state that `save` wrote."""
        with np.load(path) as file:
            return cls(float(file["time"]), file["position"], file["velocity"], file["spin"])


@dataclass
class Frames:
    """Samples of a run: times (n,) [s], and position, velocity, spin as (n, beads, 3), SI.

    Contacts that a code counts itself, (n, 2) bead-bead and bead-wall, go before those that
    the positions tell; a wall of facets is no cylinder.
    """

    time: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    spin: np.ndarray
    contacts: np.ndarray | None = None


@dataclass
class Run:
    """A code's work on one job.

    Attributes:
        seconds: wall-clock time of the steps alone [s].
        processor: processor time of the program, start and output included [s].
        frames: samples, where some were asked for.
    """

    seconds: float
    processor: float = math.nan
    frames: Frames | None = None


def packing(scene: Scene) -> State:
    """The scene's packing, at rest at time 0."""
    place = build_case(scene).position
    return State(0.0, place, np.zeros_like(place), np.zeros_like(place))


@dataclass
class Job:
    """What a code has to do.

    Attributes:
        scene: the scene, same for all codes.
        state: where it starts.
        steps: number of time steps.
        every: steps between samples; 0 takes none, for timing.
        cores: threads or ranks.
        folder: for the code's files.
        restitution: as LIGGGHTS and LAMMPS take it.
        diameter: of the beads, as the scene was asked for.
        options: settings of a code to try in place of its usual ones, by name.
    """

    scene: Scene
    state: State
    steps: int
    every: int
    cores: int
    folder: Path
    restitution: float = RESTITUTION
    diameter: str = "5 mm"
    options: dict[str, str | float] = field(default_factory=dict)

    @property
    def phase(self) -> float:
        """Angle of the frame's acceleration at the start [rad]."""
        return (self.scene.mill.speed * self.state.time) % (2.0 * math.pi)

    @property
    def wall_rate(self) -> float:
        """Angular velocity of the bowl in the frame [rad/s]."""
        return (1.0 + self.scene.mill.ratio) * self.scene.mill.speed

    @property
    def pull(self) -> float:
        """The frame's acceleration [m/s2]."""
        return self.scene.mill.speed**2 * self.scene.mill.sun_wheel_radius

    @property
    def beta(self) -> float:
        """Damping ratio of a Hertz contact that all codes have here [1]."""
        return damping_ratio_of_peers(self.restitution)


class Code(ABC):
    """A program that can run the mill."""

    name: str
    #: How to install it, in one line.
    install: str

    @abstractmethod
    def found(self) -> bool:
        """Whether the program is there."""

    @abstractmethod
    def version(self) -> str:
        """Its version and where it came from."""

    @abstractmethod
    def run(self, job: Job) -> Run:
        """Does a job; the files in the job's folder may be overwritten.

        Raises:
            SystemExit: the program failed.
        """


def damping_ratio_of_peers(restitution: float) -> float:
    """Damping ratio that LIGGGHTS and LAMMPS make of a coefficient of restitution [1]."""
    logarithm = math.log(restitution)
    return math.sqrt(5.0 / 6.0) * -logarithm / math.hypot(logarithm, math.pi)


def scene_with(restitution: float, damper: bool = True, diameter: str = "5 mm") -> Scene:
    """The bowl with one coefficient of friction, and with or without the tangential damper."""
    values = {
        "static_friction": str(FRICTION),
        "dynamic_friction": str(FRICTION),
        "restitution": f"{restitution:.9f}",
        "shear_damping": str(damper).lower(),
    }
    changes = [f"contact.bead_bead.{key}={value}" for key, value in values.items()]
    return load_scene(SCENE, [f"beads.diameter={diameter}", *changes])


def scene_of_peers(diameter: str) -> Scene:
    """The bowl with the damper that the peers make of `RESTITUTION`."""
    return scene_with(restitution_of(damping_ratio_of_peers(RESTITUTION)), diameter=diameter)


def averages(frames: Frames, scene: Scene, window: float) -> dict[str, tuple[float, float]]:
    """Means over the last ``window`` [s] and their standard errors from blocks, by name.

    Contacts are overlaps, those of a pair counted for both beads.
    """
    radius, mass, disc = scene.bead_radius, scene.bead_mass, scene.mill.speed
    chosen = np.flatnonzero(frames.time > frames.time[-1] - window * (1.0 - 1e-9))
    series: dict[str, list[float]] = {name: [] for name, _, _ in ROWS_OF_TABLE}
    for k in chosen:
        place, velocity, spin = frames.position[k], frames.velocity[k], frames.spin[k]
        count = len(place)
        series["kinetic"].append(0.5 * mass * (velocity**2).sum())
        series["spin"].append(0.5 * 0.4 * mass * radius**2 * (spin**2).sum())
        series["speed"].append(np.linalg.norm(velocity, axis=1).mean())
        series["spin_rate"].append(np.linalg.norm(spin, axis=1).mean())
        if frames.contacts is None:
            pairs, walls = contacts(place, scene)
        else:
            pairs, walls = frames.contacts[k]
        series["bead_bead"].append(2.0 * pairs / count)
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


def contacts(position: np.ndarray, scene: Scene) -> tuple[int, int]:
    """Pairs of beads that overlap, and overlaps of beads with side, floor and lid."""
    radius = scene.bead_radius
    pairs = len(cKDTree(position).query_pairs(2.0 * radius * (1.0 - 1e-12)))
    walls = (
        (np.hypot(position[:, 0], position[:, 1]) > 0.5 * scene.bowl.diameter - radius).sum()
        + (position[:, 2] < radius).sum()
        + (position[:, 2] > scene.bowl.height - radius).sum()
    )
    return pairs, int(walls)


def motion_lines(job: Job) -> list[str]:
    """LAMMPS' and LIGGGHTS' lines that move the beads under the frame's force and gravity."""
    scene = job.scene
    disc, mass = scene.mill.speed, scene.bead_mass
    return [
        "fix move all nve/sphere",
        f"variable fx equal {mass * job.pull:.12g}*cos({job.phase:.15g}+{disc:.15g}*step*dt)",
        f"variable fy equal {mass * job.pull:.12g}*sin({job.phase:.15g}+{disc:.15g}*step*dt)",
        f"fix frame all addforce v_fx v_fy {mass * scene.mill.gravity[2]:.12g}",
    ]


def dump_lines(job: Job, name: str, prefix: str) -> list[str]:
    """Their lines that write samples; the words before a format differ by the ``prefix``."""
    if not job.every:
        return []
    form = '"%.12g %.12g %.12g %.9g %.9g %.9g %.9g %.9g %.9g"'
    return [
        f"dump out all custom {job.every} {name} x y z vx vy vz omegax omegay omegaz",
        f"dump_modify out sort id format {prefix}{form}",
    ]


def read_dump(path: Path, job: Job) -> Frames:
    """Reads a dump of LIGGGHTS or LAMMPS: sorted lines of position, velocity and spin.

    Raises:
        SystemExit: beads were lost.
    """
    head, beads = 9, len(job.state.position)
    lines = path.read_text().splitlines()
    starts = range(0, len(lines) - head - beads + 1, head + beads)
    steps = np.array([int(lines[start + 1]) for start in starts])
    counts = {int(lines[start + 3]) for start in starts}
    if counts != {beads}:
        raise SystemExit(f"beads were lost: {sorted(counts)} in {path}, {beads} at the start")
    rows = [[line.split() for line in lines[s + head : s + head + beads]] for s in starts]
    values = np.array(rows, dtype=float)
    times = job.state.time + steps * job.scene.time_step
    return Frames(times, values[:, :, 0:3], values[:, :, 3:6], values[:, :, 6:9])


def write_data(
    path: Path, job: Job, types: int, low: Sequence[float], high: Sequence[float]
) -> None:
    """Writes the start as a data file of LIGGGHTS or LAMMPS, in the box ``low`` to ``high`` [m]."""
    state, beads = job.state, job.scene.beads[0]
    lines = ["start", "", f"{len(state.position)} atoms", f"{types} atom types", ""]
    for axis, a, b in zip("xyz", low, high, strict=True):
        lines.append(f"{a:.12g} {b:.12g} {axis}lo {axis}hi")
    kind = f"1 {beads.diameter:.15g} {beads.density:.15g}"
    lines += ["", "Atoms", ""]
    for number, place in enumerate(state.position, 1):
        lines.append(f"{number} {kind} " + " ".join(f"{x:.15g}" for x in place))
    lines += ["", "Velocities", ""]
    motion = np.concatenate([state.velocity, state.spin], axis=1)
    for number, row in enumerate(motion, 1):
        lines.append(f"{number} " + " ".join(f"{x:.15g}" for x in row))
    path.write_text("\n".join([*lines, ""]))


def call(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    """Runs a program in a folder and returns all that it printed.

    Raises:
        SystemExit: it ended with an error.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed in {folder}:\n{done.stdout[-3000:]}")
    return done.stdout


def machine() -> str:
    """The processor's name and the number of cores that this process may use."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    count = cores()
    return f"{name}, {count} core{'s' if count > 1 else ''}"


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
