"""gpudem plan on made-up studies: known answers, refusals, what to run next, transfer, messages."""

import json
import math

import pytest

from gpudem.cli.app import app
from gpudem.errors import GpudemError
from gpudem.planning.cases import read_cases
from gpudem.planning.milling_plan import Wish, plan_for, speeds_between
from gpudem.study.study import study_from_text
from gpudem.study.study_folder import StudyFolder
from gpudem.units import RPM
from tests.planning import made_up
from tests.planning.made_up import MASS, hard, power, run_next, speed_for, study

ENERGY = 5e5


def command(*words):
    app(["plan", *map(str, words)], exit_on_error=False, result_action="return_value")


def as_json(capsys, *words):
    capsys.readouterr()
    command(*words, "--json")
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """The grid of two bead sizes and three fillings without noise, one seed."""
    return study(tmp_path_factory.mktemp("plan") / "grid").path


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """Three seeds that scatter by a hundredth; one is not steady, one failed, one is not done."""
    path = tmp_path_factory.mktemp("plan") / "noisy"
    lost = []

    def leave(point):
        if point["seed"] == 3 and len(lost) < 2 and point["beads"]["filling"] == 0.1:
            lost.append(point)
            return True
        return False

    def steady(point):
        beads = point["beads"]
        slow = point["mill"]["speed"] < 25 and beads["filling"] == 0.5
        return not (point["seed"] == 2 and slow and beads["diameter"] == 3e-3)

    folder = study(path, seeds=3, noise=0.01, leave=leave, steady=steady)
    next(case for case in folder.cases if not case.done).fail("no luck")
    return path


def test_the_speed_at_the_limit(grid, capsys):
    """Each answer is the fastest speed of three digits at which SE_90 is not above the limit."""
    found = as_json(capsys, grid, "--energy", "500 J/g", "--most-stress", "60 uJ")
    shown = {(c["settings"]["diameter"], c["settings"]["filling"]): c for c in found["candidates"]}
    assert len(shown) == 6
    for (d, phi), one in shown.items():
        speed = one["settings"]["speed"]
        exact = speed_for(60e-6, d, phi)
        if exact > 1000.0:
            assert speed == 1000.0 and one["decided_by"] == "fastest"
        else:
            assert speed == math.floor(exact) and one["decided_by"] == "limit"
        assert one["milling_time"]["value"] == pytest.approx(ENERGY * MASS / power(speed, d, phi))
        assert one["stress_energy"]["SE_90"]["value"] == pytest.approx(hard(speed, d, phi))
        assert one["stress_energy"]["SE_W"]["value"] == pytest.approx(5 * hard(speed, d, phi))
        assert one["trusted"]
    times = [one["milling_time"]["value"] for one in found["candidates"]]
    assert times == sorted(times) and found["best"] == found["candidates"][0]
    assert found["wanted"]["product_mass"] == pytest.approx(MASS)
    assert found["fits"]["P"]["form"] == "power law" and not found["run_next"]
    # The fastest cases are no bound of the mill: a command tells more.
    assert "mill.speed=1200rpm beads.diameter=3mm" in found["run_faster"][0]


@pytest.mark.parametrize("name, factor", [("SE", 1.0 / 3.0), ("SE_W", 5.0)])
def test_which_stress_is_limited(grid, capsys, name, factor):
    limit = 100e-6 * factor
    words = ("--energy", "500 J/g", "--most-stress", f"{limit} J", "--stress", name)
    found = as_json(capsys, grid, *words, "beads.diameter=5 mm")
    assert {c["settings"]["speed"] for c in found["candidates"]} == {
        math.floor(speed_for(100e-6, 5.0, phi)) for phi in (0.1, 0.3, 0.5)
    }
    command(grid, *words)
    told = capsys.readouterr().out
    assert f"Shortest with {name} at most" in told and f"{name}: mean" in " ".join(told.split())


