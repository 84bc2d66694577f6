"""Uncertain parameters: values of a scene's keys that are known with an error, and draws of them.

A TOML file holds them, which `gpudem calibrate` writes and `gpudem study --uncertain` reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, stdev
from typing import Any

from pydantic import Field, PrivateAttr, model_validator

from gpudem.errors import SceneError
from gpudem.plain_text import did_you_mean
from gpudem.scene.faults import Faults
from gpudem.scene.file import read_file, scene_fields
from gpudem.scene.keys import accept_of
from gpudem.scene.toml_text import KeyPath, key_lines, parse_toml
from gpudem.study.axis import value_text
from gpudem.table import Table
from gpudem.units import (
    Accept,
    AcceptName,
    QuantityError,
    TableFault,
    format_quantity,
    parse_quantity,
)

#: Draws that a study makes where it is not told how many.
USUAL_DRAWS = 12
#: Fewest and most draws of a study; fewer tell no spread.
FEWEST_DRAWS, MOST_DRAWS = 3, 1000
#: Draws up to which the hypercube is made more even, which takes long for many.
_FEW = 100
#: Digits of drawn values, which name what is simulated.
_DIGITS = 6
_FORM = 'write { value = 0.15, error = 0.02 }, with units as in scene files: "5 mm"'


@dataclass(frozen=True)
class UncertainParameters:
    """Values of a scene's keys that are known with an error.

    Attributes:
        values: central value of each key [SI].
        errors: standard error of each key [SI].
        draws: of each key the same number of values [SI] that belong together, the first with the
            first, such as those of a posterior; empty where errors are those of independent normal
            distributions.
        source: name of the file, for messages.
        text: that it was read from.
    """

    values: Mapping[str, float]
    errors: Mapping[str, float]
    draws: Mapping[str, Sequence[float]]
    source: str = "uncertain.toml"
    text: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Full names of the keys, in order."""
        return tuple(self.values)

    @property
    def given(self) -> int:
        """Number of draws that the file holds."""
        return len(next(iter(self.draws.values()), ()))

    @property
    def central(self) -> dict[str, str]:
        """Central values as settings of a scene."""
        return self._settings(self.values)

    def candidates(self, count: int) -> Iterator[dict[str, str]]:
        """Draws as settings of a scene, always the same ones.

        Of draws that the file holds, so many at equal distances; they end there. Else a Latin
        hypercube through the inverse normal distributions, so that each of them takes each of its
        `count` slices of equal probability once, at its middle; behind it come others without end,
        at random places within slices, for draws that a scene refuses.

        Args:
            count: wanted number of draws.
        """
        if self.draws:
            chosen = [round(n * (self.given - 1) / max(1, count - 1)) for n in range(count)]
            for place in chosen:
                yield self._settings({key: drawn[place] for key, drawn in self.draws.items()})
            return
        from scipy.stats import norm, qmc

        seed = 0
        while True:
            # Of few draws parameters would go together by chance.
            apart = "random-cd" if count <= _FEW else None
            cube = qmc.LatinHypercube(
                len(self.values), scramble=seed > 0, seed=seed, optimization=apart
            )
            for row in norm.ppf(cube.random(count)):
                yield self._settings(
                    {
                        key: value + self.errors[key] * float(z)
                        for (key, value), z in zip(self.values.items(), row, strict=True)
                    }
                )
            seed += 1

    def _settings(self, values: Mapping[str, float]) -> dict[str, str]:
        return {key: value_text(written(key, value)) for key, value in values.items()}


def uncertain_text(
    values: Mapping[str, float],
    errors: Mapping[str, float],
    draws: Mapping[str, Sequence[float]] | None = None,
    comment: str = "",
) -> str:
    """A file of uncertain parameters, for people and for `uncertain_from_text`.

    Args:
        values: central value of each key [SI].
        errors: standard error of each key [SI].
        draws: values of each key that belong together [SI], if known.
        comment: how they came about; stands at the beginning.
    """
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines += ["" for _ in lines[:1]]
    lines.append("[parameters]  # value and standard error")
    for key, value in values.items():
        told = {"value": written(key, value), "error": written(key, errors[key])}
        inner = ", ".join(f"{name} = {value_text(one)}" for name, one in told.items())
        lines.append(f'"{key}" = {{ {inner} }}')
    if draws:
        lines += ["", "[draws]  # values that belong together, the first with the first"]
        for key, drawn in draws.items():
            lines.append(f'"{key}" = {value_text([written(key, value) for value in drawn])}')
    return "\n".join([*lines, ""])


def written(key: str, value: float) -> Any:
    """A value [SI] of a key as a scene file has it: with its unit, or a plain number."""
    accept = accept_of(scene_fields()[_plain(key)])
    kind = "number" if accept is None else accept.unit_kind
    text = format_quantity(value, kind, _DIGITS)
    return float(text) if kind == "number" else text


def read_uncertain(source: str | os.PathLike[str]) -> UncertainParameters:
    """Read a file of uncertain parameters.

    Args:
        source: a TOML file.

    Raises:
        SceneError: every fault found, one line each.
    """
    label = os.fspath(source)
    path = Path(label).resolve()
    if not path.exists():
        raise SceneError(f"{label}: no such file; it holds [parameters], for each key {_FORM[6:]}")
    # By its whole path, since no parameters come with gpudem under a bare name.
    _, text = read_file(path, "parameter")
    return uncertain_from_text(text, label)


