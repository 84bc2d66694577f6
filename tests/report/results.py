"""Results of a run about which nothing is doubtful, and copies that differ."""

import copy

from gpudem.report.report import analyse
from tests.syntheticrun import write_mill


def sound_result(path):
    """Of a run whose statistics are given errors, as its window of 20 ms has none of its own."""
    found = analyse(write_mill(path, scale=20.0, filling=0.4))
    power = found["power"]["dissipation"]["total"]
    found["statistics"]["power"]["dissipation"] |= {
        "standard_error": 0.02 * power,
        "effective_samples": 50.0,
    }
    found["milling"]["relative_error"] = 0.02
    return found


def changed(result, **values):
    """A copy of which some values differ; "a__b" is b within a."""
    found = copy.deepcopy(result)
    for place, value in values.items():
        *above, last = place.split("__")
        table = found
        for name in above:
            table = table[name]
        table[last] = value
    return found
