"""The full report as text: three sentences first, then tables that fit 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gpudem.analysis.stress import ALPHAS
from gpudem.analysis.uncertainty import FEWEST_SAMPLES, FEWEST_SEEDS
from gpudem.mills.kinds import CHOICE, KINDS
from gpudem.plain_text import plural, printable
from gpudem.quantities import DISSIPATION_CHANNELS
from gpudem.units import format_quantity

Result = Mapping[str, Any]
UNKNOWN = "-"


def number(value: float | None, digits: int = 3) -> str:
    """Write a plain number with so many significant digits; "-" for an unknown one."""
    if value is None:
        return UNKNOWN
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    text = f"{value:.{digits}g}"
    return f"{float(text):.0f}" if "e" in text else text


def quantity(value: float | None, kind: str, digits: int = 3) -> str:
    """Write a quantity in the unit engineers use for it; "-" for an unknown one."""
    if value is None:
        return UNKNOWN
    text = format_quantity(value, kind, digits)
    # Three digits of 1000 rpm would read "1e+03 rpm".
    return format_quantity(value, kind, 6) if "e+" in text else text


def rate(value: float | None, noun: str = "") -> str:
    """Write a rate in words: "1.31 million collisions per second"."""
    noun = f" {noun}" if noun else ""
    if value is None:
        return f"an unknown number of{noun} per second"
    for size, word in ((1e6, " million"), (1e3, " thousand")):
        if value >= size:
            return f"{value / size:.3g}{word}{noun} per second"
    return f"{value:.3g}{noun} per second"


def percent(share: float | None, digits: int = 2) -> str:
    """Write a share in per cent; "-" for an unknown one."""
    if share is None:
        return UNKNOWN
    shown = 100.0 * share
    if shown != 0 and abs(shown) < 1e-2:
        return f"{shown:.1g} %"
    text = f"{shown:.{digits}g}"
    return f"{float(text):.0f} %" if "e" in text else f"{text} %"


def signed_percent(share: float | None, digits: int = 2) -> str:
    """Write a difference in per cent with its sign; "-" for an unknown one."""
    return (
        f"+{percent(share, digits)}" if share is not None and share > 0 else percent(share, digits)
    )


def with_error(text: str, share: float | None) -> str:
    """Write a value with its relative error, where that is known."""
    return text if share is None else f"{text} ± {percent(share, 1)}"


def relative_error(error: float | None, value: float | None) -> float | None:
    """An error over the size of its value; None where that is not known."""
    return None if error is None or not value else abs(error / value)


def print_full(result: Result, console: Console, *, tables: bool = True) -> None:
    """Print three sentences on a run, and all its tables.

    Args:
        result: what `gpudem.report.report.analyse` returned.
        console: where to print to.
        tables: whether the tables are wanted too.
    """
    for line in sentences(result):
        console.print(printable(line), markup=False)
    console.print()
    for table, notes in _tables(result) if tables else ():
        print_table(table, notes, console)


def print_table(table: Table, notes: Sequence[str], console: Console) -> None:
    """Print a table with the notes under it."""
    console.print(table)
    for note in notes:
        console.print(printable(note), markup=False)
    console.print()


def sentences(result: Result) -> list[str]:
    """Say what was simulated, what the beads do to the product, and whether to trust it.

    Where the energies are off by more than the ledger's limit, or SE and SF are not meaningful
    because sliding and rolling contacts prevail, that comes first.
    """
    return [
        *_misbooked(result),
        *_lasting(result),
        _simulated(result),
        _stressed(result),
        _trusted(result),
    ]


def _misbooked(result: Result) -> list[str]:
    book = result["ledger"]
    if book["channels"] is None or abs(book["channels"]) <= book["channels_limit"]:
        return []
    window, time = book["window"], result["window"]["duration"]
    sense = "HIGH" if book["channels"] > 0 else "LOW"
    return [
        f"All energies and powers are TOO {sense} by {percent(abs(book['channels']))}: they add up "
        f"to {quantity(window['dissipation'] / time, 'power')} where "
        f"{quantity(window['loss'] / time, 'power')} were lost; {book['cause']}."
    ]


def _lasting(result: Result) -> list[str]:
    lasting = result["lasting_contacts"]
    if not lasting["dominate"]:
        return []
    text = "SE and SF are not meaningful here, as beads slide and roll rather than hit: "
    parts = [
        f"{percent(lasting['unfinished'])} of the dissipation lies in collisions that began or "
        "ended outside the window"
    ]
    if lasting["without_onset"] is not None:
        parts.append(
            f"{percent(lasting['without_onset'])} of it in intervals in which a bead made no new "
            "contact"
        )
    return [text + ", ".join(parts) + ". Use the power instead."]


def beads_text(result: Result) -> str:
    """How many beads there are, and of what."""
    scene, text = result["scene"], plural(result["beads"], "bead")
    if scene.get("species"):
        each = (f"{one['beads']} of {one['name']}" for one in scene["species"])
        return f"{text} ({', '.join(each)})"
    if scene["bead_diameter"] is not None:
        return f"{text} of {quantity(scene['bead_diameter'], 'length')}"
    if scene.get("bead_sizes"):
        low, high = (quantity(size, "length") for size in scene["bead_sizes"])
        return f"{text} of {low} to {high}"
    return text


def case_text(result: Result) -> str:
    """File, beads, vessel and speed of a run."""
    scene = result["scene"]
    text = f"{Path(result['file']).name}: {beads_text(result)}"
    mill = KINDS.get(str(scene.get("mill")), KINDS[CHOICE.default])
    if scene["bowl_diameter"] is not None and scene["bowl_height"] is not None:
        wide, high = (quantity(scene[f"bowl_{side}"], "length") for side in ("diameter", "height"))
        text += f" in a {mill.vessel_word} of {wide} x {high}"
    if scene["filling"] is not None:
        text += f", filling ratio {number(scene['filling'])}"
    if scene["speed"] is not None:
        text += f", {mill.driven_at} {mill.speed_text(scene['speed'], 4)}"
    elif scene["speed_range"]:
        low, high = (mill.speed_text(speed, 4) for speed in scene["speed_range"])
        what = mill.control.name if mill.control else "speed"
        text += f", {mill.driven_at} a changing {what} from {low} to {high}"
    if scene["ratio"] is not None and mill is KINDS[CHOICE.default]:
        text += f" (ratio {number(scene['ratio'])})"
    return text


def _simulated(result: Result) -> str:
    window = result["window"]
    text = (
        f"{case_text(result)}; evaluated from {quantity(window['start'], 'time')} to "
        f"{quantity(window['end'], 'time')} of simulated time"
    )
    text += "." if result["complete"] else "; the run has not come to its end."
    return text


def _stressed(result: Result) -> str:
    energy, frequency = result["stress_energy"]["dissipation"], result["stress_frequency"]
    if not frequency["event"]:
        return "There was no new contact in the window, so there are no SE and SF to tell."
    if result["lasting_contacts"]["dominate"]:
        return _rubbed(result)
    text = f"The beads dissipate {power_text(result)}"
    text += (
        f" in {rate(frequency['event'], 'collisions')} of {quantity(energy['event'], 'energy')} "
        f"on average (counted for each bead: {rate(frequency['bead'])} of "
        f"{quantity(energy['bead'], 'energy')}); the most energetic "
        f"{percent(result['event_share_q']['90'])} of collisions account for 90 % of the energy, "
        f"on average {quantity(result['stress_energy_q']['90'], 'energy')} each"
    )
    mass = result["scene"]["product_mass"]
    if mass is not None:
        text += (
            f"; specific power {number(result['specific_power'] / 1e3)} W per gram of product "
            f"({quantity(mass, 'mass')})"
        )
    return text + "."


def power_text(result: Result) -> str:
    """The dissipation with its standard error."""
    power, error = result["power"]["dissipation"]["total"], result["power_standard_error"]
    return with_error(quantity(power, "power"), relative_error(error, power))


def _rubbed(result: Result) -> str:
    lasting, channels = result["lasting_contacts"], result["power_channels"]
    text = (
        f"The beads dissipate {power_text(result)}, of which sliding friction takes "
        f"{quantity(channels['sliding']['total'], 'power')} and rolling resistance "
        f"{quantity(channels['rolling_loss']['total'], 'power')}: on average "
        f"{number(lasting['touching'])} contacts at any time, "
        f"{quantity(lasting['power_per_contact'], 'power')} each"
    )
    mass = result["scene"]["product_mass"]
    if mass is not None:
        text += f", {number(result['specific_power'] / 1e3)} W per gram of product"
    return text + "."


def _trusted(result: Result) -> str:
    book = result["ledger"]
    if book["work_energy"] is None:
        text = "The energy ledger cannot be checked"
    elif book["channels"] is None:
        text = "Nothing was lost in the window, so the energy ledger cannot be checked"
    else:
        verdict = "closes" if book["closes"] else "does NOT close"
        text = (
            f"The energy ledger {verdict} (work-energy {number(book['work_energy'], 2)} of the "
            f"input, channels {signed_percent(book['channels'])} of the true loss)"
        )
    span = quantity(result["window"]["duration"], "time")
    if result["steady"]:
        text += f", and the window of {span} is steady."
    else:
        reasons = "; ".join(result["steady_reasons"])
        text += f"; the window of {span} is NOT shown to be steady: {reasons}."
    if not result["guards"]:
        text += " The guards were OFF (run.guards = false): nothing watched the beads."
    if not result["stress_frequency"]["event"] and not result["contacts_per_bead"]:
        text += " There was NO CONTACT at all in the window: check the scene."
    return text


def table_of(title: str, *columns: str) -> Table:
    """Make an empty table with a left column of names and right columns of numbers."""
    # Text, since rich would take a plain "[rpm]" for a style.
    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for k, column in enumerate(columns):
        justify: Literal["left", "right"] = "left" if k == 0 else "right"
        table.add_column(Text(column), justify=justify, overflow="fold")
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of plain text."""
    table.add_row(*(Text(printable(cell, keep="\n")) for cell in cells))


