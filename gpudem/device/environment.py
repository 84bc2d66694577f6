"""The environment variables that Taichi finds while gpudem starts it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def own_settings(settings: Mapping[str, str]) -> Iterator[None]:
    """Hides the variables of the environment that change Taichi, and sets others instead.

    Any of its compiler's switches can be set there, and some break the engine.
    """
    own = dict(settings)
    if "HOME" not in os.environ:
        # Taichi ends the process that has none.
        home = os.path.expanduser("~")
        own["HOME"] = tempfile.gettempdir() if home == "~" else home
    touched = {name for name in os.environ if name.startswith("TI_")} | set(own)
    before = {name: os.environ.pop(name, None) for name in touched}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
