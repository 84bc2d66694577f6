"""Contact records: reading, opening and closing what is remembered of a contact."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.energy import tallied
from gpudem.kernels.law import law
from gpudem.kernels.precision import mixed, real, vector3, zeros
from gpudem.kernels.vec3 import vec3


@ti.func
def velocity_of(entry):
    """Velocity [m/s] in an entry of ``motion`` or ``half``, or the force in one of ``load``."""
    return vector3(entry[0], entry[1], entry[2])


@ti.func
def spin_of(entry):
    """Spin [rad/s] in an entry of ``motion`` or ``half``, or the torque in one of ``load``."""
    return vector3(entry[4], entry[5], entry[6])


@ti.func
def load_of(force, torque, damper, spring):
    """Force, torque, damper [kg/s] and spring [N/m] as an entry of ``load``."""
    f, t = force, torque
    return ti.Vector([f[0], f[1], f[2], damper, t[0], t[1], t[2], spring])


@ti.func
def slot_of(s: ti.template(), bead, k):
    """Number of a bead's slot k."""
    return k * s.beads + bead


@ti.func
def record_of(s: ti.template(), bead, k, half: ti.template()):
    """Number of the record of a bead's slot k; ``half`` where pairs stand once."""
    out = slot_of(s, bead, k)
    if ti.static(half):
        out = s.first_record[bead] + k
    return out


@ti.func
def row_of_record(record, row: ti.template()):
    """Where a row of a record stands in ``history``: of the law's memory, or the energy."""
    return ti.static(law.rows + (0 if mixed() else 1)) * record + row


@ti.func
def history_in(s: ti.template(), record):
    """The law's memory of a contact: the numbers of all rows, one behind the other."""
    rows = [s.history[row_of_record(record, r)] for r in ti.static(range(law.rows))]
    return [rows[q // 8][q % 8] for q in ti.static(range(8 * law.rows))]


@ti.func
def number_in(s: ti.template(), record, offset: ti.template()):
    """One number of the law's memory of a contact."""
    return s.history[row_of_record(record, offset // 8)][offset % 8]


@ti.func
def keep_history(s: ti.template(), record, numbers):
    """Overwrites the law's memory, as `history_in` gives it, but not the speed at the onset."""
    s.history[row_of_record(record, 0)] = ti.Vector([numbers[q] for q in ti.static(range(8))])
    for offset in ti.static(law.kept):
        if ti.static(offset >= 8):
            s.history[row_of_record(record, offset // 8)][offset % 8] = numbers[offset]


@ti.func
def keep_entry_speed(s: ti.template(), record, speed):
    """Overwrites the speed at the onset."""
    s.history[row_of_record(record, at.ENTRY_SPEED // 8)][at.ENTRY_SPEED % 8] = speed


@ti.func
def forget_history(s: ti.template(), record):
    """Empties the law's memory: a contact that begins remembers nothing."""
    for row in ti.static(range(law.rows)):
        s.history[row_of_record(record, row)] = zeros(8)


@ti.func
def energy_in(s: ti.template(), record):
    """A record's entry of ``energy``."""
    if ti.static(mixed()):
        return s.energy[record]
    else:
        return s.history[row_of_record(record, law.rows)]


@ti.func
def keep_energy(s: ti.template(), record, energy):
    """Overwrites a record's entry of ``energy``."""
    if ti.static(mixed()):
        s.energy[record] = energy
    else:
        s.history[row_of_record(record, law.rows)] = energy


@ti.func
def pair_of(s: ti.template(), case, species_i, species_j):
    """Where the parameters of two species of a case begin in ``s.constants``."""
    first = s.case_int[case * at.CASE_INT + at.CASE_PAIR_BEGIN]
    kinds = s.case_int[case * at.CASE_INT + at.CASE_SPECIES]
    return first + (species_i * kinds + species_j) * ti.static(len(law.names))


@ti.func
def parameters_of(values):
    """The parameters of the law by name, from their numbers."""
    return ti.Struct(**{law.names[q]: values[q] for q in ti.static(range(len(law.names)))})


@ti.func
def pair_parameters(s: ti.template(), case, species_i, species_j):
    """Contact parameters of two species of a case."""
    first = pair_of(s, case, species_i, species_j)
    return parameters_of([s.constants[first + q] for q in ti.static(range(len(law.names)))])


@ti.func
def friction_of(state):
    """Sticking or sliding, from an entry of ``contact_state``; 0 at the onset."""
    return state & (at.CARRIED - 1)


@ti.func
def _remembered(numbers, name: ti.template()):
    first = ti.static(law.offsets[name])
    if ti.static(law.width(name) == 3):
        return vec3(numbers[first], numbers[first + 1], numbers[first + 2])
    else:
        return numbers[first]


@ti.func
def history_of(numbers, state):
    """A contact's memory as the law takes it, by name; ``state`` as `friction_of` gives it."""
    return ti.Struct(
        state=state, **{name: _remembered(numbers, name) for name in ti.static(list(law.offsets))}
    )


@ti.func
def history_of_record(s: ti.template(), record):
    """The history of a contact as the law takes it."""
    return history_of(history_in(s, record), real(friction_of(s.contact_state[record])))


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
def release(s: ti.template(), case, record, p, reduced_radius, smaller_radius):
    """Books what an ending contact still holds as lost."""
    lost = law.release(p, history_of_record(s, record), reduced_radius, smaller_radius)
    energy = energy_in(s, record)
    energy[at.NORMAL_DAMPING] += tallied(s, case, lost.normal_damping)
    energy[at.RELAXATION] += tallied(s, case, lost.relaxation)
    energy[at.ROLLING_LOSS] += tallied(s, case, lost.rolling_loss)
    keep_energy(s, record, energy)


@ti.func
def move_record(s: ti.template(), old, new):
    """Moves what is remembered of a contact under way from one record to another."""
    for row in ti.static(range(law.rows)):
        s.history[row_of_record(new, row)] = s.history[row_of_record(old, row)]
    keep_energy(s, new, energy_in(s, old))
    s.booked[new] = s.booked[old]
    s.onset[new] = s.onset[old]
    s.contact_state[new] = s.contact_state[old]
    s.contact_state[old] = at.APART
    forget_history(s, old)
