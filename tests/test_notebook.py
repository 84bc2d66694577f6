"""What notebooks show: objects as tables, a bar while something runs."""

import sys
from types import SimpleNamespace

import pytest

from gpudem import Simulation, load_scene, open_run
from gpudem.notebook import in_notebook, table_html


class Screen:
    """What IPython would show: HTML as it is, updated in place."""

    def __init__(self):
        self.shown = []

    def display(self, what, display_id):
        assert display_id
        self.shown.append(what)
        return self

    def update(self, what):
        self.shown.append(what)


@pytest.fixture
def screen(monkeypatch):
    made = Screen()
    shell = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: shell)
    display = SimpleNamespace(HTML=str, display=made.display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return made


def test_a_table_escapes_and_leaves_out_what_has_no_value():
    shown = table_html("<a>", [("name & size", "<b>"), ("nothing", "")])
    assert "&lt;a&gt;" in shown and "&lt;b&gt;" in shown and "name &amp; size" in shown
    assert "<b>" not in shown and "nothing" not in shown


def test_a_notebook_is_told_from_a_terminal(monkeypatch, screen):
    assert in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not in_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not in_notebook()


def test_scenes_simulations_and_runs_show_themselves_and_a_run_its_progress(tmp_path, screen):
    settings = {"beads.count": 5, "run.duration": "2 ms", "run.log_from": "1 ms"}
    scene = load_scene("pulverisette7", settings)
    simulation = Simulation(scene)
    assert "5 of 5 mm" in scene._repr_html_() and "hertz-mindlin" in scene._repr_html_()
    assert repr(simulation) == ("<Simulation of pulverisette7.toml: 5 beads, at 0 s, step 0>")
    assert "planetary, 600 rpm" in simulation._repr_html_()
    path = simulation.run(tmp_path / "run.vtkhdf")
    assert screen.shown[0] == "<progress value='0' max='4'></progress> "
    assert any("<progress value='4' max='4'>" in one for one in screen.shown)
    assert "million bead-steps/s" in screen.shown[-1] and "; took " in screen.shown[-1]
    with open_run(path) as run:
        shown = run._repr_html_()
    assert "run.vtkhdf" in shown and "complete" in shown and "4, 2 in the window" in shown
