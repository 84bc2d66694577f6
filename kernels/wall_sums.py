"""What beads do to each wall, summed up since the log window opened: forces, work and wear.

Each bead has sums of its own for each wall of its case, so that no two threads add to one. They
exist only where a case asks for them (`gpudem.engine.case.Case.sums_by_wall`).
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.energy import tallied
from gpudem.kernels.position import position_of
from gpudem.kernels.shapes.in_use import shapes
from gpudem.kernels.shapes.wall import pose_of, vector_at


@ti.func
def add_to_wall(
    s: ti.template(), case, bead, partner, here, force, torque, work, sliding, damping, poses, dt
):
    """Adds a step of a bead's contact with a wall to the sums.

    Args:
        case: number of the case.
        bead: number of the bead.
        partner: -1 - wall.
        here: the bead's entry of ``position``.
        force: on the bead [N].
        torque: on the bead, about its centre [N m].
        work: of the wall's motion on the bead [J].
        sliding: loss by sliding friction [J].
        damping: loss in the normal damper [J].
        poses: of the case's walls.
        dt: time step [s].
    """
    wall = -1 - partner
    walls = ti.static(shapes().summed_walls)
    own = bead * walls + wall - s.case_int[case * at.CASE_INT + at.CASE_WALL_BEGIN]
    arm = position_of(s, case, here) - vector_at(s.drive, pose_of(poses, wall) + at.POSE_CENTRE)
    moment = torque + arm.cross(force)
    terms = [
        -dt * force[0],
        -dt * force[1],
        -dt * force[2],
        -dt * moment[0],
        -dt * moment[1],
        -dt * moment[2],
        work,
        sliding,
        damping,
    ]
    for q in ti.static(range(at.WALL_SUMS)):
        place = own * at.WALL_SUMS + q
        s.wall_sums[place] = s.wall_sums[place] + tallied(s, case, terms[q])
