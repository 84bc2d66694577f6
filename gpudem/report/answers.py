"""The three answers of a report: how long to mill, how hard and how often beads hit, and trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gpudem.analysis.lasting import MOST_UNFINISHED, MOST_WITHOUT_ONSET
from gpudem.analysis.uncertainty import FEWEST_SAMPLES, FEWEST_SEEDS
from gpudem.report.text import number, percent, quantity, relative_error, signed_percent
from gpudem.report.value import Value

Result = Mapping[str, Any]
GOOD, CARE, BAD = "good", "care", "bad"
#: How a verdict is said.
VERDICTS = {GOOD: "trustworthy", CARE: "use with care", BAD: "NOT TRUSTWORTHY"}
#: What is said where sliding and rolling contacts prevail.
NO_STRESSES = "SE and SF are not meaningful"
#: Histograms that hold less of the events than this are told to.
_COVERED = 0.9
#: Powers that differ by less are called alike; the published energy has a range of a fifth.
_ALIKE = 0.2


@dataclass(frozen=True)
class Check:
    """One reason to trust a run, or not to.

    Attributes:
        name: what was checked.
        verdict: GOOD, CARE or BAD.
        text: what came of it, with its limit.
        short: how a summary names what is wrong.
    """

    name: str
    verdict: str
    text: str
    short: str


@dataclass(frozen=True)
class Answer:
    """An answer in a few words and in one sentence.

    Attributes:
        question: what it answers.
        headline: in a few words.
        sentence: with errors and conventions.
        verdict: GOOD, CARE or BAD; "" where it is no judgement.
    """

    question: str
    headline: str
    sentence: str
    verdict: str = ""


def value_of(result: Result, kind: str, *place: str, statistic: bool = True) -> Value:
    """A number of a result with its error, where `statistics` knows one at the same place.

    Args:
        result: what `gpudem.report.report.analyse` returned.
        kind: its dimension, see `gpudem.report.value.Value`.
        place: keys of the result; that of the power is ("power", "dissipation").
        statistic: whether errors stand at that place.
    """
    found: Any = result
    for key in place:
        found = found[key]
    if isinstance(found, Mapping):
        found = found["total"]
    known: Any = result["statistics"] if statistic else None
    # The energy of stresses has errors for the dissipation only.
    inner = [key for key in place if (place[0], key) != ("stress_energy", "dissipation")]
    for key in inner:
        known = known.get(key) if isinstance(known, Mapping) else None
    error = known.get("standard_error") if isinstance(known, Mapping) else None
    return Value(found, kind, error)


def power_of(result: Result) -> Value:
    """The dissipation [W]."""
    return value_of(result, "power", "power", "dissipation")


def specific_power_of(result: Result) -> Value:
    """The dissipation over the mass of product [W/kg]."""
    return _of_power(result, result["specific_power"], "specific_power")


def milling_time_of(result: Result) -> Value:
    """The milling time for the wanted energy [s]."""
    return _of_power(result, result["milling"]["time_for_wanted_energy"], "time")


def stress_number_of(result: Result) -> Value:
    """SN by the event convention: of the milling time, else until the wanted energy is reached."""
    milling, frequency = result["milling"], value_of(result, "rate", "stress_frequency", "event")
    time = milling["milling_time"]
    if time is not None:
        error = None if frequency.error is None else frequency.error * time
        return Value((frequency.value or 0.0) * time, "count", error)
    time = milling["time_for_wanted_energy"]
    if time is None or not frequency.value:
        return Value(None, "count")
    # SF t = E_m m / SE, as t is E_m m / P: what is uncertain is SE.
    energy = value_of(result, "energy", "stress_energy", "dissipation", "event")
    share = relative_error(energy.error, energy.value)
    number_ = frequency.value * time
    return Value(number_, "count", None if share is None else share * number_)


def per_gram(value: Value) -> str:
    """A specific power in words: "2.17 ± 0.02 W per gram"."""
    return worth(value).replace("/g", " per gram")


def worth(value: Value) -> str:
    """A value with no more digits than it is worth: with its error, or two digits without."""
    return value.text if value.error_known or not value.known else value.rough


def energy_after(result: Result, energy: float | None) -> Value:
    """An energy per mass of product [J/kg] with the error of the power."""
    return _of_power(result, energy, "specific_energy")


def _of_power(result: Result, value: float | None, kind: str) -> Value:
    share = result["milling"]["relative_error"]
    return Value(value, kind, None if value is None or share is None else abs(share * value))


def stress_values(result: Result) -> dict[str, Value]:
    """SE and SF of the collisions that carry 90 % of the energy, and of all by both conventions."""
    return {
        "SE_90": value_of(result, "energy", "stress_energy_q", "90"),
        "SF_90": value_of(result, "rate", "stress_frequency_q", "90"),
        **{
            f"{symbol} {convention}": value_of(result, kind, *place, convention)
            for convention in ("event", "bead")
            for symbol, kind, place in (
                ("SE", "energy", ("stress_energy", "dissipation")),
                ("SF", "rate", ("stress_frequency",)),
            )
        },
    }


def answers(result: Result) -> tuple[Answer, Answer, Answer]:
    """The three answers on a run.

    Args:
        result: what `gpudem.report.report.analyse` returned.
    """
    return _milling(result), _stresses(result), _trust(result)


def goal_of(result: Result) -> str:
    """The wanted energy per mass of product, as people write it."""
    return quantity(result["milling"]["wanted_energy"], "specific_energy")


def time_worth(result: Result) -> Value:
    """The milling time for the wanted energy [s], marked where it is an estimate only."""
    return replace(milling_time_of(result), about=bool(doubts_of_time(result)))


def time_text(result: Result) -> str:
    """The milling time for the wanted energy, rounded to what it is worth."""
    return time_worth(result).text


def doubts_of_time(result: Result) -> str:
    """Why the milling time is an estimate only; "" where it is not."""
    unsure = []
    if not result["steady"]:
        unsure.append("the window is not shown to be steady")
    if not milling_time_of(result).error_known:
        unsure.append("the evaluated period is too short for its error")
    return " and ".join(unsure)


def _milling(result: Result) -> Answer:
    question = "How long to mill?"
    mass, power = result["milling"]["product_mass"], power_of(result)
    goal, dissipated = goal_of(result), worth(power)
    if mass is None:
        return Answer(
            question,
            "not known: no mass of product",
            f"The beads dissipate {dissipated}; give the mass of product in the bowl "
            f"(product.mass, or --mass) to learn when it has taken up {goal}.",
        )
    if not milling_time_of(result).known:
        return Answer(question, "never", "The beads dissipate no energy in the evaluated window.")
    specific, unsure = per_gram(specific_power_of(result)), doubts_of_time(result)
    sentence = (
        f"{goal} is reached after {time_text(result)}: the beads dissipate {dissipated}, "
        f"{specific} of product ({quantity(mass, 'mass')} in the bowl)"
        f"{f'; an estimate, as {unsure}' if unsure else ''}."
    )
    return Answer(question, time_text(result), sentence)


def _stresses(result: Result) -> Answer:
    question = "How hard and how often do beads hit?"
    if not result["stress_frequency"]["event"]:
        return Answer(question, "they do not", "There was no new contact in the evaluated window.")
    found, channels = stress_values(result), result["power_channels"]
    if result["lasting_contacts"]["dominate"]:
        sliding, rolling = (channels[name]["total"] for name in ("sliding", "rolling_loss"))
        return Answer(
            question,
            "they slide and roll rather than hit",
            f"Few distinct ones: of {worth(power_of(result))}, sliding friction takes "
            f"{quantity(sliding, 'power')} and rolling resistance {quantity(rolling, 'power')}. "
            f"{NO_STRESSES}; use the power instead.",
        )
    text = {name: worth(value) for name, value in found.items()}
    if not found["SE_90"].known:
        hard = "The run file has no histograms yet, which SE_90 and SF_90 are taken from"
    else:
        hard = (
            f"{hard_share(result)}: on average SE_90 = {text['SE_90']}, SF_90 = {text['SF_90']} "
            "in the whole bowl"
        )
    return Answer(
        question,
        f"{text['SE_90']}, {text['SF_90']}",
        f"{hard}. All collisions, "
        f"each counted once (event convention): SE = {text['SE event']}, "
        f"SF = {text['SF event']}; counted for each bead with half the energy (bead convention): "
        f"SE = {text['SE bead']}, SF = {text['SF bead']}.",
    )


def hard_share(result: Result) -> str:
    """What the hard collisions are, in a sentence."""
    share = percent(result["event_share_q"]["90"])
    return f"The most energetic {share} of collisions account for 90 % of the energy"


def doubts(result: Result) -> str:
    """What is wrong or doubtful with a run, the worst first; "" where nothing is."""
    found = checks(result)
    return "; ".join(
        one.short for verdict in (BAD, CARE) for one in found if one.verdict == verdict
    )


def power_error(result: Result) -> str:
    """The statistical uncertainty of the power in per cent."""
    power = power_of(result)
    return percent((power.error or 0.0) / power.value, 1) if power.value else "-"


def _trust(result: Result) -> Answer:
    question, listed = "Can it be trusted?", doubts(result)
    if any(one.verdict == BAD for one in checks(result)):
        return Answer(question, "no", f"Not to be relied on: {listed}.", BAD)
    if listed:
        return Answer(question, "with care", f"{_sound(result)}{listed}.", CARE)
    error = power_error(result)
    book = signed_percent(result["ledger"]["channels"])
    return Answer(
        question,
        "yes",
        f"The window is steady, the energy ledger closes ({book} of the loss), beads hit rather "
        f"than slide, and the power is known to {error} (statistical uncertainty; what the "
        "assumptions change is not in it).",
        GOOD,
    )


def _sound(result: Result) -> str:
    """What is well with a run in which something else is not, to go before it."""
    sound = ["the window is steady"] if result["steady"] else []
    if result["ledger"]["channels"] is not None:
        book = signed_percent(result["ledger"]["channels"])
        sound.append(f"the energy ledger closes ({book} of the loss)")
    text = " and ".join(sound)
    return f"{text[0].upper()}{text[1:]}, but " if text else "To be used with care: "


def checks(result: Result) -> list[Check]:
    """The quality checks of a run."""
    return [
        _steady(result),
        _ledger(result),
        _statistics(result),
        _lasting(result),
        _guards(result),
        _whole(result),
        _stiffness(result),
        *_published(result),
    ]


def _steady(result: Result) -> Check:
    span = quantity(result["window"]["duration"], "time")
    if result["steady"]:
        text = f"Means do not drift over the evaluated {span}."
        return Check("Steady", GOOD, text, "")
    reasons = "; ".join(result["steady_reasons"]).replace("+-", "±")
    return Check(
        "Steady",
        CARE,
        f"Not shown over the evaluated {span}: {reasons}.",
        f"the window is not shown to be steady ({reasons})",
    )


def _ledger(result: Result) -> Check:
    book = result["ledger"]
    if book["work_energy"] is None or book["channels"] is None:
        return Check("Energy ledger", CARE, "Cannot be checked: nothing was lost.", "nothing lost")
    text = (
        f"Losses by cause are {signed_percent(book['channels'])} off the true loss (limit "
        f"{percent(book['channels_limit'])}); work and kinetic energy differ by "
        f"{number(book['work_energy'], 2)} of the input (limit "
        f"{number(book['work_energy_limit'], 1)})"
    )
    if book["closes"]:
        return Check("Energy ledger", GOOD, f"Closes. {text}.", "")
    why = f": {book['cause']}" if book["cause"] else ""
    short = "the energy ledger does not close"
    if abs(book["channels"]) > book["channels_limit"]:
        sense = "high" if book["channels"] > 0 else "low"
        off = percent(abs(book["channels"]))
        short += f": all energies and powers are too {sense} by {off}"
        short += f" ({book['cause'].rstrip('.')})" if book["cause"] else ""
    return Check("Energy ledger", BAD, f"Does not close. {text}{why}.", short)


def _statistics(result: Result) -> Check:
    mean = result["statistics"]["power"]["dissipation"]
    samples = number(mean["effective_samples"])
    if mean["standard_error"] is None:
        return Check(
            "Statistical uncertainty",
            CARE,
            f"{samples} independent samples; {FEWEST_SAMPLES:g} are needed for an error. Simulate "
            f"longer, or report {FEWEST_SEEDS} runs of different run.seed together.",
            "the evaluated period is too short for standard errors",
        )
    share = percent(mean["standard_error"] / mean["value"] if mean["value"] else None, 1)
    text = f"Power known to {share} (one standard error, {samples} independent samples)."
    return Check("Statistical uncertainty", GOOD, text, "")


def _lasting(result: Result) -> Check:
    lasting = result["lasting_contacts"]
    text = (
        f"{percent(lasting['unfinished'])} of the energy in collisions that began before the "
        "window or were still in contact at the end of the window (limit "
        f"{percent(MOST_UNFINISHED)})"
    )
    if lasting["without_onset"] is not None:
        text += (
            f"; {percent(lasting['without_onset'])} where a bead made no new contact (limit "
            f"{percent(MOST_WITHOUT_ONSET)})"
        )
    short = f"beads slide and roll rather than hit, so {NO_STRESSES}"
    bad = lasting["dominate"]
    return Check("Lasting contacts", CARE if bad else GOOD, f"{text}.", short if bad else "")


def _guards(result: Result) -> Check:
    if not result["contacts_per_bead"] and not result["stress_frequency"]["event"]:
        return Check("Guards", BAD, "There was no contact at all.", "there was no contact at all")
    if result["guards"]:
        text = (
            "Lost beads, excess overlap and energy from nowhere would have stopped the run; "
            f"largest overlap {percent(result['largest_overlap'])} of a bead's radius."
        )
        return Check("Guards", GOOD, text, "")
    return Check("Guards", CARE, "Off (run.guards = false).", "the guards were off")


def _whole(result: Result) -> Check:
    covered = result["events"]["histogram_covered"]
    if not result["complete"]:
        text = "The run has not come to its end; this is how far it is."
        return Check("Complete", CARE, text, "the run has not come to its end")
    if covered is not None and covered < _COVERED:
        text = f"The histograms hold {percent(covered)} of the collisions (last snapshot)."
        return Check("Complete", CARE, text, f"histograms hold {percent(covered)} of collisions")
    return Check("Complete", GOOD, "The run came to its planned end.", "")


def _stiffness(result: Result) -> Check:
    softening = result["softening"]
    if softening is None or softening == 1.0:
        return Check("Stiffness", GOOD, "The beads have their true stiffness.", "")
    return Check(
        "Stiffness",
        CARE,
        f"The beads are {number(softening)} times softer than true: contacts last longer and "
        "merge, which changes SE and SF.",
        f"the beads are softened {number(softening)} times",
    )


def _published(result: Result) -> list[Check]:
    """How the power stands to that of the reference paper, where it has this case."""
    found = result["paper"]["readings"]
    if not found:
        return []
    # The first reading: dissipation, whole wall energy, plain counts, mass per bowl.
    ratio = found[0]["ratio"]
    text = (
        f"The power is {number(ratio, 2)} times that of the energy input published for this case "
        "(dissipation, 17.5 g per bowl)."
    )
    if abs(ratio - 1.0) <= _ALIKE:
        return [Check("Published values", GOOD, text, "")]
    short = f"the power is {number(ratio, 2)} times the one published for this case"
    return [Check("Published values", CARE, text, short)]
