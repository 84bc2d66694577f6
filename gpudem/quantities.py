"""Every quantity that gpudem records, declared once: name, unit and meaning.

The device kernels, the run file, the reader and the reports all take their names,
order and units from here. Nothing in this module needs Taichi.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A recorded quantity.

    Attributes:
        name: name of the data set in the run file.
        unit: SI unit as text ("1" for counts).
        meaning: one sentence for tables and file attributes.
    """

    name: str
    unit: str
    meaning: str


#: The two kinds of contact pairs that are always logged apart, in storage order.
PAIR_KINDS = ("bead_bead", "bead_wall")

#: Logged per pair kind, bead and interval (in the order of the device's log array).
COLLISION_LOG = (
    Quantity("normal", "J", "work of the normal force while loading (impact energy)"),
    Quantity("shear", "J", "work against the tangential force, signed"),
    Quantity("rolling", "J", "work against the rolling resistance, signed"),
    Quantity("normal_damping", "J", "loss in the normal damper"),
    Quantity("shear_damping", "J", "loss in the tangential damper while no friction cap cuts"),
    Quantity("sliding", "J", "loss by sliding friction"),
    Quantity("rolling_loss", "J", "loss by rolling resistance"),
    Quantity(
        "relaxation",
        "J",
        "tangential spring energy lost by rescaling, a falling cap, and at the end",
    ),
    Quantity("contacts", "1", "contacts that began (overlap onset)"),
    Quantity("contacts_loaded", "1", "contacts that began with a normal force above zero"),
)

#: The channels of COLLISION_LOG whose sum is the dissipated energy W^d.
DISSIPATION_CHANNELS = (
    "normal_damping",
    "shear_damping",
    "sliding",
    "rolling_loss",
    "relaxation",
)

#: Sums over the events (whole contacts) that ended in an interval, per pair kind.
#: An event that was already touching when the log window opened is "carried": only its
#: energy inside the window counts, and it enters no histogram.
EVENT_SUMS = (
    Quantity("events", "1", "contacts that began inside the window and ended"),
    Quantity("dissipation", "J", "their dissipated energy"),
    Quantity("normal", "J", "their normal work while loading"),
    Quantity("shear", "J", "their shear work"),
    Quantity("dissipation_squared", "J2", "sum of squares of the dissipated energy"),
    Quantity("normal_squared", "J2", "sum of squares of the normal work"),
    Quantity("shear_squared", "J2", "sum of squares of the shear work"),
    Quantity("carried_events", "1", "contacts that touched when the window opened and ended"),
    Quantity("carried_dissipation", "J", "their dissipated energy inside the window"),
    Quantity("carried_normal", "J", "their normal work inside the window"),
    Quantity("carried_shear", "J", "their shear work inside the window"),
    Quantity("impact", "J", "impact energy of those that began inside: largest transferred"),
    Quantity("onset", "J", "their energy of approach along the normal, m* v_n^2 / 2"),
)

#: Quantities of one whole contact that are counted in logarithmic histograms.
EVENT_HISTOGRAMS = (
    Quantity("dissipation", "J", "dissipated energy of one contact"),
    Quantity("normal", "J", "normal work while loading of one contact"),
    Quantity("shear", "J", "shear work of one contact"),
    Quantity("peak_force", "N", "largest normal force of one contact"),
    Quantity("entry_speed", "m/s", "normal speed at the onset of one contact"),
    Quantity("life", "s", "time from onset to end of one contact"),
    Quantity("impact", "J", "impact energy of one contact: largest normal work since its onset"),
    Quantity("onset", "J", "energy of approach along the normal at its onset, m* v_n^2 / 2"),
)

#: Histogram classes: eight equal steps between neighbouring powers of two.
HISTOGRAM_STEPS_PER_OCTAVE = 8
HISTOGRAM_LOWEST_EXPONENT = -60
HISTOGRAM_HIGHEST_EXPONENT = 12
HISTOGRAM_CLASSES = HISTOGRAM_STEPS_PER_OCTAVE * (
    HISTOGRAM_HIGHEST_EXPONENT - HISTOGRAM_LOWEST_EXPONENT
)


def histogram_edges() -> list[float]:
    """Edges of the histogram classes, HISTOGRAM_CLASSES + 1 values in SI units.

    Class k holds values in [edge[k], edge[k + 1]); values below the first edge (zero and
    negative ones too) are counted in class 0, values above the last one in the last class.
    """
    steps = HISTOGRAM_STEPS_PER_OCTAVE
    return [
        2.0 ** (HISTOGRAM_LOWEST_EXPONENT + k // steps) * (1.0 + (k % steps) / steps)
        for k in range(HISTOGRAM_CLASSES + 1)
    ]


#: One value per log interval for the whole bowl, besides the sums of COLLISION_LOG and the channels
#: of the mill.
#: Works are of the interval; energies and means are of its last moment.
SUMMARY = (
    Quantity("time", "s", "end of the interval"),
    Quantity("work_body", "J", "work of gravity and of the frame's acceleration on the beads"),
    Quantity("work_contact", "J", "work of all contact forces and moments on the beads"),
    Quantity("work_wall", "J", "work of the moving walls on the beads"),
    Quantity("kinetic_energy", "J", "translational kinetic energy in the bowl's frame"),
    Quantity("spin_energy", "J", "rotational kinetic energy"),
    Quantity("stored_energy", "J", "elastic energy stored in all contacts"),
    Quantity("mean_speed", "m/s", "mean speed of the beads in the bowl's frame"),
    Quantity("touching_bead_bead", "1", "bead-bead contacts at this moment"),
    Quantity("touching_bead_wall", "1", "bead-wall contacts at this moment"),
    Quantity("largest_overlap", "1", "largest overlap over bead radius at this moment"),
    Quantity("centre_x", "m", "centre of mass, x"),
    Quantity("centre_y", "m", "centre of mass, y"),
    Quantity("centre_z", "m", "centre of mass, z"),
    Quantity("acceleration_x", "m/s2", "body acceleration felt by every bead, x"),
    Quantity("acceleration_y", "m/s2", "body acceleration felt by every bead, y"),
    Quantity("acceleration_z", "m/s2", "body acceleration felt by every bead, z"),
)

#: What a mill records of itself in each interval, beside SUMMARY, where its drive names no others.
CHANNELS = (
    Quantity(
        "disc_speed",
        "rad/s",
        "angular speed of the mill's drive (disc, drum, shaft; 2 pi times a shaker's frequency)",
    ),
)

#: Per-bead values of a snapshot (point data of the VTKHDF part); shape (beads,) or (beads, 3).
SNAPSHOT_FIELDS = (
    Quantity("velocity", "m/s", "velocity in the bowl's frame"),
    Quantity("angular_velocity", "rad/s", "angular velocity in the bowl's frame"),
    Quantity("speed", "m/s", "magnitude of the velocity"),
    Quantity("collision_power", "W", "dissipated power, mean since the last snapshot"),
    Quantity("collision_rate", "1/s", "contacts begun per second since the last snapshot"),
    Quantity("touching", "1", "contacts at this moment"),
    Quantity("contact_force", "N", "sum of the magnitudes of its contacts' forces at this moment"),
)
