"""The mill in YADE: the script that runs inside it, and its run.

What its laws do differently is told in docs/reference/peers.md.
"""

from __future__ import annotations

import json
import math
import re
import resource
import shutil
from pathlib import Path

import numpy as np

from tests.bench.peers import mill
from tests.bench.peers.lammps import TYPICAL_OVERLAP

#: Distance over bead radius by which boxes of bodies are enlarged; the fastest of those tried.
SKIN = 0.03
#: Pairs of triangles around the side; more of them have blunter edges and cost more.
FACETS = 360
#: Stiffness of its rolling spring over that of the other codes. Where the damper takes the whole
#: normal force YADE does not limit the rolling moment, and with the full stiffness it grows there
#: until the beads' spin energy is a quarter of what the other codes have.
ROLLING = 0.03

#: Runs under YADE's own Python, so it may use nothing of this package.
SCRIPT = """
import json, math, time
import numpy as np

job = json.load(open("yade.json"))
start = np.load("yade-start.npz")
radius, side, height, rate = (job[key] for key in ("radius", "side", "height", "rate"))
young, poisson, friction = job["young"], job["poisson"], math.atan(job["friction"])

def material(factor):
    return O.materials.append(
        FrictMat(young=young * factor, poisson=poisson, frictionAngle=friction,
                 density=job["density"]))

beads, facets, walls = (material(factor) for factor in (1.0, job["facet"], job["wall"]))
for place, velocity, turn in zip(start["position"], start["velocity"], start["spin"]):
    body = sphere(place, radius, material=beads, mask=3)
    body.state.vel, body.state.angVel = velocity, turn
    O.bodies.append(body)
count = len(O.bodies)

# The walls lie still and only have speeds: Newton's mask leaves them out.
turning = Vector3(0, 0, rate)
angle = 2 * math.pi / job["facets"]
reach = side / (1 + angle**2 / 24) / math.cos(0.5 * angle)
def corner(k, z):
    return Vector3(reach * math.cos(k * angle), reach * math.sin(k * angle), z)
kinds = {}
margin = radius
for k in range(job["facets"]):
    a, b = corner(k, -margin), corner(k + 1, -margin)
    c, d = corner(k + 1, height + margin), corner(k, height + margin)
    for triangle in ((a, b, c), (a, c, d)):
        body = facet(triangle, material=facets, mask=2)
        body.state.vel = turning.cross(body.state.pos)
        kinds[O.bodies.append(body)] = 0
for kind, (z, sense) in enumerate(((0.0, 1), (height, -1)), 1):
    body = wall(z, 2, sense=sense, material=walls, mask=2)
    kinds[O.bodies.append(body)] = kind
for number in kinds:
    O.bodies[number].state.angVel = turning

disc, phase, pull = job["disc"], job["phase"], job["pull"]
O.dt = job["step"]
O.trackEnergy = False
O.engines = [
    ForceResetter(),
    InsertionSortCollider(
        [Bo1_Sphere_Aabb(), Bo1_Facet_Aabb(), Bo1_Wall_Aabb()],
        verletDist=job["skin"] * radius, targetInterv=job["interval"]),
    InteractionLoop(
        [Ig2_Sphere_Sphere_ScGeom(avoidGranularRatcheting=False), Ig2_Facet_Sphere_ScGeom(),
         Ig2_Wall_Sphere_ScGeom(noRatch=False)],
        [Ip2_FrictMat_FrictMat_MindlinPhys(
            betan=job["beta"], betas=job["damper"], krot=job["rolling"], eta=job["limit"])],
        [Law2_ScGeom_MindlinPhys_Mindlin(includeMoment=job["rolling"] > 0.0)]),
    HarmonicForceEngine(
        A=(pull, pull, 0), f=(disc / (2 * math.pi), disc / (2 * math.pi), 0),
        fi=(phase + 0.5 * math.pi, phase, 0), ids=list(range(count))),
    NewtonIntegrator(damping=0, gravity=(0, 0, job["gravity"]), mask=1),
]

def touching():
    pairs, onwalls = 0, set()
    for one in O.interactions:
        if one.isReal and one.geom.penetrationDepth > 0:
            low, high = sorted((one.id1, one.id2))
            if high < count:
                pairs += 1
            else:
                onwalls.add((low, kinds[high]))
    return pairs, len(onwalls)

def sample():
    states = [O.bodies[k].state for k in range(count)]
    names = ("pos", "vel", "angVel")
    return [np.array([tuple(getattr(state, name)) for state in states]) for name in names]

frames, seconds = [], 0.0
if job["every"] == 0:
    O.run(job["warming"], True)
    began = time.perf_counter()
    O.run(job["steps"], True)
    seconds = time.perf_counter() - began
else:
    for k in range(job["steps"] // job["every"]):
        began = time.perf_counter()
        O.run(job["every"], True)
        seconds += time.perf_counter() - began
        frames.append([O.time, *sample(), touching()])
names = ("time", "position", "velocity", "spin", "contacts")
parts = zip(*frames) if frames else [[]] * len(names)
np.savez("yade.npz", seconds=seconds, **{n: np.array(p) for n, p in zip(names, parts)})
import os
os._exit(0)
"""

