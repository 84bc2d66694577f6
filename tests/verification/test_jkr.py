"""JKR adhesion: circle, pull-off, sticking impacts, friction and energy against their equations."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import taichi as ti
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from gpudem.contact.jkr import JKR
from gpudem.contact.materials import Material, effective_modulus
from gpudem.device import start as device
from gpudem.engine.collected import ledger_of
from gpudem.errors import SceneError
from gpudem.kernels.laws import jkr
from gpudem.kernels.precision import Real, Values, kernel
from gpudem.ledger import REPORT_WORK_ENERGY
from gpudem.mills.drive import Drive
from gpudem.running.simulation import Simulation
from gpudem.scene.file import load_scene
from tests import lawchecks
from tests.device.work import crowd
from tests.factories import (
    DENSITY,
    MASS,
    RADIUS,
    above_plane,
    head_on,
    hertz_mindlin,
    run_until_free,
)
from tests.lawchecks import band

#: Soft, so that a pull-off reaches over many units of length in mixed precision too.
RUBBER = Material(1e7, 0.3)
WORK = 0.1
STIFF = effective_modulus(RUBBER, RUBBER)


def coefficients(*numbers, work=WORK, **more):
    return lawchecks.coefficients(JKR, *numbers, work_of_adhesion=f"{work} J/m2", **more)


class Theory:
    """Johnson, Kendall & Roberts (1971) for a reduced radius [m], in SI units."""

    def __init__(self, radius, stiff=STIFF, work=WORK):
        self.radius, self.stiff, self.work = radius, stiff, work

    def force(self, a):
        e, w = self.stiff, self.work
        return 4 * e * a**3 / (3 * self.radius) - np.sqrt(8 * np.pi * w * e * a**3)

    def overlap(self, a):
        return a**2 / self.radius - np.sqrt(2 * np.pi * self.work * a / self.stiff)

    @property
    def breaks(self):
        """Circle at which the overlap is least: d(overlap)/da = 0."""
        return (np.pi * self.work * self.radius**2 / (8 * self.stiff)) ** (1 / 3)

    def circle(self, overlap):
        far = np.sqrt(self.radius * abs(overlap)) + 8 * self.breaks
        return brentq(lambda a: self.overlap(a) - overlap, self.breaks, far, xtol=1e-22, rtol=1e-14)

    @property
    def pull_off(self):
        return 1.5 * np.pi * self.work * self.radius

    @property
    def reach(self):
        return -self.overlap(self.breaks)

    @property
    def rest(self):
        """Overlap without force: a = (9/2)^(1/3) L, L twice the circle at the break."""
        return self.overlap(2 * self.breaks * 4.5 ** (1 / 3))

    @property
    def sticking_energy(self):
        """Work to bring a contact from the touch to the break [J], by quadrature."""
        a = np.geomspace(self.breaks, self.circle(0.0), 20001)
        return float(np.trapezoid(-self.force(a), self.overlap(a)))


PAIR, WALL = Theory(0.5 * RADIUS), Theory(RADIUS)


def stepped(case, share=0.02):
    case.materials = (RUBBER, RUBBER)
    step = coefficients().longest_step(share, RUBBER, RADIUS, DENSITY)
    case.time_step = step
    return case


@kernel
def circles(values: Values, reduced_radius: Real, adhesion: Real, root: Real, out: Values):
    p = ti.Struct(adhesion=adhesion, adhesion_root=root)
    for i in range(values.shape[0]):
        unit = jkr.circle_unit(p, reduced_radius)
        a = jkr.circle_of(values[i] * reduced_radius / (unit * unit))
        out[4 * i] = a * unit
        out[4 * i + 1] = adhesion * reduced_radius * jkr.force_of(a, ti.sqrt(a))
        out[4 * i + 2] = adhesion * unit * unit * jkr.energy_of(a)
        out[4 * i + 3] = jkr.reach(p, reduced_radius)


@pytest.mark.parametrize("radius", [2e-6, 1e-3, 0.05])
def test_circle_force_and_energy_of_an_overlap(radius):
    theory = Theory(radius)
    edge, touch = theory.reach, theory.circle(0.0)
    shares = np.concatenate([-1 + np.geomspace(1e-3, 1.0, 40), np.geomspace(1e-3, 1e5, 60)])
    a_of = [theory.circle(share * edge) for share in shares]
    number = np.float64 if device.current().precision == "double" else np.float32
    out = np.zeros(4 * len(shares), number)
    values = coefficients().parameters(RUBBER, RUBBER)
    given = (shares * edge).astype(number)
    circles(given, radius, values["adhesion"], values["adhesion_root"], out)
    a, force, energy, reach = out.reshape(-1, 4).T
    assert a == pytest.approx(a_of, rel=band(1e-9, 2e-5))
    wanted = theory.force(np.array(a_of))
    scale = np.abs(wanted) + theory.pull_off
    assert (np.abs(force - wanted) <= band(1e-9, 1e-4) * scale).all()
    # The energy is the integral of the force.
    for k in (5, 30, 60, 80):
        way = np.geomspace(touch, a_of[k], 20001)
        by_force = np.trapezoid(theory.force(way), theory.overlap(way))
        assert energy[k] == pytest.approx(by_force, rel=band(1e-5, 1e-3))
    assert reach == pytest.approx(edge, rel=band(1e-9, 1e-5))


def test_the_constants_of_the_pull_off():
    for theory in (PAIR, WALL):
        ratio = theory.work / theory.stiff
        # The break: 3/4 (pi^2 w^2 R / E^2)^(1/3), with 5/9 of the largest pull.
        length = (np.pi**2 * ratio**2 * theory.radius) ** (1 / 3)
        assert theory.reach == pytest.approx(0.75 * length, rel=1e-12)
        assert theory.force(theory.breaks) == pytest.approx(-5 / 9 * theory.pull_off, rel=1e-12)
        # At the touch: 8/9 of it.
        assert theory.force(theory.circle(0.0)) == pytest.approx(-8 / 9 * theory.pull_off, rel=1e-6)
        # Thornton & Ning, Powder Technol. 99 (1998) 154: 7.09 (w^5 R^4 / E^2)^(1/3).
        unit = (theory.work**5 * theory.radius**4 / theory.stiff**2) ** (1 / 3)
        assert theory.sticking_energy == pytest.approx(7.09 * unit, rel=1e-3)
    contact = coefficients()
    assert contact.reach(RUBBER, RUBBER, RADIUS) == pytest.approx(WALL.reach, rel=1e-12)


@dataclass(frozen=True)
class Pull(Drive):
    """A force per mass along z that grows from 0 to ``most`` [m/s2] within ``time`` [s]."""

    most: float = 0.0
    time: float = 1.0

    def body_acceleration(self, time):
        time = np.atleast_1d(np.asarray(time, dtype=float))
        out = np.zeros((len(time), 3))
        out[:, 2] = self.most * np.minimum(time / self.time, 1.0)
        return out

    @property
    def peak_acceleration(self):
        return self.most


@pytest.mark.parametrize("share", [0.98, 1.02])
@pytest.mark.parametrize("kind", ["wall", "pair"])
def test_a_slow_pull_parts_at_the_pull_off_force(share, kind):
    theory = WALL if kind == "wall" else PAIR
    contact, time = coefficients(restitution=0.1), 0.3
    if kind == "wall":
        case = above_plane((0, 0, 0), gap=-theory.rest, contact=contact)
    else:
        # The lower one is held by a wall that sticks ten times as much.
        wall = coefficients(restitution=0.1, work=10 * WORK)
        low = RADIUS - Theory(RADIUS, work=10 * WORK).rest
        case = above_plane((0, 0, 0), contact=contact, wall_contact=wall)
        height = low + 2 * RADIUS - theory.rest
        case = replace(
            case,
            position=[[0, 0, low], [0, 0, height]],
            radius=RADIUS,
            velocity=None,
            spin=None,
            density=DENSITY,
            species=None,
        )
    case.drive = Pull(most=share * theory.pull_off / MASS, time=time)
    case = stepped(case, 0.1)
    simulation = Simulation(case)
    steps = round(1.3 * time / case.time_step)
    furthest, touching, apart = 0.0, True, -1.0
    for _ in range(400):
        simulation.step(steps // 400)
        z = simulation.position[:, 2]
        slot = simulation.contacts()
        touching = (slot["bead"] == len(z) - 1).any() or (slot["partner"] == len(z) - 1).any()
        apart = z[-1] - RADIUS if kind == "wall" else z[1] - z[0] - 2 * RADIUS
        if touching:
            furthest = max(furthest, apart)
    assert touching == (share < 1)
    # The circle that holds such a pull: 4/3 u^2 - sqrt(8) u = -1.5 share, u = (a / L)^(3/2).
    largest = 2 * theory.breaks * (np.sqrt(8) * 3 / 8) ** (2 / 3)
    assert theory.force(largest) == pytest.approx(-theory.pull_off, rel=1e-12)
    if share < 1:
        held = brentq(lambda a: theory.force(a) + share * theory.pull_off, largest, 3 * largest)
        assert apart == pytest.approx(-theory.overlap(held), rel=band(0.05, 0.1))
    else:
        # Beyond the largest pull it still held, and not beyond the break.
        assert -theory.overlap(largest) < furthest <= theory.reach * (1 + band(1e-6, 0.05))
        assert apart > 2 * theory.reach


@pytest.mark.parametrize("share", [0.93, 1.05])
def test_a_whirling_pair_is_held_through_every_renewal_of_the_lists(share):
    # They begin at the touch, which pulls with 8/9 of the pull-off; the whirl with a little more.
    whirl = np.sqrt(share * PAIR.pull_off / (MASS * RADIUS))
    arm = RADIUS - 5e-4 * PAIR.reach
    case = head_on(0.0, contact=coefficients(0.1))
    case.position = np.array([[-arm, 0, 0], [arm, 0, 0]])
    case.velocity = np.array([[0, -whirl * arm, 0], [0, whirl * arm, 0]])
    case.skin = 4 * PAIR.reach
    case = stepped(case)
    simulation = Simulation(case)
    simulation.step(round(4 * np.pi / whirl / case.time_step))
    apart = np.linalg.norm(np.diff(simulation.position, axis=0)) - 2 * RADIUS
    touching = (simulation.state.read("contact_state", 1) != 0).any()
    assert touching == (share < 1)
    if share < 1:
        largest = 2 * PAIR.breaks * (np.sqrt(8) * 3 / 8) ** (2 / 3)
        held = brentq(lambda a: PAIR.force(a) + share * PAIR.pull_off, largest, 3 * largest)
        assert apart == pytest.approx(-PAIR.overlap(held), rel=band(0.02, 0.1))
        assert simulation.rebuilds > 100


def rebound(case):
    simulation = Simulation(case)
    before = simulation.collect().sample
    run_until_free(simulation, stride=10)
    velocity = simulation.velocity
    after = velocity[1, 0] - velocity[0, 0] if len(velocity) == 2 else velocity[0, 2]
    return after, ledger_of(before, simulation.collect())


@pytest.mark.parametrize("kind", ["wall", "pair"])
@pytest.mark.parametrize("times", [1.05, 1.5, 5.0])
def test_an_elastic_impact_loses_the_energy_of_the_pull_off(kind, times):
    theory, mass = (WALL, MASS) if kind == "wall" else (PAIR, 0.5 * MASS)
    sticking = np.sqrt(2 * theory.sticking_energy / mass)
    # Thornton & Ning (1998): v_s = (14.18 / m*)^(1/2) (w^5 R^4 / E^2)^(1/6).
    unit = (WORK**5 * theory.radius**4 / STIFF**2) ** (1 / 6)
    assert sticking == pytest.approx(np.sqrt(14.18 / mass) * unit, rel=1e-3)
    speed, contact = times * sticking, coefficients()
    gap = 0.1 * theory.reach
    if kind == "wall":
        case = above_plane((0, 0, -speed), gap=gap, contact=contact)
    else:
        case = head_on(speed, gap=gap, contact=contact)
    after, ledger = rebound(stepped(case))
    lost = 0.5 * mass * (speed**2 - after**2)
    assert lost == pytest.approx(theory.sticking_energy, rel=band(0.02, 0.06))
    assert ledger.stored_change == 0.0
    assert ledger.dissipation == pytest.approx(-ledger.motion_change, rel=band(5e-3, 0.03))


def test_a_slower_bead_sticks():
    sticking = np.sqrt(2 * WALL.sticking_energy / MASS)
    case = above_plane((0, 0, -0.97 * sticking), gap=0.1 * WALL.reach, contact=coefficients())
    case = stepped(case)
    simulation = Simulation(case)
    before = simulation.collect().sample
    for _ in range(100):
        simulation.step(200)
        assert abs(simulation.position[0, 2] - RADIUS) < 6 * WALL.reach
    assert (simulation.state.read("contact_state", 1) != 0).any()
    ledger = ledger_of(before, simulation.collect())
    assert abs(ledger.missed) < band(0.02, 0.05) * WALL.sticking_energy


def integrated(theory, mass, speed, ratio):
    """Speed after an impact by the equation of motion; 0 where the bead sticks."""

    def force(y):
        a = theory.circle(max(y[0], -theory.reach * (1 - 1e-12)))
        elastic = theory.force(a)
        damper = 2 * ratio * np.sqrt(mass * 2 * theory.stiff * a)
        return max(elastic - damper * -y[1], min(elastic, 0.0))

    def breaks(_t, y):
        return y[0] + theory.reach * (1 - 1e-9)

    breaks.terminal = True
    found = solve_ivp(
        lambda _t, y: [y[1], -force(y) / mass],
        (0, 0.05),
        (0.0, speed),
        events=breaks,
        rtol=1e-8,
        atol=(1e-13, 1e-9),
        max_step=2e-5,
    )
    return -found.y[1, -1] if found.status == 1 else 0.0


@pytest.mark.parametrize("restitution", [0.3, 0.7])
@pytest.mark.parametrize("times", [8.0, 60.0])
def test_damped_impacts_are_those_of_the_equation_of_motion(restitution, times):
    speed = times * np.sqrt(2 * WALL.sticking_energy / MASS)
    contact = coefficients(restitution)
    wanted = integrated(WALL, MASS, speed, contact.damping_ratio())
    assert 0.5 * restitution < wanted / speed < restitution
    case = above_plane((0, 0, -speed), gap=0.1 * WALL.reach, contact=contact)
    after, ledger = rebound(stepped(case, 0.005))
    assert after == pytest.approx(wanted, rel=band(0.01, 0.03))
    assert ledger.dissipation == pytest.approx(-ledger.motion_change, rel=0.01)


@pytest.mark.parametrize("restitution", [0.15, 0.9])
def test_impacts_of_hard_beads_rebound_with_the_restitution(restitution):
    # 1 m/s is four orders of magnitude above the speed at which they stick.
    case = above_plane((0, 0, -1.0), contact=coefficients(restitution))
    after, _ = rebound(case)
    assert after == pytest.approx(restitution, rel=band(5e-3, 0.01))


def test_hardly_any_adhesion_is_hertz_mindlin():
    case = stepped(above_plane((0.5, 0, -1.0), contact=coefficients(0.5, 0.4, 0.05, work=1e-6)))
    plain = stepped(above_plane((0.5, 0, -1.0), contact=hertz_mindlin(0.5, 0.4, 0.4, 0.05)))
    out = []
    for one in (case, plain):
        simulation = Simulation(one)
        run_until_free(simulation)
        out.append([*simulation.velocity[0, [0, 2]], simulation.angular_velocity[0, 1]])
    assert out[0] == pytest.approx(out[1], rel=5e-3)


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_a_bead_that_only_sticks_slides_beyond_the_friction_of_its_pull_off(share):
    # No weight: the cap is mu (0 + 2 F_pull-off).
    friction = 0.4
    contact = coefficients(0.1, friction)
    case = above_plane((0, 0, 0), gap=-WALL.rest, contact=contact, spin_locked=True)
    case.drive = Drive(gravity=(share * friction * 2 * WALL.pull_off / MASS, 0, 0))
    case = stepped(case, 0.1)
    # Let on slowly, the spring would not overshoot: its swing is damped here.
    case.drive = PullAlong(most=case.drive.gravity[0], time=0.05)
    simulation = Simulation(case)
    steps = round(0.1 / case.time_step)
    simulation.step(steps)
    if share < 1:
        assert simulation.velocity[0, 0] == pytest.approx(0.0, abs=1e-3)
    else:
        simulation.step(1)
        before = simulation.velocity[0, 0]
        simulation.step(steps // 10)
        gained = (simulation.velocity[0, 0] - before) / (steps // 10 * case.time_step)
        beyond = 0.1 * friction * 2 * WALL.pull_off / MASS
        assert gained == pytest.approx(beyond, rel=0.03)


class PullAlong(Pull):
    def body_acceleration(self, time):
        return super().body_acceleration(time)[:, [2, 0, 1]]


@pytest.mark.parametrize("angle", [10, 40, 70])
def test_no_impact_gains_energy_and_the_ledger_closes(angle):
    sticking = np.sqrt(2 * WALL.sticking_energy / MASS)
    slope = np.deg2rad(angle)
    speed = 6 * sticking / np.cos(slope)
    velocity = (speed * np.sin(slope), 0.0, -speed * np.cos(slope))
    case = above_plane(velocity, (0, -3.0, 2.0), contact=coefficients(0.5, 0.4, 0.05))
    _, ledger = rebound(stepped(case))
    assert ledger.motion_change < 0.0
    assert ledger.stored_change == 0.0
    assert ledger.dissipation == pytest.approx(-ledger.motion_change, rel=band(0.01, 0.02))


def test_a_sticky_crowd_closes_its_ledgers():
    case = crowd(64)
    case.contacts = dict.fromkeys(case.contacts, coefficients(0.3, 0.5, 0.045, work=100.0))
    case.materials = tuple(Material(210e6, 0.3) for _ in case.materials)
    case.time_step = coefficients().longest_step(0.1, case.materials[0], RADIUS, DENSITY)
    simulation = Simulation(case)
    before = simulation.collect().sample
    simulation.step(3000)
    ledger = ledger_of(before, simulation.collect())
    assert ledger.dissipation > 0.01
    assert abs(ledger.work_energy) < REPORT_WORK_ENERGY[device.current().precision]
    assert abs(ledger.missed) < 0.01 * ledger.dissipation


def test_a_scene_names_the_law():
    sets = ("contact.model=jkr", "contact.bead_bead.work_of_adhesion=50 mJ/m2")
    scene = load_scene("pulverisette7", (*sets, "contact.bead_wall.work_of_adhesion=0.1 J/m2"))
    assert scene.contact.bead_bead.work_of_adhesion == 0.05
    assert scene.contact.bead_wall.work_of_adhesion == 0.1
    with pytest.raises(SceneError, match="work_of_adhesion"):
        load_scene("pulverisette7", sets[:1])
    with pytest.raises(SceneError, match="an energy per area is needed"):
        load_scene("pulverisette7", (sets[0], "contact.bead_bead.work_of_adhesion=5 mm"))
