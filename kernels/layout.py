"""What lies where in the device arrays.

All state is held in one-dimensional arrays of numbers or short vectors (kernels/fields.py), the
beads of all cases one behind the other. Each block below names an array, and the places of the
values in one entry. SI units throughout; no Taichi in this file, so that the host may read it too.
"""

from __future__ import annotations

#: Numbers of 4 bytes in a cache line: entries that several threads write are multiples of it.
LINE = 16


class _Columns:
    """Deals out the places of the values in an entry, one behind the other."""

    def __init__(self) -> None:
        self._used = 0

    def place(self, values: int = 1) -> int:
        """Where the next value, or so many values, stand."""
        begin, self._used = self._used, self._used + values
        return begin

    def width(self, multiple: int = 1) -> int:
        """Numbers of an entry with all values dealt out so far, rounded up."""
        return -(-self._used // multiple) * multiple


# Beads; one entry a bead in each array, entries of 8 values filling a cache line. The parallel
# schedule holds position and motion twice, for even and odd steps; the serial one moves in place.
# position, 4 values: position [m] and radius [m], which is all that the distance test needs; in
# mixed precision integers, in CASE_LENGTH.
# In CASE_LENGTH a coordinate is below FURTHEST; that of a bead which went further is LOST.
# motion, 8 values: velocity [m/s] and spin [rad/s] (angular velocity), second-order estimates at
# the time of `position`; between them what else a contact asks of its beads.
# half, 8 values: the integrator's own velocity and spin, half a step earlier or later, and the
# inverse mass and moment.
# load, 8 values: force [N] and torque [N m] of the contacts of the current step, and between them
# the strongest damper and the tangential spring of each, while added up.
# crowd, 2 values: those dampers and springs over the bead's mass in the last step; kept twice, as
# `motion` is.
# anchor, 4 values: the bead's position when its list was made.
# motion_rest, position_rest: mixed precision only, what rounding kept from the entries of `half`
# and `position`, in units of CASE_SPEED and CASE_SPIN, and of CASE_LENGTH.
RADIUS = 3
FURTHEST, LOST = 1 << 30, -(1 << 31)
VELOCITY = 0  # 3 values
SPIN = 4  # 3 values
INVERSE_MASS = 3  # [1/kg], in `motion`; in `half` 0 where the bead is held
CURVATURE = 7  # [1/m], 1/radius, in `motion`
INVERSE_MOMENT = 7  # [1/(kg m2)], in `half`; 0 where the spin is locked
DAMPER, SPRING = 3, 7  # [kg/s], [N/m], in `load`
CROWDING, STIFFENING = 0, 1  # [1/s], [1/s2], in `crowd`

# The serial schedule sums works by groups of so many beads; pools of records are whole groups.
GROUP = 16
# Sums of energy are in joules; in mixed precision integers, in CASE_ENERGY, those of the log in
# half of it.
# work, 4 values, three of them used, since the last `collect`.
WORK = 3
WORK_BODY = 0  # by gravity and the frame [J]
WORK_CONTACT = 1  # by contact forces and moments [J]
WORK_WALL = 2  # by the motion of the walls [J]

# wall_sums: for each bead and wall of its case WALL_SUMS values since the log window opened, where
# a case asks for them: what the bead did to the wall. In mixed precision all in CASE_ENERGY, the
# number of newton seconds taken for joules.
WALL_IMPULSE = 0  # 3 values [N s]
WALL_TWIST = 3  # 3 values: impulse of the torque about the wall's centre [N m s]
WALL_WORK = 6  # of the wall's motion on the bead [J]
WALL_SLIDING = 7  # loss by sliding friction [J]
WALL_DAMPING = 8  # loss in the normal damper [J]
WALL_PRESSING = 9  # of the normal force, without its direction [N s]
WALL_LOADING = 10  # work of the normal force while loading [J]
WALL_SUMS = 11

# visit: likewise VISIT values, where there are walls of meshes: what of these the bead did to the
# triangle that it touched last since it came there, and which one that is, 0 for none.
# facet_sums: for each triangle of all meshes FACET_SUMS 64-bit integers in CASE_FACET, the number
# of newton seconds taken for joules: all visits that are over. Integers, as beads of several
# threads may leave a triangle at once: their sum does not depend on the order.
FACET_PRESSING, FACET_LOADING, FACET_SLIDING, FACET_DAMPING = 0, 1, 2, 3
FACET_SUMS = 4
VISIT_TRIANGLE = 4
VISIT = 5

# A bead's contacts are told apart by the kind of partner: beads by their species, and behind all of
# those the walls; one species makes two kinds.
# log: for each bead and kind of partner LOG_VALUES values since the last `collect`, in the order of
# gpudem.quantities.COLLISION_LOG.
LOG_ENERGIES = 8
LOG_CONTACTS = 8
LOG_LOADED = 9
LOG_VALUES = 10
NORMAL, SHEAR, ROLLING = 0, 1, 2
NORMAL_DAMPING, SHEAR_DAMPING, SLIDING, ROLLING_LOSS, RELAXATION = 3, 4, 5, 6, 7

# event_sums: likewise EVENT_VALUES values (EVENT_SUMS of the registry).
EVENT_VALUES = 13
EVENT_CARRIED, EVENT_IMPACT = 7, 11

# Neighbours are listed in slots, walls first, then beads by rising number: bead i of N owns slots
# i, N + i, 2 N + i ..., so that the few in use lie close together. `partner` holds the other bead's
# number or -1 - (wall's number).
# What is remembered of a contact under way is its record: `contact_state`, the state machine, and
# the arrays below. In the parallel schedules each slot has the record of its own number. In the
# serial one `first_record` says which one the first slot of a bead has; the others follow. Beads
# share their records in pools (docs/design/memory.md): those of a pool whose first bead is number i
# begin at 1 + i * records, as many as that for each; record 0 stands for none, and stays empty.
APART, STICKING, SLIDING_STATE = 0, 1, 2
CARRIED = 4  # added to the state when the contact was touching as the log window opened
# history, rows of 8 values: what the contact law remembers (kernels/law.py), around two values of
# the engine's own. In double precision its energy stands behind them in the same array, as
# processors fetch such neighbours together (kernels/records.py). All 0 while apart.
PEAK_FORCE = 7  # largest normal force since the onset [N]
ENTRY_SPEED = 11  # normal speed at the onset [m/s], in the second row
# Work of the normal force since the onset, signed, and the largest it has been [J].
TRANSFERRED, PEAK_TRANSFERRED = 13, 14
# onset: step number of the onset.
# energy: LOG_ENERGIES values since the onset [J]; booked: what of it the beads' log already holds.

# constants: what never changes. First one entry a wall, mostly a line turned about an axis;
# points of the line are (distance from the axis, height along it).
_wall = _Columns()
WALL_KIND = _wall.place()
WALL_MIDDLE = _wall.place(2)  # [m]: middle of a segment, centre of an arc
WALL_DIRECTION = _wall.place(2)  # unit vector: along a segment, to the middle of an arc
WALL_EXTENT = _wall.place()  # half the length of a segment [m], cosine of half the angle of an arc
WALL_ARC_RADIUS = _wall.place()  # [m]
WALL_SPECIES = _wall.place()
WALL_MOVES = _wall.place()  # 1 where it moves through space: it is listed for every bead
WALL = _wall.width()
SEGMENT, ARC = 0, 1
DISC = 2  # a segment across the axis, from one rim to the other
# A wall of several lines has for WALL_MIDDLE the first of their entries and one past the last;
# these stand behind those of the walls. Its WALL_DIRECTION are the least radius of a bead that
# touches it, and the one from which on none does [m]; its WALL_EXTENT is 1, or -1 where a bead
# touches it beyond the axis.
SMOOTH = 3
# A mesh has for WALL_MIDDLE where its surface begins in `constants`.
MESH = 4

# Behind them the contact law's parameters (kernels/law.py), one entry for each ordered pair of
# species of a case; and one entry for each grid of cells of a case. Beads of similar sizes share a
# grid, a level, so that small ones need not look through cells for the largest.
_level = _Columns()
LEVEL_LARGEST = _level.place()  # above the radii of its beads, below those of the next level's [m]
LEVEL_PER_CELL = _level.place()  # inverse of its cells' edge [1/m]
LEVEL_CELLS = _level.place(3)  # how many along each axis
LEVEL_CELL_BEGIN = _level.place()  # its first cell among those of the case
LEVEL = _level.width()

# Behind those the surfaces of meshes, each in its own frame. MESH_LISTS is where the table of the
# grid's cells stands: where the list of each cell begins, in the order of the cells, and where the
# last one ends. An entry of a list is the place of a triangle: its first corner, then the ways from
# there to the other two.
_mesh = _Columns()
MESH_ORIGIN = _mesh.place(3)  # lowest corner of the grid [m]
MESH_PER_EDGE = _mesh.place()  # inverse of the cells' edge [1/m]
MESH_CELLS = _mesh.place(3)
MESH_LISTS = _mesh.place()
MESH_FAR = _mesh.place()  # what stands for any larger distance [m]
MESH_FACET = _mesh.place()  # its first triangle among those of `facet_sums`
MESH_HEAD = _mesh.width()
MESH_TRIANGLE = 9

# drive: per case and step of a chunk, the body acceleration; and WALL_POSE values for each wall of
# the case, behind it in each row, or once where they never change. Computed by the host as a
# function of the step number alone.
DRIVE_BODY = 3  # [m/s2]
_pose = _Columns()
POSE_CENTRE = _pose.place(3)  # [m], on the axis, where heights count from
# Unit vector; of a mesh the vector part of the unit quaternion that turns it, the scalar part of
# which is not negative.
POSE_AXIS = _pose.place(3)
POSE_VELOCITY = _pose.place(3)  # [m/s], of the centre
POSE_SPIN = _pose.place(3)  # [rad/s]
POSE_CENTRE_REST = _pose.place(3)  # [m]: what single precision keeps from the centre
WALL_POSE = _pose.width()

# case_real, case_int: one entry a case.
_real = _Columns()
CASE_STEP = _real.place()  # time step [s]
CASE_SKIN = _real.place()  # neighbours are listed up to this gap [m]
CASE_ORIGIN = _real.place(3)  # [m]: lowest corner of the cell grids
CASE_CLOSE_SKIN = _real.place()  # gap up to which the serial schedule calls near slots close [m]
# Units of mixed precision, powers of two, and how many make a metre ...; 1 in double precision.
CASE_LENGTH, CASE_PER_LENGTH = _real.place(), _real.place()  # [m], [1/m]
CASE_SPEED, CASE_PER_SPEED = _real.place(), _real.place()  # [m/s], [s/m]
CASE_SPIN, CASE_PER_SPIN = _real.place(), _real.place()  # [rad/s], [s/rad]
CASE_ENERGY, CASE_PER_ENERGY = _real.place(), _real.place()  # [J], [1/J]
CASE_FACET, CASE_PER_FACET = _real.place(), _real.place()  # [J], [1/J], in both precisions
CASE_REAL = _real.width(LINE)
# partner_next: the next lists, in the order of the beads' slots. The parallel schedules make them
# in active, which holds what touches in a step: slots of a bead in its own places, or in the block
# schedule of a case in those of its beads.
# near, close: lists of the serial schedule, 4 values an entry; alive: whether the contact of a
# close entry touched in the last step; active: the close entries that touch in this one or did
# in the last; active_gap: the gaps of these (kernels/gap.py).
# share: for the beads of each member of a team, or all of a case, how long these lists are.
# For the block schedule: effect, as for a team, and behind each entry one for the wall's work.
# For a team of threads: gathered: whether a bead is partner in another member's share. Of such a
# bead, incident_end and incident list the contacts (kernels/schedules/serial_lists.py), whose
# records then hold what they do to their bead (effect, like an entry of `load`) and to its partner
# (partner_effect: torque [N m], and the work of a moving wall [J]). In a step the entries that
# began or ended overwrite the active ones, for the log. message: what members tell each other;
# barrier: where they wait.
LIST_BEAD, LIST_PARTNER, LIST_RECORD, LIST_PAIR = 0, 1, 2, 3  # the last as given by `pair_of`
# travel: two values a case, kept by the serial schedule: the most that any bead can have gone
# since the near and since the close slots were listed [m].
_travel = _Columns()
TRAVEL_NEAR, TRAVEL_CLOSE = _travel.place(), _travel.place()
TRAVEL = _travel.width(LINE // 2)
_int = _Columns()
CASE_BEAD_BEGIN, CASE_BEAD_END = _int.place(), _int.place()
CASE_WALL_BEGIN, CASE_WALL_END = _int.place(), _int.place()
CASE_PAIR_BEGIN, CASE_SPECIES = _int.place(), _int.place()  # in `constants`; how many species
CASE_DRIVE_BEGIN, CASE_DRIVE_LENGTH = _int.place(), _int.place()
CASE_CELL_BEGIN, CASE_CELLS = _int.place(), _int.place()  # of all its grids together
CASE_LEVEL_BEGIN, CASE_LEVELS = _int.place(), _int.place()  # in `constants`; how many
CASE_CELLS_NEAR = _int.place()  # cells that its largest bead looks into, about
CASE_POSE_BEGIN = _int.place()  # where the poses of its walls begin in the drive, or in its rows
CASE_POSE_BY_STEP = _int.place()  # 1: in each row, 0: once
CASE_POOL = _int.place()  # beads that share their records, for the serial schedule
CASE_INT = _int.width(LINE)

# barrier: one entry a case: arrivals, whether it is closed, and whether somebody waited too long in
# an even and in an odd step; message: one entry a member of a team; share: one a member of each
# case. All of them are a cache line or two.
BARRIER = LINE
_message = _Columns()
MESSAGE_SLOTS = _message.place()  # slots needed
MESSAGE_FASTEST = _message.place()  # square of the fastest speed [m2/s2]
MESSAGE_CHANGED = _message.place()  # entries that began or ended
MESSAGE_INCIDENT = _message.place()  # entries in `incident`
MESSAGE_RECORDS = _message.place()  # records that a bead needs
MESSAGE = _message.width(LINE)
_share = _Columns()
# Near entries of walls, which stand first, and of all; close ones likewise.
SHARE_NEAR_WALLS, SHARE_NEAR = _share.place(), _share.place()
SHARE_CLOSE_WALLS, SHARE_CLOSE = _share.place(), _share.place()
SHARE = _share.width(LINE)

# status: one entry a case, a cache line long so that cases on other cores do not share one.
_status = _Columns()
STATUS_STEPS = _status.place()  # steps done since the host cleared it
STATUS_STALE = _status.place()  # 1: the neighbour list must be rebuilt before the next step
STATUS_SLOTS = _status.place()  # slots a bead needs, where its K did not suffice
STATUS_RECORDS = _status.place()  # records a bead needs, where those of a pool did not suffice
STATUS_CELL_SLOTS = _status.place()  # slots a cell needs, where they did not suffice
STATUS_REBUILDS = _status.place()  # rebuilds since the host cleared it
STATUS_BEADS = _status.place()  # bead-steps done since the host cleared it, modulo 2^31
STATUS_MEMBERS = _status.place()  # serial schedule: threads for whose shares the lists were made
# Of the parallel schedules: the step before which it must renew its lists, or NEVER; beads whose
# next list the last renewal made; beads that took it over; and renewals that missed a bead, where
# the host stops.
NEVER = 1 << 30
STATUS_STOP, STATUS_LISTED = _status.place(), _status.place()
STATUS_ADOPTED, STATUS_LOST = _status.place(), _status.place()
STATUS_TOUCHING = _status.place()  # of the block schedule: contacts in this step
STATUS_EVENTS = _status.place()  # the most events that a bead has in `pending`, where counted
# Of the serial schedule: the first bead without a finite position, or -1.
STATUS_LOST_BEAD = _status.place()
STATUS = _status.width(LINE)

# tally: counts of a bead.
_tally = _Columns()
TALLY_NEXT_SLOTS = _tally.place()  # slots that its next list needs
# Of the parallel schedules: steps done since the host cleared it, events in `pending`.
TALLY_WORKED, TALLY_PENDING = _tally.place(), _tally.place()
# Of the block schedule: a bit for each slot that touches, begins or ends to touch in this step.
TALLY_TOUCHING, TALLY_BEGINNING, TALLY_ENDING = _tally.place(), _tally.place(), _tally.place()
TALLY_FENCE = _tally.place()  # of the block schedule: stays 0 (kernels/schedules/block.py, `wait`)
TALLY = _tally.width()
# pending: per bead up to PENDING events that ended but are not in the histograms yet, PACKED values
# each, of the classes in HISTOGRAMS_IN_ONE of them and the kind of partner; none between two calls
# of the device. Only the parallel schedules need them.
PENDING = 64
HISTOGRAMS_IN_ONE = 3

# cell_bead: the beads in each cell. In the serial schedule they stand one behind the other, and
# cell_used says where those of a cell end; in the parallel ones each cell has room for so many,
# behind the number of those in it.

# histogram: per case, species, kind of partner and quantity of EVENT_HISTOGRAMS HISTOGRAM_CLASSES
# counts; contacts of two beads stand with the one that lists them.
HISTOGRAMS = 8
PACKED = -(-HISTOGRAMS // HISTOGRAMS_IN_ONE)  # numbers of an event in `pending`

# sample: what `collect` reports for each bead at one moment.
_sample = _Columns()
SAMPLE_STORED = _sample.place()  # elastic energy of its contacts (half of a bead-bead one's) [J]
SAMPLE_TOUCHING_BEAD, SAMPLE_TOUCHING_WALL = _sample.place(), _sample.place()
SAMPLE_OVERLAP = _sample.place()  # largest overlap over radius
SAMPLE_KINETIC, SAMPLE_SPIN = _sample.place(), _sample.place()  # [J]
SAMPLE_SPEED = _sample.place()  # [m/s]
SAMPLE_POSITION = _sample.place(3)  # [m]
SAMPLE = _sample.width()