def uncertain_from_text(text: str, name: str = "uncertain.toml") -> UncertainParameters:
    """Check uncertain parameters given as TOML text; see `read_uncertain`.

    Raises:
        SceneError: every fault found, one line each.
    """
    table: _File = Faults(_File, name, key_lines(text)).check(parse_toml(text, name))
    draws = table._drawn
    values = {key: median(drawn) for key, drawn in draws.items()} | table._values
    errors = {key: stdev(drawn) for key, drawn in draws.items()} | table._errors
    return UncertainParameters(values, errors, draws, name, text)


class _File(Table):
    """The tables of a file of uncertain parameters."""

    parameters: dict[str, Any] = Field(
        default_factory=dict, description="keys of the scene, each with value and standard error"
    )
    draws: dict[str, Any] = Field(
        default_factory=dict, description="keys of the scene, each with a list of drawn values"
    )

    _values: dict[str, float] = PrivateAttr(default_factory=dict)
    _errors: dict[str, float] = PrivateAttr(default_factory=dict)
    _drawn: dict[str, list[float]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> _File:
        faults: list[tuple[KeyPath, str]] = []
        parameters, draws = _by_key(self.parameters), _by_key(self.draws)
        if not parameters and not draws:
            raise TableFault((("parameters",), f": is missing; for each key {_FORM}"))
        accepted: dict[str, Accept] = {}
        for table, entries in (("parameters", parameters), ("draws", draws)):
            for key, (path, _) in entries.items():
                try:
                    accepted[key] = _accept(key)
                except QuantityError as error:
                    faults.append(((table, *path), error.reason))
        for key, (path, given) in parameters.items():
            if key in accepted:
                faults += self._read_parameter(key, accepted[key], ("parameters", *path), given)
        for key, (path, given) in draws.items():
            if key in accepted:
                faults += self._read_draws(key, accepted[key], ("draws", *path), given)
        for key in accepted.keys() & (parameters.keys() ^ draws.keys()):
            if not (parameters and draws):
                continue
            has, lacks = ("parameters", "draws") if key in parameters else ("draws", "parameters")
            place = (parameters | draws)[key][0]
            text = f": is missing in [{lacks}]; both hold the same keys, where both are there"
            faults.append(((has, *place), text))
        lengths = {key: len(drawn) for key, drawn in self._drawn.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{key} has {length}" for key, length in lengths.items())
            faults.append((("draws",), f": {told}; values that belong together are equally many"))
        if faults:
            raise TableFault(*faults)
        return self

    def _read_parameter(
        self, key: str, accept: Accept, path: KeyPath, given: Any
    ) -> list[tuple[KeyPath, str]]:
        if not isinstance(given, dict) or set(given) != {"value", "error"}:
            return [(path, f": {_FORM}")]
        faults: list[tuple[KeyPath, str]] = []
        try:
            self._values[key] = _number(accept, given["value"])
        except QuantityError as error:
            faults.append(((*path, "value"), error.reason))
        try:
            self._errors[key] = parse_quantity(given["error"], accept.unit_kind)
            if self._errors[key] <= 0.0:
                raise QuantityError(given["error"], ": must be above 0")
        except QuantityError as error:
            faults.append(((*path, "error"), error.reason))
        return faults

    def _read_draws(
        self, key: str, accept: Accept, path: KeyPath, given: Any
    ) -> list[tuple[KeyPath, str]]:
        if not isinstance(given, list) or len(given) < FEWEST_DRAWS:
            return [(path, f": a list of {FEWEST_DRAWS} values or more is needed")]
        try:
            drawn = [_number(accept, one) for one in given]
        except QuantityError as error:
            return [(path, f": {error}")]
        if min(drawn) == max(drawn):
            return [(path, ": all draws are the same; a key without an error belongs in the scene")]
        self._drawn[key] = drawn
        return []


def _by_key(table: Mapping[str, Any], above: KeyPath = ()) -> dict[str, tuple[KeyPath, Any]]:
    """What stands at each key of a scene, with its place, whether quoted or in nested tables."""
    out: dict[str, tuple[KeyPath, Any]] = {}
    for name, value in table.items():
        path = (*above, name)
        if isinstance(value, dict) and value and not {"value", "error"} & value.keys():
            out.update(_by_key(value, path))
        else:
            out[".".join(map(str, path))] = (path, value)
    return out


def _accept(key: str) -> Accept:
    """What reads the values of a key.

    Raises:
        QuantityError: there is no such key, or it is no quantity.
    """
    fields = scene_fields()
    plain = _plain(key)
    if plain not in fields:
        numeric = [name for name, field in fields.items() if _is_quantity(accept_of(field))]
        same = [name for name in numeric if name.partition(".")[0] == key.partition(".")[0]]
        raise QuantityError(key, f": unknown key{did_you_mean(key, numeric, same or numeric)}")
    accept = accept_of(fields[plain])
    if accept is None or not _is_quantity(accept):
        raise QuantityError(
            key, ": only keys that take one number, and not a whole one, have errors"
        )
    return accept


def _number(accept: Accept, given: Any) -> float:
    """A value [SI]; of keys that take other forms too, a number."""
    found = accept.read(given)
    if not isinstance(found, (int, float)):
        raise QuantityError(given, f": one number is needed, for example {accept.sample}")
    return float(found)


def _plain(key: str) -> str:
    """A key without the numbers of tables of which there are several."""
    return ".".join(part for part in key.split(".") if not part.isdecimal())


def _is_quantity(accept: Accept | None) -> bool:
    """Whether a key takes one number that need not be whole."""
    return (
        accept is not None
        and (not accept.listed or accept.listed.startswith("a number"))
        and not isinstance(accept, AcceptName)
        and accept.kind != "count"
    )
