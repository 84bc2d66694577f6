"""The claim on a run file's name, held while a run prepares, so that no other run takes it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from gpudem.errors import RunFileError
from gpudem.runfile.checkpoint import checkpoint_paths
from gpudem.runfile.commit_file import lock


class NameTaken(RunFileError):
    """A run file of this name exists, or another process is about to write it."""


class Claim(contextlib.AbstractContextManager["Claim"]):
    """`NAME.part`, open and locked: whoever holds it may write the run file NAME.

    The lock ends with its process, however that ends; a `NAME.part` that a killed one left is
    taken over by the next claim. A context manager, which removes it unless it was handed over.

    Args:
        path: the run file.
        overwrite: it may exist.

    Raises:
        NameTaken: the file exists, or another process has this claim or is writing the file.
        RunFileError: no such file can be written.
    """

    def __init__(self, path: str | os.PathLike[str], overwrite: bool = False):
        self.path = Path(path)
        self.part = self.path.with_name(self.path.name + ".part")
        self._overwrite = overwrite
        self._descriptor: int | None = None
        try:
            _check_length(self.path)
            self._descriptor = self._locked()
            self._check_free()
        except OSError as error:
            self.close()
            raise RunFileError(f"{self.path}: cannot be written: {self._reason(error)}") from error
        except BaseException:
            self.close()
            raise

    def take(self) -> int:
        """Hand over the descriptor of the file, empty and locked; the caller closes it.

        Raises:
            NameTaken: the file exists by now, or another process is writing it.
            OSError: it cannot be emptied.
        """
        assert self._descriptor is not None
        self._check_free()
        os.ftruncate(self._descriptor, 0)
        descriptor, self._descriptor = self._descriptor, None
        return descriptor

    def close(self) -> None:
        """Give the name up."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # While the lock is held: afterwards it may be another one's.
            with contextlib.suppress(OSError):
                self.part.unlink()
            os.close(descriptor)

    def __exit__(self, *_: object) -> None:
        self.close()

    def _locked(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        while True:
            descriptor = os.open(self.part, flags, 0o666)
            if not lock(descriptor):
                os.close(descriptor)
                raise self._taken()
            # Between opening and locking, its holder may have renamed or removed it.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(self.part)):
                    return descriptor
            os.close(descriptor)

    def _check_free(self) -> None:
        if self.path.exists() and not self._overwrite:
            raise NameTaken(f"{self.path}: exists already; choose another name or --overwrite")
        if self.path.is_file():
            descriptor = os.open(self.path, os.O_RDWR)
            try:
                if not lock(descriptor):
                    raise self._taken()
            finally:
                os.close(descriptor)

    def _taken(self) -> NameTaken:
        return NameTaken(f"{self.path}: another process is writing this run file")

    def _reason(self, error: OSError) -> str:
        if error.errno == errno.ENAMETOOLONG:
            longest = _longest(self.path).name[len(self.path.name) :]
            return f"its name is too long, for gpudem adds {longest} to it; name another with -o"
        reason = error.strerror or str(error)
        if error.errno == errno.ENOENT:
            folder = self.path.parent
            here = "this folder has been removed" if folder == Path() else f"no folder {folder}"
            return f"{reason} ({here})"
        return reason


def claim_free_name(stem: str, suffixes: Sequence[str]) -> Claim:
    """Claim STEM.vtkhdf in this folder, or STEM-2.vtkhdf and so on.

    Args:
        stem: the name without ending.
        suffixes: endings of the files that none of this name may exist of.

    Raises:
        RunFileError: no such file can be written.
    """
    for number in itertools.count(1):
        path = Path(f"{stem}.vtkhdf" if number == 1 else f"{stem}-{number}.vtkhdf")
        with contextlib.suppress(NameTaken):
            claim = Claim(path)
            if not any(path.with_suffix(suffix).exists() for suffix in suffixes):
                return claim
            claim.close()
    raise AssertionError("there is always another number")


def _longest(path: Path) -> Path:
    """The longest of the names that a run gives to files beside its run file."""
    checkpoint = checkpoint_paths(path)[0]
    return checkpoint.with_name(checkpoint.name + ".part")


def _check_length(path: Path) -> None:
    """Raises OSError where the longest name cannot be."""
    with contextlib.suppress(FileNotFoundError):
        os.stat(_longest(path))
