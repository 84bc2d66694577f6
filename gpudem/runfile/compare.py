"""Bit for bit comparison of run files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from gpudem.runfile.layout import open_checked, read_errors

_BLOCK_VALUES = 4_000_000


def compare_runs(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> list[str]:
    """List every data set and attribute outside /gpudem/timings that differs in any bit.

    Args:
        a: a run file.
        b: another run file.

    Returns:
        One line for each difference; empty for equal runs.

    Raises:
        RunFileError: a file is missing or damaged.
    """
    one, other = Path(a), Path(b)
    with read_errors(one), read_errors(other), open_checked(one) as first:
        with open_checked(other) as second:
            return differences(first, second)


def differences(a: h5py.File, b: h5py.File) -> list[str]:
    """List every data set and attribute outside /gpudem/timings that differs in any bit."""
    found = []
    names: list[dict[str, Any]] = [{"/": a}, {"/": b}]
    for file, objects in zip((a, b), names, strict=True):
        file.visititems(lambda name, item, objects=objects: objects.update({"/" + name: item}))
    for name in sorted({*names[0], *names[1]}):
        if name == "/gpudem/timings" or name.startswith("/gpudem/timings/"):
            continue
        if name not in names[0] or name not in names[1]:
            found.append(f"{name}: only in {'second' if name not in names[0] else 'first'} file")
            continue
        one, other = names[0][name], names[1][name]
        for key in sorted({*one.attrs, *other.attrs}):
            if key not in one.attrs or key not in other.attrs:
                side = "second" if key not in one.attrs else "first"
                found.append(f"{name} @{key}: only in {side} file")
            elif not _same_bits(one.attrs[key], other.attrs[key]):
                found.append(f"{name} @{key}: {one.attrs[key]!r} and {other.attrs[key]!r}")
        found += _dataset_differences(name, one, other)
    return found


def _dataset_differences(name: str, a: Any, b: Any) -> list[str]:
    if not isinstance(a, h5py.Dataset) or not isinstance(b, h5py.Dataset):
        return [] if type(a) is type(b) else [f"{name}: group in one file, data in the other"]
    if a.shape != b.shape or a.dtype != b.dtype:
        return [f"{name}: {a.dtype} {a.shape} and {b.dtype} {b.shape}"]
    if not a.shape:
        return [] if _same_bits(a[()], b[()]) else [f"{name}: differs"]
    rows = max(1, _BLOCK_VALUES // max(1, int(np.prod(a.shape[1:]))))
    differing, where = 0, None
    for start in range(0, a.shape[0], rows):
        bits = [_bits(d[start : start + rows]) for d in (a, b)]
        bad = np.argwhere(bits[0] != bits[1])
        if len(bad) and where is None:
            where = [int(k) for k in bad[0] + np.eye(1, bad.shape[1], dtype=int)[0] * start]
        differing += len(bad)
    return [f"{name}: {differing} of {a.size} values differ, first at {where}"] if differing else []


def _bits(values: np.ndarray) -> np.ndarray:
    """What to compare of values: their bits, or texts as they are."""
    if values.dtype.hasobject:
        return values
    return np.ascontiguousarray(values).view(f"V{values.dtype.itemsize}")


def _same_bits(a: Any, b: Any) -> bool:
    if isinstance(a, (str, bytes)) or isinstance(b, (str, bytes)):
        return type(a) is type(b) and a == b
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
