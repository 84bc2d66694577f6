"""Contacts at one moment, with the forces that the next step would apply; changes nothing."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.law import hertz_mindlin
from gpudem.kernels.meeting import meet, separation
from gpudem.kernels.records import pair_parameters, unpack_history
from gpudem.kernels.state import State

Values = ti.types.ndarray(dtype=ti.f64, ndim=1)

#: Values per slot: overlap, then normal, point, force and moment of 3 values each, then the
#: friction state.
PROBE = 14


@ti.kernel
def probe(s: State, flip: ti.i32, drive_step: ti.i32, out: Values):
    """Writes PROBE values for each slot; an overlap of 0 marks a slot that does not touch."""
    for bead in range(s.beads):
        now = flip * s.beads
        case = s.case_of[bead]
        base = case * at.CASE_INT
        row = s.case_int[base + at.CASE_DRIVE_BEGIN] + (
            drive_step * s.case_int[base + at.CASE_DRIVE_LENGTH]
        )
        dt = s.case_real[case * at.CASE_REAL + at.CASE_STEP]
        here = s.place[now + bead]
        for k in range(s.slots_used[bead]):
            slot = bead * s.slots + k
            first = slot * PROBE
            other = s.partner[slot]
            out[first] = 0.0
            away, reach = separation(s, now, case, here, other, row)
            if away.norm_sqr() < reach * reach:
                m = meet(s, now, case, bead, other, here, away, reach, row)
                p = pair_parameters(s, case, s.species[bead], m.species)
                held = unpack_history(s.history[slot], s.contact_state[slot])
                if s.contact_state[slot] == at.APART:
                    held.force *= 0.0
                    held.moment *= 0.0
                    held.inverse_radius = 0.0
                result = hertz_mindlin(p, m.approach, held, dt)
                out[first] = m.approach.overlap
                for axis in ti.static(range(3)):
                    out[first + 1 + axis] = m.approach.normal[axis]
                    out[first + 4 + axis] = here[axis] - m.arm * m.approach.normal[axis]
                    out[first + 7 + axis] = result.force[axis]
                    out[first + 10 + axis] = result.moment[axis]
                out[first + 13] = ti.cast(result.history.state, ti.f64)
