"""Checkpoint files: whole or not there, and nothing but data."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from gpudem import __version__
from gpudem.errors import RunFileError
from gpudem.runfile import checkpoint
from gpudem.runfile.checkpoint import (
    Checkpoint,
    checkpoint_paths,
    newest_checkpoint,
    read_checkpoint,
    remove_checkpoints,
    write_checkpoint,
)


def moment(step):
    return Checkpoint({"step": step, "time": 0.1 * step}, {"place": np.arange(5.0) / 3.0})


def test_what_was_written_is_read_bit_for_bit(tmp_path):
    path = tmp_path / "a.checkpoint-0"
    write_checkpoint(path, moment(7))
    found = read_checkpoint(path)
    assert found.step == 7 and found.meta["time"] == 0.1 * 7
    assert found.arrays["place"].tobytes() == moment(7).arrays["place"].tobytes()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_newest_intact_one_is_taken(tmp_path):
    run = tmp_path / "a.vtkhdf"
    assert newest_checkpoint(run) is None
    first, second = checkpoint_paths(run)
    write_checkpoint(first, moment(30))
    write_checkpoint(second, moment(20))
    assert newest_checkpoint(run)[0].step == 30
    assert newest_checkpoint(run)[1] == 0
    whole = first.read_bytes()
    first.write_bytes(whole[: len(whole) // 2])
    assert newest_checkpoint(run)[0].step == 20
    second.write_bytes(b"")
    with pytest.raises(RunFileError, match="is no intact checkpoint"):
        newest_checkpoint(run)
    remove_checkpoints(run)
    assert list(tmp_path.iterdir()) == []


def test_any_flipped_byte_is_found_or_changes_nothing(tmp_path):
    path = tmp_path / "a.checkpoint-0"
    write_checkpoint(path, moment(7))
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for place in rng.integers(0, len(whole), 300):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            found = read_checkpoint(path)
        except RunFileError:
            continue
        assert found.step == 7
        assert np.array_equal(found.arrays["place"], moment(7).arrays["place"])


def test_a_pickle_is_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was executed",))

    path = tmp_path / "a.checkpoint-0"
    write_checkpoint(path, moment(7))
    with zipfile.ZipFile(path, "a") as archive:
        stream = io.BytesIO()
        header = {"descr": "|O", "fortran_order": False, "shape": (1,)}
        np.lib.format.write_array_header_1_0(stream, header)
        archive.writestr("bomb.npy", stream.getvalue() + pickle.dumps([Bomb()]))
    with pytest.raises(RunFileError, match="is no intact checkpoint"):
        read_checkpoint(path)


def test_one_that_would_swell_is_refused(tmp_path):
    path = tmp_path / "a.checkpoint-0"
    np.savez_compressed(path.open("wb"), meta=np.zeros(4, np.uint8), place=np.zeros(10**7))
    assert path.stat().st_size < 10**6
    with pytest.raises(RunFileError, match="larger than the file"):
        read_checkpoint(path)


def test_one_of_another_version_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.checkpoint-0"
    monkeypatch.setattr(checkpoint, "__version__", "0.0.1")
    write_checkpoint(path, moment(7))
    monkeypatch.undo()
    with pytest.raises(RunFileError, match=f"written by gpudem 0.0.1; this is {__version__}"):
        read_checkpoint(path)


def test_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "a.checkpoint-0"
    write_checkpoint(path, moment(7))

    def full(*_args, **_arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(RunFileError, match="No space left on device; the one before it is intact"):
        write_checkpoint(path, moment(8))
    assert read_checkpoint(path).step == 7
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
