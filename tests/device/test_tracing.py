"""Taichi reads the kernels' sources more quickly, and says and makes of them what it did before."""

import importlib
import os
import sys
from types import SimpleNamespace

import pytest

from gpudem import Simulation, load_scene
from gpudem.device import start as device
from gpudem.device import taichi_internals


@pytest.fixture
def ti():
    if device.current().kind != "cpu":
        pytest.skip("reading is the same for all devices")
    import taichi

    return taichi


def test_every_place_in_the_sources_has_its_line(ti, monkeypatch):
    from taichi.lang.ast.ast_transformer_utils import ASTTransformerContext

    from gpudem.kernels.precision import kernel
    from gpudem.kernels.schedules.serial import renew_lists
    from gpudem.kernels.state import State

    quick = ASTTransformerContext.get_pos_info
    places = []

    def both(context, node):
        places.append(quick(context, node))
        assert quick.__wrapped__(context, node).startswith(places[-1])
        return places[-1]

    @kernel
    def new_kernel(s: State):
        for _ in range(1):
            renew_lists(s, 0, 0, s.beads, 0, 1, 0, 0, False)

    simulation = Simulation(load_scene("pulverisette7", ["beads.count=5"]))
    monkeypatch.setattr(ASTTransformerContext, "get_pos_info", both)
    new_kernel(simulation.state.pack())
    assert len(places) > 3000


def test_a_mistake_is_told_with_its_line(ti):
    @ti.func
    def wrong(x):
        return x + nowhere  # noqa: F821

    @ti.kernel
    def calls() -> ti.i32:
        return wrong(1)

    for _ in range(2):
        with pytest.raises(ti.TaichiCompilationError) as told:
            calls()
        assert 'Name "nowhere" is not defined' in str(told.value)
        text = str(told.value).splitlines()
        line = next(k for k, one in enumerate(text) if one.strip().startswith("return x + nowhere"))
        begin = text[line].index("nowhere")
        assert text[line + 1].rstrip() == " " * begin + "^" * len("nowhere")


def test_functions_of_a_class_are_told_from_others(ti):
    @ti.data_oriented
    class Adder:
        def __init__(self, more):
            self.more = more

        @ti.func
        def added(self, x):
            return x + self.more

        @ti.kernel
        def run(self, x: ti.i32) -> ti.i32:
            return self.added(x)

    assert [Adder(1).run(1), Adder(5).run(1)] == [2, 6]


def test_sources_are_read_once(ti):
    from taichi.lang import kernel_impl

    @ti.func
    def twice(x):
        return 2 * x

    @ti.kernel
    def calls() -> ti.i32:
        return twice(twice(twice(1)))

    before = kernel_impl.getsourcelines.cache_info()
    assert calls() == 8
    after = kernel_impl.getsourcelines.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (2, 2)


def test_a_tree_used_again_forgets_what_kind_of_value_it_saw(ti):
    class Sevens:
        def sum(self):
            return 7.0

    sevens = Sevens()

    @ti.func
    def total(x: ti.template()):
        return x.sum()

    @ti.func
    def within(x: ti.template(), y: ti.template()):
        return x.dot(total(x) * y) + total(y)

    @ti.kernel
    def calls() -> ti.f64:
        v = ti.Vector([1.0, 2.0, 3.0], ti.f64)
        return total(v) + total(sevens) + total(v) + within(v, v)

    assert calls() == 6.0 + 7.0 + 6.0 + 6.0 * 14.0 + 6.0


def test_a_function_may_call_itself_with_what_is_known_before(ti):
    @ti.func
    def power(x, n: ti.template()):
        out = 1
        if ti.static(n > 0):
            out = x * power(x, n - 1)
        return out

    @ti.kernel
    def calls() -> ti.i32:
        return power(3, 4) + power(2, 3)

    assert calls() == 89


def test_lines_of_a_function_are_those_that_python_finds():
    import inspect

    from gpudem.kernels.laws import hertz_mindlin

    def missing(function):
        raise AssertionError(function)

    lines_of = taichi_internals._source_lines(missing)
    functions = [getattr(one, "__wrapped__", None) for one in vars(hertz_mindlin).values()]
    found = [one for one in functions if one is not None]
    assert len(found) > 5
    for function in found:
        assert lines_of(function) == inspect.getsourcelines(function)


def test_a_module_that_is_edited_and_loaded_again_is_read_again(ti, tmp_path, monkeypatch):
    path = tmp_path / "module_that_is_edited.py"
    monkeypatch.syspath_prepend(tmp_path)

    def written(*lines):
        head = ["import taichi as ti", "@ti.func", "def f(x):", *lines]
        kernel = ["@ti.kernel", "def k(x: ti.i32) -> ti.i32:", "    return f(x)"]
        path.write_text("\n".join([*head, *kernel, ""]))
        importlib.invalidate_caches()

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    written("    return x + 1")
    module = importlib.import_module("module_that_is_edited")
    assert module.k(10) == 11
    written("    y = x + 1000", "    return 2 * y")
    os.utime(path, (1e9, 1e9))
    assert importlib.reload(module).k(10) == 2020


def test_a_cell_of_a_notebook_is_read_as_ever():
    import linecache

    cell = "%%time\n@ti.func\ndef one(x):\n    return x\n"
    space: dict = {"ti": SimpleNamespace(func=lambda function: function)}
    exec(compile("\n" + cell.split("\n", 1)[1], "<cell>", "exec"), space)
    linecache.cache["<cell>"] = (len(cell), None, cell.splitlines(True), "<cell>")
    usual = taichi_internals._source_lines(lambda function: (["usual"], 7))
    assert usual(space["one"]) == (["usual"], 7)
    del linecache.cache["<cell>"]


def test_threads_that_start_at_once_leave_python_as_it_was():
    import inspect

    usual = inspect.getmodule
    first, second = taichi_internals.quick_import(), taichi_internals.quick_import()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert inspect.getmodule is usual


def test_functions_of_a_module_are_defined_without_a_search(ti, tmp_path, monkeypatch):
    import inspect

    lines = ["import taichi as ti", "@ti.func", "def one(x):", "    return x"]
    (tmp_path / "module_of_a_function.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    searched = []
    monkeypatch.setattr(inspect, "getframeinfo", searched.append)
    importlib.import_module("module_of_a_function")
    assert searched == []


def test_a_taichi_with_other_insides_is_left_as_it_is(ti, monkeypatch):
    from taichi.lang import kernel_impl
    from taichi.lang.ast.ast_transformer_utils import ASTTransformerContext

    # As they are, to be put back afterwards.
    for name in ("getsourcelines", "getsourcefile", "transform_tree", "ast", "textwrap"):
        monkeypatch.setattr(kernel_impl, name, getattr(kernel_impl, name))
    monkeypatch.delattr(ASTTransformerContext, "get_pos_info")
    monkeypatch.delattr(kernel_impl, "_inside_class")
    taichi_internals.hasten.__wrapped__()
    assert not hasattr(kernel_impl, "_inside_class")
