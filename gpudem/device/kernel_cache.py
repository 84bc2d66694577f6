"""The folder in which compiled kernels wait for the next start.

Taichi 1.7.4 tries it at the end of the program only, and dies where it cannot be written.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
import time
from pathlib import Path

from gpudem.errors import DeviceError
from gpudem.output import tell

#: The environment variable that names another folder; the only one of Taichi's that is heard.
VARIABLE = "TI_OFFLINE_CACHE_FILE_PATH"
#: Age at which the lock on the folder is taken to be a dead process's [s].
_STALE_LOCK = 60.0


def find_cache(named: str | None) -> Path:
    """A folder that can be written: the one that is named, Taichi's own, or a temporary one.

    Raises:
        DeviceError: no folder can be written.
    """
    import taichi as ti

    # Taichi writes at the end, when the working folder may be another one.
    wanted = Path(named or Path(ti._lib.core.get_repo_dir()) / "ticache").absolute()
    reason = _why_unwritable(wanted)
    if reason is not None:
        return _temporary(wanted, reason)
    _remove_stale_lock(wanted)
    return wanted


def _why_unwritable(folder: Path) -> str | None:
    try:
        # Taichi takes no other names.
        str(folder).encode()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
        for file in _kept_in(folder):
            # Such as those of another user.
            if not (file.is_file() and os.access(file, os.W_OK)):
                return f"{file.name} in it is not for writing"
        return None
    except UnicodeError:
        return "its name is no text"
    except OSError as error:
        return error.strerror or str(error)


def _kept_in(folder: Path) -> list[Path]:
    """The compiled kernels in a folder, and the list of them."""
    return [file for file in folder.iterdir() if file.suffix in (".tic", ".tcb")]


@functools.cache
def _temporary(wanted: Path, reason: str) -> Path:
    """A folder for this process alone instead of the wanted one; says so."""
    try:
        folder = tempfile.mkdtemp(prefix="gpudem-kernels-")
    except OSError as error:
        raise DeviceError(
            f"the kernel cache {wanted} cannot be written ({reason}), nor can a temporary one "
            f"({error.strerror}); name a folder that can be with {VARIABLE}"
        ) from error
    atexit.register(_remove, folder, os.getpid())
    with contextlib.suppress(OSError):
        for file in _kept_in(wanted):
            shutil.copyfile(file, Path(folder, file.name))
    tell(
        f"warning: the kernel cache {wanted} cannot be written ({reason}): kernels that are "
        f"compiled now are not kept; {VARIABLE} names another folder"
    )
    return Path(folder)


def _remove(folder: str, owner: int) -> None:
    import taichi as ti

    # A forked process has no part in it.
    if os.getpid() == owner:
        # What is left to be written is written now.
        ti.reset()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale_lock(folder: Path) -> None:
    """Removes the lock on the cache that a killed process left behind.

    Taichi 1.7.4 holds it for moments only, but where it finds one it compiles everything anew,
    at every start and without a word.
    """
    lock = folder / "ticache.lock"
    with contextlib.suppress(OSError):
        if time.time() - lock.stat().st_mtime > _STALE_LOCK:
            lock.unlink()
