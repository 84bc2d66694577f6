"""A study: one scene, what varies in it, and the cases that follow."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo, model_validator

from gpudem.errors import SceneError
from gpudem.scene.faults import Faults
from gpudem.scene.file import read_file, scene_from_text, scene_keys, shipped_titles
from gpudem.scene.tables import Scene
from gpudem.scene.toml_text import key_lines, parse_toml, parse_value
from gpudem.study.axis import (
    Axis,
    Span,
    grid,
    latin_hypercube,
    settings_of,
    unit_of,
    value_text,
    zipped,
)
from gpudem.study.seeds import seed_in_draw
from gpudem.study.uncertain import (
    FEWEST_DRAWS,
    MOST_DRAWS,
    USUAL_DRAWS,
    UncertainParameters,
)
from gpudem.table import Table
from gpudem.units import Accept, QuantityError, TableFault

#: Cases of one study at most.
MOST_CASES = 100_000

#: Draws tried for each that is wanted, before errors are taken for too large.
_MOST_TRIES = 20
_FOLDER = "gpudem.scenes.studies"


def _seeds(given: Any, info: ValidationInfo) -> Any:
    """Seeds as a list; a number stands for 1, 2, ... up to it."""
    accept = Accept("count", 1, 10_000, example="3")
    if isinstance(given, (list, tuple)) and given:
        one = Accept("count", 0, 2**31 - 1, example="1")
        seeds = tuple(one.read(value) for value in given)
        if len(set(seeds)) < len(seeds):
            raise QuantityError(given, ": each seed once")
        return seeds
    return tuple(range(1, accept.read(given) + 1))


class Variant(Table):
    """Settings with a name, for what is compared with the scene as it is."""

    name: str = Field(min_length=1, description="name of the variant")
    set: dict[str, Any] = Field(default_factory=dict, description="keys of the scene that differ")


class Study(Table):
    """What varies, and in what; made by `load_study` or `study_of`."""

    title: str = Field(default="", description="free text for reports")
    scene: str = Field(description="a scene file, beside this one, or the name of a shipped scene")
    design: Literal["grid", "zip", "latin-hypercube"] = Field(
        default="grid",
        description="every combination of the values, values that belong together, or points "
        "spread over ranges",
    )
    samples: Annotated[int | None, Accept("count", 1, MOST_CASES, example="20")] = Field(
        default=None, description='number of points, with design = "latin-hypercube"'
    )
    seeds: Annotated[tuple[int, ...], BeforeValidator(_seeds)] = Field(
        default=(), description="how many seeds each case is run with, or a list of them"
    )
    energy: Annotated[
        float, Accept("specific_energy", 0.0, 1e12, above=True, example="500 J/g")
    ] = Field(default=5e5, description="wanted specific energy, for the milling time")
    set: dict[str, Any] = Field(
        default_factory=dict, description="keys of the scene that differ in all cases"
    )
    vary: dict[str, Any] = Field(
        default_factory=dict,
        description='keys of the scene that vary, each with a list of values or a range "A..B:N"',
    )
    variants: tuple[Variant, ...] = Field(
        default=(), description="settings with a name, each combined with all that varies"
    )

    _source: str = PrivateAttr("study.toml")
    _text: str = PrivateAttr("")
    _scene_name: str = PrivateAttr("")
    _scene_text: str = PrivateAttr("")
    _points: list[dict[str, str]] = PrivateAttr(default_factory=list)
    _uncertain: UncertainParameters | None = PrivateAttr(None)
    _draws: int = PrivateAttr(0)

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Study:
        folder = (info.context or {}).get("folder", Path())
        beside = folder / self.scene
        try:
            self._scene_name, self._scene_text = read_file(
                str(beside) if beside.is_file() else self.scene
            )
        except SceneError as error:
            raise TableFault((("scene",), f": {error}")) from None
        self._points = self._designed(parse_toml(self._scene_text, self._scene_name))
        names = [one.name for one in self.variants]
        for entry, name in enumerate(names):
            if name in names[:entry]:
                text = ": another one has this name too"
                raise TableFault((("variants", entry, "name"), text))
        return self

    def _designed(self, scene: Mapping[str, Any]) -> list[dict[str, str]]:
        written = settings_of(scene)
        given = settings_of(self.vary, _keys())
        axes: list[Axis] = []
        spans: dict[str, Span] = {}
        faults: list[tuple[tuple[str | int, ...], str]] = []
        hypercube = self.design == "latin-hypercube"
        if hypercube and self.samples is None:
            faults.append((("samples",), ": is missing; write for example samples = 20"))
        elif not hypercube and self.samples is not None:
            faults.append((("samples",), ': only with design = "latin-hypercube"'))
        for key, values in given.items():
            unit = unit_of(written.get(key))
            try:
                span = Span.read(values, unit) if hypercube and isinstance(values, str) else None
                if hypercube and (span is None or span.count is not None):
                    raise QuantityError(
                        values, ": a range without a number of values is needed: 200..1000 rpm"
                    )
                if span is not None:
                    spans[key] = span
                else:
                    axes.append(Axis.read(key, values, unit))
            except QuantityError as error:
                faults.append((("vary", *key.split(".")), error.reason))
        if faults:
            raise TableFault(*faults)
        try:
            if hypercube:
                return latin_hypercube(spans, self.samples or 0, (self.seeds or (1,))[0])
            return zipped(axes) if self.design == "zip" and axes else grid(axes)
        except QuantityError as error:
            raise TableFault((("vary",), f": {error.given}{error.reason}")) from None

    @property
    def source(self) -> str:
        """Name of the study file, for messages."""
        return self._source

    @property
    def text(self) -> str:
        """TOML text that the study was read from."""
        return self._text

    @property
    def scene_name(self) -> str:
        """Name of the scene file."""
        return self._scene_name

    @property
    def scene_text(self) -> str:
        """TOML text of the scene."""
        return self._scene_text

    @property
    def varied(self) -> list[str]:
        """The keys that vary, in order; those of variants are not among them."""
        return list(settings_of(self.vary, _keys()))

    @property
    def uncertain(self) -> UncertainParameters | None:
        """What is uncertain, where the study carries that into its results."""
        return self._uncertain

    def with_settings(self, settings: Sequence[str]) -> Study:
        """The same study with keys of the scene set in all its cases.

        Args:
            settings: KEY=VALUE.

        Raises:
            SceneError: a setting cannot be read, or its key varies in the study.
        """
        if not settings:
            return self
        table = parse_toml(self._text, self._source)
        added = _settings(settings)
        own = [key for one in self.variants for key in settings_of(one.set, _keys())]
        for key in added:
            if key in (*self.varied, *own):
                raise SceneError(
                    f"--set {key}: it varies in the study; gpudem sweep takes other values of it"
                )
        kept = settings_of(table.pop("set", {}), _keys())
        made = study_from_text(_written({**table, "set": {**kept, **added}}), self._source)
        made._uncertain, made._draws = self._uncertain, self._draws
        return made

    def with_uncertain(self, uncertain: UncertainParameters, draws: int | None = None) -> Study:
        """The study with each case run for central values of parameters and for draws of them.

        Args:
            uncertain: the parameters.
            draws: how many; by default `USUAL_DRAWS`, or all that are given where those are fewer.

        Raises:
            SceneError: the study sets one of the parameters too, or there are not so many draws.
        """
        own = {key: "[vary]" for key in self.varied}
        own |= {key: "[set]" for key in settings_of(self.set, _keys())}
        for one in self.variants:
            own |= {key: f"variant {one.name!r}" for key in settings_of(one.set, _keys())}
        for key in uncertain.keys:
            if key in own:
                raise SceneError(
                    f"{uncertain.source}: {key} stands in {own[key]} of {self.source} too; it can "
                    "be in one of both only"
                )
        given = uncertain.given or MOST_DRAWS
        wanted = min(USUAL_DRAWS, given) if draws is None else draws
        if not FEWEST_DRAWS <= wanted <= given:
            raise SceneError(
                f"{uncertain.source}: {wanted} draws; accepted are {FEWEST_DRAWS} to {given}"
            )
        made = self.model_copy()
        made._uncertain, made._draws = uncertain, wanted
        return made

    def points(
        self, draw: int | None = None, drawn: Mapping[str, str] | None = None
    ) -> Iterator[Point]:
        """All cases as settings, without seeds, in the order in which they were written.

        Args:
            draw: number of a draw of uncertain parameters; 0 for their central values.
            drawn: settings of that draw.
        """
        common = {key: value_text(value) for key, value in settings_of(self.set, _keys()).items()}
        common |= drawn or {}
        if draw:
            # That of the scene, where nothing else gives one.
            scene = scene_from_text(self._scene_text, (), self._scene_name)
            common = {"run.seed": str(scene.run.seed), **common}
        for variant in self.variants or (None,):
            own = {} if variant is None else settings_of(variant.set, _keys())
            differing = {key: value_text(value) for key, value in own.items()}
            for point in self._points:
                for seed in self.seeds or (None,):
                    settings = {**common, **point, **differing}
                    if seed is not None:
                        settings["run.seed"] = str(seed)
                    if draw:
                        settings["run.seed"] = str(seed_in_draw(int(settings["run.seed"]), draw))
                    yield Point(settings, None if variant is None else variant.name, draw)

    def cases(self) -> list[StudyCase]:
        """All cases, their scenes checked.

        Raises:
            SceneError: what is wrong with the scene or with settings, each fault once.
        """
        total = len(self._points) * max(1, len(self.variants)) * max(1, len(self.seeds))
        total *= 1 + self._draws
        if total > MOST_CASES:
            raise SceneError(f"{self.source}: {total} cases; at most {MOST_CASES} are accepted")
        if self._uncertain is None:
            return self._checked(self.points())
        try:
            central = self._checked(self.points(0, self._uncertain.central))
        except SceneError as error:
            # What is wrong with the study itself is told without them.
            self._checked(self.points())
            name = self._uncertain.source
            raise SceneError(f"{name}: the central values are refused:\n{error}") from None
        return central + self._drawn_cases()

    def _drawn_cases(self) -> list[StudyCase]:
        """The cases of all draws; a draw is taken where the scenes of all its cases are right."""
        assert self._uncertain is not None
        name = self._uncertain.source
        found: list[StudyCase] = []
        draw = 1
        for number, drawn in enumerate(self._uncertain.candidates(self._draws), start=1):
            try:
                found += self._checked(self.points(draw, drawn))
            except SceneError as error:
                if self._uncertain.draws:
                    told = ", ".join(f"{key} = {value}" for key, value in drawn.items())
                    raise SceneError(f"{name}: [draws]: {told}: is refused:\n{error}") from None
                if number >= _MOST_TRIES * self._draws:
                    raise SceneError(
                        f"{name}: the scene accepts {draw - 1} of {number} draws; give smaller "
                        f"errors. The last one was refused:\n{error}"
                    ) from None
                continue
            draw += 1
            if draw > self._draws:
                break
        return found

    def _checked(self, points: Iterable[Point]) -> list[StudyCase]:
        """Cases of points, each once; SceneError where scenes are not right."""
        found: list[StudyCase] = []
        faults: dict[str, str] = {}
        for point in points:
            overrides = [f"{key}={value}" for key, value in point.settings.items()]
            try:
                scene = scene_from_text(
                    self._scene_text, overrides, self._scene_name, f"{self.source}:"
                )
            except SceneError as error:
                for line in str(error).split("\n"):
                    # The same of another value of a key is told once.
                    faults.setdefault(re.sub(r'=("[^"]*"|[^:]*)', "=", line, count=1), line)
                continue
            found.append(StudyCase(scene, point.variant, tuple(self.varied), point.draw))
        if faults:
            raise SceneError("\n".join(faults.values()))
        # Each once, however often values are the same.
        return list({case.identity: case for case in found}.values())


@dataclass(frozen=True)
class Point:
    """One case as settings.

    Attributes:
        settings: KEY to VALUE as text, of all that differs from the scene file.
        variant: name of its variant, or None.
        draw: number of its draw of uncertain parameters, 0 for their central values, or None.
    """

    settings: dict[str, str]
    variant: str | None
    draw: int | None = None


@dataclass(frozen=True)
class StudyCase:
    """One case of a study.

    Attributes:
        scene: what is simulated.
        variant: name of its variant, or None.
        keys: the keys that vary.
        draw: number of its draw of uncertain parameters, 0 for their central values, or None.
    """

    scene: Scene
    variant: str | None
    keys: tuple[str, ...]
    draw: int | None = None

    @cached_property
    def state_point(self) -> dict[str, Any]:
        """What tells this case from others: varied values in SI units, seed, variant, draw, digest.

        The digest is that of all values of the scene and of gpudem's version. Keys with dots are
        nested tables, as signac has it.
        """
        out: dict[str, Any] = {}
        for key in self.keys:
            table = out
            *above, last = key.split(".")
            for name in above:
                table = table.setdefault(name, {})
            table[last] = value_at(self.scene, key)
        if self.variant is not None:
            out["variant"] = self.variant
        if self.draw is not None:
            out["draw"] = self.draw
        out["seed"] = self.scene.run.seed
        out["digest"] = self.scene.digest
        return out

    @cached_property
    def identity(self) -> str:
        """Name of the case's folder: the MD5 sum of its state point, as signac makes it."""
        import hashlib
        import json

        text = json.dumps(self.state_point, sort_keys=True)
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    @property
    def bead_steps(self) -> int:
        """Beads times steps, which the time of a run goes with."""
        scene = self.scene
        return scene.bead_count * (scene.steps + round(scene.settling / scene.time_step))

    @property
    def label(self) -> str:
        """What tells it from others of its study, for people."""
        parts = [] if self.variant is None else [self.variant]
        texts = dict(one.partition("=")[::2] for one in self.scene.overrides)
        parts += [f"{key} {texts[key].strip(chr(34))}" for key in self.keys if key in texts]
        if "run.seed" in texts:
            parts.append(f"seed {texts['run.seed']}")
        if self.draw is not None:
            parts.append(f"draw {self.draw}" if self.draw else "central values")
        return ", ".join(parts) or "the scene"


