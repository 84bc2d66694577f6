"""A block of contacts side by side, so that the processor computes several of them at once.

The values of LANES contacts stand in rows of one local array: filled contact by contact,
computed all at once with the pure functions of kernels/collision.py, and handed back contact by
contact. A lane that holds no contact repeats the last one that it held.
"""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.collision import collide
from gpudem.kernels.contact_kinematics import body_of
from gpudem.kernels.precision import real
from gpudem.kernels.records import friction_of, history_in, parameters_of, velocity_in
from gpudem.kernels.vec3 import larger, times, vec3

LANES = 8

# Rows: what a contact is given ...
_APART, _CLOSENESS, _RADIUS = 0, 3, 4
_OWN, _OTHER = 5, 13  # as in `motion`
HISTORY, STATE = 21, 29  # as in `history`
PEAK_FORCE = HISTORY + at.PEAK_FORCE
_PARAMETERS, _PAIR = 30, 41
VELOCITY, _CROWD = 42, 45
# ... and what it gives back, with the history in the same rows.
# Loads stand there as the array `load` has them, for each of the two: put together from other
# rows, compilers fetch them with gathers, which many processors do slowly.
LOAD, PARTNER_LOAD = 48, 56
TOUCHES, SPEED, WORK_WALL, ENERGY = 47, 64, 65, 66
_ROWS = ENERGY + at.LOG_ENERGIES


@ti.func
def empty_lanes():
    """Lanes that hold no contact yet."""
    return [_ones() for _ in ti.static(range(_ROWS))]


@ti.func
def _ones():
    return ti.Vector([1.0 for _ in ti.static(range(LANES))])


@ti.func
def fill_lane(lanes: ti.template(), lane, apart, radius, own, other, crowd):
    """Puts a contact's bodies into a lane: ``apart`` with closeness, bodies as in ``motion``."""
    for q in ti.static(range(4)):
        lanes[_APART + q][lane] = apart[q]
    lanes[_RADIUS][lane] = radius
    for q in ti.static(range(2)):
        lanes[_CROWD + q][lane] = crowd[q]
    for q in ti.static(range(8)):
        lanes[_OWN + q][lane] = own[q]
        lanes[_OTHER + q][lane] = other[q]


@ti.func
def fill_memory(s: ti.template(), lanes: ti.template(), lane, slot, pair):
    """Puts a contact's history and the parameters of its pair of species into a lane."""
    state = s.contact_state[slot]
    history = history_in(s, slot)
    for q in ti.static(range(8)):
        lanes[HISTORY + q][lane] = history[q]
    velocity = velocity_in(s, slot)
    for q in ti.static(range(3)):
        lanes[VELOCITY + q][lane] = velocity[q]
    lanes[STATE][lane] = real(ti.max(friction_of(state), at.STICKING))
    # Most pairs of a mill are of the same species.
    if lanes[_PAIR][lane] != pair + 0.5:
        lanes[_PAIR][lane] = pair + 0.5
        for q in ti.static(range(at.PAIR)):
            lanes[_PARAMETERS + q][lane] = s.pair[pair + q]


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
    apart = _packs(lanes, _APART, 3)
    memory = _packs(lanes, HISTORY, 8)
    velocity = _packs(lanes, VELOCITY, 3)
    done = collide(
        body_of(_packs(lanes, _OWN, 8)),
        body_of(_packs(lanes, _OTHER, 8)),
        lanes[_RADIUS],
        vec3(apart[0], apart[1], apart[2]),
        lanes[_CLOSENESS],
        _packs(lanes, _CROWD, 2),
        parameters_of(_packs(lanes, _PARAMETERS, at.PAIR)),
        ti.Struct(
            force=vec3(memory[0], memory[1], memory[2]),
            moment=vec3(memory[3], memory[4], memory[5]),
            velocity=vec3(velocity[0], velocity[1], velocity[2]),
            inverse_radius=memory[at.INVERSE_RADIUS],
            state=lanes[STATE],
        ),
        dt,
    )
    lanes[TOUCHES] = done.touches
    lanes[SPEED] = done.speed
    _put_load(lanes, LOAD, done.force, done.torque, done)
    _put_load(lanes, PARTNER_LOAD, times(-1.0, done.force), done.other_torque, done)
    lanes[WORK_WALL] = done.work_wall
    _put3(lanes, VELOCITY, done.history.velocity)
    _put3(lanes, HISTORY, done.history.force)
    _put3(lanes, HISTORY + 3, done.history.moment)
    lanes[HISTORY + 6] = done.history.inverse_radius
    lanes[PEAK_FORCE] = larger(done.push, memory[at.PEAK_FORCE])
    lanes[STATE] = done.history.state
    lanes[ENERGY + at.NORMAL] = done.normal
    lanes[ENERGY + at.SHEAR] = done.shear
    lanes[ENERGY + at.ROLLING] = done.rolling
    lanes[ENERGY + at.NORMAL_DAMPING] = done.normal_damping
    lanes[ENERGY + at.SHEAR_DAMPING] = done.shear_damping
    lanes[ENERGY + at.SLIDING] = done.sliding
    lanes[ENERGY + at.ROLLING_LOSS] = done.rolling_loss
    lanes[ENERGY + at.RELAXATION] = done.relaxation


@ti.func
def take(lanes: ti.template(), row: ti.template(), count: ti.template(), lane):
    """Neighbouring values of one lane as a vector."""
    return ti.Vector([lanes[row + q][lane] for q in ti.static(range(count))])
