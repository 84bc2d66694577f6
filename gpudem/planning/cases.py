"""The cases of studies that a plan rests on: what varies in them, and what they found."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpudem.errors import GpudemError
from gpudem.numbers import NAN
from gpudem.plain_text import plural
from gpudem.planning.response import SAME, Response, fit_response
from gpudem.scene.file import scene_from_text
from gpudem.study.axis import Axis
from gpudem.study.case_folder import CaseFolder
from gpudem.study.dataset import DRAW, Coordinate, central, coordinates_of, open_study
from gpudem.study.laws import cases_of
from gpudem.study.product import DRIVES
from gpudem.study.seeds import mean_over_seeds
from gpudem.study.study import value_at
from gpudem.study.study_folder import StudyFolder
from gpudem.study.verdict import next_study
from gpudem.units import QuantityError

if TYPE_CHECKING:
    import pandas

#: Tables of a scene whose keys are settings of a mill; no plan chooses among the others.
_SETTINGS = ("mill", "beads", "bowl", "product")
_SEED = "seed"
#: Name of the coordinate that holds the names of variants.
VARIANT = "variant"

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Cases:
    """The usable cases of studies of one scene.

    Attributes:
        folders: of the studies.
        frame: a row for each case, seeds averaged; coordinates in their units, quantities in SI.
        coordinates: what varies.
        words: names of those that are no numbers above 0, the variant among them.
        left_out: number of cases by reason.
        mass: of the product [kg], where it is the same in all cases.
    """

    folders: tuple[StudyFolder, ...]
    frame: pandas.DataFrame
    coordinates: tuple[Coordinate, ...]
    words: tuple[str, ...]
    left_out: Mapping[str, int]
    mass: float | None

    @property
    def drive(self) -> str | None:
        """Name of the coordinate that is the speed of the drive, if that varies."""
        for one in self.coordinates:
            if one.key in DRIVES and one.name not in self.words and len(self.levels(one.name)) > 1:
                return one.name
        return None

    @property
    def contact(self) -> Mapping[str, Any]:
        """Law and coefficients of contacts in the first case that is done, as reports have them."""
        done = next(case for folder in self.folders for case in folder.cases if case.done)
        return done.result["scene"].get("contact") or {}

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Keys of uncertain parameters, of which the cases have the central values."""
        found = (folder.contents.get("uncertain", {}).get("keys", ()) for folder in self.folders)
        return tuple(dict.fromkeys(str(key) for keys in found for key in keys))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all coordinates."""
        return tuple(one.name for one in self.coordinates)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Names of those that are no settings of the mill and take several values."""
        return tuple(
            one.name
            for one in self.coordinates
            if one.key.partition(".")[0] not in _SETTINGS and len(self.levels(one.name)) > 1
        )

    def coordinate(self, name: str) -> Coordinate:
        """The coordinate of a name or a full key.

        Raises:
            GpudemError: there is none.
        """
        for one in self.coordinates:
            if name in (one.name, one.key):
                return one
        listed = ", ".join(one.key for one in self.coordinates)
        raise GpudemError(f"{name} does not vary in this study; what does: {listed}")

    def levels(self, name: str) -> list[Any]:
        """The values that a coordinate takes, in order."""
        found = list(dict.fromkeys(self.frame[name]))
        return sorted(found) if name not in self.words else found

    def values(self, name: str, text: str) -> list[Any]:
        """Values of a coordinate as a user writes them: "5 mm, 3 mm".

        Raises:
            GpudemError: they cannot be read.
        """
        one = self.coordinate(name)
        if one.name in self.words:
            return [part.strip() for part in text.split(",")]
        case = self.folders[0].cases[0]
        about, scene = case.about, case.scene
        try:
            texts = Axis.read(one.key, text, "" if one.unit == "1" else one.unit).values
        except QuantityError as error:
            raise GpudemError(f"{one.key}={error}") from None
        found = []
        for value in texts:
            # A scene knows what its keys accept.
            overrides = [*about["overrides"], f"{one.key}={value}"]
            read = scene_from_text(scene.source_text, overrides, about["scene"])
            found.append(one.value(value_at(read, one.key)))
        return found

    def at(self, settings: Settings) -> pandas.DataFrame:
        """The cases that have these values of these coordinates."""
        kept = self.frame
        for name, value in settings.items():
            if name in self.words:
                kept = kept[kept[name].astype(str) == str(value)]
            else:
                kept = kept[(kept[name] / value - 1.0).abs() < SAME]
        return kept

    @cached_property
    def _responses(self) -> dict[Any, Response]:
        return {}

    def response(self, quantity: str, settings: Settings) -> Response:
        """The fit of a quantity, to be used at settings of all but the drive.

        Raises:
            GpudemError: too few cases, or none with these words.
        """
        words = {name: settings[name] for name in self.words if name in settings}
        simulated = bool(len(self.at({k: v for k, v in settings.items() if k != self.drive})))
        key = (quantity, tuple(words.values()), simulated)
        if key not in self._responses:
            rows = self.at(words)
            numbers = [name for name in self.names if name not in self.words]
            varying = [name for name in numbers if rows[name].nunique() > 1]
            if not varying:
                raise GpudemError(f"nothing varies among the {plural(len(rows), 'usable case')}")
            error = f"{quantity}_error"
            self._responses[key] = fit_response(
                {name: rows[name].to_numpy(float) for name in varying},
                rows[quantity].to_numpy(float),
                errors=rows[error].to_numpy(float) if error in rows else None,
                seeds=rows["seeds"].to_numpy(int),
                drive=self.drive if simulated else None,
            )
        return self._responses[key]