def _tables(result: Result) -> list[tuple[Table, list[str]]]:
    parts = [
        _power_table(result),
        _stress_table(result),
        _event_table(result),
        *([_pair_table(result)] if result.get("pair_classes") else []),
        *([_intensity_table(result)] if result.get("stress_intensity") else []),
        _milling_table(result),
        _motion_table(result),
        _error_table(result),
        _ledger_table(result),
    ]
    if result["walls"]:
        parts.append(_wall_table(result))
    return parts


#: How people call the channels of loss.
CHANNELS = {
    "normal_damping": "impact (normal damping)",
    "shear_damping": "tangential damping",
    "sliding": "sliding friction",
    "rolling_loss": "rolling resistance",
    "relaxation": "release of tangential springs",
}


def _power_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of("Power [W]", "", "bead-bead", "bead-wall", "total")

    def row(label: str, parts: Mapping[str, float]) -> None:
        add_row(table, label, *(number(parts[k]) for k in ("bead_bead", "bead_wall", "total")))

    row("dissipation", result["power"]["dissipation"])
    for name in DISSIPATION_CHANNELS:
        row(f"  {CHANNELS[name]}", result["power_channels"][name])
    row("normal (loading work)", result["power"]["normal"])
    row("shear (signed)", result["power"]["shear"])
    row("rolling (signed)", result["power"]["rolling"])
    notes = ["Normal, shear and rolling work do not add up to the dissipation."]
    return table, notes


