"""Contact records: reading, opening and closing what a slot holds."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.law import History, Parameters

vec2 = ti.types.vector(2, ti.f64)
vec3 = ti.types.vector(3, ti.f64)
vec8 = ti.types.vector(8, ti.f64)


@ti.func
def velocity_of(entry):
    """Velocity [m/s] in an entry of ``motion`` or ``half``, or the push in one of ``load``."""
    return vec3(entry[0], entry[1], entry[2])


@ti.func
def spin_of(entry):
    """Spin [rad/s] in an entry of ``motion`` or ``half``, or the torque in one of ``load``."""
    return vec3(entry[4], entry[5], entry[6])


@ti.func
def pair_parameters(s: ti.template(), case, species_i, species_j):
    """Contact parameters of two species of a case."""
    first = s.case_int[case * at.CASE_INT + at.CASE_PAIR_BEGIN]
    kinds = s.case_int[case * at.CASE_INT + at.CASE_SPECIES]
    base = (first + species_i * kinds + species_j) * at.PAIR
    return Parameters(
        normal=s.pair[base + at.PAIR_NORMAL],
        tangential=s.pair[base + at.PAIR_TANGENTIAL],
        tangential_compliance=s.pair[base + at.PAIR_COMPLIANCE],
        damping=s.pair[base + at.PAIR_DAMPING],
        shear_damping=s.pair[base + at.PAIR_SHEAR_DAMPING],
        static_friction=s.pair[base + at.PAIR_STATIC],
        dynamic_friction=s.pair[base + at.PAIR_DYNAMIC],
        rolling_friction=s.pair[base + at.PAIR_ROLLING],
        stick_speed=s.pair[base + at.PAIR_STICK_SPEED],
        rolling_model=s.pair[base + at.PAIR_ROLLING_MODEL],
        rolling_by_bead=s.pair[base + at.PAIR_ROLLING_RADIUS],
    )


@ti.func
def unpack_history(packed, state):
    """A slot's history as the law takes it."""
    return History(
        force=vec3(packed[0], packed[1], packed[2]),
        moment=vec3(packed[3], packed[4], packed[5]),
        inverse_radius=packed[at.INVERSE_RADIUS],
        state=state % at.CARRIED,
    )


@ti.func
def pack_history(h: History, onset):
    """The law's history as a slot holds it."""
    return vec8(
        h.force[0],
        h.force[1],
        h.force[2],
        h.moment[0],
        h.moment[1],
        h.moment[2],
        h.inverse_radius,
        onset,
    )


@ti.func
def begin_contact(s: ti.template(), slot, entry_speed, step):
    """Clears a slot for a contact that begins."""
    history = vec8(0.0)
    history[at.ONSET] = ti.cast(step, ti.f64)
    s.history[slot] = history
    s.energy[slot] = vec8(0.0)
    s.booked[slot] = vec8(0.0)
    s.peak[slot] = vec2(0.0, entry_speed)
    s.contact_state[slot] = at.STICKING


@ti.func
def release(s: ti.template(), slot, p: Parameters, rolling_radius):
    """Books what the springs of an ending contact still hold as lost."""
    h = unpack_history(s.history[slot], 0)
    compliance = 0.5 * p.tangential_compliance * h.inverse_radius
    energy = s.energy[slot]
    energy[at.RELAXATION] += compliance * h.force.norm_sqr()
    energy[at.ROLLING_LOSS] += compliance * h.moment.norm_sqr() / (rolling_radius * rolling_radius)
    s.energy[slot] = energy


@ti.func
def move_contact(s: ti.template(), old, new):
    """Moves a contact under way from one slot to another."""
    s.history[new] = s.history[old]
    s.energy[new] = s.energy[old]
    s.booked[new] = s.booked[old]
    s.peak[new] = s.peak[old]
    s.contact_state[new] = s.contact_state[old]
    s.contact_state[old] = at.APART
