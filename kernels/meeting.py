"""How a bead meets a partner, another bead or a wall: where they touch and how they move there."""

import taichi as ti

from gpudem.kernels import layout as at
from gpudem.kernels.law import Approach
from gpudem.kernels.records import spin_of, velocity_of
from gpudem.kernels.wall import from_nearest_point, pose_of, vector_at

vec3 = ti.types.vector(3, ti.f64)


@ti.dataclass
class Meeting:
    """A bead and its partner at the contact point.

    ``arm`` and ``other_arm`` [m] are the distances of the bead's and the partner's centre from
    the contact point, ``surface_velocity`` [m/s] and ``surface_spin`` [rad/s] the wall's there
    (a bead partner's own velocity and spin).
    """

    approach: Approach
    arm: ti.f64
    other_arm: ti.f64
    surface_velocity: vec3
    surface_spin: vec3
    species: ti.i32


@ti.func
def separation(s: ti.template(), now, case, here, partner, row):
    """Vector [m] to a bead's centre from its partner's centre or nearest point, and the reach.

    They touch where the vector is shorter than the reach: the sum of the radii, or the radius.
    """
    apart = vec3(0.0)
    reach = here[at.RADIUS]
    if partner >= 0:
        there = s.place[now + partner]
        apart = here.xyz - there.xyz
        reach += there[at.RADIUS]
    else:
        wall = -1 - partner
        apart = from_nearest_point(s, wall, pose_of(s, case, wall, row), here.xyz)
    return apart, reach


@ti.func
def meet(
    s: ti.template(),
    now,
    case,
    bead,
    partner,
    here,
    apart,
    reach,
    row,
):
    """Kinematics of a touching pair; ``apart`` and ``reach`` as ``separation`` gave them."""
    out = Meeting()
    radius = here[at.RADIUS]
    square = apart.norm_sqr()
    distance = ti.sqrt(square)
    own = s.motion[now + bead]
    mass = own[at.MASS]
    inverse = 1.0 / distance
    reduced_radius = radius
    curvature = 0.0
    reduced_mass = mass
    smaller = radius
    arm = distance
    other_arm = 0.0
    surface_velocity = vec3(0.0)
    surface_spin = vec3(0.0)
    if partner >= 0:
        other_radius = reach - radius
        other = s.motion[now + partner]
        other_mass = other[at.MASS]
        # One division serves R*, 1/R* and m*, beside the root of the distance.
        radii = radius * other_radius
        masses = mass + other_mass
        common = 1.0 / (radii * reach * masses)
        reduced_radius = radii * radii * common * masses
        curvature = reach * reach * common * masses
        reduced_mass = mass * other_mass * common * radii * reach
        smaller = ti.min(radius, other_radius)
        # The plane of the circle in which the two spheres cut each other.
        arm = 0.5 * (distance + (radius - other_radius) * reach * inverse)
        other_arm = distance - arm
        surface_velocity = velocity_of(other)
        surface_spin = spin_of(other)
        out.species = s.species[partner]
    else:
        curvature = 1.0 / radius
        wall = -1 - partner
        pose = pose_of(s, case, wall, row)
        from_centre = here.xyz - apart - vector_at(s.drive, pose + at.POSE_CENTRE)
        surface_spin = vector_at(s.drive, pose + at.POSE_SPIN)
        surface_velocity = vector_at(s.drive, pose + at.POSE_VELOCITY) + surface_spin.cross(
            from_centre
        )
        out.species = ti.cast(s.wall[wall * at.WALL + at.WALL_SPECIES], ti.i32)
    normal = apart * inverse
    own_spin = spin_of(own)
    out.arm = arm
    out.other_arm = other_arm
    out.surface_velocity = surface_velocity
    out.surface_spin = surface_spin
    # Two squares may differ where their roots no longer do: an overlap is never quite 0.
    out.approach.overlap = ti.max(reach - distance, 1e-16 * reach)
    out.approach.reduced_radius = reduced_radius
    out.approach.curvature = curvature
    out.approach.reduced_mass = reduced_mass
    out.approach.bead_radius = smaller
    out.approach.normal = normal
    out.approach.velocity = (velocity_of(own) - surface_velocity) - (
        arm * own_spin + other_arm * surface_spin
    ).cross(normal)
    out.approach.spin = own_spin - surface_spin
    out.approach.twist = 0.5 * (own_spin + surface_spin).dot(normal)
    return out