#: Steps before the clock starts: the first sort of the collider.
WARMING = 20


class Yade(mill.Code):
    """YADE, as Debian and Ubuntu package it."""

    name = "YADE"
    install = "apt-get install yade"

    def found(self) -> bool:
        """Whether the program is on the path."""
        return shutil.which("yade") is not None

    def version(self) -> str:
        """What it calls itself."""
        text = mill.call(["yade", "--version"], Path.cwd())
        found = re.search(r"version:? (\S+)", text)
        return found.group(1) if found else text.strip()

    def run(self, job: mill.Job) -> mill.Run:
        """Runs the mill from the job's state."""
        job.state.save(job.folder / "yade-start.npz")
        (job.folder / "yade.json").write_text(json.dumps(order(job)))
        (job.folder / "yade.run.py").write_text(SCRIPT)
        (job.folder / "yade.npz").unlink(missing_ok=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = mill.call(["yade", "-n", "-x", f"-j{job.cores}", "yade.run.py"], job.folder)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime
        if not (job.folder / "yade.npz").exists():
            raise SystemExit(f"YADE failed in {job.folder}:\n{output[-2000:]}")
        with np.load(job.folder / "yade.npz") as file:
            frames = None
            if job.every:
                parts = (file[name] for name in ("position", "velocity", "spin", "contacts"))
                frames = mill.Frames(job.state.time + file["time"], *parts)
            return mill.Run(float(file["seconds"]), processor, frames)


def softer(radius: float) -> float:
    """Modulus of a wall over that of the beads [1].

    YADE reduces the bead's radius at a wall by a radius of the wall, to ``radius`` of the
    bead's; a stiffer wall makes up for it, both along the normal and along the tangent.
    """
    share = 0.5 / math.sqrt(radius)
    return share / (1.0 - share)


def order(job: mill.Job) -> dict[str, float]:
    """Numbers that the script needs, SI."""
    scene, radius = job.scene, job.scene.bead_radius
    modulus = scene.beads[0].youngs_modulus / scene.contact.softening
    poisson = scene.beads[0].poisson_ratio
    shear = modulus / (4.0 * (1.0 + poisson) * (2.0 - poisson))
    reduced = 0.5 * radius
    stiffness = 8.0 * shear * math.sqrt(reduced * TYPICAL_OVERLAP * radius)
    damper = job.beta if scene.contact.bead_bead.shear_damping else 0.0
    return {
        "radius": radius,
        "side": 0.5 * scene.bowl.diameter,
        "height": scene.bowl.height,
        "rate": job.wall_rate,
        "young": modulus,
        "poisson": poisson,
        "density": scene.beads[0].density,
        "friction": mill.FRICTION,
        "facet": softer(2.0 / 3.0),
        "wall": softer(1.0 / 2.0),
        "beta": job.beta,
        "damper": damper,
        "rolling": float(job.options.get("rolling", ROLLING)) * stiffness * reduced**2,
        # YADE multiplies by the mean radius, which for a pair is twice the reduced one.
        "limit": 0.5 * scene.contact.bead_bead.rolling_friction,
        "disc": scene.mill.speed,
        "phase": job.phase,
        "pull": scene.bead_mass * job.pull,
        "gravity": scene.mill.gravity[2],
        "step": scene.time_step,
        "skin": float(job.options.get("skin", SKIN)),
        "interval": int(job.options.get("interval", 100)),
        "facets": int(job.options.get("facets", FACETS)),
        "steps": job.steps,
        "every": job.every,
        "warming": WARMING,
    }
