"""Contact records: reading, opening and closing what a slot holds."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.energy import tallied
from gpudem.kernels.precision import mixed, real, vector3, zeros
from gpudem.kernels.vec3 import dot, vec3


@ti.func
def velocity_of(entry):
    """Velocity [m/s] in an entry of ``motion`` or ``half``, or the push in one of ``load``."""
    return vector3(entry[0], entry[1], entry[2])


@ti.func
def spin_of(entry):
    """Spin [rad/s] in an entry of ``motion`` or ``half``, or the torque in one of ``load``."""
    return vector3(entry[4], entry[5], entry[6])


@ti.func
def load_of(push, torque, damper, spring):
    """Push, torque, damper [kg/s] and spring [N/m] as an entry of ``load``."""
    p, t = push, torque
    return ti.Vector([p[0], p[1], p[2], damper, t[0], t[1], t[2], spring])


@ti.func
def slot_of(s: ti.template(), bead, k):
    """Number of a bead's slot k."""
    return k * s.beads + bead


@ti.func
def history_in(s: ti.template(), slot):
    """A slot's entry of ``history``."""
    return s.history[ti.static(at.REMEMBERED[mixed()]) * slot]


@ti.func
def keep_history(s: ti.template(), slot, history):
    """Overwrites a slot's entry of ``history``."""
    s.history[ti.static(at.REMEMBERED[mixed()]) * slot] = history


@ti.func
def velocity_in(s: ti.template(), slot):
    """A slot's relative velocity in the last step and speed at the onset."""
    behind = s.history[ti.static(at.REMEMBERED[mixed()]) * slot + 1]
    return ti.Vector([behind[q] for q in ti.static(range(4))])


@ti.func
def keep_velocity(s: ti.template(), slot, velocity):
    """Overwrites the velocity that `velocity_in` reads, not the speed at the onset."""
    for axis in ti.static(range(3)):
        s.history[ti.static(at.REMEMBERED[mixed()]) * slot + 1][axis] = velocity[axis]


@ti.func
def keep_entry_speed(s: ti.template(), slot, speed):
    """Overwrites the speed at the onset that `velocity_in` reads."""
    s.history[ti.static(at.REMEMBERED[mixed()]) * slot + 1][at.ENTRY_SPEED] = speed


@ti.func
def energy_in(s: ti.template(), slot):
    """A slot's entry of ``energy``."""
    if ti.static(mixed()):
        return s.energy[slot]
    else:
        return s.history[ti.static(at.REMEMBERED[mixed()]) * slot + 2]


@ti.func
def keep_energy(s: ti.template(), slot, energy):
    """Overwrites a slot's entry of ``energy``."""
    if ti.static(mixed()):
        s.energy[slot] = energy
    else:
        s.history[ti.static(at.REMEMBERED[mixed()]) * slot + 2] = energy


@ti.func
def pair_of(s: ti.template(), case, species_i, species_j):
    """Where the parameters of two species of a case begin in ``s.pair``."""
    first = s.case_int[case * at.CASE_INT + at.CASE_PAIR_BEGIN]
    kinds = s.case_int[case * at.CASE_INT + at.CASE_SPECIES]
    return (first + species_i * kinds + species_j) * at.PAIR


@ti.func
def parameters_of(values):
    """The values of ``layout.PAIR`` by name, as the law takes them."""
    return ti.Struct(
        normal=values[at.PAIR_NORMAL],
        tangential=values[at.PAIR_TANGENTIAL],
        tangential_compliance=values[at.PAIR_COMPLIANCE],
        damping=values[at.PAIR_DAMPING],
        shear_damping=values[at.PAIR_SHEAR_DAMPING],
        static_friction=values[at.PAIR_STATIC],
        dynamic_friction=values[at.PAIR_DYNAMIC],
        rolling_friction=values[at.PAIR_ROLLING],
        stick_speed=values[at.PAIR_STICK_SPEED],
        rolling_model=values[at.PAIR_ROLLING_MODEL],
        rolling_by_bead=values[at.PAIR_ROLLING_RADIUS],
    )


@ti.func
def pair_parameters(s: ti.template(), case, species_i, species_j):
    """Contact parameters of two species of a case."""
    first = pair_of(s, case, species_i, species_j)
    return parameters_of([s.pair[first + q] for q in ti.static(range(at.PAIR))])


@ti.func
def friction_of(state):
    """Sticking or sliding, from an entry of ``contact_state``."""
    return state & (at.CARRIED - 1)


@ti.func
def unpack_history(packed, velocity, state):
    """A slot's history as the law takes it."""
    return ti.Struct(
        force=vec3(packed[0], packed[1], packed[2]),
        moment=vec3(packed[3], packed[4], packed[5]),
        velocity=vec3(velocity[0], velocity[1], velocity[2]),
        inverse_radius=packed[at.INVERSE_RADIUS],
        state=real(friction_of(state)),
    )


@ti.func
def pack_history(h, peak):
    """The law's history and the largest normal force so far [N] as a slot holds them."""
    f, m = h.force, h.moment
    return ti.Vector([f.x, f.y, f.z, m.x, m.y, m.z, h.inverse_radius, peak])


@ti.func
def history_of(packed, velocity, state):
    """A slot's history as the law takes it; a contact that begins remembers nothing."""
    return unpack_history(packed, velocity, ti.max(state, at.STICKING))


@ti.func
def energies_of(done):
    """What a contact did in a step, in the order of the collision log [J]."""
    return ti.Vector(
        [
            done.normal,
            done.shear,
            done.rolling,
            done.normal_damping,
            done.shear_damping,
            done.sliding,
            done.rolling_loss,
            done.relaxation,
        ]
    )


@ti.func
def release(s: ti.template(), case, slot, p, rolling_radius):
    """Books what the springs of an ending contact still hold as lost."""
    h = unpack_history(history_in(s, slot), velocity_in(s, slot), 0)
    compliance = 0.5 * p.tangential_compliance * h.inverse_radius
    rolling = dot(h.moment, h.moment) / (rolling_radius * rolling_radius)
    energy = energy_in(s, slot)
    energy[at.RELAXATION] += tallied(s, case, compliance * dot(h.force, h.force))
    energy[at.ROLLING_LOSS] += tallied(s, case, compliance * rolling)
    keep_energy(s, slot, energy)


@ti.func
def move_contact(s: ti.template(), old, new):
    """Moves a contact under way from one slot to another."""
    s.partner[new] = s.partner[old]
    keep_history(s, new, history_in(s, old))
    keep_velocity(s, new, velocity_in(s, old))
    keep_entry_speed(s, new, velocity_in(s, old)[at.ENTRY_SPEED])
    keep_energy(s, new, energy_in(s, old))
    s.booked[new] = s.booked[old]
    s.onset[new] = s.onset[old]
    s.contact_state[new] = s.contact_state[old]
    s.contact_state[old] = at.APART
    keep_history(s, old, zeros(8))
