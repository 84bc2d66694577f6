"""What a command prints, on streams that may fail: that never ends the work which is told about.

A reader closes a pipe, a disk is full, a terminal is gone, an encoding lacks a sign. A command
goes on, saves what it has to save, and says in its exit code that not all could be printed.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import re
import select
import sys

#: What stands for signs that an encoding lacks; "?" for all others.
_PLAIN = str.maketrans(
    {"µ": "u", "μ": "u", "°": "deg", "·": "*", "×": "x", "Ω": "Ohm", "±": "+-"}
    | {"³": "^3", "⁶": "^6", "⁹": "^9"}
)
_LACKING = "gpudem.plain"
#: Widths and heights of a terminal that tables can be fitted to.
_SIZE = re.compile(r"[1-9][0-9]{1,3}")


class _Descriptor(io.FileIO):
    """A descriptor to which writing never fails; the first failure is kept."""

    failure: OSError | None = None

    def write(self, data) -> int:
        """Writes all, or what can be; bytes that are lost count as written."""
        try:
            while self.failure is None:
                written = super().write(data)
                if written is not None:
                    return written
                # Another process has set what both write to not to wait.
                select.select([], [self], [])
        except OSError as error:
            self.failure = error
        return len(data)


_printed: list[_Descriptor] = []


def keep_streams() -> None:
    """Makes stdout and stderr of this process, a command, streams that cannot fail."""
    codecs.register_error(_LACKING, _plainly)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Else the next file to be opened, perhaps a run file, would get what is printed.
            os.open(os.devnull, os.O_RDONLY)
    for number, name in ((1, "stdout"), (2, "stderr")):
        old = getattr(sys, name)
        if old is not None:
            with contextlib.suppress(OSError):
                old.flush()
        if sys.platform == "win32" and old is not None and old.isatty():
            old.reconfigure(errors=_LACKING)
            continue
        kept = _Descriptor(number, "w", closefd=False)
        at_once = name == "stderr" or (
            old is not None and (old.line_buffering or old.write_through)
        )
        new = io.TextIOWrapper(
            io.BufferedWriter(kept),
            encoding="utf-8" if old is None else old.encoding,
            errors=_LACKING,
            line_buffering=at_once,
        )
        # Who finds them to differ takes this process for a notebook.
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
        if number == 1:
            _printed.append(kept)
    for name in ("COLUMNS", "LINES"):
        if not _SIZE.fullmatch(os.environ.get(name, "")):
            os.environ.pop(name, None)


def failure() -> str | None:
    """Why not all that was printed to stdout got there, or None; "" where its reader had enough."""
    for kept in _printed:
        with contextlib.suppress(ValueError):
            sys.stdout.flush()
        if kept.failure is not None:
            if kept.failure.errno == errno.EPIPE:
                return ""
            closed = kept.failure.errno == errno.EBADF
            return "it is closed" if closed else kept.failure.strerror or str(kept.failure)
    return None


def tell(line: str) -> None:
    """Prints a line to stderr if that is possible."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            print(line, file=sys.stderr, flush=True)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Replaces signs that an encoding lacks by plain ones."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(sign if sign.isascii() else "?" for sign in lacking), error.end
