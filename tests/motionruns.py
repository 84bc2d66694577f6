"""Made-up runs whose motion is known: places of beads over time, in the disc's frame."""

import numpy as np

from gpudem.quantities import (
    CHANNELS,
    COLLISION_LOG,
    EVENT_HISTOGRAMS,
    EVENT_SUMS,
    SUMMARY,
)
from gpudem.runfile.writer import RunFileWriter
from tests.syntheticrun import parameters

BEAD, BOWL, HEIGHT = 2.5e-3, 25.5e-3, 39.2e-3
#: Distance of a bead on the wall from the bowl's axis.
REACH = BOWL - BEAD
SUN, RATIO, SPEED = 70e-3, -2.0, 60.0
STEP, INTERVALS, FIRST = 1e-3, 120, 20
#: Of the disc's radius at time 0, so that no test passes by x being outward.
PHASE = 0.4
LOST = [q.name for q in COLLISION_LOG].index("sliding")


def turned(vectors, angle):
    """Vectors, shape (..., 3), turned about z by an angle."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return vectors @ np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def write_motion(
    path, motion, *, every=5, step=STEP, log="beads", power=None, disc_speed=None, **changes
):
    """Write a run file of beads that move as told.

    Args:
        path: the run file.
        motion: of a time [s] to (position, velocity relative to the disc, spin, touching) in the
            disc's frame, shapes (beads, 3) and (beads,).
        step: length of an interval [s].
        every: intervals between snapshots; 0 for none.
        log: "beads" or "bowl".
        power: of an interval's number to the dissipation of each bead in it [J].
        disc_speed: of an interval's number to the disc's speed [rad/s].
        changes: other parameters; "missing" drops one.
    """
    beads = len(motion(0.0)[0])
    values = {
        "bowl_diameter": 2 * BOWL,
        "bowl_height": HEIGHT,
        "sun_wheel_radius": SUN,
        "ratio": RATIO,
        "gravity_x": 0.0,
        "gravity_y": 0.0,
        "gravity_z": -9.81,
        "intervals": INTERVALS,
        "log_interval": step,
        "beads": beads,
        **changes,
    }
    values = parameters(**{"speed": SPEED / (2 * np.pi / 60), **values})
    drum = values.get("sun_wheel_radius") == 0.0
    gravity = np.array([values.get(f"gravity_{axis}", 0.0) for axis in "xyz"], float)
    rotation = 0.0 if drum else SPEED

    def angle(time):
        return np.arctan2(gravity[1], gravity[0]) if drum else PHASE + rotation * time

    def shot(time):
        position, velocity, spin, touching = motion(time)
        still = velocity + np.cross([0.0, 0.0, rotation], position)
        return turned(position, angle(time)), {
            "velocity": turned(still, angle(time)),
            "angular_velocity": turned(spin, angle(time)),
            "speed": np.linalg.norm(still, axis=1),
            "collision_power": np.full(beads, 2.0),
            "collision_rate": np.zeros(beads),
            "contact_force": np.zeros(beads),
            "touching": touching,
        }

    with RunFileWriter(
        path,
        parameters=values,
        scene_source="",
        overrides=[],
        resolved="null",
        radius=np.full(beads, BEAD),
        log=log,
        log_first_interval=FIRST,
    ) as writer:
        for k in range(INTERVALS):
            time = (k + 1) * step
            row = {quantity.name: 0.0 for quantity in (*SUMMARY, *CHANNELS)}
            pull = turned(np.array([SPEED**2 * (0.0 if drum else SUN), 0.0, 0.0]), angle(time))
            row.update(time=time, disc_speed=disc_speed(k) if disc_speed else SPEED)
            row.update(
                {f"acceleration_{axis}": pull[i] + gravity[i] for i, axis in enumerate("xyz")}
            )
            logged = np.zeros((beads, 2, len(COLLISION_LOG)))
            if power is not None:
                logged[:, 0, LOST] = power(k)
            writer.append_interval(
                row, logged, np.zeros((2, len(EVENT_SUMS))) if k >= FIRST else None, 0.1
            )
            if every and (k + 1) % every == 0:
                counts = np.zeros((2, len(EVENT_HISTOGRAMS), 576), np.int32)
                writer.append_snapshot(time, *shot(time), counts)
        writer.finish({}, {})
    return path


def at(distance, angle, z=0.5 * HEIGHT):
    """Positions from distances and angles, shape (beads, 3)."""
    distance, angle, z = np.broadcast_arrays(distance, angle, z)
    return np.stack([distance * np.cos(angle), distance * np.sin(angle), z], axis=-1).astype(float)


def around(position, rate):
    """Velocities of going about the bowl's axis at a rate, shape (beads, 3)."""
    return np.cross([0.0, 0.0, rate], position)


def spins(position, rate):
    """Spin about z, shape (beads, 3)."""
    out = np.zeros_like(position)
    out[:, 2] = rate
    return out


def ring(beads=28):
    """Beads all around the wall that turn with it, as if glued to it."""
    start = 2 * np.pi * np.arange(beads) / beads

    def motion(time):
        position = at(REACH, start + RATIO * SPEED * time)
        lab = (1.0 + RATIO) * SPEED
        velocity = around(position, RATIO * SPEED)
        return position, velocity, spins(position, lab), np.ones(beads)

    return motion


def resting(position, spin=SPEED, touching=1):
    """Beads at rest on the disc; spin SPEED in the frame that does not turn: none on the disc."""

    def motion(time):
        count = np.full(len(position), touching)
        return position, np.zeros_like(position), spins(position, spin), count

    return motion


def bed():
    """A heap of close-packed layers at the outward side of the bowl, at rest on the disc."""
    spacing = 2 * BEAD
    x, y, z = np.meshgrid(*(np.arange(-6, 7) * spacing,) * 3, indexing="ij")
    grid = np.stack([x, y, z + 0.5 * HEIGHT], axis=-1).reshape(-1, 3)
    keep = (np.hypot(grid[:, 0], grid[:, 1]) < REACH) & (grid[:, 0] > 0)
    keep &= (grid[:, 2] > BEAD) & (grid[:, 2] < HEIGHT - BEAD)
    return grid[keep]