def read_cases(paths: Sequence[str | os.PathLike[str]]) -> Cases:
    """The usable cases of studies.

    Cases that are not done, failed or are not steady are left out.

    Args:
        paths: folders of studies of one scene in which the same keys vary.

    Raises:
        GpudemError: no folder of a study, nothing varies, no case is usable, or the studies do not
            belong together.
    """
    import pandas

    folders = tuple(StudyFolder(Path(path)) for path in paths)
    told = ", ".join(str(folder.path) for folder in folders)
    every = {case.path.name: case for folder in folders for case in folder.cases}
    # Of uncertain parameters the central values.
    cases = [case for case in every.values() if not case.state_point.get(DRAW)]
    keys = _same_keys(folders)
    _same_scene(folders, keys)
    coordinates = coordinates_of(
        keys, {key: [_at(case.state_point, key) for case in cases] for key in keys}
    )
    frames = [cases_of(central(open_study(folder.path))) for folder in folders]
    frame = pandas.concat(frames, ignore_index=True).drop_duplicates("folder")
    failed = sum(not case.done and case.failure is not None for case in cases)
    left_out = {
        "failed": failed,
        "not done": len(cases) - failed - len(frame),
        "not steady": int((~frame["steady"].astype(bool)).sum()),
    }
    frame = frame[frame["steady"].astype(bool)]
    if frame.empty:
        why = ", ".join(f"{number} {reason}" for reason, number in left_out.items() if number)
        results = [case.result for case in cases if case.done]
        commands = [next_study(folder, results) for folder in folders]
        following = [f"\nrun next: {command}" for command in commands if command]
        raise GpudemError(f"{told}: no case can be used: {why}{''.join(following)}")
    points = {case.path.name: case.state_point for case in cases}
    own = [points[name] for name in frame["folder"]]
    # From the state points: two studies may show the same key in two units.
    for one in coordinates:
        frame[one.name] = [one.value(_at(point, one.key)) for point in own]
    variants = [point.get(VARIANT) for point in own]
    if any(variant is not None for variant in variants):
        if len(folders) > 1:
            raise GpudemError(f"{told}: a study with variants is planned with alone")
        frame[VARIANT] = [str(variant) for variant in variants]
        coordinates = [*coordinates, Coordinate(VARIANT, VARIANT, "", 1.0)]
    names = [one.name for one in coordinates]
    frame = frame[[name for name in frame if name not in ("case", _SEED)]]
    rows = mean_over_seeds(frame, names)
    if not any(rows[name].nunique() > 1 for name in names):
        raise GpudemError(
            f"{told}: there is only one usable case; a plan needs a study that varies"
        )
    words = tuple(
        name
        for name in names
        if not pandas.api.types.is_numeric_dtype(rows[name]) or not (rows[name] > 0).all()
    )
    masses = (rows["power"] / rows["specific_power"]).to_numpy(float)
    same = len(masses) and math.isfinite(masses[0]) and abs(masses / masses[0] - 1.0).max() < 1e-6
    mass = float(masses[0]) if same else None
    return Cases(folders, rows, tuple(coordinates), words, left_out, mass)


def _same_keys(folders: Sequence[StudyFolder]) -> list[str]:
    first = [str(key) for key in folders[0].contents["keys"]]
    for folder in folders[1:]:
        keys = [str(key) for key in folder.contents["keys"]]
        if set(keys) != set(first):
            raise GpudemError(
                f"{folder.path}: {', '.join(keys) or 'nothing'} varies, in {folders[0].path} "
                f"{', '.join(first)}; studies of one plan vary the same keys"
            )
    return first


def _same_scene(folders: Sequence[StudyFolder], keys: Sequence[str]) -> None:
    """Refuses studies that differ in what neither varies."""
    if len(folders) < 2:
        return
    first, *others = (_fixed(folder.cases, keys) for folder in folders)
    for folder, other in zip(folders[1:], others, strict=True):
        for key in first.keys() | other.keys():
            if first.get(key, NAN) != other.get(key, NAN):
                raise GpudemError(
                    f"{folder.path}: {key} is {other.get(key, 'not given')}, in {folders[0].path} "
                    f"{first.get(key, 'not given')} (SI units); studies of one plan have one scene"
                )


def _fixed(cases: Sequence[CaseFolder], keys: Sequence[str]) -> dict[str, Any]:
    """What is the same in all cases of a study, but for how it was run."""
    values = flat(cases[0].scene.model_dump(mode="json"))
    return {
        key: value
        for key, value in values.items()
        if key not in keys and key != "title" and not key.startswith("run.")
    }


def flat(value: Any, above: str = "") -> dict[str, Any]:
    """Values of nested tables by full names; entries of lists of tables are numbered from 1."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        # Of a single one the number is left out, as in settings.
        named = enumerate(value, start=1) if len(value) > 1 else [("", value[0])]
        parts = [(f"{above}.{n}" if n else above, one) for n, one in named]
    elif isinstance(value, dict):
        parts = [(f"{above}.{name}" if above else str(name), one) for name, one in value.items()]
    else:
        return {above: value}
    return {key: one for name, part in parts for key, one in flat(part, name).items()}


def _at(point: Any, key: str) -> Any:
    for name in key.split("."):
        point = point.get(name) if isinstance(point, Mapping) else None
    return point
