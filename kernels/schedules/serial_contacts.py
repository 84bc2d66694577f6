"""The contacts of a step on a CPU: find those that touch, apply the law, hand out the loads.

A thread alone adds loads to both beads at once and enters beginnings and ends into the log. The
members of a team keep what each contact does, and which ones began or ended, for later.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.bead import end_contact
from gpudem.kernels.contact_kinematics import crowd_of, motion_of_partner, separation
from gpudem.kernels.energy import tallied
from gpudem.kernels.events import count_onset, record_step
from gpudem.kernels.gap import between, gap_entry, touches
from gpudem.kernels.law import law
from gpudem.kernels.position import radius_of
from gpudem.kernels.precision import zeros
from gpudem.kernels.records import number_in, spin_of, velocity_of
from gpudem.kernels.schedules.simd_contacts import (
    ENERGY,
    HISTORY,
    LANES,
    LOAD,
    PARTNER_LOAD,
    PEAK_FORCE,
    SPEED,
    STATE,
    TOUCHES,
    WORK_WALL,
    collide_lanes,
    fill_lane,
    fill_memory,
    take,
    take_list,
)
from gpudem.kernels.schedules.thread_team import share_of
from gpudem.kernels.shapes.in_use import shapes
from gpudem.kernels.shapes.wall import poses_of
from gpudem.kernels.wall_sums import add_to_wall


@ti.func
def find_active(s: ti.template(), case, share, first, row):
    """Lists those of a share's close entries that touch or have just stopped to; returns how many.

    The share's lists begin at ``first``.
    """
    poses = poses_of(s, case, row)
    count = 0
    walls = s.share[share * at.SHARE + at.SHARE_CLOSE_WALLS]
    for c in range(walls):
        entry = s.close[first + c]
        here = s.position[entry[at.LIST_BEAD]]
        gap = separation(s, 0, case, here, entry[at.LIST_PARTNER], poses)
        s.active[first + count] = c
        s.active_gap[first + count] = gap_entry(gap)
        count += ti.cast(touches(gap), ti.i32) | s.alive[first + c]
    for c in range(walls, s.share[share * at.SHARE + at.SHARE_CLOSE]):
        entry = s.close[first + c]
        here = s.position[entry[at.LIST_BEAD]]
        gap = between(s, case, here, s.position[entry[at.LIST_PARTNER]])
        s.active[first + count] = c
        s.active_gap[first + count] = gap_entry(gap)
        count += ti.cast(touches(gap), ti.i32) | s.alive[first + c]
    return count


@ti.func
def collide_active(
    s: ti.template(), lanes: ti.template(), case, first, active, step, row, dt, team: ti.template()
):
    """Applies the law to a share's active entries; returns how many began or ended, for a team."""
    poses = poses_of(s, case, row)
    changed = 0
    for block in range((active + LANES - 1) // LANES):
        start = first + block * LANES
        filled = ti.min(LANES, active - block * LANES)
        for lane in range(filled):
            entry = s.close[first + s.active[start + lane]]
            gap = s.active_gap[start + lane]
            bead, partner = entry[at.LIST_BEAD], entry[at.LIST_PARTNER]
            here = s.position[bead]
            other = motion_of_partner(s, 0, case, here, gap.xyz, partner, poses)
            crowd = crowd_of(s, 0, bead, partner)
            radius = radius_of(s, case, here)
            fill_lane(lanes, lane, gap, radius, s.motion[bead], other, crowd)
            fill_memory(s, lanes, lane, entry[at.LIST_RECORD], entry[at.LIST_PAIR])
        collide_lanes(lanes, dt)
        for lane in range(filled):
            c = s.active[start + lane]
            entry = s.close[first + c]
            bead, partner = entry[at.LIST_BEAD], entry[at.LIST_PARTNER]
            record = entry[at.LIST_RECORD]
            began = False
            touching = lanes[TOUCHES][lane] > 0.5
            if touching:
                began = s.contact_state[record] == at.APART
                s.alive[first + c] = 1
                record_step(
                    s,
                    case,
                    record,
                    step,
                    take_list(lanes, HISTORY, ti.static(8 * law.rows), lane),
                    take(lanes, ENERGY, 8, lane),
                    lanes[SPEED][lane],
                    ti.cast(lanes[STATE][lane], ti.i32),
                )
                effect = take(lanes, LOAD, 8, lane)
                work = lanes[WORK_WALL][lane]
                if ti.static(shapes().summed_walls > 0):
                    if partner < 0:
                        add_to_wall(
                            s,
                            case,
                            bead,
                            partner,
                            s.position[bead],
                            s.active_gap[start + lane].xyz,
                            velocity_of(effect),
                            spin_of(effect),
                            work,
                            lanes[ti.static(ENERGY + at.NORMAL)][lane],
                            lanes[ti.static(ENERGY + at.SLIDING)][lane],
                            lanes[ti.static(ENERGY + at.NORMAL_DAMPING)][lane],
                            poses,
                            dt,
                        )
                loads_bead, loads_partner = True, partner >= 0
                if ti.static(team):
                    loads_bead = s.gathered[bead] == 0
                    loads_partner = loads_partner and s.gathered[ti.max(partner, 0)] == 0
                    if not loads_bead or loads_partner != (partner >= 0):
                        s.effect[record] = effect
                        o = take(lanes, PARTNER_LOAD + 4, 3, lane)
                        s.partner_effect[record] = ti.Vector([o[0], o[1], o[2], work])
                if loads_bead:
                    s.load[bead] = s.load[bead] + effect
                    if partner < 0:
                        done = s.work[bead][at.WORK_WALL]
                        s.work[bead][at.WORK_WALL] = done + tallied(s, case, work)
                if loads_partner:
                    s.load[partner] = s.load[partner] + take(lanes, PARTNER_LOAD, 8, lane)
                if ti.static(not team):
                    if began:
                        loaded = lanes[PEAK_FORCE][lane] > 0.0
                        count_onset(s, bead, partner, loaded, True)
            else:
                s.alive[first + c] = 0
                if ti.static(team):
                    s.effect[record] = zeros(8)
                    s.partner_effect[record] = zeros(4)
                else:
                    end_contact(s, case, bead, partner, record, step, dt, True)
            if ti.static(team):
                if began or not touching:
                    # Those of the list before this one are no longer needed.
                    s.active[first + changed] = c
                    changed += 1
    return changed


@ti.func
def enter_changes(s: ti.template(), case, begin, end, step, dt, members):
    """Enters what began or ended in a team's step into the log, in the order of the contacts."""
    for m in range(members):
        low, _ = share_of(s, case, begin, end, m, members)
        first = low * s.records
        for q in range(ti.cast(s.message[m * at.MESSAGE + at.MESSAGE_CHANGED], ti.i32)):
            c = s.active[first + q]
            entry = s.close[first + c]
            bead, partner = entry[at.LIST_BEAD], entry[at.LIST_PARTNER]
            record = entry[at.LIST_RECORD]
            if s.alive[first + c] == 1:
                loaded = number_in(s, record, at.PEAK_FORCE) > 0.0
                count_onset(s, bead, partner, loaded, True)
            else:
                end_contact(s, case, bead, partner, record, step, dt, True)
