"""Motion of beads told from run files: made-up motions whose numbers are known."""

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import brentq

from gpudem.analysis.motion.forces import leaving_angle
from gpudem.analysis.motion.regimes import (
    FLYING,
    FULL_CIRCLE,
    LAGGING,
    MOSTLY_ON_WALL,
    analyse_motion,
    name_regime,
    turning_points,
)
from gpudem.errors import RunFileError
from tests.motionruns import (
    BEAD,
    BOWL,
    HEIGHT,
    INTERVALS,
    RATIO,
    REACH,
    SPEED,
    STEP,
    SUN,
    around,
    at,
    bed,
    resting,
    ring,
    spins,
    write_motion,
)

DRUM = {"sun_wheel_radius": 0.0, "ratio": 0.0, "gravity_y": -9.81, "gravity_z": 0.0}


def shares(motion):
    return [motion.share[place].value for place in ("wall", "bulk", "flight")]


class Cycle:
    """A bead that rides with the wall to the angle where it leaves, flies, lands and rides on.

    Flights are straight lines in the laboratory, worked out there.
    """

    def __init__(self):
        self.leave = -leaving_angle(RATIO, REACH, SUN)
        place = REACH * np.exp(1j * self.leave)
        self.start = SUN + place
        self.drift = 1j * SPEED * SUN + 1j * (1.0 + RATIO) * SPEED * place

        def gap(time):
            return abs(self._fly(time)) - REACH

        # The wall's pull begins at zero: look for the landing only once the bead is well away.
        away = next(t for t in np.arange(1e-4, 1.0, 1e-4) if gap(t) < -1e-4)
        back = next(t for t in np.arange(away, 1.0, 1e-4) if gap(t) > 0.0)
        self.flight = brentq(gap, away, back)
        self.land = float(np.angle(self._fly(self.flight)))
        turn = (self.land - self.leave) % (2 * np.pi)
        self.ride = turn / (abs(RATIO) * SPEED)

    def _fly(self, time):
        """Place in the disc's frame as a complex number."""
        return (self.start + self.drift * time) * np.exp(-1j * SPEED * time) - SUN

    def motion(self, beads, period):
        def at_time(time):
            position, velocity, touching = np.zeros((2, beads, 3)), None, np.zeros(beads)
            position, velocity = position[0], position[1]
            for i in range(beads):
                since = (time + i * period / beads) % period
                if since < self.flight:
                    place = self._fly(since)
                    move = self.drift * np.exp(-1j * SPEED * since)
                    move -= 1j * SPEED * (place + SUN)
                else:
                    rate = RATIO * SPEED
                    place = REACH * np.exp(1j * (self.land + rate * (since - self.flight)))
                    move = 1j * rate * place
                    touching[i] = 1
                # On levels of their own, so that they never meet.
                position[i] = place.real, place.imag, 0.3 + 0.02 * i
                velocity[i, :2] = move.real, move.imag
            spin = spins(position, (1.0 + RATIO) * SPEED)
            return position, velocity, spin, touching

        return at_time


def test_a_bead_that_rides_leaves_where_the_wall_would_have_to_pull_and_lands_where_it_flies(
    tmp_path,
):
    cycle = Cycle()
    assert math.degrees(cycle.leave) == pytest.approx(-109.2, abs=0.05)
    period = cycle.flight + cycle.ride
    path = write_motion(
        tmp_path / "cycle.vtkhdf", cycle.motion(97, period), every=2, bowl_height=10.0
    )
    found = analyse_motion(path)
    assert math.degrees(found.detachment) == pytest.approx(math.degrees(cycle.leave), abs=2.5)
    assert math.degrees(found.impact) == pytest.approx(math.degrees(cycle.land), abs=2.5)
    assert found.share["flight"].value == pytest.approx(cycle.flight / period, abs=0.01)
    assert found.share["wall"].value == pytest.approx(cycle.ride / period, abs=0.01)
    assert found.wall_slip.value == pytest.approx(0.0, abs=1e-6)
    assert found.contact_sliding.value == pytest.approx(0.0, abs=1e-6)
    # All of them pass each angle of the ride once in a period.
    assert found.flux.max() == pytest.approx(97 / period, rel=0.1)


def test_a_ring_that_turns_with_the_wall_is_centrifuging(tmp_path):
    found = analyse_motion(write_motion(tmp_path / "ring.vtkhdf", ring()))
    assert shares(found) == [1.0, 0.0, 0.0]
    assert found.full_circle > 0.9
    assert found.regime.name == "centrifuging"
    assert math.isnan(found.detachment)
    assert math.isnan(found.impact)
    for slip in (found.wall_slip, found.bulk_slip, found.contact_sliding):
        assert slip.value == pytest.approx(0.0, abs=1e-6)
    assert found.flux.mean() == pytest.approx(28 * abs(RATIO) * SPEED / (2 * np.pi), rel=1e-6)
    assert found.froude == pytest.approx((1 + RATIO) ** 2 * BOWL / SUN)
    assert found.pull == pytest.approx(SPEED**2 * SUN / 9.81)