def test_gentlest_within_a_time(grid, capsys):
    found = as_json(capsys, grid, "--energy", "500 J/g", "--longest", "20 min")
    for one in found["candidates"]:
        d, phi = one["settings"]["diameter"], one["settings"]["filling"]
        slowest = 600.0 * (ENERGY * MASS / 1200.0 / power(600.0, d, phi)) ** (1 / 3)
        assert one["settings"]["speed"] == math.ceil(slowest) and one["decided_by"] == "longest"
        assert one["milling_time"]["high"] <= 1200.0
    gentle = [one["stress_energy"]["SE_90"]["value"] for one in found["candidates"]]
    assert gentle == sorted(gentle)
    # With both limits the shortest time is preferred again, unless told otherwise.
    both = ("--energy", "500 J/g", "--longest", "20 min", "--most-stress", "60 uJ")
    assert as_json(capsys, grid, *both)["wanted"]["prefer"] == "time"
    found = as_json(capsys, grid, *both, "--prefer", "stress")
    assert found["best"]["decided_by"] == "longest" and found["best"]["settings"]["diameter"] == 3.0


def test_limits_that_nothing_keeps(grid):
    with pytest.raises(GpudemError) as caught:
        command(grid, "--energy", "500 J/g", "--most-stress", "60 uJ", "--longest", "20 s")
    told = str(caught.value)
    assert "no setting stays within SE_90 at most 60 µJ and 20 s at most" in told
    assert "nearest: 1000 rpm, 3 mm, filling 0.5: SE_90" in told
    assert "run next: gpudem sweep pulverisette7 mill.speed=" in told


def test_the_speed_to_run_next_keeps_the_limit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    first = study(tmp_path / "first", {"mill.speed": "200..1000 rpm:5"}).path
    for limit, low, high in (
        (("--most-stress", "2 uJ"), 100.0, 200.0),
        (("--longest", "10 s"), 1000.0, 2000.0),
    ):
        words = ("--energy", "500 J/g", *limit)
        with pytest.raises(GpudemError, match="no setting stays within") as caught:
            command(first, *words)
        more = run_next(str(caught.value).partition("run next: ")[2], app)
        (speed,) = {case.state_point["mill"]["speed"] / RPM for case in more.cases}
        assert low < speed < high
        found = as_json(capsys, first, more.path, *words)
        assert found["best"]["trusted"] and not found["over_the_limits"]


def test_intervals_and_what_is_left_out(noisy, capsys):
    found = as_json(capsys, noisy, "--energy", "500 J/g", "--most-stress", "60 uJ")
    assert found["left_out"] == {"failed": 1, "not done": 1, "not steady": 1}
    for one in found["candidates"]:
        settings = (one["settings"][name] for name in ("speed", "diameter", "filling"))
        speed, d, phi = settings
        time, stress = one["milling_time"], one["stress_energy"]["SE_90"]
        # 1 % a seed: a few thousandths of a mean of 90 cases, and no answer without an error.
        assert 1.002 < time["high"] / time["value"] < 1.05
        assert time["low"] <= ENERGY * MASS / power(speed, d, phi) <= time["high"]
        assert stress["low"] <= hard(speed, d, phi) <= stress["high"] <= 60e-6
    command(noisy, "--energy", "500 J/g", "--most-stress", "60 uJ")
    told = " ".join(capsys.readouterr().out.split())
    assert "Left out: 1 case failed, 1 case not done, 1 case not steady" in told
    assert told.index("Shortest with SE_90 at most 60 µJ") == 0
    assert "It can be trusted as an answer of the simulation" in told


