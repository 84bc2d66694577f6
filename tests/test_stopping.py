"""Signals: which of them stop a run, a command and a call from Python, and with which words."""

import os
import signal
import subprocess
import sys
import time

import pytest

from gpudem import load_scene, open_run
from gpudem.errors import Interrupted
from gpudem.runfile.compare import compare_runs
from gpudem.running.interruption import interrupted_run
from gpudem.running.simulation import Simulation, resume_run, run_simulation
from gpudem.stopping import StopSignals
from tests.runs import SHORT, environment, run_words, words

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")
#: The beginning of a program that handles signals as the command does.
COMMAND = """
import os, signal, sys, time
from gpudem.stopping import StopSignals, begin_command
def send(name):
    os.kill(os.getpid(), getattr(signal, name))
begin_command()
"""


@pytest.fixture(scope="module")
def source():
    return load_scene("pulverisette7-20ml", SHORT)


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    """A run that nothing interrupted."""
    path = tmp_path_factory.mktemp("whole") / "whole.vtkhdf"
    return run_simulation(Simulation(source), path)


def program(text, **more):
    return subprocess.run(
        [sys.executable, "-c", text], env=environment(), capture_output=True, text=True, **more
    )


def end_of(process):
    """Exit code and stderr of a command that was begun."""
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def begin(*command, **more):
    return subprocess.Popen(
        words(*command),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


class Send:
    """Progress that sends signals to this process after so many intervals."""

    def __init__(self, intervals, *names):
        self.intervals, self.names = intervals, names

    def begin(self, *_):
        pass

    def interval(self, done, *_):
        if done == self.intervals:
            for name in self.names:
                os.kill(os.getpid(), getattr(signal, name))

    def end(self):
        pass


@pytest.mark.parametrize("name", STOPPING)
def test_each_signal_stops_a_run_that_goes_on_later(tmp_path, source, name):
    path, number = tmp_path / "run.vtkhdf", getattr(signal, name)
    with pytest.raises(Interrupted, match=f"stopped by {name} at t = .*all is saved") as caught:
        run_simulation(Simulation(source), path, progress=Send(9, name))
    assert caught.value.exit_code == 128 + number
    assert interrupted_run(path).checkpoint is not None


@pytest.mark.parametrize("name", STOPPING)
def test_a_command_that_has_begun_nothing_ends_with_a_line(name):
    done = program(COMMAND + f"send({name!r})\ntime.sleep(5)")
    number = getattr(signal, name)
    assert (done.returncode, done.stderr) == (128 + number, f"gpudem: ended by {name}\n")


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("", "nothing was saved"),
        (
            "StopSignals.leave('gpudem resume run.vtkhdf goes on')\n    ",
            "gpudem resume run.vtkhdf goes on",
        ),
    ],
    ids=["before", "after"],
)
def test_a_second_signal_ends_a_command_at_once_and_promises_no_more_than_there_is(step, left):
    done = program(
        COMMAND + "with StopSignals() as outer, StopSignals() as inner:\n"
        f"    {step}send('SIGTERM')\n"
        "    assert outer.received == inner.received == signal.SIGTERM\n"
        "    send('SIGINT')\n"
        "    time.sleep(5)\n"
    )
    assert done.returncode == 130
    assert done.stderr == f"gpudem: ended by a second SIGINT; {left}\n"