def test_a_bed_at_rest_on_the_disc_slips_wholly_and_is_cascading(tmp_path):
    found = analyse_motion(write_motion(tmp_path / "bed.vtkhdf", resting(bed())))
    assert found.share["flight"].value == 0.0
    assert 0.1 < found.share["wall"].value < 0.4
    assert found.regime.name == "cascading"
    assert len(found.regime.reasons) == 4
    for slip in (found.wall_slip, found.bulk_slip, found.contact_sliding):
        assert slip.value == pytest.approx(1.0, abs=0.02)


def test_a_bed_holds_beads_that_touch_nothing_for_a_moment(tmp_path):
    found = analyse_motion(write_motion(tmp_path / "bed.vtkhdf", resting(bed(), touching=0)))
    assert found.share["flight"].value < 0.05


def test_a_bead_that_rolls_in_place_slips_but_does_not_slide(tmp_path):
    position = at(REACH, np.array([-0.5, -0.1, 0.3]))
    # Its surface keeps up with the wall: W r + w r_bead = (1 + k) W R_bowl.
    spin = ((1.0 + RATIO) * SPEED * BOWL - SPEED * REACH) / BEAD
    found = analyse_motion(write_motion(tmp_path / "roll.vtkhdf", resting(position, spin)))
    assert found.wall_slip.value == pytest.approx(1.0, abs=1e-6)
    assert found.contact_sliding.value == pytest.approx(0.0, abs=1e-5)
    assert found.regime.name == "rolling and sliding"
    assert math.isnan(found.detachment)


def test_half_the_beads_riding_halfway_round(tmp_path):
    start = np.linspace(-2.0, 0.0, 40)

    def motion(time):
        riding = at(REACH, start, 0.01)
        still = at(0.5 * REACH, start, BEAD)
        position = np.concatenate([riding, still])
        velocity = around(position, RATIO * SPEED)
        velocity[40:] = 0.0
        return position, velocity, spins(position, 0.0), np.ones(80)

    found = analyse_motion(write_motion(tmp_path / "half.vtkhdf", motion))
    assert shares(found) == [0.5, 0.5, 0.0]
    assert found.detachment == pytest.approx(-2.0, abs=0.05)
    assert found.impact == pytest.approx(0.0, abs=0.05)
    assert found.wall_slip.value == pytest.approx(0.0, abs=1e-6)
    # Moments of inertia REACH^2 at the wall's rate and (REACH / 2)^2 at rest.
    assert found.bulk_slip.value == pytest.approx(0.2, abs=1e-6)


def test_beads_far_from_each_other_that_touch_nothing_fly(tmp_path):
    grid = np.array(
        [[x, y, z] for x in (-9e-3, 0, 9e-3) for y in (-9e-3, 9e-3) for z in (0.01, 0.03)]
    )
    found = analyse_motion(write_motion(tmp_path / "fly.vtkhdf", resting(grid, touching=0)))
    assert shares(found) == [0.0, 0.0, 1.0]
    assert found.regime.name == "cataracting"
    assert math.isnan(found.bulk_slip.value)


def test_one_contact_ends_a_flight(tmp_path):
    place = np.array([[0.0, 0.0, 0.02], [0.01, 0.0, 0.02]])
    found = analyse_motion(write_motion(tmp_path / "hit.vtkhdf", resting(place, touching=1)))
    assert shares(found) == [0.0, 1.0, 0.0]


def test_a_lid_is_a_neighbour_and_three_hold(tmp_path):
    # In the edge of the bowl under its lid, beside one other bead: wall, lid, bead.
    place = np.array([[REACH, 0.0, HEIGHT - BEAD], [REACH - 2.1 * BEAD, 0.0, HEIGHT - 4 * BEAD]])
    place[1, 2] = HEIGHT - BEAD
    found = analyse_motion(write_motion(tmp_path / "lid.vtkhdf", resting(place, touching=0)))
    assert shares(found) == [0.5, 0.0, 0.5]


