"""The SF-SE figure: what is a line, what a point, and what is left out."""

import numpy as np
import pytest

from gpudem.analysis.events import energy_distributions
from gpudem.report.figure import FEW, draw_curve, set_limits
from gpudem.runfile.reader import open_run
from tests.syntheticrun import BEADS, EVENTS, STEP, WINDOW, write_mill


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_few_counts_are_points_with_the_root_of_their_number(axes):
    counts = np.array([4, 0, 100, 1, 30, 5000, 900, 300, 9])
    edges = 10.0 ** np.arange(-9.0, 1.0)
    distribution = {"edges": edges, "frequency": counts / 2.0}
    energy, density = draw_curve(axes, distribution, 2.0, "all", "black")
    assert density == pytest.approx(counts / 2.0)
    (line,) = [one for one in axes.lines if one.get_label() == "all"]
    # 100 stands alone: as a line it would be a stray stroke.
    assert np.isfinite(line.get_ydata()).tolist() == [False] * 4 + [True] * 4 + [False]
    points = {float(c.lines[0].get_ydata()[0]): c for c in axes.containers}
    assert sorted(points) == [0.5, 2.0, 4.5, 50.0] and FEW == 20
    (bar,) = points[50.0].lines[2]
    assert bar.get_segments()[0][:, 1] == pytest.approx([50.0 - 5.0, 50.0 + 5.0])
    # 1e-4 of the highest is the least that is shown.
    set_limits(axes, [(energy, density), None])
    assert axes.get_ylim()[0] == 0.25 and len(axes.collections) == 4
    set_limits(axes, [(energy, density), (np.array([1.0]), np.array([4e4]))])
    assert axes.get_ylim()[0] == 4.0 and len(axes.collections) == 2


def test_kinds_of_energy_hold_all_collisions(tmp_path):
    with open_run(write_mill(tmp_path / "mill.vtkhdf")) as run:
        found = energy_distributions(run, WINDOW)
    collisions = sum(map(len, EVENTS.values())) / STEP
    assert BEADS == 4 and found["dissipation"].frequency.sum() == pytest.approx(collisions)
