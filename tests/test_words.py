"""The words of the documentation and of messages: one for one thing, as the glossary has them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: What is not said, and what is said instead.
WORDS = {
    r"(?:filling|fill) (?:degree|level)|degree of filling|fill ratio": "filling ratio",
    r"grinding (?:balls?|media|beads?)|milling (?:balls?|media)": "beads",
    r"(?:impact|collision) frequency": "stress frequency, or new contacts per second",
    r"stress(?:ing)? intensity frequency|number of stress events": "stress number",
    r"take-?off angle|lift-?off angle|departure angle": "detachment angle",
    r"time-?steps?\b(?! size)": "time step",
    r"coefficients? of friction": "friction",
    r"statistical error bars?": "statistical uncertainty",
    r"sun disc|carrier disc|planet disc|turn ?table": "disc",
    r"lab(?:oratory)? system|inertial system": "lab frame",
    r"behavior(?!al)|neighbor(?!h)|catalog\b": "British spelling",
    r"modell?ing": "to simulate, or a model",
    r"power draw|energy consumption": "power, specific energy input",
    r"simulation time\b": "simulated time, or time of the simulation by the clock",
    r"w\.r\.t\.|i\.e\.|e\.g\.|etc\.": "words in place of abbreviations",
}
#: Titles, makers' words and other codes' commands are quoted as they are.
QUOTED = re.compile(r"`[^`]*`|https?://\S+|\"[^\"\n]*\"|“[^”]*”|\*[^*\n]+\*")


def prose():
    """Texts that users read, by the file they stand in."""
    for path in [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]:
        yield path, re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for room in ("cli", "report", "page", "scene", "study", "planning", "calibration", "view"):
        for path in (ROOT / "gpudem" / room).rglob("*.py"):
            # Docstrings and messages alike; names of variables are no prose.
            source = path.read_text(encoding="utf-8")
            text = "\n".join(re.findall(r'"""(.*?)"""', source, re.DOTALL))
            yield path, text


def test_one_word_for_one_thing():
    found = []
    for path, text in prose():
        for match, instead in (
            (match, instead)
            for pattern, instead in WORDS.items()
            for match in re.finditer(rf"\b(?:{pattern})", QUOTED.sub("", text), re.IGNORECASE)
        ):
            found.append(f"{path.relative_to(ROOT)}: {match[0]!r}; say {instead!r}")
    assert found == []


def test_the_list_finds_what_it_lists():
    for text in ("the filling degree", "at each timestep", "Grinding media", "the take-off angle"):
        assert any(re.search(rf"\b(?:{word})", text, re.IGNORECASE) for word in WORDS)
    assert QUOTED.sub("", 'see "grinding media" and `time_step`') == "see  and "
