"""What beads do to each wall, summed up since the log window opened: forces, work and wear.

Each bead has sums of its own for each wall of its case, so that no two threads add to one. They
exist only where a case asks for them (`gpudem.engine.case.Case.sums_by_wall`). Of meshes the wear
is summed up for each triangle too: a bead adds up what it does while it stays on one triangle, and
hands that over when it comes to another one.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.energy import tallied, whole
from gpudem.kernels.position import position_of
from gpudem.kernels.shapes.in_use import shapes
from gpudem.kernels.shapes.wall import facet_of_wall, pose_of, vector_at


@ti.func
def add_to_wall(
    s: ti.template(),
    case,
    bead,
    partner,
    here,
    apart,
    force,
    torque,
    work,
    loading,
    sliding,
    damping,
    poses,
    dt,
):
    """Adds a step of a bead's contact with a wall to the sums.

    Args:
        case: number of the case.
        bead: number of the bead.
        partner: -1 - wall.
        here: the bead's entry of ``position``.
        apart: to the bead's centre from the wall's nearest point [m].
        force: on the bead [N].
        torque: on the bead, about its centre [N m].
        work: of the wall's motion on the bead [J].
        loading: work of the normal force while loading [J].
        sliding: loss by sliding friction [J].
        damping: loss in the normal damper [J].
        poses: of the case's walls.
        dt: time step [s].
    """
    wall = -1 - partner
    walls = ti.static(shapes().summed_walls)
    own = bead * walls + wall - s.case_int[case * at.CASE_INT + at.CASE_WALL_BEGIN]
    place, pose = position_of(s, case, here), pose_of(poses, wall)
    moment = torque + (place - vector_at(s.drive, pose + at.POSE_CENTRE)).cross(force)
    pressing = dt * (force.dot(apart) / apart.norm())
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
        pressing,
        loading,
    ]
    for q in ti.static(range(at.WALL_SUMS)):
        entry = own * at.WALL_SUMS + q
        s.wall_sums[entry] = s.wall_sums[entry] + tallied(s, case, terms[q])
    if ti.static(shapes().facets):
        facet = facet_of_wall(s, wall, pose, place)
        if facet >= 0:
            add_to_facet(s, case, own * at.VISIT, facet, [pressing, loading, sliding, damping])


@ti.func
def add_to_facet(s: ti.template(), case, visit, facet, terms: ti.template()):
    """Adds what a bead does in a step to its visit of a triangle; one elsewhere is over.

    ``visit`` is where the bead's visit to the wall begins, ``terms`` stand as in ``facet_sums``.
    """
    before = ti.cast(s.visit[visit + at.VISIT_TRIANGLE], ti.i32) - 1
    if before != facet:
        per_unit = s.case_real[case * at.CASE_REAL + at.CASE_PER_FACET]
        for q in ti.static(range(at.FACET_SUMS)):
            if before >= 0:
                done = whole(s.visit[visit + q] * per_unit)
                ti.atomic_add(s.facet_sums[before * at.FACET_SUMS + q], done)
            s.visit[visit + q] = 0.0
        s.visit[visit + at.VISIT_TRIANGLE] = facet + 1.0
    for q in ti.static(range(at.FACET_SUMS)):
        s.visit[visit + q] = s.visit[visit + q] + terms[q]
