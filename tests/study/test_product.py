"""From energy to product: E_m and windows of a study whose powers are known by hand."""

import io

import numpy as np
import pytest
from rich.console import Console

from gpudem.analysis.product_points import ProductPoint, papers_points
from gpudem.cli.app import app
from gpudem.errors import GpudemError
from gpudem.study.dataset import open_study
from gpudem.study.product import (
    PAPERS_WINDOW,
    best_conditions,
    chosen_curve,
    power_curves,
    print_product,
)
from gpudem.study.product_map import draw_product_map
from gpudem.study.study import study_of
from gpudem.study.study_folder import StudyFolder
from gpudem.units import RPM

MASS = 17.5e-3


def watts(speed, filling):
    """A power law, on which interpolation in logarithms is exact."""
    return 40.0 * (speed / (600 * RPM)) ** 3 * filling / 0.5


def finished(path, vary, scene="pulverisette7", mass=MASS):
    """A study whose cases have such powers without a run."""
    study = study_of(scene, vary)
    folder = StudyFolder.prepare(path, study, study.cases())
    for case in folder.cases:
        scene = case.scene
        power = watts(scene.mill.drive_speed, scene.beads[0].filling)
        case.finish(
            {
                "scene": {
                    "bowl_volume": 80e-6,
                    "ratio": -2.0,
                    "sun_wheel_radius": 0.07,
                    "filling": scene.beads[0].filling,
                    "bead_diameter": scene.beads[0].diameter,
                },
                "steady": True,
                "power": {"dissipation": {"total": power}},
                "specific_power": None if mass is None else power / mass,
            }
        )
    return folder.path


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    vary = {"mill.speed": "200..1000 rpm:3", "beads.filling": [0.3, 0.5]}
    return finished(tmp_path_factory.mktemp("product") / "grid", vary)


def point(speed=400, time=600.0, **more):
    values = {"quantity": "capacity", "unit": "mAh/g", "value": 150.0}
    return ProductPoint(**{**values, "speed": speed * RPM, "milling_time": time, **more})


def text_of(path, points, **options):
    out = io.StringIO()
    print_product(open_study(path), points, Console(file=out, width=80), **options)
    assert max(map(len, out.getvalue().splitlines())) <= 80
    return out.getvalue()


def test_energies_between_cases(grid):
    low, high = power_curves(open_study(grid))
    assert (low.filling, high.filling) == (0.3, 0.5)
    assert low.bead_diameter == pytest.approx(5e-3)
    for curve in (low, high):
        for speed in (200, 333, 600, 1000):
            expected = watts(speed * RPM, curve.filling) / MASS * 600.0
            assert curve.energy(point(speed)) == pytest.approx(expected)
        # Nothing is extrapolated.
        assert np.isnan(curve.energy(point(190))) and np.isnan(curve.energy(point(1010)))
        assert np.isnan(curve.energy(point(time=None)))


def test_points_choose_their_cases(grid):
    dataset = open_study(grid)
    curves = power_curves(dataset)
    assert chosen_curve(dataset, curves, []).filling == 0.5
    assert chosen_curve(dataset, curves, [point(filling=0.3)]).filling == 0.3
    assert chosen_curve(dataset, curves, papers_points()).filling == 0.5
    assert chosen_curve(dataset, curves, [], {"filling": "0.3"}).filling == 0.3
    with pytest.raises(GpudemError, match=r"filling=0\.4: no such cases; there are .*0\.3, 0\.5"):
        chosen_curve(dataset, curves, [], {"filling": "0.4"})
    with pytest.raises(GpudemError, match="size: does not vary in this study; accepted: filling"):
        chosen_curve(dataset, curves, [], {"size": "1"})
    assert not curves[0].suits(point(bead_diameter=3e-3))


def test_sizes_are_chosen_with_a_unit(tmp_path):
    vary = {"mill.speed": "200..1000 rpm:2", "beads.diameter": ["5 mm", "3 mm"]}
    dataset = open_study(finished(tmp_path / "sizes", vary))
    curves = power_curves(dataset)
    assert {curve.bead_diameter for curve in curves} == {5e-3, 3e-3}
    for given in ("3000 µm", "3", 3.0):
        assert chosen_curve(dataset, curves, [], {"diameter": given}).bead_diameter == 3e-3
    assert chosen_curve(dataset, curves, [point(bead_diameter=3e-3)]).bead_diameter == 3e-3
    assert {curve.filling for curve in curves} == {0.5}


def test_the_papers_window_on_the_studys_scale(grid):
    other, curve = power_curves(open_study(grid))
    # The paper's milling times are of filling 0.5.
    assert best_conditions(other) is None
    energies = [watts(n * RPM, 0.5) / MASS * t for n, t in ((400, 1800.0), (600, 600.0))]
    low, high = best_conditions(curve)
    assert (low, high) == pytest.approx((0.8 * min(energies), 1.2 * max(energies)))


