"""Contacts at one moment, with the forces that the next step would apply; changes nothing."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.bead import in_contact
from gpudem.kernels.collision import collide, kinematics
from gpudem.kernels.contact_kinematics import (
    body_of,
    crowd_of,
    motion_of_partner,
    separation,
    species_of,
)
from gpudem.kernels.position import position_of, radius_of
from gpudem.kernels.precision import Values, kernel
from gpudem.kernels.records import history_of_record, pair_parameters, record_of, slot_of
from gpudem.kernels.shapes.wall import poses_of, row_of
from gpudem.kernels.state import State
from gpudem.kernels.vec3 import cross, minus, plus, times, vec3_of

#: Values per slot: overlap, then normal, point, force and moment of 3 values each, then the
#: friction state.
PROBE = 14


@ti.func
def _put(out: ti.template(), first, a):
    out[first], out[first + 1], out[first + 2] = a.x, a.y, a.z


@kernel
def probe(s: State, flip: ti.i32, out: Values, half: ti.template()):
    """Writes PROBE values for each slot; an overlap of 0 marks a slot that does not touch.

    With ``half`` pairs stand once.
    """
    for bead in range(s.beads):
        now = flip * s.beads
        case = s.case_of[bead]
        poses = poses_of(s, case, row_of(s, case, 0))
        dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
        here = s.position[now + bead]
        for n in range(s.slots_used[bead]):
            slot = slot_of(s, bead, n)
            first = slot * PROBE
            other = s.partner[slot]
            out[first] = 0.0
            gap = separation(s, now, case, here, other, poses)
            record = record_of(s, bead, n, half)
            if in_contact(s, case, bead, other, record, here, gap):
                own = body_of(s.motion[now + bead])
                body = body_of(motion_of_partner(s, now, case, here, gap.vector, other, poses))
                p = pair_parameters(s, case, s.species[bead], species_of(s, other))
                radius = radius_of(s, case, here)
                both = crowd_of(s, now, bead, other)
                k, arm, _ = kinematics(own, body, radius, gap, both)
                h = history_of_record(s, record)
                done = collide(own, body, radius, gap, both, p, h, dt)
                turning = cross(k.normal, done.force)
                moment = plus(done.torque, times(arm, turning))
                point = minus(vec3_of(position_of(s, case, here)), times(arm, k.normal))
                out[first] = k.overlap
                _put(out, first + 1, k.normal)
                _put(out, first + 4, point)
                _put(out, first + 7, done.force)
                _put(out, first + 10, moment)
                out[first + 13] = done.state
