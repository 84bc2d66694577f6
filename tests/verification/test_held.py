"""Beads held by many contacts gain no energy under any law with dampers."""

import pytest

from gpudem.contact.hertz_mindlin import HertzMindlin
from gpudem.contact.jkr import JKR
from gpudem.contact.linear_spring_dashpot import LinearSpringDashpot
from gpudem.running.simulation import Simulation
from tests.factories import DENSITY, RADIUS, ZIRCONIA
from tests.verification.test_damping import chain, held, kinetic

FRICTION = {"static_friction": 0.55, "dynamic_friction": 0.5, "rolling_friction": 0.045}


def contact_of(law, restitution):
    if law == "jkr":
        return JKR(restitution=restitution, work_of_adhesion="20 J/m2", **FRICTION)
    if law == "linear-spring-dashpot":
        return LinearSpringDashpot(restitution=restitution, **FRICTION)
    return HertzMindlin(restitution=[["1 m/s", restitution]], **FRICTION)


@pytest.mark.parametrize("restitution", [0.05, 0.15, 0.9])
@pytest.mark.parametrize("law", ["restitution by speed", "linear-spring-dashpot", "jkr"])
def test_beads_held_by_many_contacts_gain_no_energy(law, restitution):
    contact = contact_of(law, restitution)
    # A linear spring is far stiffer there.
    overlaps = (1e-5, 1e-4) if law == "linear-spring-dashpot" else (5e-4, 2e-3)
    cases = [held(count, overlap, contact) for count in range(2, 13) for overlap in overlaps]
    if law != "linear-spring-dashpot":
        cases += [chain(beads, 2e-3, contact) for beads in (1, 2, 6)]
    for case in cases:
        case.time_step = contact.longest_step(0.2, ZIRCONIA, RADIUS, DENSITY)
    largest, last = kinetic(Simulation(cases))
    assert largest.max() < 1.05
    if restitution < 0.5 and law != "linear-spring-dashpot":
        # Three contacts and more hold it on all sides.
        assert last[4:22].max() < 1e-3
