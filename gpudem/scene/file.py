"""Scene files: TOML text to a checked `gpudem.scene.tables.Scene`, all faults told at once."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import stat
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from gpudem.errors import SceneError
from gpudem.plain_text import closest, did_you_mean
from gpudem.scene.faults import Faults
from gpudem.scene.keys import accepts, choice_of, default_of, leaves
from gpudem.scene.tables import Scene
from gpudem.scene.toml_text import KeyPath, key_lines, parse_toml, parse_value
from gpudem.table import kinds_in
from gpudem.units import QuantityError, parse_quantity, show_value

#: Settings of a scene: "KEY=VALUE" each, or a table of keys and values.
Overrides = Sequence[str] | Mapping[str, Any]

#: Scene files are a few kB; a larger file is another file given by mistake.
LARGEST_FILE = 1_000_000
#: The package of the shipped scenes, and the folder of those of bench tests in it.
SCENES, CALIBRATION = "gpudem.scenes", "calibration"


def load_scene(source: str | os.PathLike[str], overrides: Overrides = ()) -> Scene:
    """Load and check a scene.

    Args:
        source: path of a TOML file, or the bare name of a shipped scene.
        overrides: settings "KEY=VALUE" such as "mill.speed=400 rpm", or a table such as
            {"mill.speed": "400 rpm"}, applied before the check. Setting beads.count replaces
            beads.filling and the reverse; run.duration alone moves run.log_from in proportion; a
            size of the bowl alone replaces its nominal volume.

    Returns:
        The scene in SI units, with its text and overrides kept.

    Raises:
        SceneError: every fault found, one line each.
    """
    label, text = read_file(source)
    return scene_from_text(text, overrides, label)


def scene_from_text(
    text: str,
    overrides: Overrides = (),
    name: str = "scene.toml",
    set_by: str = "--set",
) -> Scene:
    """Check a scene given as TOML text (as kept in a run file); see `load_scene`.

    Args:
        text: TOML text.
        overrides: settings, as for `load_scene`.
        name: name of the text in messages.
        set_by: what gave the settings, in messages.

    Raises:
        SceneError: every fault found, one line each.
    """
    data = parse_toml(text, name)
    run = data.get("run")
    written = dict(run) if isinstance(run, dict) else {}
    faults = Faults(Scene, name, key_lines(text))
    overrides = _as_settings(overrides)
    for override in overrides:
        _apply(override, data, faults, set_by)
    keys = {override.partition("=")[0].strip() for override in overrides}
    _move_window(data, written, keys)
    resized = any(key.startswith("bowl.") for key in keys) and "bowl.volume" not in keys
    # Files that a scene names lie beside it.
    context = {"folder": Path(name).parent, "volume_follows": resized}
    scene: Scene = faults.check(data, context)
    scene._source_name = name
    scene._source_text = text
    scene._overrides = tuple(overrides)
    return scene


def shipped_scenes() -> list[tuple[str, str]]:
    """Names and titles of the scenes that come with gpudem."""
    return shipped_titles(SCENES)


def scene_text(name: str) -> str:
    """TOML text of a shipped scene, with its comments.

    Raises:
        SceneError: there is no such scene.
    """
    names = shipped()
    if name not in names:
        raise SceneError(f"no scene named {name!r}{did_you_mean(name, names)}")
    return _shipped_text(name, SCENES)


def new_scene(
    path: str | os.PathLike[str], from_name: str = "pulverisette7", text: str | None = None
) -> Path:
    """Write a copy of a shipped scene, to be edited, or a text.

    Args:
        path: file to write; must not exist.
        from_name: name of a shipped scene.
        text: to write instead, such as `gpudem.scene.new_scene.scene_of` makes.

    Returns:
        The path written.

    Raises:
        SceneError: no such scene, the file exists or cannot be written.
    """
    text = scene_text(from_name) if text is None else text
    target = Path(path)
    try:
        with open(target, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        kind = "is a folder; name a file" if target.is_dir() else "exists and is not overwritten"
        raise SceneError(f"{target}: {kind}") from None
    except (OSError, ValueError) as error:
        raise SceneError(f"{target}: cannot be written: {_reason(error)}") from None
    return target


def _as_settings(overrides: Overrides) -> list[str]:
    """Settings as KEY=VALUE."""
    if isinstance(overrides, str):
        return [overrides]
    if isinstance(overrides, Mapping):
        return [
            f"{key}={value if isinstance(value, str) else json.dumps(value, default=_plain)}"
            for key, value in overrides.items()
        ]
    return list(overrides)


def _plain(value: Any) -> Any:
    """What JSON does not know, such as numbers and arrays of numpy, as what it knows."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise SceneError(f"settings: {value!r} is no value of a scene")


