"""The page of run files: three answers, what was simulated and assumed, figures, tables, ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from gpudem import __version__
from gpudem.analysis.comparison import differ_in_speed_only, speed_exponents
from gpudem.analysis.paper import CITATION, NOT_FITTED, OPEN, reported
from gpudem.analysis.stress import ALPHAS
from gpudem.errors import RunFileError
from gpudem.page.charts import KINDS as PAIRS
from gpudem.page.charts import (
    comparison_chart,
    loss_chart,
    picture,
    power_chart,
    stress_chart,
)
from gpudem.page.gallery import gallery
from gpudem.page.page import Block, Bullets, Checks, Facts, Page, Section, Source, Text
from gpudem.page.table import Cell, Table
from gpudem.quantities import DISSIPATION_CHANNELS, PAIR_KINDS
from gpudem.report.answers import (
    answers,
    checks,
    energy_after,
    power_of,
    specific_power_of,
    stress_values,
    time_worth,
    value_of,
)
from gpudem.report.differences import (
    differences,
    in_order,
    labels_of,
    mill_of,
    speed_text,
    title_of,
)
from gpudem.report.motion_text import regime_of
from gpudem.report.report import analyse
from gpudem.report.text import CHANNELS, beads_text, number, quantity
from gpudem.report.value import Value
from gpudem.runfile.reader import Run, open_run
from gpudem.scene.assumptions import assumptions_of

Result = Mapping[str, Any]
#: Pictures of a comparison at most.
_PICTURES = 15
_CONVENTIONS = (
    "Event convention: whole energies over collisions, each counted once. Bead convention: half of "
    "a bead-on-bead collision on each bead, counted for both. SE times SF is the power in each."
)
_ERRORS = (
    "± is one standard error of the mean over the evaluated window (statistical uncertainty of "
    "this run); a value without one has an error that is not known, or none."
)


def run_page(
    paths: Sequence[Path],
    *,
    mass: float | None = None,
    milling_time: float | None = None,
    energy: float | None = None,
) -> Page:
    """Make the page of one run file or several.

    Args:
        paths: run files.
        mass: mass of the product in the bowl [kg]; default the scenes'.
        milling_time: time in the mill [s]; default the scenes'.
        energy: wanted specific energy [J/kg]; default 500 kJ/kg.

    Raises:
        RunFileError: a file cannot be read or has no evaluated window.
    """
    if not paths:
        raise RunFileError("no run file given; name one or more .vtkhdf files")
    with ExitStack() as stack:
        runs = [stack.enter_context(open_run(path)) for path in paths]
        results = [
            analyse(run, mass=mass, milling_time=milling_time, energy=energy) for run in runs
        ]
        if len(runs) == 1:
            sections = _sections(runs[0], results[0], "")
        else:
            sections = _comparison(runs, results)
    several = len(results) > 1
    titles = list(dict.fromkeys(title_of(result) for result in results))
    return Page(
        title=", ".join(titles[:3]) + (", ..." if len(titles) > 3 else ""),
        subtitle=f"{len(results)} runs compared" if several else _subtitle(results[0]),
        answers=() if several else answers(results[0]),
        sections=sections,
        numbers={"results": results},
        made=made_line(),
        summary=_summary(results) if several else "",
    )


def made_line() -> str:
    """Who made a page, and when."""
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    return f"Made by gpudem {__version__}, {now}"


def _subtitle(result: Result) -> str:
    scene = result["scene"]
    parts = [speed_text(result) or "", beads_text(result)]
    if scene["filling"] is not None:
        parts.append(f"filling ratio {number(scene['filling'])}")
    if scene["product_mass"] is not None:
        parts.append(f"{quantity(scene['product_mass'], 'mass')} of product")
    return ", ".join(part for part in parts if part)


def _summary(results: Sequence[Result]) -> str:
    times = [time_worth(result) for result in results]
    powers = [power_of(result) for result in results]
    low, high = (f(v.value or 0.0 for v in powers) for f in (min, max))
    text = f"The runs dissipate {quantity(low, 'power')} to {quantity(high, 'power')}"
    wanted = {result["milling"]["wanted_energy"] for result in results}
    if all(time.known for time in times) and len(wanted) == 1:
        ends = sorted(times, key=lambda time: time.value or 0.0)
        goal = quantity(wanted.pop(), "specific_energy")
        text += f" and reach {goal} after {ends[0].text} to {ends[-1].text}"
    doubtful = [
        label
        for label, result in zip(labels_of(results), results, strict=True)
        if answers(result)[2].verdict != "good"
    ]
    if len(doubtful) == len(results):
        return f"{text}; to be used with care, all of them (see their quality checks)."
    if doubtful:
        return f"{text}; to be used with care: {', '.join(doubtful)} (see their quality checks)."
    return f"{text}; all pass their quality checks."


def _sections(run: Run, result: Result, prefix: str) -> list[Section]:
    """What a page says of one run; names of files begin with ``prefix`` where it is of several."""
    made = [
        Section("What was simulated", [Facts(_facts(run, result))]),
        Section("What is assumed", _assumed(run, result)),
        Section("Figures", _seen(run, result, prefix)),
        Section("Quality checks", [Checks(checks(result))]),
        Section("Numbers", _tables(result, prefix)),
        Section("Energy ledger", _ledger(result, prefix)),
    ]
    if reported(result):
        made.append(Section("Beside the published values", _paper(result, prefix)))
    made.append(Section("Provenance", _provenance(run, result)))
    return made


def _facts(run: Run, result: Result) -> list[tuple[str, str]]:
    scene, window, mill = result["scene"], result["window"], mill_of(result)
    vessel = mill.vessel_word
    changing = scene["speed_range"]
    speed = speed_text(result) or (
        " to ".join(mill.speed_text(value, 4) for value in changing) if changing else ""
    )
    contact = scene["contact"] if isinstance(scene["contact"], Mapping) else {}
    pairs = contact.get("bead_bead")
    pairs = pairs if isinstance(pairs, Mapping) else {}

    def known(value: Any, kind: str, digits: int = 4) -> str:
        return "" if value is None else quantity(value, kind, digits)

    def size() -> str:
        sides = scene["bowl_diameter"], scene["bowl_height"]
        if None in sides:
            return ""
        return f"{quantity(sides[0], 'length')} diameter, {quantity(sides[1], 'length')} high"

    facts = [
        ("Mill", str(scene["mill"] or "")),
        ("Speed", speed),
        ("Speed ratio", "" if scene["ratio"] is None else number(scene["ratio"])),
        ("Sun-wheel radius", known(scene["sun_wheel_radius"] or None, "length")),
        (vessel.capitalize(), size()),
        (f"{vessel.capitalize()} volume", known(scene["bowl_volume"], "volume", 3)),
        ("Beads", beads_text(result)),
        ("Mass of the beads", known(scene["charge_mass"], "mass")),
        ("Filling ratio", "" if scene["filling"] is None else number(scene["filling"])),
        ("Product", known(scene["product_mass"], "mass") or "mass not given"),
        ("Ball-to-powder ratio", _share(scene["charge_mass"], scene["product_mass"])),
        ("Contact law", str(contact.get("model", ""))),
        ("Restitution", _plain(pairs.get("restitution"))),
        (
            "Friction",
            ", ".join(
                f"{name} {_plain(pairs.get(f'{name}_friction'))}"
                for name in ("static", "dynamic", "rolling")
                if pairs.get(f"{name}_friction") is not None
            ),
        ),
        ("Simulated", f"{quantity(window['end'], 'time')}"),
        ("Evaluated", f"{quantity(window['start'], 'time')} to {quantity(window['end'], 'time')}"),
        ("Seed", "" if scene["seed"] is None else f"{scene['seed']:.0f}"),
        ("Motion of the beads", regime_of(run)),
    ]
    return [(name, text) for name, text in facts if text]


def _share(beads: float | None, product: float | None) -> str:
    return number(beads / product) if beads and product else ""


def _plain(value: Any) -> str:
    return number(value) if isinstance(value, (int, float)) else ""


def _assumed(run: Run, result: Result) -> list[Block]:
    told = [
        "The powder is not simulated: it enters through the coefficients of contacts, and its mass "
        "through the energy per mass. The results quantify the mechanical stress that the beads "
        "exert on the product."
    ]
    blocks: list[Block] = [Text(told)]
    start = quantity(result["window"]["start"], "time")
    found = assumptions_of(run.scene_text, run.overrides, start)
    if found:
        points = [(one.key, one.value, one.reason) for one in found]
        blocks += [Text(["The scene marks these values as assumed:"]), Bullets(points)]
    else:
        blocks.append(Text(["The scene marks no value as assumed."]))
    if run.overrides:
        pairs = (one.partition("=") for one in run.overrides)
        blocks.append(Text(["Set for this run, instead of what the scene file says:"]))
        blocks.append(Bullets([(key.strip(), value.strip(), "") for key, _, value in pairs]))
    return blocks


def _seen(run: Run, result: Result, prefix: str) -> list[Block]:
    blocks: list[Block] = [
        stress_chart(result, f"{prefix}stress"),
        loss_chart([result], [""], f"{prefix}loss"),
        power_chart(run, result, f"{prefix}power"),
    ]
    if not prefix:
        seen = picture(run, "beads")
        blocks.append(Text([seen]) if isinstance(seen, str) else seen)
    return blocks


def _tables(result: Result, prefix: str) -> list[Block]:
    blocks: list[Block] = [_key_figures(result, prefix), _power_table(result, prefix)]
    if result["pair_classes"]:
        blocks.append(_pair_table(result, prefix))
    if result["stress_intensity"]:
        blocks.append(_intensity_table(result, prefix))
    blocks += [_milling_table(result, prefix), _statistics_table(result, prefix)]
    if result["walls"]:
        blocks.append(_wall_table(result, prefix))
    return blocks


def _key_figures(result: Result, prefix: str) -> Table:
    rows: list[Sequence[Cell]] = [
        ("Power", "P", power_of(result), "all that the beads dissipate"),
    ]
    if result["specific_power"] is not None:
        goal = quantity(result["milling"]["wanted_energy"], "specific_energy")
        rows += [
            ("Specific power", "P / m", specific_power_of(result), "power per gram of product"),
            (
                f"Milling time for {goal}",
                "t",
                time_worth(result),
                "E_m m / P, of the dissipation",
            ),
        ]
    conventions = {
        "SE_90": "the most energetic collisions that carry 90 % of the energy",
        "event": "each collision counted once",
        "bead": "counted for each bead, half the energy",
    }
    for name, value in stress_values(result).items():
        what = "Stress energy" if name.startswith("SE") else "Stress frequency"
        told = conventions["SE_90"] if "_90" in name else conventions[name.partition(" ")[2]]
        rows.append((what, name.replace(" ", ", "), value, told))
    mean = "energy-weighted mean"
    rows += [
        ("Stress energy", "SE_W", Value(result["stress_energy_weighted"], "energy"), mean),
        (
            "Stress frequency",
            "SF_W",
            Value(result["stress_frequency_weighted"], "rate"),
            "P / SE_W",
        ),
        (
            "Impact energy",
            "",
            Value(result["events"]["impact_energy"]["transferred"], "energy"),
            "largest energy transferred in a collision, mean over collisions",
        ),
        (
            "Kinetic energy",
            "",
            value_of(result, "energy", "kinetic_energy", statistic=False),
            "of translation, in the frame of the bowl's centre",
        ),
        ("Mean speed", "", Value(result["mean_speed"], "speed"), "of the beads, in that frame"),
        ("Contacts per bead", "", Value(result["contacts_per_bead"]), "at a time"),
    ]
    kinetic = result["statistics"]["kinetic_energy"]["total"]["standard_error"]
    rows[-3] = (*rows[-3][:2], Value(result["kinetic_energy"], "energy", kinetic), rows[-3][3])
    return Table(
        f"{prefix}key-figures",
        "Key figures",
        ("quantity", "symbol", "value", "convention"),
        rows,
        (_CONVENTIONS, _ERRORS),
    )


def _power_table(result: Result, prefix: str) -> Table:
    total = result["power"]["dissipation"]["total"]

    def row(label: str, parts: Mapping[str, float], share: bool = True) -> Sequence[Cell]:
        part = parts["total"] / total if share and total else None
        return (
            label,
            *(Value(parts[kind], "power") for kind in (*PAIR_KINDS, "total")),
            Value(part, "share"),
        )

    rows = [row(CHANNELS[name], result["power_channels"][name]) for name in DISSIPATION_CHANNELS]
    rows.append(row("all losses (dissipation)", result["power"]["dissipation"]))
    for name, label in (("normal", "normal work while loading"), ("shear", "shear work, signed")):
        rows.append(row(label, result["power"][name], share=False))
    return Table(
        f"{prefix}losses",
        "Power by cause of loss",
        ("cause", *(PAIRS[kind] for kind in PAIR_KINDS), "total", "share"),
        rows,
        (f"The power is {power_of(result).text}. Normal and shear work do not add up to it.",),
    )


def _pair_table(result: Result, prefix: str) -> Table:
    rows = [
        (
            one["name"],
            _mean(one["power"], "power"),
            Value(one["share"], "share"),
            Value(one["stress_energy_q"]["90"], "energy"),
            Value(one["stress_frequency_q"]["90"], "rate"),
            _mean(one["stress_energy"], "energy"),
            _mean(one["stress_frequency"], "rate"),
        )
        for one in result["pair_classes"]
    ]
    heads = ("pair class", "P", "share", "SE_90", "SF_90", "SE, event", "SF, event")
    return Table(f"{prefix}pair-classes", "By pair class", heads, rows)


def _intensity_table(result: Result, prefix: str) -> Table:
    found = result["stress_intensity"]
    rows = [
        (
            PAIRS.get(one["name"].replace("-", "_"), one["name"]),
            Value(one["captured_mass"], "mass"),
            Value(one["stress_intensity"], "specific_energy"),
            Value(one["stress_intensity_q"]["90"], "specific_energy"),
        )
        for one in found["classes"]
    ]
    given = found["model"] == "given"
    source = "the scene's product.captured_mass" if given else "of a geometric model (see the docs)"
    notes = (
        "SE per mass of powder that a collision captures: the mean of all collisions, and of the "
        f"most energetic ones that carry 90 % of the energy. The captured mass is {source}.",
    )
    heads = ("collisions", "captured mass", "SE / m", "SE_90 / m")
    return Table(f"{prefix}stress-intensity", "Stress intensity", heads, rows, notes)


def _mean(mean: Mapping[str, Any], kind: str) -> Value:
    return Value(mean["value"], kind, mean["standard_error"])


def _milling_table(result: Result, prefix: str) -> Table:
    rows: list[Sequence[Cell]] = []
    for one in result["milling"]["table"]:
        energies = [one["specific_energy"][alpha] for alpha in ALPHAS]
        rows.append(
            (
                Value(one["milling_time"], "time", exact=True),
                energy_after(result, energies[0]),
                *(Value(energy, "specific_energy") for energy in energies[1:]),
                Value(one["stress_number"]["event"], "count"),
                Value(one["stress_number"]["bead"], "count"),
            )
        )
    mass = result["milling"]["product_mass"]
    note = "No mass of product is given." if mass is None else ""
    return Table(
        f"{prefix}milling",
        "Milling time and energy input E_m = P t / m",
        ("time", "E_m", "E_m, normal", "E_m, shear", "SN, event", "SN, bead"),
        rows,
        (
            note
            or f"Product: {quantity(mass, 'mass')}. E_m is of the dissipation unless named; "
            "the stress number SN is SF times the milling time.",
        ),
    )


def _statistics_table(result: Result, prefix: str) -> Table:
    known = result["statistics"]
    listed = (
        ("power", "power", known["power"]["dissipation"]),
        ("SE_90", "energy", known["stress_energy_q"]["90"]),
        ("SF_90", "rate", known["stress_frequency_q"]["90"]),
        ("SE, event", "energy", known["stress_energy"]["event"]),
        ("SF, event", "rate", known["stress_frequency"]["event"]),
        ("kinetic energy", "energy", known["kinetic_energy"]["total"]),
    )
    rows = [
        (
            name,
            _mean(mean, kind),
            Value(mean["autocorrelation_time"], "time"),
            Value(mean["effective_samples"]),
        )
        for name, kind, mean in listed
    ]
    return Table(
        f"{prefix}uncertainty",
        "Statistical uncertainty",
        ("mean", "value", "autocorrelation time", "independent samples"),
        rows,
        (
            "Errors from blocks of two autocorrelation times, which are taken as a tenth of the "
            "disc's turn at least; with fewer than 20 samples no error is given.",
        ),
        folded=True,
    )


def _wall_table(result: Result, prefix: str) -> Table:
    rows = [
        (
            wall["name"],
            *(Value(value, "force") for value in wall["force"]),
            Value(wall["torque"][2], "torque"),
            *(Value(wall[key], "power") for key in ("power", "sliding", "impact")),
        )
        for wall in result["walls"]
    ]
    heads = ("force x", "force y", "force z", "torque z", "power in", "sliding", "impact")
    note = (
        "Means over the window of what the beads do to each wall, in the bowl's frame. Sliding "
        "work is what Archard's law of wear is proportional to."
    )
    return Table(f"{prefix}walls", "Walls", ("wall", *heads), rows, (note,))


def _ledger(result: Result, prefix: str) -> list[Block]:
    book, test = result["ledger"], result["steadiness"]
    window = book["window"]
    terms = (
        ("in: gravity and the frame's acceleration", "work_body"),
        ("in: moving walls", "work_wall"),
        ("kept: change of kinetic energy", "motion_change"),
        ("kept: change of stored elastic energy", "stored_change"),
        ("lost: sum of the channels", "dissipation"),
    )
    rows = [(name, Value(window[key], "energy"), Value(book[key], "energy")) for name, key in terms]
    missing: list[float] = [
        part["dissipation"]
        - (part["work_body"] + part["work_wall"] - part["motion_change"] - part["stored_change"])
        for part in (window, book)
    ]
    here, whole = (Value(value, "energy") for value in missing)
    rows.append(("dissipated beyond the net input", here, whole))
    window_text = quantity(result["window"]["duration"], "time")
    ledger = Table(
        f"{prefix}ledger",
        "Energy ledger",
        ("term", f"evaluated window ({window_text})", "whole run"),
        rows,
        [text for text in (checks(result)[1].text,) if text],
    )
    drifts: list[Sequence[Cell]] = []
    for drift in test["drifts"]:
        mean = 0.5 * abs(drift["first"] + drift["second"])
        error = drift["standard_error"]
        share = None if not mean or error is None else error / mean
        drifts.append(
            (f"drift of {drift['name']}", Value(drift["relative"], "share", share), "0 %")
        )
    powers: list[Sequence[Cell]] = [
        *drifts,
        (
            "power from the frame",
            Value(test["power_body"], "power"),
            Value(test["frame_formula"], "power").text,
        ),
        (
            "power from the walls",
            Value(test["power_wall"], "power"),
            Value(test["wall_formula"], "power").text,
        ),
        ("dissipated", power_of(result), Value(test["total_formula"], "power").text),
    ]
    steady = Table(
        f"{prefix}steadiness",
        "Is it steady?",
        ("", "found", "expected where steady"),
        powers,
        ("Expected powers follow from the path of the beads' centre of mass.",),
        folded=True,
    )
    return [ledger, steady]


def _paper(result: Result, prefix: str) -> list[Block]:
    rows = []
    for case in reported(result):
        own = result["power"]["dissipation"]["total"] * case.milling_time
        mass = result["milling"]["product_mass"]
        rows.append(
            (
                Value(case.milling_time, "time", exact=True),
                energy_after(result, own / mass if mass else None),
                Value(case.specific_energy, "specific_energy", case.width or None),
                power_of(result),
                Value(case.power(), "power"),
            )
        )
    table = Table(
        f"{prefix}published",
        "Energy input and power",
        ("milling time", "E_m here", "E_m published", "P here", "P published"),
        rows,
        (f"{CITATION}. ± of the published value is the range given with it.",),
    )
    readings = Table(
        f"{prefix}readings",
        "Power over the published one, in every reading of what is left open",
        ("energy", "wall energy", "counting", "product", "P", "P / published"),
        [
            (
                one["alpha"],
                one["wall"],
                one["counting"],
                Value(one["mass"], "mass", exact=True),
                Value(one["power"], "power"),
                Value(one["ratio"]),
            )
            for one in result["paper"]["readings"]
        ],
        ("Left open: " + "; ".join(OPEN) + ".", NOT_FITTED),
        folded=True,
    )
    return [table, readings]


def _provenance(run: Run, result: Result) -> list[Block]:
    timings = run.timings

    def told(value: Any) -> str:
        return "" if value is None else str(value)

    rate = result["bead_steps_per_second"]
    seconds = result["wall_seconds"]
    facts = [
        ("File", Path(result["file"]).name),
        *((str(name), str(version)) for name, version in run.versions.items()),
        ("Device", told(result["device"])),
        ("Host", told(timings.get("host") or timings.get("hostname"))),
        ("Date", told(timings.get("started") or timings.get("date"))),
        ("Threads", told(result["threads"])),
        ("Schedule", told(result["schedule"])),
        ("Precision", told(result["precision"])),
        ("Steps", "" if result["steps"] is None else f"{result['steps']:,}"),
        ("Time step", "" if result["timestep"] is None else quantity(result["timestep"], "time")),
        ("Softening", "" if result["softening"] is None else number(result["softening"])),
        ("Computed in", "" if seconds is None else quantity(seconds, "time")),
        ("Speed", "" if rate is None else f"{rate / 1e6:.3g} million bead-steps/s"),
    ]
    blocks: list[Block] = [Facts([(name, text) for name, text in facts if text])]
    if run.scene_text:
        blocks.append(Source("Scene file", run.scene_text))
    return blocks


def _comparison(runs: Sequence[Run], results: Sequence[Result]) -> list[Section]:
    """What is told of several runs beside each other."""
    labels = labels_of(results)
    varied = differences(results)
    order = in_order(varied, len(results))
    goals = {result["milling"]["wanted_energy"] for result in results}
    goal = quantity(goals.pop(), "specific_energy")
    massed = any(result["milling"]["product_mass"] for result in results)
    rows = []
    for k in order:
        found = stress_values(results[k])
        rows.append(
            (
                *(one.cells[k] for one in varied),
                power_of(results[k]),
                *((specific_power_of(results[k]), time_worth(results[k])) if massed else ()),
                found["SE_90"],
                found["SF_90"],
                found["SE event"],
                found["SF event"],
                bool(results[k]["steady"]),
            )
        )
    table = Table(
        "comparison",
        "Runs beside each other",
        (
            *(one.head for one in varied),
            "P",
            *(("P / m", f"time for {goal}") if massed else ()),
            "SE_90",
            "SF_90",
            "SE, event",
            "SF, event",
            "steady",
        ),
        rows,
        (
            "SE_90, SF_90: the most energetic collisions that carry 90 % of the energy.",
            _CONVENTIONS,
            _ERRORS,
        ),
    )
    chosen = [results[k] for k in order]
    names = [labels[k] for k in order]
    blocks: list[Block] = [
        comparison_chart(chosen, names, "stress"),
        loss_chart(chosen, names, "loss"),
    ]
    seen = gallery([runs[k] for k in order[:_PICTURES]], names[:_PICTURES], "beads")
    blocks.append(Text([seen]) if isinstance(seen, str) else seen)
    parts: list[Block] = [table]
    if differ_in_speed_only(results):
        parts.append(_exponents(results))
    sections = [Section("Comparison", parts), Section("Figures of all runs", blocks)]
    for place, k in enumerate(order, start=1):
        told = [
            f"{one.question} {one.headline[0].upper()}{one.headline[1:]}. {one.sentence}"
            for one in answers(results[k])
        ]
        heading = f"{labels[k]} ({Path(results[k]['file']).name})"
        inner = _sections(runs[k], results[k], f"run{place}-")
        sections.append(Section(heading, [Text(told)], inner))
    return sections


def _exponents(results: Sequence[Result]) -> Table:
    rows = [
        (
            row.name,
            Value(row.value, "number", row.standard_error),
            None if row.paper is None else Value(row.paper, exact=True),
        )
        for row in speed_exponents(results)
    ]
    return Table(
        "exponents",
        "Exponents over speed, y ~ n^a",
        ("y", "a here", "a published"),
        rows,
        (f"Published: {CITATION}, which does not say of which energy and counting.",),
        folded=True,
    )
