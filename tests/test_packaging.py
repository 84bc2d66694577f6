"""What is shipped: the wheel, the README's commands, and the state of the tree."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import gpudem

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = ("gpudem", "kernels", "scenes", "tests", "docs")
#: Longer than usual; a noun is not split for its length.
LONGEST = 800


def files_of(*folders):
    found = []
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and path.suffix in (".py", ".md", ".toml", ".yml", ".sh", ".txt"):
                found.append(path)
    return found


def can_build_here():
    """Whether this environment has what the wheel's build needs."""
    try:
        import setuptools
    except ImportError:
        return False
    version = tuple(int(part) for part in setuptools.__version__.split(".")[:2])
    # Before 70.1 setuptools needs the package wheel to make wheels.
    if version >= (70, 1):
        return True
    try:
        import wheel  # noqa: F401
    except ImportError:
        return False
    return version >= (68, 0)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    # Built from a copy, so that no build folder of this tree is taken in or left behind.
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("gpudem", "kernels", "scenes", "tests"):
        shutil.copytree(
            REPOSITORY / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "-q", "-w", str(folder)]
    if can_build_here():
        command.append("--no-build-isolation")
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=300)
    offline = "No matching distribution found for setuptools" in done.stderr
    if done.returncode and offline and "--no-build-isolation" not in command:
        pytest.skip("the package index cannot be reached to fetch setuptools")
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_kernels_and_scenes_inside_the_package(wheel):
    assert re.fullmatch(r"gpudem-[\d.]+-py3-none-any\.whl", wheel.name)
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "gpudem/cli/app.py",
        "gpudem/kernels/laws/hertz_mindlin.py",
        "gpudem/scenes/pulverisette7.toml",
        "gpudem/scenes/pulverisette7-20ml.toml",
        "gpudem/scenes/__init__.py",
        "gpudem/analysis/frankenberg2025_product.csv",
    } <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"gpudem", next(top for top in tops if top.endswith(".dist-info"))}
    for folder in ("gpudem", "kernels"):
        inside = "" if folder == "gpudem" else "gpudem/"
        for path in (REPOSITORY / folder).rglob("*.py"):
            assert f"{inside}{path.relative_to(REPOSITORY)}" in names
    assert "gpudem/py.typed" in names
    templates = {path.name for path in (REPOSITORY / "gpudem/page/templates").iterdir()}
    assert {f"gpudem/page/templates/{name}" for name in templates} <= names
    assert {"gpudem/view/page.css", "gpudem/view/page.js"} <= names


def test_the_installed_wheel_finds_its_scenes_and_kernels(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "import gpudem, gpudem.kernels.layout as layout\n"
        "from gpudem.scene.file import load_scene\n"
        "print(gpudem.__file__, layout.__file__, load_scene('pulverisette7').bead_count)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    package, layout, count = done.stdout.split()
    assert Path(package).is_relative_to(tmp_path) and Path(layout).is_relative_to(tmp_path)
    assert count == "367"
    entry = next(tmp_path.glob("*.dist-info")) / "entry_points.txt"
    assert "gpudem = gpudem.__main__:main" in entry.read_text()


def test_the_readme_holds_both_commands_and_ci_extracts_them(tmp_path):
    readme = (REPOSITORY / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    commands = [block.strip() for block in blocks if "python3 -m venv" in block]
    assert len(commands) == 2
    assert all("\n" not in command for command in commands)
    simulate, test = commands
    assert simulate.endswith("gpudem run pulverisette7") and "pip install -q ." in simulate
    assert test.endswith("python -m pytest") and '".[test]"' in test
    script = (REPOSITORY / ".ci" / "run").read_text()
    function = re.search(r"^command_of\(\) \{.*?^\}", script, re.DOTALL | re.MULTILINE)[0]
    called = re.findall(r'command_of "([^"]+)"', script)
    assert called == ["gpudem run", "pytest"]
    for words, expected in zip(called, commands, strict=True):
        done = subprocess.run(
            ["bash", "-euc", f'{function}\ncommand_of "{words}"'],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == expected


def test_one_version_is_named_everywhere():
    version = gpudem.__version__
    changes = (REPOSITORY / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+) ", changes, re.MULTILINE)[0] == version
    assert f"\nversion: {version}\n" in (REPOSITORY / "CITATION.cff").read_text()
    recipe = (REPOSITORY / "docs" / "examples" / "recipe.yaml").read_text()
    assert f'version: "{version}"' in recipe


def test_ci_is_a_valid_script():
    script = REPOSITORY / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_file_is_longer_than_a_reader_bears():
    lengths = {
        str(path.relative_to(REPOSITORY)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files_of(*SOURCES)
    }
    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_names_a_home_folder():
    home = re.compile(r"(?:/home|/Users|/root|[A-Z]:\\Users\\)[/\\]?[A-Za-z]")
    top = [path for path in REPOSITORY.iterdir() if path.is_file() and path.suffix != ".vtkhdf"]
    files = [*files_of(*SOURCES), REPOSITORY / ".ci" / "run", *top]
    text = {path: path.read_bytes().decode("utf-8", errors="replace") for path in files}
    found = [
        f"{path.relative_to(REPOSITORY)}: {match[0]}"
        for path, content in text.items()
        for match in home.finditer(content)
    ]
    assert found == []
    assert home.search("see " + "/home" + "/someone/x")