def _move_window(data: dict[str, Any], before: dict[str, Any], keys: set[str]) -> None:
    """Where only the duration was set, begin the window after the same share of it.

    Args:
        data: of the scene, with settings.
        before: its table [run] without them.
        keys: that were set.
    """
    run = data.get("run")
    if "run.duration" not in keys or "run.log_from" in keys:
        return
    if not isinstance(run, dict) or "log_from" not in before:
        return
    try:
        long, once, begin = (
            parse_quantity(value, "time")
            for value in (run["duration"], before["duration"], before["log_from"])
        )
        step = parse_quantity(run.get("log_interval", "0.5 ms"), "time")
    except (QuantityError, KeyError):
        # What is wrong is told by the check.
        return
    if long > 0.0 and once > 0.0 and step > 0.0:
        intervals = math.floor(begin / once * long / step + 1e-9)
        run["log_from"] = f"{intervals * step:.12g} s"


class SceneKey(NamedTuple):
    """One key of a scene file, for tables.

    Attributes:
        key: full name such as "beads.diameter".
        accepts: kind of value and range.
        default: default as text, or "required".
        meaning: one phrase.
    """

    key: str
    accepts: str
    default: str
    meaning: str


def scene_keys() -> list[SceneKey]:
    """Every key that a scene file may hold, in the order of the tables; their kinds in turn."""
    rows = [_row(path, field) for path, field in leaves(Scene, {})]
    for table, held in Scene.model_fields.items():
        choice, kinds = choice_of(held), kinds_in(held.annotation)
        chooses = f"{table}.{choice.key}" if choice else ""
        if len(kinds) > 1:
            accepts = " or ".join(f'"{name}"' for name in kinds)
            rows = [row._replace(accepts=accepts) if row.key == chooses else row for row in rows]
        for kind in kinds:
            for path, field in leaves(Scene, {table: {choice.key: kind}} if choice else {}):
                row = _row(path, field)
                own = row.key.startswith(f"{table}.") and row.key != chooses
                if own and row not in rows and choice:
                    of_kind = f'with {choice.key} = "{kind}": {row.meaning}'
                    last = max(n for n, r in enumerate(rows) if r.key.startswith(f"{table}."))
                    rows.insert(last + 1, row._replace(meaning=of_kind))
    return rows


@functools.cache
def scene_fields() -> dict[str, FieldInfo]:
    """The fields of all keys of scenes, of every kind of mill and contact too."""
    chosen: list[dict[str, Any]] = [{}]
    for table, held in Scene.model_fields.items():
        choice = choice_of(held)
        if choice is not None:
            chosen += [{table: {choice.key: kind}} for kind in kinds_in(held.annotation)]
    found: dict[str, FieldInfo] = {}
    for data in chosen:
        for path, field in leaves(Scene, data):
            found.setdefault(".".join(map(str, path)), field)
    return found


def _row(path: KeyPath, field: FieldInfo) -> SceneKey:
    key = ".".join(map(str, path))
    return SceneKey(key, accepts(field), default_of(path, field), field.description or "")


# --- reading -----------------------------------------------------------------------------