def test_a_mill_that_is_driven_by_a_frequency(tmp_path):
    path = finished(tmp_path / "shaken", {"mill.frequency": "20 Hz, 30 Hz"}, scene="retsch-mm400")
    (curve,) = power_curves(open_study(path))
    assert curve.speeds == pytest.approx([1200 * RPM, 1800 * RPM])
    expected = watts(1500 * RPM, curve.filling) / MASS * 600.0
    assert curve.energy(point(speed=1500)) == pytest.approx(expected)
    assert draw_product_map(open_study(path), [point(1500)], tmp_path / "a.png").exists()


def test_text(grid):
    text = text_of(grid, papers_points(), window=PAPERS_WINDOW, are_papers=True)
    words = " ".join(text.split())
    # 600 rpm at filling 0.5: 40 W on 17.5 g for 10 min.
    assert "600 2.29 - 1370 2.9 to 4.4" in words
    assert "In 400 to 600 J/g by E_m given: capacity 165 mAh/g." in words
    assert "In 400 to 600 J/g by E_m here: no point." in words
    assert "What E_m 2 points had is not known." in words
    given = ((200, 300.0, 10e3), (200, 1200.0, 45e3), (1000, 1200.0, 4700e3))
    ratios = sorted(watts(n * RPM, 0.5) / MASS * t / energy for n, t, energy in given)
    assert f"E_m here is {ratios[0]:.3g} to {ratios[-1]:.3g} times the one given" in words
    own = [point(value=140.0), point(1200), point(filling=0.1)]
    words = " ".join(text_of(grid, own, window=(300e3, 500e3), milling_time=1200.0).split())
    # 400 rpm for 10 min: 406 J/g.
    assert "In 300 to 500 J/g by E_m here: capacity 140 mAh/g." in words
    # 600 rpm at filling 0.5 for 20 min.
    assert " 2740 " in words and "the paper" not in words.lower()
    assert "1 point of 3: of other beads or another filling." in words


def test_maps(grid, tmp_path):
    dataset = open_study(grid)
    paper = draw_product_map(
        dataset, papers_points(), tmp_path / "a.png", window=PAPERS_WINDOW, are_papers=True
    )
    assert paper.stat().st_size > 20_000
    empty = draw_product_map(dataset, [], tmp_path / "b.svg", at={"filling": 0.3})
    assert "</svg>" in empty.read_text()
    unplaced = [point(speed=1.0, time=None), point(uncertainty=3.0, specific_energy=4e5)]
    assert draw_product_map(dataset, unplaced, tmp_path / "c.png").exists()


def test_command(grid, tmp_path, capsys):
    points = tmp_path / "my.csv"
    points.write_text("quantity,value [%],speed [rpm],milling_time\nporosity,30,400,10 min\n")
    picture = tmp_path / "map.png"
    app(
        ["product", str(grid), "--points", str(points), "--window", "300..500 J/g", "--at",
         "filling=0.5", "--milling-time", "5 min", "--figure", str(picture)],
        result_action="return_value",
    )  # fmt: skip
    told = capsys.readouterr().out
    assert "porosity 30 %" in told and "E_m in 5 min" in told and picture.exists()
    app(["product", str(grid)], result_action="return_value")
    assert "capacity 165" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--window", "500 J/g"], "--window 500 J/g: write FIRST..LAST UNIT"),
        (["--window", "600..400 J/g"], "must rise"),
        (["--window", "4..6 J"], "an energy per mass is needed"),
        (["--at", "0.5"], "--at 0.5: write NAME=VALUE"),
        (["--milling-time", "0 s"], "must be above 0"),
        (["--figure", "map.gif"], "name a .png, .pdf or .svg file"),
        (["--points", "none.csv"], "none.csv: cannot be read"),
    ],
)
def test_options_that_cannot_be_meant(grid, given, told):
    with pytest.raises(GpudemError) as caught:
        app(["product", str(grid), *given], exit_on_error=False, print_error=False)
    assert told in str(caught.value)


def test_studies_without_a_map(tmp_path):
    one = finished(tmp_path / "one", {"beads.filling": [0.3, 0.5]})
    with pytest.raises(GpudemError, match="cases of two speeds or more"):
        power_curves(open_study(one))
    vary = {"mill.speed": "200..1000 rpm:2"}
    without = finished(tmp_path / "without", vary, mass=None)
    with pytest.raises(GpudemError, match=r"product\.mass"):
        power_curves(open_study(without))
    study = study_of("pulverisette7", vary)
    folder = StudyFolder.prepare(tmp_path / "begun", study, study.cases())
    with pytest.raises(GpudemError, match="no case of this study is done yet"):
        power_curves(open_study(folder.path))


def test_a_table_of_beads_may_be_named_by_its_number(tmp_path):
    vary = {"mill.speed": "200, 600 rpm", "beads.1.diameter": "5 mm, 3 mm"}
    curves = power_curves(open_study(finished(tmp_path / "grid", vary)))
    assert [curve.bead_diameter for curve in curves] == pytest.approx([3e-3, 5e-3])
