"""The mill in LIGGGHTS: input script, run, rebound of two beads.

What its laws do differently is told in docs/reference/peers.md.
"""

from __future__ import annotations

import re
import resource
import shutil
import tempfile
from pathlib import Path

from gpudem import Scene
from tests.bench.peers import mill

#: Model keywords, for beads and walls alike.
MODEL = "model hertz tangential history rolling_friction epsd2"
#: Skin of the neighbour lists over bead radius; the fastest of those tried at each size.
SKIN = 0.15

LOOP = re.compile(r"Loop time of ([0-9.eE+-]+) on (\d+) procs for (\d+) steps")


class Liggghts(mill.Code):
    """LIGGGHTS-PUBLIC, as Debian and Ubuntu package it."""

    name = "LIGGGHTS"
    install = "apt-get install liggghts openmpi-bin"

    def found(self) -> bool:
        """Whether the program is on the path."""
        return shutil.which("liggghts") is not None

    def version(self) -> str:
        """What it calls itself when it starts."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "empty.in").write_text("\n")
            text = mill.call(["liggghts", "-in", "empty.in"], Path(folder))
        found = re.search(r"LIGGGHTS-PUBLIC ([0-9.]+)", text)
        return found.group(1) if found else "unknown"

    def run(self, job: mill.Job) -> mill.Run:
        """Runs the mill from the job's state."""
        for name, z in (("floor", 0.0), ("lid", job.scene.bowl.height)):
            write_end(job.folder / f"{name}.stl", 0.52 * job.scene.bowl.diameter, z)
        mill.write_data(job.folder / "liggghts.data", job, 2, *box(job.scene))
        (job.folder / "liggghts.in").write_text(mill_input(job))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = launch(job.folder, "liggghts.in", job.cores)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime
        seconds = float(LOOP.findall(output)[-1][0])
        frames = mill.read_dump(job.folder / "liggghts.dump", job) if job.every else None
        return mill.Run(seconds, processor, frames)


def launch(folder: Path, name: str, cores: int) -> str:
    """Runs an input script and returns what it printed."""
    command = ["liggghts", "-in", name, "-log", f"{name}.log"]
    if cores > 1:
        # Open MPI refuses to work for root, and to give out cores that it does not see.
        allowed = ["--allow-run-as-root", "--oversubscribe"]
        command = ["mpirun", *allowed, "-np", str(cores), *command]
    output = mill.call(command, folder)
    if "ERROR" in output or "Loop time" not in output:
        raise SystemExit(f"LIGGGHTS failed on {folder / name}:\n{output[-2000:]}")
    return output


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
    """Switches of the model: the tangential damper as in the scene, no attraction."""
    damper = "on" if scene.contact.bead_bead.shear_damping else "off"
    return f"tangential_damping {damper} limitForce on"


def box(scene: Scene) -> tuple[list[float], list[float]]:
    """Corners of a box that holds the bowl [m]."""
    margin = 0.1 * scene.bowl.diameter
    side = 0.5 * scene.bowl.diameter + margin
    return [-side, -side, -margin], [side, side, scene.bowl.height + margin]


def opening(cores: int) -> list[str]:
    """Input lines that come before the box.

    The charge's density is the same at all heights, not so over the cross section: ranks
    share the bowl by height.
    """
    return [
        "atom_style granular",
        "atom_modify map array",
        "boundary f f f",
        "hard_particles yes",
        "newton off",
        f"processors 1 1 {cores}",
        "communicate single vel yes",
        "units si",
    ]


def materials(scene: Scene, restitution: float, skin: float) -> list[str]:
    """Input lines of lists, materials and the contact model."""

    def pairs(value: float) -> str:
        return " ".join(["peratomtypepair 2", *[f"{value:.12g}"] * 4])

    contact, beads = scene.contact.bead_bead, scene.beads[0]
    modulus, poisson = beads.youngs_modulus / scene.contact.softening, beads.poisson_ratio
    return [
        f"neighbor {skin:.12g} bin",
        "neigh_modify delay 0",
        f"fix m1 all property/global youngsModulus peratomtype {modulus} {modulus}",
        f"fix m2 all property/global poissonsRatio peratomtype {poisson} {poisson}",
        f"fix m3 all property/global coefficientRestitution {pairs(restitution)}",
        f"fix m4 all property/global coefficientFriction {pairs(mill.FRICTION)}",
        f"fix m5 all property/global coefficientRollingFriction {pairs(contact.rolling_friction)}",
        f"pair_style gran {MODEL} {switches(scene)}",
        "pair_coeff * *",
    ]


def mill_input(job: mill.Job) -> str:
    """The whole input script of the mill."""
    scene = job.scene
    radius = 0.5 * scene.bowl.diameter
    # LIGGGHTS takes a primitive's speed at the bead's centre, so it gets a larger rate; a mesh's
    # speed it takes at the contact. "x" only says: not along the axis, hence about it.
    rate = job.wall_rate * radius / (radius - scene.bead_radius)
    about = f"surface_ang_vel origin 0. 0. 0. axis 0. 0. 1. omega {job.wall_rate:.12g}"
    wall, clip = f"all wall/gran {MODEL}", switches(scene)
    skin = float(job.options.get("skin", SKIN)) * scene.bead_radius
    lines = opening(job.cores)
    lines += ["read_data liggghts.data", *materials(scene, job.restitution, skin)]
    lines += [
        f"timestep {scene.time_step:.15g}",
        f"fix floor all mesh/surface file floor.stl type 2 {about}",
        f"fix lid all mesh/surface file lid.stl type 2 {about}",
        f"fix ends {wall} mesh n_meshes 2 meshes floor lid {clip}",
        f"fix side {wall} primitive type 2 zcylinder {radius} 0. 0. shear x {rate:.12g} {clip}",
        *mill.motion_lines(job),
        *mill.dump_lines(job, "liggghts.dump", ""),
    ]
    lines += ["thermo_style custom step atoms ke", f"thermo {job.steps}", f"run {job.steps}"]
    return "\n".join(lines) + "\n"


def measured_restitution(folder: Path, scene: Scene, restitution: float) -> float:
    """Rebound over impact speed of two beads that meet head on at 1 m/s in LIGGGHTS."""
    radius = scene.bead_radius
    low, high = -4.0 * radius, 4.0 * radius
    lines = opening(1)
    lines += [f"region box block {low} {high} {low} {high} {low} {high} units box"]
    lines += ["create_box 2 box", *materials(scene, restitution, SKIN * radius)]
    lines += [
        f"timestep {scene.time_step / 50.0:.12g}",
        f"create_atoms 1 single {-1.00001 * radius:.12g} 0 0 units box",
        f"create_atoms 1 single {1.00001 * radius:.12g} 0 0 units box",
        f"set group all diameter {2.0 * radius} density {scene.beads[0].density}",
        "set atom 1 vx 0.5",
        "set atom 2 vx -0.5",
        "fix move all nve/sphere",
        "variable v equal vx[1]",
        "thermo_style custom step v_v",
        "thermo 20000",
        "run 20000",
    ]
    (folder / "impact.in").write_text("\n".join(lines) + "\n")
    output = launch(folder, "impact.in", 1)
    return -2.0 * float(re.findall(r"^\s*20000\s+(\S+)", output, re.M)[0])
