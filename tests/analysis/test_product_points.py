"""Measured points of a product: the paper's, and files of users with all their faults."""

import pytest

from gpudem.analysis.paper import MILLING_ENERGIES
from gpudem.analysis.product_points import papers_points, read_points
from gpudem.errors import GpudemError
from gpudem.units import RPM


def written(folder, text, encoding="utf-8"):
    path = folder / "my.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_papers_points_are_what_it_states():
    points = papers_points()
    found = {(p.quantity, p.value, p.specific_energy): p for p in points}
    assert len(found) == len(points) == 7
    best = found["capacity", 165.0, 500e3]
    assert best.specific_energy_uncertainty == 100e3
    # Two of its milling conditions have this energy, so neither is entered.
    assert best.speed is None and best.milling_time is None
    assert {(p.value, p.unit, p.specific_energy) for p in points if p.quantity == "porosity"} == {
        (37.6, "%", None),
        (26.5, "%", None),
    }
    assert found["x50", None, 45e3].unit == "µm" and found["x50", 10.0, 4700e3]
    assert found["capacity", 110.0, 10e3] and found["capacity", 90.0, 4700e3]
    assert all(p.source.startswith("doi") and p.remark for p in points)
    # Where speed and time are entered they are those that the paper gives with this energy.
    known = {
        (round(c.speed / RPM), c.milling_time, c.specific_energy / 1e3) for c in MILLING_ENERGIES
    }
    placed = [
        (round(p.speed / RPM), p.milling_time, p.specific_energy / 1e3) for p in points if p.speed
    ]
    assert len(placed) == 4 and set(placed) <= known
    assert all(p.uncertainty is None for p in points)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_units_in_heads_or_cells(tmp_path, separator):
    text = (
        "\ufeffQuantity,Value [mAh/g],Speed [rpm],milling time,specific energy [kJ/kg],filling\n"
        "# a remark\n"
        "\n"
        "capacity,150,400,30 min,500,\n"
        "capacity,149.5,600 1/min,600 s,140 Wh/kg,0.5\n"
    ).replace(",", separator)
    first, second = read_points(written(tmp_path, text))
    assert (first.value, first.unit, first.milling_time) == (150.0, "mAh/g", 1800.0)
    assert first.speed == pytest.approx(400 * RPM) and first.specific_energy == 500e3
    assert first.filling is None and second.filling == 0.5
    assert second.speed == pytest.approx(600 * RPM)
    assert second.specific_energy == pytest.approx(504e3)
    assert first.text == "capacity 150 mAh/g"


HEAD = "quantity,value,unit,speed [rpm],milling_time\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["is empty", "names the columns"]),
        (HEAD, ["holds no points"]),
        ("quantity,value,unit,rpm\nx,1,%,3\n", ["line 1: unknown column", '"rpm"', "speed [rpm]"]),
        ("quantity,value,unit,unit\nx,1,%,%\n", ["line 1: column unit stands there twice"]),
        ("value [%],speed [rpm]\n1,2\n", ["line 1: column quantity is missing"]),
        ("quantity,value\nx,1\n", ["line 1: the unit of value", "value [mAh/g]"]),
        ("quantity,value [%],unit\nx,1,%\n", ["line 1: the unit of value", "give one of them"]),
        ("quantity [m],value [%]\nx,1\n", ["column quantity holds text and takes no unit"]),
        (HEAD + "x,1,%,fast,\n", ["line 2, column speed", '"fast"', "600 rpm"]),
        (HEAD + "x,1,%,0,\n", ["line 2, column speed", "above 0"]),
        (HEAD + "# a remark\nx,1,%,400,10\n", ["line 3, column milling_time", "no unit", "10 min"]),
        (HEAD + "x,1,%,400,10 J\n", ["column milling_time", "an energy", "a time is needed"]),
        (HEAD + "x,1 %,%,400,\n", ["line 2, column value", "plain number"]),
        (HEAD + "x,many,%,400,\n", ["line 2, column value", '"many"']),
        (HEAD + "x,nan,%,400,\n", ["line 2, column value", '"nan"']),
        (HEAD + "x,,%,400,\n", ["line 2: holds neither value nor specific_energy"]),
        (HEAD + ",1,%,400,\n", ["line 2, column quantity: is empty"]),
        (HEAD + "x,1,%,400,10 min,more\n", ["line 2: 6 cells for 5 columns", "double quotes"]),
        (HEAD + "x,1,%,400,\nx,2,µm,400,\n", ["line 3: x is in", '"µm"', '"%"', "line 2"]),
    ],
)
def test_faults_name_line_column_and_what_is_accepted(tmp_path, text, told):
    with pytest.raises(GpudemError) as caught:
        read_points(written(tmp_path, text))
    message = str(caught.value)
    assert "my.csv" in message
    for words in told:
        assert words in message


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(GpudemError, match="cannot be read"):
        read_points(tmp_path / "none.csv")
    with pytest.raises(GpudemError, match="UTF-8"):
        read_points(written(tmp_path, HEAD + "x50,1,µm,400,\n", "latin-1"))
    german = "quantity;value [%];speed [rpm]\nx;37,6;400\n"
    with pytest.raises(GpudemError, match="decimals take a point, not a comma"):
        read_points(written(tmp_path, german))