def test_settings_between_and_beyond_the_cases(grid, capsys, tmp_path, monkeypatch):
    """Between them it answers; beyond, it refuses, and the command that it prints turns that."""
    words = ("--energy", "500 J/g", "--most-stress", "60 uJ", "beads.diameter=5 mm")
    found = as_json(capsys, grid, *words, "beads.filling=0.2, 0.6")
    assert [one["settings"]["filling"] for one in found["candidates"]] == [0.2]
    speed = found["best"]["settings"]["speed"]
    assert speed == math.floor(speed_for(60e-6, 5.0, 0.2))
    assert found["best"]["milling_time"]["value"] == pytest.approx(
        ENERGY * MASS / power(speed, 5.0, 0.2)
    )
    (refused,) = found["refused"]
    assert refused["reason"] == "filling 0.6 lies outside the cases (0.1 to 0.5)"
    assert refused["settings"] == {"diameter": 5.0, "filling": 0.6}
    monkeypatch.chdir(tmp_path)
    (line,) = found["run_next"]
    more = run_next(line, app)
    assert len(more.cases) == 5 * 3
    found = as_json(capsys, grid, more.path, *words, "beads.filling=0.6")
    assert found["best"]["settings"]["speed"] == math.floor(speed_for(60e-6, 5.0, 0.6))
    assert found["best"]["trusted"] and not found["run_next"]
    # Of speeds that are given, those beyond the cases are refused, not forgotten.
    found = as_json(capsys, grid, *words[:2], "beads.filling=0.3", "mill.speed=900,1200 rpm")
    assert {one["settings"]["speed"] for one in found["candidates"]} == {900.0}
    assert {one["reason"] for one in found["refused"]} == {
        "speed 1200 rpm lies outside the cases (200 to 1000 rpm)"
    }
    assert "mill.speed=1200rpm" in found["run_next"][0]
    # Between two bead sizes nothing tests the law; what is asked for is answered, but not trusted.
    found = as_json(capsys, grid, *words[:4], "beads.diameter=4 mm", "beads.filling=0.3")
    assert not found["best"]["trusted"]
    assert "diameter 4 lies between the only two values" in found["best"]["doubts"][0]
    assert "beads.diameter=4mm" in found["run_next"][0]


def test_an_answer_too_wide_is_not_trusted_until_it_is_run(tmp_path, capsys, monkeypatch):
    """Cases that lie on no law: the interval is wide, and three seeds at the answer settle it."""

    def rough(speed, diameter, filling):
        return power(speed, diameter, filling) * math.exp(0.25 * math.sin(9 * math.log(speed)))

    laws = (rough, hard)
    vary = {"mill.speed": "200..1000 rpm:5", "beads.filling": [0.3, 0.5]}
    path = study(tmp_path / "rough", vary, seeds=3, noise=0.003, laws=laws).path
    words = ("--energy", "500 J/g", "--most-stress", "60 uJ")
    found = as_json(capsys, path, *words)
    assert not found["best"]["trusted"]
    assert "the interval of the time is +- " in found["best"]["doubts"][0]
    command(path, *words)
    told = " ".join(capsys.readouterr().out.split())
    assert "It can NOT be trusted yet" in told and "Run next, to turn these into answers" in told
    best = found["best"]["settings"]
    again = as_json(capsys, path, *words, "--tolerance", "90 %")
    assert again["best"]["trusted"]
    monkeypatch.chdir(tmp_path)
    more = [run_next(line, app, noise=0.003, laws=laws) for line in found["run_next"]]
    found = as_json(capsys, path, *(one.path for one in more), *words)
    assert found["best"]["trusted"]
    command(path, *(one.path for one in more), *words)
    assert "simulated itself, with 3 seeds" in " ".join(capsys.readouterr().out.split())
    time = found["best"]["milling_time"]
    exact = ENERGY * MASS / rough(*(found["best"]["settings"]["speed"], 5.0, best["filling"]))
    assert time["low"] <= exact <= time["high"] < 1.05 * time["low"]


def test_a_corner_without_cases_is_not_told(tmp_path, capsys):
    """The fast cases of filling 0.1 are not steady: there the plan ends at the last steady one."""

    def steady(point):
        return point["beads"]["filling"] != 0.1 or point["mill"]["speed"] < 50

    path = study(tmp_path / "corner", steady=steady).path
    found = as_json(capsys, path, "--energy", "500 J/g")
    speeds = {c["settings"]["filling"]: c["settings"]["speed"] for c in found["candidates"]}
    assert speeds == {0.1: 400.0, 0.3: 1000.0, 0.5: 1000.0}
    # Named, it is refused, with the cases to run.
    with pytest.raises(
        GpudemError, match=r"filling 0.1: speed 1000 rpm lies outside the cases"
    ) as caught:
        command(path, "--energy", "500 J/g", "beads.filling=0.1", "mill.speed=1000 rpm")
    assert "mill.speed=1000rpm" in str(caught.value)