def _stress_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of(
        "SE and SF, SE x SF = power",
        "",
        "event",
        "bead",
        "mean W/c",
    )
    inner = result["bead_intervals"]
    for alpha in ALPHAS:
        energy = result["stress_energy"][alpha]
        add_row(
            table,
            f"SE {alpha}",
            *(quantity(energy[c], "energy") for c in ("event", "bead")),
            quantity(inner["mean_ratio"][alpha], "energy"),
        )
    frequency, single = result["stress_frequency"], result["stress_frequency_per_bead"]
    add_row(table, "SF bowl [1/s]", *(number(frequency[c]) for c in ("event", "bead")), "")
    add_row(table, "SF per bead [1/s]", *(number(single[c]) for c in ("event", "bead")), "")
    if result["milling"]["milling_time"] is not None:
        counts = result["milling"]["stress_number"]
        span = quantity(result["milling"]["milling_time"], "time")
        add_row(table, f"SN in {span}", *(number(counts[c]) for c in ("event", "bead")), "")
    notes = [
        "SF: new contacts per second. event: each collision counted once, with its whole energy. "
        "bead: counted for each bead, with half the energy. mean W/c: unweighted mean over beads "
        "and log intervals.",
        f"Mixed product SE_bead x SF_event: {number(result['mixed_power']['dissipation'])} W, "
        f"{number(result['mixed_share'])} of the power (not a power of this mill).",
    ]
    if inner["share_without_contact"] is not None:
        notes.append(
            f"Log intervals of a bead without a new contact: "
            f"{percent(inner['share_without_contact'])}; "
            f"{percent(inner['share_lasting'])} of all still dissipate in lasting contacts, "
            f"{percent(inner['energy_share_without_contact'])} of the energy (included in SE)."
        )
    return table, notes