def value_at(scene: Scene, key: str) -> Any:
    """The value of a key of a scene [SI], of plain types.

    Args:
        scene: the scene.
        key: full name; of several tables of a name the number, from 1, behind it.
    """
    value: Any = scene.model_dump(mode="json")
    for name in key.split("."):
        if isinstance(value, list):
            if name.isdecimal():
                value = value[int(name) - 1]
                continue
            value = value[0]
        value = value.get(name) if isinstance(value, dict) else None
    return value


@functools.cache
def _keys() -> frozenset[str]:
    """The keys of scene files."""
    return frozenset(row.key for row in scene_keys())


def load_study(source: str | os.PathLike[str]) -> Study:
    """Load and check a study file.

    Args:
        source: path of a TOML file, or the bare name of a shipped study.

    Raises:
        SceneError: every fault found, one line each.
    """
    label, text = read_file(source, "study", _FOLDER)
    return study_from_text(text, label)


def study_from_text(text: str, name: str = "study.toml") -> Study:
    """Check a study given as TOML text; see `load_study`.

    Raises:
        SceneError: every fault found, one line each.
    """
    faults = Faults(Study, name, key_lines(text))
    table = parse_toml(text, name)
    if "mill" in table and "scene" not in table:
        raise SceneError(f"{name}: is a scene, not a study; gpudem run and gpudem sweep take it")
    study: Study = faults.check(table, {"folder": Path(name).parent})
    study._source, study._text = name, text
    return study