def test_transfer_to_other_beads(grid, capsys, tmp_path):
    """The paper's advice: the same SE from smaller beads, faster; the time for the same E_m."""
    reference = tmp_path / "theirs.json"
    theirs = made_up.result_of({"mill": {"speed": 55.0}, "beads": {"diameter": 5e-3}})
    theirs["statistics"]["power"]["dissipation"]["standard_error"] = 0.0
    reference.write_text(json.dumps(theirs))
    joules, watts = theirs["stress_energy_q"]["90"], theirs["power"]["dissipation"]["total"]
    words = (grid, "--like", reference, "beads.diameter=3 mm")
    found = as_json(capsys, *words, "--milling-time", "10 min")
    energy = 600.0 * watts / MASS
    assert found["wanted"]["specific_energy"] == pytest.approx(energy)
    assert [one["settings"]["filling"] for one in found["candidates"]] == [0.3, 0.1]
    for one in found["candidates"]:
        phi = one["settings"]["filling"]
        speed = one["settings"]["speed"]
        assert speed == pytest.approx(speed_for(joules, 3.0, phi), abs=0.5)
        assert one["decided_by"] == "equal"
        exact = energy * MASS / power(speed, 3.0, phi)
        assert one["milling_time"]["value"] == pytest.approx(exact)
    # At filling 0.5 the mill would have to be faster than any case.
    assert speed_for(joules, 3.0, 0.5) > 1000.0
    (refused,) = found["refused"]
    assert "the wanted one lies above" in refused["reason"]
    assert "mill.speed=1200rpm" in found["run_next"][0]
    # A speed that is given has to fit.
    with pytest.raises(GpudemError, match=r"filling 0.3: SE_90 is .* at 900, not "):
        command(*words, "--equal", "stress", "mill.speed=800, 900 rpm")
    near = f"mill.speed={speed_for(joules, 3.0, 0.3):.4g} rpm"
    found = as_json(capsys, *words, "--equal", "stress", near)
    assert [one["settings"]["filling"] for one in found["candidates"]] == [0.3]
    assert found["best"]["decided_by"] == "given" and len(found["refused"]) == 2
    # The stress alone: no time without an energy.
    found = as_json(capsys, *words, "--equal", "stress")
    assert found["best"]["milling_time"] is None
    found = as_json(capsys, *words, "--equal", "stress", "--energy", "500 J/g", "--stress", "SE")
    assert found["best"]["milling_time"]["value"] == pytest.approx(
        ENERGY * MASS / found["best"]["power"]["value"]
    )
    # SE has a standard error of 0.3 %: the speed is known to 1.96 of that over its exponent.
    assert found["best"]["speed_relative_error_95"] == pytest.approx(1.96 * 0.003 / 2.5, rel=0.02)
    # The energy alone: any speed below a limit.
    found = as_json(
        capsys, *words, "--equal", "energy", "--milling-time", "10 min", "--most-stress", "20 uJ"
    )
    assert found["wanted"]["specific_energy"] == pytest.approx(energy)
    assert found["best"]["stress_energy"]["SE_90"]["high"] <= 20e-6
    # What speaks against a comparison comes first.
    theirs["scene"]["contact"]["softening"] = 100.0
    theirs["steady"] = False
    reference.write_text(json.dumps(theirs))
    command(*words, "--equal", "stress")
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("To match:") and "softening 100.0 against 1.0" in told
    assert "Its window is not steady" in told


def test_assumptions_are_not_chosen(tmp_path, capsys):
    vary = {"mill.speed": "200..1000 rpm:5", "contact.softening": [1, 10, 100]}
    path = study(tmp_path / "soft", vary).path
    with pytest.raises(GpudemError, match=r"contact.softening takes several values"):
        command(path, "--energy", "500 J/g")
    found = as_json(capsys, path, "--energy", "500 J/g", "softening=10")
    assert found["best"]["settings"] == {"speed": 1000.0, "softening": 10.0}
    text = """
scene = "pulverisette7"
[vary]
mill.speed = "200..1000 rpm:5"
[[variants]]
name = "as it is"
[[variants]]
name = "slippery"
set = { contact.bead_bead.dynamic_friction = 0.1 }
"""
    path = study(tmp_path / "variants", made=study_from_text(text)).path
    with pytest.raises(GpudemError, match=r"variant takes several .*'variant=as it is'"):
        command(path, "--energy", "500 J/g")
    found = as_json(capsys, path, "--energy", "500 J/g", "variant=slippery")
    assert found["best"]["settings"]["variant"] == "slippery"
    assert "--set contact.bead_bead.dynamic_friction=0.1" in found["run_faster"][0]
    with pytest.raises(GpudemError, match="a study with variants is planned with alone"):
        command(path, path, "--energy", "500 J/g", "variant=slippery")


