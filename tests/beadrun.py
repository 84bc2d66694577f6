"""Run files of a few beads in known places, for tests of pictures and movies."""

import math

import numpy as np

from gpudem.quantities import COLLISION_LOG
from gpudem.runfile.writer import RunFileWriter
from tests.syntheticrun import parameters, summary_of

STEP = 1e-3
BOWL_RADIUS = 25.5e-3
RADIUS = (4e-3, 2.5e-3)
#: In the disc's frame: outward (up in pictures) and towards -y (right in pictures).
PLACES = ((12e-3, 0.0, 10e-3), (0.0, -10e-3, 10e-3))
SPEEDS = (1.0, 3.0)
RATE = 600.0 * math.pi / 30.0


def turned(places, angle):
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine * x - sine * y, sine * x + cosine * y, z] for x, y, z in places])


def write_beads(path, **options):
    """Write a whole run; see `writing_beads`."""
    for _ in writing_beads(path, **options):
        pass
    return path


def writing_beads(
    path, *, snapshots=5, every=10, places=PLACES, radius=RADIUS, speeds=SPEEDS, **changes
):
    """Write a run snapshot by snapshot, in which the beads stand still in the disc's frame.

    Args:
        path: the run file.
        snapshots: number of snapshots, the first at time 0.
        every: log intervals of STEP between them.
        places: of the beads in the disc's frame [m].
        radius: [m].
        speeds: what the file says of the beads' speed [m/s]; grows by 1 % with each snapshot.
        changes: parameters; "missing" drops one.
    """
    values = parameters(**{"beads": len(radius), "title": "two beads", **changes})
    beads = len(radius)
    with RunFileWriter(
        path,
        parameters=values,
        scene_source="",
        overrides=[],
        resolved="null",
        radius=np.array(radius),
        log="beads",
        log_first_interval=snapshots * every,
    ) as writer:
        for number in range(snapshots):
            rate = values.get("speed", 0.0)
            time = number * every * STEP
            position = turned(places, rate * time)
            along = np.array(speeds)[:beads] * (1.0 + 0.01 * number)
            fields = {
                # What is beyond the disc's own is along the axis.
                "velocity": np.column_stack([-rate * position[:, 1], rate * position[:, 0], along]),
                "angular_velocity": np.tile([0.0, 3.0, 4.0], (beads, 1)),
                "speed": np.array(speeds) * (1.0 + 0.01 * number),
                "collision_power": np.array([0.0, 2e-3])[:beads],
                "collision_rate": np.array([500.0, 1000.0])[:beads],
                "contact_force": np.array([0.0, 2.0])[:beads],
                "touching": np.array([2, 5])[:beads],
            }
            writer.append_snapshot(time, position, fields, None)
            if number < snapshots - 1:
                for k in range(number * every, (number + 1) * every):
                    log = np.zeros((beads, 2, len(COLLISION_LOG)))
                    writer.append_interval(summary_of(k, 0.0, values), log, None, 0.1)
            writer.flush(everything=True)
            yield number
        writer.finish({"bead_bead": {}, "bead_wall": {}}, {})
