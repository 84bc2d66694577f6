"""What every bench test says of itself: the base of all kinds of tests.

A test is one file in this room: a table with what was measured, which also answers which scenes
simulate it and what a simulation of it gives. `gpudem.calibration.measurements` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from gpudem.calibration.measured import Measured
from gpudem.calibration.parameters import PARAMETERS
from gpudem.errors import SceneError
from gpudem.runfile.reader import Run
from gpudem.scene.file import load_scene
from gpudem.scene.tables import Scene
from gpudem.study.axis import settings_of, value_text
from gpudem.table import Table
from gpudem.units import TableFault


@dataclass(frozen=True)
class Simulated:
    """One simulation of a test, for each point of the parameters.

    Attributes:
        scene: name of the scene.
        settings: KEY to VALUE that differ from it.
        seeds: with how many random packings it is run; 1 where nothing is random.
        quantities: numbers of the test's quantities that it predicts.
    """

    scene: str
    settings: dict[str, str]
    seeds: int
    quantities: tuple[int, ...]


class BenchTest(Table):
    """What was measured in one kind of test."""

    #: Name of the table in files of measurements.
    NAME: ClassVar[str]
    #: The test in words.
    TITLE: ClassVar[str]
    #: Parameters that it responds to, by name.
    RESPONDS: ClassVar[tuple[str, ...]]
    #: Whether it is simulated, or a law says what it gives.
    SIMULATED: ClassVar[bool] = True

    set: dict[str, Any] = Field(
        default_factory=dict, description="keys of the test's scene that differ: sizes, beads"
    )

    @model_validator(mode="after")
    def _check_set(self) -> BenchTest:
        if not self.set:
            return self
        settings = settings_in(self.set)
        if not self.SIMULATED:
            raise TableFault((("set",), ": this test is not simulated; leave it out"))
        for name in PARAMETERS:
            key = f"contact.bead_bead.{name}"
            if key in settings:
                text = f": {key} is a parameter; a known value stands in [prior]: {name} = ..."
                raise TableFault((("set",), text))
        scene_of(self.scene, settings)
        return self

    @property
    def scene(self) -> str:
        """Name of the scene that shows the test."""
        return f"calibration/{self.NAME}"

    @property
    def quantities(self) -> list[Measured]:
        """What was measured."""
        raise NotImplementedError

    def simulations(self) -> list[Simulated]:
        """What has to be simulated to predict the quantities; none where a law says it."""
        raise NotImplementedError

    def observe(self, run: Run, number: int) -> np.ndarray:
        """What a simulation gave.

        Args:
            run: run file of one of `simulations`.
            number: which of them.

        Returns:
            Predictions of its quantities [SI], in their order.

        Raises:
            ValueError: the run does not show them.
        """
        raise NotImplementedError

    def predict(self, values: dict[str, np.ndarray]) -> np.ndarray | None:
        """What a law in closed form gives, shape (points, quantities); None without one.

        Args:
            values: of the parameters, by name, each shape (points,).
        """
        return None


def as_several(given: Any) -> Any:
    """A single table as a list of one."""
    return given if isinstance(given, (list, tuple)) else (given,)


def settings_in(table: Mapping[str, Any]) -> dict[str, str]:
    """Settings of a scene, KEY to VALUE as text, from nested tables."""
    return {key: value_text(value) for key, value in settings_of(table).items()}


@lru_cache(maxsize=32)
def _scene(name: str, settings: tuple[str, ...]) -> Scene:
    return load_scene(name, settings)


def scene_of(name: str, settings: Mapping[str, str]) -> Scene:
    """A scene with settings.

    Raises:
        TableFault: what is wrong with them.
    """
    try:
        return _scene(name, tuple(f"{key}={value}" for key, value in settings.items()))
    except SceneError as error:
        raise TableFault((("set",), f": {error}")) from None