def test_in_a_drum_angles_count_from_where_gravity_pulls(tmp_path):
    start = np.linspace(0.0, 1.0, 30)

    def motion(time):
        position = at(REACH, start, np.linspace(0.005, 0.03, 30))
        return position, around(position, SPEED), spins(position, SPEED), np.ones(30)

    found = analyse_motion(write_motion(tmp_path / "drum.vtkhdf", motion, **DRUM))
    assert found.detachment == pytest.approx(1.0, abs=0.05)
    assert found.impact == pytest.approx(0.0, abs=0.05)
    assert found.wall_slip.value == pytest.approx(0.0, abs=1e-6)
    assert found.froude == pytest.approx(SPEED**2 * BOWL / 9.81)
    assert math.isinf(found.pull)


def test_shares_come_with_standard_errors(tmp_path):
    rng = np.random.default_rng(1)
    position = at(REACH, 0.2 * np.pi * np.arange(10))

    def motion(time):
        touching = (rng.random(10) < 0.7).astype(int)
        return position, np.zeros_like(position), spins(position, 0.0), touching

    path = write_motion(tmp_path / "noise.vtkhdf", motion, every=1, step=10 * STEP)
    found = analyse_motion(path)
    flight = found.share["flight"]
    assert flight.value == pytest.approx(0.3, abs=0.06)
    assert flight.standard_error == pytest.approx(math.sqrt(0.3 * 0.7 / 10 / 100), rel=0.6)


@pytest.mark.parametrize("sense", [1.0, -1.0])
def test_turning_points_of_a_box(sense):
    middle = -180 + 5 * (np.arange(72) + 0.5)
    flux = ((middle > -100) & (middle < 30)).astype(float)
    leave, hit = np.degrees(turning_points(flux, sense))
    assert (leave, hit) == pytest.approx((30, -100) if sense > 0 else (-100, 30), abs=1e-6)


def test_turning_points_across_the_seam_and_of_nothing():
    middle = -180 + 5 * (np.arange(72) + 0.5)
    flux = ((middle > 120) | (middle < -150)).astype(float)
    assert np.degrees(turning_points(flux, 1.0)) == pytest.approx((-150, 120), abs=1e-6)
    assert np.isnan(turning_points(np.zeros(72), 1.0)).all()
    assert np.isnan(turning_points(np.ones(72), 1.0)).all()


def test_names_follow_the_thresholds():
    def name(wall, flight, slip, circle=0.0):
        share = {"wall": wall, "bulk": 1.0 - wall - flight, "flight": flight}
        return name_regime(share, slip, circle).name

    little = 1e-6
    assert name(0.9, 0.0, 0.0, FULL_CIRCLE) == "centrifuging"
    assert name(0.9, 0.0, 0.9, FULL_CIRCLE - little) == "rolling and sliding"
    assert name(MOSTLY_ON_WALL, 0.2, LAGGING) == "rolling and sliding"
    assert name(MOSTLY_ON_WALL - little, 0.2, LAGGING) == "cataracting"
    assert name(MOSTLY_ON_WALL, 0.2, LAGGING - little) == "cataracting"
    assert name(0.25, 0.25 * FLYING + little, 1.0) == "cataracting"
    assert name(0.25, 0.25 * FLYING - little, 1.0) == "cascading"
    assert name(0.0, 0.1, math.nan) == "cataracting"
    assert name(0.0, 0.0, math.nan) == "cascading"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bowl_diameter": "missing"}, "does not name bowl_diameter; motion is analysed in cyl"),
        ({"bowl_height": 0.0}, "has no size"),
        ({"sun_wheel_radius": -0.07}, "has no size, or"),
        ({"every": 0}, "no snapshot inside its log window"),
        ({"every": INTERVALS + 1}, "no snapshot inside its log window"),
        ({"disc_speed": lambda k: SPEED * (1 + 1e-3 * k)}, "speed changes from"),
        ({"ratio": 0.0}, "the bowl does not turn"),
        ({"disc_speed": lambda k: 0.0}, "the bowl does not turn"),
        ({"sun_wheel_radius": 0.0}, "nothing pulls the beads"),
    ],
)
def test_runs_without_a_known_motion_are_refused(tmp_path, changes, words):
    path = write_motion(tmp_path / "bad.vtkhdf", ring(4), **changes)
    with pytest.raises(RunFileError, match=words):
        analyse_motion(path)


def test_a_ramp_before_the_window_does_not_matter(tmp_path):
    path = write_motion(tmp_path / "ramp.vtkhdf", ring(), disc_speed=lambda k: min(SPEED, 4.0 * k))
    assert analyse_motion(path).regime.name == "centrifuging"
    assert STEP * INTERVALS == pytest.approx(0.12)


def test_motion_is_told_without_engine_and_device():
    code = (
        "import sys, gpudem; gpudem.analyse_motion, gpudem.motion_map, gpudem.path_forces; "
        "import gpudem.report.motion_figure, gpudem.report.motion_text; "
        "print([m for m in sys.modules if m.split('.')[0] == 'taichi' or 'kernels.' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