def read_file(
    source: str | os.PathLike[str], what: str = "scene", package: str = SCENES
) -> tuple[str, str]:
    """Name and text of a scene file, or of a shipped scene; or of files of another kind.

    Args:
        source: path of a file, or the bare name of a shipped one.
        what: kind of file, for messages.
        package: that ships files of this kind.

    Raises:
        SceneError: it cannot be read, or is something else.
    """
    label = os.fspath(source)
    if label in shipped(package):
        return f"{label}.toml", _shipped_text(label, package)
    path = Path(label)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SceneError(f"{label}: is a folder; a {what} file (.toml) is needed")
        if not stat.S_ISREG(mode):
            raise SceneError(f"{label}: is not a regular file")
        with open(path, "rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        stem = path.stem if path.suffix in ("", ".toml") else label
        listing = "gpudem scenes" if package == SCENES else "gpudem study"
        raise SceneError(
            f"{label}: no such file, nor a {what} of this name{_near(path, stem, package)} "
            f"{listing} lists those that come with gpudem"
        ) from None
    except PermissionError:
        raise SceneError(f"{label}: no permission to read it") from None
    except (OSError, ValueError) as error:
        raise SceneError(f"{show_value(label)}: cannot be read: {_reason(error)}") from None
    if raw.startswith(b"\x89HDF"):
        raise SceneError(f"{label}: is a run file, not a {what}; look at it with gpudem report")
    if len(raw) > LARGEST_FILE:
        raise SceneError(f"{label}: larger than 1 MB, so not a {what} file")
    try:
        return label, raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SceneError(f"{label}:{line}: not UTF-8 text; save the file as UTF-8") from None


def _near(path: Path, stem: str, package: str) -> str:
    """A file beside it or a shipped one that may have been meant."""
    with contextlib.suppress(OSError):
        beside = [str(one) for one in path.parent.glob("*.toml")]
        tries = (
            (stem, shipped(package), 0.8),
            (str(path), beside, 0.75),
            (stem, shipped(package), 0.55),
        )
        for given, names, likeness in tries:
            if close := closest(given, names, likeness):
                return f"; did you mean {close!r}?"
    return ";"


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def shipped(package: str = SCENES) -> list[str]:
    """Names of the TOML files that come with a package; "calibration/drop" of those in a folder."""
    found = []
    for entry in resources.files(package).iterdir():
        inside = [entry]
        if package == SCENES and entry.name == CALIBRATION:
            inside = list(entry.iterdir())
        above = f"{entry.name}/" if inside != [entry] else ""
        found += [above + one.name[:-5] for one in inside if one.name.endswith(".toml")]
    return sorted(found, key=lambda name: ("/" in name, name))


def shipped_titles(package: str) -> list[tuple[str, str]]:
    """Names and titles of the TOML files that come with a package."""
    found = ((name, _shipped_text(name, package)) for name in shipped(package))
    return [(name, str(parse_toml(text, name).get("title", ""))) for name, text in found]


def _shipped_text(name: str, package: str) -> str:
    return (resources.files(package) / f"{name}.toml").read_text(encoding="utf-8")


def _apply(override: str, data: dict[str, Any], faults: Faults, set_by: str) -> None:
    """Set one KEY=VALUE in the parsed data."""
    key, equals, raw = (part.strip() for part in override.partition("="))
    label = f"{set_by} {' '.join(override.split())}"
    if not equals or not key or not raw:
        faults.lines.append((0, f'{label}: write KEY=VALUE, for example "mill.speed=400 rpm"'))
        return
    key, entry = _entry_of(key, data)
    if entry is None:
        several = len(data[key.partition(".")[0]])
        text = f"there are {several} tables of {key.partition('.')[0]}; name one by its number"
        faults.lines.append((0, f"{label}: {text}, as in {key.replace('.', '.1.', 1)}"))
        return
    path = key.split(".")
    known = {".".join(map(str, leaf)): leaf for leaf, _ in leaves(Scene, data)}
    if key not in known:
        within = [name for name in known if name.startswith(key + ".")]
        if within:
            text = f"a table; name one of its keys (accepted: {', '.join(within)})"
        else:
            table_name = ".".join(path[:-1])
            same = [name for name in known if name.rpartition(".")[0] == table_name]
            text = "unknown key" + did_you_mean(key, list(known), same or list(Scene.model_fields))
        faults.lines.append((0, f"{label}: {text}"))
        return
    table: Any = data
    place: KeyPath = ()
    for part in path[:-1]:
        table = table.setdefault(part, {})
        place = (*place, part)
        if isinstance(table, list) and 0 <= entry < len(table):
            table, place = table[entry], (*place, entry)
        if not isinstance(table, dict):
            return
    table[path[-1]] = _override_value(raw)
    faults.overrides[(*place, path[-1])] = label
    other = {"filling": "count", "count": "filling"}.get(path[-1])
    if path[0] in ("beads", "charge") and other and (*place, other) not in faults.overrides:
        table.pop(other, None)


def _entry_of(key: str, data: dict[str, Any]) -> tuple[str, int | None]:
    """A key without the number of a table of several, and that number, counted from 0.

    The number is None where one is needed and none of theirs is given.
    """
    first, _, rest = key.partition(".")
    number, _, below = rest.partition(".")
    tables = data.get(first)
    several = len(tables) if isinstance(tables, list) else 1
    if number.isdecimal() and below:
        entry = int(number) - 1
        return f"{first}.{below}", entry if 0 <= entry < several else None
    return key, 0 if several == 1 or not rest else None


def _override_value(raw: str) -> Any:
    """Read a TOML value if it is one, else text: quotes are lost in most shells."""
    value = parse_value(raw)
    return value if isinstance(value, (str, int, float, list, dict)) else raw
