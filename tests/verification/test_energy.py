"""Checks 6b, 8 and 9: cycles of one contact, both ledgers, and results that repeat bit for bit."""

import numpy as np
import pytest
import taichi as ti

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.engine.collected import ledger_of
from gpudem.kernels import layout as at
from gpudem.kernels.law import law_of, using
from gpudem.kernels.laws import hertz_mindlin as kernels
from gpudem.kernels.laws.hertz_mindlin import (
    last_step,
    normal_force,
    rolling_moment,
    tangential_force,
)
from gpudem.kernels.records import history_of, parameters_of
from gpudem.kernels.vec3 import plus, times, vec3
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.factories import ZIRCONIA, hertz_mindlin

pytestmark = pytest.mark.both_precisions

Values = ti.types.ndarray(dtype=ti.f64, ndim=1)
vec8 = ti.types.vector(8, ti.f64)
vec16 = ti.types.vector(16, ti.f64)


@ti.kernel
def drive_contact(p: Values, path: Values, steps: ti.i32, dt: ti.f64, out: Values):
    """Leads one contact along a prescribed path of overlap, sliding and rolling speed."""
    for _ in range(1):
        parameters = parameters_of([p[q] for q in ti.static(range(len(kernels.PARAMETERS)))])
        history = history_of(vec16(0.0), vec16(0.0)[0])
        for n in range(steps):
            k = ti.Struct(
                overlap=path[6 * n],
                reduced_radius=1.25e-3,
                reduced_mass=2e-4,
                curvature=800.0,
                smaller_radius=1.25e-3,
                smaller_curvature=800.0,
                normal=vec3(0.0, 0.0, 1.0),
                speed=path[6 * n + 1],
                slip=vec3(path[6 * n + 2], path[6 * n + 3], 0.0),
                spin=vec3(path[6 * n + 4], path[6 * n + 5], 0.0),
                twist=0.0,
                mobility=5e3,
                rolling_mobility=2e10,
                crowding=0.0,
                stiffening=0.0,
            )
            last = last_step(parameters, k, history, dt)
            normal = normal_force(parameters, k, last, history, dt)
            shear = tangential_force(parameters, k, normal, last, history, dt)
            roll = rolling_moment(parameters, k, normal, last, history, dt)
            history.force = shear.stored
            history.moment = roll.stored
            history.velocity = plus(times(normal.speed, k.normal), shear.slip)
            history.inverse_radius = last.inverse_radius
            history.state = shear.state
            energies = vec8(
                normal.work,
                shear.work,
                roll.work,
                normal.damping,
                shear.damping,
                shear.sliding,
                roll.loss,
                shear.relaxation,
            )
            for q in ti.static(range(at.LOG_ENERGIES)):
                out[q] = out[q] + energies[q]
                out[8 + q] = ti.min(out[8 + q], energies[q])
            out[16] = out[16] + ti.abs(shear.work) + ti.abs(roll.work)


@pytest.mark.parametrize("restitution", [0.15, 1.0])
@pytest.mark.parametrize("seed", range(8))
def test_closed_cycles_of_a_held_contact_return_no_more_than_went_in(restitution, seed):
    contact = hertz_mindlin(restitution, 0.55, 0.5, rolling_friction=0.045)
    rng = np.random.default_rng(seed)
    steps, dt = 4000, 2e-7
    t = np.arange(steps) * dt
    period = steps * dt

    def wave(amplitude, harmonics=4):
        out = np.zeros_like(t)
        rate = np.zeros_like(t)
        for k in range(1, harmonics + 1):
            phase, size = rng.uniform(0, 2 * np.pi), rng.uniform(-1, 1) * amplitude / k
            omega = 2 * np.pi * k / period
            out += size * np.sin(omega * t + phase)
            rate += size * omega * np.cos(omega * t + phase)
        return out, rate

    overlap, overlap_rate = wave(0.5e-6)
    overlap += 2.5e-6
    _, slide_x = wave(1e-6)
    _, slide_y = wave(1e-6)
    _, roll_x = wave(1e-4)
    _, roll_y = wave(1e-4)
    assert overlap.min() > 0
    path = np.stack([overlap, -overlap_rate, slide_x, slide_y, roll_x, roll_y], axis=1)
    out = np.zeros(17)
    given = contact.parameters(ZIRCONIA, ZIRCONIA)
    values = np.array([given[name] for name in kernels.PARAMETERS])
    with using(law_of(kernels)):
        drive_contact(values, path.ravel(), steps, dt, out)
    turnover = out[16]
    assert turnover > 0
    # Work against friction and rolling over whole cycles is a loss, up to what is still held.
    assert out[at.SHEAR] > -1e-9 * turnover
    assert out[at.ROLLING] > -1e-9 * turnover
    lowest = out[8 + at.NORMAL_DAMPING : 16]
    assert (lowest >= -1e-12 * turnover).all()