def _event_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of(
        "Collisions, from the first touch to the last (dissipated energy)",
        "",
        "SE",
        "SF [1/s]",
        "of collisions",
    )
    events = result["events"]
    mean = events["mean_energy"]["dissipation"]
    add_row(table, "all collisions", quantity(mean, "energy"), number(events["frequency"]), "100 %")
    for key in ("90", "99"):
        add_row(
            table,
            f"most energetic, {key} % of the energy",
            quantity(result["stress_energy_q"][key], "energy"),
            number(result["stress_frequency_q"][key]),
            percent(result["event_share_q"][key]),
        )
    add_row(
        table,
        "energy-weighted SE_W, SF_W",
        quantity(result["stress_energy_weighted"], "energy"),
        number(result["stress_frequency_weighted"]),
        "",
    )
    for name, label in (
        ("transferred", "impact energy: largest transferred"),
        ("onset", "impact energy: m* v_n^2 / 2 at onset"),
    ):
        impact = events["impact_energy"][name]
        add_row(table, label, quantity(impact, "energy"), number(events["frequency"]), "100 %")
    notes = [
        f"Collisions of more than {quantity(result['stress_energy_threshold_q']['90'], 'energy')} "
        "account for 90 % of the energy.",
        f"In contact when the window opened: {percent(events['carried_energy_share'])} of the "
        "dissipation; still in contact at the end of the window: "
        f"{percent(events['alive_energy_share'])}.",
    ]
    covered = events["histogram_covered"]
    if covered is not None and covered < 0.9:
        notes.append(f"The histograms hold {percent(covered)} of the collisions (last snapshot).")
    return table, notes


def _pair_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of(
        "By pair class (collisions counted once, dissipated energy)",
        "",
        "P [W]",
        "of all",
        "SE",
        "SF [1/s]",
        "SE_90",
    )
    names = [one["name"] for one in result["scene"]["species"]]
    # What all names end with, such as a material, tells nothing.
    last = {name.rpartition(" ")[2] for name in names}
    same = f" {last.pop()}" if len(last) == 1 and all(" " in name for name in names) else ""

    def known(mean: Mapping[str, float | None], kind: str = "") -> str:
        value, error = mean["value"], mean["standard_error"]
        text = quantity(value, kind) if kind else number(value)
        return with_error(text, relative_error(error, value))

    for one in result["pair_classes"]:
        add_row(
            table,
            one["name"].replace(same, "") if same else one["name"],
            known(one["power"]),
            percent(one["share"]),
            quantity(one["stress_energy"]["value"], "energy"),
            known(one["stress_frequency"]),
            quantity(one["stress_energy_q"]["90"], "energy"),
        )
    return table, [
        "SE x SF = P in each class. SE_90: mean of the most energetic collisions, which account "
        "for 90 % of the energy."
    ]


