"""A block of contacts side by side, so that the processor computes several of them at once.

The values of LANES contacts stand in rows of one local array: filled contact by contact,
computed all at once with the pure functions of kernels/collision.py, and handed back contact by
contact. A lane that holds no contact repeats the last one that it held.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.collision import collide, peaks_of
from gpudem.kernels.contact_kinematics import body_of
from gpudem.kernels.law import OWN, law
from gpudem.kernels.precision import real
from gpudem.kernels.records import friction_of, history_in, history_of, parameters_of
from gpudem.kernels.vec3 import times, vec3

LANES = 8

# Rows: what a contact is given ...
_GAP, _RADIUS = 0, 4
_OWN, _OTHER = 5, 13  # as in `motion`
_CROWD, _PAIR = 21, 23
# ... what it gives back ...
# Loads stand there as the array `load` has them, for each of the two: put together from other
# rows, compilers fetch them with gathers, which many processors do slowly.
LOAD, PARTNER_LOAD = 24, 32
TOUCHES, SPEED, WORK_WALL = 40, 41, 42
ENERGY = 43
# ... and what it has before and after: its history as a record holds it; behind that, from
# `_parameters()` on, the parameters of the contact law.
STATE = ENERGY + at.LOG_ENERGIES
HISTORY = STATE + 1
PEAK_FORCE = HISTORY + at.PEAK_FORCE


def _parameters():
    return HISTORY + 8 * law.rows


@ti.func
def empty_lanes():
    """Lanes that hold no contact yet."""
    return [_ones() for _ in ti.static(range(_parameters() + len(law.names)))]


@ti.func
def _ones():
    return ti.Vector([1.0 for _ in ti.static(range(LANES))])


@ti.func
def fill_lane(lanes: ti.template(), lane, gap, radius, own, other, crowd):
    """Puts a contact's bodies into a lane: an entry of ``active_gap``, bodies as in ``motion``."""
    for q in ti.static(range(4)):
        lanes[_GAP + q][lane] = gap[q]
    lanes[_RADIUS][lane] = radius
    for q in ti.static(range(2)):
        lanes[_CROWD + q][lane] = crowd[q]
    for q in ti.static(range(8)):
        lanes[_OWN + q][lane] = own[q]
        lanes[_OTHER + q][lane] = other[q]


@ti.func
def fill_memory(s: ti.template(), lanes: ti.template(), lane, record, pair):
    """Puts a contact's history and the parameters of its pair of species into a lane."""
    history = history_in(s, record)
    for offset in ti.static(law.kept):
        lanes[HISTORY + offset][lane] = history[offset]
    lanes[STATE][lane] = real(friction_of(s.contact_state[record]))
    # Most pairs of a mill are of the same species.
    if lanes[_PAIR][lane] != pair + 0.5:
        lanes[_PAIR][lane] = pair + 0.5
        for q in ti.static(range(len(law.names))):
            lanes[ti.static(_parameters() + q)][lane] = s.constants[pair + q]


@ti.func
def _packs(lanes: ti.template(), row: ti.template(), count: ti.template()):
    return [lanes[row + q] for q in ti.static(range(count))]


@ti.func
def _put3(lanes: ti.template(), row: ti.template(), a):
    lanes[row] = a.x
    lanes[row + 1] = a.y
    lanes[row + 2] = a.z


@ti.func
def _put_load(lanes: ti.template(), row: ti.template(), force, torque, done):
    _put3(lanes, row, force)
    lanes[row + at.DAMPER] = done.damper
    _put3(lanes, row + 4, torque)
    lanes[row + at.SPRING] = done.spring


@ti.func
def collide_lanes(lanes: ti.template(), dt):
    """Computes one step of all contacts in the lanes."""
    gap = _packs(lanes, _GAP, 4)
    done = collide(
        body_of(_packs(lanes, _OWN, 8)),
        body_of(_packs(lanes, _OTHER, 8)),
        lanes[_RADIUS],
        ti.Struct(vector=vec3(gap[0], gap[1], gap[2]), measure=gap[3]),
        _packs(lanes, _CROWD, 2),
        parameters_of(_packs(lanes, ti.static(_parameters()), ti.static(len(law.names)))),
        history_of(_packs(lanes, HISTORY, ti.static(8 * law.rows)), lanes[STATE]),
        dt,
    )
    lanes[TOUCHES] = done.touches
    lanes[SPEED] = done.speed
    _put_load(lanes, LOAD, done.force, done.torque, done)
    _put_load(lanes, PARTNER_LOAD, times(-1.0, done.force), done.other_torque, done)
    lanes[WORK_WALL] = done.work_wall
    before = [lanes[ti.static(HISTORY + offset)] for offset in ti.static(OWN)]
    peaks = peaks_of(done, before)
    history = ti.static(law.numbers(done.history, peaks))
    for offset in ti.static(law.kept):
        lanes[HISTORY + offset] = history[offset]
    lanes[STATE] = done.state
    lanes[ENERGY + at.NORMAL] = done.normal
    lanes[ENERGY + at.SHEAR] = done.shear
    lanes[ENERGY + at.ROLLING] = done.rolling
    lanes[ENERGY + at.NORMAL_DAMPING] = done.normal_damping
    lanes[ENERGY + at.SHEAR_DAMPING] = done.shear_damping
    lanes[ENERGY + at.SLIDING] = done.sliding
    lanes[ENERGY + at.ROLLING_LOSS] = done.rolling_loss
    lanes[ENERGY + at.RELAXATION] = done.relaxation


@ti.func
def take_list(lanes: ti.template(), row: ti.template(), count: ti.template(), lane):
    """Neighbouring values of one lane."""
    return [lanes[row + q][lane] for q in ti.static(range(count))]


@ti.func
def take(lanes: ti.template(), row: ti.template(), count: ti.template(), lane):
    """Neighbouring values of one lane as a vector."""
    return ti.Vector(take_list(lanes, row, count, lane))
