"""Check 10 by numbers from run files: names of the motion in drums of known Froude number."""

import numpy as np
import pytest

from gpudem import Simulation
from gpudem.analysis.motion.regimes import analyse_motion
from gpudem.scene.file import scene_from_text

GRAVITY, RADIUS = 9.81, 25e-3
DRUM = """
[mill]
kind = "drum"
speed = "{rate} rad/s"
[bowl]
diameter = "50 mm"
height = "20 mm"
[beads]
diameter = "5 mm"
density = "6.1 g/cm3"
youngs_modulus = "20 MPa"     # soft, so that seconds are quick
poisson_ratio = 0.3
filling = {filling}
porosity = 0.40
[contact.bead_bead]
restitution = 0.3
static_friction = 0.6
dynamic_friction = 0.6
rolling_friction = 0.05
[run]
duration = "{duration} s"
log_interval = "5 ms"
snapshot_interval = "10 ms"
start = "settled"
rayleigh_fraction = 0.1
guards = false                # the ledger of so soft beads is rough
"""


def drum(folder, froude, duration, filling=0.3):
    rate = np.sqrt(froude * GRAVITY / RADIUS)
    scene = scene_from_text(DRUM.format(rate=rate, duration=duration, filling=filling))
    path = folder / "drum.vtkhdf"
    Simulation(scene).run(path)
    found = analyse_motion(path)
    assert found.froude == pytest.approx(froude, rel=1e-6)
    return found


def test_a_slow_drum_cascades(tmp_path):
    found = drum(tmp_path, 0.03, 0.5)
    assert found.regime.name == "cascading"
    # Carried up in the wall's sense from before the lowest point to well above it.
    assert -60 < np.degrees(found.impact) < 0 < 60 < np.degrees(found.detachment) < 120


@pytest.mark.slow
@pytest.mark.parametrize(
    ("froude", "duration", "name"),
    [
        (3e-3, 4.0, "cascading"),
        (0.03, 2.0, "cascading"),
        (0.3, 2.0, "cataracting"),
        (0.6, 2.0, "cataracting"),
        (2.0, 2.0, "centrifuging"),
        (4.0, 2.0, "centrifuging"),
    ],
)
def test_names_follow_the_froude_number(tmp_path, froude, duration, name):
    found = drum(tmp_path, froude, duration)
    print(f"Froude {froude:g}: {found.regime.name}, flight {found.share['flight'].value:.3f}")
    assert found.regime.name == name
    if name == "centrifuging":
        assert found.share["wall"].value > 0.8
        assert abs(found.wall_slip.value) < 0.15
        assert found.contact_sliding.value < 0.05


@pytest.mark.slow
def test_beads_fly_more_the_faster_the_drum(tmp_path):
    flights = []
    for k, froude in enumerate((3e-3, 0.1, 0.6)):
        (tmp_path / str(k)).mkdir()
        flights.append(drum(tmp_path / str(k), froude, 2.0).share["flight"].value)
    assert flights == sorted(flights)
    assert flights[-1] > 5 * flights[0]


@pytest.mark.slow
def test_a_thin_bed_in_a_slow_drum_rolls_on_the_wall(tmp_path):
    found = drum(tmp_path, 0.03, 2.0, filling=0.05)
    assert found.regime.name == "rolling and sliding"
