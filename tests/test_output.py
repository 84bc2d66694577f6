"""Printing that fails: it ends no simulation, loses no report, and is told by the exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpudem import open_run, output
from gpudem.running.progress import TerminalProgress
from tests.runs import environment, gpudem, run_words, words
from tests.syntheticrun import write_mill

FULL = Path("/dev/full")
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs a shell")
#: The command and its arguments, for a shell.
SHELL = ["bash", "-c"]


@pytest.fixture(scope="module")
def mill(tmp_path_factory):
    """A run file with all that a report tells of."""
    path = tmp_path_factory.mktemp("mill") / "mill.vtkhdf"
    write_mill(path)
    return path


@pytest.fixture(scope="module")
def usual(mill):
    """Its report as it is printed where nothing is amiss."""
    return gpudem("report", mill).stdout


def in_shell(line, *command, folder, **variables):
    """Runs a line in which "$@" stands for the command."""
    return subprocess.run(
        [*SHELL, line, "bash", *words(*command)],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )


def loud_run(path):
    """A run that prints its report and draws its figure."""
    return [word for word in run_words(path) if word not in ("--quiet", "--no-figure")]


@POSIX
def test_a_reader_that_has_enough_is_no_fault(mill, tmp_path):
    done = in_shell('"$@" --full | head -1', "report", mill, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


@POSIX
@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ('"$@" >/dev/full', 1, "not all could be printed to standard output: No space left on"),
        ('"$@" <&- >&- 2>&-', 1, ""),
        # Closed is like full.
        pytest.param(
            '"$@" >&-',
            1,
            "not all could be printed to standard output: it is closed",
            marks=pytest.mark.slow,
        ),
        pytest.param('"$@" 2>/dev/full', 0, "", marks=pytest.mark.slow),
        pytest.param('"$@" 2>&-', 0, "", marks=pytest.mark.slow),
        ('("$@" 2>&1; echo $? >code) | head -1; exit $(cat code)', 1, ""),
    ],
)
def test_a_run_whose_output_fails_is_saved_and_says_so(tmp_path, line, code, told):
    if "/dev/full" in line and not FULL.exists():
        pytest.skip("there is no /dev/full")
    done = in_shell(line, *loud_run("run.vtkhdf"), folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr
    with open_run(tmp_path / "run.vtkhdf") as run:
        assert run.complete
    assert (tmp_path / "run.png").read_bytes()[:4] == b"\x89PNG"
    if "2>" in line and code == 0:
        assert done.stdout.startswith("Verdict: ")


@POSIX
def test_a_report_to_a_reader_that_goes_away_ends_in_silence_and_not_as_a_success(mill, tmp_path):
    line = '("$@"; echo $? >code) | head -1; exit $(cat code)'
    done = in_shell(line, "report", mill, "--csv", "tables", folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1 and done.stderr.count("\n") <= 1
    assert (tmp_path / "tables" / "report.csv").is_file()


@pytest.mark.parametrize(
    "encoding", ["ascii", pytest.param("iso8859-2", marks=pytest.mark.slow), "utf-8"]
)
def test_signs_that_an_encoding_lacks_are_replaced(mill, usual, encoding):
    done = subprocess.run(
        words("report", mill),
        env=environment(PYTHONIOENCODING=encoding),
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode(encoding)
    micro = "u" if encoding in ("ascii", "iso8859-2") else "\N{MICRO SIGN}"
    assert f" {micro}J" in said
    assert said.count("?") == usual.count("?")


def test_numbers_for_programs_are_whole_in_any_encoding(mill, tmp_path):
    path = tmp_path / "m\N{LATIN SMALL LETTER U WITH DIAERESIS}hle\N{SNOWMAN}.vtkhdf"
    path.write_bytes(mill.read_bytes())
    done = subprocess.run(
        words("report", path.name, "--json"),
        cwd=tmp_path,
        env=environment(PYTHONIOENCODING="ascii", PYTHONUTF8="1"),
        capture_output=True,
        timeout=60,
    )
    assert json.loads(done.stdout)[0]["file"] == path.name


@pytest.mark.parametrize("columns", ["0", "\N{SUPERSCRIPT TWO}"])
def test_a_width_that_is_none_is_passed_over(mill, usual, columns):
    done = subprocess.run(
        words("report", mill),
        env=environment(COLUMNS=columns, LINES=columns),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == usual and "Verdict: " in done.stdout


@POSIX
def test_a_stream_that_does_not_wait_gets_everything(tmp_path):
    program = (
        "import os; from gpudem import output; output.keep_streams(); os.set_blocking(1, False)\n"
        "print('x' * 1_000_000, flush=True); assert output.failure() is None"
    )
    done = subprocess.run(
        [*SHELL, '"$0" -c "$1" | (sleep 1; wc -c)', sys.executable, program],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout.strip(), done.stderr) == ("1000001", "")


def test_progress_goes_on_where_it_cannot_be_shown(monkeypatch):
    class Gone:
        def isatty(self):
            return False

        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    progress = TerminalProgress()
    progress.begin(10, 10, 1.0)
    monkeypatch.setattr(progress, "_last", float("-inf"))
    progress.interval(1, 0.1, 1.0, None)
    progress.end()
    monkeypatch.setattr(sys, "stderr", None)
    output.tell("to nobody")


@pytest.mark.parametrize(
    "backend",
    [
        "module://matplotlib_inline.backend_inline",
        pytest.param("nonsense", marks=pytest.mark.slow),
    ],
)
def test_figures_are_drawn_whatever_the_backend_of_a_notebook(mill, tmp_path, backend):
    environ = environment(MPLBACKEND=backend)
    for command in ("report", "motion"):
        picture = tmp_path / f"{command}.png"
        done = subprocess.run(
            words(command, mill, "--figure", picture),
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert picture.read_bytes()[:4] == b"\x89PNG"


def test_a_figure_that_fails_does_not_swallow_the_report(mill, tmp_path):
    # As a matplotlib that is broken: what it imports first is missing.
    broken = tmp_path / "broken" / "matplotlib"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('no fonts here')")
    variables = environment()
    variables["PYTHONPATH"] = f"{broken.parent}{os.pathsep}{variables['PYTHONPATH']}"
    for command, said in (("report", "Verdict: "), ("motion", "regime")):
        done = subprocess.run(
            words(command, mill, "--figure", tmp_path / "a.png", "--csv", tmp_path / command),
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
        )
        told = f"gpudem: {tmp_path / 'a.png'}: the figure cannot be drawn: no fonts here\n"
        assert (done.returncode, done.stderr) == (2, told)
        assert said in done.stdout
        assert any((tmp_path / command).iterdir())
