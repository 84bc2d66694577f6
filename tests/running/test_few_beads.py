"""One, two and three beads: the walls' numbers are no beads', and texts count right."""

import numpy as np
import pytest

from gpudem import open_run
from gpudem.analysis.motion.regimes import analyse_motion
from gpudem.engine.case import Case
from gpudem.geometry.vessel import cylinder
from gpudem.mills.drive import Drive
from gpudem.plain_text import numbered, plural
from gpudem.report.report import analyse
from gpudem.report.text import percent, sentences
from gpudem.running.simulation import Simulation
from tests.factories import PAPER, ZIRCONIA, rayleigh_time
from tests.runs import gpudem_here

RADIUS, DEPTH = 5e-3, 1e-6
#: Walls of a closed bowl by number: the way to each from its middle.
WAYS = [(1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 0.0, 1.0)]


@pytest.mark.parametrize("schedule", ["serial", "parallel"])
@pytest.mark.parametrize("wall", range(3))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_contacts_name_the_wall_that_is_touched(count, wall, schedule):
    way = np.array(WAYS[wall])
    middle = np.array([0.0, 0.0, 2 * RADIUS])
    reach = RADIUS + DEPTH
    # The others lie along a line across, out of touch.
    across = np.array([0.0, 1.0, 0.0])
    place = [middle + reach * way + 2.5 * RADIUS * k * across for k in (0, 1, -1)[:count]]
    diameter = 4 * RADIUS if wall == 0 else 8 * RADIUS
    if wall == 0:
        # Beside a wall that is round only the first touches; the others are nearer the axis.
        place[1:] = [middle + np.array([-0.5, 2.5 * k, 0]) * RADIUS for k in (1, -1)[: count - 1]]
        diameter, place = (
            10 * RADIUS,
            [p + 3 * RADIUS * (k == 0) * way for k, p in enumerate(place)],
        )
    case = Case(
        position=place,
        radius=RADIUS,
        density=6100.0,
        materials=(ZIRCONIA,),
        contacts={(0, 0): PAPER},
        time_step=0.2 * rayleigh_time(RADIUS, 6100.0, ZIRCONIA),
        walls=cylinder(diameter, 4 * RADIUS),
        drive=Drive(gravity=(0.0, 0.0, 0.0)),
    )
    found = Simulation(case, schedule=schedule).contacts()
    touching = count if wall else 1
    assert list(found["partner"]) == [-1 - wall] * touching
    assert found["overlap"] == pytest.approx(DEPTH, rel=1e-6)
    assert found["normal"] == pytest.approx(np.tile(-way, (touching, 1)), abs=1e-12)


@pytest.mark.parametrize(
    ("count", "speed"),
    [
        (1, "0 rpm"),
        (2, "600 rpm"),
        *(
            pytest.param(n, v, marks=pytest.mark.slow)
            for n in (1, 2, 3)
            for v in ("1 rpm", "900 rpm")
        ),
    ],
)
def test_a_run_of_few_beads_is_reported_and_drawn(tmp_path, drawing, count, speed):
    path = tmp_path / "few.vtkhdf"
    settings = {
        "beads.count": count,
        "beads.diameter": "20 mm" if count == 1 else "10 mm",
        "mill.speed": speed,
        "run.start": "settled" if speed == "0 rpm" else "rest",
        "run.duration": "20 ms",
        "run.log_from": "10 ms",
    }
    sets = [word for pair in settings.items() for word in ("--set", "{}={}".format(*pair))]
    done = gpudem_here("run", "pulverisette7-20ml", "-o", path, "--device", "cpu", *sets)
    told = f"few.vtkhdf: {count} bead{'s' if count > 1 else ''} of "
    assert done.stdout.startswith("Verdict: ")
    assert told in " ".join(done.stdout.split())
    assert "TOO" not in done.stdout and "1e+02 %" not in done.stdout
    assert "Traceback" not in done.stderr
    assert path.with_suffix(".png").stat().st_size > 1000
    with open_run(path) as run:
        result = analyse(run)
        assert result["ledger"]["closes"]
        assert sentences(result)
        if speed != "0 rpm":
            assert analyse_motion(run).regime
    picture = tmp_path / "few-beads.png"
    gpudem_here("render", path, "-o", picture, "--width", "300")
    assert picture.stat().st_size > 1000


def test_words_for_few():
    assert (plural(1, "bead"), plural(0, "bead"), plural(2, "bead")) == (
        "1 bead",
        "0 beads",
        "2 beads",
    )
    assert numbered(1) == "there is only bead 0"
    assert numbered(3) == "there are beads 0 to 2"
    assert (percent(1.0), percent(0.999), percent(0.334), percent(12.0)) == (
        "100 %",
        "100 %",
        "33 %",
        "1200 %",
    )