def study_of(
    scene: str,
    vary: Mapping[str, Any],
    *,
    settings: Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    together: bool = False,
    title: str = "",
) -> Study:
    """A study of a scene without a file.

    Args:
        scene: a scene file, or the name of a shipped scene.
        vary: keys and the values that each takes, as in a study file.
        settings: KEY=VALUE of all cases.
        seeds: how many, or which.
        together: the values belong together, the first with the first, instead of all combinations.
        title: free text.

    Raises:
        SceneError: every fault found, one line each.
    """
    table = {
        "title": title,
        "scene": scene,
        "design": "zip" if together else "",
        "seeds": seeds,
        "set": _settings(settings),
        "vary": vary,
    }
    return study_from_text(_written(table), "sweep")


def _settings(settings: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE as keys and values."""
    found = {}
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not (key and equals and value):
            raise SceneError(f'--set {setting}: write KEY=VALUE, for example "mill.speed=400 rpm"')
        read = parse_value(value)
        found[key] = value if read is None else read
    return found


def _written(study: Mapping[str, Any]) -> str:
    """A study as TOML text, without what is empty."""
    given = {key: value for key, value in study.items() if value not in (None, "", {}, ())}
    tables = {key: given.pop(key) for key in ("set", "vary", "variants") if key in given}
    lines = [f"{key} = {value_text(value)}" for key, value in given.items()]
    for name in ("set", "vary"):
        values = settings_of(tables.get(name, {}), _keys())
        lines += ["", f"[{name}]"] if values else []
        lines += [f"{key} = {value_text(value)}" for key, value in values.items()]
    for one in tables.get("variants", ()):
        lines += ["", "[[variants]]", f"name = {value_text(one['name'])}"]
        values = settings_of(one.get("set", {}), _keys())
        lines += [f"set.{key} = {value_text(value)}" for key, value in values.items()]
    return "\n".join([*lines, ""])


def shipped_studies() -> list[tuple[str, str]]:
    """Names and titles of the studies that come with gpudem."""
    return shipped_titles(_FOLDER)