def test_other_studies(tmp_path, capsys):
    """No speed varies; a shaker's frequency; points that lie on no grid; masses that differ."""
    path = study(tmp_path / "fillings", {"beads.filling": "0.1..0.5:5"}).path
    found = as_json(capsys, path, "--energy", "500 J/g")
    assert found["best"]["settings"] == {"filling": 0.5}
    with pytest.raises(GpudemError, match="no speed varies"):
        command(path, "--energy", "500 J/g", "--figure", tmp_path / "no.png")
    cube = """
scene = "pulverisette7"
design = "latin-hypercube"
samples = 30
[vary]
mill.speed = "200..1000"
beads.filling = "0.1..0.5"
"""
    path = study(tmp_path / "cube", made=study_from_text(cube)).path
    words = ("--energy", "500 J/g", "--most-stress", "60 uJ", "beads.filling=0.3")
    found = as_json(capsys, path, *words)
    assert found["best"]["settings"]["speed"] == math.floor(speed_for(60e-6, 5.0, 0.3))
    assert found["best"]["trusted"]
    shaken = study_from_text('scene = "retsch-mm400"\n[vary]\nmill.frequency = "10..30 Hz:5"\n')
    path = study(tmp_path / "shaken", made=shaken, laws=(power, lambda *a: 1e-5)).path
    with pytest.raises(GpudemError):
        command(path, "--energy", "500 J/g", "mill.frequency=5 mm")
    found = as_json(capsys, path, "--energy", "500 J/g", "mill.frequency=20 Hz")
    assert found["units"] == {"frequency": "Hz"}
    assert found["best"]["settings"] == {"frequency": 20.0}
    vary = {"mill.speed": "200..1000 rpm:5", "product.mass": ["10 g", "20 g"]}
    path = study(tmp_path / "masses", vary, mass=lambda point: point["product"]["mass"]).path
    found = as_json(capsys, path, "--energy", "500 J/g")
    for one in found["candidates"]:
        mass = 1e-3 * one["settings"]["mass"]
        exact = ENERGY * mass / power(1000.0, 5.0, 0.5)
        assert one["milling_time"]["value"] == pytest.approx(exact)


def test_figure(noisy, tmp_path, capsys):
    words = ("--energy", "500 J/g", "--most-stress", "60 uJ")
    command(noisy, *words, "--figure", tmp_path / "plan.png")
    first = (tmp_path / "plan.png").read_bytes()
    assert first.startswith(b"\x89PNG") and len(first) > 20_000
    with pytest.raises(GpudemError, match="exists already"):
        command(noisy, *words, "--figure", tmp_path / "plan.png")
    command(noisy, *words, "beads.diameter=5 mm", "--figure", tmp_path / "plan.svg")
    told = (tmp_path / "plan.svg").read_text()
    assert told.count("<svg") == 1


@pytest.mark.parametrize(
    "words, told",
    [
        (["--energy", "500"], "--energy .500. has no unit"),
        (["--energy", "500 J/g", "--most-stress", "9 uL"], "a volume, but an energy is needed"),
        (["--energy", "0 J/g"], "must be above 0"),
        ([], "give the wanted specific energy"),
        (["--energy", "500 J/g", "--stress", "SE90"], "accepted: SE_90, SE, SE_W"),
        (["--energy", "500 J/g", "--prefer", "cost"], "accepted: time, stress"),
        (["--energy", "500 J/g", "--tolerance", "0"], "--tolerance 0: accepted are shares"),
        (["--energy", "500 J/g", "--equal", "both"], "only with --like"),
        (["--energy", "500 J/g", "--figure", "plan.gif"], "name a .png"),
        (["--energy", "500 J/g", "beads.count=3"], "beads.count does not vary in this study"),
        (["--energy", "500 J/g", "filling=0.1", "beads.filling=0.2"], "is given twice"),
        (["--energy", "500 J/g", "mill.speed=5 kg"], "an angular speed is needed"),
        (["--energy", "500 J/g", "mill.speed=0 rpm"], "outside the cases"),
        (["--like", "nowhere.json"], "--like nowhere.json: cannot be read"),
    ],
)
def test_messages(grid, words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GpudemError, match=told):
        command(grid, *words)