def _intensity_table(result: Result) -> tuple[Table, list[str]]:
    found = result["stress_intensity"]
    table = table_of(
        "Stress intensity: SE over captured mass m",
        "",
        "captured mass",
        "SE/m [J/g]",
        "SE_90/m [J/g]",
    )
    for one in found["classes"]:
        add_row(
            table,
            one["name"],
            quantity(one["captured_mass"], "mass"),
            number(_per_gram(one["stress_intensity"])),
            number(_per_gram(one["stress_intensity_q"]["90"])),
        )
    add_row(table, "all", "", number(_per_gram(found["stress_intensity"])), "")
    notes = [
        "Collisions counted once (event), dissipated energy. SE: mean of all; SE_90: of the most "
        "energetic with 90 % of the energy; all: power over the mass captured per time."
    ]
    if found["model"] == "given":
        return table, [*notes, "The captured mass is the scene's product.captured_mass."]
    wide = [one["captured_radius"] for one in found["classes"]]
    deep = [one["contact_radius"] for one in found["classes"]]
    notes.append(
        f"Captured: powder of {quantity(found['bulk_density'], 'density')} where the gap is below "
        f"{quantity(found['layer_thickness'], 'length')}, up to {_span(wide)} from the axis (the "
        f"deepest contact reaches {_span(deep)}). No powder flows out of the contact."
    )
    if any(a < b for a, b in zip(wide, deep, strict=True)):
        notes.append(
            "The deepest contacts are wider than the powder that they capture: this model does "
            "not hold for them."
        )
    return table, notes


def _per_gram(value: float | None) -> float | None:
    return None if value is None else value / 1e3


def _span(lengths: Sequence[float]) -> str:
    low, high = (quantity(end(lengths), "length") for end in (min, max))
    return low if low == high else f"{low} to {high}"


def _milling_table(result: Result) -> tuple[Table, list[str]]:
    milling = result["milling"]
    table = table_of(
        "Milling time and specific energy E_m = P t / m",
        "time",
        "E_m [J/g]",
        "(normal)",
        "(shear)",
        "SN event",
        "SN bead",
    )
    told = [quantity(row["milling_time"], "time") for row in milling["table"]]
    wanted = [
        row for row in _wanted_row(result) if quantity(row["milling_time"], "time") not in told
    ]
    for row in (*milling["table"], *wanted):
        energies = [row["specific_energy"][alpha] for alpha in ALPHAS]
        add_row(
            table,
            quantity(row["milling_time"], "time"),
            *(UNKNOWN if e is None else number(e / 1e3) for e in energies),
            *(number(row["stress_number"][c]) for c in ("event", "bead")),
        )
    if milling["product_mass"] is None:
        return table, [
            "No mass of product is given, so no energy per mass (product.mass or --mass)."
        ]
    mass = quantity(milling["product_mass"], "mass")
    return table, [f"{mass} of product; E_m is of the dissipation unless named."]


def _wanted_row(result: Result) -> list[dict[str, Any]]:
    """A row of the milling table for the time until the wanted energy is reached."""
    milling, mass = result["milling"], result["milling"]["product_mass"]
    time = milling["time_for_wanted_energy"]
    if not (mass and time):
        return []
    powers = {alpha: result["power"][alpha]["total"] for alpha in ALPHAS}
    return [
        {
            "milling_time": time,
            "specific_energy": {name: power * time / mass for name, power in powers.items()},
            "stress_number": {c: time * f for c, f in result["stress_frequency"].items()},
        }
    ]


def _motion_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of("Beads, mean over the window", "quantity", "value")
    add_row(table, "kinetic energy", quantity(result["kinetic_energy"], "energy"))
    add_row(table, "spin energy", quantity(result["spin_energy"], "energy"))
    add_row(table, "mean speed", quantity(result["mean_speed"], "speed"))
    kinds = result["contacts_per_bead_by_kind"]
    add_row(
        table,
        "contacts per bead",
        f"{number(result['contacts_per_bead'])} (beads {number(kinds['bead_bead'])}, "
        f"wall {number(kinds['bead_wall'])})",
    )
    add_row(table, "largest overlap / radius", percent(result["largest_overlap"]))
    return table, []


