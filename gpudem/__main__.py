"""The `gpudem` command, also as `python -m gpudem`: a process of its own.

Signals are answered before anything else is imported, which takes a part of a second.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys

from gpudem import stopping


def main() -> None:
    """Runs the command as a process of its own; ends it with the exit code."""
    stopping.begin_command()
    # Modules and kernels are made of many objects that stay: a search for unused ones after every
    # 700 new ones, as usual, would take a tenth of the start.
    gc.set_threshold(100_000)
    from gpudem import output

    output.keep_streams()
    # That of a notebook, which may have started this process, draws nothing into files.
    os.environ["MPLBACKEND"] = "agg"
    from gpudem.cli.app import main as run_command

    code: int | str | None = 0
    try:
        run_command()
    except SystemExit as end:
        code = end.code
    lost = output.failure()
    if lost:
        output.tell(f"gpudem: not all could be printed to standard output: {lost}")
    if code == 128 + signal.SIGINT:
        _end_interrupted(code)
    sys.exit(code or (1 if lost is not None else 0))


def _end_interrupted(code: int) -> None:
    """Ends the process with this code, tidied up.

    Python itself would end by the signal, without a code, where the interrupt came while a library
    had it run text (as Taichi does): it takes it for one that nobody handled.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


# Processes that simulate import this module again.
if __name__ == "__main__":
    main()
