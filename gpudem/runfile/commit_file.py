"""A file below HDF5 that only ever changes from one consistent state to the next.

HDF5 writes its index in place and in no useful order, so a program killed (or a disk filled)
in the middle of a flush can lose data that was safe before. `CommitFile` stands between h5py
and the disk: writes behind the committed end go to disk at once (nothing refers to them yet),
writes into the committed part wait in memory until `commit`.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right

_BTREE = b"TREE\x01"  # a node of the chunk index: signature, node type 1; then its level


class CommitFile:
    """File object for `h5py.File(CommitFile(descriptor), ...)`.

    Never raises while HDF5 calls it: the first failure is kept in `failure`, and from then on
    nothing reaches the disk, so HDF5 can close in peace and the file stays as last committed.

    Args:
        descriptor: descriptor of a file open for reading and writing; closed by `close`.
    """

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._position = 0
        self._committed_end = os.fstat(descriptor).st_size
        self._end = self._committed_end
        self._waiting: list[tuple[int, bytes]] = []
        self.failure: OSError | None = None

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position; `whence` 0 from the start, 1 from here, 2 from the end."""
        self._position = offset + (0, self._position, self._end)[whence]
        return self._position

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes as HDF5 last wrote them."""
        if size < 0:
            size = max(0, self._end - self._position)
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(buffer)])

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` from the position on; returns the number of bytes read."""
        view = memoryview(buffer).cast("B")
        start, size = self._position, min(len(view), max(0, self._end - self._position))
        stored = os.pread(self._descriptor, size, start)
        view[: len(stored)] = stored
        view[len(stored) : size] = bytes(size - len(stored))
        for offset, data in self._waiting:
            low, high = max(offset, start), min(offset + len(data), start + size)
            if low < high:
                view[low - start : high - start] = data[low - offset : high - offset]
        self._position += size
        return size

    def write(self, data: bytes | memoryview) -> int:
        """Write at the position: to disk if nothing committed lies there, else to memory."""
        block = bytes(data)
        start, self._position = self._position, self._position + len(block)
        self._end = max(self._end, self._position)
        fresh = max(start, self._committed_end)
        if fresh < self._position and self.failure is None:
            try:
                _write_all(self._descriptor, block[fresh - start :], fresh)
            except OSError as error:
                self.failure = error
        if self.failure is not None:
            fresh = self._position
        if start < fresh:
            self._waiting.append((start, block[: fresh - start]))
        return len(block)

    def truncate(self, size: int | None = None) -> int:
        """Set the length; the committed part is never cut."""
        self._end = max(self._position if size is None else size, self._committed_end)
        try:
            if self.failure is None:
                os.ftruncate(self._descriptor, self._end)
        except OSError as error:
            self.failure = error
        return self._end

    def flush(self) -> None:
        """Do nothing: `commit` brings data to the disk."""

    def commit(self) -> None:
        """Bring everything that HDF5 has written so far to the disk, in a safe order.

        New space first, then the changes to the committed part: the end of the file, then each
        chunk index from the root to the leaves (a leaf that was split still holds all its
        entries while its parents already know the new one), then the rest.

        Raises:
            OSError: the disk is full or failed, now or at an earlier write.
        """
        if self.failure is not None:
            raise self.failure
        try:
            os.fsync(self._descriptor)
            # From here on the committed part may refer to all that is new.
            self._committed_end = self._end
            for offset, data in sorted(_index_pieces(_merged(self._waiting)), key=_index_order):
                _write_all(self._descriptor, data, offset)
            os.fsync(self._descriptor)
        except OSError as error:
            self.failure = error
            raise
        self._waiting.clear()

    def is_at(self, path: str | os.PathLike[str]) -> bool:
        """Whether the path still names this file."""
        try:
            named = os.stat(path)
        except OSError:
            return False
        own = os.fstat(self._descriptor)
        return (own.st_dev, own.st_ino) == (named.st_dev, named.st_ino)

    def close(self) -> None:
        """Close the descriptor; after a failure the space behind the last commit is freed."""
        try:
            if self.failure is not None:
                os.ftruncate(self._descriptor, self._committed_end)
        except OSError:
            pass  # the committed part is intact either way
        finally:
            os.close(self._descriptor)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _merged(writes: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Join touching and overlapping writes; where they overlap, the later one holds."""
    extents: list[list[int]] = []
    for start, stop in sorted((offset, offset + len(data)) for offset, data in writes):
        if extents and start <= extents[-1][1]:
            extents[-1][1] = max(extents[-1][1], stop)
        else:
            extents.append([start, stop])
    starts = [start for start, _ in extents]
    blocks = [bytearray(stop - start) for start, stop in extents]
    for offset, data in writes:
        k = bisect_right(starts, offset) - 1
        blocks[k][offset - starts[k] : offset - starts[k] + len(data)] = data
    return [(start, bytes(block)) for start, block in zip(starts, blocks, strict=True)]


def _index_pieces(writes: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Cut writes where a node of a chunk index begins (HDF5 joins neighbouring writes)."""
    pieces = []
    for offset, data in writes:
        begin = 0
        while begin < len(data):
            found = data.find(_BTREE, begin + 1)
            end = found if found > 0 else len(data)
            pieces.append((offset + begin, data[begin:end]))
            begin = end
    return pieces


def _index_order(piece: tuple[int, bytes]) -> tuple[int, int]:
    """Sort the superblock (how far the file reaches) first, then the index from its root."""
    offset, data = piece
    if offset == 0:
        return (-256, 0)
    is_node = data.startswith(_BTREE) and len(data) > len(_BTREE)
    return (-data[len(_BTREE)] if is_node else 1, offset)


def lock(descriptor: int) -> bool:
    """Lock a file against other writers until its descriptor is closed, where the system can.

    HDF5 takes a lock of another kind (flock) for reading, so readers are not kept out.

    Returns:
        Whether no other writer holds it.
    """
    try:
        import fcntl

        if hasattr(fcntl, "F_OFD_SETLK"):
            # struct flock of 64-bit Linux: type, whence, start, length (0: all), process.
            whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, whole)
        else:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (ImportError, OSError):
        pass  # no such locks on this system or file system
    return True


def cut_to_superblock(descriptor: int) -> None:
    """Cut what a killed program wrote behind the last commit.

    Args:
        descriptor: descriptor of an HDF5 file open for writing.

    Raises:
        OSError: the file is no HDF5 file with a superblock of version 2, or cannot be cut.
    """
    head = os.pread(descriptor, 36, 0)
    if len(head) < 36 or head[:9] != b"\x89HDF\r\n\x1a\n\x02" or head[9] != 8:
        raise OSError("not a file of this writer")
    os.ftruncate(descriptor, int.from_bytes(head[28:36], "little"))
