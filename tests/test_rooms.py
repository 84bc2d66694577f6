"""The rooms of the source tree: imports point down, and never in a circle."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: From the lowest to the highest. A module may import from its own room and from lower ones, at
#: the top, within a function or for types only.
ROOMS = (
    "root",
    "kernels",
    "device",
    "contact",
    "mills",
    "geometry",
    "runfile",
    "engine",
    "scene",
    "running",
    "analysis",
    "report",
    "pictures",
    "study",
    "calibration",
    "planning",
    "page",
    "view",
    "diagnostics",
    "cli",
)
#: What starts the command belongs above all rooms, though its file has to lie in the root.
ABOVE = {"gpudem.__main__"}


def modules():
    """All modules by dotted name, with their files."""
    found = {}
    for top, prefix in (("gpudem", ""), ("kernels", "gpudem.")):
        for file in sorted((ROOT / top).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[prefix + ".".join(parts)] = file
    return found


def imported(name, file, known):
    """Modules of gpudem that a module imports anywhere in its text, with the line."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in known:
                    yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                target = whole if whole in known else node.module
                if target in known:
                    yield target, node.lineno


def room_of(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else "root"


def imports():
    known = modules()
    for name, file in known.items():
        for target, line in imported(name, file, known):
            # Of the package itself only its version and its public names.
            if target not in ("gpudem", name) and name != "gpudem":
                yield name, target, f"{file.relative_to(ROOT)}:{line} imports {target}"


def test_every_package_is_a_room():
    folders = {path.name for path in (ROOT / "gpudem").iterdir() if (path / "__init__.py").exists()}
    assert folders | {"root", "kernels"} == set(ROOMS)


def test_imports_point_down():
    upwards = [
        told
        for name, target, told in imports()
        if name not in ABOVE and ROOMS.index(room_of(target)) > ROOMS.index(room_of(name))
    ]
    assert not upwards, "\n".join(upwards)


def test_no_circles():
    graph = {}
    for name, target, _ in imports():
        graph.setdefault(name, set()).add(target)
    done = set()

    def visit(name, path):
        if name in path:
            pytest.fail(" -> ".join([*path[path.index(name) :], name]))
        if name not in done:
            for target in sorted(graph.get(name, ())):
                visit(target, [*path, name])
            done.add(name)

    for name in sorted(graph):
        visit(name, [])