def test_messages_of_studies(grid, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    energy = ("--energy", "500 J/g")
    with pytest.raises(GpudemError, match="is not a study folder"):
        command(tmp_path, *energy)
    with pytest.raises(GpudemError, match="name the folder of a study"):
        command(*energy)
    single = study(tmp_path / "single", {"mill.speed": "600 rpm"}, seeds=3).path
    with pytest.raises(GpudemError, match="there is only one usable case"):
        command(single, *energy)
    few = study(tmp_path / "few", {"mill.speed": "400,600,800 rpm"}).path
    with pytest.raises(GpudemError, match="3 different settings are too few for a fit") as refused:
        command(few, *energy)
    told = str(refused.value)
    assert "at least 4 are needed" in told and "mill.speed=500,700rpm" in told
    more = run_next(told.partition("run next: ")[2], app)
    command(few, more.path, *energy)

    unsteady = study(tmp_path / "unsteady", {"mill.speed": "400,600 rpm"}, steady=False).path
    with pytest.raises(GpudemError, match="no case can be used: 2 not steady") as refused:
        command(unsteady, *energy)
    # What to run is told, and does what it says: the same study, four times as long.
    longer = run_next(str(refused.value).partition("run next: ")[2], app)
    assert longer.path.name == "unsteady-next"
    assert {case.scene.run.duration for case in longer.cases} == {4.0}
    speeds = [case.state_point["mill"]["speed"] for case in longer.cases]
    assert speeds == [case.state_point["mill"]["speed"] for case in StudyFolder(unsteady).cases]
    five = {"mill.speed": "200..1000 rpm:5"}
    bare = study(tmp_path / "bare", five, mass=None).path
    with pytest.raises(GpudemError, match=r'the mass of the product is not known.*--mass "17.5 g"'):
        command(bare, *energy)
    command(bare, *energy, "--mass", "10 g")
    with pytest.raises(GpudemError, match="studies of one plan vary the same keys"):
        command(grid, bare, *energy)
    softer = study(tmp_path / "softer", five, settings=["contact.softening=10"]).path
    with pytest.raises(GpudemError, match=r"contact.softening is 10.0, in .*bare 1.0"):
        command(bare, softer, *energy)
    theirs = made_up.result_of({"mill": {"speed": 50.0}})
    theirs["scene"]["product_mass"] = None
    (tmp_path / "theirs.json").write_text(json.dumps(theirs))
    like = (grid, "--like", "theirs.json")
    for words, told in (
        ((), 'its milling time is not known; give --milling-time "10 min"'),
        (("--milling-time", "10 min"), "its product mass is not known; give --like-mass"),
        (("--equal", "stress", "--most-stress", "9 uJ"), "leaves no choice of the stress"),
        (("--equal", "energy", *energy), "that of the run to be matched is taken"),
        (("--equal", "all"), "accepted: stress, energy, both"),
    ):
        with pytest.raises(GpudemError, match=told):
            command(*like, *words)
    (tmp_path / "theirs.json").write_text("{}")
    with pytest.raises(GpudemError, match="holds no results of one run"):
        command(*like, "--equal", "stress")


def test_speeds_have_three_digits():
    speeds = speeds_between(198.5, 1000.0)
    assert list(speeds[:3]) == [198.5, 199.0, 200.0] and list(speeds[-2:]) == [999.0, 1000.0]
    assert list(speeds_between(0.2, 0.3))[1] == 0.201
    assert list(speeds_between(990.0, 1020.0))[-3:] == [1000.0, 1010.0, 1020.0]


def test_from_python(grid):
    cases = read_cases([grid])
    assert cases.drive == "speed" and cases.mass == pytest.approx(MASS)
    plan = plan_for(cases, Wish(energy=ENERGY, most_stress=60e-6), {})
    assert plan.best is not None and plan.best.meets and plan.best.trusted