def _error_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of("Statistical uncertainty", "", "mean", "standard error", "tau [ms]", "samples")
    known = result["statistics"]
    rows = (
        ("dissipation", "power", known["power"]["dissipation"]),
        ("SE event", "energy", known["stress_energy"]["event"]),
        ("SE bead", "energy", known["stress_energy"]["bead"]),
        ("SF event [1/s]", "", known["stress_frequency"]["event"]),
        ("SF bead [1/s]", "", known["stress_frequency"]["bead"]),
        ("kinetic energy", "energy", known["kinetic_energy"]["total"]),
    )
    few = False
    for name, kind, mean in rows:
        error = mean["standard_error"]
        few |= error is None
        time = mean["autocorrelation_time"]
        add_row(
            table,
            name,
            quantity(mean["value"], kind) if kind else number(mean["value"]),
            UNKNOWN if error is None else quantity(error, kind, 2) if kind else number(error, 2),
            number(None if time is None else 1e3 * time),
            number(mean["effective_samples"]),
        )
    notes = [
        "tau: integrated autocorrelation time, at least a tenth of the disc's turn; samples: "
        "window over tau; errors from blocks of 2 tau."
    ]
    if few:
        notes.append(
            f"Fewer than {FEWEST_SAMPLES:g} samples give no error: make the window longer, or "
            f"report {FEWEST_SEEDS} runs of different run.seed together."
        )
    return table, notes


def _ledger_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of("Quality checks", "", "value", "limit or expected")
    book, test, scene = result["ledger"], result["steadiness"], result["scene"]
    limits = number(book["work_energy_limit"]), f"± {percent(book['channels_limit'])}"
    add_row(table, "ledger: work-energy / input", number(book["work_energy"], 2), limits[0])
    add_row(table, "ledger: channels / true loss", signed_percent(book["channels"]), limits[1])
    for name, key, formula in (
        ("frame", "power_body", "frame_formula"),
        ("wall", "power_wall", "wall_formula"),
    ):
        add_row(table, f"power from the {name} [W]", number(test[key]), number(test[formula]))
    add_row(
        table,
        "dissipation [W]",
        number(result["power"]["dissipation"]["total"]),
        number(test["total_formula"]),
    )
    if scene.get("mill") == "stirred" and scene["speed"]:
        torque = None if test["power_wall"] is None else test["power_wall"] / scene["speed"]
        add_row(table, "torque on the shaft [N m]", number(torque), UNKNOWN)
    error = number(test["imbalance_error"], 2)
    if test["imbalance"] is not None:
        known = f"{number(test['imbalance'])} ± {error}"
        add_row(table, "wall + (1 + ratio) frame [W]", known, "0")
    for drift in test["drifts"]:
        mean = 0.5 * abs(drift["first"] + drift["second"])
        error = percent(drift["standard_error"] / mean if mean else None)
        add_row(
            table, f"drift of {drift['name']}", f"{percent(drift['relative'])} ± {error}", "0 %"
        )
    add_row(table, "steady", "yes" if result["steady"] else "no", "")
    notes = ["Expected powers: from the path of the beads' centre of mass, if steady."]
    if test["frame_formula"] is None:
        mill = KINDS.get(str(scene["mill"]), KINDS[CHOICE.default])
        cyclic = mill.control is not None and mill.control.name == "frequency"
        notes = [
            "No relation between the powers of frame and walls is known for this mill: whether it "
            f"is steady is judged by drifts{', over whole cycles' if cyclic else ''}."
        ]
    shown = [
        ("steps", result["steps"] and f"{result['steps']:,}"),
        ("step", result["timestep"] and quantity(result["timestep"], "time", 4)),
        ("softening", result["softening"] and number(result["softening"])),
        ("precision", result["precision"]),
        ("device", result["device"]),
        ("schedule", result["schedule"]),
        ("threads", result["threads"]),
        ("took", result["wall_seconds"] and quantity(result["wall_seconds"], "time")),
        (
            "bead-steps/s",
            result["bead_steps_per_second"] and number(result["bead_steps_per_second"]),
        ),
    ]
    notes.append(", ".join(f"{name} {value}" for name, value in shown if value is not None))
    return table, [note for note in notes if note]


def _wall_table(result: Result) -> tuple[Table, list[str]]:
    table = table_of(
        "Walls", "", "force x, y, z [N]", "torque z [N m]", "power [W]", "sliding", "impact"
    )
    for wall in result["walls"]:
        force = ", ".join(number(value, 2) for value in wall["force"])
        values = (number(wall[key]) for key in ("power", "sliding", "impact"))
        add_row(table, wall["name"], force, number(wall["torque"][2]), *values)
    notes = [
        "Means over the log window, of the beads on the wall, in the bowl's frame. Sliding work "
        "(Archard's wear) and losses in the normal damper are in W."
    ]
    return table, notes