@pytest.fixture(scope="module")
def small_mill():
    """A bowl of 40 beads at full speed, already moving."""

    def make(fraction=0.2, **settings):
        overrides = [f"run.rayleigh_fraction={fraction}", "beads.count=40"]
        overrides += [f"{key}={value}" for key, value in settings.items()]
        return Simulation(build_case(load_scene("pulverisette7-20ml", tuple(overrides))))

    return make


def ledgers(simulation, duration):
    """Relative closures of work-energy and of channels over so long a time [s]."""
    simulation.advance_to(0.03)
    start = simulation.collect().sample
    simulation.advance_to(0.03 + duration)
    end = simulation.collect()
    found = ledger_of(start, end)
    put_in = abs(found.work_body + found.work_wall)
    return abs(found.from_nowhere) / put_in, abs(found.missed) / put_in, end


def test_ledgers_close_and_no_channel_is_negative(small_mill):
    errors = []
    for fraction in (0.2, 0.1, 0.05, 0.02):
        energy, channels, end = ledgers(small_mill(fraction), 0.02)
        assert energy < (1e-9 if device.current().precision == "double" else 1e-6)
        assert (end.log[:, :, 3:8] >= -1e-12 * end.log[:, :, 3:8].sum()).all()
        errors.append(channels)
    assert errors[0] < 5e-3
    assert errors[-1] < 5e-4
    assert errors[-1] < errors[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"beads.filling": 0.9, "mill.speed": '"1000 rpm"'},
        {"contact.bead_bead.restitution": 0.05, "contact.bead_wall.restitution": 0.05},
        {"beads.diameter": '"10 mm"', "beads.filling": 0.3},
    ],
    ids=["dense", "low restitution", "large beads"],
)
def test_channels_are_the_true_loss_at_the_default_step(settings):
    overrides = tuple(f"{key}={value}" for key, value in settings.items())
    simulation = Simulation(build_case(load_scene("pulverisette7-20ml", overrides)))
    energy, channels, _ = ledgers(simulation, 0.02)
    assert energy < (1e-9 if device.current().precision == "double" else 1e-6)
    assert channels < 0.01


def test_same_seed_same_bits_and_another_seed_others(small_mill):
    runs = [small_mill(**{"run.seed": seed}) for seed in (1, 1, 2)]
    for simulation in runs:
        simulation.step(30_000)
    first, second, other = (simulation.position for simulation in runs)
    assert np.array_equal(first, second)
    assert np.array_equal(runs[0].collect().log, runs[1].collect().log)
    assert not np.array_equal(first, other)


def test_results_do_not_depend_on_skin_slots_or_the_cut_of_the_steps(small_mill):
    reference = small_mill()
    reference.step(20_000)
    wanted = reference.position, reference.collect().log
    for change in ({"skin": 0.4}, {"skin": 0.03}, {"slots": 1}, {"pieces": 7}):
        scene = load_scene("pulverisette7-20ml", ("beads.count=40",))
        case = build_case(scene)
        if "skin" in change:
            case.skin = change["skin"] * scene.bead_radius
        simulation = Simulation(case, slots=change.get("slots", 16))
        pieces = change.get("pieces", 1)
        for k in range(pieces):
            simulation.step(20_000 * (k + 1) // pieces - 20_000 * k // pieces)
        assert np.array_equal(simulation.position, wanted[0]), change
        assert np.array_equal(simulation.collect().log, wanted[1]), change


def test_sums_of_contacts_under_way_do_not_depend_on_the_lists():
    def mill(skin):
        scene = load_scene("pulverisette7-20ml", ("beads.count=80",))
        case = build_case(scene)
        case.skin = skin * scene.bead_radius
        return Simulation(case)

    tight, loose = mill(0.03), mill(0.4)
    for simulation in (tight, loose):
        simulation.step(20_000)
    for _ in range(30):
        for simulation in (tight, loose):
            simulation.step(300)
        assert tight.alive_events() == loose.alive_events()
    assert tight.alive_events()["bead_bead"]["alive_events"] > 10


@pytest.mark.parametrize("slots", [None, 2])
def test_cases_side_by_side_do_not_know_of_each_other(small_mill, slots):
    alone = [small_mill(**{"beads.count": count}) for count in (4, 40)]
    # Slots that one case only finds too few grow while the other has its lists.
    together = Simulation([simulation.cases[0] for simulation in alone], slots=slots)
    for simulation in (*alone, together):
        simulation.step(12_000)
    assert np.array_equal(
        np.concatenate([simulation.position for simulation in alone]), together.position
    )