def test_signals_that_come_again_by_themselves_end_nothing():
    # SIGXCPU comes each second, a closed terminal sends SIGHUP twice.
    done = program(
        COMMAND + "with StopSignals() as stop:\n"
        "    for name in ('SIGXCPU', 'SIGXCPU', 'SIGUSR1', 'SIGHUP', 'SIGHUP'):\n"
        "        send(name)\n"
        "    print(signal.Signals(stop.received).name)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "SIGXCPU\n", "")


def test_what_a_program_ignores_or_has_uses_for_is_left_to_it():
    done = program(
        "import os, signal\n"
        "from gpudem.stopping import StopSignals, begin_command\n"
        "own = lambda *_: print('own', flush=True)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGUSR1, own)\n"
        "begin_command()\n"
        "with StopSignals() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    os.kill(os.getpid(), signal.SIGUSR1)\n"
        "    print(stop.received)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "own\nNone\n", "")


def test_signals_are_as_before_after_a_run():
    before = [signal.getsignal(getattr(signal, name)) for name in STOPPING]
    with pytest.raises(Interrupted, match="stopped by SIGTERM here"), StopSignals():
        os.kill(os.getpid(), signal.SIGTERM)
        StopSignals.check("here")
    assert [signal.getsignal(getattr(signal, name)) for name in STOPPING] == before
    StopSignals.check("nothing is left of it")


@pytest.mark.parametrize("intervals", [3, 9, 15])
def test_a_second_interrupt_of_a_call_raises_keyboard_interrupt_and_loses_nothing(
    tmp_path, source, whole, intervals
):
    parts = tmp_path / "parts.vtkhdf"
    with pytest.raises(KeyboardInterrupt):
        run_simulation(Simulation(source), parts, progress=Send(intervals, "SIGINT", "SIGINT"))
    StopSignals.check("nothing is left of it")
    with open_run(parts) as run:
        assert not run.complete
    resume_run(Simulation(source), interrupted_run(parts))
    assert compare_runs(whole, parts) == []


@pytest.mark.parametrize("write", [1, 9, 17, 25, 33])
def test_a_second_interrupt_in_the_middle_of_a_write_waits_for_its_end(
    tmp_path, source, whole, monkeypatch, write
):
    parts = tmp_path / "parts.vtkhdf"
    simulation, pwrite, writes = Simulation(source), os.pwrite, []

    def interrupted(*how):
        if simulation.step_number > 10_000:
            writes.append(how)
            if len(writes) == write:
                for _ in range(2):
                    os.kill(os.getpid(), signal.SIGINT)
        return pwrite(*how)

    monkeypatch.setattr(os, "pwrite", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_simulation(simulation, parts)
    monkeypatch.undo()
    assert len(writes) > write
    resume_run(Simulation(source), interrupted_run(parts))
    assert compare_runs(whole, parts) == []


def test_a_signal_at_any_moment_of_the_start_is_answered(tmp_path):
    # Python itself needs some 20 ms before it can handle any.
    for number, after in enumerate((0.15, 0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5)):
        name = STOPPING[number % len(STOPPING)]
        process = begin(*run_words(tmp_path / f"{number}.vtkhdf", settings=["run.duration=10 s"]))
        time.sleep(after)
        process.send_signal(getattr(signal, name))
        code, said = end_of(process)
        assert code == 128 + getattr(signal, name), said
        assert said.startswith("gpudem: ") and said.count("\n") == 1, said


def test_a_limit_of_processor_time_stops_a_run_that_goes_on_later(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "run.vtkhdf"
    process = begin(
        *run_words(path, "--threads", "1", settings=["run.duration=10 s"]),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (14, 90)),
    )
    code, said = end_of(process)
    assert code == 128 + signal.SIGXCPU, said
    assert "stopped by SIGXCPU at t = " in said
    assert interrupted_run(path).checkpoint.step > 0


def test_a_signal_that_comes_again_does_not_cut_off_the_end_of_a_command(monkeypatch):
    before = signal.getsignal(signal.SIGUSR1)
    for command, after in ((True, signal.SIG_IGN), (False, signal.SIG_DFL)):
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        monkeypatch.setattr(StopSignals, "_is_command", command)
        with StopSignals() as stop:
            signal.raise_signal(signal.SIGUSR1)
            assert stop.received == signal.SIGUSR1
        assert signal.getsignal(signal.SIGUSR1) == after
    signal.signal(signal.SIGUSR1, before)
