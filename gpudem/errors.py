"""The errors that users see: one clear message, never a traceback, exit code 2."""

from __future__ import annotations


class GpudemError(Exception):
    """A fault that the user can mend; the message says what was given and what is accepted."""


class SceneError(GpudemError):
    """One or more faults in a scene file; each line of the message names one of them."""


class PackingError(GpudemError):
    """The beads do not fit into the bowl; the message names the largest count that does."""


class MeshError(GpudemError):
    """A mesh cannot be read, or is none that holds beads."""


class DeviceError(GpudemError):
    """The wanted device or precision is not to be had here."""


class RunFileError(GpudemError):
    """A run file is missing, damaged, of another version, or must not be overwritten."""


class RunFileGone(RunFileError):
    """The run file was removed or replaced while a run was writing it."""


class Interrupted(GpudemError):
    """A run was stopped from outside and is saved; not a fault.

    Attributes:
        exit_code: what the program ends with, 128 + the signal's number.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class SimulationError(GpudemError):
    """The simulation left the range in which its results mean anything."""


class RenderingError(GpudemError):
    """Pictures or movies cannot be made here; the message says what is to be installed."""
