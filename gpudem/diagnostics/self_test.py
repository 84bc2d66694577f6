"""A short verification on the user's own device: a few checks with known answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gpudem.contact.hertz_mindlin import HertzMindlin
from gpudem.contact.materials import Material
from gpudem.device import start as devices
from gpudem.engine.case import Case
from gpudem.engine.collected import ledger_of
from gpudem.geometry.wall import plane
from gpudem.ledger import REPORT_WORK_ENERGY
from gpudem.mills.drive import Drive
from gpudem.numbers import quotient
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from gpudem.scene.file import load_scene

_RADIUS, _DENSITY, _MATERIAL = 2.5e-3, 6100.0, Material(210e9, 0.3)
#: What was looked at, the value expected, the one found, and the absolute tolerance.
_Check = tuple[str, float, float, float]
#: Simulated time in which a bead hits the plane and leaves it [s].
_IMPACT_TIME = 75e-6


def _is_slow() -> bool:
    """Whether it is a software renderer, which takes some 50 ms for a bead-parallel step."""
    return devices.is_software(devices.current().name)


def run_self_test(tell: Callable[[str], None] = lambda line: None) -> list[dict[str, Any]]:
    """Runs all checks on the current device.

    Args:
        tell: is told what begins, one line each.

    Returns:
        For each check ``name``, ``expected``, ``got``, ``tolerance`` (absolute), ``passed`` and
        ``seconds``; where a check failed to run, ``error`` instead of the numbers.
    """
    checks: list[dict[str, Any]] = []
    for check in (_restitution, _sliding, _ledgers, _repeats, _schedules):
        title = (check.__doc__ or "").rstrip(".")
        tell(title)
        began = time.perf_counter()
        try:
            found = check()
        except Exception as error:  # whatever a driver does belongs into the bug report
            text = f"{type(error).__name__}: {error}"
            checks.append({"name": title, "error": text, "passed": False})
            continue
        for name, expected, got, tolerance in found:
            checks.append(
                {
                    "name": name,
                    "expected": expected,
                    "got": got,
                    "tolerance": tolerance,
                    "passed": bool(abs(got - expected) <= tolerance),
                    "seconds": round(time.perf_counter() - began, 3),
                }
            )
    return checks


def _impact(speed: tuple[float, float, float], contact: HertzMindlin) -> Simulation:
    """A bead that has hit the plane z = 0 and left it again."""
    shear = _MATERIAL.youngs_modulus / (2.0 * (1.0 + _MATERIAL.poisson_ratio))
    step = 0.02 * np.pi * _RADIUS * np.sqrt(_DENSITY / shear) / 0.9255
    case = Case(
        position=np.array([[0.0, 0.0, _RADIUS + 1e-7]]),
        velocity=np.array([speed]),
        radius=np.array([_RADIUS]),
        density=_DENSITY,
        materials=(_MATERIAL, _MATERIAL),
        contacts={(0, 0): contact, (0, 1): contact},
        walls=[plane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))],
        drive=Drive(gravity=(0.0, 0.0, 0.0)),
        time_step=float(step),
    )
    simulation = Simulation(case)
    simulation.step(round(_IMPACT_TIME / step))
    return simulation


def _coefficients(friction: float) -> HertzMindlin:
    return HertzMindlin(
        restitution=0.15,
        static_friction=friction,
        dynamic_friction=friction,
        rolling_friction=0.0,
    )


def _restitution() -> list[_Check]:
    """A bead falls on a wall."""
    contact = _coefficients(friction=0.0)
    after = _impact((0.0, 0.0, -1.0), contact).velocity[0, 2]
    # 0.5 % at 2 % of the Rayleigh time (docs/theory/verification.md).
    return [("restitution 0.15 of a bead on a wall", 0.15, float(after), 0.00075)]


def _sliding() -> list[_Check]:
    """A bead hits a wall at an angle."""
    contact = _coefficients(friction=0.5)
    simulation = _impact((2.0, 0.0, -1.0), contact)
    return [
        ("speed after an oblique hit [m/s]", 1.425, float(simulation.velocity[0, 0]), 0.007),
        ("spin after it [rad/s]", 575.0, float(simulation.angular_velocity[0, 1]), 2.9),
    ]


def _small_mill(schedule: str = "auto") -> tuple[Simulation, int]:
    """A mill of 20 beads, and the steps to take."""
    case = build_case(load_scene("pulverisette7-20ml", ("beads.count=20",)))
    return Simulation(case, schedule=schedule), 3000


def _ledgers() -> list[_Check]:
    """Energy of a small mill is accounted for."""
    simulation, steps = _small_mill()
    start = simulation.collect().sample
    simulation.step(steps)
    end = simulation.collect()
    found, limit = ledger_of(start, end), REPORT_WORK_ENERGY[simulation.device.precision]
    return [
        ("work-energy ledger, relative", 0.0, found.work_energy, limit),
        ("channels ledger, relative", 0.0, quotient(found.missed, found.input), 0.05),
    ]


def _repeats() -> list[_Check]:
    """Two equal runs give the same bits."""
    places = []
    for _ in range(2):
        simulation, steps = _small_mill()
        simulation.step(steps)
        places.append(simulation.position)
    differing = int((places[0] != places[1]).sum())
    return [("coordinates that differ between two equal runs", 0.0, float(differing), 0.0)]


def _schedules() -> list[_Check]:
    """All schedules of the device give the same bits."""
    names = ["parallel", "block"]
    if devices.current().kind == "cpu":
        names.append("serial")
    places = {}
    for schedule in names:
        simulation, steps = _small_mill(schedule)
        simulation.step(200 if _is_slow() else steps)
        places[schedule] = simulation.position
    differing = sum(int((places[name] != places["parallel"]).sum()) for name in names)
    return [("coordinates that differ between the schedules", 0.0, float(differing), 0.0)]
